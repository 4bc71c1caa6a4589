"""libnumgate as others see it: the shared object, its header, and calls through it to the real daemon."""
import ctypes
import json
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from conftest import BIN, account_body, account_name, phone_number, uuid_text, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARY = BIN.parent / "src/client/libnumgate.so.0"
OK, INVALID, NOT_FOUND, AUTH, CONFLICT, NOT_MODIFIED, RATE_LIMITED, UNAVAILABLE, CANCELLED = range(9)


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("http_status", ctypes.c_int), ("attempts", ctypes.c_uint), ("code", ctypes.c_char * 64),
                ("target", ctypes.c_char * 160), ("message", ctypes.c_char * 512), ("request_id", ctypes.c_char * 40)]


class Event(ctypes.Structure):
    _fields_ = [("method", ctypes.c_char_p), ("path", ctypes.c_char_p), ("client_request_id", ctypes.c_char_p), ("address", ctypes.c_char_p),
                ("attempt", ctypes.c_uint), ("http_status", ctypes.c_int), ("reason", ctypes.c_char_p), ("took_ms", ctypes.c_uint64),
                ("wait_ms", ctypes.c_uint64)]


LOG = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(Event))


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t)] + \
        [(name, ctypes.c_char_p) for name in ("base_url", "base_domain", "token_url", "client_id", "scope", "client_secret", "client_secret_file",
                                              "token", "ca_file", "name_servers")] + \
        [(name, ctypes.c_uint64) for name in ("attempt_ms", "retry_wait_ms", "deadline_ms")] + \
        [("requests_per_minute", ctypes.c_uint32), ("user_agent", ctypes.c_char_p), ("log", LOG), ("log_arg", ctypes.c_void_p)] + \
        [(name, ctypes.c_char_p) for name in ("client_key_file", "client_key_id")]


class Call(ctypes.Structure):
    _fields_ = [("if_match", ctypes.c_char_p), ("if_none_match", ctypes.c_char_p), ("filter", ctypes.c_char_p), ("page_size", ctypes.c_uint),
                ("request_id", ctypes.c_char_p), ("first_sent", ctypes.c_uint64), ("deadline_ms", ctypes.c_uint64),
                ("delete_numbers", ctypes.c_int)]


class Client:
    """A handle. client("put_account", name, body, call=...) gives status, document and error."""

    def __init__(self, server, role="ADMIN", **options):
        self.library = ctypes.CDLL(str(LIBRARY))
        self.library.numgate_reply_body.restype = ctypes.c_char_p
        self.library.numgate_reply_header.restype = ctypes.c_char_p
        self.events = []
        self.keep = LOG(self.heard)
        client_id, secret = server.lab.client(role)
        given = {"base_url": server.url, "token_url": f"{server.lab.authority}/oauth2/v2.0/token", "client_id": client_id, "client_secret": secret,
                 "scope": server.lab.scope, "ca_file": str(server.ca), "retry_wait_ms": 20, **options}
        self.options = Options(ctypes.sizeof(Options), log=self.keep)
        for name, value in given.items():
            setattr(self.options, name, value.encode() if isinstance(value, str) else value)
        self.handle, self.error, self.headers = ctypes.c_void_p(), Error(), {}
        self.status = self.library.numgate_open(ctypes.byref(self.options), ctypes.byref(self.handle), ctypes.byref(self.error))

    def heard(self, _arg, event):
        self.events.append((event.contents.http_status, event.contents.reason.decode(), event.contents.wait_ms))

    def __call__(self, name, *arguments, call=None):
        reply = ctypes.c_void_p()
        without_call = name.startswith(("get_me", "get_deployment", "list_audit")) or name in ("get_sync", "get_dns")
        without_reply = name.startswith(("delete", "pause", "resume", "check"))
        texts = [ctypes.c_char_p(a.encode() if isinstance(a, str) else json.dumps(a).encode() if a is not None else None) for a in arguments]
        status = getattr(self.library, f"numgate_{name}")(
            self.handle, *texts, *([] if without_call else [ctypes.byref(call) if call else None]),
            *([] if without_reply else [ctypes.byref(reply)]), ctypes.byref(self.error))
        return status, self.take(reply)

    def take(self, reply):
        if not reply:
            return None
        self.headers = {name: self.library.numgate_reply_header(reply, name.encode()) for name in ("ETag", "x-ms-request-id")}
        body = self.library.numgate_reply_body(reply, None)
        self.library.numgate_reply_free(reply)
        return json.loads(body) if body else None

    def pages(self, name, *arguments, call=None):
        page, found = ctypes.c_void_p(), []
        texts = [ctypes.c_char_p(a.encode() if a else None) for a in arguments]
        status = getattr(self.library, f"numgate_{name}")(self.handle, *texts, ctypes.byref(call) if call else None, ctypes.byref(page), ctypes.byref(self.error))
        while status == OK and page:
            found.append(json.loads(self.library.numgate_reply_body(page, None))["value"])
            status = self.library.numgate_next_page(self.handle, ctypes.byref(page), ctypes.byref(self.error))
        assert status == OK and not page
        return found

    def close(self):
        self.library.numgate_close(self.handle)


