"""Numbers one by one: life, every field rule, the rules with their account, '+' in all its spellings."""
import pytest
from conftest import SERVICES, account_body, account_name, number_body, phone_number, uuid_text

from contract import refused, targets

OC, MOBILE, ZOOM = "teamsOperatorConnect", "teamsPhoneMobile", "zoomPhoneCloudPeering"
CONFIG = {"usage": "CallingUserAssignment", "choosableCapabilities": ["UserAssignment"]}


def path(account, number):
    return f"/accounts/{account}/numbers/{number}"


def put(client, account, number, *services, **fields):
    return client.put(path(account, number), json=number_body(number, account, *services, **fields))


def counts(client, account):
    services = client.get(f"/accounts/{account}").json()["serviceDetails"]
    return {name: details["numberCount"] for name, details in services.items() if name != "teamsTenantId"}


# ---- life ----

def test_number__is_created_read_replaced_and_deleted(admin, account):
    number = phone_number()
    created = put(admin, account, number, *SERVICES, configuration={"customSipHeader": "trunk_7-a"})
    assert created.status_code == 201
    assert admin.get(path(account, number)).json() == created.json()
    assert created.json()["serviceProvisioningStatus"] == "synced"
    assert created.json()["configuration"] == {"customSipHeader": "trunk_7-a"}
    replaced = put(admin, account, number, ZOOM)
    assert replaced.status_code == 200 and replaced.headers["ETag"] != created.headers["ETag"]
    assert replaced.json()["serviceDetails"] == {ZOOM: {"enabled": True}} and "configuration" not in replaced.json()
    assert admin.delete(path(account, number)).status_code == 204
    refused(admin.get(path(account, number)), 404, "NumberNotFound")
    assert put(admin, account, number).status_code == 201


def test_number__teams_configuration_comes_back_as_sent(admin, account):
    number = phone_number()
    config = {**CONFIG, "additionalUsages": ["ConferenceAssignment"], "civicAddressId": "c", "locationId": "l",
              "allowTenantAddressUpdate": True, "displayedCountryCode": "DE"}
    details = {"enabled": True, "assignmentStatus": "assigned", "configuration": config}
    body = {**number_body(number, account), "serviceDetails": {OC: details}}
    created = admin.put(path(account, number), json=body)
    assert created.status_code == 201
    kept = {name: value for name, value in created.json()["serviceDetails"][OC]["configuration"].items() if name in config}
    assert kept == config
    assert created.json()["serviceDetails"][OC]["assignmentStatus"] == "assigned"  # of a number without sync the client's counts
    read = admin.get(path(account, number)).json()
    assert read == created.json()
    assert admin.put(path(account, number), json=read).json() == read


def test_number__allow_tenant_address_update_is_false_unless_said(admin, account):
    number = phone_number()
    body = {**number_body(number, account), "serviceDetails": {MOBILE: {"enabled": True, "configuration": CONFIG}}}
    reply = admin.put(path(account, number), json=body)
    assert reply.json()["serviceDetails"][MOBILE]["configuration"]["allowTenantAddressUpdate"] is False


def test_number__without_any_service_is_parked(admin, account):
    number = phone_number()
    for details in ({}, {ZOOM: {"enabled": False}}):
        body = {"telephoneNumber": number, "accountName": account, "serviceDetails": details}
        assert admin.put(path(account, number), json=body).status_code in (200, 201)
        assert admin.get(path(account, number)).json()["serviceDetails"] == details
    assert set(counts(admin, account).values()) == {0}


def test_number__counts_of_the_account_follow(admin, account):
    first, second = phone_number(), phone_number()
    put(admin, account, first, ZOOM, OC)
    put(admin, account, second, ZOOM)
    assert {ZOOM: 2, OC: 1, MOBILE: 0}.items() <= counts(admin, account).items()
    put(admin, account, first, MOBILE)
    assert {ZOOM: 1, OC: 0, MOBILE: 1}.items() <= counts(admin, account).items()
    put(admin, account, first, MOBILE)
    admin.delete(path(account, second))
    assert {ZOOM: 0, OC: 0, MOBILE: 1}.items() <= counts(admin, account).items()


def test_number__delete_of_an_absent_one_is_204(admin, account):
    assert admin.delete(path(account, phone_number())).status_code == 204
    assert admin.delete(path(account_name(), phone_number())).status_code == 204


