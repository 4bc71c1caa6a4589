"""Holds replies against the contract, tests/contract/provisioning-2024-02-29-preview.openapi3.json, and against what every reply has.

check_reply() is called by the test clients for each reply: the status is a declared one or the default, headers and body are what
the operation declares, an error has the envelope and its code in x-ms-error-code, x-ms-request-id is a UUID. The document leaves
objects and enums open; a reply of ours may not use that, so both are closed here.
"""
import json
import re
import urllib.parse
from pathlib import Path

import jsonschema

DOCUMENT = Path(__file__).resolve().parents[1] / "contract" / "provisioning-2024-02-29-preview.openapi3.json"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.I)
DATE_TIME = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
HTTP_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
                       r"\d\d:\d\d:\d\d GMT\Z")
ETAG = re.compile(r'"[\x21\x23-\x7e]+"\Z')
METHODS = ("get", "put", "post", "patch", "delete")
# On any reply, beside those that the operation declares.
HEADERS = {"date", "content-length", "content-type", "connection", "x-ms-request-id", "x-ms-client-request-id", "last-modified",
           "x-ms-error-code", "repeatability-result", "retry-after", "www-authenticate", "allow"}
HEADERS_OF_STATUS = {"retry-after": (429, 503), "www-authenticate": (401,), "allow": (405,)}


