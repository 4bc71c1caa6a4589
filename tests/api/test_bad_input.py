"""Bodies that are not what they should be: refused with code and place, and nothing is stored."""
import json

import pytest
from conftest import account_body, account_name, number_body, phone_number

from contract import refused, targets
from wire import Wire, head

BODY_MAX = 1024 * 1024
VERSION = "api-version=2024-02-29-preview"


@pytest.fixture(name="name")
def fixture_name(admin):
    """The name of an account that must not be there after the test either."""
    name = account_name()
    yield name
    refused(admin.get(f"/accounts/{name}"), 404, "AccountNotFound")
    assert admin.get("/numgate/v1/audit", params={"account": name}).json()["value"] == []


def put(client, name, body, content_type="application/json", **headers):
    if content_type:
        headers["Content-Type"] = content_type
    return client.put(f"/accounts/{name}", data=body if isinstance(body, bytes) else body.encode(), headers=headers)


NOT_JSON = {
    "cut after the brace": '{',
    "cut within a name": '{"na',
    "cut within a text": '{"name": "x',
    "cut within an escape": '{"name": "\\u12',
    "cut before the last brace": '{"name": "NAME"',
    "a comma too many": '{"name": "NAME",}',
    "a comma in front": '{,"name": "NAME"}',
    "no colon": '{"name" "NAME"}',
    "something behind": '{"name": "NAME"} x',
    "two documents": '{"name": "NAME"}{"name": "NAME"}',
    "a name twice": '{"name": "NAME", "name": "NAME"}',
    "a name twice, spelled with an escape": '{"name": "NAME", "n\\u0061me": "NAME"}',
    "a name twice, deep inside": '{"name": "NAME", "serviceDetails": {"teamsTenantId": "a", "teamsTenantId": "a"}}',
    "single quotes": "{'name': 'NAME'}",
    "no quotes": '{name: "NAME"}',
    "a comment": '{"name": "NAME"} // x',
    "NaN": '{"name": "NAME", "correlationId": NaN}',
    "Infinity": '{"name": "NAME", "correlationId": Infinity}',
    "True": '{"name": "NAME", "serviceDetails": True}',
    "a leading zero": '{"name": "NAME", "correlationId": 01}',
    "a leading plus": '{"name": "NAME", "correlationId": +1}',
    "a bare minus": '{"name": "NAME", "correlationId": -}',
    "a hexadecimal": '{"name": "NAME", "correlationId": 0x10}',
    "a bare point": '{"name": "NAME", "correlationId": 1.}',
    "a line break in a text": '{"name": "NAME", "correlationId": "a\nb"}',
    "a control byte in a text": '{"name": "NAME", "correlationId": "a\x01b"}',
    "an unknown escape": '{"name": "NAME", "correlationId": "\\x41"}',
    "an escaped NUL": '{"name": "NAME", "correlationId": "a\\u0000b"}',
    "half a surrogate": '{"name": "NAME", "correlationId": "\\ud800"}',
    "the wrong half": '{"name": "NAME", "correlationId": "\\udc00\\ud800"}',
    "a byte order mark": '\ufeff{"name": "NAME"}',
    "a NUL behind": '{"name": "NAME"}\0',
    "a NUL in front": '\0{"name": "NAME"}',
    "blanks only": '   ',
    "a form": 'name=NAME',
    "deep arrays": '{"name": "NAME", "x": ' + '[' * 100 + ']' * 100 + '}',
    "very deep arrays": '[' * 200000,
    "very deep objects": '{"a":' * 100000,
    "a huge integer": '{"name": "NAME", "correlationId": 9223372036854775808}',
    "a huge negative integer": '{"name": "NAME", "correlationId": -9223372036854775809}',
    "an integer of 1000 digits": '{"name": "NAME", "correlationId": ' + '9' * 1000 + '}',
    "a huge exponent": '{"name": "NAME", "correlationId": 1e999}',
    "60000 values": '{"name": "NAME", "x": [' + '1,' * 60000 + '1]}',
}


@pytest.mark.parametrize("case", NOT_JSON)
def test_body__that_is_no_json_is_refused(admin, name, case):
    refused(put(admin, name, NOT_JSON[case].replace("NAME", name)), 400, "InvalidJson")


