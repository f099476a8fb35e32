"""A worker may be killed at any line while it sends: the letter arrives all the same, and
the promise that it keeps is settled once."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from returns.models import CLOCK, Case, Notice, NoticeKind, Promise
from returns.quiet import LEAD
from tests.mail_server import mail_server
from tests.people import open_store, place_order
from tests.portal.on_the_way import the_parcel, wrong
from tracking.incidents import IncidentKind

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

HOUSE = Path(__file__).parent.parent.parent
LINK = re.compile(r"/k/[\w-]+")


@pytest.fixture
def database(tmp_path, transactional_db):
    """Two letters are due: one keeps Sarah's promise, the other tells Bob what is wrong."""
    if connection.vendor != "sqlite":
        pytest.skip("needs SQLite, where a copy of the database is a copy of a file")
    store = open_store()
    sarahs = place_order(store, "JP-1", delivered=False, email="sarah@example.com")
    promise = sarahs.promise_update(by=CLOCK)
    assert promise
    Promise.objects.filter(pk=promise.pk).update(due_at=timezone.now() + LEAD)
    Promise.objects.come_due()
    bobs = place_order(store, "JP-2", delivered=False, email="bob@example.com")
    wrong(the_parcel(bobs), IncidentKind.DAMAGED, since=timezone.now() - timedelta(hours=1))
    Case.objects.follow()
    kinds = set(Notice.objects.values_list("kind", flat=True))
    assert kinds == {NoticeKind.ORDER_UPDATE, NoticeKind.ORDER_NEWS}
    copy = tmp_path / "due.sqlite3"
    with sqlite3.connect(copy) as file:
        connection.connection.backup(file)
        file.execute("PRAGMA journal_mode=DELETE")
    return copy


def words(letter: EmailMessage) -> list[str]:
    """All that is read of it, apart from the link: each copy has one of its own."""
    parts = [part for part in letter.walk() if part.get_content_maintype() == "text"]
    return [LINK.sub("/k/…", part.get_content()) for part in parts]


def test_wherever_it_is_killed_each_letter_arrives_and_the_promise_is_kept_once(
    database, record_property
):
    promised = Promise.objects.count()
    with mail_server() as server:
        done = subprocess.run(
            [sys.executable, "-m", "tests.returns.killing", str(database), str(server.port)],
            cwd=HOUSE,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    rounds = [json.loads(line) for line in done.stdout.splitlines()]
    arrived = defaultdict(list)
    for recipient, letter in zip(server.recipients, server.received, strict=True):
        arrived[recipient].append(letter)

    repeats: Counter[str] = Counter()
    for told in rounds:
        where = f"killed at line {told['number']}: {told['place']}"
        assert told["killed"], f"not {where}"
        for recipient, state, attempts in told["notices"]:
            copies = arrived[recipient]
            assert (state, attempts <= 2) == ("done", True), where
            assert copies, f"{where}: nothing arrived"
            assert len({str(letter["Message-ID"]) for letter in copies}) == 1, where
            assert all(words(letter) == words(copies[0]) for letter in copies), where
            repeats[told["place"]] += len(copies) - 1
        assert len(told["promises"]) == promised + 1, where
        states = Counter(state for _, state, _ in told["promises"])
        assert states == {"kept": 1, "open": 2, "superseded": states["superseded"]}, where
        told_of = [kind for kind in told["events"] if kind != "investigation_opened"]
        assert told_of == ["update_sent"], where
    assert len(rounds) > 200
    record_property("rounds", len(rounds))
    record_property("letters that came twice", repeats.total())
    print(f"{len(rounds)} rounds, {repeats.total()} letters came twice: {+repeats}")
