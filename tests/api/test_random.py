"""Bodies, queries, paths and headers made at random: whatever they are, the answer is never a fault of ours. Same seed each time."""
import json
import string

import pytest
from conftest import SERVICES, Server, account_body, number_body, rounds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wire import Wire, head

VERSION = "api-version=2024-02-29-preview"
RFI = "a1de0000-0000-4000-8000-000000000001"
FIELDS = ["name", "correlationId", "serviceDetails", "telephoneNumber", "accountName", "configuration", "customSipHeader", "numbers",
          "enabled", "syncEnabled", "teamsTenantId", "subdomain", "subdomainTokens", "region1Token", "callScreening", "assignmentStatus",
          "usage", "choosableCapabilities", "customerRelationship", "status", "comment", "serviceProvisioningErrors", "numberCount",
          *SERVICES]
VALUES = ["home", "+4930123", "assigned", "", "ConsentDeclined", RFI]
SETTINGS = settings(max_examples=rounds(40, 120, 2000), derandomize=True, deadline=None, database=None,
                    suppress_health_check=list(HealthCheck))

text = st.text(max_size=40) | st.sampled_from(VALUES)
scalars = st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.floats(allow_nan=False) | text
names = st.sampled_from(FIELDS) | st.text(max_size=12)
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=6) | st.dictionaries(names, inner, max_size=8), max_leaves=25)
objects = st.dictionaries(names, trees, max_size=8)
bodies = (objects.map(lambda value: json.dumps(value).encode()) | trees.map(lambda value: json.dumps(value).encode())
          | st.binary(max_size=200))


def damaged(good):
    """A good document with some bytes replaced, taken out or put in."""
    data = json.dumps(good).encode()

    def apply(edits):
        result = bytearray(data)
        for at, count, new in edits:
            at %= len(result) + 1
            result[at:at + count] = new
        return bytes(result)
    return st.lists(st.tuples(st.integers(0, 10000), st.integers(0, 3), st.binary(max_size=3)), min_size=1, max_size=4).map(apply)


@pytest.fixture(scope="module", name="target")
def fixture_target(lab, tmp_path_factory):
    directory = tmp_path_factory.mktemp("random")
    program = Server(directory, lab)
    (directory / "seed.json").write_text(json.dumps({"accounts": [account_body("home", *SERVICES)],
                                                     "requestsForInformation": [{"tenantId": RFI}]}))
    assert program.run("seed", directory / "seed.json", "--config", program.config).returncode == 0
    program.start()
    yield program
    assert program.alive() and program.client().get("/accounts/home").status_code in (200, 404)
    assert not [row for row in program.log_rows() if row["level"] == "error"]
    program.stop()


@pytest.fixture(scope="module", name="client")
def fixture_client(target):
    return target.client()


WRITES = [("PUT", "/accounts/random", account_body("random", *SERVICES)),
          ("PUT", "/accounts/home/numbers/+4930123", number_body("+4930123", "home", *SERVICES, configuration={"customSipHeader": "h"})),
          ("POST", "/accounts/home:createOrUpdateNumbers", {"numbers": [number_body(f"+493012{i}", "home") for i in range(3)]}),
          ("POST", "/accounts/home:deleteNumbers", {"numbers": [{"telephoneNumber": f"+493012{i}"} for i in range(3)]}),
          ("PATCH", f"/teamsRequestsForInformation/{RFI}", {"customerRelationship": {"status": "x", "comment": "y"}})]


@pytest.mark.parametrize("method,path,good", WRITES)
def test_random__body_is_never_a_fault_of_ours(client, method, path, good):
    @SETTINGS
    @given(bodies | damaged(good))
    def run(body):
        reply = client.request(method, path, data=body, headers={"Content-Type": "application/json"})
        assert reply.status_code in (200, 201, 204, 400, 404, 409)
    run()


@pytest.mark.parametrize("path", ["/accounts", "/accounts/home", "/accounts/home/numbers", "/numbers", "/teamsRequestsForInformation",
                                  "/numgate/v1/audit", "/numgate/v1/sync/accounts", "/numgate/v1/sync/orphans"])
