"""The queues of the desk about parcels: what is wrong with which of them, since when.

The board of the day counts them, the list of parcels shows them (`?wrong=<name>`,
`?follow=refused`).
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, CharField, Count, Exists, Min, OuterRef, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from tracking.incidents import IncidentKind as Kind
from tracking.models import Following, Incident, Parcel
from tracking.models.following import REFUSED
from tracking.polling import GIVEN_UP_AFTER


@dataclass(frozen=True)
class Trouble:
    """Kinds of incidents that the same people work on in the same way."""

    label: str
    kinds: Set[Kind]


TROUBLES: dict[str, Trouble] = {
    "lost": Trouble("Lost", {Kind.LOST}),
    "late": Trouble("Late or silent", {Kind.SILENT, Kind.STALLED, Kind.OVERDUE, Kind.WRONG_WAY}),
    "customs": Trouble("Customs", {Kind.CUSTOMS_HOLD, Kind.CUSTOMS_DOCUMENTS}),
    "delivery": Trouble(
        "Delivery problems",
        {Kind.ADDRESS, Kind.ATTEMPT_FAILED, Kind.WAITING_AT_PICKUP, Kind.REFUSED},
    ),
    "signed": Trouble(
        "Unclear who has it",
        {Kind.DELIVERED_NOT_RECEIVED, Kind.UNCLEAR_SIGNATURE},
    ),
    "damaged": Trouble("Damaged, or weight differs", {Kind.DAMAGED, Kind.WEIGHT_MISMATCH}),
}


@dataclass(frozen=True)
class Figures:
    count: int = 0
    oldest: datetime | None = None


def troubles() -> Mapping[str, Figures]:
    """For each of TROUBLES: how many parcels, and since when the first; in one query."""
    whens = [When(kind__in=trouble.kinds, then=Value(name)) for name, trouble in TROUBLES.items()]
    group = Case(*whens, default=Value(""), output_field=CharField())
    rows = Incident.objects.open().annotate(group=group).order_by().values("group")
    found = rows.annotate(count=Count("parcel", distinct=True), oldest=Min("since"))
    known = {row["group"]: Figures(row["count"], row["oldest"]) for row in found}
    return {name: known.get(name, Figures()) for name in TROUBLES}


def in_trouble(parcels: QuerySet[Parcel], kinds: Set[str] | None = None) -> QuerySet[Parcel]:
    """Those with an open incident of one of these kinds; None: of any."""
    mine = Incident.objects.open().filter(parcel=OuterRef("pk"))
    return parcels.filter(Exists(mine if kinds is None else mine.filter(kind__in=kinds)))


def unfollowed(now: datetime | None = None) -> QuerySet[Following]:
    """What providers refuse about parcels on their way that no other provider follows. Who
    has been silent for so long that nobody asks any more is not counted."""
    until = (now or timezone.now()) - GIVEN_UP_AFTER
    others = Following.objects.filter(parcel=OuterRef("parcel"), connection__is_active=True)
    heard = Coalesce("parcel__last_scan_at", "parcel__announced_at")
    mine = Following.objects.filter(REFUSED, parcel__isnull=False, parcel__ended_at=None)
    return mine.alias(heard=heard).filter(heard__gt=until).exclude(Exists(others.exclude(REFUSED)))


def unfollowed_figures() -> Figures:
    found = unfollowed().aggregate(
        count=Count("parcel", distinct=True), oldest=Min(Coalesce("done_at", "due_at"))
    )
    return Figures(found["count"], found["oldest"])
