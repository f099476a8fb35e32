"""What some tests need beside Python: is it on this machine, and if not, why not?

    python -m tests.requirements_found postgres     exit status 0 and its address, or 1

`HOMEWARD_REQUIRE=browser,postgres` turns absence into failure (as `.ci/run` does).
"""

import os
import shutil
import sys
from pathlib import Path

POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MAC_BROWSERS = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]


def chromium() -> str | None:
    """Path of a Chromium: HOMEWARD_TEST_CHROMIUM, else the first of the usual names."""
    named = os.environ.get("HOMEWARD_TEST_CHROMIUM", "").strip()
    candidates = [named] if named else [*BROWSERS, *MAC_BROWSERS]
    for candidate in candidates:
        found = shutil.which(candidate) or (candidate if Path(candidate).is_file() else None)
        if found:
            return found
    return None


def postgres() -> str | None:
    """Address of a PostgreSQL that lets us in: HOMEWARD_TEST_POSTGRES or the local one."""
    import psycopg

    address = os.environ.get("HOMEWARD_TEST_POSTGRES", "").strip() or POSTGRES
    try:
        psycopg.connect(address, connect_timeout=3).close()
    except psycopg.Error:
        return None
    return address


def required() -> set[str]:
    return {part.strip() for part in os.environ.get("HOMEWARD_REQUIRE", "").split(",")} - {""}


# name → (finder, what to say when it is not there)
REQUIREMENTS = {
    "browser": (
        chromium,
        "no Chromium was found (install chromium, or name one with HOMEWARD_TEST_CHROMIUM)",
    ),
    "postgres": (
        postgres,
        "no PostgreSQL answered (start one, or name one with HOMEWARD_TEST_POSTGRES, "
        f"by default {POSTGRES})",
    ),
}


def main(name: str) -> int:
    find, absence = REQUIREMENTS[name]
    if found := find():
        print(found)
        return 0
    consequence = "is required by HOMEWARD_REQUIRE" if name in required() else "tests are skipped"
    print(f"{name}: {absence}; {name} {consequence}.", file=sys.stderr)
    return 2 if name in required() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
