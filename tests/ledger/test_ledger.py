"""What was acknowledged survives SIGKILL, and, under the power-cut shim, the power. Rounds: DESIGN says 50 and 10, or 500 and 100.

NUMGATE_LEDGER_ROUNDS sets the rounds with SIGKILL, a fifth of which is that of power cuts; NUMGATE_LEDGER_SEED the seed.
"""
import itertools
import os
import random
import shutil
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from conftest import BIN, STORE, rounds, shared_cluster, sqlite_only, wait_until
from ledger import OPEN_TRANSACTIONS, Ledger, await_ended, verify_rows

KILLS = int(os.environ.get("NUMGATE_LEDGER_ROUNDS", rounds(5, 50, 500)))
POWER_CUTS = max(KILLS // 5, 1)
WRITES = 100  # acknowledged, at least, in each round
SHIM = BIN.parent / "tests" / "shim" / "powercut.so"


@pytest.fixture
def seed():
    value = os.environ.get("NUMGATE_LEDGER_SEED") or str(random.SystemRandom().randrange(1 << 32))
    print(f"NUMGATE_LEDGER_SEED={value}")
    return value


def report(ledger, done):
    print(f"{done} rounds, {ledger.total} acknowledged writes, {len(ledger.audit_seen)} audit rows")
    assert not ledger.violations, "\n".join(ledger.violations[:20])


def rows_of(server, text):
    """What a server's database answers, past the server; values as texts."""
    if STORE == "postgresql":
        return shared_cluster().sql(text, urlsplit(server.store_url).path[1:])
    with closing(sqlite3.connect(server.database)) as db:
        return [[str(value) for value in row] for row in db.execute(text)]


def change_rows(server, script):
    if STORE == "postgresql":
        rows_of(server, script)
        return
    with closing(sqlite3.connect(server.database)) as db:
        db.executescript(script)


def verify_file(path):
    """Of a daemon that has ended."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        verify_rows(lambda text: db.execute(text).fetchall())


def await_quiet(server):
    """On PostgreSQL the sessions of a daemon that was killed end what it had begun."""
    wait_until(lambda: STORE == "sqlite" or not rows_of(server, OPEN_TRANSACTIONS), what="the end of all transactions")


def open_ledger(server, seed):
    return Ledger(server, seed, settled=lambda: await_quiet(server))


def test_ledger__every_acknowledged_write_survives_sigkill(make_server, seed):
    server = make_server()
    ledger = open_ledger(server, seed)
    for done in range(KILLS):
        ledger.kill_after(WRITES + ledger.random.randrange(50))
        if ledger.random.random() < 0.2:  # killed again while it recovers
            server.spawn()
            ledger.pause()
            server.kill()
        server.start()
        ledger.verify()
        assert not ledger.violations, f"round {done}:\n" + "\n".join(ledger.violations[:20])
    ledger.verify_audit_whole()
    assert server.terminate() == 0
    verify_rows(lambda text: rows_of(server, text))
    if STORE == "sqlite":
        verify_file(server.database)
    report(ledger, KILLS)


# What a daemon must never do to its data, done here between two of its lives; and words of what the ledger must say to it.
BEGIN_AGAIN = {"sqlite": "update setting set value = 1 where name = 'revision';", "postgresql": "alter sequence revision restart;"}
LAST = "where telephone_number = (select max(telephone_number) from number)"
DAMAGE = {
    "a write lost": (f"delete from number {LAST}", "acknowledged writes lost"),
    "an old value": (f"update number set custom_sip_header = 'old' {LAST}", "acknowledged writes lost"),
    "a number nobody wrote": (f"update number set telephone_number = 49999999999 {LAST}", "acknowledged writes lost"),
    "a wrong count": ("update number_count set numbers = numbers + 1, zoom = zoom + 1", "numberCount"),
    "an audit row lost": ("delete from audit where id = (select max(id) from audit)", "audit rows"),
    "an audit row twice": ("create temp table twice as select * from audit order by id desc limit 1;"
                           "update twice set id = id + 1000000000; insert into audit select * from twice", "audit rows"),
    "revisions begin again": (BEGIN_AGAIN[STORE] + "update audit set id = id + 1000000000", "ETag"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_ledger__sees_damage(make_server, seed, damage):
    script, words = DAMAGE[damage]
    server = make_server()
    ledger = open_ledger(server, seed)
    ledger.kill_after(WRITES)
    server.start()
    ledger.verify()  # settles what was open, so that the damage is nothing that could be
    server.kill()
    await_quiet(server)
    change_rows(server, script)
    server.start()
    ledger.verify()
    ledger.kill_after(WRITES)
    server.start()
    ledger.verify()
    ledger.verify_audit_whole()
    assert any(words in line for line in ledger.violations), ledger.violations


# ---- power cuts ----

class Power:
    """A server whose store is on a disk that can lose its power."""

    def __init__(self, make_server, environment=None):
        assert SHIM.exists(), f"{SHIM} is not built; it is never built with a sanitizer"
        self.environment = environment or {}
        self.server = make_server(start=False)
        self.store = self.server.directory / "store"
        self.image = self.server.directory / "image"
        self.store.mkdir()
        self.server.configure(f"[store]\nurl = sqlite:{self.store}/numgate.db\n")

    def plug_in(self, **settings):
        """What is in the store now is durable; starts nothing."""
        shutil.rmtree(self.image, ignore_errors=True)
        self.image.mkdir()
        self.server.environment = {**os.environ, "LD_PRELOAD": str(SHIM), "NUMGATE_POWERCUT_DIR": str(self.store),
                                   "NUMGATE_POWERCUT_IMAGE": str(self.image), **self.environment, **settings}

    def cut(self):
        """After the daemon's end: the store as the disk has it."""
        shutil.rmtree(self.store)
        (self.image / "files").rename(self.store)


def power_round(ledger, power, number, writes=WRITES):
    tear = ledger.random.randrange(1, 1 << 32) if number % 2 else 0  # every second disk writes back early, in its own order
    power.plug_in(NUMGATE_POWERCUT_TEAR=str(tear))
    power.server.start()
    if number > 0:
        ledger.verify()
    ledger.kill_after(writes + ledger.random.randrange(writes // 2))
    power.cut()


@sqlite_only
def test_ledger__every_acknowledged_write_survives_a_power_cut(make_server, seed):
    power = Power(make_server)
    ledger = Ledger(power.server, seed)
    for number in range(POWER_CUTS):
        power_round(ledger, power, number)
        assert not ledger.violations, f"round {number}:\n" + "\n".join(ledger.violations[:20])
    power.plug_in()
    power.server.start()
    ledger.verify()
    ledger.verify_audit_whole()
    assert power.server.terminate() == 0
    power.cut()
    verify_file(power.store / "numgate.db")
    report(ledger, POWER_CUTS)


@sqlite_only
def test_ledger__notices_a_store_that_does_not_sync(make_server, seed):
    power = Power(make_server, {"NUMGATE_TEST_NO_SYNC": "1"})
    ledger = Ledger(power.server, seed)
    power_round(ledger, power, 0, writes=20)  # too few for a checkpoint, which syncs also then
    power.plug_in()
    power.server.start()
    ledger.verify()
    assert "test_no_sync" in [row["event"] for row in power.server.log_rows() if row["level"] == "warning"]
    lost = [line for line in ledger.violations if "acknowledged writes lost" in line]
    assert lost, "with synchronous=NORMAL acknowledged writes are lost to a power cut, and the ledger did not see it"


@sqlite_only
def test_ledger__the_switch_that_loses_data_needs_a_test_target(make_server):
    server = make_server("[deployment]\ntest_target = no\n", start=False, environment={"NUMGATE_TEST_NO_SYNC": "1"})
    server.spawn()
    server.await_ready(lambda: "started" in [row["event"] for row in server.log_rows()])
    assert "test_no_sync" not in server.output()


def await_failure(server):
    status = await_ended(server)
    assert status > 0, f"ended with {status}, not by itself and saying so"
    assert "store_failed" in [row["event"] for row in server.log_rows()], server.tail()


@sqlite_only
def test_ledger__failed_fsync_ends_the_daemon_and_nothing_acknowledged_is_lost(make_server, seed):
    power = Power(make_server)
    ledger = Ledger(power.server, seed)
    times = rounds(2, 5, 30)
    for number in range(times):
        power.plug_in(NUMGATE_POWERCUT_FAIL_FSYNC=str(ledger.random.randrange(20, 60)))
        power.server.start()
        if number > 0:
            ledger.verify()
        ledger.write_until(100000, end=lambda: None)
        await_failure(power.server)
        power.cut()
    power.plug_in()
    power.server.start()
    ledger.verify()
    assert ledger.refusals >= times, "nobody was told 503"
    assert ledger.cut == 0, f"{ledger.cut} clients lost their connection instead of being told 503"
    report(ledger, times)


@sqlite_only
def test_ledger__failed_fsync_of_a_checkpoint_ends_the_daemon_too(make_server, seed):
    power = Power(make_server)
    power.plug_in()
    power.server.start()
    assert power.server.terminate() == 0
    power.plug_in(NUMGATE_POWERCUT_FAIL_FSYNC="1", NUMGATE_POWERCUT_FAIL_FILE="numgate.db")
    power.server.start()
    ledger = Ledger(power.server, seed)
    ledger.write_until(20, end=lambda: None)  # then the idle writer moves the WAL into the database
    await_failure(power.server)
    power.cut()
    power.plug_in()
    power.server.start()
    ledger.verify()
    report(ledger, 1)


def starts(server):
    """Whether it did; else it has ended."""
    earlier = len(server.log_rows())
    server.spawn()

    def started():
        return "started" in [row["event"] for row in server.log_rows()[earlier:]]
    wait_until(lambda: started() or not server.alive(), what="the start, or its failure")
    return started()


@sqlite_only
def test_ledger__failed_fsync_while_the_database_is_made_ends_the_daemon_and_the_next_one_makes_it(make_server):
    power = Power(make_server)
    for nth in itertools.count(1):
        power.plug_in(NUMGATE_POWERCUT_FAIL_FSYNC=str(nth))
        if starts(power.server):
            break
        assert power.server.wait() > 0
        assert "disk I/O error" in power.server.tail(3), power.server.tail()
        power.cut()
        power.plug_in()
        assert starts(power.server)
        assert power.server.terminate() == 0
        verify_file(power.store / "numgate.db")
        shutil.rmtree(power.store)
        power.store.mkdir()
    print(f"{nth - 1} fsyncs make a database")
    assert nth > 3
