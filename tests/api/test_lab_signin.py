"""numgate-lab: people sign in. The authorization endpoint, the tokens it leads to, sign-out, and who may ask from a browser."""
import base64
import concurrent.futures
import hashlib
import html.parser
import json
import secrets
import time
import urllib.parse
import uuid

import conftest
import jwt
import pytest
import requests
from basics import wait_until
from conftest import claims
from test_lab import APPLICATION, OTHER_TENANT, SCOPE, SECRET, SERVICE, TENANT, Issuer, assert_refused, lab_command, make_certificates

PORTAL, SHORT, KEYCLOAK, ONE, CONFIDENTIAL = (f"cccccccc-0000-4000-8000-{number:012d}" for number in range(5))
ORIGIN = "https://127.0.0.1:8443"
HOME = f"{ORIGIN}/portal/"          # of the command line
OTHER_HOME = "https://portal.example/app?tenant=1"  # of the file
USERS = {"ada": ["Read", "Write", "Delete", "Admin"], "rita": ["Read"], "will": ["Read", "Write"], "dora": ["Read", "Write", "Delete"], "noel": []}
ALL = f"openid profile offline_access {SCOPE}"
AUTHORIZE, LOGOUT = f"/{TENANT}/oauth2/v2.0/authorize", f"/{TENANT}/oauth2/v2.0/logout"
DISCOVERY, KEYS, TOKEN = f"/{TENANT}/v2.0/.well-known/openid-configuration", f"/{TENANT}/discovery/v2.0/keys", f"/{TENANT}/oauth2/v2.0/token"

CLIENTS = {
    "tenants": [{"id": TENANT, "names": ["operator.example"]}, {"id": OTHER_TENANT}],
    "clients": [
        {"client_id": SHORT, "redirect_uris": [HOME], "code_seconds": 1, "refresh_seconds": 2, "token_seconds": 7, "token_version": 1},
        {"client_id": KEYCLOAK, "redirect_uris": [HOME], "token_shape": "keycloak"},
        {"client_id": ONE, "redirect_uris": [HOME, "http://localhost:5173/"], "algorithm": "ES256"},
        {"client_id": CONFIDENTIAL, "secrets": [SECRET]},
    ],
    "portal": {"client_id": PORTAL, "redirect_uris": [OTHER_HOME]},
}


class Page(html.parser.HTMLParser):
    """The form of a page, as a browser sees it."""

    def __init__(self, text):
        super().__init__()
        self.form, self.fields, self.buttons, self.focus, self.tags = None, {}, [], None, set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        if tag == "form":
            self.form = attrs
        if tag == "input":
            self.fields[attrs["name"]] = attrs["value"]
        if tag == "button":
            assert attrs["name"] == "user"
            self.buttons.append(attrs["value"])
            self.focus = attrs["value"] if "autofocus" in attrs else self.focus


