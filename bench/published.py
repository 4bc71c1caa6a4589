"""Customers' names that come into a name server: by numgated, and as the bare update messages that it takes at least."""
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from conftest import Server, wait_until
from customers import BASE, Customer, options, zone_of
from servers import Key

STATUS = "serviceDetails/teamsDirectRouting/subdomainStatus"
NOT_PROVISIONED = 2  # as the store has it


class Published:
    """A numgated with so many customers, of which no name server knows; `kind` is a class of tests/dns/servers.py."""

    def __init__(self, lab, folder, kind, count):
        self.folder, self.kind, self.rounds, self.key = folder, kind, 0, Key()
        self.server = Server(folder / "server", lab, f"[deployment]\nbase_domain = {BASE}\n[log]\nlevel = warning\n").start()
        clients = [self.server.client(checked=False) for _ in range(4)]
        self.customers = [Customer(clients[i % 4], f"c{i}") for i in range(count)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda part: [customer.put() for customer in self.customers[part::4]], range(4)))
        self.server.stop()

    def name_server(self):
        self.rounds += 1
        return self.kind(self.folder / f"dns{self.rounds}", zones=(BASE,), key=self.key).start()

    def _forget(self):
        with sqlite3.connect(self.server.database) as store:
            store.execute("delete from subdomain")
            store.execute("update account set subdomain_status = ?", (NOT_PROVISIONED,))

    def provisioned(self, client):
        reply = client.get("/accounts", params={"filter": f"{STATUS} eq 'provisioned'", "countRecords": "true", "top": 1})
        return int(reply.headers["x-ms-record-count"])

    def ours(self):
        """From the start of the daemon to the last customer that is provisioned; and what one change among them costs."""
        with self.name_server() as dns:
            self._forget()
            self.server.configure(options(dns, self.folder / "key"))
            begun = time.perf_counter()
            self.server.start()
            client = self.server.client(checked=False)
            wait_until(lambda: self.provisioned(client) == len(self.customers), 300, "all of them provisioned")
            took = time.perf_counter() - begun
            self.messages = self.server.metrics()["numgate_dns_updates_total"]
            assert dns.records() == zone_of(*self.customers)
            self._change_one(client)
            self.server.stop()
        return took

    def _change_one(self, client):
        customer = self.customers[len(self.customers) // 2]
        customer.client, customer.tokens[1] = client, f"MS=ms{self.rounds}"
        begun = time.perf_counter()
        customer.put().await_status()
        self.one_change = time.perf_counter() - begun
        self.one_messages = self.server.metrics()["numgate_dns_updates_total"] - self.messages

    def bare(self, asker):
        """The same records in messages of the same size, one after the other."""
        with self.name_server() as dns:
            lines, each = [f"key {self.key.text}"], -(-len(self.customers) // int(self.messages))
            for at in range(0, len(self.customers), each):
                lines.append(f"zone {BASE}")
                for customer in self.customers[at:at + each]:
                    records = customer.records()
                    lines += [f"unused {name}" for name in {name for name, *_ in records}]
                    lines += [f"add {name} {ttl} {kind} {data}" for name, kind, ttl, data in records]
                lines.append(f"send {dns.address} 5000")
            begun = time.perf_counter()
            done = subprocess.run([asker], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
            took = time.perf_counter() - begun
            assert len(dns.records()) == 6 * len(self.customers), done.stdout[-500:]
        return took
