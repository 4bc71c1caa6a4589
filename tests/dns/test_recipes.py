"""docs/dns.md: the servers' configurations, exactly as they stand there but for paths, addresses, ports and secrets.

A block is marked by a comment above it: `<!-- recipe: knot /etc/knot/knot.conf -->` is a file of that recipe, `all` of every one, and
`<!-- recipe: knot once -->` are the commands that are given once.
"""
import base64
import hashlib
import json
import re
import signal
import subprocess
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.zone
import pytest
from conftest import ROOT, wait_until

from basics import free_port

BASE = "gateway.example.net"
PAGE = (ROOT / "docs" / "dns.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^<!-- recipe: (\w+) (\S+) -->\n```\w*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ADDRESS = "127.0.0.1"
COMMANDS = {
    "knot": lambda root: ["knotd", "-c", root / "etc/knot/knot.conf"],
    "bind": lambda root: ["named", "-g", "-n", "1", "-c", root / "etc/bind/named.conf"],
    "secondary": lambda root: ["named", "-g", "-n", "1", "-c", root / "etc/bind/named.conf"],
    "powerdns": lambda root: ["pdns_server", f"--config-dir={root}/etc/powerdns", f"--socket-dir={root}/run", "--guardian=no", "--daemon=no"],
}
ZONES = {"knot": "var/lib/knot", "bind": "var/lib/bind", "powerdns": "var/lib/powerdns", "secondary": "var/cache/bind"}
READS = {"numgate": BASE, "failover": f"provapi.{BASE}"}


def secret(key):
    """Of a key of this run: nobody else's port is asked with it."""
    return base64.b64encode(hashlib.sha256(f"{ROOT}{key}".encode()).digest()).decode()


def alone(named_conf):
    """A configuration of BIND that touches nothing of the machine's: no files in /run, no control port."""
    return named_conf.replace("options {", "options { pid-file none; session-keyfile none; lock-file none;", 1) + "controls { };\n"


class Recipe:
    """A server made from the page, in a folder of its own."""

    def __init__(self, name, root, ports):
        self.name, self.root, self.process = name, root, None
        self.ports = dict(zip(("192.0.2.53", "198.51.100.53"), ports))  # of the page's addresses
        self.port = ports[name == "secondary"]
        for folder in ("run/knot", ZONES[name], "var/cache/bind"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        for recipe, file, text in BLOCKS:
            if recipe in (name, "all") and file != "once" and (recipe, name) != ("all", "secondary"):
                path = root / (file.lstrip("/") if file.startswith("/") else f"{ZONES[name]}/{file}")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self.here(text) if path.name != "named.conf" else alone(self.here(text)), encoding="utf-8")

    def here(self, text):
        """The page's text for this folder and these ports."""
        for address, port in self.ports.items():
            text = re.sub(rf"{address}(@|:| port )53\b", rf"{ADDRESS}\g<1>{port}", text)
            text = text.replace(f"listen-on port 53 {{ {address}", f"listen-on port {port} {{ {ADDRESS}").replace(address, ADDRESS)
        text = re.sub(r"(?<![\w/.])/(etc|var|run)/", rf"{self.root}/\1/", text)
        return re.sub(r"SECRET-OF-(\w+)", lambda found: secret(found[1].lower()), text)

    def once(self):
        """The commands that the page has for it."""
        script = "".join(text for recipe, file, text in BLOCKS if (recipe, file) == (self.name, "once"))
        script = script.replace("knotc ", f"knotc -c {self.root}/etc/knot/knot.conf ")
        script = script.replace("pdnsutil ", f"pdnsutil --config-dir={self.root}/etc/powerdns ")
        subprocess.run(["bash", "-euc", self.here(script)], check=True, timeout=60, capture_output=True)

    def start(self):
        with open(self.root / "log", "ab") as log:
            command = COMMANDS[self.name](self.root)
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.root)
        wait_until(self.serves, what=f"an answer of {self.name}")
        return self

    def stop(self, with_signal=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(with_signal)
            self.process.wait(20)

    def serves(self):
        assert self.process.poll() is None, (self.root / "log").read_text(encoding="utf-8")[-3000:]
        return all(self.lookup(zone, "SOA") for zone in (BASE, f"provapi.{BASE}"))

    def lookup(self, name, rdtype):
        """{data} of that name and type, from its own zone."""
        try:
            reply = dns.query.udp(dns.message.make_query(name, rdtype), ADDRESS, port=self.port, timeout=1)
        except (OSError, dns.exception.Timeout):
            return set()
        return {record.to_text() for rrset in reply.answer for record in rrset}

    def signed(self, name):
        query = dns.message.make_query(name, "TXT", want_dnssec=True)
        reply = dns.query.udp(query, ADDRESS, port=self.port, timeout=1)
        return any(rrset.rdtype == dns.rdatatype.RRSIG for rrset in reply.answer)

    def records(self, key="numgate", zone=None, keyname=None):
        """{(name, type, data)} by AXFR, without those of the zone's own name. None: refused."""
        found = dns.zone.Zone((zone or READS[key]) + ".", relativize=False)
        query = dns.message.make_query((zone or READS[key]) + ".", "AXFR")
        if key is not None:
            query.use_tsig(dns.tsigkeyring.from_text({keyname or key: ("hmac-sha256", secret(key))}))
        try:
            dns.query.inbound_xfr(ADDRESS, found, query=query, port=self.port, timeout=5, lifetime=10)
        except (dns.exception.DNSException, OSError, EOFError):
            return None
        return {(name.to_text(omit_final_dot=True), dns.rdatatype.to_text(record.rdtype), record.to_text().strip('"'))
                for name, _, record in found.iterate_rdatas() if name != found.origin or record.rdtype == dns.rdatatype.A}

    def update(self, lines, key="numgate", zone=None, tool="nsupdate", use=None):
        """The tool's complaint; empty: it was done. `use`: whose secret."""
        names = ["check-names off"] if tool == "nsupdate" else []  # its own idea of what a host may be called
        script = "\n".join([*names, f"server {ADDRESS} {self.port}", f"zone {zone or READS[key]}.", *lines, "send", ""])
        name = f"hmac-sha256:{key}:{secret(use or key)}"
        done = subprocess.run([tool, "-v", "-y", name], input=script, capture_output=True, text=True, timeout=30, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr or f"exit status {done.returncode}"


@pytest.fixture
def make(tmp_path):
    """A running server by the name of its recipe."""
    made, ports = [], [free_port(), free_port()]

    def start(name):
        server = Recipe(name, tmp_path / name, ports)
        made.append(server)
        if name == "powerdns":
            server.once()
        server.start()
        if name == "knot":
            server.once()
        return server
    yield start
    for server in made:
        server.stop()


def customer(label, tokens=("MS=ms11111111", "MS=ms22222222"), account="contoso"):
    """What numgate sends for a new customer: one message, nothing of it where something is in the way."""
    lines = [f"prereq nxdomain {label}.1r{n}.{BASE}." for n in (1, 2)]
    for n, token in enumerate(tokens, 1):
        lines += [f'update add {label}.1r{n}.{BASE}. 300 TXT "{token}"', f"update add {label}.1r{n}.{BASE}. 300 A 192.0.2.1{n}",
                  f'update add {label}.1r{n}._numgate.{BASE}. 300 TXT "heritage=numgate,owner=one,a=192.0.2.1{n},account={account}"']
    return lines


def wanted(label, tokens=("MS=ms11111111", "MS=ms22222222"), account="contoso"):
    return {row for n, token in enumerate(tokens, 1) for row in (
        (f"{label}.1r{n}.{BASE}", "TXT", token), (f"{label}.1r{n}.{BASE}", "A", f"192.0.2.1{n}"),
        (f"{label}.1r{n}._numgate.{BASE}", "TXT", f"heritage=numgate,owner=one,a=192.0.2.1{n},account={account}"))}


OWN = {  # of the deployment: all kinds
    (f"1r1.{BASE}", "A", "192.0.2.11"), (f"1r1.{BASE}", "TXT", "MS=ms3"), (f"r2.{BASE}", "A", "192.0.2.13"),
    (f"_sip._tls.r2.{BASE}", "SRV", f"10 10 5061 r2.{BASE}."), (f"_numgate.{BASE}", "TXT", "heritage=numgate,owner=one,txt=MS=ms4"),
    (f"1r1._numgate.{BASE}", "TXT", "heritage=numgate,owner=one,txt=MS=ms3,a=192.0.2.11")}


def test_page__has_the_recipes():
    assert {(recipe, file) for recipe, file, _ in BLOCKS if file == "once"} == {("knot", "once"), ("powerdns", "once")}
    assert {recipe for recipe, _, _ in BLOCKS} == {"all", "systemd", *COMMANDS}


def test_page__account_of_a_new_customer_is_taken(admin):
    body = json.loads(re.search(r"api -X PUT \"\$NUMGATE_URL/accounts/contoso\?\$v\" -d '(.*?)'", PAGE, re.DOTALL)[1])
    reply = admin.put("/accounts/contoso", json=body)
    assert reply.status_code == 201, reply.text
    assert admin.delete("/accounts/contoso").status_code == 204


def test_units__that_reload_the_server_are_understood(tmp_path):
    for recipe, file, text in BLOCKS:
        if recipe == "systemd":
            (tmp_path / Path(file).name).write_text(text.replace("/usr/sbin/knotc", "/bin/true"), encoding="utf-8")
    for unit in ("numgate-zone.path", "numgate-zone.service"):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / unit], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 and "numgate-zone" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["knot", "bind", "powerdns"])
