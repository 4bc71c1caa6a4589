"""Our own OpenAPI document against the contract: nothing of it is missing, and what we add is on a list."""
import pytest

from contract import CONTRACT, METHODS, load

EXTRA_HEADERS = {"Last-Modified", "x-ms-request-id"}
CLIENT_ID = "x-ms-client-request-id"  # the contract leaves it out of GET /numbers; clients send it all the same


@pytest.fixture(scope="module", name="ours")
def fixture_ours(server):
    reply = server.client(None, api_version=None).get("/openapi.json")
    assert reply.status_code == 200 and reply.headers["Content-Type"] == "application/json"
    return load(reply.content)


def resolve(document, part):
    while "$ref" in part:
        node = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            node = node[name]
        part = node
    return part


def plain(document, schema):
    """A schema as one tree of what binds: no references, no descriptions; both ways to write an open enum become one."""
    schema = resolve(document, schema)
    if "allOf" in schema and len(schema["allOf"]) == 1:
        rest = {name: value for name, value in schema.items() if name != "allOf"}
        return {**plain(document, schema["allOf"][0]), **plain(document, rest)}
    if "anyOf" in schema and {"type": "string"} in schema["anyOf"]:
        return {"type": "string", "open": next(set(o["enum"]) == set(o["enum"]) and sorted(o["enum"])
                                               for o in schema["anyOf"] if "enum" in o)}
    result = {}
    for name, value in schema.items():
        if name == "x-extensible-enum":
            result["open"] = sorted(value)
        elif name == "items":
            result["items"] = reference(document, value)
        elif name == "properties":
            result["properties"] = {field: reference(document, part) for field, part in value.items()}
        elif name in ("required", "enum"):
            result[name] = sorted(value)
        elif name in ("type", "format", "pattern", "minLength", "maxLength", "minItems", "maxItems", "default", "readOnly"):
            result[name] = value
    return result


def reference(document, schema):
    """Inside of a schema an object stands for itself by name, so that those that hold themselves end."""
    name = schema.get("$ref") or (schema.get("allOf") or [{}])[0].get("$ref")
    if name and resolve(document, {"$ref": name}).get("type") == "object":
        return {"object": name.rsplit("/", 1)[1], "readOnly": schema.get("readOnly", False)}
    return plain(document, schema)


def parameters(document, operation):
    found = {}
    for parameter in map(lambda p: resolve(document, p), operation["parameters"]):
        found[parameter["in"], parameter["name"]] = (parameter.get("required", False), plain(document, parameter["schema"]))
    assert len(found) == len(operation["parameters"])
    return found


def contract_operations():
    return [(path, method) for path, item in CONTRACT.document["paths"].items() for method in METHODS if method in item]


def test_openapi__has_the_18_operations_and_all_others_under_numgate(ours):
    wanted = {(path, method): CONTRACT.document["paths"][path][method]["operationId"] for path, method in contract_operations()}
    found = {(path, method): operation["operationId"] for path, item in ours["paths"].items() for method, operation in item.items()}
    assert len(wanted) == 18
    assert {key: found.get(key) for key in wanted} == wanted
    assert all(path.startswith("/numgate/v1/") or path == "/openapi.json" for path, _ in set(found) - set(wanted))
    assert ours["openapi"].startswith("3.0.")


@pytest.mark.parametrize("path,method", contract_operations())
def test_openapi__operation_has_the_contracts_parameters(ours, path, method):
    wanted = parameters(CONTRACT.document, CONTRACT.document["paths"][path][method])
    found = parameters(ours, ours["paths"][path][method])
    if ("header", CLIENT_ID) not in wanted:
        found.pop(("header", CLIENT_ID))
    assert found == wanted


@pytest.mark.parametrize("path,method", contract_operations())
def test_openapi__operation_has_the_contracts_bodies(ours, path, method):
    def bodies(document):
        operation = document["paths"][path][method]
        body = operation.get("requestBody", {"content": {}})
        found = {("request", kind): plain(document, content["schema"]) for kind, content in body["content"].items()}
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                found[status, kind] = plain(document, content["schema"])
        return body.get("required"), found
    assert bodies(ours) == bodies(CONTRACT.document)


@pytest.mark.parametrize("path,method", contract_operations())
def test_openapi__operation_has_the_contracts_statuses_and_headers(ours, path, method):
    def headers(document, status):
        found = {name: plain(document, header["schema"])
                 for name, header in document["paths"][path][method]["responses"][status].get("headers", {}).items()}
        return {name: schema for name, schema in found.items() if name not in EXTRA_HEADERS}
    wanted, found = (document["paths"][path][method]["responses"] for document in (CONTRACT.document, ours))
    assert set(found) == set(wanted)
    for status in wanted:
        ours_now, theirs = headers(ours, status), headers(CONTRACT.document, status)
        if CLIENT_ID not in theirs:
            ours_now.pop(CLIENT_ID, None)
        assert ours_now == theirs, status


@pytest.mark.parametrize("name", sorted(name for name, schema in CONTRACT.document["components"]["schemas"].items()
                                        if "properties" in schema and not name.startswith("Paged")
                                        and name != "TeamsCommonNumberConfig"))  # no operation refers to it
def test_openapi__schema_is_the_contracts(ours, name):
    theirs = plain(CONTRACT.document, CONTRACT.document["components"]["schemas"][name])
    assert plain(ours, ours["components"]["schemas"][name]) == theirs


def test_openapi__every_reference_leads_somewhere(ours):
    def walk(part):
        if isinstance(part, dict):
            if "$ref" in part:
                resolve(ours, part)
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)
    walk(ours)
    ids = [operation["operationId"] for item in ours["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))
