"""/numgate/v1/dns: the DNS of Direct Routing customers is shown as it is, and does what it is told."""
import subprocess
import uuid

import pytest

from conftest import account_body, account_name, wait_until
from contract import DATE_TIME, refused, targets
from customers import ADDRESSES, BASE, TTL, Customer, await_zone, by_hand, zone_of
from deployment import DNS, Site, ended
from servers import Bind, Knot

CONTROLS = [f"{DNS}:check", f"{DNS}:pause", f"{DNS}:resume", f"{DNS}:retry"]


def record(name, kind, data, ttl=TTL):
    return {"name": name, "type": kind, "ttl": ttl, "data": data}


@pytest.fixture(scope="module")
def site(tmp_path_factory, lab):
    made = Site(tmp_path_factory.mktemp("site"), lab)
    yield made
    made.close()


@pytest.fixture
def make_site(tmp_path, lab):
    made = []

    def make(**settings):
        made.append(Site(tmp_path / f"site{len(made)}", lab, **settings))
        return made[-1]
    yield make
    for one in made:
        one.close()


# ---- what is seen ----

def test_status__shows_publisher_servers_customers_and_work(site):
    site.customer()
    site.await_rest()
    status = site.status()
    assert status["configured"] is True and status["publisher"] == "update" and status["zones"] == [BASE]
    assert status["primary"] == site.dns.address and status["servers"] == [site.dns.address] and status["serial"] > 0
    customers = status["customers"]
    assert customers["kept"] == customers["provisioned"] >= 1 and customers["problems"] == customers["leaving"] == 0
    assert [k["kind"] for k in status["kinds"]] == ["dns", "zone"]
    for kind in status["kinds"]:
        assert not kind["paused"] and kind["failing"] == 0 and kind["pausedItems"] == 0


def test_account__shows_what_is_wanted_and_what_each_server_says(site):
    customer = site.customer()
    shown = site.shown(customer)
    label = customer.label
    assert (shown["account"], shown["subdomain"], shown["subdomainStatus"]) == (customer.name, label, "provisioned")
    assert DATE_TIME.match(shown["checkedAt"]) and "problem" not in shown and shown["attempt"] == 0 and not shown["paused"]
    for n, region in enumerate(shown["regions"], 1):
        name, ownership = f"{label}.1r{n}.{BASE}", f"{label}.1r{n}._numgate.{BASE}"
        assert (region["region"], region["name"], region["ownershipName"]) == (n, name, ownership)
        wanted = [record(name, "TXT", customer.tokens[n]), record(name, "A", ADDRESSES[n])]
        assert region["records"][0]["name"] == ownership and region["records"][1:] == wanted
        server, = region["servers"]
        assert server["server"] == site.dns.address and server["answered"] and server["matches"] and "why" not in server
        assert sorted(r["data"] for r in server["found"]) == sorted(r["data"] for r in wanted)
        assert "certificate" not in region


def test_account__with_a_foreign_record(site):
    label = next(site.labels)
    by_hand(site.dns, ("add", f"{label}.1r2.{BASE}", 60, "A", "198.51.100.9"))
    customer = Customer(site.admin, label).put().await_status("inconsistent")
    shown = wait_until(lambda: (lambda s: s if "problem" in s and s["attempt"] >= 1 else None)(site.shown(customer)), what="the problem, and the end of the try")
    assert shown["problem"]["code"] == "DnsForeignRecord" and f"{label}.1r2.{BASE}" in shown["problem"]["message"]
    assert DATE_TIME.match(shown["nextTryAt"])
    first, second = (region["servers"][0] for region in shown["regions"])
    assert first["found"] == [] and first["answered"] and not first["matches"]
    assert second["found"] == [record(f"{label}.1r2.{BASE}", "A", "198.51.100.9", 60)] and not second["matches"]
    listed, = [a for a in site.admin.items(f"{DNS}/accounts") if a["subdomain"] == label]
    assert listed["problem"] == shown["problem"] and listed["account"] == customer.name and "regions" not in listed
    assert site.status()["customers"]["problems"] >= 1
    other, blocked = sorted((i for i in site.plan()["items"] if i["name"].startswith(f"{label}.")), key=lambda i: i["name"])
    assert blocked["action"] == "blocked" and [r["data"] for r in blocked["foreign"]] == ["198.51.100.9"] and blocked["add"] == []
    assert other["action"] == "blocked" and other["add"] == other["foreign"] == []  # a customer is published whole or not at all
    by_hand(site.dns, ("delete", f"{label}.1r2.{BASE}", "A"))
    assert site.admin.post(f"/numgate/v1/accounts/{customer.name}/dns:check").status_code == 202
    customer.await_status()
    assert "problem" not in site.shown(customer)
    customer.delete()