def test_changes__outlive_restarts(make, name):
    server = make(name)
    tool = "knsupdate" if name == "knot" else "nsupdate"
    expected = server.records()
    lines = [f'update add {owner}. 300 {kind} "{data}"'.replace('"', '"' if kind == "TXT" else "") for owner, kind, data in OWN]
    assert server.update([*lines, f'update add {BASE}. 300 TXT "MS=ms4"'], tool=tool) == ""
    assert server.lookup(BASE, "TXT") == {'"MS=ms4"'}
    expected |= OWN
    for label, with_signal in (("contoso", signal.SIGTERM), ("under_score", signal.SIGKILL), ("last", signal.SIGTERM)):
        assert server.update(customer(label), tool=tool) == ""
        expected |= wanted(label)
        assert server.records() == expected
        server.stop(with_signal)
        server.start()
        assert server.records() == expected, f"after {with_signal!r}"
    assert server.lookup(f"contoso.1r2.{BASE}", "TXT") == {'"MS=ms22222222"'}


@pytest.mark.parametrize("name", ["knot", "bind", "powerdns"])
def test_one_message__is_done_whole_or_not_at_all(make, name):
    server = make(name)
    assert server.update(customer("contoso")) == ""
    before = server.records()
    assert server.update(customer("contoso", account="other")) != ""
    mark = f'prereq yxrrset contoso.1r1._numgate.{BASE}. TXT "heritage=numgate,owner=%s,a=192.0.2.11,account=contoso"'
    change = [f'update delete contoso.1r1.{BASE}. TXT "MS=ms11111111"', f'update add contoso.1r1.{BASE}. 300 TXT "MS=ms9"']
    assert server.update([mark % "another", *change]) != ""
    assert server.records() == before
    assert server.update([mark % "one", *change]) == ""
    gone, come = ((f"contoso.1r1.{BASE}", "TXT", token) for token in ("MS=ms11111111", "MS=ms9"))
    assert server.records() == before - {gone} | {come}


