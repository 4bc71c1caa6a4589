"""Batches: up to 100 numbers in one request, all of them or none."""
import pytest
from conftest import SERVICES, account_body, account_name, number_body, phone_number

from contract import refused, targets


def numbers(count):
    return [phone_number() for _ in range(count)]


def put(client, account, items):
    return client.post(f"/accounts/{account}:createOrUpdateNumbers", json={"numbers": items})


def delete(client, account, items):
    return client.post(f"/accounts/{account}:deleteNumbers", json={"numbers": [{"telephoneNumber": n} for n in items]})


def stored(client, account):
    return [item["telephoneNumber"] for item in client.items(f"/accounts/{account}/numbers")]


def other_account(client):
    name = account_name()
    assert client.put(f"/accounts/{name}", json=account_body(name, *SERVICES)).status_code == 201
    return name


# ---- createOrUpdateNumbers ----

@pytest.mark.parametrize("count", [0, 1, 99, 100])
def test_batch__takes_up_to_100_numbers_in_their_order(admin, account, count):
    wanted = list(reversed(numbers(count)))
    reply = put(admin, account, [number_body(n, account) for n in wanted])
    assert reply.status_code == 200
    assert [item["telephoneNumber"] for item in reply.json()["numbers"]] == wanted
    assert stored(admin, account) == sorted(wanted)
    assert "ETag" not in reply.headers


def test_batch__refuses_101_numbers(admin, account):
    error = refused(put(admin, account, [number_body(n, account) for n in numbers(101)]), 400, "TooMany")
    assert targets(error) == {"numbers": "TooMany"}
    refused(delete(admin, account, numbers(101)), 400, "TooMany")
    assert stored(admin, account) == []


def test_batch__creates_and_replaces(admin, account):
    old, new = numbers(2)
    put(admin, account, [number_body(old, account, *SERVICES, configuration={"customSipHeader": "old"})])
    before = admin.get(f"/accounts/{account}/numbers/{old}")
    assert put(admin, account, [number_body(new, account), number_body(old, account)]).status_code == 200
    after = admin.get(f"/accounts/{account}/numbers/{old}")
    assert "configuration" not in after.json() and list(after.json()["serviceDetails"]) == ["zoomPhoneCloudPeering"]
    assert after.headers["ETag"] != before.headers["ETag"]
    assert stored(admin, account) == sorted([old, new])
    assert admin.get(f"/accounts/{account}").json()["serviceDetails"]["teamsDirectRouting"]["numberCount"] == 0


def test_batch__its_reply_is_what_is_stored(admin, account):
    items = put(admin, account, [number_body(n, account, *SERVICES) for n in numbers(3)]).json()["numbers"]
    assert admin.items(f"/accounts/{account}/numbers") == items
    assert put(admin, account, items).json()["numbers"] == items  # read, edited, written back


def test_batch__every_bad_item_is_in_the_details_and_nothing_is_stored(admin, account):
    items = [number_body(n, account) for n in numbers(10)]
    items[1]["telephoneNumber"] = "030 123"
    items[4]["extra"] = 1
    items[7]["serviceDetails"]["zoomPhoneCloudPeering"]["enabled"] = "yes"
    del items[9]["accountName"]
    reply = put(admin, account, items)
    assert targets(refused(reply, 400, reply.headers["x-ms-error-code"])) == {
        "numbers[1].telephoneNumber": "InvalidValue", "numbers[4].extra": "UnknownField",
        "numbers[7].serviceDetails.zoomPhoneCloudPeering.enabled": "InvalidType", "numbers[9].accountName": "MissingField"}
    assert stored(admin, account) == []


def test_batch__same_number_twice_is_refused(admin, account):
    first, second = numbers(2)
    error = refused(put(admin, account, [number_body(n, account) for n in (first, second, first, first)]), 400, "DuplicateNumber")
    assert targets(error) == {"numbers[2].telephoneNumber": "DuplicateNumber", "numbers[3].telephoneNumber": "DuplicateNumber"}
    put(admin, account, [number_body(first, account)])
    error = refused(delete(admin, account, [second, first, first]), 400, "DuplicateNumber")
    assert targets(error) == {"numbers[2].telephoneNumber": "DuplicateNumber"}
    assert stored(admin, account) == [first]


