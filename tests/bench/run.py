"""One run of the bench: measures, prints the table and the line of JSON."""

import argparse
import json
import logging
import os
import platform
import sys

import django
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from tests.bench import measure
from tests.bench.things import THINGS


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Each thing beside its floor.")
    parser.add_argument("things", nargs="*", metavar="THING", help=", ".join(THINGS))
    parser.add_argument("--n", type=int, metavar="ROUNDS", help="Rounds of each, of every thing.")
    chosen = parser.parse_args()
    if unknown := set(chosen.things) - set(THINGS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    logging.disable(logging.WARNING)
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        results = []
        for name in chosen.things or THINGS:
            if sys.stderr.isatty():
                print(f"{name} … ", end="\r", file=sys.stderr, flush=True)
            results.append(measure.measured(THINGS[name](), chosen.n))
    finally:
        teardown_databases(databases, verbosity=0)
    print(f"Django’s own client, {connection.vendor}, {os.cpu_count()} cores\n")
    print(measure.table(results), end="\n\n")
    print(
        json.dumps(
            {
                "python": platform.python_version(),
                "django": django.get_version(),
                "cores": os.cpu_count(),
                "database": connection.vendor,
                "results": {one.pair.name: one.as_json() for one in results},
            }
        )
    )