def test_account__shows_servers_that_are_down(make_site):
    site = make_site(also="127.0.0.1:9")  # nobody is there
    customer = site.customer()
    shown = site.shown(customer)
    for region in shown["regions"]:
        good, bad = region["servers"]
        assert good["answered"] and not bad["answered"] and bad["why"] and bad["found"] == [] and not bad["matches"]
    site.dns.freeze()
    try:
        shown = site.shown(customer)
        assert not any(server["answered"] for region in shown["regions"] for server in region["servers"])
        assert all(server["why"] for region in shown["regions"] for server in region["servers"])
        error = refused(site.admin.get(f"{DNS}/plan"), 503, "ServiceUnavailable")
        assert error["innererror"]["code"].startswith("Dns")
    finally:
        site.dns.thaw()


def test_account__shows_what_the_certificate_covers(make_site, tmp_path):
    good, bad = tmp_path / "good.pem", tmp_path / "missing.pem"
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", "/dev/null", "-subj", "/CN=sbc", "-days", "30",
                    "-addext", f"subjectAltName=DNS:*.1r1.{BASE}", "-out", good], check=True, capture_output=True)
    site = make_site(more=f"[region.1]\ncertificate = {good}\n[region.2]\ncertificate = {bad}\n")
    first, second = (region["certificate"] for region in site.shown(site.customer())["regions"])
    assert first["covers"] is True and DATE_TIME.match(first["until"]) and "why" not in first
    assert second["covers"] is False and "missing.pem" in second["why"] and "until" not in second


def test_account__without_a_subdomain_is_409_and_an_unknown_one_404(site):
    plain = account_name()
    assert site.admin.put(f"/accounts/{plain}", json=account_body(plain)).status_code == 201
    disabled = Customer(site.admin, next(site.labels))
    disabled.enabled = False
    disabled.put()
    for name, status, code in ((plain, 409, "DirectRoutingNotEnabled"), (disabled.name, 409, "DirectRoutingNotEnabled"),
                               ("nobody", 404, "AccountNotFound"), ("a:b", 400, "InvalidPathParameter"), ("ä", 400, "InvalidPathParameter")):
        path = f"/numgate/v1/accounts/{name}/dns"
        refused(site.admin.get(path), status, code)
        refused(site.admin.get(f"{path}/letter"), status, code)
        refused(site.admin.post(f"{path}:check"), status, code)
    refused(site.admin.get(f"{DNS}/jobs/{uuid.uuid4()}"), 404, "JobNotFound")
    refused(site.admin.get(f"{DNS}/jobs/x"), 400, "InvalidPathParameter")
    refused(site.admin.get(f"{DNS}/plan", params={"x": "1"}), 400, "InvalidQueryParameter")


@pytest.mark.parametrize("size", [1, 2, 500])
def test_lists__come_in_pages(site, size):
    ours = {site.customer().label for _ in range(3)}
    for path in (f"{DNS}/accounts", f"{DNS}/letters"):
        pages = [page.json()["value"] for page in site.admin.pages(path, maxpagesize=size)]
        labels = [item["subdomain"] for page in pages for item in page]
        assert all(len(page) <= size for page in pages) and labels == sorted(set(labels)) and ours <= set(labels)


# ---- letters ----

