"""numgate-lab, the issuer part: the real program, asked by requests, python3-msal and @azure/identity."""
import base64
import concurrent.futures
import datetime
import json
import os
import shutil
import signal
import stat
import subprocess
import time
import urllib.parse
import uuid

import jwt
import msal
import pytest
import requests
from conftest import BIN, ROOT, Program, claims, wait_until
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

TENANT = "11111111-2222-4333-8444-555555555555"
OTHER_TENANT = "99999999-2222-4333-8444-555555555555"
SERVICE = "https://func-voiceservice-rp-prod-eastuseuap.azurewebsites.net"
SCOPE = f"{SERVICE}/.default"
APPLICATION = "8502a0ec-c76d-412f-836c-398018e2312b"
SECRET = "p&=+% ä:s3cret"  # every character that some encoding changes
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

IDS = {name: f"aaaaaaaa-0000-4000-8000-{number:012d}" for number, name in enumerate(
    ("v2", "v1", "ps256", "es256", "plain", "short", "signer", "once", "ec-signer", "elsewhere"))}


# ---- keys and certificates of clients ----

def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def self_signed(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bss client")])
    now = datetime.datetime.utcnow()
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))


def public_jwk(key):
    return json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))


class ClientKeys:
    """An RSA and an EC key of clients with the certificate files that show them."""

    def __init__(self, folder):
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.other = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self_signed(self.rsa)
        self.both_file = folder / "client-both.pem"
        text = self.certificate.public_bytes(serialization.Encoding.PEM)
        (folder / "client.pem").write_bytes(text)
        (folder / "client-ec.pem").write_bytes(self_signed(self.ec).public_bytes(serialization.Encoding.PEM))
        self.both_file.write_bytes(text + pem(self.rsa))

    @property
    def thumbprint(self):
        return self.certificate.fingerprint(hashes.SHA1()).hex()


def clients_file(keys):
    def client(name, **more):
        return {"client_id": IDS[name], "name": name, **more}
    admin = ["ProvisioningAPI.Admin"]
    return {
        "tenants": [{"id": TENANT, "names": ["operator.example"]}, {"id": OTHER_TENANT}],
        "clients": [
            client("v2", secrets=["another", SECRET], roles=["ProvisioningAPI.Read", "ProvisioningAPI.Write"]),
            client("v1", secrets=[SECRET], roles=admin, token_version=1),
            client("ps256", secrets=[SECRET], roles=admin, algorithm="PS256"),
            client("es256", secrets=[SECRET], roles=admin, algorithm="ES256"),
            client("plain", secrets=[SECRET]),
            client("short", secrets=[SECRET], token_seconds=7, object_id="bbbbbbbb-0000-4000-8000-000000000001"),
            client("signer", certificates=["client.pem"], roles=admin),
            client("once", keys=[public_jwk(keys.rsa)], roles=admin, assertion_once=True, token_version=1),
            client("ec-signer", keys=[public_jwk(keys.other)], certificates=["client-ec.pem"]),
            client("elsewhere", secrets=[SECRET], tenant=OTHER_TENANT),
        ],
    }


# ---- the program ----

def make_certificates(folder, *names):
    arguments = [argument for name in names for argument in ("--name", name)]
    return subprocess.run([BIN / "numgate-lab", "make-certificates", "--dir", folder, *arguments], capture_output=True, text=True,
                          timeout=60, check=False)


class Issuer(Program):
    """numgate-lab on a free port with the clients above."""

    def __init__(self, folder, *arguments):
        super().__init__("numgate-lab", [
            "--listen", "https://127.0.0.1:0", "--certificate", folder / "tls/server.crt", "--key", folder / "tls/server.key",
            "--clients", folder / "clients.json", "--state", folder / "state", "--log-format", "json", *arguments],
            folder / f"lab-{uuid.uuid4()}.log")
        self.folder, self.ca, self.url = folder, str(folder / "tls/ca.crt"), None
        self.http = requests.Session()
        self.http.verify, self.http.trust_env = self.ca, False

    def start(self):
        self.spawn()
        self.await_ready(lambda: any(row["event"] == "ready" for row in self.log_rows()))
        self.url = next(row["url"] for row in self.log_rows() if row["event"] == "ready")
        return self

    def get(self, path, **options):
        return self.http.get(f"{self.url}{path}", timeout=20, **options)

    def form(self, fields, path=f"/{TENANT}/oauth2/v2.0/token", **options):
        return self.http.post(f"{self.url}{path}", data=fields, timeout=20, **options)

    def ask(self, name="v2", path=f"/{TENANT}/oauth2/v2.0/token", **changes):
        """Asks for a token by secret; a change to None leaves the field out."""
        fields = {"grant_type": "client_credentials", "client_id": IDS[name], "client_secret": SECRET, "scope": SCOPE, **changes}
        return self.form({k: v for k, v in fields.items() if v is not None}, path)

    def token(self, name="v2", **changes):
        reply = self.ask(name, **changes)
        assert reply.status_code == 200, reply.text
        return reply.json()["access_token"]

    def keys(self):
        return {key["kid"]: key for key in self.get(f"/{TENANT}/discovery/v2.0/keys").json()["keys"]}

    def verify(self, token, audience=APPLICATION, **options):
        """The claims, once the published key of the token's kid has verified it."""
        header = jwt.get_unverified_header(token)
        key = jwt.PyJWK(self.keys()[header["kid"]], algorithm=header["alg"])
        return jwt.decode(token, key.key, algorithms=["RS256", "PS256", "ES256"], audience=audience, **options)

    def control(self, method, path, body=None):
        return self.http.request(method, f"{self.url}/lab/{path}", json=body, timeout=20)

    def fault(self, endpoint, kind, **more):
        reply = self.control("POST", "faults", {"endpoint": endpoint, "kind": kind, **more})
        assert reply.status_code == 201, reply.text
        return reply.json()["faults"]


@pytest.fixture(scope="module")
def client_keys(tmp_path_factory):
    return ClientKeys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory, client_keys):
    """Certificates, keys of clients and the clients file."""
    made = tmp_path_factory.mktemp("issuer")
    assert make_certificates(made / "tls", "provapi.example.net").returncode == 0
    for name in ("client.pem", "client-ec.pem"):
        shutil.copy(client_keys.both_file.parent / name, made)
    (made / "clients.json").write_text(json.dumps(clients_file(client_keys)), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def running(folder):
    program = Issuer(folder).start()
    yield program
    assert program.terminate() == 0


@pytest.fixture
def issuer(running):
    yield running
    running.control("DELETE", "faults")


@pytest.fixture
def make_issuer(folder):
    """Further programs on the same clients; they end with the test."""
    made = []

    def make(*arguments, start=True):
        program = Issuer(folder, *arguments)
        made.append(program)
        return program.start() if start else program

    yield make
    for program in made:
        program.stop()


def assert_refused(reply, status, error, number):
    body = reply.json()
    assert (reply.status_code, body["error"], body["error_codes"]) == (status, error, [number]), reply.text
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert {"timestamp", "trace_id", "correlation_id"} <= set(body)
    datetime.datetime.strptime(body["timestamp"], "%Y-%m-%d %H:%M:%SZ")


# ---- discovery ----

@pytest.mark.parametrize("tenant", [TENANT, TENANT.upper(), "operator.example"])
def test_discovery__names_the_tenant_by_id(issuer, tenant):
    document = issuer.get(f"/{tenant}/v2.0/.well-known/openid-configuration").json()
    assert document["issuer"] == f"{issuer.url}/{TENANT}/v2.0"
    assert document["token_endpoint"] == f"{issuer.url}/{TENANT}/oauth2/v2.0/token"
    assert document["authorization_endpoint"] == f"{issuer.url}/{TENANT}/oauth2/v2.0/authorize"
    assert document["jwks_uri"] == f"{issuer.url}/{TENANT}/discovery/v2.0/keys"
    assert document["numgate_lab"] is True
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]


