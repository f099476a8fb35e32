"""Push: one call of a provider, as it came.

A push is stored raw, acknowledged, and processed afterwards by a worker; it can be
processed again at any time, because a scan that is known already changes nothing.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from tracking import providers
from tracking.models.connection import LONGEST_DELIVERY_ID, Connection
from tracking.models.following import Following
from tracking.models.parcel import Parcel, Told, plain
from tracking.models.scan import identity_of
from tracking.providers import Action, News
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

logger = logging.getLogger(__name__)

# A body may hold the receiver's town, and sometimes more: it is kept no longer.
KEPT_FOR = timedelta(days=30)
MOST_LINES = 50
# A push that comes once more after so long was asked for by somebody.
REPEAT = timedelta(minutes=1)


class PushQuerySet(LeasedQuerySet["Push"]):
    def keep(
        self, connection: Connection, delivery: str, body: bytes, *, ring: bool
    ) -> "tuple[Push, bool]":
        """The push as it came, and whether it is new. One that comes again is due again
        when it was settled a while ago: it may have found no parcel then."""
        name = {
            "account_id": connection.account_id,
            "provider": connection.provider,
            "delivery": delivery or hashlib.sha256(body).hexdigest(),
        }
        push = Push(**name, body=body)
        try:
            with transaction.atomic():
                push.save(force_insert=True)
                if ring:
                    _ring()
            return push, True
        except IntegrityError:
            push = self.defer("body").get(**name)
        if ring and push.done_at and timezone.now() - push.done_at > REPEAT:
            self.filter(pk=push.pk).again()
        return push, False

    def again(self, *, ring: bool = True) -> int:
        """Makes them due once more, whatever came of them; those in hand are left alone."""
        count = self.exclude(state=WorkState.CLAIMED).update(
            state=WorkState.DUE, due_at=timezone.now(), attempts=0, done_at=None, last_error=""
        )
        if count and ring:
            _ring()
        return count

    def process(self, claimed: "Sequence[Push]") -> None:
        """Records what these claimed pushes tell, in one transaction, and settles them.
        When that fails, each is tried by itself, so that one holds up no other. The same
        again does no harm."""
        read = [found for push in claimed if (found := _read(push))]
        try:
            with transaction.atomic():
                _record(read)
        except Exception as error:
            if len(read) > 1:
                for found in read:
                    self.process([found.push])
                return
            # Its own words may hold what the push says about somebody.
            logger.error("Push %s cannot be processed: %s", read[0].push.pk, place_of(error))
            read[0].push.retry(place_of(error))
            return
        self.settle_all(
            [found.push for found in read],
            [
                {
                    "outcome": "\n".join(found.told) or "It says nothing about a parcel.",
                    "parcels": found.parcels,
                    "scans_told": found.scans_told,
                    "scans_new": found.scans_new,
                }
                for found in read
            ],
        )

    def stale(self) -> "PushQuerySet":
        return self.filter(received_at__lt=timezone.now() - KEPT_FOR)


def _ring() -> None:
    """In the transaction of its cause: one commit for both, which is what a disk waits for.
    Should the ring be lost all the same, the sweep finds the row."""
    from tracking import tasks

    tasks.ring()


@dataclass
class Found:
    """What a push says, and what came of it: a line for each number in it, and the sums."""

    push: "Push"
    news: list[News] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    parcels: int = 0
    scans_told: int = 0
    scans_new: int = 0

    @property
    def told(self) -> list[str]:
        """As much of it as anybody reads."""
        more = len(self.lines) - MOST_LINES
        return [*self.lines[:MOST_LINES], *([f"… and {more} more."] if more > 0 else [])]


def _read(push: "Push") -> Found | None:
    """What it says; None when it cannot be read, and it is settled then."""
    try:
        return Found(push, providers.load(push.provider).parse(bytes(push.body)))
    except providers.Error as error:
        (push.dead if error.permanent else push.retry)(str(error))
    except Exception as error:
        logger.error("Push %s cannot be read: %s", push.pk, place_of(error))
        push.retry(place_of(error))
    return None


def _record(read: Sequence[Found]) -> None:
    """Finds the parcels that are meant, and records what is told of them."""
    known: dict[tuple[int, str], list[Parcel]] = defaultdict(list)
    by_account: dict[int, set[str]] = defaultdict(set)
    for found in read:
        by_account[found.push.account_id] |= {plain(news.number) for news in found.news}
    for account, numbers in by_account.items():
        rows = Parcel.objects.filter(account_id=account, plain_number__in=numbers).order_by("pk")
        for parcel in rows:
            known[account, parcel.plain_number].append(parcel)
    told: list[Told] = []
    lines: list[tuple[Found, Told]] = []
    heard: dict[tuple[str, int], datetime] = {}
    for found in read:
        for news in found.news:
            numbered = known[found.push.account_id, plain(news.number)]
            for parcel in _meant(found, news, numbered):
                again = bool(found.push.outcome)
                one = Told(parcel, news, found.push.provider, again)
                if news.reports or not news.stopped:  # that it stops is no look at the parcel
                    told.append(one)
                lines.append((found, one))
                if news.reports:
                    heard[found.push.provider, parcel.pk] = found.push.received_at
    # One of them may have said that the company of another was the wrong one.
    told = [one for one in told if one.parcel.is_meant(one.news.carrier, *one.news.others)]
    latest = max((found.push.received_at for found in read), default=None)
    new = Parcel.objects.record_all(told, latest)
    _note_heard(heard)
    for account, provider in {(found.push.account_id, found.push.provider) for found in read}:
        mine = Connection.objects.filter(account=account, provider=provider)
        older = models.Q(last_push_at=None) | models.Q(last_push_at__lt=latest)
        mine.filter(older).update(last_push_at=latest)
    stopped: dict[str, set[int]] = defaultdict(set)
    for _, one in lines:
        if one.news.stopped:
            stopped[one.provider].add(one.parcel.pk)
    for provider, keys in stopped.items():
        theirs = Following.objects.filter(connection__provider=provider, parcel__in=keys)
        theirs.filter(stopped_at=None).update(stopped_at=latest)
    fresh = {(pk, scan.identity) for pk, scans in new.items() for scan in scans}
    for found, one in lines:
        # Of several pushes that tell a scan, the first one brought it.
        its = {(one.parcel.pk, identity_of(r, one.provider)) for r in one.news.reports}
        _tell(found, one, len(its & fresh))
        fresh -= its


def _meant(found: Found, news: News, numbered: list[Parcel]) -> list[Parcel]:
    """Our parcels that this is about; says so when there are none."""
    found.scans_told += len(news.reports)
    if not numbered:
        found.lines.append(f"{news.number}: no parcel of this account has this number.")
        return []
    meant = [parcel for parcel in numbered if parcel.is_meant(news.carrier, *news.others)]
    if not meant and news.corrected and len(numbered) == 1:
        meant = numbered if numbered[0].change_carrier(news.carrier) else []
    for parcel in meant:
        parcel.learn_carrier(news.carrier)
    if not meant:
        ours = ", ".join(parcel.carrier for parcel in numbered)
        found.lines.append(
            f"{news.number}: our parcel goes with {ours}, and this is about {news.carrier}."
        )
    return meant


def _note_heard(heard: dict[tuple[str, int], datetime]) -> None:
    """So that the provider does not count as silent about them."""
    by_provider: dict[tuple[str, datetime], list[int]] = defaultdict(list)
    for (provider, pk), at in heard.items():
        by_provider[provider, at].append(pk)
    earlier = models.Q(heard_at=None)
    for (provider, at), keys in by_provider.items():
        rows = Following.objects.filter(connection__provider=provider, parcel__in=keys)
        rows.filter(earlier | models.Q(heard_at__lt=at)).update(heard_at=at)
    # Nobody needs to ask for what was told just now.
    waiting = Following.objects.filter(parcel__in={pk for _, pk in heard}, wish=Action.QUERY)
    waiting.filter(state=WorkState.DUE).update(state=WorkState.DONE, done_at=timezone.now())


def _tell(found: Found, one: Told, new: int) -> None:
    parcel, news = one.parcel, one.news
    if news.stopped:
        label = providers.label_of(one.provider)
        found.lines.append(f"{news.number}: {label} has stopped following it.")
        if not news.reports:
            return
    found.parcels += 1
    found.scans_new += new
    found.lines.append(
        f"{parcel.number}: {_scans(len(news.reports))}, {new} new; "
        f"now “{parcel.get_milestone_display()}”."
    )


class Push(LeasedRow):
    account = models.ForeignKey("tracking.Account", models.CASCADE, related_name="pushes")
    provider = models.CharField(max_length=20, choices=providers.choices)
    delivery = models.CharField(
        max_length=LONGEST_DELIVERY_ID,
        help_text="The provider’s own name of it, or the SHA-256 of its body.",
    )
    body = models.BinaryField()
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.TextField(blank=True, help_text="What came of it, last time.")
    parcels = models.PositiveIntegerField(default=0)
    scans_told = models.PositiveIntegerField(default=0)
    scans_new = models.PositiveIntegerField(default=0)

    objects = PushQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name_plural = "pushes"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "provider", "delivery"], name="push_is_kept_once"
            )
        ]
        indexes = [
            models.Index(fields=["received_at"], name="push_received"),
            *lease_indexes("push"),
        ]

    def __str__(self) -> str:
        return f"{providers.label_of(self.provider)}, {self.received_at:%Y-%m-%d %H:%M:%S}"

    def process(self) -> None:
        """Records what this claimed push tells and settles it."""
        Push.objects.process([self])


def _scans(count: int) -> str:
    return "1 scan" if count == 1 else f"{count} scans"
