"""What others put where a customer's records belong: that customer waits until it is gone, and nobody else."""
import pytest

from conftest import wait_until
from customers import BASE, Customer, await_zone, by_hand, options, zone_of
from servers import Bind, Knot

NAME = f"contoso1.1r1.{BASE}"


@pytest.fixture(params=[Knot, Bind], ids=["knot", "bind"])
def dns_server(request, tmp_path):
    with request.param(tmp_path / "dns", zones=(BASE,)).start() as server:
        yield server


@pytest.fixture
def gateway(dns_server, make_server, tmp_path):
    server = make_server(options(dns_server, tmp_path / "key", check_seconds=1))
    await_zone(dns_server, zone_of(), "the deployment's own names")
    return server


def failed(server):
    return server.metrics()['numgate_work_items_total{kind="dns",result="failed"}']


def test_delegated_name__holds_up_nobody_else(gateway, dns_server):
    client = gateway.client()
    by_hand(dns_server, ("add", NAME, 60, "NS", "ns.elsewhere.test."))
    customer = Customer(client, "contoso1").put()
    wait_until(lambda: failed(gateway) > 0)
    others = [Customer(client, f"other{i}").put().await_status() for i in range(3)]
    assert customer.status() != "provisioned"
    delegation = {(NAME, "NS", 60, "ns.elsewhere.test.")}
    await_zone(dns_server, zone_of(*others) | delegation, "neither region of the customer is touched")
    by_hand(dns_server, ("delete", NAME, "NS"))
    customer.await_status()
    await_zone(dns_server, zone_of(customer, *others))


def test_published_name__that_is_delegated_holds_up_nobody_else(gateway, dns_server):
    client = gateway.client()
    customer = Customer(client, "contoso1").put().await_status()
    by_hand(dns_server, ("add", NAME, 60, "NS", "ns.elsewhere.test."))
    customer.tokens[2] = "MS=ms9"
    customer.put()
    wait_until(lambda: failed(gateway) > 0)
    others = [Customer(client, f"other{i}").put().await_status() for i in range(3)]
    by_hand(dns_server, ("delete", NAME, "NS"))
    customer.await_status()
    await_zone(dns_server, zone_of(customer, *others))


def test_cname__in_place_of_our_records_is_left_alone(gateway, dns_server):
    customer = Customer(gateway.client(), "contoso1").put().await_status()
    by_hand(dns_server, ("delete", NAME, "A"), ("delete", NAME, "TXT"), ("add", NAME, 60, "CNAME", f"1r1.{BASE}."))
    customer.await_status("inconsistent")
    sent, tries = gateway.metrics()["numgate_dns_updates_total"], failed(gateway)
    wait_until(lambda: failed(gateway) > tries + 1)
    assert gateway.metrics()["numgate_dns_updates_total"] == sent, "nothing is sent that the server would ignore"
    by_hand(dns_server, ("delete", NAME, "CNAME"))
    customer.await_status()
    await_zone(dns_server, zone_of(customer))


def test_zone_that_is_gone__is_the_servers_trouble_and_heals(gateway, dns_server):
    customers = [Customer(gateway.client(), f"c{i}").put().await_status() for i in range(3)]
    dns_server.configure(zones=("elsewhere.test",))
    for customer in customers:
        customer.tokens[1] = "MS=ms8"
        customer.put()
    wait_until(lambda: failed(gateway) > 1)
    dns_server.configure(zones=(BASE,))
    for customer in customers:
        customer.await_status()
    await_zone(dns_server, zone_of(*customers))
