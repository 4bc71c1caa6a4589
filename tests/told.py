"""What numgate says with --verbose of each request and its answer, and when."""
import threading
import time


class Told:
    """What a program says on standard error, line by line with its time."""

    def __init__(self, process):
        self.process, self.lines = process, []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append((time.monotonic(), line))

    def text(self):
        self.thread.join(300)
        return "".join(line for _, line in self.lines)

    def gap(self, first="127.0.0.1", second="127.0.0.2"):
        """From the last answer of the first node to the first one of the second."""
        last = max(at for at, line in self.lines if f"at {first}: 200" in line)
        return min(at for at, line in self.lines if f"at {second}: 200" in line) - last

    def longest_gap(self):
        """Between two answers that went well."""
        times = [at for at, line in self.lines if ": 200" in line]
        return max(b - a for a, b in zip(times, times[1:]))