def test_batch__account_of_an_item_must_be_that_of_the_url(admin, account):
    items = [number_body(n, account) for n in numbers(3)]
    items[2]["accountName"] = other_account(admin)
    error = refused(put(admin, account, items), 400, "AccountNameMismatch")
    assert targets(error) == {"numbers[2].accountName": "AccountNameMismatch"}
    assert stored(admin, account) == stored(admin, items[2]["accountName"]) == []


def test_batch__number_of_another_account_fails_all(admin, account):
    other, items = other_account(admin), numbers(5)
    put(admin, other, [number_body(items[1], other), number_body(items[3], other)])
    error = refused(put(admin, account, [number_body(n, account) for n in items]), 409, "NumberInUse")
    assert targets(error) == {"numbers[1].telephoneNumber": "NumberInUse", "numbers[3].telephoneNumber": "NumberInUse"}
    assert stored(admin, account) == [] and len(stored(admin, other)) == 2


def test_batch__400_comes_before_409(admin):
    name, other, items = account_name(), other_account(admin), numbers(3)
    assert admin.put(f"/accounts/{name}", json=account_body(name)).status_code == 201
    put(admin, other, [number_body(items[0], other)])
    error = refused(put(admin, name, [number_body(items[0], name), number_body(items[1], name, "teamsPhoneMobile")]), 400,
                    "ServiceNotEnabled")
    assert targets(error) == {"numbers[1].serviceDetails.teamsPhoneMobile.enabled": "ServiceNotEnabled"}


def test_batch__needs_its_account(admin):
    name, items = account_name(), numbers(1)
    refused(put(admin, name, [number_body(items[0], name)]), 404, "AccountNotFound")
    refused(delete(admin, name, items), 404, "AccountNotFound")
    refused(put(admin, name, []), 404, "AccountNotFound")


@pytest.mark.parametrize("body,target,code", [
    ({}, "numbers", "MissingField"),
    ({"numbers": {}}, "numbers", "InvalidType"),
    ({"numbers": [1]}, "numbers[0]", "InvalidType"),
    ({"numbers": [None]}, "numbers[0]", "InvalidType"),
    ({"numbers": [], "more": 1}, "more", "UnknownField"),
])
@pytest.mark.parametrize("action", ["createOrUpdateNumbers", "deleteNumbers", "getTeamsAvailableCapabilities"])
def test_batch__refuses_a_bad_body(admin, account, action, body, target, code):
    reply = admin.post(f"/accounts/{account}:{action}", json=body)
    assert reply.status_code == 400 and targets(reply.json()["error"]) == {target: code}


# ---- deleteNumbers ----

def test_batch__deletes_and_leaves_the_rest(admin, account):
    items = numbers(5)
    put(admin, account, [number_body(n, account) for n in items])
    assert delete(admin, account, [items[3], items[0]]).status_code == 204
    assert stored(admin, account) == [items[1], items[2], items[4]]
    assert delete(admin, account, []).status_code == 204
    assert admin.get(f"/accounts/{account}").json()["serviceDetails"]["zoomPhoneCloudPeering"]["numberCount"] == 3


def test_batch__delete_of_100_numbers(admin, account):
    items = numbers(100)
    put(admin, account, [number_body(n, account) for n in items])
    assert delete(admin, account, items).status_code == 204
    assert stored(admin, account) == []


def test_batch__absent_numbers_and_those_of_others_are_no_failure(admin, account):
    other, items = other_account(admin), numbers(3)
    put(admin, account, [number_body(items[0], account)])
    put(admin, other, [number_body(items[1], other)])
    assert delete(admin, account, items).status_code == 204
    assert stored(admin, account) == [] and stored(admin, other) == [items[1]]


@pytest.mark.parametrize("number,code", [("+1", "InvalidValue"), ("4930123", "InvalidValue"), ("+0301", "InvalidValue"),
                                         ("+1234567890123456", "InvalidValue"), ("", "InvalidValue"), (4930123, "InvalidType")])
def test_batch__delete_refuses_what_is_no_number(admin, account, number, code):
    reply = delete(admin, account, [phone_number(), number])
    assert reply.status_code == 400 and targets(reply.json()["error"]) == {"numbers[1].telephoneNumber": code}


def test_batch__item_of_a_delete_has_no_other_field(admin, account):
    reply = admin.post(f"/accounts/{account}:deleteNumbers", json={"numbers": [number_body(phone_number(), account)]})
    assert set(targets(refused(reply, 400, "UnknownField"))) == {"numbers[0].accountName", "numbers[0].serviceDetails"}
