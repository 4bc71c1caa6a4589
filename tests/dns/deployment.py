"""A name server and a numgated that keeps its zone, and how tests look at them."""
from conftest import Server, wait_until
from contract import UUID
from customers import BASE, Customer, options
from servers import Knot

DNS = "/numgate/v1/dns"


def ended(job):
    return job if job["state"] != "open" else None


class Site:
    """Settings are options of [dns]; `more` are further sections."""

    def __init__(self, folder, lab, kind=Knot, also="", single=False, more="", **settings):
        self.dns = kind(folder / "dns", zones=(BASE,)).start()
        if also:
            settings["servers"] = f"{self.dns.address}, {also}"
        config = options(self.dns, folder / "key", **settings)
        config = config.split("[region.2]")[0] + "[deployment]\nsingle_region = yes\n" if single else config
        self.server = Server(folder / "server", lab, config + more).start()
        self.admin = self.server.client("ADMIN")
        self.labels = (f"c{n}" for n in range(1000))

    def customer(self, label=None):
        return Customer(self.admin, label or next(self.labels)).put().await_status()

    def shown(self, customer, status=200, **params):
        reply = self.admin.get(f"/numgate/v1/accounts/{customer.name}/dns", params=params)
        assert reply.status_code == status, reply.text
        return reply.json()

    def plan(self):
        reply = self.admin.get(f"{DNS}/plan")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def apply(self, confirm=False):
        """The job, once it has ended."""
        reply = self.admin.post(f"{DNS}:apply", json={"confirm": confirm})
        assert reply.status_code == 202, reply.text
        job = reply.json()
        assert UUID.match(job["id"]) and job["confirm"] is confirm
        return wait_until(lambda: ended(self.admin.get(f"{DNS}/jobs/{job['id']}").json()), what="the end of the job")

    def status(self, role="READ"):
        return self.server.client(role).get(DNS).json()

    def kind(self, name="dns"):
        return next(k for k in self.status()["kinds"] if k["kind"] == name)

    def await_rest(self):
        wait_until(lambda: self.kind()["depth"] == 0 and self.kind("zone")["due"] == 0, what="the end of the work")

    def close(self):
        self.server.stop()
        self.dns.stop()
