"""numgate-lab proxy: a real numgated behind it, real TLS on both sides; and a recorder behind it for what must be the same byte for byte."""
import concurrent.futures
import contextlib
import errno
import json
import os
import socket
import subprocess
import time
from email.utils import formatdate

import contract
import pytest
import requests
from conftest import BIN, account_body, account_name, free_port, number_body, phone_number, uuid_text, wait_until
from faultproxy import FaultProxy, Recorder, read_all, read_answer

VERSION = "api-version=2024-02-29-preview"
JSON_TEXT = "application/json; charset=utf-8"


@pytest.fixture(scope="module")
def shared_proxy(server, tmp_path_factory):
    program = FaultProxy(server, tmp_path_factory.mktemp("proxy")).start()
    yield program
    assert program.terminate() == 0


@pytest.fixture
def proxy(shared_proxy):
    """Without rules, open, with nothing remembered."""
    yield shared_proxy
    shared_proxy.reset()


@pytest.fixture
def make_proxy(server, tmp_path):
    made = []

    def make(start=True, **options):
        program = FaultProxy(server, tmp_path, **options)
        made.append(program)
        return program.start() if start else program
    yield make
    for program in made:
        program.stop()


@pytest.fixture
def client(proxy):
    with Through(proxy) as session:
        yield session


class Through(requests.Session):
    """An administrator's session through the proxy."""

    def __init__(self, proxy, role="ADMIN"):
        super().__init__()
        self.proxy, self.verify, self.trust_env = proxy, proxy.ca, False
        self.headers["Authorization"] = f"Bearer {proxy.lab.token(role)}"

    def request(self, method, path, **options):
        url = path if path.startswith("https:") else f"{self.proxy.url}{path}{'&' if '?' in path else '?'}{VERSION}"
        options.setdefault("timeout", 30)
        return super().request(method, url, **options)

    def make(self, name, **headers):
        return self.put(f"/accounts/{name}", json=account_body(name), headers=headers)


# ---- passing on ----

def test_proxy__passes_a_clients_work_through(client, server):
    name, number = account_name(), phone_number()
    made = client.make(name)
    assert made.status_code == 201
    direct = server.client()
    there = direct.get(f"/accounts/{name}")
    here = client.get(f"/accounts/{name}")
    assert here.content == there.content
    apart = {"Date", "x-ms-request-id", "Retry-After", "Connection"}
    assert ({k: v for k, v in here.headers.items() if k not in apart} == {k: v for k, v in there.headers.items() if k not in apart})
    assert client.put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name)).status_code == 201
    head = client.head(f"/accounts/{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(client.get(f"/accounts/{name}").content))
    stale = client.put(f"/accounts/{name}", json=account_body(name), headers={"If-Match": '"99999999.1"'})
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "PreconditionFailed")
    gone = client.delete(f"/accounts/{name}?deleteNumbers=true")
    assert (gone.status_code, gone.content, "Content-Length" in gone.headers) == (204, b"", False)


def test_proxy__next_links_lead_through_it_when_it_is_the_public_url(make_server, tmp_path):
    port = free_port()
    behind = make_server(f"[server]\npublic_url = https://127.0.0.1:{port}\n")
    proxy = FaultProxy(behind, tmp_path, port=port)
    with contextlib.closing(proxy.start()), Through(proxy) as client:
        for _ in range(3):
            assert client.make(account_name()).status_code == 201
        page = client.get("/accounts?maxpagesize=2").json()
        assert len(client.get(page["nextLink"]).json()["value"]) == 1
        assert [seen["target"].split("?")[0] for seen in proxy.requests()[-2:]] == ["/accounts", "/accounts"]


