"""numgate-lab check-backend: it passes on the lab's own back end, and fails on each of many that break the document in one way."""
import http.server
import json
import random
import subprocess
import uuid
from datetime import datetime, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from backend import ALDER, BIRCH, OC, SCENARIO, SCOPE, SECRET, TENANT, Backend, make_folder
from basics import Listener
from conftest import BIN, free_port

NUMBERS = ["+442079460000", "+442079460001", "+4420794599990"]  # the last comes first in the order of text


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = make_folder(tmp_path_factory.mktemp("check"))
    (folder / "secret").write_text(SECRET + "\n", encoding="utf-8")
    (folder / "secret").chmod(0o600)
    program = Backend(folder, SCENARIO).start()
    yield program
    assert program.terminate() == 0


@pytest.fixture
def lab(running):
    running.control("POST", "scenario", {"reset": True, **SCENARIO})
    return running


def flags(lab, url=None, **changes):
    """The command line; a change to None leaves the flag out."""
    values = {"url": url or f"{lab.url}/backend/v1", "token-url": f"{lab.url}/{TENANT}/oauth2/v2.0/token", "client-id": lab.ids["all"],
              "secret-file": lab.folder / "secret", "scope": SCOPE, "ca-file": lab.ca, "tenant": ALDER, "numbers": ",".join(NUMBERS), "job-seconds": 20,
              **{name.replace("_", "-"): value for name, value in changes.items()}}
    return [part for name, value in values.items() if value is not None for part in (f"--{name}", str(value))]


def check(lab, url=None, **changes):
    """Exit code, and {case: (word, reason)}."""
    done = subprocess.run([BIN / "numgate-lab", "check-backend", *flags(lab, url, **changes)], capture_output=True, text=True, timeout=120, check=False)
    rows = {}
    for line in done.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("ok", "FAIL", "skip"):
            name, _, reason = rest.strip().partition(": ")
            rows[name] = (word, reason)
    return done.returncode, rows, done


def failed(rows):
    return {name: reason for name, (word, reason) in rows.items() if word == "FAIL"}


# ---- one that conforms ----

@pytest.mark.parametrize("more", [{}, {"service": "teamsPhoneMobile"}, {"settings": '{"usage": "FirstPartyAppAssignment", "choosableCapabilities": ["InboundCalling"]}'},
                                  {"relationship": "AgreementSigned"}, {"numbers": "+442079460001,+442079460000"}, {"tenant": BIRCH.upper()}])
def test_lab__conforms(lab, more):
    code, rows, done = check(lab, **more)
    assert code == 0 and not failed(rows), done.stdout
    assert len(rows) == 26 and sum(word == "skip" for word, _ in rows.values()) == ("relationship" not in more)
    assert done.stdout.splitlines()[-1].startswith(f"{25 + ('relationship' in more)} passed, 0 failed")
    assert not lab.numbers() and not lab.numbers(BIRCH)  # nothing stays behind


def test_lab__conforms_with_numbers_of_an_earlier_run_and_among_others(lab):
    lab.control("POST", "scenario", {"enterprises": [
        {"tenantId": ALDER, "numbers": [{"telephoneNumber": "+442079450000", "count": 700, "service": OC, "usage": "ConferenceAssignment"},
                                        {"telephoneNumber": NUMBERS[1], "service": OC, "usage": "ConferenceAssignment"}]}]})
    code, _, done = check(lab)
    assert code == 0, done.stdout
    assert len(lab.numbers()) == 700


def test_lab__conforms_while_it_throttles(lab):
    lab.fault("*", "throttle", times=1000, every=10, retryAfter=1)
    code, _, done = check(lab)
    assert code == 0, done.stdout


def test_lab__with_slow_jobs_conforms(lab):
    lab.switch(jobStartMs=300, jobMs=300)
    assert check(lab)[0] == 0


# ---- what the lab can do wrong by itself ----

