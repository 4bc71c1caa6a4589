"""Every command: what it prints for people and for programs, and its exit codes."""
import csv
import http.server
import io
import json
import os
import re
import signal
import stat
import subprocess
import threading

import pytest

from conftest import BIN, account_body, account_name, phone_number, uuid_text, wait_until


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def put_account(numgate, *services, **fields):
    name = account_name()
    numgate("account", "put", name, "-", stdin=json.dumps(account_body(name, *services, **fields)))
    return name


def zoom(number, account):
    return {"telephoneNumber": number, "accountName": account, "serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}}


@pytest.fixture
def account(numgate):
    return put_account(numgate, "zoomPhoneCloudPeering")


def test_account__is_put_shown_listed_and_deleted(numgate, account):
    assert lines(numgate("account", "show", account, "--json"))[0]["name"] == account
    assert f"name: {account}\n" in numgate("account", "show", account).stdout
    table = numgate("account", "list").stdout
    assert table.startswith("ACCOUNT ") and re.search(rf"^{account} +synced +zoomPhoneCloudPeering +0$", table, re.M)
    assert account in [row["name"] for row in lines(numgate("account", "list", "--json"))]
    numgate("account", "delete", account, "--yes")
    assert "AccountNotFound" in numgate("account", "show", account, code=3).stderr


def test_number__is_put_shown_found_listed_and_deleted(numgate, account):
    number = phone_number()
    numgate("number", "put", account, number, "-", stdin=json.dumps(zoom(number, account)))
    assert lines(numgate("number", "show", account, number, "--json"))[0]["telephoneNumber"] == number
    assert lines(numgate("number", "find", number, "--json"))[0]["accountName"] == account
    assert [row["telephoneNumber"] for row in lines(numgate("number", "list", account, "--json"))] == [number]
    assert number in numgate("number", "list", "--filter", f"accountName eq '{account}'").stdout
    numgate("number", "delete", account, number, "--yes")
    for form in ([], ["--json"]):
        gone = numgate("number", "find", number, *form, code=3)
        assert gone.stdout == "" and gone.stderr == f"numgate: no account has {number}\n", "no headings over nothing"


def test_delete__is_not_done_unasked(numgate, account):
    assert "--yes" in numgate("account", "delete", account, code=2).stderr
    assert "would DELETE" in numgate("account", "delete", account, "--dry-run").stderr
    numgate("account", "show", account)


def test_delete__of_an_account_with_numbers_is_a_conflict_unless_they_go_too(numgate, account):
    number = phone_number()
    numgate("number", "put", account, number, "-", stdin=json.dumps(zoom(number, account)))
    assert "--delete-numbers" in numgate("account", "delete", account, "--yes", code=5).stderr
    numgate("account", "delete", account, "--yes", "--delete-numbers")
    numgate("number", "find", number, code=3)


def test_if_match__refuses_what_has_changed(numgate, account):
    etag = re.search(r'ETag ("[^"]+")', numgate("account", "show", account).stderr)[1]
    body = json.dumps(account_body(account, "zoomPhoneCloudPeering", "teamsDirectRouting"))
    numgate("account", "put", account, "-", "--if-match", '"1.1"', stdin=body, code=5)
    numgate("account", "put", account, "-", "--if-match", etag, stdin=body)


def test_limit__takes_so_many(numgate):
    for _ in range(3):
        put_account(numgate)
    assert len(lines(numgate("account", "list", "--json", "--limit", "2"))) == 2
    assert "--limit" in numgate("account", "list", "--limit", "0", code=2).stderr


def test_rfi__is_listed(numgate):
    assert numgate("rfi", "list").stdout.startswith("TENANT")
    numgate("rfi", "show", uuid_text(), code=3)
    numgate("rfi", "set", uuid_text(), "ConsentAcknowledged", code=3)


def test_capability_and_address__answer(numgate, account):
    assert numgate("address", "list", account).stdout.startswith("ADDRESS")
    numgate("address", "show", account, uuid_text(), code=3)
    numgate("capability", "plans", "nobody", code=3)


def test_me_deployment_and_audit__answer(numgate, account):
    assert "ProvisioningAPI.Admin" in numgate("me").stdout
    assert lines(numgate("deployment", "show", "--json"))[0]["apiVersions"] == ["2024-02-29-preview"]
    assert lines(numgate("audit", "list", "--account", account, "--json"))[0]["action"] == "create"
    assert lines(numgate("audit", "export", "--account", account))[0]["key"] == account
    assert numgate("audit", "list", "--limit", "1").stdout.startswith("AT ")


def test_token__is_one_that_the_server_takes(numgate):
    token = numgate("token").stdout.strip()
    assert numgate("me", "--token-file", "-", stdin=token + "\n").stdout
    numgate("me", "--token-file", "-", stdin="not.a.token\n", code=4)


@pytest.mark.parametrize("noun", ["account", "number"])
def test_filter__that_help_shows_is_one_that_lists_take(numgate, account, noun):
    shown = re.search(r'such as "(.+?)"', " ".join(numgate(noun, "list", "--help").stdout.split()))[1]
    numgate(noun, "list", *([account] if noun == "number" else []), "--filter", shown)


def test_doctor__finds_nothing_wrong(numgate):
    report = numgate("doctor").stdout
    assert [line.split()[:2] for line in report.splitlines()] == [["ok", name] for name in ("DNS", "TLS", "clock", "allowlist", "token", "roles")]
    assert all(row["ok"] for row in lines(numgate("doctor", "--json")))


@pytest.mark.parametrize("flags, failed, code", [
    (["--ca-file", "/etc/ssl/certs/ca-certificates.crt", "--token-file", "-"], "TLS", 4),
    (["--url", "https://127.0.0.1:1"], "TLS", 7),
    (["--url", "https://nowhere.invalid", "--name-servers", "127.0.0.1:1"], "DNS", 7),
    (["--client-secret-file", "-"], "token", 4),
    (["--token-url", "https://127.0.0.1:1/token"], "token", 7),
])
def test_doctor__says_what_is_wrong_and_how_to_cure_it(numgate, flags, failed, code):
    rows = lines(numgate("doctor", "--json", *flags, stdin="wrong\n", code=code))
    first = next(row for row in rows if not row["ok"])
    assert first["check"] == failed and len(first["found"]) > 30


TLS_CURE, DOWN_CURE, FAULT_CURE, SECRET_CURE = "what signed the issuer's certificate", "is it up", "The issuer is there", "Check the token URL"


def token_row(numgate, *flags, code, **options):
    return next(row["found"] for row in lines(numgate("doctor", "--json", *flags, code=code, **options)) if row["check"] == "token")


def test_doctor__tells_what_is_wrong_with_the_issuer(server, numgate, away, tmp_path):
    strange = tmp_path / "strange.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=strange", "-keyout", tmp_path / "key",
                    "-out", strange], check=True, capture_output=True)
    found = token_row(numgate, "--url", away[1], "--ca-file", strange, code=4)
    assert TLS_CURE in found and SECRET_CURE not in found
    found = token_row(numgate, "--token-url", "https://127.0.0.1:1/token", code=7)
    assert DOWN_CURE in found and SECRET_CURE not in found
    found = token_row(numgate, "--token-url", f"{away[1]}/token", code=7)
    assert FAULT_CURE in found and SECRET_CURE not in found
    found = token_row(numgate, "--client-secret-file", "-", stdin="wrong\n", code=4)
    assert SECRET_CURE in found and TLS_CURE not in found and DOWN_CURE not in found


