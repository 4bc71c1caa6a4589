"""What people look for: numbers as pasted text, numbers in blocks, who changed what, what needs a person."""
import pytest
from conftest import SERVICES, account_body, account_name, number_body, phone_number, uuid_text

from contract import DATE_TIME, refused

LOOKUP, BLOCKS, ACCOUNTS = "/numgate/v1/numbers:lookup", "/numgate/v1/numbers:blocks", "/numgate/v1/accounts:lookup"
FOUND = {"input", "telephoneNumber", "verdict", "accountName", "services", "serviceProvisioningStatus", "assignmentStatus",
         "customSipHeader", "changedBy"}


def look_up(client, status=200, **body):
    reply = client.post(LOOKUP, json=body)
    assert reply.status_code == status, reply.text
    return reply.json()


def put_numbers(client, account, numbers, *services, **fields):
    for at in range(0, len(numbers), 100):
        items = [number_body(number, account, *services, **fields) for number in numbers[at:at + 100]]
        reply = client.post(f"/accounts/{account}:createOrUpdateNumbers", json={"numbers": items})
        assert reply.status_code == 200, reply.text


def row_of(first, count):
    """Numbers in a row."""
    return [f"+{int(first[1:]) + i}" for i in range(count)]


@pytest.fixture(name="own")
def fixture_own(make_server):
    """A server whose numbers are this test's alone."""
    return make_server()


def make_account(client, *services):
    name = account_name()
    assert client.put(f"/accounts/{name}", json=account_body(name, *(services or SERVICES))).status_code == 201
    return name


# ---- numbers:lookup ----

def test_lookup__tells_what_is_known_of_each_number_in_order(admin, account):
    one, two, other = phone_number(), phone_number(), phone_number()
    put_numbers(admin, account, [one], "teamsDirectRouting", "zoomPhoneCloudPeering", configuration={"customSipHeader": "left"})
    put_numbers(admin, account, [two])
    answer = look_up(admin, telephoneNumbers=[two, other, "12 apples", one, two])
    items = answer["items"]
    assert answer["counts"] == {"found": 2, "unknown": 1, "invalid": 1, "repeated": 1}
    assert [item["verdict"] for item in items] == ["found", "unknown", "invalid", "found", "repeated"]
    assert [item["input"] for item in items] == [two, other, "12 apples", one, two]
    assert items[1] == {"input": other, "telephoneNumber": other, "verdict": "unknown"}
    assert items[2] == {"input": "12 apples", "verdict": "invalid"}
    assert items[4] == {"input": two, "telephoneNumber": two, "verdict": "repeated"}
    found = items[3]
    assert set(found) == FOUND - {"assignmentStatus"}
    assert found["accountName"] == account and found["serviceProvisioningStatus"] == "synced"
    assert found["services"] == ["teamsDirectRouting", "zoomPhoneCloudPeering"] and found["customSipHeader"] == "left"
    assert "customSipHeader" not in items[0] and items[0]["services"] == ["zoomPhoneCloudPeering"]


def test_lookup__reads_pasted_text_in_many_shapes(admin, account):
    number = phone_number()
    digits = number[1:]
    put_numbers(admin, account, [number])
    shapes = [number, f"00{digits}", digits, f"tel:{number}", f"+{digits[:2]} (0){digits[2:]}", f"+{digits[:2]} {digits[2:5]}-{digits[5:8]}.{digits[8:]}",
              f"({number})", f"\ufeff'{number}", f"+{digits[:2]}\u00a0{digits[2:6]}\u2011{digits[6:]}"]
    for shape in shapes:
        item, = look_up(admin, text=shape)["items"]
        assert (item["verdict"], item["telephoneNumber"]) == ("found", number), shape
        item, = look_up(admin, telephoneNumbers=[shape])["items"]
        assert (item["verdict"], item["telephoneNumber"]) == ("found", number), shape
    for separator in ("\n", "\r\n", ",", ";", "\t", " , ", "\n\n"):
        answer = look_up(admin, text=separator.join(shapes))
        assert answer["counts"] == {"found": 1, "unknown": 0, "invalid": 0, "repeated": len(shapes) - 1}, separator
        assert all(item["telephoneNumber"] == number for item in answer["items"])
    nothing = {"items": [], "counts": {"found": 0, "unknown": 0, "invalid": 0, "repeated": 0}}
    assert look_up(admin, text=" \n\t ; ,\n") == look_up(admin, text="") == look_up(admin, telephoneNumbers=[]) == nothing


