"""What a failover is between: regions, each of one or more numgated at an address of its own with a certificate for provapi.<base domain>,
the DNS that says which of them is meant, and numgate-failover at a third place.

    tls = Tls(tmp_path / "tls")
    one = Region("1", "127.0.0.1", tls)
    server = make_server(one.options())              # or make_nodes(2, one.options(), url): anything that takes options
    with Knot(tmp_path / "dns", zones={BASE: one.record()}).start() as dns:
        watcher = Watcher(tmp_path / "watcher", [one, two], tls, dns).start()
        wait_until(lambda: current(dns) == two.address)

Times are scaled: a probe every half second, three in a row. Waiting is for probes that were counted, not for time that has passed.
"""
import json
import os
import shutil
import subprocess
from pathlib import Path

import requests
from conftest import BIN, Program, free_port, state, wait_until

BASE = "failover.test"
NAME = f"provapi.{BASE}"
SETTINGS = {"interval_seconds": "0.5", "timeout_seconds": "0.5", "failures": "3", "successes": "3", "failback_after_seconds": "2"}


class Tls:
    """A private CA and a certificate of it: for the name, and in `wrong_name` and `wrong_ca` for what the folders' names say."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self._make("right", NAME)
        shutil.copytree(self.directory / "right", self.directory / "wrong_name")
        self._make("wrong_name")
        self._make("wrong_ca", NAME)

    def _make(self, folder, *names):
        self.directory.mkdir(parents=True, exist_ok=True)
        subprocess.run([BIN / "numgate-lab", "make-certificates", "--dir", self.directory / folder, *(a for n in names for a in ("--name", n))],
                       check=True, capture_output=True, timeout=60)

    @property
    def ca(self):
        return self.directory / "right/ca.crt"

    def install(self, which, to):
        """Replaces the files that a numgated was told of; it reads them again on SIGHUP."""
        for name in ("server.crt", "server.key"):
            shutil.copy(self.directory / which / name, to / name)


class Region:
    """A place where the API is reached. `port` is what clients are told, `listen_port` its numgated's; the same, unless somebody stands
    between them."""

    def __init__(self, name, address, tls):
        self.name, self.address, self.port = name, address, free_port()
        self.listen_port = self.port
        self.files = tls.directory / f"region-{name}"
        self.files.mkdir()
        tls.install("right", self.files)

    def options(self):
        """Of its numgated."""
        return state.format_options({"deployment": {"base_domain": BASE}, "server": {
            "listen": f"https://{self.address}:{self.listen_port}", "tls_certificate": self.files / "server.crt",
            "tls_key": self.files / "server.key"}})

    def record(self):
        """The line of the zone file that names it."""
        return [f"provapi A {self.address}"]


def current(dns):
    """The address that the record has; several, joined; None: no record."""
    return ", ".join(sorted(dns.lookup(NAME, "A") or [])) or None


class Watcher(Program):
    """numgate-failover, with a configuration of its own. `settings`: options of [failover] and, as section__option, of others."""

    def __init__(self, directory, regions, tls, dns, servers=None, environment=None, **settings):
        self.directory, self.admin_port = Path(directory), free_port()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.config = self.directory / "numgate-failover.conf"
        self.key = self.directory / "key"
        state.write_private(self.key, dns.key.text)
        options = {"failover": {"base_domain": BASE, "ca_file": tls.ca, **SETTINGS},
                   **{f"region.{region.name}": {"address": f"{region.address}:{region.port}"} for region in regions},
                   "dns": {"zone": BASE, "servers": servers or dns.address, "key_file": self.key},
                   "admin": {"listen": f"http://127.0.0.1:{self.admin_port}"}}
        for name, value in settings.items():
            section, option = name.split("__") if "__" in name else ("failover", name)
            options.setdefault(section, {})[option] = value
        self.config.write_text(state.format_options(options))
        super().__init__("numgate-failover", ["run", "--config", self.config], self.directory / "log", environment)

    def start(self):
        self.spawn()
        return self.await_ready(lambda: requests.get(f"{self.admin}/live", timeout=5).ok)

    @property
    def admin(self):
        return f"http://127.0.0.1:{self.admin_port}"

    def ready(self):
        """What /ready answers: status and text."""
        reply = requests.get(f"{self.admin}/ready", timeout=5)
        return reply.status_code, reply.text.strip()

    def metrics(self):
        lines = requests.get(f"{self.admin}/metrics", timeout=5).text.splitlines()
        return {name.removeprefix("numgate_failover_"): float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}

    def probes(self, region, result=None):
        """How many there were of a region, with that result."""
        head = f'probes_total{{region="{region.name}",result="{result or ""}'
        return sum(value for name, value in self.metrics().items() if name.startswith(head))

    def changes(self):
        return sum(value for name, value in self.metrics().items() if name.startswith("changes_total"))

    def events(self, name):
        return [row for row in self.log_rows() if row["event"] == name]

    def await_probes(self, region, more, result=None):
        """Until `more` probes of the region came to that result."""
        wanted = self.probes(region, result) + more
        wait_until(lambda: self.probes(region, result) >= wanted, what=f"{more} probes of region {region.name}, {result or 'whatever'}")

    def await_healthy(self, *regions):
        wait_until(lambda: all(self.metrics()[f'region_healthy{{region="{r.name}"}}'] == 1 for r in regions), what="healthy regions")
        return self

    def run(self, *arguments, code=0):
        """Another command, with the same configuration; the exit code must be as said. What it printed, both streams."""
        done = subprocess.run([BIN / "numgate-failover", *arguments, "--config", self.config], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False, env={**os.environ})
        assert done.returncode == code, (done.returncode, done.stdout)
        return done.stdout

    def status(self, code=0):
        return json.loads(self.run("status", "--json", code=code))
