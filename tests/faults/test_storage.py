"""What is under the database fails: the disk is full, or another process holds the lock. (A failed fsync: tests/ledger.)"""
import concurrent.futures
import os
import sqlite3
import subprocess
from contextlib import closing

import pytest
import requests
from conftest import number_body, phone_number, sqlite_only, wait_until
from load import connect, make_account, put_number

pytestmark = sqlite_only
SUDO = [] if os.geteuid() == 0 else ["sudo", "-n"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size=3m,mode=0700,uid={os.geteuid()},gid={os.getegid()}"
    subprocess.run([*SUDO, "mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    yield folder
    subprocess.run([*SUDO, "umount", folder], check=True)


@pytest.fixture
def server_on_small_disk(small_disk, make_server):
    """Ended before the disk goes."""
    server = make_server(f"[store]\nurl = sqlite:{small_disk}/numgate.db\n")
    yield server
    server.stop()


def fill(folder):
    """A file that leaves no room."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as out:
        try:
            while out.write(b"." * 4096):
                pass
        except OSError:
            return ballast
    raise AssertionError("the disk cannot be filled")


def batch(account):
    return {"numbers": [number_body(phone_number(), account) for _ in range(100)]}


def is_ready(server):
    return requests.get(f"{server.admin_url}/ready", timeout=5).status_code == 200


def test_storage__full_disk_refuses_writes_and_recovers_when_there_is_room(server_on_small_disk, small_disk):
    server = server_on_small_disk
    make_account(server, "full")
    kept = phone_number()
    with server.client() as client:
        assert client.put(f"/accounts/full/numbers/{kept}", json=number_body(kept, "full")).status_code == 201
        ballast, pid = fill(small_disk), server.pid
        replies = [client.post("/accounts/full:createOrUpdateNumbers", json=batch("full"))]
        while replies[-1].status_code == 200 and len(replies) < 100:  # what the WAL already has may still be used
            replies.append(client.post("/accounts/full:createOrUpdateNumbers", json=batch("full")))
        refused = replies[-1]
        assert refused.status_code == 503, refused.text
        assert refused.json()["error"]["code"] == "StorageFull"
        assert int(refused.headers["Retry-After"]) >= 1

        for _ in range(3):  # reads go on, and writes get the same answer again
            assert client.get(f"/accounts/full/numbers/{kept}").status_code == 200
            assert client.get("/accounts/full/numbers").status_code == 200
            assert client.post("/accounts/full:createOrUpdateNumbers", json=batch("full")).status_code == 503
        assert not is_ready(server)
        counted = client.get("/accounts/full").json()["serviceDetails"]["zoomPhoneCloudPeering"]["numberCount"]
        assert counted == 1 + 100 * (len(replies) - 1)

        ballast.unlink()
        wait_until(lambda: is_ready(server), what="ready again without a write of a client")
        assert client.post("/accounts/full:createOrUpdateNumbers", json=batch("full")).status_code == 200
        assert len(client.items("/accounts/full/numbers", maxpagesize="500")) == counted + 100
    assert server.pid == pid and server.alive()
    assert server.terminate() == 0
    with closing(sqlite3.connect(small_disk / "numgate.db")) as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_storage__full_disk_at_the_start_is_said_clearly(small_disk, make_server):
    ballast = fill(small_disk)
    server = make_server(f"[store]\nurl = sqlite:{small_disk}/numgate.db\n", start=False)
    assert server.spawn().wait(20) > 0
    assert "no room left" in server.tail(3), server.tail()
    ballast.unlink()
    server.start()
    make_account(server, "later")
    assert server.terminate() == 0


def test_storage__lock_of_another_process_refuses_writes_and_recovers(make_server):
    server = make_server()
    make_account(server, "locked")
    there = phone_number()
    with server.client() as client, closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        assert client.put(f"/accounts/locked/numbers/{there}", json=number_body(there, "locked")).status_code == 201
        other.execute("begin exclusive")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            numbers = [phone_number() for _ in range(4)]
            writes = [pool.submit(put_number, server, connect(server), "locked", number) for number in numbers]
            reads = 0
            while not all(write.done() for write in writes):
                assert client.get(f"/accounts/locked/numbers/{there}").status_code == 200
                assert client.get("/accounts/locked/numbers").status_code == 200
                reads += 1
            replies = [write.result() for write in writes]
        assert [reply.status for reply in replies] == [503] * 4
        assert all(int(reply.headers["Retry-After"]) >= 1 for reply in replies)
        assert reads > 100, "reads waited for the writer's lock"
        assert not is_ready(server)
        other.execute("rollback")
        wait_until(lambda: is_ready(server), what="ready again without a write of a client")
        for number in numbers:
            assert client.get(f"/accounts/locked/numbers/{number}").status_code == 404
            assert client.put(f"/accounts/locked/numbers/{number}", json=number_body(number, "locked")).status_code == 201
    assert server.terminate() == 0
