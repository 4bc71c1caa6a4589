"""tools/check_rooms: the arrows between the rooms hold, and each way to break one is noticed."""
import importlib.machinery
import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "check_rooms"


def load():
    loader = importlib.machinery.SourceFileLoader("check_rooms", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_rooms", loader))
    loader.exec_module(module)
    return module


def run(root):
    return subprocess.run([TOOL, root], capture_output=True, text=True, timeout=60, check=False)


def tree(tmp_path, files):
    for name, text in files.items():
        file = tmp_path / "src" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_rooms__of_this_tree_hold():
    done = run(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_rooms__table_has_no_cycle(monkeypatch):
    rooms = load()
    assert rooms.table_cycle() is None
    monkeypatch.setitem(rooms.MAY_INCLUDE, "base", {"json"})
    assert rooms.table_cycle() == ["base", "json", "base"]


def test_rooms__accept_what_the_table_allows(tmp_path):
    done = run(tree(tmp_path, {
        "common/base/str.h": "#pragma once\n#include <stddef.h>\n",
        "common/json/read.h": '#pragma once\n#include "common/base/str.h"\n',
        "common/json/read.c": '#include "common/json/read.h"\n#include <jansson.h>\n',
        "common/http/tls.c": "#include <openssl/ssl.h>\n",
        "gateway/store/sqlite/driver.c": "#include <sqlite3.h>\n",
        "gateway/ops/audit.c": '#include "common/json/read.h"\n',
        "programs/numgated/main.c": "#include <systemd/sd-daemon.h>\n",
    }))
    assert done.returncode == 0, done.stdout
    assert "7 files, 0 findings" in done.stdout


BROKEN = [
    ("common/base/str.c", '#include "common/json/read.h"\n', "base must not include json"),
    ("common/http/x.c", '#include "gateway/model/model.h"\n', "http must not include model"),
    ("gateway/domain/x.c", '\n#include "common/http/http.h"\n', "x.c:2: domain must not include http"),
    ("gateway/domain/x.c", '  #  include "gateway/store/sql.h"\n', "domain must not include store"),
    ("gateway/api/x.c", '#include "gateway/store/sql.h"\n', "api must not include store"),
    ("gateway/auth/x.c", "#include <openssl/evp.h>\n", "<openssl/evp.h> belongs to crypto and http"),
    ("gateway/store/repo.c", "#include <sqlite3.h>\n", "belongs to gateway/store/sqlite/ only"),
    ("gateway/api/x.c", "#include <sqlite3.h>\n", "belongs to store"),
    ("gateway/api/x.c", "#include <jansson.h>\n", "belongs to json"),
    ("gateway/auth/x.c", "#include <cjose/cjose.h>\n", "belongs to jose"),
    ("gateway/auth/x.c", "#include <curl/curl.h>\n", "belongs to fetch"),
    ("programs/numgated/x.c", "#include <ini.h>\n", "belongs to config"),
    ("common/base/log.c", "#include <systemd/sd-journal.h>\n", "belongs to numgate-failover and numgated"),
    ("common/json/x.c", '#include "read.h"\n', "does not start at the src root"),
    ("common/json/x.c", '#include "common/json/gone.h"\n', "is no header under src/"),
    ("common/attic/x.c", "\n", "room attic is not in the table"),
    ("common/model/x.c", "\n", "room model is not in the table"),
    ("stray.c", "\n", "is in no room"),
]


@pytest.mark.parametrize("case", range(len(BROKEN)))
def test_rooms__name_the_offending_line(tmp_path, case):
    path, text, expected = BROKEN[case]
    headers = ["common/json/read.h", "common/http/http.h", "gateway/model/model.h", "gateway/store/sql.h"]
    done = run(tree(tmp_path, {**{h: "#pragma once\n" for h in headers}, path: text}))
    assert done.returncode == 1, f"case {case}: {done.stdout}"
    assert f"src/{path}:" in done.stdout and expected in done.stdout, f"case {case}: {done.stdout}"
    assert "1 finding\n" in done.stdout, f"case {case}: {done.stdout}"


def test_rooms__refuse_a_folder_without_src(tmp_path):
    assert run(tmp_path).returncode == 2
