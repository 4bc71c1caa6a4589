"""Fixtures of the whole-program tests: the real programs, started on free loopback ports with state in a temporary folder.

    lab          a running Lab (issuer), one for the whole run
    server       a running Server, one for the whole run, rate limit off
    make_server  function that starts further servers with other options; they end with the test
    make_nodes   function that starts several servers on one PostgreSQL database; they end with the test

NUMGATE_BIN names the folder of the built programs (build/bin); NUMGATE_TEST_LEVEL is quick, ci or full. NUMGATE_TEST_STORE is sqlite
or postgresql: what every Server stores in, unless its options say otherwise. Nothing here sleeps for a fixed time: wait_until() asks
again and again until a condition holds. When a test fails, the logs' tails are in its report.
"""
import base64
import functools
import itertools
import json
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), *(str(ROOT / "tests" / room) for room in ("api", "lab", "dns", "sync", "portal"))]
import contract  # noqa: E402  (tests/api/contract.py)
import state  # noqa: E402  (tools/state.py)
from basics import free_port, wait_until  # noqa: E402
from postgres import Cluster  # noqa: E402

for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
    os.environ.pop(name, None)  # they would win over the lab's CA

API_VERSION = "2024-02-29-preview"
LEVEL = os.environ.get("NUMGATE_TEST_LEVEL", "ci")
BIN = Path(os.environ.get("NUMGATE_BIN", ROOT / "build" / "bin")).resolve()
STORE = os.environ.get("NUMGATE_TEST_STORE", "sqlite")
assert STORE in ("sqlite", "postgresql"), f"NUMGATE_TEST_STORE={STORE}"

# For tests that are about SQLite itself: its file, its lock, its one writer.
sqlite_only = pytest.mark.skipif(STORE != "sqlite", reason="about SQLite")

# Clients of the lab that only tests have, beside ADMIN, READ, WRITE and DELETE of every state folder.
CLIENTS = {
    **state.CLIENTS,
    "V1": {"roles": ["ProvisioningAPI.Admin"], "token_version": 1},
    "PS256": {"roles": ["ProvisioningAPI.Admin"], "algorithm": "PS256"},
    "ES256": {"roles": ["ProvisioningAPI.Admin"], "algorithm": "ES256"},
    "NO_ROLE": {"roles": []},
    "OTHER_ROLE": {"roles": ["Mail.Read"]},
    "USER_ADMIN": {"roles": ["ProvisioningAPI.AdminUser"]},
    "USER_READ": {"roles": ["ProvisioningAPI.ReadUser"]},
    "SHORT": {"roles": ["ProvisioningAPI.Admin"], "token_seconds": 1},
    "KEYED": {"roles": ["ProvisioningAPI.Admin"], "certificates": ["keyed-rsa.pem", "keyed-ec.pem"]},
}


def rounds(quick, ci, full):
    """How often to do something, by the size of the test run."""
    return {"quick": quick, "ci": ci, "full": full}[LEVEL]


