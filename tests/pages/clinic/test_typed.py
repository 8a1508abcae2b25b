"""Text that is saved while it is typed: sealed, bounded, and never more than the page's own draft."""

import threading

from sqlalchemy import func, select

from portal.audit.models import AuditEvent
from portal.pages.clinic import typed
from portal.reports import draft_room, drafts
from portal.reports.draft_models import Draft
from portal.reports.models import Report
from portal.vault.models import DataKey
from portal.web.body import MAX_TYPED_BODY
from portal.web.memory_limiter import Pace
from tests.factories import people
from tests.factories.clinic import Clinic, error_of, typed_in
from tests.factories.moments import move_clock
from tests.pages.clinic.test_two_windows import JIA, SITUATION, YI, Window, begun, clinic_values, counted


def test_the_draft_holds_what_was_typed_so_far(portal):
    clinic = Clinic(portal)
    window = Window(clinic, clinic.start)
    answer = window.type(description=JIA)
    assert answer.status_code == 200
    address = answer.json()["address"]
    assert typed_in(clinic.open(address).text, "description") == JIA
    assert window.type(description=JIA + "，还有").json()["address"] == address
    assert typed_in(clinic.open(address).text, "description") == JIA + "，还有"
    assert counted(portal, Draft) == 1
    with portal.runtime.database.read() as session:
        sealed = session.scalars(select(Draft.answers_sealed)).one()
    assert JIA.encode() not in sealed and JIA.encode("unicode_escape") not in sealed


def test_an_empty_page_begins_no_draft(portal):
    clinic = Clinic(portal)
    assert Window(clinic, clinic.start).type(description="  ").status_code == 204
    assert counted(portal, Draft) == 0


def test_it_leaves_no_row_in_the_trail(portal):
    before = counted(portal, AuditEvent)
    Window(Clinic(portal), "/report/general").type(description=JIA)
    assert counted(portal, AuditEvent) == before


def test_a_secret_being_typed_is_not_added_up(portal):
    """Each save of one page replaces what the page has saved before; a number half typed is not kept."""
    clinic = begun(portal)
    window = Window(clinic, clinic.page("identity"))
    one, two = people.id_number(seed=3), people.id_number(seed=4)
    for text in (one[:9], one, f"{one}\n{two[:5]}", f"{one}\n{two}", two):
        assert window.type(id_number=text, login_password="Half").status_code == 200
    assert clinic_values(portal, clinic)["id_number"] == [two]
    window.type(id_number="", login_password="Half-Not")
    values = clinic_values(portal, clinic)
    assert (values["id_number"], values["login_password"]) == ([], ["Half-Not"])


def test_a_password_that_may_be_half_is_named_once(portal):
    clinic = begun(portal)
    window = Window(clinic, clinic.page("identity"))
    window.type(login_password="Half", unfinished="login_password")
    page = clinic.open(clinic.page("identity")).text
    assert "离开本页时“密码”正在填写" in page and "Half" not in page.replace("half", "")
    clinic.fill_identity()
    assert "正在填写" not in clinic.open(clinic.page("identity")).text


def test_another_windows_text_is_not_overwritten(portal):
    clinic = begun(portal)
    here, there = (Window(clinic, clinic.page("situation")) for _ in range(2))
    there.type(**SITUATION, description=YI)
    answer = here.type(**SITUATION, description=JIA)
    assert answer.status_code == 409 and "另一个窗口" in answer.json()["title"]
    assert YI in clinic.open(clinic.page("check")).text


def test_a_submitted_draft_takes_no_more(portal):
    clinic = Clinic(portal)
    clinic.fill()
    window = Window(clinic, clinic.page("situation"))
    clinic.submit()
    assert window.type(description=YI).status_code == 409
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Draft.answers_sealed)).one() is None


def test_it_ends_with_the_day_of_its_draft(portal, monkeypatch):
    clinic = Clinic(portal)
    window = Window(clinic, clinic.start)
    window.type(description=JIA)
    move_clock(monkeypatch, hours=25)
    assert window.type(description=JIA + "。").status_code in (200, 404)
    drafts.sweep_drafts(portal.runtime)
    with portal.runtime.database.read() as session:
        ids = set(session.scalars(select(Draft.id)))
        assert set(session.scalars(select(DataKey.owner_id))) == ids


def test_no_save_without_the_token_of_this_browser(portal):
    clinic = Clinic(portal)
    window = Window(clinic, clinic.start)
    answer = clinic.browser.post(f"{clinic.start}/typed", data=window.data(description=JIA) | {"csrf": "old"})
    assert answer.status_code == 403 and counted(portal, Draft) == 0


def test_a_save_is_small(portal):
    window = Window(Clinic(portal), "/report/general")
    assert window.type(description="字" * MAX_TYPED_BODY).status_code == 413


