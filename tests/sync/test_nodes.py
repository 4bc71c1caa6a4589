"""Two nodes on one PostgreSQL and one back end: one of them is killed, stopped, cut off or restarted while it has the lease of a tenant.
The other goes on soon, what the first one still writes is refused, and nothing is done twice."""
import collections
import concurrent.futures
import signal
import threading
import time

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from conftest import STORE, rounds, shared_cluster, wait_until
from proxy import Proxy
from side import OC, Side, backend_config, new_tenant, number_of

pytestmark = pytest.mark.skipif(STORE != "postgresql", reason="about several nodes")

GOES_ON = 5.0              # seconds: how long a tenant waits at most for a node that is gone
BATCH, NUMBERS = 10, 300   # in an order; of an account that keeps its node busy
RELATIONSHIP = 4.0         # seconds: twice what an answer waits for the back end
HELD, RELEASING = 2, 4     # enum acquired_state
SYNC = 0                   # enum outbox_kind
NEVER = 2 ** 63 - 1        # the due time of a row that rests
PATIENCE = Retry(total=3, status_forcelist=[503], allowed_methods=["GET"], respect_retry_after_header=True)

_accounts = iter(range(1000))
_numbers = iter(range(441632900000, 441632959999))


def new_numbers(count):
    return [f"+{next(_numbers)}" for _ in range(count)]


class Team:
    """The nodes, each behind a network of its own, their database and the back end."""

    def __init__(self, make_nodes, lab):
        self.lab, self.side, self.cluster = lab, Side(lab), shared_cluster()
        self.database = self.cluster.create_database()
        self.networks = [Proxy(self.cluster.port) for _ in range(2)]
        urls = [self.cluster.url(self.database, ports=[network.port]) for network in self.networks]
        config = backend_config(lab, batch=str(BATCH))
        self.nodes = [make_nodes(1, config, url)[0] for url in urls]
        self.admins = [node.client("ADMIN", checked=False) for node in self.nodes]
        self.wanted = {}  # tenant: its numbers

    def close(self):
        self.side.clear_faults()
        self.side.switch(callMs=0, jobMs=0, hold=False)
        for node, network in zip(self.nodes, self.networks):
            if node.alive():
                node.signal(signal.SIGCONT)
            network.heal()
            node.stop()
            network.cut()

    def sql(self, text):
        return self.cluster.sql(text, self.database)

    def other(self, node):
        return self.nodes[1 - self.nodes.index(node)]

    # ---- what clients do ----

    def enterprises(self, count, known=True):
        """[(account, tenant)]: accounts of tenants that have consented, and whose consent is known here."""
        made = [(f"nodes-{next(_accounts):03}", new_tenant()) for _ in range(count)]
        for _, tenant in made:
            self.side.consent(tenant)
            self.wanted[tenant] = set()
        if known:
            wait_until(lambda: self.knows([tenant for _, tenant in made]), what="the consents")
        for name, tenant in made:
            details = {"teamsTenantId": tenant, OC: {"enabled": True, "syncEnabled": True}}
            assert self.admins[0].put(f"/accounts/{name}", json={"name": name, "serviceDetails": details}).status_code == 201
        return made

    def knows(self, tenants):
        known = {row[0] for row in self.sql("select tenant_id from rfi")}
        return known.issuperset(tenants)

    def put(self, name, tenant, numbers):
        for i in range(0, len(numbers), 100):
            body = {"numbers": [number_of(name, number) for number in numbers[i:i + 100]]}
            reply = self.admins[0].post(f"/accounts/{name}:createOrUpdateNumbers", json=body)
            assert reply.status_code == 200, reply.text
        self.wanted[tenant].update(numbers)

    def busy(self, numbers=NUMBERS):
        """A tenant whose account has many orders, some of them done; the node that is at it, and its lease's generation."""
        (name, tenant), = self.enterprises(1)
        self.side.switch(callMs=100)
        self.put(name, tenant, new_numbers(numbers))
        wait_until(lambda: len(self.history(tenant)) >= 3 * BATCH, what="some orders")
        return tenant, self.holder(), self.lease(tenant)

    def holder(self, kind="sync"):
        return wait_until(lambda: next((node for node in self.nodes if node.metrics()[f'numgate_work_running{{kind="{kind}"}}'] > 0), None),
                          what=f"a node that has {kind} work")

    def be_patient(self, node):
        """Reads wait as Retry-After says: an attempt to reach the database that began just before it was back fails after that,
        and the next one comes within a second."""
        self.admins[self.nodes.index(node)].mount("https://", HTTPAdapter(max_retries=PATIENCE))

    # ---- what is seen ----

    def history(self, tenant):
        return [row for row in self.side.history() if row["tenantId"] == tenant]

    def lease(self, tenant):
        """Its generation."""
        (generation,), = self.sql(f"select generation from lease where name = 'sync/{tenant}'")
        return int(generation)

    def is_locked(self, tenant):
        """A transaction has it now."""
        return not self.sql(f"select 1 from lease where name = 'sync/{tenant}' for update skip locked")

    def await_other(self, tenant, generation, since):
        """The next generation of the lease; `since`: by time.monotonic()."""
        wait_until(lambda: self.lease(tenant) > generation, 3 * GOES_ON, "another node going on")
        took = time.monotonic() - since
        print(f"the other node went on after {took:.2f} s")
        assert took < GOES_ON

    def await_lost(self, node, tenant, generation):
        """It finds out that it is no longer the one; what it wrote was refused."""
        def lost():
            return [row for row in node.log_rows() if row["event"] == "work_lost" and row["lease"] == f"sync/{tenant}" and row["generation"] == generation]
        wait_until(lost, 30, "the late node being refused")

    # ---- the end ----

    def finish(self):
        """Until all is done; then both sides are equal, and the back end was told nothing twice."""
        self.side.switch(callMs=0, jobMs=0, hold=False)
        for node in self.nodes:
            node.await_up()
        for admin in self.admins:
            wait_until(lambda admin=admin: self.statuses(admin) <= {"synced"}, 60, "all numbers synced")
        wait_until(self.is_quiet, 30, "an end of all work")
        assert self.sql(f"select * from acquired_number where state <> {HELD} or order_id is not null") == []
        history = self.side.history()
        for tenant, numbers in self.wanted.items():
            assert self.side.numbers(tenant).keys() == numbers
            self.check_history([row for row in history if row["tenantId"] == tenant], numbers)
        stored = {number for (number,) in self.sql("select telephone_number from number where releasing = 0")}
        assert stored == {number[1:] for numbers in self.wanted.values() for number in numbers}

    @staticmethod
    def statuses(admin):
        return {item["serviceProvisioningStatus"] for item in admin.items("/numbers")}

    def is_quiet(self):
        left = self.sql(f"select id from job where kind = 'order' union all select key from outbox where kind = {SYNC} and not_before < {NEVER}")
        return left == [] and self.side.statistics()["jobsOpen"] == 0

    @staticmethod
    def check_history(rows, numbers):
        """Entries that changed nothing are of orders that were sent again after a doubt."""
        assert {row["effect"] for row in rows} <= {"added", "unchanged"}, rows
        added = collections.Counter(row["telephoneNumber"] for row in rows if row["effect"] == "added")
        assert added == dict.fromkeys(numbers, 1)
        entries = collections.Counter((row["order"], row["telephoneNumber"]) for row in rows)
        assert not [entry for entry, count in entries.items() if count > 1]


