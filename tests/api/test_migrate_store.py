"""numgated migrate-store: a store with something in every table, from SQLite to PostgreSQL, on to another, and back."""
import json
import signal
import sqlite3
import subprocess
from contextlib import closing

import pytest
from conftest import (BIN, STORE, SERVICES, account_body, account_name, database_of, new_database, number_body, phone_number, shared_cluster,
                      wait_until)

pytestmark = pytest.mark.skipif(STORE != "postgresql", reason="runs once, with the server that the other tests use")
ODD = "NULL,\"',{a}\\\\ \n\t$1 ? é€📞 \x01\x7f"
LEFT = {"migration", "rate_slot"}  # what is not copied


def migrate(server, source, target, *arguments, status=0):
    done = server.run("migrate-store", "--from", source, "--to", target, "--json", *arguments)
    assert done.returncode == status, done.stderr
    return {row["table"]: row for row in map(json.loads, done.stdout.splitlines())} if status == 0 else done.stderr


@pytest.fixture
def old(make_server, tmp_path):
    """A stopped server on SQLite, with what it had: account, ETag of a number, an answered repeatable request."""
    server = make_server(f"[store]\nurl = sqlite:{tmp_path}/old.db\n", start=False)
    done = server.run("seed", "examples/seed.json", "--config", server.config)
    assert done.returncode == 0, done.stderr
    server.start()
    server.account, server.number = account_name(), phone_number()
    server.headers = {"Repeatability-Request-ID": "9d2c1f2e-1d6c-4a8e-9a51-2f4a2b7d9e10",
                      "Repeatability-First-Sent": server_date(server)}
    with server.client() as client:
        assert client.put(f"/accounts/{server.account}", json=account_body(server.account, *SERVICES)).status_code == 201
        server.reply = put_number(server, client)
        assert server.reply.status_code == 201, server.reply.text
        numbers = [number_body(phone_number(), server.account, *SERVICES[:3])
                   for _ in range(100)]
        reply = client.post(f"/accounts/{server.account}:createOrUpdateNumbers", json={"numbers": numbers})
        assert reply.status_code == 200, reply.text
    server.terminate()
    with closing(sqlite3.connect(tmp_path / "old.db")) as db:  # what quoting could break, and what an API would not take
        db.execute("update audit set before = ?, name = '' where id = (select min(id) from audit)", (ODD,))
        db.execute("insert into operation values (?, '', x'', ?, 1, ?, 1)", (ODD, -2**63 + 1, 2**63 - 1))
        db.execute("insert into operation values ('', '', x'00ff5c27', 4102444800000, 1, 0, 1)")
        db.commit()
    server.store = f"sqlite:{tmp_path}/old.db"
    return server


def server_date(server):
    with server.client() as client:
        return client.get("/accounts").headers["Date"]


def put_number(server, client):
    return client.put(f"/accounts/{server.account}/numbers/{server.number}", json=number_body(server.number, server.account),
                      headers=server.headers)


def test_migrate__to_postgresql_on_and_back_is_the_same(old, make_server, tmp_path):
    first, second, third = new_database(), new_database(), f"sqlite:{tmp_path}/back.db"
    reports = [migrate(old, source, target) for source, target in ((old.store, first), (first, second), (second, third))]
    assert reports[0] == reports[1] == reports[2]
    assert reports[0]["number"]["rows"] == 101 and reports[0]["rfi"]["rows"] == 3 and len(reports[0]["audit"]["sha256"]) == 64
    for url in (first, third):
        server = make_server(f"[store]\nurl = {url}\n")
        with server.client() as client:
            reply = client.get(f"/accounts/{old.account}/numbers/{old.number}")
            assert reply.headers["ETag"] == old.reply.headers["ETag"]
            replay = put_number(old, client)
            assert replay.headers["Repeatability-Result"] == "accepted" and replay.headers["ETag"] == reply.headers["ETag"]
            assert replay.status_code == 201, "the request was executed again"
            later = client.put(f"/accounts/{old.account}/numbers/{phone_number()}", json=None,
                               data=json.dumps(number_body(old.number, old.account)), headers={"Content-Type": "application/json"})
            assert later.status_code == 400
            number = phone_number()
            fresh = client.put(f"/accounts/{old.account}/numbers/{number}", json=number_body(number, old.account))
            assert fresh.status_code == 201
            assert revision(fresh) > revision(old.reply), "a revision came again"
        server.terminate()


def revision(reply):
    return int(reply.headers["ETag"].strip('"').split(".")[0])