class Away(http.server.BaseHTTPRequestHandler):
    """A server that has no time, and says why."""

    def do_GET(self):
        body = json.dumps({"error": {"code": "ServiceUnavailable", "message": "192.0.2.1:53: Connection refused", "innererror": {"code": "DnsUnreachable"}}}).encode()
        self.send_response(503)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_DELETE = do_POST = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def away(tmp_path):
    """The flags that lead there."""
    (tmp_path / "token").write_text("t")
    (tmp_path / "token").chmod(0o600)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Away) as server:
        threading.Thread(target=server.serve_forever).start()
        yield ["--url", f"http://127.0.0.1:{server.server_port}", "--token-file", str(tmp_path / "token")]
        server.shutdown()


WHY = "numgate: status 503: DnsUnreachable: 192.0.2.1:53: Connection refused; the next attempt is in 1 s\n"


def test_failure__of_the_server_is_told_once_and_at_the_end(numgate, away):
    said = numgate("account", "list", *away, "--timeout", "4", code=7).stderr
    assert re.fullmatch(re.escape(WHY) + r"numgate: the deadline passed after [234] attempts: status 503: DnsUnreachable: .*: Connection refused\n", said)
    said = numgate("account", "list", *away, "--timeout", "1", code=7).stderr
    assert said.startswith("numgate: the deadline passed after 1 attempt: status 503: DnsUnreachable"), "no attempt is promised that does not come"


