"""Two whole regions, as an operator runs them: each a numgated with its own TLS at an address of its own, on one PostgreSQL with a synchronous
standby; Knot with the record; numgate-failover; and a client in the middle of an import. A region dies, then the primary. The record moves,
the standby is promoted (by the test: fencing and promotion are the HA manager's duty), the client finishes, and nothing acknowledged is lost.
"""
import json
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import BIN, LEVEL, account_body, account_name, wait_until
from postgres import Cluster
from proxy import Proxy
from servers import Knot
from sites import BASE, NAME, Region, Tls, Watcher, current
from told import Told

TTL, ATTEMPT = (60, 10) if LEVEL == "full" else (2, 2)
WATCHING = {"interval_seconds": "10", "timeout_seconds": "5"} if LEVEL == "full" else {"interval_seconds": "0.5", "timeout_seconds": "0.5"}
NOTICED = 3 * sum(float(seconds) for seconds in WATCHING.values())  # three probes in a row, each at its worst
NUMBERS = 20000


class World:
    """`network` stands in front of region 1, and `database` in front of the primary, so that they can swallow what is sent there."""

    def __init__(self, tmp_path, make_server):
        self.primary = Cluster().start()
        self.standby = self.primary.standby()
        database = self.primary.create_database()
        self.database = Proxy(self.primary.port)
        url = self.primary.url(database, ports=[self.database.port, self.standby.port], target_session_attrs="read-write")
        tls = Tls(tmp_path / "tls")
        self.regions = [Region("1", "127.0.0.1", tls), Region("2", "127.0.0.2", tls)]
        self.network = Proxy(self.regions[0].listen_port)
        for region in self.regions:
            region.port = self.network.port
        self.regions[1].listen_port = self.network.port
        self.servers = [make_server(f"{region.options()}[store]\nurl = {url}\n") for region in self.regions]
        self.dns = Knot(tmp_path / "dns", zones={BASE: self.regions[0].record()}, ttl=TTL).start()
        self.watcher = Watcher(tmp_path / "watcher", self.regions, tls, self.dns, ttl=str(TTL), **WATCHING).start()
        self.watcher.await_healthy(*self.regions)
        trusted = tmp_path / "ca.crt"  # of the regions, and of who gives out tokens
        trusted.write_text(tls.ca.read_text() + Path(self.servers[0].ca).read_text())
        self.flags = ["--url", f"https://{NAME}:{self.network.port}", "--ca-file", str(trusted), "--name-servers", self.dns.address,
                      "--retry-wait", str(TTL), "--attempt-timeout", str(ATTEMPT)]

    # ---- how a region ends, and how the primary ----

    def end_region(self, death):
        {"killed": self.servers[0].kill, "stopped": lambda: self.servers[0].signal(signal.SIGSTOP), "swallowed": self.network.drop}[death]()

    def end_primary(self, death):
        {"killed": lambda: self.primary.stop("immediate"), "stopped": self.primary.freeze, "swallowed": self.database.drop}[death]()
        self.standby.promote()

    # ---- the client ----

    def numgate(self, *arguments, stdin=""):
        done = subprocess.run([BIN / "numgate", *map(str, arguments), *self.flags], env=self.servers[0].shell(), input=stdin, text=True,
                              capture_output=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def load(self, account, file):
        return subprocess.Popen([BIN / "numgate", "number", "import", account, str(file), "--verbose", *self.flags], env=self.servers[0].shell(),
                                stderr=subprocess.PIPE, text=True)

    def stop(self):
        if self.servers[0].alive():
            self.servers[0].signal(signal.SIGCONT)
        self.watcher.stop()
        self.dns.stop()
        self.network.cut()
        self.database.cut()
        for server in self.servers:
            server.stop()
        self.standby.close()
        self.primary.close()


@pytest.fixture
def world(tmp_path, make_server):
    made = World(tmp_path, make_server)
    yield made
    made.stop()


@pytest.mark.parametrize("death", ["killed", "stopped", "swallowed"])
def test_import__outlives_a_region_and_the_primary(world, tmp_path, death):
    account, file = account_name(), tmp_path / "n.csv"
    numbers = [f"+49330000{i:05}" for i in range(NUMBERS)]
    file.write_text("telephoneNumber,serviceDetails_zoomPhoneCloudPeering_enabled\n" + "".join(f"{number},true\n" for number in numbers))
    world.numgate("account", "put", account, "-", stdin=json.dumps(account_body(account)))
    client = world.load(account, file)
    told, journal = Told(client), tmp_path / "n.csv.numgate-journal"

    def batches():
        return journal.read_text().count("\n") if journal.exists() else 0
    wait_until(lambda: batches() > 20)
    world.end_region(death)
    wait_until(lambda: current(world.dns) == world.regions[1].address, 300, "the record naming region 2")
    before = batches()
    wait_until(lambda: batches() > before + 20, 300, "the client going on at region 2")
    assert client.poll() is None, "it was too fast to be met in the middle"
    world.end_primary(death)
    assert client.wait(900) == 0, told.text()[-2000:]
    assert "at 127.0.0.1: 200" in told.text() and "at 127.0.0.2: 200" in told.text()
    print(f"{death}: {told.gap():.1f} s between the regions")
    # noticed, the record moved and forgotten by resolvers, and what the client waits: an attempt that hangs, and its pause
    assert told.gap() < NOTICED + TTL + ATTEMPT + TTL, told.text()[-2000:]
    listed = world.numgate("number", "list", account, "--json").splitlines()
    assert [json.loads(line)["telephoneNumber"] for line in listed] == numbers
    audited = world.numgate("audit", "export", "--account", account, "--kind", "number").splitlines()
    assert len(audited) == NUMBERS, "a number was written twice, or lost"
    assert world.watcher.changes() == 1 and current(world.dns) == world.regions[1].address
