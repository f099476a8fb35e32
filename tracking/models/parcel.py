"""Parcel: one waybill at one carrier."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import IntegrityError, models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Replace, Upper
from django.utils import timezone

from tracking import milestones, polling
from tracking.carriers import CARRIERS
from tracking.expectations import Delay
from tracking.gateways import NOWHERE, Address
from tracking.milestones import Milestone
from tracking.models.checking import Checking
from tracking.models.following import REFUSED, Following
from tracking.models.recording import Told
from tracking.models.scan import Scan
from tracking.providers import Action, News
from tracking.reports import ScanReport
from tracking.watch import Seen
from tracking.work import WorkState

if TYPE_CHECKING:
    from tracking.models.interception import Interception

__all__ = ["Dispatch", "Parcel", "Story", "Told", "plain"]


@dataclass(frozen=True)
class Dispatch:
    """What is known of a parcel when it is announced, by whoever has it sent.

    handed_over_at: None while nobody says that the carrier has it. origin, destination:
    ISO 3166 alpha-2. phone_tail: last four digits of a phone on the label, which some
    carriers ask for. value: of the goods, in `currency`. weight: grams with packing, as we
    reckon. is_inbound: it comes to our own warehouse.
    """

    handed_over_at: datetime | None = None
    origin: str = ""
    destination: str = ""
    phone_tail: str = ""
    value: Decimal | None = None
    currency: str = ""
    weight: int | None = None
    is_inbound: bool = False
    wants_signature: bool = False
    by_appointment: bool = False

    def values(self) -> dict[str, object]:
        return {
            "handed_over_at": self.handed_over_at,
            "origin": self.origin,
            "destination": self.destination,
            "phone_tail": self.phone_tail,
            "value": self.value,
            "currency": self.currency,
            "weight": self.weight,
            "is_inbound": self.is_inbound,
            "wants_signature": self.wants_signature,
            "by_appointment": self.by_appointment,
        }


@dataclass(frozen=True)
class Story:
    """A parcel as we first hear of it: `at` it was announced, `reports` came since."""

    number: str
    carrier: str
    at: datetime
    reports: tuple[ScanReport, ...] = ()
    dispatch: Dispatch = Dispatch()


# Sisters that shops and providers take for each other: the same number means the same parcel.
SISTERS = (
    frozenset({"china-post", "ems"}),
    frozenset({"dhl", "dhl-paket", "dhl-ecommerce", "deutsche-post"}),
)


def plain(number: str) -> str:
    """A tracking number as it is compared (`Parcel.plain_number` is the same of ours):
    people, shops and carriers write one with blanks, with dashes or in small letters."""
    return re.sub(r"[\s._-]+", "", unicodedata.normalize("NFKC", number)).upper()


# The same in the database.
PLAIN = Upper(
    Replace(Replace(Replace(Replace("number", Value(" ")), Value(".")), Value("_")), Value("-"))
)


class CarrierTaken(Exception):
    """The same number at that carrier is another parcel already."""


class ParcelQuerySet(Checking):
    def numbered(self, account_id: int, number: str) -> "list[Parcel]":
        """The account's parcels with this number, whatever their carriers."""
        return list(self.filter(account_id=account_id, plain_number=plain(number)).order_by("pk"))

    def announce(
        self,
        account,
        number: str,
        carrier: str,
        at: datetime | None = None,
        dispatch: Dispatch = Dispatch(),
    ) -> "Parcel":
        """The parcel with this number at this carrier, made when it is new. The next round
        of the clock has it followed."""
        now = timezone.now()
        parcel, _ = self.get_or_create(
            account=account,
            carrier=carrier,
            number=number,
            defaults={
                "announced_at": at or now,
                "next_check_at": now,
                "watch_at": now,
                **dispatch.values(),
            },
        )
        return parcel

    def announce_all(
        self, account, stories: Iterable[Story]
    ) -> "dict[tuple[str, str], tuple[Parcel, bool]]":
        """Many at once: (carrier, number) → the parcel, and whether it is new.

        New ones begin with the reports of their story. That is how we meet them, not
        news of them, so no signal is sent. Known ones are left as they are.
        """
        now = timezone.now()
        told = {(story.carrier, story.number): story for story in stories}
        mine = self.filter(account=account, number__in={number for _, number in told})
        before = {(parcel.carrier, parcel.number) for parcel in mine.all()}
        made: list[Parcel] = []
        scans: dict[tuple[str, str], dict[tuple, Scan]] = {}
        for key, story in told.items():
            if key in before:
                continue
            parcel = Parcel(
                account=account,
                carrier=story.carrier,
                number=story.number,
                announced_at=story.at,
                checked_at=max((r.at for r in story.reports), default=None),
                **story.dispatch.values(),
            )
            scans[key] = {
                scan.identity: scan
                for scan in (Scan.of(parcel, report) for report in story.reports)
            }
            parcel.tell(scans[key].values())
            # The history of a shop comes with parcels that arrived long ago.
            if not polling.is_over(parcel.milestone, parcel.last_word, now):
                parcel.next_check_at = parcel.watch_at = now
            made.append(parcel)
        # Somebody else may announce the same ones at this moment; one row is made.
        Parcel.objects.bulk_create(made, ignore_conflicts=True)
        found = {(parcel.carrier, parcel.number): parcel for parcel in mine.all()}
        rows = []
        for key, known in scans.items():
            for scan in known.values():
                scan.parcel = found[key]
                rows.append(scan)
        Scan.objects.bulk_create(rows, ignore_conflicts=True)
        return {key: (found[key], key not in before) for key in told}


