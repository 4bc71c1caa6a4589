"""Repeatable requests: executed once, told again; every rule of what is the same request and what is not."""
import concurrent.futures
import email.utils
import json
import time
from datetime import datetime, timezone

import pytest
from conftest import Server, account_body, account_name, number_body, phone_number, uuid_text

from contract import refused

TENANT = uuid_text()
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module", name="target")
def fixture_target(lab, tmp_path_factory):
    directory = tmp_path_factory.mktemp("repeat")
    server = Server(directory, lab)
    (directory / "seed.json").write_text(json.dumps({"requestsForInformation": [{"tenantId": TENANT}]}))
    assert server.run("seed", directory / "seed.json", "--config", server.config).returncode == 0
    server.start()
    yield server
    server.stop()


@pytest.fixture(name="client")
def fixture_client(target):
    return target.client()


@pytest.fixture(name="home")
def fixture_home(client):
    name = account_name()
    assert client.put(f"/accounts/{name}", json=account_body(name)).status_code == 201
    return name


def sent(seconds=0):
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


def repeat(identity=None, seconds=0, **more):
    return {"Repeatability-Request-ID": identity or uuid_text(), "Repeatability-First-Sent": sent(seconds), **more}


def result(reply):
    return reply.status_code, reply.headers.get("Repeatability-Result")


def audited(client, key):
    """How many changes there were of an account or number."""
    reply = client.get("/numgate/v1/audit", params={"key": key})
    assert reply.status_code == 200, reply.text
    return len(reply.json()["value"])


# ---- replay ----

def test_repeat__put_that_created_says_201_again(client):
    name, headers = account_name(), repeat()
    first = client.put(f"/accounts/{name}", json=account_body(name), headers=headers)
    again = client.put(f"/accounts/{name}", json=account_body(name), headers=headers)
    assert result(first) == result(again) == (201, "accepted")
    assert again.json() == first.json() and again.headers["ETag"] == first.headers["ETag"]
    other = account_body(name, correlationId="other")
    assert client.put(f"/accounts/{name}", json=other, headers=repeat()).status_code == 200
    assert audited(client, name) == 2


def test_repeat__number_put_says_201_again(client, home):
    number, headers = phone_number(), repeat()
    replies = [client.put(f"/accounts/{home}/numbers/{number}", json=number_body(number, home), headers=headers) for _ in range(3)]
    assert {result(reply) for reply in replies} == {(201, "accepted")} and audited(client, number) == 1


def test_repeat__delete_says_204_again_and_spares_what_came_since(client, home):
    number, headers = phone_number(), repeat()
    path = f"/accounts/{home}/numbers/{number}"
    client.put(path, json=number_body(number, home))
    assert result(client.delete(path, headers=headers)) == (204, "accepted")
    assert client.put(path, json=number_body(number, home)).status_code == 201
    assert result(client.delete(path, headers=headers)) == (204, "accepted")
    assert client.get(path).status_code == 200
    assert result(client.delete(path, headers=repeat())) == (204, "accepted")
    assert client.get(path).status_code == 404


def test_repeat__account_delete_with_numbers_says_204_again(client, home):
    headers, params = repeat(), {"deleteNumbers": "true"}
    assert result(client.delete(f"/accounts/{home}", params=params, headers=headers)) == (204, "accepted")
    client.put(f"/accounts/{home}", json=account_body(home))
    assert result(client.delete(f"/accounts/{home}", params=params, headers=headers)) == (204, "accepted")
    assert client.get(f"/accounts/{home}").status_code == 200


def test_repeat__put_with_the_then_current_tag_succeeds_again(client, home):
    tag = client.get(f"/accounts/{home}").headers["ETag"]
    headers = repeat(**{"If-Match": tag})
    first = client.put(f"/accounts/{home}", json=account_body(home, correlationId="x"), headers=headers)
    again = client.put(f"/accounts/{home}", json=account_body(home, correlationId="x"), headers=headers)
    assert result(first) == result(again) == (200, "accepted") and first.headers["ETag"] == again.headers["ETag"] != tag
    name, headers = account_name(), repeat(**{"If-None-Match": "*"})
    for _ in range(2):
        assert result(client.put(f"/accounts/{name}", json=account_body(name), headers=headers)) == (201, "accepted")


