"""The portal as the daemon serves it: its files, its configuration, the headers, its own listener, and what user tokens may do there."""
import concurrent.futures
import gzip
import itertools
import os
import shutil
import threading

import pytest
import requests
from conftest import Client, Server, account_body, account_name, free_port, wait_until

from contract import refused
from issuer import Issuer
from wire import Wire, head

INDEX = "<!doctype html><title>the portal</title>"
SCRIPT = "export const text = 'x';\n" * 50
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self'; "
          "font-src 'self'; connect-src 'self' {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
          "require-trusted-types-for 'script'; trusted-types 'none'")
FOREVER = "public, max-age=31536000, immutable"


def write_files(folder, index=INDEX, script=SCRIPT, hashed="4f1c"):
    """A small portal, as a build leaves it; what stands for brotli is not, but nobody here reads it."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(index)
    file = folder / "assets" / f"index-{hashed}.js"
    file.write_text(script)
    file.with_name(file.name + ".gz").write_bytes(gzip.compress(script.encode()))
    file.with_name(file.name + ".br").write_bytes(b"brotli:" + script.encode()[:20])
    (folder / "assets" / "style-77.css").write_text("body { margin: 0 }")
    return folder


def options(folder, **more):
    values = {"url": "https://127.0.0.1:8443/portal/", "files": folder, "client_id": "portal-client", **more}
    return "[portal]\n" + "".join(f"{name} = {value}\n" for name, value in values.items() if value is not None)


@pytest.fixture(scope="module", name="files")
def fixture_files(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("portal"))


@pytest.fixture(scope="module", name="own")
def fixture_own(lab):
    issuer = Issuer(lab.directory, free_port())
    issuer.more = {"authorization_endpoint": issuer.url + "/authorize", "token_endpoint": "https://tokens.example.net/t",
                   "end_session_endpoint": issuer.url + "/logout"}
    yield issuer
    issuer.close()


def origin(url):
    return "/".join(url.split("/")[:3])


@pytest.fixture(scope="module", name="portal")
def fixture_portal(make_portal):
    return make_portal()


@pytest.fixture(scope="module", name="make_portal")
def fixture_make_portal(lab, own, files, tmp_path_factory):
    """make_portal(files=..., **options of [portal]): a server with a portal, whose people sign in at the tests' own issuer."""
    made = []

    def make(folder=files, start=True, config="", **more):
        text = own.config(lab.ca) + options(folder, **{"issuer": "own", **more}) + config
        server = Server(tmp_path_factory.mktemp("server"), lab, text)
        made.append(server)
        return server.start() if start else server

    yield make
    for server in made:
        server.stop()


