"""What a person sees, on a real terminal (tmux)."""
import json
import re
import shlex
import subprocess

import pytest

from conftest import BIN, ROOT, account_body, account_name, wait_until


class Terminal:
    """A tmux server of its own, with one window of 110 by 20."""

    def __init__(self, directory, command, environment, then="echo code $?; exec cat"):
        self.socket = str(directory / "tmux")
        variables = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", "110", "-y", "20", *variables, f"{shlex.join(map(str, command))}; {then}")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], capture_output=True, text=True, check=True, timeout=20).stdout

    def screen(self, *flags):
        return self.tmux("capture-pane", "-p", *flags)

    def keys(self, *words):
        self.tmux("send-keys", "--", *words)

    def stop(self):
        self.tmux("kill-server")


@pytest.fixture
def terminal(tmp_path):
    made = []

    def make(server, *command, variables=None):
        made.append(Terminal(tmp_path, [BIN / "numgate", *command], {**server.shell(), **(variables or {})}))
        return made[0]

    yield make
    for one in made:
        one.stop()


def test_import__shows_a_bar_and_ends_without_it(make_server, numgate, terminal, tmp_path):
    """The limit holds the import in its middle, so that there is time to look."""
    server = make_server("[limits]\nrequests_per_minute = 40\n")
    account = account_name()
    numgate("account", "put", account, "-", stdin=json.dumps(account_body(account, "zoomPhoneCloudPeering")), to=server)
    file = tmp_path / "n.csv"
    file.write_text("telephoneNumber,serviceDetails_zoomPhoneCloudPeering_enabled\n" + "".join(f"+49340000{i:05},true\n" for i in range(6000)))
    seen = terminal(server, "number", "import", account, file)
    wait_until(lambda: "the next attempt is in" in seen.screen("-J"))
    assert re.search(r"numgate: .*: 6000 new, 0 changed, 0 the same, 0 bad", seen.screen())
    assert "[#" not in seen.screen("-J").split("the next attempt")[0].splitlines()[-1], "the bar and a message share a line"
    seen.keys("C-c")
    wait_until(lambda: "code 1" in seen.screen())
    assert "--resume goes on" in seen.screen() and "[#" not in seen.screen()


def test_import__draws_a_bar_while_it_works(server, numgate, terminal, tmp_path):
    account = account_name()
    numgate("account", "put", account, "-", stdin=json.dumps(account_body(account, "zoomPhoneCloudPeering")))
    file = tmp_path / "n.csv"
    file.write_text("telephoneNumber,serviceDetails_zoomPhoneCloudPeering_enabled\n" + "".join(f"+4935000{i:06},true\n" for i in range(60000)))
    seen = terminal(server, "number", "import", account, file)
    bar = wait_until(lambda: re.search(r"\[#*-*\] (?:checking|sending) \d+(?: of 60000)? (?:rows|numbers), \d+ a second", seen.screen()))
    assert len(bar[0].split("]")[0]) == 25
    wait_until(lambda: "code 0" in seen.screen(), timeout=60)
    assert f"{account}: 60000 written" in seen.screen() and "[#" not in seen.screen()


def test_delete__asks_at_a_terminal(server, numgate, terminal):
    account = account_name()
    numgate("account", "put", account, "-", stdin=json.dumps(account_body(account)))
    seen = terminal(server, "account", "delete", account)
    wait_until(lambda: f"delete account {account}? [y/N]" in seen.screen())
    seen.keys("n", "Enter")
    wait_until(lambda: "code 2" in seen.screen())
    numgate("account", "show", account)


@pytest.mark.parametrize("flags, variables, colored", [([], {}, True), (["--no-color"], {}, False), ([], {"NO_COLOR": "1"}, False)])
def test_doctor__has_colours_unless_told_otherwise(server, terminal, flags, variables, colored):
    seen = terminal(server, "doctor", *flags, variables=variables)
    wait_until(lambda: "code 0" in seen.screen())
    assert ("\x1b[32mok" in seen.screen("-e")) == colored


BASH = 'PATH={bin}:$PATH; PS1="% "; . {completion}/numgate.bash\n'
ZSH = 'fpath=({completion} $fpath); autoload -U compinit; compinit -u -D; PATH={bin}:$PATH; PS1="%% "\n'


@pytest.mark.parametrize("shell, start, file", [(["bash", "--noprofile", "--rcfile", "{start}"], BASH, "start"), (["zsh", "-i"], ZSH, ".zshrc")], ids=["bash", "zsh"])
def test_completion__knows_commands_and_flags(tmp_path, shell, start, file):
    (tmp_path / file).write_text(start.format(bin=BIN, completion=ROOT / "packaging" / "completion"))
    seen = Terminal(tmp_path, [word.format(start=tmp_path / file) for word in shell], {"HOME": str(tmp_path), "ZDOTDIR": str(tmp_path)}, then="")
    try:
        wait_until(lambda: "%" in seen.screen())
        for keys, line in (("numgate acc", "numgate account"), ("sh", "numgate account show"), ("--verb", "numgate account show --verbose")):
            seen.keys(keys, "Tab")
            wait_until(lambda line=line: f"% {line}\n" in seen.screen(), what=line)
    finally:
        seen.stop()


def test_job__shows_a_bar_while_it_waits_and_goes_on_when_nobody_does(make_server, numgate, terminal, tmp_path):
    """100,000 numbers take long enough to look, and to press Ctrl-C."""
    server = make_server()
    account, file = account_name(), tmp_path / "job.json"
    numgate("account", "put", account, "-", stdin=json.dumps(account_body(account, "zoomPhoneCloudPeering")), to=server)
    file.write_text(json.dumps({"kind": "create", "accountName": account, "telephoneNumbers": ["+49340000{00000-99999}"],
                                "number": {"serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}}}))
    job = json.loads(numgate("job", "create", file, "--wait", "--json", to=server).stdout)["id"]
    seen = terminal(server, "job", "apply", job, "--wait")
    wait_until(lambda: re.search(r"\] applying +\d+ of 100000 numbers", seen.screen()), what="a bar")
    seen.keys("C-c")
    wait_until(lambda: "code 1" in seen.screen())
    assert "goes on in the server" in seen.screen() and "] applying" not in seen.screen()
    wait_until(lambda: json.loads(numgate("job", "show", job, "--json", to=server).stdout)["counts"]["pending"] == 0, timeout=60, what="the job's end")