class Program:
    """A program of ours: started, waited for, ended; its output is kept in a file."""

    running = []  # of the test in progress: their logs go into its report

    def __init__(self, name, arguments, log, environment=None):
        self.name, self.arguments, self.log = name, [str(a) for a in arguments], Path(log)
        self.environment = {**os.environ, **(environment or {})}
        self.works_in = None  # a folder; None: ours
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def spawn(self):
        assert (BIN / self.name).exists(), f"{BIN / self.name} is not built: ./dev build, or set NUMGATE_BIN"
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen([BIN / self.name, *self.arguments], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, env=self.environment, cwd=self.works_in)
        Program.running.append(self)
        return self

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def await_ready(self, check, timeout=30.0):
        def ready():
            assert self.alive(), f"{self.name} ended with {self.process.returncode}:\n{self.tail()}"
            try:
                return check()
            except requests.RequestException:
                return False
        wait_until(ready, timeout, f"{self.name} being ready")
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=60.0):
        """The exit status; negative: the signal that killed it."""
        status = self.process.wait(timeout)
        if self in Program.running:
            Program.running.remove(self)
        return status

    def terminate(self, timeout=60.0):
        """SIGTERM, then the exit status of the drain."""
        if self.alive():
            self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        """SIGKILL."""
        if self.alive():
            self.signal(signal.SIGKILL)
        return self.wait()

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def stop(self):
        """Whatever state it is in: ended afterwards."""
        if self.process is None:
            return
        try:
            self.terminate(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def output(self):
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def tail(self, lines=15):
        return "\n".join(self.output().splitlines()[-lines:])

    def log_rows(self):
        """The log's JSON lines as dicts; one that is just being written is not one yet."""
        return [json.loads(line) for line in self.output().splitlines(keepends=True) if line.startswith("{") and line.endswith("\n")]


@functools.cache
def shared_cluster():
    """The PostgreSQL of this run, which ends with it. What is on it does not survive a crash of the machine, and nobody may stop it: tests
    that do make a Cluster of their own."""
    return Cluster(durable=False).start()


def new_database():
    """The URL of an empty database on it."""
    return shared_cluster().url(shared_cluster().create_database())


def database_of(url):
    return url.split("?")[0].rsplit("/", 1)[1]


def on_store(config, url):
    """Options, with the store at `url` unless they name one."""
    return state.format_options(state.merge_options({"store": {"url": url}}, state.parse_options(config)))


class Lab(Program):
    """numgate-lab: the issuer, and the clients it knows."""

    def __init__(self, directory, settings, portal_redirect_uris=()):
        command = state.lab_command(directory, settings, portal_redirect_uris)
        super().__init__("numgate-lab", command[1:], directory / "numgate-lab.log")
        self.directory, self.settings = directory, settings
        self.url = settings["NUMGATE_AUTHORITY"]
        self.tenant = settings["NUMGATE_TENANT"]
        self.scope = settings["NUMGATE_SCOPE"]
        self.ca = settings["NUMGATE_CA"]
        self.tokens = {}

    @property
    def authority(self):
        return f"{self.url}/{self.tenant}"

    def start(self):
        self.spawn()
        discovery = f"{self.authority}/v2.0/.well-known/openid-configuration"
        return self.await_ready(lambda: requests.get(discovery, verify=self.ca, timeout=5).ok)

    def client(self, role):
        """Id and secret."""
        return (self.settings[f"NUMGATE_{role}_CLIENT_ID"], self.settings[f"NUMGATE_{role}_CLIENT_SECRET"])

    def token_reply(self, role="ADMIN", path="oauth2/v2.0/token", **form):
        """The answer to a client-credentials request; `form` replaces and adds fields."""
        client_id, secret = self.client(role)
        fields = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": self.scope,
                  **form}
        return requests.post(f"{self.authority}/{path}", data=fields, verify=self.ca, timeout=10)

    def token(self, role="ADMIN", **form):
        """An access token; the plain ones are kept for the whole run."""
        if not form and role in self.tokens:
            return self.tokens[role]
        reply = self.token_reply(role, **form)
        assert reply.status_code == 200, reply.text
        token = reply.json()["access_token"]
        if not form:
            self.tokens[role] = token
        return token


