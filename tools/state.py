#!/usr/bin/env python3
"""Makes the state folder of a numgated with numgate-lab beside it: private CA and certificates, tenant, clients, configuration.

    tools/state.py DIR --bin BIN --port P --lab-port Q --admin-port A [--proxy-port R] [--portal-files FOLDER] [--config FILE]

What identifies (CA, tenant, clients and their secrets) is made once and kept; what says where (ports, configuration) is written each
time. Options in FILE replace generated ones of the same section and name. With --proxy-port clients go through `numgate-lab proxy`: its
URL is theirs, and its control is one port above. With --portal-files the daemon serves the portal that was built there. Used by ./dev run and by the tests.

    DIR/tls/               ca.crt, server.crt, server.key
    DIR/lab/               clients.json and what the lab keeps
    DIR/sync.secret        the secret of numgated at the lab's back end for Operator Connect
    DIR/numgated.conf      the configuration
    DIR/settings           how to reach the two, as shell assignments
"""
import argparse
import base64
import json
import os
import secrets
import shlex
import subprocess
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What clients of the retired service have in their scope, kept so that they need not change it, and the id of that application:
# the audience of v1 and of v2 tokens.
AUDIENCE = "https://func-voiceservice-rp-prod-eastuseuap.azurewebsites.net"
APPLICATION = "8502a0ec-c76d-412f-836c-398018e2312b"
CLIENTS = {  # what they are besides id and secret, in the words of the lab's file of clients
    "ADMIN": {"roles": ["ProvisioningAPI.Admin"]},
    "READ": {"roles": ["ProvisioningAPI.Read"]},
    "WRITE": {"roles": ["ProvisioningAPI.Write"]},
    "DELETE": {"roles": ["ProvisioningAPI.Delete"]},
    "SYNC": {"roles": ["NumberManagement.Read", "NumberManagement.Write", "PartnerSettings.Read", "TrunkManagement.Read"]},  # numgated's own
}
# The application id of Operator Connect: the audience of tokens for its back end.
BACKEND_APPLICATION = "eb63d611-525e-4a31-abd7-0cb33f679599"


def read_settings(file):
    """Shell assignments, one a line, as a dict; none when there is no such file."""
    if not file.exists():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    pairs = (line.split("=", 1) for line in lines if "=" in line)
    return {name: " ".join(shlex.split(value)) for name, value in pairs}


