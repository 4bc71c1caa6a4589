"""The whole journey between three processes: an enterprise asks, is answered, gets numbers, uses them, gives them back."""
import time

import pytest

from conftest import rounds, wait_until
from side import MOBILE, OC, OTHER_USAGE, Pair, new_tenant, number_of

ONE, TWO = "+441632960001", "+441632960002"


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    made = Pair(tmp_path_factory.mktemp("pair"))
    yield made
    made.close()


@pytest.fixture
def tenant(pair):
    """One that has consented."""
    identity = new_tenant()
    pair.side.consent(identity)
    wait_until(lambda: pair.rfi(identity), what="the consent as a request for information")
    return identity


_accounts = iter(range(1000))


@pytest.fixture
def account(pair, tenant):
    name = f"account-{next(_accounts)}"
    pair.put_account(name, tenant)
    return name


_numbers = iter(range(441632961000, 441632969999))


@pytest.fixture
def number():
    return f"+{next(_numbers)}"


def test_journey(pair):
    tenant = new_tenant()
    pair.side.consent(tenant, contacts=[{"fullName": "Ann", "email": "ann@example.com", "phoneNumber": "+441632960999", "companySize": "L1_U9"}])
    rfi = wait_until(lambda: pair.rfi(tenant), what="the request for information")
    assert (rfi["status"], rfi["consentedCountries"], rfi["contacts"][0]["telephoneNumber"]) == ("active", ["GB"], "+441632960999")

    answer = pair.admin.patch(f"/teamsRequestsForInformation/{tenant}", json={"customerRelationship": {"status": "AgreementSigned"}},
                              headers={"Content-Type": "application/merge-patch+json"})
    assert (answer.status_code, answer.json()["serviceProvisioningStatus"]) == (200, "synced"), answer.text  # within the answer's wait

    made = pair.put_account("contoso", tenant)
    assert made["serviceProvisioningStatus"] == "pending"
    wait_until(lambda: pair.admin.get("/accounts/contoso").json()["serviceProvisioningStatus"] == "synced", what="the account synced")
    assert pair.rfi(tenant)["accountName"] == "contoso"

    put = pair.put_number("contoso", ONE)
    assert (put.status_code, put.json()["serviceProvisioningStatus"]) == (201, "pending")
    synced = pair.await_status("contoso", ONE)
    details = synced["serviceDetails"][OC]
    assert details["assignmentStatus"] == "unassigned" and "UserAssignment" in details["configuration"]["acquiredCapabilities"]
    assert "Mobile" in details["configuration"]["availableCapabilities"]
    assert pair.side.numbers(tenant).keys() == {ONE}

    pair.side.assign(ONE)
    wait_until(lambda: pair.number("contoso", ONE)["serviceDetails"][OC]["assignmentStatus"] == "assigned", what="the assignment")
    refused = pair.admin.delete(f"/accounts/contoso/numbers/{ONE}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "NumberAssigned")
    assert pair.admin.delete("/accounts/contoso", params={"deleteNumbers": "true"}).status_code == 409

    # What somebody did is in the audit, and not that the number was synced, unassigned as all are at first.
    ways = [(row["action"], row["way"]) for row in pair.admin.items("/numgate/v1/audit", account="contoso", key=ONE)]
    assert sorted(ways) == [("create", "api"), ("replace", "sync")], ways

    pair.side.unassign(ONE)
    wait_until(lambda: pair.admin.delete(f"/accounts/contoso/numbers/{ONE}").status_code == 204, what="the delete")
    wait_until(lambda: not pair.side.numbers(tenant), what="the release")
    assert pair.admin.delete("/accounts/contoso").status_code == 204


def test_number__of_both_services_is_synced_when_both_have_it(pair, tenant, number):
    pair.put_account("both", tenant, services=(OC, MOBILE))
    body = number_of("both", number)
    body["serviceDetails"][MOBILE] = body["serviceDetails"][OC]
    assert pair.admin.put(f"/accounts/both/numbers/{number}", json=body).status_code == 201
    pair.await_status("both", number)
    assert number in pair.side.numbers(tenant, OC) and number in pair.side.numbers(tenant, MOBILE)


def test_batch__has_a_result_for_each_number(pair, tenant, account):
    numbers = [f"+{next(_numbers)}" for _ in range(60)]
    bad = numbers[7]
    items = [number_of(account, number, usage="NoSuchUsage" if number == bad else "CallingUserAssignment") for number in numbers]
    reply = pair.admin.post(f"/accounts/{account}:createOrUpdateNumbers", json={"numbers": items})
    assert reply.status_code == 200, reply.text
    wait_until(lambda: not pair.admin.items("/numbers", filter=f"accountName eq '{account}' and serviceProvisioningStatus eq 'pending'"), what="an end")
    failed = pair.number(account, bad)
    assert failed["serviceProvisioningStatus"] == "failed"
    assert (failed["serviceProvisioningErrors"][0]["code"], failed["serviceProvisioningErrors"][0]["target"]) == ("UnknownUsage", f"serviceDetails.{OC}")
    assert pair.side.numbers(tenant).keys() == set(numbers) - {bad}
    assert pair.put_number(account, bad).status_code == 200
    pair.await_status(account, bad)


@pytest.mark.parametrize(("number", "settings", "code"), [
    ("+4930900100", {}, "CountryNotConsented"),
    ("+448081570001", {}, "TollFreeNotSupported"),
    ("+441632968001", {"choosableCapabilities": ["Teleportation"]}, "CapabilityNotInPlan"),
    ("+441632968002", {"allowTenantAddressUpdate": False}, "AddressRequired"),
    ("+441632968003", {"locationId": "00000000-0000-4000-8000-000000000000"}, "UnableToRetrieveLocation"),
])
def test_number__that_the_back_end_cannot_take_says_why(pair, account, number, settings, code):
    assert pair.put_number(account, number, **settings).status_code == 201
    failed = pair.await_status(account, number, "failed")
    assert failed["serviceProvisioningErrors"][0]["code"] == code, failed


def test_consent__that_comes_later_heals_what_waited(pair, number):
    tenant = new_tenant()
    pair.put_account("early", tenant)
    pair.put_number("early", number)
    failed = pair.await_status("early", number, "failed")
    assert failed["serviceProvisioningErrors"][0]["code"] == "ConsentRequired"
    account = pair.admin.get("/accounts/early").json()
    assert (account["serviceProvisioningStatus"], account["serviceProvisioningErrors"][0]["target"]) == ("failed", "serviceDetails.teamsTenantId")
    pair.side.consent(tenant)
    pair.await_status("early", number)
    wait_until(lambda: pair.admin.get("/accounts/early").json()["serviceProvisioningStatus"] == "synced", what="the account synced")


def test_address__of_the_enterprise_can_be_used(pair, number):
    tenant = new_tenant()
    pair.side.consent(tenant)
    identity = pair.side.address(tenant)
    wait_until(lambda: pair.rfi(tenant), what="the consent")
    pair.put_account("addressed", tenant)
    wait_until(lambda: pair.admin.items("/accounts/addressed/teamsCivicAddresses"), what="the address")
    assert pair.put_number("addressed", number, civicAddressId=identity, allowTenantAddressUpdate=False).status_code == 201
    pair.await_status("addressed", number)


def test_usage__that_changes_is_released_and_uploaded(pair, tenant, account, number):
    pair.put_number(account, number)
    pair.await_status(account, number)
    assert pair.put_number(account, number, usage=OTHER_USAGE).json()["serviceProvisioningStatus"] == "pending"
    pair.await_status(account, number)
    assert pair.side.numbers(tenant)[number]["usage"] == OTHER_USAGE
    assert "released" in [row["effect"] for row in pair.side.history(number)]


def test_number__that_leaves_is_not_anothers_before_it_has_left(pair, tenant, account, number):
    pair.put_number(account, number)
    pair.await_status(account, number)
    other = new_tenant()
    pair.side.consent(other)
    pair.put_account("next", other)
    pair.side.switch(hold=True)
    try:
        assert pair.admin.delete(f"/accounts/{account}/numbers/{number}").status_code == 204
        assert pair.number(account, number) is None
        refused = pair.put_number("next", number)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "NumberReleasing")
    finally:
        pair.side.switch(hold=False)
    wait_until(lambda: pair.put_number("next", number).status_code == 201, what="the number free again")
    pair.await_status("next", number)
    assert number in pair.side.numbers(other) and number not in pair.side.numbers(tenant)


