"""Two nodes on one database behind a name of a real DNS server: the first dies while numbers are loaded, the name is pointed at the second."""
import contextlib
import json
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from conftest import BIN, LEVEL, account_body, account_name, free_port, shared_cluster, wait_until
from proxy import Proxy
from servers import Knot
from told import Told

NAME = "provapi.numgate.test"
TTL = 60 if LEVEL == "full" else 2
NUMBERS = 10000


class Resetter:
    """Takes every connection at an address, and resets it when something comes."""

    def __init__(self, address, port):
        self.listener = socket.create_server((address, port), backlog=64)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        with contextlib.suppress(OSError):  # it was closed
            while True:
                end, _ = self.listener.accept()
                end.recv(1)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.close()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Site:
    """Nodes at 127.0.0.1 and 127.0.0.2 with one port, and the DNS server that leads to the first. The first has a network of its own to
    the database."""

    def __init__(self, make_nodes, directory):
        cluster, self.port, self.resetter = shared_cluster(), free_port(), None
        database = cluster.create_database()
        self.network = Proxy(cluster.port)
        self.nodes = [make_nodes(1, url=cluster.url(database, ports=[port]), start=False)[0] for port in (self.network.port, cluster.port)]
        for node, address in zip(self.nodes, ("127.0.0.1", "127.0.0.2")):
            text = node.config.read_text()
            node.config.write_text(re.sub(r"(?m)^listen = https://\S+$", f"listen = https://{address}:{self.port}", text, count=1))
            node.spawn()
            node.await_up()
        self.knot = Knot(directory, zones={NAME: ["@ A 127.0.0.1"]}, ttl=TTL, dynamic=False).start()
        self.url = f"https://{NAME}:{self.port}"

    def point_at(self, address):
        self.knot.write_zone(NAME, [f"@ A {address}"])
        self.knot.reload()

    # ---- how the first node ends ----

    def refuses(self):
        self.nodes[0].kill()

    def hangs(self):
        self.nodes[0].signal(signal.SIGSTOP)

    def resets(self):
        self.nodes[0].kill()
        self.resetter = Resetter("127.0.0.1", self.port)

    def answers_503(self):
        self.network.cut()

    def stop(self):
        if self.nodes[0].alive():
            self.nodes[0].signal(signal.SIGCONT)
        if self.resetter:
            self.resetter.stop()
        self.knot.stop()
        self.network.cut()


@pytest.fixture
def site(make_nodes, tmp_path):
    made = Site(make_nodes, tmp_path / "knot")
    yield made
    made.stop()


@pytest.mark.parametrize("death", ["refuses", "resets", "hangs", "answers_503"])
def test_import__goes_on_at_the_other_node(site, numgate, tmp_path, death):
    attempt = 2
    flags = ["--url", site.url, "--name-servers", site.knot.address, "--retry-wait", str(TTL), "--attempt-timeout", str(attempt)]
    account = account_name()
    body = json.dumps(account_body(account, "zoomPhoneCloudPeering"))
    numgate("account", "put", account, "-", *flags, stdin=body)
    numbers = [f"+49330000{i:05}" for i in range(NUMBERS)]
    file = tmp_path / "n.csv"
    file.write_text("telephoneNumber,serviceDetails_zoomPhoneCloudPeering_enabled\n" + "".join(f"{number},true\n" for number in numbers))
    client = subprocess.Popen([BIN / "numgate", "number", "import", account, str(file), "--verbose", *flags], env=site.nodes[0].shell(),
                              stderr=subprocess.PIPE, text=True)
    told = Told(client)
    journal = tmp_path / "n.csv.numgate-journal"
    wait_until(lambda: journal.exists() and journal.read_text().count("\n") > 10)
    getattr(site, death)()
    site.point_at("127.0.0.2")
    assert client.poll() is None, "it was too fast to be met in the middle"
    assert client.wait(300) == 0, told.text()[-2000:]
    assert "at 127.0.0.2: 200" in told.text()
    print(f"{death}: {told.gap():.1f} s without an answer")
    # a node that lost its database in the middle of a commit asks for its fate longer than an attempt may take
    assert told.gap() < TTL + TTL + (attempt if death in ("hangs", "answers_503") else 0), told.text()[-2000:]
    lines = numgate("number", "list", account, "--json", *flags).stdout.splitlines()
    assert [json.loads(line)["telephoneNumber"] for line in lines] == numbers
    audited = numgate("audit", "export", "--account", account, "--kind", "number", *flags).stdout.splitlines()
    assert len(audited) == NUMBERS, "a number was written twice"