def test_discovery__has_the_v1_flavour(issuer):
    document = issuer.get(f"/{TENANT}/.well-known/openid-configuration").json()
    assert document["issuer"] == f"https://sts.windows.net/{TENANT}/"
    assert document["token_endpoint"] == f"{issuer.url}/{TENANT}/oauth2/token"
    assert document["numgate_lab"] is True
    assert requests.get(document["jwks_uri"], verify=issuer.ca, timeout=10).json()["keys"]


def test_discovery__of_common_leaves_the_tenant_open(issuer):
    document = issuer.get("/common/v2.0/.well-known/openid-configuration").json()
    assert document["issuer"] == f"{issuer.url}/{{tenantid}}/v2.0"
    assert document["token_endpoint"] == f"{issuer.url}/common/oauth2/v2.0/token"


@pytest.mark.parametrize("path", ["v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"])
def test_discovery__refuses_an_unknown_tenant(issuer, path):
    assert_refused(issuer.get(f"/nobody.example/{path}"), 400, "invalid_request", 90002)


def test_discovery__of_instances(issuer):
    endpoint = f"{issuer.url}/{TENANT}/oauth2/v2.0/authorize"
    reply = issuer.get("/common/discovery/instance", params={"api-version": "1.1", "authorization_endpoint": endpoint})
    assert reply.json()["tenant_discovery_endpoint"] == f"{issuer.url}/{TENANT}/v2.0/.well-known/openid-configuration"
    assert reply.json()["metadata"][0]["aliases"] == [issuer.url.removeprefix("https://")]


def test_discovery__of_instances_without_the_port_as_msal_asks(issuer):
    reply = issuer.get("/common/discovery/instance", params={"authorization_endpoint": f"https://127.0.0.1/{TENANT}/authorize"})
    assert reply.json()["tenant_discovery_endpoint"] == f"{issuer.url}/{TENANT}/v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize("endpoint", [None, "", "https://login.example/x/oauth2/v2.0/authorize", "{url}", "{url}/", "{url}.evil/x",
                                      "https://127.0.0.1.evil/x", "http://127.0.0.1/x", "https://127.0.0.1"])
def test_discovery__of_instances_refuses_those_of_others(issuer, endpoint):
    query = {} if endpoint is None else {"authorization_endpoint": endpoint.replace("{url}", issuer.url)}
    assert_refused(issuer.get("/common/discovery/instance", params=query), 400, "invalid_instance", 50049)


def test_keys__are_public_and_for_every_algorithm_in_use(issuer):
    keys = issuer.keys().values()
    assert {"RS256", "PS256", "ES256"} == {key["alg"] for key in keys}
    for key in keys:
        assert key["use"] == "sig" and key["kid"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & set(key)


def test_paths__answer_404_and_405(issuer):
    assert issuer.get("/").status_code == 404
    assert issuer.get(f"/{TENANT}/oauth2/v2.0/token/").status_code == 404
    reply = issuer.get(f"/{TENANT}/oauth2/v2.0/token")
    assert_refused(reply, 405, "invalid_request", 900561)
    assert reply.headers["Allow"] == "POST"
    head = issuer.http.head(f"{issuer.url}/{TENANT}/discovery/v2.0/keys", timeout=10)
    assert head.status_code == 200 and head.content == b""


# ---- tokens by secret ----

def test_token__reply_has_the_members_of_entra(issuer):
    reply = issuer.ask()
    body = reply.json()
    assert set(body) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert (body["token_type"], body["expires_in"], body["ext_expires_in"]) == ("Bearer", 3599, 3599)
    assert reply.headers["Cache-Control"].startswith("no-store")
    assert reply.headers["Content-Type"] == "application/json; charset=utf-8"


def test_token__v2_has_its_claims(issuer):
    before = int(time.time())
    found = issuer.verify(issuer.token())
    assert found["iss"] == f"{issuer.url}/{TENANT}/v2.0"
    assert found["aud"] == APPLICATION
    assert (found["azp"], found["azpacr"], found["ver"], found["tid"]) == (IDS["v2"], "1", "2.0", TENANT)
    assert found["roles"] == ["ProvisioningAPI.Read", "ProvisioningAPI.Write"]
    assert found["sub"] == found["oid"] and uuid.UUID(found["oid"])
    assert found["iat"] == found["nbf"] == found["exp"] - 3599 - 300
    assert before <= found["exp"] - 3599 <= int(time.time())
    assert not {"appid", "appidacr", "idp"} & set(found)


def test_token__v1_has_its_claims(issuer):
    found = issuer.verify(issuer.token("v1"), SERVICE)
    assert found["iss"] == found["idp"] == f"https://sts.windows.net/{TENANT}/"
    assert found["aud"] == SERVICE
    assert (found["appid"], found["appidacr"], found["ver"], found["tid"]) == (IDS["v1"], "1", "1.0", TENANT)
    assert not {"azp", "azpacr"} & set(found)


@pytest.mark.parametrize("name,alg", [("v2", "RS256"), ("ps256", "PS256"), ("es256", "ES256")])
def test_token__is_signed_with_the_clients_algorithm(issuer, name, alg):
    token = issuer.token(name)
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == (alg, "JWT")
    assert issuer.verify(token)["azp"] == IDS[name]


def test_token__without_roles_has_no_claim_for_them(issuer):
    assert "roles" not in issuer.verify(issuer.token("plain"))


def test_token__lives_as_long_as_the_client_says(issuer):
    reply = issuer.ask("short").json()
    found = issuer.verify(reply["access_token"])
    assert reply["expires_in"] == 7 and abs(found["exp"] - time.time() - 7) < 5
    assert found["oid"] == "bbbbbbbb-0000-4000-8000-000000000001"


def test_token__never_twice_the_same(issuer):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: issuer.token("es256"), range(64)))
    assert len({claims(token)["uti"] for token in tokens}) == 64


def test_token__any_secret_of_the_client_is_good(issuer):
    assert issuer.ask(client_secret="another").status_code == 200


@pytest.mark.parametrize("tenant", ["operator.example", "common", "organizations", TENANT.upper()])
def test_token__by_other_spellings_of_the_tenant(issuer, tenant):
    reply = issuer.ask(path=f"/{tenant}/oauth2/v2.0/token")
    assert issuer.verify(reply.json()["access_token"])["tid"] == TENANT


def test_token__at_common_is_of_the_clients_own_tenant(issuer):
    reply = issuer.ask("elsewhere", path="/common/oauth2/v2.0/token")
    assert issuer.verify(reply.json()["access_token"])["tid"] == OTHER_TENANT


