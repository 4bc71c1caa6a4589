"""Numbers in and out: plans, batches that are taken apart, interruptions, deletes."""
import itertools
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
import requests

from conftest import BIN, LEVEL, account_body, account_name, phone_number, rounds, wait_until

BLOCKS = itertools.count()
ZOOM = "serviceDetails_zoomPhoneCloudPeering_enabled"


@pytest.fixture
def account(numgate):
    return new_account(numgate)


def new_account(numgate, **options):
    return new_account_named(numgate, account_name(), **options)


def new_account_named(numgate, name, **options):
    numgate("account", "put", name, "-", stdin=json.dumps(account_body(name, "zoomPhoneCloudPeering")), **options)
    return name


def table(path, numbers, heading=f"telephoneNumber,{ZOOM}", cell=",true"):
    path.write_text("\n".join([heading, *(f"{number}{cell}" for number in numbers)]) + "\n")
    return path


def block(count):
    """So many numbers in a row that nobody has."""
    first = 49320000000000 + next(BLOCKS) * 50000
    return [f"+{first + i}" for i in range(count)]


def stored(numgate, account, **options):
    done = numgate("number", "list", account, "--json", **options)
    return {json.loads(line)["telephoneNumber"] for line in done.stdout.splitlines()}


def plan(done):
    return {name: value for name, value in json.loads(done.stdout).items() if name != "account"}


def test_import__plans_sends_and_finds_the_same_again(numgate, account, tmp_path):
    numbers = block(250)
    file = table(tmp_path / "n.csv", numbers)
    nothing = {"new": 0, "changed": 0, "same": 0, "bad": 0, "missing": 0, "written": 0, "deleted": 0, "rejected": 0}
    assert plan(numgate("number", "import", account, file, "--dry-run", "--json")) == nothing | {"new": 250}
    assert stored(numgate, account) == set()
    assert plan(numgate("number", "import", account, file, "--json")) == nothing | {"new": 250, "written": 250}
    assert stored(numgate, account) == set(numbers)
    assert plan(numgate("number", "import", account, file, "--json"))["same"] == 250
    table(file, numbers[:10] + block(1), cell=",false")
    assert plan(numgate("number", "import", account, file, "--dry-run", "--json")) == nothing | {"new": 1, "changed": 10}
    assert sorted(os.listdir(tmp_path)) == ["n.csv"]


def test_export__comes_back_in_byte_for_byte(numgate, account, tmp_path):
    numgate("number", "import", account, table(tmp_path / "n.csv", block(120)))
    for form in ("csv", "jsonl"):
        out = tmp_path / f"out.{form}"
        numgate("number", "export", account, "--format", form, "--output", out)
        assert out.read_text() == numgate("number", "export", account, "--format", form).stdout
        numgate("number", "import", account, out)
        numgate("account", "delete", account, "--delete-numbers", "--yes")
        numgate("account", "put", account, "-", stdin=json.dumps(account_body(account, "zoomPhoneCloudPeering")))
        assert plan(numgate("number", "import", account, out, "--json"))["new"] == 120
        assert numgate("number", "export", account, "--format", form).stdout == out.read_text()


def test_export__takes_the_place_of_files_only(numgate, account, tmp_path):
    """A device or a pipe is written to."""
    numgate("number", "import", account, table(tmp_path / "n.csv", block(3)))
    expected, pipe, out = numgate("number", "export", account).stdout, tmp_path / "pipe", tmp_path / "out.csv"
    assert numgate("number", "export", account, "--output", "/dev/stdout").stdout == expected
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        numgate("number", "export", account, "--output", pipe)
        assert reader.communicate(timeout=20)[0] == expected
    assert pipe.is_fifo()
    for _ in range(2):
        numgate("number", "export", account, "--output", out)
        assert out.read_text() == expected
    (tmp_path / "link").symlink_to("/dev/full")
    assert "No space left" in numgate("number", "export", account, "--output", tmp_path / "link", code=1).stderr
    assert (tmp_path / "link").is_symlink() and "No such file" in numgate("number", "export", account, "--output", tmp_path / "no/where", code=1).stderr
    assert sorted(os.listdir(tmp_path)) == ["link", "n.csv", "out.csv", "pipe"]


