"""Accounts one by one: life, every field rule, every rule between fields and state."""
import pytest
from conftest import SERVICES, account_body, account_name, number_body, phone_number, uuid_text

from contract import refused, targets

TENANT = "teamsTenantId"
OC, DR, MOBILE, ZOOM, PROTECTION = ("teamsOperatorConnect", "teamsDirectRouting", "teamsPhoneMobile", "zoomPhoneCloudPeering",
                                    "azureOperatorCallProtection")
ON = {"enabled": True, "syncEnabled": False}
SYNCED = {"enabled": True, "syncEnabled": True}


def put(client, name, details=None, **fields):
    return client.put(f"/accounts/{name}", json={"name": name, "serviceDetails": details or {}, **fields})


def routing(label, region1="MS=ms1", region2="MS=ms2", screening=False):
    return {**ON, "configuration": {"callScreening": screening, "subdomain": label,
                                    "subdomainTokens": {"region1Token": region1, "region2Token": region2}}}


def label():
    """A subdomain of ten characters that no other test uses."""
    return uuid_text().replace("-", "")[:10]


# ---- life ----

def test_account__is_created_read_replaced_and_deleted(admin):
    name = account_name()
    created = admin.put(f"/accounts/{name}", json=account_body(name, *SERVICES, correlationId="crm-4711"))
    assert created.status_code == 201
    assert admin.get(f"/accounts/{name}").json() == created.json()
    assert created.json()["correlationId"] == "crm-4711"
    assert created.json()["serviceProvisioningStatus"] == "synced" and created.json()["serviceProvisioningErrors"] == []
    for service in SERVICES:
        assert created.json()["serviceDetails"][service]["enabled"] is True
        assert created.json()["serviceDetails"][service]["numberCount"] == 0
    replaced = put(admin, name, {ZOOM: ON})
    assert replaced.status_code == 200
    assert replaced.json()["serviceDetails"] == {ZOOM: {**ON, "numberCount": 0}} and "correlationId" not in replaced.json()
    assert replaced.headers["ETag"] != created.headers["ETag"]
    assert admin.delete(f"/accounts/{name}").status_code == 204
    refused(admin.get(f"/accounts/{name}"), 404, "AccountNotFound")


def test_account__body_that_was_read_can_be_written_back(admin, account):
    read = admin.get(f"/accounts/{account}").json()
    read["serviceDetails"][ZOOM]["numberCount"] = 99
    read["serviceProvisioningStatus"] = "failed"
    written = admin.put(f"/accounts/{account}", json=read)
    assert written.status_code == 200
    assert written.json()["serviceDetails"][ZOOM]["numberCount"] == 0  # read-only fields are ignored
    assert written.json()["serviceProvisioningStatus"] == "synced"


def test_account__without_service_details_enables_nothing(admin):
    name = account_name()
    reply = admin.put(f"/accounts/{name}", json={"name": name})
    assert reply.status_code == 201
    assert reply.json().get("serviceDetails", {}) == {}


def test_account__name_is_case_sensitive(admin):
    name = account_name("Case")
    assert put(admin, name).status_code == 201
    refused(admin.get(f"/accounts/{name.lower()}"), 404, "AccountNotFound")
    assert put(admin, name.lower()).status_code == 201
    assert put(admin, name).status_code == 200


@pytest.mark.parametrize("name", ["x", "A" * 100, "-", "_", "0", "a-B_9"])
def test_account__takes_names_of_the_pattern(admin, name):
    assert put(admin, name).status_code == 201
    assert admin.get(f"/accounts/{name}").json()["name"] == name
    assert admin.delete(f"/accounts/{name}").status_code == 204


