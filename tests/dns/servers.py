"""Real DNS servers for tests: Knot and Bind, unprivileged, on a free loopback port, with all they have in a folder of their own.

    with Knot(tmp_path / "knot").start() as server:           # or Bind; the same calls
        server.address                                        # "127.0.0.1:12345", UDP and TCP
        server.key.text                                       # "hmac-sha256:NAME:BASE64", what a client signs with
        server.records()                                      # {("www.example.test", "A", 60, "192.0.2.1"), ...} by AXFR
        server.lookup("www.example.test", "A")                # {"192.0.2.1"}; None: there is no such name

    server.stop(), kill(), freeze(), thaw(), start()          # SIGTERM, SIGKILL, SIGSTOP, SIGCONT; the zones stay over restarts
    server.configure(allow=("transfer",), clock=3600)        # ends it, and starts it with other settings

Settings, of the constructor and of configure():

    zones    {zone: [lines of a master file]}, relative to the zone, behind its SOA and NS records; a name alone is an empty zone
    key      a Key that the server knows
    allow    what the key may do: any of "update", "transfer"
    clock    by how many seconds its clock is off
    ttl      of the lines without one, and of "there is none"
    dynamic  False: the zone files are what is served; write_zone() and reload() change them

Nothing is left running: a server ends with its `with`, or with stop().
"""
import base64
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring
import dns.zone

from basics import free_port, wait_until
from conftest import BIN, STORE

ZONE = "example.test"
PATH = os.environ["PATH"] + ":/usr/sbin"  # not everybody has it there
SETTINGS = {"zones": (ZONE,), "key": None, "allow": ("update", "transfer"), "clock": 0, "ttl": 60, "dynamic": True}


class Key:
    def __init__(self, name="numgate-test", secret=None):
        self.name, self.secret = name, secret or base64.b64encode(secrets.token_bytes(32)).decode()

    @property
    def text(self):
        return f"hmac-sha256:{self.name}:{self.secret}"

    @property
    def keyring(self):
        return dns.tsigkeyring.from_text({self.name: ("hmac-sha256", self.secret)})