def test_import__takes_ranges_lists_and_standard_input(numgate, account):
    first = phone_number() + "00"
    numgate("number", "import", account, "-", stdin=f"telephoneNumber;{ZOOM}\r\n{first}{{00-49}};true\r\n")
    assert len(stored(numgate, account)) == 50
    numgate("number", "import", account, "-", "--dry-run", stdin=f"Numbers\n{first}00\n")


def test_import__names_bad_rows_and_loads_the_others(numgate, account, tmp_path):
    numbers = block(3)
    file = table(tmp_path / "n.csv", [numbers[0], "4.41633E+11", numbers[1], "+44x", numbers[0], numbers[2]])
    done = numgate("number", "import", account, file, code=8)
    assert "row 3: " in done.stderr and "spreadsheet" in done.stderr and "row 5: " in done.stderr and "row 6: " in done.stderr
    assert stored(numgate, account) == set(numbers)
    rejects = (tmp_path / "n.csv.rejected").read_text().splitlines()
    assert rejects[0] == f"Rejected,telephoneNumber,{ZOOM}" and len(rejects) == 4 and rejects[1].endswith(",4.41633E+11,true")


def test_rejects__can_be_imported_once_mended(numgate, account, tmp_path):
    number, late = block(2)
    numgate("number", "import", account, table(tmp_path / "n.csv", [number, "oops"]), code=8)
    rejects = tmp_path / "n.csv.rejected"
    rejects.write_text(rejects.read_text().replace(",oops,", f",{late},"))
    numgate("number", "import", account, rejects)
    assert stored(numgate, account) == {number, late}


def test_rejects__take_the_place_of_nothing_until_there_are_some(numgate, account, tmp_path):
    good, bad = table(tmp_path / "n.csv", block(2)), table(tmp_path / "bad.csv", ["oops"])
    kept, mended = tmp_path / "kept.txt", tmp_path / "bad.csv.rejected"
    for file in (kept, mended):
        file.write_text("precious")
    numgate("number", "import", account, good, "--rejects", kept)
    numgate("number", "import", "nobody", bad, code=3)
    numgate("number", "import", account, bad, "--dry-run", code=8)
    assert kept.read_text() == mended.read_text() == "precious"
    for _ in range(2):
        numgate("number", "import", account, bad, code=8)
        assert len(mended.read_text().splitlines()) == 2
    assert sorted(os.listdir(tmp_path)) == ["bad.csv", "bad.csv.rejected", "kept.txt", "n.csv"]


def test_rejects__are_never_the_file_itself(numgate, account, tmp_path):
    file = table(tmp_path / "n.csv", block(1) + ["oops"])
    text = file.read_text()
    (tmp_path / "other").hardlink_to(file)
    for name in ("n.csv", "other"):
        assert "another one" in numgate("number", "import", account, file, "--rejects", tmp_path / name, code=2).stderr
    assert file.read_text() == text and stored(numgate, account) == set()


def test_rejects__that_find_no_room_are_an_error(numgate, account, tmp_path):
    file = table(tmp_path / "n.csv", block(1) + ["oops"])
    (tmp_path / "full").symlink_to("/dev/full")
    assert "No space left" in numgate("number", "import", account, file, "--rejects", tmp_path / "full", code=1).stderr
    assert stored(numgate, account) == set() and (tmp_path / "full").is_char_device()
    numgate("number", "import", account, file, "--rejects", "/dev/stderr", code=8)