@pytest.mark.parametrize("name", ["A" * 101, "a.b", "a%20b", "%C3%A9", "a+b", "a%3Ab:getTeamsCapabilityPlans"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_account__name_in_the_path_must_have_the_form(admin, name, method):
    if ":" in name:
        method, body = "POST", None
    else:
        body = {"name": "a"} if method == "PUT" else None
    refused(admin.request(method, f"/accounts/{name}", json=body), 400, "InvalidPathParameter", "accountName")


def test_account__delete_of_an_absent_one_is_204(admin):
    assert admin.delete(f"/accounts/{account_name()}").status_code == 204


# ---- fields ----

def details(**services):
    return {"serviceDetails": services}


FIELDS = [  # body besides the name, finding's target, code
    ({"name": 7}, "name", "InvalidType"),
    ({"name": None}, "name", "InvalidType"),
    ({"name": ""}, "name", "InvalidValue"),
    ({"name": "a" * 101}, "name", "TooLong"),
    ({"name": "a b"}, "name", "InvalidValue"),
    ({"correlationId": 1}, "correlationId", "InvalidType"),
    ({"correlationId": "x" * 1025}, "correlationId", "TooLong"),
    ({"correlationID": "x"}, "correlationID", "UnknownField"),
    ({"serviceDetails": []}, "serviceDetails", "InvalidType"),
    ({"serviceDetails": None}, "serviceDetails", "InvalidType"),
    (details(teamsTenantId=True), "serviceDetails.teamsTenantId", "InvalidType"),
    (details(fax={"enabled": True}), "serviceDetails.fax", "UnknownField"),
    (details(zoomPhoneCloudPeering=True), "serviceDetails.zoomPhoneCloudPeering", "InvalidType"),
    (details(zoomPhoneCloudPeering={"enabled": True}), "serviceDetails.zoomPhoneCloudPeering.syncEnabled", "MissingField"),
    (details(zoomPhoneCloudPeering={"syncEnabled": True}), "serviceDetails.zoomPhoneCloudPeering.enabled", "MissingField"),
    (details(zoomPhoneCloudPeering={"enabled": 1, "syncEnabled": False}), "serviceDetails.zoomPhoneCloudPeering.enabled",
     "InvalidType"),
    (details(zoomPhoneCloudPeering={"enabled": "true", "syncEnabled": False}), "serviceDetails.zoomPhoneCloudPeering.enabled",
     "InvalidType"),
    (details(azureOperatorCallProtection={"enabled": True, "syncEnabled": False}),
     "serviceDetails.azureOperatorCallProtection.syncEnabled", "UnknownField"),
    (details(teamsDirectRouting={**ON, "configuration": {"callScreening": True, "subdomain": "a"}}),
     "serviceDetails.teamsDirectRouting.configuration.subdomainTokens", "MissingField"),
    (details(teamsDirectRouting=routing("a" * 11)), "serviceDetails.teamsDirectRouting.configuration.subdomain", "TooLong"),
    (details(teamsDirectRouting=routing("a.b")), "serviceDetails.teamsDirectRouting.configuration.subdomain", "InvalidValue"),
    (details(teamsDirectRouting=routing("ab", region1="M S")),
     "serviceDetails.teamsDirectRouting.configuration.subdomainTokens.region1Token", "InvalidValue"),
    (details(teamsDirectRouting=routing("ab", region2="x" * 101)),
     "serviceDetails.teamsDirectRouting.configuration.subdomainTokens.region2Token", "TooLong"),
]


@pytest.mark.parametrize("fields,target,code", FIELDS)
def test_account__refuses_a_bad_field_by_its_path(admin, fields, target, code):
    name = account_name()
    reply = admin.put(f"/accounts/{name}", json={"name": name, **fields})
    assert reply.status_code == 400
    assert targets(reply.json()["error"]) == {target: code}
    refused(admin.get(f"/accounts/{name}"), 404, "AccountNotFound")


def test_account__tells_every_finding_at_once(admin):
    name = account_name()
    reply = admin.put(f"/accounts/{name}", json={"name": name, "more": 1, "correlationId": 2, "serviceDetails": {
        ZOOM: {"enabled": 3}, OC: 4}})
    assert targets(refused(reply, 400, reply.headers["x-ms-error-code"])) == {
        "more": "UnknownField", "correlationId": "InvalidType", f"serviceDetails.{ZOOM}.enabled": "InvalidType",
        f"serviceDetails.{ZOOM}.syncEnabled": "MissingField", f"serviceDetails.{OC}": "InvalidType"}


def test_account__missing_name_is_a_finding(admin):
    reply = admin.put(f"/accounts/{account_name()}", json={})
    refused(reply, 400, "MissingField")
    assert targets(reply.json()["error"]) == {"name": "MissingField"}


def test_account__name_of_body_and_url_must_agree(admin):
    name = account_name()
    for other in (account_name(), name.upper()):
        refused(admin.put(f"/accounts/{name}", json={"name": other}), 400, "NameMismatch", "name")
        refused(admin.get(f"/accounts/{other}"), 404, "AccountNotFound")


def test_account__texts_come_back_as_sent(admin, account):
    for text in ("", "x" * 1024, "Zoë ☎ \U0001f4de", "a\"b\\c\n\td", "\u2028", "\u0001\u007f"):
        reply = admin.put(f"/accounts/{account}", json=account_body(account, correlationId=text))
        assert reply.status_code == 200 and reply.json()["correlationId"] == text
        assert admin.get(f"/accounts/{account}").json()["correlationId"] == text


# ---- rules between fields, and with state ----

@pytest.mark.parametrize("service", [OC, MOBILE])
def test_account__sync_needs_a_tenant(admin, service):
    name = account_name()
    for tenant in ({}, {TENANT: ""}):
        error = refused(put(admin, name, {service: SYNCED, **tenant}), 400, "TenantRequired")
        assert targets(error) == {"serviceDetails.teamsTenantId": "TenantRequired"}
    refused(admin.get(f"/accounts/{name}"), 404, "AccountNotFound")
    reply = put(admin, name, {service: SYNCED, TENANT: uuid_text()})
    assert reply.status_code == 201
    assert reply.json()["serviceProvisioningStatus"] == "failed"  # there is no back end to ask
    assert [e["code"] for e in reply.json()["serviceProvisioningErrors"]] == ["BackendNotConfigured"]


@pytest.mark.parametrize("service", [DR, ZOOM])
def test_account__sync_of_other_services_is_stored_without_effect(admin, service):
    name = account_name()
    reply = put(admin, name, {service: SYNCED})
    assert reply.status_code == 201 and reply.json()["serviceProvisioningStatus"] == "synced"
    assert admin.get(f"/accounts/{name}").json()["serviceDetails"][service]["syncEnabled"] is True


def test_account__service_with_numbers_cannot_be_disabled(admin, account):
    number = phone_number()
    assert admin.put(f"/accounts/{account}/numbers/{number}", json=number_body(number, account, ZOOM)).status_code == 201
    for others in ({OC: ON}, {ZOOM: {**ON, "enabled": False}}):
        error = refused(put(admin, account, others), 409, "ServiceInUse")
        assert targets(error) == {f"serviceDetails.{ZOOM}.enabled": "ServiceInUse"}
    assert admin.get(f"/accounts/{account}").json()["serviceDetails"][ZOOM]["enabled"] is True
    assert put(admin, account, {ZOOM: ON}).json()["serviceDetails"][ZOOM]["numberCount"] == 1
    assert admin.delete(f"/accounts/{account}/numbers/{number}").status_code == 204
    assert put(admin, account, {OC: ON}).status_code == 200


@pytest.mark.parametrize("service", [OC, MOBILE])
def test_account__tenant_cannot_change_while_teams_numbers_exist(admin, service):
    name, tenant, number = account_name(), uuid_text(), phone_number()
    assert put(admin, name, {service: ON, TENANT: tenant}).status_code == 201
    assert put(admin, name, {service: ON, TENANT: uuid_text()}).status_code == 200
    assert put(admin, name, {service: ON, TENANT: tenant}).status_code == 200
    assert admin.put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name, service)).status_code == 201
    for other in ({TENANT: uuid_text()}, {}):
        error = refused(put(admin, name, {service: ON, **other}), 409, "TenantInUse")
        assert targets(error) == {"serviceDetails.teamsTenantId": "TenantInUse"}
    assert put(admin, name, {service: ON, TENANT: tenant.upper()}).status_code == 200  # letter case is no change
    assert admin.delete(f"/accounts/{name}/numbers/{number}").status_code == 204
    assert put(admin, name, {service: ON}).status_code == 200