def letter(site, customer, **params):
    reply = site.admin.get(f"/numgate/v1/accounts/{customer.name}/dns/letter", params=params)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_letter__follows_the_customer(site):
    customer = Customer(site.admin, next(site.labels))
    customer.enabled = False
    customer.put()
    names = [f"{customer.label}.1r{n}.{BASE}" for n in ADDRESSES]
    first = letter(site, customer, subdomain=customer.label)
    assert first["stage"] == "tokens" and first["names"] == names and all(f"   {name}\n" in first["text"] for name in names)
    assert "TXT" in first["text"] and "Do not verify" in first["text"] and customer.tokens[1] not in first["text"]
    label = customer.label
    by_hand(site.dns, ("add", f"{label}.1r2.{BASE}", 60, "A", "198.51.100.9"))
    customer.enabled = True
    customer.put().await_status("inconsistent")
    wait = letter(site, customer)
    assert wait["stage"] == "wait" and "Do not verify" in wait["text"]
    assert all(f"   {name}   {token}\n" in wait["text"] for name, token in zip(names, customer.tokens.values()))
    by_hand(site.dns, ("delete", f"{label}.1r2.{BASE}", "A"))
    customer.await_status()
    verify = letter(site, customer)
    assert verify["stage"] == "verify" and f"-OnlinePstnGatewayList {', '.join(names)}\n" in verify["text"]
    assert "24 hours" in verify["text"] and "5063" in verify["text"] and "licensed" in verify["text"]
    assert verify in site.admin.items(f"{DNS}/letters")
    assert len({one["subject"] for one in (first, wait, verify)}) == 3
    for one in (first, wait, verify):
        assert not set("{}[]|") & set(one["text"] + one["subject"]) and "  \n" not in one["text"]


def test_letter__refuses_a_label_that_cannot_be(site):
    taken, customer = site.customer(), Customer(site.admin, next(site.labels))
    customer.enabled = False
    customer.put()
    path = f"/numgate/v1/accounts/{customer.name}/dns/letter"
    for label, status, code in ((taken.label.upper(), 409, "SubdomainInUse"), ("a.b", 400, "InvalidValue"), ("", 400, "InvalidValue"), ("a" * 11, 400, "TooLong")):
        error = refused(site.admin.get(path, params={"subdomain": label}), status, code)
        assert status == 409 or targets(error) == {"subdomain": code}
    first = site.admin.get("/numgate/v1/accounts/nobody/dns/letter", params={"subdomain": "free"})  # nobody is to be a customer
    assert first.status_code == 200 and first.json()["stage"] == "tokens"


def test_letter__of_one_region_speaks_of_one_name(make_site):
    site = make_site(single=True)
    customer = site.customer()
    one = letter(site, customer)
    assert one["names"] == [f"{customer.label}.1r1.{BASE}"] and "1r2" not in one["text"] and "both" not in one["text"]
    first = letter(site, customer, subdomain="new")
    assert "1r2" not in first["text"] and "two" not in first["text"]


# ---- control ----

def test_check__sees_what_somebody_broke(site):
    customer = site.customer()
    site.await_rest()
    by_hand(site.dns, ("delete", f"{customer.label}.1r1.{BASE}", "A"))
    assert site.shown(customer)["regions"][0]["servers"][0]["matches"] is False  # a question says so at once; the status does not
    assert customer.status() == "provisioned"
    assert site.admin.post(f"{DNS}:check").status_code == 202
    wait_until(lambda: site.dns.lookup(f"{customer.label}.1r1.{BASE}", "A") == {ADDRESSES[1]}, what="the record again")


def test_pause__holds_everything_until_it_is_resumed(site):
    site.await_rest()
    assert site.admin.post(f"{DNS}:pause").status_code == 204
    try:
        customer = Customer(site.admin, next(site.labels)).put()
        wait_until(lambda: site.kind()["due"] == 1, what="work that waits")
        assert all(site.kind(name)["paused"] for name in ("dns", "zone")) and site.shown(customer)["paused"] is True
        assert site.dns.lookup(f"{customer.label}.1r1.{BASE}", "A") is None and customer.status() == "notProvisioned"
        job = site.admin.post(f"{DNS}:apply", json={"confirm": False}).json()
        assert job["state"] == "open" and job["paused"] is True
    finally:
        assert site.admin.post(f"{DNS}:resume").status_code == 204
    customer.await_status()
    assert wait_until(lambda: ended(site.admin.get(f"{DNS}/jobs/{job['id']}").json()))["state"] == "done"


