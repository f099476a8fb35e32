"""A worker may be killed at any line between the click and the end of a change of address: no
carrier is asked before the letter has left, one request is made, and its end is told."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from returns.models import AddressChange, Notice, Promise
from tests.mail_server import mail_server
from tests.people import open_store, place_order, ship
from tests.returns.test_address_changes import free_of_charge, redirect, with_gateway, work
from tracking.gateways import Answer, Outcome
from tracking.models import Interception

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

HOUSE = Path(__file__).parent.parent.parent
# What other tests kill at every line, or what is no part of it.
BESIDE = ("returns/tasks.py", "returns/models/promise.py")
SENDING = "returns/models/sending.py"


@pytest.fixture
def change(transactional_db) -> AddressChange:
    if connection.vendor != "sqlite":
        pytest.skip("needs SQLite, where a copy of the database is a copy of a file")
    order = place_order(open_store(), "JP-1", shipped=False)
    free_of_charge(order)
    with_gateway(order)
    return redirect(order, ship(order))


def killed_everywhere(tmp_path: Path, *files: str) -> tuple[list[dict[str, Any]], list[str]]:
    """What became of each round, and to whom letters came."""
    copy = tmp_path / "due.sqlite3"
    with sqlite3.connect(copy) as file:
        connection.connection.backup(file)
        file.execute("PRAGMA journal_mode=DELETE")
    module = "tests.returns.killing_addresses"
    with mail_server() as server:
        done = subprocess.run(
            [sys.executable, "-m", module, str(copy), str(server.port), *files],
            cwd=HOUSE,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    for told in rounds:
        assert told["killed"], f"not killed at {told['place']}"
    return rounds, list(server.recipients)


def test_nobody_is_asked_before_the_contact_was_told_and_nothing_is_lost(
    change, tmp_path, record_property
):
    rounds, arrived = killed_everywhere(tmp_path, *BESIDE)
    for told in rounds:
        where = f"killed at line {told['number']}: {told['place']}"
        before, after = told["before"], told["after"]
        if before["requests"]:
            assert ["address_asked", "done"] in before["notices"], where
        assert after["changes"] == ["requested"], where
        assert after["requests"] == ["requested"], where
        assert after["notices"] == [["address_asked", "done"]], where
        assert after["recipients"][0] in arrived, where
        assert ["address", "open"] in after["promises"], where
    assert len(rounds) > 60
    record_property("rounds", len(rounds))


def test_its_end_is_told_once_and_our_word_is_kept(change, tmp_path, record_property):
    work()  # the letter, and the carrier is asked
    assert Interception.objects.get().take(Answer(Outcome.ACCEPTED))
    assert AddressChange.objects.stirred().exists()
    told_before = Notice.objects.count()
    assert Promise.objects.open().filter(kind="address").exists()
    rounds, arrived = killed_everywhere(tmp_path, *BESIDE, SENDING)
    for told in rounds:
        where, after = f"killed at line {told['number']}: {told['place']}", told["after"]
        assert after["changes"] == ["accepted"], where
        assert after["notices"][told_before:] == [["address_news", "done"]], where
        assert arrived.count(after["recipients"][-1]) in (1, 2), where
        assert ["address", "kept"] in after["promises"], where
        assert ["address", "open"] not in after["promises"], where
        assert after["promises"].count(["update", "open"]) == 1, where
        assert after["events"].count("address_accepted") == 1, where
    assert len(rounds) > 60
    record_property("rounds", len(rounds))
