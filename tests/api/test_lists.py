"""Lists: pages to the end, top, skip, maxpagesize, filter and countRecords in all combinations, and where a nextLink points."""
import itertools
import urllib.parse

import pytest
from conftest import Server, account_body, account_name, number_body, phone_number

from contract import refused
from wire import Wire, head

COUNT = 1203  # numbers of the account `full`: more than two pages of the largest size


@pytest.fixture(scope="module", name="full")
def fixture_full(server):
    """An account with COUNT numbers, every third of them with Teams Phone Mobile; its name."""
    client, name = server.client(), account_name("full")
    assert client.put(f"/accounts/{name}", json=account_body(name, "zoomPhoneCloudPeering", "teamsPhoneMobile")).status_code == 201
    items = [number_body(phone_number(), name, *(["teamsPhoneMobile"] if i % 3 == 0 else [])) for i in range(COUNT)]
    for at in range(0, COUNT, 100):
        assert client.post(f"/accounts/{name}:createOrUpdateNumbers", json={"numbers": items[at:at + 100]}).status_code == 200
    yield name
    client.delete(f"/accounts/{name}", params={"deleteNumbers": "true"})


@pytest.fixture(scope="module", name="all_numbers")
def fixture_all_numbers(server, full):
    items = server.client().items(f"/accounts/{full}/numbers", maxpagesize=500)
    assert len(items) == COUNT
    return [item["telephoneNumber"] for item in items]


def numbers_of(pages):
    return [[item["telephoneNumber"] for item in page.json()["value"]] for page in pages]


# ---- order and pages ----

def test_list__numbers_come_in_numeric_order_accounts_in_byte_order(server, admin, account):
    for number in ("+9", "+10", "+111", "+2222222", "+11111111"):
        if len(number) > 2:
            assert admin.put(f"/accounts/{account}/numbers/{number}", json=number_body(number, account)).status_code == 201
    assert numbers_of(admin.pages(f"/accounts/{account}/numbers")) == [["+10", "+111", "+2222222", "+11111111"]]
    tag = account_name()
    for name in ("b", "a", "B", "-", "_", "1", "aa"):
        assert admin.put(f"/accounts/{name}{tag}", json={"name": f"{name}{tag}"}).status_code == 201
    wanted = sorted((f"{name}{tag}" for name in ("b", "a", "B", "-", "_", "1", "aa")), key=str.encode)
    for size in (1, 2, 500):
        found = [item["name"] for item in admin.items("/accounts", maxpagesize=size, filter=f"contains(name,'{tag}')")]
        assert found == wanted


@pytest.mark.parametrize("size,lengths", [
    (None, [200] * 6 + [3]), (500, [500, 500, 203]), (501, [500, 500, 203]), (2**31 - 1, [500, 500, 203]),
    (401, [401, 401, 401]), (COUNT, [500, 500, 203])])
def test_list__pages_have_the_size_and_end_without_a_link(admin, full, all_numbers, size, lengths):
    pages = numbers_of(admin.pages(f"/accounts/{full}/numbers", **({} if size is None else {"maxpagesize": size})))
    assert [len(page) for page in pages] == lengths
    assert list(itertools.chain(*pages)) == all_numbers


TOPS = [None, 1, 2, 7, 400, 401, 402, COUNT, 2**31 - 1]
SKIPS = [None, 0, 1, 399, 401, 402, COUNT - 1, COUNT, COUNT + 1, 2**31 - 1]
SIZES = [None, 200, 401]


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("skip", SKIPS)
def test_list__filter_then_skip_then_top_then_pages(admin, full, all_numbers, filtered, size, skip):
    matches = all_numbers[::3] if filtered else all_numbers
    for top in TOPS if skip in (None, 1, 401) else (None, 7):
        count = "true" if top in (None, 7) else None
        query = {"top": top, "skip": skip, "maxpagesize": size, "countRecords": count,
                 "filter": "serviceDetails/teamsPhoneMobile/enabled eq true" if filtered else None}
        pages = list(admin.pages(f"/accounts/{full}/numbers", **{name: value for name, value in query.items() if value is not None}))
        wanted = matches[skip or 0:][:top]
        found = numbers_of(pages)
        assert list(itertools.chain(*found)) == wanted, query
        step = size or 200
        assert [len(page) for page in found] == [len(wanted[at:at + step]) for at in range(0, len(wanted), step)] or [0], query
        if count:
            assert {page.headers["x-ms-record-count"] for page in pages} == {str(len(matches))}


