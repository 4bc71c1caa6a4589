"""The acknowledged-write ledger: clients write, remember what they were told, and hold the daemon to it after it was killed.

Each Writer has a connection and an account of its own and one request under way at a time, so after a kill there is at most one
request of each whose outcome is open. What must then hold is exact: the resources of a writer are those of all its
acknowledged requests, or those and the open one, whole. Nothing in between, and nothing else. Some requests carry repeatability
headers; an open one of these is sent again after the restart and must have happened once.

Patient writers, which several nodes can have, do not wait for a restart: they send a request that had no answer, or 503, again and again, in
turns to each node, until they are told how it ended. Then no outcome is open, and what is there is what was acknowledged.

A broken promise is a line in Ledger.violations; nothing here raises for it, since one test wants to see some.
"""
import email.utils
import http.client
import json
import random
import ssl
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

import requests
import urllib3
from conftest import API_VERSION, wait_until

WRITERS = 8
NUMBERS_EACH = 300  # a writer's numbers: few enough to be written again and again, and read back whole
PATIENCE_SECONDS = 60  # of a patient writer with one request
# Services by their names in number_count; with _enabled behind, in account and number.
COUNTED = ("operator_connect", "phone_mobile", "direct_routing", "zoom", "call_protection")
# Of PostgreSQL: what is under way in a database, beside who asks.
OPEN_TRANSACTIONS = ("select pid, state, query from pg_stat_activity where datname = current_database() and xact_start is not null"
                     " and backend_type = 'client backend' and pid <> pg_backend_pid()")
GONE = http.client.HTTPException, OSError  # what a client sees of a daemon that is killed


def audit_action(before, after):
    return "delete" if after is None else "replace" if before is not None else "create"


@dataclass
class Operation:
    """A request and what it does: effects maps a key (number or account name) to its new value, None for gone."""
    method: str
    path: str
    body: object
    statuses: tuple
    effects: dict
    repeatable: bool
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    first_sent: str = field(default_factory=lambda: email.utils.formatdate(usegmt=True))
    audit: set = None  # the (action, key) pairs its audit rows must have

    def headers(self):
        headers = {"Content-Type": "application/json", "x-ms-client-request-id": self.id}
        if self.repeatable:
            headers |= {"Repeatability-Request-ID": self.id, "Repeatability-First-Sent": self.first_sent}
        return headers

    def apply(self, resources):
        """The resources after it."""
        after = {**resources, **self.effects}
        return {key: value for key, value in after.items() if value is not None}

    def expect_audit(self, resources):
        self.audit = {(audit_action(resources.get(key), value), key) for key, value in self.effects.items()
                      if value is not None or key in resources}


