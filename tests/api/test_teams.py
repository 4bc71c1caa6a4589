"""What comes from Teams: requests for information, civic addresses, capability queries."""
import copy
import json

import pytest
from conftest import Server, account_body, account_name, number_body, phone_number, sqlite_only, uuid_text

from contract import refused, targets

KNOWN = "0c0ffee0-1111-4222-8333-44445555666{}"
RFIS = "/teamsRequestsForInformation"
MERGE = "application/merge-patch+json"
RFI = {
    "id": "rfi-0", "tenantId": KNOWN.format(0), "productContext": "teams", "operatorId": "op", "status": "active",
    "consentedOn": "2026-01-15T09:30:00Z", "lastModifiedOn": "2026-02-01T08:00:00Z", "consentedCountries": ["DE", "AT"],
    "contacts": [{"fullName": "Ines Novák", "email": "ines@example.net", "telephoneNumber": "+4930", "companyName": "Alder",
                  "companySize": "L1_U249"}],
    "customerRelationship": {"status": "ConsentAcknowledged", "comment": "sent", "lastModifiedOn": "2026-02-01T08:00:00Z"},
}


def rfi(index, **fields):
    return {**copy.deepcopy(RFI), "id": f"rfi-{index}", "tenantId": KNOWN.format(index), **fields}


def address(number, **fields):
    return {"id": f"addr-{number}", "defaultLocationId": f"loc-{number}", "country": "DE", "houseNumber": str(number),
            "streetName": "Lindenweg", "validationStatus": "validated" if number % 2 else "notValidated", "latitude": "52.5",
            "locations": [{"id": f"loc-{number}", "civicAddressId": f"addr-{number}", "description": "Reception", "isDefault": True}],
            **fields}


def seed(server, document, path):
    path.write_text(json.dumps(document))
    return server.run("--config", server.config, "seed", path)


@pytest.fixture(scope="module", name="target")
def fixture_target(lab, tmp_path_factory):
    """A server with eight RFIs, of which tests may change 4 to 7, and two accounts on the tenant of the first."""
    directory = tmp_path_factory.mktemp("teams")
    server = Server(directory, lab)
    accounts = [{**account_body(name, "teamsOperatorConnect")} for name in ("zeta", "beta", "empty")]
    for account in accounts[:2]:
        account["serviceDetails"]["teamsTenantId"] = KNOWN.format(0).upper()
    done = seed(server, {"accounts": accounts, "requestsForInformation": [rfi(i) for i in (3, 1, 0, 2, 4, 5, 6, 7)],
                         "civicAddresses": {"beta": [address(i) for i in range(5)], "zeta": [address(1)]}}, directory / "seed.json")
    assert done.returncode == 0 and "3 accounts, 8 requests for information, 6 civic addresses" in done.stdout, done.stderr
    server.start()
    yield server
    server.stop()


def patch(client, index, body, content_type=MERGE, **headers):
    return client.patch(f"{RFIS}/{KNOWN.format(index)}", data=json.dumps(body), headers={"Content-Type": content_type, **headers})


# ---- requests for information ----

def test_rfi__list_is_in_order_of_tenants_and_pages(target):
    client = target.client("READ")
    for size in (1, 3, 500):
        found = [item["tenantId"] for item in client.items(RFIS, maxpagesize=size)]
        assert found == [KNOWN.format(i) for i in range(8)]
    assert [i["id"] for i in client.items(RFIS, skip=2, top=3, maxpagesize=2)] == ["rfi-2", "rfi-3", "rfi-4"]
    counted = client.get(RFIS, params={"countRecords": "true", "top": 1, "filter": f"tenantId ne '{KNOWN.format(1)}'"})
    assert counted.headers["x-ms-record-count"] == "7"