def test_repeat__batch_is_stored_once(client, home):
    numbers, headers = [phone_number() for _ in range(3)], repeat()
    body = {"numbers": [number_body(n, home) for n in numbers]}
    path = f"/accounts/{home}:createOrUpdateNumbers"
    first, again = (client.post(path, json=body, headers=headers) for _ in range(2))
    assert result(first) == result(again) == (200, "accepted") and first.json() == again.json()
    assert [audited(client, number) for number in numbers] == [1, 1, 1]


def test_repeat__batch_delete_is_done_once(client, home):
    number, headers = phone_number(), repeat()
    body, path = {"numbers": [{"telephoneNumber": number}]}, f"/accounts/{home}:deleteNumbers"
    client.put(f"/accounts/{home}/numbers/{number}", json=number_body(number, home))
    assert result(client.post(path, json=body, headers=headers)) == (204, "accepted")
    client.put(f"/accounts/{home}/numbers/{number}", json=number_body(number, home))
    assert result(client.post(path, json=body, headers=headers)) == (204, "accepted")
    assert client.get(f"/accounts/{home}/numbers/{number}").status_code == 200


def test_repeat__patch_of_an_rfi_is_done_once(client):
    path, headers = f"/teamsRequestsForInformation/{TENANT}", repeat()
    body = json.dumps({"customerRelationship": {"status": uuid_text()}})
    first, again = (client.patch(path, data=body, headers={**headers, **MERGE}) for _ in range(2))
    assert result(first) == result(again) == (200, "accepted") and first.headers["ETag"] == again.headers["ETag"]


def test_repeat__capability_queries_take_the_headers(client, home):
    reply = client.post(f"/accounts/{home}:getTeamsCapabilityPlans", headers=repeat())
    refused(reply, 501, "BackendNotConfigured")
    assert reply.headers["Repeatability-Result"] == "accepted"


def test_repeat__survives_a_restart(lab, tmp_path):
    server = Server(tmp_path, lab).start()
    name, headers = account_name(), repeat()
    assert server.client().put(f"/accounts/{name}", json=account_body(name), headers=headers).status_code == 201
    server.kill()
    server.start()
    again = server.client().put(f"/accounts/{name}", json=account_body(name), headers=headers)
    server.stop()
    assert result(again) == (201, "accepted")


# ---- replay after a later change ----

def test_repeat__shows_body_and_tag_of_now(client, home):
    headers = repeat()
    client.put(f"/accounts/{home}", json=account_body(home, correlationId="first"), headers=headers)
    later = client.put(f"/accounts/{home}", json=account_body(home, correlationId="second"))
    again = client.put(f"/accounts/{home}", json=account_body(home, correlationId="first"), headers=headers)
    assert result(again) == (200, "accepted")
    assert again.json()["correlationId"] == "second" and again.headers["ETag"] == later.headers["ETag"]


def test_repeat__of_what_is_gone_shows_what_was_sent_and_the_tag_of_then(client, home):
    number, headers = phone_number(), repeat()
    path, body = f"/accounts/{home}/numbers/{number}", number_body(number, home, configuration={"customSipHeader": "h"})
    first = client.put(path, json=body, headers=headers)
    client.delete(path)
    again = client.put(path, json=body, headers=headers)
    assert result(again) == (201, "accepted") and again.headers["ETag"] == first.headers["ETag"]
    assert {name: again.json()[name] for name in body} == body
    assert client.get(path).status_code == 404
    name, headers = account_name(), repeat()
    first = client.put(f"/accounts/{name}", json=account_body(name), headers=headers)
    client.delete(f"/accounts/{name}")
    again = client.put(f"/accounts/{name}", json=account_body(name), headers=headers)
    assert result(again) == (201, "accepted") and again.headers["ETag"] == first.headers["ETag"] and again.json()["name"] == name
    assert client.get(f"/accounts/{name}").status_code == 404


def test_repeat__of_a_batch_shows_each_number_as_it_is(client, home):
    kept, gone = phone_number(), phone_number()
    body, headers = {"numbers": [number_body(gone, home), number_body(kept, home)]}, repeat()
    path = f"/accounts/{home}:createOrUpdateNumbers"
    assert client.post(path, json=body, headers=headers).status_code == 200
    client.delete(f"/accounts/{home}/numbers/{gone}")
    client.put(f"/accounts/{home}/numbers/{kept}", json=number_body(kept, home, configuration={"customSipHeader": "new"}))
    again = client.post(path, json=body, headers=headers)
    assert result(again) == (200, "accepted")
    assert [item["telephoneNumber"] for item in again.json()["numbers"]] == [gone, kept]
    assert again.json()["numbers"][1]["configuration"] == {"customSipHeader": "new"}


