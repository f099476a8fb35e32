"""Recording: what was told about parcels becomes scans, milestones and incidents.

Many parcels are one transaction. All that follows is read from the whole set of a parcel's
scans, so the order, the repetition and the delay of what is told do not matter.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from tracking import polling, watch
from tracking.bulk import insert_rows, update_rows
from tracking.calendars import end_of_day, zone_of
from tracking.expectations import expect
from tracking.milestones import RANK
from tracking.models.incident import Changes, Incident, compared
from tracking.models.lane import Lanes
from tracking.models.scan import Identity, Scan, identity_of
from tracking.models.weight_tolerance import Tolerances
from tracking.providers import News
from tracking.reports import ScanReport
from tracking.signals import incidents_changed, milestone_reached
from tracking.watch import Facts, Patience, Seen

if TYPE_CHECKING:
    from tracking.models.account import Account
    from tracking.models.parcel import Parcel

# What is told of the future is a typing error, and would keep the watch quiet until then.
CLOCKS = timedelta(days=2)
# No journey has more; who tells more of one parcel means no good.
MOST_SCANS = 1000
# What a look at a parcel may change of it.
WRITTEN = (
    "last_mile",
    "origin",
    "destination",
    "milestone",
    "milestone_at",
    "started_at",
    "last_scan_at",
    "ended_at",
    "carrier_weight",
    "expected_from",
    "expected_to",
    "delays",
    "checked_at",
    "next_check_at",
    "watch_at",
    "troubles",
    "fingerprint",
)
WATCHED = ("watch_at", "troubles")
EXPECTED = ("expected_from", "expected_to", "delays", *WATCHED)


@dataclass(frozen=True)
class Told:
    """What `provider` (a slug; '' is the shop) told about a parcel that we know."""

    parcel: "Parcel"
    news: News
    provider: str = ""
    again: bool = False  # somebody wants it looked into although it was told before


def fingerprint(told: Sequence[Told]) -> str:
    """The same for the same news. What was told last time once more changes nothing."""
    parts: list[tuple[object, ...]] = []
    for one in told:
        news = one.news
        parts.append((one.provider, news.others, news.weight, news.origin, news.destination))
        parts += [(r.at.timestamp(), r.code, r.place, *_said(r)) for r in news.reports]
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


class Recording(models.QuerySet["Parcel"]):
    """The ground floor of ParcelQuerySet."""

    def record_all(
        self, told: Iterable[Told], now: datetime | None = None
    ) -> "dict[int, list[Scan]]":
        """Adds what is new, in one transaction: parcel id → its new scans.

        now: when it was told. Sends `milestone_reached` and `incidents_changed` inside the
        transaction for every parcel that moved or whose troubles changed.
        """
        now = now or timezone.now()
        by_parcel: dict[int, list[Told]] = defaultdict(list)
        for one in told:
            by_parcel[one.parcel.pk].append(one)
        prints = {pk: fingerprint(several) for pk, several in by_parcel.items()}
        fresh = self._not_told_before(by_parcel, prints, now)
        if not fresh:
            return {}
        with transaction.atomic():
            # Judged by what it is now, also when it was told a while ago: troubles that the
            # watch has found since are none the less.
            look = _Look(self.locked(fresh), max(now, timezone.now()))
            new = look.take({pk: by_parcel[pk] for pk in look.parcels}, prints, now)
            look.write(WRITTEN)
            look.send()
        for pk in look.parcels:
            for one in by_parcel[pk]:
                look.copy_to(one.parcel)
        return new

    def _not_told_before(
        self, by_parcel: Mapping[int, Sequence[Told]], prints: Mapping[int, str], now: datetime
    ) -> list[int]:
        """The parcels about which something else is told than last time. For the others
        it is a look at them that brought nothing."""
        # Known to the caller, as a rule: only what looks the same is looked up.
        alike = {
            pk
            for pk, several in by_parcel.items()
            if several[0].parcel.fingerprint == prints[pk] and not any(o.again for o in several)
        }
        if not alike:
            return list(by_parcel)
        known = self.filter(pk__in=alike).values_list("pk", "fingerprint")
        same = {pk for pk, fingerprint in known if fingerprint == prints[pk]}
        # Never earlier than before: what was told late, or is told again, is no look.
        earlier = Q(checked_at=None) | Q(checked_at__lt=now)
        self.filter(earlier, pk__in=same).update(checked_at=now)
        return [pk for pk in by_parcel if pk not in same]

    def watch(self, now: datetime | None = None, limit: int = 500) -> int:
        """Looks at up to `limit` parcels whose troubles may have changed by the clock
        alone; returns at how many. The cost follows what is due, not what exists."""
        now = now or timezone.now()
        with transaction.atomic():
            due = self.filter(watch_at__lte=now).order_by("watch_at")
            rows = list(_locking(due, skip=True)[:limit])
            if rows:
                look = _Look(rows, now)
                look.judge()
                # Those that were never looked at learn what may be expected of them.
                look.write(EXPECTED if look.expected_anew else WATCHED)
                look.send()
        return len(rows)

    def locked(self, keys: Iterable[int]) -> "list[Parcel]":
        """In the order of their keys, so that two workers never wait for each other."""
        return list(_locking(self.filter(pk__in=keys).order_by("pk")))


def _locking(rows: "models.QuerySet[Parcel]", skip: bool = False) -> "models.QuerySet[Parcel]":
    from django.db import connection

    if not connection.features.has_select_for_update_skip_locked:
        skip = False
    # Rows of others may point at it meanwhile (no_key).
    rows = rows.annotate(stamp=F("account__stamp"), is_turning=Exists(_requests()))
    return rows.select_for_update(of=("self",), skip_locked=skip, no_key=True)


def _requests() -> "models.QuerySet[Any]":
    """To the carriers of these parcels, as far as the scans can prove something of them."""
    from tracking.models.interception import Interception

    return Interception.objects.watched().filter(parcel=OuterRef("pk"))


class _Ground:
    """What the parcels of one account have in common."""

    def __init__(self, account: "Account"):
        self.zone, self.here = account.zone, account.calendar
        self.days = account.days
        self.lanes = Lanes(account.lanes.all())
        self.tolerances = Tolerances(account.weight_tolerances.all())

    def patience(self, parcel: "Parcel") -> Patience:
        """Of whoever waits for this one, and with its carrier's scales."""
        usual = self.lanes.patience(parcel.origin, parcel.destination, parcel.carrier)
        return replace(usual, weights=self.tolerances.of(parcel.carrier))


