"""A provider, or somebody in its place, that answers wrongly: nobody is signed in, and passwords still work."""

import base64
import hashlib
import json
import logging
import time
import warnings
from collections.abc import Callable

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from portal.accounts import oidc
from portal.accounts.oidc import RETURN_PATH, provider_of
from tests.accounts.factors import is_signed_in
from tests.factories.cast import password_of
from tests.factories.linking import link
from tests.factories.openid import CLIENT_ID, CLIENT_SECRET, HostileProvider, come_back, depart, query_of, use_provider
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.servers import free_port

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
Lie = Callable[[HostileProvider], None]


def claims(**values: object) -> Lie:
    return lambda provider: provider.claims.update(values)


def without(*names: str) -> Lie:
    return lambda provider: setattr(provider, "without", names)


def late(**seconds: int) -> Lie:
    """Moments so many seconds from now."""
    return lambda provider: provider.claims.update({name: int(time.time()) + by for name, by in seconds.items()})


def token(change: Callable[[str], object]) -> Lie:
    return lambda provider: setattr(provider, "token", change)


def header(**values: object) -> Lie:
    return lambda provider: provider.header.update(values)


def other_key(provider: HostileProvider) -> None:
    provider.signing_key = provider.other_key


def own_key_in_the_header(provider: HostileProvider) -> None:
    provider.signing_key = provider.other_key
    provider.header["jwk"] = provider.other_key.as_dict(private=False)


def public_key_as_password(provider: HostileProvider) -> None:
    """The oldest trick: HS256 with what everybody knows."""
    provider.header["alg"] = "HS256"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        provider.signing_key = OctKey.import_key(base64.b64encode(provider.key.as_pem(private=False)))


def shared_secret_as_key(provider: HostileProvider) -> None:
    provider.header["alg"] = "HS256"
    provider.signing_key = OctKey.import_key(CLIENT_SECRET.ljust(32, "-"))
    provider.published = [provider.signing_key.as_dict()]


def encryption_key(provider: HostileProvider) -> None:
    provider.published = [{**provider.key.as_dict(private=False), "use": "enc"}]


def short_key(provider: HostileProvider) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        provider.signing_key = RSAKey.generate_key(1024, {"kid": "first"})
    provider.published = [provider.signing_key.as_dict(private=False)]


def two_keys_of_one_name(provider: HostileProvider) -> None:
    provider.published = [provider.key.as_dict(private=False), provider.other_key.as_dict(private=False)]


def no_name_among_several(provider: HostileProvider) -> None:
    two_keys_of_one_name(provider)
    provider.header = {"kid": None}


def with_other_claims(signed: str) -> str:
    first, payload, last = signed.split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"sub": "staff-2"}
    return f"{first}.{base64.urlsafe_b64encode(json.dumps(changed).encode()).decode().rstrip('=')}.{last}"


