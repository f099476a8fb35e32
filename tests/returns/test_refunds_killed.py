"""A worker may be killed at any line between the claim and the last word about a refund: the shop
refunds once, it is recorded once, and the buyer is told once."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from returns.models import Resolution, ShopAccount
from tests.people import open_store
from tests.returns.refunds_asked import SLUGS, bought, came_back, decide

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

HOUSE = Path(__file__).parent.parent.parent
FEWEST = {"shopify": 180, "rest": 60, "woocommerce": 60}  # lines on the way


@pytest.fixture
def due(request, transactional_db) -> Resolution:
    if connection.vendor != "sqlite":
        pytest.skip("needs SQLite, where a copy of the database is a copy of a file")
    store = open_store()
    shop = SLUGS.get(request.param, request.param)
    # Where it is played is known to the process that plays it.
    ShopAccount.objects.create(store=store, shop=shop, base="http://127.0.0.1:1", refunds=True)
    return decide(came_back(bought(store, request.param)))


@pytest.mark.parametrize("due", ["shopify", "rest", "woocommerce"], indirect=True)
def test_case_52_killed_at_any_line_one_refund_is_made_and_told(
    request, due, tmp_path, record_property
):
    shop = request.node.callspec.params["due"]
    copy = tmp_path / "due.sqlite3"
    with sqlite3.connect(copy) as file:
        connection.connection.backup(file)
        file.execute("PRAGMA journal_mode=DELETE")
    done = subprocess.run(
        [sys.executable, "-m", "tests.returns.killing_refunds", str(copy), shop],
        cwd=HOUSE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    for told in rounds:
        where = f"killed at line {told['number']}: {told['place']}"
        before, after = told["before"], told["after"]
        assert told["killed"], where
        # Whatever was refunded had been written down as asked for.
        assert before["asked"] or not before["refunds"], where
        assert before["resolutions"] in (
            [["pending", ""]],
            [["processing", ""]],
            [["succeeded", "9001"]],
        ), where
        assert after["resolutions"] == [["succeeded", "9001"]], where
        assert after["refunds"] == ["40.00"], where
        assert after["returns"] == ["closed"], where
        assert after["events"].count("resolution_done") == 1, where
        assert after["events"].count("resolution_failed") == 0, where
        assert after["notices"].count("return_settled") == 1, where
        assert ["refund", "kept"] in after["promises"], where
        assert ["refund", "open"] not in after["promises"], where
    assert len(rounds) > FEWEST[shop]
    record_property("rounds", len(rounds))
