"""Clients of two nodes who want the same thing at the same time: what each is told is true, and the rules hold afterwards.

Rounds: DESIGN says 1,000, or 10,000. After each test the counters are counted again, and the audit is held against what is there.
"""
import email.utils
import random
import threading
from collections import Counter

import pytest
from conftest import phone_number, rounds, shared_cluster, uuid_text
from nodes import ROUTING, ZOOM, Crowd, Site, new_name

ROUNDS = rounds(20, 1000, 10000)
SEED = 4
CONFLICTS = "numgate_store_jobs_again_total"


@pytest.fixture(name="site")
def fixture_site(make_nodes):
    site = Site(make_nodes, shared_cluster())
    yield site
    site.verify()
    assert all(node.alive() for node in site.nodes)


def errors_of(answer):
    """The codes of a refusal, in details too."""
    error = answer.json()["error"]
    return {error["code"], *(detail["code"] for detail in error.get("details", []))}


# ---- one number ----

def test_increment__of_32_clients_is_lost_never(site):
    """Each reads, adds one and writes if nobody else wrote meanwhile."""
    account = site.account()
    number = site.number(account, value="0")
    path = f"/accounts/{account}/numbers/{number}"
    won, wanted = Counter(), ROUNDS
    lock, refused = threading.Lock(), Counter()

    def increment(caller, index):
        while won.total() < wanted:
            seen = caller.get(path)
            value = int(seen.json()["configuration"]["customSipHeader"])
            answer = caller.put_number(account, number, value=str(value + 1), If_Match=seen.etag)
            with lock:
                (won if answer.status == 200 else refused)[index] += 1
            assert answer.status in (200, 412), answer

    with Crowd(32) as crowd:
        crowd.do(*(lambda c=c, i=i: increment(c, i) for i, c in enumerate(site.callers(32))))
    last = site.callers(1)[0].get(path).json()["configuration"]["customSipHeader"]
    assert int(last) == won.total() >= wanted
    assert site.sql(f"select count(*) from audit where key = '{number}'") == [[str(won.total() + 1)]]
    assert refused.total() > 0, "nobody met anybody"
    assert sum(won[i] for i in range(0, 32, 2)) and sum(won[i] for i in range(1, 32, 2)), "one node got nothing"


def test_claim__of_one_number_by_two_accounts_has_one_winner(site):
    one, two = site.account(), site.account()
    first, second = site.callers(2)
    numbers, winners = {}, Counter()
    with Crowd(2) as crowd:
        for number in range(ROUNDS):
            claimed = phone_number()
            answers = crowd.race(number, lambda n=claimed: first.put_number(one, n), lambda n=claimed: second.put_number(two, n))
            assert sorted(a.status for a in answers) == [201, 409], f"round {number}: {answers[0]}, {answers[1]}"
            loser = next(a for a in answers if a.status == 409)
            assert loser.code == "NumberInUse", loser
            numbers[claimed] = one if answers[0].status == 201 else two
            winners[numbers[claimed]] += 1
    assert len(winners) == 2, "one of them never won"
    there = site.sql("select '+' || telephone_number, account from number")
    assert dict(there) == numbers
    for account in (one, two):
        counted = first.get(f"/accounts/{account}").json()["serviceDetails"][ZOOM]["numberCount"]
        assert counted == winners[account]


# ---- an account and its numbers ----

def test_service__disabled_while_a_number_that_uses_it_is_added(site):
    """Either the account is told that there are numbers, or the number that its account has no such service."""
    account, kept = site.account(ZOOM, ROUTING), phone_number()
    first, second = site.callers(2)
    outcomes = Counter()
    with Crowd(2) as crowd:
        for number in range(ROUNDS):
            disabled, added = crowd.race(number, lambda: first.put_account(account, ROUTING),
                                         lambda: second.put_number(account, kept, ZOOM))
            outcomes[disabled.status, added.status] += 1
            assert (disabled.status, added.status) in ((200, 400), (409, 201)), f"round {number}: {disabled}, {added}"
            if added.status == 400:
                assert "ServiceNotEnabled" in errors_of(added), added
                assert first.put_account(account, ZOOM, ROUTING).status == 200
            else:
                assert "ServiceInUse" in errors_of(disabled), disabled
                assert second.delete_number(account, kept).status == 204
    print(dict(outcomes))
    assert len(outcomes) == 2, f"one of them never won: {outcomes}"


def test_account__deleted_while_a_number_is_added_leaves_no_number_without_one(site):
    """With its numbers or only if it has none, in turns."""
    first, second = site.callers(2)
    outcomes = Counter()
    with Crowd(2) as crowd:
        for number in range(ROUNDS):
            account, added, whole = new_name("gone"), phone_number(), number % 4 < 2
            assert first.put_account(account).status == 201
            if whole:
                assert second.put_number(account, phone_number()).status == 201
            path = f"/accounts/{account}" + ("?deleteNumbers=true" if whole else "")
            deleted, put = crowd.race(number, lambda p=path: first.call("DELETE", p),
                                      lambda a=account, n=added: second.put_number(a, n))
            outcome = (whole, deleted.status, put.status)
            outcomes[outcome] += 1
            assert outcome in {(True, 204, 201), (True, 204, 404), (False, 204, 404), (False, 409, 201)}, (
                f"round {number}: {deleted}, {put}")
            if deleted.status == 409:
                assert deleted.code == "AccountNotEmpty", deleted
            gone = deleted.status == 204
            assert second.get(f"/accounts/{account}").status == (404 if gone else 200)
            assert first.get(f"/accounts/{account}/numbers/{added}").status == (404 if gone else 200)
    print(dict(outcomes))
    assert len(outcomes) == 4, f"one of them never won: {outcomes}"
    assert site.sql("select account from number_count where account not in (select name from account) and numbers <> 0") == []