@pytest.mark.parametrize("command, ends", [(["list"], "cancelled\n"), (["delete", "x", "--yes"], "cancelled; whether it was done is not known\n")])
def test_interrupt__leaves_only_writes_in_doubt(server, away, command, ends):
    client = subprocess.Popen([BIN / "numgate", "account", *command, *away], env=server.shell(), stderr=subprocess.PIPE, text=True)
    assert client.stderr.readline() == WHY
    client.send_signal(signal.SIGINT)
    assert client.communicate(timeout=20)[1] == "numgate: " + ends and client.returncode == 1


COMMANDS = [("account", "list"), ("doctor",), ("token",)]


@pytest.mark.parametrize("command", COMMANDS)
def test_urls__without_tls_lead_to_this_machine_only(numgate, command):
    """Else a secret and a token would go through the net for all to read."""
    for flag in ("--token-url", "--url"):
        for host in ("192.0.2.1", "127.0.0.1.example.net", "[2001:db8::1]", "localhost.example.net"):
            if (flag, *command) != ("--url", "token"):
                assert "is not https:// and its host is not loopback" in numgate(*command, flag, f"http://{host}/", code=2).stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_ca_file__that_cannot_be_used_is_named(numgate, tmp_path, command):
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    assert "/nowhere/ca.pem: No such file" in numgate(*command, "--ca-file", "/nowhere/ca.pem", code=2).stderr
    assert f"{tmp_path}: not a regular file" in numgate(*command, "--ca-file", tmp_path, code=2).stderr
    assert f"{empty}: no certificate" in numgate(*command, "--ca-file", empty, code=2).stderr


def test_roles__that_do_not_allow_it_are_4(numgate, account):
    numgate("account", "list", role="READ")
    assert numgate("account", "delete", account, "--yes", role="READ", code=4).stderr


@pytest.mark.parametrize("arguments, says", [
    (["acount", "list"], 'did you mean "account"?'),
    (["account"], "list|show|put"),
    (["account", "lisst"], "list|show|put"),
    (["account", "show"], "usage: numgate account show ACCOUNT"),
    (["account", "show", "a", "b"], "usage: numgate account show ACCOUNT"),
    (["account", "list", "--filtr", "x"], "did you mean --filter?"),
    (["account", "list", "--filter"], "--filter needs a value"),
    (["account", "list", "--json=yes"], "takes no value"),
    (["account", "list", "--atomic"], "does not take --atomic"),
    (["account", "list", "--timeout", "soon"], "--timeout is a number"),
    (["account", "list", "--url", "ftp://x"], "URL"),
    (["account", "list", "--base-domain", "a", "--url", "https://b"], "not both"),
    (["account", "put", "a", "/nowhere"], "/nowhere"),
    (["account", "put", "a", "-"], "the document is empty"),
    (["account", "list", "--profile", "nobody"], ".config/numgate/config"),
    (["number", "import", "a", "/nowhere"], "/nowhere"),
    (["completion", "fish"], "bash and zsh"),
    (["export", "x"], "--all"),
    (["job", "create"], "FILE with the whole request, or --file"),
    (["job", "create", "a.json", "--kind", "delete"], "FILE with the whole request, or --file"),
    (["job", "create", "--file", "/nowhere"], "/nowhere"),
    (["job", "create", "--file", "-", "--filter", "x"], "not from both"),
    (["job", "cancel", "x", "--wait"], "does not take --wait"),
    ([], "usage: numgate"),
])
def test_wrong_use__is_2_and_says_what_is_right(numgate, arguments, says):
    assert says in numgate(*arguments, code=2).stderr