def test_back_end__that_is_away_blocks_no_write(pair, account, number):
    pair.lab.kill()
    try:
        begun = time.monotonic()
        # the token is kept; the issuer is away with the back end
        assert pair.put_number(account, number).status_code == 201
        assert time.monotonic() - begun < 2
        assert pair.status(account, number) == "pending"
        down = pair.admin.post(f"/accounts/{account}:getTeamsCapabilityPlans")
        assert down.status_code == 503 and "Retry-After" in down.headers, down.text
        assert down.json()["error"]["innererror"]["code"], down.text
    finally:
        pair.lab.start()
    pair.await_status(account, number)
    assert pair.admin.post(f"/accounts/{account}:getTeamsCapabilityPlans").json()["capabilityPlans"]


def test_back_end__that_refuses_the_client_is_asked_again_when_it_does_not(pair, account, number):
    client = pair.lab.settings["NUMGATE_SYNC_CLIENT_ID"]
    pair.side.call("DELETE", f"/applications/{client}")
    assert pair.put_number(account, number).status_code == 201
    wait_until(lambda: any(row["event"] == "work_failed" for row in pair.server.log_rows()), what="the failure in the log")
    assert pair.status(account, number) == "pending"
    pair.side.call("PUT", f"/applications/{client}")
    pair.await_status(account, number)


