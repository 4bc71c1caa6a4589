"""A customer of Direct Routing is brought in, with each name server of docs/dns.md: the real daemon publishes, the lab's Microsoft 365 verifies."""
import signal
import uuid

import pytest
from conftest import account_name, wait_until
from test_m365 import M365, make_folder
from test_recipes import BASE, make, secret  # noqa: F401  (make is a fixture)


@pytest.mark.parametrize("name", ["knot", "bind", "powerdns"])
def test_customer__is_brought_in(make, make_server, tmp_path, name):  # noqa: F811
    dns, tenant, account, label = make(name), str(uuid.uuid4()), account_name("dr"), "con_toso"
    key = tmp_path / "key"
    key.write_text(f"hmac-sha256:numgate:{secret('numgate')}\n")
    key.chmod(0o600)
    gateway = make_server(f"""[deployment]
base_domain = {BASE}
[dns]
publisher = update
servers = 127.0.0.1:{dns.port}
key_file = {key}
timeout_seconds = 1
retry_max_seconds = 2
txt = MS=ms4
[region.1]
signalling_address = 192.0.2.11
txt = MS=ms3
network_address = 192.0.2.21
[region.2]
signalling_address = 192.0.2.12
""").client("ADMIN")
    microsoft = M365(make_folder(tmp_path), f"127.0.0.1:{dns.port}").start()
    names = [f"{label}.1r{region}.{BASE}" for region in (1, 2)]
    try:
        tokens = [microsoft.add(tenant, each) for each in names]
        body = {"name": account, "serviceDetails": {"teamsTenantId": tenant, "teamsDirectRouting": {
            "enabled": True, "syncEnabled": False, "configuration": {"callScreening": True, "subdomain": label, "subdomainTokens": {
                "region1Token": tokens[0], "region2Token": tokens[1]}}}}}
        assert gateway.put(f"/accounts/{account}", json=body).status_code == 201

        def status():
            return gateway.get(f"/accounts/{account}").json()["serviceDetails"]["teamsDirectRouting"]["subdomainStatus"]
        wait_until(lambda: status() == "provisioned", what="provisioned")
        dns.stop(signal.SIGKILL)
        dns.start()
        for region, each in enumerate(names, 1):
            assert microsoft.verify(tenant, each).json()["isVerified"]
            assert microsoft.trunk(tenant, each) == {"id": each, "isVerified": True, "addresses": [f"192.0.2.1{region}"], "findings": [],
                                                     "ready": True}
        assert gateway.delete(f"/accounts/{account}").status_code == 204
        wait_until(lambda: not any(label in row[0] for row in dns.records()), what="the records gone")
    finally:
        microsoft.stop()
