"""LeasedRow: a row that stands for work which leaves the process or can wait.

    due → claimed → done | retry | dead      (retry is due again, later)

A worker claims rows for a limited time (the lease), commits, does the work outside any
transaction, and settles the row under its own name. If it is killed in between, the
lease runs out and another worker takes over: the work is done at least once, and it
carries the row's own key, so that a receiver which folds repeats sees it once.
Attempts are counted when claiming, before the work. A row whose lease ran out is taken
alone, and no more often than MAX_ATTEMPTS, so that work which kills its worker stops by
itself and harms no other.
"""

import random
import traceback
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connections, models, router, transaction
from django.db.models import F, Q
from django.utils import timezone

from tracking.bulk import update_rows

# Longer than the queue lets one task run (Q_CLUSTER["timeout"], 60 s).
LEASE = timedelta(seconds=90)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)


class WorkState(models.TextChoices):
    DUE = "due", "Due"
    CLAIMED = "claimed", "In hand"
    DONE = "done", "Done"
    DEAD = "dead", "Given up"
    DROPPED = "dropped", "No longer needed"


class LeasedQuerySet[Row: "LeasedRow"](models.QuerySet[Row]):
    def due(self, now: datetime | None = None) -> Self:
        """Rows to be worked on now: due, or claimed by somebody whose lease ran out."""
        now = now or timezone.now()
        return self.filter(
            Q(state=WorkState.DUE, due_at__lte=now)
            | Q(state=WorkState.CLAIMED, lease_until__lte=now)
        )

    def claim(self, limit: int = 20, lease: timedelta | None = None) -> list[Row]:
        """Takes up to `limit` due rows for this caller alone and returns them.

        PostgreSQL skips rows that another worker is taking at this moment; SQLite has
        one writer at a time, from the first word of its transaction (IMMEDIATE).
        """
        now = timezone.now()
        owner = uuid.uuid4().hex
        using = getattr(self, "_db", None) or router.db_for_write(self.model)
        rows = self.using(using).order_by("due_at", "pk")
        # Mostly there is nothing, and to find that out no lock is needed.
        if not rows.due(now).exists():
            return []
        if connections[using].features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        everything = self.model._base_manager.using(using)
        with transaction.atomic(using=using):
            left_behind = rows.due(now).filter(state=WorkState.CLAIMED)
            given_up = left_behind.filter(attempts__gte=self.model.MAX_ATTEMPTS)
            keys = list(given_up.values_list("pk", flat=True)[:limit])
            everything.filter(pk__in=keys).update(
                state=WorkState.DEAD,
                done_at=now,
                lease_until=None,
                lease_owner="",
                last_error=f"Every worker that took it was lost ({self.model.MAX_ATTEMPTS} times).",
            )
            keys = list(left_behind.values_list("pk", flat=True)[:1]) or list(
                rows.due(now).filter(state=WorkState.DUE).values_list("pk", flat=True)[:limit]
            )
            everything.filter(pk__in=keys).update(
                state=WorkState.CLAIMED,
                lease_until=now + (lease or LEASE),
                lease_owner=owner,
                attempts=F("attempts") + 1,
            )
        mine = self.model._default_manager.using(using).filter(pk__in=keys, lease_owner=owner)
        return list(mine.order_by("due_at", "pk"))

    def settle_all(self, rows: Sequence[Row], values: Sequence[Mapping[str, Any]]) -> None:
        """Done, each with its own values, in one go. Those whose lease was lost are left
        alone, as `LeasedRow.settle` leaves one alone."""
        if not rows:
            return
        now = timezone.now()
        mine: dict[str, list[object]] = {
            "state": [WorkState.CLAIMED] * len(rows),
            "lease_owner": [row.lease_owner for row in rows],
        }
        settled: dict[str, object] = {"state": WorkState.DONE, "done_at": now, "last_error": ""}
        settled |= {"lease_until": None, "lease_owner": ""}
        for row, own in zip(rows, values, strict=True):
            for name, value in {**settled, **own}.items():
                setattr(row, name, value)
        with transaction.atomic(using=self.db):
            update_rows(rows, (*settled, *values[0]), only=mine)


class LeasedRow(models.Model):
    """Subclasses add what is to be done, and may lower MAX_ATTEMPTS."""

    MAX_ATTEMPTS = 20  # with the waits below about two days: a weekend's outage
    # Whether a row that is due for minutes means that our own work stands still.
    IS_PROMPT = True

    state = models.CharField(max_length=8, choices=WorkState, default=WorkState.DUE)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=32, blank=True)
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def settle(self, state: str, **values) -> bool:
        """Writes the outcome if the row is still ours; False when the lease was lost."""
        values = {"state": state, "lease_until": None, "lease_owner": "", **values}
        mine = type(self)._base_manager.filter(
            pk=self.pk, state=WorkState.CLAIMED, lease_owner=self.lease_owner
        )
        if not mine.update(**values):
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True

    def done(self, **values) -> bool:
        return self.settle(WorkState.DONE, done_at=timezone.now(), last_error="", **values)

    def drop(self, reason: str) -> bool:
        """The work is no longer wanted (stale news, withdrawn request)."""
        return self.settle(WorkState.DROPPED, done_at=timezone.now(), last_error=reason)

    def dead(self, error: str) -> bool:
        """Trying again cannot help; the desk sees the row."""
        return self.settle(WorkState.DEAD, done_at=timezone.now(), last_error=error[:2000])

    def retry(self, error: str) -> bool:
        """Due again after a random part of a doubling wait; dead after MAX_ATTEMPTS."""
        if self.attempts >= self.MAX_ATTEMPTS:
            return self.dead(error)
        doublings = min(max(self.attempts - 1, 0), 16)  # beyond, the longest wait counts
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2**doublings) * random.uniform(0.5, 1)
        return self.settle(WorkState.DUE, due_at=timezone.now() + wait, last_error=error[:2000])


def place_of(error: Exception) -> str:
    """Kind and place of an error; its own words may hold what somebody wrote."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.name}, line {last.lineno}"


def lease_indexes(name: str) -> list[models.Index]:
    """The partial indexes that keep a sweep as cheap as what is due, for a model's Meta."""
    return [
        models.Index(fields=["due_at"], name=f"{name}_due", condition=Q(state=WorkState.DUE)),
        models.Index(
            fields=["lease_until"], name=f"{name}_claimed", condition=Q(state=WorkState.CLAIMED)
        ),
    ]
