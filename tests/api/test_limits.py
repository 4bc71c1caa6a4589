"""What a client can use up by its behaviour: time, connections, memory for bodies. Each limit has its answer."""
import contextlib
import ssl
import time

import pytest
import requests
from conftest import Server, account_name, wait_until

from contract import refused
from wire import Wire, head

ME = "/numgate/v1/me"
MIB = 1024 * 1024


@pytest.fixture(scope="module", name="hasty")
def fixture_hasty(lab, tmp_path_factory):
    """A server that waits for nobody longer than a second."""
    program = Server(tmp_path_factory.mktemp("hasty"), lab, "[limits]\nheader_seconds = 1\nbody_seconds = 1\nidle_seconds = 1\n"
                     "handshake_seconds = 1\nconnections_per_address = 4\n").start()
    yield program
    program.stop()


def drip(wire, data):
    """Sends a byte whenever the server has kept silent for a tenth of a second, until it says something. The seconds it took."""
    begun = time.monotonic()
    wire.tls.settimeout(0.1)
    for byte in data:
        wire.send(bytes([byte]))
        try:
            wire.receive()
            break
        except TimeoutError:
            continue
    wire.tls.settimeout(20)
    return time.monotonic() - begun


def test_deadline__of_the_header_block_holds_against_a_slow_drip(hasty):
    with Wire(hasty) as wire:
        assert 0.8 < drip(wire, head(hasty, "GET", ME)) < 5
        refused(wire.reply("GET", ME), 408, "RequestTimeout")
        assert wire.ended()


def test_deadline__of_the_body_holds_against_a_slow_drip(hasty):
    name = account_name()
    target = f"/accounts/{name}?api-version=2024-02-29-preview"
    with Wire(hasty) as wire:
        wire.send(head(hasty, "PUT", target, "Content-Length: 1000"))
        assert 0.8 < drip(wire, b"{" + b" " * 999) < 5
        refused(wire.reply("PUT", target), 408, "RequestTimeout")
        assert wire.ended()
    refused(hasty.client().get(f"/accounts/{name}"), 404, "AccountNotFound")


def test_deadline__of_an_idle_connection_is_its_quiet_end(hasty):
    with Wire(hasty) as wire:
        wire.send(head(hasty, "GET", ME))
        assert wire.reply("GET", ME).status_code == 200
        assert wire.ended()


def test_connections__of_one_address_are_limited(hasty):
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire(hasty)) for _ in range(4)]
        with pytest.raises((OSError, ssl.SSLError)):
            with Wire(hasty) as wire:
                wire.send(head(hasty, "GET", ME))
                assert wire.receive() or not wire.ended()
                raise OSError("ended in order, without a word") if not wire.buffer else AssertionError(wire.buffer)
        for wire in wires:
            wire.send(head(hasty, "GET", ME))
            assert wire.reply("GET", ME).status_code == 200

    def has_a_place():
        with contextlib.suppress(requests.ConnectionError):  # as long as the ends of the others are not noticed
            return hasty.client().get(ME).status_code == 200
        return False
    wait_until(has_a_place, what="a free place")
    assert any("connections_refused" in name and value >= 1 for name, value in hasty.metrics().items())


def test_bodies__together_take_64_mib_then_503(make_server):
    """65 clients send all of a mebibyte but its last byte: one of them is told to come back, the others are served."""
    server = make_server()
    target = "/accounts/nobody/numbers/+4930?api-version=2024-02-29-preview"
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(Wire(server)) for _ in range(65)]
        for wire in wires:
            assert wire.send(head(server, "PUT", target, f"Content-Length: {MIB}") + b" " * (MIB - 1))
        wait_until(lambda: [row for row in server.log_rows() if row.get("status") == 503], what="a refusal")
        waiting = []
        for wire in wires:
            wire.tls.settimeout(0.02)
            try:
                refused(wire.reply("PUT", target), 503, "ServiceUnavailable")
            except TimeoutError:
                waiting.append(wire)
        assert 60 <= len(waiting) <= 64
        for wire in waiting:
            wire.tls.settimeout(20)
            wire.send(b"x")
            refused(wire.reply("PUT", target), 400, "InvalidJson")
    assert server.client().get("/accounts").status_code == 200
