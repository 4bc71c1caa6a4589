"""The two capability queries of a daemon with a back end: numgate-lab's, over HTTPS."""
import contextlib
import threading
import time

import pytest
import requests
from conftest import Server, account_name, free_port, make_lab, wait_until

TENANT = "a1de0000-0000-4000-8000-000000000001"
STRANGER = "a1de0000-0000-4000-8000-00000000000f"


class Enterprise:
    """A lab with an enterprise in its back end, and the daemon's way to it."""

    def __init__(self, directory):
        self.lab = make_lab(directory)

    def control(self, method, path, **arguments):
        return requests.request(method, f"{self.lab.url}/lab/{path}", verify=self.lab.ca, timeout=10, **arguments)

    def begin(self):
        consent = {"consentedCountries": ["GB"], "contacts": [{"fullName": "Alda Alder", "email": "alda@alder.example"}]}
        answer = self.control("POST", "scenario", json={"enterprises": [{"tenantId": TENANT, "consent": consent}]})
        assert answer.ok, answer.text

    def config(self, directory, secret=None, **options):
        client, right = self.lab.client("SYNC")
        file = directory / "backend-secret"
        file.write_text(secret or right)
        file.chmod(0o600)
        rows = {"base_url": self.lab.settings["NUMGATE_BACKEND_URL"], "token_url": f"{self.lab.authority}/oauth2/v2.0/token",
                "scope": self.lab.settings["NUMGATE_BACKEND_SCOPE"], "client_id": client, "secret_file": file, "ca_file": self.lab.ca, **options}
        return "[operator_connect]\n" + "".join(f"{name} = {value}\n" for name, value in rows.items())


@pytest.fixture(scope="module")
def enterprise(tmp_path_factory):
    one = Enterprise(tmp_path_factory.mktemp("enterprise"))
    one.lab.start()
    one.begin()
    yield one
    one.lab.stop()


@pytest.fixture
def start(enterprise, tmp_path):
    made = []

    def make(secret=None, more="", **options):
        server = Server(tmp_path / f"server-{len(made)}", enterprise.lab, enterprise.config(tmp_path, secret, **options) + more)
        made.append(server)
        return server.start()

    yield make
    enterprise.control("DELETE", "backend/faults")
    for server in made:
        server.stop()


def given_account(server, tenant=TENANT):
    name = account_name()
    services = {"teamsTenantId": tenant, "teamsOperatorConnect": {"enabled": True, "syncEnabled": False}} if tenant else {}
    answer = server.client("ADMIN").put(f"/accounts/{name}", json={"name": name, "serviceDetails": services})
    assert answer.status_code == 201, answer.text
    return name


def plans(server, name):
    return server.client("READ").post(f"/accounts/{name}:getTeamsCapabilityPlans")


def capabilities(server, name, *numbers):
    body = {"numbers": [{"telephoneNumber": number} for number in numbers]}
    return server.client("READ").post(f"/accounts/{name}:getTeamsAvailableCapabilities", json=body)


def assert_fails(answer, status, inner):
    error = answer.json()["error"]
    assert (answer.status_code, error.get("innererror")) == (status, {"code": inner}), answer.text
    assert status != 503 or int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["x-ms-error-code"] == error["code"]
    return answer


def test_plans__are_those_of_the_back_end(start):
    server = start()
    answer = plans(server, given_account(server))
    assert answer.status_code == 200, answer.text
    usages = [plan["usage"] for plan in answer.json()["capabilityPlans"]]
    assert {"CallingUserAssignment", "FirstPartyAppAssignment", "ConferenceAssignment"} <= set(usages)
    assert [plan["supportsTollFree"] for plan in answer.json()["capabilityPlans"] if plan["usage"] == "CallingUserAssignment"] == [False]