FOREIGN = {
    "a name of the operator's own": [f"update add www.{BASE}. 300 A 192.0.2.9"],
    "the base domain's address": [f"update add {BASE}. 300 A 192.0.2.9"],
    "the base domain's name servers": [f"update add {BASE}. 300 NS ns.example.org."],
    "the delegation of provapi": [f"update add provapi.{BASE}. 300 TXT x"],
    "a name server's address": [f"update add ns1.{BASE}. 300 A 192.0.2.9", f"update delete ns1.{BASE}. A"],
    "a name that only looks alike": [f"update add x1r1.{BASE}. 300 A 192.0.2.9"],
    "another type": [f"update add contoso.1r1.{BASE}. 300 CNAME www.example.net."],
}


@pytest.mark.parametrize("name", ["knot", "bind", "powerdns"])
def test_key__may_change_nothing_else_and_nobody_reads_without_one(make, name):
    server = make(name)
    before = server.records()
    says_so = name != "powerdns"  # which leaves out what its script refuses, and answers NOERROR
    for what, lines in FOREIGN.items():
        if (name, what) == ("knot", "the base domain's address"):
            continue  # as the page says
        assert (server.update(lines) != "") == says_so, what
        assert server.records() == before, what
    good = [f"update add contoso.1r1.{BASE}. 300 A 192.0.2.9"]
    assert server.update(good, use="failover") != "", "a wrong secret"
    for key in ("failover", "secondary"):
        assert (server.update(good, key=key, zone=BASE) != "") == says_so, key
    move = [f"update add provapi.{BASE}. 60 A 192.0.2.9"]
    assert (server.update(move, key="numgate", zone=f"provapi.{BASE}") != "") == says_so
    assert server.records() == before and "192.0.2.9" not in server.lookup(f"provapi.{BASE}", "A")
    assert server.records("secondary", BASE) is not None
    assert server.records(None, BASE) is None and server.records("failover", BASE, keyname="numgate") is None


