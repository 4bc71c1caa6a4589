"""A TCP proxy that can be a bad network: it stands between a node and its database.

    with Proxy(cluster.port) as network:
        url = cluster.url(database, ports=[network.port])
        network.drop()                      # no packet passes: connections stay, nothing comes, and no new one is made
        network.drop(requests=False)        # requests arrive, their replies do not
        network.cut()                       # every connection ends, new ones are refused
        network.heal()

As with TCP over a network that drops packets, bytes sent meanwhile wait, and arrive when it heals, even if the sender has given up:
a statement can reach the database long after the node took it for lost. cut() after drop() loses them.
"""
import contextlib
import socket
import threading

from basics import free_port

BACKLOG, CHUNK_BYTES = 128, 65536


class Proxy:
    """`changed` guards all that is set after it; the threads are the listener's and two a connection."""

    def __init__(self, target_port, host="127.0.0.1"):
        self.target, self.port = (host, target_port), free_port()
        self.changed = threading.Condition()
        self.open = {"requests": True, "replies": True}
        self.held = {"requests": 0, "replies": 0}  # connections that have sent what does not pass
        self.connections, self.listener, self.fillers, self.holding = set(), None, [], False
        self.heal()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cut()

    def drop(self, requests=True, replies=True):
        """Bytes of these directions wait. With `requests`, an attempt to connect stays without an answer."""
        with self.changed:
            self._listen()
            self._pass(not requests, not replies)
            if requests and not self.fillers:
                self._fill()

    def cut(self):
        with self.changed:
            listener, self.listener = self.listener, None
            ended, self.connections = self.connections, set()
            self._pass(True, True)
        if listener:
            close(listener)
        for connection in ended:
            connection.close()

    def heal(self):
        with self.changed:
            self._listen()
            self._pass(True, True)

    def _pass(self, requests, replies):
        self.open = {"requests": requests, "replies": replies}
        if requests:
            for filler in self.fillers:
                filler.close()
            self.fillers = []
            if self.listener:
                self.listener.listen(BACKLOG)
        self.changed.notify_all()

    # ---- new connections ----

    def _listen(self):
        if self.listener:
            return
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(BACKLOG)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _fill(self):
        """A listener whose queue is full does not answer. The first filler makes the accepting thread hold a connection and come for no
        other; the second takes the one place that the queue then has, or finds none."""
        self.fillers.append(socket.create_connection(("127.0.0.1", self.port)))
        self.changed.wait_for(lambda: self.holding)
        self.listener.listen(0)
        self.fillers.append(socket.socket())
        self.fillers[-1].setblocking(False)
        self.fillers[-1].connect_ex(("127.0.0.1", self.port))

    def _accept(self, listener):
        with contextlib.suppress(OSError):  # it was closed
            while True:
                client, _ = listener.accept()
                with self.changed:
                    self.holding = True
                    self.changed.notify_all()
                    self.changed.wait_for(lambda: self.open["requests"])
                    self.holding = False
                self._join(listener, client)

    def _join(self, listener, client):
        """Not for one that gave up while it waited, and not for a filler."""
        server = connect(self.target) if alive(client) else None
        with self.changed:
            if server is None or self.listener is not listener:
                close(client)
                if server:
                    close(server)
                return
            connection = Connection(self, client, server)
            self.connections.add(connection)
        connection.start()

    # ---- for connections ----

    def passes(self, direction, connection):
        """Waits until bytes may pass; false: the connection is gone."""
        with self.changed:
            self.held[direction] += 1
            self.changed.wait_for(lambda: self.open[direction] or connection not in self.connections)
            self.held[direction] -= 1
            return connection in self.connections

    def forget(self, connection):
        with self.changed:
            self.connections.discard(connection)
            self.changed.notify_all()
        connection.close()


class Connection:
    """A client's, and the one to the target made for it."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self):
        for ends in (("requests", self.client, self.server), ("replies", self.server, self.client)):
            threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, direction, source, sink):
        """The end of one direction is that of both: no client of PostgreSQL closes half a connection."""
        with contextlib.suppress(OSError):  # a reset is an end
            while data := source.recv(CHUNK_BYTES):
                if not self.proxy.passes(direction, self):
                    return
                sink.sendall(data)
        if self.proxy.passes(direction, self):
            self.proxy.forget(self)

    def close(self):
        close(self.client)
        close(self.server)


def close(end):
    """Wakes who waits in another thread, which close() alone does not."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def alive(client):
    """False when the other side has closed already and sent nothing."""
    client.setblocking(False)
    try:
        return client.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        client.setblocking(True)


def connect(target):
    try:
        server = socket.create_connection(target, timeout=5)
    except OSError:
        return None
    server.settimeout(None)
    return server
