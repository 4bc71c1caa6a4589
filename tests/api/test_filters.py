"""Filters: every operator on every type of field, null, precedence, and errors that tell where they are."""
import re

import pytest
from conftest import SERVICES, account_body, account_name, number_body, phone_number, uuid_text

from contract import refused
from wire import Wire, head

OC, DR, MOBILE, ZOOM, PROTECTION = ("teamsOperatorConnect", "teamsDirectRouting", "teamsPhoneMobile", "zoomPhoneCloudPeering",
                                    "azureOperatorCallProtection")


@pytest.fixture(scope="module", name="world")
def fixture_world(server):
    """Five numbers of one account that differ in everything a filter can name: {letter: number}, and the account."""
    client, account = server.client(), account_name("Filter")
    assert client.put(f"/accounts/{account}", json=account_body(account, *SERVICES)).status_code == 201
    numbers = {letter: phone_number() for letter in "abcde"}
    config = {"usage": "O'Brien", "choosableCapabilities": [], "civicAddressId": "x%_y", "allowTenantAddressUpdate": True}
    details = {
        "a": {ZOOM: {"enabled": True}},
        "b": {ZOOM: {"enabled": False}, DR: {"enabled": True}},
        "c": {OC: {"enabled": True, "assignmentStatus": "assigned", "configuration": config}},
        "d": {OC: {"enabled": True, "assignmentStatus": "unassigned", "configuration": {**config, "usage": "obrien",
                                                                                      "allowTenantAddressUpdate": False}}},
        "e": {},
    }
    for letter, number in numbers.items():
        body = {"telephoneNumber": number, "accountName": account, "serviceDetails": details[letter]}
        if letter in "ab":
            body["configuration"] = {"customSipHeader": f"trunk-{letter}"}
        assert client.put(f"/accounts/{account}/numbers/{number}", json=body).status_code == 201
    yield account, numbers
    client.delete(f"/accounts/{account}", params={"deleteNumbers": "true"})


FILTERS = [  # filter, the letters that match
    (f"serviceDetails/{ZOOM}/enabled eq true", "a"),
    (f"serviceDetails/{ZOOM}/enabled ne true", "bcde"),  # absent equals null, and null is not true
    (f"serviceDetails/{ZOOM}/enabled eq false", "b"),
    (f"serviceDetails/{ZOOM}/enabled ne false", "acde"),
    (f"serviceDetails/{ZOOM}/enabled eq null", "cde"),
    (f"serviceDetails/{ZOOM}/enabled ne null", "ab"),
    (f"not serviceDetails/{ZOOM}/enabled eq true", "bcde"),
    (f"not (serviceDetails/{ZOOM}/enabled eq null)", "ab"),
    (f"serviceDetails/{OC}/assignmentStatus eq 'assigned'", "c"),
    (f"serviceDetails/{OC}/assignmentStatus ne 'assigned'", "abde"),
    (f"serviceDetails/{OC}/assignmentStatus eq null", "abe"),
    (f"startswith(serviceDetails/{OC}/assignmentStatus,'un')", "d"),
    (f"serviceDetails/{OC}/configuration/usage eq 'O''Brien'", "c"),
    (f"contains(serviceDetails/{OC}/configuration/usage,'''')", "c"),
    (f"contains(serviceDetails/{OC}/configuration/usage,'rien')", "cd"),
    (f"startswith(serviceDetails/{OC}/configuration/usage,'O')", "c"),
    (f"contains(serviceDetails/{OC}/configuration/civicAddressId,'%')", "cd"),  # % and _ are themselves
    (f"contains(serviceDetails/{OC}/configuration/civicAddressId,'x_')", ""),
    (f"startswith(serviceDetails/{OC}/configuration/civicAddressId,'x%_')", "cd"),
    (f"serviceDetails/{OC}/configuration/allowTenantAddressUpdate eq true", "c"),
    (f"serviceDetails/{OC}/configuration/allowTenantAddressUpdate eq false", "d"),
    ("configuration/customSipHeader eq 'trunk-a'", "a"),
    ("configuration/customSipHeader ne 'trunk-a'", "bcde"),
    ("configuration/customSipHeader gt 'trunk-a'", "b"),
    ("configuration/customSipHeader ge 'trunk-a'", "ab"),
    ("configuration/customSipHeader lt 'trunk-b'", "a"),
    ("configuration/customSipHeader le 'trunk-b'", "ab"),
    ("configuration/customSipHeader eq null", "cde"),
    ("not contains(configuration/customSipHeader,'trunk')", "cde"),
    ("startswith(configuration/customSipHeader,'')", "ab"),
    ("serviceProvisioningStatus eq 'synced'", "abcde"),
    ("serviceProvisioningStatus eq 'pending'", ""),
    ("telephoneNumber eq '{b}'", "b"),
    ("telephoneNumber ne '{b}'", "acde"),
    ("telephoneNumber gt '{b}'", "cde"),
    ("telephoneNumber ge '{b}'", "bcde"),
    ("telephoneNumber lt '{b}'", "a"),
    ("telephoneNumber le '{b}'", "ab"),
    ("telephoneNumber gt '+99'", "abcde"),  # as a number, not as a text
    ("telephoneNumber lt '+100'", ""),
    ("telephoneNumber eq null", ""),
    ("telephoneNumber ne null", "abcde"),
    ("startswith(telephoneNumber,'+4930')", "abcde"),
    ("startswith(telephoneNumber,'4930')", ""),
    ("contains(telephoneNumber,'{b}')", "b"),
    ("telephoneNumber eq '{a}' or telephoneNumber eq '{c}'", "ac"),
    ("telephoneNumber eq '{a}' or telephoneNumber eq '{b}' and telephoneNumber eq '{c}'", "a"),  # and binds more tightly
    ("(telephoneNumber eq '{a}' or telephoneNumber eq '{b}') and telephoneNumber ge '{b}'", "b"),
    ("not telephoneNumber eq '{a}' and not telephoneNumber eq '{b}'", "cde"),
    ("not (telephoneNumber eq '{a}' or telephoneNumber eq '{b}')", "cde"),
    ("not not telephoneNumber eq '{a}'", "a"),
    ("(((telephoneNumber eq '{a}')))", "a"),
    ("  telephoneNumber   eq\t'{a}'  ", "a"),
    ("accountName eq '{account}'", "abcde"),
    ("accountName eq '{account}' and telephoneNumber gt '{c}'", "de"),
    ("accountName eq 'filter'", ""),  # texts compare with their letter case
]


