"""Bearer tokens: which are accepted, which are refused and with which words, and what happens to their issuer."""
import collections
import concurrent.futures
import json
import threading
import time

import pytest
import requests
from conftest import Server, free_port, make_lab, wait_until

import issuer as forge
from contract import refused
from issuer import Issuer, b64
from wire import Wire, head

ME = "/numgate/v1/me"


@pytest.fixture(scope="module", name="own")
def fixture_own(lab):
    issuer = Issuer(lab.directory, free_port())
    yield issuer
    issuer.close()


@pytest.fixture(scope="module", name="target")
def fixture_target(lab, own, tmp_path_factory):
    """A server that accepts tokens of the lab and of the tests' own issuer."""
    program = Server(tmp_path_factory.mktemp("tokens"), lab, own.config(lab.ca)).start()
    yield program
    program.stop()


def ask(target, token, path=ME):
    return target.client(token=token).get(path)


def authorization(target, *values):
    with Wire(target) as wire:
        wire.send(head(target, "GET", ME, *[f"Authorization: {value}" for value in values], role=None))
        return wire.reply("GET", ME)


# ---- good ones ----

@pytest.mark.parametrize("role", ["ADMIN", "READ", "WRITE", "DELETE", "V1", "PS256", "ES256", "USER_ADMIN", "USER_READ"])
def test_token__of_the_lab_is_accepted(target, role):
    reply = target.client(role).get(ME)
    assert reply.status_code == 200
    assert reply.json()["kind"] == ("user" if role.startswith("USER") else "application")


def good(own):
    now = int(time.time())
    yield "plain", own.token()
    yield "no typ", own.token(header={"alg": "RS256", "kid": "rsa"})
    yield "at+jwt", own.token(header={"alg": "RS256", "kid": "rsa", "typ": "at+jwt"})
    yield "ES256", own.token(header={"alg": "ES256", "kid": "ec"}, key=own.keys["ec"], sign=forge.sign_es256)
    yield "PS256", own.token(header={"alg": "PS256", "kid": "rsa"}, sign=forge.sign_ps256)
    yield "several audiences", own.token(own.claims(aud=["x", own.AUDIENCE]))
    yield "expired within the skew", own.token(own.claims(exp=now - 50))
    yield "not yet within the skew", own.token(own.claims(nbf=now + 50, iat=now + 50))
    yield "no nbf and no iat", own.token(own.claims(nbf=None, iat=None))
    yield "appid", own.token(own.claims(azp=None, appid=own.client_id))
    yield "keys in the header are not used", own.token(header={"alg": "RS256", "kid": "rsa", "jku": "https://evil.example/keys",
                                                              "jwk": own.jwk("x", own.stranger), "x5u": "https://evil.example"})
    yield "one role as a text", own.token(own.claims(roles="ProvisioningAPI.Read"))
    yield "further roles", own.token(own.claims(roles=["Mail.Read", "ProvisioningAPI.Read", 7]))


def test_token__of_any_accepted_form_is_good(target, own):
    wrong = {name: reply.text for name, token in good(own) if (reply := ask(target, token)).status_code != 200}
    assert not wrong


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_token__scheme_has_no_letter_case(target, own, scheme):
    assert authorization(target, f"{scheme} {own.token()}").status_code == 200


# ---- bad ones ----

