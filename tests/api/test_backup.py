"""numgated backup and restore: while the daemon runs and while it does not, on either store."""
import itertools
import os
import pwd
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing

import pytest
from conftest import (BIN, STORE, account_body, account_name, new_database, number_body, phone_number, rounds, sqlite_only,
                      wait_until)

BATCH = 20
JUMP = 1 << 40  # MOVE_JUMP of store/move.h


def nobody():
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def backup(server, file, status=0):
    done = server.run("backup", file, "--config", server.config)
    assert done.returncode == status, done.stderr + server.tail()
    return done


def restore(server, *arguments, status=0):
    done = server.run("restore", *arguments)
    assert done.returncode == status, done.stderr
    return done


def restored(make_server, file):
    """A server on what was in the backup."""
    server = make_server(start=False)
    restore(server, file, "--verify", "--config", server.config)
    return server.start()


def parts_in(folder):
    return [name for name in os.listdir(folder) if ".part-" in name]


def make_account(client, *services):
    name = account_name()
    assert client.put(f"/accounts/{name}", json=account_body(name, *services)).status_code == 201
    return name


def make_number(client, account):
    number = phone_number()
    reply = client.put(f"/accounts/{account}/numbers/{number}", json=number_body(number, account))
    assert reply.status_code == 201, reply.text
    return number, reply.headers["ETag"]


def revision(etag):
    return int(etag.strip('"').split(".")[0])


@pytest.fixture
def filled(make_server):
    """A server with an account and a number."""
    server = make_server()
    with server.client() as client:
        account = make_account(client)
        number, etag = make_number(client, account)
    server.filled = account, number, etag
    return server


# ---- whole ----

def test_backup__of_a_running_daemon_restores_to_the_same(filled, make_server, tmp_path):
    account, number, etag = filled.filled
    file = tmp_path / "a.backup"
    report = backup(filled, file).stdout
    assert f"number{'':8} {1:10} rows" in report, report
    assert file.stat().st_mode & 0o777 == 0o600
    assert filled.log_rows()[-1]["event"] == "backup_made"
    other = restored(make_server, file)
    with filled.client() as before, other.client() as after:
        for path in (f"/accounts/{account}", f"/accounts/{account}/numbers/{number}"):
            replies = [client.get(path) for client in (before, after)]
            assert replies[0].json() == replies[1].json()
            assert replies[0].headers["ETag"] == replies[1].headers["ETag"]
        assert after.get("/numgate/v1/audit", params={"key": number}).json()["value"][0]["after"]["telephoneNumber"] == number
        _, later = make_number(after, account)
    assert revision(later) >= revision(etag) + JUMP // 2, "a revision of the time that was lost could come again"


def test_backup__of_a_stopped_daemon_is_made_by_the_command(filled, make_server, tmp_path):
    account, number, etag = filled.filled
    filled.terminate()
    backup(filled, tmp_path / "a.backup")
    other = restored(make_server, tmp_path / "a.backup")
    with other.client() as client:
        assert client.get(f"/accounts/{account}/numbers/{number}").headers["ETag"] == etag