def test_rejects__stand_in_their_file_once_though_the_import_was_resumed(numgate, account, tmp_path):
    file = table(tmp_path / "n.csv", block(150) + ["oops"])
    numgate("number", "import", account, file, code=8)
    rejects, stat = (tmp_path / "n.csv.rejected").read_text(), file.stat()
    journal = tmp_path / "n.csv.numgate-journal"  # as a run leaves it that was killed after its first batch
    journal.write_text(f"numgate import 1 {account} {stat.st_size} {stat.st_mtime_ns // 10**9}.{stat.st_mtime_ns % 10**9:09}\n101\n")
    assert "going on after row 101" in numgate("number", "import", account, file, "--resume", code=8).stderr
    assert (tmp_path / "n.csv.rejected").read_text() == rejects and not journal.exists()
    journal.write_text("junk")
    done = numgate("number", "import", account, file, "--resume", code=2)
    assert "without --resume it begins anew" in done.stderr and "goes on" not in done.stderr


def test_import__takes_a_refused_batch_apart(numgate, account, tmp_path):
    """Numbers of another account pass every check but the server's."""
    numbers, other = block(230), new_account(numgate)
    taken = [numbers[7], numbers[150], numbers[151], numbers[229]]
    numgate("number", "import", other, table(tmp_path / "taken.csv", taken))
    done = numgate("number", "import", account, table(tmp_path / "n.csv", numbers), code=8)
    assert stored(numgate, account) == set(numbers) - set(taken)
    rejects = (tmp_path / "n.csv.rejected").read_text().splitlines()[1:]
    assert [row.split(",")[-2] for row in rejects] == taken
    assert f"{len(numbers) - 4} written, 0 deleted, 4 rejected" in done.stderr


def test_atomic__sends_nothing_while_a_row_is_bad(numgate, account, tmp_path):
    numgate("number", "import", account, table(tmp_path / "n.csv", block(5) + ["oops"]), "--atomic", code=8)
    assert stored(numgate, account) == set()


def test_atomic__stops_at_the_first_refusal(numgate, account, tmp_path):
    numbers, other = block(200), new_account(numgate)
    numgate("number", "import", other, table(tmp_path / "taken.csv", numbers[150:151]))
    done = numgate("number", "import", account, table(tmp_path / "n.csv", numbers), "--atomic", code=8)
    assert "row 152: " in done.stderr and "--resume" not in done.stderr
    assert stored(numgate, account) == set(numbers[:100])
    assert sorted(os.listdir(tmp_path)) == ["n.csv", "n.csv.rejected", "taken.csv"]


def test_delete_missing__plans_first_and_refuses_above_its_limit(numgate, account, tmp_path):
    numbers = block(100)
    numgate("number", "import", account, table(tmp_path / "n.csv", numbers))
    most = table(tmp_path / "most.csv", numbers[:70])
    less = table(tmp_path / "less.csv", numbers[:69])
    assert "--delete-limit" in numgate("number", "import", account, less, "--delete-missing", "--yes", code=5).stderr
    assert "--yes" in numgate("number", "import", account, most, "--delete-missing", code=2).stderr
    assert len(stored(numgate, account)) == 100
    numgate("number", "import", account, most, "--delete-missing", "--yes")
    assert stored(numgate, account) == set(numbers[:70])
    numgate("number", "import", account, table(less, numbers[:1]), "--delete-missing", "--yes", "--delete-limit", "99")
    assert stored(numgate, account) == set(numbers[:1])


def test_delete_missing__deletes_nothing_while_a_row_is_bad(numgate, account, tmp_path):
    numbers = block(10)
    numgate("number", "import", account, table(tmp_path / "n.csv", numbers))
    more = block(1)
    done = numgate("number", "import", account, table(tmp_path / "m.csv", numbers[:9] + more + ["oops"]), "--delete-missing", "--yes", "--json", code=8)
    assert "nothing is deleted while rows are bad" in done.stderr
    assert stored(numgate, account) == set(numbers + more)
    assert {name: plan(done)[name] for name in ("missing", "written", "deleted", "rejected")} == {"missing": 1, "written": 1, "deleted": 0, "rejected": 1}


def test_import__of_an_unknown_account_is_3(numgate, tmp_path):
    numgate("number", "import", "nobody", table(tmp_path / "n.csv", block(1)), code=3)


