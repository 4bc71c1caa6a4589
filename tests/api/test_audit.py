"""The audit: a row for each change with what was before and after, none for what was refused; filters and pages."""
import json
import re
from datetime import datetime, timedelta, timezone

import pytest
from conftest import SERVICES, account_body, account_name, number_body, phone_number, uuid_text

from contract import DATE_TIME, UUID, refused

AUDIT = "/numgate/v1/audit"
MEMBERS = {"id", "at", "action", "kind", "account", "key", "way", "caller", "name", "from", "operationId", "requestId",
           "clientRequestId", "before", "after"}


def rows(client, **params):
    found = client.items(AUDIT, **params)
    for row in found:
        assert set(row) <= MEMBERS and DATE_TIME.match(row["at"]) and UUID.match(row["requestId"])
        assert (row["action"] == "create") == ("before" not in row) and (row["action"] == "delete") == ("after" not in row)
    return found


def brief(found):
    return [(row["action"], row["kind"], row["key"]) for row in found]


def test_audit__has_a_row_for_each_change_with_before_and_after(admin):
    name, number = account_name(), phone_number()
    created = admin.put(f"/accounts/{name}", json=account_body(name, *SERVICES))
    replaced = admin.put(f"/accounts/{name}", json=account_body(name))
    put = admin.put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name))
    deleted = admin.delete(f"/accounts/{name}/numbers/{number}")
    gone = admin.delete(f"/accounts/{name}")
    found = rows(admin, account=name, order="oldestFirst")
    assert brief(found) == [("create", "account", name), ("replace", "account", name), ("create", "number", number),
                            ("delete", "number", number), ("delete", "account", name)]
    assert [row["requestId"] for row in found] == [reply.headers["x-ms-request-id"]
                                                   for reply in (created, replaced, put, deleted, gone)]
    assert found[0]["after"] == created.json() and found[1]["before"] == created.json() and found[1]["after"] == replaced.json()
    assert found[2]["after"] == found[3]["before"] == put.json()
    assert found[4]["before"] == replaced.json()
    assert rows(admin, account=name) == found[::-1]  # newest first unless asked


def test_audit__tells_who_from_where_and_by_which_way(server, lab):
    name, identity, client = account_name(), uuid_text(), server.client("WRITE")
    headers = {"x-ms-client-request-id": identity, "Repeatability-Request-ID": f"op-{name}",
               "Repeatability-First-Sent": datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")}
    assert client.put(f"/accounts/{name}", json=account_body(name), headers=headers).status_code == 201
    row, = rows(server.client(), key=name)
    assert row["clientRequestId"] == identity and row["operationId"] == f"op-{name}"
    assert row["way"] == "api" and row["from"] in ("127.0.0.1", "::1")
    assert row["caller"] == f"{lab.tenant}/{lab.client('WRITE')[0]}"
    at = datetime.fromisoformat(row["at"].replace("Z", "+00:00"))
    assert abs(at - datetime.now(timezone.utc)) < timedelta(minutes=1)
    user = server.client("USER_ADMIN")
    assert user.delete(f"/accounts/{name}").status_code == 204
    row = rows(server.client(), key=name)[0]
    assert row["way"] == "portal" and row["caller"].startswith(f"{lab.tenant}/{lab.client('USER_ADMIN')[0]}/")


def test_audit__batch_has_a_row_for_each_number_and_a_delete_takes_its_numbers_along(admin, account):
    numbers = [phone_number() for _ in range(3)]
    body = {"numbers": [number_body(n, account) for n in reversed(numbers)]}
    reply = admin.post(f"/accounts/{account}:createOrUpdateNumbers", json=body)
    found = rows(admin, requestId=reply.headers["x-ms-request-id"], order="oldestFirst")
    assert brief(found) == [("create", "number", n) for n in numbers]
    absent = {"telephoneNumber": phone_number()}
    reply = admin.post(f"/accounts/{account}:deleteNumbers", json={"numbers": [{"telephoneNumber": numbers[0]}, absent]})
    assert brief(rows(admin, requestId=reply.headers["x-ms-request-id"])) == [("delete", "number", numbers[0])]
    reply = admin.delete(f"/accounts/{account}", params={"deleteNumbers": "true"})
    found = rows(admin, requestId=reply.headers["x-ms-request-id"], order="oldestFirst")
    assert sorted(brief(found)) == sorted([("delete", "number", n) for n in numbers[1:]] + [("delete", "account", account)])


def test_audit__has_no_row_for_what_was_refused_or_changed_nothing(server, admin):
    name, number = account_name(), phone_number()
    admin.put(f"/accounts/{name}", json=account_body(name))
    before = rows(admin, account=name)
    admin.put(f"/accounts/{name}", json=account_body(name))  # the same again
    admin.put(f"/accounts/{name}", json={**account_body(name), "more": 1})
    admin.put(f"/accounts/{name}", json=account_body(name), headers={"If-Match": '"0.0"'})
    admin.put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name, "teamsPhoneMobile"))
    admin.post(f"/accounts/{name}:createOrUpdateNumbers",
               json={"numbers": [number_body(number, name), number_body(phone_number(), name, "teamsPhoneMobile")]})
    admin.delete(f"/accounts/{name}/numbers/{number}")
    admin.get(f"/accounts/{name}")
    server.client("READ").delete(f"/accounts/{name}")
    server.client(None).delete(f"/accounts/{name}")
    assert rows(admin, account=name) == before and len(before) == 1


