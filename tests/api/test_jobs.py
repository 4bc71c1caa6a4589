"""Number jobs: bulk create, change and delete; previewed, then applied. Each row stands alone."""
import csv
import io
import itertools
import json
import sqlite3
from contextlib import closing

import pytest
from conftest import LEVEL, account_body, account_name, number_body, sqlite_only, wait_until

from contract import refused

JOBS = "/numgate/v1/jobs"
ENDED = ("done", "cancelled", "failed")
_blocks = itertools.count(44_7000_0000)


def block(count):
    """So many neighbouring numbers that no other test uses, of a hundred thousand lines."""
    first = next(_blocks) * 100_000 // 100
    for _ in range(count // 1000 + 1):
        next(_blocks)
    return [f"+{first + i}" for i in range(count)]


def make_account(client, *services):
    name = account_name()
    assert client.put(f"/accounts/{name}", json=account_body(name, *services)).status_code == 201
    return name


def put_numbers(client, account, numbers, *services):
    for at in range(0, len(numbers), 100):
        body = {"numbers": [number_body(number, account, *services) for number in numbers[at:at + 100]]}
        assert client.post(f"/accounts/{account}:createOrUpdateNumbers", json=body).status_code == 200


def submit(client, **body):
    reply = client.post(JOBS, json=body)
    assert reply.status_code == 201, reply.text
    assert reply.json()["state"] == "previewing"
    return reply.json()["id"]


def upload(client, text, kind="text/csv", **params):
    data = text.encode() if isinstance(text, str) else text
    reply = client.post(f"{JOBS}:upload", data=data, headers={"Content-Type": kind}, params=params)
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


def await_state(client, job, *states, timeout=30.0):
    found = {}

    def reached():
        found.update(client.get(f"{JOBS}/{job}").json())
        return found["state"] in states
    wait_until(reached, timeout, f"job {job} being {' or '.join(states)}")
    return found


def preview(client, job, **counts):
    found = await_state(client, job, "previewed", "failed")
    assert found["state"] == "previewed", found
    assert_counts(found, **counts)
    return found


def apply(client, job, **counts):
    reply = client.post(f"{JOBS}/{job}:apply")
    assert reply.status_code == 202, reply.text
    assert reply.json()["state"] == "queued"
    found = await_state(client, job, *ENDED)
    assert found["state"] == "done", found
    assert_counts(found, **counts)
    return found


def assert_counts(job, **counts):
    counts.setdefault("pending", job["counts"]["pending"])
    assert {name: count for name, count in job["counts"].items() if count or name in counts} == counts, job


def rows_of(client, job, **params):
    return client.items(f"{JOBS}/{job}/rows", **params)


def result_of(client, job):
    reply = client.get(f"{JOBS}/{job}/result")
    assert reply.status_code == 200 and reply.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(reply.text)))


@pytest.fixture
def admin(server):
    return server.client("ADMIN", checked=False)