# ---- what is not the same request ----

@pytest.mark.parametrize("other", ["body", "method", "path", "query", "If-Match", "If-None-Match", "If-Unmodified-Since", "spelling"])
def test_repeat__another_request_under_the_id_is_refused(client, home, other):
    headers, body = repeat(), account_body(home, correlationId="one")
    first = client.put(f"/accounts/{home}", json=body, headers=headers)
    assert result(first) == (200, "accepted")
    method, path, params = "PUT", f"/accounts/{home}", {}
    if other == "body":
        body = account_body(home, correlationId="two")
    elif other == "method":
        method, body = "DELETE", None
    elif other == "path":
        path, body = f"/accounts/{home}x", account_body(f"{home}x")
    elif other == "query":
        method, params, body = "DELETE", {"deleteNumbers": "true"}, None
    elif other == "spelling":
        path = f"/accounts/{home}?api-version=2024-02-29-preview&"  # the raw target counts
    else:
        headers[other] = {"If-Match": "*", "If-None-Match": '"0.0"'}.get(other, sent(60))
    reply = client.request(method, path, params=params, json=body, headers=headers)
    refused(reply, 400, "RepeatabilityRejected", "Repeatability-Request-ID")
    assert reply.headers["Repeatability-Result"] == "rejected"
    assert client.get(f"/accounts/{home}").headers["ETag"] == first.headers["ETag"]


def test_repeat__other_headers_do_not_matter(client, home):
    headers = repeat()
    first = client.put(f"/accounts/{home}", json=account_body(home), headers=headers)
    more = {"x-ms-client-request-id": uuid_text(), "User-Agent": "other", "Repeatability-First-Sent": sent(-60), "Accept": "*/*"}
    again = client.put(f"/accounts/{home}", json=account_body(home), headers={**headers, **more})
    assert result(again) == (200, "accepted") and again.headers["ETag"] == first.headers["ETag"]


def test_repeat__an_id_belongs_to_its_caller(target):
    name, headers = account_name(), repeat()
    assert result(target.client("ADMIN").put(f"/accounts/{name}", json=account_body(name), headers=headers)) == (201, "accepted")
    other = target.client("WRITE").put(f"/accounts/{name}", json=account_body(name), headers=headers)
    assert result(other) == (200, "accepted")  # executed, not replayed


def test_repeat__new_token_of_the_same_client_is_the_same_caller(target, lab):
    name, headers = account_name(), repeat()
    for token in (lab.token("ADMIN"), lab.token_reply("ADMIN").json()["access_token"]):
        client = target.client(token=token)
        assert result(client.put(f"/accounts/{name}", json=account_body(name), headers=headers)) == (201, "accepted")


# ---- failures are not remembered ----

def test_repeat__failed_request_is_executed_again(client):
    name, number, headers = account_name(), phone_number(), repeat()
    path = f"/accounts/{name}/numbers/{number}"
    first = client.put(path, json=number_body(number, name), headers=headers)
    refused(first, 404, "AccountNotFound")
    assert first.headers["Repeatability-Result"] == "accepted"
    client.put(f"/accounts/{name}", json=account_body(name))
    assert result(client.put(path, json=number_body(number, name), headers=headers)) == (201, "accepted")


def test_repeat__id_of_a_failed_request_may_be_used_for_another(client, home):
    number, headers = phone_number(), repeat()
    path = f"/accounts/{home}/numbers/{number}"
    refused(client.put(path, json=number_body(number, home, "teamsPhoneMobile"), headers=headers), 400, "ServiceNotEnabled")
    assert result(client.put(path, json=number_body(number, home), headers=headers)) == (201, "accepted")


def test_repeat__412_is_not_remembered(client, home):
    headers = repeat(**{"If-None-Match": "*"})
    refused(client.put(f"/accounts/{home}", json=account_body(home), headers=headers), 412, "PreconditionFailed")
    client.delete(f"/accounts/{home}")
    assert result(client.put(f"/accounts/{home}", json=account_body(home), headers=headers)) == (201, "accepted")


# ---- the headers ----

