"""/numgate/v1/sync: the synchronization is shown as it is, and does what it is told. Every test has an enterprise of its own."""
import pytest

from conftest import STORE, new_database, on_store, wait_until
from contract import DATE_TIME, UUID, refused, targets
from enterprise import ACCOUNTS, SYNC, Enterprise, count, new_number
from side import MOBILE, OC, Gossip, Pair, Side, backend_config, new_tenant, number_of

LAUNCHED = "ApiRequiredAfterLaunch"
KINDS = ["sync", "relationship", "sweep", "inward"]
CONTROLS = [(f"{SYNC}:pause", None), (f"{SYNC}:resume", None), (f"{SYNC}:retry", None), (f"{ACCOUNTS}/a:retry", None), (f"{ACCOUNTS}/a:pause", None),
            (f"{ACCOUNTS}/a:resume", None), (f"{ACCOUNTS}/a:reconcile", {"apply": False}),
            (f"{ACCOUNTS}/a:releaseOrphans", {"telephoneNumbers": ["+441632960000"]})]
READS = [SYNC, ACCOUNTS, f"{SYNC}/orphans"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    made = Pair(tmp_path_factory.mktemp("control"))
    made.admin.checked = True
    yield made
    made.close()


@pytest.fixture
def enterprise(pair):
    return Enterprise(pair)


@pytest.fixture
def fail_uploads(pair):
    """fail_uploads(): from now on, until the test ends or says otherwise."""
    yield lambda: pair.side.fault(operation="uploadNumbers", kind="status", status=503, retryAfter=1, times=1000000)
    pair.side.clear_faults()


def kind(admin, name="sync"):
    return next(k for k in admin.get(SYNC).json()["kinds"] if k["kind"] == name)


def uploads(pair):
    return pair.side.statistics()["calls"].get("uploadNumbers", 0)


# ---- what is seen ----

def test_status__shows_every_kind_of_work(pair, enterprise):
    enterprise.put(new_number())
    enterprise.await_all("synced").await_rest()
    status = pair.server.client("READ").get(SYNC).json()
    assert status["configured"] is True and [k["kind"] for k in status["kinds"]] == KINDS
    assert status["openOrders"] == count(0)
    for k in status["kinds"]:
        assert k["depth"] >= k["due"] >= 0 and k["failing"] == 0 and k["pausedItems"] == 0 and not k["paused"] and not k["truncated"]
        assert DATE_TIME.match(k.get("oldestDueAt", "2026-01-01T00:00:00Z")) and "failingLongest" not in k
    assert status["lastSuccessAt"] == max(k["lastSuccessAt"] for k in status["kinds"] if "lastSuccessAt" in k)
    depths = {k["kind"]: k["depth"] for k in status["kinds"]}
    assert depths["inward"] == 2 and depths["sweep"] >= 1  # by the clock, for ever


def test_account__at_rest(enterprise):
    enterprise.put(*[new_number() for _ in range(3)])
    enterprise.await_all("synced").await_rest()
    shown = enterprise.state()
    sweep = shown.pop("sweep")
    assert DATE_TIME.match(shown.pop("lastSuccessAt")) and DATE_TIME.match(sweep["lastSuccessAt"])
    assert sweep["last"]["mode"] == "rolling" and DATE_TIME.match(sweep["last"]["at"])
    assert shown == {"name": enterprise.account, "deleted": False, "tenantId": enterprise.tenant, "serviceProvisioningStatus": "synced",
                     "services": [OC], "pending": count(0), "failed": count(0), "leaving": count(0), "attempt": 0, "paused": False,
                     "openOrders": []}
    assert sweep["mode"] == "rolling" and sweep["attempt"] == 0 and DATE_TIME.match(sweep["nextTryAt"])


def test_account__with_an_open_order(pair, enterprise):
    pair.side.switch(hold=True)
    try:
        enterprise.put(*[new_number() for _ in range(3)])
        order, = wait_until(lambda: [o for o in enterprise.state().get("openOrders", []) if "jobId" in o], what="the order")
        assert (order["kind"], order["service"], order["numbers"]) == ("upload", OC, 3)
        assert UUID.match(order["id"]) and DATE_TIME.match(order["createdAt"])
        assert enterprise.state()["pending"] == count(3) and pair.admin.get(SYNC).json()["openOrders"] == count(1)
        wait_until(lambda: enterprise.state()["openOrders"][0]["asked"] > order["asked"], what="another question for the job")
        wait_until(lambda: pair.server.metrics()["numgate_sync_orders_open"] == 1, what="the order in the metrics")
    finally:
        pair.side.switch(hold=False)
    enterprise.await_all("synced").await_rest()
    assert enterprise.state()["openOrders"] == []


def test_account__that_fails_says_why_and_since_when(pair, enterprise, fail_uploads):
    enterprise.put(new_number())
    enterprise.await_all("synced").await_rest()
    before = enterprise.state()["lastSuccessAt"]
    fail_uploads()
    enterprise.put(new_number())
    wait_until(lambda: enterprise.state()["attempt"] >= 2, what="two failures")
    shown = enterprise.state()
    assert shown["pending"] == count(1) and DATE_TIME.match(shown["nextTryAt"]) and shown["lastSuccessAt"] == before
    assert shown["lastError"]["code"] == "BackendUnavailable" and "503" in shown["lastError"]["message"]
    assert before < shown["failingSince"]
    enterprise.put(new_number())  # which tries at once, and mends nothing
    assert enterprise.state()["attempt"] >= 2 and enterprise.state()["failingSince"] == shown["failingSince"]
    assert next(a for a in pair.admin.items(ACCOUNTS) if a["name"] == enterprise.account)["lastError"]["code"] == "BackendUnavailable"
    longest = kind(pair.admin)["failingLongest"]
    assert kind(pair.admin)["failing"] >= 1 and longest["attempt"] >= 2
    assert (longest["item"], longest["failingSince"], longest["lastError"]["code"]) == (enterprise.account, shown["failingSince"], "BackendUnavailable")
    pair.side.clear_faults()
    enterprise.await_all("synced").await_rest()
    healed = enterprise.state()
    assert healed["attempt"] == 0 and "lastError" not in healed and "failingSince" not in healed
    assert healed["lastSuccessAt"] > shown["failingSince"] and "failingLongest" not in kind(pair.admin)
    assert pair.admin.get(SYNC).json()["lastSuccessAt"] >= healed["lastSuccessAt"] == kind(pair.admin)["lastSuccessAt"]


def test_account__that_is_refused_says_so(pair, enterprise):
    enterprise.await_rest()
    client = pair.lab.settings["NUMGATE_SYNC_CLIENT_ID"]
    pair.side.call("DELETE", f"/applications/{client}")
    try:
        enterprise.put(new_number())
        cause = wait_until(lambda: enterprise.state().get("lastError"), what="the cause")
        assert cause["code"] == "BackendDenied" and "403" in cause["message"]
    finally:
        pair.side.call("PUT", f"/applications/{client}")
    enterprise.await_all("synced").await_rest()
    assert "lastError" not in enterprise.state()


def test_account__says_why_after_a_restart(tmp_path):
    pair = Pair(tmp_path)
    try:
        enterprise = Enterprise(pair)
        enterprise.put(new_number())
        enterprise.await_all("synced").await_rest()
        pair.side.fault(operation="uploadNumbers", kind="status", status=500, times=1000000)
        enterprise.put(new_number())
        wait_until(lambda: enterprise.state()["attempt"] >= 1, what="a failure")
        enterprise.tell("pause")  # nobody tries it again meanwhile
        wait_until(lambda: pair.server.metrics()['numgate_work_running{kind="sync"}'] == 0, what="the end of the try")
        shown = enterprise.state()
        assert shown["lastError"]["code"] == "BackendFailed"
        pair.server.kill()
        pair.server.start()
        names = ("attempt", "lastError", "failingSince", "lastSuccessAt")
        assert [enterprise.state()[name] for name in names] == [shown[name] for name in names]
        pair.side.clear_faults()
        enterprise.tell("resume")
        enterprise.await_all("synced").await_rest()
        assert "lastError" not in enterprise.state() and enterprise.state()["lastSuccessAt"] > shown["lastSuccessAt"]
    finally:
        pair.close()


@pytest.mark.skipif(STORE != "postgresql", reason="about several nodes")
def test_account__says_why_on_a_node_that_never_tried(make_server, lab):
    url = new_database()
    worker, other = make_server(on_store(backend_config(lab), url)), make_server(on_store("", url))
    seen, side, tenant = other.client(), Side(lab), new_tenant()
    side.consent(tenant)
    wait_until(lambda: seen.get(f"/teamsRequestsForInformation/{tenant}").status_code == 200, what="the consent")
    details = {"teamsTenantId": tenant, OC: {"enabled": True, "syncEnabled": True}}
    assert worker.client().put("/accounts/a", json={"name": "a", "serviceDetails": details}).status_code == 201
    swept = wait_until(lambda: seen.get(f"{ACCOUNTS}/a").json().get("sweep", {}).get("lastSuccessAt"), what="the first sweep")
    for operation in ("listConsents", "uploadNumbers"):
        side.fault(operation=operation, kind="status", status=503, retryAfter=1, times=1000000)
    try:
        number = new_number()
        assert worker.client().put(f"/accounts/a/numbers/{number}", json=number_of("a", number)).status_code == 201
        cause = wait_until(lambda: seen.get(f"{ACCOUNTS}/a").json().get("lastError"), what="the account's cause at the other node")
        longest = wait_until(lambda: kind(seen, "inward").get("failingLongest"), what="the cause at the other node")
        assert longest["item"] == "consents" and cause["code"] == longest["lastError"]["code"] == "BackendUnavailable"
        assert swept <= seen.get(SYNC).json()["lastSuccessAt"]
    finally:
        side.clear_faults()
    wait_until(lambda: "failingLongest" not in kind(seen, "inward") and "failingLongest" not in kind(seen), what="the end of the failures")
    assert kind(seen, "inward")["lastSuccessAt"] > longest["failingSince"]
    assert seen.get(f"{ACCOUNTS}/a").json()["lastSuccessAt"] > longest["failingSince"]
    assert not [row for row in other.log_rows() if row["event"].startswith("work_")]


@pytest.mark.parametrize("token", ["s3cret.opaque_token-0123456789", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"])
def test_cause__never_has_what_the_request_was_allowed_with(make_server, lab, token):
    with Gossip(token) as gossip:
        server = make_server(backend_config(lab, base_url=f"{gossip.url}/v1", token_url=f"{gossip.url}/token"))
        admin = server.client()
        cause = wait_until(lambda: kind(admin, "inward").get("failingLongest"), what="a failure")["lastError"]
        assert cause["code"] == "BackendDenied" and "Denied: header Bearer ****" in cause["message"]
        shown = admin.get(SYNC).text
        server.stop()
    for secret in (token, "dXNlcjpvcGVuIHNlc2FtZQ", lab.settings["NUMGATE_SYNC_CLIENT_SECRET"]):
        assert secret not in shown and secret not in server.output()


def test_account__unknown_ones_are_404(pair):
    for method, path, body in [("GET", "", None)] + [("POST", f":{a}", b) for a, b in [
            ("retry", None), ("pause", None), ("resume", None), ("reconcile", {"apply": True}), ("releaseOrphans", {"telephoneNumbers": ["+441632960000"]})]]:
        refused(pair.admin.request(method, f"{ACCOUNTS}/nobody{path}", json=body), 404, "AccountNotFound")


def test_account__that_is_gone_is_shown_while_its_numbers_leave(pair, enterprise):
    enterprise.put(new_number(), new_number())
    enterprise.await_all("synced").await_rest()
    enterprise.tell("pause")
    assert pair.admin.delete(f"/accounts/{enterprise.account}", params={"deleteNumbers": "true"}).status_code == 204
    shown = enterprise.state()
    assert shown["deleted"] is True and shown["leaving"] == count(2) and shown["paused"] is True and shown["services"] == []
    assert enterprise.account in [a["name"] for a in pair.admin.items(ACCOUNTS) if a["deleted"]]
    enterprise.tell("retry", 200)
    enterprise.tell("resume")
    wait_until(lambda: pair.admin.get(f"{ACCOUNTS}/{enterprise.account}").status_code == 404, what="the end of the account")
    assert pair.side.numbers(enterprise.tenant) == {}


@pytest.mark.parametrize("size", [1, 2, 3, 500])
def test_accounts__are_listed_in_pages(pair, size):
    ours = [Enterprise(pair).account for _ in range(3)]
    without = Enterprise(pair, sync=False).await_rest().account
    pages = [page.json()["value"] for page in pair.admin.pages(ACCOUNTS, maxpagesize=size)]
    names = [a["name"] for page in pages for a in page]
    assert all(len(page) <= size for page in pages) and names == sorted(set(names))
    assert set(ours) <= set(names) and without not in names
    shown = next(a for page in pages for a in page if a["name"] == ours[0])
    assert shown["services"] == [OC] and shown["pending"] == count(0) and "sweep" not in shown and "openOrders" not in shown


# ---- pause, resume, retry ----

def test_pause__holds_an_account_until_it_is_resumed(pair, enterprise):
    enterprise.await_rest()
    enterprise.tell("pause")
    enterprise.tell("pause")  # again: the same
    other = Enterprise(pair)
    before = uploads(pair)
    enterprise.put(new_number())
    other.put(new_number())
    other.await_all("synced").await_rest()
    shown = enterprise.state()
    assert shown["paused"] is True and shown["pending"] == count(1) and shown["attempt"] == 0 and "pauseReason" not in shown
    assert uploads(pair) == before + 1 and other.state()["paused"] is False
    assert kind(pair.admin)["pausedItems"] == 1
    enterprise.tell("resume")
    enterprise.await_all("synced")
    assert kind(pair.admin)["pausedItems"] == 0
    enterprise.tell("resume")  # nothing to resume: fine


def test_pause_all__holds_everything(pair, enterprise):
    enterprise.await_rest()
    assert pair.admin.post(f"{SYNC}:pause").status_code == 204
    try:
        assert all(k["paused"] for k in pair.admin.get(SYNC).json()["kinds"])
        enterprise.put(new_number())
        assert enterprise.state()["paused"] is True
        enterprise.tell("resume")  # an account alone cannot
        wait_until(lambda: kind(pair.admin)["due"] >= 1, what="work that is due")
        assert enterprise.state()["paused"] is True and enterprise.statuses() == {"pending"}
        assert "oldestDueAt" not in kind(pair.admin)  # what is paused is not late
    finally:
        assert pair.admin.post(f"{SYNC}:resume").status_code == 204
    enterprise.await_all("synced")
    assert not any(k["paused"] for k in pair.admin.get(SYNC).json()["kinds"])


def test_retry__makes_failed_numbers_pending_again(pair, enterprise):
    bad = [new_number() for _ in range(3)]
    enterprise.put(*bad, usage="NoSuchUsage")
    enterprise.await_all("failed").await_rest()
    assert enterprise.state()["failed"] == count(3)
    assert enterprise.tell("retry", 200) == {"count": 3, "more": False}
    enterprise.await_all("failed").await_rest()  # they are as wrong as before
    assert len(pair.side.history(bad[0])) == 2
    assert Enterprise(pair).tell("retry", 200) == {"count": 0, "more": False}


def test_retry__takes_a_thousand_at_a_time(pair, enterprise):
    numbers = enterprise.put(*[new_number() for _ in range(1100)], usage="NoSuchUsage")
    enterprise.await_all("failed").await_rest()
    enterprise.tell("pause")  # so that what is pending stays so
    assert enterprise.tell("retry", 200) == {"count": 1000, "more": True}
    shown = enterprise.state()
    assert (shown["pending"], shown["failed"]) == (count(1000), count(100))
    listed = next(a for a in pair.admin.items(ACCOUNTS) if a["name"] == enterprise.account)
    assert listed["pending"] == count(1000) and listed["failed"] == count(100)
    assert enterprise.tell("retry", 200) == {"count": 100, "more": False}
    assert enterprise.state()["pending"] == count(len(numbers))
    listed = next(a for a in pair.admin.items(ACCOUNTS) if a["name"] == enterprise.account)
    assert listed["pending"] == count(1000, True)  # a list counts no further
    enterprise.tell("resume")
    enterprise.await_all("failed")


def test_retry__does_not_wait_for_the_back_off(tmp_path):
    """With pauses of hours between the tries: what fails is tried again when somebody says so."""
    slow = Pair(tmp_path, retry_max_seconds="86400")
    try:
        enterprise = Enterprise(slow)
        enterprise.await_rest()
        slow.side.fault(operation="uploadNumbers", kind="status", status=503, retryAfter=3600, times=1000000)
        enterprise.put(new_number())
        wait_until(lambda: enterprise.state()["attempt"] == 1, what="the first failure")
        slow.side.clear_faults()
        assert slow.admin.post(f"{SYNC}:retry").json() == {"count": 1, "more": False}
        enterprise.await_all("synced")
        slow.side.fault(operation="uploadNumbers", kind="status", status=503, retryAfter=3600, times=1000000)
        enterprise.put(new_number())
        wait_until(lambda: enterprise.state()["attempt"] == 1, what="another failure")
        slow.side.clear_faults()
        assert enterprise.tell("retry", 200) == {"count": 0, "more": False}
        enterprise.await_all("synced")
        assert slow.admin.post(f"{SYNC}:retry").json()["count"] == 0
    finally:
        slow.close()


def test_retry__heals_an_account_without_consent(pair, enterprise):
    pair.side.consent(enterprise.tenant, status="Suspended")
    wait_until(lambda: enterprise.state()["serviceProvisioningStatus"] == "failed", what="the failure of the account")
    assert enterprise.tell("retry", 200)["count"] == 0
    wait_until(lambda: enterprise.state()["serviceProvisioningStatus"] == "failed", what="the failure of the account again")
    pair.side.consent(enterprise.tenant)
    wait_until(lambda: enterprise.state()["serviceProvisioningStatus"] == "synced", what="the account synced")


# ---- reconcile ----

def test_reconcile__plan_looks_and_writes_nothing(pair, enterprise):
    numbers = enterprise.put(*[new_number() for _ in range(4)])
    enterprise.await_all("synced").await_rest()
    pair.side.drop(numbers[0])
    pair.side.put(new_number(), enterprise.tenant)
    asked = enterprise.tell("reconcile", 202, {"apply": False})
    assert asked["name"] == enterprise.account and asked["sweep"]["mode"] == "plan"
    plan = enterprise.swept("plan")
    assert DATE_TIME.match(plan.pop("at")) and plan == {"mode": "plan", "seen": 4, "changed": 0, "missing": 1, "orphans": 1}
    assert numbers[0] not in pair.side.numbers(enterprise.tenant) and enterprise.statuses() == {"synced"}


def test_reconcile__apply_repairs_and_notes_orphans(pair, enterprise):
    numbers = enterprise.put(*[new_number() for _ in range(4)])
    enterprise.await_all("synced").await_rest()
    pair.side.drop(numbers[0])
    orphan = new_number()
    pair.side.put(orphan, enterprise.tenant)
    enterprise.tell("reconcile", 202, {"apply": True})
    found = enterprise.swept("repair")
    assert (found["missing"], found["orphans"]) == (1, 1)
    wait_until(lambda: set(pair.side.numbers(enterprise.tenant)) == {*numbers, orphan}, what="the number uploaded again")
    assert {"telephoneNumber": orphan, "service": OC, "tenantId": enterprise.tenant} in pair.admin.items(f"{SYNC}/orphans")


def test_reconcile__resumes_an_account_that_a_sweep_paused(pair, enterprise):
    numbers = enterprise.put(*[new_number() for _ in range(40)])
    enterprise.await_all("synced").await_rest()
    for number in numbers[:20]:  # far too many to be an accident
        pair.side.drop(number)
    enterprise.tell("reconcile", 202, {"apply": False})
    assert enterprise.swept("plan")["missing"] == 20
    assert enterprise.state()["paused"] is False  # a plan does nothing
    enterprise.tell("pause")
    enterprise.tell("reconcile", 202, {"apply": True})
    assert enterprise.state()["paused"] is False
    enterprise.swept("repair")
    wait_until(lambda: set(pair.side.numbers(enterprise.tenant)) == set(numbers), what="all of them uploaded again")


def test_pause__of_a_sweep_has_its_reason_until_it_is_resumed(pair):
    pair.side.fault(operation="listNumbers", kind="status", status=503, retryAfter=1, times=1000000)  # the first sweep waits
    try:
        enterprise = Enterprise(pair)
        numbers = enterprise.put(*[new_number() for _ in range(40)])
        enterprise.await_all("synced").await_rest(swept=False)
        for number in numbers[:20]:
            pair.side.drop(number)
    finally:
        pair.side.clear_faults()
    wait_until(lambda: enterprise.state()["paused"], what="the pause")
    assert enterprise.state()["pauseReason"] == {"missing": 20, "of": 40}
    last = enterprise.swept("rolling")
    assert (last["seen"], last["missing"]) == (20, 20)
    enterprise.tell("resume")
    assert enterprise.state()["paused"] is False and "pauseReason" not in enterprise.state()
    assert len(pair.side.numbers(enterprise.tenant)) == 20  # resuming alone repairs nothing
    enterprise.tell("reconcile", 202, {"apply": True})
    wait_until(lambda: set(pair.side.numbers(enterprise.tenant)) == set(numbers), what="all of them uploaded again")


def test_reconcile__needs_sync_and_a_whole_body(pair, enterprise):
    without = Enterprise(pair, sync=False)
    refused(pair.admin.post(f"{ACCOUNTS}/{without.account}:reconcile", json={"apply": False}), 409, "Conflict")
    path = f"{ACCOUNTS}/{enterprise.account}:reconcile"
    refused(pair.admin.post(path), 400, "MissingBody")
    refused(pair.admin.post(path, json={}), 400, "MissingField", "apply")
    refused(pair.admin.post(path, json={"apply": "yes"}), 400, "InvalidType", "apply")
    refused(pair.admin.post(path, json={"apply": True, "appply": True}), 400, "UnknownField", "appply")


# ---- orphans ----

@pytest.fixture
def orphans(pair, enterprise):
    made = [new_number() for _ in range(4)]
    for number in made:
        pair.side.put(number, enterprise.tenant)
    enterprise.tell("reconcile", 202, {"apply": True})
    assert enterprise.swept("repair")["orphans"] == 4
    return made


def listed(pair, **params):
    return [o["telephoneNumber"] for o in pair.admin.items(f"{SYNC}/orphans", **params)]


def test_orphans__are_listed_in_pages(pair, orphans):
    everything = listed(pair)
    assert everything == sorted(everything) and set(orphans) <= set(everything)
    assert pair.admin.get(SYNC).json()["orphans"] == count(len(everything))
    for size in (1, 3, len(everything)):
        assert listed(pair, maxpagesize=size) == everything
    refused(pair.admin.get(f"{SYNC}/orphans", params={"continuation": "0.-.x"}), 400, "InvalidQueryParameter", "continuation")
    refused(pair.admin.get(f"{SYNC}/orphans", params={"continuation": f"0.-.{2**63 - 1}"}), 400, "InvalidQueryParameter", "continuation")


def test_orphans__are_released_by_command_with_an_audit_row(pair, enterprise, orphans):
    path = f"{ACCOUNTS}/{enterprise.account}:releaseOrphans"
    reply = pair.admin.post(path, json={"telephoneNumbers": [orphans[2], orphans[0]]})
    assert (reply.status_code, reply.json()) == (202, {"count": 2, "more": False}), reply.text
    wait_until(lambda: set(pair.side.numbers(enterprise.tenant)) == {orphans[1], orphans[3]}, what="the release")
    assert not {orphans[0], orphans[2]} & set(listed(pair)) and {orphans[1], orphans[3]} <= set(listed(pair))
    rows = pair.admin.items("/numgate/v1/audit", requestId=reply.headers["x-ms-request-id"])
    assert {(row["action"], row["kind"], row["account"], row["key"]) for row in rows} == {
        ("delete", "number", enterprise.account, orphans[0]), ("delete", "number", enterprise.account, orphans[2])}
    assert rows[0]["before"]["serviceDetails"] == {OC: {"enabled": True}} and "after" not in rows[0]


def test_orphans__only_those_of_the_tenant_are_released(pair, enterprise, orphans):
    path, other = f"{ACCOUNTS}/{enterprise.account}:releaseOrphans", Enterprise(pair)
    held, = other.put(new_number())
    other.await_all("synced").await_rest()
    body = {"telephoneNumbers": [orphans[0], new_number(), held]}
    error = refused(pair.admin.post(path, json=body), 400, "InvalidValue")
    assert targets(error) == {"telephoneNumbers[1]": "InvalidValue", "telephoneNumbers[2]": "InvalidValue"}
    refused(pair.admin.post(f"{ACCOUNTS}/{other.account}:releaseOrphans", json={"telephoneNumbers": [orphans[0]]}), 400, "InvalidValue",
            "telephoneNumbers[0]")
    refused(pair.admin.post(path, json={"telephoneNumbers": [orphans[0], orphans[1], orphans[0]]}), 400, "DuplicateNumber", "telephoneNumbers[2]")
    error = refused(pair.admin.post(path, json={"telephoneNumbers": ["44", orphans[0], "x"]}), 400, "InvalidValue")
    assert targets(error) == {"telephoneNumbers[0]": "InvalidValue", "telephoneNumbers[2]": "InvalidValue"}
    refused(pair.admin.post(path, json={}), 400, "MissingField", "telephoneNumbers")
    assert pair.admin.post(path, json={"telephoneNumbers": []}).json() == {"count": 0, "more": False}
    refused(pair.admin.post(path, json={"telephoneNumbers": [new_number() for _ in range(101)]}), 400, "TooMany", "telephoneNumbers")
    assert set(orphans) <= set(listed(pair)) and set(pair.side.numbers(enterprise.tenant)) == set(orphans)


def test_orphans__that_an_account_has_are_deleted_there(pair, enterprise, orphans):
    """An account without sync may hold a number that the back end has from elsewhere."""
    quiet = Enterprise(pair, sync=False)
    quiet.put(orphans[0])
    refused(pair.admin.post(f"{ACCOUNTS}/{enterprise.account}:releaseOrphans", json={"telephoneNumbers": [orphans[0]]}), 409, "NumberInUse",
            "telephoneNumbers[0]")


# ---- after the launch ----

@pytest.fixture(scope="module")
def launched(tmp_path_factory):
    """Operator Connect is launched, Teams Phone Mobile is not."""
    made = Pair(tmp_path_factory.mktemp("launched"), launched="yes")
    yield made
    made.close()


def test_reconcile__in_the_middle_of_a_sweep_is_of_the_services_that_there_are_by_then(launched):
    enterprise, number = Enterprise(launched, sync=False), new_number()
    for service in (OC, MOBILE):
        launched.side.put(number, enterprise.tenant, service)
    launched.side.fault(operation="listNumbers", kind="delay", ms=1500)
    launched.put_account(enterprise.account, enterprise.tenant)
    wait_until(lambda: not launched.side.call("GET", "/faults")["faults"], what="the first sweep's page")
    launched.put_account(enterprise.account, enterprise.tenant, services=(OC, MOBILE))
    enterprise.tell("reconcile", 202, {"apply": True})
    assert enterprise.swept("repair")["orphans"] == 2


def test_launch__orphans_of_the_service_are_released_by_programs_alone(launched):
    enterprise, person = Enterprise(launched), launched.server.client("USER_ADMIN")
    ours, both, mobile = sorted(new_number() for _ in range(3))
    for number, services in ((ours, [OC]), (both, [OC, MOBILE]), (mobile, [MOBILE])):
        for service in services:
            launched.side.put(number, enterprise.tenant, service)
    launched.put_account(enterprise.account, enterprise.tenant, services=(OC, MOBILE))
    enterprise.tell("reconcile", 202, {"apply": True})
    assert enterprise.swept("repair")["orphans"] == 4
    path = f"{ACCOUNTS}/{enterprise.account}:releaseOrphans"
    error = refused(person.post(path, json={"telephoneNumbers": [mobile, ours, both]}), 403, LAUNCHED)
    assert targets(error) == {"telephoneNumbers[1]": LAUNCHED, "telephoneNumbers[2]": LAUNCHED} and OC in error["details"][0]["message"]
    refused(person.post(path, json={"telephoneNumbers": [ours, new_number()]}), 400, "InvalidValue", "telephoneNumbers[1]")  # invalid comes first
    quiet = Enterprise(launched, sync=False)
    quiet.put(both)
    refused(person.post(path, json={"telephoneNumbers": [both]}), 403, LAUNCHED, "telephoneNumbers[0]")  # conflicts come behind
    refused(launched.admin.post(path, json={"telephoneNumbers": [both]}), 409, "NumberInUse")
    assert person.post(path, json={"telephoneNumbers": [mobile]}).status_code == 202  # not launched
    assert launched.admin.post(path, json={"telephoneNumbers": [ours]}).status_code == 202
    wait_until(lambda: not {ours, mobile} & {*launched.side.numbers(enterprise.tenant), *launched.side.numbers(enterprise.tenant, MOBILE)}, what="the releases")
    assert set(launched.side.numbers(enterprise.tenant)) == {both}


def test_launch__people_see_the_plan_and_programs_apply_it(launched):
    enterprise, person = Enterprise(launched), launched.server.client("USER_ADMIN")
    number, = enterprise.put(new_number())
    enterprise.await_all("synced").await_rest()
    launched.side.drop(number)
    path = f"{ACCOUNTS}/{enterprise.account}:reconcile"
    assert LAUNCHED == refused(person.post(path, json={"apply": True}), 403, LAUNCHED, "apply")["code"]
    assert "sweep" not in enterprise.state() or enterprise.state()["sweep"]["mode"] == "rolling"
    assert person.post(path, json={"apply": False}).status_code == 202
    assert enterprise.swept("plan")["missing"] == 1
    for action in ("pause", "resume", "retry"):  # what programs have asked for goes out sooner or later, and is as it was
        assert person.post(f"{ACCOUNTS}/{enterprise.account}:{action}").status_code in (200, 204)
    assert launched.side.numbers(enterprise.tenant) == {}
    enterprise.tell("reconcile", 202, {"apply": True})
    wait_until(lambda: set(launched.side.numbers(enterprise.tenant)) == {number}, what="the number uploaded again")


def test_launch__a_plan_is_of_the_whole_tenant(launched):
    """An account without the launched service, on a tenant where another one has it, and where none has."""
    enterprise, person = Enterprise(launched), launched.server.client("USER_ADMIN")
    beside = f"{enterprise.account}-mobile"
    launched.put_account(beside, enterprise.tenant, services=(MOBILE,))
    error = refused(person.post(f"{ACCOUNTS}/{beside}:reconcile", json={"apply": True}), 403, LAUNCHED, "apply")
    assert enterprise.account in error["message"]
    launched.put_account(enterprise.account, enterprise.tenant, sync=False)
    assert person.post(f"{ACCOUNTS}/{beside}:reconcile", json={"apply": True}).status_code == 202
    refused(person.post(f"{ACCOUNTS}/{enterprise.account}:reconcile", json={"apply": True}), 409, "Conflict")  # there is nothing to repair


# ---- who may, and where there is no back end ----

@pytest.mark.parametrize("path,body", CONTROLS)
def test_control__is_for_administrators(pair, path, body):
    for role in ("READ", "WRITE", "DELETE"):
        refused(pair.server.client(role).post(path, json=body), 403, "RoleRequired")
    refused(pair.server.client(None).post(path, json=body), 401, "MissingToken")


@pytest.mark.parametrize("path", READS)
def test_read__is_for_readers(pair, path):
    assert pair.server.client("READ").get(path).status_code == 200
    refused(pair.server.client("WRITE").get(path), 403, "RoleRequired")


def test_control__is_logged_with_who_did_it(pair, enterprise):
    enterprise.await_rest()
    enterprise.tell("pause")
    enterprise.tell("resume")
    client = pair.lab.client("ADMIN")[0]
    rows = [row for row in pair.server.log_rows() if row["event"] == "sync_control" and row.get("account") == enterprise.account]
    assert [row["operation"] for row in rows] == ["NumgateSync_pause", "NumgateSync_resume"]
    assert all(client in row["caller"] and UUID.match(row["request_id"]) for row in rows)


@pytest.mark.parametrize("path,body", CONTROLS)
def test_unconfigured__control_is_501(server, path, body):
    refused(server.client().post(path, json=body), 501, "BackendNotConfigured")


def test_unconfigured__is_told(server):
    status = server.client().get(SYNC).json()
    assert status["configured"] is False and [k["kind"] for k in status["kinds"]] == KINDS
    assert all(k["depth"] == 0 for k in status["kinds"])
    assert server.client().get(ACCOUNTS).json() == {"value": []} == server.client().get(f"{SYNC}/orphans").json()


def test_unreachable__attempts_rise_and_the_oldest_is_shown(make_server, lab):
    section = backend_config(lab, base_url="http://127.0.0.1:9/v1")  # nobody listens there
    server = make_server(section)
    admin, tenant = server.client(), new_tenant()
    details = {"teamsTenantId": tenant, OC: {"enabled": True, "syncEnabled": True}}
    assert admin.put("/accounts/a", json={"name": "a", "serviceDetails": details}).status_code == 201
    wait_until(lambda: kind(admin, "inward")["failing"] == 2, what="failures of what is asked for by the clock")
    wait_until(lambda: (admin.get(f"{ACCOUNTS}/a").json().get("sweep") or {"attempt": 0})["attempt"] >= 2, what="failures of the sweep")
    status = admin.get(SYNC).json()
    assert status["configured"] is True and "lastSuccessAt" not in status
    assert all(k["failingLongest"]["lastError"]["code"] == "BackendUnavailable" for k in status["kinds"] if k["failing"] > 0)