@pytest.fixture
def client(server):
    made = Client(server)
    assert made.status == OK, made.error.message
    yield made
    made.close()


def zoom(number, account):
    return {"telephoneNumber": number, "accountName": account, "serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}}


def test_symbols__are_those_of_the_header():
    listed = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
    exported = set(re.findall(r" T (\w+)@@NUMGATE_0$", listed, re.M))
    header = (ROOT / "include/numgate.h").read_text(encoding="utf-8")
    assert exported == set(re.findall(r"^NUMGATE_\w+ [\w *]*?\*?(numgate_\w+)\(", header, re.M)) and len(exported) > 25
    assert not re.search(r" [TDBR] (?!NUMGATE_0$)(?!numgate_)\w+", listed), listed


@pytest.mark.parametrize("compiler", [["cc", "-std=c99", "-pedantic", "-x", "c"], ["clang", "-std=c99", "-pedantic", "-x", "c"],
                                      ["clang++", "-std=c++17", "-pedantic", "-x", "c++"]])
def test_header__compiles_without_a_warning(tmp_path, compiler):
    (tmp_path / "main.c").write_text('#include <numgate.h>\nstatic int sink(void *arg, const char *bytes, size_t count) { return arg == 0 && bytes != 0 && count > 0; }\n'
                                     'int main(void) { numgate_sink *take = sink; numgate_close(0); return take(0, 0, 0) + (sizeof(struct numgate_job_order) == 0); }\n')
    assert shutil.which(compiler[0])
    subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", "main.c", "-x", "none", LIBRARY, "-o", "main"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"], env={"LD_LIBRARY_PATH": str(LIBRARY.parent)}, check=False).returncode == 0


