"""numgate sync: what people see of the synchronization, and how they steer it."""
import json
import re
import subprocess

import pytest

from conftest import BIN, wait_until
from enterprise import SYNC, Enterprise, new_number
from side import OC, Pair


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    made = Pair(tmp_path_factory.mktemp("commands"))
    yield made
    made.close()


@pytest.fixture
def enterprise(pair):
    return Enterprise(pair)


@pytest.fixture
def sync(pair):
    """sync("status", code=0, role="ADMIN"): runs `numgate sync status`."""
    def run(*arguments, code=0, role="ADMIN"):
        done = subprocess.run([BIN / "numgate", "sync", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              check=False, env=pair.server.shell(role))
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done
    return run


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def rows(done):
    """A table as a list of {heading: cell}; cells have no two spaces in them, headings one."""
    headings, *cells = [re.split(r" {2,}", line.rstrip()) for line in done.stdout.splitlines()]
    return [dict(zip(headings, row)) for row in cells]


def test_status__is_a_table_and_two_counts(sync, enterprise):
    enterprise.put(new_number())
    enterprise.await_all("synced").await_rest()
    shown = sync("status", role="READ").stdout.splitlines()
    assert re.fullmatch(r"WORK +ITEMS +DUE +FAILING +PAUSED +ITEMS PAUSED +LAST SUCCESS +OLDEST DUE", shown[0])
    assert [line.split()[0] for line in shown[1:5]] == ["sync", "relationship", "sweep", "inward"]
    assert shown[5] == "open orders: 0" and re.fullmatch(r"orphans: \d+", shown[6]) and len(shown) == 7
    status, = lines(sync("status", "--json"))
    assert status["configured"] is True and len(status["kinds"]) == 4


def test_failure__is_shown_with_its_cause(sync, pair, enterprise):
    enterprise.await_rest()
    pair.side.fault(operation="uploadNumbers", kind="status", status=503, retryAfter=1, times=1000000)
    try:
        enterprise.put(new_number())
        wait_until(lambda: enterprise.state()["attempt"] >= 1, what="a failure")
        heading, row = sync("status").stdout.splitlines()[-2:]
        assert re.fullmatch(r"FAILING +ITEM +SINCE +FAILURES +NEXT TRY +CAUSE +MESSAGE", heading)
        assert re.match(rf"sync +{enterprise.account} +20\S+Z +\d+ +20\S+Z +BackendUnavailable +the back end answers status 503", row)
        row, = [line for line in sync("list").stdout.splitlines() if line.startswith(enterprise.account)]
        assert row.endswith("BackendUnavailable")
        shown = sync("show", enterprise.account).stdout
        assert "lastError:\n  code: BackendUnavailable\n" in shown and "failingSince: 20" in shown and "lastSuccessAt: 20" in shown
        assert lines(sync("status", "--json"))[0]["kinds"][0]["failingLongest"]["item"] == enterprise.account
    finally:
        pair.side.clear_faults()
    enterprise.await_all("synced").await_rest()
    assert "FAILING  ITEM" not in sync("status").stdout and "lastError" not in sync("show", enterprise.account).stdout


def test_list__and_show(sync, enterprise):
    enterprise.put(new_number(), new_number())
    enterprise.await_all("synced").await_rest()
    row, = [row for row in rows(sync("list")) if row["ACCOUNT"] == enterprise.account]
    assert (row["STATUS"], row["PENDING"], row["FAILED"], row["LEAVING"], row["FAILURES"]) == ("synced", "0", "0", "0", "0")
    assert enterprise.account in [account["name"] for account in lines(sync("list", "--json"))]
    assert len(sync("list", "--limit", "1").stdout.splitlines()) == 2
    shown = sync("show", enterprise.account).stdout
    assert f"name: {enterprise.account}\n" in shown and "mode: rolling\n" in shown
    assert lines(sync("show", enterprise.account, "--json"))[0]["services"] == [OC]
    assert "AccountNotFound" in sync("show", "nobody", code=3).stderr


def test_pause__and_resume(sync, pair, enterprise):
    enterprise.await_rest()
    assert f"pause: {enterprise.account}" in sync("pause", enterprise.account).stderr
    assert enterprise.state()["paused"] is True
    assert f"resume: {enterprise.account}" in sync("resume", enterprise.account).stderr
    assert enterprise.state()["paused"] is False
    sync("pause")
    try:
        assert all(kind["paused"] for kind in pair.admin.get(SYNC).json()["kinds"])
        assert "numgate sync resume" in sync("reconcile", enterprise.account, code=5).stderr  # it would wait for ever
    finally:
        sync("resume")
    assert not any(kind["paused"] for kind in pair.admin.get(SYNC).json()["kinds"])
    sync("pause", "nobody", code=3)
    sync("pause", enterprise.account, code=4, role="WRITE")


def test_retry__of_an_account_and_of_all(sync, pair, enterprise):
    other = Enterprise(pair)
    for one in (enterprise, other):
        one.put(*[new_number() for _ in range(2)], usage="NoSuchUsage")
        one.await_all("failed").await_rest()
    assert "2 numbers that had failed are pending again" in sync("retry", enterprise.account).stderr
    enterprise.await_all("failed").await_rest()
    assert lines(sync("retry", "--json"))[0]["numbers"] == 4


def test_retry__goes_on_until_all_are_done(sync, enterprise):
    enterprise.put(*[new_number() for _ in range(1001)], usage="NoSuchUsage")
    enterprise.await_all("failed").await_rest()
    sync("pause", enterprise.account)
    assert lines(sync("retry", enterprise.account, "--json")) == [{"items": 0, "numbers": 1001}]
    row, = [row for row in rows(sync("list")) if row["ACCOUNT"] == enterprise.account]
    assert (row["PENDING"], row["FAILED"]) == ("1000+", "0")


def test_reconcile__shows_the_plan_and_repairs_when_told(sync, pair, enterprise):
    numbers = enterprise.put(*[new_number() for _ in range(3)])
    enterprise.await_all("synced").await_rest()
    pair.side.drop(numbers[0])
    plan, = rows(sync("reconcile", enterprise.account))
    assert (plan["MODE"], plan["SEEN"], plan["CHANGED"], plan["MISSING"], plan["ORPHANS"]) == ("plan", "2", "0", "1", "0")
    refused = sync("reconcile", enterprise.account, "--apply", code=2)  # nobody is there to be asked
    assert rows(refused)[0]["MODE"] == "plan" and "--yes" in refused.stderr
    assert len(pair.side.numbers(enterprise.tenant)) == 2
    repair, = lines(sync("reconcile", enterprise.account, "--apply", "--yes", "--json"))
    assert (repair["mode"], repair["missing"]) == ("repair", 1)
    wait_until(lambda: set(pair.side.numbers(enterprise.tenant)) == set(numbers), what="the number uploaded again")
    assert "syncEnabled" in sync("reconcile", Enterprise(pair, sync=False).account, code=5).stderr
    assert "does not take --apply" in sync("status", "--apply", code=2).stderr


def test_orphans__are_listed_and_released(sync, pair, enterprise):
    orphan, other = new_number(), new_number()
    for number in (orphan, other):
        pair.side.put(number, enterprise.tenant)
    sync("reconcile", enterprise.account, "--apply", "--yes")
    assert {"telephoneNumber": orphan, "service": OC, "tenantId": enterprise.tenant} in lines(sync("orphans", "--json"))
    assert {"NUMBER": orphan, "SERVICE": OC, "TENANT": enterprise.tenant} in rows(sync("orphans"))
    assert "--yes" in sync("release", enterprise.account, orphan, code=2).stderr
    assert "1 numbers are on their way out" in sync("release", enterprise.account, orphan, "--yes").stderr
    wait_until(lambda: set(pair.side.numbers(enterprise.tenant)) == {other}, what="the release")
    assert "no orphan" in sync("release", enterprise.account, orphan, "--yes", code=1).stderr


def test_unconfigured__is_told(numgate):
    done = numgate("sync", "status")
    assert "no back end" in done.stderr and "WORK" in done.stdout
    assert "BackendNotConfigured" in numgate("sync", "pause", code=7).stderr