def bad(own):
    """Name, token: each wrong in one way only."""
    now = int(time.time())
    header = {"alg": "RS256", "kid": "rsa", "typ": "JWT"}
    token = own.token()
    first, second, third = token.split(".")
    yield "alg none", f"{b64(json.dumps({'alg': 'none', 'kid': 'rsa'}).encode())}.{second}."
    yield "alg none with a signature", own.token(header={**header, "alg": "none"})
    yield "alg None", own.token(header={**header, "alg": "None"})
    yield "no alg", own.token(header={"kid": "rsa"})
    yield "alg of a wrong type", own.token(header={**header, "alg": ["RS256"]})
    for alg in ("HS256", "RS256"):
        for secret in (forge.public_pem(own.keys["rsa"]), json.dumps(own.jwk("rsa", own.keys["rsa"])).encode()):
            yield f"{alg}, MAC with the public key", own.token(header={**header, "alg": alg}, key=secret, sign=forge.sign_hs256)
    yield "alg RS512", own.token(header={**header, "alg": "RS512"})
    yield "alg that is not the key's", own.token(header={**header, "alg": "ES256"})
    yield "PS256 signature called RS256", own.token(sign=forge.sign_ps256)
    yield "crit", own.token(header={**header, "crit": ["exp"]})
    yield "b64", own.token(header={**header, "b64": False})
    yield "zip", own.token(header={**header, "zip": "DEF"})
    yield "typ", own.token(header={**header, "typ": "dpop+jwt"})
    yield "no kid", own.token(header={"alg": "RS256"})
    yield "kid of a wrong type", own.token(header={**header, "kid": 1})
    yield "kid of another key", own.token(header={**header, "kid": "ec"})
    yield "weak key", own.token(header={**header, "kid": "weak"}, key=own.keys["weak"])
    yield "stranger's key", own.token(key=own.stranger)
    yield "stranger's key in the header", own.token(header={**header, "jwk": own.jwk("rsa", own.stranger)}, key=own.stranger)
    yield "wrong issuer", own.token(own.claims(iss="https://evil.example"))
    yield "issuer with a slash", own.token(own.claims(iss=own.url + "/"))
    yield "no issuer", own.token(own.claims(iss=None))
    yield "wrong audience", own.token(own.claims(aud="api://other"))
    yield "no audience", own.token(own.claims(aud=None))
    yield "audience of a wrong type", own.token(own.claims(aud={own.AUDIENCE: 1}))
    yield "expired", own.token(own.claims(exp=now - 62))
    yield "no exp", own.token(own.claims(exp=None))
    yield "exp of a wrong type", own.token(own.claims(exp=str(now + 600)))
    yield "exp with a fraction", own.token(own.claims(exp=now + 600.5))
    yield "exp beyond any calendar", own.token(own.claims(exp=10**18))
    yield "not yet valid", own.token(own.claims(nbf=now + 90))
    yield "issued ahead", own.token(own.claims(iat=now + 90))
    yield "no client", own.token(own.claims(azp=None))
    yield "user without a name", own.token(own.claims(roles=["ProvisioningAPI.ReadUser"], oid=None, sub=None))
    yield "claim twice", own.token(json.dumps(own.claims())[:-1].encode() + b', "aud": "x"}')
    yield "name twice in the header", own.token(header=b'{"alg":"RS256","kid":"rsa","alg":"RS256"}')
    yield "claims are a list", own.token(b"[]")
    yield "claims are not UTF-8", own.token(b'{"iss": "\xff"}')
    yield "claims are not JSON", own.token(b"{")
    yield "header is a list", own.token(header=b"[]")
    yield "claims changed", f"{first}.{b64(json.dumps(own.claims(roles=['ProvisioningAPI.Read'])).encode())}.{third}"
    yield "signature cut", token[:-4]
    yield "no signature", f"{first}.{second}."
    yield "two parts", f"{first}.{second}"
    yield "four parts", f"{token}.{third}"
    yield "five parts", f"{token}.{third}.{third}"
    yield "padding", f"{first}.{second}.{third}=="
    yield "plain base64", f"{first}.{second}.{third[:-2]}+/"
    yield "line break", f"{first}.{second}.{third}".replace(".", ". ")
    yield "garbage", "garbage"
    yield "too long", own.token(own.claims(filler="x" * 16384))


def test_token__that_is_wrong_in_one_way_is_refused(target, own):
    accepted = []
    for name, token in bad(own):
        reply = ask(target, token)
        if reply.status_code != 401 or reply.headers["x-ms-error-code"] != "InvalidToken":
            accepted.append(f"{name}: {reply.status_code} {reply.text}")
            continue
        assert reply.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert token not in reply.text
    assert not accepted, "\n".join(accepted)


def test_token__refused_ones_reach_neither_log_nor_metrics(target, own):
    token = own.token(own.claims(aud="api://other"))
    ask(target, token)
    for part in token.split("."):
        assert part not in target.output()
    assert any('numgate_token_checks_total{result="audience"}' == name for name in target.metrics())


@pytest.mark.parametrize("values,code", [
    ([], "MissingToken"), ([""], "MissingToken"), (["Bearer"], "MissingToken"), (["Basic dXNlcjpwYXNz"], "MissingToken"),
    (["{token}"], "MissingToken"), (["Digest {token}"], "MissingToken"), (["Bearer: {token}"], "MissingToken"),
    (["Bearer {token}", "Bearer {token}"], "InvalidToken"), (["Bearer {token}", "Basic dXNlcjpwYXNz"], "InvalidToken"),
    (["Bearer {token}, Bearer {token}"], "InvalidToken"), (["Bearer {token} x"], "InvalidToken"), (["Bearer x"], "InvalidToken"),
])
def test_token__must_stand_in_one_authorization_header(target, own, values, code):
    token = own.token()
    reply = authorization(target, *[value.format(token=token) for value in values])
    refused(reply, 401, code)
    assert reply.headers["www-authenticate"] == ("Bearer" if code == "MissingToken" else 'Bearer error="invalid_token"')


def test_token__in_the_query_does_not_count(target, own):
    refused(target.client(None).get(ME, params={"access_token": own.token()}), 401, "MissingToken")


@pytest.mark.parametrize("roles", [None, [], ["Mail.Read"], ["provisioningapi.read"], ["ProvisioningAPI.Reader"], ["ProvisioningAPI."],
                                   {"ProvisioningAPI.Read": True}, 7, "ProvisioningAPI.Read ProvisioningAPI.Write"])
def test_token__without_any_role_of_ours_is_403(target, own, roles):
    for path in (ME, "/accounts", "/nothing"):
        refused(ask(target, own.token(own.claims(roles=roles)), path), 403, "RoleRequired")