@pytest.mark.parametrize("text,letters", FILTERS)
def test_filter__selects(server, admin, world, text, letters):
    account, numbers = world
    text = text.format(account=account, **numbers) if "{" in text else text
    wanted = [numbers[letter] for letter in letters]
    if "\t" in text:
        text = text.replace("\t", " ")
    for path, query in ((f"/accounts/{account}/numbers", text), ("/numbers", f"accountName eq '{account}' and ({text})")):
        reply = admin.get(path, params={"filter": query, "countRecords": "true", "maxpagesize": 500})
        assert [item["telephoneNumber"] for item in reply.json()["value"]] == wanted, path
        assert reply.headers["x-ms-record-count"] == str(len(wanted))


def test_filter__selects_pages(admin, world):
    account, numbers = world
    found = admin.items(f"/accounts/{account}/numbers", filter="telephoneNumber ne '" + numbers["c"] + "'", maxpagesize=1)
    assert [item["telephoneNumber"] for item in found] == [numbers[letter] for letter in "abde"]


@pytest.mark.parametrize("text,found", [
    ("name eq '{0}'", [0]), ("name gt '{0}' and startswith(name,'{tag}')", [1, 2]), ("startswith(name,'{tag}')", [0, 1, 2]),
    ("correlationId eq 'c-1' and startswith(name,'{tag}')", [1]), ("correlationId eq null and startswith(name,'{tag}')", [0, 2]),
    ("serviceDetails/teamsTenantId eq '{tenant}'", [2]),
    ("serviceDetails/teamsTenantId eq '{TENANT}'", [2]),  # UUIDs have no letter case
    ("serviceDetails/teamsDirectRouting/enabled eq true and startswith(name,'{tag}')", [1]),
    ("serviceDetails/teamsDirectRouting/syncEnabled ne true and startswith(name,'{tag}')", [0, 1, 2]),
    ("serviceDetails/teamsDirectRouting/configuration/subdomain eq '{label}'", [1]),
    ("serviceDetails/teamsDirectRouting/configuration/callScreening eq true and startswith(name,'{tag}')", [1]),
    ("serviceDetails/teamsDirectRouting/subdomainStatus eq 'notProvisioned' and startswith(name,'{tag}')", [1]),
    ("serviceDetails/zoomPhoneCloudPeering/enabled eq true and startswith(name,'{tag}')", [0]),
])
def test_filter__selects_accounts(admin, text, found):
    tag, tenant, label = account_name(), uuid_text(), uuid_text().replace("-", "")[:10]
    names = [f"{tag}-{i}" for i in range(3)]
    routing = {"enabled": True, "syncEnabled": False, "configuration": {
        "callScreening": True, "subdomain": label, "subdomainTokens": {"region1Token": "a", "region2Token": "b"}}}
    bodies = [account_body(names[0]), {"name": names[1], "correlationId": "c-1", "serviceDetails": {DR: routing}},
              {"name": names[2], "serviceDetails": {"teamsTenantId": tenant}}]
    for name, body in zip(names, bodies):
        assert admin.put(f"/accounts/{name}", json=body).status_code == 201
    text = text.format(*names, tag=tag, tenant=tenant, TENANT=tenant.upper(), label=label)
    assert [item["name"] for item in admin.items("/accounts", filter=text)] == [names[i] for i in found]


