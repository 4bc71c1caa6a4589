"""An enterprise of the lab's back end with its account, as a client and an administrator see it."""
from conftest import wait_until
from side import new_tenant, number_of

SYNC = "/numgate/v1/sync"
ACCOUNTS = f"{SYNC}/accounts"

_accounts = iter(range(1000))
_numbers = iter(range(441632970000, 441632989999))


def new_number():
    return f"+{next(_numbers)}"


class Enterprise:
    """A tenant that has consented, and its account."""

    def __init__(self, pair, sync=True):
        self.pair, self.admin, self.tenant, self.account = pair, pair.admin, new_tenant(), f"control-{next(_accounts):03}"
        pair.side.consent(self.tenant)
        wait_until(lambda: pair.rfi(self.tenant), what="the consent as a request for information")
        pair.put_account(self.account, self.tenant, sync)

    def put(self, *numbers, **settings):
        for i in range(0, len(numbers), 100):
            body = {"numbers": [number_of(self.account, n, **settings) for n in numbers[i:i + 100]]}
            reply = self.admin.post(f"/accounts/{self.account}:createOrUpdateNumbers", json=body)
            assert reply.status_code == 200, reply.text
        return numbers

    def statuses(self):
        numbers = self.admin.items(f"/accounts/{self.account}/numbers", maxpagesize=500)
        return {n["serviceProvisioningStatus"] for n in numbers}

    def await_all(self, status):
        wait_until(lambda: self.statuses() == {status}, what=f"all numbers {status}")
        return self

    def await_rest(self, swept=True):
        """Until nothing is left to do, and the first sweep, which would repair what a test breaks, is over."""
        def rests():
            state = self.state()
            return "nextTryAt" not in state and (not swept or not state["services"] or "last" in state.get("sweep", {}))
        wait_until(rests, what="the end of the work")
        return self

    def state(self):
        reply = self.admin.get(f"{ACCOUNTS}/{self.account}")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def tell(self, action, status=204, body=None):
        reply = self.admin.post(f"{ACCOUNTS}/{self.account}:{action}", json=body)
        assert reply.status_code == status, reply.text
        return reply.json() if reply.content else None

    def swept(self, mode):
        """The result, once the sweep that was asked for has ended."""
        def ended():
            sweep = self.state()["sweep"]
            return sweep["mode"] == "rolling" and sweep.get("last", {}).get("mode") == mode and sweep["last"]
        return wait_until(ended, what=f"the end of the {mode}")


def count(n, truncated=False):
    return {"count": n, "truncated": truncated}