BAD_BYTES = [b"\xff", b"\xc3", b"\xc0\xaf", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xfe\xff", b"a\xffb"]


@pytest.mark.parametrize("bad", BAD_BYTES, ids=repr)
def test_body__that_is_no_utf_8_is_refused(admin, name, bad):
    for place in (b'{"name": "NAME", "correlationId": "BAD"}', b'{"name": "NAME", "BAD": 1}', b'BAD{"name": "NAME"}'):
        refused(put(admin, name, place.replace(b"NAME", name.encode()).replace(b"BAD", bad)), 400, "InvalidJson")
    assert put(admin, name, json.dumps({"name": name}).encode("utf-16")).status_code == 400


def test_body__position_of_an_error_is_told(admin, name):
    error = refused(put(admin, name, '{\n  "name": "x",\n  oops\n}'), 400, "InvalidJson")
    assert "3" in error["message"], error


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "null", "true", "1.5"])
def test_body__must_be_an_object(admin, name, body):
    refused(put(admin, name, body), 400, "InvalidJson")
    refused(admin.post(f"/accounts/{name}:deleteNumbers", data=body), 400, "InvalidJson")


@pytest.mark.parametrize("value", [0, -1, 2**31, 2**53 + 1, 2**63 - 1, -2**63, 1.5, 1e300, True, None, [], {}])
def test_body__number_of_any_size_in_place_of_a_text_is_a_wrong_type(admin, name, value):
    reply = put(admin, name, json.dumps({"name": name, "correlationId": value}))
    assert targets(refused(reply, 400, "InvalidType")) == {"correlationId": "InvalidType"}


@pytest.mark.parametrize("value", [1, 0, "true", "", None, [], {}, 1.0])
def test_body__nothing_but_true_and_false_is_a_boolean(admin, name, value):
    body = {"name": name, "serviceDetails": {"zoomPhoneCloudPeering": {"enabled": value, "syncEnabled": False}}}
    reply = put(admin, name, json.dumps(body))
    assert targets(refused(reply, 400, "InvalidType")) == {"serviceDetails.zoomPhoneCloudPeering.enabled": "InvalidType"}


@pytest.mark.parametrize("field", ["Name", "name ", "", "__proto__", "x" * 5000, "\U0001f600", "a.b", "a[0]", "\n"])
def test_body__unknown_field_is_refused_by_name(admin, name, field):
    reply = put(admin, name, json.dumps({"name": name, field: 1}))
    assert reply.status_code == 400 and reply.headers["x-ms-error-code"] == "UnknownField"
    assert len(reply.content) < 8000


def test_body__of_very_many_findings_names_a_hundred(admin, name):
    body = {"name": name, **{f"x{i}": 1 for i in range(1000)}}
    error = refused(put(admin, name, json.dumps(body)), 400, "UnknownField")
    assert len(error["details"]) == 100


# ---- media types ----

@pytest.mark.parametrize("content_type,accepted", [
    (None, True), ("application/json", True), ("Application/JSON", True), ("application/json; charset=utf-8", True),
    ("application/json;charset=UTF-8", True), ('application/json; charset="utf-8"', True), ("application/json; x=y", True),
    ("application/json; charset=utf-16", False), ("application/json; charset=iso-8859-1", False), ("text/json", False),
    ("text/plain", False), ("application/jsonp", False), ("application/merge-patch+json", False), ("application/xml", False),
    ("application/x-www-form-urlencoded", False), ("multipart/form-data; boundary=x", False), ("json", False), ("*/*", False),
    ("application/problem+json", False),
])
def test_body__of_another_type_is_415(admin, account, content_type, accepted):
    before = admin.get(f"/accounts/{account}").headers["ETag"]
    reply = put(admin, account, json.dumps(account_body(account, correlationId=str(content_type))), content_type)
    if accepted:
        assert reply.status_code in (200, 409), reply.text
    else:
        refused(reply, 415, "UnsupportedMediaType", "Content-Type")
        assert admin.get(f"/accounts/{account}").headers["ETag"] == before


@pytest.mark.parametrize("coding,status", [("identity", 400), ("gzip", 415), ("deflate", 415), ("br", 415), ("gzip, identity", 415)])
def test_body__with_a_content_coding_is_415(admin, name, coding, status):
    reply = put(admin, name, "{", **{"Content-Encoding": coding})
    refused(reply, status, "InvalidJson" if status == 400 else "UnsupportedMediaType")


@pytest.mark.parametrize("method,path", [("PUT", "/accounts/{}"), ("PUT", "/accounts/{}/numbers/+4930"),
                                         ("POST", "/accounts/{}:createOrUpdateNumbers"), ("POST", "/accounts/{}:deleteNumbers"),
                                         ("PATCH", "/teamsRequestsForInformation/a1de0000-0000-4000-8000-000000000001")])
def test_body__that_is_missing_is_told_apart(admin, name, method, path):
    for headers in ({}, {"Content-Type": "application/json"}, {"Content-Length": "0"}):
        refused(admin.request(method, path.format(name), data=b"", headers=headers), 400, "MissingBody")


def test_body__of_get_and_delete_is_read_and_dropped(admin, account):
    for _ in range(3):
        assert admin.get(f"/accounts/{account}", data=b"{not json").status_code == 200
        assert admin.delete(f"/accounts/{account}/numbers/+4930111", data=b"\xff" * 1000).status_code == 204


