"""What the daemon says of a [dns] that cannot be meant."""
import pytest

from customers import BASE
from servers import Key

GOOD = {"deployment": {"base_domain": BASE}, "dns": {"publisher": "update", "servers": "127.0.0.1:5300", "key_file": "KEY"},
        "region.1": {"signalling_address": "192.0.2.1"}, "region.2": {"signalling_address": "192.0.2.2"}}
FILE = {"publisher": "zonefile", "zone": BASE, "zone_file": "/nowhere/zone", "name_servers": "ns1.example.net"}


def text_of(sections, key_file):
    lines = [line for section, values in sections.items()
             for line in (f"[{section}]", *(f"{name} = {value}" for name, value in values.items() if value is not None))]
    return "\n".join(lines).replace("KEY", str(key_file)) + "\n"


@pytest.mark.parametrize("section, values, said", [
    ("dns", {"publisher": "carrier pigeon"}, "publisher"),
    ("dns", {"servers": "ns1.example.net"}, "no address of a name server"),
    ("dns", {"servers": ",".join(["192.0.2.1"] * 9)}, "more than 8 name servers"),
    ("dns", {"servers": None}, "needs primary, or servers"),
    ("dns", {"primary": "192.0.2.1, 192.0.2.2"}, "one address"),
    ("dns", {"key_file": None}, "needs key_file"),
    ("dns", {"owner": "Some One"}, "lower case letters"),
    ("dns", {"owner": "o" * 41}, "owner"),
    ("dns", {"zone": "a.example.test, b.example.test"}, "names 2 zones"),
    ("dns", {"zone": "under..dots"}, "domain name"),
    ("dns", {"txt": "v=spf1 -all"}, "MS=ms12345678"),
    ("dns", {"check_seconds": "0"}, "check_seconds"),
    ("region.1", {"signalling_address": None}, "[region.1] signalling_address"),
    ("region.2", {"signalling_address": "2001:db8::1"}, "IPv4"),
    ("region.3", {"signalling_address": "192.0.2.3"}, "region"),
    ("deployment", {"single_region": "yes"}, "[region.2]: this deployment has the region 1"),
    ("dns", {**FILE, "zone": None}, "needs zone, zone_file and name_servers"),
    ("dns", {**FILE, "zone_file": None}, "needs zone, zone_file and name_servers"),
    ("dns", {**FILE, "name_servers": f"ns1.{BASE}"}, "its address must stand behind it"),
    ("dns", {**FILE, "name_servers": f"ns1.{BASE} here"}, "ns1.example.net 192.0.2.53"),
    ("dns", {**FILE, "zone": "example.org"}, "is not in it"),
    ("dns", {**FILE, "split_zones": "yes"}, "one zone"),
])
def test_option__that_cannot_be_meant_is_refused(make_server, tmp_path, section, values, said):
    key_file = tmp_path / "key"
    key_file.write_text(Key().text)
    key_file.chmod(0o600)
    sections = {**GOOD, section: {**GOOD.get(section, {}), **values}}
    server = make_server(text_of(sections, key_file), start=False).spawn()
    assert server.wait(20) == 78
    assert said in server.output()


@pytest.mark.parametrize("content", ["", "hmac-sha256:name:sEcret!", "hmac-md5:name:c2VjcmV0c2VjcmV0", "key x { algorithm hmac-sha256; };"])
def test_key__that_is_none_is_refused_and_not_shown(make_server, tmp_path, content):
    key_file = tmp_path / "key"
    key_file.write_text(content)
    key_file.chmod(0o600)
    server = make_server(text_of(GOOD, key_file), start=False).spawn()
    assert server.wait(20) == 78
    assert "key_file" in server.output() and "c2VjcmV0" not in server.output() and "sEcret" not in server.output()


def test_key__that_others_may_read_is_refused(make_server, tmp_path):
    key_file = tmp_path / "key"
    key_file.write_text(Key().text)
    key_file.chmod(0o644)
    server = make_server(text_of(GOOD, key_file), start=False).spawn()
    assert server.wait(20) == 78
