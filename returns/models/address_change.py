"""AddressChange: somebody wants an order, or one of its parcels, to go elsewhere.

Written under the order's lock in the transaction of the click. Whoever is the order's trusted
contact is told before anything else leaves (`told`); then the warehouse is asked (not shipped
yet) or the carrier (an Interception), and what becomes of that is mirrored here by a worker.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns.address_policy import AGAIN, Payer, Stage, Why
from returns.address_states import (
    AIMS,
    ENDED,
    EVENT_OF,
    FAILURES,
    IN_FORCE,
    IN_ORDER,
    OPEN,
    RECALL,
    RECALLS,
    STATUS_OF,
    STATUSES_THAT_END,
    TOLD,
    ChangeStatus,
    Verified,
    WhyNot,
)
from returns.address_states import ChangeStatus as C
from returns.models.event import CARRIER, CLOCK, RULE, SHOP, Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.postal.address import PostalAddress
from returns.rounds import in_time
from tracking.gateways import NOWHERE, Aim, Failure
from tracking.milestones import FINAL, Milestone
from tracking.models import AlreadyTurning
from tracking.work import WorkState, place_of

if TYPE_CHECKING:
    from returns.models.order import Order
    from tracking.models import Interception

logger = logging.getLogger(__name__)
# Rows that one round takes; the next comes soon.
AT_ONCE = 200


class AddressChangeQuerySet(models.QuerySet["AddressChange"]):
    def open(self) -> "AddressChangeQuerySet":
        return self.filter(status__in=OPEN)

    def unanswered(self) -> "AddressChangeQuerySet":
        """Whose buyer still waits for a yes or no. What is sent again when it is back waits
        for its parcel, of which we write as of any other."""
        return self.filter(status__in=OPEN - {C.ACCEPTED}).exclude(aim=AGAIN)

    def to_decide(self) -> "AddressChangeQuerySet":
        """A person looks first."""
        waits = self.filter(status=C.WAITING)
        return waits.filter(~Q(aim=AGAIN) | Q(why_desk=Why.NOT_TOLD))

    def to_send_again(self) -> "AddressChangeQuerySet":
        """The parcel is back, and its buyer waits for it to be sent once more."""
        back = Q(shipment__parcel__milestone=Milestone.RETURNED)
        return self.filter(back, status=C.WAITING, aim=AGAIN)

    def untold_shop(self) -> "AddressChangeQuerySet":
        """No interface: a person tells the warehouse, also what was taken back."""
        return self.filter(must_act=True)

    def of_unshipped(self) -> "AddressChangeQuerySet":
        """Those about what was not shipped, and about what is shipped once more."""
        return self.filter(Q(was_shipped=False) | Q(aim=AGAIN, status=C.SUCCEEDED))

    def to_charge(self) -> "AddressChangeQuerySet":
        return self.filter(fee_owed_at__isnull=False, fee_charged_at=None)

    def to_start(self) -> "AddressChangeQuerySet":
        """The contact was told, or cannot be; nobody was asked so far."""
        settled = [WorkState.DONE, WorkState.DEAD, WorkState.DROPPED]
        told = Q(told__state__in=settled) | Q(told=None)
        return self.filter(told, status=C.REQUESTED, started_at=None)

    def overtaken(self) -> "AddressChangeQuerySet":
        """Waits, and its parcel has come to the end of its road: delivered, or (where it was
        not to be sent again then) back."""
        there = Q(shipment__parcel__milestone=Milestone.DELIVERED)
        back = Q(shipment__parcel__milestone=Milestone.RETURNED) & ~Q(aim=AGAIN)
        return self.filter(there | back, status=C.WAITING)

    def untold(self) -> "AddressChangeQuerySet":
        """To be sent again when it is back, and its contact could not be told."""
        lost = [WorkState.DEAD, WorkState.DROPPED]
        return self.filter(status=C.WAITING, aim=AGAIN, why_desk="", told__state__in=lost)

    def behind(self) -> "AddressChangeQuerySet":
        """The request to the carrier has ended, and nobody took that up."""
        return self.filter(status__in=OPEN, interception__status__in=STATUSES_THAT_END)

    def stirred(self) -> "AddressChangeQuerySet":
        return self.exclude(stirred_at=None)

    def end_with(self, order: "Order", now: datetime) -> None:
        """The order was cancelled: nothing of it is sent elsewhere. What is on its way back to
        us goes on; a carrier that was asked already is asked to forget it."""
        mine = self.open().filter(order=order).exclude(aim__in=RECALLS)
        for change in mine.select_related("order"):
            if change.interception_id is None:
                change.fail(WhyNot.CANCELLED, by=SHOP, now=now)
            else:
                change.withdraw(by=SHOP, now=now)

    def follow(self, now: datetime | None = None) -> None:
        """Takes up what is to be started and what has moved, each in a transaction of its
        own; one that fails does not hold up the rest."""
        now = now or timezone.now()
        due = self.filter(stirred_at__isnull=False)
        for found in (self.to_start(), self.overtaken(), self.untold(), self.behind()):
            due |= self.filter(pk__in=found.order_by().values("pk"))
        for change in in_time(due.select_related("order").order_by("pk")[:AT_ONCE]):
            try:
                change.take_up(now)
            except Exception as error:
                # Its own words may hold an address.
                logger.error("address change %s: %s", change.pk, place_of(error))


class AddressChange(models.Model):
    """shipment: None while nothing was shipped. before, after: PostalAddress as JSON. terms:
    what the page said of it (days, chance, by_phone). told: the letter to the trusted contact,
    None when there is nobody to tell. must_act: a person has to tell the warehouse."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="address_changes")
    shipment = models.ForeignKey(
        "returns.Shipment",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="address_changes",
    )
    was_shipped = models.BooleanField(default=False, editable=False)
    interception = models.OneToOneField(
        "tracking.Interception",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    form_key = models.CharField(max_length=64)
    aim = models.CharField("what", max_length=12, choices=AIMS)
    status = models.CharField(max_length=12, choices=ChangeStatus)
    why_desk = models.CharField(
        max_length=10, choices=[(w.value, w.name.capitalize()) for w in Why], blank=True
    )
    failure = models.CharField(max_length=12, choices=FAILURES, blank=True)
    words = models.CharField(
        max_length=500, blank=True, help_text="Why we declined; the buyer reads it."
    )
    reason = models.CharField(max_length=20, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    on = models.DateField("day of delivery", null=True, blank=True)
    stage = models.CharField(max_length=12, choices=[(s.value, s.name.capitalize()) for s in Stage])
    terms = models.JSONField(default=dict)

    payer = models.CharField(max_length=5, choices=[(p.value, p.name.capitalize()) for p in Payer])
    fee = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    currency = models.CharField(max_length=3, blank=True)
    agreed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the buyer agreed to the fee."
    )
    fee_owed_at = models.DateTimeField(null=True, blank=True)
    fee_charged_at = models.DateTimeField(null=True, blank=True)

    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.CharField(max_length=8)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verified_how = models.CharField(max_length=12, choices=Verified, blank=True)
    verified_note = models.CharField(max_length=300, blank=True)
    told = models.ForeignKey(
        "returns.Notice", models.RESTRICT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    withdraw_wanted_at = models.DateTimeField(null=True, blank=True)
    must_act = models.BooleanField("a person tells the warehouse", default=False)
    stirred_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "form_key"], name="address_change_once_per_form"
            ),
            models.UniqueConstraint(
                fields=["shipment"],
                name="address_change_open_once_per_parcel",
                condition=Q(status__in=[str(status) for status in sorted(OPEN)]),
            ),
            models.UniqueConstraint(
                fields=["order"],
                name="address_change_open_once_unshipped",
                condition=Q(status__in=[str(status) for status in sorted(OPEN)], was_shipped=False),
            ),
            models.CheckConstraint(condition=Q(fee__gte=0), name="address_change_fee_not_negative"),
            models.CheckConstraint(
                condition=Q(fee=0) | Q(agreed_at__isnull=False),
                name="address_change_fee_is_agreed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"],
                name="address_change_open",
                condition=Q(status__in=[str(status) for status in sorted(OPEN)]),
            ),
            models.Index(
                fields=["stirred_at"],
                name="address_change_stirred",
                condition=Q(stirred_at__isnull=False),
            ),
            models.Index(
                fields=["requested_at"],
                name="address_change_to_act",
                condition=Q(must_act=True),
            ),
        ]
        permissions = [("decide_address", "Can change addresses and decide about changes")]

    def __str__(self) -> str:
        return f"{self.get_aim_display()}: {self.order}, {self.get_status_display()}"

    # --- what is known about it -----------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_recall(self) -> bool:
        """Asked for by a buyer who does not want the parcel: a return of it says what follows."""
        return self.aim == Aim.RETURN and self.form_key.startswith(RECALL)

    @property
    def was_before(self) -> PostalAddress:
        return PostalAddress.from_json(self.before)

    @property
    def wanted(self) -> PostalAddress:
        return PostalAddress.from_json(self.after)

    @property
    def still_counts(self) -> bool:
        """Nobody has stopped it, and it has not failed."""
        return self.status in IN_FORCE

    @property
    def is_in_force(self) -> bool:
        """The order's own address is the one that it wants."""
        return not self.was_shipped and self.status in IN_FORCE

    @property
    def waits_for_parcel(self) -> bool:
        return self.aim == AGAIN and self.status == C.WAITING

    @property
    def is_past_stopping(self) -> bool:
        """The carrier or the warehouse has said yes, and it has not arrived: only a person can
        still do something."""
        said_yes = self.status in (C.ACCEPTED, C.SUCCEEDED) and not self.can_be_withdrawn
        return said_yes and not self.is_at_its_end

    @property
    def could_not_be_told(self) -> bool:
        return self.told is not None and self.told.state in (WorkState.DEAD, WorkState.DROPPED)

    @property
    def may_be_sent_again(self) -> bool:
        """Its contact was told, or a person has decided without."""
        return not self.why_desk and (self.told is None or self.told.state == WorkState.DONE)

    @property
    def was_delivered(self) -> bool:
        parcel = self.shipment.parcel if self.shipment else None
        return parcel is not None and parcel.milestone == Milestone.DELIVERED

    @property
    def is_at_its_end(self) -> bool:
        """Its parcel goes nowhere any more; one that is to be sent again waits for that."""
        parcel = self.shipment.parcel if self.shipment else None
        if parcel is None or parcel.milestone not in FINAL:
            return False
        return self.aim != AGAIN or parcel.milestone == Milestone.DELIVERED

    @property
    def can_be_withdrawn(self) -> bool:
        """Until the carrier has said yes, or the warehouse has it."""
        return self.status in (C.WAITING, C.REQUESTED, C.SENT) and not self.withdraw_wanted_at

    # --- verbs ----------------------------------------------------------------------------

    def approve(self, *, by: Actor, now: datetime | None = None) -> bool:
        """A person looked, and it goes its way. Whether it was still to be decided."""
        now = now or timezone.now()
        with transaction.atomic():
            change = self._locked()
            if change.status != C.WAITING or (change.aim == AGAIN and not change.why_desk):
                return False
            if change._ends_with_order(now):
                return False
            change.decided_at, change.decided_by = now, by.user
            if change.why_desk == Why.NOT_TOLD:
                change.told = None
            if change.aim == AGAIN:
                change.why_desk = ""
                change.save(update_fields=["decided_at", "decided_by", "told", "why_desk"])
                return True
            if change.payer == Payer.BUYER and not change.fee:
                # Nobody knows what the carrier charges, and the buyer agreed to nothing.
                change.payer = Payer.STORE
            if not change.was_shipped:
                if not any(line.to_ship for line in change.order.with_goods().lines.all()):
                    change.failure = WhyNot.SHIPPED
                    change._move(C.FAILED, by, now)
                    return False
                change.order.set_address(change.wanted)
            change._move(C.REQUESTED, by, now)
            change._promise_answer(now)
            change.ring()
        self.refresh_from_db()
        return True

    def decline(self, words: str, *, by: Actor, now: datetime | None = None) -> bool:
        """A person says no, and why. Whether it was still to be decided."""
        now = now or timezone.now()
        with transaction.atomic():
            change = self._locked()
            if change.status != C.WAITING:
                return False
            change.decided_at, change.decided_by, change.words = now, by.user, words[:500]
            change._move(C.DECLINED, by, now)
        self.refresh_from_db()
        return True

    def withdraw(self, *, by: Actor, now: datetime | None = None) -> bool:
        """It is not wanted any more. Whether that ended it: what was asked already is asked to
        be forgotten, and its answer decides."""
        now = now or timezone.now()
        with transaction.atomic():
            change = self._locked()
            if not change.can_be_withdrawn:
                return False
            change.withdraw_wanted_at = now
            if change.interception is not None:
                # Settled by what the carrier says of it; `take_up` mirrors that. The request is
                # locked before our row, as by the worker that tells us of it.
                change.interception.withdraw(now)
                change.save(update_fields=["withdraw_wanted_at"])
                change.ring()
            else:
                change._move(C.WITHDRAWN, by, now)
        self.refresh_from_db()
        return self.status == C.WITHDRAWN

    def note_in_shop(
        self, *, by: Actor = SHOP, at: datetime | None = None, now: datetime | None = None
    ) -> bool:
        """The shop has the address that it was to have: it said so, or a person did it there.
        After the end of the change that is the one that counts then. at: since when, where
        that is known: what left before goes to the old address."""
        now = now or timezone.now()
        with transaction.atomic():
            change = self._locked()
            if by.is_staff and change.is_open and change.started_at is None:
                return False  # its contact has not been told
            was_awaited, change.must_act = change.must_act, False
            if change.is_in_force and change.is_open:
                at = max(change.requested_at, min(at or now, now))
                change._move(C.SUCCEEDED, by, now, at=at)
                was_awaited = True
            elif was_awaited:
                change.save(update_fields=["must_act"])
        self.refresh_from_db()
        return was_awaited

    def note_asked_shop(self, now: datetime | None = None) -> bool:
        """The shop's interface took it; the warehouse has yet to confirm."""
        now = now or timezone.now()
        with transaction.atomic():
            change = self._locked()
            if change.was_shipped or change.status != C.REQUESTED:
                return False
            change.must_act = False
            change._move(C.SENT, RULE, now)
        self.refresh_from_db()
        return True

    def leave_to_desk(self, now: datetime | None = None) -> None:
        """The shop cannot be told by itself: a person tells the warehouse."""
        self.must_act = True
        AddressChange.objects.filter(pk=self.pk).update(must_act=True)

    def fail(
        self, failure: str, *, by: Actor, words: str = "", now: datetime | None = None
    ) -> bool:
        """It did not work; an address that was written on the order already is set back. Of
        what was not shipped that may turn out when the shop had said yes already."""
        now = now or timezone.now()
        with transaction.atomic():
            change = self._locked()
            if not (change.is_open or change.is_in_force):
                return False
            change.failure, change.words = failure, words[:500]
            change._move(C.FAILED, by, now)
        self.refresh_from_db()
        return True

    def prepare_again(self, *, by: Actor, now: datetime | None = None) -> bool:
        """The parcel is back: its goods are booked, and sent once more, to where its buyer wants
        them; the shop is told the address. Whether it was still to be done."""
        from returns.models.authorization import ReturnAuthorization

        now = now or timezone.now()
        with transaction.atomic():
            change = self._locked()
            parcel = change.shipment.parcel if change.shipment else None
            is_back = parcel is not None and parcel.milestone == Milestone.RETURNED
            if not change.waits_for_parcel or not is_back or not change.may_be_sent_again:
                return False
            if change._ends_with_order(now):
                return False
            assert change.shipment
            returns = ReturnAuthorization.objects
            if not returns.of_parcel_that_came_back(change.order, change.shipment, by=by, now=now):
                change.failure = WhyNot.GOODS_GONE
                change._move(C.FAILED, by, now)
                return False
            change.decided_at, change.decided_by = now, by.user
            change.order.set_address(change.wanted)
            change._move(C.SUCCEEDED, by, now)
            change._ask_shop(now)
        self.refresh_from_db()
        return True

    def note_charged(self, *, by: Actor, now: datetime | None = None) -> None:
        """The shop has taken the fee."""
        now = now or timezone.now()
        with transaction.atomic():
            change = self._locked()
            if change.fee_owed_at and change.fee_charged_at is None:
                change.fee_charged_at = now
                change.save(update_fields=["fee_charged_at"])
                Event.objects.note(
                    change.order, EventKind.ADDRESS_FEE_CHARGED, by=by, at=now, change=change.pk
                )
        self.refresh_from_db()

    def take_up(self, now: datetime | None = None) -> None:
        """Does what comes next, under the order's lock: starts it once the contact was told,
        and mirrors what became of the request to the carrier."""
        now = now or timezone.now()
        with transaction.atomic():
            self.order.locked()
            # Before anything is read: what moves after this stirs it once more.
            AddressChange.objects.filter(pk=self.pk).update(stirred_at=None)
            change = self._locked()
            if change.status == C.REQUESTED and change.started_at is None:
                change._start(now)
            elif change.interception is not None:
                change._mirror(change.interception, now)
            elif change.was_shipped and change.started_at and change.is_open:
                # The number was corrected, and what was asked about it fell away with it.
                change.failure = Failure.NO_ANSWER
                change._move(C.FAILED, RULE, now)
            elif change.status == C.WAITING and change.is_at_its_end:
                gone = Failure.DELIVERED if change.was_delivered else Failure.WENT_BACK
                change.failure = gone
                change._move(C.FAILED, CARRIER, now)
            elif change.waits_for_parcel and change.could_not_be_told and not change.why_desk:
                change.why_desk = Why.NOT_TOLD
                change.save(update_fields=["why_desk"])

    # --- step by step ---------------------------------------------------------------------

    def _locked(self) -> "AddressChange":
        order = self.order.locked()
        change = AddressChange.objects.select_related(
            "shipment__parcel", "interception__parcel", "told"
        ).get(pk=self.pk)
        change.order = order
        return change

    def _ends_with_order(self, now: datetime) -> bool:
        """Of an order that was cancelled nothing is sent anywhere; it may be called back."""
        if not self.order.is_cancelled or self.aim in RECALLS:
            return False
        self.failure = WhyNot.CANCELLED
        self._move(C.FAILED, SHOP, now)
        return True

    def _start(self, now: datetime) -> None:
        """Nothing leaves before the contact on the order was told."""
        if self._ends_with_order(now):
            return
        told = self.told
        if told is not None and told.state in (WorkState.DUE, WorkState.CLAIMED):
            return
        if told is not None and told.state != WorkState.DONE:
            self.why_desk = Why.NOT_TOLD
            self._move(C.WAITING, CLOCK, now)
            return
        self.started_at = now
        if not self.was_shipped:
            self.save(update_fields=["started_at"])
            self._ask_shop(now)
            return
        self._ask_carrier(now)

    def _ask_carrier(self, now: datetime) -> None:
        parcel = self.shipment.parcel if self.shipment else None
        if parcel is None or parcel.pk != self.terms.get("parcel", parcel.pk):
            # The number was corrected: what was agreed to was about another parcel.
            self.failure = Failure.NO_ANSWER
            self._move(C.FAILED, RULE, now)
            return
        try:
            self.interception = parcel.intercept(
                self.aim,
                before=self.was_before.gateway_address(),
                after=self.wanted.gateway_address() if self.after else NOWHERE,
                on=self.on,
                reason=self.reason or "other",
                order_number=self.order.number,
                while_at=frozenset(self.terms.get("while_at", ())),
                requested_at=self.requested_at,
                now=now,
            )
        except AlreadyTurning:
            # Another order shares this parcel, or the desk has asked by itself.
            self.failure = Failure.ONCE_ONLY
            self._move(C.FAILED, RULE, now)
            return
        self.save(update_fields=["started_at", "interception"])

    def _ask_shop(self, now: datetime) -> None:
        from returns.models.shop_update import ShopUpdate

        ShopUpdate.objects.ask(self, self.wanted, now)

    def _set_back(self, now: datetime) -> None:
        """The order goes where it went before, in the shop as well; where the shop has set
        it otherwise, that counts."""
        from returns.models.shop_update import ShopUpdate

        if self.failure == WhyNot.SHOP_CHANGED:
            ShopUpdate.objects.forget(self.order, now)
            return
        self.order.set_address(self.was_before)
        ShopUpdate.objects.take_back(self, now)

    def _mirror(self, interception: "Interception", now: datetime) -> None:
        new = STATUS_OF[interception.status]
        if new == self.status or (self.status in ENDED and new not in ENDED):
            if not self._opens_again(interception):
                return
        elif new in OPEN and IN_ORDER.index(C(new)) < IN_ORDER.index(C(self.status)):
            return
        if new == C.FAILED:
            self.failure = interception.failure
        at = interception.ended_at if new in ENDED else None
        self._move(new, CARRIER, now, at=at)

    def _opens_again(self, interception: "Interception") -> bool:
        """We had given it up by ourselves, and the carrier does it after all."""
        gave_up = self.status == C.FAILED and interception.is_open
        others = AddressChange.objects.open().filter(shipment=self.shipment).exclude(pk=self.pk)
        if not gave_up or others.exists():
            return False
        self.failure, self.ended_at = "", None
        return True

    def _move(self, new: str, by: Actor, now: datetime, *, at: datetime | None = None) -> None:
        """The new state with all that follows from it: its hour, the line of history, the
        letter, and the fee that is owed from now on."""
        from returns import address_news

        goes_back = self.is_in_force and new not in IN_FORCE
        was_withdrawn = self.status == C.WITHDRAWN
        self.status = new
        if new == C.SENT:
            self.sent_at = now
        elif new == C.ACCEPTED:
            self.sent_at, self.accepted_at = self.sent_at or now, now
        elif new in ENDED:
            self.ended_at, self.must_act = at or now, False
        if was_withdrawn:
            pass  # the page said that stopping it costs nothing
        elif new == C.SUCCEEDED and self.fee and self.payer == Payer.BUYER:
            self.fee_owed_at = now
        elif self.fee_charged_at is None:  # it had looked as if it worked
            self.fee_owed_at = None
        if goes_back:
            self._set_back(now)
        self.save(update_fields=OWN_FIELDS)
        if kind := EVENT_OF.get(new):
            Event.objects.note(
                self.order, kind, by=by, at=now, change=self.pk, aim=self.aim, why=self.failure
            )
        if new in TOLD:
            address_news.tell(self, now)

    def _promise_answer(self, now: datetime) -> None:
        Promise.objects.sooner(
            self.order, PromiseKind.ADDRESS, self.order.word_due(now, 1), by=RULE, now=now
        )

    def tell_contacts(self, recipients: Mapping[str, bool], now: datetime) -> None:
        """Writes to everybody whose order this is, before anything else leaves. recipients:
        address → whether this is the trusted one, whose letter we wait for."""
        for recipient, is_trusted in recipients.items():
            notice = Notice.objects.write(
                self.order,
                NoticeKind.ADDRESS_ASKED,
                event=f"address-{self.pk}-asked",
                recipient=recipient,
                now=now,
                change=self.pk,
            )
            if is_trusted:
                self.told = notice
        self.save(update_fields=["told"])

    def ring(self) -> None:
        from returns import tasks

        transaction.on_commit(tasks.ring, robust=True)


# All but what a signal may write at this very moment.
OWN_FIELDS = [
    field.name
    for field in AddressChange._meta.local_concrete_fields
    if field.name not in ("id", "stirred_at")
]