# ---- sizes ----

def padded(name, size):
    body = json.dumps(account_body(name))
    return body + " " * (size - len(body))


def test_body__of_one_mebibyte_is_accepted_one_byte_more_is_413(admin, name):
    other = account_name()
    assert put(admin, other, padded(other, BODY_MAX)).status_code == 201
    refused(put(admin, name, padded(name, BODY_MAX + 1)), 413, "RequestTooLarge")
    assert admin.delete(f"/accounts/{other}").status_code == 204


def test_body__in_chunks_has_the_same_limit(admin, name):
    def chunks(text, size=65536):
        return (text[at:at + size].encode() for at in range(0, len(text), size))
    other = account_name()
    assert admin.put(f"/accounts/{other}", data=chunks(padded(other, BODY_MAX))).status_code == 201
    refused(admin.put(f"/accounts/{name}", data=chunks(padded(name, BODY_MAX + 1))), 413, "RequestTooLarge")


@pytest.mark.parametrize("length", [BODY_MAX + 1, 8 * BODY_MAX, 2**40, 2**63 - 1])
def test_body__too_large_by_its_length_is_refused_before_it_comes(server, name, length):
    target = f"/accounts/{name}?{VERSION}"
    with Wire(server) as wire:
        wire.send(head(server, "PUT", target, f"Content-Length: {length}"))
        refused(wire.reply("PUT", target), 413, "RequestTooLarge")


def test_body__413_reaches_a_client_that_keeps_sending(server, name):
    target = f"/accounts/{name}?{VERSION}"
    with Wire(server) as wire:
        wire.send(head(server, "PUT", target, f"Content-Length: {4 * BODY_MAX}"))
        for _ in range(64):
            wire.send(b"x" * 65536)
        refused(wire.reply("PUT", target), 413, "RequestTooLarge")


def test_target__of_2083_bytes_is_read_one_more_is_414(server):
    def ask(length, path="/accounts"):
        target = f"{path}?{VERSION}&filter="
        target += "x" * (length - len(target))
        with Wire(server) as wire:
            wire.send(head(server, "GET", target))
            return wire.reply("GET", target)
    refused(ask(2083), 400, "InvalidFilter")
    refused(ask(2084), 414, "UriTooLong")
    refused(ask(30000), 414, "UriTooLong")
    with Wire(server) as wire:  # in absolute form all of it counts
        target = f"https://localhost/{'x' * 2100}"
        wire.send(head(server, "GET", target))
        refused(wire.reply("GET", target), 414, "UriTooLong")


def test_header_block__of_32_kib_is_read_more_is_431(server):
    def ask(size, *lines):
        target = f"/numgate/v1/me?{VERSION}"
        block = head(server, "GET", "/numgate/v1/me", *lines)
        filler = size - len(block) - len("X: \r\n")
        block = head(server, "GET", "/numgate/v1/me", *lines, f"X: {'f' * filler}") if filler >= 0 else block
        with Wire(server) as wire:
            wire.send(block)
            return wire.reply("GET", target)
    assert ask(32 * 1024).status_code == 200
    refused(ask(32 * 1024 + 1), 431, "HeadersTooLarge")
    refused(ask(1024 * 1024), 431, "HeadersTooLarge")
    assert ask(0, *[f"X-{i}: y" for i in range(98)]).status_code == 200
    refused(ask(0, *[f"X-{i}: y" for i in range(99)]), 431, "HeadersTooLarge")


# ---- client request ids ----

@pytest.mark.parametrize("identity", ["9c4d50ee-2d56-4cd3-8152-34347dc9f2b0", "9C4D50EE-2D56-4CD3-8152-34347DC9F2B0"])
def test_request_id__of_the_client_comes_back_on_every_answer(server, admin, account, identity):
    headers = {"x-ms-client-request-id": identity}
    for client, path in ((admin, f"/accounts/{account}"), (admin, "/numbers"), (admin, "/nothing"), (admin, "/numgate/v1/me"),
                         (server.client(None), "/accounts"), (admin, "/accounts?top=0")):
        assert client.get(path, headers=headers).headers["x-ms-client-request-id"] == identity


def test_request_id__of_ours_is_never_the_same(admin):
    assert len({admin.get("/numgate/v1/me").headers["x-ms-request-id"] for _ in range(20)}) == 20


def test_number__is_not_stored_after_any_refusal(admin, account):
    number = phone_number()
    good = json.dumps(number_body(number, account))
    for body in (good[:-1], good + "x", good.replace("true", "TRUE"), "\ufeff" + good):
        refused(admin.put(f"/accounts/{account}/numbers/{number}", data=body.encode()), 400, "InvalidJson")
    assert admin.items(f"/accounts/{account}/numbers") == []
