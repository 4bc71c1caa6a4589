"""The store's unit tests that need a server: each program of the build folder whose name says so, on a cluster of its own."""
import os
import subprocess

import pytest

from conftest import BIN
from postgres import Cluster


@pytest.mark.parametrize("name", ["conformance_postgres"])
def test_units__pass_on_postgresql(name):
    program = BIN.parent / "tests" / "unit" / "gateway" / "store" / f"test_gateway_store_{name}"
    with Cluster().start() as cluster:
        url = cluster.url(cluster.create_database())
        done = subprocess.run([program], env={**os.environ, "NUMGATE_TEST_POSTGRES": url}, capture_output=True, text=True, timeout=300,
                              check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