def test_retry__tries_at_once_what_waits(make_site):
    site = make_site(retry_max_seconds=86400)
    site.await_rest()
    site.dns.stop()
    customer = Customer(site.admin, next(site.labels)).put()
    wait_until(lambda: site.kind()["failing"] == 1 and site.shown(customer)["attempt"] >= 4, what="failures", timeout=60)
    site.dns.start()
    assert site.admin.post(f"{DNS}:retry").json()["count"] >= 1
    customer.await_status()
    wait_until(lambda: site.admin.post(f"{DNS}:retry").json() == {"count": 0, "more": False})


def test_plan__and_apply_take_orphans_away(make_site):
    site = make_site()
    customers = [site.customer() for _ in range(4)]
    site.await_rest()
    clean = site.plan()
    assert clean == {"changes": 0, "orphans": 0, "foreign": 0, "ours": 28, "removed": 0, "removedPercent": 0, "confirm": False, "items": [],
                     "truncated": False}
    orphans = {(f"gone.1r1.{BASE}", "A", TTL, "192.0.2.1"),
               (f"gone.1r1._numgate.{BASE}", "TXT", TTL, "heritage=numgate,owner=numgate,a=192.0.2.1,account=gone")}
    by_hand(site.dns, *(("add", name, ttl, kind, data) for name, kind, ttl, data in orphans),
            ("delete", f"{customers[0].label}.1r2.{BASE}", "TXT"))
    plan = site.plan()
    assert (plan["changes"], plan["orphans"], plan["removed"], plan["confirm"]) == (2, 1, 2, False) and plan["removedPercent"] == 6
    first, second = plan["items"]
    assert (first["action"], first["name"]) == ("remove", f"gone.1r1.{BASE}") and len(first["remove"]) == 2 and "account" not in first
    assert (second["action"], second["account"]) == ("change", customers[0].name)
    assert second["add"] == [record(f"{customers[0].label}.1r2.{BASE}", "TXT", customers[0].tokens[2])] and second["remove"] == []
    job = site.apply()
    assert job["state"] == "done" and job["result"]["orphans"] == 1 and job["result"]["removed"] == 2 and "problem" not in job
    await_zone(site.dns, zone_of(*customers))
    control = [row for row in site.server.log_rows() if row["event"] == "dns_control"]
    assert control[-1]["operation"] == "NumgateDns_apply" and control[-1]["caller"]


@pytest.mark.parametrize("kind", [Knot, Bind], ids=["knot", "bind"])
def test_apply__of_a_plan_that_removes_much_must_be_confirmed(make_site, kind):
    site = make_site(kind=kind)
    site.await_rest()
    orphans = [(f"gone{n}.1r1._numgate.{BASE}", "TXT", TTL, "heritage=numgate,owner=numgate,account=gone") for n in range(3)]
    by_hand(site.dns, *(("add", name, ttl, kind_, data) for name, kind_, ttl, data in orphans))
    plan = site.plan()
    assert plan["confirm"] is True and (plan["removed"], plan["ours"], plan["removedPercent"]) == (3, 7, 42)
    job = site.apply(confirm=False)
    assert job["state"] == "failed" and job["problem"]["code"] == "DnsPlanNotConfirmed" and job["result"]["removed"] == 3
    await_zone(site.dns, zone_of() | set(orphans), "nothing is removed")
    assert site.apply(confirm=True)["state"] == "done"
    await_zone(site.dns, zone_of())


