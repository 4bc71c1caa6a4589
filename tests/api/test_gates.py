"""The gates in their order: address, token, rate limit, path and method, role, api-version, syntax; and each by itself."""
import concurrent.futures
import time

import pytest
from conftest import Server, account_body, account_name, wait_until

from contract import refused
from wire import Wire, head

LIMIT = 20


def limited(lab, directory, config=""):
    return Server(directory, lab, f"[limits]\nrequests_per_minute = {LIMIT}\nrequests_per_minute_user = 5\n{config}").start()


@pytest.fixture(name="meter")
def fixture_meter(lab, tmp_path):
    """A server that lets LIMIT requests through in a minute, 5 of each user."""
    program = limited(lab, tmp_path)
    yield program
    program.stop()


@pytest.fixture(scope="module", name="full")
def fixture_full(lab, tmp_path_factory):
    """Such a server whose limit is reached, behind a proxy on 127.0.0.1 for 192.0.2.0/24 and 2001:db8::/32 only."""
    program = limited(lab, tmp_path_factory.mktemp("full"), "[server]\ntrusted_proxies = 127.0.0.1, 10.0.0.0/8\n"
                      "[access]\nallow = 192.0.2.0/24, 2001:db8::/32, 127.0.0.1\n")
    client = program.client()
    for _ in range(LIMIT):
        assert client.get("/accounts").status_code == 200
    yield program
    program.stop()


# ---- order ----

STRANGER = {"X-Forwarded-For": "198.51.100.1"}
BAD_TOKEN = {"Authorization": "Bearer nonsense"}


@pytest.mark.parametrize("method,path,role,headers,status,code", [
    # address before all
    ("GET", "/accounts", "ADMIN", STRANGER, 403, "AddressNotAllowed"),
    ("GET", "/accounts", None, STRANGER, 403, "AddressNotAllowed"),
    ("GET", "/nothing", None, {**STRANGER, **BAD_TOKEN}, 403, "AddressNotAllowed"),
    ("GET", "/openapi.json", None, STRANGER, 403, "AddressNotAllowed"),
    ("GET", "/numgate/v1/ready", None, STRANGER, 403, "AddressNotAllowed"),
    ("GET", "/accounts", "ADMIN", {"X-Forwarded-For": "nonsense"}, 400, "InvalidForwardedFor"),
    # token before limit, path and role
    ("GET", "/accounts", None, {}, 401, "MissingToken"),
    ("GET", "/nothing", None, {}, 401, "MissingToken"),
    ("PATCH", "/accounts", None, BAD_TOKEN, 401, "InvalidToken"),
    ("GET", "/numgate/v1/nothing", None, {}, 401, "MissingToken"),
    ("GET", "/nothing", "NO_ROLE", {}, 403, "RoleRequired"),
    ("GET", "/accounts", "OTHER_ROLE", {}, 403, "RoleRequired"),
    # limit before path, method, role, version and syntax
    ("GET", "/accounts", "ADMIN", {}, 429, "TooManyRequests"),
    ("GET", "/nothing", "ADMIN", {}, 429, "TooManyRequests"),
    ("PATCH", "/accounts", "ADMIN", {}, 429, "TooManyRequests"),
    ("DELETE", "/accounts/a", "READ", {}, 429, "TooManyRequests"),
    ("GET", "/accounts?top=0", "ADMIN", {}, 429, "TooManyRequests"),
    # what is not counted goes on
    ("GET", "/numgate/v1/me", "ADMIN", {}, 200, None),
    ("GET", "/numgate/v1/nothing", "ADMIN", {}, 404, "NotFound"),
    ("GET", "/openapi.json", None, {}, 200, None),
    ("GET", "/numgate/v1/ready", None, {}, 200, None),
])
def test_gates__first_three_in_order(full, method, path, role, headers, status, code):
    reply = full.client(role).request(method, path, headers=headers)
    assert (reply.status_code, reply.headers.get("x-ms-error-code")) == (status, code)


