"""Clients that drip, and one that behaves. Deadlines are a second here; the attackers go on long after them."""
import socket
import ssl
import threading
import time

import pytest
from conftest import phone_number, rounds, wait_until
from load import connect, make_account, put_number
from wire import head

DEADLINE = 1
LINGER = 5  # an answered connection is read for so long, so that no reset overtakes its answer
SLACK = 3
EACH = rounds(20, 40, 140)  # attackers of a kind
CONFIG = f"""[limits]
handshake_seconds = {DEADLINE}
header_seconds = {DEADLINE}
body_seconds = {DEADLINE}
reply_seconds = {DEADLINE}
idle_seconds = {DEADLINE}
connections_per_address = 1000
"""


class Attacker:
    """A connection and the bytes that it has left to drip; it never stops by itself."""

    def __init__(self, server, small_window=False):
        self.server = server
        self.raw = socket.socket()
        if small_window:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.raw.settimeout(20)
        self.raw.connect(("127.0.0.1", server.port))
        self.tls = None

    def encrypt(self):
        context = ssl.create_default_context(cafile=self.server.ca)
        self.tls = context.wrap_socket(self.raw, server_hostname="localhost")
        return self

    def drip(self):
        """True while the server lets it."""
        try:
            (self.tls or self.raw).send(self.next_bytes())
            return True
        except (BlockingIOError, ssl.SSLWantWriteError):
            return True
        except OSError:
            return False

    def next_bytes(self):
        return b"x"

    def close(self):
        (self.tls or self.raw).close()


class SilentHandshake(Attacker):
    """Sends nothing at all."""

    def drip(self):
        end = self.tls or self.raw
        end.setblocking(False)
        try:
            return bool(end.recv(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False


class SlowHandshake(Attacker):
    def __init__(self, server):
        super().__init__(server)
        context = ssl.create_default_context(cafile=server.ca)
        out = ssl.MemoryBIO()
        hello = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
        with pytest.raises(ssl.SSLWantReadError):
            hello.do_handshake()
        self.bytes = iter(out.read())

    def next_bytes(self):
        return bytes([next(self.bytes)])


class SlowHeader(Attacker):
    def __init__(self, server):
        super().__init__(server)
        self.encrypt().tls.send(b"GET /accounts HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")


class SlowBody(Attacker):
    def __init__(self, server):
        super().__init__(server)
        self.encrypt().tls.send(head(server, "PUT", "/accounts/slow?api-version=2024-02-29-preview",
                                     "Content-Type: application/json", "Content-Length: 100000"))


class SlowReader(Attacker):
    """Asks for far more than it reads."""

    def __init__(self, server):
        super().__init__(server, small_window=True)
        self.encrypt().tls.setblocking(False)
        self.request = head(server, target="/openapi.json") * 10

    def next_bytes(self):
        return self.request


class IdleConnection(SilentHandshake):
    """Has had an answer, and stays."""

    def __init__(self, server):
        super().__init__(server)
        self.encrypt().tls.send(head(server, "HEAD", "/accounts?api-version=2024-02-29-preview"))
        assert self.tls.recv(4096).startswith(b"HTTP/1.1 200")


KINDS = [SilentHandshake, SlowHandshake, SlowHeader, SlowBody, SlowReader, IdleConnection]


class Crowd:
    """All attackers, driven by one thread; each is left alone once the server has ended it."""

    def __init__(self, server, kinds):
        self.attackers = [kind(server) for kind in kinds for _ in range(EACH)]
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        alive = self.attackers
        while not self.stop.wait(0.05):  # the pace of the drip
            alive = [attacker for attacker in alive if attacker.drip()]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for attacker in self.attackers:
            attacker.close()


class Normal:
    """One client that writes and reads without a pause; slowest is the longest it waited."""

    def __init__(self, server):
        self.server, self.slowest, self.requests = server, 0, 0
        self.stop = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.run)

    def run(self):
        try:
            while not self.stop.is_set():
                began = time.monotonic()
                connection = connect(self.server)
                for _ in range(5):
                    assert put_number(self.server, connection, "normal", phone_number()).status == 201
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    self.requests += 1
                    began = time.monotonic()
                connection.close()
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def connections(server):
    return server.metrics()['numgate_http_connections{listener="api"}']


def test_slow_clients__are_freed_by_their_deadline_and_disturb_nobody(make_server):
    server = make_server(CONFIG)
    make_account(server, "normal")
    with Crowd(server, KINDS) as crowd, Normal(server) as normal:
        began = time.monotonic()
        assert connections(server) > EACH
        wait_until(lambda: connections(server) <= 1, DEADLINE + LINGER + SLACK, "the end of all attackers' connections")
        lasted = time.monotonic() - began
    assert normal.failure is None, normal.failure
    assert normal.slowest < 2, f"a normal request took {normal.slowest:.1f} s"
    assert normal.requests > 100
    ends = server.metrics()
    for phase, least in {"handshake": 2 * EACH, "header": EACH, "body": EACH, "reply": EACH, "idle": EACH}.items():
        ended = ends[f'numgate_http_deadlines_total{{listener="api",phase="{phase}"}}']
        assert ended >= least, f"{ended} of {least} ended in {phase}"
    print(f"{len(crowd.attackers)} attackers gone in {lasted:.1f} s; {normal.requests} normal requests, "
          f"slowest {normal.slowest:.3f} s")
    assert server.terminate() == 0


@pytest.mark.parametrize("kind", [SlowHeader, SlowBody], ids=["header", "body"])
def test_slow_clients__are_told_408(make_server, kind):
    server = make_server(CONFIG)
    make_account(server, "slow")
    attacker = kind(server)
    assert attacker.tls.recv(12) == b"HTTP/1.1 408"
    attacker.close()


def test_slow_clients__do_not_hold_up_a_drain_for_longer_than_it_may_last(make_server):
    server = make_server("[limits]\ndrain_seconds = 1\nconnections_per_address = 1000\n")
    with Crowd(server, KINDS):
        began = time.monotonic()
        assert server.terminate() == 0
        assert time.monotonic() - began < 1 + SLACK