def test_audit__filters(server, admin, lab):
    name, number, other = account_name(), phone_number(), account_name()
    admin.put(f"/accounts/{name}", json=account_body(name))
    server.client("WRITE").put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name))
    last = admin.put(f"/accounts/{other}", json=account_body(other))
    found = rows(admin, account=name, order="oldestFirst")
    assert brief(found) == [("create", "account", name), ("create", "number", number)]
    assert rows(admin, account=name, kind="number") == rows(admin, key=number) == found[1:]
    assert rows(admin, account=name, kind="account") == rows(admin, key=name) == found[:1]
    assert rows(admin, account=name, kind="requestForInformation") == rows(admin, account=name, kind="civicAddress") == []
    writer = f"{lab.tenant}/{lab.client('WRITE')[0]}"
    assert rows(admin, account=name, caller=writer) == found[1:]
    assert brief(rows(admin, requestId=last.headers["x-ms-request-id"])) == [("create", "account", other)]
    assert rows(admin, account=name, since=found[0]["at"], order="oldestFirst") == found
    assert rows(admin, account=name, until="2020-01-01T00:00:00Z") == []
    assert rows(admin, account=name, since="2099-01-01T00:00:00Z") == []
    assert rows(admin, account=name, since="2020-01-01T00:00:00+02:00", until="2099-01-01T00:00:00Z", order="oldestFirst") == found
    assert rows(admin, account=name.upper()) == []


@pytest.mark.parametrize("order", ["newestFirst", "oldestFirst"])
def test_audit__pages(admin, account, order):
    for start in range(2):
        body = {"numbers": [number_body(phone_number(), account) for _ in range(100)]}
        assert admin.post(f"/accounts/{account}:createOrUpdateNumbers", json=body).status_code == 200, start
    everything = rows(admin, account=account, order=order, maxpagesize=500)
    assert len(everything) == 201
    ids = [row["id"] for row in everything]
    assert ids == sorted(ids, reverse=order == "newestFirst")
    for size in (7, 67, 200, 201):
        pages = list(admin.pages(AUDIT, account=account, order=order, maxpagesize=size))
        found = [page.json()["value"] for page in pages]
        assert [row for page in found for row in page] == everything and len(found) == -(-201 // size)
        assert all("nextLink" in page.json() for page in pages[:-1]) and "nextLink" not in pages[-1].json()


@pytest.mark.parametrize("name,value", [
    ("kind", "numbers"), ("kind", ""), ("order", "asc"), ("since", "yesterday"), ("since", "2026-01-01"), ("until", ""), ("top", "1"),
    ("skip", "1"), ("filter", "a eq 'b'"), ("countRecords", "true"), ("maxpagesize", "0"), ("maxpagesize", "x"), ("continuation", "x"),
    ("continuation", "0.-.x"), ("nothing", "1"),
])
def test_audit__refuses_a_bad_parameter(admin, name, value):
    refused(admin.get(AUDIT, params={name: value}), 400, "InvalidQueryParameter", name)


def test_audit__has_no_secret_in_it(admin, lab):
    text = json.dumps(admin.items(AUDIT, maxpagesize=500))
    assert not re.search(r"eyJ[A-Za-z0-9_-]{20}", text) and lab.client("ADMIN")[1] not in text
