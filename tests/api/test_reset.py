"""numgated reset: a test target is emptied, while the daemon runs and while it does not, on either store."""
import threading
from email.utils import formatdate

import pytest
from conftest import ROOT, STORE, account_body, account_name, number_body, phone_number, sqlite_only, uuid_text, wait_until


def reset(server, status=0):
    done = server.run("reset", "--config", server.config)
    assert done.returncode == status, done.stderr + server.tail()
    return done


def revision(etag):
    return int(etag.strip('"').split(".")[0])


def fill(client, **headers):
    """An account with a number; the name, and the ETag of the account."""
    name, number = account_name(), phone_number()
    reply = client.put(f"/accounts/{name}", json=account_body(name), headers=headers)
    assert reply.status_code == 201, reply.text
    assert client.put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name)).status_code == 201
    return name, reply.headers["ETag"]


def count(account):
    return account["serviceDetails"]["zoomPhoneCloudPeering"].get("numberCount", 0)


def assert_empty(client):
    for path in ("/accounts", "/teamsRequestsForInformation", "/numgate/v1/audit"):
        assert client.get(path).json()["value"] == [], path


def test_reset__of_a_running_daemon_leaves_nothing(make_server):
    server = make_server(start=False)
    assert server.run("seed", ROOT / "examples/seed.json", "--config", server.config).returncode == 0
    server.start()
    with server.client() as client:
        headers = {"Repeatability-Request-ID": uuid_text(), "Repeatability-First-Sent": formatdate(usegmt=True)}
        name, etag = fill(client, **headers)
        assert client.get("/teamsRequestsForInformation").json()["value"]
        reset(server)
        assert_empty(client)
        assert client.get(f"/accounts/{name}").status_code == 404
        again = client.put(f"/accounts/{name}", json=account_body(name), headers=headers)
        assert again.status_code == 201, "an operation id from before is free again"
        assert revision(again.headers["ETag"]) > revision(etag), "no ETag comes twice"
        assert count(client.get(f"/accounts/{name}").json()) == 0
    assert any(row["event"] == "reset" for row in server.log_rows())


def test_reset__survives_a_restart(make_server):
    server = make_server()
    with server.client() as client:
        _, etag = fill(client)
    reset(server)
    server.kill()
    server.start()
    with server.client() as client:
        assert_empty(client)
        assert revision(fill(client)[1]) > revision(etag)


def test_reset__of_a_stopped_daemon_is_done_by_the_command(make_server):
    server = make_server()
    with server.client() as client:
        _, etag = fill(client)
    server.stop()
    reset(server)
    server.start()
    with server.client() as client:
        assert_empty(client)
        assert revision(fill(client)[1]) > revision(etag)


def test_reset__while_clients_write_leaves_a_whole_state(make_server):
    """Each write is answered as one that came before the reset or after it; counts agree with what is there."""
    server, stop, wrong = make_server(), threading.Event(), []

    def write():
        with server.client() as client:
            name = account_name()
            while not stop.is_set():
                made = client.put(f"/accounts/{name}", json=account_body(name)).status_code
                number = phone_number()
                added = client.put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name)).status_code
                if made not in (200, 201) or added not in (201, 404):
                    wrong.append((made, added))
    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(10):
        reset(server)
    with server.client() as client:
        wait_until(lambda: sum(count(account) for account in client.items("/accounts")) > 10)
    stop.set()
    for writer in writers:
        writer.join()
    assert not wrong
    with server.client() as client:
        for account in client.items("/accounts"):
            found = client.items(f"/accounts/{account['name']}/numbers")
            assert count(account) == len(found)
    reset(server)
    with server.client() as client:
        assert_empty(client)


def test_reset__is_refused_where_customers_may_be(make_server):
    server = make_server()
    with server.client() as client:
        name, _ = fill(client)
    config = server.config.read_text()
    assert "test_target = yes" in config
    server.config.write_text(config.replace("test_target = yes", "test_target = no"))
    done = reset(server, status=1)
    assert "[deployment] test_target is not yes" in done.stderr
    server.stop()
    reset(server, status=1)
    server.spawn()
    server.await_ready(lambda: (server.directory / "admin.sock").exists() and any(row["event"] == "started" for row in server.log_rows()[-5:]))
    server.config.write_text(config)  # now the daemon alone says no
    done = reset(server, status=1)
    assert "[deployment] test_target is not yes" in done.stderr
    server.restart()
    with server.client() as client:
        assert client.get(f"/accounts/{name}").status_code == 200


@sqlite_only
def test_reset__a_daemon_without_a_socket_is_not_got_round(make_server):
    server = make_server("[admin]\nsocket =\n")
    with server.client() as client:
        name, _ = fill(client)
        done = reset(server, status=1)
        assert "socket is empty" in done.stderr
        assert client.get(f"/accounts/{name}").status_code == 200


@pytest.mark.skipif(STORE != "postgresql", reason="about nodes on one database")
def test_reset__through_one_node_is_seen_by_the_other(make_nodes):
    one, two = make_nodes(2)
    with one.client() as first, two.client() as second:
        fill(first)
        fill(second)
        reset(one)
        assert_empty(first)
        assert_empty(second)
        name, _ = fill(second)
        assert first.get(f"/accounts/{name}").json()["serviceDetails"]["zoomPhoneCloudPeering"]["numberCount"] == 1


def test_reset__wrong_use(make_server):
    server = make_server(start=False)
    assert server.run("reset", "file", "--config", server.config).returncode == 2
    assert server.run("reset", "--json", "--config", server.config).returncode == 2
    assert "/nowhere" in server.run("reset", "--config", "/nowhere/numgated.conf").stderr
