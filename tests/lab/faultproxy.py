"""`numgate-lab proxy` as a program of the tests, and a server that says exactly what it is told and keeps every byte it hears."""
import contextlib
import socket
import ssl
import threading

import requests
from conftest import Program, free_port

TCP_CLOSE = 7  # the state of a socket that was reset; one that the other side ended is in CLOSE_WAIT


class FaultProxy(Program):
    """In front of a server; `to`: another URL than the server's own."""

    def __init__(self, server, folder, to=None, scenario=None, port=None):
        self.server, self.port, self.control_port = server, port or free_port(), free_port()
        tls = server.lab.directory / "tls"
        self.ca = server.ca
        arguments = ["proxy", "--listen", f"https://127.0.0.1:{self.port}", "--control", self.control, "--to", to or server.url,
                     "--ca", self.ca, "--certificate", tls / "server.crt", "--key", tls / "server.key", "--log-format", "json"]
        super().__init__("numgate-lab", arguments + (["--scenario", scenario] if scenario else []), folder / f"proxy-{self.port}.log")
        self.lab, self.settings = server.lab, server.settings

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    @property
    def control(self):
        return f"http://127.0.0.1:{self.control_port}"

    def start(self):
        self.spawn()
        return self.await_ready(lambda: self.ask("GET", "rules").ok)

    def close(self):
        self.stop()

    def ask(self, method, what, **options):
        return requests.request(method, f"{self.control}/lab/{what}", timeout=10, **options)

    def rule(self, **members):
        """Adds a rule; the list as it is then."""
        reply = self.ask("POST", "rules", json=members)
        assert reply.status_code == 201, reply.text
        return reply.json()["rules"]

    def rules(self):
        return self.ask("GET", "rules").json()["rules"]

    def requests(self):
        return self.ask("GET", "requests").json()["requests"]

    def reset(self):
        assert self.ask("POST", "reset").status_code == 200

    def connect(self, timeout=20):
        """A TLS connection to it."""
        context = ssl.create_default_context(cafile=self.ca)
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout), server_hostname="localhost")


class Recorder:
    """Listens on a port, keeps the bytes of each request, and answers each with the bytes of `answer`."""

    def __init__(self, answer=b"HTTP/1.1 204 No Content\r\n\r\n"):
        self.answer, self.heard = answer, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    self._serve(connection)

    def _serve(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while len(body) < sum(lengths):
            body += connection.recv(65536)
        self.heard.append((head, body))
        connection.sendall(self.answer)


def read_all(connection):
    """Everything until the other side ends, and whether it ended with a reset, which ssl does not tell from an end."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            data += part
    return data, connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE


def read_answer(connection):
    """A head and a body of the length it says."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        assert part, f"the connection ended after {data!r}"
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head, body
