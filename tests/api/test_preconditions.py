"""The four preconditions on every operation of a single resource (RFC 9110 section 13)."""
import concurrent.futures
import email.utils
import json
from datetime import datetime, timedelta, timezone

import pytest
from conftest import Server, account_body, account_name, number_body, phone_number, uuid_text

from contract import refused
from wire import Wire, head

MERGE = {"Content-Type": "application/merge-patch+json"}
TENANT = uuid_text()


@pytest.fixture(scope="module", name="target")
def fixture_target(lab, tmp_path_factory):
    """A server with one RFI and one civic address of each test kind; accounts and numbers are made by the tests."""
    directory = tmp_path_factory.mktemp("conditions")
    server = Server(directory, lab)
    address = {"id": "addr", "defaultLocationId": "loc"}
    (directory / "seed.json").write_text(json.dumps({
        "accounts": [account_body("home")], "requestsForInformation": [{"tenantId": TENANT}], "civicAddresses": {"home": [address]}}))
    done = server.run("seed", directory / "seed.json", "--config", server.config)
    assert done.returncode == 0, done.stderr
    server.start()
    yield server
    server.stop()


class Resource:
    """One resource of a kind, there or not: its path, its methods, and how each is sent."""

    def __init__(self, client, kind, present=True):
        self.client, self.kind = client, kind
        if kind == "account":
            self.name = account_name()
            self.path, self.body = f"/accounts/{self.name}", account_body(self.name)
        elif kind == "number":
            number = phone_number()
            self.path, self.body = f"/accounts/home/numbers/{number}", number_body(number, "home")
        elif kind == "civicAddress":
            self.path = "/accounts/home/teamsCivicAddresses/" + ("addr" if present else "none")
        else:
            self.path = "/teamsRequestsForInformation/" + (TENANT if present else uuid_text())
            self.body = {"customerRelationship": {"status": "InDiscussion", "comment": uuid_text()}}
        if kind in ("account", "number") and present:
            assert self.send("PUT").status_code == 201

    def send(self, method, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "PATCH":
            return self.client.patch(self.path, data=json.dumps(self.body), headers={**MERGE, **headers})
        body = self.body if method == "PUT" else None
        return self.client.request(method, self.path, json=body, headers=headers)

    def change(self):
        """From now on something else is written."""
        if self.kind == "account":
            self.body["correlationId"] = uuid_text()
        else:
            self.body["configuration"] = {"customSipHeader": uuid_text()}
        return self


OPERATIONS = [("account", "GET"), ("account", "PUT"), ("account", "DELETE"), ("number", "GET"), ("number", "PUT"),
              ("number", "DELETE"), ("civicAddress", "GET"), ("requestForInformation", "GET"), ("requestForInformation", "PATCH")]
PASSES = {"GET": 200, "PUT": 200, "PATCH": 200, "DELETE": 204}
OK, FAILS, CACHED = "passes", "412", "304 to GET, 412 to others"
UNCHANGED = "304 to GET, no matter to others"


def dates(moment):
    """The moment as IMF-fixdate and as RFC 3339."""
    return [email.utils.format_datetime(moment, usegmt=True), moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            moment.astimezone(timezone(timedelta(hours=2))).isoformat()]


PRESENT = [  # headers, with {tag} the current ETag, {earlier} {same} {later} around Last-Modified; what comes of it
    ({}, OK),
    ({"If_Match": "{tag}"}, OK),
    ({"If_Match": "W/{tag}"}, OK),  # proxies that compress weaken tags
    ({"If_Match": "*"}, OK),
    ({"If_Match": '"0.0"'}, FAILS),
    ({"If_Match": '"foreign", W/"x"'}, FAILS),
    ({"If_Match": '""'}, FAILS),
    ({"If_Match": '"0.0", {tag}'}, OK),
    ({"If_Match": '"a,b" ,,{tag},'}, OK),
    ({"If_None_Match": "{tag}"}, CACHED),
    ({"If_None_Match": "W/{tag}"}, CACHED),
    ({"If_None_Match": "*"}, CACHED),
    ({"If_None_Match": '"0.0",W/{tag}'}, CACHED),
    ({"If_None_Match": '"0.0"'}, OK),
    ({"If_None_Match": '"foreign"'}, OK),
    ({"If_Unmodified_Since": "{same}"}, OK),
    ({"If_Unmodified_Since": "{later}"}, OK),
    ({"If_Unmodified_Since": "{earlier}"}, FAILS),
    ({"If_Modified_Since": "{same}"}, UNCHANGED),
    ({"If_Modified_Since": "{later}"}, UNCHANGED),
    ({"If_Modified_Since": "{earlier}"}, OK),
    ({"If_Match": "{tag}", "If_Unmodified_Since": "{earlier}"}, OK),  # with a tag the date is not looked at
    ({"If_Match": '"0.0"', "If_Unmodified_Since": "{later}"}, FAILS),
    ({"If_None_Match": '"0.0"', "If_Modified_Since": "{later}"}, OK),
    ({"If_None_Match": "{tag}", "If_Modified_Since": "{earlier}"}, CACHED),
    ({"If_Match": "{tag}", "If_None_Match": "{tag}"}, CACHED),
    ({"If_Match": '"0.0"', "If_None_Match": "{tag}"}, FAILS),
    ({"If_Unmodified_Since": "{earlier}", "If_None_Match": "{tag}"}, FAILS),
    ({"If_Unmodified_Since": "{later}", "If_Modified_Since": "{later}"}, UNCHANGED),
]


@pytest.mark.parametrize("kind,method", OPERATIONS)
@pytest.mark.parametrize("row", range(len(PRESENT)))
def test_precondition__is_judged_on_what_is_there(target, kind, method, row):
    headers, outcome = PRESENT[row]
    client = target.client()
    spellings = range(3) if "Since" in str(headers) else range(1)
    for spelling in spellings:
        resource = Resource(client, kind)
        before = resource.send("GET")
        last = datetime.strptime(before.headers["Last-Modified"], "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=timezone.utc)
        values = {"tag": before.headers["ETag"], "same": dates(last)[spelling],
                  "earlier": dates(last - timedelta(seconds=1))[spelling], "later": dates(last + timedelta(hours=1))[spelling]}
        reply = resource.send(method, **{name: value.format(**values) for name, value in headers.items()})
        cached = outcome in (CACHED, UNCHANGED) and method == "GET"
        if cached:
            assert reply.status_code == 304 and reply.content == b"" and reply.headers["ETag"] == before.headers["ETag"]
        elif outcome == FAILS or outcome == CACHED:
            refused(reply, 412, "PreconditionFailed")
        else:
            assert reply.status_code == PASSES[method], reply.text
        if reply.status_code in (304, 412):
            assert resource.send("GET").headers["ETag"] == before.headers["ETag"]  # nothing changed


ABSENT = [  # headers, PUT, DELETE; GET is 404
    ({}, 201, 204), ({"If_Match": "*"}, 412, 412), ({"If_Match": '"1.1"'}, 412, 412), ({"If_None_Match": "*"}, 201, 204),
    ({"If_None_Match": '"1.1"'}, 201, 204), ({"If_Unmodified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 412, 412),
    ({"If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 201, 204), ({"If_Match": "*", "If_None_Match": "*"}, 412, 412),
]


@pytest.mark.parametrize("kind,method", OPERATIONS)
@pytest.mark.parametrize("row", range(len(ABSENT)))
def test_precondition__is_judged_on_what_is_absent(target, kind, method, row):
    headers, put, delete = ABSENT[row]
    resource = Resource(target.client(), kind, present=False)
    reply = resource.send(method, **headers)
    assert reply.status_code == {"GET": 404, "PATCH": 404, "PUT": put, "DELETE": delete}[method]
    if reply.status_code == 412:
        refused(reply, 412, "PreconditionFailed")
        assert resource.send("GET").status_code == 404


@pytest.mark.parametrize("kind,method", OPERATIONS)
@pytest.mark.parametrize("header,value", [
    *[(name, value) for name in ("If-Match", "If-None-Match")
      for value in ("1.1", "", ",", '"a', 'a"', '"a" "b"', '*, "a"', "**", 'w/"a"', "'a'", '"a b"', 'W/ "a"', '"a";')],
    *[(name, value) for name in ("If-Unmodified-Since", "If-Modified-Since")
      for value in ("", "now", "0", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 +0000",
                    "Sun, 31 Feb 2026 00:00:00 GMT", "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00",
                    "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT")],
])
def test_precondition__that_cannot_be_checked_is_refused(target, kind, method, header, value):
    client = target.client()
    path = {"account": "/accounts/home", "number": "/accounts/home/numbers/+4930",
            "civicAddress": "/accounts/home/teamsCivicAddresses/addr", "requestForInformation": f"/teamsRequestsForInformation/{TENANT}"}[kind]
    before = client.get(path)
    refused(client.request(method, path, json={} if method in ("PUT", "PATCH") else None, headers={header: value}), 400,
            "InvalidHeader", header)
    assert client.get(path).headers.get("ETag") == before.headers.get("ETag")


def test_precondition__several_lines_of_tags_are_one_list_of_dates_an_error(target):
    client = target.client()
    resource = Resource(client, "account")
    tag = resource.send("GET").headers["ETag"]
    path = f"{resource.path}?api-version=2024-02-29-preview"
    with Wire(target) as wire:
        wire.send(head(target, "GET", path, 'If-Match: "0.0"', f"If-Match: {tag}"))
        assert wire.reply("GET", path).status_code == 200
        wire.send(head(target, "GET", path, "If-None-Match: \t * "))
        assert wire.reply("GET", path).status_code == 304
        date = "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"
        wire.send(head(target, "GET", path, date, date))
        refused(wire.reply("GET", path), 400, "InvalidHeader", "If-Modified-Since")


def test_etag__if_match_sees_what_clients_write_if_none_match_everything(target):
    client = target.client()
    resource = Resource(client, "account")
    first = resource.send("GET").headers["ETag"]
    number = phone_number()
    path = f"{resource.path}/numbers/{number}"
    assert client.put(path, json=number_body(number, resource.name)).status_code == 201
    second = resource.send("GET").headers["ETag"]
    assert second != first  # a count has changed
    assert resource.send("GET", If_None_Match=first).status_code == 200
    assert resource.send("PUT", If_None_Match=second).status_code == 412
    assert resource.change().send("PUT", If_Match=first).status_code == 200  # which no client wrote
    refused(resource.send("PUT", If_Match=second), 412, "PreconditionFailed")


@pytest.mark.parametrize("kind", ["account", "number"])
def test_etag__of_a_write_is_that_of_the_next_read(target, kind):
    resource = Resource(target.client(), kind)
    for _ in range(3):
        written = resource.change().send("PUT")
        read = resource.send("GET")
        assert written.headers["ETag"] == read.headers["ETag"]
        assert written.headers["Last-Modified"] == read.headers["Last-Modified"]


@pytest.mark.parametrize("kind", ["account", "number"])
def test_etag__stays_when_what_is_put_is_there_already(target, kind):
    resource = Resource(target.client(), kind)
    before, again = resource.send("GET"), resource.send("PUT")
    assert again.status_code == 200
    assert [again.headers[name] for name in ("ETag", "Last-Modified")] == [before.headers[name] for name in ("ETag", "Last-Modified")]


@pytest.mark.parametrize("kind", ["account", "number"])
def test_etag__never_comes_back_after_delete_and_create(target, kind):
    resource = Resource(target.client(), kind)
    seen = set()
    for _ in range(3):
        tag = resource.send("GET").headers["ETag"]
        assert tag not in seen
        seen.add(tag)
        assert resource.send("DELETE", If_Match=tag).status_code == 204
        assert resource.send("PUT").status_code == 201
        refused(resource.send("DELETE", If_Match=tag), 412, "PreconditionFailed")


def test_etag__two_writers_with_one_tag_have_one_winner(target):
    resource = Resource(target.client(), "account")
    tag = resource.send("GET").headers["ETag"]

    def write(index):
        body = {**resource.body, "correlationId": str(index)}
        return target.client().put(resource.path, json=body, headers={"If-Match": tag}).status_code
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(write, range(8))) == [200] + [412] * 7
