"""Interception: one request to a carrier about a parcel on its way, and what became of it.

A leased row that stays due until the parcel's road is over: first the request is made, once;
then it is asked what became of it, and the scans are looked at. Before the call the row says
that it is being made (`asked_at`): whoever finds it so afterwards, because a worker was killed
or the answer never came, does not ask again but finds out. One open request per parcel.
"""

import logging
import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from tracking import gateways
from tracking.gateways import (
    NEVER_ARRIVED,
    NOWHERE,
    Address,
    Aim,
    Answer,
    Error,
    Failure,
    NoAccess,
    Outcome,
    Task,
)
from tracking.interceptions import ENDED, OPEN, PROVEN_FROM, SOURCES, proof
from tracking.interceptions import InterceptionStatus as Status
from tracking.milestones import FINAL, Milestone
from tracking.models.gateway_account import GatewayAccount
from tracking.signals import interception_changed
from tracking.work import LeasedQuerySet, LeasedRow, lease_indexes, place_of

logger = logging.getLogger(__name__)

# What never reached the gateway is tried for so long; then a person calls the carrier.
TRY_FOR = timedelta(minutes=15)
# How soon it is looked at again, by how long ago it was asked for.
LOOKS = ((timedelta(hours=2), timedelta(minutes=5)), (timedelta(days=2), timedelta(minutes=30)))
SELDOM = timedelta(hours=3)
# A request about which nothing was heard for so long has been forgotten by everybody.
GIVEN_UP_AFTER = timedelta(days=45)
# Outcomes of a gateway → our state.
STATUS_OF: dict[str, str] = {
    Outcome.SENT: Status.SENT,
    Outcome.ACCEPTED: Status.ACCEPTED,
    Outcome.SUCCEEDED: Status.SUCCEEDED,
    Outcome.FAILED: Status.FAILED,
    Outcome.WITHDRAWN: Status.WITHDRAWN,
}
WHEN_OF: dict[str, str] = {
    Status.SENT: "sent_at",
    Status.ACCEPTED: "accepted_at",
    **dict.fromkeys(ENDED, "ended_at"),
}


class AlreadyTurning(Exception):
    """The parcel has an open request already."""


class InterceptionQuerySet(LeasedQuerySet["Interception"]):
    def open(self) -> "InterceptionQuerySet":
        return self.filter(status__in=OPEN)

    def to_call(self) -> "InterceptionQuerySet":
        """The desk's task: a person has to call the carrier, to ask or to find out."""
        return self.open().filter(
            Q(status=Status.UNSUPPORTED) | Q(is_uncertain=True) | Q(must_call=True)
        )

    def stir(self, now: datetime | None = None) -> int:
        """These are looked at again at once, unless they are in somebody's hands."""
        return self.filter(state="due").update(due_at=now or timezone.now())

    def of_moved(self, parcels: "list[Any]") -> "InterceptionQuerySet":
        return self.filter(parcel__in=parcels, watched_until__isnull=False)

    def work(self, limit: int = 20) -> int:
        """Proceeds with up to so many that are due, one at a time; returns how many."""
        done = 0
        while done < limit and (claimed := self.claim(1)):
            claimed[0].proceed()
            done += 1
        return done