class Ours(models.Manager.from_queryset(ParcelQuerySet)):  # type: ignore[misc]
    """All but those that stand in for a parcel that was dropped."""

    def get_queryset(self) -> ParcelQuerySet:
        return super().get_queryset().filter(dropped_at=None)


class Dropped(models.Manager["Parcel"]):
    """What is left of parcels that were never ours, while a carrier that was asked to turn one
    is still to be asked to forget it."""

    def get_queryset(self) -> "models.QuerySet[Parcel]":
        return super().get_queryset().filter(dropped_at__isnull=False)

    def settled(self) -> "models.QuerySet[Parcel]":
        from tracking.models.interception import Interception

        return self.exclude(pk__in=Interception.objects.to_forget().values("parcel"))


class Parcel(models.Model):
    account = models.ForeignKey("tracking.Account", models.PROTECT, related_name="parcels")
    carrier = models.CharField(max_length=40, blank=True, help_text="A code of carriers.py.")
    carrier_confirmed = models.BooleanField(
        default=False, help_text="By the desk: no provider knows better."
    )
    last_mile = models.CharField(
        max_length=40, blank=True, help_text="Who brings it to the door, when not the carrier."
    )
    number = models.CharField("tracking number", max_length=60)
    plain_number = models.GeneratedField(
        expression=PLAIN,
        output_field=models.CharField(max_length=60),
        db_persist=True,
    )

    # What whoever has it sent told us (Dispatch).
    announced_at = models.DateTimeField(default=timezone.now)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=2, blank=True)
    destination = models.CharField(max_length=2, blank=True)
    phone_tail = models.CharField(max_length=4, blank=True)
    value = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    weight = models.PositiveIntegerField("grams", null=True, blank=True)
    is_inbound = models.BooleanField("comes to us", default=False)
    received_at = models.DateTimeField(
        null=True, blank=True, help_text="Our warehouse had it in its hands."
    )
    disputed_at = models.DateTimeField(
        null=True, blank=True, help_text="Whoever should have it says that it is not there."
    )
    found_at = models.DateTimeField(
        null=True, blank=True, help_text="Whoever it was for says that they have it."
    )
    wants_signature = models.BooleanField(default=False)
    by_appointment = models.BooleanField("delivery by appointment", default=False)

    # What its scans tell together (`tell`).
    milestone = models.CharField(max_length=20, choices=Milestone, default=Milestone.ANNOUNCED)
    milestone_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField("first movement", null=True, blank=True)
    last_scan_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    carrier_weight = models.PositiveIntegerField("grams by the carrier", null=True, blank=True)

    # What may be expected (tracking/expectations.py).
    expected_from = models.DateField(null=True, blank=True)
    expected_to = models.DateField(null=True, blank=True)
    delays = models.JSONField(default=list, blank=True)

    # When somebody looks at it again.
    checked_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    watch_at = models.DateTimeField(null=True, blank=True)
    troubles = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Open incidents."
    )
    fingerprint = models.CharField(max_length=32, blank=True, editable=False)

    dropped_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = Ours()
    dropped = Dropped()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "carrier", "number"],
                name="parcel_is_known_once",
                condition=Q(dropped_at=None),
            )
        ]
        indexes = [
            models.Index(fields=["number"], name="parcel_number"),
            models.Index(fields=["account", "plain_number"], name="parcel_plain_number"),
            models.Index(
                fields=["next_check_at"],
                name="parcel_to_check",
                condition=Q(next_check_at__isnull=False),
            ),
            models.Index(
                fields=["watch_at"], name="parcel_to_watch", condition=Q(watch_at__isnull=False)
            ),
            models.Index(
                fields=["dropped_at"],
                name="parcel_dropped",
                condition=Q(dropped_at__isnull=False),
            ),
            models.Index(
                fields=["account", "ended_at"],
                name="parcel_ended",
                condition=Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.carrier or 'unknown carrier'})"

    # --- what is known about it -----------------------------------------------------------

    @property
    def is_moving(self) -> bool:
        return self.milestone in milestones.MOVING and self.milestone not in milestones.FINAL

    @property
    def last_word(self) -> datetime:
        """When something was last reported; before that, when we heard of it."""
        return self.last_scan_at or self.announced_at

    @property
    def expected_delays(self) -> tuple[Delay, ...]:
        """Why it is expected later than usual."""
        return tuple(Delay.from_json(row) for row in self.delays)

    @property
    def expected(self) -> tuple[date, date] | None:
        """First and last day on which it usually arrives; None once the road is over."""
        if self.ended_at or self.expected_from is None or self.expected_to is None:
            return None
        return self.expected_from, self.expected_to

    def is_meant(self, carrier: str, *others: str) -> bool:
        """Whether news about our number at `carrier` (and further ones on its way) is about
        this parcel. A carrier that one of us does not know speaks against nothing."""
        if not carrier or self.carrier not in CARRIERS:
            return True
        named = {carrier, *others}
        return self.carrier in named or any(self.carrier in s and s & named for s in SISTERS)

    # --- what is told about it --------------------------------------------------------------

    def record(
        self, reports: Iterable[ScanReport], now: datetime | None = None, provider: str = ""
    ) -> list[Scan]:
        """Adds what is new among `reports`, in any order, and moves the milestone.

        Returns the new scans. A report that is already known (same moment, code, place
        and provider, however worded) changes nothing. The milestone is read from all scans
        in order of time, so it does not matter in which order they arrived. Sends
        `milestone_reached` and `incidents_changed` inside the transaction.
        """
        news = News(self.number, reports=tuple(reports))
        fresh = Parcel.objects.record_all([Told(self, news, provider)], now)
        return fresh.get(self.pk, [])

    def tell(self, scans: "Iterable[Scan | Seen]") -> None:
        """Takes over what all its scans say together; nothing is written."""
        milestone, at, started, last = str(Milestone.ANNOUNCED), None, None, None
        rank = milestones.RANK
        for scan in sorted(scans, key=lambda scan: (scan.at, rank[scan.milestone])):
            last = scan.at
            if started is None and scan.milestone in milestones.MOVING:
                started = scan.at
            if milestones.follows(scan.milestone, milestone):
                milestone, at = scan.milestone, scan.at
        self.milestone, self.milestone_at = milestone, at
        self.started_at, self.last_scan_at = started, last
        self.ended_at = at if milestone in milestones.FINAL else None

    def learn_carrier(self, code: str) -> bool:
        """Takes the carrier over when we know none; not when that parcel is known already."""
        return not self.carrier and self._becomes(code)

    def change_carrier(self, code: str) -> bool:
        """A provider found out that it goes with another carrier than we were told. What
        that one told by this number is the story of another parcel."""
        wrong = self.carrier
        if self.carrier_confirmed or code == wrong or not self._becomes(code):
            return False
        self.scans.exclude(carrier="").filter(carrier=wrong).delete()
        return True

    def _becomes(self, code: str) -> bool:
        if not code:
            return False
        try:
            with transaction.atomic():
                mine = Parcel.objects.filter(pk=self.pk, carrier=self.carrier)
                changed = bool(mine.update(carrier=code, next_check_at=timezone.now()))
        except IntegrityError:
            return False
        if changed:
            self.carrier = code
            self._ask_anew()
        return changed

    def correct_carrier(self, code: str) -> None:
        """The desk knows better: what the wrong carrier told was another parcel's story and
        is dropped. Raises CarrierTaken."""
        with transaction.atomic():
            me = Parcel.objects.select_for_update().get(pk=self.pk)
            if not me._becomes(code):
                if me.carrier == code:
                    return
                raise CarrierTaken
            me._call_off(f"The parcel goes with another carrier than {self.carrier}.")
            me.scans.all().delete()
            me.incidents.all().delete()
            me.tell(())
            me.carrier_confirmed = True
            me.last_mile = me.fingerprint = ""
            me.troubles = 0
            me.carrier_weight = me.expected_from = me.expected_to = None
            me.delays = []
            me.next_check_at = me.watch_at = timezone.now()
            me.save()
            # What the clock alone says of it holds all the same, and is told without a gap.
            Parcel.objects.filter(pk=self.pk).watch()
        self.refresh_from_db()

    def _ask_anew(self) -> None:
        """Whoever follows it is told of the new carrier; refusals may be over."""
        rows = Following.objects.filter(parcel=self)
        rows.filter(registered_at__isnull=False).ask(Action.CHANGE)
        rows.filter(registered_at=None).ask(Action.REGISTER)
        rows.update(refusal="")

    def note_handed_over(self, at: datetime) -> None:
        """The carrier has it, by the word of whoever handed it over."""
        Parcel.objects.filter(pk=self.pk, handed_over_at=None).update(
            handed_over_at=at, watch_at=timezone.now()
        )

    def note_received(self, at: datetime | None, weight: int | None = None) -> None:
        """Our warehouse has it in its hands and weighed it (grams, None when it did not).
        at: None when that was a mistake."""
        Parcel.objects.filter(pk=self.pk).update(
            received_at=at, weight=weight, watch_at=timezone.now()
        )

    def dispute(self, at: datetime) -> None:
        """It is said to be delivered, and whoever should have it says that it is not there:
        that is a trouble from this moment on."""
        # Some carriers' clocks are fast: nobody misses what has not been delivered yet.
        self._believe(max(at, self.milestone_at or at), at)

    def undispute(self, at: datetime) -> None:
        """It is there after all."""
        self._believe(None, at)

    def _believe(self, disputed_at: datetime | None, now: datetime) -> None:
        """The watch looks at it at once."""
        with transaction.atomic():
            mine = Parcel.objects.filter(pk=self.pk)
            mine.update(disputed_at=disputed_at, watch_at=now)
            mine.watch(now)
        self.refresh_from_db(fields=["disputed_at", "watch_at", "troubles"])

    def note_found(self, at: datetime) -> None:
        """Whoever it was for has it, or knows who has, by their own word: nobody is asked any
        more who signed. Looked at at once, as in `dispute`."""
        with transaction.atomic():
            mine = Parcel.objects.filter(pk=self.pk)
            mine.update(found_at=at, watch_at=at)
            mine.watch(at)
        self.refresh_from_db(fields=["found_at", "watch_at", "troubles"])

    def ask_now(self, now: datetime | None = None) -> tuple[int, datetime | None]:
        """Asks every provider that follows it at once. Returns how many are asked, and when
        the next one may be, when one was asked a moment ago."""
        now = now or timezone.now()
        may, later = [], []
        for row in self.followings.all():
            at = row.may_be_queried_at()
            if row.state == WorkState.CLAIMED or (at and at > now):
                later.append(at or now)
            elif not row.is_refused:
                may.append(row.pk)
        if not may and not later:
            Parcel.objects.filter(pk=self.pk).update(next_check_at=now)
        rows = Following.objects.filter(pk__in=may)
        asked = rows.filter(registered_at__isnull=False).ask(Action.QUERY, now)
        asked += rows.filter(registered_at=None).ask(Action.REGISTER, now)
        return asked, min(later, default=None)

    def ask_refused(self, now: datetime | None = None) -> int:
        """Why providers refused it may be mended: they are asked once more. Returns how
        many are."""
        now = now or timezone.now()
        with transaction.atomic():
            refused = [
                row.pk
                for row in self.followings.filter(REFUSED)
                if not ((at := row.may_be_queried_at()) and at > now)
            ]
            rows = Following.objects.filter(pk__in=refused)
            asked = rows.filter(registered_at__isnull=False).ask(Action.QUERY, now)
            asked += rows.filter(registered_at=None).ask(Action.REGISTER, now)
            rows.update(refusal="", last_error="")
            # When every provider had refused it, nobody was looking at it any more.
            forgotten = Parcel.objects.filter(pk=self.pk, next_check_at=None, ended_at=None)
            forgotten.update(next_check_at=now)
        return asked

    def note_phone(self, tail: str, now: datetime | None = None) -> int:
        """The last four digits of a phone on its label, as a carrier wants to know them.
        Returns how many providers are asked once more."""
        with transaction.atomic():
            Parcel.objects.filter(pk=self.pk).update(phone_tail=tail)
            return self.ask_refused(now)

    def intercept(
        self,
        aim: str,
        *,
        before: Address,
        after: Address = NOWHERE,
        on: date | None = None,
        reason: str = "other",
        order_number: str = "",
        while_at: frozenset[str] = frozenset(),
        requested_at: datetime | None = None,
        now: datetime | None = None,
    ) -> "Interception":
        """Asks its carrier to bring it elsewhere, or back (`aim`: of tracking.gateways.Aim); a
        worker makes the request. before, after: where it goes now, and shall go. while_at:
        milestones at which it may still be asked for, none = any. requested_at: when somebody
        wanted it. Raises AlreadyTurning while another request is open."""
        from tracking.models.interception import start

        return start(
            self,
            aim,
            before=before,
            after=after,
            on=on,
            reason=reason,
            order_number=order_number,
            while_at=while_at,
            requested_at=requested_at,
            now=now,
        )

    def _call_off(self, why: str) -> None:
        """Whoever waits for what was asked of the carrier hears that nothing comes of it."""
        for request in self.interceptions.open():
            request.call_off(why)

    def _leave_to_forget(self) -> None:
        """Hands what a carrier is still to be asked to forget to a row that holds no more of
        this parcel than its number. If the number turns out to be ours after all, that is
        another row."""
        left = self.interceptions.to_forget()
        if not left.exists():
            return
        stand_in = Parcel(
            account_id=self.account_id,
            carrier=self.carrier,
            number=self.number,
            announced_at=self.announced_at,
            dropped_at=timezone.now(),
        )
        stand_in.save(force_insert=True)
        left.update(parcel=stand_in)

    def drop(self) -> None:
        """It was never ours (a mistyped number): nothing of it is kept, and providers are
        told to stop. What a carrier is still to be asked to forget stands until it was."""
        with transaction.atomic():
            # Before the requests about it, as whoever records its scans does.
            Parcel.objects.locked([self.pk])
            self._call_off("The number was wrong: the parcel was not ours.")
            self._leave_to_forget()
            # Also where somebody asks at this moment: he settles nothing any more.
            in_hand = Q(registered_at__isnull=False) | Q(state=WorkState.CLAIMED)
            Following.objects.filter(in_hand, parcel=self).update(
                parcel=None,
                wish=Action.STOP,
                state=WorkState.DUE,
                due_at=timezone.now(),
                attempts=0,
                lease_until=None,
                lease_owner="",
            )
            Following.objects.filter(parcel=self).delete()
            self.delete()
