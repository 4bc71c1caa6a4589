"""SIGHUP takes a new configuration or keeps the old; SIGTERM ends the daemon without losing an accepted request."""
import concurrent.futures
import json
import shutil
import signal
import ssl
import subprocess

import pytest
import requests
from conftest import BIN, account_body, account_name, rounds, wait_until

from contract import refused
from wire import Wire, head

ME = "/numgate/v1/me"


def events(server, event):
    return [row for row in server.log_rows() if row["event"] == event]


def reload(server, config=None, event="reloaded"):
    """Writes the configuration, sends SIGHUP and waits for the word about it, which is returned."""
    before = len(events(server, event))
    if config is not None:
        server.configure(config)
    server.reload()
    return wait_until(lambda: events(server, event)[before:], what=event)[0]


# ---- SIGHUP ----

def test_reload__allowlist(make_server):
    server = make_server("[access]\nallow = 127.0.0.1\n")
    client = server.client()
    assert client.get(ME).status_code == 200
    reload(server, "[access]\nallow = 192.0.2.0/24\n")
    refused(client.get(ME), 403, "AddressNotAllowed")
    reload(server, "[access]\nallow = 192.0.2.0/24, 127.0.0.0/8\n")
    assert client.get(ME).status_code == 200


def test_reload__trusted_proxies(make_server):
    server = make_server("[access]\nallow = 127.0.0.1\n")
    headers = {"X-Forwarded-For": "192.0.2.1"}
    assert server.client().get(ME, headers=headers).status_code == 200
    reload(server, "[access]\nallow = 127.0.0.1\n[server]\ntrusted_proxies = 127.0.0.1\n")
    refused(server.client().get(ME, headers=headers), 403, "AddressNotAllowed")


def test_reload__rate_limits(make_server):
    server = make_server()
    client, user = server.client(), server.client("USER_READ")
    assert [client.get("/accounts").status_code for _ in range(10)] == [200] * 10
    reload(server, "[limits]\nrequests_per_minute = 4\nrequests_per_minute_user = 3\n")
    assert client.get(ME).json()["limits"]["requestsPerMinute"] == 4
    assert user.get(ME).json()["limits"]["requestsPerMinute"] == 3
    statuses = [client.get("/accounts").status_code for _ in range(8)]
    assert statuses.count(200) <= 4 and statuses[-1] == 429
    assert [user.get("/accounts").status_code for _ in range(4)] == [200] * 3 + [429]
    reload(server, "[limits]\nrequests_per_minute = 0\nrequests_per_minute_user = 0\n")
    assert client.get("/accounts").status_code == user.get("/accounts").status_code == 200


def test_reload__log_level(make_server):
    server = make_server("[log]\nlevel = notice\n")
    server.client().get(ME)
    reload(server, "[log]\nlevel = info\n")
    assert events(server, "request") == []
    server.client().get(ME)
    wait_until(lambda: len(events(server, "request")) == 1, what="the log line")


def make_certificate(directory):
    """A new server certificate of the CA in the folder; its file."""
    subprocess.run([BIN / "numgate-lab", "make-certificates", "--dir", directory], check=True, capture_output=True, timeout=60)
    return directory / "server.crt"


def certificate_of(server):
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def test_reload__certificate(make_server, lab, tmp_path):
    shutil.copytree(lab.directory / "tls", tmp_path / "tls")
    config = f"[server]\ntls_certificate = {tmp_path}/tls/server.crt\ntls_key = {tmp_path}/tls/server.key\n"
    server = make_server(config)
    old_client, first = server.client(), certificate_of(server)
    assert old_client.get(ME).status_code == 200
    make_certificate(tmp_path / "tls")
    assert certificate_of(server) == first
    reload(server)
    second = certificate_of(server)
    assert second != first and second.split() == (tmp_path / "tls" / "server.crt").read_text().split("-----END")[0].split() + \
        ["-----END", "CERTIFICATE-----"]
    assert old_client.get(ME).status_code == 200  # its connection goes on
    assert server.client().get(ME).status_code == 200


BROKEN = {
    "no such file": lambda server: server.config.unlink(),
    "no configuration": lambda server: server.config.write_text("nonsense\n"),
    "unknown option": lambda server: server.config.write_text(server.config.read_text() + "\n[limits]\nrequests_per_minutes = 1\n"),
    "bad value": lambda server: server.config.write_text(server.config.read_text() + "\n[access]\nallow = 127.0.0.300\n"),
    "no issuer": lambda server: server.config.write_text(server.config.read_text().split("[issuer.lab]")[0]),
    "certificate of another key": lambda server: (server.directory / "own.key").write_text(
        (server.lab.directory / "tls" / "ca.key").read_text()),
    "certificate that is none": lambda server: (server.directory / "own.crt").write_text("nonsense"),
    "certificate that is gone": lambda server: (server.directory / "own.crt").unlink(),
}


