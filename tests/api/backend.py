"""The back end inside numgate-lab for tests: started with clients and a scenario of its own, called, steered. Every answer is held against
docs/backend-api.yaml."""
import json
import re
import subprocess
import uuid

import jsonschema
import requests
import yaml

from conftest import BIN, ROOT, Program, wait_until

TENANT = "11111111-2222-4333-8444-555555555555"  # the operator's, of the issuer
SCOPE = "eb63d611-525e-4a31-abd7-0cb33f679599/.default"
SECRET = "a secret of the tests"
ALDER, BIRCH, CEDAR, DOGWOOD, NOBODY = (f"{i}0000000-0000-4000-8000-00000000000{i}" for i in range(1, 6))
ADDRESS, LOCATION, BARE = (f"{ALDER[:-2]}{end}" for end in ("a1", "b1", "a2"))
OC, TPM = "teamsOperatorConnect", "teamsPhoneMobile"
ROLES = {
    "all": ["NumberManagement.Read", "NumberManagement.Write", "PartnerSettings.Read"],
    "reader": ["NumberManagement.Read"],
    "writer": ["NumberManagement.Write"],
    "settings": ["PartnerSettings.Read"],
    "settings-writer": ["PartnerSettings.Write"],
    "trunks": ["TrunkManagement.Read"],
    "v1": ["NumberManagement.Read"],
}
SCENARIO = {
    "switches": {"jobStartMs": 0, "jobMs": 0},
    "enterprises": [
        {"tenantId": ALDER, "consent": {"consentedCountries": ["GB", "US", "UK"], "contacts": [{"fullName": "Alda", "email": "a@alder.example"}]},
         "addresses": [
             {"id": ADDRESS, "country": "GB", "defaultLocationId": LOCATION,
              "locations": [{"id": LOCATION, "civicAddressId": ADDRESS, "isDefault": True}]},
             {"id": BARE, "country": "GB", "defaultLocationId": NOBODY, "locations": []}]},
        {"tenantId": BIRCH, "consent": {"consentedCountries": ["GB", "DE"]}},
        {"tenantId": CEDAR, "consent": {"status": "Suspended", "consentedCountries": ["GB"]}},
        {"tenantId": DOGWOOD, "addresses": [{"id": ADDRESS, "country": "GB"}]},
    ],
}


# ---- the document ----

DOCUMENT = yaml.safe_load((ROOT / "docs/backend-api.yaml").read_text(encoding="utf-8"))


def flat(schema):
    """A schema of the document as JSON Schema: references and allOf resolved, nullable understood, nothing unknown allowed."""
    if "$ref" in schema:
        return flat(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if "allOf" in schema:
        merged = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
        for part in map(flat, schema["allOf"]):
            merged["properties"].update(part.get("properties", {}))
            merged["required"] += part.get("required", [])
        return merged
    out = {key: value for key, value in schema.items() if key not in ("nullable", "properties", "items")}
    if "properties" in schema:
        out["properties"] = {name: flat(part) for name, part in schema["properties"].items()}
        out["additionalProperties"] = False
    if "items" in schema:
        out["items"] = flat(schema["items"])
    if schema.get("nullable"):
        out["type"] = [schema["type"], "null"]
    return out


FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("date-time")
def is_time(text):
    return not isinstance(text, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) is not None


OPERATIONS = {}
for path_, methods_ in DOCUMENT["paths"].items():
    for method_, operation_ in methods_.items():
        if method_ != "parameters":
            OPERATIONS[operation_["operationId"]] = (method_.upper(), path_, operation_)
ERROR = flat({"$ref": "#/components/schemas/Error"})


def operation_of(method, path):
    """The operation of a path; fixed segments win over parameters."""
    found = [(name, pattern) for name, (m, pattern, _) in OPERATIONS.items()
             if m == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path)]
    return min(found, key=lambda row: row[1].count("{"))[0]