def test_available_capabilities__are_those_of_the_back_end(start):
    server = start()
    name = given_account(server)
    answer = capabilities(server, name, "+441632960000", "+441632960001")
    assert answer.status_code == 200, answer.text
    ordinary = set(answer.json()["availableCapabilities"])
    assert "UserAssignment" in ordinary and "TollFree" not in ordinary, answer.text
    answer = capabilities(server, name, "+18335550100")
    assert "UserAssignment" not in answer.json()["availableCapabilities"], answer.text


def test_queries__of_a_tenant_nobody_knows_are_404(start):
    server = start()
    assert_fails(plans(server, given_account(server, STRANGER)), 404, "BackendNotFound")
    answer = plans(server, given_account(server, None))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "TenantRequired"), answer.text


def test_queries__keep_their_answer_for_a_while(start, enterprise):
    server = start()
    name = given_account(server)
    first = plans(server, name).json()
    enterprise.control("POST", "backend/faults", json={"operation": "*", "kind": "status", "status": 500, "times": 1000})
    assert plans(server, name).json() == first
    assert_fails(capabilities(server, name, "+441632960000"), 503, "BackendFailed")


def test_queries__say_why_they_cannot_be_answered(start, enterprise):
    server = start(timeout_seconds=2)
    name = given_account(server)
    for fault, inner in [({"kind": "status", "status": 503, "retryAfter": 7}, "BackendUnavailable"),
                         ({"kind": "throttle", "retryAfter": 7}, "BackendThrottled"),
                         ({"kind": "status", "status": 500}, "BackendFailed"),
                         ({"kind": "reset-before", "times": 10}, "BackendUnavailable"),  # libcurl tries again for each kept connection
                         ({"kind": "cut"}, "BackendUnavailable"),
                         ({"kind": "delay", "ms": 4000}, "BackendUnavailable")]:
        enterprise.control("DELETE", "backend/faults")
        added = enterprise.control("POST", "backend/faults", json={"operation": "listUsages", "times": 1, **fault})
        assert added.ok, added.text
        begun = time.monotonic()
        answer = assert_fails(plans(server, name), 503, inner)
        assert time.monotonic() - begun < 5, fault  # the deadline is 2 s, and whoever waits is woken
        assert answer.headers["Retry-After"] == ("7" if "retryAfter" in fault else "1"), fault
    rows = [row for row in server.log_rows() if row["event"] == "backend_failed"]
    assert len(rows) == 6 and all(row["error"] and row["request_id"] for row in rows), rows
    enterprise.control("DELETE", "backend/faults")
    assert plans(server, name).status_code == 200


def test_queries__with_a_wrong_secret_are_503(start):
    server = start(secret="not-it-at-all")
    answer = assert_fails(plans(server, given_account(server)), 503, "BackendDenied")
    assert "not-it-at-all" not in answer.text + server.output()


def test_queries__without_anybody_there_are_503(start):
    server = start(base_url=f"https://localhost:{free_port()}/v1")
    assert_fails(plans(server, given_account(server)), 503, "BackendUnavailable")


def test_queries__of_an_unregistered_application_are_503(start, enterprise):
    server = start()
    client, _ = enterprise.lab.client("SYNC")
    assert enterprise.control("DELETE", f"backend/applications/{client}").ok
    assert_fails(plans(server, given_account(server)), 503, "BackendDenied")
    assert enterprise.control("PUT", f"backend/applications/{client}").ok
    assert plans(server, given_account(server)).status_code == 200


def test_daemon__stops_while_a_query_is_under_way(start, enterprise):
    """Its call to the back end is given up as soon as the drain is over."""
    server = start(timeout_seconds=600, more="[limits]\ndrain_seconds = 1\n")
    name = given_account(server)
    enterprise.control("POST", "backend/faults", json={"operation": "listUsages", "kind": "delay", "ms": 60000})

    def ask():
        with contextlib.suppress(requests.RequestException):
            plans(server, name)
    client = threading.Thread(target=ask)
    client.start()
    wait_until(lambda: not enterprise.control("GET", "backend/faults").json()["faults"], what="the call to the back end")
    assert server.terminate(20) == 0
    client.join(20)
    assert not client.is_alive()