def test_an_address_has_so_many_saves_and_begins_so_many_drafts(portal, monkeypatch):
    monkeypatch.setattr(typed, "_pace", Pace(3, minutes=60))
    window = Window(Clinic(portal), "/report/general")
    answers = [window.type(description=f"{JIA}{n}") for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429] and "retry-after" in answers[3].headers
    monkeypatch.setattr(typed, "_pace", Pace(9, minutes=60))
    monkeypatch.setattr(drafts, "_BEGUN", drafts.RateLimit("draft-address", most=1, minutes=60))
    assert Window(Clinic(portal), "/report/general").type(description=JIA).status_code == 429
    assert counted(portal, Draft) == 1


def test_texts_count_for_the_room_of_all_drafts(portal, monkeypatch):
    window = Window(Clinic(portal), "/report/general")
    window.type(description=JIA)
    with portal.runtime.database.read() as session:
        size = session.scalar(select(func.length(Draft.answers_sealed)))
    assert draft_room.held_bytes(portal.runtime.database) == size
    monkeypatch.setattr(draft_room, "MOST_BYTES", size)
    draft_room._known.clear()
    assert window.type(description=JIA).status_code == 507


def test_a_refused_value_is_named_by_its_place_and_mask_and_only_it_is_asked_again(portal):
    numbers = [people.id_number(seed=seed) for seed in (3, 4, 5)]
    wrong = people.wrong_check_character(numbers[1])
    clinic = begun(portal, scope="batch")
    page = clinic.fill_identity(id_number=f"{numbers[0]}\n{wrong}\n{numbers[2]}")
    assert page.status_code == 422
    told = error_of(page.text, "id_number")
    assert told.startswith(f"第 2 个（{wrong[:3]}") and wrong not in page.text
    assert page.text.count('name="remove" value="id_number:') == 2
    answer = clinic.fill_identity(id_number=numbers[1], login_account="", login_password="")
    assert answer.headers["location"] == clinic.page("check")
    assert clinic_values(portal, clinic)["id_number"] == [numbers[0], numbers[2], numbers[1]]


def test_a_kept_value_is_deleted_alone_and_once(portal):
    numbers = [people.id_number(seed=seed) for seed in (3, 4, 5)]
    clinic = begun(portal)
    clinic.fill_identity(id_number="\n".join(numbers))
    window = Window(clinic, clinic.page("identity"))
    for _ in range(2):
        assert window.send(remove="id_number:1/3", id_number="").headers["location"] == clinic.page("identity")
    assert clinic_values(portal, clinic)["id_number"] == [numbers[0], numbers[2]]


def test_an_optional_value_that_was_refused_is_gone_with_its_empty_box(portal):
    clinic = begun(portal)
    page = clinic.fill_identity(contact_phone="12")
    assert page.status_code == 422 and error_of(page.text, "contact_phone")
    assert clinic.fill_identity(contact_phone="").headers["location"] == clinic.page("check")
    assert not clinic_values(portal, clinic).get("contact_phone")


def test_a_right_value_outlives_a_wrong_one_in_its_box(portal):
    clinic = begun(portal)
    clinic.fill_identity(contact_phone=people.phone(3))
    clinic.fill_identity(contact_phone="12")
    clinic.fill_identity(contact_phone="")
    assert clinic_values(portal, clinic)["contact_phone"] == [people.phone(3)]


def at_once(clinic, *posts):
    """Sends them all at the same moment, each from a browser with the clinic's cookies; gives the status of each."""
    states = []

    def send(path, data):
        browser = clinic.portal.browser()
        browser.cookies.update(dict(clinic.browser.cookies))
        states.append(browser.post(path, data=data, headers={"accept": "application/json"}).status_code)

    threads = [threading.Thread(target=send, args=post) for post in posts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return states


def test_a_draft_deleted_while_it_is_saved_stays_deleted(portal):
    clinic = begun(portal)
    window = Window(clinic, clinic.page("situation"))
    saves = [(f"{clinic.start}/typed", window.data(description=f"{JIA}{n}")) for n in range(5)]
    states = at_once(clinic, *saves, (f"{clinic.start}/removal", window.data()))
    assert set(states) <= {200, 303, 404} and 303 in states
    assert [counted(portal, model) for model in (Draft, DataKey)] == [0, 0]


def test_a_draft_filed_while_it_is_saved_keeps_no_answer(portal):
    clinic = Clinic(portal)
    clinic.fill()
    window = Window(clinic, clinic.page("situation"))
    saves = [(f"{clinic.start}/typed", window.data(**SITUATION, description=f"{JIA}{n}")) for n in range(5)]
    states = at_once(clinic, *saves, (clinic.page("check"), {"csrf": window.data()["csrf"]}))
    assert set(states) <= {200, 303, 409} and counted(portal, Report) == 1
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Draft.answers_sealed)).one() is None
        assert "draft" not in set(session.scalars(select(DataKey.purpose)))