def test_account__tenant_may_change_while_only_other_numbers_exist(admin):
    name, number = account_name(), phone_number()
    assert put(admin, name, {DR: ON, TENANT: uuid_text()}).status_code == 201
    assert admin.put(f"/accounts/{name}/numbers/{number}", json=number_body(number, name, DR)).status_code == 201
    assert put(admin, name, {DR: ON, TENANT: uuid_text()}).status_code == 200


def test_account__two_may_have_one_tenant(admin):
    tenant = uuid_text()
    assert put(admin, account_name(), {TENANT: tenant}).status_code == 201
    assert put(admin, account_name(), {TENANT: tenant}).status_code == 201


def test_account__subdomain_belongs_to_one_account(admin):
    first, second, taken = account_name(), account_name(), label()
    assert put(admin, first, {DR: routing(taken)}).status_code == 201
    assert put(admin, first, {DR: routing(taken, region1="MS=other")}).status_code == 200
    for spelling in (taken, taken.upper()):
        error = refused(put(admin, second, {DR: routing(spelling)}), 409, "SubdomainInUse")
        assert targets(error) == {"serviceDetails.teamsDirectRouting.configuration.subdomain": "SubdomainInUse"}
    assert put(admin, first, {DR: routing(taken.upper())}).status_code == 200
    assert put(admin, first, {DR: ON}).status_code == 200
    assert put(admin, second, {DR: routing(taken)}).status_code == 201
    assert admin.delete(f"/accounts/{second}").status_code == 204
    assert put(admin, first, {DR: routing(taken)}).status_code == 200