def test_backup__a_relative_name_is_of_the_callers_folder(filled, tmp_path):
    done = filled.run("backup", "here.backup", "--config", filled.config, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here.backup").exists()
    assert '{"table":"number","rows":1}' in done.stdout.splitlines()


def test_backup__moves_to_the_other_store(filled, make_server, tmp_path):
    """A backup does not tell which store it was made of."""
    if STORE == "sqlite":
        pytest.skip("done from the other side, where there is a PostgreSQL")
    account, number, etag = filled.filled
    backup(filled, tmp_path / "a.backup")
    other = make_server(f"[store]\nurl = sqlite:{tmp_path}/other.db\n", start=False)
    restore(other, tmp_path / "a.backup", "--verify", "--config", other.config)
    backup(other, tmp_path / "b.backup")
    third = make_server(start=False)
    restore(third, tmp_path / "b.backup", "--verify", "--config", third.config)
    third.start()
    with third.client() as client:
        assert client.get(f"/accounts/{account}/numbers/{number}").headers["ETag"] == etag


# ---- under load ----

class Writers:
    """Each writes batch after batch, numbered; what is acknowledged and when."""

    def __init__(self, server, count):
        self.server, self.ending = server, threading.Event()
        with server.client() as client:
            self.accounts = [make_account(client) for _ in range(count)]
        self.acknowledged = {account: [] for account in self.accounts}  # [(when, numbers)]
        self.sent = {account: [] for account in self.accounts}
        self.failures = []
        self.threads = [threading.Thread(target=self.run, args=(account,)) for account in self.accounts]
        for thread in self.threads:
            thread.start()

    def run(self, account):
        with self.server.client() as client:
            while not self.ending.is_set():
                numbers = [phone_number() for _ in range(BATCH)]
                self.sent[account].append(numbers)
                reply = client.post(f"/accounts/{account}:createOrUpdateNumbers",
                                    json={"numbers": [number_body(number, account) for number in numbers]})
                if reply.status_code != 200:
                    self.failures.append(reply.text)
                    return
                self.acknowledged[account].append((time.monotonic(), numbers))

    def await_batches(self, count):
        wait_until(lambda: self.failures or all(len(a) >= count for a in self.acknowledged.values()), 60, "batches")

    def end(self):
        self.ending.set()
        for thread in self.threads:
            thread.join(60)
        assert not self.failures


def test_backup__under_load_is_a_state_that_was(make_server, tmp_path):
    server = make_server()
    writers = Writers(server, 4)
    backups = []
    try:
        for i in range(rounds(1, 3, 10)):
            writers.await_batches(5 * (i + 1))
            begun = time.monotonic()
            backup(server, tmp_path / f"{i}.backup")
            backups.append((begun, time.monotonic(), tmp_path / f"{i}.backup"))
    finally:
        writers.end()
    for begun, ended, file in backups:
        restore(server, "--verify", file)
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            there = {f"+{number}" for number, in db.execute("select telephone_number from number")}
        for account in writers.accounts:
            check_batches(writers, account, there, begun, ended)
    # the last of them is what a server then has
    other = restored(make_server, backups[-1][2])
    with other.client() as client:
        for account in writers.accounts:
            counted = client.get(f"/accounts/{account}/numbers", params={"countRecords": "true", "top": 1})
            assert int(counted.headers["x-ms-record-count"]) == sum(set(batch) <= there for batch in writers.sent[account]) * BATCH


def check_batches(writers, account, there, begun, ended):
    """A batch is there whole or not at all, none without those before it, and those that were acknowledged in time."""
    here = [sum(number in there for number in batch) for batch in writers.sent[account]]
    assert set(here) <= {0, BATCH}, f"{account}: a batch in part: {here}"
    whole = list(itertools.takewhile(lambda n: n == BATCH, here))
    assert not any(here[len(whole):]), f"{account}: a batch without the one before it: {here}"
    in_time = [numbers for at, numbers in writers.acknowledged[account] if at <= begun]
    assert len(whole) >= len(in_time), f"{account}: an acknowledged batch is missing"
    assert len(whole) <= len([at for at, _ in writers.acknowledged[account] if at <= ended]) + 1, f"{account}: a batch of later"


# ---- refused ----

def test_backup__replaces_no_file(filled, tmp_path):
    file = tmp_path / "a.backup"
    file.write_text("precious")
    assert "is there already" in backup(filled, file, status=1).stderr
    assert file.read_text() == "precious"
    assert not parts_in(tmp_path)


@sqlite_only
def test_backup__not_over_the_database_itself(filled):
    assert "is there already" in backup(filled, filled.database, status=1).stderr
    assert not parts_in(filled.directory)


def test_backup__a_folder_that_is_not_there(filled, tmp_path):
    assert "nowhere" in backup(filled, tmp_path / "nowhere" / "a.backup", status=1).stderr


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["a", "--verify"], ["a", "--to", "sqlite:x"], ["a", "--jso"]])
def test_backup__wrong_use(filled, arguments):
    done = filled.run("backup", *arguments)
    assert done.returncode == 2 and "see numgated --help" in done.stderr


