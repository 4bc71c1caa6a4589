"""Makes tests out of tests/portal/*.spec.mjs: pytest has one item for each test in them.

A spec is played by one node process (run.mjs) with one browser, on a Stage of its own, from its first test to its last; what they say to each
other is lines of JSON over the process's standard input and output. Its end is the end of the browser; if it does not answer, all that
works in the stage's folder is ended.
"""
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from conftest import BIN, ROOT
from stage import Stage

PROJECT = ROOT / "tests" / "portal"
SEEN = BIN.parent / "portal-seen"  # screenshots of what failed
MARK = "\x1e"  # begins each line of the player that is a message, and not what a spec prints
PATIENCE_SECONDS = 600  # for the end of any test; the tests' own limits are in the specs


class Failed(Exception):
    """`sections`: [(title, text)], what is shown of it."""

    def __init__(self, reason, sections=()):
        super().__init__(reason)
        self.reason, self.sections = reason, sections


def npm_installed():
    assert shutil.which("node"), "node is not installed: 18 or newer"
    assert (PROJECT / "node_modules").exists(), "npm ci --ignore-scripts in tests/portal has not been run: ./dev test portal does"


def node(*arguments):
    npm_installed()
    return ["node", str(PROJECT / "run.mjs"), *map(str, arguments)]


def listed(spec):
    """{"tests": names, "stage": what it wants}"""
    done = subprocess.run(node("--list", spec), capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise Failed(done.stderr)
    return json.loads(done.stdout)


class Player:
    """The process that plays a spec."""

    def __init__(self, spec, stage):
        self.stage, self.lines = stage, queue.Queue()
        self.process = subprocess.Popen(node(spec), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        cwd=stage.path, env=stage.environment(), start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _say(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def play(self, index, seen):
        """Runs a test; what it asks for meanwhile is done here."""
        self._say({"run": index, "seen": str(seen)})
        end, other = time.monotonic() + PATIENCE_SECONDS, []
        while True:
            try:
                line = self.lines.get(timeout=max(end - time.monotonic(), 0.1))
            except queue.Empty:
                line = None
            if line is None:
                raise Failed("the process that plays it ended, or does not answer", [("what it said", "".join(other))])
            if not line.startswith(MARK):
                other.append(line)
                continue
            message = json.loads(line.removeprefix(MARK))
            if "done" in message:
                return {**message["done"], "said": "".join(other)}
            self._say({"call": message["call"], **self._do(message)})

    def _do(self, message):
        try:
            return {"result": self.stage.call(message["verb"], message["arguments"])}
        except Exception as error:  # whatever it is, it is the spec's to tell
            return {"error": f"{message['verb']}: {type(error).__name__}: {error}"}

    def close(self):
        """The end of its input ends it, and it ends the browser."""
        try:
            self.process.stdin.close()
            self.process.wait(15)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class SpecFile(pytest.File):
    stage = player = None

    def collect(self):
        try:
            told = listed(self.path)
        except Failed as error:
            raise self.CollectError(error.reason) from None
        self.wanted = told["stage"]
        for index, name in enumerate(told["tests"]):
            yield SpecItem.from_parent(self, name=name, index=index)

    def ready(self):
        """The player; a new one, on a new stage, where the last one had to be given up."""
        if self.player is None:
            self.stage = Stage(self.wanted)
            self.player = Player(self.path, self.stage)
        return self.player

    def teardown(self):
        player, stage, self.player, self.stage = self.player, self.stage, None, None
        if player:
            player.close()
        if stage:
            stage.close()


class SpecItem(pytest.Item):
    def __init__(self, *, index, **options):
        super().__init__(**options)
        self.index = index

    def runtest(self):
        player = self.parent.ready()
        seen = SEEN / self.path.name.removesuffix(".spec.mjs") / re.sub(r"\W+", "-", self.name)
        shutil.rmtree(seen, ignore_errors=True)
        try:
            done = player.play(self.index, seen)
        except (Failed, OSError) as error:
            logs = self.parent.stage.logs()
            self.parent.teardown()
            raise Failed(str(error), [*getattr(error, "sections", ()), *logs]) from None
        if not done["ok"]:
            raise Failed(done["error"] or "what happened by itself", sections(done))  # the programs' logs are added to any report

    def repr_failure(self, excinfo, style=None):
        error = excinfo.value
        if not isinstance(error, Failed):
            return super().repr_failure(excinfo, style)
        return "\n".join([error.reason, *(f"---- {title}\n{text}" for title, text in error.sections if text)])

    def reportinfo(self):
        return self.path, None, f"{self.path.name}: {self.name}"


def sections(done):
    rows = [("found", done["findings"]), ("printed", done["said"].splitlines()), ("console", done["console"][-30:]), ("network", done["network"][-40:])]
    shown = [(title, "\n".join(lines)) for title, lines in rows]
    return shown + [(f"page {page.get('url')}, {page.get('screenshot')}", page["says"][:4000]) for page in done["pages"]]
