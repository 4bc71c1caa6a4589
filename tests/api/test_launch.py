"""[operator_connect] launched and [teams_phone_mobile] launched: what people may then no longer change, and what /numgate/v1/me says of it."""
import json

import pytest
from conftest import Server, account_body, account_name, number_body, phone_number

from contract import refused
from test_jobs import apply, preview, rows_of, submit

ME = "/numgate/v1/me"
CODE = "ApiRequiredAfterLaunch"
TENANT = "0b8e5f0e-0000-4000-8000-00000000000{}"
RFI = {"productContext": "teams", "operatorId": "op", "status": "active", "consentedOn": "2024-01-02T03:04:05.000Z",
       "lastModifiedOn": "2024-01-02T03:04:05.000Z", "consentedCountries": ["US"], "contacts": []}
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module", name="target")
def fixture_target(lab, tmp_path_factory):
    """Operator Connect is launched, Teams Phone Mobile is not; there is a request for information."""
    directory = tmp_path_factory.mktemp("launch")
    server = Server(directory, lab, "[operator_connect]\nlaunched = yes\n")
    (directory / "seed.json").write_text(json.dumps({"requestsForInformation": [{**RFI, "id": "rfi-1", "tenantId": TENANT.format(1)}]}))
    done = server.run("--config", server.config, "seed", directory / "seed.json")
    assert done.returncode == 0, done.stderr
    yield server.start()
    server.stop()


@pytest.fixture(name="person")
def fixture_person(target):
    return target.client("USER_ADMIN")


@pytest.fixture(name="program")
def fixture_program(target):
    return target.client("ADMIN")


def synced(name, *services):
    body = account_body(name, *(services or ("teamsOperatorConnect", "zoomPhoneCloudPeering")))
    body["serviceDetails"]["teamsTenantId"] = TENANT.format(2)
    for service in set(body["serviceDetails"]) - {"teamsTenantId", "zoomPhoneCloudPeering"}:
        body["serviceDetails"][service]["syncEnabled"] = True
    return body


@pytest.fixture(name="account")
def fixture_account(program):
    name = account_name("launch")
    assert program.put(f"/accounts/{name}", json=synced(name)).status_code == 201
    yield name
    program.delete(f"/accounts/{name}", params={"deleteNumbers": "true"})


def put(client, number, account, *services, **more):
    return client.put(f"/accounts/{account}/numbers/{number}", json=number_body(number, account, *services, **more))


# ---- accounts ----

def test_account__with_a_launched_service_is_the_programs(person, program, account):
    new = account_name("launch")
    refused(person.put(f"/accounts/{new}", json=synced(new)), 403, CODE, "serviceDetails.teamsOperatorConnect.enabled")
    refused(person.get(f"/accounts/{new}"), 404, "AccountNotFound")
    for off in ({"enabled": True, "syncEnabled": False}, {"enabled": False, "syncEnabled": False}):
        body = synced(account)
        body["serviceDetails"]["teamsOperatorConnect"] = off
        refused(person.put(f"/accounts/{account}", json=body), 403, CODE)
    refused(person.delete(f"/accounts/{account}", params={"deleteNumbers": "true"}), 403, CODE, "serviceDetails.teamsOperatorConnect.enabled")
    assert program.get(f"/accounts/{account}").json()["serviceDetails"]["teamsOperatorConnect"]["syncEnabled"] is True


def test_account__is_changed_by_people_in_all_else(person, program, account):
    body = {**program.get(f"/accounts/{account}").json(), "correlationId": "from the portal"}
    body["serviceDetails"]["azureOperatorCallProtection"] = {"enabled": True}
    assert person.put(f"/accounts/{account}", json=body).status_code == 200
    new = account_name("launch")
    assert person.put(f"/accounts/{new}", json=synced(new, "teamsPhoneMobile")).status_code == 201  # not launched
    assert person.delete(f"/accounts/{new}").status_code == 204


# ---- numbers ----

