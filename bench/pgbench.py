"""pgbench as the other side of a comparison: it runs the very statements that the daemon runs for a request, which the server's log has told.

    kept = Recording(cluster, database)         # from now on the log has every statement
    ... one request ...
    script = kept.transaction("insert into audit")
    pgbench(url, script.vary({"+441600000000": "'+' || :number"}, "\\\\set number 441600000000 + random(0, 999)\\n"), clients=64, seconds=3)

A parameter of the daemon's stays a parameter of pgbench's, with the same text; what has to differ from one transaction to the next
is an expression of pgbench's variables instead.
"""
import re
import subprocess
import tempfile
from pathlib import Path

_LINE = re.compile(r"\[(\d+)\] (?:\S+@\S+ )?(LOG|DETAIL):  (?:execute [^:]+: |parameters: )(.*)")
_PARAMETER = re.compile(r"\$\d+ = (?:NULL|'((?:[^']|'')*)')")


class Script:
    """Statements, each a text and its parameters."""

    def __init__(self, statements):
        self.statements = statements
        self.expressions, self.head = {}, ""

    def vary(self, expressions, head):
        """Parameters of these values become expressions; `head` sets the variables in them."""
        self.expressions, self.head = expressions, head
        return self

    def _parameter(self, value, given):
        if value is None:
            return "null"
        if value in self.expressions:
            return f"({self.expressions[value]})"
        given.append(value)
        return f":given{len(given)}"

    def _text(self, text, parameters, given):
        return re.sub(r"\$(\d+)", lambda m: self._parameter(parameters[int(m[1]) - 1], given), text)

    def write(self, file, packets=False):
        """Writes the script and returns pgbench's options for the parameters that stay as they are. Each statement waits for the one
        before; or they travel in packets, as the daemon's do: one ends where an answer decides what comes next."""
        given, lines = [], [self.head]
        texts = [self._text(text, parameters, given) for text, parameters in self.statements]
        for text, following in zip(texts, [*texts[1:], ""]):
            ends = text.startswith("select") and "nextval" not in following
            if packets:
                lines.append(f"{text};\n" + ("\\endpipeline\n\\startpipeline\n" if ends else ""))
            elif "nextval" in text:
                lines.append(f"{text} \\gset\n\\set revision :nextval * 1024\n\\set audit :revision + 1\n")
            else:
                lines.append(f"{text};\n")
        body = "".join(lines[1:])
        if packets:
            body = body.replace(":revision", "(currval('revision') * 1024)").replace(":audit", "(currval('revision') * 1024 + 1)")
            body = f"\\startpipeline\n{body}\\endpipeline\n"
        file.write_text(self.head + body, encoding="utf-8")
        return [f"-Dgiven{i + 1}={value}" for i, value in enumerate(given)]


class Recording:
    """The statements of a database's sessions since now."""

    def __init__(self, cluster):
        self.cluster = cluster
        cluster.configure(log_statement="all")
        self.begin = cluster.log.stat().st_size

    def end(self):
        self.cluster.configure(log_statement=None)

    def sessions(self):
        """{process id: [(text, [parameter, ...]), ...]}"""
        with open(self.cluster.log, encoding="utf-8") as log:
            log.seek(self.begin)
            found = {}
            for pid, kind, text in _LINE.findall(log.read()):
                statements = found.setdefault(pid, [])
                if kind == "LOG":
                    statements.append((text, []))
                elif statements:
                    statements[-1][1].extend(None if m[0].endswith("NULL") else m[1].replace("''", "'") for m in _PARAMETER.finditer(text))
        return found

    def transaction(self, part):
        """The last one with a statement that holds `part`, from begin to commit."""
        for statements in self.sessions().values():
            texts = [text for text, _ in statements]
            hits = [i for i, text in enumerate(texts) if part in text]
            if hits and "commit" in texts[hits[-1]:]:
                first = max(i for i in range(hits[-1]) if texts[i] == "begin")
                return Script(statements[first:texts.index("commit", hits[-1]) + 1])
        raise AssertionError(f"no transaction with {part} was logged")

    def statement(self, part):
        """A single one."""
        return Script([next(row for statements in self.sessions().values() for row in statements if part in row[0])])


def pgbench(url, script, clients, seconds, packets=False):
    """Transactions a second; all of them succeeded."""
    with tempfile.TemporaryDirectory(prefix="numgate-pgbench-") as folder:
        file = Path(folder) / "script.sql"
        options = script.write(file, packets)
        done = subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds), "-f", file, *options, url],
                              capture_output=True, text=True, check=False)
    assert done.returncode == 0 and re.search(r"failed transactions: 0 ", done.stdout), f"pgbench: {done.stderr[-2000:]}{done.stdout}"
    return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])