def test_token__at_the_v1_endpoint_takes_a_resource(issuer):
    body = issuer.ask("v1", path=f"/{TENANT}/oauth2/token", scope=None, resource=SERVICE).json()
    assert body["expires_in"] == "3599" and body["resource"] == SERVICE
    assert issuer.verify(body["access_token"], SERVICE)["aud"] == SERVICE


def test_token__unknown_fields_are_ignored(issuer):
    assert issuer.ask(client_info="1", x_more="", claims="{}").status_code == 200
    fields = [("unknown", "1"), ("unknown", "2"), ("grant_type", "client_credentials"), ("client_id", IDS["v2"]),
              ("client_secret", SECRET), ("scope", SCOPE)]
    assert issuer.form(fields).status_code == 200


def test_token__scope_may_name_the_application_id(issuer):
    assert issuer.verify(issuer.token(scope=f"{APPLICATION}/.default"))["aud"] == APPLICATION
    assert issuer.verify(issuer.token("v1", scope=f" {SERVICE}/.default "), SERVICE)["aud"] == SERVICE


def basic(client_id, secret):
    quoted = ":".join(requests.utils.quote(part, safe="") for part in (client_id, secret))
    return {"Authorization": "Basic " + base64.b64encode(quoted.encode()).decode()}


def test_token__by_http_basic(issuer):
    reply = issuer.form({"grant_type": "client_credentials", "scope": SCOPE}, headers=basic(IDS["v2"], SECRET))
    assert issuer.verify(reply.json()["access_token"])["azp"] == IDS["v2"]


@pytest.mark.parametrize("header", [
    "Basic", "Basic ", "Basic !!!!", "Basic YWJj", "Basic YTpi=", "Bearer YTpi", "Basic " + base64.b64encode(b":x").decode(),
    "Basic " + base64.b64encode(b"a:%zz").decode(), "Basic YTpi_-"])
def test_token__malformed_basic_is_401_that_names_the_scheme(issuer, header):
    reply = issuer.form({"grant_type": "client_credentials", "scope": SCOPE}, headers={"Authorization": header})
    assert reply.headers["WWW-Authenticate"].startswith("Basic ") or reply.status_code == 400
    assert reply.json()["error"] in ("invalid_client", "unauthorized_client")


def test_token__wrong_secret_by_basic(issuer):
    reply = issuer.form({"grant_type": "client_credentials", "scope": SCOPE}, headers=basic(IDS["v2"], "wrong"))
    assert_refused(reply, 401, "invalid_client", 7000215)
    assert reply.headers["WWW-Authenticate"].startswith("Basic ")


def test_token__two_ways_to_authenticate_are_one_too_many(issuer):
    fields = {"grant_type": "client_credentials", "scope": SCOPE, "client_secret": SECRET}
    assert_refused(issuer.form(fields, headers=basic(IDS["v2"], SECRET)), 400, "invalid_request", 90100)
    assert_refused(issuer.ask(client_assertion="a.b.c", client_assertion_type=BEARER), 400, "invalid_request", 90100)


@pytest.mark.parametrize("changes,expected", [
    ({"grant_type": None}, (400, "invalid_request", 900144)),
    ({"grant_type": ""}, (400, "invalid_request", 900144)),
    ({"grant_type": "password"}, (400, "unsupported_grant_type", 70003)),
    ({"grant_type": "Client_Credentials"}, (400, "unsupported_grant_type", 70003)),
    ({"client_id": None}, (400, "invalid_request", 900144)),
    ({"client_id": "nobody"}, (400, "unauthorized_client", 700016)),
    ({"client_id": IDS["elsewhere"]}, (400, "unauthorized_client", 700016)),
    ({"client_secret": None}, (401, "invalid_client", 7000218)),
    ({"client_secret": ""}, (401, "invalid_client", 7000218)),
    ({"client_secret": SECRET[:-1]}, (401, "invalid_client", 7000215)),
    ({"client_secret": SECRET + "x"}, (401, "invalid_client", 7000215)),
    ({"client_secret": SECRET.upper()}, (401, "invalid_client", 7000215)),
    ({"scope": None}, (400, "invalid_request", 900144)),
    ({"scope": SERVICE}, (400, "invalid_scope", 1002012)),
    ({"scope": f"{SERVICE}/Read"}, (400, "invalid_scope", 1002012)),
    ({"scope": f"{SCOPE} {APPLICATION}/.default"}, (400, "invalid_scope", 1002012)),
    ({"scope": "https://other.example/.default"}, (400, "invalid_resource", 500011)),
    ({"scope": "/.default"}, (400, "invalid_resource", 500011)),
])
def test_token__is_refused_as_entra_does(issuer, changes, expected):
    assert_refused(issuer.ask(**changes), *expected)


def test_token__refuses_an_unknown_tenant(issuer):
    assert_refused(issuer.ask(path=f"/{uuid.uuid4()}/oauth2/v2.0/token"), 400, "invalid_request", 90002)


def test_token__a_secret_is_no_use_to_a_client_without_one(issuer):
    assert_refused(issuer.ask("signer"), 401, "invalid_client", 7000215)


def test_token__correlation_id_comes_back_if_it_is_one(issuer):
    mine = str(uuid.uuid4())
    reply = issuer.form({}, headers={"client-request-id": mine})
    assert reply.json()["correlation_id"] == reply.headers["client-request-id"] == mine
    reply = issuer.form({}, headers={"client-request-id": "<script>"})
    assert uuid.UUID(reply.json()["correlation_id"])


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("body,content_type", [
    (b"grant_type=%", FORM), (b"grant_type=%4", FORM), (b"grant_type=%zz", FORM), (b"a%00b=1", FORM), (b"a=\xff", FORM),
    (b"a=%ff", FORM), (b"a=\0", FORM), (b"scope=1&scope=2", FORM), (b"client_id=1&client_id=1", FORM),
    (b"&".join(b"a=1" for _ in range(101)), FORM), (b'{"grant_type":"client_credentials"}', "application/json"),
    (b"grant_type=client_credentials", "text/plain"), (b"grant_type=client_credentials", None), (b"", FORM), (b"&&&", FORM),
    (b"=", FORM), (b"grant_type", FORM), (b"", None)])
def test_form__malformed_is_400(issuer, body, content_type):
    reply = issuer.form(body, headers={"Content-Type": content_type} if content_type else {})
    assert reply.status_code == 400 and reply.json()["error"] == "invalid_request", reply.text


def test_form__charset_is_no_reason_to_refuse(issuer):
    body = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": IDS["v2"], "client_secret": SECRET,
                                   "scope": SCOPE})
    assert issuer.form(body, headers={"Content-Type": f"{FORM}; charset=utf-8"}).status_code == 200


def test_form__of_64_kib_is_read_and_one_byte_more_is_413(issuer):
    assert issuer.form(b"a=" + b"x" * (64 * 1024 - 2), headers={"Content-Type": FORM}).status_code == 400
    reply = issuer.form(b"a=" + b"x" * (64 * 1024 - 1), headers={"Content-Type": FORM})
    assert reply.status_code == 413 and reply.json()["error"] == "invalid_request"


# ---- tokens by signed assertion ----

