#!/usr/bin/env python3
"""Makes the state folder of a numgated with numgate-lab beside it: private CA and certificates, tenant, clients, configuration.

    tools/state.py DIR --bin BIN --port P --lab-port Q --admin-port A [--config FILE]

What identifies (CA, tenant, clients and their secrets) is made once and kept; what says where (ports, configuration) is written each
time. Options in FILE replace generated ones of the same section and name. Used by ./dev run and by the tests.

    DIR/tls/               ca.crt, server.crt, server.key
    DIR/lab/               clients.json and what the lab keeps
    DIR/numgated.conf      the configuration
    DIR/settings           how to reach the two, as shell assignments
"""
import argparse
import json
import os
import secrets
import shlex
import subprocess
import sys
import uuid
from pathlib import Path

# What clients of the retired service have in their scope, kept so that they need not change it, and the id of that application:
# the audience of v1 and of v2 tokens.
AUDIENCE = "https://func-voiceservice-rp-prod-eastuseuap.azurewebsites.net"
APPLICATION = "8502a0ec-c76d-412f-836c-398018e2312b"
CLIENTS = {  # what they are besides id and secret, in the words of the lab's file of clients
    "ADMIN": {"roles": ["ProvisioningAPI.Admin"]},
    "READ": {"roles": ["ProvisioningAPI.Read"]},
    "WRITE": {"roles": ["ProvisioningAPI.Write"]},
    "DELETE": {"roles": ["ProvisioningAPI.Delete"]},
}


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
            "listen": settings["NUMGATE_URL"].replace("localhost", "127.0.0.1"),
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


def client_file(settings, clients):
    """The lab's file of clients."""
    return {
        "tenants": [{"id": settings["NUMGATE_TENANT"]}],
        "clients": [{
            "client_id": settings[f"NUMGATE_{role}_CLIENT_ID"],
            "name": role.lower(),
            "secrets": [settings[f"NUMGATE_{role}_CLIENT_SECRET"]],
            **more,
        } for role, more in clients.items()],
    }


def make_certificates(directory, binaries):
    """The CA once, the server's certificate anew; a folder that is a link belongs to another state folder."""
    if not (directory / "tls").is_symlink():
        subprocess.run([f"{binaries}/numgate-lab", "make-certificates", "--dir", directory / "tls"], check=True,
                       stdout=subprocess.DEVNULL, timeout=60)


def make(directory, binaries, port, lab_port, admin_port, config_text="", clients=None):
    """Makes or renews the state folder; returns its settings."""
    directory, clients = Path(directory).resolve(), clients or CLIENTS
    (directory / "lab").mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    make_certificates(directory, binaries)
    settings = {
        "NUMGATE_URL": f"https://localhost:{port}",
        "NUMGATE_CA": f"{directory}/tls/ca.crt",
        "NUMGATE_AUTHORITY": f"https://localhost:{lab_port}",
        "NUMGATE_ADMIN_URL": f"http://127.0.0.1:{admin_port}",
        "NUMGATE_BIN": str(Path(binaries).resolve()),
        **identity(read_settings(directory / "settings"), clients),
    }
    options = merge_options(configuration(directory, settings), parse_options(config_text))
    settings["NUMGATE_ADMIN_URL"] = options["admin"]["listen"].split(",")[0].strip()
    write_private(directory / "lab" / "clients.json", json.dumps(client_file(settings, clients), indent=2) + "\n")
    write_private(directory / "numgated.conf", format_options(options))
    write_private(directory / "settings", "".join(f"{k}={shlex.quote(v)}\n" for k, v in settings.items()))
    return settings


def lab_command(directory, settings):
    """The command line of the lab for this folder."""
    return [f"{settings['NUMGATE_BIN']}/numgate-lab", "--listen",
            settings["NUMGATE_AUTHORITY"].replace("localhost", "127.0.0.1"), "--public-url", settings["NUMGATE_AUTHORITY"],
            "--certificate", f"{directory}/tls/server.crt", "--key", f"{directory}/tls/server.key",
            "--clients", f"{directory}/lab/clients.json", "--state", f"{directory}/lab"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--bin", required=True, help="folder of the built programs")
    for option in ("--port", "--lab-port", "--admin-port"):
        parser.add_argument(option, type=int, required=True)
    parser.add_argument("--config", type=Path, help="options that replace generated ones")
    arguments = parser.parse_args()
    text = arguments.config.read_text(encoding="utf-8") if arguments.config else ""
    make(arguments.directory, arguments.bin, arguments.port, arguments.lab_port, arguments.admin_port, text)


if __name__ == "__main__":
    sys.exit(main())
