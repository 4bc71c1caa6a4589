"""Clients that put numbers as fast as they can, and remember each request's fate."""
import http.client
import json
import socket
import ssl
import threading

from conftest import API_VERSION, account_body, number_body, phone_number

GONE = http.client.HTTPException, OSError


class NotAccepted(Exception):
    """The server's kernel refused the connection, or ignored it."""


def connect(server, timeout=20, patience=20):
    """A connection with its handshake done. `patience`: seconds until an ignored connection counts as refused."""
    try:
        raw = socket.create_connection(("127.0.0.1", server.port), patience)
    except (ConnectionRefusedError, TimeoutError) as error:
        raise NotAccepted from error
    raw.settimeout(timeout)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # headers and body are written apart
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=timeout)
    connection.sock = ssl.create_default_context(cafile=server.ca).wrap_socket(raw, server_hostname="localhost")
    return connection


def put_number(server, connection, account, number, **headers):
    """The reply, read to its end."""
    connection.request("PUT", f"/accounts/{account}/numbers/{number}?api-version={API_VERSION}",
                       json.dumps(number_body(number, account)),
                       {"Authorization": f"Bearer {server.lab.token()}", "Content-Type": "application/json", **headers})
    reply = connection.getresponse()
    reply.read()
    return reply


def make_account(server, name, *services):
    with server.client() as client:
        reply = client.put(f"/accounts/{name}", json=account_body(name, *services))
        assert reply.status_code in (200, 201), reply.text


class Load:
    """Some clients keep their connection, the others make one for each request."""

    def __init__(self, server, account, keeping=3, connecting=3):
        self.server, self.account = server, account
        self.acknowledged, self.wrong = [], []  # numbers; requests that were sent and had no good answer
        self.changed = threading.Condition()
        self.threads = [threading.Thread(target=self.run, args=(i < keeping,)) for i in range(keeping + connecting)]

    def start(self, answers):
        """Returns when so many requests were answered."""
        for thread in self.threads:
            thread.start()
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.acknowledged) >= answers or self.wrong, 30)
        return self

    def join(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client got neither an answer nor the end of its connection"

    def note(self, fates, fate):
        with self.changed:
            fates.append(fate)
            self.changed.notify_all()

    def run(self, keep):
        while True:
            try:
                connection = connect(self.server, patience=0.3)
            except NotAccepted:
                return  # the daemon has stopped listening: the only way in which a client may be left without an answer
            except GONE as error:
                self.note(self.wrong, f"a connection that was accepted ended in its handshake: {error!r}")
                return
            while self.request(connection) and keep:
                pass
            connection.close()

    def request(self, connection):
        """True while the connection may be used again."""
        number = phone_number()
        try:
            reply = put_number(self.server, connection, self.account, number)
        except GONE as error:
            self.note(self.wrong, f"{number} was sent and not answered: {error!r}")
            return False
        self.note(*((self.acknowledged, number) if reply.status == 201 else (self.wrong, f"{number}: {reply.status}")))
        return not reply.will_close and connection.sock is not None
