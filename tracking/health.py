"""Whether the providers do their work, and what keeps them: for the desk."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.timesince import timesince

from tracking.models import Connection, Following
from tracking.models.following import REFUSED
from tracking.providers import Outcome
from tracking.work import WorkState

# Some parcel always moves. Without any push for so long, the address at the provider may
# be wrong, and we hear of everything later than we could.
QUIET_AFTER = timedelta(days=3)

# They tell nothing by themselves.
PUSHES_NEVER = frozenset({"demo"})

# Why a number is not followed → in words.
REFUSALS: dict[str, str] = {
    Outcome.NEEDS_CARRIER: "wants to know the carrier, or does not know this one",
    Outcome.NEEDS_PHONE: "wants the last four digits of a phone on the label",
    Outcome.REFUSED: "does not follow this number",
    "": "was asked many times in vain",
}


class State(StrEnum):
    OFF = "off"
    PAUSED = "paused"
    SPENT = "spent"
    FAILING = "failing"
    UNANSWERED = "unanswered"
    QUIET = "quiet"
    UNUSED = "unused"
    WORKS = "works"


# Nobody hears anything of new parcels, or soon will not.
SILENT = frozenset({State.PAUSED, State.SPENT, State.FAILING, State.UNANSWERED})
BAD = SILENT | {State.QUIET}


@dataclass(frozen=True)
class Health:
    """One connection. followed: parcels on their way that it follows. due: numbers to be
    asked about now, the first since `oldest`. refused: why it does not follow a number →
    how many parcels on their way."""

    connection: Connection
    followed: int = 0
    due: int = 0
    oldest: datetime | None = None
    refused: Mapping[str, int] = field(default_factory=dict)

    def state(self, now: datetime) -> State:
        me = self.connection
        if not me.is_active:
            return State.OFF
        if me.is_paused(now):
            return State.PAUSED
        if me.is_spent(now):
            return State.SPENT
        if me.failures:
            return State.FAILING if me.last_answer_at else State.UNANSWERED
        if not (me.last_answer_at or me.last_push_at):
            return State.UNUSED
        expects = self.followed and me.provider not in PUSHES_NEVER
        if expects and now - (me.last_push_at or me.created_at) > QUIET_AFTER:
            return State.QUIET
        return State.WORKS

    def is_bad(self, now: datetime) -> bool:
        return self.state(now) in BAD

    def words(self, now: datetime) -> str:
        me = self.connection
        because = me.last_failure or "no reason was told"
        match self.state(now):
            case State.OFF:
                return "Switched off: nobody calls it, and its pushes are not taken."
            case State.PAUSED:
                until = me.paused_until
                assert until
                by = until.astimezone(ZoneInfo(me.account.zone))
                return f"Paused until {by:%H:%M} ({me.account.zone}), because: {because}"
            case State.SPENT:
                return "Today’s quota is used up. It begins anew at midnight UTC."
            case State.FAILING:
                return f"{_calls(me.failures)}: {because}"
            case State.UNANSWERED:
                return f"It has never answered. {_calls(me.failures)}: {because}"
            case State.QUIET:
                return f"It answers, but {self._quiet(now)}. Is our address set there?"
            case State.UNUSED:
                return "Nothing was asked yet, and nothing has come."
        return "It works."

    def _quiet(self, now: datetime) -> str:
        parcels = "a parcel is" if self.followed == 1 else f"{self.followed} parcels are"
        last = self.connection.last_push_at
        never = "no push has ever come"
        since = f"no push has come for {timesince(last, now, depth=1)}" if last else never
        return f"{since} although {parcels} followed"

    @property
    def used_today(self) -> int:
        """Numbers asked or registered since midnight UTC."""
        me = self.connection
        return me.quota_used if me.quota_day == timezone.now().date() else 0

    @property
    def refusals(self) -> list[tuple[str, int]]:
        """Words and how many, most first."""
        named = [(REFUSALS.get(why, why), count) for why, count in self.refused.items() if count]
        return sorted(named, key=lambda row: -row[1])


def _calls(failures: int) -> str:
    return "The last call failed" if failures == 1 else f"The last {failures} calls failed"


def look(now: datetime | None = None) -> list[Health]:
    """Every connection, in two queries however many there are."""
    now = now or timezone.now()
    under_way = Q(parcel__isnull=False, parcel__ended_at=None)
    is_due = Q(state=WorkState.DUE, due_at__lte=now)
    followed = under_way & Q(registered_at__isnull=False, stopped_at=None) & ~REFUSED
    rows = (
        Following.objects.order_by()
        .values("connection", "refusal")
        .annotate(
            followed=Count("pk", filter=followed),
            refused=Count("pk", filter=under_way & REFUSED),
            due=Count("pk", filter=is_due),
            oldest=Min("due_at", filter=is_due),
        )
    )
    by_connection: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_connection[row["connection"]].append(dict(row))
    return [
        Health(
            connection,
            followed=sum(row["followed"] for row in by_connection[connection.pk]),
            due=sum(row["due"] for row in by_connection[connection.pk]),
            oldest=min(
                (row["oldest"] for row in by_connection[connection.pk] if row["oldest"]),
                default=None,
            ),
            refused={
                row["refusal"]: row["refused"]
                for row in by_connection[connection.pk]
                if row["refused"]
            },
        )
        for connection in Connection.objects.select_related("account")
    ]


def silent(now: datetime | None = None) -> list[Connection]:
    """Connections that do not answer, by what stands in their own rows; one query."""
    now = now or timezone.now()
    live = Connection.objects.live().select_related("account")
    return [row for row in live if Health(row).state(now) in SILENT]
