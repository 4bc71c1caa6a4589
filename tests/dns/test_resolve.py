"""common/resolve against real servers, and against one that lies: the calls of ask.h and update.h, through tests/dns/asker."""
import contextlib
import os
import re
import socket
import struct
import subprocess
import threading
import time
from types import SimpleNamespace
from unittest import mock

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tsig
import pytest

from basics import free_port, wait_until
from conftest import BIN
from servers import ZONE, Bind, Key, Knot, wrong_clock

LONG_MS = 20000


class Reply:
    """What the asker said to a command: its last line as rc, code and text, those before as lines."""

    def __init__(self, lines):
        *self.lines, last = lines
        self.rc, self.code, self.text = last.split("\t")

    @property
    def verdict(self):
        return self.rc, self.code

    @property
    def records(self):
        return [line[len("rr "):].split("\t") for line in self.lines if line.startswith("rr ")]


class Asker:
    """The program, with a key; `clock` as in servers.py."""

    def __init__(self, key=None, clock=0):
        self.process = subprocess.Popen([BIN.parent / "tests" / "dns" / "asker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **(wrong_clock(clock))})
        if key:
            assert self.tell(f"key {key.text}").rc == "ok"

    def tell(self, *commands):
        """The reply to the last of them."""
        for command in commands:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            lines = []
            while not lines or "\t" not in lines[-1] or lines[-1].startswith("rr "):
                lines.append(self.process.stdout.readline().rstrip("\n"))
                assert self.process.poll() is None or lines[-1], f"asker ended with {self.process.returncode}"
        return Reply(lines)

    def update(self, address, *items, zone=ZONE, ms=LONG_MS):
        """The reply, with rcode, tsig_error, server_time_ms and bytes."""
        reply = self.tell(f"zone {zone}", *items, f"send {address} {ms}")
        reply.rcode, reply.tsig_error, reply.server_time_ms, reply.bytes = map(int, reply.lines[0].split()[1:])
        return reply

    def ask(self, address, *questions, ms=LONG_MS):
        """The reply, with answers: (came, rcode, authoritative, [[name, ttl, class, type, data]])."""
        reply = self.tell(*(f"question {question}" for question in questions), f"ask {address} {ms}")
        reply.answers = []
        for line in reply.lines:
            if line.startswith("answer "):
                _, came, rcode, authoritative = line.split()
                reply.answers.append((came == "came", int(rcode), authoritative == "yes", []))
            else:
                reply.answers[-1][3].append(line[len("rr "):].split("\t"))
        return reply

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(20) == 0
        self.process.stdout.close()


both = pytest.mark.parametrize("kind", [Knot, Bind], ids=["knot", "bind"])


@pytest.fixture(scope="module", params=[Knot, Bind], ids=["knot", "bind"])
def server(request, tmp_path_factory):
    """Of all tests here that leave it as it is: each uses names of its own."""
    lines = ["long TXT " + " ".join(f'"{i:03}{"x" * 200}"' for i in range(20)), "alias CNAME target.elsewhere.test.", "*.wild A 192.0.2.77"]
    lines += [f"q{i} A 192.0.{i // 250}.{i % 250}" for i in range(0, 1000, 2)]
    with request.param(tmp_path_factory.mktemp("dns") / "server", zones={ZONE: lines, "second.test": []}).start() as made:
        yield made


@pytest.fixture
def asker(server):
    with Asker(server.key) as made:
        yield made


def customer(label, owner="one"):
    """A customer's records with what keeps others out, as a message creates them."""
    name = f"{label}.{ZONE}"
    return [f"unused {name}", f"none _own.{name} TXT", f"add {name} 60 A 192.0.2.1", f"add {name} 60 TXT MS=ms{label}", f"add _own.{name} 60 TXT owner={owner}"]


# ---- update ----

def test_update__creates_once(server, asker):
    assert asker.update(server.address, *customer("c1")).verdict == ("ok", "-")
    assert {r for r in server.records() if r[0].endswith(f"c1.{ZONE}")} == {
        (f"c1.{ZONE}", "A", 60, "192.0.2.1"), (f"c1.{ZONE}", "TXT", 60, "MS=msc1"), (f"_own.c1.{ZONE}", "TXT", 60, "owner=one")}
    again = asker.update(server.address, *customer("c1", "other"))
    assert (again.verdict, again.rcode) == (("conflict", "DnsPrerequisite"), dns.rcode.YXDOMAIN)
    assert server.lookup(f"_own.c1.{ZONE}", "TXT") == {'owner=one'}


def test_update__deletes_the_very_record(server, asker):
    name = f"c2.{ZONE}"
    assert asker.update(server.address, *customer("c2"), f"add {name} 60 A 192.0.2.99", f"add {name} 60 TXT by hand").rc == "ok"
    gone = asker.update(server.address, f"require _own.{name} TXT owner=one", f"delete {name} A 192.0.2.1", f"delete {name} TXT MS=msc2",
                        f"delete _own.{name} TXT owner=one")
    assert gone.verdict == ("ok", "-")
    assert (server.lookup(name, "A"), server.lookup(name, "TXT")) == ({"192.0.2.99"}, {"by hand"})
    assert server.lookup(f"_own.{name}", "TXT") is None


@pytest.mark.parametrize("prerequisite, rcode", [
    ("require _own.NAME TXT owner=other", "NXRRSET"), ("require nothing.NAME A 192.0.2.1", "NXRRSET"),
    ("none NAME A", "YXRRSET"), ("unused NAME", "YXDOMAIN")])
def test_update__does_nothing_when_a_prerequisite_fails(server, asker, prerequisite, rcode):
    name = f"c3.{ZONE}"
    asker.update(server.address, *customer("c3"))
    refused = asker.update(server.address, prerequisite.replace("NAME", name), f"add more.{name} 60 A 192.0.2.1", f"delete {name} A 192.0.2.1")
    assert (refused.verdict, refused.rcode) == (("conflict", "DnsPrerequisite"), dns.rcode.from_text(rcode))
    assert (server.lookup(name, "A"), server.lookup(f"more.{name}", "A")) == ({"192.0.2.1"}, None)


def test_update__requires_a_set_of_several_records(server, asker):
    name = f"c4.{ZONE}"
    asker.update(server.address, f"add {name} 60 A 192.0.2.1", f"add {name} 60 A 192.0.2.2")
    assert asker.update(server.address, f"require {name} A 192.0.2.1", f"add {name} 60 TXT no").rcode == dns.rcode.NXRRSET
    assert asker.update(server.address, f"require {name} A 192.0.2.2", f"require {name} A 192.0.2.1", f"add {name} 60 TXT yes").rc == "ok"
    assert server.lookup(name, "TXT") == {"yes"}


@pytest.mark.parametrize("record", [
    "A 192.0.2.1", "AAAA 2001:db8::1", "CNAME other.example.net", "SRV 10 20 5061 sbc.example.net",
    "TXT ", "TXT \"quotes\" and \\ back; (slashes) \xe9", "TXT " + "x" * 255])
def test_update__records_come_back_as_they_were(server, asker, record):
    rdtype, data = record.split(" ", 1)
    name = f"type-{rdtype}-{len(data)}.{ZONE}".lower()
    added = asker.update(server.address, f"add {name} 60 {record}")
    assert added.verdict == ("ok", "-"), added.text
    [(came, _, _, [(owner, ttl, _, found_type, found)])] = asker.ask(server.address, f"{name} {rdtype}").answers
    assert (came, owner, ttl, found_type) == (True, name + ".", "60", rdtype)
    if rdtype == "TXT":
        unescaped = re.sub(rb"\\([0-9]{3}|.)", lambda m: bytes([int(m[1])]) if m[1].isdigit() else m[1], found.encode())
        assert unescaped[1:-1].decode() == data
    else:
        assert found.rstrip(".") == data
    assert asker.update(server.address, f"delete {name} {record}").rc == "ok"
    assert server.lookup(name, rdtype) is None


def test_update__another_secret_is_refused(server):
    with Asker(Key(server.key.name)) as asker:
        refused = asker.update(server.address, *customer("s1"))
    assert (refused.verdict, refused.rcode, refused.tsig_error) == (("denied", "DnsKeyRefused"), dns.rcode.NOTAUTH, 16)
    assert server.lookup(f"s1.{ZONE}", "A") is None


def test_update__an_unknown_key_is_refused(server):
    with Asker(Key("nobody-knows")) as asker:
        refused = asker.update(server.address, *customer("s2"))
    assert (refused.verdict, refused.rcode, refused.tsig_error) == (("denied", "DnsKeyRefused"), dns.rcode.NOTAUTH, 17)


def test_update__our_clock_that_is_wrong_is_named(server):
    with Asker(server.key, clock=-3600) as asker:
        refused = asker.update(server.address, *customer("s3"))
    assert (refused.verdict, refused.rcode, refused.tsig_error) == (("denied", "DnsClock"), dns.rcode.NOTAUTH, 18)
    assert abs(refused.server_time_ms / 1000 - time.time()) < 60
    assert server.lookup(f"s3.{ZONE}", "A") is None


@both
def test_update__a_server_with_a_wrong_clock_is_named(kind, tmp_path):
    with kind(tmp_path / "dns", clock=7200).start() as server, Asker(server.key) as asker:
        refused = asker.update(server.address, *customer("s4"))
        assert (refused.verdict, refused.tsig_error) == (("denied", "DnsClock"), 18)
        assert abs(refused.server_time_ms / 1000 - time.time() - 7200) < 60
        server.configure(clock=0)
        assert asker.update(server.address, *customer("s4")).rc == "ok"


def test_update__a_name_outside_is_not_our_zone(server, asker):
    refused = asker.update(server.address, f"add o1.{ZONE} 60 A 192.0.2.1", "add o1.example.org 60 A 192.0.2.1")
    assert (refused.verdict, refused.rcode) == (("denied", "DnsNotOurZone"), dns.rcode.NOTZONE)
    assert server.lookup(f"o1.{ZONE}", "A") is None
    elsewhere = asker.update(server.address, "add o1.example.org 60 A 192.0.2.1", zone="example.org")
    assert elsewhere.verdict == ("denied", "DnsNotOurZone")


@both
def test_update__a_key_without_the_right_is_refused(kind, tmp_path):
    with kind(tmp_path / "dns", allow=("transfer",)).start() as server, Asker(server.key) as asker:
        assert asker.update(server.address, *customer("a1")).rc == "denied"
        assert server.lookup(f"a1.{ZONE}", "A") is None
        server.configure(allow=("update",))
        assert asker.update(server.address, *customer("a1")).rc == "ok"
        assert asker.tell(f"transfer {server.address} {LONG_MS} {ZONE}").rc == "denied"


@both
def test_update__a_server_that_hangs_leaves_it_uncertain(kind, tmp_path):
    with kind(tmp_path / "dns").start() as server, Asker(server.key) as asker:
        server.freeze()
        begun = time.monotonic()
        assert asker.update(server.address, *customer("h1"), ms=500).verdict == ("uncertain", "DnsNoAnswer")
        assert 0.45 < time.monotonic() - begun < 2
        server.thaw()
        wait_until(lambda: server.lookup(f"h1.{ZONE}", "A"), what="what it was told before")


@both
def test_update__survives_the_server(kind, tmp_path):
    with kind(tmp_path / "dns").start() as server, Asker(server.key) as asker:
        asker.update(server.address, *customer("k1"))
        before = server.records()
        server.stop()
        server.start()
        assert server.records() == before
        asker.update(server.address, *customer("k2"))
        before = server.records()
        server.kill()
        server.start()
        assert server.records() == before and len(before) == 6


def test_update__nobody_there(asker):
    assert asker.update(f"127.0.0.1:{free_port()}", *customer("n1")).verdict == ("busy", "DnsUnreachable")


def test_update__the_largest_message_is_taken(server, asker):
    items = [f"add big{i}.{ZONE} 60 TXT {'x' * 250}" for i in range(58)]
    largest = asker.update(server.address, *items)
    assert largest.verdict == ("ok", "-") and 16000 < largest.bytes <= 16384
    assert asker.update(server.address, *items, *items[:2]).verdict == ("limit", "DnsMessage")
    assert asker.update(server.address, *(item.replace("add", "delete").replace(" 60 ", " ") for item in items)).rc == "ok"


@pytest.mark.parametrize("item", ["add a..b.example.test 60 A 192.0.2.1", f"add x.{ZONE} 60 A 192.0.2.256", f"unused {'x' * 64}.{ZONE}",
                                  f"add x.{ZONE} 60 TXT {'x' * 256}"])
def test_update__what_is_no_message_is_not_sent(server, asker, item):
    assert asker.update(server.address, f"add before.{ZONE} 60 A 192.0.2.1", item).verdict == ("invalid", "DnsMessage")
    assert server.lookup(f"before.{ZONE}", "A") is None


# ---- a server that lies ----

class Liar:
    """Takes one message over TCP, and answers with the bytes that answer(its query as dnspython has it, its bytes) gives."""

    def __init__(self, key, answer):
        self.key, self.answer = key, answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        end, _ = self.listener.accept()
        with end:
            size, = struct.unpack("!H", end.recv(2, socket.MSG_WAITALL))
            wire = end.recv(size, socket.MSG_WAITALL)
            end.sendall(self.answer(dns.message.from_wire(wire, keyring=self.key.keyring)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.thread.join(20)
        self.listener.close()


def framed(wire):
    return struct.pack("!H", len(wire)) + wire


def reply_to(query, rcode=dns.rcode.NOERROR):
    reply = dns.message.make_response(query)
    reply.set_rcode(rcode)
    return reply


def with_id(query):
    reply = reply_to(query)
    reply.id ^= 1
    return framed(reply.to_wire())


def unsigned(query, rcode=dns.rcode.NOERROR):
    reply = reply_to(query, rcode)
    reply.tsig, reply.keyring = None, None
    return framed(reply.to_wire())


def of_key(query):
    reply = reply_to(query)
    reply.use_tsig(dns.tsig.Key("another-name", query.keyring.secret, "hmac-sha256"))
    reply.request_mac = query.mac
    return framed(reply.to_wire())


def of_time(query):
    with mock.patch.object(dns.message, "time", SimpleNamespace(time=lambda: time.time() - 3600)):
        return framed(reply_to(query).to_wire())


def of_other_message(query):
    reply = reply_to(query)
    reply.request_mac = bytes(32)
    return framed(reply.to_wire())


def damaged(query):
    wire = bytearray(reply_to(query).to_wire())
    wire[-10] ^= 1  # in the MAC
    return framed(bytes(wire))


def no_reply(query):
    reply = reply_to(query)
    reply.flags &= ~dns.flags.QR
    return framed(reply.to_wire())


LIES = {
    "wrong id": (with_id, "DnsBadAnswer"), "unsigned": (unsigned, "DnsBadAnswer"), "unsigned refusal": (lambda q: unsigned(q, dns.rcode.REFUSED), "DnsBadAnswer"),
    "wrong key name": (of_key, "DnsBadAnswer"), "old": (of_time, "DnsBadAnswer"), "about another message": (of_other_message, "DnsBadAnswer"),
    "damaged": (damaged, "DnsBadAnswer"), "no reply": (no_reply, "DnsBadAnswer"), "cut": (lambda q: framed(reply_to(q).to_wire())[:40], "DnsBadAnswer"),
    "cut inside": (lambda q: framed(reply_to(q).to_wire()[:-3]), "DnsBadAnswer"), "longer": (lambda q: framed(reply_to(q).to_wire() + b"\0"), "DnsBadAnswer"),
    "garbage": (lambda q: framed(b"\xff" * 600), "DnsBadAnswer"), "empty": (lambda q: b"\0\0", "DnsBadAnswer"), "nothing": (lambda q: b"", "DnsNoAnswer"),
}


@pytest.mark.parametrize("lie", LIES)
def test_update__an_answer_that_cannot_be_believed_is_uncertain(lie):
    key, (answer, code) = Key(), LIES[lie]
    with Liar(key, answer) as liar, Asker(key) as asker:
        reply = asker.update(liar.address, *customer("l1"))
    assert (reply.verdict, reply.rcode) == (("uncertain", code), 0)


@pytest.mark.parametrize("rcode, verdict", [
    ("NOERROR", ("ok", "-")), ("REFUSED", ("denied", "DnsRefused")), ("SERVFAIL", ("busy", "DnsServerFailure")), ("NOTIMP", ("denied", "DnsRefused")),
    ("NOTAUTH", ("denied", "DnsNotOurZone"))])
def test_update__a_signed_answer_is_believed(rcode, verdict):
    key = Key()
    with Liar(key, lambda query: framed(reply_to(query, dns.rcode.from_text(rcode)).to_wire())) as liar, Asker(key) as asker:
        reply = asker.update(liar.address, *customer("l2"))
    assert (reply.verdict, reply.rcode) == (verdict, dns.rcode.from_text(rcode))


def test_update__counts_the_bytes_of_a_message_without_compression():
    """What is sent is smaller, since names are compressed."""
    key, sent = Key(), []

    def answer(query):
        sent.append(query)
        return framed(reply_to(query).to_wire())
    with Liar(key, answer) as liar, Asker(key) as asker:
        counted = asker.update(liar.address, *customer("l4"), f"require l4.{ZONE} SRV 1 2 3 sbc.example.net", f"delete l4.{ZONE} AAAA 2001:db8::1").bytes
    [query] = sent
    records = [(rrset.name, rdata) for section in query.sections[1:] for rrset in section for rdata in rrset or [None]]
    assert len(records) == 7
    plain = sum(len(name.to_wire()) + 10 + (len(rdata.to_wire()) if rdata else 0) for name, rdata in records)
    assert counted == 12 + len(query.question[0].name.to_wire()) + 4 + plain


def test_update__an_answer_of_64_kb_is_no_trouble():
    """The name in its signature is compressed, so that more is signed than was sent: ldns has no room for the class behind the name."""
    key = Key(".".join(["k" * 60] * 4))
    name_bytes, mac_bytes, room = 4 * 61 + 1, 2 + 32, 65535

    def answer(query):
        def reply_of(strings):
            reply = reply_to(query)
            reply.tsig = None
            reply.answer.append(dns.rrset.from_text(key.name + ".", 0, "IN", "TXT", *strings))
            return bytearray(reply.to_wire(max_size=room))
        strings = [f"{i:0100}" for i in range(573)]
        left = room - name_bytes - mac_bytes - len(reply_of(strings)) - (2 + 10 + 1)
        wire = reply_of([*strings, "x" * left])
        assert len(wire) + name_bytes + mac_bytes == room
        template = query.tsig[0].replace(mac=b"")
        signature = dns.tsig.sign(bytes(wire), query.keyring, template, int(time.time()), query.mac)[0].to_wire()
        pointer = 0xc000 | wire.index(b"\x3c" + b"k" * 60)
        wire[11] += 1
        wire += struct.pack("!HHHIH", pointer, dns.rdatatype.TSIG, dns.rdataclass.ANY, 0, len(signature)) + signature
        assert len(wire) <= room
        assert dns.message.from_wire(bytes(wire), keyring=key.keyring, request_mac=query.mac).had_tsig
        return framed(wire)
    with Liar(key, answer) as liar, Asker(key) as asker:
        assert asker.update(liar.address, *customer("l5")).verdict == ("uncertain", "DnsBadAnswer")


def test_update__an_unsigned_notauth_is_reported():
    key = Key()
    with Liar(key, lambda query: unsigned(query, dns.rcode.NOTAUTH)) as liar, Asker(key) as asker:
        assert asker.update(liar.address, *customer("l3")).verdict == ("denied", "DnsNotOurZone")


# ---- ask ----

def test_ask__a_thousand_names(server, asker):
    reply = asker.ask(server.address, *(f"q{i}.{ZONE} A" for i in range(1000)))
    assert reply.rc == "ok"
    for i, answer in enumerate(reply.answers):
        found = [[f"q{i}.{ZONE}.", "60", "IN", "A", f"192.0.{i // 250}.{i % 250}"]]
        assert answer == (True, 0 if i % 2 == 0 else dns.rcode.NXDOMAIN, True, found if i % 2 == 0 else []), f"question {i}"


def test_ask__what_does_not_fit_comes_by_tcp(server, asker):
    [(came, rcode, _, [(_, _, _, _, data)])] = asker.ask(server.address, f"long.{ZONE} TXT").answers
    assert (came, rcode) == (True, 0)
    assert data.replace('" "', "").strip('"') == "".join(f'{i:03}{"x" * 200}' for i in range(20))


def test_ask__an_alias_and_a_wildcard(server, asker):
    alias, wild, other = asker.ask(server.address, f"alias.{ZONE} A", f"a.b.wild.{ZONE} A", f"q2.{ZONE} TXT").answers
    assert alias[3] == [[f"alias.{ZONE}.", "60", "IN", "CNAME", "target.elsewhere.test."]]
    assert wild[3] == [[f"a.b.wild.{ZONE}.", "60", "IN", "A", "192.0.2.77"]]
    assert other == (True, 0, True, [])


def test_ask__a_zone_it_does_not_have_is_refused(server, asker):
    [answer] = asker.ask(server.address, "www.example.org A").answers
    assert answer == (True, dns.rcode.REFUSED, False, [])


def test_ask__nobody_there(asker):
    begun = time.monotonic()
    reply = asker.ask(f"127.0.0.1:{free_port()}", *(f"q{i}.{ZONE} A" for i in range(200)))
    assert reply.verdict == ("busy", "DnsUnreachable") and "refused" in reply.text
    assert time.monotonic() - begun < 2 and not any(answer[0] for answer in reply.answers)


@both
def test_ask__a_silent_server_ends_it(kind, tmp_path):
    with kind(tmp_path / "dns").start() as server, Asker() as asker:
        server.freeze()
        begun = time.monotonic()
        assert asker.ask(server.address, *(f"q{i}.{ZONE} A" for i in range(1000)), ms=600).verdict == ("busy", "DnsNoAnswer")
        assert 0.5 < time.monotonic() - begun < 2
        begun = time.monotonic()
        assert asker.ask(server.address, *(f"q{i}.{ZONE} A" for i in range(1000))).verdict == ("busy", "DnsNoAnswer")
        assert 2 < time.monotonic() - begun < 5, "not three tries of one window"


@contextlib.contextmanager
def udp_server(answer):
    """Sends what answer(nth datagram, its bytes) lists."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 0))

        def run():
            n = 0
            while True:
                wire, client = end.recvfrom(4096)
                if not wire:
                    return
                for reply in answer(n, wire):
                    end.sendto(reply, client)
                n += 1
        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield "127.0.0.1:%d" % end.getsockname()[1]
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.sendto(b"", end.getsockname())
            thread.join(20)


def udp_reply(wire, **changes):
    reply = dns.message.make_response(dns.message.from_wire(wire))
    for name, value in changes.items():
        setattr(reply, name, value)
    return reply.to_wire()


def test_ask__what_is_lost_is_sent_again():
    seen = []

    def answer(n, wire):
        seen.append(wire)
        return [udp_reply(wire)] if n == 2 else []
    with udp_server(answer) as address, Asker() as asker:
        assert asker.ask(address, f"q.{ZONE} A").answers == [(True, 0, False, [])]
    assert len(seen) == 3 and len(set(seen)) == 1


def test_ask__what_is_no_answer_is_dropped():
    other = dns.message.make_query(f"other.{ZONE}", "A").question

    def answer(_, wire):
        whole = udp_reply(wire)
        return [b"", b"\0", whole[:-1], whole[:12], whole + b"\0", b"\xff" * 700, udp_reply(wire, id=wire[0] ^ 1), udp_reply(wire, flags=0),
                udp_reply(wire, sections=[other, [], [], []]), whole]
    with udp_server(answer) as address, Asker() as asker:
        assert asker.ask(address, f"q.{ZONE} A").answers == [(True, 0, False, [])]


# ---- which zone, transfer ----

@pytest.mark.parametrize("name, apex", [(ZONE, ZONE), (f"q2.{ZONE}", ZONE), (f"a.b.none.{ZONE}", ZONE), (f"alias.{ZONE}", ZONE), (f"x.wild.{ZONE}", ZONE),
                                        ("q2.second.test", "second.test"), ("q2.example.org", None), ("test", None)])
def test_zone__is_found(server, asker, name, apex):
    reply = asker.tell(f"apex {server.address} {LONG_MS} {name}")
    if apex is None:
        assert reply.verdict == ("not found", "DnsNotOurZone")
    else:
        [(owner, _, _, rdtype, data)] = reply.records
        assert (reply.rc, owner, rdtype) == ("ok", apex + ".", "SOA") and data.startswith("ns.invalid. hostmaster.invalid. ")


@both
def test_transfer__of_30000_records(kind, tmp_path):
    lines = [f"n{i} A 192.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(30000)] + ["x CAA 0 issue \"no\"", 'two TXT "a b" "c"']
    with kind(tmp_path / "dns", zones={ZONE: lines}).start() as server, Asker(server.key) as asker:
        begun = time.monotonic()
        reply = asker.tell(f"transfer {server.address} {LONG_MS} {ZONE}")
        print(f"{kind.__name__}: {time.monotonic() - begun:.2f} s")
        assert reply.verdict == ("ok", "-")
        found = reply.records
        assert [record[3] for record in found].count("SOA") == 1 and "CAA" not in {record[3] for record in found}
        assert {(r[0].rstrip("."), r[3], int(r[1]), r[4]) for r in found if r[3] == "A"} == {r for r in server.records() if r[1] == "A"}
        assert [record[4] for record in found if record[3] == "TXT"] == ['"a bc"'] and len(found) == 30003
        with Asker(Key()) as stranger:
            assert stranger.tell(f"transfer {server.address} {LONG_MS} {ZONE}").verdict == ("denied", "DnsKeyRefused")
        with Asker(server.key, clock=3600) as early:
            assert early.tell(f"transfer {server.address} {LONG_MS} {ZONE}").verdict == ("denied", "DnsClock")
        with Asker() as stranger:
            assert stranger.tell(f"transfer {server.address} {LONG_MS} {ZONE}").verdict == ("denied", "DnsRefused")
        assert asker.tell(f"transfer {server.address} {LONG_MS} example.org").verdict == ("denied", "DnsRefused")


@pytest.mark.parametrize("answer, verdict", [
    (lambda q: b"", ("busy", "DnsNoAnswer")), (lambda q: framed(b"\xff" * 99), ("busy", "DnsBadAnswer")), (with_id, ("busy", "DnsBadAnswer")),
    (unsigned, ("denied", "DnsBadAnswer")), (of_key, ("denied", "DnsBadAnswer")), (of_time, ("denied", "DnsBadAnswer")),
    (lambda q: framed(reply_to(q).to_wire())[:30], ("busy", "DnsBadAnswer")), (lambda q: framed(reply_to(q).to_wire()), ("busy", "DnsNoAnswer"))],
    ids=["nothing", "garbage", "wrong id", "unsigned", "wrong key", "old", "cut", "empty"])
def test_transfer__that_cannot_be_believed(answer, verdict):
    key = Key()
    with Liar(key, answer) as liar, Asker(key) as asker:
        assert asker.tell(f"transfer {liar.address} {LONG_MS} {ZONE}").verdict == verdict
