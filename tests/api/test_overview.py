"""What needs a person: each kind is there once there is reason for it, and goes when that is mended. Those that need a back end or a name
server are in tests/sync and tests/dns."""
import json

import pytest
from conftest import SERVICES, account_body, account_name, number_body, uuid_text, wait_until

from contract import DATE_TIME, refused

OVERVIEW = "/numgate/v1/overview"
MEMBERS = {"kind", "accountName", "tenantId", "count", "code", "message", "since"}


def overview(client):
    reply = client.get(OVERVIEW)
    assert reply.status_code == 200, reply.text
    document = reply.json()
    assert set(document) == {"attention", "attentionTruncated", "counts", "rateLimit", "health"}
    for item in document["attention"]:
        assert set(item) <= MEMBERS and DATE_TIME.match(item.get("since", "2026-01-01T00:00:00Z"))
    return document


def attention(client, *kinds):
    return [item for item in overview(client)["attention"] if not kinds or item["kind"] in kinds]


def synced_account(name, sync=True, tenant=None):
    body = account_body(name, "teamsOperatorConnect", "zoomPhoneCloudPeering")
    body["serviceDetails"]["teamsTenantId"] = tenant or uuid_text()
    body["serviceDetails"]["teamsOperatorConnect"]["syncEnabled"] = sync
    return body


def seed(server, tmp_path, *tenants, **fields):
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"requestsForInformation": [
        {"id": tenant, "tenantId": tenant, "productContext": "teams", "operatorId": "op", "status": "active",
         "consentedOn": "2026-01-15T09:30:00Z", "consentedCountries": ["DE"], **fields} for tenant in tenants]}))
    done = server.run("--config", server.config, "seed", path)
    assert done.returncode == 0, done.stderr


@pytest.fixture(name="own")
def fixture_own(make_server):
    return make_server()


def test_overview__of_an_empty_server_needs_nobody(own):
    document = overview(own.client("READ"))
    assert document == {
        "attention": [], "attentionTruncated": False,
        "counts": {"accounts": 0, "accountsFailed": 0, "numbers": 0, "requestsForInformation": 0, "requestsNew": 0, "truncated": False},
        "rateLimit": {"requestsPerMinute": 0}, "health": {"ready": True, "sync": "none", "dns": "none"}}


def test_overview__is_for_readers_and_takes_no_parameters(server):
    for role, status in (("READ", 200), ("USER_READ", 200), ("WRITE", 403), ("NO_ROLE", 403)):
        assert server.client(role).get(OVERVIEW).status_code == status, role
    assert refused(server.client("READ").get(OVERVIEW, params={"top": 1}), 400, "InvalidQueryParameter")["target"] == "top"
    assert server.client("READ").post(OVERVIEW, json={}).status_code == 405


def test_failed__accounts_and_numbers_until_they_are_mended(own):
    admin, name = own.client(), account_name()
    body = synced_account(name)
    tenant = body["serviceDetails"]["teamsTenantId"]
    assert admin.put(f"/accounts/{name}", json=body).status_code == 201
    failed, = attention(admin)
    assert failed.pop("since") and failed.pop("message")
    assert failed == {"kind": "accountFailed", "accountName": name, "tenantId": tenant, "code": "BackendNotConfigured"}
    numbers = [f"+44163296000{i}" for i in range(4)]
    items = [number_body(number, name, "teamsOperatorConnect") for number in numbers[:3]] + [number_body(numbers[3], name)]
    assert admin.post(f"/accounts/{name}:createOrUpdateNumbers", json={"numbers": items}).status_code == 200
    item, = attention(admin, "numbersFailed")
    assert item.pop("message") and item == {"kind": "numbersFailed", "accountName": name, "count": 3, "code": "BackendNotConfigured"}
    assert overview(admin)["counts"] == {"accounts": 1, "accountsFailed": 1, "numbers": 4, "requestsForInformation": 0, "requestsNew": 0,
                                         "truncated": False}
    assert admin.put(f"/accounts/{name}", json=synced_account(name, False, tenant)).status_code == 200
    assert [item["kind"] for item in attention(admin)] == ["numbersFailed"]
    assert admin.put(f"/accounts/{name}/numbers/{numbers[0]}", json=number_body(numbers[0], name)).status_code == 200
    assert attention(admin)[0]["count"] == 2
    assert admin.post(f"/accounts/{name}:createOrUpdateNumbers",
                      json={"numbers": [number_body(number, name) for number in numbers[1:3]]}).status_code == 200
    assert attention(admin) == []


