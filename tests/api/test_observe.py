"""What the operator and the caller can see: me, deployment, ready, the admin port, metrics and log lines."""
import re

import pytest
import requests
from conftest import STORE, account_body, account_name, number_body, phone_number, sqlite_only, uuid_text, wait_until

from contract import UUID

LEVELS = {"error", "warning", "notice", "info", "debug"}


# ---- /numgate/v1/ ----

@pytest.mark.parametrize("role,roles", [
    ("READ", ["Read"]), ("WRITE", ["Write"]), ("DELETE", ["Delete"]), ("ADMIN", ["Read", "Write", "Delete", "Admin"]),
    ("USER_READ", ["ReadUser"]), ("USER_ADMIN", ["ReadUser", "WriteUser", "DeleteUser", "AdminUser"])])
def test_me__tells_name_rights_and_limits(server, lab, role, roles):
    me = server.client(role).get("/numgate/v1/me").json()
    assert me["roles"] == [f"ProvisioningAPI.{name}" for name in roles]
    assert me["clientId"] == lab.client(role)[0] and me["tenantId"] == lab.tenant
    assert me["kind"] == ("user" if role.startswith("USER") else "application")
    assert me["limits"] == {"requestsPerMinute": 0, "numbersPerBatch": 100, "bodyBytes": 1048576, "pageSizeDefault": 200,
                            "pageSizeMax": 500}


def test_me__tells_the_limit_that_counts_for_the_caller(make_server):
    server = make_server("[limits]\nrequests_per_minute = 33\nrequests_per_minute_user = 44\n")
    assert server.client("READ").get("/numgate/v1/me").json()["limits"]["requestsPerMinute"] == 33
    assert server.client("USER_READ").get("/numgate/v1/me").json()["limits"]["requestsPerMinute"] == 44


@pytest.mark.parametrize("config,expected", [
    ("", {"regions": ["1r1.numgate.test", "1r2.numgate.test"], "customHeaderName": "X-MS-Operator-Content", "testTarget": True}),
    ("[deployment]\nsingle_region = yes\n[gateway]\ncustom_header_name = X-Trunk\n",
     {"regions": ["1r1.numgate.test"], "customHeaderName": "X-Trunk", "testTarget": True}),
])
def test_deployment__tells_names_versions_and_limits(make_server, config, expected):
    told = make_server(config).client("READ").get("/numgate/v1/deployment").json()
    assert expected.items() <= told.items()
    assert told["baseDomain"] == "numgate.test" and told["provisioningApi"] == "provapi.numgate.test"
    assert told["apiVersions"] == ["2024-02-29-preview"] and told["limits"]["numbersPerBatch"] == 100
    assert re.fullmatch(r"\d+\.\d+\.\d+", told["version"])


def test_ready__says_yes_to_anybody_on_the_list(server):
    reply = server.client(None, api_version=None).get("/numgate/v1/ready")
    assert reply.status_code == 200 and reply.json() == {"ready": True}


# ---- the admin port ----

def test_admin__serves_live_ready_and_metrics_and_nothing_else(server):
    def ask(path, method="GET"):
        return requests.request(method, server.admin_url + path, timeout=10)
    assert (ask("/live").status_code, ask("/live").text) == (200, "live\n")
    assert (ask("/ready").status_code, ask("/ready").text) == (200, "ready\n")
    assert ask("/metrics").headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert ask("/metrics", "HEAD").status_code == 200
    for path in ("/", "/accounts", "/openapi.json", "/numgate/v1/me", "/Metrics"):
        assert ask(path).status_code == 404
    assert ask("/metrics", "POST").status_code == 405


def parse(text):
    """{family: type} and {(name, labels)}: value of a Prometheus page."""
    types, samples = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types
            types[name] = kind
        elif not line.startswith("#"):
            name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line).groups()
            key = (name, labels or "")
            assert key not in samples
            samples[key] = float(value)
    return types, samples


def test_metrics__page_is_well_formed_and_names_are_ours(server, admin):
    admin.get("/accounts")
    server.client(role=None).get("/accounts")  # a refusal
    text = requests.get(f"{server.admin_url}/metrics", timeout=10).text
    types, samples = parse(text)
    assert all(name.startswith("numgate_") for name in types)
    for name, _ in samples:
        assert name in types or re.sub("_(bucket|sum|count)$", "", name) in types
    assert all(kind in ("counter", "gauge", "histogram") for kind in types.values())
    assert all(name.endswith("_total") for name, kind in types.items() if kind == "counter")
    for family in ("numgate_requests_total", "numgate_request_seconds", "numgate_refusals_total", "numgate_store_commit_seconds",
                   "numgate_build_info", "numgate_token_checks_total"):
        assert family in types
    assert ("numgate_store_group_jobs" in types) == (STORE == "sqlite")
    assert any("connections" in name for name in types)