@sqlite_only
def test_backup__a_daemon_without_a_socket_is_not_got_round(make_server, tmp_path):
    server = make_server("[admin]\nsocket =\n")
    done = backup(server, tmp_path / "a.backup", status=1)
    assert "in use by process" in done.stderr and "socket is empty" in done.stderr
    assert not os.path.exists(tmp_path / "a.backup") and not parts_in(tmp_path)


def test_backup__the_socket_of_a_killed_daemon_is_taken_over(filled, tmp_path):
    filled.kill()
    assert (filled.directory / "admin.sock").exists()
    backup(filled, tmp_path / "a.backup")  # nobody listens, so by itself
    filled.start()
    backup(filled, tmp_path / "b.backup")
    assert filled.log_rows()[-1]["event"] == "backup_made"


def test_backup__a_full_disk_leaves_nothing(filled, tmp_path):
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run([*sudo, "mount", "-t", "tmpfs", "-o", f"size=64k,uid={os.geteuid()}", "tmpfs", disk], check=True)
    try:
        done = backup(filled, disk / "a.backup", status=1)
        assert "no room left" in done.stderr, done.stderr
        assert os.listdir(disk) == []
    finally:
        subprocess.run([*sudo, "umount", disk], check=True)
    with filled.client() as client:  # the daemon goes on
        make_number(client, filled.filled[0])


def test_control__a_client_that_goes_away_leaves_nothing_half_made(filled, tmp_path):
    for i in range(5):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(filled.directory / "admin.sock"))
            client.sendall(f"backup {tmp_path}/{i}.backup\n".encode())
    backup(filled, tmp_path / "last.backup")  # one after the other: the others are over
    assert not parts_in(tmp_path)
    for file in tmp_path.glob("*.backup"):
        restore(filled, "--verify", file)


@pytest.mark.parametrize("line", [b"backup relative\n", b"backup \n", b"stop\n", b"\n", b"x" * 6000 + b"\n", b"backup /x"])
def test_control__a_bad_request_is_answered_or_hung_up_on(filled, line):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(filled.directory / "admin.sock"))
        client.sendall(line)
        client.shutdown(socket.SHUT_WR)
        try:
            answer = client.recv(1000)
        except ConnectionResetError:
            answer = b""
    assert answer == b"" or answer.startswith(b"failed ")
    assert filled.alive()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_control__nobody_elses_user_is_served(filled, tmp_path):
    path = filled.directory / "admin.sock"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o666)  # as if somebody had: the kernel's word about the peer still counts
    program = ("import socket, sys; s = socket.fromfd(int(sys.argv[1]), socket.AF_UNIX, socket.SOCK_STREAM)\n"
               "s.connect(sys.argv[2]); s.sendall(b'backup /tmp/x\\n'); sys.stdout.write(repr(s.recv(100)))")
    filled.directory.chmod(0o711)
    folder = os.open(filled.directory, os.O_RDONLY | os.O_DIRECTORY)  # its parents are not his to pass
    with socket.socket(socket.AF_UNIX) as client:
        done = subprocess.run(["/usr/bin/python3", "-I", "-c", program, str(client.fileno()), f"/proc/self/fd/{folder}/admin.sock"],
                              pass_fds=[client.fileno(), folder], capture_output=True, text=True, timeout=20, check=False, **nobody())
    os.close(folder)
    assert done.stdout == "b''" or "Reset" in done.stderr or "Broken" in done.stderr, done
    refused = wait_until(lambda: [row for row in filled.log_rows() if row["event"] == "control_refused"])
    assert refused[0]["uid"] == pwd.getpwnam("nobody").pw_uid


# ---- restore ----

def test_restore__refuses_a_store_with_rows_and_changes_nothing(filled, make_server, tmp_path):
    file = tmp_path / "a.backup"
    backup(filled, file)
    server = restored(make_server, file)
    server.terminate()
    done = restore(server, file, "--config", server.config, status=1)
    assert "not empty" in done.stderr and done.stdout == ""
    server.start()
    with server.client() as client:
        assert client.get(f"/accounts/{filled.filled[0]}").status_code == 200