def schema_of(operation, status):
    responses = OPERATIONS[operation][2]["responses"]
    if str(status) not in responses:
        return ERROR
    response = responses[str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return flat(response["content"]["application/json"]["schema"])


def conforms(reply, method, path):
    """Holds an answer against the document."""
    operation = operation_of(method, path)
    assert reply.headers["Content-Type"].startswith("application/json")
    jsonschema.validate(reply.json(), schema_of(operation, reply.status_code), format_checker=FORMATS)
    expected = {"uploadNumbers": 202, "releaseNumbers": 202}.get(operation, 200)
    assert reply.status_code == expected or reply.status_code >= 400


# ---- the lab ----

class Backend(Program):
    """numgate-lab with clients of its own and a scenario."""

    def __init__(self, folder, scenario=None, name="lab", more=()):
        self.folder, self.state = folder, folder / name
        self.ca, self.url, self.http, self.tokens = str(folder / "tls/ca.crt"), None, requests.Session(), {}
        self.http.verify, self.http.trust_env = self.ca, False
        self.ids = {role: str(uuid.uuid5(uuid.NAMESPACE_DNS, role)) for role in ROLES}
        arguments = ["--listen", "https://127.0.0.1:0", "--certificate", folder / "tls/server.crt", "--key", folder / "tls/server.key",
                     "--clients", folder / "clients.json", "--state", self.state, "--log-format", "json", *more]
        if scenario is not None:
            (folder / f"{name}.json").write_text(json.dumps(scenario), encoding="utf-8")
            arguments += ["--scenario", folder / f"{name}.json"]
        super().__init__("numgate-lab", arguments, folder / f"{name}-{uuid.uuid4()}.log")

    def write_clients(self):
        clients = [{"client_id": self.ids[role], "name": role, "secrets": [SECRET], "roles": roles, "token_version": 1 if role == "v1" else 2}
                   for role, roles in ROLES.items()]
        (self.folder / "clients.json").write_text(json.dumps({"tenants": [{"id": TENANT}], "clients": clients}), encoding="utf-8")

    def start(self):
        before = sum(row["event"] == "ready" for row in self.log_rows())
        self.spawn()
        self.await_ready(lambda: sum(row["event"] == "ready" for row in self.log_rows()) > before, timeout=60)
        self.url = [row["url"] for row in self.log_rows() if row["event"] == "ready"][-1]
        self.tokens.clear()
        return self

    def restart(self):
        self.kill()
        return self.start()

    def token(self, role="all", scope=SCOPE):
        if (role, scope) not in self.tokens:
            reply = self.http.post(f"{self.url}/{TENANT}/oauth2/v2.0/token", timeout=20, data={
                "grant_type": "client_credentials", "client_id": self.ids[role], "client_secret": SECRET, "scope": scope})
            assert reply.status_code == 200, reply.text
            self.tokens[role, scope] = reply.json()["access_token"]
        return self.tokens[role, scope]

    def call(self, method, path, role="all", body=None, headers=None, token=None, timeout=20, **params):
        """A call of the interface; the answer conforms to the document."""
        kind = {"data": body} if isinstance(body, (bytes, str)) else {"json": body}
        reply = self.http.request(method, f"{self.url}/backend/v1{path}", params=params, timeout=timeout, **kind,
                                  headers={"Authorization": f"Bearer {token or self.token(role)}", **(headers or {})})
        if path not in ("", "/nothing"):
            conforms(reply, method, path)
        return reply

    def get(self, path, status=200, **more):
        reply = self.call("GET", path, **more)
        assert reply.status_code == status, reply.text
        return reply.json()

    def refused(self, method, path, **more):
        """Status and code of a refusal."""
        reply = self.call(method, path, **more)
        assert reply.status_code >= 400, reply.text
        return reply.status_code, reply.json()["code"]

    def order(self, kind, tenant, body, key=None, status=202, **more):
        reply = self.call("POST", f"/tenants/{tenant}/numbers/{kind}", body=body, headers={"Idempotency-Key": key or str(uuid.uuid4())}, **more)
        assert reply.status_code == status, reply.text
        return reply.json()

    def ended(self, job):
        def look():
            found = self.get(f"/jobs/{job['jobId']}")
            return found if found["status"] not in ("NotStarted", "InProgress") else None
        return wait_until(look, 20, "the end of the job")

    def upload(self, numbers, tenant=ALDER, service=OC, **more):
        """Uploads and waits; {number: error code or None}."""
        job = self.ended(self.order("upload", tenant, {"service": service, "numbers": numbers}, **more))
        return {entry["telephoneNumber"]: entry.get("errorCode") for entry in job["entries"]}

    def release(self, numbers, tenant=ALDER, service=OC, **more):
        job = self.ended(self.order("release", tenant, {"service": service, "telephoneNumbers": numbers}, **more))
        return {entry["telephoneNumber"]: entry.get("errorCode") for entry in job["entries"]}

    def control(self, method, path, body=None, status=200, **params):
        reply = self.http.request(method, f"{self.url}/lab/{path}", json=body, params=params, timeout=60)
        assert reply.status_code == status, reply.text
        return reply.json()

    def switch(self, **switches):
        self.control("PUT", "backend/switches", switches)

    def fault(self, operation, kind, **more):
        return self.control("POST", "backend/faults", {"operation": operation, "kind": kind, **more}, status=201)["faults"]

    def history(self, number=None):
        return self.control("GET", "backend/history", **({"number": number} if number else {}))["value"]

    def numbers(self, tenant=ALDER, service=OC, size=500):
        """All pages."""
        found, more = [], True
        while more:
            page = self.get("/numbers", tenantId=tenant, service=service, maxpagesize=size, **({"after": found[-1]["telephoneNumber"]} if found else {}))
            assert len(page["value"]) <= size
            found, more = found + page["value"], page["more"]
        return found


def user(number, **more):
    """An upload of a number for a user, that nothing speaks against."""
    return {"telephoneNumber": number, "usage": "CallingUserAssignment", "allowTenantAddressUpdate": True, **more}


def make_folder(folder):
    """Certificates and the clients."""
    subprocess.run([BIN / "numgate-lab", "make-certificates", "--dir", folder / "tls"], check=True, stdout=subprocess.DEVNULL, timeout=60)
    Backend(folder).write_clients()
    return folder