def assertion(issuer, name, key, alg="RS256", headers=None, **changes):
    now = int(time.time())
    content = {"iss": IDS[name], "sub": IDS[name], "aud": f"{issuer.url}/{TENANT}/oauth2/v2.0/token", "jti": str(uuid.uuid4()),
               "iat": now, "nbf": now, "exp": now + 600, **changes}
    content = {claim: value for claim, value in content.items() if value is not None}
    return jwt.encode(content, key, algorithm=alg, headers=headers)


def ask_signed(issuer, text, **changes):
    fields = {"grant_type": "client_credentials", "client_assertion_type": BEARER, "client_assertion": text, "scope": SCOPE,
              **changes}
    return issuer.form({k: v for k, v in fields.items() if v is not None})


@pytest.mark.parametrize("name,key,alg", [("signer", "rsa", "RS256"), ("signer", "rsa", "PS256"), ("ec-signer", "ec", "ES256"),
                                          ("ec-signer", "other", "RS256")])
def test_assertion__of_the_clients_key_is_good(issuer, client_keys, name, key, alg):
    reply = ask_signed(issuer, assertion(issuer, name, getattr(client_keys, key), alg), client_id=IDS[name])
    found = issuer.verify(reply.json()["access_token"])
    assert (found["azp"], found["azpacr"]) == (IDS[name], "2")


def test_assertion__of_a_v1_client_says_so(issuer, client_keys):
    reply = ask_signed(issuer, assertion(issuer, "once", client_keys.rsa))
    assert issuer.verify(reply.json()["access_token"], SERVICE)["appidacr"] == "2"


@pytest.mark.parametrize("changes", [
    {"aud": ["https://other.example", "{url}/{tenant}/oauth2/v2.0/token"]}, {"nbf": None, "iat": None, "jti": None},
    {"exp": 0.5}, {"exp": -200}, {"nbf": 200}, {"iat": 200, "exp": 86390}])
def test_assertion__what_is_still_good(issuer, client_keys, changes):
    text = assertion(issuer, "signer", client_keys.rsa, **moved(issuer, changes))
    assert ask_signed(issuer, text).status_code == 200


def moved(issuer, changes):
    """Times are given in seconds from now, addresses without the port."""
    def move(claim, value):
        if claim in ("exp", "nbf", "iat") and isinstance(value, (int, float)):
            return time.time() + value if isinstance(value, float) else int(time.time()) + value
        text = json.dumps(value).replace("{url}", issuer.url).replace("{tenant}", TENANT)
        return json.loads(text)
    return {claim: move(claim, value) for claim, value in changes.items()}


@pytest.mark.parametrize("changes,number", [
    ({"iss": "nobody"}, 700021), ({"sub": IDS["v2"], "iss": IDS["v2"]}, 700021), ({"iss": None}, 700021), ({"sub": None}, 700021),
    ({"sub": 7}, 700021), ({"aud": None}, 700023), ({"aud": "https://other.example"}, 700023), ({"aud": []}, 700023),
    ({"aud": [7]}, 700023), ({"aud": "{url}/{tenant}/oauth2/v2.0/token/"}, 700023), ({"aud": "{url}"}, 700023),
    ({"exp": None}, 700024), ({"exp": -301}, 700024), ({"exp": 86410}, 700024), ({"exp": "soon"}, 700024), ({"nbf": 310}, 700024),
    ({"iat": 310}, 700024), ({"exp": 1e300}, 700024), ({"nbf": "x"}, 700024)])
def test_assertion__bad_claims_are_401(issuer, client_keys, changes, number):
    if changes.get("exp") == "soon":
        text = handmade(issuer, client_keys.rsa, exp="soon")
    elif changes.get("nbf") == "x":
        text = handmade(issuer, client_keys.rsa, nbf="x")
    else:
        text = assertion(issuer, "signer", client_keys.rsa, **moved(issuer, changes))
    assert_refused(ask_signed(issuer, text, client_id=IDS["signer"]), 401, "invalid_client", number)


def handmade(issuer, key, **changes):
    """Signed claims that PyJWT would not write."""
    now = int(time.time())
    content = {"iss": IDS["signer"], "sub": IDS["signer"], "aud": f"{issuer.url}/{TENANT}/oauth2/v2.0/token", "exp": now + 60,
               **changes}
    return jwt.api_jws.encode(json.dumps(content).encode(), key, algorithm="RS256")


def test_assertion__by_anothers_key_is_401(issuer, client_keys):
    text = assertion(issuer, "signer", client_keys.other)
    assert_refused(ask_signed(issuer, text), 401, "invalid_client", 700027)


def test_assertion__of_a_client_without_keys_is_401(issuer, client_keys):
    assert_refused(ask_signed(issuer, assertion(issuer, "v2", client_keys.rsa)), 401, "invalid_client", 700027)


def test_assertion__a_changed_byte_is_401(issuer, client_keys):
    text = assertion(issuer, "signer", client_keys.rsa)
    head, body, mark = text.split(".")
    changed = base64.urlsafe_b64encode(base64.urlsafe_b64decode(body + "==").replace(b"exp", b"eXp")).decode().rstrip("=")
    assert_refused(ask_signed(issuer, f"{head}.{changed}.{mark}"), 401, "invalid_client", 700027)


def test_assertion__malformed_is_400(issuer, client_keys):
    good = assertion(issuer, "signer", client_keys.rsa)
    unsigned = jwt.encode({"iss": IDS["signer"], "sub": IDS["signer"]}, None, algorithm="none")
    by_hmac = jwt.encode({"iss": IDS["signer"], "sub": IDS["signer"]}, "public key", algorithm="HS256")
    critical = assertion(issuer, "signer", client_keys.rsa, headers={"crit": ["exp"]})
    array = jwt.api_jws.encode(b"[1]", client_keys.rsa, algorithm="RS256")
    for index, text in enumerate(("x", "a.b.c", good + ".x", good.rsplit(".", 1)[0], good + "=", unsigned, by_hmac, critical,
                                  array, "." * 20000)):
        reply = ask_signed(issuer, text, client_id=IDS["signer"])
        assert reply.json().get("error_codes") == [50027] and reply.status_code == 400, (index, reply.text)


def test_assertion__needs_its_type(issuer, client_keys):
    text = assertion(issuer, "signer", client_keys.rsa)
    for kind in (None, "", "jwt-bearer", BEARER.upper()):
        assert_refused(ask_signed(issuer, text, client_assertion_type=kind), 400, "invalid_request", 700029)


def test_assertion__counts_once_where_the_client_wants_it(issuer, client_keys):
    text = assertion(issuer, "once", client_keys.rsa)
    assert ask_signed(issuer, text).status_code == 200
    assert_refused(ask_signed(issuer, text), 401, "invalid_client", 700025)
    again = assertion(issuer, "once", client_keys.rsa, jti=jwt.decode(text, options={"verify_signature": False})["jti"], exp=None)
    assert ask_signed(issuer, again).status_code == 401
    assert ask_signed(issuer, assertion(issuer, "once", client_keys.rsa)).status_code == 200
    assert_refused(ask_signed(issuer, assertion(issuer, "once", client_keys.rsa, jti=None)), 401, "invalid_client", 700025)


def test_assertion__counts_again_for_others_as_at_entra(issuer, client_keys):
    text = assertion(issuer, "signer", client_keys.rsa)
    assert [ask_signed(issuer, text).status_code for _ in range(3)] == [200, 200, 200]