def test_random__query_is_never_a_fault_of_ours(client, path):
    known = st.sampled_from(["top", "skip", "maxpagesize", "countRecords", "continuation", "filter", "deleteNumbers", "kind", "since",
                             "key", "order", "api-version"])
    values = text | st.integers().map(str) | st.sampled_from(["true", "false", "0.-.", "1.2.3", "-", "%", "+"])

    @SETTINGS
    @given(st.dictionaries(known | st.text(max_size=8), values, max_size=4))
    def run(query):
        assert client.get(path, params=query).status_code in (200, 400, 414)
    run()


WORDS = ["telephoneNumber", "accountName", "serviceProvisioningStatus", "serviceDetails/zoomPhoneCloudPeering/enabled",
         "configuration/customSipHeader", "serviceDetails/teamsOperatorConnect/assignmentStatus", "eq", "ne", "gt", "ge", "lt", "le",
         "and", "or", "not", "(", ")", ",", "true", "false", "null", "'+4930123'", "'home'", "'assigned'", "startswith(", "contains(", "1",
         "''", "'%'", "'''", "2026-01-31T00:00:00Z"]


def test_random__filter_is_never_a_fault_of_ours(client):
    @SETTINGS
    @given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=60))
    def run(words):
        for path in ("/numbers", "/accounts/home/numbers"):
            reply = client.get(path, params={"filter": words, "countRecords": "true"})
            assert reply.status_code in (200, 400)
            if reply.status_code == 200:
                assert int(reply.headers["x-ms-record-count"]) >= len(reply.json()["value"])
    run()


def condition(field, operator, value):
    return f"{field} {operator} {value}"


conditions = st.builds(condition, st.just("telephoneNumber"), st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]),
                       st.sampled_from(["'+4930120'", "'+4930121'", "'+4930123'", "'+99'"])) | \
    st.builds(condition, st.sampled_from(["configuration/customSipHeader", "serviceDetails/zoomPhoneCloudPeering/enabled"]),
              st.sampled_from(["eq", "ne"]), st.just("null"))
filters = st.recursive(conditions, lambda inner: st.builds("({} and {})".format, inner, inner)
                       | st.builds("({} or {})".format, inner, inner) | st.builds("not ({})".format, inner), max_leaves=8)


def test_random__filter_and_its_opposite_share_the_numbers_out(client):
    batch = {"numbers": [number_body(f"+493012{i}", "home") for i in range(5)]}
    assert client.post("/accounts/home:createOrUpdateNumbers", json=batch).status_code == 200

    def select(words=None):
        params = {"filter": words} if words else {}
        return {item["telephoneNumber"] for item in client.items("/accounts/home/numbers", **params)}
    everything = select()

    @SETTINGS
    @given(filters)
    def run(words):
        chosen, others = select(words), select(f"not ({words})")
        assert chosen | others == everything and not chosen & others, words
    run()


paths = st.lists(st.sampled_from(["accounts", "home", "numbers", "+4930123", "%2B4930123", "teamsRequestsForInformation", RFI, "numgate", "v1",
                                  "audit", "home:deleteNumbers", "", ".", "..", "%2e", "%2F", "%00", "%", "%C3%A9", "\u00e9", ";", "a b"]),
                 max_size=6).map(lambda parts: "/" + "/".join(parts))
tokens = st.text(string.ascii_letters + "-", min_size=1, max_size=12)
header_bytes = st.binary(max_size=30).filter(lambda value: b"\n" not in value)


def test_random__head_of_a_request_is_never_a_fault_of_ours(target):
    header_names = tokens | st.sampled_from(["If-Match", "If-None-Match", "If-Modified-Since", "Repeatability-Request-ID",
                                             "Repeatability-First-Sent", "X-Forwarded-For", "Expect", "Connection", "Content-Type"])

    @SETTINGS
    @given(st.sampled_from(["GET", "PUT", "DELETE", "POST", "PATCH", "HEAD", "OPTIONS", "FOO"]), paths,
           st.lists(st.tuples(header_names, header_bytes), max_size=3))
    def run(method, path, headers):
        lines = [name.encode() + b": " + value for name, value in headers]
        target_text = f"{path}?{VERSION}"
        block = head(target, method, target_text, "Content-Length: 0", *lines)
        with Wire(target) as wire:
            wire.send(block)
            wire.receive_until(b" ")
            status = int(wire.receive_until(b" "))
            assert status < 500 or status == 501, (block, status)
    run()
