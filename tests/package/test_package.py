"""The Debian packages: what is in them, and at level full what they do to a fresh Debian (debootstrap, root and a mirror needed)."""
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import requests
from conftest import LEVEL, ROOT, free_port, state, wait_until

NAMES = ("numgate-server", "numgate-lab", "numgate", "numgate-failover", "libnumgate0", "libnumgate-dev", "numgate-portal")
LIBRARIES = f"usr/lib/{subprocess.run(['dpkg-architecture', '-qDEB_HOST_MULTIARCH'], capture_output=True, text=True, check=True).stdout.strip()}/"
LISTED = re.compile(r"^(\S+) (\S+)\s+\d+ \S+ \S+ \./(\S*)$", re.MULTILINE)


def run(*command, **options):
    """Runs a command that must succeed; what it printed."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600, check=False, **options)
    assert done.returncode == 0, f"{command} exited with {done.returncode}:\n{done.stdout}"
    return done.stdout


def succeeds(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, timeout=600, check=False).returncode == 0


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """{name: path} of the packages, built for this run, with a portal of three files."""
    portal = tmp_path_factory.mktemp("portal")
    for name in ("index.html", "index.html.gz", "assets/index-4f1c.js"):
        (portal / name).parent.mkdir(exist_ok=True)
        (portal / name).write_text(name)
    paths = [Path(line) for line in run(ROOT / "dev", "package", "--out", tmp_path_factory.mktemp("packages"),
                                        env={**os.environ, "NUMGATE_DEV_PORTAL": str(portal)}).splitlines() if line.endswith(".deb")]
    return {path.name.split("_")[0]: path for path in paths}


def listing(package):
    """{path: (mode, owner)} of what a package holds, folders ending in a slash."""
    return {path: (mode, owner) for mode, owner, path in LISTED.findall(run("dpkg-deb", "-c", package)) if path}


def control(package, part):
    """A file of the package's control archive; empty when it has none of that name."""
    done = subprocess.run(["dpkg-deb", "-I", package, part], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 else ""


def field(package, name):
    return run("dpkg-deb", "-f", package, name).strip()


# ---- what is in them ----

def test_build__leaves_the_source_tree_alone(packages):
    assert set(NAMES) <= set(packages) <= {*NAMES, *(f"{name}-dbgsym" for name in NAMES)}
    assert not (ROOT / "debian").exists()


@pytest.mark.parametrize("name", NAMES[:4])
def test_version__is_the_programs_with_a_revision(packages, name, tmp_path):
    run("dpkg-deb", "-x", packages[name], tmp_path)
    program = {"numgate-server": "numgated"}.get(name, name)
    said = run(tmp_path / "usr/bin" / program, "--version").split()
    assert said[0] == program and field(packages[name], "Version") == f"{said[1]}-1"


SERVER_FILES = {
    "etc/numgate/": "drwxr-x---",
    "etc/numgate/numgated.conf": "-rw-r-----",
    "lib/systemd/system/numgated.service": "-rw-r--r--",
    "usr/bin/numgated": "-rwxr-xr-x",
    "usr/lib/sysusers.d/numgate.conf": "-rw-r--r--",
    "usr/share/doc/numgate-server/README.Debian": "-rw-r--r--",
    "usr/share/doc/numgate-server/README.md": "-rw-r--r--",
    "usr/share/doc/numgate-server/copyright": "-rw-r--r--",
    "usr/share/doc/numgate-server/changelog.Debian.gz": "-rw-r--r--",
    "usr/share/doc/numgate-server/docs/operations.md": "-rw-r--r--",
    "usr/share/doc/numgate-server/docs/options.md": "-rw-r--r--",
    "usr/share/doc/numgate-server/examples/provision.sh": "-rwxr-xr-x",
    "usr/share/doc/numgate-server/examples/numgated.conf.example": "-rw-r--r--",
    "usr/share/doc/numgate-server/examples/entra-app-roles.json": "-rw-r--r--",
    "usr/share/man/man5/numgated.conf.5.gz": "-rw-r--r--",
    "usr/share/man/man8/numgated.8.gz": "-rw-r--r--",
}
LAB_FILES = {
    "usr/bin/numgate-lab": "-rwxr-xr-x",
    "usr/share/doc/numgate-lab/copyright": "-rw-r--r--",
    "usr/share/man/man8/numgate-lab.8.gz": "-rw-r--r--",
}
CLIENT_FILES = {
    "usr/bin/numgate": "-rwxr-xr-x",
    "usr/share/bash-completion/completions/numgate": "-rw-r--r--",
    "usr/share/doc/numgate/copyright": "-rw-r--r--",
    "usr/share/man/man1/numgate.1.gz": "-rw-r--r--",
    "usr/share/zsh/vendor-completions/_numgate": "-rw-r--r--",
}
FAILOVER_FILES = {
    "etc/numgate-failover/": "drwxr-x---",
    "etc/numgate-failover/numgate-failover.conf": "-rw-r-----",
    "lib/systemd/system/numgate-failover.service": "-rw-r--r--",
    "usr/bin/numgate-failover": "-rwxr-xr-x",
    "usr/lib/sysusers.d/numgate-failover.conf": "-rw-r--r--",
    "usr/share/doc/numgate-failover/copyright": "-rw-r--r--",
    "usr/share/doc/numgate-failover/docs/failover.md": "-rw-r--r--",
    "usr/share/doc/numgate-failover/docs/failover-options.md": "-rw-r--r--",
    "usr/share/man/man5/numgate-failover.conf.5.gz": "-rw-r--r--",
    "usr/share/man/man8/numgate-failover.8.gz": "-rw-r--r--",
}
LIBRARY_FILES = {
    f"{LIBRARIES}libnumgate.so.0.1.0": "-rw-r--r--",
    "usr/share/doc/libnumgate0/copyright": "-rw-r--r--",
}
DEVELOPMENT_FILES = {
    "usr/include/numgate.h": "-rw-r--r--",
    f"{LIBRARIES}pkgconfig/numgate.pc": "-rw-r--r--",
    "usr/share/doc/libnumgate-dev/client.md": "-rw-r--r--",
    "usr/share/doc/libnumgate-dev/examples/provision.c": "-rw-r--r--",
}
PORTAL_FILES = {
    "usr/share/doc/numgate-portal/copyright": "-rw-r--r--",
    "usr/share/doc/numgate-portal/portal.md": "-rw-r--r--",
    "usr/share/numgate/portal/assets/index-4f1c.js": "-rw-r--r--",
    "usr/share/numgate/portal/index.html": "-rw-r--r--",
    "usr/share/numgate/portal/index.html.gz": "-rw-r--r--",
}


@pytest.mark.parametrize("name, files", [("numgate-server", SERVER_FILES), ("numgate-lab", LAB_FILES), ("numgate", CLIENT_FILES),
                                         ("numgate-failover", FAILOVER_FILES),
                                         ("libnumgate0", LIBRARY_FILES), ("libnumgate-dev", DEVELOPMENT_FILES),
                                         ("numgate-portal", PORTAL_FILES)])
def test_content__has_its_files_with_their_modes(packages, name, files):
    found = listing(packages[name])
    assert {path: found.get(path, (None,))[0] for path in files} == files


@pytest.mark.parametrize("name, more", [("numgate-server", ("etc/numgate/", "lib/systemd/system/", "usr/lib/sysusers.d/")),
                                        ("numgate-lab", ()), ("numgate", ("usr/share/bash-completion/completions/", "usr/share/zsh/vendor-completions/")),
                                        ("numgate-failover", ("etc/numgate-failover/", "lib/systemd/system/", "usr/lib/sysusers.d/")),
                                        ("libnumgate0", (LIBRARIES,)), ("libnumgate-dev", (LIBRARIES, "usr/include/")),
                                        ("numgate-portal", ("usr/share/numgate/portal/",))])
def test_content__is_roots_and_nowhere_else(packages, name, more):
    """Nothing under /usr/local, /opt, /var; nothing that a group or the world may write; no setuid."""
    allowed = ("usr/bin/", "usr/share/doc/", "usr/share/man/", *more)
    for path, (mode, owner) in listing(packages[name]).items():
        assert path.startswith(allowed) or any(place.startswith(path) for place in allowed), path
        assert owner == "root/root" and "w" not in mode[5:] and "s" not in mode, path


def test_content__has_no_leftovers_of_the_source_tree(packages):
    for path in listing(packages["numgate-server"]):
        assert "node_modules" not in path and "__pycache__" not in path and not path.endswith(("/LICENSE", ".pyc")), path


def test_configuration__is_the_only_conffile(packages):
    assert control(packages["numgate-server"], "conffiles").split() == ["/etc/numgate/numgated.conf"]
    assert control(packages["numgate-failover"], "conffiles").split() == ["/etc/numgate-failover/numgate-failover.conf"]
    assert control(packages["numgate-lab"], "conffiles") == "" and control(packages["numgate"], "conffiles") == ""


def test_configuration__as_installed_starts_nothing(packages, tmp_path):
    """It is the sample: no issuer, no certificate, no password, and the daemon refuses it."""
    run("dpkg-deb", "-x", packages["numgate-server"], tmp_path)
    config = tmp_path / "etc/numgate/numgated.conf"
    assert config.read_text() == (ROOT / "packaging/numgated.conf.example").read_text()
    set_options = [line for line in config.read_text().splitlines() if "=" in line and not line.startswith("#")]
    assert set_options == ["base_domain = example.net"]
    for command, status in (["check-config", config], 1), (["--config", config], 78):
        done = subprocess.run([tmp_path / "usr/bin/numgated", *command], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == status and "tls_certificate" in done.stderr, done


def test_failover__as_installed_starts_nothing(packages, tmp_path):
    """It has no region and no key, and the program refuses it."""
    run("dpkg-deb", "-x", packages["numgate-failover"], tmp_path)
    config = tmp_path / "etc/numgate-failover/numgate-failover.conf"
    assert config.read_text() == (ROOT / "packaging/numgate-failover.conf.example").read_text()
    for command, status in ("check", 1), ("run", 78):
        done = subprocess.run([tmp_path / "usr/bin/numgate-failover", command, "--config", config], capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == status and "key_file" in done.stdout + done.stderr, done


def test_dependencies__are_libraries_and_nothing_of_ours(packages):
    server, lab, client, failover, library = (field(packages[name], "Depends") for name in NAMES[:5])
    assert all(f"{library} " in server for library in ("libssl3", "libsqlite3-0", "libcurl4", "libcjose0"))
    assert "sysusers" in server and "ca-certificates" in server
    ours = server + lab + client + failover + library
    assert "numgate" not in ours and "-dev" not in ours and "systemd" not in lab and "libldns3" in failover and "sysusers" in failover
    assert "numgate-lab" in field(packages["numgate-server"], "Suggests")


def test_portal__is_for_every_machine_and_taken_by_a_daemon_that_runs(packages):
    portal = packages["numgate-portal"]
    assert field(portal, "Architecture") == "all" and field(portal, "Depends") == ""
    assert "try-reload-or-restart numgated.service" in control(portal, "postinst")
    assert "numgate-portal" in field(packages["numgate-server"], "Suggests")


@pytest.mark.parametrize("package, service, left", [("numgate-server", "numgated", "/etc/numgate /var/lib/numgate"),
                                                    ("numgate-failover", "numgate-failover", "/etc/numgate-failover")])
def test_scripts__neither_start_nor_enable(packages, package, service, left):
    scripts = {part: control(packages[package], part) for part in ("preinst", "postinst", "prerm", "postrm")}
    assert "systemd-sysusers" in scripts["postinst"] and "try-restart" in scripts["postinst"]
    commands = [line.strip() for text in scripts.values() for line in text.splitlines() if "echo" not in line]
    assert not [line for line in commands if re.match(r"(deb-systemd-invoke|systemctl) .*(?<!try-)\b(start|restart|enable)\b", line)]
    for part, text in scripts.items():
        assert "#DEBHELPER#" not in text, part
        run("sh", "-n", "/dev/stdin", input=text)
    assert f"deb-systemd-invoke stop {service}.service" in scripts["prerm"] and "deb-systemd-invoke stop" not in scripts["preinst"]
    assert f'if [ "$1" = purge ]; then\n    rm -rf {left}\nfi' in scripts["postrm"]


def test_scripts__of_the_lab_do_not_exist(packages):
    assert not any(control(packages["numgate-lab"], part) for part in ("preinst", "postinst", "prerm", "postrm"))


def test_program__is_hardened(packages, tmp_path):
    run("dpkg-deb", "-x", packages["numgate-server"], tmp_path)
    headers = run("readelf", "-W", "-h", "-d", "-l", tmp_path / "usr/bin/numgated")
    assert "DYN (Position-Independent" in headers and "BIND_NOW" in headers and "GNU_RELRO" in headers
    assert re.search(r"GNU_STACK .* RW ", headers) and "RUNPATH" not in headers and "RPATH" not in headers


@pytest.mark.skipif(LEVEL != "full" or not shutil.which("lintian"), reason="level full, and lintian")
def test_lintian__finds_no_errors(packages):
    run("lintian", "--fail-on", "error", "--allow-root", *(packages[name] for name in NAMES))


# ---- what they do ----

class Debian:
    """A fresh system of this machine's release in a folder. What it runs has the machine's network, and no service manager."""

    def __init__(self, root):
        self.root = root

    def run(self, *command):
        """In a mount and process namespace of its own: nothing stays mounted, nothing goes on running."""
        return run(*self.alone(f"--mount-proc={self.root / 'proc'}"), "chroot", self.root, *command,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})

    @staticmethod
    def alone(*more):
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", *more]

    def apt(self, *arguments):
        return self.run("apt-get", "-q", "-y", "--no-install-recommends", *arguments)

    def spawn(self, user, *command):
        """As USER:GROUP of it, and in no namespace of its own, so that the process is the program."""
        with open(self.root / "tmp/output", "ab") as out:
            return subprocess.Popen(["chroot", f"--userspec={user}", self.root, *command], stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=out, cwd="/")

    def output(self):
        """Of all that was spawned."""
        return (self.root / "tmp/output").read_text()

    def stat(self, path):
        """Mode, user, group."""
        return self.run("stat", "-c", "%a %U %G", path).strip()

    def put(self, package):
        """Copies a package in; its path there."""
        shutil.copy(package, self.root / "tmp")
        return f"/tmp/{package.name}"


def release():
    return re.search(r"VERSION_CODENAME=(\S+)", Path("/etc/os-release").read_text())[1]


def mirror():
    """Where this machine's own packages of Debian's main archive are from."""
    rows = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages").split("\n")
    found = [row.split()[0] for row in rows if row.split()[1:] == [release(), "main"] and row.startswith("http")]
    return found[0] if found else pytest.skip(f"no HTTP source of {release()} main in this machine's apt sources")


def acquire_settings():
    """How this machine's apt gets its packages (proxy, clock checks), for another apt; and the proxy alone."""
    lines = re.findall(r"^Acquire::(?:https?|Check-[\w-]+)\b.*$", run("apt-config", "dump"), re.MULTILINE)
    proxy = next((line.split('"')[1] for line in lines if line.startswith("Acquire::http::Proxy ")), "")
    return "\n".join(lines) + "\n", proxy


@pytest.fixture(scope="module")
def debian(tmp_path_factory):
    if LEVEL != "full":
        pytest.skip("level full only")
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        pytest.skip("debootstrap and root are needed")
    if not succeeds(*Debian.alone("--mount-proc"), "true"):
        pytest.skip("this machine allows no mount and process namespaces")
    settings, proxy = acquire_settings()
    root = tmp_path_factory.mktemp("fresh") / "debian"
    made = subprocess.run(["unshare", "--mount", "debootstrap", "--variant=minbase", release(), root, mirror()], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False,
                          env={**os.environ, **({"http_proxy": proxy} if proxy else {})})
    try:
        if made.returncode != 0:
            pytest.skip(f"debootstrap does not work on this machine: {made.stdout[-300:]}")
        (root / "etc/apt/apt.conf.d/99machine").write_text(settings)
        system = Debian(root)
        system.apt("update")
        yield system
    finally:
        shutil.rmtree(root, ignore_errors=True)


def check_installed(system, packages):
    """The user is there and locked, its files are closed to others, the configuration is refused, and nothing will start."""
    said = system.apt("install", *(system.put(packages[name]) for name in NAMES))
    assert "numgated is not started before it is configured" in said and "numgate-failover is not started before" in said
    user = system.run("getent", "passwd", "numgate").strip().split(":")
    assert 100 <= int(user[2]) < 1000 and user[5] == "/var/lib/numgate" and user[6].endswith("nologin")
    assert system.run("passwd", "--status", "numgate").split()[1] == "L"
    assert system.stat("/etc/numgate") == "750 root numgate"
    assert system.stat("/etc/numgate/numgated.conf") == "640 root numgate"
    assert system.stat("/var/lib/numgate") == "750 numgate numgate"
    assert system.stat("/etc/numgate-failover") == "750 root numgate-failover"
    assert system.stat("/etc/numgate-failover/numgate-failover.conf") == "640 root numgate-failover"
    assert not list((system.root / "etc/systemd/system").glob("**/numgate*"))
    assert not succeeds("chroot", system.root, "/usr/bin/numgated", "check-config")


CONFIGURATION = """[deployment]
base_domain = gateway.example.net
test_target = yes
[server]
listen = {url}
[admin]
listen = {admin_url}
[issuer.lab]
authority = {lab_url}/{NUMGATE_TENANT}/v2.0
audience = {audience}
ca_file = /var/lib/lab/ca.crt
"""


def configure(system):
    """A minimal configuration, and the lab's files beside it; returns how to reach the two."""
    url, admin_url, lab_url = (f"{start}:{free_port()}" for start in ("http://127.0.0.1", "http://127.0.0.1", "https://localhost"))
    settings = {"url": url, "admin_url": admin_url, "lab_url": lab_url, "audience": f"{state.AUDIENCE}, {state.APPLICATION}",
                **state.identity({}, state.CLIENTS)}
    system.run("numgate-lab", "make-certificates", "--dir", "/var/lib/lab")
    (system.root / "var/lib/lab/clients.json").write_text(json.dumps(state.client_file(settings, state.CLIENTS)))
    system.run("chown", "-R", "nobody:nogroup", "/var/lib/lab")
    system.run("chmod", "755", "/var/lib/lab")
    (system.root / "etc/numgate/numgated.conf").write_text(CONFIGURATION.format(**settings))
    system.run("numgated", "check-config")
    return settings


def lab_command(settings):
    port = settings["lab_url"].rsplit(":", 1)[1]
    return ["/usr/bin/numgate-lab", "--listen", f"https://127.0.0.1:{port}", "--public-url", settings["lab_url"], "--clients",
            "/var/lib/lab/clients.json", "--certificate", "/var/lib/lab/server.crt", "--key", "/var/lib/lab/server.key"]


def ready(system, daemon, settings):
    assert daemon.poll() is None, system.output()
    try:
        return requests.get(f"{settings['admin_url']}/ready", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def accounts_status(system, settings):
    """What the API answers to a client of the lab."""
    form = {"grant_type": "client_credentials", "client_id": settings["NUMGATE_READ_CLIENT_ID"],
            "client_secret": settings["NUMGATE_READ_CLIENT_SECRET"], "scope": settings["NUMGATE_SCOPE"]}
    reply = requests.post(f"{settings['lab_url']}/{settings['NUMGATE_TENANT']}/oauth2/v2.0/token", data=form, timeout=5,
                          verify=system.root / "var/lib/lab/ca.crt")
    return requests.get(f"{settings['url']}/accounts?api-version=2024-02-29-preview", timeout=5,
                        headers={"Authorization": f"Bearer {reply.json()['access_token']}"}).status_code


def check_serves(system):
    """/ready says 200 and a client gets in; the daemon is the user numgate, and so is what it writes."""
    settings = configure(system)
    processes = [system.spawn("nobody:nogroup", *lab_command(settings)), system.spawn("numgate:numgate", "/usr/bin/numgated")]
    try:
        wait_until(lambda: ready(system, processes[1], settings), what="/ready")
        assert os.stat(f"/proc/{processes[1].pid}").st_uid == int(system.run("id", "-u", "numgate"))
        assert accounts_status(system, settings) == 200
    finally:
        for process in processes:
            process.terminate()
        statuses = [process.wait(60) for process in processes]
    assert statuses == [0, 0], system.output()
    assert system.stat("/var/lib/numgate/numgate.db").endswith("numgate numgate")


def next_version(package, directory):
    """The package again, as a newer version with another sample configuration."""
    run("dpkg-deb", "-R", package, directory)
    text = (directory / "DEBIAN/control").read_text()
    (directory / "DEBIAN/control").write_text(re.sub(r"(?m)^Version: .*$", lambda row: row[0] + "+next1", text))
    with open(directory / "etc/numgate/numgated.conf", "a", encoding="utf-8") as out:
        out.write("# of the next version\n")
    newer = directory.parent / f"{package.stem}+next1.deb"
    run("dpkg-deb", "-b", "--root-owner-group", directory, newer)
    return newer


def kept(system):
    """What is an operator's: content, mode and owner."""
    return {path: ((system.root / path[1:]).read_bytes(), system.stat(path)) for path in
            ("/etc/numgate/numgated.conf", "/etc/numgate/tls.key", "/var/lib/numgate/numgate.db")}


def check_upgrades(system, package, tmp_path):
    (system.root / "etc/numgate/tls.key").write_text("a key of the operator's")
    system.run("chmod", "o-rwx,g-w", "/etc/numgate/tls.key")
    system.run("chmod", "600", "/etc/numgate/numgated.conf")  # an administrator's choice, which stays
    before = kept(system)
    system.apt("install", "--reinstall", system.put(package))
    assert kept(system) == before
    system.apt("-o", "Dpkg::Options::=--force-confold", "install", system.put(next_version(package, tmp_path / "next")))
    assert kept(system) == before and system.run("dpkg-query", "-W", "numgate-server").strip().endswith("+next1")
    assert system.stat("/etc/numgate") == "750 root numgate" and system.stat("/var/lib/numgate") == "750 numgate numgate"


def check_removes(system):
    before = kept(system)
    system.apt("remove", "numgate-server")
    assert kept(system) == before and not (system.root / "usr/bin/numgated").exists()


def check_purges(system):
    system.apt("purge", *NAMES)
    left = system.run("sh", "-c", "find / -xdev \\( -path /proc -o -path /tmp -o -path /var/cache -o -path /var/lib/lab \\) -prune -o "
                                  "-name '*numgate*' -print").split()
    assert left == [], left
    assert "numgate:" in system.run("getent", "passwd")  # as README.Debian says


def test_life__installs_serves_upgrades_and_leaves_nothing_behind(packages, debian, tmp_path):
    check_installed(debian, packages)
    check_serves(debian)
    debian.run("systemctl", "enable", "numgated")
    check_upgrades(debian, packages["numgate-server"], tmp_path)
    check_removes(debian)
    check_purges(debian)


PROBE = """#!/bin/sh
exec >/root/output 2>&1
ready() {{ i=0; while [ $((i = i + 1)) -lt 200 ]; do curl -sf {admin_url}/ready && return; sleep 0.1; done; }}
pid() {{ systemctl show -P MainPID numgated; }}
echo "started $(ready)"
before=$(pid)
systemctl reload numgated; echo "reload $? $([ "$(pid)" = "$before" ] && echo same)"
dpkg -i {package} >/dev/null; echo "upgraded $(ready) $([ "$(pid)" = "$before" ] || echo another)"
systemctl kill -s KILL numgated
i=0; while [ "$(systemctl show -P NRestarts numgated)" = 0 ] && [ $((i = i + 1)) -lt 200 ]; do sleep 0.1; done
echo "killed $(ready)"
dpkg -r numgate-server >/dev/null; echo "removed $(systemctl is-active numgated)"
systemctl poweroff 2>&1 | grep -v bus
"""


def add_service(system, name, command):
    (system.root / f"etc/systemd/system/{name}.service").write_text(
        f"[Service]\nExecStart={' '.join(command)}\n[Install]\nWantedBy=multi-user.target\n")
    system.run("systemctl", "enable", name)


def test_service__starts_reloads_and_comes_back(packages, debian):
    """The unit as it is, under a real service manager, with all of its restrictions."""
    if not shutil.which("systemd-nspawn"):
        pytest.skip("systemd-nspawn is needed")
    nspawn = ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "--private-network", "-D", debian.root]
    if not succeeds(*nspawn, "true"):
        pytest.skip("systemd-nspawn does not work on this machine")
    debian.apt("install", "systemd-sysv", "curl", *(debian.put(packages[name]) for name in NAMES))
    settings = configure(debian)
    shutil.copy(packages["numgate-server"], debian.root / "root")  # /tmp is another one once it has started
    (debian.root / "root/probe").write_text(PROBE.format(package=f"/root/{packages['numgate-server'].name}", **settings))
    add_service(debian, "lab", lab_command(settings))
    add_service(debian, "probe", ["/bin/sh", "/root/probe"])
    debian.run("systemctl", "enable", "numgated")
    run(*nspawn, "--boot", stdin=subprocess.DEVNULL)
    assert (debian.root / "root/output").read_text().splitlines() == [
        "started ready", "reload 0 same", "upgraded ready another", "killed ready", "removed inactive"]
