"""A daemon that cannot start, or cannot reload, says why. One that cannot start ends non-zero."""
import os
import shutil

import pytest
from conftest import sqlite_only, wait_until

# What is broken: how, given the server's folder; and words that the message must have.


def unreadable(path):
    """Not even root can read a link to itself."""
    path.unlink(missing_ok=True)
    path.symlink_to(path.name)


def replace(path, text):
    path.unlink(missing_ok=True)
    path.write_text(text)


def own_tls(server):
    """Its tls folder is a link to the lab's: from now on a copy."""
    link = server.directory / "tls"
    target = link.resolve()
    if link.is_symlink():
        link.unlink()
        shutil.copytree(target, link)
    return link


def option(server, old, new):
    text = server.config.read_text()
    assert old in text
    server.config.write_text(text.replace(old, new))


BROKEN = {
    "certificate missing": (lambda s: (own_tls(s) / "server.crt").unlink(), ["server.crt", "No such file"]),
    "certificate unreadable": (lambda s: unreadable(own_tls(s) / "server.crt"), ["server.crt", "symbolic links"]),
    "certificate is no certificate": (lambda s: replace(own_tls(s) / "server.crt", "hello\n"), ["server.crt"]),
    "key missing": (lambda s: (own_tls(s) / "server.key").unlink(), ["server.key", "No such file"]),
    "key unreadable": (lambda s: unreadable(own_tls(s) / "server.key"), ["server.key", "symbolic links"]),
    "key is for another certificate": (lambda s: shutil.copy(own_tls(s) / "ca.key", s.directory / "tls/server.key"),
                                       ["server.key", "mismatch"]),
    "key is no key": (lambda s: replace(own_tls(s) / "server.key", "hello\n"), ["server.key"]),
    "CA missing": (lambda s: option(s, "/tls/ca.crt", "/tls/no.crt"), ["no.crt"]),
    "configuration missing": (lambda s: s.config.unlink(), ["numgated.conf", "No such file"]),
    "configuration unreadable": (lambda s: unreadable(s.config), ["numgated.conf", "symbolic links"]),
    "configuration is a folder": (lambda s: (s.config.unlink(), s.config.mkdir()), ["numgated.conf", "not a regular file"]),
    "option unknown": (lambda s: option(s, "base_domain", "base_domian"), ["base_domian", "base_domain"]),
    "database's folder missing": (lambda s: option(s, "/numgate.db", "/no/numgate.db"), ["/no", "No such file"]),
    "database is a folder": (lambda s: s.database.mkdir(), ["numgate.db"]),
    "database is no database": (lambda s: s.database.write_text("hello, this is no database\n" * 300),
                                ["numgate.db", "not a database"]),
}


@pytest.mark.parametrize("what", [pytest.param(what, marks=sqlite_only if what.startswith("database") else ()) for what in BROKEN])
def test_start__says_what_is_broken_and_ends_non_zero(make_server, what):
    breaking, words = BROKEN[what]
    server = make_server(start=False)
    breaking(server)
    status = server.spawn().wait(20)
    said = server.tail(3)
    assert status > 0, f"{status}: {said}"
    for word in words:
        assert word in said, said
    assert "PRIVATE KEY" not in server.output()


def test_start__port_in_use_is_said(make_server):
    first = make_server()
    second = make_server(f"[server]\nlisten = https://127.0.0.1:{first.port}\n", start=False)
    assert second.spawn().wait(20) > 0
    assert f"127.0.0.1:{first.port}" in second.tail(2) and "in use" in second.tail(2), second.tail()
    assert first.metrics()


@sqlite_only
@pytest.mark.parametrize("by_link", [False, True])
def test_start__second_daemon_on_a_file_is_refused_and_told_whose_it_is(make_server, by_link):
    first = make_server()
    path = first.database
    if by_link:
        path = first.directory.parent / "link.db"
        path.symlink_to(first.database)
    second = make_server(f"[store]\nurl = sqlite:{path}\n", start=False)
    assert second.spawn().wait(20) > 0
    assert f"in use by process {first.pid}" in second.tail(2), second.tail()
    assert first.client().get("/accounts").status_code == 200
    first.kill()  # the lock ends with its process, however that ends
    second.start()
    assert second.terminate() == 0


def test_start__reload_with_a_bad_file_keeps_the_old_one(make_server):
    server = make_server()
    tls = own_tls(server)
    good = (tls / "server.key").read_bytes()
    for count, spoil in enumerate([lambda: replace(tls / "server.key", "hello\n"), lambda: unreadable(tls / "server.crt")], 1):
        spoil()
        server.reload()
        wait_until(lambda n=count: [r["event"] for r in server.log_rows()].count("reload_failed") == n, what="the refusal")
        assert server.client().get("/accounts").status_code == 200  # a new connection, so a new handshake
    assert good.decode().splitlines()[1] not in server.output()
    assert os.path.exists(server.config) and server.terminate() == 0