def test_rfi__is_read_as_seeded(target):
    read = target.client("READ").get(f"{RFIS}/{KNOWN.format(0)}").json()
    assert read.pop("serviceProvisioningStatus") == "synced" and read.pop("serviceProvisioningErrors") == []
    assert read.pop("accountName") == "beta"  # the first of two accounts on the tenant
    for part in (read, read["customerRelationship"]):
        for name in ("consentedOn", "lastModifiedOn"):
            if name in part:
                part[name] = part[name].replace(".000Z", "Z")
    assert read == RFI
    assert "accountName" not in target.client("READ").get(f"{RFIS}/{KNOWN.format(1)}").json()


def test_rfi__tenant_has_no_letter_case(target):
    reply = target.client("READ").get(f"{RFIS}/{KNOWN.format(0).upper()}")
    assert reply.status_code == 200 and reply.json()["tenantId"] == KNOWN.format(0)


def test_rfi__account_name_follows_the_accounts(target):
    client, name = target.client(), account_name("aaa")

    def seen():
        return client.get(f"{RFIS}/{KNOWN.format(2)}").json().get("accountName")
    assert seen() is None
    client.put(f"/accounts/{name}", json={"name": name, "serviceDetails": {"teamsTenantId": KNOWN.format(2)}})
    assert seen() == name
    assert [i["id"] for i in client.items(RFIS, filter=f"accountName eq '{name}'")] == ["rfi-2"]
    client.delete(f"/accounts/{name}")
    assert seen() is None


@pytest.mark.parametrize("tenant", ["x", "0c0ffee0", KNOWN.format(0)[:-1], KNOWN.format(0) + "0", KNOWN.format("g"),
                                    "{" + KNOWN.format(0)[1:-1] + "}"])
def test_rfi__tenant_must_be_a_uuid(target, tenant):
    client = target.client()
    refused(client.get(f"{RFIS}/{tenant}"), 400, "InvalidPathParameter", "tenantId")
    refused(client.patch(f"{RFIS}/{tenant}", json={}), 400, "InvalidPathParameter", "tenantId")


def test_rfi__unknown_tenant_is_404_for_get_and_patch(target):
    client, tenant = target.client(), uuid_text()
    refused(client.get(f"{RFIS}/{tenant}"), 404, "RequestForInformationNotFound")
    refused(client.patch(f"{RFIS}/{tenant}", json={"customerRelationship": {"status": "x"}}), 404, "RequestForInformationNotFound")


def test_rfi__patch_merges(target):
    client = target.client("ADMIN")
    before = client.get(f"{RFIS}/{KNOWN.format(4)}")

    def relationship(body):
        reply = patch(client, 4, body)
        assert reply.status_code == 200, reply.text
        assert reply.json() == client.get(f"{RFIS}/{KNOWN.format(4)}").json()
        return {name: value for name, value in reply.json().get("customerRelationship", {}).items() if name != "lastModifiedOn"}
    assert relationship({"customerRelationship": {"status": "InDiscussion"}}) == {"status": "InDiscussion", "comment": "sent"}
    assert relationship({"customerRelationship": {"comment": None}}) == {"status": "InDiscussion"}
    assert relationship({"customerRelationship": {}}) == {"status": "InDiscussion"}
    assert relationship({}) == {"status": "InDiscussion"}
    assert relationship({"customerRelationship": {"comment": "c", "status": None}}) == {"comment": "c"}
    assert relationship({"customerRelationship": None}) == {}
    assert relationship({"customerRelationship": {"status": "Anything at all"}}) == {"status": "Anything at all"}
    after = client.get(f"{RFIS}/{KNOWN.format(4)}")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.json()["customerRelationship"]["lastModifiedOn"] > "2026-02-01T08:00:00Z"  # the server's time
    assert after.json()["serviceProvisioningStatus"] == "failed"  # nobody is there to pass it on to
    assert [e["code"] for e in after.json()["serviceProvisioningErrors"]] == ["BackendNotConfigured"]


