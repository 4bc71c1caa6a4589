"""A schedule: changes by a client, things done by the enterprises, and faults, drawn by a seed; and what must hold when all is quiet
again. The back end is the lab's, numgated and lab are killed on the way."""
import random
import time

import requests

from conftest import uuid_text, wait_until
from side import OC, OTHER_USAGE, USAGE, Pair, new_tenant, number_of

ACCOUNTS, NUMBERS = 5, 40
CHANGES, FAULTS, KILLS = 100, 12, 4
# Eight sets, so that a number's settings tell which of its writes they are of: each write takes the next.
CAPABILITIES = [[name for bit, name in enumerate(("InboundCalling", "OutboundCalling", "Mobile")) if n >> bit & 1] for n in range(8)]
READS = ("listConsents", "listNumbers", "getJob", "findJob", "getNumber", "listChanges", "listCivicAddresses")
WRITES = ("uploadNumbers", "releaseNumbers", "setCustomerRelationship")


def waits_for_consent(item):
    """It heals by itself now that all consents are active."""
    return any(error["code"] == "ConsentRequired" for error in item["serviceProvisioningErrors"])


class Schedule:
    def __init__(self, folder, seed, config=""):
        self.seed, self.dice = seed, random.Random(seed)
        self.pair = Pair(folder, config, batch="7", concurrency="3")
        self.tenants = [new_tenant(self.dice) for _ in range(ACCOUNTS - 1)]
        self.accounts = {f"account-{n}": self.tenants[min(n, ACCOUNTS - 2)] for n in range(ACCOUNTS)}  # the last two share a tenant
        self.numbers = [f"+4416329600{n:02}" for n in range(NUMBERS)]
        self.writes = {number: [] for number in self.numbers}  # capabilities of each write that was answered, oldest first
        self.versions = {number: 0 for number in self.numbers}
        self.syncs = {}    # which accounts ask for sync
        self.left = set()  # numbers that were taken from an account while it did not: the back end keeps them

    # ---- the client ----

    def call(self, method, path, json=None):
        """Repeats until there is an answer, as clients must; a write carries an id, so it is done once."""
        headers = {"Repeatability-Request-ID": uuid_text(), "Repeatability-First-Sent": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())}
        end = time.monotonic() + 60
        while True:
            try:
                reply = self.pair.admin.request(method, path, json=json, headers=headers)
                if reply.status_code not in (500, 502, 503):
                    break
            except requests.RequestException:
                pass
            assert time.monotonic() < end, f"{method} {path} was never answered"
            self.heal_daemon()
        assert reply.status_code in (200, 201, 204, 404, 409), (method, path, reply.status_code, reply.text)
        return reply

    def heal_daemon(self):
        if not self.pair.server.alive():
            self.pair.server.start()

    def any_account(self):
        return self.dice.choice(list(self.accounts))

    def next_settings(self, number):
        self.versions[number] += 1
        usage = OTHER_USAGE if self.dice.random() < 0.15 else USAGE
        capabilities = CAPABILITIES[self.versions[number] % len(CAPABILITIES)]
        if usage == OTHER_USAGE:
            capabilities = [word for word in capabilities if word != "Mobile"]
        return {"usage": usage, "choosableCapabilities": capabilities}

    def note(self, number, settings):
        self.writes[number].append((settings["usage"], tuple(settings["choosableCapabilities"])))

    def change_put(self):
        account, number = self.any_account(), self.dice.choice(self.numbers)
        settings = self.next_settings(number)
        if self.call("PUT", f"/accounts/{account}/numbers/{number}", number_of(account, number, **settings)).status_code in (200, 201):
            self.note(number, settings)

    def change_batch(self):
        account = self.any_account()
        settings = {number: self.next_settings(number) for number in self.dice.sample(self.numbers, self.dice.randint(2, 12))}
        items = [number_of(account, number, **wanted) for number, wanted in settings.items()]
        if self.call("POST", f"/accounts/{account}:createOrUpdateNumbers", {"numbers": items}).status_code == 200:
            for number, wanted in settings.items():
                self.note(number, wanted)

    def note_left(self, account, numbers):
        if not self.syncs[account]:
            self.left.update(numbers)

    def change_delete(self):
        account, number = self.any_account(), self.dice.choice(self.numbers)
        self.call("DELETE", f"/accounts/{account}/numbers/{number}")
        self.note_left(account, [number])

    def change_delete_batch(self):
        account, numbers = self.any_account(), self.dice.sample(self.numbers, self.dice.randint(2, 12))
        self.call("POST", f"/accounts/{account}:deleteNumbers", {"numbers": [{"telephoneNumber": n} for n in numbers]})
        self.note_left(account, numbers)

    def change_service(self):
        account, number = self.any_account(), self.dice.choice(self.numbers)
        if self.call("GET", f"/accounts/{account}/numbers/{number}").status_code == 200:
            self.call("PUT", f"/accounts/{account}/numbers/{number}", {"telephoneNumber": number, "accountName": account, "serviceDetails": {}})
            self.note_left(account, [number])

    def change_sync(self):
        account = self.any_account()
        self.put_account(account, self.dice.random() < 0.6)

    def change_relationship(self):
        tenant = self.dice.choice(self.tenants)
        self.call("PATCH", f"/teamsRequestsForInformation/{tenant}", {"customerRelationship": {
            "status": self.dice.choice(["CustomerContacted", "AgreementSigned"]), "comment": f"note {self.dice.randint(0, 9)}"}})

    def put_account(self, name, sync=True):
        body = {"name": name, "serviceDetails": {"teamsTenantId": self.accounts[name], OC: {"enabled": True, "syncEnabled": sync}}}
        self.call("PUT", f"/accounts/{name}", body)
        self.syncs[name] = sync

    # ---- the enterprises, and the world ----

    def try_side(self, action):
        """The lab may be away, or the number not be there: then nothing happens."""
        try:
            action()
        except (requests.RequestException, AssertionError):
            pass

    def enterprise(self):
        side, dice = self.pair.side, self.dice
        number, tenant, status = dice.choice(self.numbers), dice.choice(self.tenants), dice.choice(["Active", "Active", "Suspended"])
        action = dice.choice([lambda: side.assign(number), lambda: side.unassign(number), lambda: side.consent(tenant, status)])
        self.try_side(action)

    def fault(self):
        dice = self.dice
        kind = dice.choice(["delay", "late", "status", "throttle", "unauthorized", "reset-before", "reset-after", "cut", "lost-job", "stale"])
        more = {"ms": dice.randint(10, 400)} if kind in ("delay", "late") else {"status": dice.choice([500, 502, 503])} if kind == "status" else {}
        more = {"retryAfter": 1} if kind == "throttle" else {"done": dice.random() < 0.5} if kind == "lost-job" else more
        operations = ("uploadNumbers", "releaseNumbers") if kind == "lost-job" else ("getJob", "findJob") if kind == "stale" else WRITES + READS
        self.try_side(lambda: self.pair.side.fault(operation=dice.choice(operations), kind=kind, times=dice.randint(1, 3), **more))

    def kill(self):
        if self.dice.random() < 0.5:
            self.pair.server.kill()
            self.pair.server.start()
        else:
            self.pair.lab.kill()
            self.pair.lab.start()

    def run(self):
        dice, pair = self.dice, self.pair
        for tenant in self.tenants:
            pair.side.consent(tenant)
        pair.side.switch(jobStartMs=dice.choice([0, 20]), jobMs=dice.choice([0, 30, 120]))
        for name in self.accounts:
            self.put_account(name)
        wait_until(lambda: all(pair.rfi(tenant) for tenant in self.tenants), what="the consents")
        change = [self.change_put] * 6 + [self.change_batch] * 3 + [self.change_delete] * 2 + [
            self.change_delete_batch, self.change_service, self.change_sync, self.change_relationship]
        steps = [lambda: dice.choice(change)()] * CHANGES + [self.enterprise] * 15 + [self.fault] * FAULTS + [self.kill] * KILLS
        dice.shuffle(steps)
        for step in steps:
            step()
        self.settle()
        self.check()

    # ---- quiet again ----

    def settle(self):
        """Everything that stood in the way is taken away; what had failed because of it is asked for again."""
        side = self.pair.side
        side.clear_faults()
        side.switch(hold=False, jobStartMs=0, jobMs=0)
        for tenant in self.tenants:
            side.consent(tenant)
            for number in side.numbers(tenant):
                self.try_side(lambda number=number: side.unassign(number))
        for name in self.accounts:
            self.put_account(name)
        wait_until(self.no_consent_is_missing, 30, "the consents heard of")
        wait_until(self.is_quiet, 60, "an end of all work")
        for number in self.left & self.there().keys() - self.wanted().keys():
            self.try_side(lambda number=number: side.drop(number))  # one that is still to be released may go by itself
        for number in self.failed():
            self.put_again(self.stored()[number])
        self.left.clear()
        wait_until(self.is_quiet, 60, "an end of all work after the failed ones were asked for again")

    def put_again(self, found):
        """Something else than before, so that it is another try whatever became of the last one."""
        number, settings = found["telephoneNumber"], self.next_settings(found["telephoneNumber"])
        reply = self.call("PUT", f"/accounts/{found['accountName']}/numbers/{number}", number_of(found["accountName"], number, **settings))
        assert reply.status_code == 200, reply.text
        self.note(number, settings)

    def no_consent_is_missing(self):
        return all(self.pair.rfi(tenant)["status"] == "active" for tenant in self.tenants)

    def stored(self):
        return {item["telephoneNumber"]: item for item in self.pair.admin.items("/numbers")}

    def failed(self):
        return [number for number, item in self.stored().items() if item["serviceProvisioningStatus"] == "failed"]

    def is_quiet(self):
        if any(account["serviceProvisioningStatus"] == "pending" for account in self.pair.admin.items("/accounts")):
            return False  # its numbers are still gone through
        if any(item["serviceProvisioningStatus"] == "pending" or waits_for_consent(item) for item in self.stored().values()):
            return False
        may_be_there = self.left | set(self.failed())
        there = {number: tenant for number, tenant in self.there().items() if number not in may_be_there}
        return {number: tenant for number, tenant in self.wanted().items() if number not in may_be_there} == there

    def wanted(self):
        """{number: tenant} of what should be there, as numgated says."""
        return {number: self.accounts[item["accountName"]].lower() for number, item in self.stored().items()
                if item["serviceProvisioningStatus"] == "synced" and item["serviceDetails"].get(OC, {}).get("enabled")}

    def there(self):
        found = {}
        for tenant in self.tenants:
            for number in self.pair.side.numbers(tenant):
                assert number not in found, f"{number} belongs to two tenants"
                found[number] = tenant.lower()
        return found

    # ---- what must hold ----

    def check(self):
        stored, side = self.stored(), self.pair.side
        assert self.failed() == [], [stored[number] for number in self.failed()]
        assert self.wanted() == self.there()
        for tenant in self.tenants:
            for number, record in side.numbers(tenant).items():
                wanted = stored[number]["serviceDetails"][OC]["configuration"]
                assert (record["usage"], set(record.get("choosableCapabilities", []))) == (wanted["usage"], set(wanted["choosableCapabilities"])), number
        assert side.statistics()["jobsOpen"] == 0
        for number in self.numbers:
            self.check_order(number)

    def check_order(self, number):
        """No upload carries settings that an acknowledged write before it had replaced already: what went out, in its order, is found in
        the writes, in theirs."""
        writes = iter(self.writes[number])
        last = None
        for row in self.pair.side.history(number):
            if row["type"] != "Upload":
                continue
            sent = (row["usage"], tuple(row.get("choosableCapabilities", ())))
            if sent == last:
                continue
            assert any(write == sent for write in writes), f"{number}: {sent} went out after a later write: {self.writes[number]}"
            last = sent


    def difference(self):
        """What keeps the two sides from being equal and quiet."""
        wanted, there = self.wanted(), self.there()
        return {"pending": [n for n, item in self.stored().items() if item["serviceProvisioningStatus"] == "pending"],
                "failed": self.failed(), "left": self.left, "not there": {n: t for n, t in wanted.items() if there.get(n) != t}, "not wanted": {n: t for n, t in there.items() if wanted.get(n) != t}}

    def story(self):
        """What is wrong, and what the daemon said besides its requests at the end."""
        try:
            difference = self.difference()
        except (requests.RequestException, AssertionError) as e:
            difference = e
        rows = [row for row in self.pair.server.log_rows() if row["event"] != "request"]
        return f"{difference}\n" + "\n".join(str({name: value for name, value in row.items() if name not in ("program", "level")}) for row in rows[-12:])


def run_schedule(folder, seed, config=""):
    """None, or what went wrong."""
    schedule = Schedule(folder, seed, config)
    try:
        schedule.run()
        return None
    except BaseException as e:  # noqa: BLE001  (whatever it was: the seed belongs to it)
        return f"seed {seed}: {type(e).__name__}: {e}\n{schedule.story()}"
    finally:
        schedule.pair.close()