@pytest.fixture
def team(make_nodes, lab):
    made = Team(make_nodes, lab)
    yield made
    made.close()


def test_node__that_is_killed_is_followed_by_the_other(team):
    tenant, node, generation = team.busy()
    since = time.monotonic()
    node.kill()
    team.await_other(tenant, generation, since)
    node.start()
    team.finish()


@pytest.mark.parametrize("wakes", ["while the other works", "when all is done"])
def test_node__that_is_stopped_is_refused_when_it_wakes(team, wakes):
    tenant, node, generation = team.busy()
    since = time.monotonic()
    node.signal(signal.SIGSTOP)
    team.await_other(tenant, generation, since)
    if wakes == "when all is done":
        team.side.switch(callMs=0)
        wait_until(lambda: team.statuses(team.other(node).client(checked=False)) == {"synced"}, 60, "all numbers synced")
    node.signal(signal.SIGCONT)
    team.await_lost(node, tenant, generation)
    team.finish()


def test_node__that_is_stopped_within_a_transaction_is_refused_when_it_wakes(team):
    """The database ends that transaction: it has the lease's row locked. Such moments are short, so there is enough to do for many."""
    tenant, node, generation = team.busy(numbers=10 * NUMBERS)

    def stopped_within():
        since = time.monotonic()
        node.signal(signal.SIGSTOP)
        if team.is_locked(tenant) and team.is_locked(tenant):
            return since
        node.signal(signal.SIGCONT)
        return None
    since = wait_until(stopped_within, 30, "a stop within a transaction")
    team.await_other(tenant, generation, since)
    node.signal(signal.SIGCONT)
    team.await_lost(node, tenant, generation)
    team.finish()


def test_node__that_is_cut_off_from_the_database_is_followed_by_the_other(team):
    tenant, node, generation = team.busy()
    network = team.networks[team.nodes.index(node)]
    since = time.monotonic()
    network.drop()
    team.await_other(tenant, generation, since)
    network.heal()
    team.be_patient(node)
    team.await_lost(node, tenant, generation)
    team.finish()


def test_nodes__that_start_together_share_the_tenants(team):
    made = team.enterprises(20)
    team.side.switch(callMs=400)
    for name, tenant in made:
        team.put(name, tenant, new_numbers(3 * BATCH))
    assert [node.terminate() for node in team.nodes] == [0, 0]
    assert len(team.sql("select 1 from number where provisioning_status = 1")) > 10 * BATCH
    team.side.switch(callMs=50)
    for node in team.nodes:
        node.spawn()
    for node in team.nodes:
        node.await_up()
    team.finish()
    assert all(node.metrics()['numgate_work_items_total{kind="sync",result="done"}'] > 0 for node in team.nodes)