LIES: dict[str, Lie] = {
    "another nonce": claims(nonce="another"),
    "no nonce": without("nonce"),
    "a nonce that is no text": claims(nonce=["x"]),
    "another issuer": claims(iss="https://evil.example"),
    "an issuer almost alike": lambda provider: provider.claims.update(iss=provider.issuer + "/"),
    "no issuer": without("iss"),
    "made for another client": claims(aud="another"),
    "made for nobody": without("aud"),
    "made for several without saying for whom": claims(aud=[CLIENT_ID, "another"]),
    "made for several, made out to another": claims(aud=[CLIENT_ID, "another"], azp="another"),
    "made out to another": claims(azp="another"),
    "expired": late(exp=-31, iat=-300),
    "without an end": without("exp"),
    "an end that is no number": claims(exp="9999999999"),
    "an end that is true": claims(exp=True),
    "an end that is NaN": claims(exp=float("nan")),
    "made in the future": late(iat=90),
    "without a beginning": without("iat"),
    "not valid yet": late(nbf=90),
    "nobody": without("sub"),
    "an empty subject": claims(sub=""),
    "a subject that is a number": claims(sub=1),
    "a subject too long": claims(sub="s" * 256),
    "a subject with a line break": claims(sub="staff-1\n"),
    "a wrong at_hash": claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "an at_hash that is no text": claims(at_hash=7),
    "unsigned": header(alg="none"),
    "unsigned, with the name of a signature": token(lambda signed: signed.rsplit(".", 1)[0] + "."),
    "signed with another key": other_key,
    "signed with a key that it brings along": own_key_in_the_header,
    "signed with the public key as a password": public_key_as_password,
    "signed with the client's secret": shared_secret_as_key,
    "signed with a key for encryption": encryption_key,
    "signed with a short key": short_key,
    "two keys of one name": two_keys_of_one_name,
    "an unknown key": header(kid="unknown"),
    "something that must be understood": header(crit=["exp2"], exp2=1),
    "other claims under the signature": token(with_other_claims),
    "no token": token(lambda signed: None),
    "a number": token(lambda signed: 7),
    "no token at all": token(lambda signed: "x"),
    "letters from elsewhere": token(lambda signed: signed + "卫"),
    "a token of four parts": token(lambda signed: signed + ".x"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Key size")
def test_no_bad_token_signs_anybody_in(deceived: Portal, hostile: HostileProvider, caplog):
    """One portal for all of them: each is another browser, and a provider whose keys are asked for anew."""
    link(deceived, "alice", "staff-1")
    caplog.set_level(logging.WARNING, "portal.accounts")
    taken = []
    for name, lie in LIES.items():
        use_provider(deceived, hostile.issuer)
        hostile.reset()
        caplog.clear()
        browser = deceived.browser()
        address = depart(browser)
        lie(hostile)
        answer = come_back(browser, hostile, address)
        is_told = "登录没有完成" in answer.text and "is refused: " in caplog.text
        if answer.status_code != 400 or is_signed_in(browser) or not is_told or "staff-1" in caplog.text:
            taken.append(name)
    assert taken == []


def good_at_hash(provider: HostileProvider) -> None:
    half = hashlib.sha256(b"an-access-token").digest()[:16]
    provider.claims["at_hash"] = base64.urlsafe_b64encode(half).decode().rstrip("=")


def elliptic(provider: HostileProvider) -> None:
    key = ECKey.generate_key("P-256", {"kid": "curve"})
    provider.header = {"alg": "ES256", "kid": "curve"}
    provider.signing_key = key
    provider.published = [*provider.published, key.as_dict(private=False), {"kty": "XYZ", "kid": "x"}]


TRUTHS: dict[str, Lie] = {
    "plain": lambda provider: None,
    "made for several, made out to us": claims(aud=[CLIENT_ID, "another"], azp=CLIENT_ID),
    "a list of one": claims(aud=[CLIENT_ID]),
    "a clock that is slow": late(exp=-20, iat=-60),
    "a clock that is fast": late(iat=20, nbf=20),
    "a right at_hash": good_at_hash,
    "an elliptic key among others": elliptic,
    "fields of its own": header(brand="x"),
    "another signature": header(alg="PS256"),
}


def test_good_tokens_do(deceived: Portal, hostile: HostileProvider):
    link(deceived, "alice", "staff-1")
    refused = []
    for name, truth in TRUTHS.items():
        use_provider(deceived, hostile.issuer)
        hostile.reset()
        browser = deceived.browser()
        address = depart(browser)
        truth(hostile)
        if come_back(browser, hostile, address).status_code != 303 or not is_signed_in(browser):
            refused.append(name)
    assert refused == []


def test_it_proves_itself_and_the_way_to_the_provider(deceived: Portal, hostile: HostileProvider):
    browser = deceived.browser()
    address = depart(browser)
    come_back(browser, hostile, address)
    form = hostile.forms[-1]
    assert form["authorization"] == "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    assert form["redirect_uri"] == "http://portal.test/sign-in/oidc/return"
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == query_of(address)["code_challenge"]


def test_it_proves_itself_in_the_form_where_the_provider_knows_nothing_else(deceived: Portal, hostile: HostileProvider):
    hostile.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    browser = deceived.browser()
    come_back(browser, hostile, depart(browser))
    assert hostile.forms[-1]["client_secret"] == CLIENT_SECRET
    assert hostile.forms[-1]["authorization"] == ""


@pytest.mark.parametrize(
    ("announced", "iss"), [(False, "https://evil.example"), (True, "https://evil.example"), (True, "")]
)
def test_an_answer_of_another_issuer_cannot_sign_in(
    deceived: Portal, hostile: HostileProvider, announced: bool, iss: str
):
    """RFC 9207: two providers mixed up; the code is not even sent."""
    hostile.metadata = {"authorization_response_iss_parameter_supported": announced}
    link(deceived, "alice", "staff-1")
    browser = deceived.browser()
    assert come_back(browser, hostile, depart(browser), iss=iss).status_code == 400
    assert hostile.forms == []


def test_new_keys_are_fetched_once_and_not_for_every_unknown_name(
    deceived: Portal, hostile: HostileProvider, monkeypatch: pytest.MonkeyPatch
):
    link(deceived, "alice", "staff-1")
    browser = deceived.browser()
    assert come_back(browser, hostile, depart(browser)).status_code == 303
    new = RSAKey.generate_key(2048, {"kid": "second"})
    hostile.signing_key, hostile.header, hostile.published = new, {"kid": "second"}, [new.as_dict(private=False)]
    for _ in range(3):
        assert come_back(browser, hostile, depart(deceived.browser())).status_code == 400
    browser = deceived.browser()
    assert come_back(browser, hostile, depart(browser)).status_code == 400
    assert hostile.seen.count("/jwks_uri") == 1
    monkeypatch.setattr(oidc, "_KEYS_AGAIN_SECONDS", 0)
    browser = deceived.browser()
    assert come_back(browser, hostile, depart(browser)).status_code == 303
    assert hostile.seen.count("/jwks_uri") == 2
    assert hostile.seen.count("/.well-known/openid-configuration") == 1


def unavailable(portal: Portal) -> None:
    """The button gives a clear page, and the password still opens the door."""
    browser = portal.browser()
    answer = post(browser, "/sign-in", "/sign-in/oidc")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "暂时连接不上「单位统一账号」，请稍后再试，或输入用户名和密码登录" in answer.text
    data = {"csrf": csrf_of(answer.text), "username": "alice", "password": password_of("alice")}
    assert browser.post("/sign-in", data=data).status_code == 303


def test_passwords_work_while_nobody_listens_there(portal: Portal):
    use_provider(portal, f"http://127.0.0.1:{free_port()}")
    unavailable(portal)
    browser = portal.browser()
    token_of = csrf_of(browser.get("/sign-in").text)
    answer = browser.post("/sign-in/oidc", data={"csrf": token_of}, headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"


METADATA: dict[str, dict[str, object]] = {
    "another issuer": {"issuer": "https://evil.example"},
    "no address": {"authorization_endpoint": None},
    "a script": {"authorization_endpoint": "javascript:alert(1)"},
    "an open line": {"authorization_endpoint": "http://evil.example/authorize"},
    "a second header": {"authorization_endpoint": "https://evil.example/\r\nset-cookie: a=b"},
}


@pytest.mark.parametrize("name", METADATA)
def test_a_discovery_document_that_is_not_sound_is_not_followed(deceived: Portal, hostile: HostileProvider, name: str):
    hostile.metadata = METADATA[name]
    if name == "an open line":
        deceived.app.state.provider._is_loopback = False  # as for a provider on another machine
    unavailable(deceived)


def test_a_discovery_document_that_is_not_sound_is_not_remembered(deceived: Portal, hostile: HostileProvider):
    sound, hostile.metadata = hostile.metadata, METADATA["another issuer"]
    unavailable(deceived)
    hostile.metadata = sound
    provider = deceived.app.state.provider
    provider._failed_at = None
    assert provider._metadata()["issuer"] == provider.issuer


def hangs(path: str, handler) -> bool:
    time.sleep(0.6)
    return False


def drips(path: str, handler) -> bool:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)
    return True


def floods(path: str, handler) -> bool:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b" " * 2_000_000)
    return True


def redirects(path: str, handler) -> bool:
    if path == "/elsewhere":
        return False
    handler.send_response(302)
    handler.send_header("location", "/elsewhere")
    handler.send_header("content-length", "0")
    handler.end_headers()
    return True


def nests(path: str, handler) -> bool:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"[" * 200_000)
    return True