def test_token__with_a_user_role_counts_as_that_user_only(target, own):
    token = own.token(own.claims(roles=["ProvisioningAPI.Admin", "ProvisioningAPI.ReadUser"], name="Ines"))
    me = ask(target, token).json()
    assert (me["kind"], me["roles"], me["name"]) == ("user", ["ProvisioningAPI.ReadUser"], "Ines")
    refused(target.client(token=token).delete("/accounts/x"), 403, "RoleRequired")


def test_token__tells_me_who_it_is(target, own, lab):
    me = ask(target, own.token(own.claims(oid="o-1"))).json()
    assert (me["clientId"], me["objectId"], me["tenantId"]) == (own.client_id, "o-1", own.tenant)
    assert target.client("READ").get(ME).json()["clientId"] == lab.client("READ")[0]


# ---- issuers and their keys ----

def test_issuer__new_key_is_fetched_for_an_unknown_kid(lab, tmp_path):
    own = Issuer(lab.directory, free_port())
    server = Server(tmp_path, lab, own.config(lab.ca)).start()
    try:
        assert ask(server, own.token()).status_code == 200
        own.keys["new"] = own.stranger
        reply = ask(server, own.token(header={"alg": "RS256", "kid": "new"}, key=own.stranger))
        assert reply.status_code == 200, reply.text
        fetched = len(own.fetches)
        for kid in ("a", "b", "c"):  # at most once in 30 s
            refused(ask(server, own.token(header={"alg": "RS256", "kid": kid})), 401, "InvalidToken")
        assert len(own.fetches) == fetched
    finally:
        server.stop()
        own.close()


def test_issuer__that_cannot_be_reached_is_503_until_it_can(lab, tmp_path):
    own = Issuer(lab.directory, free_port())
    own.failing = True
    server = Server(tmp_path, lab, own.config(lab.ca))
    try:
        server.spawn()
        wait_until(lambda: "started" in server.output(), what="the start")
        nobody = server.client(None, api_version=None)
        assert nobody.get("/numgate/v1/ready").status_code == 503
        refused(ask(server, own.token()), 503, "KeysUnavailable")
        assert ask(server, lab.token("READ")).status_code == 200  # the other issuer is there
        own.failing = False
        wait_until(lambda: nobody.get("/numgate/v1/ready").status_code == 200, 60, "the keys")
        assert ask(server, own.token()).status_code == 200
    finally:
        server.stop()
        own.close()


def test_issuer__lab_is_refused_where_no_test_is(lab, tmp_path):
    server = Server(tmp_path, lab, "[deployment]\ntest_target = no\n")
    try:
        server.spawn()
        wait_until(lambda: "numgate_lab" in server.output() or "numgate-lab" in server.output(), what="a word about the lab")
        assert server.client(None, api_version=None).get("/numgate/v1/ready").status_code == 503
        assert ask(server, lab.token("ADMIN")).status_code in (401, 503)
    finally:
        server.stop()


def test_issuer__rotated_and_forgotten_keys_of_the_lab(tmp_path):
    lab = make_lab(tmp_path / "lab").start()
    server = Server(tmp_path / "server", lab).start()

    def control(path, **body):
        assert requests.post(f"{lab.url}/lab/{path}", json=body, verify=lab.ca, timeout=10).ok

    def token():
        return lab.token_reply("ADMIN").json()["access_token"]
    try:
        old = token()
        assert ask(server, old).status_code == 200
        control("rotate-keys")
        assert ask(server, token()).status_code == 200
        assert ask(server, old).status_code == 200  # still published
        for kind in ("wrong-key", "expired"):
            control("faults", endpoint="token", kind=kind)
            refused(ask(server, token()), 401, "InvalidToken")
        assert ask(server, token()).status_code == 200
    finally:
        server.stop()
        lab.stop()


def test_issuer__keys_that_rotate_under_load_drop_no_request(tmp_path):
    """Old tokens go on, and new ones, of a key that nobody here has seen, are good at once."""
    lab = make_lab(tmp_path / "lab").start()
    server = Server(tmp_path / "server", lab).start()
    old, done, asked = lab.token_reply("ADMIN").json()["access_token"], threading.Event(), collections.Counter()

    def load(fresh):
        client = server.client(None)
        while not done.is_set():
            token = lab.token_reply("ADMIN").json()["access_token"] if fresh else old
            asked[fresh, client.get("/accounts", headers={"Authorization": f"Bearer {token}"}).status_code] += 1

    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            running = [pool.submit(load, at % 2 == 0) for at in range(4)]
            wait_until(lambda: asked[True, 200] > 20 and asked[False, 200] > 20, what="answers before")
            assert requests.post(f"{lab.url}/lab/rotate-keys", json={}, verify=lab.ca, timeout=10).ok
            before = asked.copy()
            wait_until(lambda: asked[True, 200] > before[True, 200] + 50, what="answers afterwards")
            done.set()
            for one in running:
                one.result()
        assert {status for _, status in asked} == {200}
    finally:
        done.set()
        server.stop()
        lab.stop()
