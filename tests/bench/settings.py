"""Settings of the bench: those of the tests, on a database that is a file as in earnest."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATA_DIR, DATABASES

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "bench.sqlite3")}
    # As durable as in earnest: tests may lose theirs.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=FULL;"
else:
    # A database of its own on that server, thrown away afterwards.
    DATABASES["default"]["TEST"] = {"NAME": f"bench_homeward_{os.getpid()}"}

ROOT_URLCONF = "tests.bench.urls"
