"""numgate-failover between two regions: real numgated, real DNS servers, every way in which a region can be away."""
import contextlib
import re
import socket
import subprocess
from signal import SIGCONT, SIGSTOP

import pytest
import requests
from conftest import BIN, free_port, rounds, state, wait_until
from proxy import Proxy
from servers import Bind, Key, Knot
from sites import BASE, NAME, Region, Tls, Watcher, current


def said_once(watcher, event):
    """Not again and again. Twice where a question to the DNS was lost on a busy machine."""
    return 1 <= len(watcher.events(event)) <= 2


class Sites:
    """Two regions that run, and a DNS whose record names the first."""

    def __init__(self, one, two, servers, tls, dns, make_watcher):
        self.one, self.two, self.tls, self.dns, self.make_watcher = one, two, tls, dns, make_watcher
        self.server_one, self.server_two = servers

    def watch(self, **settings):
        """A watcher that has seen both regions healthy."""
        return self.make_watcher([self.one, self.two], self.tls, self.dns, **settings).start().await_healthy(self.one, self.two)

    def await_current(self, region):
        wait_until(lambda: current(self.dns) == region.address, what=f"the record naming region {region.name}")


@pytest.fixture
def make_watcher(tmp_path):
    made = []

    def make(*arguments, **settings):
        made.append(Watcher(tmp_path / f"watcher-{len(made)}", *arguments, **settings))
        return made[-1]
    yield make
    for watcher in made:
        watcher.stop()


@pytest.fixture
def make_sites(tmp_path, make_server, make_watcher):
    """make_sites(dns=Knot, record=None, start=True): `record`: lines of the zone, else those that name region 1."""
    with contextlib.ExitStack() as running:
        def make(dns=Knot, record=None, start=True):
            tls = Tls(tmp_path / "tls")
            one, two = Region("1", "127.0.0.1", tls), Region("2", "127.0.0.2", tls)
            servers = [make_server(region.options(), start=start) for region in (one, two)]
            server = running.enter_context(dns(tmp_path / "dns", zones={BASE: one.record() if record is None else record}).start())
            return Sites(one, two, servers, tls, server, make_watcher)
        yield make


@pytest.fixture
def sites(make_sites):
    return make_sites()


# ---- ways to be away ----

@pytest.mark.parametrize("dns", [Knot, Bind])
def test_region__killed_loses_the_record(make_sites, dns):
    sites = make_sites(dns)
    watcher = sites.watch()
    assert watcher.ready() == (200, "ready") and current(sites.dns) == sites.one.address
    sites.server_one.kill()
    sites.await_current(sites.two)
    assert (NAME, "A", 60, sites.two.address) in sites.dns.records(BASE)
    wait_until(lambda: watcher.metrics()['region_current{region="2"}'] == 1)
    metrics = watcher.metrics()
    assert metrics['changes_total{kind="failover"}'] == 1 and metrics["last_change_time_seconds"] > 1e9
    assert metrics['region_current{region="1"}'] == 0 and metrics['region_healthy{region="1"}'] == 0
    assert metrics['probes_total{region="1",result="unreachable"}'] >= 3
    changed, = watcher.events("changed")
    assert (changed["kind"], changed["from"], changed["to"]) == ("failover", sites.one.address, sites.two.address)
    assert f"port {sites.one.port}" in watcher.events("region_down")[0]["reason"]
    assert watcher.terminate() == 0


def test_region__stopped_loses_the_record_and_delays_nobody(sites):
    watcher = sites.watch()
    sites.server_one.signal(SIGSTOP)
    try:
        watcher.await_probes(sites.two, 3, "healthy")
        sites.await_current(sites.two)
        assert watcher.probes(sites.one, "timeout") >= 3 and watcher.probes(sites.two, "timeout") == 0
        sites.server_one.kill()  # another reason, which is said, too
        wait_until(lambda: [row for row in watcher.events("probe") if row["result"] == "unreachable"])
    finally:
        sites.server_one.stop()


def test_region__cut_off_loses_the_record(sites):
    with Proxy(sites.one.listen_port) as network:
        sites.one.port = network.port
        watcher = sites.watch()
        network.drop()
        sites.await_current(sites.two)
        assert watcher.probes(sites.one, "timeout") >= 3


