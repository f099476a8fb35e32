"""Posting: the number of the parcel, and what its scans say, until it is here."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns import states
from returns.codes import Kind
from returns.dispatch import inbound
from returns.models.access import Throttle, TooOften
from returns.models.event import RULE, Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.return_base import ReturnBase
from returns.models.shipment import Shipment
from returns.states import IllegalTransition, Status
from tracking.milestones import MOVING, Milestone
from tracking.models import Parcel

# A number may be told while the goods can still be under way to us.
TAKES_NUMBER = frozenset({Status.APPROVED, Status.IN_TRANSIT, Status.EXPIRED, Status.LOST})
# Some post first and ask afterwards; what was scanned earlier is another parcel's story,
# told of a number that the carrier uses again or that somebody mistyped.
POSTED_BEFORE = timedelta(days=2)
# So many numbers a buyer may give for one return; each is a line of its history.
NUMBERS = ((10, timedelta(days=1)), (30, timedelta(days=30)))
OPENS_WITHIN = 2  # working days, from the day it arrived


class Posting(ReturnBase):
    class Meta:
        abstract = True

    @property
    def may_travel_from(self) -> datetime:
        """Scans from before that tell nothing of this return."""
        return self.requested_at - POSTED_BEFORE

    @property
    def takes_number(self) -> bool:
        return self.status in TAKES_NUMBER and not (self.keeps_goods or self.is_recall)

    def name_parcel(
        self,
        number: str,
        carrier: str,
        *,
        by: Actor,
        posted: bool = True,
        now: datetime | None = None,
    ) -> Shipment:
        """The buyer says which parcel brings it: from now on it is followed, nothing is
        reminded of, and nothing expires.

        number: normalised (tracking/numbers.py). Another number than before is a
        correction: the old journey and all that it made us say are dropped. A number that
        stands for another parcel as well is kept, but not followed until the desk has
        looked. The same number again changes nothing.

        posted: False when only the number is known yet, because it stands on a label that
        we made: then we go on reminding until it is posted or the carrier has it.
        Raises TooOften when a buyer corrects it without end.
        """
        now = now or timezone.now()
        if not self.takes_number:
            raise IllegalTransition(self.status, self.status)
        with transaction.atomic():
            # Locked before the parcels are looked at: two numbers given at the same moment
            # are two corrections, one after the other.
            order = self.order.locked()
            old = order.shipments.filter(authorization=self.pk, is_return=True).first()
            fresh = order.returns.get(pk=self.pk)
            same = old if old and (old.number, old.carrier) == (number, carrier) else None
            if same and (fresh.posted_at or not posted):
                return same
            fresh.order = order
            if by.is_buyer and Throttle.objects.admit(f"number:{self.pk}", NUMBERS, now):
                raise TooOften
            if not same:
                fresh._correct_journey(old, now)
            values = {"posted_at": fresh.posted_at or now} if posted else {}
            with fresh._changing(Q(status__in=TAKES_NUMBER), **values):
                shipment = same or fresh._announce(number, carrier, now)
                if same and same.parcel and fresh.posted_at:
                    same.parcel.note_handed_over(now)
                if fresh.posted_at:
                    Promise.objects.release(fresh, now)
                    if fresh.awaits_arrival:
                        fresh._promise_news(now)
                    else:  # it had ended: a person says how it goes on
                        fresh._promise_answer(now)
                corrected = old and not same
                kind = EventKind.NUMBER_CORRECTED if corrected else EventKind.NUMBER_GIVEN
                fresh._tell(kind, by, now, number=number, doubt=shipment.in_doubt)
        self.refresh_from_db()
        return shipment

    def _correct_journey(self, old: Shipment | None, now: datetime) -> None:
        """Takes back what the old number told: its parcel was never ours."""
        if old is None:
            return
        parcel = old.parcel
        old.delete()
        if parcel is None:  # in doubt, and so it told nothing
            return
        if not Shipment.objects.filter(parcel=parcel).exists():
            parcel.drop()
        # One that had ended before it came has no term to go back to.
        began = self.status == Status.IN_TRANSIT and self.post_by is not None
        values: dict[str, Any] = {"arrived_at": None} | (
            {"status": Status.APPROVED} if began else {}
        )
        with self._changing(Q(), **values):
            pass

    def _announce(self, number: str, carrier: str, now: datetime) -> Shipment:
        shipment = Shipment(
            order=self.order,
            authorization_id=self.pk,
            is_return=True,
            number=number,
            carrier=carrier,
            shipped_at=now,
        )
        shipment.in_doubt = self._is_anothers(number)
        if not shipment.in_doubt:
            account = self.order.store.account
            dispatch = inbound(self, self.posted_at)
            parcel = Parcel.objects.announce(account, number, carrier, now, dispatch)
            # Somebody may have named it at this very moment, under another order's lock.
            parcel = Parcel.objects.select_for_update().get(pk=parcel.pk)
            shipment.in_doubt = self._others().filter(parcel=parcel).exists()
            shipment.parcel = None if shipment.in_doubt else parcel
        shipment.save()
        return shipment

    def _is_anothers(self, number: str) -> bool:
        """Whether it stands for a parcel that we know and that is not this order's way back.
        Compared as pushes are, so that no spelling leads to the journey of a stranger."""
        account = self.order.store.account
        known = Parcel.objects.numbered(account.pk, number)
        # Two returns of one order may well travel in one box.
        mine = Shipment.objects.filter(order=self.order, is_return=True)
        ours = set(mine.values_list("parcel", flat=True))
        claimed = self._others().filter(order__store__account=account, number=number)
        return any(parcel.pk not in ours for parcel in known) or claimed.exists()

    def _others(self) -> "models.QuerySet[Shipment]":
        return Shipment.objects.exclude(order=self.order, is_return=True)

    def confirm_number(self, number: str = "", *, by: Actor, now: datetime | None = None) -> None:
        """The desk looked at a number in doubt: it is this parcel's, and is followed.
        number: the one that was looked at; another that was given meanwhile is not it."""
        now = now or timezone.now()
        with transaction.atomic():
            order = self.order.locked()
            mine = order.shipments.filter(authorization=self.pk, is_return=True, in_doubt=True)
            shipment = (mine.filter(number=number) if number else mine).first()
            if shipment is None:
                raise IllegalTransition(self.status, self.status)
            account = order.store.account
            shipment.parcel = Parcel.objects.announce(
                account,
                shipment.number,
                shipment.carrier,
                shipment.shipped_at,
                inbound(self, self.posted_at),
            )
            shipment.in_doubt = False
            shipment.save(update_fields=["parcel", "in_doubt"])
            self.order = order
            self._tell(EventKind.NUMBER_CONFIRMED, by, now, number=shipment.number)

    def say_posted(self, *, by: Actor, now: datetime | None = None) -> None:
        """Posted without a number, by the buyer's word: nothing expires, and we write
        again; it is on its way once somebody saw it. Said twice, it is said once."""
        now = now or timezone.now()
        if self.posted_at is not None:
            return
        if self.status != Status.APPROVED or self.keeps_goods or self.is_recall:
            raise IllegalTransition(self.status, self.status)
        with self._changing(Q(posted_at=None), posted_at=now):
            self._hand_over(now)
            Promise.objects.release(self._me, now)
            self._promise_news(now)
            self._tell(EventKind.RETURN_POSTED, by, now)

    def note_posted(self, *, by: Actor, now: datetime | None = None) -> None:
        """The desk knows that it is on its way, with or without a scan."""
        now = now or timezone.now()
        with self._moving(
            Status.IN_TRANSIT,
            only={Status.APPROVED},
            where=Q(keeps_goods=False) & ~Q(kind=Kind.RETURN_TO_SENDER),
            posted_at=self.posted_at or now,
        ):
            self._hand_over(now)
            Promise.objects.release(self._me, now)
            self._promise_news(now)
            self._tell(EventKind.RETURN_POSTED, by, now)

    def _hand_over(self, now: datetime) -> None:
        """From now on the carrier should have scanned it within a day or two."""
        for parcel in Parcel.objects.filter(pk__in=self._parcels()):
            parcel.note_handed_over(now)

    def _parcels(self) -> "models.QuerySet[Shipment, int | None]":
        mine = Shipment.objects.filter(authorization=self.pk, is_return=True)
        return mine.values_list("parcel", flat=True)

    def note_scan(self, *, by: Actor, now: datetime | None = None) -> None:
        """The carrier has it, by the first scan after the return was asked for."""
        now = now or timezone.now()
        parcel = self._followed()
        if parcel is None or parcel.milestone not in MOVING:
            raise IllegalTransition(self.status, Status.IN_TRANSIT)
        # One letter, not two, when the first that we hear is that it is here.
        here = parcel.milestone == Milestone.DELIVERED
        letter = None if here else NoticeKind.RETURN_SCANNED
        with self._moving(
            Status.IN_TRANSIT,
            only={Status.APPROVED},
            where=Q(keeps_goods=False, shipments__parcel=parcel),
            posted_at=self.posted_at or now,
        ):
            Promise.objects.release(self._me, now)
            self._promise_news(now)
            self._tell(EventKind.RETURN_SCANNED, by, now, letter)

    def note_arrival(self, *, by: Actor, now: datetime | None = None) -> None:
        """The carrier says that it reached us: the desk is asked to open it, and we say by
        when. The status stays, because nobody of us has seen it."""
        now = now or timezone.now()
        parcel = self._followed()
        if parcel is None or parcel.milestone != Milestone.DELIVERED:
            raise IllegalTransition(self.status, self.status)
        waiting = Q(status__in={Status.APPROVED, Status.IN_TRANSIT, *states.ENDED})
        with self._changing(
            waiting & Q(arrived_at=None, shipments__parcel=parcel),
            arrived_at=parcel.milestone_at,
        ):
            Promise.objects.release(self._me, now)
            self._promise_inspection(now)
            self._tell(EventKind.RETURN_ARRIVED, by, now, NoticeKind.RETURN_ARRIVED)

    def _followed(self) -> Parcel | None:
        shipment = self.shipments.filter(is_return=True).select_related("parcel").first()
        parcel = shipment.parcel if shipment else None
        fresh = parcel and parcel.milestone_at and parcel.milestone_at >= self.may_travel_from
        return parcel if fresh else None

    def _promise_inspection(self, now: datetime) -> None:
        due = self.order.store.calendar.close_of_working_day(now, OPENS_WITHIN)
        self._promise(PromiseKind.INSPECTION, due, RULE, now)