@pytest.mark.parametrize("operation,kind,more,case", [
    ("getConsent", "cut", {}, "the tenant's consent is told"),
    ("listUsages", "reset-before", {"times": 10}, "capability plans are told"),
    ("uploadNumbers", "lost-job", {"times": 100}, "an upload is a job with a result for each number"),
    ("listConsents", "status", {"status": 500, "times": 100}, "consents come in pages, in order"),
    ("findJob", "status", {"status": 404, "times": 100}, "an unknown job is 404 JobNotFound, an unknown key no job"),
    ("getNumber", "unauthorized", {}, "the numbers are free"),
])
def test_faults__are_found(lab, operation, kind, more, case):
    lab.switch(jobStartMs=50, jobMs=50)
    lab.fault(operation, kind, **more)
    code, rows, done = check(lab)
    assert code == 1 and case in failed(rows), done.stdout


def test_nothing__there_fails_and_says_so(lab):
    code, rows, _ = check(lab, url=f"http://127.0.0.1:{free_port()}/v1")
    assert code == 1 and "ok" not in {word for word, _ in rows.values()}
    assert {word for word, _ in rows.values()} == {"FAIL", "skip"}


def test_numbers__of_another_tenant_are_left_alone(lab):
    lab.control("PUT", f"backend/numbers/{NUMBERS[1]}", {"service": OC, "tenantId": BIRCH, "usage": "CallingUserAssignment"})
    code, rows, _ = check(lab)
    assert code == 1 and "another tenant" in failed(rows)["the numbers are free"]
    assert rows["an upload is a job with a result for each number"][0] == "skip"
    assert len(lab.numbers(BIRCH)) == 1 and not lab.history()


def test_numbers__are_given_back_after_a_failure(lab):
    lab.fault("listNumbers", "status", status=500, times=100)
    code, rows, _ = check(lab)
    assert code == 1 and "numbers come in pages, in numeric order" in failed(rows)
    lab.control("DELETE", "backend/faults")
    assert not lab.numbers()


# ---- adapters that break the document ----