def test_rfi__patch_ignores_what_is_read_only(target):
    client = target.client()
    read = client.get(f"{RFIS}/{KNOWN.format(5)}").json()
    read.update(status="removed", tenantId=KNOWN.format(6), contacts=[], customerRelationship={
        "status": "New", "lastModifiedOn": "2001-01-01T00:00:00Z"})
    reply = patch(client, 5, read)
    assert reply.status_code == 200
    assert reply.json()["status"] == "active" and reply.json()["tenantId"] == KNOWN.format(5) and reply.json()["contacts"]
    assert reply.json()["customerRelationship"]["lastModifiedOn"] > "2026"


@pytest.mark.parametrize("status", ["ConsentDeclined", "ContractTerminated"])
def test_rfi__turning_away_needs_a_comment(target, status):
    client = target.client("WRITE")
    for comment in (None, "", "  "):
        reply = patch(client, 6, {"customerRelationship": {"status": status, "comment": comment}})
        refused(reply, 400, "CommentRequired", "customerRelationship.comment")
    assert patch(client, 6, {"customerRelationship": {"status": status, "comment": "why"}}).status_code == 200
    refused(patch(client, 6, {"customerRelationship": {"comment": None}}), 400, "CommentRequired")
    assert patch(client, 6, {"customerRelationship": {"status": "InDiscussion", "comment": None}}).status_code == 200


@pytest.mark.parametrize("body,target_path,code", [
    ({"customerRelationship": 1}, "customerRelationship", "InvalidType"),
    ({"customerRelationship": []}, "customerRelationship", "InvalidType"),
    ({"customerRelationship": {"status": 1}}, "customerRelationship.status", "InvalidType"),
    ({"customerRelationship": {"state": "x"}}, "customerRelationship.state", "UnknownField"),
    ({"customerRelationship": {"comment": "x" * 1025}}, "customerRelationship.comment", "TooLong"),
    ({"relationship": {}}, "relationship", "UnknownField"),
])
def test_rfi__refuses_a_bad_patch(target, body, target_path, code):
    client = target.client()
    before = client.get(f"{RFIS}/{KNOWN.format(7)}")
    reply = patch(client, 7, body)
    assert reply.status_code == 400 and targets(reply.json()["error"]) == {target_path: code}
    assert client.get(f"{RFIS}/{KNOWN.format(7)}").headers["ETag"] == before.headers["ETag"]


@pytest.mark.parametrize("content_type,status", [(MERGE, 200), ("application/json", 200), ("application/merge-patch+json; charset=UTF-8", 200),
                                                 ("application/json-patch+json", 415), ("text/plain", 415)])
def test_rfi__patch_may_come_as_plain_json(target, content_type, status):
    assert patch(target.client(), 7, {}, content_type).status_code == status


def test_rfi__patch_that_changes_nothing_leaves_the_etag(target):
    client = target.client()
    first = patch(client, 7, {"customerRelationship": {"status": "ConsentAcknowledged", "comment": "sent"}})
    assert first.headers["ETag"] == patch(client, 7, {}).headers["ETag"]


# ---- civic addresses ----

def test_civic_address__lists_and_reads_those_of_the_account(target):
    client = target.client("READ")
    for size in (1, 2, 500):
        found = client.items("/accounts/beta/teamsCivicAddresses", maxpagesize=size)
        assert found == [address(i) for i in range(5)]
    assert client.get("/accounts/beta/teamsCivicAddresses/addr-3").json() == address(3)
    assert client.items("/accounts/zeta/teamsCivicAddresses") == [address(1)]
    assert client.items("/accounts/empty/teamsCivicAddresses") == []
    counted = client.get("/accounts/beta/teamsCivicAddresses",
                         params={"filter": "validationStatus eq 'validated'", "countRecords": "true", "top": "1"})
    assert counted.json()["value"] == [address(1)] and counted.headers["x-ms-record-count"] == "2"


