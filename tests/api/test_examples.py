"""The examples, run as a reader would run them, against a real server: each must do all it says."""
import contextlib
import json
import os
import shutil
import subprocess

import pytest
from conftest import ROOT, account_name, free_port
from faultproxy import FaultProxy

EXAMPLES = ROOT / "examples"
RUN = {
    "curl": [EXAMPLES / "provision.sh"],
    "python": ["/usr/bin/python3", EXAMPLES / "provision.py"],
    "javascript": ["node", EXAMPLES / "javascript" / "provision.js"],
}
SAYS = {
    "curl": ["attempt 1: 200", "attempt 2: 200", "Repeatability-Result: accepted", "{'customSipHeader': 'desk-7'}", "\n412\n", "\n204\n"],
    "python": [": 201", "100 numbers in one request: accepted", "a page of 30", "a page of 10", "desk-7", "412 PreconditionFailed",
               "account and numbers deleted"],
    "javascript": [": 201", "100 numbers in one request: accepted", "a page of 30", "a page of 10", "desk-7",
                   "412 PreconditionFailed", "account and numbers deleted"],
}


def run(command, server, *arguments):
    environment = {**os.environ, **server.settings, "NODE_EXTRA_CA_CERTS": server.ca}
    return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("name", RUN)
def test_example__does_what_it_says(server, name):
    account = account_name(name)
    done = run(RUN[name], server, account)
    assert done.returncode == 0, done.stdout + done.stderr
    for text in SAYS[name]:
        assert text.lower() in done.stdout.lower(), f"{text!r} is not in:\n{done.stdout}{done.stderr}"
    assert server.client("READ").get(f"/accounts/{account}").status_code == 404


def test_example__says_why_when_it_is_refused(server):
    environment = {"NUMGATE_ADMIN_CLIENT_ID": server.lab.client("READ")[0],
                   "NUMGATE_ADMIN_CLIENT_SECRET": server.lab.client("READ")[1]}
    for name, command in RUN.items():
        done = subprocess.run(command, env={**os.environ, **server.settings, "NODE_EXTRA_CA_CERTS": server.ca, **environment},
                              capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode != 0, name
        assert "RoleRequired" in done.stdout + done.stderr, f"{name}: {done.stdout}{done.stderr}"


# Each kind of failure once, at requests that every example makes, and what must be seen of the client afterwards.
SCENARIO = {"rules": [
    {"name": "put-lost", "kind": "reset", "method": "PUT", "path": "/accounts/*"},
    {"name": "batch-answer-lost", "kind": "reset", "when": "after", "method": "POST"},
    {"name": "page-cut", "kind": "cut", "method": "GET", "path": "/accounts/*/numbers"},
    {"name": "page-503", "kind": "status", "status": 503, "skip": 1, "method": "GET", "path": "/accounts/*/numbers"},
    {"name": "number-busy", "kind": "status", "status": 429, "retry_after": 1, "method": "GET", "path": "/accounts/*/numbers/*"},
    {"name": "number-500", "kind": "status", "status": 500, "when": "after", "method": "PUT", "path": "/accounts/*/numbers/*"},
    {"name": "delete-dead", "kind": "dead", "ms": 300, "when": "after", "method": "DELETE"},
]}


def assert_retried_by_the_rule(rows):
    """Each attempt but the last of a request was struck; the next is the same request with the same two headers, on a new connection."""
    for one, next_one in zip(rows, rows[1:]):
        if "fault" in one:
            same = ("method", "target", "repeatabilityRequestId", "repeatabilityFirstSent")
            assert [one.get(name) for name in same] == [next_one.get(name) for name in same], (one, next_one)
            assert one["fault"] == "status" and one["status"] == 429 or one["connection"] != next_one["connection"], (one, next_one)
        elif "repeatabilityRequestId" in one and next_one["target"] != one["target"]:
            assert one["repeatabilityRequestId"] != next_one.get("repeatabilityRequestId")


@pytest.mark.parametrize("name", RUN)
def test_example__does_what_it_says_though_everything_fails_once(make_server, tmp_path, name):
    port, scenario = free_port(), tmp_path / "scenario.json"
    scenario.write_text(json.dumps(SCENARIO), encoding="utf-8")
    server = make_server(f"[server]\npublic_url = https://127.0.0.1:{port}\n")
    with contextlib.closing(FaultProxy(server, tmp_path, scenario=scenario, port=port).start()) as proxy:
        account = account_name(name)
        environment = {**os.environ, **server.settings, "NODE_EXTRA_CA_CERTS": server.ca, "NUMGATE_URL": proxy.url, "NUMGATE_RETRY_WAIT": "0.5"}
        done = subprocess.run([*RUN[name], account], env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        for text in SAYS[name]:
            assert text.lower() in done.stdout.lower(), f"{text!r} is not in:\n{done.stdout}{done.stderr}"
        assert {rule["name"]: rule["struck"] for rule in proxy.rules()} == {rule["name"]: 1 for rule in SCENARIO["rules"]}
        assert_retried_by_the_rule(proxy.requests())
        rows = server.client().items("/numgate/v1/audit")
    assert len(rows) == 203, "each change once: the account and 100 numbers made, a number changed, all of them deleted"


def test_example__seed_loads_and_is_served(make_server):
    server = make_server(start=False)
    done = server.run("seed", EXAMPLES / "seed.json", "--config", server.config)
    assert done.returncode == 0, done.stderr
    server.start()
    seed = json.loads((EXAMPLES / "seed.json").read_text(encoding="utf-8"))
    rfis = server.client("READ").items("/teamsRequestsForInformation")
    assert [r["tenantId"] for r in rfis] == sorted(r["tenantId"] for r in seed["requestsForInformation"])
    assert {r["contacts"][0]["companyName"] for r in rfis} == {"Alder Bakeries", "Birch Logistics", "Cedar Clinics"}


def test_example__container_files_name_what_exists():
    for name in ("Containerfile", "compose.yaml"):
        assert (EXAMPLES / "container" / name).is_file()
    packages = (ROOT / "dev").read_text(encoding="utf-8").split("packages_build=(")[1].split(")")[0].split()
    containerfile = (EXAMPLES / "container" / "Containerfile").read_text(encoding="utf-8")
    missing = [p for p in packages if p not in containerfile and p != "curl"]
    assert not missing, f"the build stage lacks {missing}"
    assert shutil.which("node"), "javascript needs node"
