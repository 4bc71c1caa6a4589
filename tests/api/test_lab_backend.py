"""The back end inside numgate-lab: docs/backend-api.yaml over TLS, its rules, jobs, faults, what it keeps."""
import concurrent.futures
import json
import random
import signal
import subprocess
import threading
import time
import uuid

import pytest
import requests

from backend import (ADDRESS, ALDER, BARE, BIRCH, CEDAR, DOGWOOD, LOCATION, NOBODY, OC, OPERATIONS, ROLES, SCENARIO, TPM, Backend, make_folder,
                     user)
from conftest import BIN, ROOT, wait_until


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_folder(tmp_path_factory.mktemp("backend"))


@pytest.fixture(scope="module")
def running(folder):
    program = Backend(folder, SCENARIO).start()
    yield program
    assert program.terminate() == 0


@pytest.fixture
def lab(running):
    """The back end as SCENARIO says, all clients registered, no faults."""
    running.control("POST", "scenario", {"reset": True, **SCENARIO})
    return running


@pytest.fixture
def make_lab(folder):
    """Starts further ones; they end with the test."""
    made = []

    def make(scenario=None, more=()):
        made.append(Backend(folder, scenario, name=f"lab-{uuid.uuid4()}", more=more))
        return made[-1].start()
    yield make
    for program in made:
        program.stop()


# ---- who may call ----

CALLS = {  # an example of each operation
    "listConsents": ("GET", "/consents"),
    "getConsent": ("GET", f"/consents/{ALDER}"),
    "setCustomerRelationship": ("PUT", f"/consents/{ALDER}/customerRelationship", {"status": "AgreementSigned"}),
    "listUsages": ("GET", f"/tenants/{ALDER}/usages"),
    "getAvailableCapabilities": ("POST", f"/tenants/{ALDER}/numbers/availableCapabilities", {"telephoneNumbers": ["+442079460000"]}),
    "listCivicAddresses": ("GET", f"/tenants/{ALDER}/civicAddresses"),
    "listNumbers": ("GET", f"/numbers?tenantId={ALDER}&service={OC}"),
    "getNumber": ("GET", f"/numbers/+442079460000?service={OC}"),
    "listChanges": ("GET", "/changes"),
    "uploadNumbers": ("POST", f"/tenants/{ALDER}/numbers/upload", {"service": OC, "numbers": [user("+442079460000")]}),
    "releaseNumbers": ("POST", f"/tenants/{ALDER}/numbers/release", {"service": OC, "telephoneNumbers": ["+442079460000"]}),
    "findJob": ("GET", f"/jobs?idempotencyKey={NOBODY}"),
    "getJob": ("GET", f"/jobs/{NOBODY}"),
}


def example(lab, operation, **more):
    method, path, *body = CALLS[operation]
    path, _, query = path.partition("?")
    params = dict(part.split("=", 1) for part in query.split("&")) if query else {}
    headers = {"Idempotency-Key": str(uuid.uuid4())} if operation in ("uploadNumbers", "releaseNumbers") else None
    return lab.call(method, path, body=body[0] if body else None, headers=headers, **params, **more)


def test_document__has_every_operation_in_the_examples():
    assert set(CALLS) == set(OPERATIONS)


@pytest.mark.parametrize("operation", CALLS)
def test_roles__any_one_of_those_in_the_document_is_enough_and_nothing_else_is(lab, operation):
    allowed = set(OPERATIONS[operation][2]["x-roles"])
    for role, held in ROLES.items():
        reply = example(lab, operation, role=role)
        if role == "trunks":
            assert (reply.status_code, reply.json()["code"]) == (403, "ApplicationNotRegistered")  # it holds no role of the back end at all
        elif allowed & set(held):
            assert reply.status_code in (200, 202, 404), f"{role}: {reply.text}"
        else:
            assert (reply.status_code, reply.json()["code"]) == (403, "MissingRole"), role


def test_gate__an_application_must_be_registered_whatever_its_token_says(lab):
    mine = lab.ids["reader"]
    assert mine in lab.control("GET", "backend/applications")["applications"]
    lab.control("DELETE", f"backend/applications/{mine}")
    assert lab.refused("GET", "/changes", role="reader") == (403, "ApplicationNotRegistered")
    assert lab.refused("GET", "/consents", role="reader") == (403, "ApplicationNotRegistered")  # before its roles are looked at
    lab.get("/changes")
    lab.control("PUT", f"backend/applications/{mine.upper()}")
    lab.get("/changes", role="reader")
    assert lab.refused("GET", "/consents", role="reader") == (403, "MissingRole")


def test_tokens__of_both_versions_are_taken(lab):
    lab.get("/changes", role="v1")
    lab.get("/changes", role="reader")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer abc", "Bearer a.b.c", "bearer"])
def test_tokens__that_are_none_are_401(lab, header):
    reply = lab.http.get(f"{lab.url}/backend/v1/changes", timeout=20, headers={} if header is None else {"Authorization": header})
    assert reply.status_code == 401 and reply.json()["code"] == "Unauthorized"
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_tokens__for_another_audience_expired_or_of_an_unknown_key_are_401(lab):
    other = lab.token(scope="https://func-voiceservice-rp-prod-eastuseuap.azurewebsites.net/.default")
    assert lab.refused("GET", "/changes", token=other) == (401, "Unauthorized")
    for kind in ("expired", "wrong-key"):
        lab.control("POST", "faults", {"endpoint": "token", "kind": kind}, status=201)
        lab.tokens.clear()
        assert lab.refused("GET", "/changes") == (401, "Unauthorized"), kind
        lab.tokens.clear()
        lab.get("/changes")


def test_tokens__changed_by_one_letter_are_401(lab):
    head, claims, signature = lab.token().split(".")
    assert lab.refused("GET", "/changes", token=f"{head}.{claims[:-2]}{'A' if claims[-2] != 'A' else 'B'}{claims[-1]}.{signature}") == (401, "Unauthorized")


def test_paths__unknown_are_404_and_other_methods_405(lab):
    assert lab.call("GET", "/nothing").status_code == 404
    for operation, (method, path, *_) in CALLS.items():
        other = "DELETE"
        reply = lab.http.request(other, f"{lab.url}/backend/v1{path}", timeout=20)
        assert reply.status_code == 405 and reply.json()["code"] == "MethodNotAllowed", operation
        assert method in reply.headers["Allow"]
    assert lab.http.head(f"{lab.url}/backend/v1/changes", headers={"Authorization": f"Bearer {lab.token()}"}, timeout=20).status_code == 200


# ---- consents ----

def test_consents__come_in_pages_by_tenant(lab):
    for i in range(7):
        lab.control("PUT", f"backend/consents/{uuid.uuid4()}", {"consentedCountries": ["GB"]})
    found, after = [], {}
    while True:
        page = lab.get("/consents", maxpagesize=3, **after)
        found += [consent["tenantId"] for consent in page["value"]]
        assert len(page["value"]) == 3 or not page["more"]
        if not page["more"]:
            break
        after = {"after": found[-1]}
    assert len(found) == 10 and found == sorted(found) and {ALDER, BIRCH, CEDAR} <= set(found)
    assert DOGWOOD not in found  # it has addresses, but never consented
    assert [c["tenantId"] for c in lab.get("/consents", maxpagesize=500, productContext="teams")["value"]] == found


@pytest.mark.parametrize("query", [{"maxpagesize": 0}, {"maxpagesize": 501}, {"maxpagesize": "x"}, {"after": "x"}, {"productContext": "zoom"}, {"after": "%zz"}])
def test_consents__of_a_bad_query_are_400(lab, query):
    assert lab.refused("GET", "/consents", **query) == (400, "BadRequest")


def test_consents__of_one_tenant(lab):
    assert lab.get(f"/consents/{ALDER.upper()}")["status"] == "Active"
    assert lab.refused("GET", f"/consents/{NOBODY}") == (404, "TenantNotFound")
    assert lab.refused("GET", f"/consents/{DOGWOOD}") == (404, "TenantNotFound")
    assert lab.refused("GET", "/consents/alder") == (400, "BadRequest")


