"""What providers push at us: Connection, an account's key there; Push, one call as it came.

A push is stored raw, acknowledged, and processed afterwards by a worker; it can be
processed again at any time, because a scan that is known already changes nothing.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from tracking import providers
from tracking.models.parcel import Parcel
from tracking.providers import News
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

logger = logging.getLogger(__name__)

# A body may hold the receiver's town, and sometimes more: it is kept no longer.
KEPT_FOR = timedelta(days=30)
# A push that comes once more after so long was asked for by somebody.
REPEAT = timedelta(minutes=1)
# Strangers who try signatures cost us no more than one write in so long.
FORGED_PAUSE = timedelta(seconds=1)
LONGEST_DELIVERY_ID = 100


class Forged(Exception):
    """The signature does not fit: not from the provider, or another key than ours."""


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def live(self) -> "ConnectionQuerySet":
        return self.filter(is_active=True)

    def at(self, provider: str, slug: str) -> "Connection | None":
        """Where `POST /hooks/<provider>/<slug>/` leads; None when it leads nowhere."""
        if provider not in providers.PROVIDERS:
            return None
        return self.live().filter(provider=provider, account__slug=slug).first()


class Connection(models.Model):
    """An account's access to one provider."""

    account = models.ForeignKey("tracking.Account", models.CASCADE, related_name="connections")
    provider = models.CharField(max_length=20, choices=providers.choices)
    key = models.CharField(max_length=200, help_text="The provider’s API key. Shown to nobody.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    forged_count = models.PositiveIntegerField("forged pushes", default=0, editable=False)
    last_forged_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["account__name", "provider"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "provider"], name="account_is_connected_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} at {providers.label_of(self.provider)}"

    def receive(
        self, headers: Mapping[str, str], body: bytes, *, ring: bool = True
    ) -> "tuple[Push, bool]":
        """Stores what came, once however often it comes, and rings for a worker.

        headers: known in any case. ring: whether a worker shall look after it; else the
        caller does. Returns the push, and whether it is new. Raises Forged, after
        counting it; nothing of a forged push is kept.
        """
        provider = providers.load(self.provider)
        if not (self.key and provider.is_genuine(headers, body, self.key)):
            self.note_forged()
            raise Forged
        delivery = provider.delivery_id(headers, body)[:LONGEST_DELIVERY_ID]
        return Push.objects.keep(self, delivery, body, ring=ring)

    def note_forged(self) -> None:
        """Counts at most one in a second, so that a flood of them costs next to nothing."""
        now = timezone.now()
        if self.last_forged_at and now - self.last_forged_at < FORGED_PAUSE:
            return
        known = Q(last_forged_at=None) | Q(last_forged_at__lte=now - FORGED_PAUSE)
        Connection.objects.filter(known, pk=self.pk).update(
            forged_count=F("forged_count") + 1, last_forged_at=now
        )


class PushQuerySet(LeasedQuerySet["Push"]):
    def keep(
        self, connection: Connection, delivery: str, body: bytes, *, ring: bool
    ) -> "tuple[Push, bool]":
        """The push as it came, and whether it is new. One that comes again is due again
        when it was settled a while ago: it may have found no parcel then."""
        push, made = self.defer("body").get_or_create(
            account_id=connection.account_id,
            provider=connection.provider,
            delivery=delivery or hashlib.sha256(body).hexdigest(),
            defaults={"body": body},
        )
        if ring and made:
            _ring()
        elif ring and push.done_at and timezone.now() - push.done_at > REPEAT:
            self.filter(pk=push.pk).again()
        return push, made

    def again(self, *, ring: bool = True) -> int:
        """Makes them due once more, whatever came of them; those in hand are left alone."""
        count = self.exclude(state=WorkState.CLAIMED).update(
            state=WorkState.DUE, due_at=timezone.now(), attempts=0, done_at=None, last_error=""
        )
        if count and ring:
            _ring()
        return count

    def stale(self) -> "PushQuerySet":
        return self.filter(received_at__lt=timezone.now() - KEPT_FOR)


def _ring() -> None:
    from tracking import tasks

    # A lost ring loses nothing: the sweep finds the row.
    transaction.on_commit(tasks.ring, robust=True)


@dataclass
class Found:
    """What came of a push: a line for each number in it, and the sums."""

    lines: list[str]
    parcels: int = 0
    scans_told: int = 0
    scans_new: int = 0


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
        """Records what this claimed push tells and settles it. No transaction is open
        around it: each parcel is one of its own, and the same again does no harm."""
        try:
            found = self._record()
        except providers.Error as error:
            (self.dead if error.permanent else self.retry)(str(error))
        except Exception as error:
            # Its own words may hold what the push says about somebody.
            logger.error("Push %s cannot be processed: %s", self.pk, place_of(error))
            self.retry(place_of(error))
        else:
            self.done(
                outcome="\n".join(found.lines),
                parcels=found.parcels,
                scans_told=found.scans_told,
                scans_new=found.scans_new,
            )

    def _record(self) -> Found:
        found = Found([])
        for news in providers.load(self.provider).parse(bytes(self.body)):
            found.scans_told += len(news.reports)
            if news.stopped:
                label = providers.label_of(self.provider)
                found.lines.append(f"{news.number}: {label} has stopped following it.")
            else:
                self._tell_parcels(news, found)
        found.lines = found.lines or ["It says nothing about a parcel."]
        return found

    def _tell_parcels(self, news: News, found: Found) -> None:
        numbered = Parcel.objects.numbered(self.account_id, news.number)
        meant = [parcel for parcel in numbered if parcel.is_meant(news.carrier, *news.others)]
        for parcel in meant:
            parcel.learn_carrier(news.carrier)
            new = parcel.record(news.reports, now=self.received_at)
            found.parcels += 1
            found.scans_new += len(new)
            found.lines.append(
                f"{parcel.number}: {_scans(len(news.reports))}, {len(new)} new; "
                f"now “{parcel.get_milestone_display()}”."
            )
        if numbered and not meant:
            ours = ", ".join(parcel.carrier for parcel in numbered)
            found.lines.append(
                f"{news.number}: our parcel goes with {ours}, and this is about {news.carrier}."
            )
        elif not numbered:
            found.lines.append(f"{news.number}: no parcel of this account has this number.")


def _scans(count: int) -> str:
    return "1 scan" if count == 1 else f"{count} scans"