def test_apply__waits_for_a_server_that_is_down(make_site):
    site = make_site()
    site.await_rest()
    by_hand(site.dns, ("add", f"gone.1r1._numgate.{BASE}", TTL, "TXT", "heritage=numgate,owner=numgate,account=gone"))
    site.dns.stop()
    path = f"{DNS}/jobs/{site.admin.post(f'{DNS}:apply', json={'confirm': True}).json()['id']}"
    job = wait_until(lambda: (lambda j: j if j["attempt"] >= 2 else None)(site.admin.get(path).json()), what="two failures")
    assert job["state"] == "open" and job["problem"]["code"].startswith("Dns") and DATE_TIME.match(job["nextTryAt"]) and "result" not in job
    site.dns.start()
    job = wait_until(lambda: ended(site.admin.get(path).json()), what="the end of the job")
    assert job["state"] == "done" and job["result"]["orphans"] == 1 and "problem" not in job and "nextTryAt" not in job
    await_zone(site.dns, zone_of())


def test_plan__needs_a_key_that_may_transfer(make_site):
    site = make_site()
    site.customer()
    site.dns.configure(allow=("update",))
    error = refused(site.admin.get(f"{DNS}/plan"), 409, "DnsNoTransfer")
    assert error["innererror"]["code"].startswith("Dns")


# ---- who, and whether at all ----

def test_roles__read_sees_and_admin_steers(site):
    customer = site.customer()
    account = f"/numgate/v1/accounts/{customer.name}/dns"
    for path in (DNS, f"{DNS}/accounts", f"{DNS}/letters", f"{DNS}/plan", account, f"{account}/letter"):
        assert site.server.client("READ").get(path).status_code == 200, path
        refused(site.server.client("NO_ROLE").get(path), 403, "RoleRequired")
    for path in [*CONTROLS, f"{DNS}:apply", f"{account}:check"]:
        for role in ("READ", "WRITE", "DELETE"):
            refused(site.server.client(role).post(path, json={"confirm": True}), 403, "RoleRequired")


@pytest.mark.parametrize("body,code", [(None, "MissingBody"), ({}, "MissingField"), ({"confirm": "yes"}, "InvalidType"), ([], "InvalidJson"),
                                       ({"confirm": True, "force": True}, "UnknownField")])
def test_apply__refuses_bad_bodies(site, body, code):
    refused(site.admin.post(f"{DNS}:apply", json=body), 400, code)


def test_unconfigured__is_501_but_for_the_status(server):
    admin = server.client("ADMIN")
    status = admin.get(DNS).json()
    assert status["configured"] is False and status["publisher"] == "none" and status["servers"] == status["zones"] == []
    account = "/numgate/v1/accounts/a/dns"
    for path in (f"{DNS}/accounts", f"{DNS}/letters", f"{DNS}/plan", f"{DNS}/jobs/{uuid.uuid4()}", account, f"{account}/letter"):
        refused(admin.get(path), 501, "DnsNotConfigured")
    for path in [*CONTROLS, f"{DNS}:apply", f"{account}:check"]:
        refused(admin.post(path, json={"confirm": True}), 501, "DnsNotConfigured")


@pytest.mark.parametrize("publisher", ["none", "zonefile"])
def test_plan__is_of_updates_alone(make_site, publisher, tmp_path):
    site = make_site(publisher=publisher, zone=BASE, zone_file=tmp_path / "zone", name_servers="ns1.example.net")
    refused(site.admin.get(f"{DNS}/plan"), 409, "DnsNoTransfer")
    refused(site.admin.post(f"{DNS}:apply", json={"confirm": True}), 409, "DnsNoTransfer")
    status = site.status()
    assert status["publisher"] == publisher and "primary" not in status and status["zones"] == ([BASE] if publisher == "zonefile" else [])
    customer = Customer(site.admin, "contoso").put()
    shown = wait_until(lambda: (lambda s: s if "problem" in s else None)(site.shown(customer)), what="what the server says")
    assert shown["subdomainStatus"] == "notProvisioned" and shown["problem"]["code"] == "DnsNotServed"
    assert all(region["servers"][0]["answered"] and not region["servers"][0]["matches"] for region in shown["regions"])