@pytest.mark.parametrize("text", ["030 123456", "+0301234567", "++441632960000", "+1234567890123456", "+1", "number", "+44163296000x"])
def test_lookup__what_is_no_number_is_invalid(admin, text):
    assert look_up(admin, text=text)["items"] == [{"input": text, "verdict": "invalid"}]


@pytest.mark.parametrize("body,code,target", [
    ({}, "MissingField", "telephoneNumbers"),
    ({"text": "+4412345", "telephoneNumbers": ["+4412345"]}, "InvalidValue", "text"),
    ({"text": 5}, "InvalidType", "text"),
    ({"text": None}, "InvalidType", "text"),
    ({"telephoneNumbers": "+4412345"}, "InvalidType", "telephoneNumbers"),
    ({"telephoneNumbers": [5]}, "InvalidType", "telephoneNumbers[0]"),
    ({"numbers": []}, "UnknownField", "numbers"),
    ({"telephoneNumbers": ["+4412345"] * 10001}, "TooMany", "telephoneNumbers"),
    ({"text": "+4412345\n" * 10001}, "TooMany", "text"),
])
def test_lookup__a_bad_question_is_refused(admin, body, code, target):
    reply = admin.post(LOOKUP, json=body)
    assert refused(reply, 400, code)["target"] == target


def test_lookup__answers_10000_numbers(admin, account):
    first = phone_number()
    known = row_of(first, 300)
    for _ in known:
        phone_number()
    put_numbers(admin, account, known, configuration={"customSipHeader": "h" * 100})
    numbers = known + [f"+4670{i:08}" for i in range(9700)]
    answer = look_up(admin, telephoneNumbers=numbers)
    assert answer["counts"] == {"found": 300, "unknown": 9700, "invalid": 0, "repeated": 0}
    assert [item["telephoneNumber"] for item in answer["items"]] == numbers
    assert look_up(admin, text="\n".join(reversed(numbers)))["items"] == answer["items"][::-1]


def test_lookup__of_a_deleted_number_is_unknown(admin, account):
    number = phone_number()
    put_numbers(admin, account, [number])
    assert admin.delete(f"/accounts/{account}/numbers/{number}").status_code == 204
    assert look_up(admin, telephoneNumbers=[number])["items"][0]["verdict"] == "unknown"


@pytest.mark.parametrize("path", [LOOKUP, ACCOUNTS])
def test_lookup__needs_the_role_read_and_takes_no_query(server, path):
    body = {"telephoneNumbers": []} if path == LOOKUP else {"accountNames": []}
    for role, status in (("READ", 200), ("USER_READ", 200), ("ADMIN", 200), ("WRITE", 403), ("NO_ROLE", 403)):
        assert server.client(role).post(path, json=body).status_code == status, role
    reply = server.client("READ").post(path, json=body, params={"top": 1})
    assert refused(reply, 400, "InvalidQueryParameter")["target"] == "top"
    assert server.client("READ").get(path).status_code == 405


# ---- accounts:lookup ----

def test_accounts__are_looked_up_by_name(admin, account):
    other = make_account(admin)
    put_numbers(admin, account, [phone_number(), phone_number()])
    reply = admin.post(ACCOUNTS, json={"accountNames": [other, "no-such", account, account]})
    assert reply.status_code == 200
    items = {item["name"]: item for item in reply.json()["items"]}
    assert [item["name"] for item in reply.json()["items"]] == sorted([account, other])
    assert items[account]["numbers"] == 2 and items[other]["numbers"] == 0
    assert items[account]["changedBy"]["way"] == "api"
    assert admin.post(ACCOUNTS, json={"accountNames": ["x"] * 500}).json() == {"items": []}
    assert refused(admin.post(ACCOUNTS, json={"accountNames": ["x"] * 501}), 400, "TooMany")["target"] == "accountNames"
    assert refused(admin.post(ACCOUNTS, json={}), 400, "MissingField")["target"] == "accountNames"


# ---- numbers:blocks ----

def blocks(client, **params):
    return client.items(BLOCKS, **params)


def brief(found):
    return [(block["from"], block["to"], block["count"], block.get("gapBefore")) for block in found]