@pytest.mark.parametrize("size", [0, 1, 100_000, 1024 * 1024, 1024 * 1024 + 1])
def test_proxy__bodies_reach_the_server_whole(client, server, size):
    body = b'"' + b"x" * (size - 2) + b'"' if size > 1 else b"1"[:size]
    name = account_name()
    through = client.put(f"/accounts/{name}", data=body, headers={"Content-Type": "application/json"})
    direct = server.client().put(f"/accounts/{name}", data=body, headers={"Content-Type": "application/json"})
    assert through.status_code == direct.status_code == (413 if size > 1024 * 1024 else 400)
    assert through.json()["error"]["code"] == direct.json()["error"]["code"]


def exchange(proxy, request):
    """Sends bytes through the proxy; the head and body of the answer."""
    with proxy.connect() as connection:
        connection.sendall(request)
        return read_answer(connection)


def test_proxy__target_and_headers_are_untouched(make_proxy):
    answer = (b"HTTP/1.1 200 OK\r\nX-One: 1\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nx-one: two  words\r\nX-Empty:\r\n"
              b"Keep-Alive: timeout=5\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nabc")
    target = b"/a%2Fb/../%7euser//c;d?x=%20+&y='%c3%a4'&&"
    with Recorder(answer) as recorder:
        head, body = exchange(make_proxy(to=recorder.url), b"GET " + target + b" HTTP/1.1\r\nHost: provapi.example.net\r\n"
                              b"X-Two: b\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\nX-Two: a\r\nX-None:\r\nTE: trailers\r\n\r\n")
    heard, nothing = recorder.heard[0]
    lines = heard.split(b"\r\n")
    assert (lines[0], nothing) == (b"GET " + target + b" HTTP/1.1", b"")
    assert sorted(lines[1:]) == sorted([b"Host: provapi.example.net", b"X-Two: b", b"X-Two: a", b"X-None:"])
    lines = head.split(b"\r\n")
    assert (lines[0], body) == (b"HTTP/1.1 200 OK", b"abc")
    assert [line for line in lines if line.lower().startswith(b"x-")] == [b"X-One: 1", b"x-one: two  words", b"X-Empty: "]
    assert not any(line.lower().startswith((b"keep-alive:", b"connection:")) for line in lines)