# ---- the libraries clients use ----

def msal_application(issuer, name, credential):
    return msal.ConfidentialClientApplication(IDS[name], authority=f"{issuer.url}/{TENANT}", client_credential=credential,
                                              instance_discovery=False, http_client=issuer.http)


def test_msal__gets_a_token_by_secret(issuer):
    result = msal_application(issuer, "v2", SECRET).acquire_token_for_client([SCOPE])
    assert issuer.verify(result["access_token"])["azp"] == IDS["v2"]


def test_msal__gets_a_token_by_secret_of_a_tenant_named_by_domain(issuer):
    application = msal.ConfidentialClientApplication(IDS["v1"], authority=f"{issuer.url}/operator.example", client_credential=SECRET,
                                                     instance_discovery=False, http_client=issuer.http)
    result = application.acquire_token_for_client([SCOPE])
    assert issuer.verify(result["access_token"], SERVICE)["appid"] == IDS["v1"]


def test_msal__gets_tokens_by_certificate_with_one_assertion(issuer, client_keys):
    credential = {"private_key": pem(client_keys.rsa).decode(), "thumbprint": client_keys.thumbprint}
    application = msal_application(issuer, "signer", credential)
    for scope in (SCOPE, f"{APPLICATION}/.default"):
        result = application.acquire_token_for_client([scope])
        assert issuer.verify(result["access_token"])["azpacr"] == "2", result


def test_msal__sees_why_it_was_refused(issuer):
    result = msal_application(issuer, "v2", "wrong").acquire_token_for_client([SCOPE])
    assert result["error"] == "invalid_client" and result["error_codes"] == [7000215]


def test_msal__discovers_the_instance_at_the_lab(issuer):
    application = msal.ConfidentialClientApplication(
        IDS["v2"], authority=f"{issuer.url}/{TENANT}", client_credential=SECRET, http_client=issuer.http,
        instance_discovery=f"{issuer.url}/common/discovery/instance")
    assert "access_token" in application.acquire_token_for_client([SCOPE])


@pytest.fixture(scope="module")
def node():
    """Runs tests/js/token.mjs."""
    project = ROOT / "tests/js"
    if not (project / "node_modules/@azure/identity").exists():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=project, check=True, timeout=300)

    def run(issuer, name, kind, *scopes, host="127.0.0.1", **environment):
        settings = {"AUTHORITY_HOST": issuer.url.replace("127.0.0.1", host), "TENANT": TENANT, "CLIENT_ID": IDS[name],
                    "NODE_EXTRA_CA_CERTS": issuer.ca, **environment}
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("AZURE_", "NODE_"))}
        result = subprocess.run(["node", "token.mjs", kind, *scopes], cwd=project, env={**clean, **settings}, text=True,
                                capture_output=True, timeout=60, check=False)
        return [json.loads(line) for line in result.stdout.splitlines()], result
    return run


def test_azure_identity__gets_a_token_by_secret(issuer, node):
    replies, result = node(issuer, "v2", "secret", SCOPE, CLIENT_SECRET=SECRET)
    assert result.returncode == 0, result
    assert issuer.verify(replies[0]["token"])["azp"] == IDS["v2"]
    assert abs(replies[0]["expiresOnTimestamp"] / 1000 - time.time() - 3599) < 60


def test_azure_identity__gets_a_v1_token_from_localhost(issuer, node):
    replies, result = node(issuer, "v1", "secret", SCOPE, host="localhost", CLIENT_SECRET=SECRET)
    assert result.returncode == 0, result
    assert issuer.verify(replies[0]["token"], SERVICE)["appid"] == IDS["v1"]


def test_azure_identity__gets_tokens_by_certificate_with_one_assertion(issuer, node, client_keys):
    replies, result = node(issuer, "signer", "certificate", SCOPE, f"{APPLICATION}/.default",
                           CLIENT_CERTIFICATE=str(client_keys.both_file))
    assert result.returncode == 0, result
    assert [issuer.verify(reply["token"])["azpacr"] for reply in replies] == ["2", "2"]


def test_azure_identity__sees_why_it_was_refused(issuer, node):
    replies, result = node(issuer, "v2", "secret", SCOPE, CLIENT_SECRET="wrong")
    assert result.returncode == 1
    assert replies[0]["error"] == "AuthenticationError" or "AADSTS7000215" in replies[0]["message"]
    assert "7000215" in json.dumps(replies[0])


def test_azure_identity__tries_again_after_a_fault(issuer, node):
    issuer.fault("token", "status", status=503)
    replies, result = node(issuer, "v2", "secret", SCOPE, CLIENT_SECRET=SECRET)
    assert result.returncode == 0, result
    assert issuer.verify(replies[0]["token"])
    assert issuer.control("GET", "faults").json() == {"faults": []}


# ---- reset, snapshot, restore ----