def test_region__not_ready_loses_the_record(make_sites):
    """Its issuer is nowhere, so it has no keys to check tokens with, and says 503 by itself."""
    sites = make_sites(start=False)
    sites.server_one.configure(sites.one.options() + f"[issuer.lab]\nauthority = https://localhost:{free_port()}/x/v2.0\n")
    sites.server_one.spawn()
    sites.server_two.start()
    url = f"https://127.0.0.1:{sites.one.listen_port}/numgate/v1/ready"
    sites.server_one.await_ready(lambda: requests.get(url, verify=sites.tls.ca, timeout=5).status_code == 503)
    watcher = sites.make_watcher([sites.one, sites.two], sites.tls, sites.dns).start()
    sites.await_current(sites.two)
    assert watcher.probes(sites.one, "not_ready") >= 3
    assert watcher.events("region_down")[0]["reason"] == "it answers 503, so it is not ready"


@pytest.mark.parametrize("which", ["wrong_name", "wrong_ca"])
def test_region__with_a_wrong_certificate_loses_the_record(sites, which):
    watcher = sites.watch()
    sites.tls.install(which, sites.one.files)
    sites.server_one.reload()
    sites.await_current(sites.two)
    assert watcher.probes(sites.one, "certificate") >= 3


def test_region__that_flaps_keeps_the_record(sites):
    watcher = sites.watch(failures=6)
    for _ in range(rounds(1, 3, 10)):
        sites.server_one.signal(SIGSTOP)
        watcher.await_probes(sites.one, 2, "timeout")
        sites.server_one.signal(SIGCONT)
        watcher.await_probes(sites.one, 1, "healthy")
    assert watcher.changes() == 0 and current(sites.dns) == sites.one.address


def test_regions__both_down_change_nothing(sites):
    watcher = sites.watch()
    for server in (sites.server_two, sites.server_one):
        server.kill()
    wait_until(lambda: watcher.events("nobody_healthy"), what="saying so")
    watcher.await_probes(sites.one, 5)
    assert said_once(watcher, "nobody_healthy") and watcher.metrics()['verdict{verdict="nobody"}'] == 1
    assert watcher.changes() == 0 and current(sites.dns) == sites.one.address
    assert watcher.ready() == (503, "not ready: no region is healthy that the record could name")
    assert not watcher.status(code=1)["well"]
    sites.server_two.start()
    sites.await_current(sites.two)
    wait_until(lambda: watcher.ready()[0] == 200)


# ---- back ----

def test_failback__is_by_hand_unless_told_otherwise(sites):
    watcher = sites.watch(failback_after_seconds="0")
    sites.server_one.kill()
    sites.await_current(sites.two)
    assert "region 1 is not healthy" in watcher.run("point", "--region", "1", code=1)
    sites.server_one.start()
    watcher.await_healthy(sites.one)
    watcher.await_probes(sites.one, 4, "healthy")
    assert current(sites.dns) == sites.two.address and watcher.changes() == 1
    said = watcher.run("point", "--region", "1")
    assert f"{NAME}: {sites.two.address} -> {sites.one.address}" in said and f"{sites.dns.address}: serves it" in said
    assert current(sites.dns) == sites.one.address
    assert "already" in watcher.run("point", "--region", "1")
    wait_until(lambda: watcher.metrics()['region_current{region="1"}'] == 1)
    assert watcher.changes() == 1


def test_failback__by_itself_comes_after_the_time_that_was_set(sites):
    watcher = sites.watch(failback="automatic", failback_after_seconds="3")
    sites.server_one.kill()
    sites.await_current(sites.two)
    sites.server_one.start()
    sites.await_current(sites.one)
    wait_until(lambda: len(watcher.events("changed")) == 2)
    assert watcher.metrics()['changes_total{kind="failback"}'] == 1
    assert watcher.probes(sites.one, "healthy") >= 3 + 6  # before, and half a second apart


def test_failback__to_another_preferred_region(sites):
    watcher = sites.watch(failback="automatic", preferred="2")
    sites.await_current(sites.two)
    assert watcher.changes() == 1


# ---- what the record may be ----

def test_record__that_is_not_there_is_made(make_sites):
    sites = make_sites(record=[])
    watcher = sites.watch()
    sites.await_current(sites.one)
    wait_until(lambda: watcher.metrics()['changes_total{kind="create"}'] == 1)
    assert (NAME, "A", 60, sites.one.address) in sites.dns.records(BASE)