def fails(path: str, handler) -> bool:
    handler.send_error(500)
    return True


def says_something_else(path: str, handler) -> bool:
    handler.send_json(["no", "object"])
    return True


BEHAVIOURS = (hangs, drips, floods, redirects, nests, fails, says_something_else)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda behaviour: behaviour.__name__)
@pytest.mark.parametrize("moment", ["on the way there", "on the way back"])
def test_a_provider_in_trouble_costs_little_time_and_nothing_else(
    deceived: Portal, hostile: HostileProvider, monkeypatch: pytest.MonkeyPatch, behaviour, moment: str
):
    monkeypatch.setattr(oidc, "_READ_SECONDS", 0.3)
    monkeypatch.setattr(oidc, "_WHOLE_ANSWER_SECONDS", 0.3)
    browser = deceived.browser()
    if moment == "on the way there":
        hostile.behaviour = behaviour
        started = time.monotonic()
        unavailable(deceived)
    else:
        address = depart(browser)
        hostile.behaviour = behaviour
        started = time.monotonic()
        answer = come_back(browser, hostile, address)
        assert answer.status_code == 503
        assert not is_signed_in(browser)
    assert time.monotonic() - started < 4
    assert "/elsewhere" not in hostile.seen


def test_after_a_failure_it_is_left_alone_for_a_moment(deceived: Portal, hostile: HostileProvider, monkeypatch):
    hostile.behaviour = fails
    for _ in range(4):
        assert post(deceived.browser(), "/sign-in", "/sign-in/oidc").status_code == 503
    assert len(hostile.seen) == 1
    hostile.behaviour = lambda path, handler: False
    monkeypatch.setattr(oidc, "_AFTER_FAILURE_SECONDS", 0)
    assert post(deceived.browser(), "/sign-in", "/sign-in/oidc").status_code == 200


