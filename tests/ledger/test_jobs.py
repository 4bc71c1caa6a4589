"""Number jobs whose daemon is killed again and again: every number is done exactly once, and whoever asks sees how far it is."""
import collections
import time

import pytest
from basics import wait_until
from conftest import account_body, rounds

JOBS, AUDIT = "/numgate/v1/jobs", "/numgate/v1/audit"
NUMBERS = rounds(5_000, 20_000, 100_000)
KILLS = rounds(1, 2, 8)
ZOOM = {"serviceDetails": {"zoomPhoneCloudPeering": {"enabled": True}}}
RANGES = [f"+44700{block:02}{{00000-{min(NUMBERS - block * 100_000, 100_000) - 1:05}}}" for block in range((NUMBERS + 99_999) // 100_000)]


def submit(client, **body):
    reply = client.post(JOBS, json=body)
    assert reply.status_code == 201, reply.text
    return reply.json()["id"]


def read(client, job):
    found = client.get(f"{JOBS}/{job}").json()
    assert found["state"] != "failed", found
    return found


def await_state(client, job, state, timeout=120):
    return wait_until(lambda: (found := read(client, job))["state"] == state and found, timeout, f"the job being {state}")


def audited(client, account, action):
    rows = client.items(AUDIT, account=account, kind="number", maxpagesize=500)
    assert {row["way"] for row in rows} == {"job"}
    return collections.Counter(row["key"] for row in rows if row["action"] == action)


def kill_while(server, client, job, progress):
    """Kills it when it has come further, several times; the job's progress never goes back."""
    seen = kills = 0
    for _ in range(KILLS):
        def further(seen=seen):
            return (count := progress(read(client, job))) > seen and count
        seen = wait_until(further, 60, f"more than {seen} rows")
        if seen >= NUMBERS:
            break
        server.kill()
        server.start()
        assert progress(read(client, job)) >= seen
        kills += 1
    return kills


@pytest.fixture
def client(make_server):
    return make_server().client(checked=False)


def test_job__whose_daemon_is_killed_does_every_row_once(client):
    server, account = client.server, "contoso"
    assert client.put(f"/accounts/{account}", json=account_body(account)).status_code == 201
    job = submit(client, kind="create", accountName=account, number=ZOOM, telephoneNumbers=RANGES)
    kills = kill_while(server, client, job, lambda found: found["rows"])
    found = await_state(client, job, "previewed")
    assert found["rows"] == found["counts"]["new"] == NUMBERS
    assert client.post(f"{JOBS}/{job}:apply").status_code == 202
    kills += kill_while(server, client, job, lambda found: found["counts"]["applied"])
    assert await_state(client, job, "done")["counts"]["applied"] == NUMBERS
    created = audited(client, account, "create")
    assert len(created) == NUMBERS and set(created.values()) == {1}

    job = submit(client, kind="delete", accountName=account, filter="serviceDetails/zoomPhoneCloudPeering/enabled eq true")
    kills += kill_while(server, client, job, lambda found: found["rows"])
    assert await_state(client, job, "previewed")["counts"]["delete"] == NUMBERS
    begun = time.monotonic()
    assert client.post(f"{JOBS}/{job}:apply").status_code == 202
    kills += kill_while(server, client, job, lambda found: found["counts"]["applied"])
    found = await_state(client, job, "done")
    print(f"{NUMBERS} numbers deleted in {time.monotonic() - begun:.1f} s, {kills} kills in all")
    assert kills >= KILLS
    assert found["counts"] | {"delete": NUMBERS, "applied": NUMBERS, "pending": 0, "failed": 0} == found["counts"]
    deleted = audited(client, account, "delete")
    assert deleted.keys() == created.keys() and set(deleted.values()) == {1}
    assert client.get(f"/accounts/{account}/numbers").json()["value"] == []
    assert client.get(f"/accounts/{account}").json()["serviceDetails"]["zoomPhoneCloudPeering"]["numberCount"] == 0
