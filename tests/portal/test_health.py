"""What a watcher of the site is told, and that it is told nothing about anybody."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from returns.models import Notice
from tracking.models import Connection, Following, Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def watcher() -> Client:
    return Client()


def test_a_site_that_reaches_its_database_is_healthy(watcher):
    answer = watcher.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["Cache-Control"] == "no-store"


def test_a_site_without_its_database_says_so(watcher, monkeypatch):
    from django.db import OperationalError

    def fail(*args, **kwargs):
        raise OperationalError("password=secret host=db")

    monkeypatch.setattr(connection, "cursor", fail)
    answer = watcher.get("/healthz")
    assert (answer.status_code, answer.json()) == (
        503,
        {"status": "failing", "database": "unreachable"},
    )


def test_work_goes_on_while_the_heart_beats(watcher):
    Heartbeat.beat()
    answer = watcher.get("/healthz/jobs")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "heartbeat_seconds": 0, "late": {}, "rings": 0}


def test_a_heart_that_never_beat_is_failing(watcher):
    answer = watcher.get("/healthz/jobs")
    assert answer.status_code == 503
    assert answer.json()["heartbeat_seconds"] is None


def test_an_old_heartbeat_is_failing(watcher):
    Heartbeat.objects.create(name="worker", at=timezone.now() - timedelta(seconds=181))
    assert watcher.get("/healthz/jobs").status_code == 503


@pytest.mark.parametrize(("late_by", "status"), [(100, 200), (130, 503)])
def test_a_message_that_is_long_due_is_failing(watcher, order, late_by, status):
    Heartbeat.beat()
    Notice.objects.write(order, "return_requested", event="test")
    Notice.objects.update(due_at=timezone.now() - timedelta(seconds=late_by))
    answer = watcher.get("/healthz/jobs")
    assert answer.status_code == status
    assert answer.json()["late"] == ({"notice": 1} if status == 503 else {})
    assert order.email not in answer.content.decode()


def test_a_provider_that_is_away_is_not_our_failing(watcher, order):
    Heartbeat.beat()
    account = order.store.account
    connection = Connection.objects.create(account=account, provider="demo", key="none")
    yesterday = timezone.now() - timedelta(days=1)
    Following.objects.create(connection=connection, number="1", wish="query", due_at=yesterday)
    assert watcher.get("/healthz/jobs").json()["late"] == {}


def test_health_is_only_read(watcher):
    assert watcher.post("/healthz").status_code == 405