@pytest.mark.parametrize("name", ["knot", "bind", "powerdns"])
def test_provapi__is_moved_with_the_key_of_failover(make, name):
    server = make(name)
    move = [f"update delete provapi.{BASE}. A", f"update add provapi.{BASE}. 60 A 192.0.2.99"]
    assert server.update(move, key="failover") == ""
    assert server.lookup(f"provapi.{BASE}", "A") == {"192.0.2.99"}
    assert (server.update([f"update add x.provapi.{BASE}. 60 A 192.0.2.99"], key="failover") != "") == (name != "powerdns")
    assert server.records("failover") == {(f"provapi.{BASE}", "A", "192.0.2.99")}
    server.stop(signal.SIGKILL)
    server.start()
    assert server.records("failover") == {(f"provapi.{BASE}", "A", "192.0.2.99")}


@pytest.mark.parametrize("name", ["knot", "bind", "powerdns"])
def test_secondary__is_told_at_once(make, name):
    server = make(name)
    other = make("secondary")
    assert server.update(customer("contoso")) == ""
    wait_until(lambda: other.lookup(f"contoso.1r1.{BASE}", "TXT") == {'"MS=ms11111111"'}, what="the record at the secondary")
    assert server.update([f"update add provapi.{BASE}. 60 A 192.0.2.98"], key="failover") == ""
    wait_until(lambda: "192.0.2.98" in other.lookup(f"provapi.{BASE}", "A"), what="the address at the secondary")
    assert server.serves() and other.records("secondary", BASE) is None


SIGN = {  # what the page says of DNSSEC
    "knot": ("etc/knot/knot.conf", "    notify: secondary\n", "    notify: secondary\n    dnssec-signing: on\n", None),
    "bind": ("etc/bind/named.conf", "    check-names ignore;\n", "    check-names ignore;\n    dnssec-policy default;\n", None),
    "powerdns": ("etc/powerdns/pdns.conf", "launch=gsqlite3\n", "launch=gsqlite3\ngsqlite3-dnssec=yes\n", f"secure-zone {BASE}"),
}


@pytest.mark.parametrize("name", SIGN)
def test_changes__of_a_zone_that_is_signed_online(make, name):
    file, old, new, command = SIGN[name]
    server = make(name)
    server.stop()
    path = server.root / file
    assert path.read_text(encoding="utf-8").count(old) == 1
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    if command:
        subprocess.run(["pdnsutil", f"--config-dir={path.parent}", *command.split()], check=True, capture_output=True, timeout=60)
    server.start()
    assert server.update(customer("contoso")) == ""
    wait_until(lambda: server.signed(f"contoso.1r1.{BASE}"), what="a signature")
    server.stop(signal.SIGKILL)
    server.start()
    assert server.records() >= wanted("contoso")
