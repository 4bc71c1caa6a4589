"""The rate limit of four nodes on one database, whose clocks disagree: the limit is the database's, so what a node believes of the time
changes nothing. Only this test's clock counts here: a request was let through at some moment between its sending and its answer."""
import bisect
import datetime
import itertools
import threading
import time
from pathlib import Path

import pytest
from conftest import LEVEL, rounds, shared_cluster
from nodes import Caller, Crowd

WINDOW = 60.0
LATE = 2.0  # a slot that is free again is given out within this, to callers who ask all the time
PAUSE = 0.05  # between two requests of a caller
CALLERS = 8
FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
SHIFTS = -50, 0, 40, 900  # seconds; a token may be from 60 s ahead


@pytest.fixture(name="four")
def fixture_four(make_nodes):
    """four(limit): nodes with these clocks; or with others."""
    assert FAKETIME, "the package faketime is missing: ./dev installs it"

    def make(limit, shifts=SHIFTS):
        url = shared_cluster().url(shared_cluster().create_database())
        nodes = make_nodes(len(shifts), f"[limits]\nrequests_per_minute = {limit}\n", url, start=False)
        for node, shift in zip(nodes, shifts):
            node.environment |= {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"{shift:+}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
            node.spawn()
        for node, shift in zip(nodes, shifts):
            node.await_up()
            assert abs(ahead(node) - shift) < 10, "its clock is not shifted"
        return nodes
    return make


def ahead(node):
    """By how many seconds a node's clock is, about; from its last line in the log."""
    return datetime.datetime.fromisoformat(node.log_rows()[-1]["time"]).timestamp() - time.time()


def ask(caller):
    """When it was sent, when it was answered, the answer."""
    sent = time.monotonic()
    answer = caller.get("/accounts")
    assert answer.status in (200, 429), answer
    return sent, time.monotonic(), answer


def comes_back_as_told(nodes, limit):
    """Uses all up, is refused by each node, waits as long as the most hopeful one said and asks it alone: all told of one slot."""
    callers = [Caller(node) for node in nodes]
    used = [ask(caller)[2].status for caller, _ in zip(itertools.cycle(callers), range(limit))]
    assert set(used) == {200}
    told = []
    for caller in callers:
        _, answered, answer = ask(caller)
        assert answer.status == 429, answer
        told.append((answered + int(answer.headers["Retry-After"]), caller))
    until, caller = min(told, key=lambda one: one[0])
    threading.Event().wait(until - time.monotonic())
    assert ask(caller)[2].status == 200, "refused although it waited as long as it was told"


def test_limit__the_101st_is_refused_whichever_node_it_meets(four):
    callers = [Caller(node) for node in four(100)]
    asked = [ask(caller) for caller, _ in zip(itertools.cycle(callers), range(100))]
    assert {answer.status for _, _, answer in asked} == {200}
    first_sent, first_answered, _ = asked[0]
    for caller in callers:
        sent, answered, answer = ask(caller)
        assert answer.status == 429, answer
        wait = int(answer.headers["Retry-After"])
        assert answered + wait >= first_sent + WINDOW, "told to come back before a slot is free"
        assert wait <= first_answered + WINDOW - sent + 1, "told to wait longer than needed"


@pytest.mark.skipif(LEVEL == "quick", reason="takes longer than a minute")
def test_limit__holds_in_every_minute_and_gives_all_of_it(four):
    limit, windows = rounds(0, 20, 100), rounds(0, 1, 3)
    nodes, others = four(limit), four(limit, SHIFTS[::3])
    end = time.monotonic() + windows * WINDOW + 2 * LATE
    passed, pause = [], threading.Event()

    def call(node):
        caller = Caller(node)
        while time.monotonic() < end:
            sent, answered, answer = ask(caller)
            if answer.status == 200:
                passed.append((sent, answered))
            pause.wait(PAUSE)
        caller.close()

    begun = time.monotonic()
    with Crowd(CALLERS + 1) as crowd:
        crowd.do(*(lambda n=n: call(n) for n, _ in zip(itertools.cycle(nodes), range(CALLERS))),
                 lambda: comes_back_as_told(others, limit))
    passed.sort()
    for index, (sent, _) in enumerate(passed):
        within = [answered for _, answered in passed[index:] if answered < sent + WINDOW]
        assert len(within) <= limit, f"{len(within)} within a minute"
    answered = sorted(answered for _, answered in passed)
    assert bisect.bisect(answered, begun + WINDOW / 2) == limit, "the first minute did not give all of it"
    assert len(passed) == (windows + 1) * limit
    assert all(later - earlier < WINDOW + LATE for earlier, later in zip(answered, answered[limit:])), "a free slot was not given out"
