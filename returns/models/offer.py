"""Offer: the desk, or a rule, offers the buyer something, who says yes or no until a day."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns import policy
from returns.codes import LEAVES_UNITS, PAYS_BACK, Wish
from returns.models.authorization import ReturnAuthorization
from returns.models.draft import new_key
from returns.models.event import CLOCK, RULE, Actor, ActorKind, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import AT_ONCE, Promise, PromiseKind
from returns.models.resolution import TooMuch
from returns.models.return_base import MONEY
from returns.models.settling import ENDS_WITHOUT, GRANTS, Award
from returns.rounds import in_time
from returns.states import UNDECIDED
from tracking.calendars import end_of_day

if TYPE_CHECKING:
    from returns.models.order import Order

logger = logging.getLogger(__name__)
ZERO = Decimal(0)
# So many days the buyer has, where nobody says anything else.
USUAL_DAYS = 7
# What can be given besides, or for the trouble alone.
GIVEN_BESIDES = PAYS_BACK | {Wish.PIECE}


class OfferState(models.TextChoices):
    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Not wanted"
    ENDED = "ended", "Ended"


class OfferOver(Exception):
    """It was settled, has ended, or what it is about has moved on."""


class OfferQuerySet(models.QuerySet["Offer"]):
    def open(self) -> "OfferQuerySet":
        return self.filter(state=OfferState.OPEN)

    def make(
        self,
        order: "Order",
        *,
        wish: str,
        amount: Decimal = ZERO,
        words: str,
        by: Actor,
        authorization: ReturnAuthorization | None = None,
        investigation: Any = None,
        case: Any = None,
        expires_at: datetime | None = None,
        besides: bool | None = None,
        sends_back: bool = False,
        key: str = "",
        now: datetime | None = None,
    ) -> "Offer":
        """Offers `wish`, and writes so to the buyer; an open one about the same is taken back.

        amount: of money, in the order's currency. words: of a person, read by the buyer.
        investigation, case: what it is offered for, without a return. besides: the rest goes
        on as it is; else it takes the place of what was asked for, where that is still
        possible. key: the form's own: the same once more gives what it made. Raises TooMuch,
        ValueError when it makes no sense, OfferOver when the return has ended.
        """
        now = now or timezone.now()
        case = case or (investigation.case if investigation else None)
        with transaction.atomic():
            order = order.locked()
            if key and (made := self.filter(order=order, form_key=key).first()):
                return made
            rma = order.returns.get(pk=authorization.pk) if authorization else None
            if besides is None:
                besides = wish == Wish.VOUCHER or not (rma and rma.may_be_changed)
            offer = self.model(
                order=order,
                authorization=rma,
                case=case,
                wish=wish,
                amount=amount,
                words=words,
                besides=besides,
                sends_back=sends_back and wish not in LEAVES_UNITS and not besides,
                form_key=key or new_key(),
                expires_at=expires_at or _usual_end(order, now),
                made_at=now,
                made_by=by.kind,
                user=by.user,
            )
            offer.check_sense(order, by, now)
            for other in self.open().filter(order=order, authorization=rma):
                other._end(order, OfferState.ENDED, EventKind.OFFER_ENDED, by, now)
            offer.save(force_insert=True)
            offer._begin(order, by, now)
        return offer

    def over(self, now: datetime | None = None) -> "OfferQuerySet":
        return self.open().filter(expires_at__lte=now or timezone.now())

    def expire(self, now: datetime | None = None) -> None:
        """Each in a transaction of its own; one that fails does not hold up the rest."""
        now = now or timezone.now()
        for offer in in_time(self.select_related("order")[:AT_ONCE]):
            try:
                offer.expire(now=now)
            except OfferOver:
                continue
            except Exception:
                logger.exception("offer %s could not be ended", offer.pk)


class Offer(models.Model):
    """authorization: the return that it is about; of one made for the trouble alone, what came
    of it. words: in the buyer's language."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="offers")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="offers",
    )
    case = models.ForeignKey(
        "returns.Case", models.SET_NULL, null=True, blank=True, related_name="offers"
    )
    wish = models.CharField(max_length=20, choices=Wish)
    amount = models.DecimalField(**MONEY)
    besides = models.BooleanField(default=False, help_text="Everything else goes on as it is.")
    sends_back = models.BooleanField(default=False, help_text="The goods have to come back.")
    words = models.TextField(max_length=2000)
    state = models.CharField(max_length=8, choices=OfferState, default=OfferState.OPEN)
    form_key = models.CharField(max_length=64, editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=8, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=8, choices=ActorKind, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "form_key"], name="offer_once_per_form"),
            models.UniqueConstraint(
                fields=["authorization"],
                name="offer_open_once_per_return",
                condition=Q(state="open", authorization__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["order"],
                name="offer_open_once_per_order",
                condition=Q(state="open", authorization=None),
            ),
            models.CheckConstraint(
                condition=Q(wish__in=sorted(PAYS_BACK), amount__gt=0)
                | (~Q(wish__in=sorted(PAYS_BACK)) & Q(amount=0)),
                name="offer_amount_fits_wish",
            ),
            models.CheckConstraint(
                condition=Q(sends_back=False)
                | (Q(besides=False) & ~Q(wish__in=sorted(LEAVES_UNITS))),
                name="offer_sends_back_in_place_of_something",
            ),
            models.CheckConstraint(
                condition=Q(state="open") | Q(settled_at__isnull=False),
                name="settled_offer_has_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="offer_to_end", condition=Q(state="open"))
        ]

    def __str__(self) -> str:
        return f"{self.get_wish_display()} for {self.order_id}"

    @property
    def is_open(self) -> bool:
        return self.state == OfferState.OPEN

    def stands(self, now: datetime) -> bool:
        """Whether the buyer may still say yes."""
        return self.is_open and now < self.expires_at and self._is_possible()

    def accept(self, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer says yes, and it is done. Said twice, it is done once. Raises OfferOver, and
        TooMuch when the money has gone another way by then."""
        now = now or timezone.now()
        with transaction.atomic():
            order, offer = self._again()
            if offer.state != OfferState.ACCEPTED:
                if not offer.stands(now):
                    raise OfferOver
                offer._end(order, OfferState.ACCEPTED, EventKind.OFFER_ACCEPTED, by, now)
                offer._carry_out(order, by, now)
        self.refresh_from_db()

    def decline(self, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer says no: everything goes on as before. Raises OfferOver."""
        now = now or timezone.now()
        with transaction.atomic():
            order, offer = self._again()
            if offer.state != OfferState.DECLINED:
                if not offer.is_open:
                    raise OfferOver
                offer._end(order, OfferState.DECLINED, EventKind.OFFER_DECLINED, by, now)
                if offer._waits_for_it:
                    offer._promise_answer(order, order.store.answer_by(now), now)
        self.refresh_from_db()

    def take_back(self, *, by: Actor, now: datetime | None = None) -> None:
        """By the desk, before the buyer has said anything. Raises OfferOver."""
        self._end_open(by, now or timezone.now())

    def expire(self, *, now: datetime | None = None) -> None:
        """Its last day is over. Raises OfferOver."""
        self._end_open(CLOCK, now or timezone.now())

    def _end_open(self, by: Actor, now: datetime) -> None:
        with transaction.atomic():
            order, offer = self._again()
            if not offer.is_open or (by == CLOCK and now < offer.expires_at):
                raise OfferOver
            offer._end(order, OfferState.ENDED, EventKind.OFFER_ENDED, by, now)
            if offer._waits_for_it:
                offer._promise_answer(order, order.store.answer_by(now), now)
        self.refresh_from_db()

    # --- How it is done -----------------------------------------------------------------------

    def check_sense(self, order: "Order", by: Actor, now: datetime) -> None:
        """Raises ValueError, TooMuch or OfferOver for what cannot be offered, PermissionDenied
        where somebody else has to decide about the buyer's appeal."""
        rma = self.authorization
        if (self.wish in PAYS_BACK) != (self.amount > 0):
            raise ValueError("money without an amount, or an amount without money")
        if self.amount != self.amount.quantize(policy.unit(order.currency)):
            raise ValueError(f"{self.amount} {order.currency} cannot be paid")
        if self.expires_at <= now:
            raise ValueError("it would be over at once")
        if self.besides and self.wish not in GIVEN_BESIDES:
            raise ValueError(f"{self.wish} cannot be given besides")
        if rma is None and self.wish not in PAYS_BACK:
            raise ValueError(f"{self.wish} needs a return that it is about")
        if not self._is_possible():
            raise OfferOver
        if rma and not self.besides:
            rma._end_appeal(by, now)  # a yes would decide about it
        left = order.with_goods().refundable(None if self.besides else rma)
        if self.wish != Wish.VOUCHER and self.amount > left:
            raise TooMuch(left)

    def _is_possible(self) -> bool:
        rma = self.authorization
        if rma is None:
            return True
        return rma.status not in ENDS_WITHOUT if self.besides else rma.may_be_changed

    @property
    def _waits_for_it(self) -> bool:
        """The request that it is about is decided when we have heard from the buyer."""
        return self.authorization is not None and self.authorization.status in UNDECIDED

    def _begin(self, order: "Order", by: Actor, now: datetime) -> None:
        rma = self.authorization
        event = Event.objects.note(
            order, EventKind.OFFER_MADE, by=by, authorization=rma, at=now, offer=self.pk
        )
        Notice.objects.write(
            order,
            NoticeKind.OFFER_MADE,
            event=f"event-{event.pk}",
            authorization=rma,
            offer=self.pk,
            now=now,
        )
        if self._waits_for_it:  # we have answered; the next word is due when theirs is
            Promise.objects.keep(order, PromiseKind.ANSWER, authorization=rma, now=now)
            self._promise_answer(order, order.store.answer_by(self.expires_at), now)

    def _promise_answer(self, order: "Order", due_at: datetime, now: datetime) -> None:
        Promise.objects.make(
            order, PromiseKind.ANSWER, due_at, by=RULE, authorization=self.authorization, now=now
        )

    def _again(self) -> "tuple[Order, Offer]":
        """Under the order's lock, with the return as it is now."""
        order = self.order.locked()
        offer = Offer.objects.select_related("authorization", "user").get(pk=self.pk)
        offer.order = order
        if offer.authorization:
            offer.authorization.order = order
        return order, offer

    def _end(self, order: "Order", state: str, kind: str, by: Actor, now: datetime) -> None:
        """The first writer wins."""
        values = {"state": state, "settled_at": now, "settled_by": by.kind}
        if not Offer.objects.open().filter(pk=self.pk).update(**values):
            raise OfferOver
        for name, value in values.items():
            setattr(self, name, value)
        Event.objects.note(
            order, kind, by=by, authorization=self.authorization, at=now, offer=self.pk
        )

    def _carry_out(self, order: "Order", by: Actor, now: datetime) -> None:
        rma, ours = self.authorization, Actor.staff(self.user) if self.user else RULE
        award = Award(GRANTS[self.wish], self.amount, words=self.words)
        if rma is None:
            made = order.compensate(award, by=ours, key=f"offer-{self.pk}", now=now)
            Offer.objects.filter(pk=self.pk).update(authorization=made)
        elif self.besides:
            rma.give_besides(award, by=ours, now=now)
        else:
            rma.agree_on(self.wish, self.amount, sends_back=self.sends_back, by=ours, now=now)


def _usual_end(order: "Order", now: datetime) -> datetime:
    """The end of the day where the buyer lives."""
    zone = order.where
    return end_of_day(now.astimezone(ZoneInfo(zone)).date() + timedelta(days=USUAL_DAYS), zone)
