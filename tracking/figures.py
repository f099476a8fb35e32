"""How often carriers did what they were asked for, how soon they were asked, and at what
cost: for the desk, and for whoever decides whether it is worth a try.

An attempt is a request that was really made; what was withdrawn or found too late before
anybody was asked says nothing about a carrier.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from django.db.models import Count, Q

from tracking.interceptions import InterceptionStatus as Status
from tracking.models.interception import Interception, InterceptionQuerySet

# Of fewer no share is told.
ENOUGH = 20
WORKED = Q(status=Status.SUCCEEDED)
ENDED = WORKED | Q(status=Status.FAILED)


@dataclass(frozen=True)
class Tally:
    """attempts: asked for. open: of which nobody knows the end yet; what was withdrawn is
    neither open nor ended. wait: the middle time from the click until the carrier (or its
    gateway) had it, None when none ever had. costs: by currency, of what worked: carriers
    charge for nothing else."""

    attempts: int = 0
    succeeded: int = 0
    failed: int = 0
    open: int = 0
    wait: timedelta | None = None
    costs: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def rate(self) -> int | None:
        """Percent of ended ones that worked; None while none has ended."""
        return percent(self.succeeded, self.succeeded + self.failed)


@dataclass(frozen=True)
class Figures:
    """carriers: code → its own. milestones: where the parcel was when it was asked for →
    its own. Both: the most attempts first."""

    all: Tally
    carriers: Mapping[str, Tally]
    milestones: Mapping[str, Tally]


@dataclass(frozen=True)
class _Attempt:
    carrier: str
    milestone: str
    status: str
    requested_at: datetime
    sent_at: datetime | None
    is_uncertain: bool
    cost: Decimal | None
    currency: str


def figures(since: datetime, account_id: int | None = None) -> Figures:
    """Of what was asked for since then, by one account or by all; in one query."""
    names = ("carrier", "parcel_milestone", "status", "requested_at", "sent_at", "is_uncertain")
    asked = _asked(account_id).filter(requested_at__gte=since).order_by()
    rows = asked.values_list(*names, "cost", "currency")
    attempts = [_Attempt(*row) for row in rows.iterator()]
    by_carrier: dict[str, list[_Attempt]] = defaultdict(list)
    by_milestone: dict[str, list[_Attempt]] = defaultdict(list)
    for attempt in attempts:
        by_carrier[attempt.carrier].append(attempt)
        by_milestone[attempt.milestone].append(attempt)
    return Figures(_tally(attempts), _tallies(by_carrier), _tallies(by_milestone))


def chances(account_id: int, carrier: str) -> Mapping[str, int]:
    """aim → percent of ended requests that worked; without those of which fewer than ENOUGH
    ended."""
    rows = _asked(account_id).filter(ENDED, carrier=carrier).order_by().values("aim")
    counted = rows.annotate(ended=Count("pk"), worked=Count("pk", filter=WORKED))
    return {
        row["aim"]: round(100 * row["worked"] / row["ended"])
        for row in counted
        if row["ended"] >= ENOUGH
    }


def chance(account_id: int, carrier: str, aim: str) -> int | None:
    """The same of one aim; None when it is not told."""
    return chances(account_id, carrier).get(aim)


def percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _asked(account_id: int | None) -> InterceptionQuerySet:
    rows = Interception.objects.filter(asked_at__isnull=False)
    return rows if account_id is None else rows.filter(parcel__account_id=account_id)


def _tallies(groups: Mapping[str, list[_Attempt]]) -> dict[str, Tally]:
    order = sorted(groups, key=lambda name: (-len(groups[name]), name))
    return {name: _tally(groups[name]) for name in order}


def _tally(attempts: Iterable[_Attempt]) -> Tally:
    rows = list(attempts)
    ended = {status: sum(row.status == status for row in rows) for status in Status}
    # When a lost answer would have come nobody knows.
    waits = [
        (row.sent_at - row.requested_at).total_seconds()
        for row in rows
        if row.sent_at and not row.is_uncertain
    ]
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.cost is not None and row.status == Status.SUCCEEDED:
            costs[row.currency] += row.cost
    done = ended[Status.SUCCEEDED] + ended[Status.FAILED]
    return Tally(
        attempts=len(rows),
        succeeded=ended[Status.SUCCEEDED],
        failed=ended[Status.FAILED],
        open=len(rows) - done - ended[Status.WITHDRAWN],
        wait=timedelta(seconds=median(waits)) if waits else None,
        costs=dict(sorted(costs.items())),
    )
