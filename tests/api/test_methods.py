"""Methods and paths: HEAD is GET without a body, other methods are 405 with Allow or 501, paths are told apart by letter case."""
import pytest
from conftest import number_body, phone_number

from contract import METHODS, refused
from wire import Wire, head

VERSION = "api-version=2024-02-29-preview"
PATHS = [  # path, methods beside HEAD and OPTIONS
    ("/accounts", {"GET"}),
    ("/accounts/a", {"GET", "PUT", "DELETE"}),
    ("/accounts/a:createOrUpdateNumbers", {"POST"}),
    ("/accounts/a:deleteNumbers", {"POST"}),
    ("/accounts/a:getTeamsCapabilityPlans", {"POST"}),
    ("/accounts/a:getTeamsAvailableCapabilities", {"POST"}),
    ("/accounts/a/numbers", {"GET"}),
    ("/accounts/a/numbers/+4930", {"GET", "PUT", "DELETE"}),
    ("/accounts/a/teamsCivicAddresses", {"GET"}),
    ("/accounts/a/teamsCivicAddresses/x", {"GET"}),
    ("/numbers", {"GET"}),
    ("/teamsRequestsForInformation", {"GET"}),
    ("/teamsRequestsForInformation/a1de0000-0000-4000-8000-000000000001", {"GET", "PATCH"}),
    ("/numgate/v1/me", {"GET"}),
    ("/numgate/v1/deployment", {"GET"}),
    ("/numgate/v1/audit", {"GET"}),
    ("/numgate/v1/sync", {"GET"}),
    ("/numgate/v1/sync:retry", {"POST"}),
    ("/numgate/v1/sync/accounts", {"GET"}),
    ("/numgate/v1/sync/accounts/a", {"GET"}),
    ("/numgate/v1/sync/accounts/a:releaseOrphans", {"POST"}),
    ("/numgate/v1/sync/orphans", {"GET"}),
]


@pytest.mark.parametrize("path,methods", PATHS)
def test_method__others_are_405_with_allow(admin, path, methods):
    allowed = methods | ({"HEAD"} if "GET" in methods else set())
    for method in {name.upper() for name in METHODS} | {"OPTIONS", "HEAD"}:
        if method in allowed:
            continue
        reply = admin.request(method, path)
        refused(reply, 405, "MethodNotAllowed")
        assert set(reply.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "get", "FOO", "PRI", "M-SEARCH"])
def test_method__unknown_ones_are_501(server, method):
    with Wire(server) as wire:
        wire.send(head(server, method, f"/accounts?{VERSION}", "Content-Length: 0"))
        refused(wire.reply(method, f"/accounts?{VERSION}"), 501, "NotImplemented")


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "FOO"])
def test_method__on_no_path_of_ours_is_404(server, method):
    with Wire(server) as wire:
        wire.send(head(server, method, f"/nothing?{VERSION}", "Content-Length: 0"))
        refused(wire.reply(method, f"/nothing?{VERSION}"), 404, "NotFound")


@pytest.mark.parametrize("path", [
    "/", "//", "/Accounts", "/ACCOUNTS/a", "//accounts", "/accounts/a/Numbers",
    "/accounts/a/numbers/+4930/", "/accounts/a/numbers/+4930/x", "/accounts/a/teamsCivicaddresses", "/Numbers", "/numbers/+4930",
    "/numbers/", "/teamsrequestsforinformation", "/accounts/a:createorupdatenumbers", "/accounts/a:", "/accounts/:deleteNumbers",
    "/accounts/a:nothing", "/accounts/a:deleteNumbers/x", "/accounts/a%2Fnumbers",
    "/accounts/a%2fnumbers", "/accounts/%2e%2e/numbers", "/accounts/../accounts", "/accounts/.", "/./accounts", "/accounts/a%00",
    "/accounts/%00", "/accounts/a%0A", "/accounts/%ff", "/accounts/%C0%AF", "/accounts/%ED%A0%80", "/numgate", "/numgate/v1",
    "/numgate/v1/nothing", "/numgate/v2/me", "/numgate/v1/Me", "/openapi.yaml", "/accounts;x=1", "/account/a/numbers", "/live", "/metrics",
])
def test_path__that_is_none_of_ours_is_404(server, path):
    for method in ("GET", "POST"):
        target = f"{path}?{VERSION}"
        with Wire(server) as wire:
            wire.send(head(server, method, target, "Content-Length: 0"))
            refused(wire.reply(method, target), 404, "NotFound")