def test_record__is_not_made_where_the_name_has_others(make_sites):
    """Somebody put something there, and may mean something by it."""
    sites = make_sites(record=["provapi TXT reserved"])
    watcher = sites.watch()
    wait_until(lambda: watcher.events("update_failed"))
    watcher.await_probes(sites.one, 3)
    assert said_once(watcher, "update_failed") and watcher.events("update_failed")[0]["code"] == "DnsPrerequisite"
    assert not watcher.events("overtaken")
    assert sites.dns.records(BASE) == {(NAME, "TXT", 60, "reserved")}
    assert "the name has records of another type" in watcher.run("check", code=1)


@pytest.mark.parametrize("record", [["provapi A 203.0.113.9"], ["provapi A 127.0.0.1", "provapi A 127.0.0.2"], ["provapi CNAME api"]])
def test_record__made_by_hand_is_left_alone(make_sites, record):
    sites = make_sites(record=record)
    before = sites.dns.records(BASE)
    watcher = sites.watch()
    sites.server_one.kill()
    wait_until(lambda: watcher.events("region_down"))
    watcher.await_probes(sites.one, 3)
    assert said_once(watcher, "record_foreign")
    assert watcher.ready() == (503, "not ready: the record names none of the regions")
    assert "somebody made it by hand" in watcher.run("point", "--region", "2", code=1)
    assert sites.dns.records(BASE) == before and watcher.changes() == 0
    taken = "CNAME" not in record[0]
    watcher.run("point", "--region", "2", "--force", code=0 if taken else 1)
    assert (current(sites.dns) == sites.two.address) if taken else (sites.dns.records(BASE) == before)


def test_point__at_a_region_that_is_away_wants_force(sites):
    watcher = sites.make_watcher([sites.one, sites.two], sites.tls, sites.dns)
    sites.server_two.kill()
    watcher.run("point", "--region", "2", code=1)
    assert current(sites.dns) == sites.one.address
    assert "not healthy" in watcher.run("point", "--region", "2", "--force")
    assert current(sites.dns) == sites.two.address
    assert "no section [region.3]" in watcher.run("point", "--region", "3", code=2)
    watcher.run("point", code=2)


def test_dry_run__says_what_it_would_do(sites):
    watcher = sites.watch(dry_run="yes")
    sites.server_one.kill()
    wait_until(lambda: watcher.events("failover"))
    watcher.await_probes(sites.one, 4)
    assert said_once(watcher, "failover")
    said = watcher.events("failover")[0]
    assert (said["region"], said["target"], said["dry_run"]) == ("1", "2", True)
    assert watcher.changes() == 0 and current(sites.dns) == sites.one.address
    assert "dry run" in watcher.run("point", "--region", "2")
    assert current(sites.dns) == sites.one.address


# ---- several who change it ----

def test_watchers__two_make_one_change(sites):
    watchers = [sites.watch() for _ in range(2)]
    sites.server_one.kill()
    sites.await_current(sites.two)
    for watcher in watchers:
        wait_until(lambda w=watcher: w.metrics()['region_current{region="2"}'] == 1)
        watcher.await_probes(sites.two, 2)
    assert sum(watcher.changes() for watcher in watchers) == 1
    assert not [row for watcher in watchers for row in watcher.events("update_failed")]


def test_watchers__that_see_different_things_do_not_undo_at_once(sites):
    """One cannot reach region 1; the other sees both, and fails back by itself, but not before its time."""
    with Proxy(sites.one.listen_port) as network:
        patient = sites.watch(failback="automatic", failback_after_seconds="3600")
        sites.one.port = network.port
        cut_off = sites.watch()
        network.cut()
        sites.await_current(sites.two)
        wait_until(lambda: patient.metrics()['region_current{region="2"}'] == 1)
        patient.await_probes(sites.one, 4, "healthy")
        assert patient.changes() == 0 and cut_off.changes() == 1


