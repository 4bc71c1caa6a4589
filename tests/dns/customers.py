"""Direct Routing customers for tests: what is put, and what the DNS then shall hold."""
import dns.query
import dns.rcode
import dns.update

from conftest import account_body, account_name, wait_until

BASE = "example.test"
ADDRESSES = {1: "192.0.2.1", 2: "192.0.2.2"}
TTL = 300
STATIC = {(f"1r{r}.{BASE}", "A", TTL, address) for r, address in ADDRESSES.items()}
OWN = {(f"1r{r}._numgate.{BASE}", "TXT", TTL, f"heritage=numgate,owner=numgate,a={address}") for r, address in ADDRESSES.items()}


def options(server, key_file, publisher="update", check_seconds=3600, **more):
    """The daemon's options for a name server of tests/dns/servers.py."""
    key_file.write_text(server.key.text + "\n")
    key_file.chmod(0o600)
    lines = ["[deployment]", f"base_domain = {BASE}", "[dns]", f"publisher = {publisher}", f"servers = {server.address}", f"key_file = {key_file}",
             f"check_seconds = {check_seconds}", "timeout_seconds = 1", "retry_max_seconds = 2", *(f"{name} = {value}" for name, value in more.items())]
    for region, address in ADDRESSES.items():
        lines += [f"[region.{region}]", f"signalling_address = {address}"]
    return "\n".join(lines) + "\n"


class Customer:
    """An account with Direct Routing. put() writes it as it is."""

    def __init__(self, client, label, name=None):
        self.client, self.label, self.name = client, label, name or account_name("dr")
        self.tokens, self.enabled = {1: f"MS=ms1{label}", 2: f"MS=ms2{label}"}, True

    def body(self):
        body = account_body(self.name)
        body["serviceDetails"] = {"teamsTenantId": "00000000-0000-4000-8000-000000000001", "teamsDirectRouting": {
            "enabled": self.enabled, "syncEnabled": False, "configuration": {
                "callScreening": True, "subdomain": self.label,
                "subdomainTokens": {"region1Token": self.tokens[1], "region2Token": self.tokens[2]}}}}
        return body

    def put(self):
        reply = self.client.put(f"/accounts/{self.name}", json=self.body())
        assert reply.status_code in (200, 201), reply.text
        return self

    def delete(self):
        assert self.client.delete(f"/accounts/{self.name}").status_code == 204

    def status(self):
        return self.client.get(f"/accounts/{self.name}").json()["serviceDetails"]["teamsDirectRouting"]["subdomainStatus"]

    def await_status(self, status="provisioned", timeout=20):
        wait_until(lambda: self.status() == status, timeout, f"{status} of {self.name}, which is {self.status()}")
        return self

    def records(self):
        """Those of a customer that is served as it wants."""
        label, made = self.label.lower(), set()
        for region, address in ADDRESSES.items():
            name = f"{label}.1r{region}.{BASE}"
            made |= {(name, "TXT", TTL, self.tokens[region]), (name, "A", TTL, address),
                     (f"{label}.1r{region}._numgate.{BASE}", "TXT", TTL,
                      f"heritage=numgate,owner=numgate,txt={self.tokens[region]},a={address},account={self.name}")}
        return made


def zone_of(*customers):
    """All records of the zone that has these customers and nothing else."""
    return STATIC | OWN | {record for customer in customers for record in customer.records()}


def by_hand(server, *changes):
    """Changes the zone as somebody else: ("add", name, ttl, type, data), ("delete", name, type)."""
    message = dns.update.UpdateMessage(BASE + ".", keyring=server.key.keyring)
    for verb, name, *rest in changes:
        getattr(message, verb)(name + ".", *rest)
    assert dns.query.tcp(message, "127.0.0.1", port=server.port, timeout=5).rcode() == dns.rcode.NOERROR


def await_zone(server, wanted, what="the zone as it is wanted", timeout=20):
    """Waits until the server has exactly these records."""
    try:
        wait_until(lambda: server.records() == wanted, timeout)
    except AssertionError:
        have = server.records()
        raise AssertionError(f"{what}: missing {sorted(wanted - have)[:6]}, too many {sorted(have - wanted)[:6]}") from None
