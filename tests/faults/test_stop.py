"""The daemon is told to end, or killed, while clients are at it."""
import random
import threading

from conftest import account_body, number_body, phone_number, rounds, wait_until
from load import Load, make_account
from wire import Wire, head


def test_stop__fifty_sigterms_under_load_lose_no_accepted_request(make_server):
    server = make_server()
    make_account(server, "stop")
    acknowledged = set()
    chance = random.Random(7)
    for number in range(rounds(5, 50, 200)):
        load = Load(server, "stop").start(answers=10 + chance.randrange(40))
        threading.Event().wait(chance.random() * 0.01)  # any moment will do
        status = server.terminate()
        load.join()
        assert not load.wrong, f"round {number}:\n" + "\n".join(load.wrong)
        assert status == 0, server.tail()
        acknowledged |= set(load.acknowledged)
        server.start()
    ends = [row["clean"] for row in server.log_rows() if row["event"] == "stopped"]
    assert all(ends) and len(ends) == rounds(5, 50, 200)
    with server.client() as client:
        there = {item["telephoneNumber"] for item in client.items("/accounts/stop/numbers", maxpagesize="500")}
    assert there == acknowledged


def test_stop__sigterm_answers_a_request_whose_body_is_still_coming(make_server):
    server = make_server()
    make_account(server, "slow")
    body = b'{"numbers": []}'
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: 100-continue")
    with Wire(server) as wire:
        wire.send(head(server, "POST", "/accounts/slow:createOrUpdateNumbers?api-version=2024-02-29-preview", *lines))
        assert b"100" in wire.interim()
        server.signal(15)
        wait_until(lambda: "stopping" in server.output(), what="the drain's begin")
        wire.send(body)
        reply = wire.reply("POST", "/accounts/slow:createOrUpdateNumbers?api-version=2024-02-29-preview")
        assert reply.status_code == 200
        assert reply.headers["connection"] == "close"
        assert wire.ended()
    assert server.wait() == 0


def test_stop__sigkill_with_requests_open_leaves_nothing_half_done(make_server):
    server = make_server()
    make_account(server, "open")
    wires = []
    for i in range(20):
        wire = Wire(server)
        wire.send(head(server, "POST", "/accounts/open:createOrUpdateNumbers?api-version=2024-02-29-preview",
                       "Content-Type: application/json", "Content-Length: 5000"))
        wire.send(b'{"numbers": [' + b" " * (i * 100))
        wires.append(wire)
    load = Load(server, "open").start(answers=20)
    server.kill()
    load.join()
    for wire in wires:
        wire.tls.close()
    server.start()
    with server.client() as client:
        numbers = client.items("/accounts/open/numbers", maxpagesize="500")
        there = {item["telephoneNumber"] for item in numbers}
        assert set(load.acknowledged) <= there
        assert len(there) <= len(load.acknowledged) + len(load.threads)
        counted = client.get("/accounts/open").json()["serviceDetails"]["zoomPhoneCloudPeering"]["numberCount"]
        assert counted == len(there)
        number = phone_number()
        assert client.put(f"/accounts/open/numbers/{number}", json=number_body(number, "open")).status_code == 201
        assert client.put("/accounts/other", json=account_body("other")).status_code == 201