# ---- batches ----

class Batches:
    """A client whose batches overlap with everybody's: half of them with those of its account, a few numbers with all."""

    def __init__(self, caller, account, own, contested, seed):
        self.caller, self.account, self.own, self.contested = caller, account, own, contested
        self.random = random.Random(seed)
        self.outcomes = Counter()

    def run(self, count):
        for _ in range(count):
            numbers = self.random.sample(self.own, self.random.randrange(1, 60))
            numbers += self.random.sample(self.contested, self.random.choice((0, 0, 1, 2)))
            self.random.shuffle(numbers)
            (self.put if self.random.random() < 0.7 else self.delete)(numbers)

    def put(self, numbers):
        value = f"v{self.random.getrandbits(40)}"
        body = [{"telephoneNumber": n, "accountName": self.account, "serviceDetails": {ZOOM: {"enabled": self.random.random() < 0.5}},
                 "configuration": {"customSipHeader": value}} for n in numbers]
        answer = self.caller.call("POST", f"/accounts/{self.account}:createOrUpdateNumbers", {"numbers": body})
        self.outcomes["put", answer.status] += 1
        assert answer.status in (200, 409), answer
        if answer.status == 200:
            assert [item["telephoneNumber"] for item in answer.json()["numbers"]] == numbers
        else:
            assert errors_of(answer) <= {"NumberInUse", "Conflict", "MultipleErrors"} and answer.code, answer

    def delete(self, numbers):
        body = {"numbers": [{"telephoneNumber": n} for n in numbers]}
        answer = self.caller.call("POST", f"/accounts/{self.account}:deleteNumbers", body)
        self.outcomes["delete", answer.status] += 1
        assert answer.status == 204, answer


def test_batches__that_overlap_meet_no_deadlock_a_caller_would_see(site):
    accounts = [site.account(), site.account()]
    pools = [[phone_number() for _ in range(120)] for _ in accounts]
    contested = [phone_number() for _ in range(10)]
    clients = [Batches(caller, accounts[i // 2], pools[i // 2], contested, f"{SEED}/{i}")
               for i, caller in enumerate(site.callers(4))]
    with Crowd(4) as crowd:
        crowd.do(*(lambda c=c: c.run(ROUNDS // 4) for c in clients))
    outcomes = sum((c.outcomes for c in clients), Counter())
    print(dict(outcomes), [node.metrics()[CONFLICTS] for node in site.nodes])
    assert outcomes["put", 200] and outcomes["put", 409] and outcomes["delete", 204], outcomes
    deadlocks = site.sql("select deadlocks from pg_stat_database where datname = current_database()")
    assert deadlocks == [["0"]], f"{deadlocks} deadlocks were met and repeated: batches are not sorted"


# ---- the same request ----

def test_twins__of_one_repeatable_request_at_two_nodes_are_done_once(site):
    account = site.account()
    first, second = site.callers(2)
    done = {}

    def twins(number, method, path, body=None):
        headers = {"Repeatability_Request_ID": uuid_text(), "Repeatability_First_Sent": email.utils.formatdate(usegmt=True)}
        answers = crowd.race(number, *(lambda c=c: c.call(method, path, body, **headers) for c in (first, second)))
        one, two = answers
        assert one.status == two.status < 300, f"round {number}: {one}, {two}"
        assert one.headers["Repeatability-Result"] == two.headers["Repeatability-Result"] == "accepted"
        assert one.etag == two.etag and one.text == two.text, f"round {number}: {one.etag} {one}, {two.etag} {two}"
        return one.status

    with Crowd(2) as crowd:
        for number in range(ROUNDS):
            phone, kind = phone_number(), number % 5
            item = {"telephoneNumber": phone, "accountName": account, "serviceDetails": {ZOOM: {"enabled": True}}}
            path = f"/accounts/{account}/numbers/{phone}"
            if kind == 0:
                assert twins(number, "POST", f"/accounts/{account}:createOrUpdateNumbers", {"numbers": [item]}) == 200
            elif kind == 1:
                done[new_name("twin")] = 1
                name = list(done)[-1]
                body = {"name": name, "serviceDetails": {ZOOM: {"enabled": True, "syncEnabled": False}}}
                assert twins(number, "PUT", f"/accounts/{name}", body) == 201
                continue
            else:
                assert twins(number, "PUT", path, item) == 201
            if kind == 2:
                assert twins(number, "DELETE", path) == 204
            if kind == 3:
                assert twins(number, "PUT", path, {**item, "configuration": {"customSipHeader": "x"}}) == 200
            done[phone] = 2 if kind in (2, 3) else 1
    rows = site.sql(f"select key, count(*) from audit where key <> '{account}' group by key")
    assert {key: int(count) for key, count in rows} == done


# ---- the start ----

@pytest.mark.parametrize("count", [2, 4])
def test_start__of_nodes_on_an_empty_database_migrates_once(make_nodes, count):
    for _ in range(rounds(1, 3, 20)):
        site = Site(make_nodes, shared_cluster(), count)
        applied = site.sql("select number, count(*) from migration group by number order by number")
        assert applied and applied == [[str(n + 1), "1"] for n in range(len(applied))]
        account = site.account()
        number = site.number(account)
        for caller in site.callers(count):
            assert caller.get(f"/accounts/{account}/numbers/{number}").status == 200
        assert not [row for node in site.nodes for row in node.log_rows() if row["level"] == "error"]
        site.verify()
        for node in site.nodes:
            assert node.terminate() == 0