def test_civic_address__unknown_ones_are_404(target):
    client = target.client("READ")
    refused(client.get("/accounts/zeta/teamsCivicAddresses/addr-3"), 404, "CivicAddressNotFound")
    refused(client.get("/accounts/beta/teamsCivicAddresses/addr-9"), 404, "CivicAddressNotFound")
    refused(client.get("/accounts/nobody/teamsCivicAddresses/addr-3"), 404, "AccountNotFound")
    refused(client.get("/accounts/nobody/teamsCivicAddresses"), 404, "AccountNotFound")
    refused(client.get("/accounts/beta/teamsCivicAddresses/"), 400, "InvalidPathParameter", "civicAddressId")


# ---- capability queries ----

@pytest.mark.parametrize("action,body", [("getTeamsCapabilityPlans", None),
                                         ("getTeamsAvailableCapabilities", {"numbers": [{"telephoneNumber": "+4930123"}]})])
def test_capability__unknown_account_is_404_else_501_without_a_back_end(admin, account, action, body):
    refused(admin.post(f"/accounts/{account_name()}:{action}", json=body), 404, "AccountNotFound")
    refused(admin.post(f"/accounts/{account}:{action}", json=body), 501, "BackendNotConfigured")


def test_capability__plans_need_neither_body_nor_content_type(admin, account):
    path = f"/accounts/{account}:getTeamsCapabilityPlans"
    for headers in ({"Content-Length": "0"}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json"}):
        refused(admin.post(path, data=b"", headers=headers), 501, "BackendNotConfigured")


def test_capability__numbers_have_the_form(admin, account):
    path = f"/accounts/{account}:getTeamsAvailableCapabilities"
    many = {"numbers": [{"telephoneNumber": phone_number()} for _ in range(101)]}
    refused(admin.post(path, json=many), 501, "BackendNotConfigured")  # no maximum of the contract's
    refused(admin.post(path, data=b""), 400, "MissingBody")
    reply = admin.post(path, json={"numbers": [number_body("+4930", account)]})
    refused(reply, 400, "UnknownField")


# ---- seed ----

def complaint(done):
    """What a failed seed says after its log lines."""
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("numgated seed: "), done.stderr
    return last.removeprefix("numgated seed: ")


@pytest.mark.parametrize("document,place", [
    ([], ""), ({"rfis": []}, ""), ({"accounts": {}}, "accounts"), ({"requestsForInformation": {}}, "requestsForInformation"),
    ({"civicAddresses": []}, "civicAddresses"), ({"civicAddresses": {"a": {}}}, "civicAddresses.a"),
    ({"requestsForInformation": [{"id": "no tenant"}]}, "requestsForInformation[0].tenantId: "),
    ({"requestsForInformation": [rfi(0), rfi(1, color="red")]}, "requestsForInformation[1].color: "),
    ({"civicAddresses": {"nobody": [address(1)]}}, "civicAddresses.nobody[0]: "),
    ({"accounts": [{"name": "a", "serviceDetails": {"fax": {}}}]}, "accounts[0].serviceDetails.fax: "),
])
def test_seed__refuses_a_bad_file_and_loads_nothing(make_server, tmp_path, document, place):
    server = make_server(start=False)
    if isinstance(document, dict):
        document = {"accounts": [{"name": "first"}], **document}
    assert complaint(seed(server, document, tmp_path / "seed.json")).startswith(place)
    assert server.start().client().items("/accounts") == []


def test_seed__is_for_test_targets(make_server, tmp_path):
    server = make_server("[deployment]\ntest_target = no\n", start=False)
    assert "test_target" in complaint(seed(server, {}, tmp_path / "seed.json"))


@sqlite_only
def test_seed__leaves_a_running_daemon_alone(target, tmp_path):
    complaint(seed(target, {"accounts": [{"name": "late"}]}, tmp_path / "seed.json"))
    refused(target.client().get("/accounts/late"), 404, "AccountNotFound")
