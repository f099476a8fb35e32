"""pytest plugin: tests that need a browser or PostgreSQL say so when it is missing.

Markers: `browser`, `postgres`, `chaos`. Tests marked `postgres` run when the test
database is PostgreSQL: `HOMEWARD_TEST_DATABASE_URL=postgres://… pytest -m postgres`,
which `make test` does by itself when one answers.
"""

import os

import pytest

from tests.requirements_found import REQUIREMENTS, chromium, required

MARKERS = {
    "browser": "walks through pages in a real Chromium",
    "postgres": "needs PostgreSQL, mostly for two connections at the same moment",
    "chaos": "starts the real keeper and kills its processes",
}


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    if unknown := required() - REQUIREMENTS.keys():
        raise pytest.UsageError(f"HOMEWARD_REQUIRE names the unknown {', '.join(unknown)}")
    if "browser" in required() and not chromium():
        raise pytest.UsageError(f"HOMEWARD_REQUIRE names browser, but {REQUIREMENTS['browser'][1]}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    on_postgres = bool(os.environ.get("HOMEWARD_TEST_DATABASE_URL"))
    has_browser = bool(chromium())
    for item in items:
        if item.get_closest_marker("browser") and not has_browser:
            item.add_marker(pytest.mark.skip(reason=REQUIREMENTS["browser"][1]))
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(
                pytest.mark.skip(reason="needs HOMEWARD_TEST_DATABASE_URL=postgres://…")
            )


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where the real browser is, for playwright's `executable_path`."""
    path = chromium()
    assert path, "the marker `browser` is missing on a test that uses it"
    return path
