"""A portal under test and the browsers of its cast, without a network."""

import re
from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from portal.accounts import known_browsers, sessions, users
from portal.accounts.devices import UNKNOWN
from portal.audit.actor import SYSTEM, Actor
from portal.runtime import Runtime
from portal.settings import Settings
from portal.web.csrf import SESSION_COOKIE
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import password_of

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_VERSION = re.compile(r'name="version" value="([0-9]+)"')


class Portal:
    """The application with its runtime; `browser()` gives a client with cookies of its own."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.runtime: Runtime = app.state.runtime

    def change_settings(self, **changes: Any) -> None:
        """As if the app had been started with other settings; what was made from them at the start stays."""
        self.settings = replace(self.settings, **changes)
        self.runtime = self.app.state.runtime = replace(self.runtime, settings=self.settings)
        self.app.state.web = replace(self.app.state.web, settings=self.settings)

    def browser(self, address: str = "127.0.0.1") -> PlainBrowser:
        """A new browser that does not follow redirects by itself."""
        return PlainBrowser(self.app, address)

    def signed_in(self, name: str) -> PlainBrowser:
        """A browser in which one of the cast has signed in, as the page does it but without the page."""
        if self.settings.is_https:
            return self.signed_in_by_page(name)
        origin = Actor("visitor", "visitor", address="127.0.0.1", device=UNKNOWN)
        started = sessions.sign_in(self.runtime.database, name, password_of(name), origin)
        assert started and started[1], f"{name} cannot sign in"
        known = known_browsers.remembering(self.runtime.vault, "", started[1].user_id)
        browser = self.browser()
        for cookie, value in ((SESSION_COOKIE, started[0]), (known_browsers.COOKIE, known)):
            browser.cookies.set(cookie, value, domain=browser.base_url.host)
        return browser

    def signed_in_by_page(self, name: str) -> PlainBrowser:
        browser = self.browser()
        answer = browser.post(
            "/sign-in",
            data={"csrf": csrf_of(browser.get("/sign-in").text), "username": name, "password": password_of(name)},
        )
        assert answer.status_code == 303, answer.text
        return browser

    def api(self, name: str | None = None) -> PlainBrowser:
        """An API client, with a bearer token of one of the cast."""
        client = self.browser()
        if name:
            with self.runtime.database.transaction() as session:
                token = users.add_token(session, SYSTEM, name="test", username=name)
            client.headers["authorization"] = f"Bearer {token}"
        return client

    def close(self) -> None:
        self.runtime.database.dispose()


def csrf_of(page: str) -> str:
    """The form token of a page."""
    found = _CSRF.search(page)
    assert found, "no form token on the page"
    return found[1]


def post(browser: PlainBrowser, page: str, path: str, **fields: Any) -> Any:
    """Open `page`, take its token and the version that its form for `path` carries, and post `fields`."""
    shown = browser.get(page).text
    form = shown.partition(f'action="{path}"')[2].partition("</form>")[0]
    carried = {"version": found[1]} if (found := _VERSION.search(form)) else {}
    files = fields.pop("files", None)
    return browser.post(path, data={"csrf": csrf_of(shown), **carried, **fields}, files=files)
