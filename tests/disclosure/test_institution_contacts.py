"""Who sees name and phone of an institution's contact: its keeper, and who has its open ticket or call-back."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.audit.models import AuditEvent
from portal.disclosure import institution_contacts
from portal.errors import (
    ConfirmationNeededError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PortalError,
    TooManyRequestsError,
)
from portal.keepers import assignment, contacts
from portal.progress.hooks import Hooks
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.contacts import NAME, PHONE, add_contact
from tests.factories.directories import add_entry
from tests.factories.portals import Portal


class Scene:
    """An institution with a contact, and a ticket of it that alice has."""

    def __init__(self, portal: Portal) -> None:
        self.portal, self.runtime = portal, portal.runtime
        self.entry = add_entry(portal.runtime)
        self.contact = add_contact(portal.runtime, self.entry)
        self.desk = Desk(portal.runtime)

    def reveal(
        self, name: str, field: str = "contact_phone", reason: str = "核对数据", is_confirmed: bool = True
    ) -> str:
        return institution_contacts.reveal(
            self.runtime, actor(self.runtime, name), self.entry.id, self.contact.id, field, reason,
            is_confirmed=is_confirmed,
        ).value  # fmt: skip

    def own(self, **values) -> None:
        with self.runtime.database.transaction() as session:
            told = {"institution_id": self.entry.id, **values}
            session.execute(update(Ticket).where(Ticket.id == self.desk.ticket.id).values(**told))

    def keeper(self, name: str) -> None:
        person = actor(self.runtime, name).user_id
        self.runtime.database.run(
            lambda session: assignment.assign(session, actor(self.runtime, "leo"), {self.entry.id: person})
        )

    def trail(self) -> list[AuditEvent]:
        with self.runtime.database.read() as session:
            rows = select(AuditEvent).where(AuditEvent.field == "contact_phone")
            return list(session.scalars(rows.order_by(AuditEvent.seq)))


@pytest.fixture
def scene(portal: Portal) -> Scene:
    return Scene(portal)


def refused(scene: Scene, name: str, error: type[PortalError] = ForbiddenError, **how) -> None:
    with pytest.raises(error):
        scene.reveal(name, **how)


def test_the_keeper_sees_both_parts_with_a_reason_and_a_row_of_the_trail(scene: Scene):
    scene.keeper("agnes")
    assert [scene.reveal("agnes", field) for field in ("contact_phone", "contact_name")] == [PHONE, NAME]
    refused(scene, "agnes", InvalidError, reason="")
    refused(scene, "agnes", ConfirmationNeededError, is_confirmed=False)
    refused(scene, "agnes", NotFoundError, field="login_password")
    (row,) = scene.trail()
    assert (row.tag, row.ticket_number, row.reason, row.value_index is not None) == (
        "field:reveal", None, "核对数据", True,
    )  # fmt: skip
    assert row.particulars["institution"] == scene.entry.name
    for name in ("alice", "bob"):
        refused(scene, name)
    assert [(row.tag, row.is_success) for row in scene.trail()[1:]] == [("field:reveal-refused", False)] * 2


@pytest.mark.parametrize(
    ("state", "may"),
    [("submitted", False), ("in_progress", True), ("awaiting_information", True), ("awaiting_confirmation", True),
     ("closed", False), ("void", False)],
)  # fmt: skip
def test_the_owner_of_a_ticket_while_it_is_open(scene: Scene, state: str, may: bool):
    alice = actor(scene.runtime, "alice")
    scene.own(assignee_id=alice.user_id, state=state)
    with scene.runtime.database.read() as session:
        assert institution_contacts.may_reveal(session, alice, scene.entry) is may
        assert not institution_contacts.may_reveal(session, actor(scene.runtime, "bob"), scene.entry)
        elsewhere = replace(alice, queues=("his",))
        assert not institution_contacts.may_reveal(session, elsewhere, scene.entry)


def test_who_has_an_open_call_back_of_it_by_whatever_room_says_so(scene: Scene):
    bob = actor(scene.runtime, "bob").user_id
    asked = []

    def calls(session, institution_id, user_id) -> bool:
        asked.append((institution_id, user_id))
        return user_id == bob

    scene.runtime.database.session_info |= Hooks(callers=(calls,)).session_info()
    assert scene.reveal("bob") == PHONE
    refused(scene, "alice")
    assert (scene.entry.id, bob) in asked


def test_every_contact_counts_for_the_quota(scene: Scene):
    scene.keeper("agnes")
    other = add_contact(scene.runtime, scene.entry, phone="13900000025", name="另一位")
    scene.portal.change_settings(reveals_per_hour=1)
    scene.runtime = scene.portal.runtime
    assert scene.reveal("agnes") == PHONE == scene.reveal("agnes")
    scene.contact = other
    refused(scene, "agnes", TooManyRequestsError)
    assert scene.trail()[-1].particulars["is_over_quota"]


def test_nothing_is_shown_of_what_is_over(scene: Scene):
    scene.keeper("agnes")
    leo = actor(scene.runtime, "leo")
    scene.runtime.database.run(lambda session: contacts.end(session, leo, scene.entry.id, scene.contact.id))
    refused(scene, "agnes", NotFoundError)