def test_list__goes_on_behind_the_last_key_while_numbers_come_and_go(admin, account):
    items = [phone_number() for _ in range(6)]
    for number in items[1::2]:
        admin.put(f"/accounts/{account}/numbers/{number}", json=number_body(number, account))
    first = admin.get(f"/accounts/{account}/numbers", params={"maxpagesize": 2})
    assert numbers_of([first]) == [[items[1], items[3]]]
    for number in (items[0], items[4]):  # one before what was read, one behind
        admin.put(f"/accounts/{account}/numbers/{number}", json=number_body(number, account))
    admin.delete(f"/accounts/{account}/numbers/{items[3]}")
    assert numbers_of(admin.pages(first.json()["nextLink"])) == [[items[4], items[5]]]


def test_list__of_all_numbers_holds_those_of_an_account(admin, full, all_numbers):
    found = admin.items("/numbers", maxpagesize=500, filter=f"accountName eq '{full}'")
    assert [item["telephoneNumber"] for item in found] == all_numbers
    everything = [item["telephoneNumber"] for item in admin.items("/numbers", maxpagesize=500)]
    assert set(all_numbers) <= set(everything) and everything == sorted(everything, key=lambda n: int(n[1:]))


def test_list__without_matches_is_an_empty_page(admin, account):
    reply = admin.get(f"/accounts/{account}/numbers", params={"countRecords": "true"})
    assert reply.json() == {"value": []} and reply.headers["x-ms-record-count"] == "0"


# ---- parameters ----

@pytest.mark.parametrize("path", ["/accounts", "/numbers", "/accounts/{account}/numbers", "/accounts/{account}/teamsCivicAddresses",
                                  "/teamsRequestsForInformation"])
@pytest.mark.parametrize("name,values", [
    ("top", ["0", "-1", "2147483648", "1.0", "x", "", "+1", "1 ", "0x10", "99999999999999999999"]),
    ("skip", ["-1", "2147483648", "1e3", "x", ""]),
    ("maxpagesize", ["0", "-1", "2147483648", "x", ""]),
    ("countRecords", ["1", "True", "yes", ""]),
    ("continuation", ["", "x", "0.-", "0.-.", "-1.-.5", "0.0.5", "0.x.5", "4294967296.-.5"]),
    ("orderby", ["name"]), ("select", ["name"]), ("$top", ["1"]), ("Top", ["1"]), ("deleteNumbers", ["true"]), ("", ["1"]),
])
def test_list__refuses_a_bad_parameter_by_name(admin, account, path, name, values):
    for value in values:
        reply = admin.get(path.format(account=account), params={name: value} if name else None)
        if not name:
            reply = admin.get(path.format(account=account) + "?=1&api-version=2024-02-29-preview")
        refused(reply, 400, "InvalidQueryParameter", name)


def test_list__refuses_a_parameter_given_twice(admin):
    for query in ("top=1&top=1", "skip=0&maxpagesize=1&skip=0", "filter=name eq 'a'&filter=name eq 'b'"):
        reply = admin.get(f"/accounts?api-version=2024-02-29-preview&{query}")
        refused(reply, 400, "InvalidQueryParameter", query.split("=")[0])
    twice = "/accounts?api-version=2024-02-29-preview&api-version=2024-02-29-preview"
    refused(admin.get(twice), 400, "InvalidQueryParameter", "api-version")


@pytest.mark.parametrize("query", ["top=%", "top=%4", "top=%zz", "filter=%ff", "filter=%00", "%ff=1", "filter=a%0ab"])
def test_list__refuses_a_query_that_is_no_text(server, query):
    target = f"/accounts?api-version=2024-02-29-preview&{query}"
    with Wire(server) as wire:
        wire.send(head(server, "GET", target))
        assert wire.reply("GET", target).status_code == 400


@pytest.mark.parametrize("version,code", [(None, "MissingApiVersionParameter"), ("", "MissingApiVersionParameter"),
                                          ("2023-10-01", "UnsupportedApiVersionValue"),
                                          ("2024-02-29-Preview", "UnsupportedApiVersionValue"),
                                          ("2024-02-29-preview ", "UnsupportedApiVersionValue")])
@pytest.mark.parametrize("method,path", [("GET", "/accounts"), ("GET", "/accounts/a"), ("PUT", "/accounts/a"),
                                         ("DELETE", "/accounts/a/numbers/+4930"), ("POST", "/accounts/a:deleteNumbers"),
                                         ("PATCH", "/teamsRequestsForInformation/a1de0000-0000-4000-8000-000000000001")])
def test_list__api_version_is_required_everywhere(server, version, code, method, path):
    client = server.client(api_version=None)
    error = refused(client.request(method, path, params={} if version is None else {"api-version": version}), 400, code,
                    "api-version")
    assert "2024-02-29-preview" in error["message"]