def lab_command(issuer, *arguments, code=0, **environment):
    """numgate-lab reset and its like, told where the lab is by the environment unless `arguments` say so."""
    variables = {"PATH": os.environ["PATH"], "NUMGATE_AUTHORITY": issuer.url, "NUMGATE_CA": issuer.ca, **environment}
    done = subprocess.run([BIN / "numgate-lab", *map(str, arguments)], env=variables, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def kid(issuer):
    return jwt.get_unverified_header(issuer.token())["kid"]


def test_reset__brings_back_the_state_of_the_start(make_issuer, client_keys):
    issuer = make_issuer()
    token, first, published = issuer.token(), kid(issuer), issuer.keys()
    once = assertion(issuer, "once", client_keys.rsa)
    assert ask_signed(issuer, once).status_code == 200
    issuer.control("POST", "rotate-keys", {"forget": True})
    issuer.fault("token", "status", status=503, times=9)
    lab_command(issuer, "reset")
    assert issuer.control("GET", "faults").json() == {"faults": []}
    assert (kid(issuer), issuer.keys()) == (first, published)
    assert issuer.verify(token)
    assert ask_signed(issuer, once).status_code == 200, "what was used once is forgotten"
    lab_command(issuer, "reset")
    assert issuer.keys() == published
    issuer.stop()
    assert kid(make_issuer()) == first, "the files are as the lab is"


def test_snapshot__is_restored(make_issuer, client_keys, tmp_path):
    issuer, file = make_issuer(), tmp_path / "state.json"
    once, later = (assertion(issuer, "once", client_keys.rsa) for _ in range(2))
    ask_signed(issuer, once)
    issuer.control("POST", "rotate-keys")
    issuer.fault("keys", "delay", ms=1, times=3)
    issuer.fault("token", "wrong-key", times=1)
    first, faults = issuer.keys(), issuer.control("GET", "faults").json()["faults"]
    lab_command(issuer, "snapshot", file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(lab_command(issuer, "snapshot").stdout) == json.loads(file.read_text())
    lab_command(issuer, "reset")
    ask_signed(issuer, later)
    assert issuer.keys() != first
    lab_command(issuer, "restore", file)
    assert issuer.control("GET", "faults").json()["faults"] == faults
    assert issuer.keys() == first
    with pytest.raises(jwt.InvalidSignatureError):
        issuer.verify(issuer.token())
    issuer.control("DELETE", "faults")
    assert_refused(ask_signed(issuer, once), 401, "invalid_client", 700025)
    assert ask_signed(issuer, later).status_code == 200


def test_restore__of_another_lab_has_its_tokens_verified(make_issuer, tmp_path):
    """Faults of wrong keys are made anew where there were none."""
    one, file = make_issuer(), tmp_path / "state.json"
    token, keys = one.token(), one.keys()
    one.fault("token", "wrong-key")
    lab_command(one, "snapshot", file)
    two = make_issuer("--state", tmp_path / "other")
    assert not set(two.keys()) & set(keys)
    lab_command(two, "restore", file)
    assert two.keys() == keys
    with pytest.raises(jwt.InvalidSignatureError):
        two.verify(two.token())
    assert two.verify(token)
    one.control("DELETE", "faults")


@pytest.mark.parametrize("body, says", [
    ("", "the document is empty"), ("{}", "a snapshot is expected"), ('{"parts": []}', "a snapshot is expected"), ('{"parts": {"colours": 1}}', 'no part "colours"'),
    ('{"parts": {"faults": {}}}', "parts.faults: an array"), ('{"parts": {"faults": [{"kind": "reset"}]}}', "parts.faults: [0]: "),
    ('{"parts": {"keys": []}}', "parts.keys: an object"), ('{"parts": {"keys": {"RS512": {}}}}', "no client of this lab"),
    ('{"parts": {"keys": {"RS256": {}}}}', "expected is"), ('{"parts": {"keys": {"RS256": {"current": {}, "next": {}}}}}', "expected is"),
    ('{"parts": {"keys": {"RS256": {"current": {"kty": "RSA"}}}}}', "parts.keys: "), ('{"parts": {"assertions": {"ab": 1}}}', "parts.assertions: "),
    ('{"parts": {"faults": [], "assertions": {"' + "0" * 64 + '": "x"}}}', "parts.assertions: ")])
def test_restore__refuses_what_is_no_snapshot_and_changes_nothing(issuer, tmp_path, body, says):
    issuer.fault("keys", "delay", ms=1)
    before, file = lab_command(issuer, "snapshot").stdout, tmp_path / "state.json"
    file.write_text(body)
    done = lab_command(issuer, "restore", file, code=1)
    assert says in done.stderr and "refused (400)" in done.stderr
    assert lab_command(issuer, "snapshot").stdout == before


def test_restore__refuses_a_public_key(issuer):
    public = next(key for key in issuer.keys().values() if key["alg"] == "RS256")
    reply = issuer.control("POST", "restore", {"parts": {"keys": {"RS256": {"current": public}}}})
    assert (reply.status_code, "not a private RS256 key" in reply.json()["error_description"]) == (400, True)


@pytest.mark.parametrize("arguments, says, code", [
    (["restore"], "restore needs a file", 2), (["restore", "/nowhere/state.json"], "/nowhere/state.json", 1), (["reset", "x"], 'unknown argument "x"', 2),
    (["reset", "--url", "http://example.net"], "loopback", 2), (["reset", "--url", "https://127.0.0.1:1"], "onnect", 1),
    (["snapshot", "/nowhere/state.json"], "/nowhere/state.json", 1), (["reset", "--ca", "/nowhere"], "/nowhere", 1)])
def test_reset__says_what_is_wrong(issuer, arguments, says, code):
    assert says in lab_command(issuer, *arguments, code=code).stderr


# ---- rotation and state ----

def test_rotation__signs_with_new_keys_and_publishes_the_old(issuer):
    old = issuer.token()
    before = issuer.keys()
    reply = issuer.control("POST", "rotate-keys")
    assert reply.status_code == 200
    after = issuer.keys()
    new = issuer.token()
    assert jwt.get_unverified_header(new)["kid"] not in before
    assert set(before) & set(after) and len(after) == 6
    assert issuer.verify(old) and issuer.verify(new)


def test_rotation__twice_forgets_the_oldest(issuer):
    old = jwt.get_unverified_header(issuer.token())["kid"]
    issuer.control("POST", "rotate-keys", {})
    assert old in issuer.keys()
    issuer.control("POST", "rotate-keys", {"forget": False})
    assert old not in issuer.keys()


def test_rotation__can_forget_the_old_at_once(issuer):
    before = issuer.keys()
    issuer.control("POST", "rotate-keys", {"forget": True})
    after = issuer.keys()
    assert not set(before) & set(after) and len(after) == 3


@pytest.mark.parametrize("body", [{"forgot": True}, {"forget": 1}, [], {"forget": True, "more": 1}])
def test_rotation__refuses_what_it_does_not_know(issuer, body):
    before = issuer.keys()
    assert issuer.control("POST", "rotate-keys", body).status_code == 400
    assert issuer.keys() == before


def test_rotation__while_tokens_are_asked_for(issuer):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(issuer.ask, "es256") for _ in range(40)]
        rotations = [pool.submit(issuer.control, "POST", "rotate-keys") for _ in range(2)]
        assert {reply.result().status_code for reply in (*asked, *rotations)} == {200}


def test_state__tokens_outlive_a_restart(make_issuer, folder):
    first = make_issuer("--state", folder / "own-state")
    token = first.token()
    first.control("POST", "rotate-keys")
    keys = first.keys()
    assert first.terminate() == 0
    second = make_issuer("--state", folder / "own-state")
    assert second.keys() == keys
    key = jwt.PyJWK(second.keys()[jwt.get_unverified_header(token)["kid"]], algorithm="RS256").key
    assert jwt.decode(token, key, algorithms=["RS256"], audience=APPLICATION)["oid"] == claims(second.token())["oid"]
    for file in (folder / "own-state").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


@pytest.mark.parametrize("content,mode", [("{}", 0o600), ("", 0o600), ("not json", 0o600), (None, 0o644)])
def test_state__a_bad_key_file_is_refused_and_kept(make_issuer, tmp_path, content, mode):
    good = make_issuer("--state", tmp_path)
    good.stop()
    file = tmp_path / "RS256.current.jwk"
    file.write_text(content if content is not None else file.read_text())
    file.chmod(mode)
    kept = file.read_text()
    program = make_issuer("--state", tmp_path, start=False).spawn()
    assert program.wait() == 1
    assert "RS256.current.jwk" in program.output() and file.read_text() == kept


# ---- faults ----

def test_fault__delay_holds_one_request_and_no_other(issuer):
    issuer.fault("token", "delay", ms=600)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        slow = pool.submit(issuer.ask)
        wait_until(lambda: issuer.control("GET", "faults").json() == {"faults": []}, what="the delay being drawn")
        assert issuer.ask("es256").status_code == 200
        assert time.monotonic() - began < 0.6 and not slow.done()
        assert slow.result().status_code == 200
        assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize("status", [400, 429, 500, 503, 599])
def test_fault__status(issuer, status):
    issuer.fault("token", "status", status=status, times=2)
    for _ in range(2):
        reply = issuer.ask()
        assert reply.status_code == status and reply.json()["error"] == "temporarily_unavailable"
    assert issuer.ask().status_code == 200


@pytest.mark.parametrize("name", ["v2", "ps256", "es256"])
def test_fault__wrong_key(issuer, name):
    issuer.fault("token", "wrong-key")
    bad = issuer.token(name)
    assert jwt.get_unverified_header(bad)["kid"] in issuer.keys()
    with pytest.raises(jwt.InvalidSignatureError):
        issuer.verify(bad)
    assert issuer.verify(issuer.token(name))


def test_fault__expired(issuer):
    issuer.fault("token", "expired")
    reply = issuer.ask().json()
    assert reply["expires_in"] == 3599
    with pytest.raises(jwt.ExpiredSignatureError):
        issuer.verify(reply["access_token"], leeway=300)
    assert issuer.verify(issuer.token())


def outcome(ask):
    """What a client sees: a status, "reset" before any byte, "cut" within the body (which requests takes for its end)."""
    try:
        reply = ask(stream=True)
    except requests.ConnectionError:
        return "reset"
    part = b""
    try:
        for piece in reply.iter_content(64):
            part += piece
    except requests.RequestException:
        pass
    return reply.status_code if len(part) == int(reply.headers["Content-Length"]) else "cut" if part else "empty"


@pytest.mark.parametrize("endpoint,path", [("keys", f"/{TENANT}/discovery/v2.0/keys"),
                                           ("discovery", f"/{TENANT}/v2.0/.well-known/openid-configuration")])
def test_fault__of_the_documents(issuer, endpoint, path):
    issuer.fault(endpoint, "status", status=500)
    issuer.fault(endpoint, "reset")
    issuer.fault(endpoint, "cut")
    assert issuer.ask().status_code == 200
    assert [outcome(lambda **options: issuer.get(path, **options)) for _ in range(4)] == [500, "reset", "cut", 200]


def test_fault__of_the_connection(issuer):
    issuer.fault("token", "reset")
    issuer.fault("token", "cut")
    fields = {"grant_type": "client_credentials", "client_id": IDS["v2"], "client_secret": SECRET, "scope": SCOPE}
    assert [outcome(lambda **options: issuer.form(fields, **options)) for _ in range(3)] == ["reset", "cut", 200]


def test_faults__are_drawn_in_order_and_listed_until_used_up(issuer):
    issuer.fault("token", "status", status=500, times=2)
    issuer.fault("keys", "delay", ms=1)
    listed = issuer.fault("token", "status", status=503)
    assert listed == [{"endpoint": "token", "kind": "status", "times": 2, "status": 500},
                      {"endpoint": "keys", "kind": "delay", "times": 1, "ms": 1},
                      {"endpoint": "token", "kind": "status", "times": 1, "status": 503}]
    assert issuer.ask().status_code == 500
    assert issuer.control("GET", "faults").json()["faults"][0]["times"] == 1
    assert [issuer.ask().status_code for _ in range(3)] == [500, 503, 200]
    assert issuer.control("DELETE", "faults").json() == {"faults": []}
    assert issuer.get(f"/{TENANT}/discovery/v2.0/keys").status_code == 200


@pytest.mark.parametrize("body", [
    {}, [], {"endpoint": "token"}, {"kind": "reset"}, {"endpoint": "nowhere", "kind": "reset"}, {"endpoint": "token", "kind": "none"},
    {"endpoint": "token", "kind": "delay"}, {"endpoint": "token", "kind": "delay", "ms": 0},
    {"endpoint": "token", "kind": "delay", "ms": 300001}, {"endpoint": "token", "kind": "delay", "ms": "1"},
    {"endpoint": "token", "kind": "status"}, {"endpoint": "token", "kind": "status", "status": 200},
    {"endpoint": "token", "kind": "status", "status": 600}, {"endpoint": "keys", "kind": "wrong-key"},
    {"endpoint": "discovery", "kind": "expired"}, {"endpoint": "token", "kind": "reset", "times": 0},
    {"endpoint": "token", "kind": "reset", "times": 1000001}, {"endpoint": "token", "kind": "reset", "time": 1},
    {"endpoint": 7, "kind": "reset"}, {"endpoint": "token", "kind": "reset", "times": 1.5}])
def test_faults__refuse_what_makes_no_sense(issuer, body):
    reply = issuer.control("POST", "faults", body)
    assert reply.status_code == 400 and reply.json()["error"] == "invalid_request"
    assert issuer.control("GET", "faults").json() == {"faults": []}


@pytest.mark.parametrize("text", [b"{", b'{"endpoint":"token","endpoint":"keys","kind":"reset"}', b"\xff", b"{} {}"])
def test_faults__refuse_bad_json(issuer, text):
    assert issuer.http.post(f"{issuer.url}/lab/faults", data=text, timeout=10).status_code == 400


def test_faults__are_64_at_most(issuer):
    for _ in range(64):
        issuer.fault("token", "reset")
    assert issuer.control("POST", "faults", {"endpoint": "token", "kind": "reset"}).status_code == 409
    issuer.control("DELETE", "faults")
    assert issuer.ask().status_code == 200


def test_control__other_methods_are_405(issuer):
    reply = issuer.control("PUT", "faults", {})
    assert reply.status_code == 405 and reply.headers["Allow"] == "POST, GET, HEAD, DELETE"
    assert issuer.control("GET", "rotate-keys").status_code == 405
    assert issuer.control("GET", "").status_code == 404


# ---- the program ----

def run(*arguments):
    return subprocess.run([BIN / "numgate-lab", *map(str, arguments)], capture_output=True, text=True, timeout=30, check=False)


def test_program__sigterm_answers_what_was_begun(make_issuer):
    program = make_issuer()
    program.fault("token", "delay", ms=60000)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(program.ask)
        wait_until(lambda: program.control("GET", "faults").json() == {"faults": []}, what="the delay being drawn")
        began = time.monotonic()
        program.signal(signal.SIGTERM)
        assert slow.result().status_code == 200
    assert program.wait() == 0 and time.monotonic() - began < 30


def test_program__logs_one_line_a_request_and_no_secret(make_issuer, client_keys):
    program = make_issuer()
    token = program.token()
    program.ask(client_secret="wr0ng-s3cret")
    program.form({"grant_type": "client_credentials"}, headers=basic(IDS["v2"], SECRET))
    signed = assertion(program, "signer", client_keys.rsa)
    ask_signed(program, signed)
    program.get(f"/{TENANT}/discovery/keys?client_secret=wr0ng-s3cret")
    assert program.terminate() == 0
    rows = [row for row in program.log_rows() if row["event"] == "request"]
    assert [row["status"] for row in rows] == [200, 401, 400, 200, 200]
    assert rows[0]["client"] == "v2" and "client" in rows[1] and rows[1]["refusal"]
    assert {"request_id", "method", "path", "duration_ms", "peer"} <= set(rows[0])
    for secret in ("wr0ng", "s3cret", token, token.split(".")[2], signed.split(".")[2]):
        assert secret not in program.output()


def test_program__help_and_version():
    helped = run("--help")
    assert helped.returncode == 0 and "make-certificates" in helped.stdout and "--clients" in helped.stdout
    assert "/lab/faults" in helped.stdout and "curl" in helped.stdout
    assert run("--version").stdout.startswith("numgate-lab ")


@pytest.mark.parametrize("arguments,words", [
    ([], "--clients"), (["--client", "x"], "did you mean --clients?"), (["--lisen", "x"], "did you mean --listen?"),
    (["--zzzzzzzzzzzzzz", "x"], "unknown argument"), (["--key"], "needs a value"), (["--key="], "needs a value"),
    (["--listen", "http://127.0.0.1:1"], "https://ADDRESS:PORT"), (["--listen", "https://127.0.0.1"], "https://ADDRESS:PORT"),
    (["--listen", "https://127.0.0.1:65536"], "https://ADDRESS:PORT"), (["--public-url", "https://h/path"], "--public-url"),
    (["--threads", "257"], "256"), (["--threads", "-1"], "256"), (["--log-level", "loud"], "loud"), (["serve"], "unknown argument"),
    (["make-certificates"], "--dir"), (["make-certificates", "--dirr", "x"], "did you mean --dir?"),
    (["--listen=https://0.0.0.0:0", "--clients=a", "--certificate=b", "--key=c"], "--public-url")])
def test_program__wrong_arguments_end_with_2(arguments, words):
    result = run(*arguments)
    assert result.returncode == 2 and words in result.stderr, result


def test_program__warns_at_every_start_outside_loopback(make_issuer):
    program = make_issuer("--listen", "https://0.0.0.0:0", "--public-url", "https://localhost:1")
    assert [row["level"] for row in program.log_rows()] == ["warning", "notice"]
    assert program.url == "https://localhost:1"


def test_program__does_not_warn_on_loopback(issuer):
    assert "warning" not in {row["level"] for row in issuer.log_rows()}


def test_program__a_port_in_use_ends_with_1(issuer, make_issuer):
    program = make_issuer("--listen", issuer.url, start=False).spawn()
    assert program.wait() == 1 and program.output()


def test_program__reads_the_certificate_again_on_sighup(make_issuer, folder):
    program = make_issuer()
    assert make_certificates(folder / "tls").returncode == 0
    program.signal(signal.SIGHUP)
    wait_until(lambda: any(row["event"] == "reloaded" for row in program.log_rows()), what="the reload")
    assert requests.get(f"{program.url}/{TENANT}/discovery/keys", verify=program.ca, timeout=10).status_code == 200


CLIENT = {"client_id": "c", "secrets": ["s"]}


@pytest.mark.parametrize("content,words", [
    ("", "InvalidJson|json|JSON"), ("[]", "tenants"), ('{"tenants": [], "clients": []}', "tenants"),
    ({"tenants": [{"id": TENANT}]}, "clients"), ({"tenants": [{"id": "x"}], "clients": []}, "tenants[0]: id: must be a UUID"),
    ({"tenants": [{"names": ["a"]}], "clients": []}, "tenants[0]: id is needed"),
    ({"tenants": [{"id": TENANT}], "clients": [], "users": []}, "only"),
    ({"tenants": [{"id": TENANT}], "clients": {}}, "must be an array"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "role": []}]}, 'did you mean "roles"?'),
    ({"tenants": [{"id": TENANT}], "clients": [{"secrets": ["s"]}]}, "clients[0]: client_id is needed"),
    ({"tenants": [{"id": TENANT}], "clients": [{"client_id": "c"}]}, "one of secrets, keys, certificates"),
    ({"tenants": [{"id": TENANT}], "clients": [CLIENT, CLIENT]}, "clients[1]: this client_id was there before"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "token_version": 3}]}, "clients[0]: token_version: must be"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "algorithm": "none"}]}, "RS256, PS256 or ES256"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "tenant": OTHER_TENANT}]}, "names none of the tenants"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "secrets": [""]}]}, "secrets"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "keys": [{"kty": "oct", "k": "AA"}]}]}, "clients[0]: keys"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "certificates": ["nothing.pem"]}]}, "nothing.pem"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "certificates": ["clients.json"]}]}, "no certificate"),
    ({"tenants": [{"id": TENANT}], "clients": [{**CLIENT, "assertion_once": "yes"}]}, "true or false"),
    ({"tenants": [{"id": TENANT}], "resources": [{"app_id": APPLICATION}], "clients": []}, "resources[0]"),
])
def test_clients_file__mistakes_are_named_with_their_place(folder, tmp_path, content, words):
    file = tmp_path / "clients.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    result = run("--clients", file, "--certificate", folder / "tls/server.crt", "--key", folder / "tls/server.key",
                 "--listen", "https://127.0.0.1:0")
    assert result.returncode == 1 and str(file) in result.stderr, result
    assert any(word in result.stderr for word in words.split("|")), result