@pytest.mark.parametrize("method,path,role,headers,status,code", [
    # 404, 405, 501 before role
    ("GET", "/nothing", "WRITE", {}, 404, "NotFound"),
    ("POST", "/accounts/a:nothing", "READ", {}, 404, "NotFound"),
    ("PATCH", "/accounts/a", "READ", {}, 405, "MethodNotAllowed"),
    ("FOO", "/accounts/a", "READ", {}, 501, "NotImplemented"),
    # role before api-version, syntax and existence
    ("DELETE", "/accounts/a?api-version=x", "READ", {}, 403, "RoleRequired"),
    ("PUT", "/accounts/a b", "READ", {}, 403, "RoleRequired"),
    ("DELETE", "/accounts/nobody", "WRITE", {"If-Match": "bad"}, 403, "RoleRequired"),
    ("GET", "/numgate/v1/audit?kind=x", "READ", {}, 403, "RoleRequired"),
    # api-version before the rest of the query, the path's parameters and the headers
    ("GET", "/accounts?api-version=x&top=0", "READ", {}, 400, "UnsupportedApiVersionValue"),
    ("GET", "/accounts/a b?api-version=x", "READ", {}, 400, "UnsupportedApiVersionValue"),
    ("PUT", "/accounts/a b?top=1", "WRITE", {"If-Match": "bad"}, 400, "InvalidQueryParameter"),
    ("PUT", "/accounts/a b", "WRITE", {"If-Match": "bad", "Repeatability-Request-ID": "x"}, 400, "InvalidPathParameter"),
    ("PUT", "/accounts/a", "WRITE", {"If-Match": "bad", "Repeatability-Request-ID": "x"}, 400, "RepeatabilityRejected"),
    ("PUT", "/accounts/a", "WRITE", {"If-Match": "bad", "Content-Type": "text/plain"}, 400, "InvalidHeader"),
    # all of it before the body
    ("PUT", "/accounts/a", "WRITE", {"Content-Type": "text/plain"}, 415, "UnsupportedMediaType"),
    ("PUT", "/accounts/a", "WRITE", {}, 400, "InvalidJson"),
])
def test_gates__the_others_in_order(server, method, path, role, headers, status, code):
    body = b"{" if method in ("PUT", "POST", "PATCH") else None
    refused(server.client(role).request(method, path, data=body, headers=headers), status, code)


def test_gates__refuse_before_the_body_is_sent(server):
    """A client that waits for 100 Continue gets its refusal instead; one that sends all the same still reads it."""
    for role, status in ((None, 401), ("READ", 403)):
        for expect in (["Expect: 100-continue"], []):
            with Wire(server) as wire:
                target = "/accounts/a?api-version=2024-02-29-preview"
                wire.send(head(server, "PUT", target, "Content-Length: 1000000", *expect, role=role))
                if not expect:
                    wire.send(b"x" * 500000)
                assert wire.reply("PUT", target).status_code == status


# ---- roles ----

@pytest.mark.parametrize("method,path,roles", [
    ("GET", "/accounts", "READ"), ("GET", "/accounts/{a}", "READ"), ("HEAD", "/accounts/{a}", "READ"),
    ("PUT", "/accounts/{a}", "WRITE"), ("DELETE", "/accounts/{a}x", "DELETE"),
    ("POST", "/accounts/{a}:createOrUpdateNumbers", "WRITE"), ("POST", "/accounts/{a}:deleteNumbers", "DELETE"),
    ("POST", "/accounts/{a}:getTeamsCapabilityPlans", "READ"), ("POST", "/accounts/{a}:getTeamsAvailableCapabilities", "READ"),
    ("GET", "/accounts/{a}/numbers", "READ"), ("GET", "/accounts/{a}/numbers/+49", "READ"), ("PUT", "/accounts/{a}/numbers/+49", "WRITE"),
    ("DELETE", "/accounts/{a}/numbers/+49", "DELETE"), ("GET", "/accounts/{a}/teamsCivicAddresses", "READ"),
    ("GET", "/accounts/{a}/teamsCivicAddresses/x", "READ"), ("GET", "/numbers", "READ"), ("GET", "/teamsRequestsForInformation", "READ"),
    ("GET", "/teamsRequestsForInformation/a1de0000-0000-4000-8000-000000000001", "READ"),
    ("PATCH", "/teamsRequestsForInformation/a1de0000-0000-4000-8000-000000000001", "WRITE"),
    ("GET", "/numgate/v1/me", "READ WRITE DELETE USER_READ"), ("GET", "/numgate/v1/deployment", "READ USER_READ"),
    ("GET", "/numgate/v1/audit", ""),
])
def test_role__decides_by_method(server, account, method, path, roles):
    roles = roles.split() + (["USER_READ"] if roles == "READ" else [])
    for role in ("READ", "WRITE", "DELETE", "ADMIN", "USER_READ", "USER_ADMIN"):
        body = account_body(account) if method == "PUT" and path.endswith("{a}") else {"numbers": []}
        reply = server.client(role).request(method, path.format(a=account), json=body if method in ("PUT", "POST", "PATCH") else None)
        if role in [*roles, "ADMIN", "USER_ADMIN"]:
            assert reply.status_code not in (401, 403), f"{role}: {reply.text}"
        else:
            refused(reply, 403, "RoleRequired")


