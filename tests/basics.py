"""What every other file here may use: free ports, and waiting for a condition."""
import random
import socket
import time


def free_port():
    """Below the range that the kernel takes the ports of outgoing connections from: they would be gone before a program listens."""
    while True:
        with socket.socket() as s:
            port = random.randrange(10000, 32000)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


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