def test_list__conditions_and_repeatability_headers_change_nothing(admin, account):
    headers = {"If-Match": "nonsense", "If-None-Match": "*", "If-Modified-Since": "never", "Repeatability-Request-ID": "x"}
    assert admin.get(f"/accounts/{account}/numbers", headers=headers).status_code == 200


# ---- nextLink ----

def test_next_link__keeps_every_parameter(admin, full):
    query = {"filter": "accountName ne 'a&b=c+d%' and contains(accountName,'full')", "maxpagesize": "5", "countRecords": "true"}
    reply = admin.get(f"/accounts/{full}/numbers", params={**query, "skip": "3", "top": "9"})
    link = urllib.parse.urlsplit(reply.json()["nextLink"])
    asked = urllib.parse.parse_qs(link.query, strict_parsing=True)
    assert {name: asked[name] for name in query} == {name: [value] for name, value in query.items()}
    assert asked["api-version"] == ["2024-02-29-preview"] and "skip" not in asked and "top" not in asked
    assert link.path == f"/accounts/{full}/numbers"


def test_next_link__leads_on_also_under_odd_names(admin):
    names = sorted((account_name(prefix) for prefix in ("_-", "-_", "a-_b")), key=str.encode)
    for name in names:
        assert admin.put(f"/accounts/{name}", json={"name": name}).status_code == 201
    found = [item["name"] for item in admin.items("/accounts", maxpagesize=1)]
    assert [name for name in found if name in names] == names


def test_next_link__of_public_url(server, admin, full):
    link = admin.get(f"/accounts/{full}/numbers", headers={"Host": "evil.example"}).json()["nextLink"]
    assert link.startswith(server.url + "/")


@pytest.fixture(scope="module", name="bare")
def fixture_bare(lab, tmp_path_factory):
    """A server that has no public_url and two accounts."""
    program = Server(tmp_path_factory.mktemp("bare"), lab, "[server]\npublic_url =\n").start()
    client = program.client()
    for name in ("a", "b"):
        assert client.put(f"/accounts/{name}", json={"name": name}).status_code == 201
    yield program
    program.stop()


@pytest.mark.parametrize("host,base", [
    ("provapi.numgate.test", "https://provapi.numgate.test"), ("provapi.numgate.test:8443", "https://provapi.numgate.test:8443"),
    ("PROVAPI.numgate.test", None), ("provapi.NUMGATE.test", "https://provapi.NUMGATE.test"),
    ("localhost", "https://localhost"), ("localhost:9", "https://localhost:9"),
    ("192.0.2.7", "https://192.0.2.7"), ("192.0.2.7:444", "https://192.0.2.7:444"),
    ("[2001:db8::1]", "https://[2001:db8::1]"), ("[2001:db8::1]:444", "https://[2001:db8::1]:444"),
    ("evil.example", None), ("provapi.numgate.test.evil.example", None), ("provapi.evil.example", None),
    ("localhost.evil.example", None), ("192.0.2.7.evil.example", None), ("xprovapi.numgate.test", None), ("provapi.numgate.test.", None),
])
def test_next_link__follows_only_hosts_of_ours(bare, host, base):
    link = bare.client().get("/accounts", params={"maxpagesize": 1}, headers={"Host": host}).json()["nextLink"]
    assert link.startswith((base or "https://provapi.numgate.test") + "/accounts?"), link


@pytest.mark.parametrize("host", ["localhost@evil.example", "localhost/evil.example", "localhost#", "localhost:80:81", "local host",
                                  "localhost?x", "", "[::1", "localhost\\evil", "localhost:port", "evil%2eexample"])
def test_next_link__hostile_host_never_gets_into_it(bare, host):
    target = "/accounts?api-version=2024-02-29-preview&maxpagesize=1"
    block = head(bare, "GET", target).replace(b"localhost:%d" % bare.port, host.encode())
    with Wire(bare) as wire:
        wire.send(block)
        reply = wire.reply("GET", target)
    if reply.status_code == 200:
        assert reply.json()["nextLink"].startswith("https://provapi.numgate.test/accounts?")
    else:
        refused(reply, 400, "MalformedRequest")


def test_next_link__absolute_form_replaces_host(bare):
    for authority, base in (("localhost:1234", "https://localhost:1234/"), ("evil.example", "https://provapi.numgate.test/")):
        target = "/accounts?api-version=2024-02-29-preview&maxpagesize=1"
        with Wire(bare) as wire:
            wire.send(head(bare, "GET", f"https://{authority}{target}"))
            assert wire.reply("GET", target).json()["nextLink"].startswith(base)
