"""Requests as bytes over TLS, for what an HTTP library would not send. Replies are held against the contract like all others."""
import socket
import ssl

import contract


class Reply:
    """As much of requests.Response as contract.refused() and the tests read."""

    def __init__(self, method, target, status, headers, body):
        self.request = type("Request", (), {"method": method, "path_url": target})
        self.status_code, self.headers, self.content = status, headers, body

    @property
    def text(self):
        return (self.content or b"").decode()

    def json(self):
        return contract.load(self.content)


class Wire:
    """One connection to a server."""

    def __init__(self, server, timeout=20):
        context = ssl.create_default_context(cafile=server.ca)
        self.tls = context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout), server_hostname="localhost")
        self.server, self.buffer = server, b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tls.close()

    def send(self, data):
        """True, unless the server has ended the connection."""
        try:
            self.tls.sendall(data)
            return True
        except (ConnectionError, ssl.SSLError):
            return False

    def receive(self):
        """True, unless the server has ended the connection. One that is reset or left without close_notify fails the test."""
        data = self.tls.recv(65536)
        self.buffer += data
        return bool(data)

    def receive_until(self, mark):
        while mark not in self.buffer:
            assert self.receive(), f"the connection ended after {self.buffer!r}"
        part, _, self.buffer = self.buffer.partition(mark)
        return part

    def interim(self):
        """The status line of the next header block, such as 100 Continue."""
        return self.receive_until(b"\r\n\r\n").split(b"\r\n")[0]

    def reply(self, method="GET", target="/", sent=None):
        head = self.receive_until(b"\r\n\r\n").decode("ascii").split("\r\n")
        version, status, _ = head[0].split(" ", 2)
        assert version == "HTTP/1.1"
        pairs = [line.split(": ", 1) for line in head[1:]]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(pairs), f"a header twice in {head}"
        body = b""
        if int(status) not in (204, 304) and method != "HEAD":
            length = int(headers["content-length"])
            while len(self.buffer) < length:
                assert self.receive(), "the connection ended within a body"
            body, self.buffer = self.buffer[:length], self.buffer[length:]
        contract.check(method, target, sent or {}, int(status), headers, None if method == "HEAD" else body)
        return Reply(method, target, int(status), headers, body)

    def ended(self):
        """Nothing more comes, and the connection was ended in order."""
        return not self.buffer and not self.receive()


def head(server, method="GET", target="/accounts?api-version=2024-02-29-preview", *lines, role="ADMIN", version="HTTP/1.1"):
    """A header block as bytes; `lines` are further header lines, as str or bytes. role None: no token."""
    block = [f"{method} {target} {version}", f"Host: localhost:{server.port}"]
    if role:
        block.append(f"Authorization: Bearer {server.lab.token(role)}")
    block += lines
    return b"".join((line if isinstance(line, bytes) else line.encode()) + b"\r\n" for line in block) + b"\r\n"