def test_number__delete_spares_that_of_another_account(admin, account):
    number, other = phone_number(), account_name()
    put(admin, account, number)
    assert admin.put(f"/accounts/{other}", json=account_body(other)).status_code == 201
    assert admin.delete(path(other, number)).status_code == 204
    assert admin.get(path(account, number)).status_code == 200


# ---- spellings of the path ----

@pytest.mark.parametrize("spelling", ["+{}", "%2B{}", "%2b{}"])
def test_number__plus_in_the_path_is_a_plus(server, admin, account, spelling):
    number = phone_number()
    for method, status in (("PUT", 201), ("GET", 200), ("DELETE", 204)):
        body = number_body(number, account) if method == "PUT" else None
        reply = admin.request(method, path(account, spelling.format(number[1:])), json=body)
        assert reply.status_code == status
        assert spelling[:1] in reply.request.path_url


@pytest.mark.parametrize("bad", ["+0301234567", "4930123", "%204930123", "+", "+1", "+1234567890123456", "+49-30", "++4930", "+49a",
                                 "%2B", "+٤٩٣٠", "+49%2030"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_number__path_must_hold_an_e164_number(admin, account, bad, method):
    body = number_body("+4930123", account) if method == "PUT" else None
    refused(admin.request(method, path(account, bad), json=body), 400, "InvalidPathParameter", "telephoneNumber")


@pytest.mark.parametrize("number", ["+12", "+999999999999999"])
def test_number__may_have_2_to_15_digits(admin, account, number):
    assert put(admin, account, number).status_code == 201
    assert admin.get(path(account, number)).json()["telephoneNumber"] == number
    assert admin.items(f"/accounts/{account}/numbers")[0]["telephoneNumber"] == number


# ---- fields ----

def teams(**config):
    return {"serviceDetails": {OC: {"enabled": True, "configuration": {**CONFIG, **config}}}}


AT = f"serviceDetails.{OC}.configuration"
FIELDS = [  # fields that replace good ones, finding's target, code
    ({"telephoneNumber": 4930}, "telephoneNumber", "InvalidType"),
    ({"telephoneNumber": "4930123"}, "telephoneNumber", "InvalidValue"),
    ({"telephoneNumber": "+0123"}, "telephoneNumber", "InvalidValue"),
    ({"accountName": ""}, "accountName", "InvalidValue"),
    ({"accountName": "a b"}, "accountName", "InvalidValue"),
    ({"serviceDetails": "x"}, "serviceDetails", "InvalidType"),
    ({"serviceDetails": {ZOOM: {}}}, f"serviceDetails.{ZOOM}.enabled", "MissingField"),
    ({"serviceDetails": {ZOOM: {"enabled": None}}}, f"serviceDetails.{ZOOM}.enabled", "InvalidType"),
    ({"serviceDetails": {ZOOM: {"enabled": True, "assignmentStatus": "assigned"}}}, f"serviceDetails.{ZOOM}.assignmentStatus",
     "UnknownField"),
    ({"serviceDetails": {OC: {"enabled": True, "assignmentStatus": "Assigned"}}}, f"serviceDetails.{OC}.assignmentStatus",
     "InvalidValue"),
    (teams(usage=None), f"{AT}.usage", "InvalidType"),
    (teams(choosableCapabilities="x"), f"{AT}.choosableCapabilities", "InvalidType"),
    (teams(choosableCapabilities=["a", 7]), f"{AT}.choosableCapabilities[1]", "InvalidType"),
    (teams(choosableCapabilities=["a"] * 101), f"{AT}.choosableCapabilities", "TooMany"),
    (teams(additionalUsages=["u" * 1025]), f"{AT}.additionalUsages[0]", "TooLong"),
    (teams(allowTenantAddressUpdate=0), f"{AT}.allowTenantAddressUpdate", "InvalidType"),
    (teams(civicAddress="x"), f"{AT}.civicAddress", "UnknownField"),
    ({"configuration": {"customSipHeader": "a b"}}, "configuration.customSipHeader", "InvalidValue"),
    ({"configuration": {"customSipHeader": ""}}, "configuration.customSipHeader", "InvalidValue"),
    ({"configuration": {"customSipHeader": "h" * 101}}, "configuration.customSipHeader", "TooLong"),
    ({"phoneNumber": "+4930"}, "phoneNumber", "UnknownField"),
]


@pytest.mark.parametrize("fields,target,code", FIELDS)
def test_number__refuses_a_bad_field_by_its_path(admin, account, fields, target, code):
    number = phone_number()
    reply = admin.put(path(account, number), json={**number_body(number, account), **fields})
    assert reply.status_code == 400
    assert targets(reply.json()["error"]) == {target: code}
    refused(admin.get(path(account, number)), 404, "NumberNotFound")


@pytest.mark.parametrize("missing", ["telephoneNumber", "accountName", "serviceDetails"])
def test_number__required_fields_are_required(admin, account, missing):
    number = phone_number()
    body = number_body(number, account)
    del body[missing]
    reply = admin.put(path(account, number), json=body)
    assert targets(refused(reply, 400, "MissingField")) == {missing: "MissingField"}


def test_number__body_and_url_must_agree(admin, account):
    number, other = phone_number(), account_name()
    refused(admin.put(path(account, number), json=number_body(phone_number(), account)), 400, "TelephoneNumberMismatch",
            "telephoneNumber")
    refused(admin.put(path(account, number), json=number_body(number, other)), 400, "AccountNameMismatch", "accountName")
    refused(admin.put(path(account, number), json=number_body(number, account.upper())), 400, "AccountNameMismatch",
            "accountName")
    refused(admin.get(path(account, number)), 404, "NumberNotFound")


# ---- rules with the account ----

def test_number__needs_its_account(admin):
    number, name = phone_number(), account_name()
    refused(put(admin, name, number), 404, "AccountNotFound")
    refused(admin.get(path(name, number)), 404, "AccountNotFound")
    refused(admin.get(f"/accounts/{name}/numbers"), 404, "AccountNotFound")


@pytest.mark.parametrize("state", ["absent", "disabled"])
def test_number__needs_its_services_enabled(admin, state):
    name, number = account_name(), phone_number()
    body = account_body(name, OC)
    if state == "disabled":
        body["serviceDetails"][ZOOM] = {"enabled": False, "syncEnabled": False}
    assert admin.put(f"/accounts/{name}", json=body).status_code == 201
    error = refused(put(admin, name, number, ZOOM, OC, MOBILE), 400, "ServiceNotEnabled")
    assert targets(error) == {f"serviceDetails.{ZOOM}.enabled": "ServiceNotEnabled",
                              f"serviceDetails.{MOBILE}.enabled": "ServiceNotEnabled"}
    assert put(admin, name, number, OC).status_code == 201


def test_number__belongs_to_one_account(admin, account):
    number, other = phone_number(), account_name()
    assert admin.put(f"/accounts/{other}", json=account_body(other)).status_code == 201
    assert put(admin, account, number).status_code == 201
    error = refused(put(admin, other, number), 409, "NumberInUse")
    assert targets(error) == {"telephoneNumber": "NumberInUse"}
    refused(admin.get(path(other, number)), 404, "NumberNotFound")
    assert admin.delete(path(account, number)).status_code == 204
    assert put(admin, other, number).status_code == 201


def test_number__sync_without_a_back_end_fails_and_says_why(admin):
    name, number = account_name(), phone_number()
    details = {"teamsTenantId": uuid_text(), OC: {"enabled": True, "syncEnabled": True}, ZOOM: {"enabled": True, "syncEnabled": True}}
    assert admin.put(f"/accounts/{name}", json={"name": name, "serviceDetails": details}).status_code == 201
    body = number_body(number, name, OC)
    body["serviceDetails"][OC]["assignmentStatus"] = "assigned"
    reply = admin.put(path(name, number), json=body)
    assert reply.status_code == 201 and reply.json()["serviceProvisioningStatus"] == "failed"
    assert [e["code"] for e in reply.json()["serviceProvisioningErrors"]] == ["BackendNotConfigured"]
    assert reply.json()["serviceDetails"][OC].get("assignmentStatus") != "assigned"  # the back end's word, not the client's
    assert put(admin, name, phone_number(), ZOOM).json()["serviceProvisioningStatus"] == "synced"
    assert admin.delete(path(name, number)).status_code == 204