@pytest.mark.parametrize("method,path,name", [
    ("GET", "/accounts/", "accountName"), ("GET", "/accounts//numbers", "accountName"),
    ("GET", "/accounts/a/numbers/", "telephoneNumber"), ("POST", "/accounts/a:deleteNumbers:deleteNumbers", "accountName"),
    ("GET", "/teamsRequestsForInformation/", "tenantId"), ("PUT", "/accounts/a b", "accountName"),
])
def test_path__with_a_bad_parameter_is_400(admin, method, path, name):
    refused(admin.request(method, path), 400, "InvalidPathParameter", name)


@pytest.mark.parametrize("path", ["/accounts/%", "/accounts/a%4", "/accounts/%zz", "/%", "/accounts/%2G"])
def test_path__with_a_malformed_escape_is_400(server, path):
    with Wire(server) as wire:
        wire.send(head(server, "GET", f"{path}?{VERSION}"))
        refused(wire.reply("GET", f"{path}?{VERSION}"), 400, "MalformedRequest")


def test_path__escapes_of_plain_letters_are_the_letters(server, admin, account):
    for target in (f"/%61ccounts/{account}?{VERSION}", f"/accounts/%{ord(account[0]):02x}{account[1:]}?{VERSION}",
                   f"/accounts/{account}%3AgetTeamsCapabilityPlans?{VERSION}"):
        method = "POST" if "%3A" in target else "GET"
        with Wire(server) as wire:
            wire.send(head(server, method, target, "Content-Length: 0"))
            # The document knows no such spelling, so the reply's body is looked at here.
            block = wire.receive_until(b"\r\n\r\n")
            assert block.startswith(b"HTTP/1.1 501" if method == "POST" else b"HTTP/1.1 200"), block


@pytest.mark.parametrize("path", ["/openapi.json", "/numgate/v1/ready"])
def test_path__of_the_public_pages_needs_no_token_and_no_version(server, admin, path):
    nobody = server.client(None, api_version=None)
    assert nobody.get(path).status_code == 200 and nobody.head(path).status_code == 200
    assert nobody.get(path, params={"x": "1"}).status_code == 200
    assert nobody.get(path, headers={"Authorization": "Bearer nonsense"}).status_code == 200
    refused(nobody.post(path), 401, "MissingToken")
    refused(admin.post(path), 405, "MethodNotAllowed")


@pytest.mark.parametrize("path", ["/accounts", "/accounts/{a}", "/accounts/{a}/numbers", "/accounts/{a}/numbers/{n}", "/numbers",
                                  "/accounts/nobody", "/teamsRequestsForInformation?countRecords=true", "/accounts?top=0"])
def test_head__is_get_without_the_body(admin, account, path):
    number = phone_number()
    admin.put(f"/accounts/{account}/numbers/{number}", json=number_body(number, account))
    path = path.format(a=account, n=number)
    got, headed = admin.get(path), admin.head(path)
    assert headed.status_code == got.status_code and headed.content == b""

    def stable(headers):
        return {name.lower(): value for name, value in headers.items() if name.lower() not in ("date", "x-ms-request-id")}
    assert stable(headed.headers) == stable(got.headers)


def test_head__honours_conditions(admin, account):
    tag = admin.get(f"/accounts/{account}").headers["ETag"]
    assert admin.head(f"/accounts/{account}", headers={"If-None-Match": tag}).status_code == 304
    refused(admin.head(f"/accounts/{account}", headers={"If-Match": '"0.0"'}), 412, "PreconditionFailed")