def write_private(file, text):
    """Replaces a file whole; only its owner may read it."""
    new = file.with_name(file.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    new.rename(file)


def identity(old, clients):
    """Tenant and clients with their secrets: those of `old` where it has them."""
    kept = {"NUMGATE_TENANT": str(uuid.uuid4()), "NUMGATE_SCOPE": f"{AUDIENCE}/.default"}
    kept["NUMGATE_PORTAL_CLIENT_ID"] = str(uuid.uuid4())
    for role in clients:
        kept[f"NUMGATE_{role}_CLIENT_ID"] = str(uuid.uuid4())
        kept[f"NUMGATE_{role}_CLIENT_SECRET"] = secrets.token_urlsafe(24)
    return {name: old.get(name, value) for name, value in kept.items()}


def parse_options(text):
    """{section: {option: value}} of a configuration file; comments are dropped, indented lines continue the value."""
    sections, section, option = {}, None, None
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare[0] in ";#":
            continue
        if bare.startswith("["):
            section, option = bare[1:bare.index("]")], None
            sections.setdefault(section, {})
        elif line[0].isspace() and option:
            sections[section][option] += "\n  " + bare
        else:
            option, _, value = bare.partition("=")
            option = option.strip()
            sections[section][option] = value.strip()
    return sections


def merge_options(base, extra):
    for section, options in extra.items():
        base.setdefault(section, {}).update(options)
    return base


def format_options(sections):
    out = []
    for section, options in sections.items():
        out.append(f"[{section}]")
        out += [f"{name} = {value}" for name, value in options.items()]
        out.append("")
    return "\n".join(out)


def configuration(directory, settings):
    tenant = settings["NUMGATE_TENANT"]
    return {
        "deployment": {"base_domain": "numgate.test", "test_target": "yes"},
        "server": {
            "listen": settings["NUMGATE_DIRECT_URL"].replace("localhost", "127.0.0.1"),
            "public_url": settings["NUMGATE_URL"],
            "tls_certificate": f"{directory}/tls/server.crt",
            "tls_key": f"{directory}/tls/server.key",
        },
        "admin": {"listen": settings["NUMGATE_ADMIN_URL"], "socket": f"{directory}/admin.sock"},
        "issuer.lab": {
            "authority": f"{settings['NUMGATE_AUTHORITY']}/{tenant}/v2.0",
            "audience": f"{AUDIENCE}, {APPLICATION}",
            "issuer_also": f"https://sts.windows.net/{tenant}/",  # of v1 tokens
            "ca_file": f"{directory}/tls/ca.crt",
        },
        "store": {"url": f"sqlite:{directory}/numgate.db"},
    }


def backend_options(directory, settings):
    """numgated's way to the lab's back end for Operator Connect."""
    return {"operator_connect": {
        "base_url": settings["NUMGATE_BACKEND_URL"],
        "token_url": f"{settings['NUMGATE_AUTHORITY']}/{settings['NUMGATE_TENANT']}/oauth2/v2.0/token",
        "scope": settings["NUMGATE_BACKEND_SCOPE"],
        "client_id": settings["NUMGATE_SYNC_CLIENT_ID"],
        "secret_file": settings["NUMGATE_SYNC_SECRET_FILE"],
        "ca_file": settings["NUMGATE_CA"],
        "poll_seconds": "2",
    }}


def client_file(settings, clients, portal=None):
    """The lab's file of clients; `portal`: what the portal's is besides its id, such as {"refresh_seconds": 5}."""
    return {
        "tenants": [{"id": settings["NUMGATE_TENANT"]}],
        "clients": [{
            "client_id": settings[f"NUMGATE_{role}_CLIENT_ID"],
            "name": role.lower(),
            "secrets": [settings[f"NUMGATE_{role}_CLIENT_SECRET"]],
            **more,
        } for role, more in clients.items()],
        "portal": {"client_id": settings["NUMGATE_PORTAL_CLIENT_ID"], **(portal or {})},
    }


def portal_options(files, settings):
    """The portal, whose users sign in at the lab."""
    return {"portal": {"url": settings["NUMGATE_PORTAL_URL"], "files": str(Path(files).resolve()), "issuer": "lab",
                       "client_id": settings["NUMGATE_PORTAL_CLIENT_ID"]}}


NAME_SERVER = """server:
    listen: {address}
    rundir: {folder}
database:
    storage: {folder}
key:
  - id: numgate.
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: numgate
    key: numgate.
    action: [update, transfer]
zone:
  - domain: numgate.test
    file: {folder}/numgate.test.zone
    zonefile-sync: -1
    zonefile-load: {load}
    journal-content: all
    acl: numgate
"""
ZONE = """$ORIGIN numgate.test.
@ 60 SOA ns hostmaster 1 3600 600 1209600 60
@ 60 NS ns
ns 60 A 127.0.0.1
"""


def name_server_options(directory, settings):
    """numgated's way to a Knot DNS of this folder, whose configuration is made here. The zone file is for the first start alone: later
    the zone is in the journal."""
    folder, address = directory / "dns", settings["NUMGATE_NAME_SERVER"]
    folder.mkdir(exist_ok=True, mode=0o700)
    key = folder / "key"
    if not key.exists():
        write_private(key, f"hmac-sha256:numgate:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
        (folder / "numgate.test.zone").write_text(ZONE, encoding="utf-8")
    load = "none" if (folder / "journal").exists() else "whole"
    text = NAME_SERVER.format(folder=folder, address=address.replace(":", "@"), secret=key.read_text(encoding="utf-8").strip().split(":")[2], load=load)
    write_private(folder / "knot.conf", text)
    return {"dns": {"publisher": "update", "servers": address, "key_file": str(key)},
            "region.1": {"signalling_address": "192.0.2.10"}, "region.2": {"signalling_address": "192.0.2.20"}}


def make_certificates(directory, binaries):
    """The CA once, the server's certificate anew; a folder that is a link belongs to another state folder."""
    if not (directory / "tls").is_symlink():
        subprocess.run([f"{binaries}/numgate-lab", "make-certificates", "--dir", directory / "tls", "--name", "provapi.numgate.test"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)


def make(directory, binaries, port, lab_port, admin_port, config_text="", clients=None, proxy_port=None, backend=False,
         dns_port=None, portal=None, portal_files=None):
    """Makes or renews the state folder; returns its settings. `backend`: the daemon has the lab's back end; `dns_port`: and a name server;
    `portal`: see client_file(); `portal_files`: it serves the portal that was built in this folder."""
    directory, clients = Path(directory).resolve(), clients or CLIENTS
    (directory / "lab").mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    make_certificates(directory, binaries)
    settings = {
        "NUMGATE_URL": f"https://localhost:{proxy_port or port}",
        "NUMGATE_DIRECT_URL": f"https://localhost:{port}",
        "NUMGATE_PROXY_CONTROL": f"http://127.0.0.1:{proxy_port + 1}" if proxy_port else "",
        "NUMGATE_CA": f"{directory}/tls/ca.crt",
        "NUMGATE_AUTHORITY": f"https://localhost:{lab_port}",
        "NUMGATE_ADMIN_URL": f"http://127.0.0.1:{admin_port}",
        "NUMGATE_BIN": str(Path(binaries).resolve()),
        "NUMGATE_BACKEND_URL": f"https://localhost:{lab_port}/backend/v1",
        "NUMGATE_BACKEND_SCOPE": f"{BACKEND_APPLICATION}/.default",
        "NUMGATE_PORTAL_URL": f"https://127.0.0.1:{port}/portal/" if portal_files else "",
        "NUMGATE_NAME_SERVER": f"127.0.0.1:{dns_port}" if dns_port else "",
        "NUMGATE_SYNC_SECRET_FILE": f"{directory}/sync.secret",
        **identity(read_settings(directory / "settings"), clients),
    }
    options = merge_options(configuration(directory, settings), backend_options(directory, settings) if backend else {})
    merge_options(options, name_server_options(directory, settings) if dns_port else {})
    merge_options(options, portal_options(portal_files, settings) if portal_files else {})
    merge_options(options, parse_options(config_text))
    settings["NUMGATE_ADMIN_URL"] = options["admin"]["listen"].split(",")[0].strip()
    write_private(directory / "lab" / "clients.json", json.dumps(client_file(settings, clients, portal), indent=2) + "\n")
    write_private(directory / "sync.secret", settings["NUMGATE_SYNC_CLIENT_SECRET"] + "\n")
    write_private(directory / "numgated.conf", format_options(options))
    write_private(directory / "settings", "".join(f"{k}={shlex.quote(v)}\n" for k, v in settings.items()))
    return settings


def lab_command(directory, settings, portal_redirect_uris=()):
    """The command line of the lab for this folder."""
    return [f"{settings['NUMGATE_BIN']}/numgate-lab", "--listen",
            settings["NUMGATE_AUTHORITY"].replace("localhost", "127.0.0.1"), "--public-url", settings["NUMGATE_AUTHORITY"],
            "--certificate", f"{directory}/tls/server.crt", "--key", f"{directory}/tls/server.key",
            "--clients", f"{directory}/lab/clients.json", "--state", f"{directory}/lab",
            "--scenario", str(ROOT / "examples" / "scenario.json"),
            *(argument for uri in portal_redirect_uris for argument in ("--portal-redirect-uri", uri))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--bin", required=True, help="folder of the built programs")
    for option in ("--port", "--lab-port", "--admin-port"):
        parser.add_argument(option, type=int, required=True)
    parser.add_argument("--proxy-port", type=int, help="of the proxy that clients go through; none unless given")
    parser.add_argument("--dns-port", type=int, help="of the name server; none unless given")
    parser.add_argument("--portal-files", type=Path, help="folder of the built portal; it is not served unless given")
    parser.add_argument("--config", type=Path, help="options that replace generated ones")
    arguments = parser.parse_args()
    text = arguments.config.read_text(encoding="utf-8") if arguments.config else ""
    make(arguments.directory, arguments.bin, arguments.port, arguments.lab_port, arguments.admin_port, text,
         proxy_port=arguments.proxy_port, backend=True, dns_port=arguments.dns_port, portal_files=arguments.portal_files)


if __name__ == "__main__":
    sys.exit(main())
