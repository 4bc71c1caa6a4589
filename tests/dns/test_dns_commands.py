"""numgate dns: what people see of the customers' DNS, and how they steer it."""
import json
import re
import subprocess

import pytest

from conftest import BIN, account_body, account_name, wait_until
from customers import ADDRESSES, BASE, TTL, Customer, await_zone, by_hand, zone_of
from deployment import DNS, Site


@pytest.fixture(scope="module")
def site(tmp_path_factory, lab):
    made = Site(tmp_path_factory.mktemp("commands"), lab)
    yield made
    made.close()


@pytest.fixture
def dns(site):
    """dns("status", code=0, role="ADMIN"): runs `numgate dns status`."""
    def run(*arguments, code=0, role="ADMIN", to=site):
        done = subprocess.run([BIN / "numgate", "dns", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              check=False, env=to.server.shell(role))
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done
    return run


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def orphan(n, region=1):
    return (f"gone{n}.1r{region}._numgate.{BASE}", "TXT", TTL, "heritage=numgate,owner=numgate,account=gone")


def put_orphans(site, *orphans):
    by_hand(site.dns, *(("add", name, ttl, kind, data) for name, kind, ttl, data in orphans))


def test_status__says_who_publishes_and_how_it_stands(dns, site):
    site.customer()
    site.await_rest()
    shown = dns("status", role="READ").stdout.splitlines()
    assert shown[:4] == ["publisher: update", f"primary: {site.dns.address}", f"zones: {BASE}", f"servers: {site.dns.address}"]
    assert re.fullmatch(r"serial: \d+", shown[4]) and shown[5] == shown[6].strip().replace("provisioned", "subdomains")
    assert "with a problem: 0" in shown
    assert [line.split()[0] for line in shown[-3:]] == ["WORK", "dns", "zone"]
    status, = lines(dns("status", "--json"))
    assert status["configured"] is True and status["customers"]["kept"] >= 1
    assert "RoleRequired" in dns("status", code=4, role="NO_ROLE").stderr


def test_list__and_show(dns, site):
    customer = site.customer()
    assert re.search(rf"^{customer.label} +{customer.name} +provisioned +false +20", dns("list").stdout, re.M)
    assert len(dns("list", "--limit", "1").stdout.splitlines()) == 2
    assert customer.name in [row["account"] for row in lines(dns("list", "--json"))]
    shown = dns("show", customer.name).stdout
    assert f"subdomain: {customer.label}\nstatus: provisioned\n" in shown
    for n, address in ADDRESSES.items():
        name = f"{customer.label}.1r{n}.{BASE}"
        assert f"region {n}, wanted:" in shown and re.search(rf"^{name} +300 +A +{address}$", shown, re.M)
    assert re.search(rf"^{site.dns.address} +true +true +TXT {customer.tokens[1]}, A {ADDRESSES[1]}", shown, re.M)
    assert lines(dns("show", customer.name, "--json"))[0]["regions"][1]["servers"][0]["matches"] is True
    assert "AccountNotFound" in dns("show", "nobody", code=3).stderr
    plain = account_name()
    site.admin.put(f"/accounts/{plain}", json=account_body(plain))
    assert "DirectRoutingNotEnabled" in dns("show", plain, code=5).stderr


def test_check__mends_what_somebody_broke(dns, site):
    customer = site.customer()
    site.await_rest()
    name = f"{customer.label}.1r1.{BASE}"
    by_hand(site.dns, ("delete", name, "A"))
    assert f"check: {customer.name}" in dns("check", customer.name).stderr
    wait_until(lambda: site.dns.lookup(name, "A") == {ADDRESSES[1]}, what="the record again")
    site.await_rest()
    by_hand(site.dns, ("delete", name, "A"))
    assert "check: everything" in dns("check").stderr
    wait_until(lambda: site.dns.lookup(name, "A") == {ADDRESSES[1]}, what="the record again")
    dns("check", "nobody", code=3)
    dns("check", code=4, role="WRITE")


def test_pause__resume_and_retry(dns, site):
    dns("pause")
    try:
        assert all(kind["paused"] for kind in site.status()["kinds"])
        put_orphans(site, orphan(1))
        assert "numgate dns resume" in dns("apply", "--yes", "--confirm", code=5).stderr
    finally:
        dns("resume")
    assert not any(kind["paused"] for kind in site.status()["kinds"])
    wait_until(lambda: site.plan()["orphans"] == 0, what="the job that waited")
    assert "0 items" in dns("retry").stderr and lines(dns("retry", "--json")) == [{"items": 0}]


def test_plan__and_apply(dns, site):
    customers = [site.customer() for _ in range(3)]
    site.await_rest()
    put_orphans(site, orphan(2))
    by_hand(site.dns, ("add", f"{customers[0].label}.1r1.{BASE}", 60, "A", "198.51.100.9"))
    shown = dns("plan", role="READ").stdout
    assert re.search(rf"^remove +gone2\.1r1\.{BASE} +TXT heritage=numgate", shown, re.M)
    assert re.search(rf"^none +{customers[0].label}\.1r1\.{BASE} +{customers[0].name} +A 198\.51\.100\.9$", shown, re.M)
    assert "names that change: 1\norphans among them: 1\nrecords of others: 1\n" in shown and "of which 1 go" in shown
    assert lines(dns("plan", "--json"))[0]["changes"] == 1
    assert dns("apply", "--dry-run").stdout == shown
    assert "--yes" in dns("apply", code=2).stderr  # nobody is there to be asked
    assert site.plan()["orphans"] == 1
    assert "done: 1 names, 1 of them orphans" in dns("apply", "--yes").stderr
    assert "nothing is to be done" in dns("apply", "--yes").stderr
    by_hand(site.dns, ("delete", f"{customers[0].label}.1r1.{BASE}", "A", "198.51.100.9"))
    dns("plan", code=4, role="NO_ROLE")
    dns("apply", "--yes", code=0, role="READ")  # nothing to do: nobody is asked
    put_orphans(site, orphan(3))
    assert "RoleRequired" in dns("apply", "--yes", code=4, role="READ").stderr
    dns("apply", "--yes")


def test_apply__of_a_plan_that_removes_much_needs_confirm(tmp_path, lab, dns):
    site = Site(tmp_path, lab)
    try:
        site.await_rest()
        orphans = [orphan(n) for n in range(3)]
        put_orphans(site, *orphans)
        refused = dns("apply", "--yes", code=5, to=site)
        assert "42 %" in refused.stderr and "--confirm" in refused.stderr and "remove " in refused.stdout
        await_zone(site.dns, zone_of() | set(orphans), "nothing is removed")
        job, = [line for line in lines(dns("apply", "--yes", "--confirm", "--json", to=site)) if "state" in line]
        assert job["state"] == "done" and job["result"]["removed"] == 3
        await_zone(site.dns, zone_of())
        site.dns.stop()
        assert "503" in dns("plan", "--timeout", "6", "--retry-wait", "1", code=7, to=site).stderr
        dns("status", to=site)
    finally:
        site.close()


def test_letters__of_one_and_of_all(dns, site, tmp_path):
    customer = site.customer()
    shown = dns("letters", customer.name, role="READ").stdout
    assert shown.startswith(f"To: {customer.name}\nSubject: Direct Routing: ") and "Set-CsOnlineVoiceRoute" in shown
    first = Customer(site.admin, "later")
    first.enabled = False
    first.put()
    assert f"later.1r2.{BASE}" in dns("letters", first.name, "--subdomain", "later").stdout
    assert "DirectRoutingNotEnabled" in dns("letters", first.name, code=5).stderr
    assert "InvalidValue" in dns("letters", first.name, "--subdomain", "a.b", code=1).stderr
    everybody = {row["account"] for row in site.admin.items(f"{DNS}/accounts")}
    assert {row["account"] for row in lines(dns("letters", "--all", "--json"))} == everybody
    assert dns("letters", "--all").stdout.count("\n----\n") == len(everybody) - 1
    folder = tmp_path / "letters"
    assert f"{len(everybody)} letters are in {folder}" in dns("letters", "--all", "--out", folder).stderr
    assert {file.name for file in folder.iterdir()} == {f"{name}.txt" for name in everybody}
    assert "Set-CsOnlineVoiceRoute" in (folder / f"{customer.name}.txt").read_text()
    for wrong in ([], [customer.name, "--all"], ["--all", "--subdomain", "x"]):
        dns("letters", *wrong, code=2)
    dns("letters", customer.name, "--out", tmp_path / "no" / "folder", code=1)


def test_unconfigured__is_told(numgate):
    done = numgate("dns", "status")
    assert "no [dns] section" in done.stderr and "publisher: none" in done.stdout
    for arguments in (["pause"], ["plan"], ["show", "a"], ["letters", "--all"], ["apply", "--yes"]):
        assert "DnsNotConfigured" in numgate("dns", *arguments, code=7).stderr
