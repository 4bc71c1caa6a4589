"""The database, its standby, or a node dies while clients write. What was acknowledged is there, nothing is done twice, nobody waits
longer than request_seconds, and whoever is left goes on.

Chaos schedules: DESIGN says 20, or 100. NUMGATE_CHAOS_SEED sets the seed.
"""
import email.utils
import os
import random
import threading
import time
from collections import Counter

import pytest
from conftest import phone_number, rounds, uuid_text, wait_until
from nodes import Caller, Crowd, Site
from postgres import Cluster
from proxy import Proxy

SCHEDULES = rounds(2, 20, 100)
DEADLINE, SLACK = 4, 1.5  # seconds: what requests may take here; of this machine, when it is busy
HASTY = f"[limits]\nrequest_seconds = {DEADLINE}\n"


@pytest.fixture(name="seed")
def fixture_seed():
    value = os.environ.get("NUMGATE_CHAOS_SEED") or str(random.SystemRandom().randrange(1 << 32))
    print(f"NUMGATE_CHAOS_SEED={value}")
    return value


@pytest.fixture(name="cluster")
def fixture_cluster():
    with Cluster().start() as cluster:
        yield cluster


def settle(site, ledger, what):
    """Everything is read back and held against what was acknowledged."""
    site.await_ready()
    ledger.verify()
    assert not ledger.violations, f"{what}:\n" + "\n".join(ledger.violations[:20])
    assert ledger.slowest < DEADLINE + SLACK, f"{what}: an answer took {ledger.slowest:.1f} s"


def finish(site, ledger):
    ledger.verify_audit_whole()
    assert not ledger.violations, "\n".join(ledger.violations[:20])
    site.verify()
    print(f"{ledger.total} acknowledged writes; the slowest answer took {ledger.slowest:.2f} s, the longest wait {ledger.longest:.2f} s")


# ---- chaos ----

class Chaos:
    """Two nodes, the second behind a network that fails, and what can happen to them. Each method leaves things as they were."""

    def __init__(self, site, network, ledger, chance):
        self.site, self.network, self.ledger, self.chance = site, network, ledger, chance
        self.faults = [self.crash_database, self.end_sessions, self.kill_node, self.drop_network, self.cut_network, self.lose_replies,
                       self.freeze_database]

    def moment(self):
        """Up to 0.3 s. Nothing waits for this to be long enough."""
        threading.Event().wait(self.chance.random() * 0.3)

    def crash_database(self):
        self.site.cluster.stop("immediate")
        self.moment()
        self.site.cluster.start()

    def end_sessions(self):
        for _ in range(self.chance.randrange(1, 5)):
            self.site.cluster.kill_backends()
            self.moment()

    def kill_node(self):
        node = self.chance.choice(self.site.nodes)
        node.kill()
        self.moment()
        node.start()

    def drop_network(self):
        self.network.drop()
        self.ledger.await_writes(20)
        self.network.heal()

    def cut_network(self):
        self.network.cut()
        self.moment()
        self.network.heal()

    def lose_replies(self):
        """Of commits too: they have happened, and their node must find that out."""
        self.network.drop(requests=False)
        self.moment()
        self.network.cut()
        self.network.heal()

    def freeze_database(self):
        self.site.cluster.freeze()
        self.moment()
        self.site.cluster.thaw()


def test_chaos__loses_nothing_acknowledged_and_does_nothing_twice(make_nodes, cluster, seed):
    chance, seen = random.Random(seed), Counter()
    with Proxy(cluster.port) as network:
        site = Site(make_nodes, cluster, config=HASTY, ports=[[cluster.port], [network.port]])
        ledger = site.ledger(seed)
        chaos = Chaos(site, network, ledger, chance)
        for number in range(SCHEDULES):
            faults = chance.sample(chaos.faults, chance.randrange(1, 4))
            seen.update(fault.__name__ for fault in faults)

            def strike(faults=faults):
                for fault in faults:
                    ledger.pause()
                    fault()
                ledger.await_writes(50)
            ledger.write_until(50, strike)
            settle(site, ledger, f"schedule {number}, {[fault.__name__ for fault in faults]}")
        settled = Counter(row["result"] for node in site.nodes for row in node.log_rows() if row["event"] == "commit_settled")
        print(dict(seen), "commits without an answer:", dict(settled))
        finish(site, ledger)


