"""The daemon has no file descriptors left."""
import os
import resource
import socket
import time

import pytest
import requests
from conftest import phone_number, wait_until
from load import connect, make_account, put_number

REFUSED = 'numgate_http_connections_refused_total{listener="api",reason="files"}'


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def metric(admin, server, name):
    text = admin.get(f"{server.admin_url}/metrics", timeout=5).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


@pytest.mark.parametrize("warm", [True, False], ids=["after requests", "before any request"])
def test_descriptors__running_out_neither_spins_nor_ends_the_daemon(make_server, warm):
    server = make_server()
    make_account(server, "files")
    if not warm:
        server.restart()
    with requests.Session() as admin:
        metric(admin, server, REFUSED)  # its connection is there before the descriptors are gone
        connection = connect(server)
        if warm:
            assert put_number(server, connection, "files", phone_number()).status == 201
        used = len(os.listdir(f"/proc/{server.pid}/fd"))
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (used + 20, used + 20))
        crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]
        wait_until(lambda: metric(admin, server, REFUSED) > 0, what="descriptors running out")
        began, cpu, before = time.monotonic(), cpu_seconds(server.pid), metric(admin, server, REFUSED)
        while metric(admin, server, REFUSED) < before + 10:  # it tries again in pauses, and serves who is there
            assert put_number(server, connection, "files", phone_number()).status in ((200, 201) if warm else (200, 201, 503))
            time.sleep(0.02)  # leaves it time to spin in, if it does
        busy = (cpu_seconds(server.pid) - cpu) / (time.monotonic() - began)
        assert busy < 0.5, f"{busy:.0%} of a core while it can accept nobody"
        for sock in crowd:
            sock.close()
        assert put_number(server, connect(server), "files", phone_number()).status == 201
        connection.close()
    assert server.terminate() == 0