class Interception(LeasedRow):
    """parcel_milestone: where the parcel was when it was asked for. cost: what the gateway
    charges us. asked_at: when the call was begun. sent_at: when the carrier (or its gateway)
    had it. watched_until: until the scans can still prove something."""

    IS_PROMPT = False  # it waits for carriers

    parcel = models.ForeignKey("tracking.Parcel", models.CASCADE, related_name="interceptions")
    gateway = models.ForeignKey(
        GatewayAccount,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="interceptions",
        help_text="Empty: a person calls.",
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    aim = models.CharField(max_length=12, choices=[(a.value, a.name.capitalize()) for a in Aim])
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    on = models.DateField("day of delivery", null=True, blank=True)
    reason = models.CharField(max_length=20, default="other")
    order_number = models.CharField(max_length=120, blank=True)

    status = models.CharField(max_length=12, choices=Status, default=Status.REQUESTED)
    failure = models.CharField(
        max_length=12, choices=[(f.value, f.name) for f in Failure], blank=True
    )
    words = models.CharField(max_length=500, blank=True, help_text="The gateway’s own, or ours.")
    reference = models.CharField("name at the gateway", max_length=120, blank=True)
    is_uncertain = models.BooleanField(
        "answer lost", default=False, help_text="Asked, and nobody knows whether it arrived."
    )
    must_call = models.BooleanField(
        "to be called", default=False, help_text="A person has to call about it."
    )
    is_proven = models.BooleanField("shown by the scans", default=False)
    parcel_milestone = models.CharField(max_length=20, choices=Milestone, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    requested_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    withdraw_wanted_at = models.DateTimeField(null=True, blank=True)
    withdraw_asked_at = models.DateTimeField(null=True, blank=True)
    watched_until = models.DateTimeField(null=True, blank=True)

    objects = InterceptionQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parcel"],
                name="interception_open_once",
                condition=Q(status__in=[str(status) for status in sorted(OPEN)]),
            )
        ]
        indexes = [
            models.Index(fields=["reference"], name="interception_reference"),
            models.Index(
                fields=["requested_at"],
                name="interception_to_call",
                condition=Q(must_call=True) | Q(is_uncertain=True) | Q(status="unsupported"),
            ),
            *lease_indexes("interception"),
        ]

    def __str__(self) -> str:
        return f"{self.get_aim_display()} of {self.parcel_id}: {self.get_status_display()}"

    # --- what is known about it -----------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_by_phone(self) -> bool:
        return self.gateway_id is None

    @property
    def task(self) -> Task:
        assert self.gateway
        return Task(
            key=self.key.hex,
            number=self.parcel.number,
            carrier=self.parcel.carrier,
            aim=self.aim,
            before=Address.from_json(self.before),
            after=Address.from_json(self.after),
            on=self.on,
            reason=self.reason,
            requester=self.gateway.requester,
            reference=self.reference,
            order=self.order_number,
        )

    # --- verbs ----------------------------------------------------------------------------

    def proceed(self, now: datetime | None = None) -> None:
        """Does what comes next with this claimed row, and settles it."""
        now = now or timezone.now()
        try:
            self._look_at_scans(now)
            if self.status == Status.REQUESTED:
                self._ask(now)
            elif self.is_open and not self.is_by_phone:
                self._find_out(now)
        except Exception as error:
            # A flaw of ours; its own words may hold an address.
            logger.error("interception %s: %s", self.pk, place_of(error))
            self.retry(place_of(error))
            return
        self._rest(now)

    def withdraw(self, now: datetime | None = None) -> bool:
        """It is not wanted any more. Whether that ended it at once, because nobody was asked
        yet; else the gateway is asked to forget it, or a person calls."""
        now = now or timezone.now()
        with transaction.atomic():
            mine = Interception.objects.filter(pk=self.pk)
            unasked = mine.filter(status__in=[Status.REQUESTED, Status.UNSUPPORTED], asked_at=None)
            if unasked.update(
                status=Status.WITHDRAWN, ended_at=now, withdraw_wanted_at=now, due_at=now
            ):
                self._tell()
                return True
            can = self.gateway is not None and self.gateway.adapter.CAN_WITHDRAW
            mine.open().filter(withdraw_wanted_at=None).update(
                withdraw_wanted_at=now, must_call=F("must_call") if can else True
            )
            mine.stir(now)
            self._tell()
        return False

    def take(
        self, answer: Answer, now: datetime | None = None, *, proven_at: datetime | None = None
    ) -> bool:
        """What somebody told of it, or (proven_at) what the scans show. Told twice, late or out
        of turn, it moves once and never back. Whether it moved."""
        now = now or timezone.now()
        new = STATUS_OF.get(answer.outcome, "")
        values: dict[str, Any] = {}
        if answer.reference:
            values["reference"] = answer.reference[:120]
        if answer.words:
            values["words"] = answer.words[:500]
        if answer.cost is not None:
            values |= {"cost": answer.cost, "currency": answer.currency}
        mine = Interception.objects.filter(pk=self.pk)
        with transaction.atomic():
            moved = 0
            if new:
                at = proven_at or now
                move: dict[str, Any] = {
                    "status": new,
                    WHEN_OF[new]: at,
                    "failure": answer.failure if new == Status.FAILED else "",
                    "is_uncertain": False,
                    "is_proven": proven_at is not None,
                    **values,
                }
                if new in ENDED:
                    move["must_call"] = False
                if new != Status.SENT:
                    # What the carrier answers, it has.
                    mine.filter(sent_at=None).update(sent_at=at)
                proven = proven_at is not None and new == Status.SUCCEEDED
                sources = PROVEN_FROM if proven else SOURCES[new]
                moved = mine.filter(status__in=sources).update(**move)
            if moved:
                self.refresh_from_db()
                self._tell()
            elif values:
                mine.update(**values)
                self.refresh_from_db()
        return bool(moved)

    def hand_to_desk(self, why: str, now: datetime | None = None) -> None:
        """A person has to call: the gateway cannot be reached, or does not say."""
        mine = Interception.objects.filter(pk=self.pk)
        with transaction.atomic():
            unasked = mine.filter(status=Status.REQUESTED, asked_at=None)
            if not unasked.update(status=Status.UNSUPPORTED, words=why[:500]):
                mine.open().update(must_call=True, words=why[:500])
            self.refresh_from_db()
            self._tell()

    def note_call(
        self, outcome: str, words: str, *, failure: str = "", now: datetime | None = None
    ) -> bool:
        """A person called the carrier: outcome is one of Outcome (SENT: asked, the answer
        comes later). Whether it moved."""
        now = now or timezone.now()
        Interception.objects.filter(pk=self.pk, asked_at=None).update(asked_at=now)
        Interception.objects.filter(pk=self.pk).update(must_call=False, is_uncertain=False)
        if outcome == Outcome.NOTHING:
            # The carrier has never heard of it: it may be asked by a new request.
            return self.take(Answer(Outcome.FAILED, failure=Failure.NO_ANSWER, words=words), now)
        return self.take(Answer(Outcome(outcome), failure=failure, words=words), now)

    # --- step by step ---------------------------------------------------------------------

    def _ask(self, now: datetime) -> None:
        gateway = self.gateway
        if gateway is None or not gateway.is_active:
            self.hand_to_desk("No interface: the carrier has to be called.", now)
            return
        if self.asked_at is not None:
            # A worker was lost in the call, or its answer: asking again could be a second one.
            self._note_lost("The worker that asked was lost.", now)
            return
        self.parcel.refresh_from_db(fields=["milestone"])
        if self.parcel.milestone in FINAL:
            self.take(Answer(Outcome.FAILED, failure=Failure.DELIVERED), now)
            return
        mine = Interception.objects.filter(
            pk=self.pk, status=Status.REQUESTED, asked_at=None, lease_owner=self.lease_owner
        )
        if not mine.update(asked_at=now):
            self.refresh_from_db()
            return
        self.asked_at = now
        try:
            answer = gateway.adapter.request(self.task, gateway.access)
        except NEVER_ARRIVED as error:
            Interception.objects.filter(pk=self.pk).update(asked_at=None, last_error=str(error))
            self.asked_at = None
            if isinstance(error, NoAccess) or now - self.requested_at > TRY_FOR:
                self.hand_to_desk(str(error), now)
        except Error as error:
            self._note_lost(str(error), now)
        else:
            self.take(answer, now)

    def _note_lost(self, why: str, now: datetime) -> None:
        """It may have arrived: it counts as asked, and somebody finds out."""
        mine = Interception.objects.filter(pk=self.pk)
        with transaction.atomic():
            mine.filter(status=Status.REQUESTED).update(
                status=Status.SENT, sent_at=now, is_uncertain=True, words=why[:500]
            )
            self.refresh_from_db()
            self._tell()
        if self.gateway and self.gateway.adapter.CAN_CHECK:
            self._find_out(now)

    def _find_out(self, now: datetime) -> None:
        """Asks the gateway what became of it, and to forget it where that is wanted."""
        gateway = self.gateway
        if gateway is None:
            return
        try:
            if self.withdraw_wanted_at and not self.withdraw_asked_at:
                self._ask_to_forget(gateway, now)
            elif gateway.adapter.CAN_CHECK:
                self._check(gateway, now)
        except Error as error:
            Interception.objects.filter(pk=self.pk).update(last_error=str(error)[:2000])

    def _check(self, gateway: GatewayAccount, now: datetime) -> None:
        answer = gateway.adapter.check(self.task, gateway.access)
        if answer.outcome == Outcome.NOTHING and self.is_uncertain:
            # It never arrived; nobody was charged. It may be asked once more.
            Interception.objects.filter(pk=self.pk, status=Status.SENT).update(
                status=Status.REQUESTED, asked_at=None, sent_at=None, is_uncertain=False
            )
            self.refresh_from_db()
            self._ask(now)
        elif answer.outcome != Outcome.NOTHING:
            self.take(answer, now)

    def _ask_to_forget(self, gateway: GatewayAccount, now: datetime) -> None:
        if not gateway.adapter.CAN_WITHDRAW:
            return
        mine = Interception.objects.filter(pk=self.pk, withdraw_asked_at=None)
        if mine.update(withdraw_asked_at=now):
            try:
                self.take(gateway.adapter.withdraw(self.task, gateway.access), now)
            except NEVER_ARRIVED:
                Interception.objects.filter(pk=self.pk).update(withdraw_asked_at=None)
                raise

    def _look_at_scans(self, now: datetime) -> None:
        found = proof(
            self.aim,
            self.status,
            Address.from_json(self.before),
            Address.from_json(self.after),
            self.on,
            self.requested_at,
            self.parcel.scans.all(),
        )
        if found is None:
            return
        outcome = {status: outcome for outcome, status in STATUS_OF.items()}[found.status]
        self.take(Answer(Outcome(outcome), failure=found.failure), now, proven_at=found.at)

    def _rest(self, now: datetime) -> None:
        """Due again later, as long as anything can still become of it."""
        self.refresh_from_db(fields=["status", "is_proven", "asked_at", "watched_until"])
        old = now - self.requested_at > GIVEN_UP_AFTER
        over = self.status in ENDED and (self.is_proven or self.parcel.milestone in FINAL)
        if over or old:
            self.done(watched_until=None)
            return
        unasked = self.status == Status.REQUESTED
        wait = timedelta(seconds=20) if unasked else next_look(now - self.requested_at)
        values: Mapping[str, Any] = {"watched_until": self.requested_at + GIVEN_UP_AFTER}
        self.settle("due", due_at=now + wait, attempts=0, **values)

    def _tell(self) -> None:
        interception_changed.send(sender=Interception, interception=self)