ZOOM = {"serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}}


def test_create__by_ranges_is_previewed_then_applied(admin):
    account, numbers = make_account(admin), block(20)
    job = submit(admin, kind="create", accountName=account, number=ZOOM,
                 telephoneNumbers=[numbers[0][:-2] + "{00-09}", *numbers[10:12]])
    found = preview(admin, job, new=12, pending=12)
    assert found["rows"] == 12 and found["accountName"] == account and "startedAt" not in found
    assert admin.items(f"/accounts/{account}/numbers") == []
    rows = rows_of(admin, job)
    assert [row["telephoneNumber"] for row in rows] == numbers[:12]
    assert [row["row"] for row in rows] == [1] * 10 + [2, 3]
    assert all(row["verdict"] == "new" and row["outcome"] == "pending" and row["accountName"] == account for row in rows)
    found = apply(admin, job, new=12, applied=12, pending=0)
    assert found["startedAt"] <= found["endedAt"]
    there = admin.items(f"/accounts/{account}/numbers")
    assert [number["telephoneNumber"] for number in there] == numbers[:12]
    assert all(number["serviceDetails"]["zoomPhoneCloudPeering"]["enabled"] for number in there)
    audit = admin.items("/numgate/v1/audit", account=account, kind="number")
    assert len(audit) == 12 and all(row["way"] == "job" and row["operationId"] == job for row in audit)


def test_create__tells_new_changed_same_and_refused(admin):
    account, other, numbers = make_account(admin, "zoomPhoneCloudPeering", "teamsDirectRouting"), make_account(admin), block(10)
    put_numbers(admin, account, numbers[:1])
    put_numbers(admin, account, numbers[1:2], "teamsDirectRouting")
    put_numbers(admin, other, numbers[2:3])
    given = [*numbers[:4], numbers[3], "not a number", "4.41633E+11"]
    job = submit(admin, kind="create", accountName=account, number=ZOOM, telephoneNumbers=given)
    preview(admin, job, same=1, changed=1, new=1, refused=4, pending=2)
    rows = rows_of(admin, job)
    assert [(row["verdict"], row.get("code"), row.get("outcome")) for row in rows] == [
        ("same", None, None), ("changed", None, "pending"), ("refused", "NumberInUse", None), ("new", None, "pending"),
        ("refused", "DuplicateNumber", None), ("refused", rows[5]["code"], None), ("refused", "LostDigits", None)]
    assert rows[2]["target"] == "telephoneNumber" and other in rows[2]["message"]
    assert rows[5]["telephoneNumber"] == "not a number"
    assert [row["row"] for row in rows_of(admin, job, verdict="refused")] == [3, 5, 6, 7]
    assert [row["row"] for row in rows_of(admin, job, outcome="pending", maxpagesize=1)] == [2, 4]
    apply(admin, job, same=1, changed=1, new=1, refused=4, applied=2, pending=0)
    assert admin.get(f"/accounts/{account}/numbers/{numbers[1]}").json()["serviceDetails"] == ZOOM["serviceDetails"]
    assert [row["outcome"] for row in rows_of(admin, job, outcome="applied")] == ["applied"] * 2


def test_change__is_a_merge_patch_of_what_is_there(admin):
    account, numbers = make_account(admin, "zoomPhoneCloudPeering", "teamsDirectRouting"), block(10)
    put_numbers(admin, account, numbers[:5])
    patch = {"serviceDetails": {"teamsDirectRouting": {"enabled": True}, "zoomPhoneCloudPeering": None},
             "configuration": {"customSipHeader": "gold"}}
    job = submit(admin, kind="change", accountName=account, filter="serviceDetails/zoomPhoneCloudPeering/enabled eq true", number=patch)
    found = preview(admin, job, changed=5, pending=5)
    assert found["filter"] == "serviceDetails/zoomPhoneCloudPeering/enabled eq true"
    put_numbers(admin, account, numbers[5:6])  # the set is fixed
    apply(admin, job, changed=5, applied=5, pending=0)
    for number in numbers[:5]:
        there = admin.get(f"/accounts/{account}/numbers/{number}").json()
        assert there["serviceDetails"] == {"teamsDirectRouting": {"enabled": True}}
        assert there["configuration"] == {"customSipHeader": "gold"}
    again = submit(admin, kind="change", telephoneNumbers=[numbers[0], numbers[5], numbers[9]], number=patch)
    preview(admin, again, same=1, changed=1, refused=1, pending=1)
    assert rows_of(admin, again, verdict="refused")[0]["code"] == "NumberNotFound"


def test_delete__by_list_filter_and_account(admin):
    account, other, numbers = make_account(admin), make_account(admin), block(40)
    put_numbers(admin, account, numbers[:30])
    put_numbers(admin, other, numbers[30:])
    job = submit(admin, kind="delete", accountName=account, telephoneNumbers=[numbers[0], numbers[35]])
    preview(admin, job, delete=1, refused=1, pending=1)
    job = submit(admin, kind="delete", filter=f"telephoneNumber ge '{numbers[20]}' and telephoneNumber le '{numbers[34]}'")
    preview(admin, job, delete=15, pending=15)
    apply(admin, job, delete=15, applied=15, pending=0)
    assert [n["telephoneNumber"] for n in admin.items(f"/accounts/{other}/numbers")] == numbers[35:]
    job = submit(admin, kind="delete", accountName=account)
    preview(admin, job, delete=20, pending=20)
    apply(admin, job, delete=20, applied=20, pending=0)
    assert admin.get(f"/accounts/{account}").json().get("serviceDetails")["zoomPhoneCloudPeering"]["numberCount"] == 0
    audit = admin.items("/numgate/v1/audit", account=account, kind="number", order="newestFirst")
    assert len([row for row in audit if row["action"] == "delete" and row["way"] == "job"]) == 30


def test_row__that_changed_since_the_preview_is_refused_and_not_retried(admin):
    account, numbers = make_account(admin, "zoomPhoneCloudPeering", "teamsDirectRouting"), block(10)
    put_numbers(admin, account, numbers[:4])
    job = submit(admin, kind="delete", accountName=account)
    preview(admin, job, delete=4, pending=4)
    put_numbers(admin, account, numbers[1:2], "teamsDirectRouting")                          # another one by now
    assert admin.delete(f"/accounts/{account}/numbers/{numbers[2]}").status_code == 204       # gone
    put_numbers(admin, account, numbers[:1])                                                 # written again, but the same
    apply(admin, job, delete=4, applied=2, failed=2, pending=0)
    failed = rows_of(admin, job, outcome="failed")
    assert [(row["telephoneNumber"], row["code"]) for row in failed] == [(n, "ChangedSincePreview") for n in numbers[1:3]]
    assert [n["telephoneNumber"] for n in admin.items(f"/accounts/{account}/numbers")] == numbers[1:2]
    assert admin.post(f"{JOBS}/{job}:retry").status_code == 202
    assert_counts(await_state(admin, job, "done"), delete=4, applied=2, failed=2, pending=0)
    create = submit(admin, kind="create", accountName=account, number=ZOOM, telephoneNumbers=numbers[5:7])
    preview(admin, create, new=2, pending=2)
    put_numbers(admin, account, numbers[5:6])
    apply(admin, create, new=2, applied=1, failed=1, pending=0)


def test_account__that_disabled_the_service_meanwhile_fails_its_rows_which_can_be_tried_again(admin):
    account, other, numbers = make_account(admin), make_account(admin), block(10)
    text = "telephoneNumber,accountName,serviceDetails_zoomPhoneCloudPeering_enabled\n" + "".join(
        f"{number},{account if i % 2 else other},true\n" for i, number in enumerate(numbers[:6]))
    job = upload(admin, text)
    preview(admin, job, new=6, pending=6)
    assert admin.put(f"/accounts/{account}", json=account_body(account, "teamsDirectRouting")).status_code == 200
    apply(admin, job, new=6, applied=3, failed=3, pending=0)
    failed = rows_of(admin, job, outcome="failed")
    assert {(row["code"], row["target"]) for row in failed} == {("ServiceNotEnabled", "serviceDetails.zoomPhoneCloudPeering.enabled")}
    assert admin.put(f"/accounts/{account}", json=account_body(account)).status_code == 200
    assert admin.post(f"{JOBS}/{job}:retry").status_code == 202
    assert_counts(await_state(admin, job, "done"), new=6, applied=6, failed=0, pending=0)
    gone = submit(admin, kind="create", accountName=account, number=ZOOM, telephoneNumbers=numbers[7:9])
    preview(admin, gone, new=2, pending=2)
    assert admin.delete(f"/accounts/{account}", params={"deleteNumbers": "true"}).status_code == 204
    apply(admin, gone, new=2, failed=2, pending=0)
    assert {row["code"] for row in rows_of(admin, gone)} == {"AccountNotFound"}


def test_upload__of_csv_with_bad_rows_has_a_result_for_spreadsheets(admin):
    account, numbers = make_account(admin), block(10)
    text = ("telephoneNumber;serviceDetails_zoomPhoneCloudPeering_enabled;configuration_customSipHeader\n"
            f"{numbers[0]};true;-gold\n{numbers[1][1:]};TRUE;\n{numbers[2]};maybe;\n\n+123;true;\n{numbers[0]};true;\n"
            f"\"{numbers[3]};{{x\";true;\n")
    job = upload(admin, text, accountName=account)
    preview(admin, job, new=3, refused=3, pending=3)
    assert [row["row"] for row in rows_of(admin, job)] == [2, 3, 4, 6, 7, 8]
    assert rows_of(admin, job)[2]["telephoneNumber"] == numbers[2]
    apply(admin, job, new=3, applied=3, refused=3, pending=0)
    result = result_of(admin, job)
    assert list(result[0]) == ["telephoneNumber", "accountName", "serviceDetails_zoomPhoneCloudPeering_enabled",
                               "configuration_customSipHeader", "verdict", "outcome", "code", "message"]
    assert result[0]["configuration_customSipHeader"] == "'-gold" and result[0]["telephoneNumber"] == f"'{numbers[0]}"
    assert [row["outcome"] for row in result] == ["applied", "applied", "", "applied", "", ""]
    assert [row["code"] for row in result] == ["", "", "InvalidValue", "", "DuplicateNumber", "InvalidRange"]


def test_upload__of_json_lines(admin):
    account, numbers = make_account(admin), block(3)
    lines = [json.dumps(number_body(number, account)) for number in numbers] + ['{"telephoneNumber":1}']
    job = upload(admin, "\n".join(lines), kind="application/x-ndjson")
    preview(admin, job, new=3, refused=1, pending=3)
    apply(admin, job, new=3, applied=3, refused=1, pending=0)
    result = result_of(admin, job)
    assert [row["outcome"] for row in result] == ["applied", "applied", "applied", ""] and all(None not in row for row in result)
    assert result[3]["telephoneNumber"] == '{"telephoneNumber":1}' and result[3]["code"]


@pytest.mark.parametrize("text, code", [
    ("telephoneNumber,nonsense\n+441632960000,1\n", "UnknownHeading"),
    ("telephoneNumber,accountName\n\"+441632960000,x\n", "UnclosedQuote"),
    ("accountName\nx\n", "MissingHeading"),
    ("Numbers\n" + "".join(f"+44163{i:07}\n" for i in range(10_001)), "TooManyRows"),
    ("Numbers\n+441632{000000-099999}\n+441633000000\n", "TooManyNumbers"),
])
def test_upload__that_cannot_be_read_on_fails_the_job(admin, text, code):
    job = upload(admin, text, accountName=make_account(admin))
    found = await_state(admin, job, "failed", "previewed")
    assert found["state"] == "failed" and found["error"]["code"] == code and found["endedAt"]
    refused(admin.post(f"{JOBS}/{job}:apply"), 409, "JobState")


def test_upload__of_as_much_as_may_be(admin):
    account, numbers = make_account(admin), block(10_000)
    text = "telephoneNumber,accountName,serviceDetails_zoomPhoneCloudPeering_enabled\n" + "".join(
        f"{number},{account},true\n" for number in numbers)
    text += "\n" * (8 * 1024 * 1024 - len(text))
    job = upload(admin, text)
    preview(admin, job, new=10_000, pending=10_000)
    for data in (text + "\n", iter([text.encode(), b"\n"])):
        data = data.encode() if isinstance(data, str) else data
        refused(admin.post(f"{JOBS}:upload", data=data, headers={"Content-Type": "text/csv"}), 413, "RequestTooLarge")
    refused(admin.post(JOBS, data=" " * (1024 * 1024 + 1), headers={"Content-Type": "application/json"}), 413, "RequestTooLarge")
    assert admin.post(f"{JOBS}/{job}:cancel").json()["counts"]["cancelled"] == 10_000
    rows = rows_of(admin, job, outcome="cancelled", maxpagesize=500)
    assert len(rows) == 10_000 and rows_of(admin, job, outcome="pending") == []
    assert {row["outcome"] for row in result_of(admin, job)} == {"cancelled"}


@pytest.mark.parametrize("data, kind, code, status", [
    (b"Numbers\n\xff\n", "text/csv", "InvalidEncoding", 400),
    (b"Numbers\n\0\n", "text/csv", "InvalidEncoding", 400),
    (b"", "text/csv", "MissingBody", 400),
    (b"Numbers\n", "application/json", "UnsupportedMediaType", 415),
])
def test_upload__that_is_no_file_of_numbers_is_refused_at_once(admin, data, kind, code, status):
    refused(admin.post(f"{JOBS}:upload", data=data, headers={"Content-Type": kind}), status, code)


NUMBER = "+447009999999"


@pytest.mark.parametrize("body, code, target", [
    ({"kind": "create", "telephoneNumbers": [NUMBER]}, "MissingField", "accountName"),
    ({"kind": "create", "accountName": "x"}, "MissingField", "telephoneNumbers"),
    ({"kind": "create", "accountName": "x", "filter": "accountName eq 'x'"}, "InvalidValue", "filter"),
    ({"kind": "create", "accountName": "no blanks", "telephoneNumbers": [NUMBER]}, "InvalidValue", "accountName"),
    ({"kind": "create", "accountName": "x", "telephoneNumbers": ["+44{000000-099999}", NUMBER]}, "TooManyRows", "telephoneNumbers"),
    ({"kind": "create", "accountName": "x", "telephoneNumbers": [NUMBER], "number": {"serviceDetails": {"zoom": {}}}},
     "UnknownField", "number.serviceDetails.zoom"),
    ({"kind": "create", "accountName": "x", "telephoneNumbers": [NUMBER], "number": {"accountName": "y"}}, "UnknownField",
     "number.accountName"),
    ({"kind": "change", "telephoneNumbers": [NUMBER]}, "MissingField", "number"),
    ({"kind": "change", "telephoneNumbers": [NUMBER], "number": 1}, "InvalidType", "number"),
    ({"kind": "delete"}, "MissingField", "telephoneNumbers"),
    ({"kind": "delete", "telephoneNumbers": [NUMBER], "filter": "accountName eq 'x'"}, "InvalidValue", "filter"),
    ({"kind": "delete", "telephoneNumbers": [NUMBER], "number": {}}, "InvalidValue", "number"),
    ({"kind": "delete", "telephoneNumbers": [], "accountName": "x"}, "InvalidValue", "telephoneNumbers"),  # not: all of its numbers
    ({"kind": "change", "telephoneNumbers": [], "filter": "accountName eq 'x'", "number": {}}, "InvalidValue", "telephoneNumbers"),
    ({"kind": "create", "telephoneNumbers": [], "accountName": "x"}, "MissingField", "telephoneNumbers"),
    ({"kind": "delete", "filter": "accountName eq"}, "InvalidFilter", "filter"),
    ({"kind": "delete", "filter": "no/such eq 1"}, "InvalidFilter", "filter"),
    ({"kind": "drop", "telephoneNumbers": [NUMBER]}, "InvalidValue", "kind"),
    ({"telephoneNumbers": [NUMBER]}, "MissingField", "kind"),
])
def test_submit__refuses_what_makes_no_sense(admin, body, code, target):
    reply = admin.post(JOBS, json=body)
    refused(reply, 400, code)
    assert reply.json()["error"]["target"] == target
    if code == "InvalidFilter":
        assert "position" in reply.json()["error"]["message"] or any(c.isdigit() for c in reply.json()["error"]["message"])


def test_submit__of_an_unknown_account_is_not_found(admin):
    for body in ({"kind": "create", "telephoneNumbers": [NUMBER]}, {"kind": "delete"}):
        refused(admin.post(JOBS, json={**body, "accountName": "nobody-has-this"}), 404, "AccountNotFound")
    refused(admin.post(f"{JOBS}:upload", data="Numbers\n", headers={"Content-Type": "text/csv"}, params={"accountName": "nobody-has-this"}),
            404, "AccountNotFound")


def test_roles__are_those_of_the_kind(server, admin):
    account, numbers = make_account(admin), block(2)
    clients = {role: server.client(role, checked=False) for role in ("READ", "WRITE", "DELETE", "USER_READ")}
    create = {"kind": "create", "accountName": account, "telephoneNumbers": numbers[:1], "number": ZOOM}
    delete = {"kind": "delete", "accountName": account}
    for role in ("READ", "DELETE", "USER_READ"):
        refused(clients[role].post(JOBS, json=create), 403, "RoleRequired")
        refused(clients[role].post(f"{JOBS}:upload", data="Numbers\n", headers={"Content-Type": "text/csv"}), 403, "RoleRequired")
    for role in ("READ", "WRITE", "USER_READ"):
        refused(clients[role].post(JOBS, json=delete), 403, "RoleRequired")
    refused(clients["WRITE"].get(JOBS), 403, "RoleRequired")
    job = clients["WRITE"].post(JOBS, json=create).json()["id"]
    for path in ("", "/rows", "/result"):
        refused(clients["READ"].get(f"{JOBS}/{job}{path}"), 404, "JobNotFound")
    refused(clients["DELETE"].post(f"{JOBS}/{job}:cancel"), 404, "JobNotFound")
    preview(admin, job, new=1, pending=1)  # an administrator sees it
    refused(admin.post(f"{JOBS}/{job}:apply"), 403, "Forbidden")
    applied = clients["WRITE"].post(f"{JOBS}/{job}:apply")
    assert (applied.status_code, applied.json()["own"]) == (202, True)
    await_state(admin, job, "done")
    assert [found["own"] for found in admin.items(JOBS) if found["id"] == job] == [False]
    row = admin.items("/numgate/v1/audit", account=account, kind="number")[0]
    assert row["caller"] == f"{server.lab.tenant}/{server.lab.client('WRITE')[0]}" and row["way"] == "job"


def test_user__is_named_in_the_job_and_in_the_audit(server, admin):
    account, numbers, user = make_account(admin), block(2), server.client("USER_ADMIN", checked=False)
    job = submit(user, kind="create", accountName=account, telephoneNumbers=numbers, number=ZOOM)
    preview(user, job, new=2, pending=2)
    apply(user, job, new=2, applied=2, pending=0)
    row = admin.items("/numgate/v1/audit", account=account, kind="number")[0]
    assert row["way"] == "job" and row["caller"].startswith(f"{server.lab.tenant}/{server.lab.client('USER_ADMIN')[0]}/")


def test_states__allow_what_they_allow(admin):
    account, numbers = make_account(admin), block(2)
    job = submit(admin, kind="create", accountName=account, telephoneNumbers=numbers[:1], number=ZOOM)
    preview(admin, job, new=1, pending=1)
    refused(admin.post(f"{JOBS}/{job}:retry"), 409, "JobState")
    assert admin.post(f"{JOBS}/{job.upper()}:cancel").json()["state"] == "cancelled"
    for verb in ("apply", "retry", "cancel"):
        refused(admin.post(f"{JOBS}/{job}:{verb}"), 409, "JobState")
    refused(admin.get(f"{JOBS}/00000000-0000-4000-8000-000000000000"), 404, "JobNotFound")
    refused(admin.get(f"{JOBS}/nonsense"), 400, "InvalidPathParameter")
    refused(admin.get(f"{JOBS}/{job}/rows", params={"verdict": "nonsense"}), 400, "InvalidQueryParameter")
    refused(admin.get(f"{JOBS}/{job}/rows", params={"continuation": "0.-.x"}), 400, "InvalidQueryParameter")
    refused(admin.get(f"{JOBS}/{job}/result", params={"after": "x"}), 400, "InvalidQueryParameter")


def test_list__is_newest_first_in_pages(make_server):
    client = make_server().client("ADMIN", checked=False)
    account = make_account(client)
    jobs = [submit(client, kind="delete", accountName=account) for _ in range(5)]
    assert [job["id"] for job in client.items(JOBS, maxpagesize=2)] == jobs[::-1]


def test_jobs__that_have_not_ended_are_bounded(make_server):
    client = make_server().client("ADMIN", checked=False)
    account = make_account(client)
    jobs = [submit(client, kind="delete", accountName=account) for _ in range(50)]
    refused(client.post(JOBS, json={"kind": "delete", "accountName": account}), 409, "TooManyJobs")
    assert client.post(f"{JOBS}/{jobs[0]}:cancel").status_code == 202
    submit(client, kind="delete", accountName=account)


def test_jobs__that_have_ended_are_bounded(make_server):
    client = make_server().client("ADMIN", checked=False)
    account = make_account(client)
    jobs = []
    for _ in range(104):
        jobs.append(submit(client, kind="delete", accountName=account))
        assert client.post(f"{JOBS}/{jobs[-1]}:cancel").status_code == 202
    wait_until(lambda: len(client.items(JOBS)) <= 101, what="the oldest jobs being gone")
    assert client.items(JOBS)[0]["id"] == jobs[-1]


def test_one_job__at_a_time_and_cancelled_in_the_middle(make_server):
    client = make_server().client("ADMIN", checked=False)
    account, numbers = make_account(client), block(5000)
    job = submit(client, kind="create", accountName=account, telephoneNumbers=numbers, number=ZOOM)
    second = submit(client, kind="delete", accountName=account)
    preview(client, job, new=5000, pending=5000)
    preview(client, second)
    assert client.post(f"{JOBS}/{job}:apply").status_code == 202
    refused(client.post(f"{JOBS}/{second}:apply"), 409, "JobRunning")
    wait_until(lambda: client.get(f"{JOBS}/{job}").json()["counts"]["applied"] > 0, what="a first slice")
    cancelled = client.post(f"{JOBS}/{job}:cancel")
    assert cancelled.status_code == 202 and cancelled.json()["state"] == "cancelled"
    counts = cancelled.json()["counts"]
    assert counts["applied"] + counts["cancelled"] == 5000 and counts["cancelled"] > 0 and counts["pending"] == 0
    assert client.post(f"{JOBS}/{second}:apply").status_code == 202
    await_state(client, second, "done")
    assert client.get(f"{JOBS}/{job}").json()["counts"] == counts
    assert client.get(f"/accounts/{account}").json()["serviceDetails"]["zoomPhoneCloudPeering"]["numberCount"] == counts["applied"]
    assert len(rows_of(client, job, outcome="cancelled", maxpagesize=500)) == counts["cancelled"]


def test_job__draws_on_no_request_limit(make_server):
    client = make_server("[limits]\nrequests_per_minute = 3\n").client("ADMIN", checked=False)
    account, numbers = make_account(client), block(1000)
    job = submit(client, kind="create", accountName=account, telephoneNumbers=numbers, number=ZOOM)
    preview(client, job, new=1000, pending=1000)
    apply(client, job, new=1000, applied=1000, pending=0)


def test_result__that_is_large_goes_on_at_the_link(make_server):
    client = make_server().client("ADMIN", checked=False)
    account = make_account(client)
    job = submit(client, kind="delete", accountName=account, telephoneNumbers=["+4470012{00000-99999}"][:1])
    preview(client, job, refused=100_000)
    text, path, parts = "", f"{JOBS}/{job}/result", 0
    while path:
        reply = client.get(path)
        assert reply.status_code == 200
        text, path, parts = text + reply.text, reply.links.get("next", {}).get("url"), parts + 1
    assert parts > 1
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 100_000 and {row["code"] for row in rows} == {"NumberNotFound"}


@sqlite_only
def test_jobs__go_after_thirty_days(make_server):
    server = make_server()
    client = server.client("ADMIN", checked=False)
    account = make_account(client)
    ended, old, young = (submit(client, kind="create", accountName=account, number=ZOOM, telephoneNumbers=block(1500)) for _ in range(3))
    for job in (ended, old, young):
        preview(client, job, new=1500, pending=1500)
    assert client.post(f"{JOBS}/{ended}:cancel").status_code == 202
    server.stop()
    with closing(sqlite3.connect(server.database)) as db:
        db.execute("update number_job set created_at = created_at - 31 * 86400000, ended_at = ended_at - 31 * 86400000 where id <> ?", [young])
        db.execute("update outbox set not_before = 0 where kind = 6")
        db.commit()
    server.start()
    wait_until(lambda: [job["id"] for job in client.items(JOBS)] == [young], what="the old jobs being gone")
    server.stop()
    with closing(sqlite3.connect(server.database)) as db:
        assert [db.execute(f"select count(*) from {table}").fetchone()[0]
                for table in ("number_job", "number_job_input", "number_job_row", "outbox where kind = 6")] == [1, 1, 1500, 1]


@pytest.mark.skipif(LEVEL != "full", reason="a hundred thousand numbers")
def test_filter__that_matches_too_many_fails_the_job(make_server):
    client = make_server().client("ADMIN", checked=False)
    account = make_account(client)
    for ranges in (["+4470012{00000-99999}"], ["+447002300000"]):
        job = submit(client, kind="create", accountName=account, number=ZOOM, telephoneNumbers=ranges)
        await_state(client, job, "previewed", timeout=120)
        assert client.post(f"{JOBS}/{job}:apply").status_code == 202
        await_state(client, job, "done", timeout=120)
    found = await_state(client, submit(client, kind="delete", accountName=account), "failed", "previewed", timeout=120)
    assert found["state"] == "failed" and found["error"]["code"] == "TooManyRows"
