"""README's tour, run as it stands: every ```sh block in order in one shell, its output compared with the ```text block below it.

Only where the pair lives is changed: a folder and ports of this test instead of .dev and the usual ports. In a ```text block … stands
for anything."""
import os
import re
import subprocess

import pytest
from conftest import BIN, ROOT, free_port

MARK = "@@ end of block"


def tour():
    """[(commands, expected output)] of README's tour."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text.split("<!-- tour: begin -->")[1].split("<!-- tour: end -->")[0]
    return re.findall(r"```sh\n(.*?)```(?:\n```text\n(.*?)```)?", part, re.DOTALL)


def pattern(expected):
    return ".*?".join(re.escape(piece) for piece in expected.strip().split("…"))


@pytest.fixture
def shell(tmp_path):
    """Runs a script from the root of the tree; ends what it started."""
    directory = tmp_path / "pair"
    run = f"./dev run --detach --dir {directory} --port {free_port()} --lab-port {free_port()}"

    def execute(script):
        script = script.replace("./dev run --detach", run).replace("./dev stop", f"./dev stop --dir {directory}")
        script = script.replace(". .dev/env", f". {directory}/env")
        return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300,
                              env={**os.environ, "NUMGATE_DEV_BIN": str(BIN)}, check=False)

    yield execute
    if (directory / "env").exists():
        subprocess.run([ROOT / "dev", "stop", "--dir", directory], check=True, timeout=120)


def test_readme__tour_runs_as_it_stands(shell):
    blocks = tour()
    assert len(blocks) >= 8
    done = shell(f"\necho '{MARK}'\n".join(commands for commands, _ in blocks))
    assert done.returncode == 0, done.stdout + done.stderr
    for number, ((commands, expected), output) in enumerate(zip(blocks, done.stdout.split(MARK))):
        if expected:
            assert re.fullmatch(pattern(expected), output.strip(), re.DOTALL), f"block {number}:\n{commands}\nsaid:\n{output}"


def test_readme__names_the_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "./dev run " in text and "./dev test " in text
    assert "./dev test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_dev__run_prints_commands_that_work(shell, tmp_path):
    """What ./dev run prints is pasted into a shell, as a user would."""
    started = shell("./dev run --detach")
    assert started.returncode == 0, started.stdout + started.stderr
    lines = started.stdout.split("Paste these")[1].split("\n", 1)[1].split("To end it:")[0]
    done = shell(lines)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"name":"alder"' in done.stdout and "\n200\n" in done.stdout, done.stdout
    assert re.search("x-ms-record-count: 100", done.stdout, re.IGNORECASE), done.stdout
    assert "Alder Bakeries" in done.stdout, done.stdout


def test_dev__second_run_keeps_the_data_and_config_replaces_options(shell, tmp_path):
    extra = tmp_path / "extra.conf"
    extra.write_text("[limits]\nrequests_per_minute = 7\n")
    done = shell("./dev run --detach >&2\n. .dev/env\nfirst=$NUMGATE_ADMIN_CLIENT_SECRET; pid=$NUMGATED_PID\n"
                 f"./dev run --detach --config {extra} >&2\n. .dev/env\n"
                 '[ "$first" = "$NUMGATE_ADMIN_CLIENT_SECRET" ]; [ "$pid" != "$NUMGATED_PID" ]; ! kill -0 "$pid" 2>/dev/null\n'
                 "env_file=.dev/env\n"
                 'curl -sf --cacert "$NUMGATE_CA" "$NUMGATE_URL/numgate/v1/ready" >/dev/null\n'
                 'set | grep ^NUMGATE\n')
    assert done.returncode == 0, done.stdout + done.stderr
    config = (tmp_path / "pair" / "numgated.conf").read_text()
    assert "requests_per_minute = 7" in config
    names = {line.split("=")[0] for line in done.stdout.splitlines()}
    roles = ("ADMIN", "READ", "WRITE", "DELETE")
    assert names >= {"NUMGATE_URL", "NUMGATE_CA", "NUMGATE_AUTHORITY", "NUMGATE_TENANT", "NUMGATE_SCOPE", "NUMGATE_ADMIN_URL",
                     "NUMGATED_PID", "NUMGATE_LAB_PID", "NUMGATE_BIN", *(f"NUMGATE_{r}_CLIENT_ID" for r in roles),
                     *(f"NUMGATE_{r}_CLIENT_SECRET" for r in roles)}


def test_dev__works_from_any_folder(shell, tmp_path):
    done = subprocess.run([ROOT / "dev", "help"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and "usage: ./dev" in done.stdout
    link = tmp_path / "dev"
    link.symlink_to(ROOT / "dev")
    assert subprocess.run([link, "test", "--list"], cwd="/", timeout=60, check=False, capture_output=True).returncode == 0


def test_dev__refuses_what_it_does_not_know():
    for arguments, said in [(["nonsense"], "usage"), (["run", "--nonsense"], "--nonsense"), (["run", "--port"], "needs a value"),
                            (["test", "nonsense"], "no group nonsense"), (["stop", "--dir", "/nonsense"], "nothing was started")]:
        done = subprocess.run([ROOT / "dev", *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0 and said in done.stderr, f"{arguments}: {done.stderr}"