def test_clients_file__may_name_other_resources(folder, tmp_path, make_issuer):
    content = {"tenants": [{"id": TENANT}], "resources": [{"app_id": OTHER_TENANT, "identifiers": ["api://a", "https://b/"]}],
               "clients": [{"client_id": IDS["v2"], "secrets": [SECRET]}, {"client_id": IDS["v1"], "secrets": [SECRET],
                                                                           "token_version": 1}]}
    (tmp_path / "clients.json").write_text(json.dumps(content))
    program = make_issuer("--clients", tmp_path / "clients.json", "--state", tmp_path / "state")
    assert claims(program.token(scope="api://a/.default"))["aud"] == OTHER_TENANT
    assert claims(program.token("v1", scope="https://b//.default"))["aud"] == "https://b/"
    assert program.ask(scope=SCOPE).json()["error"] == "invalid_resource"


# ---- make-certificates ----

def load(file):
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_certificates__have_the_names_and_uses_of_a_server(tmp_path):
    assert make_certificates(tmp_path / "c", "provapi.example.net", "192.0.2.1", "*.example.net").returncode == 0
    server, authority = load(tmp_path / "c/server.crt"), load(tmp_path / "c/ca.crt")
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "provapi.example.net", "*.example.net"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1", "192.0.2.1"]
    assert isinstance(server.public_key().curve, ec.SECP256R1)
    assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    authority.public_key().verify(server.signature, server.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
    assert server.issuer == authority.subject
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "c" / name).stat().st_mode) == 0o600