def test_blocks__join_neighbours_with_equal_settings(own):
    admin = own.client()
    one, two = make_account(admin), make_account(admin)
    put_numbers(admin, one, row_of("+441632960000", 250), "teamsDirectRouting")
    put_numbers(admin, one, row_of("+441632960250", 5))
    put_numbers(admin, two, row_of("+441632960255", 5))
    put_numbers(admin, two, row_of("+441632960270", 5), configuration={"customSipHeader": "left"})
    put_numbers(admin, two, row_of("+44163296", 2))
    found = blocks(admin)
    assert brief(found) == [
        ("+44163296", "+44163297", 2, None), ("+441632960000", "+441632960249", 250, None), ("+441632960250", "+441632960254", 5, 0),
        ("+441632960255", "+441632960259", 5, 0), ("+441632960270", "+441632960274", 5, 10)]
    assert [block["accountName"] for block in found] == [two, one, one, two, two]
    assert found[1]["services"] == ["teamsDirectRouting"] and found[4]["customSipHeader"] == "left"
    assert all(block["serviceProvisioningStatus"] == "synced" for block in found)
    assert brief(blocks(admin, accountName=two)) == [
        ("+44163296", "+44163297", 2, None), ("+441632960255", "+441632960259", 5, None), ("+441632960270", "+441632960274", 5, 10)]
    assert blocks(admin, accountName="nobody") == []
    for size in (1, 2, 3, 4, 5):
        pages = [page.json()["value"] for page in admin.pages(BLOCKS, maxpagesize=size)]
        assert [block for page in pages for block in page] == found and all(len(page) <= size for page in pages)


def test_blocks__split_where_one_number_changes_or_goes(own):
    admin = own.client()
    name = make_account(admin)
    numbers = row_of("+441632960000", 9)
    put_numbers(admin, name, numbers)
    assert brief(blocks(admin)) == [(numbers[0], numbers[8], 9, None)]
    put_numbers(admin, name, [numbers[3]], "teamsDirectRouting")
    assert brief(blocks(admin)) == [(numbers[0], numbers[2], 3, None), (numbers[3], numbers[3], 1, 0), (numbers[4], numbers[8], 5, 0)]
    assert admin.delete(f"/accounts/{name}/numbers/{numbers[3]}").status_code == 204
    assert brief(blocks(admin)) == [(numbers[0], numbers[2], 3, None), (numbers[4], numbers[8], 5, 1)]
    put_numbers(admin, name, [numbers[3]])
    assert brief(blocks(admin)) == [(numbers[0], numbers[8], 9, None)]


def test_blocks__a_status_is_a_setting(own):
    """Sync is asked for and there is no back end: these fail."""
    admin = own.client()
    name, tenant = account_name(), uuid_text()
    body = account_body(name, "teamsOperatorConnect", "zoomPhoneCloudPeering")
    body["serviceDetails"]["teamsTenantId"] = tenant
    body["serviceDetails"]["teamsOperatorConnect"]["syncEnabled"] = True
    assert admin.put(f"/accounts/{name}", json=body).status_code == 201
    numbers = row_of("+441632960000", 4)
    put_numbers(admin, name, numbers)
    put_numbers(admin, name, [numbers[1]], "teamsOperatorConnect")
    assert [(block["count"], block["serviceProvisioningStatus"]) for block in blocks(admin)] == [(1, "synced"), (1, "failed"), (2, "synced")]


@pytest.mark.parametrize("params,target", [
    ({"accountName": "no name"}, "accountName"), ({"accountName": ""}, "accountName"), ({"maxpagesize": 0}, "maxpagesize"),
    ({"continuation": "0.-.abc"}, "continuation"), ({"continuation": "x"}, "continuation"), ({"filter": "accountName eq 'x'"}, "filter"),
    ({"account": "x"}, "account")])
def test_blocks__bad_parameters_are_refused(admin, params, target):
    assert refused(admin.get(BLOCKS, params=params), 400, "InvalidQueryParameter")["target"] == target


# ---- who changed it ----

def changed_by(client, number):
    item, = look_up(client, telephoneNumbers=[number])["items"]
    return item["changedBy"]


def account_changed_by(client, name):
    item, = client.post(ACCOUNTS, json={"accountNames": [name]}).json()["items"]
    return item["changedBy"]


