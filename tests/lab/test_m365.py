"""Microsoft 365's domain check, as numgate-lab plays it: Graph's shape, its rules, and look-ups in a real name server."""
import json
import subprocess
import uuid

import pytest
from backend import SECRET, TENANT, Backend
from conftest import BIN, wait_until
from servers import Bind, Knot

GRAPH = "https://graph.microsoft.com/.default"
ROLES = {"writer": ["Domain.ReadWrite.All"], "reader": ["Domain.Read.All"], "nobody": [], "backend": ["NumberManagement.Read"]}
ZONE = "example.test"
LONGEST = "a" * (48 - len(".1r1.example.test")) + ".1r1.example.test"


class M365(Backend):
    """The lab with clients for Graph, asking one name server or more."""

    def __init__(self, folder, *servers, scenario=None, name="lab"):
        more = ["--name-servers", ",".join(servers)] if servers else []
        super().__init__(folder, scenario, name, more)
        self.ids = {role: str(uuid.uuid5(uuid.NAMESPACE_DNS, role)) for role in ROLES}

    def graph(self, method, path, tenant, role="writer", token=None, body=None):
        headers = {"Authorization": f"Bearer {token or self.token(role, GRAPH)}"} if token != "" else None
        return self.http.request(method, f"{self.url}/m365/{tenant}/v1.0/{path}", json=body, headers=headers, timeout=20)

    def add(self, tenant, name):
        """The token it is given."""
        reply = self.graph("POST", "domains", tenant, body={"id": name})
        assert reply.status_code == 201, reply.text
        records = self.graph("GET", f"domains/{name}/verificationDnsRecords", tenant).json()["value"]
        return records[0]["text"]

    def verify(self, tenant, name):
        return self.graph("POST", f"domains/{name}/verify", tenant)

    def refusal(self, tenant, name):
        """Why it is not verified."""
        reply = self.verify(tenant, name)
        assert reply.status_code == 400, reply.text
        error = reply.json()["error"]
        assert error["code"] == "Request_BadRequest" and uuid.UUID(error["innerError"]["request-id"])
        assert not self.graph("GET", f"domains/{name}", tenant).json()["isVerified"]
        return error["message"]

    def trunk(self, tenant, name):
        return self.control("GET", f"m365/{tenant}/domains/{name}/trunk")


def make_folder(folder):
    subprocess.run([BIN / "numgate-lab", "make-certificates", "--dir", folder / "tls"], check=True, stdout=subprocess.DEVNULL, timeout=60)
    clients = [{"client_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, role)), "name": role, "secrets": [SECRET], "roles": roles}
               for role, roles in ROLES.items()]
    (folder / "clients.json").write_text(json.dumps({"tenants": [{"id": TENANT}], "clients": clients}), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("m365"))


@pytest.fixture(scope="module")
def zone(folder):
    """A zone that is written by hand, as a customer's DNS is."""
    with Knot(folder / "knot", zones=(ZONE,), dynamic=False, ttl=1).start() as server:
        yield server


@pytest.fixture(scope="module")
def lab(folder, zone):
    program = M365(folder, zone.address).start()
    yield program
    assert program.terminate() == 0


@pytest.fixture
def make_lab(folder):
    made = []

    def make(*servers, **more):
        made.append(M365(folder, *servers, name=f"lab-{uuid.uuid4()}", **more))
        return made[-1].start()
    yield make
    for program in made:
        program.stop()


@pytest.fixture
def tenant():
    return str(uuid.uuid4())


def label():
    return f"c{uuid.uuid4().hex[:9]}.1r1"


def serve(zone, *lines):
    """The zone holds these lines, and one that says that it does."""
    mark = uuid.uuid4().hex
    zone.write_zone(ZONE, [*lines, f'mark TXT "{mark}"'])
    zone.reload()
    wait_until(lambda: zone.lookup(f"mark.{ZONE}", "TXT") == {mark})


# ---- the shape ----

def test_domain__is_added_read_and_deleted(lab, tenant):
    name = f"{label()}.{ZONE}"
    made = lab.graph("POST", "domains", tenant, body={"id": name.upper()})
    assert (made.status_code, made.json()["id"], made.json()["isVerified"]) == (201, name, False)
    assert [d["id"] for d in lab.graph("GET", "domains", tenant).json()["value"]] == [name]
    assert lab.graph("GET", f"domains/{name}", tenant).json() == made.json()
    assert lab.graph("GET", "domains", str(uuid.uuid4())).json()["value"] == []
    assert lab.graph("POST", "domains", tenant, body={"id": name}).status_code == 409
    assert lab.graph("DELETE", f"domains/{name}", tenant).status_code == 204
    gone = lab.graph("GET", f"domains/{name}", tenant)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "Request_ResourceNotFound")
    for method, path in (("DELETE", ""), ("GET", "/verificationDnsRecords"), ("POST", "/verify")):
        assert lab.graph(method, f"domains/{name}{path}", tenant).status_code == 404