def test_filter__plus_of_a_number_may_be_sent_plain_or_encoded(server, world):
    account, numbers = world
    for quoted in (f"'%2B{numbers['b'][1:]}'", f"'{numbers['b']}'"):
        for text in (f"telephoneNumber%20eq%20{quoted}", f"telephoneNumber+eq+{quoted}", f"startswith(telephoneNumber,{quoted})"):
            target = f"/accounts/{account}/numbers?api-version=2024-02-29-preview&filter={text}"
            with Wire(server) as wire:
                wire.send(head(server, "GET", target))
                found = [item["telephoneNumber"] for item in wire.reply("GET", target).json()["value"]]
            assert found == [numbers["b"]], text


ERRORS = [  # filter, position of the error counted from 1
    ("", 1), (" ", 2), ("telephoneNumber", 16), ("telephoneNumber eq", 19), ("telephoneNumber eq '+4930", 20),
    ("telephoneNumber xx '+4930'", 17), ("telephoneNumber EQ '+4930'", 17), ("nothing eq 'a'", 1), ("TelephoneNumber eq '+4930'", 1),
    ("telephoneNumber eq '+4930' and", 31), ("telephoneNumber eq '+4930' or or", 31), ("telephoneNumber eq '+4930' x", 28),
    ("(telephoneNumber eq '+4930'", 28), ("telephoneNumber eq '+4930')", 27), ("not", 4), ("()", 2),
    ("contains(telephoneNumber)", 25), ("contains telephoneNumber", 10), ("contains(telephoneNumber,'1'", 29),
    ("contains(telephoneNumber,1)", 26), ("endswith(telephoneNumber,'1')", 1), ("telephoneNumber eq 'x", 20),
    ("serviceDetails eq null", 1), (f"serviceDetails/{ZOOM} eq null", 1),
    (f"serviceDetails/{OC}/configuration/choosableCapabilities eq 'a'", 1),
    ("serviceProvisioningErrors eq null", 1), ("serviceDetails//enabled eq true", 1), ("telephoneNumber eq \u201a+4930\u2018", 20),
    ("'+4930' eq telephoneNumber", 1), ("telephoneNumber eq accountName", None), ("accountName eq true", None),
    ("accountName gt null", None), (f"serviceDetails/{ZOOM}/enabled gt true", None), (f"serviceDetails/{ZOOM}/enabled eq 'true'", None),
    (f"serviceDetails/{ZOOM}/enabled eq 1", None), ("telephoneNumber eq '4930'", None), ("telephoneNumber eq 'abc'", None),
    ("serviceProvisioningStatus eq 'Synced'", None), (f"contains(serviceDetails/{ZOOM}/enabled,'t')", None),
    ("accountName eq 'a'; drop table account", 19), ("accountName eq 'a' -- ", 20), ("1 eq 1", 1), ("true", 1),
]


@pytest.mark.parametrize("text,position", ERRORS)
def test_filter__error_tells_its_position(admin, account, text, position):
    error = refused(admin.get(f"/accounts/{account}/numbers", params={"filter": text}), 400, "InvalidFilter", "filter")
    told = int(re.search(r"position (\d+)", error["message"]).group(1))
    assert told == position or position is None and 1 <= told <= len(text.encode()) + 1, error["message"]


def test_filter__is_bounded(admin, account):
    path = f"/accounts/{account}/numbers"

    def ask(text):
        return admin.get(path, params={"filter": text})
    assert ask("accountName eq '" + "a" * (1024 - 17) + "'").status_code == 200
    refused(ask("accountName eq '" + "a" * (1024 - 16) + "'"), 400, "InvalidFilter", "filter")
    assert ask(" or ".join(["accountName ne 'a'"] * 32)).status_code == 200
    refused(ask(" or ".join(["accountName ne 'a'"] * 33)), 400, "InvalidFilter", "filter")
    assert ask("(" * 60 + "accountName ne 'a'" + ")" * 60).status_code == 200
    for opened in ("(", "not ", "not ("):
        refused(ask(opened * 200 + "accountName ne 'a'"), 400, "InvalidFilter", "filter")


def test_filter__quotes_cannot_break_out(admin, account):
    admin.put(f"/accounts/{account}/numbers/+4930999", json=number_body("+4930999", account))
    for text in ("accountName eq '' or ''=''", "accountName eq ''' or 1=1 --'", "accountName eq 'a\\' or accountName ne 'a'"):
        reply = admin.get(f"/accounts/{account}/numbers", params={"filter": text})
        assert reply.status_code == 400 or reply.json()["value"] == [] or "\\" in text


@pytest.mark.parametrize("path", ["/accounts", "/numbers", "/teamsRequestsForInformation", "/accounts/{account}/teamsCivicAddresses"])
def test_filter__every_list_refuses_an_unknown_field(admin, account, path):
    refused(admin.get(path.format(account=account), params={"filter": "etag eq '1'"}), 400, "InvalidFilter", "filter")
