"""One test for each defect that was found in the running programs, so that it stays away."""
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest
from conftest import SERVICES, account_body, account_name, number_body, phone_number, wait_until

SYNCED = SERVICES[:2]  # those whose numbers have a configuration


def large_number(number, account):
    """About 400 KB: as much text as the fields take."""
    texts = ["x" * 1024] * 100
    body = number_body(number, account, *SYNCED)
    for service in body["serviceDetails"].values():
        service["configuration"] = {"usage": "u", "choosableCapabilities": texts, "additionalUsages": texts}
    return body


def test_large_numbers__are_listed_in_short_pages_and_go_with_their_account(server, admin):
    name = account_name()
    numbers = [phone_number() for _ in range(30)]
    assert admin.put(f"/accounts/{name}", json=account_body(name, *SYNCED)).status_code == 201
    for number in numbers:
        assert admin.put(f"/accounts/{name}/numbers/{number}", json=large_number(number, name)).status_code == 201
    pages = [[item["telephoneNumber"] for item in page.json()["value"]]
             for page in admin.pages(f"/accounts/{name}/numbers", maxpagesize=500)]
    assert [number for page in pages for number in page] == numbers
    assert all(pages) and len(pages) > 1
    few = admin.items(f"/accounts/{name}/numbers", skip=3, top=20, filter=f"accountName eq '{name}'")
    assert [item["telephoneNumber"] for item in few] == numbers[3:23]
    changes = server.client(api_version=None).items("/numgate/v1/audit", account=name, kind="number", order="oldestFirst")
    assert [change["key"] for change in changes] == numbers
    assert admin.delete(f"/accounts/{name}", params={"deleteNumbers": "true"}).status_code == 204
    assert admin.get(f"/accounts/{name}").status_code == 404


def test_bad_configuration__logs_every_finding_once(make_server):
    server = make_server(start=False)
    server.config.write_text(server.config.read_text() + "\n[log]\nlevle = info\ncolour = yes\n")
    server.spawn()
    assert server.wait() == 78
    errors = [row["error"] for row in server.log_rows() if row["event"] == "bad_configuration"]
    assert ["levle" in error for error in errors] == [True, False] and "colour" in errors[1], server.output()


def test_configuration__certificate_without_its_key_is_refused(make_server):
    server = make_server()
    text = server.config.read_text()
    key = next(line for line in text.splitlines() if line.replace(" ", "").startswith("tls_key="))
    server.config.write_text(text.replace(key, "").replace("listen = https:", "listen = http:"))
    result = server.run("check-config", server.config)
    assert result.returncode == 1 and "tls_key" in result.stderr, result
    server.reload()
    wait_until(lambda: "reload_failed" in server.output(), what="the refusal of the reload")
    assert server.client().get("/accounts").status_code == 200


@pytest.mark.parametrize("url, says", [
    ("mysql://a/numgate", "sqlite:PATH or postgresql://HOST/DATABASE"), ("sqlite:numgate.db", "absolute path"), ("sqlite:", "absolute path"),
    ("postgresql://numgate:hunter2@a/numgate", "password_file"), ("postgresql://a/numgate?sslmod=require", "sslmod"), ("postgresql://a:70000/numgate", "70000")])
def test_configuration__store_that_the_daemon_would_refuse_is_refused_before(make_server, url, says):
    server = make_server(start=False)
    server.config.write_text(server.config.read_text().replace(f"url = {server.store_url}", f"url = {url}"))
    result = server.run("check-config", server.config)
    assert result.returncode == 1 and "[store] url" in result.stderr and says in result.stderr and "hunter2" not in result.stderr, result
    server.spawn()
    assert server.wait() == 78


def test_configuration__more_listeners_than_there_may_be_are_refused(make_server):
    server = make_server(start=False)
    text = server.config.read_text()
    listen = next(line for line in text.splitlines() if line.replace(" ", "").startswith("listen=https"))
    for count, status in ((16, 0), (17, 1)):
        urls = ", ".join(f"https://127.0.0.1:{port}" for port in range(20000, 20000 + count))
        server.config.write_text(text.replace(listen, f"listen = {urls}"))
        result = server.run("check-config", server.config)
        assert result.returncode == status, (count, result)


def test_account__is_modified_when_its_number_count_is(server, account):
    """A 304 by date would hide the new numberCount from a client that asks by date alone."""
    admin = server.client("ADMIN")

    def last_modified():
        return admin.get(f"/accounts/{account}").headers["Last-Modified"]

    before = last_modified()
    next_second = parsedate_to_datetime(before) + timedelta(seconds=1)  # dates in headers have no fractions
    wait_until(lambda: datetime.now(timezone.utc) >= next_second, what="the next second")
    number = phone_number()
    assert admin.put(f"/accounts/{account}/numbers/{number}",
                     json=number_body(number, account, "zoomPhoneCloudPeering")).status_code == 201
    assert parsedate_to_datetime(last_modified()) >= next_second
    reply = admin.get(f"/accounts/{account}", headers={"If-Modified-Since": before})
    assert reply.status_code == 200
    assert reply.json()["serviceDetails"]["zoomPhoneCloudPeering"]["numberCount"] == 1
