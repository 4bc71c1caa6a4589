"""Schedules of chaos, see chaos.py. To run one again: NUMGATE_TEST_SEED=N ./dev test sync, or python3 -m pytest tests/sync/test_chaos.py."""
import concurrent.futures
import os
import random

from chaos import run_schedule
from conftest import STORE, rounds

AT_ONCE = 6


def seeds():
    given = os.environ.get("NUMGATE_TEST_SEED")
    if given:
        return [int(given)]
    count = rounds(2, 100, 100) if STORE == "sqlite" else rounds(1, 20, 100)
    return random.sample(range(10**9), count)


def test_schedules__end_with_both_sides_equal(tmp_path):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(run_schedule, tmp_path / f"schedule-{seed}", seed) for seed in seeds()]
        failures = [failure for failure in (future.result() for future in futures) if failure]
    assert not failures, f"{len(failures)} of {len(futures)} schedules failed\n" + "\n".join(failures[:5])
