"""A back end as the configuration describes it: what is refused before the daemon starts."""
import pytest

USUAL = {"base_url": "https://adapter.example.net/v1", "token_url": "https://login.example.net/token", "client_id": "numgate"}


def section(options):
    return "[operator_connect]\n" + "".join(f"{name} = {value}\n" for name, value in options.items())


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "backend-secret"
    path.write_text("quiet\n")
    path.chmod(0o640)
    return path


@pytest.mark.parametrize(("change", "complaint"), [
    ({}, None),
    ({"base_url": None, "token_url": None, "client_id": None}, None),
    ({"base_url": "http://127.0.0.1:9/v1"}, None),
    ({"base_url": "http://adapter.example.net/v1"}, "is not https:// and its host is not loopback"),
    ({"base_url": "https://adapter.example.net/v1?x=1"}, "has a query"),
    ({"base_url": "adapter.example.net"}, "base_url"),
    ({"token_url": "http://login.example.net/token"}, "is not https:// and its host is not loopback"),
    ({"token_url": None}, "base_url needs token_url"),
    ({"client_id": None}, "base_url needs client_id"),
    ({"secret_file": None}, "base_url needs secret_file"),
    ({"batch": "500"}, None),
    ({"batch": "501"}, "batch"),
    ({"concurrency": "0"}, "concurrency"),
    ({"timeout_seconds": "0"}, "timeout_seconds"),
    ({"base-url": "https://adapter.example.net"}, "base_url"),  # the nearest name
], ids=str)
def test_configuration__of_a_back_end_is_checked(make_server, secret, change, complaint):
    options = {name: value for name, value in {**USUAL, "secret_file": secret, **change}.items() if value is not None}
    server = make_server(section(options), start=False)
    done = server.run("check-config", server.config)
    assert (done.returncode, complaint is None or complaint in done.stderr) == (int(complaint is not None), True), done


@pytest.mark.parametrize(("content", "mode", "complaint"), [
    ("quiet\n", 0o600, None),
    ("quiet\n", 0o604, "others may use it"),
    ("\n", 0o600, "secret_file"),
    (None, None, "backend-secret"),
])
def test_configuration__secret_is_a_private_file(make_server, secret, content, mode, complaint):
    if content is None:
        secret.unlink()
    else:
        secret.write_text(content)
        secret.chmod(mode)
    server = make_server(section({**USUAL, "secret_file": secret}), start=False)
    done = server.run("check-config", server.config)
    assert (done.returncode, complaint is None or complaint in done.stderr) == (int(complaint is not None), True), done
    assert "quiet" not in done.stderr + done.stdout


def test_configuration__without_a_back_end_has_none(make_server, tmp_path):
    """A section with nothing in it that needs a back end is no back end."""
    server = make_server("[operator_connect]\nlaunched = yes\n[teams_phone_mobile]\nlaunched = yes\n")
    admin = server.client("ADMIN")
    name = "nobody-behind"
    tenant = "0f0f0f0f-0000-4000-8000-00000000000a"
    body = {"name": name, "serviceDetails": {"teamsTenantId": tenant, "teamsOperatorConnect": {"enabled": True, "syncEnabled": True}}}
    answer = admin.put(f"/accounts/{name}", json=body)
    assert answer.json()["serviceProvisioningStatus"] == "failed", answer.text
    assert admin.post(f"/accounts/{name}:getTeamsCapabilityPlans").status_code == 501
