"""The tours of README and of docs/testing-your-client.md, run as they stand: every ```sh block in order in one shell, its output compared with the ```text block below it.

Only where the pair lives is changed: a folder and ports of this test instead of .dev and the usual ports. In a ```text block … stands
for anything."""
import json
import os
import re
import socket
import subprocess
import urllib.parse

import pytest
import requests
from conftest import BIN, ROOT, free_port
from test_lab_signin import Page, challenge_of, parameters_of

MARK = "@@ end of block"


def tour(page):
    """[(commands, expected output)] of a page's tour."""
    text = (ROOT / page).read_text(encoding="utf-8")
    part = text.split("<!-- tour: begin -->")[1].split("<!-- tour: end -->")[0]
    return re.findall(r"```sh\n(.*?)```(?:\n```text\n(.*?)```)?", part, re.DOTALL)


def port_is_free(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


def two_free_ports():
    """The first of two in a row."""
    return next(port for port in iter(free_port, None) if port_is_free(port + 1))


def pattern(expected):
    return ".*?".join(re.escape(piece) for piece in expected.strip().split("…"))


@pytest.fixture
def shell(tmp_path):
    """Runs a script from the root of the tree, with a portal of one page; ends what it started."""
    directory = tmp_path / "pair"
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "index.html").write_text("the portal")
    run = f"./dev run --detach --dir {directory} --port {free_port()} --lab-port {free_port()}"

    def execute(script):
        script = script.replace("./dev run --detach", run).replace("./dev stop", f"./dev stop --dir {directory}")
        script = script.replace(". .dev/env", f". {directory}/env").replace(" .dev/", f" {directory}/")
        script = script.replace("--proxy-port 8445", f"--proxy-port {two_free_ports()}")
        return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300,
                              env={**os.environ, "NUMGATE_DEV_BIN": str(BIN), "NUMGATE_DEV_PORTAL": str(tmp_path / "portal")}, check=False)

    yield execute
    if (directory / "env").exists():
        subprocess.run([ROOT / "dev", "stop", "--dir", directory], check=True, timeout=120)


@pytest.mark.parametrize("page, least", [("README.md", 8), ("docs/testing-your-client.md", 5)])
def test_page__tour_runs_as_it_stands(shell, page, least):
    blocks = tour(page)
    assert len(blocks) >= least
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


def test_dev__run_with_the_proxy_prints_commands_that_work(shell):
    """The same, through the proxy: the answer to a change is lost, and the change is done once."""
    started = shell("./dev run --detach --proxy-port 8445")
    assert started.returncode == 0, started.stdout + started.stderr
    lines = started.stdout.split("Paste these")[1].split("\n", 1)[1].split("To end it:")[0]
    done = shell(lines)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = next(json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"requests":'))["requests"]
    puts = [row for row in seen if row["method"] == "PUT"]
    assert [(row["serverStatus"], row["status"]) for row in puts[-2:]] == [(200, 0), (200, 200)]
    assert puts[-1]["repeatabilityRequestId"] == puts[-2]["repeatabilityRequestId"] and puts[-1]["connection"] != puts[-2]["connection"]
    assert len(seen) > 8, "pages and all go through it"
    again = shell(". .dev/env; proxy=$NUMGATE_PROXY_PID\n./dev run --detach >&2\n. .dev/env\n! kill -0 $proxy 2>/dev/null\n"
                  '[ -z "$NUMGATE_PROXY_CONTROL" ]; [ "$NUMGATE_URL" = "$NUMGATE_DIRECT_URL" ]')
    assert again.returncode == 0, again.stdout + again.stderr


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


def sign_in(config, ca, user):
    """The tokens that the portal would get; the issuer is on another site."""
    verifier = "v" * 43
    with requests.Session() as browser:
        browser.verify, browser.trust_env = ca, False
        page = browser.get(config["authorizationEndpoint"], params={
            "response_type": "code", "client_id": config["clientId"], "redirect_uri": config["redirectUri"], "scope": config["scope"], "state": "s",
            "nonce": "n", "code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}, timeout=20)
        form = Page(page.text)
        back = browser.post(urllib.parse.urljoin(page.url, form.form["action"]), data={**form.fields, "user": user}, allow_redirects=False, timeout=20)
        answer, address = parameters_of(back.headers["Location"])
        assert address == config["redirectUri"]
        return browser.post(config["tokenEndpoint"], timeout=20, data={
            "grant_type": "authorization_code", "client_id": config["clientId"], "redirect_uri": config["redirectUri"], "code": answer["code"],
            "code_verifier": verifier}).json()


def test_dev__run_serves_the_portal_to_people_of_the_lab(shell):
    done = shell("./dev run --detach >&2\n. .dev/env\necho \"$NUMGATE_PORTAL_URL $NUMGATE_CA\"")
    url, ca = done.stdout.split()
    assert f"portal       {url} " in done.stderr, done.stderr
    assert requests.get(url, verify=ca, timeout=20).text == "the portal"
    config = requests.get(url + "config.json", verify=ca, timeout=20).json()
    assert config["redirectUri"] == url and url.startswith("https://127.0.0.1:") and config["issuer"].startswith("https://localhost:")
    token = sign_in(config, ca, "rita")["access_token"]
    me = requests.get(urllib.parse.urljoin(url, "/numgate/v1/me"), headers={"Authorization": f"Bearer {token}"}, verify=ca, timeout=20).json()
    assert (me["kind"], me["name"], me["rights"]) == ("user", "Rita Reader", {"read": True, "write": False, "delete": False, "admin": False})


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