@pytest.mark.parametrize("arguments, what", [
    (["foo", "list"], 'command "foo"'), (["zone"], 'command "zone"'), (["jbo"], 'command "jbo"'), (["x"], 'command "x"'),
    (["account", "list", "--fit"], "flag --fit"), (["account", "list", "--xyz"], "flag --xyz"),
])
def test_wrong_use__suggests_nothing_that_was_hardly_meant(numgate, arguments, what):
    said = numgate(*arguments, code=2).stderr
    assert f"there is no {what}" in said and "did you mean" not in said


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["account", "list", "--help"], ["help", "account"], ["manual"], ["completion", "zsh"], ["account", "list"],
                                       ["audit", "export"]])
def test_output__that_finds_no_room_is_an_error(server, account, arguments):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BIN / "numgate", *arguments], env=server.shell(), stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "numgate: standard output cannot be written\n")


@pytest.mark.parametrize("arguments", [["manual"], ["account", "list"]])
def test_output__whose_reader_has_gone_ends_without_a_word(server, account, arguments):
    ours, theirs = os.pipe()
    os.close(ours)
    with open(theirs, "w") as pipe:
        done = subprocess.run([BIN / "numgate", *arguments], env=server.shell(), stdout=pipe, stderr=subprocess.PIPE, text=True)
    assert done.returncode in (1, -signal.SIGPIPE) and done.stderr == ""


def test_help__is_of_what_was_asked_for(numgate):
    assert numgate("help").stdout == numgate("--help").stdout
    assert numgate("help", "account", "list").stdout == numgate("account", "list", "--help").stdout
    assert numgate("help", "me").stdout == numgate("me", "--help").stdout
    of_account = numgate("account", "--help").stdout
    assert of_account == numgate("help", "account").stdout and of_account.startswith("usage: numgate account COMMAND")
    assert re.findall(r"^  (.+?)  +", of_account, re.M) == [f"account {verb}" for verb in ("list", "show", "put", "delete", "import", "export")]
    assert 'did you mean "account"?' in numgate("help", "acount", code=2).stderr
    assert "list|show|put" in numgate("account", "lisst", "--help", code=2).stderr


def test_json__may_begin_with_a_byte_order_mark(numgate, account, tmp_path):
    number, file = phone_number(), tmp_path / "n.json"
    file.write_text("\ufeff" + json.dumps(zoom(number, account)))
    numgate("number", "put", account, number, file)
    numgate("number", "put", account, number, "-", stdin=file.read_text())
    numgate("number", "put", account, number, "-", stdin="\ufeff" + file.read_text(), code=2)


def test_server_away__is_7_after_the_timeout(numgate):
    done = numgate("account", "list", "--url", "https://127.0.0.1:1", "--timeout", "1", "--retry-wait", "1", code=7)
    assert done.stderr.startswith("numgate: ")


def test_rate_limit__that_lasts_longer_than_the_timeout_is_6(make_server, numgate):
    slow = make_server("[limits]\nrequests_per_minute = 1\n")
    numgate("account", "list", to=slow)
    assert "429" in numgate("account", "list", "--timeout", "1", to=slow, code=6).stderr