class Writer:
    """One client: what it has acknowledged, and the request that was open when the daemon died."""

    def __init__(self, ledger, index, seed):
        self.ledger, self.random = ledger, random.Random(seed)
        self.node, self.connection = ledger.nodes[index % len(ledger.nodes)], None
        self.account = f"ledger-{index}"
        self.numbers = [f"+44{20 + index}{n:07}" for n in range(NUMBERS_EACH)]
        self.resources = {}  # acknowledged
        self.etags = {}  # of resources whose last write told one
        self.revision = 0  # the highest that any ETag told
        self.open = None  # the Operation without an answer
        self.again = None  # one that is sent again
        self.count = 0

    # ---- what it may do; each returns an Operation ----

    def value(self):
        self.count += 1
        return f"{self.account}-{self.count}"

    def operation(self, method, path, body, statuses, effects):
        return Operation(method, path, body, statuses, effects, self.ledger.patient or self.random.random() < 0.5)

    def number_body(self, number, value):
        return {"telephoneNumber": number, "accountName": self.account,
                "serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}, "configuration": {"customSipHeader": value}}

    def put_account(self):
        tenant = str(uuid.UUID(int=self.random.getrandbits(128)))
        services = {"zoomPhoneCloudPeering": {"enabled": True, "syncEnabled": False}, "teamsTenantId": tenant}
        return self.operation("PUT", f"/accounts/{self.account}", {"name": self.account, "serviceDetails": services},
                              (200, 201), {self.account: tenant})

    def delete_account(self):
        return self.operation("DELETE", f"/accounts/{self.account}?deleteNumbers=true", None, (204,),
                              dict.fromkeys([self.account, *self.numbers]))

    def put_number(self):
        number, value = self.random.choice(self.numbers), self.value()
        return self.operation("PUT", f"/accounts/{self.account}/numbers/{number}", self.number_body(number, value), (200, 201),
                              {number: value})

    def delete_number(self):
        number = self.random.choice(self.numbers)
        return self.operation("DELETE", f"/accounts/{self.account}/numbers/{number}", None, (204,), {number: None})

    def some_numbers(self):
        return self.random.sample(self.numbers, min(100, 1 + int(self.random.expovariate(1 / 25))))

    def put_batch(self):
        value = self.value()
        effects = {number: f"{value}-{i}" for i, number in enumerate(self.some_numbers())}
        return self.operation("POST", f"/accounts/{self.account}:createOrUpdateNumbers",
                              {"numbers": [self.number_body(n, v) for n, v in effects.items()]}, (200,), effects)

    def delete_batch(self):
        numbers = self.some_numbers()
        return self.operation("POST", f"/accounts/{self.account}:deleteNumbers",
                              {"numbers": [{"telephoneNumber": n} for n in numbers]}, (204,), dict.fromkeys(numbers))

    def next_operation(self):
        if self.again:
            operation, self.again = self.again, None
            return operation
        if self.account not in self.resources:
            operation = self.put_account()
        else:
            kinds = {self.put_number: 50, self.put_batch: 20, self.put_account: 11, self.delete_number: 10,
                     self.delete_batch: 8, self.delete_account: 1}
            operation = self.random.choices(list(kinds), kinds.values())[0]()
        operation.expect_audit(self.resources)
        return operation

    # ---- writing ----

    def run(self):
        if self.ledger.patient:
            self.run_patiently()
        else:
            self.run_on(self.ledger.connect(self.node))

    def run_on(self, connection):
        """Writes until the daemon is gone, or says that it cannot."""
        try:
            while not self.ledger.stop:
                self.open = self.next_operation()
                status, etag = self.ledger.send(connection, self.open)
                if status not in self.open.statuses:
                    self.ledger.refused(self.open, status)
                    return
                self.acknowledged(self.open, etag)
                self.open = None
                self.ledger.count_one()
        except GONE:
            self.ledger.cut_off()
        finally:
            connection.close()

    def run_patiently(self):
        while not self.ledger.stop:
            self.open = self.next_operation()
            status, etag = self.insist(self.open)
            if status not in self.open.statuses:
                self.ledger.violate(f"{self.open.method} {self.open.path} was answered {status}")
                return
            self.acknowledged(self.open, etag)
            self.open = None
            self.ledger.count_one()

    def insist(self, operation):
        """Status and ETag of its first answer but 503."""
        begun, status, etag = time.monotonic(), 503, None
        while status == 503 and time.monotonic() < begun + PATIENCE_SECONDS:
            try:
                self.connection = self.connection or self.ledger.connect(self.node)
                status, etag = self.ledger.send(self.connection, operation)
            except GONE:
                status = 503
            if status == 503:
                self.turn_away()
        self.ledger.note_wait(time.monotonic() - begun)
        return status, etag

    def turn_away(self):
        """To the next node, after a pause in which others come to their turn."""
        if self.connection:
            self.connection.close()
        nodes = self.ledger.nodes
        self.connection, self.node = None, nodes[(nodes.index(self.node) + 1) % len(nodes)]
        self.ledger.pause()

    def acknowledged(self, operation, etag):
        self.resources = operation.apply(self.resources)
        self.ledger.acknowledged.append(operation)
        for key in operation.effects:
            self.etags.pop(key, None)
        if operation.method == "PUT":
            revision = int(etag.strip('"').split(".")[0])
            (key,) = operation.effects
            self.etags[key] = etag
            self.ledger.check(revision > self.revision, f"the ETag {etag} of {key} comes after revision {self.revision}")
            self.ledger.note_revision(revision, key)
            self.revision = max(self.revision, revision)

    # ---- after the restart ----

    def settle(self, found):
        """Holds what is there against what was acknowledged. Returns the operations whose audit rows must be there."""
        happened = []
        if found != self.resources:
            if self.open and found == self.open.apply(self.resources):
                happened.append(self.open)
            else:
                self.ledger.violate(f"{self.account}: {self.differences(found)}")
        if self.open:
            for key in self.open.effects:
                self.etags.pop(key, None)
            self.again = self.open if self.open.repeatable else None
        self.resources, self.open = found, None
        return happened

    def differences(self, found):
        wanted, maybe = self.resources, self.open.effects if self.open else {}
        keys = sorted(k for k in wanted.keys() | found.keys() if wanted.get(k) != found.get(k))
        lines = [f"{k}: acknowledged {wanted.get(k)}, {f'open {maybe[k]}, ' if k in maybe else ''}found {found.get(k)}"
                 for k in keys[:4]]
        what = "half of an open request" if keys and all(k in maybe for k in keys) else "acknowledged writes lost"
        return f"{what}, {len(keys)} resources: " + "; ".join(lines)


class Ledger:
    """All writers of one daemon, or of all nodes on one database, over as many of their lives as a test likes. `settled` waits until nothing
    is under way any more that was begun by a daemon which is gone."""

    def __init__(self, server, seed, nodes=None, patient=False, settled=lambda: None):
        self.server, self.nodes, self.patient, self.settled = server, nodes or [server], patient, settled
        self.random = random.Random(seed)
        self.slowest = self.longest = 0.0  # seconds: answer; time until a patient writer had one that it could use
        self.writers = [Writer(self, i, f"{seed}/{i}") for i in range(WRITERS)]
        self.violations = []
        self.acknowledged = []  # operations since the last verification
        self.audited = set()  # ids of operations whose audit rows were seen
        self.revisions = {}
        self.audit_seen, self.audit_since = set(), None
        self.changed = threading.Condition()
        self.stop = False
        self.lost = 0  # clients that came to their end in this round
        self.refusals = self.cut = 0  # in all rounds: by 503, by the end of the connection
        self.writes = self.total = 0  # acknowledged in this round, and in all

    def violate(self, what):
        self.violations.append(what)

    def check(self, holds, what):
        if not holds:
            self.violate(what)

    def note_revision(self, revision, key):
        with self.changed:
            self.check(revision not in self.revisions,
                       f"{key} has the ETag revision {revision} of {self.revisions.get(revision)}")
            self.revisions[revision] = key

    def count_one(self):
        with self.changed:
            self.writes += 1
            self.total += 1
            self.changed.notify_all()

    def refused(self, operation, status):
        """503 leaves the outcome open; nothing else is ever an answer to what is written here."""
        self.check(status == 503, f"{operation.method} {operation.path} was answered {status}")
        with self.changed:
            self.refusals += 1
            self.lost += 1
            self.changed.notify_all()

    def cut_off(self):
        with self.changed:
            self.cut += 1
            self.lost += 1
            self.changed.notify_all()

    def note_wait(self, seconds):
        with self.changed:
            self.longest = max(self.longest, seconds)

    # ---- the wire ----

    def connect(self, node):
        context = ssl.create_default_context(cafile=node.ca)
        return http.client.HTTPSConnection("localhost", node.port, timeout=60, context=context)

    def send(self, connection, operation):
        mark = "&" if "?" in operation.path else "?"
        body = json.dumps(operation.body) if operation.body is not None else None
        begun = time.monotonic()
        connection.request(operation.method, f"{operation.path}{mark}api-version={API_VERSION}", body,
                           {"Authorization": f"Bearer {self.server.lab.token()}", **operation.headers()})
        reply = connection.getresponse()
        reply.read()
        self.check(reply.status != 503 or "Retry-After" in reply.headers, f"503 without Retry-After for {operation.path}")
        with self.changed:
            self.slowest = max(self.slowest, time.monotonic() - begun)
        return reply.status, reply.headers.get("ETag")

    # ---- a round ----

    def write_until(self, writes, end):
        """Lets all writers write; calls end() once so many writes were acknowledged, or a writer could not go on."""
        self.writes, self.lost, self.stop = 0, 0, False
        threads = [threading.Thread(target=writer.run) for writer in self.writers]
        for thread in threads:
            thread.start()
        with self.changed:
            enough = self.changed.wait_for(lambda: self.writes >= writes or self.lost > 0, timeout=60)
            self.check(enough, f"only {self.writes} writes were acknowledged in 60 s")
        end()
        self.stop = True
        for thread in threads:
            thread.join(60)
            self.check(not thread.is_alive(), "a client got neither an answer nor the end of its connection")

    def await_writes(self, writes):
        """Until so many more were acknowledged; for end() of write_until()."""
        with self.changed:
            wanted = self.writes + writes
            enough = self.changed.wait_for(lambda: self.writes >= wanted or self.violations, timeout=60)
            self.check(enough, f"{wanted - self.writes} of {writes} writes were not acknowledged in 60 s")

    def pause(self):
        """Up to 10 ms, so that the kill meets whatever the daemon is doing then. Nothing waits for this to be long enough."""
        threading.Event().wait(self.random.random() * 0.01)

    def kill_after(self, writes):
        def end():
            self.pause()
            self.check(self.lost == 0, f"the daemon ended by itself: {self.server.tail(3)}")
            self.server.kill()
        self.write_until(writes, end)

    # ---- after the restart ----

    def reader(self):
        """A client that reads everything back; as patient as the writers are."""
        client = self.server.client()
        if self.patient:
            again = urllib3.Retry(20, status_forcelist=[503], backoff_factor=0.05, respect_retry_after_header=False,
                                  raise_on_status=False)
            client.mount("https://", requests.adapters.HTTPAdapter(max_retries=again))
        return client

    def verify(self):
        """Reads everything back."""
        self.settled()
        with self.reader() as client:
            found = self.read_resources(client)
            happened = []
            for writer in self.writers:
                happened += writer.settle(found.pop(writer.account, {}))
            self.check(not found, f"accounts nobody made: {sorted(found)}")
            self.verify_etags(client)
            self.verify_audit(client, happened)

    def read_resources(self, client):
        found, counts = defaultdict(dict), {}
        for account in client.items("/accounts", maxpagesize="500"):
            name, services = account["name"], account["serviceDetails"]
            found[name][name] = services.get("teamsTenantId")
            counts[name] = services["zoomPhoneCloudPeering"]["numberCount"]
        for number in client.items("/numbers", maxpagesize="500"):
            found[number["accountName"]][number["telephoneNumber"]] = number["configuration"]["customSipHeader"]
        for name, resources in found.items():
            self.check(counts.get(name) == len(resources) - 1,
                       f"{name}: numberCount is {counts.get(name)} and it has {len(resources) - 1} numbers")
        return found

    def verify_etags(self, client):
        for writer in self.writers:
            known = [(k, e) for k, e in writer.etags.items() if k in writer.resources and k != writer.account]
            for key, etag in self.random.sample(known, min(3, len(known))):
                reply = client.get(f"/accounts/{writer.account}/numbers/{key}")
                now = reply.headers.get("ETag")
                self.check(now == etag, f"{key} was written with the ETag {etag} and has {now}")

    def new_audit_rows(self, client):
        since = {"since": self.audit_since} if self.audit_since else {}
        rows = [row for row in client.items("/numgate/v1/audit", order="oldestFirst", maxpagesize="500", **since)
                if row["id"] not in self.audit_seen]
        if rows:
            self.audit_since = rows[-1]["at"]
        self.audit_seen |= {row["id"] for row in rows}
        return rows

    def verify_audit(self, client, happened):
        """Each acknowledged operation has its rows, an open one all of them or none, and there are no others."""
        rows = defaultdict(list)
        for row in self.new_audit_rows(client):
            rows[row["clientRequestId"]].append((row["action"], row["key"]))
        for operation in {op.id: op for op in self.acknowledged + happened}.values():
            got = rows.pop(operation.id, [])
            again = operation.id in self.audited and not got  # it happened before the kill, and was sent again since
            self.audited.add(operation.id)
            self.check(again or (len(got) == len(operation.audit) and set(got) == operation.audit),
                       f"{operation.method} {operation.path} {operation.id}: audit has {sorted(got)[:4]} ({len(got)}), "
                       f"not {sorted(operation.audit)[:4]} ({len(operation.audit)})")
        self.check(not rows, f"audit rows of requests that were not acknowledged: {list(rows.items())[:2]}")
        self.acknowledged = []

    def verify_audit_whole(self):
        """Rows that were there are there still; verify() looks at the new ones only."""
        with self.reader() as client:
            ids = [row["id"] for row in client.items("/numgate/v1/audit", order="oldestFirst", maxpagesize="500")]
        self.check(ids == sorted(self.audit_seen),
                   f"audit rows come and go: there were {len(self.audit_seen)}, there are {len(ids)}")


def verify_rows(sql):
    """What no race and no crash may break, in the database itself. `sql` returns the rows of a statement."""
    sums = ", ".join(f"sum({column})" for column in COUNTED)
    real = ", ".join(f"count(case when {column}_enabled = 1 then 1 end)" for column in COUNTED)
    counted = sql(f"select account, sum(numbers), {sums} from number_count group by account having (sum(numbers), {sums})"
                  " <> (0, 0, 0, 0, 0, 0) order by account")
    assert counted == sql(f"select account, count(*), {real} from number where releasing = 0 group by account order by account")
    assert sql("select telephone_number, account from number where account not in (select name from account)") == []
    for column in COUNTED:
        assert sql("select n.telephone_number, n.account from number n join account a on a.name = n.account"
                   f" where n.{column}_enabled = 1 and coalesce(a.{column}_enabled, 0) <> 1") == [], (
                       f"numbers with {column}, which their account has not")
    # In audit, action 0 is creation and 2 is deletion; rows of kind 0 are of accounts, of kind 1 of numbers.
    for kind, there in enumerate(("select name as key from account", "select '+' || telephone_number as key from number")):
        assert sql("select key, sum(n) from (select key, case action when 0 then 1 when 2 then -1 else 0 end as n from audit"
                   f" where kind = {kind} union all select key, -1 from ({there}) there) rows"
                   " group by key having sum(n) <> 0") == [], "the audit has other creations and deletions than what is there"


def await_ended(server, timeout=30):
    """The exit status of a daemon that ends by itself."""
    wait_until(lambda: not server.alive(), timeout, "the end of the daemon")
    return server.wait()