def test_import__of_another_accounts_rows_is_refused(numgate, account, tmp_path):
    file = tmp_path / "n.csv"
    file.write_text(f"telephoneNumber,accountName,{ZOOM}\n{phone_number()},somebody,true\n")
    assert f"an import into {account}" in numgate("number", "import", account, file, code=8).stderr


def test_import__says_which_heading_is_wrong(numgate, account, tmp_path):
    file = tmp_path / "n.csv"
    file.write_text("telephoneNumber,serviceDetails_zoomPhoneCloudPeering_enable\n+4930,true\n")
    assert "did you mean" in numgate("number", "import", account, file, code=2).stderr


def test_import__is_whole_after_the_client_was_killed(server, numgate, tmp_path):
    """SIGKILL at any moment, then --resume: each number is there, once."""
    for turn in range(rounds(2, 6, 30)):
        account, numbers = new_account(numgate), block(3000)
        file = table(tmp_path / f"n{turn}.csv", numbers)
        command = [BIN / "numgate", "number", "import", account, str(file), "--quiet"]
        victim = subprocess.Popen(command, env=server.shell())
        journal = tmp_path / f"n{turn}.csv.numgate-journal"
        wait_until(lambda: victim.poll() is not None or (journal.exists() and journal.read_text().count("\n") > 1 + 4 * turn % 28))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        numgate("number", "import", account, file, "--resume")
        assert stored(numgate, account) == set(numbers)
        assert not journal.exists()


def test_import__that_is_interrupted_says_how_to_go_on(make_server, numgate, tmp_path):
    """A server with 100 requests a minute keeps an import of 11,000 numbers waiting."""
    slow = make_server("[limits]\nrequests_per_minute = 100\n")
    account, numbers = new_account(numgate, to=slow), block(11000)
    file = table(tmp_path / "n.csv", numbers)
    victim = subprocess.Popen([BIN / "numgate", "number", "import", account, str(file)], env=slow.shell(), stderr=subprocess.PIPE, text=True)
    assert any("the next attempt is in" in line for line in victim.stderr)
    victim.send_signal(signal.SIGINT)
    rest = victim.communicate(timeout=20)[1]
    assert victim.returncode == 1 and "--resume goes on" in rest
    assert 9000 <= int((tmp_path / "n.csv.numgate-journal").read_text().splitlines()[-1]) < 11000


def test_import__outlives_its_tokens(server, numgate, tmp_path):
    """Tokens of one second, and in the middle one that is over before it comes: it is refused, and another is fetched."""
    def given():
        return [row for row in server.lab.log_rows() if row.get("client") == "short" and row["status"] == 200]

    account, numbers = new_account(numgate), block(50000)
    file = table(tmp_path / "n.csv", numbers)
    before = len(given())
    client = subprocess.Popen([BIN / "numgate", "number", "import", account, str(file), "--verbose", "--retry-wait", "1"], env=server.shell("SHORT"),
                              stderr=subprocess.PIPE, text=True)
    lines = iter(client.stderr)
    assert any(":createOrUpdateNumbers" in line for line in lines)
    requests.post(f"{server.lab.url}/lab/faults", json={"endpoint": "token", "kind": "expired"}, verify=server.ca, timeout=10).raise_for_status()
    told = "".join(lines)
    assert client.wait(60) == 0, told[-2000:]
    assert "status 401: with a new token" in told and len(given()) - before > 2
    assert stored(numgate, account) == set(numbers)


@pytest.mark.skipif(LEVEL == "quick", reason="waits for the limit's minute")
def test_imports__that_share_a_limit_all_end(make_server, numgate, tmp_path):
    """Three at once, with fewer requests a minute than they need; each waits as it is told, and no row is lost."""
    server = make_server("[limits]\nrequests_per_minute = 48\n")
    accounts = {new_account(numgate, to=server): block(2000) for _ in range(3)}
    clients = [subprocess.Popen([BIN / "numgate", "number", "import", name, str(table(tmp_path / f"{name}.csv", numbers))], env=server.shell(),
                                stderr=subprocess.PIPE, text=True) for name, numbers in accounts.items()]
    told = [client.communicate(timeout=300)[1] for client in clients]
    assert [client.returncode for client in clients] == [0, 0, 0], told
    assert "429" in "".join(told)
    for name, numbers in accounts.items():
        assert stored(numgate, name, to=server, role="USER_READ") == set(numbers), "users have a limit of their own"


