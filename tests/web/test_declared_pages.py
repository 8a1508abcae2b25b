"""What a page that takes a form says of it where it is served is all that protects it: no list of paths elsewhere."""

import logging

import pytest
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from portal.accounts.guard import public
from portal.web import context, csrf
from portal.web.csrf import Form, KeptForm, PublicForm, PublicUploadForm
from portal.web.links import OneTimeToken
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import password_of
from tests.factories.portals import Portal, csrf_of

TOKEN = "f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed"
router = APIRouter(dependencies=[Depends(public)])


@router.get("/leaflets/token")
def show_token(request: Request) -> Response:
    page = PlainTextResponse(csrf.token(request))
    context.remember_visitor(request, page)
    return page


@router.post("/leaflets/open")
def take_public(request: Request, form: PublicForm) -> Response:
    return PlainTextResponse("taken")


@router.post("/leaflets/staff")
def take_staff(request: Request, form: Form) -> Response:
    return PlainTextResponse("taken")


@router.get("/leaflets/kept")
def show_kept(request: Request) -> Response:
    return PlainTextResponse("as it was saved")


@router.post("/leaflets/kept")
def take_kept(request: Request, form: KeptForm) -> Response:
    return PlainTextResponse("taken")


@router.get("/vouchers/{token}")
def show_link(request: Request, token: OneTimeToken) -> Response:
    return show_token(request)


@router.post("/vouchers/{token}")
def take_link(request: Request, token: OneTimeToken, form: PublicUploadForm) -> Response:
    return PlainTextResponse("taken")


@router.get("/numbers/{number}")
def show_number(request: Request, number: str) -> Response:
    return PlainTextResponse(number)


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def grown(portal: Portal) -> Portal:
    """A portal with a router that its own code does not know."""
    portal.app.include_router(router)
    return portal


def signed_in_with_an_old_page(portal: Portal) -> tuple[PlainBrowser, str]:
    """A browser whose page was made before its person signed in, and that page's token."""
    browser = portal.browser()
    token = csrf_of(browser.get("/sign-in").text)
    signed = browser.post("/sign-in", data={"csrf": token, "username": "alice", "password": password_of("alice")})
    assert signed.status_code == 303
    return browser, token


def test_a_public_form_stays_good_when_somebody_signs_in_meanwhile(grown: Portal) -> None:
    browser, old = signed_in_with_an_old_page(grown)
    assert browser.post("/leaflets/open", data={"csrf": old}).status_code == 200
    assert browser.post("/leaflets/staff", data={"csrf": old}).status_code == 403
    assert browser.post("/leaflets/staff", data={"csrf": browser.get("/leaflets/token").text}).status_code == 200


def test_every_form_is_protected(grown: Portal) -> None:
    mine, other = grown.browser(), grown.browser().get("/leaflets/token").text
    mine.get("/leaflets/token")
    for path in ("/leaflets/open", "/leaflets/staff", "/leaflets/kept", f"/vouchers/{TOKEN}"):
        assert mine.post(path, data={}).status_code == 403
        assert mine.post(path, data={"csrf": other}).status_code == 403
        token = mine.get("/leaflets/token").text
        assert mine.post(path, data={"csrf": token}, headers={"origin": "https://evil.example"}).status_code == 403
        assert mine.post(path, data={"csrf": token}).status_code == 200


def test_a_page_that_was_too_old_leads_back_where_its_address_shows_what_was_saved(grown: Portal) -> None:
    browser = grown.browser()
    assert 'href="/leaflets/kept"' in browser.post("/leaflets/kept", data={"csrf": "old"}).text
    assert 'href="/leaflets/open"' not in browser.post("/leaflets/open", data={"csrf": "old"}).text


def test_the_token_of_a_one_time_link_never_reaches_the_log(grown: Portal, caplog: pytest.LogCaptureFixture) -> None:
    browser = grown.browser()
    with caplog.at_level(logging.INFO, logger="portal.access"):
        for path in ("/vouchers", "/report/phone", "/supplement"):
            browser.get(f"{path}/{TOKEN}")
            browser.post(f"{path}/{TOKEN}", data={})
            browser.get(f"{path}/{TOKEN}/elsewhere")
        assert TOKEN not in caplog.text and "/vouchers/…" in caplog.text
        browser.get(f"/numbers/{TOKEN}")
    assert f"/numbers/{TOKEN}" in caplog.text
