"""Leased work on several nodes: tests/work/holder as processes on one PostgreSQL, killed, stopped and continued."""
import collections
import os
import random
import signal
import subprocess
import threading

import pytest

from basics import wait_until
from conftest import BIN
from postgres import Cluster

HOLDER = BIN.parent / "tests" / "work" / "holder"
LEASE_MS, POLL_MS, RUN_MS = 1500, 100, 300
TENANTS, KEYS = 4, 5


class Node:
    """A process with a work engine; what it prints is kept as lists of words."""

    def __init__(self, url, name):
        self.name, self.lines = name, []
        self.process = subprocess.Popen([HOLDER, url, name, str(LEASE_MS), str(POLL_MS), str(RUN_MS)], text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.await_line("ready")

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.split())

    def await_line(self, *words, since=0, check=lambda line: True, timeout=20):
        def find():
            return next((line for line in list(self.lines)[since:] if tuple(line[:len(words)]) == words and check(line)), None)
        return wait_until(find, timeout, f"{self.name} saying {' '.join(words)}")

    def running(self):
        """[lease, generation, key, sequence] of a run that is in its first half."""
        begun = [line[2:] for line in self.lines if line[0] == "begin"]
        over = [line[2:] for line in self.lines if line[0] in ("step", "end", "refused", "failed", "stopped")]
        return next((run for run in reversed(begun) if run not in over), None)

    def command(self, *words):
        since = len(self.lines)
        print(*words, file=self.process.stdin, flush=True)
        wait_until(lambda: [line for line in self.lines[since:] if line in (["done", *words], ["failed", *words])], 20,
                   f"{self.name} answering {' '.join(words)}")
        return self.lines[since:]

    def stop(self):
        """The exit status after the end of its input."""
        self.process.stdin.close()
        status = self.process.wait(20)
        self.reader.join()
        self.process.stdout.close()
        return status

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def cluster():
    with Cluster().start() as running:
        yield running


@pytest.fixture
def nodes(cluster):
    url = cluster.url(cluster.create_database())
    made = [Node(url, name) for name in "ABC"]
    made[0].url = url
    yield made
    for node in made:
        if node.process.poll() is None:
            node.process.send_signal(signal.SIGCONT)
            node.kill()


def run_of(node):
    """A run in the first half of its time; work is made until there is one. A node that makes work looks for it at once."""
    def look():
        if not node.running():
            node.command("touch", f"t{random.randrange(TENANTS)}-{random.randrange(KEYS)}")
        return node.running()
    return wait_until(look, 20, f"a run of {node.name}")


def effects(node):
    """{lease: [(generation, node, key, sequence, step, at)]} in the order of generations."""
    found = collections.defaultdict(list)
    for tenant in range(TENANTS):
        for line in node.command("show", f"t{tenant}"):
            if line[0] == "effect":
                found[line[1]].append((int(line[2]), *line[3:7], int(line[8])))
    return found


def outbox_is_empty(node):
    return all(line[0] != "row" or line[2] == "none" for tenant in range(TENANTS) for key in range(KEYS)
               for line in node.command("row", f"t{tenant}-{key}"))


def test_work__moves_when_its_holder_dies_and_refuses_one_that_wakes_up_late(nodes):
    killed, frozen, living = nodes
    for tenant in range(TENANTS):
        for key in range(KEYS):
            random.choice(nodes).command("touch", f"t{tenant}-{key}")
    run_of(killed)
    killed.kill()
    held = run_of(frozen)
    os.kill(frozen.process.pid, signal.SIGSTOP)
    living.await_line("begin", "C", held[0], check=lambda line: int(line[3]) > int(held[1]))
    os.kill(frozen.process.pid, signal.SIGCONT)
    frozen.await_line("refused", "B", held[0], held[1])

    wait_until(lambda: outbox_is_empty(living), 30, "all work being done")
    for lease, rows in effects(living).items():
        times = [row[5] for row in rows]
        assert times == sorted(times), f"an older generation of {lease} wrote after a newer one: {rows}"
        ends = collections.Counter(row[2] for row in rows if row[4] == "2")
        assert len(ends) == KEYS, f"{lease}: {ends}"
    assert (frozen.stop(), living.stop()) == (0, 0)  # 3: a late write was let pass


def test_work__goes_on_when_its_database_comes_back(cluster, nodes):
    node = nodes[0]
    node.command("touch", "t0-0")
    cluster.stop("immediate")
    cluster.start()
    wait_until(lambda: ["done", "touch", "t1-0"] in node.command("touch", "t1-0"), 30, "a touch being stored")
    wait_until(lambda: outbox_is_empty(node), 30, "all work being done")
    assert {row[2] for row in effects(node)["t1"]} == {"t1-0"}
    assert [other.stop() for other in nodes] == [0, 0, 0]
