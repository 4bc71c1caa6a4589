"""tests/postgres.py and tests/proxy.py: what tests of the daemon believe about their PostgreSQL and their bad network is true."""
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, state, wait_until
from guardian import workers
from postgres import Cluster, binaries
from proxy import Proxy


@pytest.fixture(scope="module", name="cluster")
def fixture_cluster():
    with Cluster().start() as cluster:
        yield cluster


class Session:
    """A client of a URL that stays connected."""

    def __init__(self, url, **environment):
        self.process = subprocess.Popen([binaries() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", url],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={"PATH": os.environ["PATH"], **environment})

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def ask(self, text):
        self.say(text)
        return self.process.stdout.readline().strip()

    def end(self):
        """The exit status and what it complained of; also right for one that has ended."""
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def client(url, text, **environment):
    """Runs statements as numgate does: over TCP, by the URL."""
    with Session(url, **environment) as session:
        out, said = session.process.communicate(text, timeout=20)
        assert session.process.returncode == 0, said
        return out.strip()


# ---- one server ----

def test_cluster__is_unprivileged_and_so_is_its_client(cluster):
    owner = Path(f"/proc/{cluster.process.pid}").stat().st_uid
    assert owner != 0 and owner == cluster.home.user.pw_uid
    url = cluster.url(cluster.create_database())
    assert client(url, "create table t(x int); insert into t values (1); select current_user, rolsuper from pg_roles"
                       " where rolname = current_user") == "numgate|f"


def test_cluster__wants_the_password_that_is_not_in_the_url(cluster, tmp_path):
    url = cluster.url(cluster.create_database())
    assert cluster.home.password not in url and cluster.home.passfile.stat().st_mode & 0o077 == 0
    wrong = tmp_path / "passfile"
    wrong.write_text("*:*:*:*:wrong\n")
    wrong.chmod(0o600)
    with Session(url.replace(str(cluster.home.passfile), str(wrong))) as session:
        status, said = session.end()
    assert status != 0 and "password authentication failed" in said


def test_cluster__listens_on_loopback_below_the_ports_of_outgoing_connections(cluster):
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    assert cluster.port < max(first, 32768)
    assert cluster.sql("show listen_addresses") == [["127.0.0.1"]]


def test_cluster__syncs_unless_told_otherwise(cluster):
    show = "show fsync; show full_page_writes; show synchronous_commit"
    assert cluster.sql(show) == [["on"], ["on"], ["on"]]
    with Cluster(durable=False).start() as hasty:
        assert hasty.sql(show) == [["off"], ["off"], ["on"]]


@pytest.mark.parametrize("icu_locale,first", [("en-US", "alder"), (None, "Zoom")])
def test_database__is_empty_and_sorts_as_told(cluster, icu_locale, first):
    one, two = cluster.create_database(icu_locale=icu_locale), cluster.create_database(icu_locale=icu_locale)
    client(cluster.url(one), "create table only_here(x int)")
    assert cluster.sql("select count(*) from pg_tables where schemaname = 'public'", two) == [["0"]]
    assert cluster.sql("select x from (values ('Zoom'), ('alder')) as v(x) order by x limit 1", one) == [[first]]
    assert cluster.sql("show server_encoding", one) == [["UTF8"]]


def test_sql__returns_rows_of_texts_and_fails_loudly(cluster):
    assert cluster.sql("select 1, 'a,b', null; select E'x\\ny'") == [["1", "a,b", ""], ["x\ny"]]
    assert cluster.sql("select 1 where false") == []
    with pytest.raises(AssertionError, match="nonsense"):
        cluster.sql("select nonsense")


def test_configure__changes_and_puts_back(cluster):
    before = cluster.sql("show work_mem")
    cluster.configure(work_mem="77kB")
    assert cluster.sql("show work_mem") == [["77kB"]]
    cluster.configure(work_mem=None)
    assert cluster.sql("show work_mem") == before


def test_kill_backends__ends_every_client_and_says_how_many(cluster):
    url = cluster.url(cluster.create_database())
    with Session(url) as one, Session(url) as two:
        assert one.ask("select 1;") == two.ask("select 1;") == "1"
        assert cluster.kill_backends() == 2
        for session in (one, two):
            session.say("select 1;")
            status, said = session.end()
            assert status != 0 and "terminating connection" in said
    assert cluster.kill_backends() == 0


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_stop__keeps_what_was_committed_and_the_port(cluster, mode):
    database, port = cluster.create_database(), cluster.port
    client(cluster.url(database), "create table t(x int); insert into t values (7)")
    with Session(cluster.url(database)) as session:
        session.ask("begin; insert into t values (8); select 1;")
        cluster.stop(mode)
        assert not cluster.alive() and workers(cluster.data) == []
        cluster.start()
    assert cluster.port == port and cluster.sql("select x from t", database) == [["7"]]
    assert ("not properly shut down" in cluster.tail(12)) == (mode == "immediate")


def test_freeze__leaves_connections_without_an_answer_until_the_thaw(cluster):
    with Session(cluster.url(cluster.create_database())) as session:
        assert session.ask("select 1;") == "1"
        cluster.freeze()
        session.say("select 2;")
        with pytest.raises(subprocess.TimeoutExpired):
            cluster.sql("select 3", timeout=0.3)
        assert session.process.poll() is None
        cluster.thaw()
        assert session.process.stdout.readline().strip() == "2"
        cluster.freeze()
        cluster.stop("immediate")  # one that is frozen can be stopped
    cluster.start()


# ---- standbys ----

def test_standby__has_every_acknowledged_commit_and_takes_over():
    with Cluster().start() as primary:
        standby, late = primary.standby(), primary.standby(synchronous=False)
        database = primary.create_database()
        client(primary.url(database), "create table t(x int); insert into t values (1)")
        assert primary.timeline() == standby.timeline() == 1
        assert primary.follows(standby.label, synchronous=True) and primary.follows(late.label)

        standby.freeze()
        url = primary.url(database)
        with Session(url) as waiting:
            waiting.say("insert into t values (2); select 'acknowledged';")
            held = "select count(*) from pg_stat_activity where wait_event = 'SyncRep'"
            wait_until(lambda: primary.sql(held) == [["1"]], what="a commit that waits for its standby")
            assert primary.sql("select x from t", database) == [["1"]]
            standby.thaw()
            assert waiting.process.stdout.readline().strip() == "acknowledged"

        primary.stop("immediate")
        standby.promote()
        assert standby.timeline() == 2 and standby.sql("select x from t order by x", database) == [["1"], ["2"]]
        both = primary.url(database, ports=[primary.port, standby.port], target_session_attrs="read-write")
        assert client(both, "insert into t values (3); select count(*) from t") == "3"  # waits for nobody
        assert primary.start().timeline() == 1  # it does not know
        assert client(both, "select count(*) from t") == "2"
        assert client(standby.url(database), "select count(*) from t") == "3"


# ---- the network ----

@pytest.fixture(name="network")
def fixture_network(cluster):
    with Proxy(cluster.port) as network:
        yield network


@pytest.fixture(name="table")
def fixture_table(cluster):
    """A function that tells what is in a table of a new database, and its name."""
    database = cluster.create_database()
    client(cluster.url(database), "create table t(x int)")

    def rows():
        return [row[0] for row in cluster.sql("select x from t order by x", database)]
    rows.database = database
    return rows


def try_connect(port, seconds):
    with socket.socket() as attempt:
        attempt.settimeout(seconds)
        attempt.connect(("127.0.0.1", port))


def test_network__passes_what_it_gets(cluster, network, table):
    url = cluster.url(table.database, ports=[network.port])
    assert client(url, "insert into t select generate_series(1, 100000); select count(*) from t") == "100000"
    assert len(client(url, "select repeat('x', 3000000)")) == 3000000
    wait_until(lambda: not network.connections, what="nothing kept of connections that ended")


def test_drop__holds_back_both_ways_and_answers_no_new_connection(cluster, network, table):
    with Session(cluster.url(table.database, ports=[network.port])) as session:
        session.ask("select 1;")
        network.drop()
        session.say("insert into t values (1); select 'done';")
        for _ in range(3):
            with pytest.raises(TimeoutError):
                try_connect(network.port, 0.1)
        assert table() == [] and session.process.poll() is None
        network.heal()
        assert session.process.stdout.readline().strip() == "done"
    assert table() == ["1"]
    assert client(cluster.url(table.database, ports=[network.port]), "select 1") == "1"


def test_drop__of_replies_lets_the_commit_happen(cluster, network, table):
    with Session(cluster.url(table.database, ports=[network.port])) as session:
        session.ask("select 1;")
        network.drop(requests=False)
        session.say("insert into t values (1); select 'done';")
        wait_until(lambda: table() == ["1"], what="the commit")
        assert session.process.poll() is None
        network.cut()
        status, said = session.end()
    assert status != 0 and "closed the connection" in said


def test_drop__lets_a_statement_arrive_after_its_sender_is_gone(cluster, network, table):
    with Session(cluster.url(table.database, ports=[network.port])) as session:
        session.ask("select 1;")
        network.drop()
        session.say("insert into t values (1);")
        wait_until(lambda: network.held["requests"], what="the statement being sent")
    assert table() == []
    network.heal()
    wait_until(lambda: table() == ["1"], what="the late statement")




def test_cut__after_drop_loses_what_was_held(cluster, network, table):
    with Session(cluster.url(table.database, ports=[network.port])) as session:
        session.ask("select 1;")
        network.drop()
        session.say("insert into t values (1);")
        network.cut()
        with pytest.raises(ConnectionRefusedError):
            try_connect(network.port, 1)
        assert session.end()[0] != 0
    network.heal()
    assert client(cluster.url(table.database, ports=[network.port]), "select count(*) from t") == "0"


def test_network__can_change_its_state_at_any_time(cluster, network, table):
    url = cluster.url(table.database, ports=[network.port])
    for state in (network.drop, network.cut, network.drop, network.heal, network.drop, network.drop, network.cut, network.cut):
        state()
    network.heal()
    assert client(url, "select 1") == "1"


# ---- the end ----

PROGRAM = """
import os, signal, sys
sys.path[:0] = [{tests!r}]
from postgres import Cluster
cluster = Cluster(durable=False).start()
standby = cluster.standby()
standby.freeze()
print(cluster.home.path, flush=True)
{ending}
"""
ENDINGS = {
    "an exception": "raise KeyboardInterrupt",
    "exit without clean-up": "os._exit(3)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM)",
    "a killed postmaster": "os.kill(cluster.process.pid, signal.SIGKILL)",
}


def segments():
    """Identities of System V shared memory, and names in /dev/shm, that are PostgreSQL's."""
    lines = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()[1:]
    return {line.split()[1] for line in lines} | {path.name for path in Path("/dev/shm").glob("PostgreSQL.*")}


@pytest.mark.parametrize("ending", ENDINGS)
def test_cluster__leaves_nothing_whatever_way_its_process_ends(ending):
    before = segments()
    program = PROGRAM.format(tests=str(ROOT / "tests"), ending=ENDINGS[ending])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    home = Path(done.stdout.strip())
    wait_until(lambda: not home.exists(), what="the folder being removed")
    assert workers(home) == []
    assert segments() <= before


# ---- what servers are told ----

def store_of(server):
    return state.parse_options(server.config.read_text(encoding="utf-8"))["store"]


def test_nodes__share_one_database_and_have_ports_of_their_own(make_nodes):
    one, two = make_nodes(2, "[limits]\nscan_seconds = 1\n[store]\nconnections = 4\n", start=False)
    assert store_of(one) == store_of(two) and store_of(one)["connections"] == "4" and one.port != two.port
    assert client(store_of(one)["url"], "select count(*) from pg_tables where schemaname = 'public'") == "0"
    other, = make_nodes(1, start=False)
    assert store_of(other)["url"] != store_of(one)["url"]


@pytest.mark.parametrize("url", ["sqlite:/nonexistent/x.db",
                                 "postgresql://numgate@127.0.0.1:1,[::1]:2/db?passfile=/a%20b&target_session_attrs=read-write"])
def test_server__stores_where_its_options_say_and_stays_there(make_server, url):
    server = make_server(f"[store]\nurl = {url}\n", start=False)
    assert store_of(server) == {"url": url}
    server.configure("[limits]\nscan_seconds = 1\n")
    usual = store_of(server)
    server.configure("")
    assert store_of(server) == usual != {"url": url}