@pytest.mark.parametrize("case", BROKEN)
def test_reload__bad_file_keeps_the_old_and_says_why(make_server, lab, tmp_path, case):
    server = make_server(start=False)
    for name in ("crt", "key"):
        shutil.copy(lab.directory / "tls" / f"server.{name}", server.directory / f"own.{name}")
    server.configure(f"[server]\ntls_certificate = {server.directory}/own.crt\ntls_key = {server.directory}/own.key\n"
                     "[access]\nallow = 127.0.0.1\n")
    server.start()
    first, good = certificate_of(server), server.config.read_text()
    server.config.write_text(good.replace("allow = 127.0.0.1", "allow = 192.0.2.1"))  # must not take effect either
    BROKEN[case](server)
    row = reload(server, event="reload_failed")
    assert row["level"] == "error" and row["error"] and "old" in row["consequence"]
    assert server.alive() and server.client().get(ME).status_code == 200 and certificate_of(server) == first
    for name in ("crt", "key"):
        shutil.copy(lab.directory / "tls" / f"server.{name}", server.directory / f"own.{name}")
    server.config.write_text(good)
    reload(server)
    assert server.client().get(ME).status_code == 200


def test_reload__names_what_needs_a_restart(make_server):
    server = make_server()
    server.configure("[deployment]\nbase_domain = other.test\n[limits]\nidle_seconds = 7\n")
    row = reload(server, event="reload_needs_restart")
    assert "base_domain" in row["options"] and "idle_seconds" in row["options"] and "listen" not in row["options"]
    assert server.client().get("/numgate/v1/deployment").json()["baseDomain"] == "numgate.test"


def test_reload__under_load_disturbs_nobody(make_server):
    server = make_server()
    clients = [server.client() for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(lambda c: [c.get("/accounts").status_code for _ in range(100)], client) for client in clients]
        for _ in range(10):
            reload(server)
        assert {status for run in running for status in run.result()} == {200}


def test_start__refuses_a_bad_configuration_with_its_reason(make_server):
    for config, word, status in (("[limits]\nrequests_per_minutes = 1\n", "requests_per_minute", 78),
                                 ("[server]\nlisten = https://0.0.0.0:1\n", "allow", 78),
                                 ("[server]\nlisten = http://192.0.2.1:1\n[access]\nallow = 192.0.2.1\n", "loopback", 78),
                                 ("[server]\ntls_key = /nonexistent\n", "/nonexistent", 1),
                                 ("[store]\nurl = sqlite:/nonexistent/x.db\n", "/nonexistent", 1)):
        server = make_server(config, start=False)
        server.spawn()
        assert server.wait() == status, word
        assert word in server.output(), server.output()


# ---- SIGTERM ----

class Writer:
    """Creates accounts on one connection after the other until it may not; keeps what was acknowledged and what was lost."""

    def __init__(self, server, tag):
        self.server, self.tag, self.acknowledged, self.lost = server, tag, [], []

    def create(self, wire, name):
        target = f"/accounts/{name}?api-version=2024-02-29-preview"
        body = json.dumps(account_body(name)).encode()
        if not wire.send(head(self.server, "PUT", target, f"Content-Length: {len(body)}") + body):
            raise ConnectionError("not sent")
        reply = wire.reply("PUT", target)
        assert reply.status_code == 201, reply.text
        self.acknowledged.append(name)
        return reply.headers.get("connection") == "close"

    def run(self):
        while True:
            try:
                wire = Wire(self.server)
            except OSError:
                return  # nobody listens any more: nothing was accepted
            with wire:
                try:
                    while not self.create(wire, f"{self.tag}-{len(self.acknowledged)}"):
                        pass
                except (OSError, AssertionError) as problem:
                    self.lost.append(f"after {len(self.acknowledged)}: {problem!r}")
                    return


def test_sigterm__under_load_loses_no_accepted_request(make_server):
    server, everything = make_server(), []
    for _ in range(rounds(2, 5, 50)):
        writers = [Writer(server, account_name("term")) for _ in range(6)]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            running = [pool.submit(writer.run) for writer in writers]
            wait_until(lambda w=writers: sum(len(writer.acknowledged) for writer in w) >= 100, what="100 acknowledged writes")
            assert server.terminate() == 0
            for run in running:
                run.result()
        assert not [line for writer in writers for line in writer.lost]
        everything += [name for writer in writers for name in writer.acknowledged]
        assert events(server, "stopped")[-1]["clean"] is True
        server.start()
    stored = {item["name"] for item in server.client().items("/accounts", maxpagesize=500)}
    assert stored == set(everything)


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_sigterm__ends_with_0_and_closes_idle_connections(make_server, number):
    server = make_server()
    with Wire(server) as idle:
        idle.send(head(server, "GET", ME))
        assert idle.reply("GET", ME).status_code == 200
        server.signal(getattr(signal, number))
        assert idle.ended()
    assert server.wait() == 0
    with pytest.raises(requests.ConnectionError):
        server.client().get(ME)


def test_sigterm__answers_a_request_that_is_on_its_way(make_server):
    server, name = make_server(), account_name()
    target, body = f"/accounts/{name}?api-version=2024-02-29-preview", json.dumps(account_body(name)).encode()
    with Wire(server) as wire:
        block = head(server, "PUT", target, f"Content-Length: {len(body)}")
        wire.send(block + body[:10])
        server.client().get(ME)  # both are at the server
        server.signal(signal.SIGTERM)
        wait_until(lambda: events(server, "stopping"), what="the drain")
        wire.send(body[10:])
        reply = wire.reply("PUT", target)
        assert reply.status_code == 201 and reply.headers["connection"] == "close" and wire.ended()
    assert server.wait() == 0
    assert server.start().client().get(f"/accounts/{name}").status_code == 200