def test_records__are_a_text_and_a_mail_exchanger(lab, tenant):
    name = f"{label()}.{ZONE}"
    token = lab.add(tenant, name)
    text, mail = lab.graph("GET", f"domains/{name}/verificationDnsRecords", tenant).json()["value"]
    assert len(token) == len("MS=ms12345678") and token.startswith("MS=ms") and token[5:].isdigit()
    assert text == {"@odata.type": "#microsoft.graph.domainDnsTxtRecord", "isOptional": False, "label": name, "recordType": "Txt",
                    "supportedService": "Email", "ttl": 3600, "text": token}
    assert mail["@odata.type"] == "#microsoft.graph.domainDnsMxRecord" and mail["mailExchange"] == f"{token[3:]}.msv1.invalid"


@pytest.mark.parametrize("name", ["contoso", "", "a..example.test", "-", "a b.example.test", "x.onmicrosoft.com", "onmicrosoft.com", "a" + LONGEST,
                                  "a" * 64 + ".test", "x.example.test/verify", 7, None])
def test_name__that_cannot_be_is_refused(lab, tenant, name):
    reply = lab.graph("POST", "domains", tenant, body={"id": name})
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert lab.graph("GET", "domains", tenant).json()["value"] == []


@pytest.mark.parametrize("name", [LONGEST, "a.b", "_x-y.example.test", "xonmicrosoft.com"])
def test_name__that_can_be_is_taken(lab, tenant, name):
    lab.add(tenant, name)


def test_tenant__that_is_no_uuid_is_refused(lab):
    assert lab.graph("POST", "domains", "contoso", body={"id": "a.example.test"}).status_code == 400


# ---- who may ----

def test_token__is_needed_for_graph_with_a_role_that_fits(lab, tenant):
    for token in ("", "x", lab.token("backend")):
        reply = lab.graph("GET", "domains", tenant, token=token)
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    name = f"{label()}.{ZONE}"
    lab.add(tenant, name)
    for role, reads, writes in (("nobody", 403, 403), ("reader", 200, 403), ("writer", 200, 409)):
        assert lab.graph("GET", "domains", tenant, role=role).status_code == reads, role
        assert lab.graph("GET", f"domains/{name}/verificationDnsRecords", tenant, role=role).status_code == reads, role
        assert lab.graph("POST", "domains", tenant, role=role, body={"id": name}).status_code == writes, role
    for method, path in (("POST", f"domains/{name}/verify"), ("DELETE", f"domains/{name}")):
        assert lab.graph(method, path, tenant, role="reader").json()["error"]["code"] == "Authorization_RequestDenied"


def test_control__is_the_same_without_a_token(lab, tenant):
    name = f"{label()}.{ZONE}"
    assert lab.control("POST", f"m365/{tenant}/domains", {"id": name}, status=201)["id"] == name
    assert lab.graph("GET", f"domains/{name}", tenant).json() == lab.control("GET", f"m365/{tenant}/domains/{name}")


# ---- the look-up ----

def test_verify__says_what_is_missing_or_there_instead(lab, zone, tenant):
    names = {word: label() for word in ("absent", "bare", "other", "alias", "right", "among")}
    tokens = {word: lab.add(tenant, f"{name}.{ZONE}") for word, name in names.items()}
    serve(zone, f"{names['bare']} A 192.0.2.1", f'{names["other"]} TXT "MS=ms0"', f"{names['alias']} CNAME {names['right']}",
          f'{names["right"]} TXT "{tokens["right"]}"', f'{names["among"]} TXT "v=spf1 -all"', f'{names["among"]} TXT "{tokens["among"]}"')
    for word, said in (("absent", "there is no name"), ("bare", "has no TXT record"), ("other", '"MS=ms0"'), ("alias", "is a CNAME of")):
        assert said in lab.refusal(tenant, f"{names[word]}.{ZONE}"), word
    for word in ("right", "among"):
        name = f"{names[word]}.{ZONE}"
        for _ in range(2):
            reply = lab.verify(tenant, name)
            assert (reply.status_code, reply.json()["id"], reply.json()["isVerified"]) == (200, name, True), reply.text


def test_no__is_remembered_for_the_minimum_of_the_zone(folder, make_lab, tenant):
    name = label()
    with Knot(folder / "slow", zones=(ZONE,), dynamic=False, ttl=5).start() as zone:
        lab = make_lab(zone.address)
        token = lab.add(tenant, f"{name}.{ZONE}")
        assert "there is no name" in lab.refusal(tenant, f"{name}.{ZONE}")
        serve(zone, f'{name} TXT "{token}"')
        assert "remembered" in lab.refusal(tenant, f"{name}.{ZONE}")
        wait_until(lambda: lab.verify(tenant, f"{name}.{ZONE}").status_code == 200)


