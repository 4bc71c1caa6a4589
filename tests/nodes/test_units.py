"""The store's unit tests that need a server: each program of the build folder whose name says so, on a cluster of its own."""
import os
import subprocess

import pytest

from conftest import BIN
from postgres import ROLE, Cluster


@pytest.mark.parametrize("name", ["conformance_postgres", "postgres"])
def test_units__pass_on_postgresql(name):
    program = BIN.parent / "tests" / "unit" / "gateway" / "store" / f"test_gateway_store_{name}"
    with Cluster().start() as cluster:
        cluster.sql(f"alter role {ROLE} createdb")
        environment = {"NUMGATE_TEST_POSTGRES": cluster.url(cluster.create_database()), "PGPASSFILE": str(cluster.home.passfile)}
        done = subprocess.run([program], env={**os.environ, **environment}, capture_output=True, text=True, timeout=300,
                              check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
