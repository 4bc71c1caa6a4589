"""Direct Routing customers in a zone file that name servers load."""
import shutil
import subprocess

import pytest

from conftest import wait_until
from customers import BASE, TTL, Customer, await_zone, options, zone_of
from servers import SERVERS

DELEGATION = {(f"provapi.{BASE}", "NS", TTL, "ns1.example.test."), (f"ns1.{BASE}", "A", TTL, "127.0.0.1")}


def file_options(server, tmp_path, zone_file):
    return options(server, tmp_path / "key", "zonefile", zone=BASE, zone_file=zone_file, name_servers="ns1.example.test 127.0.0.1",
                   hostmaster="hostmaster.example.test")


def serial_of(zone_file):
    return int(zone_file.read_text().split("\tSOA\t")[1].split()[2])


@pytest.fixture(params=SERVERS, ids=lambda kind: kind.__name__.lower())
def dns_server(request, tmp_path):
    with request.param(tmp_path / "dns", zones=(BASE,), dynamic=False).start() as server:
        yield server


def follow(server, zone_file):
    """What a unit that watches the file does: the server gets it, and is told."""
    new = server.zone_file(BASE).with_suffix(".new")
    shutil.copy(zone_file, new)
    new.rename(server.zone_file(BASE))
    server.reload()


def await_customers(zone_file, *customers):
    wait_until(lambda: zone_file.exists() and all(f'"{customer.tokens[1]}"' in zone_file.read_text() for customer in customers))


def test_zone_file__is_loaded_and_the_status_follows(dns_server, make_server, tmp_path):
    zone_file = tmp_path / "zone"
    client = make_server(file_options(dns_server, tmp_path, zone_file)).client()
    customer = Customer(client, "contoso1").put()
    await_customers(zone_file, customer)
    assert customer.status() == "notProvisioned", "nobody serves it yet"
    follow(dns_server, zone_file)
    customer.await_status()
    await_zone(dns_server, zone_of(customer) | DELEGATION)
    before = serial_of(zone_file)
    customer.tokens[1] = "MS=ms2"
    customer.put().await_status("inconsistent")
    await_customers(zone_file, customer)
    assert serial_of(zone_file) > before
    follow(dns_server, zone_file)
    customer.await_status()
    customer.delete()
    wait_until(lambda: "contoso1" not in zone_file.read_text())
    follow(dns_server, zone_file)
    await_zone(dns_server, zone_of() | DELEGATION)


def test_zone_file__is_one_for_a_servers_own_checker(dns_server, make_server, tmp_path):
    zone_file = tmp_path / "zone"
    client = make_server(file_options(dns_server, tmp_path, zone_file)).client()
    customers = [Customer(client, label).put() for label in ("contoso1", "UPPER_1", "-odd-")]
    await_customers(zone_file, *customers)
    checked = subprocess.run(["named-checkzone", "-k", "ignore", BASE, str(zone_file)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_nodes__write_the_same_file(dns_server, make_nodes, tmp_path):
    files = [tmp_path / "zone0", tmp_path / "zone1"]
    nodes = make_nodes(2, file_options(dns_server, tmp_path, files[0]), start=False)
    nodes[1].config.write_text(nodes[1].config.read_text().replace(str(files[0]), str(files[1])))
    for node in nodes:
        node.spawn()
        node.await_up()
    customers = [Customer(nodes[i % 2].client(), f"c{i}").put() for i in range(20)]
    for file in files:
        await_customers(file, *customers)
    wait_until(lambda: serial_of(files[0]) == serial_of(files[1]))
    assert files[0].read_text() == files[1].read_text()


def test_zone_file_that_cannot_be_written__is_told_and_made_later(dns_server, make_server, tmp_path):
    folder = tmp_path / "missing"
    server = make_server(file_options(dns_server, tmp_path, folder / "zone"))
    customer = Customer(server.client(), "contoso1").put()
    wait_until(lambda: "dns_zone_file" in server.output())
    folder.mkdir()
    await_customers(folder / "zone", customer)
