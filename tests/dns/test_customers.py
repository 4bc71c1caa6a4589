"""Direct Routing customers in the DNS: numgated, and a real name server that takes updates."""
import random
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import rounds, wait_until
from customers import BASE, Customer, await_zone, by_hand, options, zone_of
from servers import SERVERS, Key

STATUS = "serviceDetails/teamsDirectRouting/subdomainStatus"


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.__name__.lower())
def dns_server(request, tmp_path):
    with request.param(tmp_path / "dns", zones=(BASE,)).start() as server:
        yield server


@pytest.fixture
def gateway(dns_server, make_server, tmp_path):
    """A function that makes a numgated which keeps the name server's zone."""
    def make(**more):
        return make_server(options(dns_server, tmp_path / "key", **more))
    return make


def provisioned(client):
    """How many accounts are, by the API's own count."""
    reply = client.get("/accounts", params={"filter": f"{STATUS} eq 'provisioned'", "countRecords": "true", "top": 1})
    return int(reply.headers["x-ms-record-count"])


def test_customer__is_provisioned_within_two_seconds_of_its_put(gateway, dns_server):
    client = gateway().client()
    await_zone(dns_server, zone_of(), "the deployment's own names")
    began = time.monotonic()
    customer = Customer(client, "contoso1").put().await_status()
    assert time.monotonic() - began < 2
    await_zone(dns_server, zone_of(customer))


def test_customer__changes_token_label_and_goes(gateway, dns_server):
    client = gateway().client()
    other = Customer(client, "other").put().await_status()
    customer = Customer(client, "Contoso1").put().await_status()
    await_zone(dns_server, zone_of(customer, other), "names are lower case")
    customer.tokens[2] = "MS=ms99"
    customer.put().await_status()
    await_zone(dns_server, zone_of(customer, other), "the new token")
    customer.label = "fabrikam"
    customer.put().await_status()
    await_zone(dns_server, zone_of(customer, other), "the new label")
    customer.enabled = False
    customer.put().await_status("notProvisioned")
    await_zone(dns_server, zone_of(other), "a zone without a disabled customer")
    customer.enabled = True
    customer.put().await_status()
    customer.delete()
    await_zone(dns_server, zone_of(other), "a zone without a deleted customer")


def test_hand_made_records__are_left_alone_and_reported(gateway, dns_server):
    client = gateway().client()
    await_zone(dns_server, zone_of())
    others = {(f"contoso1.1r2.{BASE}", "A", 60, "198.51.100.9"), (f"www.{BASE}", "A", 60, "198.51.100.10")}
    by_hand(dns_server, *(("add", name, ttl, kind, data) for name, kind, ttl, data in others))
    customer = Customer(client, "contoso1").put()
    fine = Customer(client, "fine").put().await_status()
    customer.await_status("inconsistent")
    await_zone(dns_server, zone_of(fine) | others, "neither region of the customer is touched")
    by_hand(dns_server, ("delete", f"contoso1.1r2.{BASE}", "A"))
    customer.await_status()
    await_zone(dns_server, zone_of(fine, customer) | {(f"www.{BASE}", "A", 60, "198.51.100.10")})
    by_hand(dns_server, ("add", f"contoso1.1r1.{BASE}", 60, "TXT", "second"))
    wait_until(lambda: len(dns_server.lookup(f"contoso1.1r1.{BASE}", "TXT")) == 2)
    customer.tokens[1] = "MS=ms77"
    customer.put().await_status("inconsistent")
    assert dns_server.lookup(f"contoso1.1r1.{BASE}", "TXT") == {"MS=ms77", "second"}, "ours is replaced, the other one stays"
    customer.delete()
    wait_until(lambda: dns_server.lookup(f"contoso1.1r1.{BASE}", "TXT") == {"second"})


@pytest.mark.parametrize("trouble", ["down", "frozen", "wrong key", "bad clock", "refusing"])
def test_server_in_trouble__converges_when_it_is_over(gateway, dns_server, trouble):
    server = gateway()
    client = server.client()
    kept = Customer(client, "kept").put().await_status()
    key = dns_server.key
    if trouble == "down":
        dns_server.kill()
    elif trouble == "frozen":
        dns_server.freeze()
    elif trouble == "wrong key":
        dns_server.configure(key=Key(key.name))
    elif trouble == "bad clock":
        dns_server.configure(clock=4000)
    else:
        dns_server.configure(allow=("transfer",))
    customers = [Customer(client, f"new{i}").put() for i in range(3)]
    kept.tokens[1] = "MS=ms5"
    kept.put()
    wait_until(lambda: server.metrics()['numgate_work_items_total{kind="dns",result="failed"}'] > 0)
    assert {customer.status() for customer in customers} == {"notProvisioned"}
    if trouble == "down":
        dns_server.start()
    elif trouble == "frozen":
        dns_server.thaw()
    else:
        dns_server.configure(key=key, clock=0, allow=("update", "transfer"))
    for customer in [*customers, kept]:
        customer.await_status()
    await_zone(dns_server, zone_of(kept, *customers))