def test_example__is_compiled_against_the_installed_library_and_works(server, tmp_path):
    subprocess.run(["meson", "install", "-C", BIN.parent, "--no-rebuild", "--destdir", tmp_path], check=True, capture_output=True)
    package = next(tmp_path.rglob("numgate.pc"))
    variables = {**os.environ, "PKG_CONFIG_SYSROOT_DIR": str(tmp_path), "PKG_CONFIG_PATH": str(package.parent)}
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "numgate"], env=variables, capture_output=True, text=True, check=True).stdout.split()
    subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", ROOT / "examples/provision.c", *flags, "-o", tmp_path / "provision"], check=True)
    account, number = account_name(), phone_number()
    shell = server.shell()
    shell |= {"NUMGATE_ADMIN_CLIENT_ID": shell["NUMGATE_CLIENT_ID"], "NUMGATE_ADMIN_CLIENT_SECRET": shell["NUMGATE_CLIENT_SECRET"],
              "LD_LIBRARY_PATH": str(next(tmp_path.rglob("libnumgate.so.0")).parent)}
    done = subprocess.run([tmp_path / "provision", account, number], env=shell, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{number} synced\n"


def test_accounts_and_numbers__all_operations(client):
    account, numbers = account_name(), [phone_number() for _ in range(5)]
    assert client("put_account", account, account_body(account, "zoomPhoneCloudPeering"))[0] == OK
    status, document = client("get_account", account)
    assert (status, document["name"]) == (OK, account)
    etag = client.headers["ETag"]
    assert client("get_account", account, call=Call(if_none_match=etag))[0] == NOT_MODIFIED
    assert client("put_number", account, numbers[0], zoom(numbers[0], account))[0] == OK
    status, document = client("put_numbers", account, {"numbers": [zoom(number, account) for number in numbers[1:]]})
    assert status == OK and len(document["numbers"]) == 4
    assert client("get_number", account, numbers[0])[1]["telephoneNumber"] == numbers[0]
    assert [len(page) for page in client.pages("list_numbers", account, call=Call(page_size=2))] == [2, 2, 1]
    wanted = f"accountName eq '{account}'".encode()
    assert sum(len(page) for page in client.pages("list_numbers", None, call=Call(filter=wanted, page_size=3))) == 5
    assert any(row["name"] == account for page in client.pages("list_accounts") for row in page)
    assert client("delete_number", account, numbers[0])[0] == OK
    assert client("delete_numbers", account, {"numbers": [{"telephoneNumber": numbers[1]}]})[0] == OK
    assert client("delete_account", account)[0] == CONFLICT
    assert client("delete_account", account, call=Call(delete_numbers=1))[0] == OK
    assert client("get_account", account)[0] == NOT_FOUND and client.error.code == b"AccountNotFound"
    assert client("put_account", account, account_body(account), call=Call(if_match=etag))[0] == CONFLICT


def test_teams__all_operations(client):
    account = account_name()
    assert client("put_account", account, account_body(account, "teamsOperatorConnect"))[0] == OK
    assert client.pages("list_addresses", account) == [[]]
    assert client("get_address", account, uuid_text())[0] == NOT_FOUND
    assert isinstance(client.pages("list_rfis")[0], list)
    assert client("get_rfi", uuid_text())[0] == NOT_FOUND
    assert client("set_rfi", uuid_text(), {"customerRelationship": {"status": "ConsentAcknowledged"}})[0] == NOT_FOUND
    assert client("get_capability_plans", "nobody")[0] == NOT_FOUND
    assert client("get_available_capabilities", "nobody", {"numbers": [{"telephoneNumber": phone_number()}]})[0] == NOT_FOUND


def test_own__operations(client):
    assert "ProvisioningAPI.Admin" in client("get_me")[1]["roles"]
    assert client("get_deployment")[1]["apiVersions"] == ["2024-02-29-preview"]
    assert "value" in client("list_audit")[1]


def test_own__synchronization(client):
    """Of a server without a back end: it shows, and does nothing."""
    assert client("get_sync")[1]["configured"] is False
    assert client.pages("list_sync_accounts") == [[]] == client.pages("list_sync_orphans")
    assert client("get_sync_account", "nobody")[0] == NOT_FOUND
    for account in (None, "nobody"):
        for name in ("retry_sync", "pause_sync", "resume_sync"):
            status, _ = client(name, account)
            assert (status, client.error.code) == (UNAVAILABLE, b"BackendNotConfigured")
    assert client("reconcile_sync", "nobody", {"apply": False})[0] == UNAVAILABLE
    assert client("release_sync_orphans", "nobody", {"telephoneNumbers": ["+441632960000"]})[0] == UNAVAILABLE


def test_own__dns(client):
    """Of a server without [dns]: it shows, and does nothing."""
    assert client("get_dns")[1]["configured"] is False
    calls = [("list_dns_accounts",), ("get_dns_account", "nobody"), ("get_dns_letter", "nobody", None), ("get_dns_letter", "nobody", "a label"),
             ("list_dns_letters",), ("check_dns", None), ("check_dns", "nobody"), ("get_dns_plan",), ("apply_dns", {"confirm": False}),
             ("get_dns_job", uuid_text()), ("pause_dns",), ("resume_dns",), ("retry_dns",)]
    for name, *arguments in calls:
        status, _ = client(name, *arguments)
        assert (status, client.error.code) == (UNAVAILABLE, b"DnsNotConfigured"), name


class Texts(ctypes.Structure):
    _fields_ = [("items", ctypes.POINTER(ctypes.c_char_p)), ("count", ctypes.c_size_t)]


class JobOrder(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_char_p), ("account_name", ctypes.c_char_p), ("filter", ctypes.c_char_p), ("telephone_numbers", Texts),
                ("number", ctypes.c_void_p), ("number_json", ctypes.c_char_p)]