def test_migrate__every_table_of_both_schemas_is_copied(old, tmp_path):
    url = new_database()
    report = migrate(old, old.store, url)
    on_postgresql = {row[0] for row in shared_cluster().sql(
        "select table_name from information_schema.tables where table_schema = 'public'", database_of(url))}
    with closing(sqlite3.connect(tmp_path / "old.db")) as db:
        on_sqlite = {name for name, in db.execute("select name from sqlite_master where type = 'table'")}
    assert set(report) == on_postgresql - LEFT == on_sqlite - LEFT


def test_migrate__refuses_a_target_with_rows_and_changes_nothing(old):
    url = new_database()
    migrate(old, old.store, url)
    assert "the target is not empty: table account has" in migrate(old, old.store, url, status=1)
    counted = shared_cluster().sql("select count(*) from number", database_of(url))
    assert counted == [["101"]]


def test_migrate__refuses_while_a_daemon_uses_either_side(old, make_server):
    target = new_database()
    node = make_server(f"[store]\nurl = {target}\n")
    assert "stop every node first" in migrate(old, old.store, target, status=1)
    node.terminate()
    old.start()
    assert "in use by process" in migrate(old, old.store, target, status=1)
    old.terminate()
    migrate(old, old.store, target)


def make_long(tmp_path):
    """The old store: long enough for its copying to be met in the middle."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as db:
        row = db.execute("select * from audit limit 1").fetchone()
        marks = ",".join("?" * len(row))
        db.executemany(f"insert into audit values ({marks})", ((10_000_000 + i, *row[1:]) for i in range(60_000)))
        db.commit()


def await_copying(target):
    wait_until(lambda: shared_cluster().sql("select 1 from pg_stat_activity where application_name = 'numgated' and query like"
                                            f" 'insert into audit%' and datname = '{database_of(target)}'"), what="the copying")


def test_migrate__keeps_a_node_out_that_starts_in_the_middle(old, make_server, tmp_path):
    target = new_database()
    make_long(tmp_path)
    migrate_once = [BIN / "numgated", "migrate-store", "--from", old.store, "--to", target]
    with subprocess.Popen(migrate_once, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        await_copying(target)
        process.send_signal(signal.SIGSTOP)
        node = make_server(f"[store]\nurl = {target}\n", start=False)
        node.spawn()
        wait_until(lambda: "is being moved or filled" in node.output(), what="the refusal")
        node.terminate()
        process.send_signal(signal.SIGCONT)
        assert process.wait(60) == 0


def test_migrate__interrupted_leaves_nothing_and_can_be_run_again(old, tmp_path):
    target = new_database()
    make_long(tmp_path)
    migrate_once = [BIN / "numgated", "migrate-store", "--from", old.store, "--to", target]
    with open(tmp_path / "log", "wb") as log, subprocess.Popen(migrate_once, stderr=log, stdout=log) as process:
        await_copying(target)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 1
    assert b"stopped" in (tmp_path / "log").read_bytes()
    assert shared_cluster().sql("select count(*) from audit", database_of(target)) == [["0"]]
    with subprocess.Popen(migrate_once, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        await_copying(target)
        process.kill()
    assert migrate(old, old.store, target)["audit"]["rows"] > 60_000


def test_migrate__text_that_postgresql_cannot_hold_is_named(old, tmp_path):
    with closing(sqlite3.connect(tmp_path / "old.db")) as db:
        db.execute("update audit set before = 'a' || char(0) || 'b' where id = (select min(id) from audit)")
        db.commit()
    target = new_database()
    said = migrate(old, old.store, target, status=1)
    assert "audit " in said and "column before: text with a NUL cannot be stored" in said, said
    assert shared_cluster().sql("select count(*) from account", database_of(target)) == [["0"]]


@pytest.mark.parametrize("arguments", [[], ["--from", "sqlite:/x"], ["--to", "sqlite:/x"], ["--from"], ["--from", "a", "--to", "b", "c"],
                                       ["--from", "a", "--to", "b", "--verify"]])
def test_migrate__wrong_use(server, arguments):
    done = server.run("migrate-store", *arguments)
    assert done.returncode == 2 and "see numgated --help" in done.stderr


@pytest.mark.parametrize("source", ["sqlite:/nowhere/at.db", "file.db", "postgresql://numgate@127.0.0.1:1/x"])
def test_migrate__a_source_that_is_none(server, tmp_path, source):
    assert "the source" in migrate(server, source, f"sqlite:{tmp_path}/to.db", status=1)
    assert not (tmp_path / "to.db").exists()


def test_migrate__an_empty_database_is_no_source(server, tmp_path):
    assert "holds no tables" in migrate(server, new_database(), f"sqlite:{tmp_path}/to.db", status=1)
    assert not (tmp_path / "to.db").exists()