def claims(token):
    """The claims of a JWT, unchecked."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Server(Program):
    """numgated on a state folder of its own, accepting tokens of a lab."""

    def __init__(self, directory, lab, config="", environment=None, port=None):
        self.directory, self.lab, self.chosen = Path(directory), lab, port or free_port()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.settings = None
        self.store_url = new_database() if STORE == "postgresql" else f"sqlite:{self.database}"
        self.configure(config)
        super().__init__("numgated", ["--config", self.config], self.directory / "numgated.log", environment)

    def configure(self, config):
        """Writes the configuration; ports are kept once chosen. `config` holds options that replace the usual ones."""
        old = self.settings or {}
        port = old.get("NUMGATE_URL", f":{self.chosen}").rsplit(":", 1)[1]
        admin_port = old.get("NUMGATE_ADMIN_URL", f":{free_port()}").rsplit(":", 1)[1]
        usual = state.parse_options("[limits]\nrequests_per_minute = 0\nrequests_per_minute_user = 0\n")
        text = state.format_options(state.merge_options(usual, state.parse_options(on_store(config, self.store_url))))
        link = self.directory / "tls"
        if not link.exists():
            link.symlink_to(self.lab.directory / "tls")  # one CA for both
        (self.directory / "settings").write_text((self.lab.directory / "settings").read_text())
        self.settings = state.make(self.directory, BIN, port, self.lab.url.rsplit(":", 1)[1], admin_port, text, CLIENTS)

    @property
    def config(self):
        return self.directory / "numgated.conf"

    @property
    def database(self):
        """The file, on SQLite."""
        return self.directory / "numgate.db"

    @property
    def url(self):
        return self.settings["NUMGATE_URL"]

    @property
    def admin_url(self):
        return self.settings["NUMGATE_ADMIN_URL"]

    @property
    def ca(self):
        return self.settings["NUMGATE_CA"]

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def start(self):
        self.spawn()
        return self.await_up()

    def await_up(self):
        return self.await_ready(lambda: requests.get(f"{self.admin_url}/ready", timeout=5).status_code == 200)

    def restart(self):
        self.stop()
        return self.start()

    def reload(self):
        self.signal(signal.SIGHUP)

    def run(self, *arguments, **options):
        """Runs another command of numgated, such as run("seed", file, "--config", server.config)."""
        return subprocess.run([BIN / "numgated", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False,
                              **options)

    def shell(self, role="ADMIN"):
        """The environment of a shell that sourced the server's settings, and nothing else of this machine's."""
        client_id, secret = self.lab.client(role)
        return {"PATH": os.environ["PATH"], "HOME": str(self.directory), "NUMGATE_URL": self.url, "NUMGATE_AUTHORITY": self.lab.url,
                "NUMGATE_TENANT": self.lab.tenant, "NUMGATE_SCOPE": self.lab.scope, "NUMGATE_CA": str(self.ca),
                "NUMGATE_CLIENT_ID": client_id, "NUMGATE_CLIENT_SECRET": secret}

    def metrics(self):
        """{'name{label="x"}': value} of the admin port."""
        lines = requests.get(f"{self.admin_url}/metrics", timeout=5).text.splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}

    def client(self, role="ADMIN", **options):
        return Client(self, role, **options)


class Client(requests.Session):
    """A session towards a server as one of the clients of its lab. Paths are relative; api-version is added unless told otherwise.
    Every reply is held against the contract, unless `checked` is false."""

    def __init__(self, server, role="ADMIN", token=None, api_version=API_VERSION, checked=True):
        super().__init__()
        self.server, self.role, self.given, self.api_version, self.checked = server, role, token, api_version, checked
        self.verify = server.ca
        self.trust_env = False

    def request(self, method, path, *, params=None, headers=None, **options):
        headers = dict(headers or {})
        if "Authorization" not in headers and self.role:
            headers["Authorization"] = f"Bearer {self.given or self.server.lab.token(self.role)}"
        params = dict(params or {})
        if self.api_version and "api-version=" not in path and not path.startswith("/numgate/"):
            params.setdefault("api-version", self.api_version)
        url = path if path.startswith("https://") else self.server.url + path
        options.setdefault("timeout", 30)
        reply = super().request(method, url, params=params, headers=headers, **options)
        if self.checked:
            contract.check_reply(reply)
        return reply

    def pages(self, path, **params):
        """Every page of a list, by nextLink."""
        reply = self.get(path, params=params)
        while True:
            assert reply.status_code == 200, reply.text
            yield reply
            link = reply.json().get("nextLink")
            if not link:
                return
            reply = self.get(link)

    def items(self, path, **params):
        return [item for page in self.pages(path, **params) for item in page.json()["value"]]


# ---- resources as a client would write them ----

SERVICES = ("teamsOperatorConnect", "teamsPhoneMobile", "teamsDirectRouting", "zoomPhoneCloudPeering",
            "azureOperatorCallProtection")
_names = itertools.count(1)
_numbers = itertools.count(49_30_000_0000)


def account_name(prefix="account"):
    """A name that no other test uses."""
    return f"{prefix}-{os.getpid()}-{next(_names)}"


def phone_number():
    """A number that no other test uses."""
    return f"+{next(_numbers)}"


def account_body(name, *services, **fields):
    """An account that has the services enabled, without sync."""
    details = {}
    for service in services or ("zoomPhoneCloudPeering",):
        details[service] = {"enabled": True}
        if service != "azureOperatorCallProtection":
            details[service]["syncEnabled"] = False
    return {"name": name, "serviceDetails": details, **fields}


def number_body(number, account, *services, **fields):
    details = {service: {"enabled": True} for service in services or ("zoomPhoneCloudPeering",)}
    return {"telephoneNumber": number, "accountName": account, "serviceDetails": details, **fields}


def uuid_text():
    return str(uuid.uuid4())


# ---- fixtures ----

def make_keys(directory):
    """PEM files of the client KEYED: keyed-rsa.pem and keyed-ec.pem, each with a private key and its certificate."""
    directory.mkdir(parents=True, exist_ok=True)
    for kind, algorithm in (("rsa", ["rsa:2048"]), ("ec", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])):
        file = directory / f"keyed-{kind}.pem"
        file.touch(0o600)
        made = subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", *algorithm, "-subj", "/CN=bss", "-keyout", "-"], check=True,
                              capture_output=True, text=True)
        file.write_text(made.stdout)


def make_lab(directory, portal=None, portal_redirect_uris=()):
    """A lab with the tests' clients, not started; `portal`: what people sign in to, see state.client_file()."""
    make_keys(directory / "lab")
    return Lab(directory, state.make(directory, BIN, free_port(), free_port(), free_port(), clients=CLIENTS, portal=portal), portal_redirect_uris)


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    program = make_lab(tmp_path_factory.mktemp("lab")).start()
    yield program
    program.stop()


