"""/numgate/v1/overview: what needs a person in the DNS."""
from conftest import wait_until
from customers import BASE, Customer, by_hand, options
from servers import Knot

OVERVIEW = "/numgate/v1/overview"


def attention(client, kind="dnsNotSeen"):
    return [item for item in client.get(OVERVIEW).json()["attention"] if item["kind"] == kind]


def test_customer__that_is_not_served_is_told_until_it_is(make_server, tmp_path):
    with Knot(tmp_path / "dns", zones=(BASE,)).start() as dns_server:
        client = make_server(options(dns_server, tmp_path / "key")).client()
        assert client.get(OVERVIEW).json()["health"] == {"ready": True, "sync": "none", "dns": "configured"}
        Customer(client, "fine").put().await_status()
        assert attention(client) == []
        by_hand(dns_server, ("add", f"contoso1.1r2.{BASE}", 60, "A", "198.51.100.9"))
        customer = Customer(client, "contoso1").put().await_status("inconsistent")
        item, = wait_until(lambda: attention(client), what="the customer")
        assert item["accountName"] == customer.name and item["code"]
        by_hand(dns_server, ("delete", f"contoso1.1r2.{BASE}", "A"))
        customer.await_status()
        wait_until(lambda: attention(client) == [], what="the end of it")
