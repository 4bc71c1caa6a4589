"""The examples, run as a reader would run them, against a real server: each must do all it says."""
import json
import os
import shutil
import subprocess

import pytest
from conftest import ROOT, account_name

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