class JobCounts(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("create", "change", "same", "remove", "refused", "applied", "failed", "cancelled", "pending")]


class Job(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("id", "kind", "state", "account_name", "filter", "submitted_by")] + \
        [(name, ctypes.c_int64) for name in ("created_at", "started_at", "ended_at", "rows")] + \
        [("counts", ctypes.POINTER(JobCounts)), ("error", ctypes.c_void_p), ("own", ctypes.c_int)]


class JobRow(ctypes.Structure):
    _fields_ = [("row", ctypes.c_int64)] + [(name, ctypes.c_char_p) for name in ("telephone_number", "account_name", "verdict", "outcome", "code", "message",
                                                                                "target")]


SINK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(ctypes.c_char), ctypes.c_size_t)


class Jobs:
    """The typed calls of a client: what they answer with is read out of the structs."""

    def __init__(self, client):
        self.client, self.library = client, client.library

    def typed(self, name, *arguments):
        """Status, and the one job of the answer as a dictionary."""
        reply = ctypes.c_void_p()
        status = getattr(self.library, f"numgate_{name}")(self.client.handle, *arguments, None, ctypes.byref(reply), ctypes.byref(self.client.error))
        found = self.read("jobs", Job, reply)[0] if status == OK else None
        self.library.numgate_reply_free(reply)
        return status, found

    def read(self, name, kind, reply):
        items, count = ctypes.POINTER(kind)(), ctypes.c_size_t()
        read = getattr(self.library, f"numgate_reply_{name}")
        assert read(reply, ctypes.byref(items), ctypes.byref(count), ctypes.byref(self.client.error)) == OK, self.client.error.message
        found = [{name: getattr(item, name) for name, *_ in kind._fields_} for item in items[:count.value]]
        for item in found:
            if "counts" in item:
                item["counts"] = {name: getattr(item["counts"].contents, name) for name, _ in JobCounts._fields_}
        return found

    def submit(self, numbers=(), **order):
        texts = (ctypes.c_char_p * len(numbers))(*[number.encode() for number in numbers])
        given = JobOrder(**{name: value.encode() for name, value in order.items()})
        given.telephone_numbers = Texts(texts if numbers else None, len(numbers))
        return self.typed("submit_job", ctypes.byref(given))

    def await_state(self, job, state):
        found = {}

        def settled():
            found.update(self.typed("get_job", job)[1])
            return found["state"] == state.encode()
        wait_until(settled, what=state)
        return found

    def rows(self, job, verdict=None, outcome=None, size=0):
        page, found = ctypes.c_void_p(), []
        call = Call(page_size=size)
        error = ctypes.byref(self.client.error)
        status = self.library.numgate_list_job_rows(self.client.handle, job, verdict, outcome, ctypes.byref(call), ctypes.byref(page), error)
        while status == OK and page:
            found.append(self.read("job_rows", JobRow, page))
            status = self.library.numgate_next_page(self.client.handle, ctypes.byref(page), error)
        return status, found

    def result(self, job, ends_after=None):
        parts = []

        def take(_arg, text, count):
            parts.append(text[:count])
            return int(len(parts) == ends_after)
        return self.library.numgate_read_job_result(self.client.handle, job, None, SINK(take), None, ctypes.byref(self.client.error)), parts


