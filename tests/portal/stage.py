"""What a spec plays on: a lab at `localhost`, a numgated at `127.0.0.1` (another site than the issuer's) with the portal's built files, a
Knot where the spec asks for one; and a HOME in which Chromium trusts their CA. All of it is in one folder that ends with this process.

A spec's `export const stage` says what it wants:

    config     options that replace the usual ones of the daemon
    people     {token_seconds, refresh_seconds, token_shape}: what the lab's client "portal" is, besides the usual
    backend    true: the daemon has the lab's back end for Operator Connect
    dns        true: and a name server that it publishes to
    files      "copy": built files of its own, which it may change
    none       true: only a browser, and no program at all
"""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import requests

from conftest import ROOT, Server, free_port, make_lab, number_body, state
from customers import options as dns_options
from guardian import Folder
from servers import Knot
from side import OC, number_of

DIST = Path(os.environ.get("NUMGATE_TEST_PORTAL", ROOT / "portal" / "dist")).resolve()
ROLES = ("ADMIN", "READ", "WRITE", "DELETE")


def trusting_home(home, ca):
    """A HOME whose NSS database trusts the CA."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    for arguments in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "numgate", "-i", ca]):
        subprocess.run(["certutil", "-d", f"sql:{database}", *arguments], check=True, timeout=60, capture_output=True)
    return home


class Stage:
    def __init__(self, wanted):
        self.wanted, self.folder = wanted, Folder("numgate-portal-")
        self.path, self.ends = self.folder.path, [self.folder.close]
        self.programs, self.dns = [], None
        (self.path / "tmp").mkdir()
        (self.path / "home").mkdir()
        try:
            if not wanted.get("none"):
                self._start()
        except BaseException:
            self.close()
            raise

    def _start(self):
        if not (DIST / "index.html").exists():
            raise FileNotFoundError(f"{DIST} is not built: ./dev portal")
        port = free_port()
        self.origin = f"https://127.0.0.1:{port}"
        self.lab = self._lab()
        trusting_home(self.path / "home", self.lab.ca)
        self.server = Server(self.path / "server", self.lab, self._config(), port=port)
        self._run(self.server)

    def _lab(self):
        return self._run(make_lab(self.path / "lab", self.wanted.get("people"), [f"{self.origin}/portal/"]))

    def _run(self, program):
        program.works_in = program.directory
        self.programs.append(program)
        self.ends.append(program.stop)
        return program.start()

    def _files(self):
        if self.wanted.get("files") != "copy":
            return DIST
        copy = self.path / "files"
        shutil.rmtree(copy, ignore_errors=True)
        return shutil.copytree(DIST, copy)

    def _config(self, more=""):
        """The daemon's options: the portal's, what the spec wants, then `more`."""
        portal = {"server": {"public_url": self.origin}, "portal": {
            "url": f"{self.origin}/portal/", "files": self._files(), "issuer": "lab",
            "client_id": self.lab.settings["NUMGATE_PORTAL_CLIENT_ID"], "scope": f"openid profile offline_access {self.lab.scope}"}}
        options = state.merge_options(portal, state.backend_options(self.lab.directory, self.lab.settings) if self.wanted.get("backend") else {})
        for text in (self._dns_config(), self.wanted.get("config", ""), more):
            state.merge_options(options, state.parse_options(text))
        return state.format_options(options)

    def _dns_config(self):
        if not self.wanted.get("dns"):
            return ""
        if self.dns is None:
            self.dns = Knot(self.path / "dns", zones=("example.test",))
            self.ends.append(self.dns.stop)
            self.dns.start()
        return dns_options(self.dns, self.path / "dns.key")

    def environment(self):
        """Of the process that plays the spec. Nothing of this machine's settings reaches the browser."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "NUMGATE_TEST_LEVEL") if name in os.environ}
        own = {"HOME": self.path / "home", "TMPDIR": self.path / "tmp", "NUMGATE_TEST_CHROMIUM": chromium()}
        if self.wanted.get("none"):
            own |= {"NUMGATE_PORTAL_ORIGIN": "https://portal.invalid", "NUMGATE_ISSUER_ORIGIN": "https://issuer.invalid"}
        else:
            own |= {"NODE_EXTRA_CA_CERTS": self.lab.ca, "NUMGATE_PORTAL_ORIGIN": self.origin, "NUMGATE_PORTAL_URL": f"{self.origin}/portal/", "NUMGATE_ISSUER_ORIGIN": self.lab.url}
        return {**kept, **{name: str(value) for name, value in own.items()}}

    def close(self):
        while self.ends:
            self.ends.pop()()

    def logs(self):
        """[(what, the end of its log)]"""
        return [(f"log of {program.name}, {program.log}", program.tail(30)) for program in self.programs]

    # ---- what a spec may ask for: do_VERB(...) -> whatever JSON can say ----

    def call(self, verb, arguments):
        return getattr(self, f"do_{verb}")(**arguments)

    def do_daemon_stop(self):
        self.server.terminate()

    def do_daemon_start(self):
        self.server.start()

    def do_daemon_restart(self):
        self.server.restart()

    def do_daemon_kill(self):
        self.server.kill()

    def do_daemon_freeze(self):
        self.server.freeze()

    def do_daemon_thaw(self):
        self.server.thaw()

    def do_daemon_reload(self):
        self.server.reload()

    def do_daemon_configure(self, config):
        self.server.stop()
        self.server.configure(self._config(config))
        self.server.start()

    def do_daemon_log(self):
        return self.server.output()

    def do_files_remove(self, pattern):
        """From the next reload on these files are gone."""
        for file in (self.path / "files").glob(pattern):
            file.unlink()
        self.server.reload()

    def do_files_restore(self):
        self._files()
        self.server.reload()

    def do_files_upgrade(self):
        """The same program with other names, as a new build has them; the compressed copies are made by a build, so there are none."""
        folder = self.path / "files"
        renamed = {file.name: re.sub(r"-([\w-]{8})(\.\w+)$", r"-next\1\2", file.name) for file in (folder / "assets").iterdir()}
        for file in [*folder.rglob("*.br"), *folder.rglob("*.gz")]:
            file.unlink()
        for file in [*folder.glob("*.html"), *(folder / "assets").iterdir()]:
            if file.suffix in (".html", ".js", ".css"):
                text = file.read_text(encoding="utf-8")
                for old, new in renamed.items():
                    text = text.replace(old, new)
                file.write_text(text, encoding="utf-8")
            if file.parent != folder:
                file.rename(file.with_name(renamed[file.name]))
        self.server.reload()

    def do_dns_records(self):
        return sorted(self.dns.records())

    def do_lab(self, method, path, json=None):  # pylint: disable=redefined-outer-name
        reply = requests.request(method, self.lab.url + path, json=json, verify=self.lab.ca, timeout=20)
        return answer(reply)

    def do_api(self, method, path, json=None, role="ADMIN", headers=None):  # pylint: disable=redefined-outer-name
        assert role in ROLES, role
        return answer(self.server.client(role, checked=False).request(method, path, json=json, headers=headers))

    def do_put_numbers(self, account, first, count, services, header=None):
        client, start = self.server.client("ADMIN", checked=False), int(first.removeprefix("+"))
        more = {"configuration": {"customSipHeader": header}} if header else {}
        make = number_of if services == [OC] else lambda account, number: number_body(number, account, *services, **more)
        for at in range(0, count, 100):
            numbers = [make(account, f"+{start + n}") for n in range(at, min(at + 100, count))]
            reply = client.post(f"/accounts/{account}:createOrUpdateNumbers", json={"numbers": numbers})
            assert reply.status_code == 200, reply.text


def answer(reply):
    try:
        body = reply.json() if reply.content else None
    except json.JSONDecodeError:
        body = reply.text
    return {"status": reply.status_code, "headers": dict(reply.headers), "body": body}


def chromium():
    """The program itself: Debian's launcher adds extensions and keys of its own."""
    program = "/usr/lib/chromium/chromium"
    found = program if os.path.exists(program) else shutil.which("chromium")
    assert found, "Chromium is not installed: apt-get install chromium"
    return found