def test_restore__refuses_while_a_daemon_runs(filled, make_server, tmp_path):
    file = tmp_path / "a.backup"
    backup(filled, file)
    server = make_server()
    done = restore(server, file, "--config", server.config, status=1)
    assert ("in use by process" if STORE == "sqlite" else "stop every node first") in done.stderr


def test_restore__to_a_url(filled, tmp_path):
    file = tmp_path / "a.backup"
    backup(filled, file)
    url = new_database() if STORE == "postgresql" else f"sqlite:{tmp_path}/to.db"
    done = restore(filled, file, "--to", url, "--json", "--verify")
    assert done.stdout.splitlines()[0].startswith('{"table":"account","rows":1,"sha256":"')


@pytest.mark.parametrize("content,why", [(None, "No such file"), (b"", "not a SQLite database"), (b"text" * 100, "not a SQLite database")])
def test_restore__what_is_no_backup(filled, tmp_path, content, why):
    file = tmp_path / "a.backup"
    if content is not None:
        file.write_bytes(content)
    for arguments in (["--verify", file], [file, "--to", f"sqlite:{tmp_path}/to.db"]):
        assert why in restore(filled, *arguments, status=1).stderr
    assert not (tmp_path / "to.db").exists()


def test_restore__a_backup_cut_short(filled, tmp_path):
    file = tmp_path / "a.backup"
    backup(filled, file)
    whole = file.read_bytes()
    for size in (100, 4096, len(whole) // 2, len(whole) - 1):
        file.write_bytes(whole[:size])
        restore(filled, "--verify", file, status=1)
        restore(filled, file, "--verify", "--to", f"sqlite:{tmp_path}/to.db", status=1)
    assert not (tmp_path / "to.db").exists()


@pytest.mark.parametrize("table", ["account", "number"])
def test_restore__a_damaged_backup_is_said_to_be_the_source(filled, tmp_path, table):
    file = tmp_path / "a.backup"
    backup(filled, file)
    with closing(sqlite3.connect(file)) as database:
        page_bytes, = database.execute("pragma page_size").fetchone()
        page, = database.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
    with open(file, "r+b") as opened:
        opened.seek((page - 1) * page_bytes)
        opened.write(b"\xff" * page_bytes)
    done = restore(filled, file, "--to", f"sqlite:{tmp_path}/to.db", status=1)
    assert "the source" in done.stderr and "malformed" in done.stderr, done
    assert not (tmp_path / "to.db").exists()


def test_restore__a_full_disk_leaves_nothing(filled, tmp_path):
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    disk = tmp_path / "disk"
    disk.mkdir()
    backup(filled, tmp_path / "a.backup")
    subprocess.run([*sudo, "mount", "-t", "tmpfs", "-o", f"size=100k,uid={os.geteuid()}", "tmpfs", disk], check=True)
    try:
        assert "no room" in restore(filled, tmp_path / "a.backup", "--to", f"sqlite:{disk}/to.db", status=1).stderr
        assert [name for name in os.listdir(disk) if name != "to.db.lock"] == []
    finally:
        subprocess.run([*sudo, "umount", disk], check=True)


@pytest.mark.parametrize("url", ["mysql://x", "", "sqlite:", "sqlite:/nowhere/at/all.db", "postgresql://numgate@127.0.0.1:1/x",
                                 "postgresql://numgate:secret@127.0.0.1:1/x"])
def test_restore__a_wrong_url(filled, tmp_path, url):
    backup(filled, tmp_path / "a.backup")
    done = restore(filled, tmp_path / "a.backup", "--to", url, status=1)
    assert done.stderr.startswith("numgated restore: the target: ") and "secret" not in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_restore__no_permission(filled, tmp_path):
    backup(filled, tmp_path / "a.backup")
    done = subprocess.run([BIN / "numgated", "restore", "--verify", tmp_path / "a.backup"], capture_output=True, text=True,
                          timeout=20, check=False, **nobody()) if os.access(BIN, os.X_OK) else None
    assert done.returncode == 1 and "ermission denied" in done.stderr