def peak_kb(server, *arguments):
    """The most memory that it had at once. What the kernel tells a parent would begin with the parent's own."""
    process, peak = subprocess.Popen([BIN / "numgate", *map(str, arguments)], env=server.shell()), 0
    while process.poll() is None:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())
        peak = int(found[1]) if found else peak
    assert process.returncode == 0
    return peak


def test_memory__grows_with_the_numbers_by_little_and_with_their_rows_not_at_all(server, account, tmp_path):
    def padded(name, width):
        file = tmp_path / name
        row = '{"telephoneNumber":"%s","accountName":"' + account + '","serviceDetails":{}' + " " * width + "}\n"
        file.write_text("".join(row % number for number in block(2000)))
        return peak_kb(server, "number", "import", account, file, "--dry-run", "--quiet")

    few = padded("short.jsonl", 0)
    assert padded("long.jsonl", 20000) < few + 4096, "40 MB of rows are not kept"
    many = table(tmp_path / "many.csv", [f"+4936{at:04}{{000-999}}" for at in range(1000)])
    assert peak_kb(server, "number", "import", account, many, "--dry-run", "--quiet") < few + 48 * 1024, "a million numbers"


def test_resume__refuses_a_file_that_was_changed(numgate, account, tmp_path):
    file = table(tmp_path / "n.csv", block(5))
    (tmp_path / "n.csv.numgate-journal").write_text("numgate import 1 somebody 7 1.0\n3\n")
    assert "was changed since" in numgate("number", "import", account, file, "--resume", code=2).stderr


def test_accounts__go_out_and_come_in(numgate, tmp_path):
    account = new_account(numgate)
    rows = [json.loads(line) for line in numgate("account", "export").stdout.splitlines()]
    mine = next(row for row in rows if row["name"] == account)
    fresh = account_name()
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join([json.dumps(mine), json.dumps(mine | {"name": fresh}), '{"name": 7}', ""]))
    done = numgate("account", "import", file, code=8)
    assert "1 new, 0 changed, 1 the same, 1 bad" in done.stderr and "row 3: name" in done.stderr
    file.write_text(json.dumps({"name": account_name(), "serviceDetails": {"teamsOperatorConnect": {"enabled": True, "syncEnabled": True}}}))
    done = numgate("account", "import", file, code=8)
    assert "numgate: row 1: TenantRequired: " in done.stderr and "0 new, 0 changed, 0 the same, 1 bad" in done.stderr
    file.write_text(json.dumps({"name": account_name()}))
    for found in ("1 new, 0 changed, 0 the same", "0 new, 0 changed, 1 the same"):
        assert found in numgate("account", "import", file).stderr
    numgate("account", "show", fresh)


def test_accounts__that_stand_in_the_file_twice_are_bad_rows(numgate, tmp_path):
    name, file = account_name(), tmp_path / "a.jsonl"
    rows = [{"name": name}, {"name": account_name()}, account_body(name, "zoomPhoneCloudPeering")]
    file.write_text("\ufeff" + "\n".join(map(json.dumps, rows)))
    for flags in (["--dry-run"], []):
        done = numgate("account", "import", file, *flags, code=8)
        assert f"numgate: row 3: name: {name} is in row 1 already\n" in done.stderr and "2 new, 0 changed, 0 the same, 1 bad" in done.stderr
    assert json.loads(numgate("account", "show", name, "--json").stdout)["serviceDetails"] == {}, "the first row is the one that counts"