def test_only_a_few_wait_for_the_provider_at_once(deceived: Portal, hostile: HostileProvider):
    provider = deceived.app.state.provider
    for _ in range(oidc._MOST_AT_ONCE):
        assert provider._slots.acquire(blocking=False)
    assert post(deceived.browser(), "/sign-in", "/sign-in/oidc").status_code == 503
    provider._slots.release()
    assert post(deceived.browser(), "/sign-in", "/sign-in/oidc").status_code == 200
    assert hostile.seen == ["/.well-known/openid-configuration"]


def test_the_providers_words_reach_no_page_and_no_log_line(deceived: Portal, hostile: HostileProvider, caplog):
    hostile.answer = {"error": "evil\n2026 forged line", "error_description": "call-0900"}
    browser = deceived.browser()
    with caplog.at_level(logging.WARNING):
        answer = come_back(browser, hostile, depart(browser))
    assert answer.status_code == 400
    assert "evil" not in answer.text + str(answer.headers)
    assert [line for line in caplog.text.splitlines() if line.startswith("2026 forged")] == []
    assert "call-0900" not in caplog.text
    assert CLIENT_SECRET not in caplog.text


def test_no_provider_is_asked_without_a_way_that_began_here(deceived: Portal, hostile: HostileProvider):
    answer = deceived.browser().get(RETURN_PATH, params={"code": "x", "state": "y", "iss": hostile.issuer})
    assert answer.status_code == 400
    assert hostile.seen == []


def test_starting_and_serving_pages_asks_no_provider(deceived: Portal, hostile: HostileProvider):
    """SECURITY I-10: the portal connects outwards only when somebody presses the button."""
    assert provider_of(deceived.settings) is not None
    for page in ("/", "/sign-in", "/track"):
        assert deceived.browser().get(page).status_code == 200
    assert hostile.seen == []