def test_profile__is_read_from_the_file_and_flags_win(server, numgate, tmp_path):
    client_id, secret = server.lab.client("READ")
    (tmp_path / "secret").write_text(secret)
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "config").write_text(f"[profile.default]\nurl = https://127.0.0.1:1\n[profile.lab]\nurl = {server.url}\n"
                                     f"token_url = {server.lab.authority}/oauth2/v2.0/token\nclient_id = {client_id}\n"
                                     f"client_secret_file = {tmp_path}/secret\nscope = {server.lab.scope}\nca_file = {server.ca}\n")
    bare = {name: "" for name in server.shell() if name.startswith("NUMGATE_")}
    config = ["--config", tmp_path / "config"]
    assert "ProvisioningAPI.Read" in numgate("me", *config, "--profile", "lab", variables=bare).stdout
    numgate("me", *config, "--url", server.url, "--ca-file", server.ca, variables=bare, code=2)
    (tmp_path / "secret").chmod(stat.S_IRUSR | stat.S_IROTH)
    assert "secret" in numgate("me", *config, "--profile", "lab", variables=bare, code=2).stderr


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_key__signs_in_the_secrets_place(server, numgate, kind, tmp_path):
    bare = {"NUMGATE_CLIENT_SECRET": ""}
    key = server.lab.directory / "lab" / f"keyed-{kind}.pem"
    rights = "ProvisioningAPI.Admin"
    assert rights in numgate("me", "--client-key-file", key, role="KEYED").stdout, "a flag is nearer than the environment's secret"
    assert rights in numgate("me", role="KEYED", variables=bare | {"NUMGATE_CLIENT_KEY_FILE": str(key), "NUMGATE_CLIENT_KEY_ID": "k"}).stdout
    (tmp_path / "config").write_text(f"[profile.default]\nclient_key_file = {key}\n")
    assert rights in numgate("me", "--config", tmp_path / "config", role="KEYED", variables=bare).stdout
    assert numgate("token", "--client-key-file", key, role="KEYED").stdout.count(".") == 2
    numgate("me", "--client-key-file", key, role="READ", code=4)


def test_key__that_cannot_be_used_is_refused(server, numgate, tmp_path):
    key = server.lab.directory / "lab" / "keyed-ec.pem"
    broken, open_to_all = tmp_path / "broken.pem", tmp_path / "open.pem"
    broken.write_text("secret")
    broken.chmod(0o600)
    open_to_all.write_text(key.read_text())
    assert "no private key in PEM form" in numgate("me", "--client-key-file", broken, code=2).stderr
    assert "others" in numgate("me", "--client-key-file", open_to_all, code=2).stderr
    assert "/nowhere" in numgate("me", "--client-key-file", "/nowhere", code=2).stderr
    assert "not both" in numgate("me", "--client-key-file", key, "--client-secret-file", broken, code=2).stderr
    assert "no private key" in numgate("doctor", "--client-key-file", broken, code=4).stdout


def test_secret__is_in_no_output(numgate, server):
    _, secret = server.lab.client("ADMIN")
    for command in (["account", "list", "--verbose"], ["doctor"], ["me", "--json"]):
        done = numgate(*command)
        assert secret not in done.stdout + done.stderr and "Bearer" not in done.stderr


def test_help_manual_and_completion__name_every_command(numgate):
    everything = numgate("--help").stdout
    manual = numgate("manual").stdout
    for shell in ("bash", "zsh"):
        script = numgate("completion", shell).stdout
        assert "doctor" in script and "--delete-missing" in script and "import" in script
    subprocess.run(["bash", "-n"], input=numgate("completion", "bash").stdout, text=True, check=True)
    for command in re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +\S", everything, re.M):
        assert f".SS {command}" in manual
        assert numgate(*command.split(), "--help").stdout.startswith(f"usage: numgate {command}")