def patch_relationship(admin, tenant, comment):
    """The answer, and how long it took."""
    begun = time.monotonic()
    body = {"customerRelationship": {"status": "CustomerContacted", "comment": comment}}
    reply = admin.patch(f"/teamsRequestsForInformation/{tenant}", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json(), time.monotonic() - begun


def test_relationship__is_answered_while_the_other_node_has_the_lease(team):
    (_, tenant), = team.enterprises(1)
    team.side.fault(operation="setCustomerRelationship", kind="delay", ms=1500, times=1)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(patch_relationship, team.admins[1], tenant, "first")
        asked = team.other(team.holder("relationship"))
        answer, took = patch_relationship(asked.client(checked=False), tenant, "second")
        assert answer["serviceProvisioningStatus"] in ("synced", "pending") and answer["customerRelationship"]["comment"] == "second"
        assert took < RELATIONSHIP
        assert first.result()[1] < RELATIONSHIP

    def settled(admin):
        shown = admin.get(f"/teamsRequestsForInformation/{tenant}").json()
        return shown["serviceProvisioningStatus"] == "synced" and shown["customerRelationship"]["comment"] == "second"
    for admin in team.admins:
        wait_until(lambda admin=admin: settled(admin), what="the second one synced")
    consent = team.side.session.get(f"{team.lab.url}/backend/v1/consents/{tenant}", timeout=20, headers={"Authorization": f"Bearer {team.side.token()}"}).json()
    assert consent["customerRelationship"]["comment"] == "second"


FIRST_SWEEP = """
begin;
insert into job (id, kind, key, state, progress, attempt, not_before, created_at, updated_at)
    values ('sweep/{0}', 'sweep', '{0}', 0, '{{"mode":"rolling"}}', 0, 0, 0, 0);
do $$ begin while not exists (select 1 from pg_locks where not granted) loop perform pg_sleep(0.01); end loop; end $$;
commit;
"""  # as the first sweep of a tenant writes it, in a transaction that ends when somebody waits for it


def test_reconcile__is_heard_while_the_first_sweep_begins(team):
    admin = team.admins[0]
    assert admin.post("/numgate/v1/sync:pause").status_code == 204
    (name, tenant), = team.enterprises(1, known=False)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(team.sql, FIRST_SWEEP.format(tenant))
        wait_until(lambda: team.sql("select 1 from pg_stat_activity where query like 'do %' and state = 'active'"), what="the first sweep's row")
        reply = admin.post(f"/numgate/v1/sync/accounts/{name}:reconcile", json={"apply": True})
        assert reply.status_code == 202 and reply.json()["sweep"]["mode"] == "repair", reply.text
        first.result()
    assert admin.post("/numgate/v1/sync:resume").status_code == 204


class Writer:
    """Puts one number after the other until it is told to end, each at whichever node answers."""

    def __init__(self, team, name, tenant):
        self.team, self.name, self.tenant, self.done, self.end = team, name, tenant, 0, threading.Event()
        self.admins = [node.client("ADMIN", checked=False) for node in team.nodes]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.end.is_set():
            number, = new_numbers(1)
            wait_until(lambda number=number: self.put(number), 60, "an answer")
            self.team.wanted[self.tenant].add(number)
            self.done += 1

    def put(self, number):
        self.admins.reverse()
        try:
            reply = self.admins[0].put(f"/accounts/{self.name}/numbers/{number}", json=number_of(self.name, number))
        except requests.RequestException:
            return False
        assert reply.status_code in (200, 201, 429, 503), reply.text
        return reply.status_code in (200, 201)

    def await_more(self, count):
        seen = self.done
        wait_until(lambda: self.done >= seen + count or not self.thread.is_alive(), 30, "more writes")
        assert self.thread.is_alive()

    def stop(self):
        self.end.set()
        self.thread.join()


def test_nodes__that_are_restarted_in_turn_lose_nothing(team):
    writers = [Writer(team, *made) for made in team.enterprises(3)]
    team.side.switch(callMs=30)
    try:
        for _ in range(rounds(1, 2, 10)):
            for node in team.nodes:
                assert node.terminate() == 0
                writers[0].await_more(5)
                node.start()
                writers[1].await_more(5)
    finally:
        for writer in writers:
            writer.stop()
    team.finish()


def test_account__that_is_gone_keeps_the_lease_of_its_tenant(team):
    """Also while all its numbers are in orders to release them."""
    (name, tenant), = team.enterprises(1)
    team.put(name, tenant, new_numbers(BATCH))
    team.finish()
    team.side.switch(hold=True)
    assert team.admins[0].delete(f"/accounts/{name}", params={"deleteNumbers": "true"}).status_code == 204
    wait_until(lambda: {state for (state,) in team.sql("select state from acquired_number")} == {str(RELEASING)}, what="the releases")
    generation = team.lease(tenant)
    wait_until(lambda: team.lease(tenant) > generation + 1, what="more questions for the job")
    team.side.switch(hold=False)
    wait_until(lambda: not team.side.numbers(tenant) and not team.sql("select 1 from acquired_number"), what="the end of the account")
    assert team.sql("select name from lease where name like 'sync/account/%'") == []
