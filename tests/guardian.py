"""python3 guardian.py FOLDER: waits for the end of its standard input, then ends whatever works in FOLDER and removes it.

The other end of the pipe is in the process that started it, so this happens however that one ends, SIGKILL included. What works in
FOLDER is every process whose current folder is in it: all of PostgreSQL's have theirs in the data folder.

    folder = Folder("numgate-something-")    # in a program: a new one under the machine's temporary folder, with its guardian
    folder.path; folder.close()
"""
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE_SECONDS = 10  # of an immediate shutdown


class Folder:
    """Ends, with all that works in it, with close(), and with this process however that ends."""

    def __init__(self, prefix):
        self.path = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
        self.guardian = subprocess.Popen([sys.executable, "-I", __file__, self.path], stdin=subprocess.PIPE, start_new_session=True, cwd="/")
        atexit.register(self.close)

    def close(self):
        atexit.unregister(self.close)
        self.guardian.stdin.close()
        self.guardian.wait()


def workers(folder):
    """Process ids; a process that has ended and was not waited for has no current folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                place = Path(os.readlink(entry / "cwd").removesuffix(" (deleted)"))
            except OSError:
                continue
            if place == folder or folder in place.parents:
                found.append(int(entry.name))
    return found


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def end_workers(folder):
    """SIGQUIT, which a postmaster takes as an order to end at once with all its processes; SIGKILL for who does not. Frozen ones wake."""
    end = time.monotonic() + PATIENCE_SECONDS
    asked = set()
    while pids := workers(folder):
        if time.monotonic() > end:
            send(pids, signal.SIGKILL)
        send(set(pids) - asked, signal.SIGQUIT)
        send(pids, signal.SIGCONT)
        asked.update(pids)
        time.sleep(0.01)


def remove_segments(folder):
    """The shared memory of postmasters that were killed: line 7 of a lock file that is still there ends in its identity."""
    for file in folder.glob("*/data/postmaster.pid"):
        lines = file.read_text(encoding="utf-8").splitlines()
        if len(lines) > 6 and lines[6].split():
            subprocess.run(["ipcrm", "-m", lines[6].split()[-1]], stderr=subprocess.DEVNULL, check=False)


def main():
    folder = Path(sys.argv[1]).resolve()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_workers(folder)
    remove_segments(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