def load(text):
    """JSON in which no name stands twice."""
    def members(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"a name stands twice in {names}"
        return dict(pairs)
    return json.loads(text, object_pairs_hook=members)


def is_uri(text):
    parts = urllib.parse.urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and text.isascii() and " " not in text


FORMATS = jsonschema.FormatChecker(formats=())
for _format, _good in {
        "uuid": UUID.match, "date-time": DATE_TIME.match, "http-date": HTTP_DATE.match, "uri": is_uri,
        "int32": lambda n: not isinstance(n, int) or -2**31 <= n < 2**31,
        "int64": lambda n: not isinstance(n, int) or -2**63 <= n < 2**63}.items():
    FORMATS.checks(_format)(lambda value, good=_good: bool(good(value)))


def closed(schema):
    """The schema without room for what it does not name."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if set(schema) == {"anyOf"} and {"type": "string"} in schema["anyOf"]:  # an enum that may grow
        return next(option for option in schema["anyOf"] if "enum" in option)
    result = {name: closed(value) for name, value in schema.items()}
    if isinstance(result.get("properties"), dict):
        result["additionalProperties"] = False
    return result


class Contract:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", {"components": {"schemas": closed(document["components"]["schemas"])}})
        self.validators = {}
        self.templates = [(self.pattern(path), operations) for path, operations in document["paths"].items()]

    @staticmethod
    def pattern(path):
        """What a target matches that is of this path; '{a}' never takes the ':' of an action."""
        return re.compile(re.sub(r"\\{[^}]*\\}", "[^/:]+", re.escape(path)) + r"\Z")

    def resolve(self, part):
        while "$ref" in part:
            node = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                node = node[name]
            part = node
        return part

    def operation(self, method, path):
        """The operation a request is of, or None."""
        for pattern, operations in self.templates:
            if pattern.match(path):
                return operations.get("get" if method == "HEAD" else method.lower())
        return None

    def validate(self, schema, value):
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft7Validator(closed(schema), resolver=self.resolver, format_checker=FORMATS)
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in self.validators[key].iter_errors(value)]
        assert not errors, errors

    def parameters(self, operation):
        return [self.resolve(parameter) for parameter in operation["parameters"]]

    def takes(self, operation, name):
        return operation is not None and any(p["name"] == name for p in self.parameters(operation))


CONTRACT = Contract(load(DOCUMENT.read_text(encoding="utf-8")))
ERROR = {"$ref": "#/components/schemas/Azure.Core.Foundations.ErrorResponse"}


def check_error(status, headers, body):
    assert headers.get("x-ms-error-code"), "an error without x-ms-error-code"
    for name, statuses in HEADERS_OF_STATUS.items():
        assert (name in headers) == (status in statuses), f"{name} on {status}"
    if status == 401:
        assert headers["www-authenticate"].split()[0] == "Bearer" and "claims" not in headers["www-authenticate"]
    if "retry-after" in headers:
        assert headers["retry-after"].isdigit() and int(headers["retry-after"]) >= 1
    if body is None:  # HEAD
        return
    assert headers["content-type"] == "application/json"
    envelope = load(body)
    CONTRACT.validate(ERROR, envelope)
    error = envelope["error"]
    assert error["code"] == headers["x-ms-error-code"]
    assert error["message"] and error["message"][-1:] != "\n"
    for detail in error.get("details", []):
        assert detail["code"] and detail["message"]


def check_success_headers(operation, response, sent, query, headers):
    declared = {name.lower(): CONTRACT.resolve(header) for name, header in response.get("headers", {}).items()}
    for name, header in declared.items():
        if name in headers:
            schema = CONTRACT.resolve(header["schema"])
            CONTRACT.validate(schema, int(headers[name]) if schema["type"] == "integer" else headers[name])
    assert ("etag" in headers) == ("etag" in declared), "ETag there, or not, against the contract"
    counted = query.get("countRecords") == ["true"]
    assert ("x-ms-record-count" in headers) == ("x-ms-record-count" in declared and counted)
    asked = "repeatability-request-id" in sent and CONTRACT.takes(operation, "Repeatability-Request-ID")
    assert headers.get("repeatability-result") == ("accepted" if asked else None)
    assert "x-ms-error-code" not in headers
    extra = set(headers) - HEADERS - set(declared)
    assert not extra, f"headers that nobody declared: {extra}"


def check_success(operation, status, sent, query, headers, body):
    response = operation["responses"].get(str(status))
    assert response is not None, f"status {status} is not declared for {operation['operationId']}"
    check_success_headers(operation, response, sent, query, headers)
    if body is None:  # HEAD
        return
    if "content" not in response:
        assert body == b"", "a body where none is declared"
        return
    assert headers["content-type"] == "application/json"
    CONTRACT.validate(response["content"]["application/json"]["schema"], load(body))


def check(method, target, sent, status, headers, body):
    """`sent` and `headers` are dicts with names in lower case; `body` is bytes, None for a reply to HEAD."""
    path, _, query = target.partition("?")
    operation = CONTRACT.operation(method, path)
    assert UUID.match(headers.get("x-ms-request-id", "")), "x-ms-request-id is missing or no UUID"
    assert HTTP_DATE.match(headers["date"])
    if "etag" in headers:
        assert ETAG.match(headers["etag"])
    if "last-modified" in headers:
        assert HTTP_DATE.match(headers["last-modified"])
    sent_id = sent.get("x-ms-client-request-id")
    assert headers.get("x-ms-client-request-id") == sent_id, "x-ms-client-request-id does not come back"
    if status == 503 and path == "/numgate/v1/ready":  # an answer, not an error
        assert headers["retry-after"] == "1" and body in (None, b'{"ready":false}')
    elif status >= 400:
        check_error(status, headers, body)
    elif status == 304:
        assert CONTRACT.takes(operation, "If-None-Match") and method in ("GET", "HEAD")
        assert not body and "etag" in headers
    elif operation is None:
        assert path.startswith("/numgate/") or path == "/openapi.json", f"{status} outside of the contract: {method} {path}"
    else:
        check_success(operation, status, sent, urllib.parse.parse_qs(query), headers, body)


def check_reply(reply):
    """The same for a requests.Response."""
    def lower(headers):
        return {name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
    request = reply.request
    body = None if request.method == "HEAD" else reply.content
    try:
        check(request.method, request.path_url, lower(request.headers), reply.status_code, lower(reply.headers), body)
    except AssertionError as problem:
        raise AssertionError(f"{request.method} {request.path_url}: {problem}\n{reply.status_code} {dict(reply.headers)}\n"
                             f"{reply.text[:2000]}") from problem


def refused(reply, status, code, target=None):
    """Asserts the refusal; returns the error object (None for HEAD). `target` "" says that there must be none."""
    what = f"{reply.request.method} {reply.request.path_url}: {reply.status_code} {reply.text[:1000]}"
    assert (reply.status_code, reply.headers.get("x-ms-error-code")) == (status, code), what
    if reply.request.method == "HEAD":
        return None
    error = reply.json()["error"]
    if target is not None:
        assert error.get("target", "") == target, what
    return error


def targets(error):
    """{target: code} of the single findings."""
    return {detail["target"]: detail["code"] for detail in error.get("details", [])} or {error.get("target"): error["code"]}