def test_relationship__without_a_comment_is_refused_here(pair, tenant):
    patch = {"customerRelationship": {"status": "ConsentDeclined"}}
    assert pair.admin.patch(f"/teamsRequestsForInformation/{tenant}", json=patch).status_code == 400
    patch["customerRelationship"]["comment"] = "no cables there"
    answer = pair.admin.patch(f"/teamsRequestsForInformation/{tenant}", json=patch)
    assert (answer.status_code, answer.json()["serviceProvisioningStatus"]) == (200, "synced")


def test_relationship__is_pending_while_the_back_end_is_slow(pair, tenant):
    pair.side.fault(operation="setCustomerRelationship", kind="throttle", times=1, retryAfter=4)
    answer = pair.admin.patch(f"/teamsRequestsForInformation/{tenant}", json={"customerRelationship": {"status": "CustomerContacted"}})
    assert (answer.status_code, answer.json()["serviceProvisioningStatus"]) == (200, "pending")
    wait_until(lambda: pair.rfi(tenant)["serviceProvisioningStatus"] == "synced", what="the relationship synced")


def test_sync__off_and_on(pair, tenant, account):
    first, second = f"+{next(_numbers)}", f"+{next(_numbers)}"
    pair.put_number(account, first)
    pair.await_status(account, first)
    pair.put_account(account, tenant, sync=False)
    assert pair.put_number(account, second).json()["serviceProvisioningStatus"] == "synced"
    assert pair.side.numbers(tenant).keys() == {first}
    pair.put_account(account, tenant)
    wait_until(lambda: second in pair.side.numbers(tenant), what="the second number")
    pair.await_status(account, second)
    assert len(pair.side.history(first)) == 1


def test_restart__forgets_nothing(pair, tenant, account, number):
    pair.side.switch(hold=True)
    try:
        pair.put_number(account, number)
        wait_until(lambda: pair.side.statistics()["jobsOpen"] == 1, what="the job")
        pair.server.kill()
        pair.lab.kill()
        pair.lab.start()
        pair.server.start()
    finally:
        pair.side.switch(hold=False)
    pair.await_status(account, number)
    assert [row["effect"] for row in pair.side.history(number)] == ["added"]


def test_large_account__is_uploaded_in_orders(pair, tenant, account):
    count = rounds(200, 1000, 10000)
    numbers = [f"+4930{i:07}" for i in range(count)]
    pair.side.consent(tenant, countries=("GB", "DE"))
    wait_until(lambda: "DE" in pair.rfi(tenant)["consentedCountries"], what="the countries")
    for at in range(0, count, 100):
        items = [number_of(account, number) for number in numbers[at:at + 100]]
        assert pair.admin.post(f"/accounts/{account}:createOrUpdateNumbers", json={"numbers": items}).status_code == 200
    wait_until(lambda: not pair.admin.items("/numbers", filter=f"accountName eq '{account}' and serviceProvisioningStatus ne 'synced'"),
               60, "all numbers synced")
    assert pair.side.numbers(tenant).keys() == set(numbers)


def test_reset__of_the_daemon_hears_of_consents_again(pair, tenant):
    done = pair.server.run("reset", "--config", pair.server.config)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: pair.rfi(tenant), what="the consent heard of again")