def test_reset__forgets_every_no(folder, make_lab, tenant):
    name = f"{label()}.{ZONE}"
    with Knot(folder / "slower", zones=(ZONE,), dynamic=False, ttl=3600).start() as zone:
        lab = make_lab(zone.address)
        lab.add(tenant, name)
        lab.refusal(tenant, name)
        assert "remembered" in lab.refusal(tenant, name)
        lab.control("POST", "reset")
        lab.add(tenant, name)
        assert "there is no name" in lab.refusal(tenant, name)


class Resolver(Bind):
    """A resolver that has no zone, and asks a server about one."""

    def __init__(self, directory, behind):
        super().__init__(directory, zones=(ZONE,))
        self.behind = behind

    def _write_configuration(self):
        (self.directory / "named.conf").write_text(f"""options {{
            directory "{self.directory}"; pid-file none; session-keyfile none; lock-file none; listen-on port {self.port} {{ 127.0.0.1; }};
            listen-on-v6 {{ none; }}; recursion yes; dnssec-validation no; forward only; forwarders {{ 127.0.0.1 port {self.behind.port}; }}; }};
            controls {{ }};\n""")


def test_resolver__may_be_asked_instead_of_the_zones_own_server(folder, zone, make_lab, tenant):
    name = label()
    with Resolver(folder / "resolver", zone).start() as resolver:
        lab = make_lab(resolver.address)
        token = lab.add(tenant, f"{name}.{ZONE}")
        serve(zone, f'{name} TXT "{token}"', f"{name} A 192.0.2.7")
        assert lab.verify(tenant, f"{name}.{ZONE}").status_code == 200
        assert lab.trunk(tenant, f"{name}.{ZONE}")["addresses"] == ["192.0.2.7"]


def test_servers__are_asked_until_one_has_an_answer(folder, zone, make_lab, tenant):
    name = label()
    with Knot(folder / "other", zones=("other.test",)).start() as refuses:
        lab = make_lab("127.0.0.1:1", refuses.address, zone.address)
        alone = make_lab("127.0.0.1:1", refuses.address)
        token = lab.add(tenant, f"{name}.{ZONE}")
        alone.add(tenant, f"{name}.{ZONE}")
        serve(zone, f'{name} TXT "{token}"')
        assert lab.verify(tenant, f"{name}.{ZONE}").status_code == 200
        reply = alone.verify(tenant, f"{name}.{ZONE}")
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "serviceNotAvailable")
        alone.control("GET", f"m365/{tenant}/domains/{name}.{ZONE}/trunk", status=503)


# ---- whose it is ----

def test_two_tenants__may_add_a_domain_and_one_may_have_it(lab, zone, tenant):
    name, other = label(), str(uuid.uuid4())
    tokens = [lab.add(t, f"{name}.{ZONE}") for t in (tenant, other)]
    serve(zone, *(f'{name} TXT "{token}"' for token in tokens))
    assert lab.verify(tenant, f"{name}.{ZONE}").status_code == 200
    assert "another tenant" in lab.refusal(other, f"{name}.{ZONE}")
    assert lab.graph("DELETE", f"domains/{name}.{ZONE}", tenant).status_code == 204
    assert lab.verify(other, f"{name}.{ZONE}").status_code == 200


def test_subdomain__of_a_verified_domain_of_the_same_tenant_is_verified_at_once(lab, zone, tenant):
    root, other = label(), str(uuid.uuid4())
    early = lab.graph("POST", "domains", tenant, body={"id": f"early.{root}.{ZONE}"}).json()
    token = lab.add(tenant, f"{root}.{ZONE}")
    serve(zone, f'{root} TXT "{token}"')
    assert lab.verify(tenant, f"{root}.{ZONE}").status_code == 200
    late = lab.graph("POST", "domains", tenant, body={"id": f"late.{root}.{ZONE}"}).json()
    assert (early["isVerified"], late["isVerified"], late["isRoot"]) == (False, True, False)
    assert lab.verify(tenant, f"early.{root}.{ZONE}").json()["isVerified"]
    assert not lab.graph("POST", "domains", tenant, body={"id": f"x{root}.{ZONE}"}).json()["isVerified"]
    lab.add(other, f"z.{root}.{ZONE}")
    assert "there is no name" in lab.refusal(other, f"z.{root}.{ZONE}")


# ---- the trunk ----