# ---- addresses ----

@pytest.mark.parametrize("values,allowed", [
    ([], True),  # the peer itself
    (["192.0.2.1"], True), (["198.51.100.1"], False), (["2001:db8::1"], True), (["2001:db9::1"], False),
    (["::ffff:192.0.2.1"], True), (["::ffff:198.51.100.1"], False),
    (["198.51.100.1, 192.0.2.1"], True), (["192.0.2.1, 198.51.100.1"], False),  # the last that is no proxy
    (["198.51.100.1,192.0.2.1,10.1.2.3"], True), (["192.0.2.1, 198.51.100.1, 10.1.2.3, 127.0.0.1"], False),
    (["198.51.100.1", "192.0.2.1"], True), (["192.0.2.1", "198.51.100.1"], False),  # lines are one list
    (["10.9.9.9"], True),  # proxies only: the peer
    (["192.0.2.1:4711"], True), (["[2001:db8::1]:4711"], True), (["198.51.100.1:80"], False),
    (["nonsense"], None), (["192.0.2.1, nonsense"], None), (["nonsense, 192.0.2.1"], None), (["192.0.2.1,"], None), ([",192.0.2.1"], None),
    (["192.0.2"], None), (["192.0.2.1 198.51.100.1"], None), (["192.0.2.256"], None), ([""], None), (["192.0.2.0/24"], None),
    (["for=192.0.2.1"], None), (["_hidden"], None), (["unknown"], None),
])
def test_address__forwarded_by_a_listed_proxy(full, values, allowed):
    with Wire(full) as wire:
        wire.send(head(full, "GET", "/numgate/v1/me", *[f"X-Forwarded-For: {value}" for value in values]))
        reply = wire.reply("GET", "/numgate/v1/me")
    if allowed is None:
        refused(reply, 400, "InvalidForwardedFor")
    elif allowed:
        assert reply.status_code == 200
    else:
        refused(reply, 403, "AddressNotAllowed")


def test_address__forwarded_by_anybody_else_does_not_count(server):
    for value in ("198.51.100.1", "nonsense"):
        assert server.client().get("/accounts", headers={"X-Forwarded-For": value}).status_code == 200


def test_address__that_is_not_on_the_list_is_refused(make_server):
    closed = make_server("[access]\nallow = 192.0.2.0/24\n")
    refused(closed.client().get("/accounts"), 403, "AddressNotAllowed")
    refused(closed.client().get("/accounts", headers={"X-Forwarded-For": "192.0.2.1"}), 403, "AddressNotAllowed")
    refused(closed.client(None, api_version=None).get("/openapi.json"), 403, "AddressNotAllowed")


# ---- the rate limit ----

def test_limit__exactly_so_many_are_let_through(meter):
    clients = [meter.client(role) for role in ("ADMIN", "READ", "WRITE", "DELETE")]
    begun = time.time()
    replies = [clients[i % 4].get("/accounts" if i % 4 < 2 else "/nothing") for i in range(LIMIT + 3)]  # over all callers
    assert [reply.status_code == 429 for reply in replies] == [False] * LIMIT + [True] * 3
    for reply in replies[-3:]:
        refused(reply, 429, "TooManyRequests")
        free_at = begun + 60
        assert free_at - time.time() - 1 <= int(reply.headers["Retry-After"]) <= 60
        assert reply.headers["Retry-After"] in reply.json()["error"]["message"]