def test_metrics__requests_are_counted_by_route_template_method_and_status(server, admin):
    name, number = account_name("metric"), phone_number()

    def counted(route, method, status):
        return server.metrics().get(f'numgate_requests_total{{route="{route}",method="{method}",status="{status}"}}', 0)
    steps = [("PUT", f"/accounts/{name}", account_body(name), "/accounts/{accountName}", 201),
             ("PUT", f"/accounts/{name}/numbers/{number}", number_body(number, name),
              "/accounts/{accountName}/numbers/{telephoneNumber}", 201),
             ("GET", f"/accounts/{name}/numbers/+999", None, "/accounts/{accountName}/numbers/{telephoneNumber}", 404),
             ("HEAD", f"/accounts/{name}", None, "/accounts/{accountName}", 200),
             ("GET", f"/{name}", None, "(none)", 404),
             ("DELETE", f"/accounts/{name}?deleteNumbers=true", None, "/accounts/{accountName}", 204)]
    for method, path, body, route, status in steps:
        before = counted(route, method, status)
        assert admin.request(method, path, json=body).status_code == status
        wait_until(lambda r=route, m=method, s=status, b=before: counted(r, m, s) == b + 1, what=f"{method} {route} {status}")


def test_metrics__have_no_number_and_no_name_of_a_customer_in_them(server, admin):
    name, number = account_name("secretname"), phone_number()
    admin.put(f"/accounts/{name}", json=account_body(name))
    admin.put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name))
    for path in (f"/accounts/{name}/numbers/{number}", f"/{name}", f"/accounts/{name}:{name}", f"/accounts?{name}=1", f"/{number}"):
        for method in ("GET", "OPTIONS"):
            admin.request(method, path)
    text = requests.get(f"{server.admin_url}/metrics", timeout=10).text
    for secret in (name, "secretname", number, number[1:], server.lab.tenant, server.lab.client("ADMIN")[0]):
        assert secret not in text


@sqlite_only
def test_metrics__commits_are_counted_in_groups(server, admin):
    before = server.metrics()
    for _ in range(3):
        name = account_name()
        admin.put(f"/accounts/{name}", json=account_body(name))
    after = server.metrics()
    assert after["numgate_store_group_jobs_sum"] - before["numgate_store_group_jobs_sum"] >= 3
    assert after["numgate_store_commit_seconds_count"] > before["numgate_store_commit_seconds_count"]


# ---- the log ----

def request_row(server, reply):
    identity = reply.headers["x-ms-request-id"]

    def find():
        return [row for row in server.log_rows() if row.get("request_id") == identity and row["event"] == "request"]
    row, = wait_until(find, what="the log line")
    return row


def test_log__has_one_json_line_for_each_request(server, admin, account):
    identity = uuid_text()
    reply = admin.get(f"/accounts/{account}", headers={"x-ms-client-request-id": identity})
    row = request_row(server, reply)
    assert row["level"] == "info" and row["method"] == "GET" and row["status"] == 200 and row["route"] == "/accounts/{accountName}"
    assert row["target"].startswith(f"/accounts/{account}?") and row["from"] == "127.0.0.1"
    assert row["client_request_id"] == identity and row["client"] == server.lab.client("ADMIN")[0]
    assert row["bytes"] == len(reply.content) and 0 <= row["duration_ms"] < 10000 and row["aborted"] is False


def test_log__tells_the_code_of_a_refusal(server, admin):
    row = request_row(server, admin.get(f"/accounts/{account_name()}"))
    assert row["status"] == 404 and row["code"] == "AccountNotFound"
    row = request_row(server, server.client(None).get("/accounts"))
    assert row["status"] == 401 and row["code"] == "MissingToken" and "client" not in row


def test_log__quotes_what_comes_from_outside(server, admin):
    reply = admin.get('/"accounts"\\x', headers={"x-ms-client-request-id": '"},"level":"x\\'})
    row = request_row(server, reply)
    assert row["status"] in (400, 404) and row["level"] == "info" and row["client_request_id"] == '"},"level":"x\\'


def test_log__is_json_with_time_level_and_event_and_holds_no_secret(server, admin, lab):
    name = account_name()
    admin.put(f"/accounts/{name}", json=account_body(name))
    admin.get("/accounts", headers={"Authorization": f"Bearer {lab.token('READ')}x"})
    for line in server.output().splitlines():
        assert line.startswith("{"), line
    rows = server.log_rows()
    for row in rows:
        assert {"time", "level", "event", "program"} <= set(row) and row["level"] in LEVELS and row["program"] == "numgated"
        assert "request_id" not in row or UUID.match(row["request_id"])
    text = server.output()
    for role in ("ADMIN", "READ"):
        assert lab.client(role)[1] not in text
        for part in lab.token(role).split(".")[1:]:
            assert part not in text
    assert not re.search(r"eyJ[A-Za-z0-9_-]{20}", text) and "Bearer " not in text