def test_consents__change_and_go_as_the_enterprise_says(lab):
    before = lab.get(f"/consents/{ALDER}")
    lab.control("PUT", f"backend/consents/{ALDER}", {"status": "Suspended"})
    after = lab.get(f"/consents/{ALDER}")
    assert after["status"] == "Suspended" and after["id"] == before["id"] and after["consentedCountries"] == before["consentedCountries"]
    assert after["contacts"] == before["contacts"] and after["consentedOn"] == before["consentedOn"]
    lab.control("DELETE", f"backend/consents/{ALDER}")
    assert lab.refused("GET", f"/consents/{ALDER}") == (404, "TenantNotFound")
    assert ALDER not in [c["tenantId"] for c in lab.get("/consents")["value"]]


@pytest.mark.parametrize("status,comment,good", [
    ("ConsentAcknowledged", None, True), ("CustomerContacted", None, True), ("AgreementSigned", "all fine", True),
    ("ConsentDeclined", None, False), ("ConsentDeclined", "", False), ("ConsentDeclined", "no cover there", True),
    ("ContractTerminated", None, False), ("ContractTerminated", "moved", True),
    ("Agreementsigned", None, False), ("", None, False), (None, None, False), (3, None, False), ("AgreementSigned", 3, False),
    ("AgreementSigned", "x" * 1000, True), ("AgreementSigned", "x" * 1001, False)])
def test_relationship__is_set_at_once_or_refused(lab, status, comment, good):
    body = {"status": status, "comment": comment}
    path = f"/consents/{ALDER}/customerRelationship"
    if not good:
        assert lab.refused("PUT", path, body=body) == (400, "BadRequest")
        assert "customerRelationship" not in lab.get(f"/consents/{ALDER}")
        return
    before = lab.get(f"/consents/{ALDER}")
    reply = lab.call("PUT", path, body=body)
    assert reply.status_code == 200 and reply.json() == lab.get(f"/consents/{ALDER}")
    relationship = reply.json()["customerRelationship"]
    assert relationship["status"] == status and relationship.get("comment") == comment
    assert {k: v for k, v in reply.json().items() if k not in ("customerRelationship", "lastModifiedOn")} == \
        {k: v for k, v in before.items() if k != "lastModifiedOn"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b'{"status": "AgreementSigned", "status": "x"}'])
def test_relationship__of_a_bad_body_is_400(lab, body):
    assert lab.refused("PUT", f"/consents/{ALDER}/customerRelationship", body=body) == (400, "BadRequest")


def test_relationship__of_a_tenant_without_consent_is_404(lab):
    for tenant in (NOBODY, DOGWOOD):
        assert lab.refused("PUT", f"/consents/{tenant}/customerRelationship", body={"status": "AgreementSigned"}) == (404, "TenantNotFound")


# ---- plans, capabilities, addresses ----

def test_usages__are_the_three_plans(lab):
    plans = {plan["usage"]: plan for plan in lab.get(f"/tenants/{ALDER}/usages")["value"]}
    assert set(plans) == {"CallingUserAssignment", "FirstPartyAppAssignment", "ConferenceAssignment"}
    assert not plans["CallingUserAssignment"]["supportsTollFree"] and plans["ConferenceAssignment"]["supportsTollFree"]
    assert lab.refused("GET", f"/tenants/{NOBODY}/usages") == (404, "TenantNotFound")


GEOGRAPHIC = ["FirstPartyAppAssignment", "Office365", "InboundCalling", "OutboundCalling", "UserAssignment", "Mobile"]
TOLL_FREE = ["TollFree", "FirstPartyAppAssignment", "Office365", "InboundCalling", "OutboundCalling"]


@pytest.mark.parametrize("numbers,expected", [
    (["+442079460000"], GEOGRAPHIC), (["+18335550100"], TOLL_FREE), (["+448081570000", "+18005550100"], TOLL_FREE), ([], GEOGRAPHIC),
    (["+442079460000", "+18335550100"], ["FirstPartyAppAssignment", "Office365", "InboundCalling", "OutboundCalling"])])
def test_capabilities__are_those_that_all_numbers_could_have(lab, numbers, expected):
    reply = lab.call("POST", f"/tenants/{ALDER}/numbers/availableCapabilities", body={"telephoneNumbers": numbers})
    assert reply.status_code == 200 and reply.json()["availableCapabilities"] == expected


@pytest.mark.parametrize("numbers", [["442079460000"], ["+999123456"], [3], "x", None, {}, ["+442079460000"] * 101])
def test_capabilities__of_what_is_no_number_are_400(lab, numbers):
    path = f"/tenants/{ALDER}/numbers/availableCapabilities"
    assert lab.refused("POST", path, body={"telephoneNumbers": numbers}) == (400, "BadRequest")
    details = lab.call("POST", path, body={"telephoneNumbers": ["+442079460000", "+999123456"]}).json()["details"]
    assert [(d["target"], d["code"]) for d in details] == [("+999123456", "UnknownCountryCode")]


def test_addresses__come_in_pages_and_change(lab):
    first = lab.get(f"/tenants/{ALDER}/civicAddresses", maxpagesize=1)
    assert [a["id"] for a in first["value"]] == [ADDRESS] and first["more"]
    second = lab.get(f"/tenants/{ALDER}/civicAddresses", maxpagesize=1, after=ADDRESS)
    assert [a["id"] for a in second["value"]] == [BARE] and not second["more"]
    lab.control("PUT", f"backend/tenants/{ALDER}/addresses/{ADDRESS}", {"houseNumber": "12"})
    changed = lab.get(f"/tenants/{ALDER}/civicAddresses")["value"][0]
    assert changed["houseNumber"] == "12" and changed["locations"][0]["id"] == LOCATION  # what is not named stays
    lab.control("DELETE", f"backend/tenants/{ALDER}/addresses/{ADDRESS}")
    assert [a["id"] for a in lab.get(f"/tenants/{ALDER}/civicAddresses")["value"]] == [BARE]
    assert lab.refused("GET", f"/tenants/{NOBODY}/civicAddresses") == (404, "TenantNotFound")
    assert lab.refused("GET", f"/tenants/{ALDER}/civicAddresses", after="x") == (400, "BadRequest")


def test_addresses__without_locations_get_a_default_one(lab):
    (address,) = lab.get(f"/tenants/{DOGWOOD}/civicAddresses")["value"]
    assert address["defaultLocationId"] == address["locations"][0]["id"] == ADDRESS and address["locations"][0]["isDefault"]


# ---- uploads ----