def test_limit__holds_when_all_come_at_once(meter):
    clients = [meter.client() for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda i: clients[i % 8].get("/accounts").status_code, range(LIMIT * 2)))
    assert sorted(statuses) == [200] * LIMIT + [429] * LIMIT


def test_limit__refused_tokens_and_own_paths_are_not_counted(meter):
    client, nobody = meter.client(), meter.client(None)
    for _ in range(LIMIT):
        assert client.get("/numgate/v1/me").status_code == 200
        assert client.get("/numgate/v1/nothing").status_code == 404
        assert nobody.get("/accounts").status_code == 401
        assert nobody.get("/accounts", headers=BAD_TOKEN).status_code == 401
        assert meter.client("NO_ROLE").get("/accounts").status_code == 403
        assert nobody.get("/openapi.json").status_code == 200
        assert nobody.get("/numgate/v1/ready").status_code == 200
    statuses = [client.get("/accounts").status_code for _ in range(LIMIT + 1)]
    assert statuses == [200] * LIMIT + [429]


def test_limit__refusals_of_its_own_do_not_count(meter, lab):
    client = meter.client()
    for _ in range(LIMIT):
        client.get("/accounts")
    first = int(client.get("/accounts").headers["Retry-After"])
    for _ in range(LIMIT):
        assert int(client.get("/accounts").headers["Retry-After"]) <= first


def test_limit__counts_whatever_the_answer_is(meter):
    client = meter.client("READ")
    name = account_name()
    for _ in range(LIMIT // 4):
        refused(client.get("/nothing"), 404, "NotFound")
        refused(client.patch("/accounts"), 405, "MethodNotAllowed")
        refused(client.put(f"/accounts/{name}", json={}), 403, "RoleRequired")
        refused(client.get("/accounts", params={"top": 0}), 400, "InvalidQueryParameter")
    refused(client.get("/accounts"), 429, "TooManyRequests")


def test_limit__batch_counts_once(meter):
    client, name = meter.client(), account_name()
    assert client.put(f"/accounts/{name}", json=account_body(name)).status_code == 201
    for _ in range(LIMIT - 1):
        assert client.post(f"/accounts/{name}:deleteNumbers", json={"numbers": [{"telephoneNumber": f"+49{i}0"} for i in range(100)]}
                           ).status_code == 204
    refused(client.get("/accounts"), 429, "TooManyRequests")


def test_limit__of_users_is_their_own(meter):
    admin, reader = meter.client("USER_ADMIN"), meter.client("USER_READ")
    assert [admin.get("/accounts").status_code for _ in range(6)] == [200] * 5 + [429]
    assert 1 <= int(admin.get("/accounts").headers["Retry-After"]) <= 60
    assert reader.get("/accounts").status_code == 200
    assert [meter.client().get("/accounts").status_code for _ in range(LIMIT + 1)] == [200] * LIMIT + [429]
    assert reader.get("/accounts").status_code == 200


def test_limit__is_100_unless_said_and_0_is_off(make_server):
    usual = make_server("[limits]\nrequests_per_minute = 100\n")
    client = usual.client()
    assert client.get("/numgate/v1/me").json()["limits"]["requestsPerMinute"] == 100
    assert [client.get("/accounts").status_code for _ in range(101)] == [200] * 100 + [429]
    example = usual.run("example-config").stdout
    assert "requests_per_minute = 100" in example


def test_limit__refusals_are_counted_by_reason(full):
    names = {"rate-limit": ("ADMIN", {}), "token": (None, {}), "address": ("ADMIN", STRANGER), "no-role": ("NO_ROLE", {}),
             "forwarded-for": ("ADMIN", {"X-Forwarded-For": "x"})}
    for reason, (role, headers) in names.items():
        series = f'numgate_refusals_total{{reason="{reason}"}}'
        before = full.metrics().get(series, 0)
        full.client(role).get("/accounts", headers=headers)
        wait_until(lambda series=series, before=before: full.metrics().get(series, 0) == before + 1, what=series)
