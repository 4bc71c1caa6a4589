"""The portal in a browser, with a numgated of its own that has as many numbers as it is told to."""
import statistics
import subprocess

from specs import SEEN, Player, npm_installed
from stage import Stage

TESTS = ("sign in", "overview", "numbers", "tick")  # of bench/portal.mjs


class Browser:
    """A stage and what plays bench/portal.mjs on it."""

    def __init__(self, raw, spec, numbers, accounts, config):
        npm_installed()
        self.stage = Stage({"config": config})
        server = self.stage.server
        server.stop()
        subprocess.run([raw, "load", server.database, str(numbers), str(accounts)], check=True)
        server.start()
        self.player = Player(spec, self.stage)
        self.play("sign in")

    def play(self, name):
        done = self.player.play(TESTS.index(name), SEEN / "bench" / name)
        if not done["ok"]:
            raise SystemExit(f"bench: portal, {name}: {done['error']}\n" + "\n".join(done["findings"] + done["network"][-20:]))
        return done["value"]

    def median(self, name, rounds):
        """Of each figure; one round that is not counted comes first."""
        told = [self.play(name) for _ in range(rounds + 1)][1:]
        return {figure: statistics.median(each[figure] for each in told) for figure in told[0]}

    def close(self):
        self.player.close()
        self.stage.close()
