"""Nodes on one database, clients that call them as fast as they can, and what must be true of the database whatever those did."""
import concurrent.futures
import http.client
import itertools
import json
import socket
import ssl
import sys
import time
from dataclasses import dataclass

import requests
from conftest import API_VERSION, ROOT, account_body, number_body, phone_number, wait_until

sys.path.append(str(ROOT / "tests" / "ledger"))
from ledger import OPEN_TRANSACTIONS, Ledger, verify_rows  # noqa: E402

GONE = http.client.HTTPException, OSError  # what a client sees of a daemon that is gone
TIMES_OUT = 60.0  # far more than any answer may take

ZOOM, ROUTING = "zoomPhoneCloudPeering", "teamsDirectRouting"

_names = itertools.count(1)


def new_name(prefix):
    """Of an account; short, since an audit row has it too."""
    return f"{prefix}-{next(_names)}"


@dataclass(repr=False)
class Answer:
    status: int
    headers: object
    text: bytes
    seconds: float

    @property
    def etag(self):
        return self.headers["ETag"]

    def json(self):
        return json.loads(self.text)

    @property
    def code(self):
        """Of an error."""
        return self.headers["x-ms-error-code"]

    def __repr__(self):
        return f"{self.status} {self.text.decode()} after {self.seconds:.2f} s"


class Caller:
    """A client with one connection to a node, which it makes again when it is gone."""

    def __init__(self, node, seconds=TIMES_OUT):
        self.node, self.seconds, self.connection = node, seconds, None
        self.context = ssl.create_default_context(cafile=node.ca)
        self.authorization = f"Bearer {node.lab.token()}"

    def connect(self):
        raw = socket.create_connection(("127.0.0.1", self.node.port), self.seconds)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = http.client.HTTPSConnection("localhost", self.node.port, timeout=self.seconds)
        self.connection.sock = self.context.wrap_socket(raw, server_hostname="localhost")

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def call(self, method, path, body=None, **headers):
        """The answer. GONE: there is none."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        text = json.dumps(body).encode() if body is not None else None
        mark = "&" if "?" in path else "?"
        begun = time.monotonic()
        try:
            if self.connection is None or self.connection.sock is None:
                self.connect()
            self.connection.request(method, f"{path}{mark}api-version={API_VERSION}", text,
                                    {"Authorization": self.authorization, "Content-Type": "application/json", **headers})
            reply = self.connection.getresponse()
            text = reply.read()
        except GONE:
            self.close()
            raise
        return Answer(reply.status, reply.headers, text, time.monotonic() - begun)

    # ---- what is called most ----

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def put_account(self, name, *services, **headers):
        return self.call("PUT", f"/accounts/{name}", account_body(name, *services or (ZOOM,)), **headers)

    def put_number(self, account, number, *services, value=None, **headers):
        more = {"configuration": {"customSipHeader": value}} if value is not None else {}
        return self.call("PUT", f"/accounts/{account}/numbers/{number}", number_body(number, account, *services, **more), **headers)

    def delete_number(self, account, number, **headers):
        return self.call("DELETE", f"/accounts/{account}/numbers/{number}", **headers)


class Crowd:
    """Threads that stay: what they are given begins together."""

    def __init__(self, size):
        self.pool = concurrent.futures.ThreadPoolExecutor(size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pool.shutdown()

    def do(self, *jobs):
        """What each of them returned, in their order; fails if one did."""
        return [future.result() for future in [self.pool.submit(job) for job in jobs]]

    def race(self, number, one, two):
        """Both at once; in every second round the second one is off first."""
        if number % 2:
            return tuple(reversed(self.do(two, one)))
        return tuple(self.do(one, two))


class Site:
    """A database and the nodes on it. `ports`: for each node those it looks for the database on, instead of the cluster's own; further
    options are libpq's."""

    def __init__(self, make_nodes, cluster, count=2, config="", ports=None, **options):
        self.cluster, self.database = cluster, cluster.create_database()
        if ports:
            self.nodes = [make_nodes(1, config, cluster.url(self.database, p, **options))[0] for p in ports]
        else:
            self.nodes = make_nodes(count, config, cluster.url(self.database, **options))

    def sql(self, text):
        return self.cluster.sql(text, self.database)

    def callers(self, count):
        """So many clients, taking turns in which node they call."""
        return [Caller(self.nodes[i % len(self.nodes)]) for i in range(count)]

    def account(self, *services):
        """A new one; its name."""
        name = new_name("account")
        answer = Caller(self.nodes[0]).put_account(name, *services)
        assert answer.status == 201, answer
        return name

    def number(self, account, *services, **more):
        """A new one of an account."""
        number = phone_number()
        answer = Caller(self.nodes[0]).put_number(account, number, *services, **more)
        assert answer.status == 201, answer
        return number

    def ready(self):
        """What each node says of itself."""
        return [requests.get(f"{node.admin_url}/ready", timeout=TIMES_OUT).status_code for node in self.nodes]

    def await_ready(self):
        wait_until(lambda: set(self.ready()) == {200}, what="all nodes being ready")

    def await_quiet(self):
        """Until nothing is under way any more, of nodes that are gone too."""
        wait_until(lambda: not self.sql(OPEN_TRANSACTIONS), what="the end of all transactions")

    def ledger(self, seed):
        """Of patient clients of all nodes."""
        return Ledger(self.nodes[0], seed, self.nodes, patient=True, settled=self.await_quiet)

    def verify(self):
        verify_rows(self.sql)
