"""The bench runs and says its figures; how large they are is for people to read."""

import json
import os
import subprocess
import sys

from django.conf import settings

from tests.bench.things import THINGS


def test_the_bench_ends_with_one_line_of_json():
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("HOMEWARD_")
    }
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--n", "1"],
        cwd=settings.BASE_DIR,
        env={**environment, "HOMEWARD_TEST_BENCH_SCALE": "0.001"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["database"] == "sqlite"
    assert set(told["results"]) == set(THINGS)
    for name, result in told["results"].items():
        assert result["n"] == 1, name
        assert result["median_ms"] > 0, name
        assert result["floor_median_ms"] > 0, name
        assert name in ran.stdout
