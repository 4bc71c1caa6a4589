"""PostgreSQL started by the tests: on a free loopback port, as an unprivileged user, all of it in a temporary folder.

    with Cluster().start() as cluster:
        url = cluster.url(cluster.create_database())    # what [store] url takes
        cluster.sql("select 1")                         # [["1"]], as superuser
        standby = cluster.standby()                     # a commit is acknowledged when this one has it
        standby.freeze(); standby.thaw()
        cluster.stop("immediate"); standby.promote()

Clients come over TCP as the role `numgate`, which owns its databases and is no superuser, with a password that is in a file the URL
names. The tests' own statements go through psql and the socket in the folder, as superuser. Standbys share the folder of their
primary. The folder and all that runs in it end with close(), and with this process, however that ends: see guardian.py.
"""
import csv
import io
import itertools
import os
import pwd
import secrets
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlencode

from basics import free_port, wait_until
from guardian import Folder

for name in [name for name in os.environ if name.startswith("PG")]:
    os.environ.pop(name)  # libpq takes them for whatever a URL does not say

ROLE = "numgate"
STOP = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
START_SECONDS, STATEMENT_SECONDS = 60.0, 60.0  # to come up, recovery included; to answer

# Somebody's time zone and dates, not ours: a store that lets the server's settings into its values shows it. Shared memory in
# files of the data folder: nothing is left in /dev/shm by a server that was killed.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": 300,
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",
    "timezone": "America/St_Johns",
    "datestyle": "SQL, DMY",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
HASTY = {"fsync": "off", "full_page_writes": "off"}


def binaries():
    """The folder of the newest PostgreSQL there is."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    assert found, "PostgreSQL is not installed: apt-get install postgresql"
    return max(found, key=lambda path: int(path.parent.name))


def unprivileged():
    """Who the servers run as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