def test_number__of_a_launched_service_is_the_programs(person, program, account):
    ours, other, new = phone_number(), phone_number(), phone_number()
    assert put(program, ours, account, "teamsOperatorConnect").status_code == 201
    assert put(program, other, account).status_code == 201
    batch = f"/accounts/{account}:createOrUpdateNumbers"
    for reply in (put(person, ours, account, "teamsOperatorConnect", configuration={"customSipHeader": "x"}), put(person, ours, account),
                  put(person, other, account, "teamsOperatorConnect"), put(person, new, account, "teamsOperatorConnect"),
                  person.delete(f"/accounts/{account}/numbers/{ours}")):
        assert "teamsOperatorConnect" in refused(reply, 403, CODE, "telephoneNumber")["message"]
    both = {"numbers": [number_body(new, account), number_body(ours, account)]}
    assert refused(person.post(batch, json=both), 403, CODE)["details"][0]["target"] == "numbers[1].telephoneNumber"
    both = {"numbers": [{"telephoneNumber": other}, {"telephoneNumber": ours}]}
    refused(person.post(f"/accounts/{account}:deleteNumbers", json=both), 403, CODE)
    assert {item["telephoneNumber"] for item in person.items(f"/accounts/{account}/numbers")} == {ours, other}
    assert put(program, ours, account, "teamsOperatorConnect", configuration={"customSipHeader": "x"}).status_code == 200


def test_number__of_another_service_is_anybodys(person, account):
    number, second = phone_number(), phone_number()
    assert put(person, number, account, configuration={"customSipHeader": "x"}).status_code == 201
    assert person.post(f"/accounts/{account}:createOrUpdateNumbers", json={"numbers": [number_body(second, account)]}).status_code == 200
    assert person.post(f"/accounts/{account}:deleteNumbers", json={"numbers": [{"telephoneNumber": second}]}).status_code == 204
    assert person.delete(f"/accounts/{account}/numbers/{number}").status_code == 204


def test_number__that_is_not_synchronized_is_anybodys(person, program):
    name, number = account_name("launch"), phone_number()
    assert program.put(f"/accounts/{name}", json=account_body(name, "teamsOperatorConnect")).status_code == 201
    assert put(person, number, name, "teamsOperatorConnect").status_code == 201
    assert person.delete(f"/accounts/{name}/numbers/{number}").status_code == 204


def test_job__of_a_person_refuses_what_the_person_may_not(person, program, account):
    ours, other = sorted([phone_number(), phone_number()])
    assert put(program, ours, account, "teamsOperatorConnect").status_code == 201
    assert put(program, other, account).status_code == 201
    for submitter, counts in ((person, {"delete": 1, "refused": 1, "pending": 1}), (program, {"delete": 2, "pending": 2})):
        job = submit(submitter, kind="delete", accountName=account)
        preview(submitter, job, **counts)
        if submitter is person:
            assert [row.get("code") for row in rows_of(person, job)] == [CODE, None]
    job = submit(person, kind="delete", accountName=account)
    preview(person, job, delete=1, refused=1, pending=1)
    apply(person, job, delete=1, refused=1, applied=1)
    assert [item["telephoneNumber"] for item in program.items(f"/accounts/{account}/numbers")] == [ours]


# ---- requests for information ----

def test_rfi__status_is_the_programs(person, program):
    path = f"/teamsRequestsForInformation/{TENANT.format(1)}"
    status = {"customerRelationship": {"status": "InDiscussion"}}
    refused(person.patch(path, json=status, headers=MERGE), 403, CODE, "customerRelationship.status")
    assert program.patch(path, json=status, headers=MERGE).status_code == 200
    assert person.patch(path, json={"customerRelationship": {"status": "InDiscussion", "comment": "called"}}, headers=MERGE).status_code == 200
    assert person.get(path).json()["customerRelationship"]["comment"] == "called"


# ---- me ----

@pytest.mark.parametrize("role, rights", [
    ("READ", ["read"]), ("WRITE", ["write"]), ("DELETE", ["delete"]), ("ADMIN", ["read", "write", "delete", "admin"]),
    ("USER_READ", ["read"]), ("USER_ADMIN", ["read", "write", "delete", "admin"])])
def test_me__tells_the_rights(target, role, rights):
    me = target.client(role).get(ME).json()
    assert me["rights"] == {name: name in rights for name in ("read", "write", "delete", "admin")}
    assert me.get("apiRequired") == (["teamsOperatorConnect"] if role.startswith("USER") else None)


@pytest.mark.parametrize("launched, services", [
    ("", []), ("[teams_phone_mobile]\nlaunched = yes\n", ["teamsPhoneMobile"]),
    ("[operator_connect]\nlaunched = yes\n[teams_phone_mobile]\nlaunched = yes\n", ["teamsOperatorConnect", "teamsPhoneMobile"])])
def test_me__tells_people_which_services_need_the_api(make_server, launched, services):
    assert make_server(launched).client("USER_READ").get(ME).json()["apiRequired"] == services
