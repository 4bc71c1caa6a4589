"""Both sides of the sync: a numgated whose back end is a lab of the test's own, and how to look at each and steer it."""
import http.server
import json
import random
import uuid

import requests

from basics import Listener
from conftest import Server, make_lab, state, wait_until

OC, MOBILE = "teamsOperatorConnect", "teamsPhoneMobile"
USAGE, OTHER_USAGE = "CallingUserAssignment", "FirstPartyAppAssignment"


class Side:
    """The lab's back end, over HTTP."""

    def __init__(self, lab):
        self.lab = lab
        self.session = requests.Session()
        self.session.verify, self.session.trust_env = lab.ca, False

    def call(self, method, path, **options):
        reply = self.session.request(method, f"{self.lab.url}/lab/backend{path}", timeout=20, **options)
        assert reply.status_code < 300, (method, path, reply.status_code, reply.text)
        return reply.json() if reply.content else None

    def consent(self, tenant, status="Active", countries=("GB",), **more):
        self.call("PUT", f"/consents/{tenant}", json={"status": status, "consentedCountries": list(countries), **more})

    def address(self, tenant, identity=None):
        identity = identity or str(uuid.uuid4())
        self.call("PUT", f"/tenants/{tenant}/addresses/{identity}", json={"country": "GB", "cityOrTown": "Leeds", "streetName": "Sample Road"})
        return identity

    def assign(self, number, status="UserAssigned", service=OC):
        self.call("POST", f"/numbers/{number}", json={"service": service, "assignmentStatus": status})

    def unassign(self, number, service=OC):
        self.assign(number, "Unassigned", service)

    def put(self, number, tenant, service=OC, **settings):
        self.call("PUT", f"/numbers/{number}", json={"service": service, "tenantId": tenant, "usage": USAGE, "allowTenantAddressUpdate": True, **settings})

    def drop(self, number, service=OC):
        self.call("DELETE", f"/numbers/{number}", params={"service": service})

    def switch(self, **switches):
        self.call("PUT", "/switches", json=switches)

    def fault(self, **fault):
        self.call("POST", "/faults", json=fault)

    def clear_faults(self):
        self.call("DELETE", "/faults")

    def statistics(self):
        return self.call("GET", "/statistics")

    def history(self, number=None):
        """Every entry of every order."""
        rows, after = [], 0
        while True:
            page = self.call("GET", "/history", params={"after": after, **({"number": number} if number else {})})
            rows += page["value"]
            if not page["more"]:
                return rows
            after = rows[-1]["sequence"]

    def numbers(self, tenant, service=OC):
        """What the back end says the tenant has, as an adapter's client sees it: {number: record}."""
        found, after = {}, None
        while True:
            reply = self.session.get(f"{self.lab.url}/backend/v1/numbers", timeout=20, headers={"Authorization": f"Bearer {self.token()}"},
                                     params={"tenantId": tenant, "service": service, "maxpagesize": 500, **({"after": after} if after else {})})
            assert reply.status_code == 200, reply.text
            page = reply.json()
            for record in page["value"]:
                after = record["telephoneNumber"]
                found[after] = record
            if not page["more"]:
                return found

    def token(self):
        settings = self.lab.settings
        form = {"grant_type": "client_credentials", "client_id": settings["NUMGATE_SYNC_CLIENT_ID"],
                "client_secret": settings["NUMGATE_SYNC_CLIENT_SECRET"], "scope": settings["NUMGATE_BACKEND_SCOPE"]}
        reply = self.session.post(f"{self.lab.authority}/oauth2/v2.0/token", data=form, timeout=20)
        assert reply.status_code == 200, reply.text
        return reply.json()["access_token"]


def backend_config(lab, **options):
    """The section that leads a server to the lab's back end."""
    section = state.backend_options(lab.directory, lab.settings)
    section["operator_connect"].update({"poll_seconds": "1", "retry_max_seconds": "1", "timeout_seconds": "2", **options})
    return state.format_options(section)


class Pair:
    """A lab and a numgated on it."""

    def __init__(self, folder, config="", **options):
        self.lab = make_lab(folder / "lab")
        self.lab.start()
        self.side = Side(self.lab)
        self.server = Server(folder / "server", self.lab, backend_config(self.lab, **options) + config).start()
        self.admin = self.server.client("ADMIN", checked=False)

    def close(self):
        self.server.stop()
        self.lab.stop()

    # ---- what a client does ----

    def put_account(self, name, tenant, sync=True, **services):
        details = {"teamsTenantId": tenant}
        for service in services.get("services", (OC,)):
            details[service] = {"enabled": True, "syncEnabled": sync}
        reply = self.admin.put(f"/accounts/{name}", json={"name": name, "serviceDetails": details})
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def put_number(self, name, number, service=OC, **settings):
        return self.admin.put(f"/accounts/{name}/numbers/{number}", json=number_of(name, number, service, **settings))

    def number(self, name, number):
        reply = self.admin.get(f"/accounts/{name}/numbers/{number}")
        return reply.json() if reply.status_code == 200 else None

    def status(self, name, number):
        found = self.number(name, number)
        return found and found["serviceProvisioningStatus"]

    def await_status(self, name, number, status="synced", timeout=20):
        return wait_until(lambda: self.status(name, number) == status and self.number(name, number), timeout, f"{number} {status}")

    def rfi(self, tenant):
        reply = self.admin.get(f"/teamsRequestsForInformation/{tenant}")
        return reply.json() if reply.status_code == 200 else None


class Gossip(Listener):
    """Issuer and back end at once: gives out a token, and repeats it in the error that every call is refused with."""

    def __init__(self, token):
        class Handler(http.server.BaseHTTPRequestHandler):
            def serve(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = self.path == "/token"
                said = f"header {self.headers.get('Authorization')}, token={token}, \"Basic dXNlcjpvcGVuIHNlc2FtZQ\""
                body = {"access_token": token, "token_type": "Bearer", "expires_in": 3600} if asked else {"code": "Denied", "message": said}
                text = json.dumps(body).encode()
                self.send_response(200 if asked else 403)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            do_GET = do_POST = do_PUT = serve

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass
        super().__init__(Handler)


def number_of(name, number, service=OC, **settings):
    configuration = {"usage": USAGE, "choosableCapabilities": ["InboundCalling"], "allowTenantAddressUpdate": True, **settings}
    return {"telephoneNumber": number, "accountName": name, "serviceDetails": {service: {"enabled": True, "configuration": configuration}}}


def new_tenant(dice=random):
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))