ID, SENT = "Repeatability-Request-ID", "Repeatability-First-Sent"
BAD = [  # id (True: a good one), date (a number: seconds from now), the header that is at fault
    (True, None, SENT), (None, 0, ID), ("", 0, ID), ("a b", 0, ID), ("x" * 129, 0, ID), (True, "", SENT), (True, "now", SENT),
    (True, "0", SENT), (True, "Sunday, 06-Nov-94 08:49:37 GMT", SENT), (True, "2026-01-01", SENT),
    (True, "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", SENT), (True, 303, SENT), (True, 3600 * 24 * 365, SENT),
]


@pytest.mark.parametrize("identity,date,at_fault", BAD)
def test_repeat__refuses_bad_headers(client, identity, date, at_fault):
    name = account_name()
    headers = {ID: uuid_text() if identity is True else identity, SENT: sent(date) if isinstance(date, int) else date}
    headers = {name: value for name, value in headers.items() if value is not None}
    reply = client.put(f"/accounts/{name}", json=account_body(name), headers=headers)
    refused(reply, 400, "RepeatabilityRejected", at_fault)
    assert reply.headers["Repeatability-Result"] == "rejected"
    assert client.get(f"/accounts/{name}").status_code == 404


@pytest.mark.parametrize("seconds,status", [(0, 201), (280, 201), (-86400 + 60, 201), (-86400 - 2, 412), (-86400 * 400, 412)])
def test_repeat__window_is_24_hours_back_and_5_minutes_ahead(client, seconds, status):
    name = account_name()
    reply = client.put(f"/accounts/{name}", json=account_body(name), headers=repeat(seconds=seconds))
    assert result(reply) == (status, "accepted" if status == 201 else "rejected")
    if status == 412:
        refused(reply, 412, "RepeatabilityExpired", "Repeatability-First-Sent")
        assert client.get(f"/accounts/{name}").status_code == 404


@pytest.mark.parametrize("identity", ["x", "x" * 128, uuid_text().upper(), "{" + uuid_text() + "}", "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"])
def test_repeat__id_may_be_any_visible_text(client, identity):
    name = account_name()
    for _ in range(2):
        reply = client.put(f"/accounts/{name}", json=account_body(name), headers=repeat(identity))
        assert result(reply) == (201, "accepted"), reply.text
    assert audited(client, name) == 1


def test_repeat__first_sent_may_be_rfc_3339(client):
    name, headers = account_name(), repeat()
    headers["Repeatability-First-Sent"] = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    assert result(client.put(f"/accounts/{name}", json=account_body(name), headers=headers)) == (201, "accepted")


@pytest.mark.parametrize("headers", [repeat(), {"Repeatability-Request-ID": "alone"}, {"Repeatability-First-Sent": "never"}], ids=str)
def test_repeat__get_and_head_ignore_the_headers(client, home, headers):
    for method in ("GET", "HEAD"):
        for path in ("/accounts", f"/accounts/{home}", f"/accounts/{home}/numbers"):
            reply = client.request(method, path, headers=headers)
            assert result(reply) == (200, None)


def test_repeat__rejected_goes_with_every_finding_in_the_headers_only(client, home):
    reply = client.put(f"/accounts/{home}", json={"bad": 1}, headers=repeat())
    assert reply.status_code == 400 and reply.headers["Repeatability-Result"] == "accepted"


# ---- twins ----

@pytest.mark.parametrize("kind", ["account", "number", "batch"])
def test_repeat__sixteen_at_once_are_executed_once(target, home, kind):
    headers, number, name = repeat(), phone_number(), account_name()
    method, path, body, status, key = {
        "account": ("PUT", f"/accounts/{name}", account_body(name), 201, name),
        "number": ("PUT", f"/accounts/{home}/numbers/{number}", number_body(number, home), 201, number),
        "batch": ("POST", f"/accounts/{home}:createOrUpdateNumbers", {"numbers": [number_body(number, home)]}, 200, number),
    }[kind]

    def send(client):
        return client.request(method, path, json=body, headers=headers)
    clients = [target.client() for _ in range(16)]
    for client in clients:
        client.get("/numgate/v1/me")  # connections are there before the start
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(send, clients))
    assert {result(reply) for reply in replies} == {(status, "accepted")}
    assert len({reply.headers.get("ETag") for reply in replies}) == 1
    assert audited(clients[0], key) == 1