def test_account__subdomain_status_is_not_provisioned_before_any_check(admin):
    name = account_name()
    reply = put(admin, name, {DR: routing(label())})
    assert reply.status_code == 201 and reply.json()["serviceDetails"][DR]["subdomainStatus"] == "notProvisioned"


def test_account__full_domain_may_have_48_characters(make_server):
    base = "b" * (48 - len("0123456789.1r1.") - len(".test")) + ".test"
    fits = make_server(f"[deployment]\nbase_domain = {base}\n").client()
    name = account_name()
    assert put(fits, name, {DR: routing("0123456789")}).status_code == 201
    longer = make_server(f"[deployment]\nbase_domain = b{base}\n").client()
    error = refused(put(longer, name, {DR: routing("0123456789")}), 400, "SubdomainTooLong")
    assert targets(error) == {"serviceDetails.teamsDirectRouting.configuration.subdomain": "SubdomainTooLong"}
    assert put(longer, name, {DR: routing("123456789")}).status_code == 201


def test_account__400_comes_before_409(admin, account):
    number, taken = phone_number(), label()
    assert put(admin, account_name(), {DR: routing(taken)}).status_code == 201
    assert admin.put(f"/accounts/{account}/numbers/{number}", json=number_body(number, account, ZOOM)).status_code == 201
    refused(put(admin, account, {OC: SYNCED, DR: routing(taken)}), 400, "TenantRequired")
    error = refused(put(admin, account, {DR: routing(taken)}), 409, "ServiceInUse")
    assert set(targets(error).values()) == {"ServiceInUse", "SubdomainInUse"}


# ---- delete ----

def test_account__with_numbers_is_deleted_only_on_demand(admin):
    name, numbers = account_name(), [phone_number() for _ in range(3)]
    assert put(admin, name, {ZOOM: ON}).status_code == 201
    body = {"numbers": [number_body(n, name) for n in numbers]}
    assert admin.post(f"/accounts/{name}:createOrUpdateNumbers", json=body).status_code == 200
    for params in ({}, {"deleteNumbers": "false"}):
        refused(admin.delete(f"/accounts/{name}", params=params), 409, "AccountNotEmpty")
    for value in ("True", "yes", "1", ""):
        refused(admin.delete(f"/accounts/{name}", params={"deleteNumbers": value}), 400, "InvalidQueryParameter", "deleteNumbers")
    assert len(admin.items(f"/accounts/{name}/numbers")) == 3
    assert admin.delete(f"/accounts/{name}", params={"deleteNumbers": "true"}).status_code == 204
    assert put(admin, name, {ZOOM: ON}).status_code == 201
    assert admin.items(f"/accounts/{name}/numbers") == []


def test_account__delete_takes_along_more_numbers_than_a_page(admin):
    name = account_name()
    assert put(admin, name, {ZOOM: ON}).status_code == 201
    for _ in range(11):
        body = {"numbers": [number_body(phone_number(), name) for _ in range(100)]}
        assert admin.post(f"/accounts/{name}:createOrUpdateNumbers", json=body).status_code == 200
    assert admin.get(f"/accounts/{name}").json()["serviceDetails"][ZOOM]["numberCount"] == 1100
    assert admin.delete(f"/accounts/{name}", params={"deleteNumbers": "true"}).status_code == 204
    count = admin.get("/numbers", params={"filter": f"accountName eq '{name}'", "countRecords": "true"})
    assert count.headers["x-ms-record-count"] == "0" and count.json()["value"] == []
