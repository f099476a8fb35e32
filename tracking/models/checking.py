"""Checking: parcels that nobody told us about for a while are asked for.

`Parcel.next_check_at` says when. Which provider is asked is decided here; the calls are
made from the rows of Following, at the providers' own pace, so that a backlog after an
outage drains without a rush.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import uniform
from typing import TYPE_CHECKING

from django.db import connection as database
from django.db import models, transaction
from django.utils import timezone

from tracking import polling
from tracking.bulk import update_rows
from tracking.models.connection import Connection
from tracking.models.following import Following, grouped
from tracking.models.recording import Recording
from tracking.providers import Action
from tracking.work import WorkState

if TYPE_CHECKING:
    from tracking.models.parcel import Parcel

# While none of its providers can be asked.
LATER = timedelta(minutes=10)


@dataclass(frozen=True)
class Plan:
    """register: connections where its number is new. ask: followings to be queried.
    stop: followings that are no longer needed. again_at: when to look once more."""

    register: tuple[Connection, ...] = ()
    ask: tuple[Following, ...] = ()
    stop: tuple[Following, ...] = ()
    again_at: datetime | None = None


def plan(
    parcel: "Parcel",
    connections: Sequence[Connection],
    followings: Sequence[Following],
    now: datetime,
) -> Plan:
    """Whom to ask about a parcel that is due. The first provider that can be asked is; when
    it has been silent about this parcel, or refuses it, the next one is asked as well."""
    if polling.is_over(parcel.milestone, parcel.last_word, now):
        # It never arrived: what is paid for by the number is given back.
        lost = () if parcel.ended_at else followings
        return Plan(stop=tuple(row for row in lost if row.registered_at and not row.stopped_at))
    mine = {row.connection_id: row for row in followings}
    register: list[Connection] = []
    ask: list[Following] = []
    willing = reached = False
    for connection in connections:
        row = mine.get(connection.pk)
        if not connection.adapter.follows(parcel.carrier) or (row and row.is_refused):
            continue
        willing = True
        if not connection.can_be_asked(now):
            continue
        reached = True
        # While nobody knows whether it is well again, the next one is asked as well.
        is_well = connection.paused_until is None
        if row is None:
            register.append(connection)
            if is_well:
                break
            continue
        locked = row.may_be_queried_at()
        if row.state not in (WorkState.DUE, WorkState.CLAIMED) and not (locked and locked > now):
            ask.append(row)
        if is_well and not row.is_silent(now):
            break
    again = polling.next_check(parcel.milestone, parcel.last_word, now)
    if not willing:
        again = None  # nobody follows such parcels here, until a connection is added
    elif not reached:
        again = now + LATER * uniform(0.5, 1.5)
    return Plan(tuple(register), tuple(ask), again_at=again)


class Checking(Recording):
    """The second storey of ParcelQuerySet."""

    def to_check(self, now: datetime | None = None) -> "models.QuerySet[Parcel]":
        return self.filter(next_check_at__lte=now or timezone.now()).order_by("next_check_at")

    def poll(self, now: datetime | None = None, limit: int = 500) -> int:
        """Decides about up to `limit` parcels that are due; returns about how many. (A
        manager has a `check` of its own.)"""
        now = now or timezone.now()
        skip = database.features.has_select_for_update_skip_locked
        with transaction.atomic():
            due = self.to_check(now).select_for_update(skip_locked=skip, no_key=True)
            parcels = list(due[:limit])
            if not parcels:
                return 0
            connections: dict[int, list[Connection]] = defaultdict(list)
            accounts = {parcel.account_id for parcel in parcels}
            for row in Connection.objects.asked().filter(account__in=accounts).order_by("position"):
                connections[row.account_id].append(row)
            followings = grouped(list(Following.objects.filter(parcel__in=parcels)))
            made, asked, stopped = [], [], []
            for parcel in parcels:
                found = plan(
                    parcel, connections[parcel.account_id], followings.get(parcel.pk, []), now
                )
                made += [_following(parcel, connection, now) for connection in found.register]
                asked += [row.pk for row in found.ask]
                stopped += [row.pk for row in found.stop]
                parcel.next_check_at = found.again_at
            Following.objects.bulk_create(made, ignore_conflicts=True)
            again = Following.objects.filter(pk__in=asked)
            again.filter(registered_at__isnull=False).ask(Action.QUERY, now)
            again.filter(registered_at=None).ask(Action.REGISTER, now)
            Following.objects.filter(pk__in=stopped).ask(Action.STOP, now)
            update_rows(parcels, ("next_check_at",))
        return len(parcels)

    def take_up(self, account_id: int, now: datetime | None = None) -> int:
        """Somebody connected a provider: parcels that nobody followed are looked at."""
        open_ones = self.filter(account=account_id, ended_at=None, next_check_at=None)
        return open_ones.update(next_check_at=now or timezone.now())


def _following(parcel: "Parcel", connection: Connection, now: datetime) -> Following:
    return Following(
        parcel=parcel,
        connection=connection,
        number=parcel.plain_number,
        wish=Action.REGISTER,
        due_at=now,
    )