def test_trunk__is_one_address_and_no_more(lab, zone, tenant):
    rows = {"good": ["A 192.0.2.1"], "two": ["A 192.0.2.1", "A 192.0.2.2"], "six": ["A 192.0.2.1", "AAAA 2001:db8::1"], "none": [],
            "alias": ["CNAME good"]}
    lines = [f"{name} {line}" for name, records in rows.items() for line in records]
    for name in rows:
        token = lab.add(tenant, f"{name}.{ZONE}")
        lines += [f'{name} TXT "{token}"'] if name != "alias" else []
    serve(zone, *lines)
    assert lab.trunk(tenant, f"good.{ZONE}")["findings"] == ["the domain is not verified"]
    for name in ("good", "two", "six", "none"):
        assert lab.verify(tenant, f"{name}.{ZONE}").status_code == 200
    assert lab.trunk(tenant, f"good.{ZONE}") == {"id": f"good.{ZONE}", "isVerified": True, "addresses": ["192.0.2.1"], "findings": [],
                                                 "ready": True}
    for name, said in (("two", "more than one A"), ("six", "AAAA"), ("none", "no A record"), ("alias", "CNAME")):
        found = lab.trunk(tenant, f"{name}.{ZONE}")
        assert not found["ready"] and any(said in finding for finding in found["findings"]), found


# ---- what is kept ----

def test_state__outlives_a_kill_and_is_reset_snapshot_and_restored(zone, make_lab, tenant):
    name = f"{label()}.{ZONE}"
    fixed = {"tenantId": tenant, "id": f"fixed.{ZONE}", "token": "MS=ms00000042"}
    lab = make_lab(zone.address, scenario={"domains": [fixed]})

    def tokens():
        return {d["id"]: lab.graph("GET", f"domains/{d['id']}/verificationDnsRecords", tenant).json()["value"][0]["text"]
                for d in lab.graph("GET", "domains", tenant).json()["value"]}
    assert tokens() == {fixed["id"]: fixed["token"]}
    both = {fixed["id"]: fixed["token"], name: lab.add(tenant, name)}
    lab.restart()
    assert tokens() == both
    kept = lab.control("GET", "snapshot")
    lab.control("POST", "reset")
    assert tokens() == {fixed["id"]: fixed["token"]}
    lab.control("POST", "restore", kept)
    assert tokens() == both
    lab.restart()
    assert tokens() == both
    lab.control("POST", "scenario", {"reset": True, "domains": [{**fixed, "verified": True}]})
    assert tokens() == {fixed["id"]: fixed["token"]} and lab.graph("GET", f"domains/{fixed['id']}", tenant).json()["isVerified"]


@pytest.mark.parametrize("wrong", [{"token": "MS ms1"}, {"token": ""}, {"token": "x" * 101}, {"token": 1}, {"id": "x.onmicrosoft.com"}, {"tenantId": "x"},
                                   {"verified": "yes"}, {"more": 1}])
def test_scenario__with_a_domain_that_cannot_be_changes_nothing(lab, tenant, wrong):
    good = {"tenantId": tenant, "id": f"{label()}.{ZONE}"}
    reply = lab.control("POST", "scenario", {"domains": [good, {**good, **wrong}]}, status=400)
    assert "domains[1]" in reply["error_description"]
    assert lab.graph("GET", "domains", tenant).json()["value"] == []


def test_fault__is_of_the_endpoint_domains(lab, tenant):
    lab.control("POST", "faults", {"endpoint": "domains", "kind": "status", "status": 503}, status=201)
    assert [lab.graph("GET", "domains", tenant).status_code for _ in range(2)] == [503, 200]


# ---- the command ----

def test_command__adds_lists_and_verifies(lab, zone, tenant):
    names = [f"{label()}.{ZONE}" for _ in range(2)]

    def run(*arguments, code=0, to=("--tenant", tenant)):
        done = subprocess.run([BIN / "numgate-lab", "domains", *arguments, *to, "--url", lab.url, "--ca", lab.ca], capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout.split() if code == 0 else done.stderr
    tokens = run("add", *names)
    assert run("add", *names) == tokens and len(tokens) == 2
    assert "there is no name" in run("verify", names[0], code=1)
    serve(zone, *(f'{name}. TXT "{token}"' for name, token in zip(names, tokens)))
    wait_until(lambda: "remembered" not in lab.verify(tenant, names[0]).text)
    assert run("verify", *names) == []
    assert run("list") == [names[0], "verified", names[1], "verified"]
    assert "onmicrosoft.com" in run("add", "x.onmicrosoft.com", code=1)
    for wrong in (("add",), ("list", names[0]), ("forget", names[0]), ("add", "a/../b")):
        run(*wrong, code=2)
    assert "--tenant" in run("list", code=2, to=())