@pytest.mark.parametrize("method, lines, body, heard", [
    (b"POST", b"Content-Type: text/x\r\nContent-Length: 4\r\n", b"\0\xffab", [b"Content-Type: text/x", b"Content-Length: 4"]),
    (b"PUT", b"Content-Length: 0\r\n", b"", [b"Content-Length: 0"]),
    (b"DELETE", b"", b"", []),
    (b"PURGE", b"User-Agent: x\r\nAccept: y\r\n", b"", [b"User-Agent: x", b"Accept: y"]),
    (b"PATCH", b"Expect: 100-continue\r\nContent-Length: 2\r\n", b"{}", [b"Content-Length: 2"]),
    (b"POST", b"Transfer-Encoding: chunked\r\n", b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", [b"Content-Length: 3"]),
], ids=["body", "empty", "none", "unknown", "expect", "chunked"])
def test_proxy__each_way_to_send_a_body(make_proxy, method, lines, body, heard):
    with Recorder() as recorder:
        head, _ = exchange(make_proxy(to=recorder.url), method + b" / HTTP/1.1\r\nHost: h\r\n" + lines + b"\r\n" + body)
        assert head.split(b"\r\n")[0] in (b"HTTP/1.1 204 No Content", b"HTTP/1.1 100 Continue")
        wait_until(lambda: recorder.heard)
    got, got_body = recorder.heard[0]
    assert sorted(got.split(b"\r\n")[1:]) == sorted([b"Host: h", *heard])
    assert got_body == (b"abc" if b"chunked" in lines else body)


def test_proxy__large_bodies_are_the_same_in_both_directions(make_proxy):
    sent, given = os.urandom(8 * 1024 * 1024), os.urandom(5 * 1024 * 1024)
    with Recorder(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(given) + given) as recorder:
        proxy = make_proxy(to=recorder.url)
        _, body = exchange(proxy, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent)
        assert (body, recorder.heard[0][1]) == (given, sent)
        head, body = exchange(proxy, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (len(sent) + 1) + sent)
        assert (head.split(b" ")[1], json.loads(body)["error"]["message"]) == (b"413", "body-length")
        assert len(recorder.heard) == 1


def test_proxy__chunked_answers_come_with_their_length(make_proxy):
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with Recorder(answer) as recorder:
        head, body = exchange(make_proxy(to=recorder.url), b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (b"Content-Length: 5" in head, b"Transfer-Encoding" in head, body) == (True, False, b"abcde")


def test_proxy__server_that_is_not_there_is_502(make_proxy, proxy):
    away = make_proxy(to="http://127.0.0.1:1")
    reply = requests.get(f"{away.url}/accounts", verify=away.ca, timeout=10)
    assert (reply.status_code, reply.json()["error"]["code"], reply.headers["x-numgate-lab"]) == (502, "BadGateway", "proxy")
    untrusted = make_proxy(to=f"https://localhost:{proxy.server.port}", start=False)
    untrusted.arguments[untrusted.arguments.index("--ca") + 1] = "/etc/ssl/certs/ca-certificates.crt"
    untrusted.start()
    assert requests.get(f"{untrusted.url}/accounts", verify=away.ca, timeout=10).status_code == 502


def test_proxy__server_that_comes_back_is_found_again(make_server, tmp_path):
    """Connections that the proxy keeps to a server that was killed do no harm."""
    behind = make_server()
    proxy = FaultProxy(behind, tmp_path)
    with contextlib.closing(proxy.start()), Through(proxy) as client:
        name = account_name()
        assert client.make(name).status_code == 201
        behind.kill()
        assert client.get(f"/accounts/{name}").status_code == 502
        behind.start()
        assert client.get(f"/accounts/{name}").status_code == 200
        behind.restart()
        assert client.put(f"/accounts/{name}", json=account_body(name)).status_code == 200


def test_proxy__requests_that_could_be_read_in_two_ways_are_refused(proxy):
    head, body = exchange(proxy, b"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n")
    assert (head.split(b" ")[1], json.loads(body)["error"]["code"]) == (b"400", "InvalidRequest")
    assert proxy.requests() == []


def test_proxy__clients_work_side_by_side(proxy):
    """A delayed request holds up nobody."""
    proxy.rule(kind="hang", path="/accounts/never")
    with proxy.connect() as stuck, Through(proxy) as other:
        stuck.sendall(b"GET /accounts/never HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_until(proxy.requests)
        for _ in range(20):
            assert other.get("/accounts").status_code == 200


# ---- faults ----

def test_fault__reset_before_the_request_is_passed_on(client, proxy, server):
    name = account_name()
    proxy.rule(kind="reset", method="PUT", path=f"/accounts/{name}")
    with pytest.raises(requests.ConnectionError):
        client.make(name)
    assert server.client().get(f"/accounts/{name}").status_code == 404
    assert client.make(name).status_code == 201, "once, unless it was said how often"


def test_fault__reset_after_the_answer_and_a_repeat_that_is_done_once(client, proxy, server):
    """What a client cannot tell from the one above, and the reason for the two headers."""
    name = account_name()
    headers = {"Repeatability-Request-ID": uuid_text(), "Repeatability-First-Sent": formatdate(usegmt=True)}
    proxy.rule(kind="reset", when="after", method="PUT", path=f"/accounts/{name}")
    with pytest.raises(requests.ConnectionError):
        client.make(name, **headers)
    done = server.client().get(f"/accounts/{name}")
    assert done.status_code == 200, "the server did it"
    again = client.make(name, **headers)
    assert (again.status_code, again.headers["Repeatability-Result"]) == (201, "accepted")
    assert again.headers["ETag"] == server.client().get(f"/accounts/{name}").headers["ETag"] == done.headers["ETag"], "not done twice"
    rows = [row for row in server.client().get("/numgate/v1/audit", params={"account": name}).json()["value"]]
    assert len(rows) == 1
    first, second = proxy.requests()
    assert (first["passedOn"], first["serverStatus"], first["status"], first["fault"]) == (True, 201, 0, "reset")
    assert (second["serverStatus"], second["status"]) == (201, 201)
    assert first["repeatabilityRequestId"] == second["repeatabilityRequestId"] == headers["Repeatability-Request-ID"]
    assert first["repeatabilityFirstSent"] == second["repeatabilityFirstSent"] == headers["Repeatability-First-Sent"]
    assert first["connection"] != second["connection"]


def test_fault__status_before_and_after(client, proxy, server):
    before, after = account_name(), account_name()
    proxy.rule(kind="status", status=503, path=f"/accounts/{before}")
    proxy.rule(kind="status", status=500, when="after", path=f"/accounts/{after}")
    reply = client.make(before)
    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == reply.headers["x-ms-error-code"] == "ServiceUnavailable"
    assert (reply.headers["x-numgate-lab"], "Retry-After" in reply.headers) == ("proxy", False)
    assert client.make(after).json()["error"]["code"] == "InternalError"
    direct = server.client()
    assert [direct.get(f"/accounts/{name}").status_code for name in (before, after)] == [404, 200]


def test_fault__429_with_retry_after(client, proxy):
    proxy.rule(kind="status", status=429, retry_after=7, times=2)
    for _ in range(2):
        reply = client.get("/accounts")
        assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")
        contract.check_reply(reply)
    assert client.get("/accounts").status_code == 200


@pytest.mark.parametrize("body, kind, sent", [
    ("<h1>Bad gateway</h1>", "text/html; charset=utf-8", b"<h1>Bad gateway</h1>"), ("", "text/html; charset=utf-8", b""),
    ({"error": {"code": "X"}}, "application/json", b'{"error":{"code":"X"}}')])
def test_fault__status_with_a_body_of_its_own(client, proxy, body, kind, sent):
    proxy.rule(kind="status", status=502, body=body)
    reply = client.get("/accounts")
    assert (reply.status_code, reply.headers["Content-Type"], reply.content) == (502, kind, sent)


def test_fault__status_reaches_a_client_that_is_still_sending(client, proxy):
    proxy.rule(kind="status", status=503)
    assert client.put("/accounts/x", data=b"x" * 4_000_000).status_code == 503


@pytest.mark.parametrize("when", ["before", "after"])
def test_fault__delay(client, proxy, when):
    proxy.rule(kind="delay", ms=300, when=when)
    begun = time.monotonic()
    assert client.get("/accounts").status_code == 200
    assert time.monotonic() - begun >= 0.3


def test_fault__delay_holds_the_request_or_the_answer(client, proxy, server):
    """Before: the server has not done it yet; after: it has."""
    for when, status in (("before", 404), ("after", 200)):
        name = account_name()
        proxy.rule(kind="delay", ms=300000, when=when, path=f"/accounts/{name}")
        with pytest.raises(requests.ReadTimeout):
            client.put(f"/accounts/{name}", json=account_body(name), timeout=0.5)
        assert server.client().get(f"/accounts/{name}").status_code == status
        assert proxy.requests()[-1]["passedOn"] == (when == "after")


@pytest.mark.parametrize("when", ["before", "after"])
def test_fault__hang_ends_with_a_reset(proxy, when):
    proxy.rule(kind="hang", ms=200, when=when)
    with proxy.connect() as connection:
        connection.sendall(b"GET /accounts HTTP/1.1\r\nHost: h\r\n\r\n")
        assert read_all(connection) == (b"", True)


def test_fault__cut_sends_half_of_the_body(proxy, client, account):
    whole = client.get(f"/accounts/{account}").content
    proxy.rule(kind="cut", path=f"/accounts/{account}")
    with proxy.connect() as connection:
        connection.sendall(f"GET /accounts/{account}?{VERSION} HTTP/1.1\r\nHost: h\r\n"
                           f"Authorization: {client.headers['Authorization']}\r\n\r\n".encode())
        got, reset = read_all(connection)
    assert reset
    head, _, body = got.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(whole)}".encode() in head
    assert body == whole[:len(whole) // 2]


def refuses(proxy):
    with socket.socket() as plain:
        return plain.connect_ex(("127.0.0.1", proxy.port)) == errno.ECONNREFUSED


def test_listener__is_dead_and_comes_back(proxy, client):
    assert client.get("/accounts").status_code == 200
    with proxy.connect() as kept:
        closed = proxy.ask("POST", "listener", json={"open": False})
        assert (closed.status_code, closed.json()) == (200, {"open": False})
        assert refuses(proxy), "at once"
        assert read_all(kept) == (b"", True)
    with pytest.raises(requests.ConnectionError):
        client.get("/accounts")
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", proxy.port))
    assert proxy.ask("GET", "listener").json() == {"open": False}
    assert proxy.ask("POST", "listener", json={"open": True}).json() == {"open": True}
    assert client.get("/accounts").status_code == 200


def test_listener__comes_back_by_itself(proxy, client):
    begun = time.monotonic()
    proxy.ask("POST", "listener", json={"open": False, "ms": 400})
    assert refuses(proxy)
    wait_until(lambda: not refuses(proxy))
    assert time.monotonic() - begun >= 0.4
    assert client.get("/accounts").status_code == 200


def test_listener__an_earlier_timer_does_not_open_it(proxy):
    proxy.ask("POST", "listener", json={"open": False, "ms": 100})
    proxy.ask("POST", "listener", json={"open": False})
    proxy.ask("POST", "rules", json={"kind": "delay", "ms": 1})
    end = time.monotonic() + 0.4
    wait_until(lambda: time.monotonic() > end or not refuses(proxy))
    assert refuses(proxy)
    assert proxy.ask("GET", "listener").json() == {"open": False}


@pytest.mark.parametrize("when, there", [("before", 404), ("after", 200)])
def test_fault__dead_takes_the_listener_down(proxy, client, server, when, there):
    name = account_name()
    proxy.rule(kind="dead", when=when, path=f"/accounts/{name}")
    with pytest.raises(requests.ConnectionError):
        client.make(name)
    assert refuses(proxy)
    assert server.client().get(f"/accounts/{name}").status_code == there
    proxy.ask("POST", "listener", json={"open": True})
    proxy.rule(kind="dead", ms=200, path="/accounts")
    with pytest.raises(requests.ConnectionError):
        client.get("/accounts")
    assert refuses(proxy)
    wait_until(lambda: not refuses(proxy))


# ---- selectors ----

def outcomes(client, count, method="GET", path="/accounts"):
    """True where a request was struck."""
    return [client.request(method, path).status_code == 503 for _ in range(count)]


@pytest.mark.parametrize("selector, struck", [
    ({}, [0]), ({"times": 3}, [0, 1, 2]), ({"times": 0}, list(range(12))), ({"skip": 4}, [4]), ({"every": 3}, [2, 5, 8, 11]),
    ({"every": 1}, list(range(12))), ({"every": 1, "times": 2}, [0, 1]), ({"every": 3, "times": 2}, [2, 5]), ({"skip": 1, "every": 4}, [4, 8]), ({"skip": 12}, []),
    ({"probability": 1, "times": 2}, [0, 1]), ({"method": "GET"}, [0]), ({"method": "PUT"}, []), ({"method": "get"}, []),
    ({"path": "/accounts"}, [0]), ({"path": "/acc*"}, [0]), ({"path": "/accounts/*"}, []), ({"path": "*"}, [0]), ({"path": "/account"}, [])])
def test_rule__strikes_as_often_as_it_says(proxy, client, selector, struck):
    proxy.rule(kind="status", status=503, **selector)
    assert [i for i, hit in enumerate(outcomes(client, 12)) if hit] == struck
    row = proxy.rules()[0]
    assert row["struck"] == len(struck)
    assert row["seen"] == (0 if selector.get("method") in ("PUT", "get") or selector.get("path") in ("/accounts/*", "/account") else 12)


def test_rule__a_seed_repeats_exactly_and_another_one_does_not(proxy, client):
    def run(**members):
        proxy.reset()
        proxy.rule(kind="status", status=503, probability=0.5, **members)
        return outcomes(client, 60), proxy.rules()[0]
    first, row = run(seed=7)
    assert (row["times"], row["draws"]) == (0, 60)
    assert run(seed=7)[0] == first
    assert run(seed=8)[0] != first
    assert 10 < sum(first) < 50
    drawn, row = run()
    assert run(seed=row["seed"])[0] == drawn, "a seed that was drawn is told"


def test_rule__the_first_that_strikes_is_the_only_one(proxy, client):
    proxy.rule(kind="status", status=501, every=2, name="second")
    proxy.rule(kind="status", status=503, times=0, name="rest")
    assert [client.get("/accounts").status_code for _ in range(4)] == [503, 501, 503, 501]
    assert [(row["name"], row["seen"], row["struck"]) for row in proxy.rules()] == [("second", 4, 2), ("rest", 2, 2)]
    assert [seen["rule"] for seen in proxy.requests()] == ["rest", "second", "rest", "second"]


def test_rule__path_is_compared_as_it_was_sent(proxy, client):
    proxy.rule(kind="status", status=503, times=0, path="/accounts/a%2Fb/*/c")
    assert client.get("/accounts/a%2Fb/x/y/c").status_code == 503
    assert client.get("/accounts/a%2Fb/x/y/c/d").status_code == 404
    assert client.get("/accounts/a%2Fb/c").status_code == 404
    head, _ = exchange(proxy, b"GET /accounts/a%2fb/x/c HTTP/1.1\r\nHost: h\r\n\r\n")
    assert b" 401 " in head.split(b"\r\n")[0] + b" ", "another spelling is another path"


def test_rule__counts_are_right_under_load(proxy):
    proxy.rule(kind="status", status=503, every=3)
    proxy.rule(kind="status", status=500, when="after", probability=0.2, seed=5)
    proxy.rule(kind="delay", ms=5, every=7)

    def work(_):
        with Through(proxy) as client:
            return [client.get("/accounts").status_code for _ in range(40)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = [status for part in pool.map(work, range(8)) for status in part]
    third, chance, late = proxy.rules()
    assert (third["seen"], third["struck"], statuses.count(503)) == (320, 106, 106)
    assert (chance["seen"], chance["draws"], statuses.count(500)) == (214, 214, chance["struck"])
    assert late["struck"] == late["seen"] // 7 and late["seen"] == 214 - chance["struck"] == statuses.count(200)


# ---- control and scenarios ----

GOOD = {"kind": "status", "status": 503}
BAD_RULES = [
    ({}, '"kind" is needed'), ({"kind": "explode"}, "one of delay, hang, reset, status, cut, dead"), ({"kind": 1}, "one of"),
    ({"kind": "delay"}, '"delay" needs "ms"'), ({"kind": "status"}, '"status" needs "status"'), ({**GOOD, "status": 399}, "400 to 599"),
    ({**GOOD, "status": 600}, "400 to 599"), ({**GOOD, "status": "503"}, "integer"), ({**GOOD, "ms": 5}, '"ms" does not go with "status"'),
    ({"kind": "reset", "retry_after": 1}, "does not go with"), ({"kind": "reset", "body": "x"}, "does not go with"),
    ({"kind": "cut", "when": "before"}, "only be after"), ({"kind": "reset", "when": "during"}, "one of before, after"),
    ({**GOOD, "every": 0}, "1 to"), ({**GOOD, "times": -1}, "0 to"), ({**GOOD, "times": 1.5}, "integer"), ({**GOOD, "skip": -1}, "0 to"),
    ({**GOOD, "probability": 0}, "above 0"), ({**GOOD, "probability": 1.01}, "at most 1"), ({**GOOD, "probability": "1"}, "number"),
    ({**GOOD, "seed": -1}, "0 to"), ({"kind": "delay", "ms": 300001}, "0 to 300000"), ({**GOOD, "retry_after": 86401}, "86400"),
    ({**GOOD, "path": ""}, '"path"'), ({**GOOD, "path": "/" + "a" * 256}, "1 to 256"), ({**GOOD, "path": "/a b"}, "blanks"),
    ({**GOOD, "name": "é"}, '"name"'), ({**GOOD, "method": 1}, '"method"'), ({**GOOD, "body": "x" * 16385}, "16384"),
    ({**GOOD, "kinds": 1}, 'unknown member "kinds"'), ([], "a rule is a JSON object"), ("x", "a rule is a JSON object")]


@pytest.mark.parametrize("rule, says", BAD_RULES)
def test_control__refuses_a_bad_rule_and_says_why(proxy, rule, says):
    reply = proxy.ask("POST", "rules", json=rule)
    assert reply.status_code == 400
    assert says in reply.json()["error"]["message"]
    assert proxy.rules() == []


@pytest.mark.parametrize("method, what, body, status", [
    ("POST", "rules", "{", 400), ("POST", "rules", "", 400), ("PUT", "rules", "{}", 400), ("PUT", "rules", '{"rules": {}}', 400),
    ("PUT", "rules", '{"rules": [], "more": 1}', 400), ("PATCH", "rules", "", 405), ("GET", "rule", "", 404), ("PUT", "listener", "", 405),
    ("POST", "listener", "{}", 400), ("POST", "listener", '{"open": 1}', 400), ("POST", "listener", '{"open": true, "ms": 5}', 400),
    ("POST", "listener", '{"open": false, "ms": 0}', 400), ("POST", "listener", '{"open": false, "ms": 300001}', 400),
    ("POST", "listener", '{"open": false, "for": 1}', 400), ("POST", "restore", "{}", 400), ("POST", "restore", "", 400), ("GET", "reset", "", 405)])
def test_control__refuses_what_it_does_not_know(proxy, method, what, body, status):
    reply = proxy.ask(method, what, data=body)
    assert (reply.status_code, reply.headers["Content-Type"]) == (status, JSON_TEXT)
    assert reply.json()["error"]["message"]
    assert not refuses(proxy)


def test_control__holds_64_rules_and_names_are_used_once(proxy):
    for i in range(64):
        proxy.rule(name=f"rule-{i}", **GOOD)
    assert proxy.ask("POST", "rules", json=GOOD).status_code == 409
    assert proxy.ask("DELETE", "rules").json() == {"rules": []}
    proxy.rule(name="a", **GOOD)
    again = proxy.ask("POST", "rules", json={"name": "a", **GOOD})
    assert (again.status_code, "already" in again.json()["error"]["message"]) == (409, True)


def test_control__a_list_can_be_put_back_as_it_was_read(proxy, client):
    for rule in ({"kind": "delay", "ms": 1, "probability": 0.1}, {"kind": "hang"}, {"kind": "dead", "ms": 5, "when": "after"},
                 {**GOOD, "retry_after": 0, "body": {"a": [1, 1.5, None]}, "every": 4, "path": "/x"}, {**GOOD, "body": 'text "x"', "skip": 3},
                 {"name": "n", "kind": "cut", "method": "GET", "skip": 9}):
        proxy.rule(**rule)
    proxy.ask("PUT", "rules", json={"rules": proxy.rules()[3:]})
    client.get("/accounts")
    before = proxy.rules()
    assert [row["seen"] for row in before] == [0, 1, 1]
    assert proxy.ask("PUT", "rules", json={"rules": before}).json()["rules"] == before


def test_control__a_scenario_is_taken_whole_or_not_at_all(proxy):
    proxy.rule(name="old", **GOOD)
    reply = proxy.ask("PUT", "rules", json={"rules": [GOOD, {"kind": "delay"}]})
    assert (reply.status_code, "rules[1]: " in reply.json()["error"]["message"]) == (400, True)
    assert [row["name"] for row in proxy.rules()] == ["old"]


def test_control__remembers_the_last_256_requests(proxy, client):
    for _ in range(260):
        client.get("/accounts")
    seen = proxy.requests()
    assert len(seen) == 256
    numbers = [row["number"] for row in seen]
    assert numbers == list(range(numbers[0], numbers[0] + 256))
    assert proxy.ask("DELETE", "requests").json() == {"requests": []}
    client.get("/accounts")
    assert [row["number"] for row in proxy.requests()] == [numbers[-1] + 1]


def test_scenario__is_there_from_the_start_and_after_a_reset(make_proxy, tmp_path):
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps({"rules": [{"name": "third", "every": 3, **GOOD}]}))
    proxy = make_proxy(scenario=file)
    with Through(proxy) as client:
        assert outcomes(client, 4) == [False, False, True, False]
        proxy.ask("DELETE", "rules")
        assert not any(outcomes(client, 4))
        proxy.reset()
        assert outcomes(client, 4) == [False, False, True, False]
        assert len(proxy.requests()) == 4


def test_commands__reset_snapshot_and_restore_the_proxy(make_proxy, tmp_path):
    proxy, file = make_proxy(), tmp_path / "state.json"

    def lab(*arguments):
        subprocess.run([BIN / "numgate-lab", *arguments, "--url", proxy.control], check=True, timeout=20)
    with Through(proxy) as client:
        proxy.rule(kind="status", status=503, probability=0.5, seed=3)
        outcomes(client, 10)
        lab("snapshot", file)
        then = outcomes(client, 20)
        proxy.ask("POST", "listener", json={"open": False})
        lab("reset")
        assert (proxy.rules(), proxy.requests(), refuses(proxy)) == ([], [], False)
        lab("restore", file)
        assert outcomes(client, 20) == then, "chance goes on where it was"


@pytest.mark.parametrize("text, says", [
    ("", "the document is empty"), ("{", "line 1, column 1"), ("[]", '{"rules": [...]}'), ('{"rules": 1}', '{"rules": [...]}'), ('{"rules": [{"kind": "x"}]}', "rules[0]: "),
    (json.dumps({"rules": [GOOD] * 65}), "rules[64]: "), (json.dumps({"rules": [{"name": "a", **GOOD}] * 2}), "already"), (None, "No such file")])
def test_scenario__a_bad_file_is_named(make_proxy, tmp_path, text, says):
    file = tmp_path / "scenario.json"
    if text is not None:
        file.write_text(text)
    proxy = make_proxy(start=False, scenario=file)
    assert proxy.spawn().wait() == 1
    assert str(file) in proxy.output()
    assert says in proxy.output()


@pytest.mark.parametrize("arguments, says", [
    ([], "--to, --certificate and --key are needed"), (["--to", "http://example.net"], "loopback"), (["--to", "https://h/path"], "https://HOST"),
    (["--to", "x"], "URL"), (["--control", "http://0.0.0.0:1"], "no loopback address"), (["--control", "https://127.0.0.1:1"], "http://ADDRESS:PORT"),
    (["--listen", "http://127.0.0.1:1"], "https://ADDRESS:PORT"), (["--scenarios", "x"], "did you mean --scenario"), (["--to"], "needs a value")])
def test_proxy__wrong_arguments_are_named(arguments, says):
    done = subprocess.run([BIN / "numgate-lab", "proxy", *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


def test_proxy__ends_at_once_though_requests_hang(make_proxy):
    proxy = make_proxy()
    proxy.rule(kind="hang", times=0)
    with proxy.connect() as connection:
        connection.sendall(b"GET /accounts HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_until(proxy.requests)
        begun = time.monotonic()
        assert proxy.terminate() == 0
        assert time.monotonic() - begun < 10