def get(server, path, method="GET", **headers):
    """Without a token; names of headers have '_' for '-'. Encodings are asked for only when said."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, server.url + path, headers={"Accept-Encoding": None, **names}, verify=server.ca, timeout=20,
                               allow_redirects=False)


def raw(server, target, *lines, method="GET"):
    """(status, {header: value}) of a request whose target is sent as it stands."""
    with Wire(server) as wire:
        wire.send(head(server, method, target, *lines, role=None))
        rows = wire.receive_until(b"\r\n\r\n").decode().split("\r\n")
        return int(rows[0].split(" ")[1]), dict(row.split(": ", 1) for row in rows[1:])


# ---- the page ----

@pytest.mark.parametrize("path", ["/portal/", "/portal/accounts", "/portal/accounts/contoso/numbers?filter=x&filter=y", "/portal/index.html",
                                  "/portal/numbers?after=%2B44%", "/portal/assets", "/portal//", "/portal/config.json/x"])
def test_page__is_any_path(portal, path):
    reply = get(portal, path)
    assert (reply.status_code, reply.text) == (200, INDEX)
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


def test_page__has_exactly_these_headers(portal, own):
    status, headers = raw(portal, "/portal/")
    for name in ("Date", "x-ms-request-id", "ETag"):
        assert headers.pop(name)
    assert (status, headers) == (200, {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY.format(f"https://tokens.example.net {origin(own.url)}"),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(INDEX)),
    })


def test_page__names_the_issuer_once_where_all_is_one_origin(make_portal, lab):
    server = make_portal(issuer="lab")
    assert get(server, "/portal/").headers["Content-Security-Policy"] == POLICY.format(lab.url)


def test_page__that_is_known_is_304(portal):
    reply = get(portal, "/portal/x")
    tag = reply.headers["ETag"]
    assert tag.startswith('"') and get(portal, "/portal/y").headers["ETag"] == tag
    for known in (tag, f'"other", {tag}', "W/" + tag, "*"):
        again = get(portal, "/portal/x", If_None_Match=known)
        assert (again.status_code, again.content) == (304, b""), known
        for name in ("ETag", "Cache-Control", "Content-Security-Policy", "Vary"):
            assert again.headers[name] == reply.headers[name]
    for other in ('"other"', tag.strip('"'), ""):
        assert get(portal, "/portal/x", If_None_Match=other).status_code == 200, other


def test_root__leads_to_the_page(portal):
    for path, target in (("/portal", "/portal/"), ("/portal?a=b", "/portal/?a=b")):
        reply = get(portal, path)
        assert (reply.status_code, reply.headers["Location"]) == (308, target)


@pytest.mark.parametrize("path", ["/portal", "/portal/", "/portal/x", "/portal/assets/index-4f1c.js", "/portal/config.json", "/portal/assets/none.js"])
def test_head__is_get_without_its_body(portal, path):
    with_body, without = get(portal, path), get(portal, path, "HEAD")
    assert (without.status_code, without.content) == (with_body.status_code, b"")
    for reply in (with_body, without):
        del reply.headers["Date"], reply.headers["x-ms-request-id"]
    assert without.headers == with_body.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_methods__that_change_are_405(portal, method):
    for path in ("/portal", "/portal/", "/portal/assets/index-4f1c.js", "/portal/config.json"):
        reply = get(portal, path, method)
        refused(reply, 405, "MethodNotAllowed")
        assert reply.headers["Allow"] == "GET, HEAD"


# ---- assets ----

def test_asset__is_kept_for_good(portal):
    status, headers = raw(portal, "/portal/assets/index-4f1c.js")
    for name in ("Date", "x-ms-request-id", "ETag"):
        assert headers.pop(name)
    assert (status, headers) == (200, {
        "Cache-Control": FOREVER,
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
        "Content-Type": "text/javascript; charset=utf-8",
        "Content-Length": str(len(SCRIPT)),
    })
    assert get(portal, "/portal/assets/style-77.css").headers["Content-Type"] == "text/css; charset=utf-8"


@pytest.mark.parametrize("path", ["assets/", "assets/none.js", "assets/index-4f1c.js/", "assets/index-4f1c.js.gz", "assets//index-4f1c.js",
                                  "assets/index-4F1C.js", "assets/index.html"])
def test_asset__that_is_unknown_is_404_and_never_the_page(portal, path):
    reply = get(portal, "/portal/" + path)
    refused(reply, 404, "NotFound")
    assert "Cache-Control" not in reply.headers


@pytest.mark.parametrize("target", ["/portal/assets/../index.html", "/portal/../accounts", "/portal/assets/%2e%2e/x", "/portal/assets%2findex-4f1c.js",
                                    "/portal/assets/..%2f..%2fetc/passwd", "/portal/%00", "/portal/./x", "/portal/%ff"])
def test_path__tricks_are_404(portal, target):
    status, headers = raw(portal, target)
    assert (status, headers["x-ms-error-code"]) == (404, "NotFound")


def test_path__with_a_broken_escape_is_400(portal):
    assert raw(portal, "/portal/%zz")[0] == 400


@pytest.mark.parametrize("accepted, coding", [
    (None, None), ("", None), ("gzip", "gzip"), ("br", "br"), ("gzip, br", "br"), ("GZIP", "gzip"), ("gzip;q=1.0, br;q=0.5", "gzip"),
    ("gzip;q=0", None), ("br;q=0, gzip;q=0.001", "gzip"), ("identity", None), ("identity;q=1, gzip;q=0.9", None), ("*", "br"),
    ("*;q=0", None), ("*;q=0.5, br;q=0", "gzip"), ("deflate, zstd", None), ("gzip;q=2", None), ("gzip;q=x", None), ("gzip ; q=0.4", "gzip"),
    ("identity;q=0", None), ("gzip;level=1", None), (",,gzip,", "gzip")])
def test_coding__is_the_best_that_is_accepted(portal, accepted, coding):
    lines = [] if accepted is None else [f"Accept-Encoding: {accepted}"]
    status, headers = raw(portal, "/portal/assets/index-4f1c.js", *lines)
    assert (status, headers.get("Content-Encoding")) == (200, coding)
    assert headers["Vary"] == "Accept-Encoding"


def test_coding__of_several_lines_is_one_list(portal):
    assert raw(portal, "/portal/assets/index-4f1c.js", "Accept-Encoding: br;q=0.1", "Accept-Encoding: gzip")[1]["Content-Encoding"] == "gzip"


def test_coding__has_a_tag_of_its_own(portal):
    path, tags = "/portal/assets/index-4f1c.js", set()
    for accepted in ("identity", "gzip", "br"):
        reply = raw(portal, path, f"Accept-Encoding: {accepted}")[1]
        tags.add(reply["ETag"])
        assert raw(portal, path, f"Accept-Encoding: {accepted}", f"If-None-Match: {reply['ETag']}")[0] == 304
    assert len(tags) == 3
    assert get(portal, path, Accept_Encoding="gzip").text == SCRIPT  # requests unpacks it
    assert raw(portal, "/portal/assets/style-77.css", "Accept-Encoding: gzip, br")[1].get("Content-Encoding") is None


# ---- config.json ----

def test_config__says_what_was_discovered(portal, own, lab):
    reply = get(portal, "/portal/config.json")
    assert reply.headers["Content-Type"] == "application/json" and reply.headers["Cache-Control"] == "no-cache"
    config = reply.json()
    assert config.pop("version")
    assert config == {
        "issuer": own.url,
        "authorizationEndpoint": own.url + "/authorize",
        "tokenEndpoint": "https://tokens.example.net/t",
        "endSessionEndpoint": own.url + "/logout",
        "clientId": "portal-client",
        "scope": f"openid profile offline_access {own.AUDIENCE}/.default",
        "redirectUri": "https://127.0.0.1:8443/portal/",
    }


def test_config__has_the_scope_that_was_set_and_never_the_hosts_word(make_portal):
    server = make_portal(scope="openid api")
    status, _ = raw(server, "/portal/config.json")
    assert status == 200
    config = get(server, "/portal/config.json", Host="evil.example", X_Forwarded_Host="evil.example").json()
    assert (config["scope"], config["redirectUri"]) == ("openid api", "https://127.0.0.1:8443/portal/")


def test_config__is_503_until_the_issuer_was_asked(lab, files, tmp_path):
    own = Issuer(lab.directory, free_port())
    own.failing, own.more = True, {"authorization_endpoint": own.url + "/a", "token_endpoint": own.url + "/t"}
    server = Server(tmp_path, lab, own.config(lab.ca) + options(files, issuer="own"))
    try:
        server.spawn()
        wait_until(lambda: "started" in server.output(), what="the start")
        reply = get(server, "/portal/config.json")
        refused(reply, 503, "ServiceUnavailable")
        assert int(reply.headers["Retry-After"]) >= 1
        page = get(server, "/portal/")
        assert (page.status_code, page.headers["Content-Security-Policy"]) == (200, POLICY.format(origin(own.url)))
        own.failing = False
        wait_until(lambda: get(server, "/portal/config.json").status_code == 200, 60, "the discovery document")
        assert "endSessionEndpoint" not in get(server, "/portal/config.json").json()
    finally:
        server.stop()
        own.close()


@pytest.mark.parametrize("more", [
    {}, {"token_endpoint": "https://x/t"}, {"authorization_endpoint": "http://evil.example/a", "token_endpoint": "https://x/t"},
    {"authorization_endpoint": "https://x/a", "token_endpoint": "https://x; script-src */t"}, {"authorization_endpoint": 1, "token_endpoint": 2}])
def test_config__needs_endpoints_that_a_browser_may_be_sent_to(lab, files, tmp_path, more):
    own = Issuer(lab.directory, free_port())
    own.more = more
    server = Server(tmp_path, lab, own.config(lab.ca) + options(files, issuer="own")).start()
    try:
        assert "usable" in refused(get(server, "/portal/config.json"), 503, "ServiceUnavailable")["message"]
        assert "script-src *" not in get(server, "/portal/").headers["Content-Security-Policy"]
    finally:
        server.stop()
        own.close()


# ---- who may ----

def test_portal__asks_for_no_token_and_counts_for_no_limit(make_portal):
    server = make_portal(config="[limits]\nrequests_per_minute = 1\n")
    assert [get(server, f"/portal/{n}").status_code for n in range(20)] == [200] * 20
    assert [get(server, "/portal/assets/none").status_code for _ in range(5)] == [404] * 5
    assert server.client("READ").get("/accounts").status_code == 200
    assert get(server, "/portal/x", Authorization="Bearer rubbish").status_code == 200


def test_portal__passes_the_address_list(make_portal):
    server = make_portal(config="[access]\nallow = 192.0.2.0/24\n")
    for path in ("/portal", "/portal/", "/portal/config.json", "/portal/assets/none", "/portal/assets/index-4f1c.js"):
        refused(get(server, path), 403, "AddressNotAllowed")


def test_portal__is_not_there_unless_it_is_configured(server):
    for path in ("/portal", "/portal/", "/portal/config.json"):
        refused(get(server, path), 404, "NotFound")


def test_portal__code_of_the_issuer_is_not_logged(portal):
    get(portal, "/portal/?code=very-secret-code&state=s")
    wait_until(lambda: any(row["event"] == "request" and row["target"] == "/portal/" for row in portal.log_rows()), what="its line")
    assert "very-secret-code" not in portal.output()


# ---- options ----

@pytest.mark.parametrize("more, words", [
    ({"url": "http://provapi.example.net/portal/"}, "https://"),
    ({"url": "https://provapi.example.net/"}, "/portal/ at the end"),
    ({"url": "https://provapi.example.net/portal"}, "/portal/ at the end"),
    ({"url": "https://provapi.example.net/x/portal/"}, "/portal/ at the end"),
    ({"url": None}, "needs url, which is not there"),
    ({"url": None, "client_id": None, "listen": "https://127.0.0.1:1"}, "[portal] listen needs url"),
    ({"client_id": None}, "client_id"),
    ({"issuer": "nobody"}, "[issuer.nobody]"),
    ({"issuer": None}, "[portal] issuer is needed"),
    ({"files": ""}, "files"),
    ({"files": "relative"}, "absolute"),
    ({"listen": "http://192.0.2.1:80"}, "loopback"),
    ({"listen": "https://192.0.2.1:8443"}, "[portal] allow must say who"),
    ({"listen": "provapi.example.net"}, "a URL such as"),
    ({"allow": "192.0.2.0/24"}, "[portal] listen, which is not there"),
    ({"listen": "https://127.0.0.1:8443", "allow": "192.0.2.1/24"}, "192.0.2.0/24"),
])
def test_options__that_do_not_fit_are_refused_with_the_reason(lab, own, files, tmp_path, more, words):
    server = Server(tmp_path, lab, own.config(lab.ca) + options(files, **{"issuer": "own", **more}))
    server.spawn()
    assert server.wait() == 78
    assert words in server.output(), server.output()


def test_options__with_one_issuer_need_not_name_it(make_server, lab, files):
    server = make_server(options(files))
    assert get(server, "/portal/").headers["Content-Security-Policy"] == POLICY.format(lab.url)


def many(folder):
    for n in range(2001):
        (folder / "assets" / f"{n}.txt").write_text("")


def deep(folder):
    os.makedirs(folder / "/".join("123456789"))


@pytest.mark.parametrize("spoil, words", [
    (shutil.rmtree, "No such file"),
    (lambda folder: (folder / "index.html").unlink(), "index.html"),
    (lambda folder: (folder / "assets" / "passwd").symlink_to("/etc/passwd"), "a link that leads out"),
    (lambda folder: (folder / "etc").symlink_to("/etc"), "a link that leads out"),
    (lambda folder: (folder / "assets" / "gone.js").symlink_to("nowhere"), "No such file"),
    (lambda folder: (folder / "assets" / "index-4f1c.js").unlink(), "the file that they are a coding of"),
    (lambda folder: os.mkfifo(folder / "assets" / "pipe"), "not a regular file"),
    (lambda folder: (folder / "loop").symlink_to("."), "folders deep"),
    (lambda folder: (folder / "assets" / "large.bin").write_bytes(bytes(8 * 1024 * 1024)), "large.bin"),
    (many, "more than 2000 files"),
    (deep, "folders deep"),
])
def test_files__that_cannot_be_served_are_refused_with_the_reason(lab, own, tmp_path, spoil, words):
    folder = write_files(tmp_path / "portal")
    spoil(folder)
    server = Server(tmp_path / "server", lab, own.config(lab.ca) + options(folder, issuer="own"))
    checked = server.run("check-config", server.config)
    assert checked.returncode == 1 and words in checked.stderr, checked
    server.spawn()
    assert server.wait() == 1
    assert words in server.output() and str(folder) in server.output(), server.output()


def test_files__may_be_links_within_the_folder(make_portal, tmp_path):
    folder = write_files(tmp_path / "portal")
    (folder / "assets" / "same.js").symlink_to("index-4f1c.js")
    (folder / ".hidden").symlink_to("/etc/passwd")
    server = make_portal(folder)
    assert get(server, "/portal/assets/same.js").text == SCRIPT
    assert get(server, "/portal/.hidden").text == INDEX


# ---- reload ----

def events(server, event):
    return [row for row in server.log_rows() if row["event"] == event]


def reload(server, event="reloaded"):
    before = len(events(server, event))
    server.reload()
    return wait_until(lambda: events(server, event)[before:], what=event)[0]


def test_reload__takes_the_new_files_whole(make_portal, tmp_path):
    folder = write_files(tmp_path / "portal")
    server = make_portal(folder)
    tag = get(server, "/portal/").headers["ETag"]
    shutil.rmtree(folder)
    assert get(server, "/portal/").text == INDEX  # they are in memory
    write_files(folder, "second", "2", "beef")
    reload(server)
    reply = get(server, "/portal/", If_None_Match=tag)
    assert (reply.status_code, reply.text) == (200, "second")
    refused(get(server, "/portal/assets/index-4f1c.js"), 404, "NotFound")
    assert get(server, "/portal/assets/index-beef.js").text == "2"


def test_reload__that_fails_keeps_the_old_files(make_portal, tmp_path):
    folder = write_files(tmp_path / "portal")
    server = make_portal(folder)
    (folder / "index.html").rename(folder / "index.old")
    row = reload(server, "reload_failed")
    assert "index.html" in row["error"] and str(folder) in row["error"]
    assert get(server, "/portal/").text == INDEX
    (folder / "index.old").rename(folder / "index.html")
    reload(server)
    assert get(server, "/portal/").text == INDEX


def test_reload__while_requests_run(make_portal, tmp_path):
    """Each answer is of one edition, and none fails."""
    folder = write_files(tmp_path / "portal", "0" * 200_000)
    server = make_portal(folder)
    ends, answers = threading.Event(), []

    def ask():
        with requests.Session() as session:
            session.trust_env = False
            for _ in itertools.takewhile(lambda _: not ends.is_set(), itertools.count()):
                reply = session.get(server.url + "/portal/x", verify=server.ca, timeout=20)
                answers.append((reply.status_code, len(reply.text), len(set(reply.text)), reply.text[0]))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(ask) for _ in range(4)]
        try:
            wait_until(lambda: answers, what="the first answer")
            for n in range(1, 6):
                write_files(folder, str(n) * 200_000)
                reload(server)
                seen = len(answers)
                wait_until(lambda seen=seen: len(answers) > seen + 8, what="further answers")
        finally:
            ends.set()
        for each in running:
            each.result()
    assert {answer[:3] for answer in answers} == {(200, 200_000, 1)}
    assert {"0", "5"} <= {answer[3] for answer in answers}


# ---- a listener of its own ----

class Door:
    """A listener of a server, for get(), raw() and clients of it."""

    def __init__(self, server, port):
        self.server, self.port, self.url, self.ca, self.lab = server, port, f"https://localhost:{port}", server.ca, server.lab

    def client(self, role, **more):
        return Client(self, role, **more)


@pytest.fixture(scope="module", name="doors")
def fixture_doors(make_portal):
    """(the API's, the portal's) of one server."""
    port = free_port()
    server = make_portal(listen=f"https://127.0.0.1:{port}", url=f"https://127.0.0.1:{port}/portal/", config="[limits]\nrequests_per_minute = 1000\n")
    return server, Door(server, port)


def test_listener__of_its_own_serves_the_portal_and_the_other_no_more(doors):
    api, own = doors
    assert get(own, "/portal/accounts").text == INDEX
    assert get(own, "/portal/config.json").status_code == 200
    assert get(own, "/portal").status_code == 308
    assert get(own, "/portal/assets/index-4f1c.js").text == SCRIPT
    for path in ("/portal", "/portal/", "/portal/config.json", "/portal/assets/index-4f1c.js"):
        refused(get(api, path), 404, "NotFound")
        refused(get(api, path, "POST"), 404, "NotFound")


def test_listener__of_its_own_serves_user_tokens_alone(doors):
    api, own = doors
    name = account_name("door")
    person = own.client("USER_ADMIN")
    assert person.put(f"/accounts/{name}", json=account_body(name)).status_code == 201
    assert person.get("/numgate/v1/me").json()["kind"] == "user"
    assert person.get("/numgate/v1/audit", params={"account": name}).json()["value"][0]["way"] == "portal"
    for role in ("ADMIN", "READ", "V1"):
        for path in (f"/accounts/{name}", "/accounts", "/numgate/v1/me", "/nothing"):
            refused(own.client(role).get(path), 403, "UserTokenRequired")
    refused(own.client("NO_ROLE").get("/accounts"), 403, "RoleRequired")
    refused(own.client(None).get("/accounts"), 401, "MissingToken")
    assert api.client("ADMIN").get(f"/accounts/{name}").status_code == 200
    assert api.client("USER_READ").get(f"/accounts/{name}").status_code == 200  # tools of people need no portal
    assert get(own, "/numgate/v1/ready").status_code == 200


def test_listener__of_its_own_counts_no_application(doors):
    api, own = doors
    before = api.metrics()['numgate_refusals_total{reason="no-user"}']
    refused(own.client("READ").get("/accounts"), 403, "UserTokenRequired")
    assert api.metrics()['numgate_refusals_total{reason="no-user"}'] == before + 1


def test_links__of_people_lead_to_where_the_portal_is(doors, make_portal):
    api, own = doors
    for _ in range(2):
        name = account_name("link")
        assert api.client("ADMIN").put(f"/accounts/{name}", json=account_body(name)).status_code == 201
    for client, begin in ((own.client("USER_ADMIN"), f"https://127.0.0.1:{own.port}/accounts?"), (api.client("USER_ADMIN"), api.url + "/accounts?"),
                          (api.client("ADMIN"), api.url + "/accounts?")):
        assert client.get("/accounts", params={"maxpagesize": "1"}).json()["nextLink"].startswith(begin)
    both = make_portal()  # one listener for all
    for n in range(2):
        assert both.client("ADMIN").put(f"/accounts/a{n}", json=account_body(f"a{n}")).status_code == 201
    assert both.client("USER_READ").get("/accounts", params={"maxpagesize": "1"}).json()["nextLink"].startswith("https://127.0.0.1:8443/accounts?")
    assert both.client("READ").get("/accounts", params={"maxpagesize": "1"}).json()["nextLink"].startswith(both.url)


def test_listener__has_an_address_list_of_its_own(lab, own, files, tmp_path):
    port = free_port()
    server = Server(tmp_path, lab)

    def configure(api, portal):
        server.configure(own.config(lab.ca) + options(files, issuer="own", listen=f"https://127.0.0.1:{port}", allow=portal) +
                         f"[access]\nallow = {api}\n")

    here, elsewhere, door = "127.0.0.0/8", "192.0.2.0/24", Door(server, port)
    try:
        configure(elsewhere, here)
        server.start()
        refused(server.client("USER_READ").get("/accounts"), 403, "AddressNotAllowed")
        assert door.client("USER_READ").get("/accounts").status_code == 200
        assert get(door, "/portal/").status_code == 200
        configure(here, elsewhere)
        reload(server)
        assert server.client("USER_READ").get("/accounts").status_code == 200
        refused(door.client("USER_READ").get("/accounts"), 403, "AddressNotAllowed")
        refused(get(door, "/portal/"), 403, "AddressNotAllowed")
        configure(elsewhere, None)  # empty: loopback
        reload(server)
        assert get(door, "/portal/").status_code == 200
    finally:
        server.stop()
