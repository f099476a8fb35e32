"""ContactPoint: one address or number of somebody who buys at a store: whether we may
write there, when we last did, and whether anything arrives."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import phonenumbers
from django.db import models
from django.db.models import Q
from django.utils import timezone

from returns.models.notice import Channel

if TYPE_CHECKING:
    from returns.models.store import Store

# So long after somebody wrote to us over WhatsApp we may answer in our own words.
FREE_WORDS_FOR = timedelta(hours=24)
# At most one message that nobody asked for in so long.
BETWEEN = timedelta(hours=1)
# Who said so holds the phone. A link may have been forwarded, and undoes none of it.
THEIR_OWN_WORD = "their own word"
AT_THE_NUMBER = frozenset({THEIR_OWN_WORD, "provider"})


def as_number(phone: str, country: str) -> str:
    """`+447700900123`, or '' when it cannot be a number. country: ISO 3166, where it was
    written without its prefix."""
    try:
        number = phonenumbers.parse(phone, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def at(self, store: "Store | int", channel: str, address: str) -> "ContactPoint":
        """The one of this address, made when it is new."""
        store_id = store if isinstance(store, int) else store.pk
        point, _ = self.get_or_create(store_id=store_id, channel=channel, address=_plain(address))
        return point

    def agree(
        self,
        store: "Store",
        channel: str,
        address: str,
        *,
        source: str,
        now: datetime | None = None,
    ) -> "ContactPoint":
        """Its owner wants messages over this channel, unless that was taken back since.
        source: where that was said. What was ended at the number begins again only there."""
        point = self.at(store, channel, address)
        now = now or timezone.now()
        before = Q(stopped_at=None, agreed_at=None) | Q(stopped_at__lt=now)
        if source != THEIR_OWN_WORD:
            before &= ~Q(stopped_by__in=AT_THE_NUMBER)
        self.filter(pk=point.pk).filter(before).update(
            agreed_at=now, agreed_by=source, stopped_at=None, stopped_by=""
        )
        point.refresh_from_db()
        return point

    def stop(
        self,
        store: "Store",
        channel: str,
        address: str,
        *,
        source: str,
        now: datetime | None = None,
    ) -> None:
        """Its owner wants no more of them: honoured from this moment on, unless they were
        wanted again since."""
        point = self.at(store, channel, address)
        now = now or timezone.now()
        before = Q(agreed_at=None) | Q(agreed_at__lte=now)
        again = Q(stopped_at=None) | Q(stopped_at__lt=now)  # the last time counts
        if source not in AT_THE_NUMBER:
            again &= ~Q(stopped_by__in=AT_THE_NUMBER)
        self.filter(before, again, pk=point.pk).update(stopped_at=now, stopped_by=source)

    def failed(
        self, store: "Store", channel: str, address: str, why: str, now: datetime | None = None
    ) -> None:
        """Nothing arrives there any more, says whoever carries it."""
        point = self.at(store, channel, address)
        self.filter(pk=point.pk).update(failed_at=now or timezone.now(), failure=why[:200])

    def works(self, store_id: int, channel: str, address: str) -> None:
        """Something arrived there: what was said before is over."""
        mine = self.filter(store_id=store_id, channel=channel, address=_plain(address))
        mine.exclude(failed_at=None).update(failed_at=None, failure="")

    def heard(self, store: "Store", channel: str, address: str, at: datetime) -> "ContactPoint":
        """Somebody wrote to us from there."""
        point = self.at(store, channel, address)
        later = Q(heard_at=None) | Q(heard_at__lt=at)
        self.filter(pk=point.pk).filter(later).update(heard_at=at)
        point.refresh_from_db()
        return point

    def broken(self) -> "ContactPointQuerySet":
        return self.exclude(failed_at=None).order_by("-failed_at")

    def admit(self, store_id: int, person: str, now: datetime) -> datetime | None:
        """Takes the one turn of this hour to write to `person` (an address). None: taken;
        else from when on there is one. One conditional update: two workers never both win."""
        point = self.at(store_id, Channel.EMAIL if "@" in person else Channel.SMS, person)
        free = Q(wrote_at=None) | Q(wrote_at__lte=now - BETWEEN)
        if self.filter(pk=point.pk).filter(free).update(wrote_at=now):
            return None
        point.refresh_from_db()
        return point.wrote_at + BETWEEN if point.wrote_at else now


class ContactPoint(models.Model):
    store = models.ForeignKey("returns.Store", models.CASCADE, related_name="contact_points")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.CharField("agreed, by", max_length=40, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.CharField("stopped, by", max_length=40, blank=True)
    heard_at = models.DateTimeField("wrote to us", null=True, blank=True)
    wrote_at = models.DateTimeField(
        "we wrote", null=True, blank=True, help_text="What nobody had asked for, last."
    )
    failed_at = models.DateTimeField("does not arrive since", null=True, blank=True)
    failure = models.CharField(max_length=200, blank=True)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["store", "channel", "address"], name="contact_point_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["failed_at"],
                name="contact_point_failed",
                condition=Q(failed_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} of {self.store_id}"

    @property
    def is_agreed(self) -> bool:
        return self.agreed_at is not None and self.stopped_at is None

    @property
    def is_ended_at_the_number(self) -> bool:
        """Only a word from there begins it again."""
        return self.stopped_at is not None and self.stopped_by in AT_THE_NUMBER

    @property
    def can_be_reached(self) -> bool:
        return self.failed_at is None

    def takes_free_words(self, now: datetime) -> bool:
        """Whether WhatsApp lets us write in our own words."""
        return self.heard_at is not None and now < self.heard_at + FREE_WORDS_FOR


def _plain(address: str) -> str:
    return address.strip().casefold()