@pytest.fixture(scope="session")
def server(lab, tmp_path_factory):
    program = Server(tmp_path_factory.mktemp("server"), lab).start()
    yield program
    program.stop()


@pytest.fixture
def make_server(lab, tmp_path):
    """make_server(config="", start=True, environment=None): a server of this test's own."""
    made = []

    def make(config="", start=True, environment=None):
        program = Server(tmp_path / f"server-{len(made)}", lab, config, environment)
        made.append(program)
        return program.start() if start else program

    yield make
    for program in made:
        program.stop()


@pytest.fixture
def make_nodes(make_server):
    """make_nodes(count, config="", url=None, start=True): servers on one database, of PostgreSQL whatever the others of this run are on;
    `url`: which, a new one without. They are started at the same time."""
    def make(count, config="", url=None, start=True):
        shared = on_store(config, url or new_database())
        nodes = [make_server(shared, start=False) for _ in range(count)]
        for node in nodes if start else []:
            node.spawn()
        return [node.await_up() for node in nodes] if start else nodes
    return make


@pytest.fixture
def numgate(server):
    """numgate("account", "list", code=0, role="ADMIN", to=server, stdin="", variables={}): runs the command line; the exit code must be as said."""
    def run(*arguments, code=0, role="ADMIN", to=None, stdin="", variables=None):
        done = subprocess.run([BIN / "numgate", *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=120, check=False,
                              env={**(to or server).shell(role), **(variables or {})})
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done
    return run


@pytest.fixture
def admin(server):
    return server.client("ADMIN")


@pytest.fixture
def account(admin):
    """An account with every service enabled, gone after the test. Its name."""
    name = account_name()
    reply = admin.put(f"/accounts/{name}", json=account_body(name, *SERVICES))
    assert reply.status_code == 201, reply.text
    yield name
    admin.delete(f"/accounts/{name}", params={"deleteNumbers": "true"})


def pytest_collect_file(file_path, parent):
    """Tests in a browser are written for node."""
    if file_path.name.endswith(".spec.mjs"):
        import specs  # tests/portal/specs.py, which wants this file
        return specs.SpecFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):  # pylint: disable=unused-argument
    report = (yield).get_result()
    if report.failed:
        for program in Program.running:
            report.sections.append((f"log of {program.name}, {program.log}", program.tail()))
