"""What parcels cost: news of them, and the watch over all of them."""

import os
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from tests.bench.measure import Pair
from tracking.bulk import update_rows
from tracking.milestones import Milestone
from tracking.models import Account, Parcel, Scan, ScanReport, Told
from tracking.providers import News

SCANS = 8  # that a parcel has when something new is told
BATCH = 200
DUE = 10_000
# A part of the rows is enough to see that it runs.
SCALE = float(os.environ.get("HOMEWARD_TEST_BENCH_SCALE", "1"))
names = count()


def one_by_one() -> Pair:
    """A new event, in a transaction of its own."""
    parcels, told, scans = _parcels(600), _new_events(), _new_scans()
    return Pair(
        "one",
        f"one new event of a parcel with {SCANS} scans, in a transaction of its own",
        "the INSERT and the UPDATE in one transaction",
        20,
        lambda given: [Parcel.objects.record_all([one]) for one in given],
        lambda given: [_write([next(scans(one.parcel))]) for one in given],
        lambda: told(random.sample(parcels, 25)),
        each=25,
    )


def in_batches() -> Pair:
    parcels, told, scans = _parcels(1_000), _new_events(), _new_scans()
    return Pair(
        "batch",
        f"the same, {BATCH} parcels in one transaction",
        "their INSERTs and UPDATEs in one transaction",
        12,
        Parcel.objects.record_all,
        lambda given: _write([next(scans(one.parcel)) for one in given]),
        lambda: told(random.sample(parcels, BATCH)),
        each=BATCH,
    )


def repeated() -> Pair:
    """Exactly what was told last time."""
    parcels = _parcels(1_000)
    again = _new_events()(parcels)
    Parcel.objects.record_all(again)
    keys = [parcel.pk for parcel in parcels]
    return Pair(
        "repeat",
        f"the same news once more, {len(parcels)} parcels at once",
        "one SELECT of them and one UPDATE",
        20,
        lambda _: Parcel.objects.record_all(again),
        lambda _: _touch(keys),
        each=len(parcels),
    )


def watch(name: str, many: int) -> Callable[[], Pair]:
    def pair() -> Pair:
        account, existing = _account(), max(int(many * SCALE), DUE)
        _exist(account, existing)

        def thing(_: object) -> None:
            while Parcel.objects.watch(limit=500) == 500:
                pass

        def least(due: list[int]) -> None:
            with transaction.atomic():
                rows = list(Parcel.objects.filter(pk__in=due[:500]))
                for _ in range(DUE // 500):
                    list(Scan.objects.filter(parcel__in=due[:500]).values_list("at", "code"))
                    update_rows(rows, ("watch_at",))

        return Pair(
            name,
            f"the watch over {existing:,} parcels of which {DUE:,} are due; the time is all of it",
            "reading the scans of as many, and writing as many rows",
            3,
            thing,
            least,
            lambda: _fall_due(account),
        )

    return pair


THINGS: dict[str, Callable[[], Pair]] = {
    "one": one_by_one,
    "batch": in_batches,
    "repeat": repeated,
    "watch100k": watch("watch100k", 100_000),
    "watch1m": watch("watch1m", 1_000_000),
}


# --- what they need -----------------------------------------------------------------------------


def _account() -> Account:
    return Account.objects.create(name=f"bench {next(names)}", country="GB", zone="Europe/London")


def _parcel(account: Account, number: int, now: datetime) -> Parcel:
    began = now - timedelta(days=3)
    return Parcel(
        account=account,
        carrier="royal-mail",
        number=f"RB{number:09d}GB",
        announced_at=began,
        handed_over_at=began,
        origin="GB",
        destination="GB",
    )


def _parcels(many: int) -> list[Parcel]:
    """On the road, with SCANS scans each."""
    account, now = _account(), timezone.now()
    Parcel.objects.bulk_create([_parcel(account, number, now) for number in range(many)])
    parcels = list(Parcel.objects.filter(account=account))
    for start in range(0, many, BATCH):
        some = parcels[start : start + BATCH]
        Parcel.objects.record_all([Told(one, _news(one, SCANS, now), "17track") for one in some])
    return parcels


def _news(parcel: Parcel, many: int, now: datetime) -> News:
    """Its whole history, as providers tell it each time."""
    begun = now - timedelta(hours=many)
    return News(
        parcel.number,
        reports=tuple(
            ScanReport(
                at=begun + timedelta(hours=hour),
                milestone=Milestone.IN_TRANSIT if hour else Milestone.ACCEPTED,
                code="InTransit_Other",
                place=f"Hub {hour}",
                words="Item received at the office of exchange, waiting to be sent on.",
                language="en",
                carrier="royal-mail",
            )
            for hour in range(many)
        ),
    )


def _new_events() -> Callable[[list[Parcel]], list[Told]]:
    """Parcels → what is told of them: all they have, and one event more each time."""
    seconds = count(1)

    def told(parcels: list[Parcel]) -> list[Told]:
        now = timezone.now()
        found = []
        for parcel in parcels:
            history = _news(parcel, SCANS, parcel.announced_at + timedelta(days=3))
            fresh = ScanReport(
                at=now + timedelta(milliseconds=next(seconds)),
                milestone=Milestone.IN_TRANSIT,
                code="InTransit_Other",
                place="Bristol",
                words="Item processed.",
            )
            news = News(parcel.number, reports=(*history.reports, fresh))
            found.append(Told(parcel, news, "17track"))
        return found

    return told


def _new_scans() -> Callable[[Parcel], Iterator[Scan]]:
    places = count()

    def scans(parcel: Parcel) -> Iterator[Scan]:
        for place in places:
            report = ScanReport(timezone.now(), Milestone.IN_TRANSIT, place=f"Floor {place}")
            yield Scan.of(parcel, report)

    return scans


def _write(scans: list[Scan]) -> None:
    now = timezone.now()
    with transaction.atomic():
        Scan.objects.bulk_create(scans)
        for scan in scans:
            scan.parcel.checked_at = now
        update_rows([scan.parcel for scan in scans], ("checked_at",))


def _touch(keys: list[int]) -> None:
    found = list(Parcel.objects.filter(pk__in=keys).values_list("pk", "fingerprint"))
    Parcel.objects.filter(pk__in=[pk for pk, _ in found]).update(checked_at=timezone.now())


def _exist(account: Account, many: int) -> None:
    """So many parcels on the road; DUE of them have their scans."""
    now = timezone.now()
    later = now + timedelta(days=30)
    made = 0
    rows: Iterator[Any] = (_parcel(account, number, now) for number in range(many))
    while some := list(islice(rows, 10_000)):
        for parcel in some:
            parcel.watch_at = later + timedelta(seconds=made)
            parcel.milestone = Milestone.IN_TRANSIT
            made += 1
        Parcel.objects.bulk_create(some)
    due = list(Parcel.objects.filter(account=account).order_by("pk")[:DUE])
    reports = _news(due[0], SCANS, now).reports
    for start in range(0, DUE, 1_000):
        Scan.objects.bulk_create(
            Scan.of(parcel, report, "17track")
            for parcel in due[start : start + 1_000]
            for report in reports
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _fall_due(account: Account) -> list[int]:
    """Those that have scans."""
    mine = Parcel.objects.filter(account=account).order_by("pk")
    keys = list(mine.values_list("pk", flat=True)[:DUE])
    for start in range(0, DUE, 5_000):
        some = Parcel.objects.filter(pk__in=keys[start : start + 5_000])
        some.update(watch_at=timezone.now() - timedelta(minutes=1))
    return keys