# ---- the database goes and comes back ----

def repeatable():
    return {"Repeatability_Request_ID": uuid_text(), "Repeatability_First_Sent": email.utils.formatdate(usegmt=True)}


def first_success(caller, path, end):
    """When it was read for the first time again; before that there was nothing but 503 with Retry-After, and that at once."""
    while time.monotonic() < end:
        answer = caller.get(path)
        if answer.status == 200:
            return time.monotonic()
        assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1, answer
        assert answer.seconds < DEADLINE + SLACK, answer
    raise AssertionError("it does not come back")


def test_database__that_returns_is_served_within_a_second(make_nodes, cluster):
    site = Site(make_nodes, cluster, config=HASTY)
    account = site.account()
    path, callers = f"/accounts/{account}", site.callers(2)
    slowest = 0.0
    for _ in range(rounds(2, 5, 30)):
        cluster.stop("immediate")
        for caller in callers:
            answer = caller.get(path)
            assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1, answer
            assert answer.seconds < 1, "it is known that it is away"
            answer = caller.put_number(account, phone_number())
            assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1, answer
        wait_until(lambda: site.ready() == [503, 503], what="being not ready")
        with Crowd(3) as crowd:
            waiting = [crowd.pool.submit(first_success, caller, path, time.monotonic() + 30) for caller in callers]
            cluster.start()
            back = time.monotonic()
            slowest = max(slowest, *(future.result() - back for future in waiting))
        site.await_ready()
        assert time.monotonic() - back < 1.5, "ready() takes longer than the database does"
        for caller in callers:
            answer = caller.put_number(account, phone_number(), **repeatable())
            assert answer.status == 201, answer
    print(f"after {slowest:.2f} s at the latest")
    assert slowest < 1
    site.verify()


# ---- a node is cut off ----

IDLE = 4  # idle_in_transaction_session_timeout of store/postgres/connect.c


def seconds_until_written(caller, account):
    """Of the account itself, which every writer of a number of its has locked a little."""
    begun = time.monotonic()
    while (answer := caller.put_account(account)).status != 200:
        assert answer.status == 503 and answer.seconds < DEADLINE + SLACK, answer
    return time.monotonic() - begun


@pytest.mark.parametrize("how, limit", [("cut", SLACK), ("drop", IDLE + SLACK)])
def test_node__that_is_cut_off_in_the_middle_holds_up_no_other(make_nodes, cluster, how, limit):
    """Sixteen clients write through it; packets are refused, or swallowed, and the other node wants what it has locked."""
    with Proxy(cluster.port) as network:
        site = Site(make_nodes, cluster, config=HASTY, ports=[[network.port], [cluster.port]])
        account, slowest = site.account(), 0.0
        for _ in range(rounds(1, 2, 10)):
            done, written = threading.Event(), Counter()

            def write(done=done, written=written):
                caller = Caller(site.nodes[0])
                while not done.is_set():
                    answer = caller.put_number(account, phone_number())
                    assert answer.status in (201, 503) and answer.seconds < DEADLINE + SLACK, answer
                    written[answer.status] += 1

            with Crowd(16) as crowd:
                writing = [crowd.pool.submit(write) for _ in range(16)]
                wait_until(lambda written=written: written[201] > 200, what="writes through the node")
                getattr(network, how)()
                slowest = max(slowest, seconds_until_written(Caller(site.nodes[1]), account))
                wait_until(lambda: site.ready() == [503, 200], what="a word of the one that is cut off")
                done.set()
                for future in writing:
                    future.result()
            network.heal()
            site.await_ready()
        print(f"{how}: after {slowest:.2f} s at the latest")
        assert slowest < limit
        site.verify()


# ---- the standby ----

def held_commits(cluster):
    return int(cluster.sql("select count(*) from pg_stat_activity where wait_event = 'SyncRep'")[0][0])


