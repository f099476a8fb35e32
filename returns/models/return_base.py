"""What every part of a return stands on: its fields, what follows from them, and how a
verb is done. The verbs are in deciding.py, posting.py, receiving.py and settling.py."""

from collections.abc import Iterator, Set
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from returns import ledger, states
from returns.codes import GOODS_KINDS, DeclineReason, Kind, Payer, TurnsBy, Wish
from returns.models.event import RULE, Actor, Event
from returns.models.notice import Notice
from returns.models.promise import Promise, PromiseKind
from returns.outlook import Outlook
from returns.policy import Chosen
from returns.states import IllegalTransition, Status
from tracking.calendars import end_of_day
from tracking.milestones import TURNED

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from returns.models.authorization import ReturnAuthorization
    from returns.models.document import Document
    from returns.models.order import Order
    from returns.models.receipt import Receipt, Surplus
    from returns.models.resolution import ResolutionQuerySet
    from returns.models.return_line import ReturnLine
    from returns.models.shipment import Shipment

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 3, "default": Decimal(0)}


class ReturnBase(models.Model):
    if TYPE_CHECKING:
        documents: RelatedManager[Document]
        events: RelatedManager[Event]
        lines: RelatedManager[ReturnLine]
        receipts: RelatedManager[Receipt]
        shipments: RelatedManager[Shipment]
        surplus: RelatedManager[Surplus]
        resolutions: ResolutionQuerySet

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="returns")
    number = models.CharField("return number", max_length=12, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.RETURN)
    status = models.CharField(max_length=20, choices=Status, default=Status.REQUESTED)
    wish = models.CharField(max_length=20, choices=Wish, default=Wish.REFUND)
    note = models.TextField(blank=True, max_length=2000, help_text="In the buyer's words.")
    form_key = models.CharField(max_length=64, editable=False)
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.CharField(max_length=8)

    payer = models.CharField("postage", max_length=5, choices=Payer)
    value = models.DecimalField(help_text="Of the goods, as paid.", **MONEY)
    estimated_fee = models.DecimalField(**MONEY)
    estimated_postage = models.DecimalField(help_text="Original postage given back.", **MONEY)
    estimated_total = models.DecimalField("estimated refund", **MONEY)
    voucher = models.DecimalField(
        help_text="Given besides, as an apology for what was wrong.", **MONEY
    )
    keeps_goods = models.BooleanField(default=False, help_text="Nothing has to be sent back.")
    post_days = models.PositiveSmallIntegerField(default=14)

    approved_at = models.DateTimeField(null=True, blank=True)
    post_by = models.DateTimeField(null=True, blank=True)
    posted_at = models.DateTimeField(
        null=True, blank=True, help_text="When the buyer told us that it is posted."
    )
    arrived_at = models.DateTimeField(
        null=True, blank=True, help_text="When it reached us, by what the carrier says."
    )
    received_at = models.DateTimeField(null=True, blank=True, help_text="When it was opened.")
    inspected_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    came_after_end = models.BooleanField(
        default=False, help_text="It came although the return had ended."
    )
    remind_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    question = models.TextField(blank=True, max_length=2000)
    answer = models.TextField(blank=True, max_length=2000)
    decline_reason = models.CharField(max_length=20, choices=DeclineReason, blank=True)
    decline_words = models.TextField(blank=True, max_length=2000)
    turning = models.ForeignKey(
        "returns.Shipment",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="recalls",
        help_text="The parcel to the buyer that comes back, or never came.",
    )
    withdrawal = models.ForeignKey(
        "returns.Withdrawal",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="returns",
        help_text="The declaration that it follows from.",
    )
    money_by = models.DateTimeField(
        null=True, blank=True, help_text="The last moment that the law gives us to pay."
    )
    stop_wanted_at = models.DateTimeField(
        null=True, blank=True, help_text="It is not to leave any more: a person stops it."
    )
    stopped_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True, help_text="It left all the same.")
    ahead_at = models.DateTimeField(
        null=True, blank=True, help_text="New goods were promised before the old ones are here."
    )
    ahead_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    trust = models.JSONField(
        default=dict, blank=True, help_text="Why new goods go at once, or not."
    )
    ahead_agreed_at = models.DateTimeField(
        null=True, blank=True, help_text="The buyer may be charged if the old goods do not come."
    )
    original_missing_at = models.DateTimeField(null=True, blank=True)
    variant_gone_at = models.DateTimeField(
        null=True, blank=True, help_text="What was chosen is sold out: the buyer chooses again."
    )
    turns_by = models.CharField("how it comes back", max_length=9, choices=TurnsBy, blank=True)
    appeal = models.TextField(blank=True, max_length=2000)
    appealed_at = models.DateTimeField(null=True, blank=True)
    appeal_answer = models.TextField(blank=True, max_length=2000)
    appeal_ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    shown_photos = models.ManyToManyField(
        "returns.Photo",
        blank=True,
        related_name="+",
        help_text="What we went by when we declined; the buyer sees them.",
    )

    class Meta:
        abstract = True

    # --- what can be derived ----------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.status in states.OPEN

    @property
    def holds_money(self) -> bool:
        return self.status not in states.FREED

    @property
    def promises_money(self) -> bool:
        """Its estimate is what we owe; once decided, its resolutions say what. A voucher is
        given besides, and takes nothing from what was paid."""
        return self.holds_money and self.status not in states.SETTLED and self.wish != Wish.VOUCHER

    @cached_property
    def given(self) -> Decimal:
        """What its resolutions give, sent or not, as far as the shop's own figure does not
        contain it. `with_given` reads it for many at once."""
        mine = self.resolutions.of_what_was_paid().filter(in_shop=False)
        return sum(mine.values_list("amount", flat=True), Decimal(0))

    @property
    def parcel_back(self) -> "Shipment | None":
        """The parcel that brings it to us, by the number that the buyer gave."""
        mine = (
            row
            for row in self.order.shipments.all()
            if row.is_return and row.authorization_id == self.pk
        )
        return next(mine, None)

    @property
    def is_recall(self) -> bool:
        """Of a parcel to the buyer that comes back: nobody posts anything."""
        return self.kind == Kind.RETURN_TO_SENDER

    @property
    def turning_shipment(self) -> "Shipment | None":
        """The parcel to the buyer that it is about, where it is one that turns."""
        if not self.turning_id or "turning" in self._state.fields_cache:  # read with it
            return self.turning
        mine = (row for row in self.order.shipments.all() if row.pk == self.turning_id)
        return next(mine, None)

    @property
    def has_turned(self) -> bool:
        """The parcel that was called back or refused is on its way to us, or here."""
        shipment = self.turning_shipment
        parcel = shipment.parcel if shipment else None
        return parcel is not None and parcel.milestone in TURNED

    @property
    def sent_goods(self) -> bool:
        """New goods are with the buyer, or on their way."""
        return any(row.kind in GOODS_KINDS and row.is_sent for row in self.resolutions.all())

    @property
    def awaits_arrival(self) -> bool:
        """It is on its way to us by what the buyer or the carrier says."""
        posted = self.posted_at is not None and self.status == Status.APPROVED
        return (posted or self.status == Status.IN_TRANSIT) and self.arrived_at is None

    @property
    def repays_postage(self) -> bool:
        """It was posted by the buyer, and was not given up: what that cost may be ours."""
        has_left = self.posted_at or self.received_at or self.status == Status.IN_TRANSIT
        comes = not (self.keeps_goods or self.kind == Kind.RETURN_TO_SENDER)
        return bool(has_left) and comes and self.status not in states.FREED

    @property
    def waits_for_buyer(self) -> bool:
        return self.status == Status.INFO_REQUESTED

    @property
    def may_be_cancelled(self) -> bool:
        """By the buyer. What we owe without a parcel is not taken back by a slip, and neither is
        a withdrawal, which was declared in two steps."""
        owed = self.keeps_goods and self.status == Status.APPROVED
        declared = self.withdrawal_id is not None
        if self.status not in states.CANCELLABLE_BY_BUYER or owed or declared:
            return False
        return not ((self.is_recall and self.has_turned) or (self.ahead_at and self.sent_goods))

    @property
    def waits_for_stop(self) -> bool:
        """It was withdrawn before it left, and nobody knows yet whether it stays here."""
        return self.stop_wanted_at is not None and self.stopped_at is None

    @property
    def may_be_appealed(self) -> bool:
        return self.status == Status.DECLINED and self.appealed_at is None

    # --- how verbs are done ---------------------------------------------------------------------

    @contextmanager
    def _moving(
        self, new: str, *, only: Set[str] | None = None, where: Q | None = None, **values: Any
    ) -> Iterator[None]:
        """`with self._moving(…):` the change of status to `new`, with what follows from it.

        Raises IllegalTransition when the table does not allow it, or when this verb starts
        from `only` some of the states that it allows. The rest is as in `_changing`.
        """
        if only and self.status not in only:
            raise IllegalTransition(self.status, new)
        states.check(self.status, new)
        asked = self.status == Status.INFO_REQUESTED
        with self._changing(where or Q(), status=new, **values):
            if asked:  # whatever came of it, nobody waits for the answer any more
                question = Promise.objects.open().filter(authorization=self._me)
                question.filter(kind=PromiseKind.QUESTION).let_go(values.get("ended_at"))
            yield

    @contextmanager
    def _changing(
        self, where: Q, *, again: datetime | None = None, **values: Any
    ) -> Iterator[None]:
        """One transaction: the order locked, `values` written, then the body.

        The first writer wins: when the return is no longer in the state in which it was
        read, or not `where`, IllegalTransition is raised. again: now, when it comes back to
        life and has to take its goods again. Whatever is raised, nothing has changed,
        neither in the database nor in this object.
        """
        old, before = self.status, {"order": self.order}
        try:
            with transaction.atomic():
                self.order = self.order.locked()
                mine = type(self)._default_manager.filter(where, pk=self.pk, status=old)
                if again and mine.exists():
                    values |= self._take_again(again)
                # An update without values would change nothing and find nothing.
                if not (mine.update(**values) if values else mine.exists()):
                    raise IllegalTransition(old, values.get("status", old))
                before |= {name: getattr(self, name) for name in values}
                for name, value in values.items():
                    setattr(self, name, value)
                yield
        except BaseException:
            for name, value in before.items():
                setattr(self, name, value)
            raise

    def _take_again(self, now: datetime) -> dict[str, Decimal]:
        """What a freed return takes as it comes back to life, at today's numbers.

        Called under the order's lock while it still holds nothing. Raises Refused when
        something else took its units meanwhile, or the order was cancelled; whether it is
        in time was judged when it was asked for. Returns the new amounts.
        """
        from returns.models.order import Wanted
        from returns.models.return_line import ReturnLine

        rows = {row.line_id: row for row in self.lines.all()}
        order = self.order.with_goods()
        chosen = ledger.check(
            order,
            [Wanted(row.line_id, row.requested, row.reason) for row in rows.values()],
            wish=self.wish,
            now=now,
            overruled=ledger.OVERRULED,
            kind=self.kind,
        )
        outlook = self._outlook_again(order, chosen, now)
        for line_id, row in rows.items():
            row.amount = outlook.goods[line_id]
        ReturnLine.objects.bulk_update(rows.values(), ["amount"])
        return {
            "value": outlook.value,
            "estimated_fee": outlook.fee,
            "estimated_postage": outlook.postage,
            "estimated_total": outlook.total,
        }

    def _outlook_again(self, order: "Order", chosen: list[Chosen], now: datetime) -> Outlook:
        match self.kind:
            case Kind.CLAIM:
                return order.outlook_of_claim(chosen, self.wish, now)
            case Kind.WITHDRAWAL:
                return order.outlook_of_withdrawal(chosen, keeps_goods=self.keeps_goods)
        return Outlook.of(order, chosen, self.wish)

    def _last_second(self, now: datetime, days: int) -> datetime:
        """The end of the day, where the buyer lives, `days` after today."""
        zone = self.order.where
        return end_of_day(now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), zone)

    @property
    def _me(self) -> "ReturnAuthorization":
        """For those who take the whole of it; there is no other kind."""
        return cast("ReturnAuthorization", self)

    def _tell(
        self, kind: str, by: Actor, now: datetime, letter: str | None = None, **data: Any
    ) -> None:
        """One line of history, and the letter that tells it."""
        of = {} if self.kind == Kind.RETURN else {"of": self.kind}
        event = Event.objects.note(
            self.order, kind, by=by, authorization=self._me, at=now, **of, **data
        )
        if letter:
            Notice.objects.write(
                self.order, letter, event=f"event-{event.pk}", authorization=self._me, **data
            )

    def _promise(self, kind: str, due_at: datetime | None, by: Actor, now: datetime) -> None:
        assert due_at is not None
        Promise.objects.make(self.order, kind, due_at, by=by, authorization=self._me, now=now)

    def _promise_answer(self, now: datetime) -> None:
        self._promise(PromiseKind.ANSWER, self.order.store.answer_by(now), RULE, now)

    def _promise_news(self, now: datetime) -> None:
        """While it travels: we write again, even if nothing has changed."""
        self._promise(PromiseKind.UPDATE, self.order.word_due(now), RULE, now)

    def promise_word(self, due_at: datetime, *, by: Actor, now: datetime) -> None:
        """Something is wrong with the parcel back: we write again by then, or sooner when
        that was said before. Under the order's lock."""
        if self.awaits_arrival:
            Promise.objects.sooner(
                self.order,
                PromiseKind.UPDATE,
                due_at,
                by=by,
                authorization=self._me,
                now=now,
            )

    def _keep(self, kind: str, now: datetime) -> None:
        Promise.objects.keep(self.order, kind, authorization=self._me, now=now)