def next_look(age: timedelta) -> timedelta:
    return next((wait for limit, wait in LOOKS if age < limit), SELDOM)


def start(
    parcel: Any,
    aim: str,
    *,
    before: Address,
    after: Address = NOWHERE,
    on: date | None = None,
    reason: str = "other",
    order_number: str = "",
    requested_at: datetime | None = None,
    now: datetime | None = None,
) -> Interception:
    """Writes the request and rings for a worker; see `Parcel.intercept`."""
    from tracking import tasks

    now = now or timezone.now()
    with transaction.atomic():
        open_one = Interception.objects.open().filter(parcel=parcel).first()
        if open_one is not None:
            raise AlreadyTurning
        gateway = GatewayAccount.objects.for_parcel(parcel.account_id, parcel.carrier, aim)
        by_phone = gateway is None or gateway.gateway == gateways.PHONE
        row = Interception(
            parcel=parcel,
            gateway=None if by_phone else gateway,
            aim=aim,
            before=before.to_json(),
            after=after.to_json() if after != NOWHERE else {},
            on=on,
            reason=reason,
            order_number=order_number[:120],
            status=Status.UNSUPPORTED if by_phone else Status.REQUESTED,
            parcel_milestone=parcel.milestone,
            requested_at=requested_at or now,
            due_at=now,
            watched_until=now + GIVEN_UP_AFTER,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # somebody else asked at this moment
            raise AlreadyTurning from None
        transaction.on_commit(tasks.ring_interceptions, robust=True)
    return row