@pytest.fixture
def jobs(client):
    return Jobs(client)


def test_job__by_a_list_is_previewed_applied_and_told_in_structs(client, jobs):
    account, begin = account_name(), f"+4941{phone_number()[-7:]}"
    assert client("put_account", account, account_body(account, "zoomPhoneCloudPeering"))[0] == OK
    before = int(time.time() * 1000) - 1
    settings = json.dumps({"serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}})
    status, job = jobs.submit([f"{begin}{{0-8}}", "+44x"], kind="create", account_name=account, number_json=settings)
    assert status == OK and (job["kind"], job["state"], job["account_name"].decode()) == (b"create", b"previewing", account)
    job = jobs.await_state(job["id"], "previewed")
    assert (job["counts"]["create"], job["counts"]["refused"], job["counts"]["pending"], job["rows"]) == (9, 1, 9, 10)
    assert before < job["created_at"] <= time.time() * 1000 and job["started_at"] == 0 == job["ended_at"] and job["error"] is None
    assert jobs.typed("retry_job", job["id"])[0] == CONFLICT and client.error.code == b"JobState"
    assert jobs.typed("apply_job", job["id"])[1]["state"] == b"queued"
    job = jobs.await_state(job["id"], "done")
    assert job["counts"]["applied"] == 9 and job["ended_at"] >= job["started_at"] > before
    status, pages = jobs.rows(job["id"], size=4)
    assert status == OK and [len(page) for page in pages] == [4, 4, 2]
    assert [(row["telephone_number"].decode(), row["verdict"], row["outcome"]) for row in pages[0][:1]] == [(f"{begin}0", b"new", b"applied")]
    (refused,) = jobs.rows(job["id"], verdict=b"refused")[1][0]
    assert (refused["row"], refused["telephone_number"], refused["outcome"], refused["target"]) == (2, b"+44x", None, b"telephoneNumber") and refused["message"]
    assert sum(map(len, jobs.rows(job["id"], outcome=b"applied")[1])) == 9
    assert jobs.rows(job["id"], verdict=b"refused", outcome=b"applied") == (OK, [[]])
    status, parts = jobs.result(job["id"])
    assert status == OK and len(parts) == 1 and parts[0].startswith(b"telephoneNumber,accountName,verdict,") and parts[0].count(b"applied") == 9


def test_job__by_filter_or_account_and_cancelled(client, jobs):
    account, number = account_name(), phone_number()
    client("put_account", account, account_body(account, "zoomPhoneCloudPeering"))
    client("put_number", account, number, zoom(number, account))
    status, job = jobs.submit(kind="delete", account_name=account, filter=f"telephoneNumber eq '{number}'")
    assert status == OK and jobs.await_state(job["id"], "previewed")["counts"]["remove"] == 1 and job["filter"]
    assert jobs.typed("cancel_job", job["id"])[1]["state"] == b"cancelled"
    status, job = jobs.submit(kind="delete", account_name=account)
    jobs.await_state(job["id"], "previewed")
    assert jobs.typed("apply_job", job["id"])[0] == OK
    assert jobs.await_state(job["id"], "done")["counts"]["applied"] == 1
    page = ctypes.c_void_p()
    assert client.library.numgate_list_jobs(client.handle, ctypes.byref(Call(page_size=1)), ctypes.byref(page), None) == OK
    assert jobs.read("jobs", Job, page)[0]["id"] == job["id"]
    assert client.library.numgate_next_page(client.handle, ctypes.byref(page), None) == OK
    assert jobs.read("jobs", Job, page)[0]["state"] == b"cancelled"
    client.library.numgate_reply_free(page)


@pytest.mark.parametrize("text", ["telephoneNumber,serviceDetails_zoomPhoneCloudPeering_enabled\n{},true\n", "json"])
def test_job__by_rows_is_as_large_as_may_be(client, jobs, text):
    account, number = account_name(), phone_number()
    client("put_account", account, account_body(account, "zoomPhoneCloudPeering"))
    rows = (json.dumps(zoom(number, account)) + "\n" if text == "json" else text.format(number)).encode()
    rows += b"\n" * (8 * 1024 * 1024 - len(rows))
    name = None if text == "json" else account.encode()
    status, job = jobs.typed("upload_job", name, ctypes.c_char_p(rows), ctypes.c_size_t(len(rows)))
    assert status == OK and jobs.await_state(job["id"], "previewed")["counts"]["create"] == 1
    attempts = len(client.events)
    rows += b"\n"
    assert jobs.typed("upload_job", name, ctypes.c_char_p(rows), ctypes.c_size_t(len(rows)))[0] == INVALID
    assert b"8 MiB" in client.error.message and len(client.events) == attempts


def test_job__that_cannot_be_is_refused(client, jobs):
    assert jobs.submit(kind="delete")[0] == INVALID and client.error.target == b"telephoneNumbers"
    attempts = len(client.events)
    assert jobs.submit(kind="change", account_name="a", number_json="{")[0] == INVALID and b"number_json: " in client.error.message
    nothing = JobOrder(kind=b"delete", account_name=b"a", telephone_numbers=Texts((ctypes.c_char_p * 1)(), 0))
    assert jobs.typed("submit_job", ctypes.byref(nothing))[0] == INVALID and client.error.target == b"telephoneNumbers"
    attempts = len(client.events)
    order = JobOrder(kind=b"change", number=1, number_json=b"{}")  # the pointer is not followed
    assert jobs.typed("submit_job", ctypes.byref(order))[0] == INVALID and b"not in both" in client.error.message
    order = JobOrder(kind=b"change", account_name=b"a", number=1)
    assert jobs.typed("submit_job", ctypes.byref(order))[0] == INVALID and b"number_json" in client.error.message
    assert jobs.submit(["+4416329600{00-99}"] * 60000, kind="delete")[0] == INVALID and b"1 MiB" in client.error.message
    assert len(client.events) == attempts
    unknown = uuid_text().encode()
    for name in ("get_job", "apply_job", "cancel_job", "retry_job"):
        assert jobs.typed(name, unknown)[0] == NOT_FOUND and client.error.code == b"JobNotFound"
    assert jobs.rows(unknown)[0] == NOT_FOUND and jobs.result(unknown) == (NOT_FOUND, [])
    assert jobs.rows(unknown, verdict=b"good")[0] == INVALID


def test_job__result_comes_in_parts_and_ends_where_its_receiver_says(client, jobs):
    """100,000 rows are more than one part."""
    account = account_name()
    client("put_account", account, account_body(account, "zoomPhoneCloudPeering"))
    status, job = jobs.submit(["+4942000{00000-99999}"], kind="create", account_name=account)
    assert status == OK and jobs.await_state(job["id"], "previewed")["rows"] == 100000
    status, parts = jobs.result(job["id"])
    text = b"".join(parts)
    assert status == OK and len(parts) > 1 and all(part.endswith(b"\n") for part in parts)
    assert text.count(b"\n") == 100001 and text.count(b"telephoneNumber") == 1
    status, parts = jobs.result(job["id"], ends_after=1)
    assert (status, len(parts)) == (CANCELLED, 1) and b"receiver" in client.error.message
    assert client("cancel_job", job["id"].decode())[0] == OK


def test_error__names_code_place_and_request(client):
    status, _ = client("put_account", "a", {"name": "a", "colour": 1})
    assert status == INVALID and client.error.http_status == 400 and b"colour" in client.error.target + client.error.message
    assert re.fullmatch(rb"[0-9a-f-]{36}", client.error.request_id) and client.error.attempts == 1


def test_names__may_hold_anything(client):
    for name in ("a/b", "a?b", "a b", "ä", "a%2fb", "..", "x" * 3000):
        assert client("get_account", name)[0] in (NOT_FOUND, INVALID)


@pytest.mark.parametrize("options, says", [
    ({"base_url": None}, b"base URL or a base domain"), ({"base_url": "ftp://x"}, b"base URL"), ({"client_id": None}, b"client id"),
    ({"token_url": None}, b"token URL"), ({"name_servers": "nobody"}, b"name server"), ({"requests_per_minute": 10001}, b"10000"),
    ({"client_secret": None, "client_secret_file": "/nowhere"}, b"/nowhere"), ({"client_secret": None, "client_key_file": "/nowhere"}, b"/nowhere"),
    ({"client_key_file": "/nowhere"}, b"not both")])
def test_open__refuses_what_cannot_work(server, options, says):
    client = Client(server, **options)
    assert client.status != OK and not client.handle and says in client.error.message


def test_options__may_be_those_of_an_older_header(server):
    """A caller that was compiled before `log` existed."""
    client = Client(server)
    client.close()
    client.options.size = Options.log.offset
    assert client.library.numgate_open(ctypes.byref(client.options), ctypes.byref(client.handle), None) == OK
    assert client("get_me")[0] == OK and not client.events
    client.close()


def test_key__signs_in_the_secrets_place(server):
    client = Client(server, role="KEYED", client_secret=None, client_key_file=str(server.lab.directory / "lab" / "keyed-rsa.pem"))
    assert client("get_me")[0] == OK
    client.close()


def test_roles__that_are_missing_are_auth(server):
    client = Client(server, role="READ")
    assert client("delete_account", "x")[0] == AUTH and client.error.http_status == 403
    client.close()


def test_rate_limit__is_waited_for_and_said_when_the_deadline_is_nearer(make_server):
    client = Client(make_server("[limits]\nrequests_per_minute = 5\n"), deadline_ms=1500)
    statuses = [client("list_accounts")[0] for _ in range(6)]
    assert statuses == [OK] * 5 + [RATE_LIMITED] and client.error.http_status == 429
    assert client.events[-1][0] == 429 and client.events[-1][1] == "" and client.events[-1][2] > 1000, "no attempt follows: the wait is too long"
    assert "429" in client.error.message.decode()
    client.close()


def test_server__that_comes_back_is_found_again(make_server):
    server = make_server()
    client = Client(server)
    account = account_name()
    assert client("get_me")[0] == OK
    server.kill()
    back = threading.Thread(target=lambda: (wait_until(lambda: len(client.events) > 3), server.start()))
    back.start()
    assert client("put_account", account, account_body(account))[0] == OK
    back.join()
    assert client.error.attempts > 1 and client("get_account", account)[0] == OK
    client.close()


def test_server__that_stays_away_is_unavailable_at_the_deadline(make_server):
    server = make_server()
    client = Client(server, deadline_ms=300)
    assert client("get_me")[0] == OK
    server.kill()
    assert client("get_me")[0] == UNAVAILABLE and client.error.http_status == 0 and b"deadline" in client.error.message
    client.close()


def test_cancel__ends_the_call_and_every_later_one(make_server):
    server = make_server()
    client = Client(server, retry_wait_ms=60000)
    assert client("get_me")[0] == OK
    server.kill()
    stop = threading.Thread(target=lambda: (wait_until(lambda: len(client.events) > 1), client.library.numgate_cancel(client.handle)))
    stop.start()
    assert client("get_me")[0] == CANCELLED
    stop.join()
    assert client("get_me")[0] == CANCELLED
    client.close()


def test_repeat__with_the_same_id_is_done_once(client):
    account, number = account_name(), phone_number()
    client("put_account", account, account_body(account, "zoomPhoneCloudPeering"))
    call = Call(request_id=uuid_text().encode(), first_sent=int(time.time()))
    assert client("put_number", account, number, zoom(number, account), call=call)[0] == OK
    first = client.headers["ETag"]
    assert client("put_number", account, number, zoom(number, account), call=call)[0] == OK
    assert client.headers["ETag"] == first