def test_job__is_created_shown_applied_and_listed(numgate, account, tmp_path):
    numbers, file = [phone_number(), phone_number()], tmp_path / "job.json"
    file.write_text(json.dumps({"kind": "create", "accountName": account, "telephoneNumbers": numbers,
                                "number": {"serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}}}))
    job = lines(numgate("job", "create", str(file), "--json"))[0]["id"]

    def state():
        return lines(numgate("job", "show", job, "--json"))[0]["state"]
    wait_until(lambda: state() == "previewed", what="the preview")
    assert "JobState" in numgate("job", "retry", job, code=5).stderr
    assert "state: queued\n" in numgate("job", "apply", job).stdout
    wait_until(lambda: state() == "done", what="the job's end")
    assert re.search(rf"^1 +\{numbers[0]} +{account} +new +applied", numgate("job", "rows", job).stdout, re.M)
    assert re.search(rf"^{job} +create +done +{account} +2 +2 +0 ", numgate("job", "list", "--limit", "1").stdout, re.M)
    assert "JobState" in numgate("job", "cancel", job, code=5).stderr


def settled(numgate, job, verdict, **counts):
    shown = lines(numgate("job", "show", job, "--json"))[0]
    assert shown["state"] == verdict and {name: shown["counts"][name] for name in counts} == counts
    return shown


def csv_of(numbers, account=None):
    head = "telephoneNumber,serviceDetails_zoomPhoneCloudPeering_enabled" + (",accountName" if account else "")
    return "\n".join([head, *(f"{number},true" + (f",{account}" if account else "") for number in numbers)]) + "\n"


@pytest.mark.parametrize("form", ["csv", "csv-with-account", "jsonl", "stdin", "range"])
def test_job__is_created_from_rows_waited_for_applied_and_its_result_written(numgate, account, tmp_path, form):
    numbers, file = [phone_number(), phone_number()], tmp_path / "rows"
    text = {"jsonl": "".join(json.dumps(zoom(number, account)) + "\n" for number in numbers), "csv-with-account": csv_of(numbers, account),
            "range": csv_of([f"+4940{numbers[0][-7:]}{{0-9}}"])}.get(form, csv_of(numbers))
    numbers = [f"+4940{numbers[0][-7:]}{digit}" for digit in range(10)] if form == "range" else numbers
    file.write_text(text)
    flags = [] if form in ("csv-with-account", "jsonl") else ["--account", account]
    done = numgate("job", "create", "--file", "-" if form == "stdin" else file, *flags, "--wait", "--json", stdin=text if form == "stdin" else "")
    job = lines(done)[0]
    assert job["state"] == "previewed" and job["counts"]["new"] == len(numbers) == job["rows"]
    done = numgate("job", "apply", job["id"], "--wait")
    assert "state: done\n" in done.stdout and not re.search(r"\[#", done.stderr)
    settled(numgate, job["id"], "done", applied=len(numbers), failed=0)
    result = list(csv.DictReader(io.StringIO(numgate("job", "result", job["id"]).stdout)))
    assert [(row["telephoneNumber"].lstrip("'"), row["verdict"], row["outcome"]) for row in result] == [(number, "new", "applied") for number in sorted(numbers)]
    numgate("job", "result", job["id"], "--output", tmp_path / "result.csv")
    assert (tmp_path / "result.csv").read_text() == numgate("job", "result", job["id"]).stdout and not (tmp_path / "result.csv.part").exists()


def test_job__deletes_and_changes_the_numbers_of_a_file_a_filter_or_an_account(numgate, account, tmp_path):
    numbers, file, settings = sorted(phone_number() for _ in range(4)), tmp_path / "rows.csv", tmp_path / "settings.json"
    file.write_text("Numbers\n" + "\n".join(numbers) + "\n")
    settings.write_text(json.dumps({"serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}}))

    def apply(*flags, **counts):
        job = lines(numgate("job", "create", *flags, "--wait", "--json"))[0]["id"]
        numgate("job", "apply", job, "--wait")
        return settled(numgate, job, "done", **counts)

    apply("--account", account, "--file", file, "--settings", settings, new=4, applied=4)
    settings.write_text(json.dumps({"configuration": {"customSipHeader": "x"}}))
    apply("--kind", "change", "--account", account, "--filter", f"telephoneNumber le '{numbers[1]}'", "--settings", settings, changed=2, applied=2)
    file.write_text("Numbers\n" + numbers[0] + "\n")
    apply("--kind", "delete", "--account", account, "--file", file, delete=1, applied=1)
    assert apply("--kind", "delete", "--account", account, delete=3, applied=3)["kind"] == "delete"
    assert lines(numgate("number", "list", account, "--json")) == []


def test_job__refused_rows_are_told_by_the_exit_code_and_found_by_verdict(numgate, account, tmp_path):
    good, file = phone_number(), tmp_path / "rows.csv"
    file.write_text(csv_of([good, "+44x", good]))
    done = numgate("job", "create", "--file", file, "--account", account, "--wait", "--json", code=8)
    job = lines(done)[0]
    assert "3 rows, 1 numbers, 2 bad; the preview says which and why" in done.stderr and "2 of 3 rows are refused" in done.stderr
    refused = lines(numgate("job", "rows", job["id"], "--verdict", "refused", "--json"))
    assert [row["row"] for row in refused] == [3, 4] and refused[1]["code"] == "DuplicateNumber"
    assert [row["row"] for row in lines(numgate("job", "rows", job["id"], "--outcome", "pending", "--json"))] == [2]
    assert lines(numgate("job", "rows", job["id"], "--verdict", "new", "--outcome", "applied", "--json")) == []
    numgate("account", "put", account, "-", stdin=json.dumps(account_body(account, "teamsOperatorConnect")))  # the service of the row is gone
    assert "1 of 3 rows failed" in numgate("job", "apply", job["id"], "--wait", code=8).stderr
    numgate("account", "put", account, "-", stdin=json.dumps(account_body(account, "zoomPhoneCloudPeering")))
    numgate("job", "retry", job["id"], "--wait")
    settled(numgate, job["id"], "done", applied=1, failed=0)


def test_job__dry_run_sends_nothing(numgate, account, tmp_path):
    file = tmp_path / "rows.csv"
    before = len(lines(numgate("job", "list", "--json")))
    file.write_text(csv_of([phone_number()]))
    done = numgate("job", "create", "--file", file, "--account", account, "--dry-run", "--json")
    assert lines(done) == [{"rows": 1, "numbers": 1, "bad": 0}] and "nothing was sent" in done.stderr
    file.write_text(csv_of(["+44x"]))
    done = numgate("job", "create", "--file", file, "--account", account, "--dry-run", code=8)
    assert "row 2: telephoneNumber: " in done.stderr
    file.write_text(json.dumps({"kind": "delete", "accountName": account}))
    assert "would POST" in numgate("job", "create", file, "--dry-run").stderr
    told = numgate("job", "create", "--kind", "delete", "--account", account, "--dry-run").stderr
    assert f"would POST /numgate/v1/jobs: delete all numbers, account {account}\n" in told
    told = numgate("job", "create", "--kind", "delete", "--filter", "telephoneNumber le 'x'", "--dry-run").stderr
    assert "delete the numbers that match telephoneNumber le 'x'\n" in told
    assert len(lines(numgate("job", "list", "--json"))) == before


def test_job__of_as_many_rows_and_bytes_as_may_be_is_sent_and_one_more_is_not(numgate, account, tmp_path):
    file, begin = tmp_path / "rows.csv", csv_of([])
    rows = [f"+1555{i:07},false" for i in range(10001)]
    file.write_text(begin + "\n".join(rows[:10000]) + "\n")
    job = lines(numgate("job", "create", "--file", file, "--account", account, "--json"))[0]["id"]
    numgate("job", "cancel", job)
    file.write_text(begin + "\n".join(rows) + "\n")
    assert "has more than 10000 rows" in numgate("job", "create", "--file", file, "--account", account, code=2).stderr
    with file.open("w") as out:
        out.write(begin + f"{phone_number()},true\n")
        out.write("\n" * (8 * 1024 * 1024 - out.tell()))
    job = lines(numgate("job", "create", "--file", file, "--account", account, "--json"))[0]["id"]
    numgate("job", "cancel", job)
    with file.open("a") as out:
        out.write("\n")
    assert "8388608" in numgate("job", "create", "--file", file, "--account", account, code=2).stderr
    assert "8388608" in numgate("job", "create", "--file", "-", "--account", account, stdin=file.read_text(), code=2).stderr


@pytest.mark.parametrize("text, flags, says", [
    ("", [], "the file is empty"), ("Numbers\n", [], "has no rows"), ("telephoneNumber,colour\n+441632960000,red\n", [], "colour"),
    ("Numbers\n+44x\n", ["--kind", "delete"], "row 2: "), ("Numbers\n+441632960000\n", ["--kind", "mend"], "kind"),
    ("Numbers\n+441632960000\n", ["--kind", "change"], "--settings"), ("Numbers\n+4942{000000-099999}\n+4943\n", ["--kind", "delete"], "divide it"),
    ("Numbers\n+4942{000000-099999}\n+4943\n", [], "divide it"),
    ("Numbers\n+441632960000\n", ["--settings", "/nowhere"], "/nowhere")])
def test_job__that_makes_no_sense_is_not_asked_for(numgate, account, text, flags, says):
    done = numgate("job", "create", "--file", "-", "--account", account, *flags, stdin=text, code={"row 2: ": 8, "kind": 1}.get(says, 2))
    assert says in done.stderr and done.stdout == ""


def test_job__of_a_range_is_as_large_as_a_job_may_be(numgate, account):
    """A hundred thousand numbers that nobody has, in one row."""
    done = numgate("job", "create", "--kind", "delete", "--account", account, "--file", "-", "--wait", "--json", stdin="Numbers\n+4942{000000-099999}\n",
                   code=8)
    assert lines(done)[0]["rows"] == 100000 and "100000 of 100000 rows are refused" in done.stderr


def test_job__that_is_larger_than_a_request_may_be_is_not_sent(numgate, account, tmp_path):
    """Settings and numbers fit alone, and not together."""
    settings, file = tmp_path / "settings.json", tmp_path / "rows.csv"
    settings.write_text(json.dumps({"configuration": {"customSipHeader": "x" * (1024 * 1024 - 1000)}}))
    file.write_text("Numbers\n" + "".join(f"+4943{i:06}\n" for i in range(10000)))
    done = numgate("job", "create", "--kind", "change", "--account", account, "--settings", settings, "--file", file, code=2)
    assert "a request may have 1 MiB" in done.stderr and "nothing was sent" in done.stderr


@pytest.mark.parametrize("how", ["interrupted", "without a server"])
def test_job__whose_wait_ends_early_is_named(make_server, numgate, how):
    server = make_server()
    account = account_name()
    numgate("account", "put", account, "-", stdin=json.dumps(account_body(account, "zoomPhoneCloudPeering")), to=server)
    command = [BIN / "numgate", "job", "create", "--kind", "delete", "--account", account, "--file", "-", "--wait", "--verbose", "--attempt-timeout", "1",
               "--retry-wait", "1", "--timeout", "60" if how == "interrupted" else "4"]
    client = subprocess.Popen(command, env=server.shell(), stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    client.stdin.write("Numbers\n+4942{000000-099999}\n")
    client.stdin.close()
    told = iter(client.stderr)
    assert any("POST " in line and "/numgate/v1/jobs" in line for line in told)
    server.freeze()  # the job stays as it is; an attempt to ask for it fails
    assert any("GET " in line and "/numgate/v1/jobs/" in line for line in told)
    if how == "interrupted":
        client.send_signal(signal.SIGINT)
    server.kill()
    told = "".join(told)
    assert client.wait(30) == (1 if how == "interrupted" else 7), told
    assert re.search(r"the job is ([0-9a-f-]{36}) and goes on in the server: numgate job show \1\n", told), told
    assert ("interrupted" in told) == (how == "interrupted")


def test_job__result_that_cannot_be_had_leaves_the_file_alone(numgate, tmp_path):
    file = tmp_path / "result.csv"
    file.write_text("mine")
    assert "JobNotFound" in numgate("job", "result", uuid_text(), "--output", file, code=3).stderr
    assert file.read_text() == "mine" and not list(tmp_path.glob("*.part"))


def test_job__that_is_cancelled_meanwhile_ends_the_wait(numgate, account, tmp_path):
    """Two jobs of a caller cannot run at a time; of one that is cancelled nothing is waited for."""
    file = tmp_path / "rows.csv"
    file.write_text(csv_of([phone_number()]))
    job = lines(numgate("job", "create", "--file", file, "--account", account, "--wait", "--json"))[0]["id"]
    assert "state: cancelled\n" in numgate("job", "cancel", job).stdout
    assert "JobState" in numgate("job", "apply", job, "--wait", code=5).stderr
