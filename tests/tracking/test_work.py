"""Leased rows: each is worked on by one worker at a time, again after a crash, not for ever."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.apps.registry import Apps
from django.conf import settings
from django.db import connections, models
from django.utils import timezone

from returns.models import FindAttempt
from tracking import work
from tracking.work import LeasedQuerySet, LeasedRow, WorkState

MINUTE = timedelta(minutes=1)


class Chore(LeasedRow):
    """Work of no meaning, in a registry of its own, so that nobody migrates it."""

    objects = LeasedQuerySet.as_manager()

    class Meta:
        app_label = "chores"
        apps = Apps()


@pytest.fixture
def chore(store):
    """Makes one row of work with the values given."""

    def make(**values):
        number = FindAttempt.objects.count()
        return FindAttempt.objects.create(store=store, token=f"token-{number}", **values)

    return make


def take() -> FindAttempt:
    (row,) = FindAttempt.objects.claim()
    return row


def lose_the_lease(row: FindAttempt) -> None:
    """What a worker leaves behind that was killed long ago."""
    FindAttempt.objects.filter(pk=row.pk).update(lease_until=timezone.now() - MINUTE)


def test_a_claimed_row_belongs_to_one_worker_until_its_lease_runs_out(chore):
    row = chore()
    mine = take()
    assert (mine.pk, mine.state) == (row.pk, WorkState.CLAIMED)
    assert mine.lease_until > timezone.now() + MINUTE
    assert FindAttempt.objects.claim() == []
    lose_the_lease(mine)
    again = take()
    assert again.pk == row.pk and again.lease_owner != mine.lease_owner


def test_what_is_due_later_is_left_alone_and_the_oldest_goes_first(chore):
    now = timezone.now()
    late, early = chore(due_at=now - MINUTE), chore(due_at=now - 2 * MINUTE)
    chore(due_at=now + MINUTE)
    assert [row.pk for row in FindAttempt.objects.claim()] == [early.pk, late.pk]


def test_no_more_than_the_limit_is_taken(chore):
    for _ in range(3):
        chore()
    assert len(FindAttempt.objects.claim(2)) == 2
    assert len(FindAttempt.objects.claim(2)) == 1


def test_that_there_is_nothing_to_do_is_found_out_without_a_lock(chore, django_assert_num_queries):
    chore(due_at=timezone.now() + MINUTE)
    with django_assert_num_queries(1):
        assert FindAttempt.objects.claim() == []


def test_attempts_are_counted_before_the_work(chore):
    chore()
    assert take().attempts == 1
    assert FindAttempt.objects.get().attempts == 1


@pytest.mark.parametrize(
    "settle",
    [
        lambda row: row.done(),
        lambda row: row.drop("stale"),
        lambda row: row.dead("no such mailbox"),
        lambda row: row.retry("greylisted"),
    ],
    ids=["done", "drop", "dead", "retry"],
)
def test_whoever_lost_the_lease_settles_nothing(chore, settle):
    chore()
    slow = take()
    lose_the_lease(slow)
    fast = take()
    assert settle(slow) is False
    assert slow.state == WorkState.CLAIMED  # nor does the object pretend
    row = FindAttempt.objects.get()
    assert (row.state, row.lease_owner, row.last_error) == (
        WorkState.CLAIMED,
        fast.lease_owner,
        "",
    )
    assert fast.done() is True
    assert settle(slow) is False
    assert FindAttempt.objects.get().state == WorkState.DONE


def test_a_row_that_nobody_claimed_cannot_be_settled(chore):
    row = chore()
    assert row.done() is False
    assert FindAttempt.objects.get().state == WorkState.DUE


def test_work_that_is_no_longer_wanted_is_dropped_with_its_reason(chore):
    chore()
    row = take()
    assert row.drop("No longer news.")
    row.refresh_from_db()
    assert (row.state, row.last_error, row.lease_until) == (
        WorkState.DROPPED,
        "No longer news.",
        None,
    )
    assert row.done_at is not None
    assert FindAttempt.objects.claim() == []


def test_values_are_written_together_with_the_outcome(chore):
    chore(number="JP-20418")
    assert take().done(number="")
    assert FindAttempt.objects.get().number == ""


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 30), (2, 60), (5, 480), (10, 15_360), (11, 21_600), (100, 21_600), (30_000, 21_600)],
)
def test_waits_double_from_half_a_minute_to_six_hours(chore, monkeypatch, attempt, longest):
    monkeypatch.setattr(FindAttempt, "MAX_ATTEMPTS", 32_000)
    chore(attempts=attempt - 1)
    row = take()
    before = timezone.now()
    assert row.retry("greylisted")
    wait = (row.due_at - before).total_seconds()
    assert longest / 2 <= wait <= longest + 1
    row.refresh_from_db()
    assert (row.state, row.lease_owner, row.last_error) == (WorkState.DUE, "", "greylisted")


def test_the_waits_bridge_the_outage_of_a_weekend():
    waits = [
        min(work.LONGEST_WAIT, work.FIRST_WAIT * 2**n) for n in range(LeasedRow.MAX_ATTEMPTS - 1)
    ]
    assert sum(waits, timedelta(0)) / 2 > timedelta(hours=30)  # were every wait the shortest


def test_after_the_last_attempt_it_is_given_up(chore):
    chore(attempts=FindAttempt.MAX_ATTEMPTS - 2)
    row = take()
    row.retry("once more")
    assert row.state == WorkState.DUE
    FindAttempt.objects.update(due_at=timezone.now())
    row = take()
    assert row.retry("and again")
    row.refresh_from_db()
    assert (row.state, row.last_error) == (WorkState.DEAD, "and again")


def test_work_that_kills_every_worker_is_given_up(chore):
    chore()
    for _ in range(FindAttempt.MAX_ATTEMPTS):
        lose_the_lease(take())
    assert FindAttempt.objects.claim() == []
    row = FindAttempt.objects.get()
    assert (row.state, row.attempts) == (WorkState.DEAD, FindAttempt.MAX_ATTEMPTS)
    assert row.lease_owner == "" and "lost" in row.last_error


def test_work_that_kills_its_worker_takes_no_other_work_with_it(chore):
    """Three rows are taken together, and the first kills: each then gets its own chance."""
    poison = chore()
    others = {chore().pk, chore().pk}
    for row in FindAttempt.objects.claim():
        lose_the_lease(row)
    done = set()
    for _ in range(2 + FindAttempt.MAX_ATTEMPTS):
        batch = FindAttempt.objects.claim()
        for row in batch:
            if row.pk == poison.pk:  # the rest of the batch is never reached
                for lost in batch:
                    lose_the_lease(lost)
                break
            row.done()
            done.add(row.pk)
    assert done == others
    assert FindAttempt.objects.get(pk=poison.pk).state == WorkState.DEAD


def test_a_filtered_queue_takes_only_its_own(chore):
    chore(number="one")
    mine = chore(number="two")
    assert [row.pk for row in FindAttempt.objects.filter(number="two").claim()] == [mine.pk]


def test_a_filter_on_what_claiming_changes_loses_nothing(chore):
    chore()
    assert len(FindAttempt.objects.filter(state=WorkState.DUE, attempts=0).claim()) == 1


# --- several workers at the same moment -----------------------------------------------------


def claimed_by_four(claim) -> list[int]:
    """The keys of all rows, taken by four threads that begin at the same moment."""
    start = Barrier(4)
    taken: list[list[int]] = [[], [], [], []]
    errors: list[Exception] = []

    def worker(mine: list[int]) -> None:
        try:
            start.wait()
            while rows := claim():
                mine.extend(row.pk for row in rows)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=worker, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return sorted(key for mine in taken for key in mine)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_four_workers_on_postgresql_take_each_row_once():
    from tests.people import open_store

    store = open_store()
    keys = [
        FindAttempt.objects.create(store=store, token=f"token-{number}").pk for number in range(60)
    ]
    assert claimed_by_four(lambda: FindAttempt.objects.claim(3)) == keys
    assert set(FindAttempt.objects.values_list("attempts", flat=True)) == {1}


@pytest.fixture
def file_database(tmp_path, django_db_blocker):
    """SQLite as the site runs it: a file, WAL, IMMEDIATE; not the memory of other tests."""
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
    base = connections.configure_settings(
        {
            "default": settings.DATABASES["default"],
            "file": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(tmp_path / "work.sqlite3"),
                "OPTIONS": options,
            },
        }
    )
    connections.settings["file"] = base["file"]
    with django_db_blocker.unblock():
        with connections["file"].schema_editor() as editor:
            editor.create_model(Chore)
        yield "file"
        connections["file"].close()
    del connections["file"]
    del connections.settings["file"]


def test_four_workers_on_one_sqlite_file_take_each_row_once(file_database):
    chores = Chore.objects.using(file_database)
    chores.bulk_create(Chore() for _ in range(60))
    keys = list(chores.order_by("pk").values_list("pk", flat=True))
    assert claimed_by_four(lambda: Chore.objects.using(file_database).claim(3)) == keys
    assert set(chores.values_list("attempts", flat=True)) == {1}


def test_the_indexes_of_the_sweep_cover_what_is_due_and_what_is_in_hand():
    names = {index.name: index.condition for index in work.lease_indexes("letter")}
    assert names == {
        "letter_due": models.Q(state=WorkState.DUE),
        "letter_claimed": models.Q(state=WorkState.CLAIMED),
    }
