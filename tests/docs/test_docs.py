"""Pages, sample configuration and packaging are what the programs are."""
import json
import re
import subprocess
import uuid
from pathlib import Path

import pytest
from conftest import BIN, ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_page__links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_page__paths_named_in_text_exist():
    """`src/...`, `tests/...`, `packaging/...` in backquotes are files or folders; a star is a pattern."""
    for page in PAGES:
        for path in re.findall(r"`((?:src|tests|packaging|docs|examples|tools|fuzz)/[\w./*-]+)`", page.read_text(encoding="utf-8")):
            assert list(ROOT.glob(path.rstrip("/"))), f"{page.name}: {path}"


def test_generated__pages_are_fresh():
    done = subprocess.run([ROOT / "tools" / "gen", BIN, "--check"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_architecture__table_of_rooms_is_the_one_that_is_enforced():
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(?:\w+/)?([\w-]+)` \|[^|]*\| ([^|]*) \|$", text, re.MULTILINE))
    source = (ROOT / "tools" / "check_rooms").read_text(encoding="utf-8")
    scope = {}
    exec(source.split("# Third-party header")[0], scope)  # the tables only
    words = {"every gateway room": scope["GATEWAY"] - {"ops"}, "everything in gateway and common": scope["GATEWAY"] | scope["COMMON"],
             "common": scope["COMMON"], "libc": set()}
    for room, allowed in scope["MAY_INCLUDE"].items():
        named = set()
        for word in rows[room].split(", "):
            named |= words.get(word, {word})
        assert named == allowed, room
    assert set(rows) == set(scope["MAY_INCLUDE"])


@pytest.mark.parametrize("program, user, most", [("numgated", "numgate", 2.0), ("numgate-failover", "numgate-failover", 1.5)])
def test_unit__is_understood_and_hardened(tmp_path, program, user, most):
    unit = tmp_path / f"{program}.service"
    text = (ROOT / "packaging" / unit.name).read_text(encoding="utf-8")
    assert "Type=notify" in text and "Restart=on-failure" in text and f"User={user}\n" in text
    unit.write_text(text.replace(f"/usr/bin/{program}", str(Path(BIN) / program)))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and unit.name not in done.stderr, done.stderr
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True, timeout=60,
                          check=False)
    exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)[1])
    assert exposure <= most, done.stdout


def test_roles__manifest_holds_the_eight():
    roles = json.loads((ROOT / "packaging" / "entra-app-roles.json").read_text(encoding="utf-8"))
    names = [f"ProvisioningAPI.{verb}" for verb in ("Admin", "Read", "Write", "Delete")]
    assert sorted(r["value"] for r in roles) == sorted(names + [n + "User" for n in names])
    assert len({uuid.UUID(r["id"]) for r in roles}) == 8
    for role in roles:
        assert role["allowedMemberTypes"] == (["User"] if role["value"].endswith("User") else ["Application"])
        assert set(role) == {"id", "value", "displayName", "description", "allowedMemberTypes", "isEnabled"} and role["isEnabled"]
    identity = (ROOT / "docs" / "identity.md").read_text(encoding="utf-8")
    assert all(f"`{r['value']}`" in identity for r in roles)


def test_licence__is_apache_2():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text