def test_watchers__at_the_same_time_never_leave_two_addresses(sites):
    """Of commands that all read the same record one is taken; for the others it has changed meanwhile."""
    watcher = sites.make_watcher([sites.one, sites.two], sites.tls, sites.dns)
    for i in range(rounds(2, 10, 50)):
        command = [BIN / "numgate-failover", "point", "--config", watcher.config, "--region"]
        running = [subprocess.Popen([*command, str(j % 2 + 1)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                   for j in range(6)]
        said = [process.communicate(timeout=60)[0] for process in running]
        assert current(sites.dns) in (sites.one.address, sites.two.address), (i, said)
        assert any(process.returncode == 0 for process in running), said


# ---- the DNS ----

def test_dns__away_while_a_region_dies_and_back(sites):
    watcher = sites.watch()
    sites.dns.freeze()
    wait_until(lambda: watcher.ready() == (503, "not ready: the record cannot be read"))
    sites.server_one.kill()
    wait_until(lambda: watcher.events("region_down"))
    watcher.await_probes(sites.two, 4, "healthy")
    assert watcher.changes() == 0 and said_once(watcher, "record_unread")
    sites.dns.thaw()
    sites.await_current(sites.two)
    wait_until(lambda: watcher.ready()[0] == 200)
    assert watcher.changes() == 1


def test_dns__ended_and_started_again(sites):
    watcher = sites.watch()
    sites.dns.stop()
    sites.server_one.kill()
    wait_until(lambda: watcher.events("region_down"))
    sites.dns.start()
    sites.await_current(sites.two)
    assert watcher.changes() == 1


@pytest.mark.parametrize("dns", [Knot, Bind])
def test_dns__refuses_a_wrong_key(make_sites, dns):
    sites = make_sites(dns)
    watcher = sites.make_watcher([sites.one, sites.two], sites.tls, sites.dns)
    state.write_private(watcher.key, Key(sites.dns.key.name).text)
    watcher.start().await_healthy(sites.one, sites.two)
    found = watcher.run("check", code=1)
    assert re.search(r"^FAILED key .* secret must be the server's", found, re.MULTILINE), found
    sites.server_one.kill()
    wait_until(lambda: watcher.events("update_failed"))
    watcher.await_probes(sites.one, 4)
    assert said_once(watcher, "update_failed") and watcher.events("update_failed")[0]["code"] == "DnsKeyRefused"
    assert watcher.metrics()['updates_failed_total{reason="DnsKeyRefused"}'] >= 2
    assert watcher.ready() == (503, "not ready: the last change of the record failed")
    assert current(sites.dns) == sites.one.address and watcher.changes() == 0
    secret = watcher.key.read_text().rsplit(":", 1)[1]
    assert secret not in watcher.output() + found


def test_dns__server_that_does_not_follow_is_told_of(sites, tmp_path):
    with Knot(tmp_path / "other", zones={BASE: sites.one.record()}, dynamic=False).start() as other:
        watcher = sites.watch(servers=f"{sites.dns.address}, {other.address}")
        serves = f'server_serves{{server="{other.address}"}}'
        wait_until(lambda: watcher.metrics().get(serves) == 1)
        sites.server_one.kill()
        sites.await_current(sites.two)
        wait_until(lambda: watcher.metrics()[serves] == 0)
        assert watcher.events("server_behind")[0]["record"] == sites.one.address
        assert f"{other.address}: does not serve it yet" in watcher.run("point", "--region", "2", code=1)
        other.write_zone(BASE, sites.two.record())
        other.reload()
        wait_until(lambda: watcher.metrics()[serves] == 1)
        assert len(watcher.events("server_behind")) == len(watcher.events("server_serves")) == 1


class NarrowKnot(Knot):
    """Its key may change this record and nothing else, as docs/failover.md says."""

    def _write_configuration(self):
        super()._write_configuration()
        file = self.directory / "knot.conf"
        narrow = "action: update\n    update-owner: name\n    update-owner-match: equal\n    update-owner-name: provapi\n    update-type: A"
        file.write_text(file.read_text().replace("action: [update, transfer]", narrow))


class NarrowBind(Bind):
    def _write_configuration(self):
        super()._write_configuration()
        file = self.directory / "named.conf"
        file.write_text(re.sub("allow-update .*", f'update-policy {{ grant "{self.key.name}" name {NAME}. A; }};', file.read_text()))


@pytest.mark.parametrize("dns", [NarrowKnot, NarrowBind])
@pytest.mark.parametrize("record", [None, []])
def test_dns__key_needs_no_more_than_the_record(make_sites, dns, record):
    sites = make_sites(dns, record=record)
    watcher = sites.watch()
    sites.await_current(sites.one)
    watcher.run("check")
    watcher.run("point", "--region", "2")
    assert current(sites.dns) == sites.two.address


# ---- commands ----

def test_check__has_a_line_for_each_thing_and_changes_nothing(sites):
    watcher = sites.make_watcher([sites.one, sites.two], sites.tls, sites.dns)
    serial = sites.dns.lookup(BASE, "SOA")
    said = watcher.run("check")
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["ok", what] for what in ("configuration", "server", "zone", "record", "key", "region", "region")]
    assert sites.dns.lookup(BASE, "SOA") == serial
    sites.tls.install("wrong_ca", sites.two.files)
    sites.server_two.reload()
    wait_until(lambda: "FAILED region         2" in watcher.run("check", code=1))
    assert "from a CA of [failover] ca_file" in watcher.run("check", code=1)
    sites.dns.stop()
    said = watcher.run("check", code=1)
    assert all(re.search(f"^FAILED {what} .*[;:] ", said, re.MULTILINE) for what in ("server", "zone", "key")), said


def test_check__finds_a_record_that_is_kept_too_long(make_sites):
    sites = make_sites(record=["provapi 3600 A 127.0.0.1"])
    watcher = sites.make_watcher([sites.one, sites.two], sites.tls, sites.dns)
    assert re.search("^FAILED record .*TTL 3600, longer than", watcher.run("check", code=1), re.MULTILINE)
    watcher.run("point", "--region", "2")
    assert "TTL 60\n" in watcher.run("check")


REFUSALS = [(Knot, {"clock": 3600}, "DnsClock", "set this machine's clock, or the server's"),
            (Knot, {"allow": ("transfer",)}, "DnsKeyRefused", "and it must allow the key to update this record"),
            (Bind, {"allow": ("transfer",)}, "DnsRefused", "the server must allow this key to update this record")]


@pytest.mark.parametrize("dns, settings, code, cure", REFUSALS)
def test_check__says_what_would_help_with_a_key(make_sites, dns, settings, code, cure):
    sites = make_sites(dns)
    sites.dns.configure(**settings)
    watcher = sites.watch()
    found = watcher.run("check", code=1)
    assert re.search(f"^FAILED key .*; .*{cure}$", found, re.MULTILINE), found
    sites.server_one.kill()
    wait_until(lambda: watcher.events("update_failed"))
    assert watcher.events("update_failed")[0]["code"] == code and current(sites.dns) == sites.one.address


def test_status__is_a_table_and_json(sites):
    watcher = sites.make_watcher([sites.one, sites.two], sites.tls, sites.dns)
    said = watcher.status()
    assert said["well"] and said["name"] == NAME
    assert [(r["region"], r["healthy"], r["result"]) for r in said["regions"]] == [("1", True, "healthy"), ("2", True, "healthy")]
    server, = said["servers"]
    assert (server["kind"], server["record"], server["region"], server["primary"]) == ("region", sites.one.address, "1", True)
    assert f"{sites.one.address} = region 1" in watcher.run("status")
    sites.server_one.kill()
    said = watcher.status(code=1)
    assert not said["well"] and said["regions"][0]["result"] == "unreachable" and said["regions"][0]["reason"]
    assert "unreachable" in watcher.run("status", code=1)


def test_run__tells_the_service_manager_and_ends_at_once(sites, tmp_path):
    """Also while a probe hangs: its timeout is not waited for."""
    sites.server_one.signal(SIGSTOP)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(tmp_path / "notify"))
            manager.settimeout(20)
            watcher = sites.make_watcher([sites.one, sites.two], sites.tls, sites.dns, interval_seconds="60", timeout_seconds="60",
                                         environment={"NOTIFY_SOCKET": str(tmp_path / "notify")}).start()
            assert manager.recv(100) == b"READY=1"
            wait_until(lambda: watcher.probes(sites.two, "healthy") == 1)
            assert watcher.terminate(timeout=15) == 0
            assert manager.recv(100) == b"STOPPING=1"
    finally:
        sites.server_one.signal(SIGCONT)


def test_run__refuses_a_bad_configuration(tmp_path):
    config = tmp_path / "conf"
    config.write_text("[failover]\nbase_domain = example.net\ninterval_secnds = 5\n")
    done = subprocess.run([BIN / "numgate-failover", "run", "--config", config], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 78 and "did you mean" in done.stderr and "bad_configuration" in done.stderr
    done = subprocess.run([BIN / "numgate-failover", "status", "--config", config], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "numgate-failover: " in done.stderr
    done = subprocess.run([BIN / "numgate-failover", "check", "--config", config], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and re.search(r"^FAILED configuration  .*:3: .*did you mean", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("arguments", [["watch"], ["status", "--force"], ["run", "x"], ["--config"], ["point", "--regoin", "1"], []])
def test_arguments__that_are_wrong_are_2(arguments):
    done = subprocess.run([BIN / "numgate-failover", *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and done.stderr and not done.stdout
