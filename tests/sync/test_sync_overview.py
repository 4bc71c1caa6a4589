"""/numgate/v1/overview: what needs a person in the synchronization. Provenance: what a back end says is nobody's change."""
import pytest

from conftest import wait_until
from enterprise import SYNC, Enterprise, new_number
from side import Pair

OVERVIEW = "/numgate/v1/overview"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    made = Pair(tmp_path_factory.mktemp("overview"))
    made.admin.checked = True
    yield made
    made.close()


@pytest.fixture
def enterprise(pair):
    return Enterprise(pair)


def attention(pair, kind, account=None, tenant=None):
    """The item of this kind; None: there is none."""
    found = [item for item in pair.admin.get(OVERVIEW).json()["attention"]
             if item["kind"] == kind and item.get("accountName") == account and item.get("tenantId") == tenant]
    assert len(found) <= 1
    return found[0] if found else None


def test_failing_work__is_told_with_its_cause_until_it_goes_well(pair, enterprise):
    assert pair.admin.get(OVERVIEW).json()["health"] == {"ready": True, "sync": "configured", "dns": "none"}
    enterprise.await_rest()
    assert attention(pair, "syncFailing", enterprise.account) is None
    pair.side.fault(operation="uploadNumbers", kind="status", status=503, retryAfter=1, times=1000000)
    try:
        enterprise.put(new_number())
        item = wait_until(lambda: attention(pair, "syncFailing", enterprise.account), what="the failure")
        assert item["code"] == "BackendUnavailable" and "503" in item["message"]
        assert item["since"] == enterprise.state()["failingSince"]
    finally:
        pair.side.clear_faults()
    enterprise.await_all("synced").await_rest()
    assert attention(pair, "syncFailing", enterprise.account) is None


def test_failing_sweep__is_told_of_its_tenant(pair):
    pair.side.fault(operation="listNumbers", kind="status", status=503, retryAfter=1, times=1000000)
    try:
        enterprise = Enterprise(pair)
        wait_until(lambda: attention(pair, "syncFailing", tenant=enterprise.tenant), what="the failure")
    finally:
        pair.side.clear_faults()
    wait_until(lambda: attention(pair, "syncFailing", tenant=enterprise.tenant) is None, what="the end of the failure")


def test_pause__is_told_until_it_is_resumed(pair, enterprise):
    enterprise.await_rest()
    enterprise.tell("pause")
    assert attention(pair, "syncPaused", enterprise.account) == {"kind": "syncPaused", "accountName": enterprise.account}
    enterprise.tell("resume")
    assert attention(pair, "syncPaused", enterprise.account) is None
    assert pair.admin.post(f"{SYNC}:pause").status_code == 204
    try:
        assert attention(pair, "syncPaused") == {"kind": "syncPaused", "message": "everything is paused"}
    finally:
        assert pair.admin.post(f"{SYNC}:resume").status_code == 204
    assert attention(pair, "syncPaused") is None


def test_pause__of_a_sweep_says_why(pair):
    pair.side.fault(operation="listNumbers", kind="status", status=503, retryAfter=1, times=1000000)  # the first sweep waits
    try:
        enterprise = Enterprise(pair)
        numbers = enterprise.put(*[new_number() for _ in range(40)])
        enterprise.await_all("synced").await_rest(swept=False)
        for number in numbers[:20]:
            pair.side.drop(number)
    finally:
        pair.side.clear_faults()
    item = wait_until(lambda: attention(pair, "syncPaused", enterprise.account), what="the pause")
    assert item["code"] == "NumbersMissing" and item["count"] == 20 and "20 of 40" in item["message"]
    enterprise.tell("resume")
    assert attention(pair, "syncPaused", enterprise.account) is None


def test_request_new__comes_from_the_back_end_and_goes_with_the_account(pair):
    enterprise = Enterprise(pair, sync=False)
    assert attention(pair, "requestNew", tenant=enterprise.tenant) is None  # it has an account
    assert pair.admin.delete(f"/accounts/{enterprise.account}").status_code == 204
    assert attention(pair, "requestNew", tenant=enterprise.tenant)["since"]


def test_changed_by__stays_when_the_back_end_speaks(pair, enterprise):
    number = new_number()
    enterprise.put(number)
    changed = pair.admin.post("/numgate/v1/numbers:lookup", json={"text": number}).json()["items"][0]["changedBy"]
    assert changed["way"] == "api"
    enterprise.await_all("synced").await_rest()
    pair.side.assign(number)

    def assigned():
        item = pair.admin.post("/numgate/v1/numbers:lookup", json={"text": number}).json()["items"][0]
        return item if item["assignmentStatus"] == "assigned" else None
    enterprise.tell("reconcile", 202, {"apply": False})
    assert wait_until(assigned, what="the assignment")["changedBy"] == changed
    pair.side.unassign(number)
    enterprise.tell("reconcile", 202, {"apply": False})
    wait_until(lambda: assigned() is None, what="the end of the assignment")
    assert pair.admin.delete(f"/accounts/{enterprise.account}/numbers/{number}").status_code == 204
    item = pair.admin.post("/numgate/v1/numbers:lookup", json={"text": number}).json()["items"][0]
    assert item == {"input": number, "telephoneNumber": number, "verdict": "unknown"}  # also while it is being released


def test_consequences__of_a_delete_are_what_it_meets(pair, enterprise):
    numbers = enterprise.put(*[new_number() for _ in range(5)])
    enterprise.await_all("synced").await_rest()
    for number in numbers[:2]:
        pair.side.assign(number)
    enterprise.tell("reconcile", 202, {"apply": False})

    def consequences():
        return pair.admin.get("/numgate/v1/numbers:consequences", params={"accountName": enterprise.account}).json()
    wait_until(lambda: consequences()["assigned"] == 2, what="both assignments")
    assert consequences() == {"count": 5, "assigned": 2, "syncedServices": {"teamsOperatorConnect": 5, "teamsPhoneMobile": 0},
                              "truncated": False}
    refused = [number for number in numbers
               if pair.admin.delete(f"/accounts/{enterprise.account}/numbers/{number}").status_code == 409]
    assert refused == list(numbers[:2])
    assert consequences()["count"] == 2  # the others are being released
    for number in numbers[:2]:
        pair.side.unassign(number)
