"""tools/state.py: what is generated once stays, and options given again replace generated ones."""
import pytest
from conftest import BIN, state


def test_options__given_again_replace_and_others_stay():
    base = state.parse_options("[server]\nlisten = a\npublic_url = b\n[log]\nlevel = info\n")
    extra = state.parse_options("; a comment\n[server]\nlisten = c\n[issuer.x]\naudience = one,\n  two\n")
    merged = state.merge_options(base, extra)
    assert merged == {"server": {"listen": "c", "public_url": "b"}, "log": {"level": "info"},
                      "issuer.x": {"audience": "one,\n  two"}}
    assert state.parse_options(state.format_options(merged)) == merged


@pytest.fixture
def made(tmp_path):
    return lambda **more: state.make(tmp_path / "pair", BIN, 1, 2, 3, **more)


def test_state__keeps_who_and_renews_where(made, tmp_path):
    first = made()
    (tmp_path / "pair" / "tls" / "ca.crt").read_text()
    second = state.make(tmp_path / "pair", BIN, 11, 12, 13)
    assert second["NUMGATE_URL"] == "https://localhost:11" and second["NUMGATE_ADMIN_URL"] == "http://127.0.0.1:13"
    for name, value in first.items():
        if "CLIENT" in name or name in ("NUMGATE_TENANT", "NUMGATE_SCOPE", "NUMGATE_CA"):
            assert second[name] == value, name


def test_state__files_with_secrets_are_private(made, tmp_path):
    made()
    for name in ("settings", "lab/clients.json", "tls/server.key", "tls/ca.key"):
        assert (tmp_path / "pair" / name).stat().st_mode & 0o077 == 0, name


def test_state__admin_url_follows_the_configuration(made):
    assert made(config_text="[admin]\nlisten = http://127.0.0.1:99\n")["NUMGATE_ADMIN_URL"] == "http://127.0.0.1:99"


def test_state__portal_is_served_only_where_there_are_files(made, tmp_path):
    assert made()["NUMGATE_PORTAL_URL"] == ""
    assert "[portal]" not in (tmp_path / "pair" / "numgated.conf").read_text()
    settings = made(portal_files=tmp_path)
    assert settings["NUMGATE_PORTAL_URL"] == "https://127.0.0.1:1/portal/"  # another site than the lab's, as in production
    options = state.parse_options((tmp_path / "pair" / "numgated.conf").read_text())["portal"]
    assert options == {"url": settings["NUMGATE_PORTAL_URL"], "files": str(tmp_path), "issuer": "lab",
                       "client_id": settings["NUMGATE_PORTAL_CLIENT_ID"]}


def test_settings__survive_awkward_folders(tmp_path):
    directory = tmp_path / "it's a folder"
    first = state.make(directory, BIN, 1, 2, 3)
    assert state.read_settings(directory / "settings") == first