VOICE = {"usage": "FirstPartyAppAssignment"}
UPLOADS = [  # number, settings, the error or None
    ("+442079460000", user(""), None),
    ("+442079460000", {"usage": "CallingUserAssignment"}, "AddressRequired"),
    ("+442079460000", {"usage": "CallingUserAssignment", "allowTenantAddressUpdate": False}, "AddressRequired"),
    ("+442079460000", {"usage": "CallingUserAssignment", "civicAddressId": ADDRESS}, None),
    ("+442079460000", {"usage": "CallingUserAssignment", "civicAddressId": ADDRESS.upper()}, None),
    ("+442079460000", {"usage": "CallingUserAssignment", "locationId": LOCATION}, None),
    ("+442079460000", {"usage": "CallingUserAssignment", "civicAddressId": ADDRESS, "locationId": LOCATION}, None),
    ("+442079460000", user("", civicAddressId=ADDRESS), None),
    ("+442079460000", user("", civicAddressId=NOBODY), "UnableToRetrieveLocation"),
    ("+442079460000", user("", civicAddressId="somewhere"), "UnableToRetrieveLocation"),
    ("+442079460000", user("", locationId=NOBODY), "UnableToRetrieveLocation"),
    ("+442079460000", user("", civicAddressId=BARE, locationId=LOCATION), "UnableToRetrieveLocation"),
    ("+442079460000", user("", civicAddressId=BARE), "UnableToRetrieveDefaultLocation"),
    ("+442079460000", VOICE, None),
    ("+442079460000", {"usage": "ConferenceAssignment"}, None),
    ("+442079460000", {"usage": "ThirdPartyAppAssignment"}, "UnknownUsage"),
    ("+442079460000", {"usage": "callinguserassignment"}, "UnknownUsage"),
    ("+442079460000", user("", additionalUsages=["FirstPartyAppAssignment"]), None),
    ("+442079460000", user("", additionalUsages=["Nothing"]), "UnknownUsage"),
    ("+442079460000", user("", choosableCapabilities=["InboundCalling", "Mobile"]), None),
    ("+442079460000", user("", choosableCapabilities=["UserAssignment"]), "CapabilityNotInPlan"),
    ("+442079460000", {**VOICE, "choosableCapabilities": ["Mobile"]}, "CapabilityNotInPlan"),
    ("+442079460000", {**VOICE, "choosableCapabilities": ["Mobile"], "additionalUsages": ["CallingUserAssignment"]}, None),
    ("+442079460000", user("", displayedCountryCode="XX"), "UnknownCountryCode"),
    ("+442079460000", user("", displayedCountryCode="GB"), None),
    ("+999123456", user(""), "UnknownCountryCode"),
    ("+882123456", user(""), "UnknownCountryCode"),
    ("+4930555010", user(""), "CountryNotConsented"),
    ("+441534500000", user(""), "CountryNotConsented"),  # Jersey, which shares +44
    ("+12125550100", user(""), None),
    ("+14165550100", user(""), "CountryNotConsented"),  # Canada, which shares +1
    ("+18335550100", {**VOICE, "displayedCountryCode": "US"}, None),
    ("+18335550100", {**VOICE, "displayedCountryCode": "us"}, None),
    ("+18335550100", VOICE, "UnableToMatchGeographyEntry"),
    ("+18335550100", {**VOICE, "displayedCountryCode": "CA"}, "CountryNotConsented"),
    ("+18335550100", user("", displayedCountryCode="US"), "TollFreeNotSupported"),
    ("+18335550100", {**VOICE, "displayedCountryCode": "US", "additionalUsages": ["CallingUserAssignment"]}, "TollFreeNotSupported"),
    ("+448081570000", user(""), "TollFreeNotSupported"),
    ("+448081570000", VOICE, None),
    ("+443081570000", user(""), None),
    ("+80012345678", VOICE, "UnableToMatchGeographyEntry"),  # freephone of no country
    ("+80012345678", {**VOICE, "displayedCountryCode": "GB"}, None),
]


@pytest.mark.parametrize("number,settings,error", UPLOADS, ids=range(len(UPLOADS)))
def test_upload__is_judged_number_by_number(lab, number, settings, error):
    good = "+442079469999"
    assert lab.upload([user(good), {**settings, "telephoneNumber": number}]) == {good: None, number: error}
    held = {n["telephoneNumber"]: n for n in lab.numbers()}
    assert set(held) == ({good, number} if error is None else {good})
    if error is None:
        sent = {k: v for k, v in settings.items() if k != "telephoneNumber"}
        assert {k: held[number].get(k) for k in sent} == sent
        assert held[number]["assignmentStatus"] == "Unassigned" and held[number]["acquiredNumberStatus"] == "Active"
        assert held[number] == lab.get(f"/numbers/{number}", service=OC)
    else:
        assert lab.refused("GET", f"/numbers/{number}", service=OC) == (404, "NumberNotFound")


def test_upload__tells_capabilities_as_they_were_seen(lab):
    lab.upload([user("+442079460000"), {"telephoneNumber": "+18335550100", **VOICE, "displayedCountryCode": "US"}])
    number = lab.get("/numbers/+442079460000", service=OC)
    assert number["acquiredCapabilities"] == ["Office365", "InboundCalling", "OutboundCalling", "UserAssignment"]
    assert number["availableCapabilities"] == GEOGRAPHIC and number["isoCountryCode"] == "GB"
    free = lab.get("/numbers/+18335550100", service=OC)
    assert free["acquiredCapabilities"] == free["availableCapabilities"] == TOLL_FREE and free["isoCountryCode"] == "US"


@pytest.mark.parametrize("status,error", [("Active", None), ("Suspended", "ConsentRequired"), ("Removed", "ConsentRequired")])
def test_upload__needs_an_active_consent(lab, status, error):
    lab.control("PUT", f"backend/consents/{ALDER}", {"status": status})
    assert lab.upload([user("+442079460000")]) == {"+442079460000": error}


def test_upload__for_a_tenant_that_never_consented(lab):
    assert lab.upload([user("+442079460000")], tenant=DOGWOOD) == {"+442079460000": "ConsentRequired"}
    assert lab.order("upload", NOBODY, {"service": OC, "numbers": [user("+442079460000")]}, status=404)["code"] == "TenantNotFound"


def test_upload__of_a_number_that_another_tenant_holds(lab):
    assert lab.upload([user("+442079460000")]) == {"+442079460000": None}
    assert lab.upload([user("+442079460000")], tenant=BIRCH) == {"+442079460000": "NumberHeldByOtherTenant"}
    assert lab.upload([user("+442079460000")], tenant=BIRCH, service=TPM) == {"+442079460000": "NumberHeldByOtherTenant"}
    assert lab.upload([user("+442079460000")], service=TPM) == {"+442079460000": None}  # of one tenant it may serve both
    lab.release(["+442079460000"])
    assert lab.upload([user("+442079460000")], tenant=BIRCH) == {"+442079460000": "NumberHeldByOtherTenant"}
    lab.release(["+442079460000"], service=TPM)
    assert lab.upload([user("+442079460000")], tenant=BIRCH) == {"+442079460000": None}
    assert lab.get("/numbers/+442079460000", service=OC)["tenantId"] == BIRCH


def test_upload__again_is_a_success_an_update_or_not_possible(lab):
    number = "+442079460000"
    lab.upload([user(number)])
    before = lab.get(f"/numbers/{number}", service=OC)
    assert lab.upload([user(number)]) == {number: None}
    assert lab.get(f"/numbers/{number}", service=OC) == before
    assert lab.upload([user(number, choosableCapabilities=["InboundCalling"], civicAddressId=ADDRESS)]) == {number: None}
    after = lab.get(f"/numbers/{number}", service=OC)
    assert after["civicAddressId"] == ADDRESS and after["acquiredOn"] == before["acquiredOn"]
    assert lab.upload([{"telephoneNumber": number, **VOICE}]) == {number: "UpdateNotPossible"}
    assert lab.get(f"/numbers/{number}", service=OC) == after
    assert [row["effect"] for row in lab.history(number)] == ["added", "unchanged", "updated", "none"]
    lab.control("POST", f"backend/numbers/{number}", {"service": OC, "assignmentStatus": "UserAssigned"})
    assert lab.upload([user(number)]) == {number: None}
    assert lab.get(f"/numbers/{number}", service=OC)["assignmentStatus"] == "UserAssigned"  # the enterprise's; it stays


