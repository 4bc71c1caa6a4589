"""Requests that two readers could take for two different ones, and what else breaks HTTP: one right answer each, then the end."""
import pytest
from conftest import account_name

from contract import refused
from wire import Wire, head

VERSION = "api-version=2024-02-29-preview"
TARGET = f"/accounts?{VERSION}"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def exchange(server, data, method="GET", target=TARGET):
    """The reply to raw bytes, which must end the connection without a word about anything behind."""
    with Wire(server) as wire:
        wire.send(data)
        reply = wire.reply(method, target)
        assert wire.ended(), f"more came: {wire.buffer!r}"
        return reply


def post(*lines, body=b""):
    return lambda server: head(server, "POST", TARGET, *lines) + body


def get(*lines):
    return lambda server: head(server, "GET", TARGET, *lines)


def swap(old, new, *lines):
    """A good request with a piece of its bytes replaced."""
    return lambda server: head(server, "GET", TARGET, *lines).replace(old, new, 1)


FRAMING = {
    "length and chunked": post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "chunked and length": post("Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\n" + SMUGGLED),
    "two lengths that differ": post("Content-Length: 5", "Content-Length: 6", body=b"xxxxx" + SMUGGLED),
    "two lengths that agree": post("Content-Length: 5", "Content-Length: 5", body=b"xxxxx" + SMUGGLED),
    "a list of lengths": post("Content-Length: 5, 5", body=b"xxxxx" + SMUGGLED),
    "length with a sign": post("Content-Length: +5", body=b"xxxxx" + SMUGGLED),
    "negative length": post("Content-Length: -1", body=SMUGGLED),
    "hexadecimal length": post("Content-Length: 0x5", body=b"xxxxx" + SMUGGLED),
    "length with a blank": post("Content-Length: 5 5", body=b"xxxxx" + SMUGGLED),
    "empty length": post("Content-Length:", body=SMUGGLED),
    "length too large to hold": post("Content-Length: 99999999999999999999999", body=SMUGGLED),
    "length with a NUL": post(b"Content-Length: 5\x00", body=b"xxxxx" + SMUGGLED),
    "two codings": post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n" + SMUGGLED),
    "a vertical tab before chunked": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "folded header": post("Transfer-Encoding:", " chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "folded with a tab": get("X: a", "\tb"),
    "name glued by a fold": post("Content-Len: 42", " gth", body=SMUGGLED),
    "fold as the first line": lambda server: b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "blank before the colon": post("Content-Length : 42", body=SMUGGLED),
    "blank before the name": post(" Content-Length: 42", body=SMUGGLED),
    "no colon": get("nonsense"),
    "empty name": get(": x"),
    "name with a blank": get("X Y: z"),
    "name with a NUL": get(b"X\x00Y: z"),
    "name not ASCII": get("Content-L\u00ebngth: 5"),
    "name with a parenthesis": get("X(Y): z"),
    "value with a NUL": get(b"X: a\x00b"),
    "value with a bell": get(b"X: a\x07b"),
    "value with DEL": get(b"X: a\x7fb"),
    "value with a bare CR": get(b"X: a\rContent-Length: 5"),
    "bare LF behind a header": swap(b"\r\nAuth", b"\nAuth"),
    "bare LF behind the request line": swap(b"HTTP/1.1\r\n", b"HTTP/1.1\n"),
    "bare LF at the end": lambda server: head(server, "GET", TARGET)[:-2] + b"\n",
    "header line that starts with a NUL": post(b"\x00", "Content-Length: 42", body=SMUGGLED),
    "no host": swap(b"Host: ", b"Hots: "),
    "two hosts": get("Host: localhost"),
    "empty host": lambda server: b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "host with a blank": swap(b"Host: localhost", b"Host: local host"),
    "host with a path": swap(b"Host: localhost", b"Host: localhost/x"),
    "host with a user": swap(b"Host: localhost", b"Host: user@localhost"),
    "two hosts in one": swap(b"Host: localhost", b"Host: a, localhost"),
    "method with a control byte": swap(b"GET", b"G\x01T"),
    "method with a colon": swap(b"GET", b"GE:T"),
    "no method": swap(b"GET ", b" "),
    "two blanks behind the method": swap(b"GET ", b"GET  "),
    "two blanks before the version": swap(b" HTTP", b"  HTTP"),
    "tab for a blank": swap(b"GET ", b"GET\t"),
    "no version": swap(b" HTTP/1.1", b""),
    "lower-case version": swap(b"HTTP/1.1", b"http/1.1"),
    "three-part version": swap(b"HTTP/1.1", b"HTTP/1.1.1"),
    "something behind the version": swap(b"HTTP/1.1", b"HTTP/1.1 x"),
    "target with a NUL": swap(b"/accounts", b"/acc\x00ounts"),
    "target with a bell": swap(b"/accounts", b"/acc\x07ounts"),
    "target with a fragment": swap(b"/accounts", b"/accounts#x"),
    "target with raw UTF-8": swap(b"/accounts", "/acc\u00f6unts".encode()),
    "target without a slash": swap(b"/accounts", b"accounts"),
    "asterisk": swap(TARGET.encode(), b"*"),
    "absolute form of another scheme": swap(b"/accounts", b"ftp://localhost/accounts"),
    "absolute form without a host": swap(b"/accounts", b"https:///accounts"),
    "TLS within TLS": lambda server: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2 preface": lambda server: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
OTHER = {  # refused with another status than 400
    "HTTP/2 preface": (505, "HttpVersionNotSupported"),
}


@pytest.mark.parametrize("case", FRAMING)
def test_framing__that_can_be_read_in_two_ways_is_400_and_the_end(server, case):
    status, code = OTHER.get(case, (400, "MalformedRequest"))
    refused(exchange(server, FRAMING[case](server)), status, code)
    assert "/smuggled" not in server.output()


@pytest.mark.parametrize("data,status,code", [
    (post("Transfer-Encoding: gzip", body=SMUGGLED), 501, "NotImplemented"),
    (post("Transfer-Encoding: gzip, chunked", body=SMUGGLED), 501, "NotImplemented"),
    (post("Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n" + SMUGGLED), 501, "NotImplemented"),
    (post("Transfer-Encoding: identity", body=SMUGGLED), 501, "NotImplemented"),
    (post("Transfer-Encoding: xchunked", body=SMUGGLED), 501, "NotImplemented"),
    (get("Expect: 200-ok"), 417, "ExpectationFailed"),
    (swap(b"HTTP/1.1", b"HTTP/1.2"), 505, "HttpVersionNotSupported"),
    (swap(b"HTTP/1.1", b"HTTP/2.0"), 505, "HttpVersionNotSupported"),
    (swap(b"HTTP/1.1", b"HTTP/0.9"), 505, "HttpVersionNotSupported"),
])
def test_framing__of_what_is_not_spoken_here(server, data, status, code):
    refused(exchange(server, data(server)), status, code)


CHUNKS = {
    "no size": b"\r\n",
    "size with a sign": b"+5\r\nxxxxx\r\n0\r\n\r\n",
    "negative size": b"-1\r\n",
    "size with 0x": b"0x5\r\nxxxxx\r\n0\r\n\r\n",
    "size with a blank in front": b" 5\r\nxxxxx\r\n0\r\n\r\n",
    "size too large to hold": b"fffffffffffffffff\r\nx",
    "size no number": b"five\r\nxxxxx\r\n0\r\n\r\n",
    "bare LF behind the size": b"5\nxxxxx\r\n0\r\n\r\n",
    "bare LF behind an extension": b"5;a=b\nxxxxx\r\n0\r\n\r\n",
    "bare CR in an extension": b"5;a\rb\r\nxxxxx\r\n0\r\n\r\n",
    "NUL in an extension": b"5;a\x00\r\nxxxxx\r\n0\r\n\r\n",
    "endless extension": b"5;" + b"a" * 40000 + b"\r\nxxxxx\r\n0\r\n\r\n",
    "data longer than said": b"5\r\nxxxxxx\r\n0\r\n\r\n",
    "no CRLF behind the data": b"5\r\nxxxxx0\r\n\r\n",
    "bare LF behind the data": b"5\r\nxxxxx\n0\r\n\r\n",
    "trailer without a colon": b"0\r\nnonsense\r\n\r\n",
    "trailer with a fold": b"0\r\nX: a\r\n b\r\n\r\n",
    "endless trailers": b"0\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
}


@pytest.mark.parametrize("case", CHUNKS)
def test_chunks__that_are_malformed_are_refused_and_nothing_is_stored(server, admin, case):
    name = account_name()
    target = f"/accounts/{name}?{VERSION}"
    data = head(server, "PUT", target, "Transfer-Encoding: chunked") + CHUNKS[case]
    reply = exchange(server, data, "PUT", target)
    assert (reply.status_code, reply.headers["x-ms-error-code"]) in ((400, "MalformedRequest"), (413, "RequestTooLarge"))
    refused(admin.get(f"/accounts/{name}"), 404, "AccountNotFound")


def chunked(body, extension=b"", trailers=b""):
    return b"".join(b"%x%s\r\n%s\r\n" % (1, extension, body[i:i + 1]) for i in range(len(body))) + b"0\r\n" + trailers + b"\r\n"


@pytest.mark.parametrize("extension,trailers", [(b"", b""), (b";a=b", b""), (b';a="b;c"', b"X: y\r\n"), (b"", b"Content-Length: 5\r\n")])
def test_chunks__of_a_good_body_are_put_together(server, admin, extension, trailers):
    name = account_name()
    target = f"/accounts/{name}?{VERSION}"
    with Wire(server) as wire:
        wire.send(head(server, "PUT", target, "Transfer-Encoding: chunked"))
        wire.send(chunked(b'{"name": "%s"}' % name.encode(), extension, trailers))
        assert wire.reply("PUT", target).status_code == 201
        wire.send(head(server, "GET", target))  # the connection goes on behind the trailers
        assert wire.reply("GET", target).json()["name"] == name
    assert admin.delete(f"/accounts/{name}").status_code == 204


def test_connection__byte_by_byte_is_the_same_request(server):
    with Wire(server) as wire:
        for byte in head(server, "GET", TARGET + "&maxpagesize=1", "X-Y: z"):
            wire.send(bytes([byte]))
        assert wire.reply("GET", TARGET + "&maxpagesize=1").status_code == 200


def test_connection__pipelined_requests_are_answered_in_order(server):
    name = account_name()
    target = f"/accounts/{name}?{VERSION}"
    body = b'{"name": "%s"}' % name.encode()
    with Wire(server) as wire:
        wire.send(head(server, "PUT", target, f"Content-Length: {len(body)}") + body + head(server, "GET", target)
                  + head(server, "HEAD", target) + head(server, "DELETE", target) + head(server, "GET", target, "Connection: close"))
        statuses = [wire.reply(method, target).status_code for method in ("PUT", "GET", "HEAD", "DELETE", "GET")]
        assert statuses == [201, 200, 200, 204, 404]
        assert wire.ended()


@pytest.mark.parametrize("version,lines,goes_on", [("HTTP/1.1", [], True), ("HTTP/1.1", ["Connection: close"], False),
                                                   ("HTTP/1.1", ["Connection: Keep-Alive, CLOSE"], False), ("HTTP/1.0", [], False),
                                                   ("HTTP/1.0", ["Connection: keep-alive"], None)])
def test_connection__goes_on_as_the_client_asks(server, version, lines, goes_on):
    with Wire(server) as wire:
        wire.send(head(server, "GET", TARGET, *lines, version=version))
        reply = wire.reply("GET", TARGET)
        assert reply.status_code == 200
        closes = reply.headers.get("connection", "").lower() == "close"
        assert goes_on is None or closes != goes_on
        assert not closes or wire.ended()


def test_connection__continue_comes_when_the_gates_have_passed(server, admin):
    name = account_name()
    target = f"/accounts/{name}?{VERSION}"
    body = b'{"name": "%s"}' % name.encode()
    with Wire(server) as wire:
        wire.send(head(server, "PUT", target, f"Content-Length: {len(body)}", "Expect: 100-continue"))
        assert wire.interim() == b"HTTP/1.1 100 Continue"
        wire.send(body)
        assert wire.reply("PUT", target).status_code == 201
    assert admin.delete(f"/accounts/{name}").status_code == 204


def test_connection__that_ends_within_a_body_stores_nothing(server, admin):
    name = account_name()
    target = f"/accounts/{name}?{VERSION}"
    body = b'{"name": "%s"}' % name.encode()
    with Wire(server) as wire:
        wire.send(head(server, "PUT", target, f"Content-Length: {len(body) + 1}") + body)
    refused(admin.get(f"/accounts/{name}"), 404, "AccountNotFound")