class Server:
    """What both have in common; a subclass writes the configuration and says how the program is called."""

    def __init__(self, directory, **settings):
        self.directory, self.port, self.process, self.serial = Path(directory), free_port(), None, {}
        self.directory.mkdir(parents=True, exist_ok=True)
        self.settings = dict(SETTINGS, key=Key())
        self._set(settings)

    def _set(self, settings):
        assert settings.keys() <= SETTINGS.keys(), settings
        self.settings.update(settings)
        if not isinstance(self.settings["zones"], dict):
            self.settings["zones"] = {zone: [] for zone in self.settings["zones"]}

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def key(self):
        return self.settings["key"]

    @property
    def zones(self):
        return self.settings["zones"]

    @property
    def log(self):
        return self.directory / "log"

    # ---- zone files ----

    def zone_file(self, zone):
        return self.directory / f"{zone}.zone"

    def write_zone(self, zone, lines):
        """A new version of a zone file. With dynamic=False a reload() serves it."""
        self.serial[zone] = self.serial.get(zone, 0) + 1
        head = [f"$ORIGIN {zone}.", f"$TTL {self.settings['ttl']}",
                f"@ SOA ns.invalid. hostmaster.invalid. {self.serial[zone]} 60 60 60 {self.settings['ttl']}", "@ NS ns.invalid."]
        new = self.zone_file(zone).with_suffix(".new")
        new.write_text("\n".join([*head, *lines, ""]))
        new.rename(self.zone_file(zone))

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    # ---- life ----

    def start(self):
        for zone, lines in self.zones.items():
            if zone not in self.serial:
                self.write_zone(zone, lines)
        self._write_configuration()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.directory, env={**os.environ, **wrong_clock(self.settings["clock"])})
        try:
            wait_until(self._ready, what=f"an answer of {type(self).__name__}")
        except BaseException:
            self.stop()
            raise
        self._started()
        return self

    def configure(self, **settings):
        self.stop()
        self._set(settings)
        return self.start()

    def stop(self, with_signal=signal.SIGTERM):
        """Ended afterwards, in whatever state it was."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(with_signal)
            self.process.send_signal(signal.SIGCONT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait(20)

    def freeze(self):
        """Nothing of it runs when this returns."""
        self.process.send_signal(signal.SIGSTOP)
        threads = Path(f"/proc/{self.process.pid}/task")
        wait_until(lambda: all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in threads.glob("*/stat")), what="the stop of every thread")

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _ready(self):
        assert self.process.poll() is None, f"{type(self).__name__} ended with {self.process.returncode}:\n{self.log.read_text()[-2000:]}"
        return all(self.lookup(zone, "SOA", timeout=0.1) for zone in self.zones)

    def _started(self):
        pass

    # ---- what it has ----

    def lookup(self, name, rdtype, timeout=1.0):
        """The data of the records of that name and type; None: no such name, or no answer that says anything."""
        question = dns.message.make_query(name, rdtype)
        with contextlib.suppress(dns.exception.DNSException, OSError):
            reply, _ = dns.query.udp_with_fallback(question, "127.0.0.1", port=self.port, timeout=timeout)
            if reply.rcode() == dns.rcode.NOERROR:
                wanted = dns.rdatatype.from_text(rdtype)
                return {_data(record) for rrset in reply.answer if rrset.rdtype == wanted for record in rrset}
        return None

    def records(self, zone=None):
        """{(name, type, ttl, data)} of a zone, the first one unless it is named, without the SOA and NS records of its own name. The text
        of a TXT record is without quotes. The key must be allowed the transfer."""
        zone = zone or next(iter(self.zones))
        made = dns.zone.Zone(zone + ".", relativize=False)
        dns.query.inbound_xfr("127.0.0.1", made, query=self._transfer_query(zone), port=self.port, timeout=10, lifetime=30)
        return {(name.to_text(omit_final_dot=True), dns.rdatatype.to_text(record.rdtype), ttl, _data(record))
                for name, ttl, record in made.iterate_rdatas()
                if not (name == made.origin and record.rdtype in (dns.rdatatype.SOA, dns.rdatatype.NS))}

    def _transfer_query(self, zone):
        query = dns.message.make_query(zone + ".", "AXFR")
        query.use_tsig(self.key.keyring)
        return query


def _data(record):
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings).decode("latin-1")
    return record.to_text()


def wrong_clock(seconds):
    """The environment of a program whose clock is off by that much."""
    return {"LD_PRELOAD": str(BIN.parent / "tests" / "shim" / "clock.so"), "NUMGATE_CLOCK_SECONDS": str(seconds)} if seconds else {}


class Knot(Server):
    """Knot DNS. Its dynamic zones are in the journal: the zone file is read once, since a later start that reads it forgets every change."""

    def _write_configuration(self):
        allow, dynamic = self.settings["allow"], self.settings["dynamic"]
        lines = ["server:", f"    listen: 127.0.0.1@{self.port}", f"    rundir: {self.directory}", "    tcp-workers: 1", "    udp-workers: 1",
                 "    background-workers: 1",
                 "    tcp-io-timeout: 5000",  # records() may be slow to read
                 "database:", f"    storage: {self.directory}", "    journal-db-max-size: 100M", "key:",
                 f"  - id: {self.key.name}", "    algorithm: hmac-sha256", f"    secret: {self.key.secret}"]
        if allow:
            lines += ["acl:", "  - id: test", f"    key: {self.key.name}", f"    action: [{', '.join(allow)}]"]
        lines += ["zone:"]
        for zone in self.zones:
            loaded = dynamic and (self.directory / f"{zone}.loaded").exists()
            lines += [f"  - domain: {zone}", f"    file: {self.zone_file(zone)}", "    zonefile-sync: -1",
                      f"    zonefile-load: {'none' if loaded else 'whole'}", f"    journal-content: {'all' if dynamic else 'none'}"]
            lines += ["    acl: test"] if allow else []
        (self.directory / "knot.conf").write_text("\n".join([*lines, ""]))

    def _command(self):
        return [shutil.which("knotd", path=PATH), "-c", self.directory / "knot.conf"]

    def _started(self):
        for zone in self.zones:
            (self.directory / f"{zone}.loaded").touch()


class Bind(Server):
    """BIND 9."""

    def _write_configuration(self):
        allow, key = self.settings["allow"], f'"{self.key.name}"'
        lines = ["options {", f'    directory "{self.directory}"; pid-file none; session-keyfile none; lock-file none;',
                 f"    listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};",
                 "    recursion no; notify no; dnssec-validation no; check-integrity no; check-names primary ignore;",
                 "};", "controls { };", f'key {key} {{ algorithm hmac-sha256; secret "{self.key.secret}"; }};']
        for zone in self.zones:
            lines += [f'zone "{zone}" {{', f'    type primary; file "{self.zone_file(zone)}";',
                      f"    allow-transfer {{ {f'key {key}' if 'transfer' in allow else 'none'}; }};"]
            if self.settings["dynamic"]:
                lines += [f"    allow-update {{ {f'key {key}' if 'update' in allow else 'none'}; }};"]
            lines += ["};"]
        (self.directory / "named.conf").write_text("\n".join([*lines, ""]))

    def _command(self):
        own = self.directory / "named"
        if not own.exists():
            shutil.copy(shutil.which("named", path=PATH), own)  # AppArmor keeps the one of the system to the folders of the system
        return [own, "-g", "-n", "1", "-c", self.directory / "named.conf"]


SERVERS = [Knot, Bind] if STORE == "sqlite" else [Knot]  # what it is tried with: both, and on the other store the first
