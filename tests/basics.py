"""What every other file here may use: free ports, waiting for a condition, a server of HTTP."""
import http.server
import os
import random
import socket
import threading
import time


_given = set()  # a program that is down for a while finds its port free when it comes back


def free_port():
    """Below the range that the kernel takes the ports of outgoing connections from: they would be gone before a program listens. Never the
    same one twice. NUMGATE_TEST_PORTS ("FIRST-LAST") is the part of who runs beside others."""
    first, last = map(int, os.environ.get("NUMGATE_TEST_PORTS", "10000-31999").split("-"))
    while True:
        with socket.socket() as s:
            port = random.randint(first, last)
            if port in _given:
                continue
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port


def wait_until(condition, timeout=20.0, what="the condition"):
    """Calls condition() until it returns something true, which is returned; fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    pause = 0.002
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"{what} did not come true in {timeout} s"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


class Listener:
    """A server of HTTP on a loopback port, from `with` to its end; `handler` is a class of http.server."""

    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