class Adapter(Listener):
    """Stands before the lab and spoils one thing: `spoil` has request(call), which may change what goes on, and reply(call, answer), which may
    change what comes back."""

    def __init__(self, lab, spoil):
        adapter = self
        self.lab, self.spoil, self.seen, self.http = lab, spoil, {}, requests.Session()
        self.http.verify, self.http.trust_env = lab.ca, False

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # headers and body leave together

            def serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else None
                status, headers, text = adapter.forward(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
            do_GET = do_POST = do_PUT = serve

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass
        super().__init__(Handler)
        self.url += "/v1"

    def forward(self, method, target, headers, body):
        parts = urlsplit(target)
        call = {"method": method, "path": parts.path.removeprefix("/v1"), "query": dict(parse_qsl(parts.query)), "headers": headers, "body": body,
                "adapter": self}
        self.spoil.get("request", lambda call: None)(call)
        reply = self.http.request(method, f"{self.lab.url}/backend/v1{call['path']}", params=call["query"], data=call["body"], timeout=20,
                                 headers={k: v for k, v in call["headers"].items() if k in ("Authorization", "Idempotency-Key", "Content-Type")})
        answer = {"status": reply.status_code, "json": reply.json(),
                  "headers": {k: v for k, v in reply.headers.items() if k in ("Content-Type", "Location", "Retry-After")}}
        self.spoil.get("reply", lambda call, answer: None)(call, answer)
        text = answer["json"] if isinstance(answer["json"], bytes) else json.dumps(answer["json"]).encode()
        return answer["status"], answer["headers"], text


def numbers_in(value):
    """Every number within an answer."""
    if isinstance(value, dict):
        if "usage" in value and "telephoneNumber" in value:
            yield value
        for part in value.values():
            yield from numbers_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from numbers_in(part)


def on(path, change):
    """A reply changer for paths that contain `path`."""
    def reply(call, answer):
        if path in call["path"] and answer["status"] < 300:
            change(answer, call)
    return {"reply": reply}


def in_jobs(change):
    def reply(_, answer):
        jobs = answer["json"].get("value", []) if "entries" not in answer["json"] else [answer["json"]]
        for job in jobs:
            if "entries" in job:
                change(job)
    return {"reply": reply}


def in_numbers(change):
    def reply(_, answer):
        for number in numbers_in(answer["json"]):
            change(number)
    return {"reply": reply}


def set_item(target, key, value):
    target[key] = value


def drop(target, key):
    target.pop(key, None)


def good_token(call):
    call["headers"]["Authorization"] = f"Bearer {call['adapter'].lab.token()}"


def ignore(*names):
    def request(call):
        for name in names:
            call["query"].pop(name, None)
    return {"request": request}


def accept(status, code, body):
    """Refusals with this code become successes."""
    def reply(call, answer):
        if answer["json"].get("code") == code and answer["status"] == 400 and call["method"] in ("PUT", "POST"):
            answer.update(status=status, json=body)
    return {"reply": reply}


def other_code(old, new):
    def reply(_, answer):
        if answer["json"].get("code") == old:
            answer["json"]["code"] = new
    return {"reply": reply}


def other_status(old, new):
    def reply(_, answer):
        if answer["status"] == old:
            answer["status"] = new
    return {"reply": reply}


def wrapped_errors(_, answer):
    if answer["status"] >= 400:
        answer["json"] = {"error": answer["json"]}


def other_key(call):
    if "Idempotency-Key" in call["headers"] and len(call["headers"]["Idempotency-Key"]) == 36:
        call["headers"]["Idempotency-Key"] = str(uuid.uuid4())


def first_number_again(call, answer):
    """A number that was told once is told for ever."""
    if call["path"].startswith("/numbers/"):
        if answer["status"] == 200:
            call["adapter"].seen[call["path"]] = answer["json"]
        elif call["path"] in call["adapter"].seen:
            answer.update(status=200, json=call["adapter"].seen[call["path"]])


def good_usage(call):
    if call["body"] and b"NoSuchUsage" in call["body"]:
        call["body"] = call["body"].replace(b"NoSuchUsage", b"CallingUserAssignment")


def plus_is_unknown(call):
    if call["path"].startswith("/numbers/+"):
        call["path"] = "/numbers/+990"


def now():
    return datetime.now(timezone.utc).strftime(f"%Y-%m-%dT%H:%M:%S.{random.randrange(10 ** 6):06}Z")


UPLOAD, FREE = "an upload is a job with a result for each number", "the numbers are free"
CONSENTS, LISTED = "consents come in pages, in order", "numbers come in pages, in numeric order"
TOLD, CHANGES, CHANGED = "uploaded numbers are told as they were uploaded", "changes begin with a mark", "changed numbers are told from the mark on"
BROKEN = {  # what is wrong with the adapter: how, and the case that finds it
    "takes any token": ({"request": good_token}, "a token is needed, and a good one"),
    "wraps errors": ({"reply": wrapped_errors}, "a token is needed, and a good one"),
    "answers in plain text": (on("/usages", lambda a, c: set_item(a["headers"], "Content-Type", "text/plain")), "capability plans are told"),
    "answers no JSON": (on("/usages", lambda a, c: set_item(a, "json", b"{")), "capability plans are told"),
    "redirects": (on("/usages", lambda a, c: set_item(a, "status", 302)), "capability plans are told"),
    "answers 201": (on("/usages", lambda a, c: set_item(a, "status", 201)), "capability plans are told"),
    "has no plan of the usage": (on("/usages", lambda a, c: a["json"]["value"].clear()), "capability plans are told"),
    "has consents of unknown status": (on("/consents", lambda a, c: [set_item(x, "status", "Fine") for x in a["json"].get("value", [])]), CONSENTS),
    "has consents without tenant": (on("/consents", lambda a, c: [drop(x, "tenantId") for x in a["json"].get("value", [])]), CONSENTS),
    "has an inactive consent": (on(f"/consents/{ALDER}", lambda a, c: set_item(a["json"], "status", "Suspended")), "the tenant's consent is told"),
    "tells another tenant's consent": (on(f"/consents/{ALDER}", lambda a, c: set_item(a["json"], "tenantId", BIRCH)), "the tenant's consent is told"),
    "has consents in no order": (on("/consents", lambda a, c: a["json"].get("value", []).reverse()), CONSENTS),
    "ignores the page size": (ignore("maxpagesize"), CONSENTS),
    "ignores where pages begin": (ignore("after"), CONSENTS),
    "has no more": (on("/consents", lambda a, c: drop(a["json"], "more") if "value" in a["json"] else None), CONSENTS),
    "always has more": (on("/consents", lambda a, c: set_item(a["json"], "more", True) if "value" in a["json"] else None), CONSENTS),
    "loses the end of a list": (on("/consents", lambda a, c: set_item(a["json"], "more", False) if "value" in a["json"] else None), CONSENTS),
    "has times without zone": (on("/consents", lambda a, c: [set_item(x, "consentedOn", "2026-01-01 00:00") for x in a["json"].get("value", [])]), CONSENTS),
    "calls unknown tenants something else": (other_code("TenantNotFound", "NotFound"), "an unknown tenant is 404 TenantNotFound"),
    "declines without a comment": (accept(200, "BadRequest", {"id": ALDER, "tenantId": ALDER, "status": "Active"}), "declining without a comment is refused"),
    "takes capability queries of any size": (accept(200, "BadRequest", {"availableCapabilities": []}), "available capabilities are told, of 100 numbers at most"),
    "has addresses without default": (on("/civicAddresses", lambda a, c: [drop(x, "defaultLocationId") for x in a["json"]["value"]]), "civic addresses come in pages, in order"),
    "calls unknown jobs something else": (other_code("JobNotFound", "NoJob"), "an unknown job is 404 JobNotFound, an unknown key no job"),
    "knows a job for any key": (on("/jobs", lambda a, c: set_item(a["json"], "value", [{"jobId": "1", "status": "Complete", "entries": []}]) if "value" in a["json"] else None),
                                "an unknown job is 404 JobNotFound, an unknown key no job"),
    "knows any mark": ({"request": lambda call: drop(call["query"], "mark")}, CHANGES),
    "tells changes without a mark": (on("/changes", lambda a, c: set_item(a["json"], "more", True)), CHANGES),
    "tells no changes": (on("/changes", lambda a, c: a["json"]["value"].clear()), CHANGED),
    "needs no key": ({"request": lambda call: call["headers"].__setitem__("Idempotency-Key", str(uuid.uuid4())) if call["method"] == "POST" else None},
                     "an order needs a UUID as Idempotency-Key"),
    "takes bad orders": (accept(202, "BadRequest", {"jobId": "1", "status": "Complete", "entries": []}), "an order that cannot be read is 400 BadRequest"),
    "calls unheld numbers something else": (other_code("NumberNotFound", "NotFound"), FREE),
    "answers orders with 200": (other_status(202, 200), UPLOAD),
    "has no Location": ({"reply": lambda call, answer: drop(answer["headers"], "Location")}, UPLOAD),
    "never ends a job": (in_jobs(lambda job: set_item(job, "status", "InProgress")), UPLOAD),
    "ends a job without its entries": (in_jobs(lambda job: job["entries"].pop()), UPLOAD),
    "ends a job with open entries": (in_jobs(lambda job: set_item(job["entries"][0], "status", "Pending")), UPLOAD),
    "has errors without code": (in_jobs(lambda job: set_item(job["entries"][0], "status", "Error")), UPLOAD),
    "has words of its own for a job": (in_jobs(lambda job: set_item(job, "status", "Done")), UPLOAD),
    "says Complete whatever happened": (in_jobs(lambda job: set_item(job, "status", "Failed")), UPLOAD),
    "does every order again": ({"request": other_key}, "the same order again is the same job"),
    "mixes up keys": (other_status(422, 409), "another order under the same key is refused"),
    "finds no job by its key": (on("/jobs", lambda a, c: a["json"].get("value", []).clear()), "a job is found by its id and by its key"),
    "forgets who holds a number": (in_numbers(lambda number: drop(number, "tenantId")), UPLOAD),
    "forgets settings": (in_numbers(lambda number: drop(number, "allowTenantAddressUpdate")), TOLD),
    "changes settings": (in_numbers(lambda number: set_item(number, "usage", "Other")), TOLD),
    "has text for true": (in_numbers(lambda number: set_item(number, "allowTenantAddressUpdate", "true")), UPLOAD),
    "knows no plain plus": ({"request": plus_is_unknown}, TOLD),
    "has numbers in no order": (on("/numbers", lambda a, c: a["json"].get("value", []).reverse()), LISTED),
    "has numbers in the order of text": (on("/numbers", lambda a, c: a["json"].get("value", []).sort(key=lambda n: n["telephoneNumber"])), LISTED),
    "acquires anew each time": (in_numbers(lambda number: set_item(number, "acquiredOn", now())), "uploading again with the same settings is a success"),
    "keeps telling released numbers": ({"reply": first_number_again}, "a release is a job, and the number is gone"),
    "takes any usage": ({"request": good_usage}, "a bad usage speaks against its number"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_adapter__that_breaks_the_document_is_found(lab, what):
    spoil, case = BROKEN[what]
    with Adapter(lab, spoil) as adapter:
        code, rows, done = check(lab, url=adapter.url, job_seconds=1)
    assert code == 1 and case in failed(rows), done.stdout
    first = next(name for name, (word, _) in rows.items() if word == "FAIL")
    assert first == case or case in failed(rows)


def test_adapter__that_only_passes_on_conforms(lab):
    with Adapter(lab, {}) as adapter:
        code, _, done = check(lab, url=adapter.url)
    assert code == 0, done.stdout


def no_changes(call, answer):
    if call["path"] == "/changes":
        answer.update(status=404, json={"code": "NotOffered", "message": "no"})


def usage_of_the_order(call, answer):
    if call["body"] and b"NoSuchUsage" in call["body"]:
        answer.update(status=400, json={"code": "UnknownUsage", "message": "no", "details": [{"code": "UnknownUsage", "message": "no", "target": NUMBERS[1]}]})


def more_members(_, answer):
    answer["json"]["somethingOfItsOwn"] = {"x": 1}


@pytest.mark.parametrize("spoil", [no_changes, usage_of_the_order, more_members])
def test_adapter__may_do_what_the_document_leaves_open(lab, spoil):
    with Adapter(lab, {"reply": spoil}) as adapter:
        code, _, done = check(lab, url=adapter.url)
    assert code == 0, done.stdout


# ---- the command line ----

@pytest.mark.parametrize("changes,message", [
    ({"url": None}, "--url is needed"), ({"token_url": None}, "--token-url is needed"), ({"client_id": None}, "--client-id is needed"),
    ({"secret_file": None}, "--secret-file is needed"), ({"tenant": None}, "--tenant is needed"), ({"numbers": None}, "--numbers is needed"),
    ({"tenant": "x"}, "UUID"), ({"numbers": "+442079460000"}, "at least 2"), ({"numbers": "x,y"}, "+442079460000"), ({"numbers": "+442079460000,+442079460000"}, "twice"),
    ({"numbers": ",".join(f"+4420794600{i:02}" for i in range(21))}, "up to 20"), ({"service": "zoom"}, "teamsPhoneMobile"), ({"settings": "{"}, "--settings"),
    ({"settings": "{}"}, "usage"), ({"job_seconds": "0"}, "from 1"), ({"call_seconds": "x"}, "from 1"), ({"token_url": "http://example.net/"}, "--token-url"),
    ({"secret_file": "/nonexistent"}, "/nonexistent"), ({"urrl": "x"}, "did you mean")])
def test_flags__that_are_wrong_end_with_2(lab, changes, message):
    given = flags(lab, **{k: v for k, v in changes.items() if k != "url"})
    if changes.get("url", "") is None:
        given = given[2:]
    done = subprocess.run([BIN / "numgate-lab", "check-backend", *given], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and message in done.stderr and not done.stdout, done.stderr


@pytest.mark.parametrize("url", ["x", "ftp://x", "http://example.net/v1", "https://user@example.net/v1", "https://127.0.0.1:1/v1/"])
def test_flags__with_a_url_that_cannot_be_end_with_2(lab, url):
    done = subprocess.run([BIN / "numgate-lab", "check-backend", *flags(lab, url)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and "--url" in done.stderr


def test_secret__is_never_told(lab):
    wrong = lab.folder / "wrong"
    wrong.write_text("another secret\n", encoding="utf-8")
    wrong.chmod(0o600)
    code, rows, done = check(lab, secret_file=wrong)
    assert code == 1 and any("no token" in reason for reason in failed(rows).values())
    assert "another secret" not in done.stdout + done.stderr
    wrong.chmod(0o644)
    assert check(lab, secret_file=wrong)[0] == 2