# What was read under one stamp is the same for every process (`Account.stamp`); so the
# lanes and holidays of an account are not read again for every scan.
_GROUNDS: dict[UUID, _Ground] = {}
MOST_GROUNDS = 1000


def _ground(parcel: Any) -> _Ground:
    """Of a parcel that was locked here, and so knows the stamp of its account."""
    if parcel.stamp not in _GROUNDS:
        if len(_GROUNDS) >= MOST_GROUNDS:
            _GROUNDS.clear()
        _GROUNDS[parcel.stamp] = _Ground(parcel.account)
    return _GROUNDS[parcel.stamp]


def _turning(parcels: Iterable[Any]) -> list[int]:
    """Those of which something was asked, out of such that were locked here."""
    return [parcel.pk for parcel in parcels if parcel.is_turning]


class _Look:
    """One look at locked parcels."""

    def __init__(self, parcels: "list[Parcel]", now: datetime):
        self.parcels, self.now = {parcel.pk: parcel for parcel in parcels}, now
        first = {parcel.account_id: parcel for parcel in parcels}
        self.grounds = {pk: _ground(parcel) for pk, parcel in first.items()}
        self.before = {parcel.pk: parcel.milestone for parcel in parcels}
        self.turning = _turning(parcels)
        self.changes: dict[int, Changes] = {}
        self.new: dict[int, list[Scan]] = {}
        self.expected_anew = False

    @cached_property
    def scans(self) -> dict[int, dict[Identity, Seen]]:
        """parcel id → its scans, as far as they decide anything."""
        found: dict[int, dict[Identity, Seen]] = {pk: {} for pk in self.parcels}
        rows = Scan.objects.filter(parcel__in=self.parcels).order_by()
        names = ("parcel_id", "at", "code", "place", "provider", "milestone", "country")
        for pk, at, code, place, provider, milestone, country, incident, signed in rows.values_list(
            *names, "incident", "signed"
        ):
            seen = Seen(at, milestone, code, place, country, incident, signed)
            found[pk][at, code, place, provider] = seen
        return found

    # --- what was told --------------------------------------------------------------------------

    def take(
        self, told: Mapping[int, Sequence[Told]], prints: Mapping[int, str], at: datetime
    ) -> dict[int, list[Scan]]:
        """at: when it was told."""
        fuller: dict[tuple[int, Identity], Seen] = {}
        for pk, parcel in self.parcels.items():
            known = self.scans[pk]
            fresh: dict[Identity, Scan] = {}
            # Its carrier may have been corrected since somebody looked for it.
            meant = [one for one in told[pk] if parcel.is_meant(one.news.carrier, *one.news.others)]
            for one in meant:
                for report in sorted(one.news.reports, key=lambda report: report.at):
                    if report.at > self.now + CLOCKS:
                        continue
                    identity = identity_of(report, one.provider)
                    old = known.get(identity)
                    if old is None and len(known) >= MOST_SCANS:
                        continue
                    if old is None:
                        scan = Scan.of(parcel, report, one.provider)
                        known[identity] = _seen(scan)
                        fresh[identity] = scan
                    elif (new := _fuller(old, report)) != old:
                        known[identity] = new
                        if identity in fresh:
                            _learn(fresh[identity], new)
                        else:
                            fuller[pk, identity] = new
                self._take_facts(parcel, one.news)
            self.new[pk] = list(fresh.values())
            parcel.tell(known.values())
            parcel.fingerprint = prints[pk]
            # Never earlier than before: what was told late, or is told again, is no look.
            parcel.checked_at = max(parcel.checked_at or at, at)
            again = polling.next_check(parcel.milestone, parcel.last_word, parcel.checked_at)
            if again and parcel.next_check_at and not any(one.provider for one in told[pk]):
                # The word of the shop makes no call to a provider needless, the first of
                # all, by which it is registered.
                again = min(again, parcel.next_check_at)
            parcel.next_check_at = again
        insert_rows([scan for several in self.new.values() for scan in several])
        for (pk, (when, code, place, provider)), new in fuller.items():
            same = Scan.objects.filter(parcel=pk, at=when, code=code, place=place)
            same.filter(provider=provider).update(**dict(zip(SAID, _said(new), strict=True)))
        self.judge()
        return {pk: several for pk, several in self.new.items() if several}

    def _take_facts(self, parcel: "Parcel", news: News) -> None:
        parcel.origin = parcel.origin or news.origin
        parcel.destination = parcel.destination or news.destination
        if news.weight is not None:
            # The same whichever of several is told last.
            parcel.carrier_weight = max(parcel.carrier_weight or 0, news.weight)
        last = next((code for code in reversed(news.others) if code != parcel.carrier), "")
        parcel.last_mile = last or parcel.last_mile

    # --- what follows from it -------------------------------------------------------------------

    def judge(self) -> None:
        known: dict[int, dict[str, Incident]] = {pk: {} for pk in self.parcels}
        in_trouble = [pk for pk, parcel in self.parcels.items() if parcel.troubles]
        if in_trouble:
            for incident in Incident.objects.open().filter(parcel__in=in_trouble):
                known[incident.parcel_id][incident.kind] = incident
        for pk, parcel in self.parcels.items():
            self._expect(parcel)
            facts = self._facts(parcel)
            found = watch.judge(facts, self.now)
            self.changes[pk] = compared(parcel, known[pk], found, self.now)
            parcel.troubles = len(found)
            parcel.watch_at = watch.next_look(facts, self.now)

    def _expect(self, parcel: "Parcel") -> None:
        """The range in which it usually arrives, from its first movement on; before that
        from when it was handed over."""
        if parcel.ended_at or not (parcel.origin and parcel.destination):
            return
        ground = self.grounds[parcel.account_id]
        began = parcel.started_at or parcel.handed_over_at or parcel.announced_at
        zone = zone_of(parcel.origin) or ground.zone
        expectation = expect(
            began.astimezone(ZoneInfo(zone)).date(),
            ground.lanes.usual(parcel.origin, parcel.destination, parcel.carrier),
            ground.days(parcel.origin),
            ground.days(parcel.destination),
            left=self._left(parcel),
        )
        delays = [delay.to_json() for delay in expectation.delays]
        new = (expectation.first, expectation.last, delays)
        if (parcel.expected_from, parcel.expected_to, parcel.delays) != new:
            parcel.expected_from, parcel.expected_to, parcel.delays = new
            self.expected_anew = True

    def _left(self, parcel: "Parcel") -> date | None:
        """When it was first seen in another country than its origin."""
        abroad = [
            scan.at
            for scan in self.scans[parcel.pk].values()
            if scan.country and scan.country != parcel.origin
        ]
        return min(abroad).date() if abroad else None

    def _facts(self, parcel: "Parcel") -> Facts:
        ground = self.grounds[parcel.account_id]
        expected_by = None
        if parcel.expected_to:
            zone = zone_of(parcel.destination) or ground.zone
            expected_by = end_of_day(parcel.expected_to, zone)
        return Facts(
            milestone=parcel.milestone,
            milestone_at=parcel.milestone_at,
            announced_at=parcel.announced_at,
            handed_over_at=parcel.handed_over_at,
            scans=tuple(self.scans[parcel.pk].values()),
            origin=parcel.origin,
            destination=parcel.destination,
            expected_by=expected_by,
            is_inbound=parcel.is_inbound,
            received_at=parcel.received_at,
            disputed_at=parcel.disputed_at,
            found_at=parcel.found_at,
            wants_signature=parcel.wants_signature,
            weight=parcel.weight,
            carrier_weight=parcel.carrier_weight,
            here=ground.here,
            origin_days=ground.days(parcel.origin),
            destination_days=ground.days(parcel.destination),
            patience=ground.patience(parcel),
        )

    # --- writing and telling it -----------------------------------------------------------------

    def write(self, fields: Sequence[str]) -> None:
        update_rows(list(self.parcels.values()), fields)
        changes = self.changes.values()
        opened = [row for change in changes for row in change.opened]
        if opened:
            Incident.objects.bulk_create(opened)
        update_rows(
            [row for change in changes for row in (*change.updated, *change.cleared)],
            ("level", "since", "detail", "updated_at", "cleared_at", "is_news"),
        )

    def send(self) -> None:
        from tracking.models.interception import Interception
        from tracking.models.parcel import Parcel

        turning = [pk for pk in self.turning if self.parcels[pk].milestone != self.before[pk]]
        if turning:
            # What was asked of a carrier may be shown by it.
            Interception.objects.watched().filter(parcel__in=turning).stir()
        for pk, parcel in self.parcels.items():
            # Receivers write their rows in this same transaction: both or neither.
            if parcel.milestone != self.before[pk]:
                milestone_reached.send(sender=Parcel, parcel=parcel, before=self.before[pk])
            if self.changes[pk]:
                incidents_changed.send(sender=Parcel, parcel=parcel, changes=self.changes[pk])

    def copy_to(self, other: "Parcel") -> None:
        """The caller's own copy of the row shows what was written."""
        mine: Any = self.parcels.get(other.pk)
        if mine is not None and mine is not other:
            for name in WRITTEN:
                setattr(other, name, getattr(mine, name))


# What the same scan may be told with, and without, from one time to the next.
SAID = ("milestone", "country", "incident", "signed")


def _said(told: ScanReport | Seen) -> tuple[str, str, str, str]:
    return told.milestone, told.country, told.incident, told.signed


def _fuller(old: Seen, told: ScanReport) -> Seen:
    """A known scan with what it says beyond that when it is told once more. Whichever was
    told first, the same is known in the end: some providers tell a step of the newest line
    only, and some find the country later."""
    if _said(old) == _said(told):
        return old
    best = max(old.milestone, told.milestone, key=RANK.__getitem__)
    others = (max(pair) for pair in zip(_said(old)[1:], _said(told)[1:], strict=True))
    said: dict[str, Any] = dict(zip(SAID, (best, *others), strict=True))
    return replace(old, **said)


def _learn(scan: Scan, new: Seen) -> None:
    for name, value in zip(SAID, _said(new), strict=True):
        setattr(scan, name, value)


def _seen(scan: Scan) -> Seen:
    return Seen(
        scan.at, scan.milestone, scan.code, scan.place, scan.country, scan.incident, scan.signed
    )