def test_standby__that_does_not_answer_holds_nobody_over_the_deadline(make_nodes, cluster, seed):
    """Writes cannot be acknowledged then; reads are as quick as ever; and what was said is true when it wakes up."""
    standby = cluster.standby()
    site = Site(make_nodes, cluster, config=HASTY)
    ledger, account = site.ledger(seed), site.account()
    number, headers = phone_number(), repeatable()

    def frozen():
        standby.freeze()
        wait_until(lambda: held_commits(cluster) > 0, what="a commit that waits for its standby")
        begun, answers = time.monotonic(), Counter()
        with Crowd(2) as crowd:
            for answer in crowd.do(*(lambda c=c: c.put_number(account, number, **headers) for c in site.callers(2))):
                assert answer.status == 503 and "Retry-After" in answer.headers and answer.seconds < DEADLINE + SLACK, answer
            while time.monotonic() < begun + 2 * DEADLINE + SLACK:
                for answer in crowd.do(*(lambda c=c: c.get(f"/accounts/{account}") for c in site.callers(2))):
                    answers[answer.status] += 1
                    assert answer.status == 200 and answer.seconds < 1, answer
        print(f"{answers} reads meanwhile")
        standby.thaw()
        ledger.await_writes(50)

    ledger.write_until(100, frozen)
    for caller in site.callers(2):
        answer = caller.put_number(account, number, **headers)
        assert answer.status == 201 and answer.headers["Repeatability-Result"] == "accepted", answer
    assert site.sql(f"select count(*) from audit where key = '{number}'") == [["1"]]
    for caller in site.callers(2):  # the ledger knows its own only
        assert caller.call("DELETE", f"/accounts/{account}?deleteNumbers=true").status == 204
    ledger.audit_seen |= {row["id"] for row in site.nodes[0].client().items("/numgate/v1/audit", account=account)}
    settle(site, ledger, "a frozen standby")
    finish(site, ledger)


class Failover:
    """A primary and its synchronous standby, two nodes that know both, and clients that write."""

    def __init__(self, make_nodes, primary, seed):
        self.old, self.new = primary, primary.standby()
        self.site = Site(make_nodes, primary, config=HASTY, ports=2 * [[primary.port, self.new.port]], target_session_attrs="read-write")
        self.ledger = self.site.ledger(seed)

    def promote(self):
        self.new.promote()
        begun = time.monotonic()
        self.ledger.await_writes(50)
        print(f"50 writes {time.monotonic() - begun:.2f} s after the promotion")

    def settle(self, what):
        self.site.cluster = self.new
        settle(self.site, self.ledger, what)

    def rows(self, cluster):
        """How many rows were ever written to a server."""
        return cluster.sql("select count(*) from audit; select count(*) from operation", self.site.database)


def test_standby__promoted_while_two_nodes_write_has_everything_acknowledged(make_nodes, cluster, seed):
    over = Failover(make_nodes, cluster, seed)

    def fail():
        cluster.stop("immediate")
        over.promote()
    over.ledger.write_until(100, fail)
    over.settle("the promotion")
    finish(over.site, over.ledger)


def test_standby__promoted_while_the_primary_hangs_has_everything_acknowledged(make_nodes, cluster, seed):
    """Its connections stay, and it takes new ones and does not answer: the second host of the URL is reached all the same."""
    over = Failover(make_nodes, cluster, seed)

    def fail():
        cluster.freeze()
        over.promote()
    over.ledger.write_until(100, fail)
    cluster.stop("immediate")
    over.settle("the promotion")
    finish(over.site, over.ledger)


def test_old_primary__that_comes_back_is_refused(make_nodes, cluster, seed):
    """Whoever promoted forgot it: it takes writes, on its old port, and waits for no standby. Nobody is told that it took one."""
    over = Failover(make_nodes, cluster, seed)

    def fail():
        cluster.stop("immediate")
        over.promote()
    over.ledger.write_until(100, fail)
    over.settle("the promotion")
    cluster.start()
    cluster.configure(synchronous_standby_names=None)
    assert cluster.sql("select pg_is_in_recovery()") == [["f"]] and cluster.timeline() < over.new.timeline()
    before = over.rows(cluster)

    def meet():
        """While the new one is away there is only the old one to go to."""
        over.new.stop("immediate")
        for node in over.site.nodes:
            wait_until(lambda n=node: "timeline 1, after 2" in n.output(), what="the reason in the log")
        assert set(over.site.ready()) == {503}
        for caller in over.site.callers(2):
            for answer in (caller.get("/accounts"), caller.put_account("nobody")):
                assert answer.status == 503 and "Retry-After" in answer.headers, answer
        over.new.start()
        over.ledger.await_writes(50)

    over.ledger.write_until(50, meet)
    assert over.rows(cluster) == before
    over.settle("the old primary's return")
    finish(over.site, over.ledger)