def test_server_restored_from_a_backup__gets_what_it_lost(gateway, dns_server, tmp_path):
    server = gateway(check_seconds=1)
    client = server.client()
    early, gone = Customer(client, "early").put().await_status(), Customer(client, "gone").put().await_status()
    dns_server.stop()
    shutil.copytree(dns_server.directory, tmp_path / "backup")
    dns_server.start()
    early.tokens[1] = "MS=ms6"
    early.put()
    late = Customer(client, "late").put().await_status()
    gone.delete()
    await_zone(dns_server, zone_of(early, late))
    dns_server.stop()
    shutil.rmtree(dns_server.directory)
    shutil.copytree(tmp_path / "backup", dns_server.directory)
    dns_server.start()
    await_zone(dns_server, zone_of(early, late) | gone.records(), "the zone as it is wanted, and what nobody asks for any more")
    early.await_status()


def test_daemon_killed__at_any_moment_goes_on_where_it_was(gateway, dns_server):
    server = gateway()
    chance = random.Random(seed := random.randrange(1 << 32))
    print(f"seed {seed}")
    customers = {i: Customer(server.client(), f"c{i}") for i in range(12)}
    for _ in range(rounds(3, 8, 60)):
        client = server.client()
        for i in chance.sample(sorted(customers), 6):
            customer = customers[i]
            customer.client = client
            change = chance.randrange(4)
            if change == 0:
                customer.label = f"c{i}x{chance.randrange(1000)}"
            elif change == 1:
                customer.tokens[chance.choice([1, 2])] = f"MS=ms{chance.randrange(10**8)}"
            elif change == 2:
                customer.enabled = not customer.enabled
            customer.put()
        pause = chance.random() * 0.06  # somewhere among: nothing done, sent, settled
        threading.Event().wait(pause)
        server.kill()
        server.start()
    client = server.client()
    for customer in customers.values():
        customer.client = client
        customer.put().await_status("provisioned" if customer.enabled else "notProvisioned")
    wanted = zone_of(*(customer for customer in customers.values() if customer.enabled))
    await_zone(dns_server, wanted, "the zone as it is wanted")


def test_node_that_holds_the_lease_dies__and_another_goes_on(dns_server, make_nodes, tmp_path):
    nodes = make_nodes(2, options(dns_server, tmp_path / "key"))
    customers = [Customer(nodes[1].client(), f"c{i}").put() for i in range(200)]
    nodes[0].kill()
    for customer in customers:
        customer.await_status()
    await_zone(dns_server, zone_of(*customers))


def test_thousands_of_customers__are_published_together(gateway, dns_server):
    count = rounds(200, 5000, 5000)
    server = gateway()
    clients = [server.client() for _ in range(8)]
    customers = [Customer(clients[i % 8], f"c{i}") for i in range(count)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda part: [customer.put() for customer in customers[part::8]], range(8)))
    wait_until(lambda: provisioned(clients[0]) == count, 120, "all of them provisioned")
    assert dns_server.records() == zone_of(*customers)
    before = server.metrics()["numgate_dns_updates_total"]
    customers[7].tokens[1] = "MS=ms0"
    customers[7].put().await_status()
    assert server.metrics()["numgate_dns_updates_total"] == before + 1, "one change costs one message"


def test_accounts_from_before__are_published_once_there_is_a_publisher(dns_server, make_server, tmp_path):
    server = make_server(f"[deployment]\nbase_domain = {BASE}\n")
    customers = [Customer(server.client(), f"c{i}").put() for i in range(5)]
    assert customers[0].status() == "notProvisioned"
    server.stop()
    server.configure(options(dns_server, tmp_path / "key"))
    server.start()
    for customer in customers:
        customer.client = server.client()
        customer.await_status()
    await_zone(dns_server, zone_of(*customers))


@pytest.mark.parametrize("kind", SERVERS)
def test_regions_in_two_zones__are_for_those_who_say_so(make_server, tmp_path, kind):
    zones = [f"1r{region}.{BASE}" for region in (1, 2)]
    with kind(tmp_path / "dns", zones=zones).start() as dns_server:
        server = make_server(options(dns_server, tmp_path / "key"))
        customer = Customer(server.client(), "contoso1").put()
        wait_until(lambda: "split_zones = yes accepts that" in server.output())
        assert customer.status() == "notProvisioned"
        server.stop()
        server.configure(options(dns_server, tmp_path / "key", split_zones="yes"))
        server.start()
        customer.client = server.client()
        customer.await_status()
        for region, zone in enumerate(zones, 1):
            records = {(name, rdtype, data) for name, rdtype, _, data in dns_server.records(zone)}
            assert {(f"contoso1.{zone}", "TXT", customer.tokens[region]), (f"contoso1.{zone}", "A", f"192.0.2.{region}")} < records
            assert any(name == f"contoso1._numgate.{zone}" for name, _, _ in records), "what is ours is said in the same zone"
        customer.label = "fabrikam"
        customer.put().await_status()
        wait_until(lambda: not any("contoso1" in name for zone in zones for name, *_ in dns_server.records(zone)))