def test_accounts__import_tells_its_result_as_json(numgate, tmp_path):
    kept, file = new_account(numgate), tmp_path / "a.jsonl"
    rows = [account_body(kept, "zoomPhoneCloudPeering"), {"name": account_name()}, {"name": account_name()}, {"name": 7}]
    file.write_text("\n".join(map(json.dumps, rows)))
    counts = {"new": 2, "changed": 0, "same": 1, "bad": 1, "written": 0, "rejected": 1}
    assert json.loads(numgate("account", "import", file, "--json", "--dry-run", code=8).stdout) == counts
    assert json.loads(numgate("account", "import", file, "--json", code=8).stdout) == counts | {"written": 2}
    file.write_text(json.dumps({"name": kept}))
    assert json.loads(numgate("account", "import", file, "--json").stdout) == {"new": 0, "changed": 1, "same": 0, "bad": 0, "written": 1, "rejected": 0}


def test_accounts__atomic_sends_nothing_while_a_row_is_bad(numgate, tmp_path):
    names, file = [account_name(), account_name()], tmp_path / "a.jsonl"
    rows = [json.dumps({"name": name}) for name in names]
    file.write_text("\n".join([*rows, '{"name": 7}']))
    done = numgate("account", "import", file, "--atomic", "--json", code=8)
    assert "row 3: name" in done.stderr and "nothing was sent, as --atomic asks" in done.stderr
    assert json.loads(done.stdout) == {"new": 2, "changed": 0, "same": 0, "bad": 1, "written": 0, "rejected": 1}
    numgate("account", "show", names[0], code=3)
    assert numgate("account", "import", "-", "--atomic", "--dry-run", stdin=file.read_text(), code=8).stderr.count("row 3: name") == 1
    assert "must be in a file" in numgate("account", "import", "-", "--atomic", stdin="\n".join(rows), code=2).stderr
    file.write_text("\n".join(rows))
    assert json.loads(numgate("account", "import", file, "--atomic", "--json").stdout)["written"] == 2


def test_everything__of_accounts_that_are_gone_is_named_and_not_loaded(make_server, numgate, tmp_path):
    server, folder = make_server(), tmp_path / "all"
    gone, kept = new_account(numgate, to=server), new_account(numgate, to=server)
    for account in (gone, kept):
        numgate("number", "import", account, table(tmp_path / "n.csv", block(3)), to=server)
    assert "is of no account" not in numgate("export", "--all", folder, to=server).stderr
    numgate("account", "delete", gone, "--delete-numbers", "--yes", to=server)
    (folder / "numbers/notes.txt").write_text("not ours")
    said = numgate("export", "--all", folder, to=server).stderr
    assert re.findall(r"(\S+) is of no account", said) == [f"{folder}/numbers/{gone}.csv", f"{folder}/addresses/{gone}.jsonl"]
    assert (folder / "numbers" / f"{gone}.csv").exists() and (folder / "numbers/notes.txt").exists()
    new_account_named(numgate, gone, to=server)
    done = numgate("import", "--all", folder, to=server, code=3)
    assert f"{folder}/numbers/{gone}.csv is passed over" in done.stderr and "3 the same" in done.stderr
    assert stored(numgate, gone, to=server) == set()


def test_everything__goes_into_a_folder_and_into_an_empty_server(make_server, numgate, tmp_path):
    old, new = make_server(), make_server()
    for _ in range(2):
        numgate("number", "import", new_account(numgate, to=old), table(tmp_path / "n.csv", block(130)), to=old)
    numgate("export", "--all", tmp_path / "all", to=old)
    numgate("import", "--all", tmp_path / "all", to=new)
    numgate("export", "--all", tmp_path / "again", to=new)
    assert subprocess.run(["diff", "-r", tmp_path / "all", tmp_path / "again"], check=False).returncode == 0
    assert (tmp_path / "all" / "rfis.jsonl").exists()
    table(tmp_path / "all/numbers/0-gone.csv", block(1))
    done = numgate("import", "--all", tmp_path / "all", to=new, code=3)
    assert '"0-gone"' in done.stderr and done.stderr.count("130 the same") == 2, "what concerns one account stops no other"