def test_numbers_failed__are_told_of_each_account(own):
    admin, names = own.client(), sorted(account_name() for _ in range(3))
    for i, name in enumerate(names):
        assert admin.put(f"/accounts/{name}", json=synced_account(name)).status_code == 201
        items = [number_body(f"+4416329600{i}{n}", name, "teamsOperatorConnect") for n in range(i + 1)]
        assert admin.post(f"/accounts/{name}:createOrUpdateNumbers", json={"numbers": items}).status_code == 200
    assert [(item["accountName"], item["count"]) for item in attention(admin, "numbersFailed")] == [
        (names[0], 1), (names[1], 2), (names[2], 3)]


def test_tokens_missing__until_they_are_there_or_the_service_is_off(own):
    admin, name = own.client(), account_name()
    body = account_body(name, *SERVICES)
    assert admin.put(f"/accounts/{name}", json=body).status_code == 201
    item, = attention(admin)
    assert item.pop("since") and item == {"kind": "tokensMissing", "accountName": name}
    routing = body["serviceDetails"]["teamsDirectRouting"]
    routing["enabled"] = False
    assert admin.put(f"/accounts/{name}", json=body).status_code == 200
    assert attention(admin) == []
    routing["enabled"] = True
    assert admin.put(f"/accounts/{name}", json=body).status_code == 200
    assert [item["kind"] for item in attention(admin)] == ["tokensMissing"]
    routing["configuration"] = {"callScreening": False, "subdomain": "label",
                                "subdomainTokens": {"region1Token": "MS=1", "region2Token": "MS=2"}}
    assert admin.put(f"/accounts/{name}", json=body).status_code == 200
    assert attention(admin) == []


def test_request_new__until_it_is_answered_or_has_an_account(own, tmp_path):
    first, second, third, gone = sorted(uuid_text() for _ in range(4))
    own.stop()
    seed(own, tmp_path, first, second)
    seed(own, tmp_path, third, customerRelationship={"status": "ConsentAcknowledged"})
    seed(own, tmp_path, gone, status="removed")
    admin = own.start().client()
    new = attention(admin)
    assert new == [{"kind": "requestNew", "tenantId": tenant, "since": new[0]["since"]} for tenant in (first, second)]
    counts = overview(admin)["counts"]
    assert (counts["requestsForInformation"], counts["requestsNew"]) == (4, 2)
    patch = {"customerRelationship": {"status": "ConsentAcknowledged"}}
    reply = admin.patch(f"/teamsRequestsForInformation/{first}", data=json.dumps(patch),
                        headers={"Content-Type": "application/merge-patch+json"})
    assert reply.status_code == 200
    assert [item["tenantId"] for item in attention(admin, "requestNew")] == [second]
    name = account_name()
    assert admin.put(f"/accounts/{name}", json=synced_account(name, False, second.upper())).status_code == 201
    assert attention(admin, "requestNew") == [] and overview(admin)["counts"]["requestsNew"] == 0


def test_attention__has_some_of_each_kind_where_there_is_much(own, tmp_path):
    own.stop()
    seed(own, tmp_path, uuid_text(), uuid_text())
    admin = own.start().client()
    for _ in range(55):
        name = account_name()
        assert admin.put(f"/accounts/{name}", json=synced_account(name)).status_code == 201
    document = overview(admin)
    kinds = [item["kind"] for item in document["attention"]]
    assert document["attentionTruncated"] and kinds == ["accountFailed"] * 48 + ["requestNew"] * 2
    assert document["counts"]["accountsFailed"] == 55


def test_rate_limit__tells_how_much_of_it_is_used(make_server):
    server = make_server("[limits]\nrequests_per_minute = 20\n")
    client = server.client("ADMIN")
    assert overview(client)["rateLimit"] == {"requestsPerMinute": 20, "used": 0}
    for _ in range(3):
        assert client.get("/accounts").status_code == 200
    wait_until(lambda: overview(client)["rateLimit"] == {"requestsPerMinute": 20, "used": 3}, what="the three requests")
    assert server.client("USER_READ").get("/accounts").status_code == 200  # a user draws on no limit of applications
    assert overview(client)["rateLimit"]["used"] == 3
    for _ in range(17):
        assert client.get("/accounts").status_code == 200
    assert client.get("/accounts").status_code == 429
    assert overview(client)["rateLimit"] == {"requestsPerMinute": 20, "used": 20}
