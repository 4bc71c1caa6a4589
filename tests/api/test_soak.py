"""A little of everything, many times over: short enough for builds with sanitizers, which end the daemon at the first finding."""
import concurrent.futures

import pytest
from conftest import SERVICES, account_body, account_name, number_body, phone_number, rounds, uuid_text

# 20 requests with the status each must have; {a} is an account, {n} a number of it, {m} another number.
REQUESTS = [
    ("PUT", "/accounts/{a}", "account", 201),
    ("PUT", "/accounts/{a}", "account", 200),
    ("GET", "/accounts/{a}", None, 200),
    ("PUT", "/accounts/{a}/numbers/{n}", "number", 201),
    ("PUT", "/accounts/{a}/numbers/{n}", "number", 200),
    ("POST", "/accounts/{a}:createOrUpdateNumbers", "batch", 200),
    ("GET", "/accounts/{a}/numbers/{n}", None, 200),
    ("HEAD", "/accounts/{a}/numbers/{n}", None, 200),
    ("GET", "/accounts/{a}/numbers?maxpagesize=10&countRecords=true", None, 200),
    ("GET", "/numbers?filter=accountName eq '{a}' and serviceDetails/zoomPhoneCloudPeering/enabled eq true", None, 200),
    ("GET", "/numbers?filter=accountName eq", None, 400),
    ("GET", "/accounts/{a}/numbers/+999", None, 404),
    ("PUT", "/accounts/{a}/numbers/{m}", "bad", 400),
    ("POST", "/accounts/{a}:nothing", "batch", 404),
    ("PATCH", "/accounts/{a}", "account", 405),
    ("DELETE", "/accounts/{a}", None, 409),
    ("POST", "/accounts/{a}:deleteNumbers", "identifiers", 204),
    ("GET", "/numgate/v1/me", None, 200),
    ("DELETE", "/accounts/{a}?deleteNumbers=true", None, 204),
    ("GET", "/accounts/{a}", None, 404),
]


def bodies(account, number):
    batch = [number_body(phone_number(), account) for _ in range(20)]
    return {
        None: None,
        "account": account_body(account, *SERVICES),
        "number": number_body(number, account, configuration={"customSipHeader": "soak"}),
        "bad": {"telephoneNumber": 7, "more": True},
        "batch": {"numbers": batch},
        "identifiers": {"numbers": [{"telephoneNumber": n["telephoneNumber"]} for n in batch]},
    }


def play(server, tag):
    """All requests once, as one client; what was not answered as it must be."""
    client, account, number = server.client("ADMIN"), account_name(f"soak-{tag}"), phone_number()
    body_of, wrong = bodies(account, number), []
    for index, (method, path, body, status) in enumerate(REQUESTS):
        path = path.format(a=account, n=number, m=phone_number())
        headers = {"x-ms-client-request-id": uuid_text()}
        reply = client.request(method, path, json=body_of[body], headers=headers, timeout=60)
        if reply.status_code != status:
            wrong.append(f"{index}: {method} {path}: {reply.status_code}, not {status}: {reply.text[:200]}")
    return wrong


@pytest.mark.parametrize("clients", [1, 4])
def test_soak__every_request_is_answered_as_it_must_be(make_server, clients):
    server = make_server("[limits]\nrequests_per_minute = 0\n")
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        runs = [pool.submit(play, server, n) for n in range(rounds(5, 5, 50))]
        wrong = [line for run in runs for line in run.result()]
    assert not wrong, "\n".join(wrong)
    status = server.terminate()
    assert status == 0, f"ended with {status}:\n{server.tail(60)}"
    findings = [line for line in server.output().splitlines() if "Sanitizer" in line or "runtime error:" in line]
    assert not findings, server.tail(100)