BODIES = [
    b"", b"{", b"[]", {}, {"service": OC}, {"service": "zoom", "numbers": [user("+442079460000")]}, {"numbers": [user("+442079460000")]},
    {"service": 3, "numbers": [user("+442079460000")]}, {"service": OC, "numbers": []}, {"service": OC, "numbers": {}}, {"service": OC, "numbers": [3]},
    {"service": OC, "numbers": [None]}, {"service": OC, "numbers": [{"usage": "CallingUserAssignment"}]}, {"service": OC, "numbers": [{"telephoneNumber": "+442079460000"}]},
    {"service": OC, "numbers": [user("442079460000")]}, {"service": OC, "numbers": [user("+0442079460000")]}, {"service": OC, "numbers": [user("+44 2079460000")]},
    {"service": OC, "numbers": [user("+4")]}, {"service": OC, "numbers": [user("+1234567890123456")]}, {"service": OC, "numbers": [user("")]}, {"service": OC, "numbers": [user(3)]},
    {"service": OC, "numbers": [user("+442079460000"), user("+442079460000")]}, {"service": OC, "numbers": [user("+442079460000", usage=3)]},
    {"service": OC, "numbers": [user("+442079460000", usage="")]}, {"service": OC, "numbers": [user("+442079460000", usage="x" * 201)]},
    {"service": OC, "numbers": [user("+442079460000", choosableCapabilities="InboundCalling")]}, {"service": OC, "numbers": [user("+442079460000", choosableCapabilities=[3])]},
    {"service": OC, "numbers": [user("+442079460000", additionalUsages=["x"] * 51)]}, {"service": OC, "numbers": [user("+442079460000", civicAddressId=3)]},
    {"service": OC, "numbers": [user("+442079460000", allowTenantAddressUpdate="yes")]},
    {"service": OC, "numbers": [user(f"+4420794{i:05}") for i in range(1001)]},
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_upload__of_a_bad_body_is_400_and_nothing_is_done(lab, body):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    assert lab.refused("POST", f"/tenants/{ALDER}/numbers/upload", body=body, headers=headers) == (400, "BadRequest")
    assert not lab.history() and not lab.numbers()


def test_upload__names_every_bad_number(lab):
    body = {"service": OC, "numbers": [user("+442079460000"), user("x"), user("+442079460000"), user("+442079460001", usage=3)]}
    details = lab.order("upload", ALDER, body, status=400)["details"]
    assert [d["target"] for d in details] == ["x", "+442079460000", "+442079460001"]


def test_upload__of_a_thousand_numbers(lab):
    numbers = [f"+4420794{i:05}" for i in range(1000)]
    assert set(lab.upload([user(n) for n in numbers]).values()) == {None}
    assert [n["telephoneNumber"] for n in lab.numbers(size=300)] == numbers
    assert set(lab.release(numbers).values()) == {None} and not lab.numbers()


# ---- releases ----

def test_release__of_held_unheld_and_assigned_numbers(lab):
    mine, used, theirs, none = "+442079460000", "+442079460001", "+442079460002", "+442079460003"
    lab.upload([user(mine), user(used)])
    lab.upload([user(theirs)], tenant=BIRCH)
    lab.control("POST", f"backend/numbers/{used}", {"service": OC, "assignmentStatus": "UserAssigned"})
    lab.control("POST", f"backend/numbers/{theirs}", {"service": OC, "assignmentStatus": "UserAssigned"})
    assert lab.release([mine, used, theirs, none]) == {mine: None, used: "NumberAssigned", theirs: None, none: None}
    assert [n["telephoneNumber"] for n in lab.numbers()] == [used] and [n["telephoneNumber"] for n in lab.numbers(BIRCH)] == [theirs]
    assert [row["effect"] for row in lab.history() if row["type"] == "Release"] == ["released", "none", "absent", "absent"]
    assert lab.release([used], service=TPM) == {used: None}  # it holds it for the other service
    lab.control("POST", f"backend/numbers/{used}", {"service": OC, "assignmentStatus": "Unassigned"})
    assert lab.release([used]) == {used: None} and not lab.numbers()


@pytest.mark.parametrize("word", ["UserAssigned", "ConferenceAssigned", "VoiceApp"])
def test_release__of_whatever_is_assigned_is_refused(lab, word):
    lab.upload([user("+442079460000")])
    lab.control("POST", "backend/numbers/+442079460000", {"service": OC, "assignmentStatus": word})
    assert lab.release(["+442079460000"]) == {"+442079460000": "NumberAssigned"}


def test_release__needs_no_consent_any_more(lab):
    lab.upload([user("+442079460000")])
    lab.control("PUT", f"backend/consents/{ALDER}", {"status": "Removed"})
    assert lab.release(["+442079460000"]) == {"+442079460000": None}


@pytest.mark.parametrize("body", [b"{", {}, {"service": OC}, {"service": OC, "telephoneNumbers": []}, {"service": OC, "telephoneNumbers": [3]},
                                  {"service": OC, "telephoneNumbers": ["x"]}, {"service": OC, "telephoneNumbers": "x"}, {"telephoneNumbers": ["+442079460000"]},
                                  {"service": OC, "telephoneNumbers": ["+442079460000"] * 2}])
def test_release__of_a_bad_body_is_400(lab, body):
    assert lab.refused("POST", f"/tenants/{ALDER}/numbers/release", body=body, headers={"Idempotency-Key": str(uuid.uuid4())}) == (400, "BadRequest")


# ---- numbers and changes ----

def test_numbers__come_in_numeric_order_page_by_page(lab):
    numbers = ["+12125550100", "+442079460000", "+4420794600001", "+44207946001", "+442079460002"]
    lab.upload([user(n) for n in numbers])
    lab.upload([user("+442079460009")], service=TPM)
    found = [n["telephoneNumber"] for n in lab.numbers(size=2)]
    assert found == sorted(numbers, key=lambda n: int(n[1:]))
    assert lab.get("/numbers", tenantId=ALDER, service=OC, maxpagesize=5)["more"] is False
    assert lab.get("/numbers", tenantId=ALDER, service=OC, maxpagesize=4)["more"] is True
    assert [n["telephoneNumber"] for n in lab.get("/numbers", tenantId=ALDER, service=OC, after="+442079460001")["value"]] == ["+442079460002", "+4420794600001"]
    assert [n["telephoneNumber"] for n in lab.numbers(service=TPM)] == ["+442079460009"]


@pytest.mark.parametrize("query,expected", [
    ({"tenantId": ALDER}, (400, "BadRequest")), ({"service": OC}, (400, "BadRequest")), ({"tenantId": "x", "service": OC}, (400, "BadRequest")),
    ({"tenantId": ALDER, "service": "x"}, (400, "BadRequest")), ({"tenantId": ALDER, "service": OC, "after": "4420"}, (400, "BadRequest")),
    ({"tenantId": ALDER, "service": OC, "maxpagesize": 501}, (400, "BadRequest")), ({"tenantId": NOBODY, "service": OC}, (404, "TenantNotFound"))])
def test_numbers__of_a_bad_query(lab, query, expected):
    assert lab.refused("GET", "/numbers", **query) == expected


def test_number__is_found_with_its_plus_in_either_way(lab):
    lab.upload([user("+442079460000")])
    assert lab.get("/numbers/%2B442079460000", service=OC) == lab.get("/numbers/+442079460000", service=OC)
    assert lab.refused("GET", "/numbers/442079460000", service=OC) == (400, "BadRequest")
    assert lab.refused("GET", "/numbers/+442079460000") == (400, "BadRequest")
    assert lab.refused("GET", "/numbers/+442079460000", service=TPM) == (404, "NumberNotFound")


def test_changes__are_told_from_a_mark_on(lab):
    start = lab.get("/changes")
    assert start["value"] == [] and not start["more"]
    lab.upload([user(f"+44207946000{i}") for i in range(5)])
    lab.control("POST", "backend/numbers/+442079460000", {"service": OC, "assignmentStatus": "UserAssigned"})
    page = lab.get("/changes", mark=start["mark"], maxpagesize=3)
    assert [n["telephoneNumber"] for n in page["value"]] == [f"+44207946000{i}" for i in range(3)] and page["more"]
    assert page["value"][0]["assignmentStatus"] == "UserAssigned"  # as it is now
    rest = lab.get("/changes", mark=page["mark"])
    assert [n["telephoneNumber"] for n in rest["value"]] == ["+442079460003", "+442079460004", "+442079460000"] and not rest["more"]
    assert lab.get("/changes", mark=rest["mark"]) == {"value": [], "more": False, "mark": rest["mark"]}
    lab.release(["+442079460004"])
    assert lab.get("/changes", mark=rest["mark"])["value"] == []  # what went is not told


@pytest.mark.parametrize("mark", ["x", "0", "", "ffffffffffffffff-0"])
def test_changes__of_an_unknown_mark_are_410(lab, mark):
    assert lab.refused("GET", "/changes", mark=mark) == (410, "MarkGone")
    now = lab.get("/changes")["mark"]
    assert lab.refused("GET", "/changes", mark=f"{now}1") == (410, "MarkGone")


# ---- jobs ----

def test_job__goes_through_its_stages(lab):
    lab.switch(jobStartMs=600000)
    body = {"service": OC, "numbers": [user("+442079460000")]}
    first = lab.order("upload", ALDER, body)
    assert first["status"] == "NotStarted" and first["type"] == "Upload" and [e["status"] for e in first["entries"]] == ["Pending"]
    assert "completedOn" not in first
    lab.switch(jobStartMs=0, jobMs=600000)
    second = lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460001")]})
    assert lab.get(f"/jobs/{second['jobId']}")["status"] == "InProgress" and not lab.numbers()
    lab.switch(jobMs=1)
    third = lab.ended(lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460002")]}))
    assert third["status"] == "Complete" and third["completedOn"] >= third["createdOn"]
    assert third["entries"][0]["number"] == lab.get("/numbers/+442079460002", service=OC)


@pytest.mark.parametrize("numbers,status", [(["+442079460000"], "Complete"), (["+442079460000", "+999123456"], "PartiallyComplete"), (["+999123456"], "Failed")])
def test_job__ends_whole_in_part_or_not_at_all(lab, numbers, status):
    job = lab.ended(lab.order("upload", ALDER, {"service": OC, "numbers": [user(n) for n in numbers]}))
    assert job["status"] == status and [e["status"] for e in job["entries"]] == ["Error" if n.startswith("+999") else "Success" for n in numbers]


def test_job__is_held_and_let_go(lab):
    lab.switch(hold=True)
    job = lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460000")]})
    assert lab.get(f"/jobs/{job['jobId']}")["status"] == "InProgress" and not lab.numbers()
    assert lab.control("GET", "backend/statistics")["jobsOpen"] == 1
    lab.switch(hold=False)
    assert lab.ended(job)["status"] == "Complete" and lab.numbers()


def test_job__is_judged_when_it_ends(lab):
    lab.upload([user("+442079460000")])
    lab.switch(hold=True)
    job = lab.order("release", ALDER, {"service": OC, "telephoneNumbers": ["+442079460000"]})
    lab.control("POST", "backend/numbers/+442079460000", {"service": OC, "assignmentStatus": "UserAssigned"})
    upload = lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460001")]})
    lab.control("PUT", f"backend/consents/{ALDER}", {"status": "Suspended"})
    lab.switch(hold=False)
    assert lab.ended(job)["entries"][0]["errorCode"] == "NumberAssigned"
    assert lab.ended(upload)["entries"][0]["errorCode"] == "ConsentRequired"


def test_job__takes_its_numbers_until_it_ends(lab):
    lab.switch(hold=True)
    a, b = "+442079460000", "+442079460001"
    first = lab.order("upload", ALDER, {"service": OC, "numbers": [user(a)]})
    second = lab.order("upload", ALDER, {"service": OC, "numbers": [user(a), user(b)]})
    refusal = lab.order("release", ALDER, {"service": OC, "telephoneNumbers": [a, b]}, status=409)
    assert refusal["code"] == "NumberInOperation" and [d["target"] for d in refusal["details"]] == [a, b]
    lab.order("upload", ALDER, {"service": TPM, "numbers": [user(a)]})  # of the other service: another number
    lab.switch(hold=False)
    assert lab.ended(first)["status"] == "Complete"
    assert [e.get("errorCode") for e in lab.ended(second)["entries"]] == ["NumberInOperation", None]
    assert lab.release([a, b]) == {a: None, b: None}


def test_job__is_found_by_its_key(lab):
    key = str(uuid.uuid4())
    assert lab.get("/jobs", idempotencyKey=key) == {"value": []}
    job = lab.ended(lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460000")]}, key=key))
    assert lab.get("/jobs", idempotencyKey=key.upper())["value"] == [job] and job["idempotencyKey"] == key
    assert lab.refused("GET", "/jobs") == (400, "BadRequest") and lab.refused("GET", "/jobs", idempotencyKey="x") == (400, "BadRequest")
    assert lab.refused("GET", f"/jobs/{NOBODY}") == (404, "JobNotFound") and lab.refused("GET", "/jobs/x") == (404, "JobNotFound")


def test_job__has_a_location(lab):
    reply = example(lab, "uploadNumbers")
    assert lab.http.get(f"{lab.url}{reply.headers['Location']}", headers={"Authorization": f"Bearer {lab.token()}"}, timeout=20).json()["jobId"] == reply.json()["jobId"]


def test_order__with_the_same_key_and_body_is_one_job(lab):
    key, body = str(uuid.uuid4()), {"service": OC, "numbers": [user("+442079460000")]}
    first = lab.order("upload", ALDER, body, key=key)
    again = lab.order("upload", ALDER, body, key=key.upper())
    assert first["jobId"] == again["jobId"] and len(lab.history("+442079460000")) == 1
    lab.release(["+442079460000"])
    assert lab.order("upload", ALDER, body, key=key)["jobId"] == first["jobId"] and not lab.numbers()


def test_order__with_the_same_key_and_another_body_tenant_or_kind_is_422(lab):
    key, body = str(uuid.uuid4()), {"service": OC, "numbers": [user("+442079460000")]}
    lab.order("upload", ALDER, body, key=key)
    for kind, tenant, other in (("upload", ALDER, {"service": OC, "numbers": [user("+442079460001")]}), ("upload", BIRCH, body),
                                ("release", ALDER, {"service": OC, "telephoneNumbers": ["+442079460000"]})):
        assert lab.order(kind, tenant, other, key=key, status=422)["code"] == "IdempotencyKeyReused"
    assert len(lab.history()) == 1


@pytest.mark.parametrize("key", [None, "", "x", "1234", f"{NOBODY}0"])
def test_order__without_a_uuid_as_key_is_400(lab, key):
    headers = {} if key is None else {"Idempotency-Key": key}
    for kind in ("upload", "release"):
        assert lab.refused("POST", f"/tenants/{ALDER}/numbers/{kind}", body={}, headers=headers) == (400, "BadRequest")


def test_order__that_was_refused_leaves_its_key_free(lab):
    key = str(uuid.uuid4())
    lab.order("upload", ALDER, {"service": OC, "numbers": []}, key=key, status=400)
    lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460000")]}, key=key)


# ---- what is kept ----

def everything(lab):
    """All that can be read, but what is only of this process."""
    consents = lab.get("/consents", maxpagesize=500)["value"]
    tenants = [c["tenantId"] for c in consents] + [DOGWOOD]
    return {"consents": consents, "history": lab.history(), "switches": lab.control("GET", "backend/switches"),
            "applications": lab.control("GET", "backend/applications"),
            "addresses": [lab.get(f"/tenants/{t}/civicAddresses") for t in tenants], "numbers": [lab.numbers(t, s) for t in tenants for s in (OC, TPM)]}


def test_state__outlives_sigkill(make_lab):
    lab = make_lab(SCENARIO)
    key = str(uuid.uuid4())
    lab.upload([user(f"+4420794{i * 7:05}") for i in range(500)], key=key)
    lab.upload([user("+442079460001", civicAddressId=ADDRESS, choosableCapabilities=["Mobile"])], service=TPM)
    lab.release(["+442079400000", "+442079400007"])
    lab.call("PUT", f"/consents/{ALDER}/customerRelationship", body={"status": "ContractTerminated", "comment": "gone \u00e4"})
    lab.control("PUT", f"backend/consents/{CEDAR}", {"status": "Removed"})
    lab.control("DELETE", f"backend/consents/{BIRCH}")
    lab.control("DELETE", f"backend/tenants/{ALDER}/addresses/{BARE}")
    lab.control("POST", "backend/numbers/+442079400014", {"service": OC, "assignmentStatus": "VoiceApp"})
    lab.control("PUT", "backend/numbers/+442079400015", {"service": OC, "tenantId": ALDER, "usage": "Strange"})
    lab.control("DELETE", "backend/numbers/+442079400021", service=OC)
    lab.control("DELETE", f"backend/applications/{lab.ids['v1']}")
    lab.switch(callMs=1, throttleCalls=100000)
    before = everything(lab)
    for _ in range(2):
        lab.restart()
        assert everything(lab) == before
    job = lab.order("upload", ALDER, {"service": OC, "numbers": [user(f"+4420794{i * 7:05}") for i in range(500)]}, key=key)
    assert job["status"] == "Complete" and everything(lab) == before


def test_state__of_open_and_lost_jobs_outlives_sigkill(make_lab):
    lab = make_lab(SCENARIO)
    lab.switch(hold=True)
    held = lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460000"), user("+999123456", usage="Nothing")]})
    lab.fault("uploadNumbers", "lost-job", done=True)
    lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460001")]})
    lab.fault("uploadNumbers", "lost-job")
    lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460002")]})
    lab.restart()
    assert lab.get(f"/jobs/{held['jobId']}")["status"] == "InProgress" and lab.control("GET", "backend/statistics")["jobsOpen"] == 2
    assert lab.order("release", ALDER, {"service": OC, "telephoneNumbers": ["+442079460000"]}, status=409)["code"] == "NumberInOperation"
    lab.switch(hold=False)
    assert [e.get("errorCode") for e in lab.ended(held)["entries"]] == [None, "UnknownCountryCode"]
    assert [n["telephoneNumber"] for n in lab.numbers()] == ["+442079460000", "+442079460001"]
    before = everything(lab)
    lab.restart()
    assert everything(lab) == before


def test_state__loses_nothing_that_was_answered_when_it_is_killed_at_work(make_lab):
    lab = make_lab(SCENARIO)
    uploaded = 0
    for round_ in range(5):
        for _ in range(20):
            number = f"+4420794{uploaded:05}"
            assert lab.upload([user(number)]) == {number: None}
            uploaded += 1
        lab.restart()
        assert len(lab.numbers()) == uploaded, round_


def test_state__drops_half_a_line_and_refuses_a_broken_one(make_lab):
    lab = make_lab(SCENARIO)
    lab.upload([user("+442079460000")])
    before = everything(lab)
    lab.kill()
    file = lab.state / "backend.jsonl"
    with open(file, "ab") as out:
        out.write(b'[{"noNumbers": {"service": "teamsOperatorConnect", "list": "4420')
    lab.start()
    assert everything(lab) == before
    lab.kill()
    with open(file, "ab") as out:
        out.write(b'[{"noNumbers": {"service": "zoom", "list": "1"}}]\n')
    done = subprocess.run([lab.process.args[0], *lab.arguments], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and "backend.jsonl" in done.stderr and "noNumbers" in done.stderr and "line" in done.stderr


def test_marks__end_with_the_process(make_lab):
    lab = make_lab(SCENARIO)
    mark = lab.get("/changes")["mark"]
    lab.restart()
    assert lab.refused("GET", "/changes", mark=mark) == (410, "MarkGone")


def test_state__holds_a_million_numbers(make_lab):
    lab = make_lab(SCENARIO)
    began = time.monotonic()
    lab.control("POST", "scenario", {"enterprises": [
        {"tenantId": ALDER, "numbers": [{"telephoneNumber": "+441000000000", "count": 500000, "service": OC, "usage": "CallingUserAssignment", "civicAddressId": ADDRESS}]},
        {"tenantId": BIRCH, "numbers": [{"telephoneNumber": "+441000500000", "count": 500000, "service": OC, "usage": "ConferenceAssignment"}]}]})
    assert lab.control("GET", "backend/statistics")["numbers"] == 1000000
    filled = time.monotonic() - began
    lab.upload([user(f"+44100{random.randrange(10 ** 7, 10 ** 8)}") for _ in range(900)], tenant=BIRCH)
    page = lab.get("/numbers", tenantId=BIRCH, service=OC, after="+441000700000", maxpagesize=500)
    assert page["value"][0]["telephoneNumber"] == "+441000700001" and page["more"]
    began = time.monotonic()
    for _ in range(50):
        lab.get("/numbers/+441000900000", service=OC)
    assert time.monotonic() - began < 5
    began = time.monotonic()
    lab.restart()
    loaded = time.monotonic() - began
    assert lab.control("GET", "backend/statistics")["numbers"] > 1000000
    assert filled < 30 and loaded < 30, (filled, loaded)


# ---- put back ----

def test_snapshot__brings_everything_back_after_a_reset(make_lab):
    lab = make_lab(SCENARIO)
    start = everything(lab)
    lab.upload([user(f"+4420794{i * 7:05}") for i in range(300)])
    lab.release(["+442079400007"])
    lab.switch(hold=True, callMs=1)
    held = lab.order("upload", ALDER, {"service": TPM, "numbers": [user("+442079460000")]})
    lab.control("DELETE", f"backend/applications/{lab.ids['v1']}")
    before, snapshot = everything(lab), lab.control("GET", "snapshot")
    lab.control("POST", "reset")
    again = everything(lab)
    assert not again["history"] and again["switches"] == start["switches"] and again["numbers"] == start["numbers"]
    assert [c["tenantId"] for c in again["consents"]] == [c["tenantId"] for c in start["consents"]]  # the scenario, anew
    lab.control("POST", "restore", snapshot)
    assert everything(lab) == before
    lab.restart()
    assert everything(lab) == before
    lab.switch(hold=False)
    assert lab.ended(held)["status"] == "Complete"


RECORDS = [
    {}, "x", [3], [{}], [{"x": 1}], [{"switches": {"x": 1}}], [{"switches": 3}], [{"applications": [3]}], [{"applications": {}}], [{"consent": {}}], [{"consent": 3}],
    [{"noConsent": "x"}], [{"address": {"id": "x"}}], [{"noAddress": {}}], [{"numbers": {}}], [{"numbers": 3}],
    [{"numbers": {"service": OC, "tenantId": ALDER, "settings": {"usage": "x"}, "list": "x"}}], [{"numbers": {"service": OC, "tenantId": ALDER, "list": "442079460000"}}],
    [{"numbers": {"service": OC, "tenantId": ALDER, "settings": {"usage": "x"}, "list": "442079460000*0"}}],
    [{"numbers": {"service": OC, "tenantId": ALDER, "settings": {"usage": "x"}, "list": "442079460000 "}}, {"x": 1}], [{"noNumbers": {"service": OC}}], [{"noNumbers": {"list": "1"}}],
    [{"noNumbers": {"service": OC, "list": "1*x"}}], [{"job": {}}], [{"job": 3}],
    [{"job": {"id": ALDER, "order": ALDER, "tenantId": ALDER, "service": OC, "body": "0" * 64, "entries": "x"}}],
    [{"job": {"id": ALDER, "order": ALDER, "tenantId": ALDER, "service": OC, "body": "0" * 64, "entries": "442079460000:Nothing:0"}}],
    [{"job": {"id": ALDER, "order": ALDER, "tenantId": ALDER, "service": OC, "body": "0" * 64, "entries": "442079460000::9"}}],
    [{"job": {"id": ALDER, "order": ALDER, "tenantId": ALDER, "service": OC, "body": "0", "entries": ""}}],
]


@pytest.mark.parametrize("records", RECORDS, ids=range(len(RECORDS)))
def test_snapshot__that_is_none_changes_nothing(lab, records):
    lab.upload([user("+442079460000")])
    before, snapshot = everything(lab), lab.control("GET", "snapshot")
    snapshot["parts"]["backend"] = records
    assert "backend" in lab.control("POST", "restore", snapshot, status=400)["error_description"]
    assert everything(lab) == before


# ---- faults ----

def test_faults__status_throttle_and_unauthorized_do_nothing(lab):
    lab.fault("*", "status", status=503, retryAfter=7)
    reply = example(lab, "uploadNumbers")
    assert reply.status_code == 503 and reply.json()["code"] == "ServiceUnavailable" and reply.headers["Retry-After"] == "7"
    lab.fault("uploadNumbers", "status", status=500)
    reply = example(lab, "uploadNumbers")
    assert reply.status_code == 500 and "Retry-After" not in reply.headers
    lab.fault("uploadNumbers", "throttle", retryAfter=2)
    reply = example(lab, "uploadNumbers")
    assert reply.status_code == 429 and reply.json()["code"] == "TooManyRequests" and reply.headers["Retry-After"] == "2"
    lab.fault("uploadNumbers", "unauthorized")
    assert example(lab, "uploadNumbers").status_code == 401
    assert not lab.history()
    assert example(lab, "uploadNumbers").status_code == 202  # all used up


@pytest.mark.parametrize("kind,done", [("reset-before", False), ("reset-after", True), ("cut", True)])
def test_faults__that_break_the_connection(lab, kind, done):
    lab.fault("uploadNumbers", kind)
    lab.token()
    with pytest.raises(requests.RequestException):
        example(lab, "uploadNumbers")
    assert len(lab.history()) == done and len(lab.numbers()) == done


@pytest.mark.parametrize("kind,at_once", [("delay", False), ("late", True)])
def test_faults__that_outlast_the_client_do_the_work_all_the_same(lab, kind, at_once):
    lab.fault("uploadNumbers", kind, ms=1500)
    lab.token()
    with pytest.raises(requests.Timeout):
        example(lab, "uploadNumbers", timeout=0.3)
    assert len(lab.history()) == at_once
    wait_until(lambda: lab.control("GET", "backend/statistics")["callsOpen"] == 0, 20, "the end of the call")
    assert len(lab.history()) == 1


@pytest.mark.parametrize("kind", ["delay", "late"])
def test_faults__that_are_slow(lab, kind):
    lab.fault("listChanges", kind, ms=300)
    began = time.monotonic()
    lab.get("/changes")
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("done", [False, True])
def test_faults__lose_a_job_with_or_without_its_work(lab, done):
    lab.fault("uploadNumbers", "lost-job", done=done)
    key, body = str(uuid.uuid4()), {"service": OC, "numbers": [user("+442079460000")]}
    job = lab.order("upload", ALDER, body, key=key)
    assert lab.refused("GET", f"/jobs/{job['jobId']}") == (404, "JobNotFound")
    assert lab.get("/jobs", idempotencyKey=key)["value"] == []
    assert len(lab.numbers()) == done
    again = lab.ended(lab.order("upload", ALDER, body, key=key))
    assert again["jobId"] != job["jobId"] and again["status"] == "Complete" and len(lab.numbers()) == 1
    assert [row["effect"] for row in lab.history()] == (["added", "unchanged"] if done else ["none", "added"])


def test_faults__give_an_answer_from_before(lab):
    lab.switch(hold=True)
    job = lab.order("upload", ALDER, {"service": OC, "numbers": [user("+442079460000")]})
    old = lab.get(f"/jobs/{job['jobId']}")
    lab.switch(hold=False)
    lab.fault("getJob", "stale", times=2)
    assert lab.get(f"/jobs/{job['jobId']}") == old and lab.get(f"/jobs/{job['jobId']}") == old
    assert lab.get(f"/jobs/{job['jobId']}")["status"] == "Complete"
    lab.fault("getNumber", "stale")
    lab.get("/numbers/+442079460000", service=OC)  # never asked before: the right answer


def outcomes(lab, count):
    return [lab.call("GET", "/changes").status_code for _ in range(count)]


def test_faults__come_as_often_as_is_said(lab):
    assert lab.fault("listChanges", "status", status=500, times=2) == [
        {"operation": "listChanges", "kind": "status", "times": 2, "every": 1, "percent": 100, "seed": 1, "status": 500}]
    assert outcomes(lab, 3) == [500, 500, 200] and lab.control("GET", "backend/faults")["faults"] == []
    lab.fault("*", "status", status=500, times=2, every=3)
    assert outcomes(lab, 8) == [200, 200, 500, 200, 200, 500, 200, 200]
    lab.fault("getNumber", "status", status=500)
    assert outcomes(lab, 1) == [200]
    lab.control("DELETE", "backend/faults")
    assert lab.refused("GET", "/numbers/+442079460000", service=OC)[0] == 404


def test_faults__by_chance_are_the_same_for_the_same_seed(lab):
    runs = []
    for seed in (1, 1, 2):
        lab.control("DELETE", "backend/faults")
        lab.fault("listChanges", "status", status=500, times=1000, percent=30, seed=seed)
        runs.append(outcomes(lab, 60))
    assert runs[0] == runs[1] != runs[2]
    assert all(5 < run.count(500) < 35 for run in runs)


@pytest.mark.parametrize("fault", [
    {}, [], {"operation": "*"}, {"kind": "cut"}, {"operation": "nothing", "kind": "cut"}, {"operation": 3, "kind": "cut"}, {"operation": "*", "kind": "x"},
    {"operation": "*", "kind": "none"}, {"operation": "*", "kind": "delay"}, {"operation": "*", "kind": "late"}, {"operation": "*", "kind": "status"},
    {"operation": "*", "kind": "status", "status": 200}, {"operation": "*", "kind": "cut", "times": 0}, {"operation": "*", "kind": "cut", "every": 0},
    {"operation": "*", "kind": "cut", "percent": 101}, {"operation": "*", "kind": "cut", "percent": 0}, {"operation": "*", "kind": "cut", "seed": -1},
    {"operation": "*", "kind": "cut", "ms": "x"}, {"operation": "*", "kind": "cut", "x": 1}, {"operation": "getJob", "kind": "lost-job"},
    {"operation": "uploadNumbers", "kind": "lost-job", "done": 1}, {"operation": "*", "kind": "delay", "ms": 300001}])
def test_faults__that_make_no_sense_are_400(lab, fault):
    assert "error_description" in lab.control("POST", "backend/faults", fault, status=400)
    assert lab.control("GET", "backend/faults")["faults"] == []


def test_faults__have_a_limit(lab):
    for _ in range(256):
        lab.fault("getJob", "cut")
    lab.control("POST", "backend/faults", {"operation": "*", "kind": "cut"}, status=409)


# ---- throttle, time of calls, statistics ----

def test_throttle__answers_429_until_the_window_moves_on(lab):
    lab.switch(throttleCalls=3, throttleWindowMs=600000)
    assert outcomes(lab, 4) == [200, 200, 200, 429]
    reply = lab.call("GET", "/changes")
    assert 0 < int(reply.headers["Retry-After"]) <= 600
    lab.switch(throttleCalls=0)
    assert outcomes(lab, 5) == [200] * 5
    lab.switch(throttleCalls=1, throttleWindowMs=100)
    lab.call("GET", "/changes")
    wait_until(lambda: lab.call("GET", "/changes").status_code == 200, 10, "a free slot")


def test_statistics__count_calls_and_how_many_were_at_once(lab):
    wait_until(lambda: lab.control("GET", "backend/statistics")["callsOpen"] == 0, 20, "nobody else calling")
    lab.control("DELETE", "backend/statistics")
    outcomes(lab, 3)
    example(lab, "uploadNumbers")
    seen = lab.control("GET", "backend/statistics")
    assert seen["calls"]["listChanges"] == 3 and seen["calls"]["uploadNumbers"] == 1 and seen["callsAtOnceMax"] == 1
    assert seen["uploads"] == 1 and seen["entries"]["added"] == 1 and seen["numbers"] == 1
    lab.switch(callMs=500)
    token = lab.token()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: requests.get(f"{lab.url}/backend/v1/changes", verify=lab.ca, timeout=20,
                                                       headers={"Authorization": f"Bearer {token}"}), range(4)))
    assert all(reply.elapsed.total_seconds() >= 0.5 for reply in replies)
    assert lab.control("GET", "backend/statistics")["callsAtOnceMax"] == 4


def test_history__has_every_entry_of_every_order(lab):
    lab.upload([user("+442079460000"), user("+999123456")])
    lab.release(["+442079460000"])
    rows = lab.history()
    assert [(r["sequence"], r["telephoneNumber"], r["type"], r["effect"], r.get("errorCode")) for r in rows] == [
        (1, "+442079460000", "Upload", "added", None), (2, "+999123456", "Upload", "none", "UnknownCountryCode"), (3, "+442079460000", "Release", "released", None)]
    assert lab.control("GET", "backend/history", after=2)["value"] == rows[2:]
    assert lab.history("+999123456") == rows[1:2]
    lab.control("GET", "backend/history", status=400, after="x")
    lab.control("GET", "backend/history", status=400, number="x")


# ---- steering ----

NUMBER = {"service": OC, "tenantId": ALDER, "usage": "CallingUserAssignment"}


@pytest.mark.parametrize("method,path,body,status", [
    ("PUT", "backend/consents/x", {}, 400), ("PUT", f"backend/consents/{NOBODY}", {"status": "active"}, 400), ("PUT", f"backend/consents/{NOBODY}", [], 400),
    ("PUT", f"backend/consents/{NOBODY}", {"consentedCountries": "GB"}, 400), ("PUT", f"backend/consents/{NOBODY}", {"consentedCountries": ["GBR"]}, 400),
    ("DELETE", f"backend/consents/{NOBODY}", None, 404), ("DELETE", "backend/consents/x", None, 404),
    ("PUT", f"backend/tenants/{ALDER}/addresses/x", {}, 400), ("PUT", f"backend/tenants/x/addresses/{NOBODY}", {}, 400),
    ("PUT", f"backend/tenants/{ALDER}/addresses/{NOBODY}", {"locations": {}}, 400), ("PUT", f"backend/tenants/{ALDER}/addresses/{NOBODY}", {"locations": [{"id": "x"}]}, 400),
    ("DELETE", f"backend/tenants/{ALDER}/addresses/{NOBODY}", None, 404), ("DELETE", f"backend/tenants/{NOBODY}/addresses/{NOBODY}", None, 404),
    ("PUT", "backend/numbers/x", NUMBER, 400), ("PUT", "backend/numbers/+442079460000", {**NUMBER, "service": "x"}, 400),
    ("PUT", "backend/numbers/+442079460000", {**NUMBER, "tenantId": "x"}, 400), ("PUT", "backend/numbers/+442079460000", {**NUMBER, "usage": None}, 400),
    ("PUT", "backend/numbers/+442079460000", {**NUMBER, "assignmentStatus": "{}"}, 400), ("PUT", "backend/numbers/+442079460000", [], 400),
    ("POST", "backend/numbers/+442079460000", {"service": OC, "assignmentStatus": "UserAssigned"}, 404), ("POST", "backend/numbers/+442079460000", {"service": OC}, 400),
    ("POST", "backend/numbers/+442079460000", {"assignmentStatus": "UserAssigned"}, 400), ("DELETE", "backend/numbers/+442079460000", None, 400),
    ("DELETE", f"backend/numbers/+442079460000?service={OC}", None, 404), ("PUT", "backend/switches", {"hold": 1}, 400), ("PUT", "backend/switches", {"x": 1}, 400),
    ("PUT", "backend/switches", {"callMs": -1}, 400), ("PUT", "backend/switches", {"jobMs": 600001}, 400), ("PUT", "backend/switches", [], 400),
    ("PUT", f"backend/applications/{'x' * 201}", None, 409), ("GET", "backend", None, 404), ("GET", "backend/consents", None, 404), ("PATCH", "backend/switches", None, 405),
])
def test_control__of_what_makes_no_sense_is_refused_and_changes_nothing(lab, method, path, body, status):
    before = everything(lab)
    assert lab.control(method, path, body, status=status)["error_description"]
    assert everything(lab) == before


def test_control__puts_numbers_where_nobody_asked(lab):
    lab.control("PUT", "backend/numbers/+442079460000", {**NUMBER, "usage": "Strange", "assignmentStatus": "UserAssigned", "acquiredNumberStatus": "Release Requested"})
    number = lab.get("/numbers/+442079460000", service=OC)
    assert number["usage"] == "Strange" and number["assignmentStatus"] == "UserAssigned" and number["acquiredNumberStatus"] == "Release Requested"
    lab.control("PUT", "backend/numbers/+442079460000", {**NUMBER, "tenantId": NOBODY})
    assert not lab.numbers() and lab.get("/numbers/+442079460000", service=OC)["tenantId"] == NOBODY
    assert [n["telephoneNumber"] for n in lab.numbers(NOBODY)] == ["+442079460000"]
    lab.control("DELETE", "backend/numbers/+442079460000", service=OC)
    assert lab.refused("GET", "/numbers/+442079460000", service=OC) == (404, "NumberNotFound") and not lab.history()


@pytest.mark.parametrize("scenario", [
    [], {"x": 1}, {"enterprises": {}}, {"enterprises": [3]}, {"enterprises": [{}]}, {"enterprises": [{"tenantId": "x"}]}, {"enterprises": [{"tenantId": ALDER, "x": 1}]},
    {"enterprises": [{"tenantId": ALDER, "consent": {"status": "x"}}]}, {"enterprises": [{"tenantId": ALDER, "addresses": [{}]}]},
    {"enterprises": [{"tenantId": ALDER, "numbers": [{}]}]}, {"enterprises": [{"tenantId": ALDER, "numbers": [{**NUMBER, "telephoneNumber": "+442079460000", "count": 0}]}]},
    {"enterprises": [{"tenantId": ALDER, "numbers": [{**NUMBER, "telephoneNumber": "+442079460000", "count": 5000001}]}]},
    {"enterprises": [{"tenantId": ALDER, "numbers": [{**NUMBER, "telephoneNumber": "+999999999999999", "count": 2}]}]},
    {"switches": {"x": 1}}, {"applications": [3]}, {"applications": "x"}, {"faults": [{}]}, {"faults": {}}])
def test_scenario__that_makes_no_sense_is_400(lab, scenario):
    assert lab.control("POST", "scenario", scenario, status=400)["error_description"]
    assert not lab.numbers() and lab.control("GET", "backend/faults")["faults"] == []


def test_scenario__may_begin_anew(lab):
    lab.upload([user("+442079460000")])
    lab.fault("*", "cut", times=1000)
    lab.control("POST", "scenario", {"reset": True, "applications": ["somebody"], "faults": [{"operation": "getJob", "kind": "cut"}]})
    assert lab.get("/consents")["value"] == [] and not lab.history()
    assert "somebody" in lab.control("GET", "backend/applications")["applications"]
    assert [fault["operation"] for fault in lab.control("GET", "backend/faults")["faults"]] == ["getJob"]


def test_scenario__of_the_command_line_is_for_the_first_start_only(make_lab):
    lab = make_lab(SCENARIO)
    lab.control("DELETE", f"backend/consents/{ALDER}")
    lab.terminate()
    lab.start()
    assert [c["tenantId"] for c in lab.get("/consents")["value"]] == [BIRCH, CEDAR]


def test_scenario__of_the_examples_is_good(make_lab):
    lab = make_lab(json.loads((ROOT / "examples/scenario.json").read_text(encoding="utf-8")))
    consents = lab.get("/consents")["value"]
    assert [c["status"] for c in consents] == ["Active", "Active", "Suspended", "Removed"]
    first = consents[0]["tenantId"]
    address = lab.get(f"/tenants/{first}/civicAddresses")["value"][0]
    number = {"telephoneNumber": "+442079460100", "usage": "CallingUserAssignment", "civicAddressId": address["id"], "locationId": address["locations"][1]["id"]}
    assert lab.upload([number], tenant=first) == {"+442079460100": None}


@pytest.mark.parametrize("text,message", [("{", "InvalidJson"), ('{"x": 1}', "unknown member"), (None, "No such file")])
def test_scenario__that_cannot_be_read_stops_the_start(folder, tmp_path, text, message):
    file = tmp_path / "scenario.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    lab = Backend(folder, name=f"lab-{uuid.uuid4()}", more=["--scenario", file])
    done = subprocess.run([BIN / "numgate-lab", *lab.arguments], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and str(file) in done.stderr
    assert message in done.stderr or message == "InvalidJson"


def test_end__answers_what_waits_and_keeps_it(make_lab):
    lab = make_lab(SCENARIO)
    lab.fault("uploadNumbers", "late", ms=60000)
    lab.token()
    replies = []
    thread = threading.Thread(target=lambda: replies.append(example(lab, "uploadNumbers", timeout=30)))
    thread.start()
    wait_until(lambda: lab.history(), 20, "the order")
    lab.signal(signal.SIGTERM)
    assert lab.wait() == 0
    thread.join(30)
    assert replies[0].status_code == 202
    lab.start()
    assert len(lab.numbers()) == 1