def test_certificates__keep_the_authority(tmp_path):
    make_certificates(tmp_path)
    authority, server = load(tmp_path / "ca.crt"), load(tmp_path / "server.crt")
    make_certificates(tmp_path, "more.example")
    assert load(tmp_path / "ca.crt") == authority and load(tmp_path / "server.crt") != server


@pytest.mark.parametrize("name", ["a b", "x,DNS:y", "", "ä.example", "a*.example", "dirName:x", "127.0.0.1/8", "x" * 254])
def test_certificates__refuse_what_is_no_name(tmp_path, name):
    result = make_certificates(tmp_path, name)
    assert result.returncode in (1, 2) and result.stderr
    assert not (tmp_path / "server.crt").exists()


def test_certificates__refuse_a_key_that_is_anothers(tmp_path):
    make_certificates(tmp_path / "a")
    make_certificates(tmp_path / "b")
    shutil.copy(tmp_path / "a/ca.key", tmp_path / "b/ca.key")
    result = make_certificates(tmp_path / "b")
    assert result.returncode == 1 and "not that of the authority" in result.stderr


def test_certificates__are_trusted_through_their_ca(issuer):
    for host in ("localhost", "127.0.0.1"):
        url = issuer.url.replace("127.0.0.1", host)
        assert requests.get(f"{url}/{TENANT}/discovery/keys", verify=issuer.ca, timeout=10).status_code == 200
