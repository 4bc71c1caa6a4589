"""A number job of several nodes: whichever dies, another one goes on, and every number is done once."""
import collections

from basics import wait_until
from conftest import account_body, rounds

JOBS, AUDIT = "/numgate/v1/jobs", "/numgate/v1/audit"
NUMBERS = rounds(5_000, 20_000, 100_000)


def test_job__goes_on_at_another_node_when_its_node_is_killed(make_nodes):
    nodes = make_nodes(2)
    clients = [node.client(checked=False) for node in nodes]
    assert clients[0].put("/accounts/contoso", json=account_body("contoso")).status_code == 201

    def read(client, job):
        found = client.get(f"{JOBS}/{job}").json()
        assert found["state"] != "failed", found
        return found

    job = clients[0].post(JOBS, json={"kind": "create", "accountName": "contoso", "number": {},
                                      "telephoneNumbers": [f"+447000{{00000-{NUMBERS - 1:05}}}"]}).json()["id"]
    wait_until(lambda: read(clients[1], job)["state"] == "previewed", 60, "the preview")
    assert clients[1].post(f"{JOBS}/{job}:apply").status_code == 202
    for dying, living in ((0, 1), (1, 0)):
        seen = read(clients[living], job)["counts"]["applied"]
        wait_until(lambda seen=seen, living=living: read(clients[living], job)["counts"]["applied"] > seen, 60, "progress")
        nodes[dying].kill()
        seen = read(clients[living], job)["counts"]["applied"]
        wait_until(lambda seen=seen, living=living: read(clients[living], job)["counts"]["applied"] > seen or seen == NUMBERS, 60,
                   "progress at the other node")
        nodes[dying].start()
    done = wait_until(lambda: (found := read(clients[0], job))["state"] == "done" and found, 120, "the job's end")
    assert done["counts"]["applied"] == NUMBERS and done["counts"]["failed"] == done["counts"]["pending"] == 0
    keys = collections.Counter(row["key"] for row in clients[0].items(AUDIT, account="contoso", kind="number", maxpagesize=500))
    assert len(keys) == NUMBERS and set(keys.values()) == {1}