def test_changed_by__names_the_way_and_the_caller(server, admin, account):
    number, path = phone_number(), f"/accounts/{account}/numbers"
    user = server.client("USER_ADMIN")
    assert admin.put(f"{path}/{number}", json=number_body(number, account)).status_code == 201
    first = changed_by(admin, number)
    assert first["way"] == "api" and first["name"] and DATE_TIME.match(first["at"])
    assert user.put(f"{path}/{number}", json=number_body(number, account)).status_code == 200
    assert changed_by(admin, number) == first  # nothing was changed
    assert user.put(f"{path}/{number}", json=number_body(number, account, "teamsDirectRouting")).status_code == 200
    second = changed_by(admin, number)
    assert second["way"] == "portal" and second["name"] and second["at"] >= first["at"]
    put_numbers(admin, account, [number, phone_number()])
    assert changed_by(admin, number)["way"] == "api"
    assert account_changed_by(admin, account) == {**first, "at": account_changed_by(admin, account)["at"]}
    body = account_body(account, *SERVICES)
    assert user.put(f"/accounts/{account}", json=body).status_code == 200
    assert account_changed_by(admin, account)["way"] == "api"
    assert user.put(f"/accounts/{account}", json={**body, "correlationId": "x"}).status_code == 200
    assert account_changed_by(admin, account)["way"] == "portal"


def test_changed_by__is_no_part_of_the_contract(admin, account):
    number = phone_number()
    put_numbers(admin, account, [number])
    for path in (f"/accounts/{account}", f"/accounts/{account}/numbers/{number}"):
        assert not {"changedBy", "provenance", "changed_by"} & set(admin.get(path).json())


# ---- numbers:consequences ----

CONSEQUENCES = "/numgate/v1/numbers:consequences"


def consequences(client, **params):
    reply = client.get(CONSEQUENCES, params=params)
    assert reply.status_code == 200, reply.text
    document = reply.json()
    assert document.pop("truncated") is False
    return document


def test_consequences__count_what_is_there_by_account_and_filter(own):
    """Without a back end nothing is known to be assigned, but it is said what should be synchronized."""
    admin = own.client()
    name, other = account_name(), make_account(own.client())
    body = account_body(name, "teamsOperatorConnect", "teamsPhoneMobile", "zoomPhoneCloudPeering")
    body["serviceDetails"]["teamsTenantId"] = uuid_text()
    body["serviceDetails"]["teamsOperatorConnect"]["syncEnabled"] = True
    assert admin.put(f"/accounts/{name}", json=body).status_code == 201
    numbers = row_of("+441632960000", 12)
    put_numbers(admin, name, numbers[:3], "teamsOperatorConnect")
    put_numbers(admin, name, numbers[3:5], "teamsPhoneMobile")  # not synchronized
    put_numbers(admin, name, numbers[5:10])
    put_numbers(admin, other, numbers[10:], "teamsOperatorConnect")
    none = {"teamsOperatorConnect": 0, "teamsPhoneMobile": 0}
    assert consequences(admin, accountName=name) == {"count": 10, "assigned": 0, "syncedServices": {**none, "teamsOperatorConnect": 3}}
    assert consequences(admin) == {"count": 12, "assigned": 0, "syncedServices": {**none, "teamsOperatorConnect": 3}}
    assert consequences(admin, accountName=other) == {"count": 2, "assigned": 0, "syncedServices": none}
    assert consequences(admin, accountName="nobody") == {"count": 0, "assigned": 0, "syncedServices": none}
    filtered = {"filter": f"telephoneNumber ge '{numbers[2]}' and telephoneNumber lt '{numbers[6]}'"}
    assert consequences(admin, **filtered) == {"count": 4, "assigned": 0, "syncedServices": {**none, "teamsOperatorConnect": 1}}
    assert consequences(admin, accountName=other, **filtered)["count"] == 0


@pytest.mark.parametrize("params,code,target", [
    ({"accountName": "no name"}, "InvalidQueryParameter", "accountName"), ({"filter": "nothing eq 1"}, "InvalidFilter", None),
    ({"filter": ""}, "InvalidFilter", None), ({"top": 1}, "InvalidQueryParameter", "top"),
    ({"maxpagesize": 1}, "InvalidQueryParameter", "maxpagesize")])
def test_consequences__bad_parameters_are_refused(admin, params, code, target):
    error = refused(admin.get(CONSEQUENCES, params=params), 400, code)
    assert target is None or error["target"] == target