def challenge_of(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def parameters_of(url):
    """What a redirect brings, and the address without it."""
    parts = urllib.parse.urlsplit(url)
    return dict(urllib.parse.parse_qsl(parts.fragment or parts.query)), parts._replace(query="", fragment="").geturl()


class Browser:
    """Somebody in front of a browser with a cookie store of its own, and the script of a client in it."""

    def __init__(self, issuer, client_id=PORTAL, redirect_uri=HOME):
        self.issuer, self.client_id, self.redirect_uri = issuer, client_id, redirect_uri
        self.verifier, self.nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(12)
        self.http = requests.Session()
        self.http.verify, self.http.trust_env = issuer.ca, False

    def query(self, **changes):
        """The parameters of an authorization request; a change to None leaves one out."""
        usual = {"client_id": self.client_id, "redirect_uri": self.redirect_uri, "response_type": "code", "scope": ALL, "state": "s&t=a te",
                 "nonce": self.nonce, "code_challenge": challenge_of(self.verifier), "code_challenge_method": "S256", **changes}
        return {name: value for name, value in usual.items() if value is not None}

    def visit(self, path=AUTHORIZE, **changes):
        return self.http.get(f"{self.issuer.url}{path}", params=self.query(**changes), allow_redirects=False, timeout=20)

    def press(self, user, page):
        """Sends the form of the sign-in page with the button of a user."""
        page = Page(page.text)
        return self.http.post(f"{self.issuer.url}{page.form['action']}", data={**page.fields, "user": user}, allow_redirects=False, timeout=20)

    def code(self, user="ada", **changes):
        """Signs in by the page, or by the session when there is one."""
        reply = self.visit(**changes)
        if reply.status_code == 200:
            reply = self.press(user, reply)
        assert reply.status_code in (302, 303), reply.text
        return parameters_of(reply.headers["location"])[0]["code"]

    def redeem(self, code, /, **changes):
        fields = {"grant_type": "authorization_code", "client_id": self.client_id, "redirect_uri": self.redirect_uri, "code": code,
                  "code_verifier": self.verifier, **changes}
        return self.issuer.form({k: v for k, v in fields.items() if v is not None})

    def renew(self, refresh_token, /, **changes):
        fields = {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": refresh_token, **changes}
        return self.issuer.form({k: v for k, v in fields.items() if v is not None})

    def tokens(self, user="ada", **changes):
        reply = self.redeem(self.code(user, **changes))
        assert reply.status_code == 200, reply.text
        return reply.json()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("signin")
    assert make_certificates(made / "tls", "provapi.example.net").returncode == 0
    (made / "clients.json").write_text(json.dumps(CLIENTS), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def running(folder):
    program = Issuer(folder, "--portal-redirect-uri", HOME, "--portal-redirect-uri=http://localhost:5173/app").start()
    yield program
    assert program.terminate() == 0


@pytest.fixture
def issuer(running):
    yield running
    running.control("DELETE", "faults")


@pytest.fixture
def browser(issuer):
    return Browser(issuer)


# ---- from the page to tokens ----

@pytest.mark.parametrize("user", USERS)
def test_signin__by_code_gives_tokens_of_the_user(issuer, browser, user):
    reply = browser.redeem(browser.code(user))
    tokens = reply.json()
    assert reply.status_code == 200 and reply.headers["cache-control"].startswith("no-store")
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3599, f"openid profile {SERVICE}/user_impersonation")
    assert 86390 <= tokens["refresh_token_expires_in"] <= 86400
    access, identity = issuer.verify(tokens["access_token"]), issuer.verify(tokens["id_token"], audience=PORTAL)
    assert access.get("roles", []) == [f"ProvisioningAPI.{role}User" for role in USERS[user]] and ("roles" in access) == bool(USERS[user])
    assert (access["azp"], access["azpacr"], access["scp"], access["tid"], access["ver"]) == (PORTAL, "0", "user_impersonation", TENANT, "2.0")
    assert identity["iss"] == access["iss"] == issuer.get(DISCOVERY).json()["issuer"]
    assert identity["nonce"] == browser.nonce and "nonce" not in access
    for name in ("name", "preferred_username", "sub", "oid", "sid"):
        assert identity[name] == access[name]
    assert identity["preferred_username"] == f"{user}@operator.example"


def test_signin__reply_is_the_redirect_and_a_cookie(browser):
    page = browser.visit()
    reply = browser.press("rita", page)
    parameters, address = parameters_of(reply.headers["location"])
    assert (reply.status_code, address, parameters["state"]) == (303, HOME, "s&t=a te")
    assert set(parameters) == {"code", "state", "session_state"}
    name, *attributes = reply.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-numgate-lab=") and set(attributes) == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"}
    assert reply.headers["cross-origin-opener-policy"] == "same-origin"


def test_refresh__is_rotated_and_keeps_the_user(issuer, browser):
    first = browser.tokens("will")
    second = browser.renew(first["refresh_token"]).json()
    third = browser.renew(second["refresh_token"], scope=ALL).json()
    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    assert issuer.verify(third["access_token"])["name"] == "Will Writer"
    identity = issuer.verify(third["id_token"], audience=PORTAL)
    assert "nonce" not in identity and identity["sub"] == claims(first["id_token"])["sub"]


# ---- what is asked, and what is wrong with it ----

def assert_page_says(reply, number, status=400):
    assert (reply.status_code, reply.headers["content-type"]) == (status, "text/html; charset=utf-8"), reply.text
    assert "location" not in reply.headers and f"AADSTS{number}: " in reply.text, reply.text


def assert_sent_back(reply, error, number, state="s&t=a te"):
    parameters, address = parameters_of(reply.headers["location"])
    assert (reply.status_code, address, parameters["error"], parameters.get("state")) == (302, HOME, error, state), parameters
    assert parameters["error_description"].startswith(f"AADSTS{number}: ") and "code" not in parameters


@pytest.mark.parametrize("changes,number", [
    ({"client_id": None}, 900144), ({"client_id": ""}, 900144), ({"client_id": str(uuid.uuid4())}, 700016), ({"client_id": CONFIDENTIAL}, 700051),
    ({"redirect_uri": None}, 900144), ({"redirect_uri": HOME[:-1]}, 50011), ({"redirect_uri": HOME + "/"}, 50011), ({"redirect_uri": HOME + "?x=1"}, 50011),
    ({"redirect_uri": HOME.replace("portal", "Portal")}, 50011), ({"redirect_uri": "https://evil.example/"}, 50011),
    ({"redirect_uri": f"{HOME}#x"}, 50011), ({"client_id": ONE, "redirect_uri": OTHER_HOME}, 50011), ({"client_id": [PORTAL, ONE]}, 90100),
    ({"redirect_uri": [HOME, "https://evil.example/"]}, 90100), ({"state": ["a", "b"]}, 90100)])
def test_authorize__unknown_client_or_address_is_said_on_a_page(browser, changes, number):
    assert_page_says(browser.visit(**changes), number)


@pytest.mark.parametrize("tenant,number", [("nobody.example", 90002), (OTHER_TENANT, 700016)])
def test_authorize__of_another_tenant_is_said_on_a_page(browser, tenant, number):
    assert_page_says(browser.visit(f"/{tenant}/oauth2/v2.0/authorize"), number)


@pytest.mark.parametrize("tenant", ["common", "operator.example", TENANT.upper()])
def test_authorize__knows_other_names_of_the_tenant(issuer, browser, tenant):
    reply = browser.press("ada", browser.visit(f"/{tenant}/oauth2/v2.0/authorize"))
    tokens = browser.redeem(parameters_of(reply.headers["location"])[0]["code"]).json()
    assert issuer.verify(tokens["access_token"])["tid"] == TENANT


@pytest.mark.parametrize("changes,error,number", [
    ({"response_type": None}, "invalid_request", 900144), ({"response_type": "token"}, "unsupported_response_type", 700054),
    ({"response_type": "code id_token"}, "unsupported_response_type", 700054), ({"response_mode": "form_post"}, "invalid_request", 70007),
    ({"code_challenge": None}, "invalid_request", 900144), ({"code_challenge_method": "plain"}, "invalid_request", 50148),
    ({"code_challenge_method": None}, "invalid_request", 50148), ({"code_challenge_method": "s256"}, "invalid_request", 50148),
    ({"code_challenge": "a" * 42}, "invalid_request", 50148), ({"code_challenge": "a" * 44}, "invalid_request", 50148),
    ({"code_challenge": "a" * 42 + "="}, "invalid_request", 50148), ({"code_challenge": "a" * 42 + "+"}, "invalid_request", 50148),
    ({"nonce": "n" * 256}, "invalid_request", 90100), ({"scope": None}, "invalid_request", 900144), ({"scope": "openid"}, "invalid_scope", 70011),
    ({"scope": "openid https://elsewhere.example/.default"}, "invalid_scope", 70011), ({"scope": f"phone {SCOPE}"}, "invalid_scope", 70011),
    ({"prompt": "create"}, "invalid_request", 90023), ({"prompt": "none login"}, "invalid_request", 90023), ({"prompt": "login none"}, "invalid_request", 90023)])
def test_authorize__other_mistakes_go_back_to_the_client(browser, changes, error, number):
    assert_sent_back(browser.visit(**changes), error, number)


def test_authorize__a_state_that_is_too_long_is_not_sent_back(issuer, browser):
    reply = issuer.http.post(f"{issuer.url}{AUTHORIZE}", data=browser.query(state="s" * 4097), allow_redirects=False, timeout=20)
    parameters, _ = parameters_of(reply.headers["location"])
    assert parameters["error"] == "invalid_request" and "state" not in parameters
    reply = issuer.http.post(f"{issuer.url}{AUTHORIZE}", data=browser.query(state="s" * 4096), allow_redirects=False, timeout=20)
    assert reply.status_code == 200


@pytest.mark.parametrize("mode,mark", [("query", "?"), (None, "?"), ("fragment", "#")])
def test_authorize__answers_in_query_or_fragment(browser, mode, mark):
    for prompt in ("none", None):  # with an error, and with a code
        reply = browser.visit(response_mode=mode, prompt=prompt)
        reply = reply if prompt else browser.press("ada", reply)
        assert reply.headers["location"].startswith(f"{HOME}{mark}")


def test_authorize__keeps_the_query_of_the_redirect_uri(issuer):
    browser = Browser(issuer, redirect_uri=OTHER_HOME)
    reply = browser.press("ada", browser.visit())
    assert reply.headers["location"].startswith(f"{OTHER_HOME}&code=")
    assert browser.redeem(parameters_of(reply.headers["location"])[0]["code"]).status_code == 200


def test_authorize__without_state_and_nonce_sends_none(issuer, browser):
    reply = browser.press("ada", browser.visit(state=None, nonce=None))
    parameters, _ = parameters_of(reply.headers["location"])
    assert "state" not in parameters
    assert "nonce" not in claims(browser.redeem(parameters["code"]).json()["id_token"])


def test_authorize__takes_the_request_as_a_form(issuer, browser):
    page = issuer.form(browser.query(), AUTHORIZE, allow_redirects=False)
    assert page.status_code == 200
    reply = browser.press("rita", page)
    assert browser.redeem(parameters_of(reply.headers["location"])[0]["code"]).status_code == 200
    json_reply = issuer.http.post(f"{issuer.url}{AUTHORIZE}", json=browser.query(), timeout=20)
    assert_page_says(json_reply, 900144)


# ---- the page ----

def test_page__has_a_button_for_each_user_and_no_script(browser):
    reply = browser.visit(state="\"><script>alert(1)</script>&amp;'")
    page = Page(reply.text)
    assert page.buttons == ["ada", "rita", "will", "dora", "noel"] and page.form["method"] == "post" and page.focus is None
    assert page.fields["state"] == "\"><script>alert(1)</script>&amp;'" and "script" not in page.tags
    assert {"Ada Admin", "Rita Reader", "Will Writer", "Dora Deleter", "Noel Norole"} <= {
        part.split("<")[0] for part in reply.text.split(">")}
    policy = dict(part.split(" ", 1) for part in reply.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == f"'self' {ORIGIN}" and policy["style-src"].startswith("'nonce-") and "script-src" not in policy
    assert f'nonce="{policy["style-src"][7:-1]}"' in reply.text
    assert (reply.headers["cross-origin-opener-policy"], reply.headers["x-content-type-options"]) == ("same-origin", "nosniff")
    assert "set-cookie" not in reply.headers and "no-store" in reply.headers["cache-control"]
    assert "access-control-allow-origin" not in browser.http.get(reply.url, headers={"Origin": ORIGIN}, timeout=20).headers


@pytest.mark.parametrize("hint,focus", [("rita", "rita"), ("RITA@operator.example", "rita"), ("nobody@operator.example", None), ("", None)])
def test_page__hint_is_first_to_hand(browser, hint, focus):
    assert Page(browser.visit(login_hint=hint).text).focus == focus


def test_page__refuses_a_user_it_does_not_have(browser):
    assert_page_says(browser.press("eve", browser.visit()), 50034)


def test_page__needs_the_request_once_more(issuer):
    assert_page_says(issuer.form({"user": "ada"}, AUTHORIZE), 900144)


# ---- sessions ----

def test_session__answers_by_itself(browser):
    assert_sent_back(browser.visit(prompt="none"), "login_required", 50058)
    browser.code("will")
    for prompt in (None, "none"):
        code = parameters_of(browser.visit(prompt=prompt).headers["location"])[0]["code"]
        assert claims(browser.redeem(code).json()["access_token"])["name"] == "Will Writer"


@pytest.mark.parametrize("prompt", ["login", "select_account", "consent", "login select_account"])
def test_session__is_not_asked_when_the_page_is_wanted(browser, prompt):
    browser.code("will")
    page = browser.visit(prompt=prompt)
    assert page.status_code == 200
    code = parameters_of(browser.press("rita", page).headers["location"])[0]["code"]
    assert claims(browser.redeem(code).json()["access_token"])["name"] == "Rita Reader"


def test_session__of_somebody_else_than_the_hint_does_not_answer(browser):
    browser.code("will")
    assert browser.visit(login_hint="will@operator.example").status_code == 302
    assert browser.visit(login_hint="rita").status_code == 200
    assert_sent_back(browser.visit(login_hint="rita", prompt="none"), "login_required", 50058)


def test_session__of_one_user_goes_on_when_the_user_signs_in_again(browser):
    tokens = browser.tokens("will")
    again = browser.press("will", browser.visit(prompt="login"))
    assert "set-cookie" not in again.headers
    assert parameters_of(again.headers["location"])[0]["session_state"] == claims(tokens["id_token"])["sid"]
    assert browser.renew(tokens["refresh_token"]).status_code == 200


def test_session__of_another_user_in_the_same_browser_ends_the_first(browser):
    tokens = browser.tokens("will")
    browser.press("rita", browser.visit(prompt="login"))
    assert_refused(browser.renew(tokens["refresh_token"]), 400, "invalid_grant", 50173)


@pytest.mark.parametrize("cookie", ["__Host-numgate-lab=", "__Host-numgate-lab=x", "__Host-numgate-lab=" + "A" * 43, "other=1", "__Host-numgate-lab"])
def test_session__needs_a_cookie_of_the_lab(browser, cookie):
    reply = requests.get(f"{browser.issuer.url}{AUTHORIZE}", params=browser.query(prompt="none"), headers={"Cookie": cookie}, verify=browser.issuer.ca,
                         allow_redirects=False, timeout=20)
    assert_sent_back(reply, "login_required", 50058)


# ---- codes ----

def other_verifier():
    return secrets.token_urlsafe(48)


@pytest.mark.parametrize("changes,number", [
    ({"code_verifier": other_verifier()}, 501481), ({"code_verifier": "short"}, 501481), ({"redirect_uri": HOME[:-1]}, 50011),
    ({"redirect_uri": OTHER_HOME}, 50011), ({"client_id": ONE}, 700005)])
def test_code__is_spent_by_an_attempt_that_fails(browser, changes, number):
    code = browser.code()
    assert_refused(browser.redeem(code, **changes), 400, "invalid_grant", number)
    assert_refused(browser.redeem(code), 400, "invalid_grant", 50173)


@pytest.mark.parametrize("changes,status,error,number", [
    ({"code": None}, 400, "invalid_request", 900144), ({"code_verifier": None}, 400, "invalid_request", 900144),
    ({"redirect_uri": None}, 400, "invalid_request", 900144), ({"client_id": None}, 400, "invalid_request", 900144),
    ({"client_id": str(uuid.uuid4())}, 400, "unauthorized_client", 700016), ({"client_id": CONFIDENTIAL}, 400, "unauthorized_client", 700051),
    ({"client_secret": "x"}, 401, "invalid_client", 700025), ({"client_assertion": "x"}, 401, "invalid_client", 700025),
    ({"scope": "openid"}, 400, "invalid_scope", 70011), ({"code": ["a", "b"]}, 400, "invalid_request", 90100)])
def test_code__is_not_spent_by_a_request_that_lacks_something(browser, changes, status, error, number):
    code = browser.code()
    assert_refused(browser.redeem(code, **changes), status, error, number)
    assert browser.redeem(code).status_code == 200


@pytest.mark.parametrize("code", ["x", "A" * 64, "A" * 10000])
def test_code__of_nobody_is_refused(browser, code):
    assert_refused(browser.redeem(code), 400, "invalid_grant", 70000)


def test_code__used_twice_ends_what_it_gave(browser):
    code = browser.code()
    tokens = browser.redeem(code).json()
    assert_refused(browser.redeem(code), 400, "invalid_grant", 54005)
    assert_refused(browser.renew(tokens["refresh_token"]), 400, "invalid_grant", 50173)


def test_code__used_by_many_at_once_is_good_for_one(browser):
    code = browser.code()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        replies = [reply.result() for reply in [pool.submit(browser.redeem, code) for _ in range(6)]]
    assert sorted(reply.status_code for reply in replies) == [200, 400, 400, 400, 400, 400]


def test_code__ends_in_time(issuer):
    browser = Browser(issuer, SHORT)
    code, ends = browser.code(), time.monotonic() + 1.0
    wait_until(lambda: time.monotonic() > ends, what="the end of the code")
    assert_refused(browser.redeem(code), 400, "invalid_grant", 70008)


def test_code__is_not_for_the_v1_endpoint(issuer, browser):
    fields = {"grant_type": "authorization_code", "client_id": PORTAL, "code": browser.code(), "code_verifier": browser.verifier, "redirect_uri": HOME}
    assert_refused(issuer.form(fields, f"/{TENANT}/oauth2/token"), 400, "unsupported_grant_type", 70003)


def test_code__public_client_cannot_have_a_token_of_its_own(issuer):
    fields = {"grant_type": "client_credentials", "client_id": PORTAL, "scope": SCOPE}
    assert_refused(issuer.form(fields), 401, "invalid_client", 7000218)
    assert_refused(issuer.form({**fields, "client_secret": "x"}), 401, "invalid_client", 7000215)


# ---- refresh tokens ----

def test_refresh__without_offline_access_there_is_none(browser):
    tokens = browser.tokens(scope=f"openid {SCOPE}")
    assert "refresh_token" not in tokens and "refresh_token_expires_in" not in tokens and "id_token" in tokens


def test_refresh__without_openid_there_is_no_id_token(browser):
    tokens = browser.tokens(scope=f"offline_access {SERVICE}/Numbers.Manage")
    assert "id_token" not in tokens and tokens["scope"] == f"{SERVICE}/Numbers.Manage" and claims(tokens["access_token"])["scp"] == "Numbers.Manage"
    renewed = browser.renew(tokens["refresh_token"]).json()
    assert "id_token" not in renewed and claims(renewed["access_token"])["scp"] == "Numbers.Manage"


def test_refresh__used_twice_ends_the_family(browser):
    first = browser.tokens()
    second = browser.renew(first["refresh_token"]).json()
    assert_refused(browser.renew(first["refresh_token"]), 400, "invalid_grant", 70000)
    assert_refused(browser.renew(second["refresh_token"]), 400, "invalid_grant", 50173)
    assert browser.visit(prompt="none").status_code == 302 and "code=" in browser.visit(prompt="none").headers["location"]


@pytest.mark.parametrize("changes,status,error,number", [
    ({"refresh_token": None}, 400, "invalid_request", 900144), ({"refresh_token": "x"}, 400, "invalid_grant", 70000),
    ({"client_id": ONE}, 400, "invalid_grant", 700005), ({"client_id": CONFIDENTIAL}, 400, "unauthorized_client", 700051),
    ({"client_secret": SECRET}, 401, "invalid_client", 700025), ({"scope": "openid x"}, 400, "invalid_scope", 70011)])
def test_refresh__refused_for_another_reason_stays_good(browser, changes, status, error, number):
    token = browser.tokens()["refresh_token"]
    assert_refused(browser.renew(token, **changes), status, error, number)
    assert browser.renew(token).status_code == 200


def test_refresh__has_a_fixed_end_and_the_token_its_own(issuer):
    browser, began = Browser(issuer, SHORT), time.monotonic()
    tokens = browser.tokens()
    assert tokens["expires_in"] == 7 and tokens["refresh_token_expires_in"] <= 2
    replies = []

    def ended():
        replies.append(browser.renew(tokens["refresh_token"]))
        if replies[-1].ok:
            tokens.update(replies[-1].json())
        return not replies[-1].ok
    wait_until(ended, what="the end of the sign-in, however often it is renewed")
    assert time.monotonic() - began >= 2 and len(replies) > 1
    assert_refused(replies[-1], 400, "invalid_grant", 700084)


def test_revoke__ends_the_refresh_tokens_of_one_user(issuer):
    ada, rita = Browser(issuer), Browser(issuer)
    first, second, other = ada.tokens("dora"), ada.tokens("dora"), rita.tokens("rita")
    reply = issuer.control("POST", "users/revoke", {"user": "dora"})
    assert reply.status_code == 200 and reply.json()["signIns"] >= 2 and reply.json()["sessions"] == 0
    for tokens in (first, second):
        assert_refused(ada.renew(tokens["refresh_token"]), 400, "invalid_grant", 50173)
    assert rita.renew(other["refresh_token"]).status_code == 200
    assert "code=" in ada.visit(prompt="none").headers["location"]
    assert issuer.control("POST", "users/revoke", {"user": "dora", "sessions": True}).json()["sessions"] >= 1
    assert_sent_back(ada.visit(prompt="none"), "login_required", 50058)


@pytest.mark.parametrize("body", [{}, [], {"user": "eve"}, {"user": 1}, {"user": "ada", "sessions": 1}, {"user": "ada", "more": True}])
def test_revoke__refuses_what_makes_no_sense(issuer, body):
    assert issuer.control("POST", "users/revoke", body).status_code == 400


def test_users__are_listed(issuer):
    users = issuer.control("GET", "users").json()["users"]
    assert {user["name"]: user["roles"] for user in users} == {name: [f"ProvisioningAPI.{role}User" for role in roles] for name, roles in USERS.items()}


# ---- sign-out ----

def sign_out(browser, **query):
    return browser.http.get(f"{browser.issuer.url}{LOGOUT}", params=query, allow_redirects=False, timeout=20)


def test_logout__ends_session_and_refresh_tokens(browser):
    tokens = browser.tokens()
    reply = sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME, state="x y")
    assert (reply.status_code, reply.headers["location"]) == (302, f"{HOME}?state=x%20y")
    assert reply.headers["set-cookie"].startswith("__Host-numgate-lab=; Max-Age=0; ") and reply.headers["set-cookie"].endswith("; Path=/; Secure; HttpOnly; SameSite=Lax")
    assert_refused(browser.renew(tokens["refresh_token"]), 400, "invalid_grant", 50173)
    assert_sent_back(browser.visit(prompt="none"), "login_required", 50058)


def test_logout__without_an_address_says_so_on_a_page(browser):
    browser.code()
    reply = sign_out(browser)
    assert reply.status_code == 200 and "Signed out" in reply.text and "default-src 'none'" in reply.headers["content-security-policy"]
    assert_sent_back(browser.visit(prompt="none"), "login_required", 50058)
    assert sign_out(browser).status_code == 200  # nobody is signed in any more: as good as done


@pytest.mark.parametrize("named", [{"client_id": PORTAL}, {}])
def test_logout__without_a_hint_goes_to_a_known_address(browser, named):
    browser.code()
    assert sign_out(browser, post_logout_redirect_uri=OTHER_HOME, **named).headers["location"] == OTHER_HOME
    assert_sent_back(browser.visit(prompt="none"), "login_required", 50058)


def test_logout__hint_ends_the_session_of_another_browser(issuer, browser):
    tokens = browser.tokens()
    assert sign_out(Browser(issuer), id_token_hint=tokens["id_token"]).status_code == 200
    assert_sent_back(browser.visit(prompt="none"), "login_required", 50058)


def test_logout__takes_a_form(issuer, browser):
    tokens = browser.tokens()
    reply = issuer.form({"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": HOME}, LOGOUT, allow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, HOME)


@pytest.mark.parametrize("query,number", [
    ({"post_logout_redirect_uri": HOME[:-1]}, 50011), ({"post_logout_redirect_uri": "https://evil.example/"}, 50011),
    ({"post_logout_redirect_uri": OTHER_HOME, "client_id": ONE}, 50011), ({"client_id": str(uuid.uuid4())}, 700016), ({"id_token_hint": "x"}, 50027),
    ({"id_token_hint": "a.b.c"}, 50027), ({"client_id": ONE, "id_token_hint": "{id_token}"}, 90100), ({"id_token_hint": "{forged}"}, 50027),
    ({"state": "s" * 4097}, 90100)])
def test_logout__refused_ends_nothing(issuer, browser, query, number):
    tokens = browser.tokens()
    forged = jwt.encode(claims(tokens["id_token"]), "secret of nobody, but long enough", headers={"kid": jwt.get_unverified_header(tokens["id_token"])["kid"]})
    values = {"{id_token}": tokens["id_token"], "{forged}": forged}
    query = {name: values.get(value, value) for name, value in query.items()}
    reply = issuer.http.post(f"{issuer.url}{LOGOUT}", data=query, cookies=browser.http.cookies, allow_redirects=False, timeout=20)
    assert_page_says(reply, number)
    assert "set-cookie" not in reply.headers
    assert browser.renew(tokens["refresh_token"]).status_code == 200


# ---- who may ask from a browser ----

ORIGINS = [ORIGIN, "https://portal.example", "http://localhost:5173"]
FOREIGN = ["https://127.0.0.1:8444", "https://127.0.0.1", "http://127.0.0.1:8443", "https://evil.example", "https://portal.example.evil", "null", "",
           "https://portal.example/"]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_cors__lets_the_origins_of_redirect_uris_read(issuer, path, origin):
    reply = issuer.get(path, headers={"Origin": origin})
    assert (reply.headers["access-control-allow-origin"], reply.headers["vary"]) == (origin, "Origin")
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize("origin", [*FOREIGN, None])
def test_cors__lets_nobody_else_read(issuer, origin):
    headers = {} if origin is None else {"Origin": origin}
    replies = [issuer.get(path, headers=headers) for path in (DISCOVERY, KEYS)] + [issuer.form({}, headers=headers)]
    for reply in replies:
        assert reply.headers["vary"] == "Origin" and not [name for name in reply.headers if name.lower().startswith("access-control-")]


def test_cors__errors_of_the_token_endpoint_can_be_read(issuer, browser):
    reply = issuer.form({"grant_type": "refresh_token", "client_id": PORTAL, "refresh_token": "x"}, headers={"Origin": ORIGIN})
    assert_refused(reply, 400, "invalid_grant", 70000)
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    issuer.fault("token", "status", status=503)
    reply = issuer.form({}, headers={"Origin": ORIGIN})
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (503, ORIGIN)


def preflight(issuer, path, origin, method="POST"):
    headers = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type"}
    return issuer.http.options(f"{issuer.url}{path}", headers={k: v for k, v in headers.items() if v is not None}, timeout=20)


@pytest.mark.parametrize("path,method", [(TOKEN, "POST"), (DISCOVERY, "GET"), (KEYS, "GET")])
def test_cors__answers_the_question_before(issuer, path, method):
    reply = preflight(issuer, path, ORIGIN, method)
    assert (reply.status_code, reply.headers["access-control-allow-origin"], reply.headers["vary"]) == (204, ORIGIN, "Origin")
    assert (reply.headers["access-control-allow-methods"], reply.headers["access-control-allow-headers"]) == (method, "content-type, client-request-id")
    for origin in FOREIGN:
        reply = preflight(issuer, path, origin, method)
        assert reply.status_code == 405 and reply.headers["vary"] == "Origin" and "access-control-allow-origin" not in reply.headers
    assert preflight(issuer, path, ORIGIN, None).status_code == 405


@pytest.mark.parametrize("path", [AUTHORIZE, LOGOUT, f"/{TENANT}/oauth2/token", "/lab/users"])
def test_cors__is_not_for_pages_and_controls(issuer, path):
    reply = preflight(issuer, path, ORIGIN)
    assert reply.status_code == 405 and "access-control-allow-origin" not in reply.headers


# ---- discovery ----

def test_discovery__announces_what_people_need(issuer):
    document = issuer.get(DISCOVERY).json()
    assert document["authorization_endpoint"] == f"{issuer.url}{AUTHORIZE}" and document["end_session_endpoint"] == f"{issuer.url}{LOGOUT}"
    assert document["code_challenge_methods_supported"] == ["S256"] and document["response_types_supported"] == ["code"]
    assert document["grant_types_supported"] == ["client_credentials", "authorization_code", "refresh_token"]
    assert document["response_modes_supported"] == ["query", "fragment"] and "none" in document["token_endpoint_auth_methods_supported"]
    older = issuer.get(f"/{TENANT}/.well-known/openid-configuration").json()
    assert older["grant_types_supported"] == ["client_credentials"] and "end_session_endpoint" not in older


# ---- shapes of tokens ----

def test_shape__keycloak(issuer):
    browser = Browser(issuer, KEYCLOAK)
    tokens = browser.tokens("will")
    access, identity = issuer.verify(tokens["access_token"]), issuer.verify(tokens["id_token"], audience=KEYCLOAK)
    assert access["realm_access"]["roles"] == ["offline_access", "ProvisioningAPI.ReadUser", "ProvisioningAPI.WriteUser", "uma_authorization"]
    assert not {"roles", "tid", "oid", "scp"} & set(access) and not {"tid", "oid"} & set(identity)
    assert (access["azp"], access["aud"], access["typ"], access["name"]) == (KEYCLOAK, [APPLICATION, "account"], "Bearer", "Will Writer")
    assert access["sub"] == identity["sub"] and len(access["sub"]) == 36


def test_shape__v1(issuer):
    access = issuer.verify(Browser(issuer, SHORT).tokens("rita")["access_token"], audience=SERVICE)
    assert (access["ver"], access["appid"], access["appidacr"]) == ("1.0", SHORT, "0")
    assert access["iss"] == f"https://sts.windows.net/{TENANT}/" and access["unique_name"] == "rita@operator.example"
    assert access["roles"] == ["ProvisioningAPI.ReadUser"]


def test_shape__sub_differs_between_clients_and_stays_for_one(issuer):
    subjects = [claims(Browser(issuer, client).tokens("ada")["id_token"])["sub"] for client in (PORTAL, ONE, PORTAL)]
    assert subjects[0] == subjects[2] != subjects[1]


def test_shape__algorithm_is_the_clients(issuer):
    tokens = Browser(issuer, ONE).tokens("ada")
    assert {jwt.get_unverified_header(tokens[name])["alg"] for name in ("access_token", "id_token")} == {"ES256"}
    assert issuer.verify(tokens["access_token"])


# ---- faults, and the state as a whole ----

def test_faults__of_tokens_strike_people_too(issuer, browser):
    issuer.fault("token", "wrong-key")
    tokens = browser.tokens()
    with pytest.raises(jwt.InvalidSignatureError):
        issuer.verify(tokens["access_token"])
    issuer.fault("token", "expired")
    tokens = browser.renew(tokens["refresh_token"]).json()
    with pytest.raises(jwt.ExpiredSignatureError):
        issuer.verify(tokens["access_token"])
    issuer.fault("token", "status", status=503)
    assert browser.renew(tokens["refresh_token"]).status_code == 503
    assert browser.renew(tokens["refresh_token"]).status_code == 200  # the refusal came before the token was used


def test_faults__a_lost_answer_costs_the_sign_in(issuer, browser):
    token = browser.tokens()["refresh_token"]
    issuer.fault("token", "reset")
    with pytest.raises(requests.ConnectionError):
        browser.renew(token)
    assert_refused(browser.renew(token), 400, "invalid_grant", 70000)


@pytest.mark.parametrize("endpoint,path", [("authorize", AUTHORIZE), ("logout", LOGOUT)])
def test_faults__of_the_pages(issuer, browser, endpoint, path):
    issuer.fault(endpoint, "status", status=503)
    assert browser.visit(path).status_code == 503
    issuer.fault(endpoint, "reset")
    with pytest.raises(requests.ConnectionError):
        browser.visit(path)
    assert issuer.control("POST", "faults", {"endpoint": endpoint, "kind": "expired"}).status_code == 400
    assert issuer.get(DISCOVERY).status_code == 200


def test_state__reset_and_restore_sign_everybody_out(folder, tmp_path):
    program = Issuer(folder, "--portal-redirect-uri", HOME).start()
    try:
        for command in (lambda: lab_command(program, "reset"), lambda: lab_command(program, "restore", tmp_path / "state.json")):
            browser = Browser(program)
            tokens = browser.tokens()
            lab_command(program, "snapshot", tmp_path / "state.json")
            assert json.loads((tmp_path / "state.json").read_text())["parts"]["sign-ins"] == {}
            assert browser.renew(tokens["refresh_token"]).status_code == 200
            command()
            assert_sent_back(browser.visit(prompt="none"), "login_required", 50058)
            assert_refused(browser.renew(tokens["refresh_token"]), 400, "invalid_grant", 70000)
        assert program.control("POST", "restore", {"parts": {"sessions": {"a": 1}}}).status_code == 400
        assert program.control("POST", "restore", {"parts": {"sign-ins": []}}).status_code == 400
    finally:
        program.stop()


def test_log__has_no_secret_of_a_sign_in(folder):
    program = Issuer(folder, "--portal-redirect-uri", HOME).start()
    browser = Browser(program)
    code = browser.code()
    tokens = browser.redeem(code).json()
    browser.renew(tokens["refresh_token"])
    cookie = browser.http.cookies["__Host-numgate-lab"]
    assert program.terminate() == 0
    for secret in (code, browser.verifier, cookie, *(tokens[name] for name in ("refresh_token", "access_token", "id_token"))):
        assert secret not in program.output()
    assert {row.get("client") for row in program.log_rows() if row["event"] == "request"} == {"portal"}


# ---- the program ----

@pytest.mark.parametrize("uri,words", [("http://portal.example/", "http"), ("https://portal.example/#x", "fragment"), ("portal", "absolute URL"),
                                       ("https:///x", "host is missing")])
def test_program__refuses_addresses_that_no_code_may_go_to(folder, uri, words):
    program = Issuer(folder, "--portal-redirect-uri", uri).spawn()
    assert program.wait() == 1 and words in program.output() and f"--portal-redirect-uri {uri}" in program.output()


def test_program__takes_16_addresses_and_needs_a_portal(folder, tmp_path):
    program = Issuer(folder, *["--portal-redirect-uri", HOME] * 17).spawn()
    assert program.wait() == 2 and "at most 16" in program.output()
    (tmp_path / "clients.json").write_text(json.dumps({**CLIENTS, "portal": None}).replace(', "portal": null', ""))
    program = Issuer(folder, "--clients", tmp_path / "clients.json", "--portal-redirect-uri", HOME).spawn()
    assert program.wait() == 1 and 'has no "portal"' in program.output()


@pytest.mark.parametrize("client,words", [
    ({"secrets": ["x"]}, "portal: a client that people sign in to has no secrets"), ({"client_id": PORTAL, "redirect_uris": ["http://a.example/"]}, "portal: redirect_uris"),
    ({"redirect_uris": "x"}, "must be an array"), ({"token_shape": "auth0"}, "must be entra or keycloak"), ({"code_seconds": 0}, "from 1 to 600"),
    ({"refresh_seconds": 7776001}, "from 1 to 7776000"), ({"client_id": ONE}, "was there before"), ({"client_id": None}, "portal: client_id")])
def test_clients_file__mistakes_of_the_portal_are_named(folder, tmp_path, client, words):
    (tmp_path / "clients.json").write_text(json.dumps({**CLIENTS, "portal": {"client_id": PORTAL, **client}}))
    program = Issuer(folder, "--clients", tmp_path / "clients.json").spawn()
    assert program.wait() == 1 and words in program.output()


# ---- numgated ----

@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A lab with a portal, and numgated beside it."""
    program = conftest.make_lab(tmp_path_factory.mktemp("portal"))
    program.arguments += ["--portal-redirect-uri", HOME]
    program.start()
    made = [program]

    def make(config=""):
        made.append(conftest.Server(tmp_path_factory.mktemp("server"), program, config).start())
        return made[-1]
    yield program, make
    for started in reversed(made):
        started.stop()


class LabBrowser(Browser):
    """A browser at the lab of conftest."""

    def __init__(self, program, client_id):
        lab = Issuer.__new__(Issuer)
        lab.ca, lab.url, lab.http = program.ca, program.url, requests.Session()
        lab.http.verify, lab.http.trust_env = program.ca, False
        super().__init__(lab, client_id)
        self.program = program

    def visit(self, path=None, **changes):
        return super().visit(path or f"/{self.program.tenant}/oauth2/v2.0/authorize", **changes)

    def redeem(self, code, /, **changes):
        fields = {"grant_type": "authorization_code", "client_id": self.client_id, "redirect_uri": HOME, "code": code, "code_verifier": self.verifier}
        return self.issuer.form({**fields, **changes}, f"/{self.program.tenant}/oauth2/v2.0/token")


def me(server, token):
    return requests.get(f"{server.url}/numgate/v1/me", headers={"Authorization": f"Bearer {token}"}, verify=server.ca, timeout=20)


def test_numgated__takes_a_user_and_refuses_who_has_no_role(pair):
    lab, make = pair
    server = make()
    for user, roles in USERS.items():
        token = LabBrowser(lab, lab.settings["NUMGATE_PORTAL_CLIENT_ID"]).tokens(user)["access_token"]
        reply = me(server, token)
        assert reply.status_code == (200 if roles else 403), reply.text
        if roles:
            assert reply.json()["name"].lower().startswith(user)


def test_numgated__takes_roles_from_where_keycloak_has_them(pair):
    lab, make = pair
    server = make("[issuer.lab]\nroles_claim = /realm_access/roles\n")
    file = lab.directory / "lab/clients.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "portal": {"client_id": KEYCLOAK, "token_shape": "keycloak"}}))
    lab.stop()
    lab.start()
    assert me(server, LabBrowser(lab, KEYCLOAK).tokens("rita")["access_token"]).status_code == 200
    assert me(server, LabBrowser(lab, KEYCLOAK).tokens("noel")["access_token"]).status_code == 403