class Home:
    """The folder of a primary and its standbys; its guardian ends both."""

    def __init__(self):
        self.user = unprivileged()
        self.folder = Folder("numgate-postgres-")
        self.path = self.folder.path
        self.give(self.path)
        self.path.chmod(0o711)
        self.passfile = self.path / "passfile"
        self.password = secrets.token_urlsafe(16)
        with os.fdopen(os.open(self.passfile, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
            out.write(f"*:*:*:{ROLE}:{self.password}\n")

    def give(self, path):
        os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def options(self):
        """How a program of PostgreSQL is started: as that user, in the folder, untouched by a Ctrl-C that is meant for us."""
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "HOME": str(self.path)}
        identity = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        return {"cwd": self.path, "env": environment, "start_new_session": True, **identity}

    def run(self, program, *arguments, text="", timeout=STATEMENT_SECONDS):
        """Runs a program to its end and returns what it wrote."""
        done = subprocess.run([binaries() / program, *map(str, arguments)], input=text, capture_output=True, text=True,
                              timeout=timeout, check=False, **self.options())
        assert done.returncode == 0, f"{program} {text or arguments}: {done.stderr}"
        return done.stdout

    def close(self):
        self.folder.close()


class Cluster:
    """A server with its data. `durable` off: faster, and worth nothing after a crash of the machine; for tests that crash nothing.
    `settings`: more of PostgreSQL's."""

    def __init__(self, durable=True, home=None, label="primary", settings=None):
        self.home = home or Home()
        self.durable, self.label, self.settings = durable, label, settings or {}
        self.port, self.process = free_port(), None
        self.names, self.labels, self.synchronous = itertools.count(1), itertools.count(1), []
        self.folder = self.home.path / label
        self.folder.mkdir()
        self.home.give(self.folder)
        self.log = self.folder / "postgres.log"
        if home is None:
            self._initialize()

    @property
    def data(self):
        return self.folder / "data"

    def _initialize(self):
        self.home.run("initdb", "--pgdata", self.data, "--username", self.home.user.pw_name, "--no-sync", "--encoding", "UTF8",
                      "--locale", "C.UTF-8", "--auth-local", "peer", "--auth-host", "scram-sha-256")

    # ---- its life ----

    def start(self):
        """Returns when it takes connections, after recovery if that is needed."""
        settings = {**SETTINGS, **({} if self.durable else HASTY), **self.settings, "port": self.port, "cluster_name": self.label,
                    "unix_socket_directories": self.home.path}
        command = [binaries() / "postgres", "-D", self.data]
        for setting, value in settings.items():
            command += ["-c", f"{setting}={value}"]
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **self.home.options())
        wait_until(self._is_up, START_SECONDS, f"{self.label} being up")
        if self.sql(f"select 1 from pg_roles where rolname = '{ROLE}'") == []:
            self.sql(f"create role {ROLE} login password '{self.home.password}'")
        return self

    def _is_up(self):
        """The last line of the lock file says so, once the first one is about this process."""
        assert self.alive(), f"PostgreSQL ended with {self.process.returncode}:\n{self.tail()}"
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() in ("ready", "standby")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, mode="fast"):
        """Ends it: "smart" waits for its clients, "fast" ends their sessions, "immediate" is a crash that the next start recovers from.
        A fast stop waits for what a standby has not got yet, a frozen one too."""
        if self.alive():
            self.thaw()
            self.process.send_signal(STOP[mode])
            self.process.wait(START_SECONDS)

    def restart(self, mode="fast"):
        self.stop(mode)
        return self.start()

    def close(self):
        """Ends it and what shares its folder, and removes that."""
        self.home.close()
        if self.process is not None:
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def processes(self):
        """The process ids: the postmaster first, then its children."""
        pid = self.process.pid
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())]

    def freeze(self):
        """From now on it does not answer; connections to it stay, and new ones are not refused."""
        def frozen():
            """A child that was started just before the signal reached its parent gets one, too."""
            running = [pid for pid in self.processes() if state_of(pid) not in "TZX"]
            self._signal(running, signal.SIGSTOP)
            return not running
        wait_until(frozen, what=f"{self.label} being frozen")

    def thaw(self):
        """Does nothing to one that is not frozen."""
        self._signal(reversed(self.processes()), signal.SIGCONT)

    @staticmethod
    def _signal(pids, number):
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def tail(self, lines=15):
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    # ---- what tests say to it ----

    def psql(self, conninfo, text, timeout=STATEMENT_SECONDS):
        """Rows of what the statements answer, each a list of texts (null is empty); a transaction a statement."""
        out = self.home.run("psql", "--no-psqlrc", "--quiet", "--csv", "--tuples-only", "--set", "ON_ERROR_STOP=1",
                            f"host={self.home.path} port={self.port} user={self.home.user.pw_name} {conninfo}", text=text,
                            timeout=timeout)
        return list(csv.reader(io.StringIO(out, newline="")))

    def sql(self, text, database="postgres", timeout=STATEMENT_SECONDS):
        return self.psql(f"dbname={database}", text, timeout)

    def configure(self, **settings):
        """Changes settings that a reload changes; sessions that begin afterwards have them. None: as it was at first."""
        loaded = self.sql("select pg_conf_load_time()")
        for setting, value in settings.items():
            self.sql(f"alter system reset {setting}" if value is None else f"alter system set {setting} = '{value}'")
        self.sql("select pg_reload_conf()")
        wait_until(lambda: self.sql("select pg_conf_load_time()") != loaded, what="the new settings")

    def kill_backends(self):
        """Ends the session of every client; how many there were."""
        return len(self.sql("select pg_terminate_backend(pid) from pg_stat_activity"
                            " where backend_type = 'client backend' and pid <> pg_backend_pid()"))

    def create_database(self, database=None, icu_locale="en-US"):
        """A new empty one; its name. By default it sorts as people do, so that text that wants the order of bytes must say so;
        None: in the order of bytes."""
        database = database or f"test{next(self.names)}"
        locale = f"locale_provider icu icu_locale '{icu_locale}'" if icu_locale else ""
        self.sql(f"create database {database} owner {ROLE} template template0 encoding 'UTF8' locale 'C.UTF-8' {locale}")
        return database

    def url(self, database, ports=None, **options):
        """Where numgate finds a database. `ports`: those of other clusters or proxies, in the order they are tried; options as of
        libpq, such as target_session_attrs="read-write"."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports or [self.port])
        return f"postgresql://{ROLE}@{hosts}/{database}?" + urlencode({"passfile": self.home.passfile, **options}, safe="/")

    # ---- replication ----

    def standby(self, synchronous=True):
        """A further server that follows this one by streaming. Synchronous: from now on a commit here waits for any one such."""
        label = f"{self.label}_standby{next(self.labels)}"
        self.sql(f"select pg_create_physical_replication_slot('{label}')")
        other = Cluster(self.durable, self.home, label)
        self.home.run("pg_basebackup", "--pgdata", other.data, "--host", self.home.path, "--port", self.port, "--username",
                      self.home.user.pw_name, "--wal-method", "stream", "--slot", label, "--write-recovery-conf",
                      "--checkpoint", "fast", "--no-sync")
        other.start()
        other.configure(synchronous_standby_names=None)  # a copy of ours; once promoted it stands alone
        if synchronous:
            self.synchronous.append(label)
            self.configure(synchronous_standby_names=f"ANY 1 ({', '.join(self.synchronous)})")
        wait_until(lambda: self.follows(label, synchronous), what=f"{label} following")
        return other

    def follows(self, label, synchronous=False):
        """True when that standby gets what this one writes as it is written."""
        state = "quorum" if synchronous else "async"
        return self.sql(f"select 1 from pg_stat_replication where application_name = '{label}' and state = 'streaming'"
                        f" and sync_state = '{state}'") != []

    def promote(self):
        """Makes a standby a primary. Whoever was it does not learn of it."""
        assert self.sql("select pg_promote()") == [["t"]], f"{self.label} was not promoted:\n{self.tail()}"

    def timeline(self):
        """Grows by one with each promotion."""
        return int(self.psql("dbname=postgres replication=database", "IDENTIFY_SYSTEM")[0][1])


def state_of(pid):
    """The letter in /proc; X for none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return "X"
