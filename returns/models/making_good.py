"""Making good: what the buyer of a lost parcel gets, and what if it turns up after that."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns.codes import Wish
from returns.investigation_steps import MAY_BE_FOUND, TURNED_UP, InvestigationStatus
from returns.models.case import Case
from returns.models.event import CARRIER, RULE, Actor
from returns.models.searching import Searching
from returns.states import SETTLED, Status
from tracking.milestones import MOVING, Milestone

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.shipment import Shipment

S = InvestigationStatus
# What a buyer may choose: the money, or the same goods once more.
CHOICES = (Wish.REFUND, Wish.REPLACEMENT)


class NotOffered(Exception):
    """Nothing is to be chosen (any more): it was chosen, found, or not offered yet."""


class MakingGood(Searching):
    class Meta:
        abstract = True

    @property
    def shipments(self) -> "Iterable[Shipment]":
        """What left us in it; several dispatches may travel in one parcel."""
        mine = self.order.shipments.filter(parcel=self.parcel_id, is_return=False)
        return mine.order_by("shipped_at", "pk")

    @property
    def claims(self) -> "models.QuerySet[ReturnAuthorization]":
        """What was given for what was in it, although it did not come."""
        mine = self.order.returns.filter(
            Q(pk=self.authorization_id) | Q(turning__parcel=self.parcel_id)
        )
        return mine.filter(status__in=SETTLED, lines__waived__gt=0).distinct()

    @property
    def worth(self) -> "Decimal | None":
        """The money that would go back, at today's numbers; None where it cannot be told in
        one sum."""
        rows = list(self.shipments)
        if len(rows) != 1:
            return None
        order = self.order.with_goods()
        return order._outlook_of_lost(order._still_in(rows[0]), Wish.REFUND).total

    # --- money or new goods ---------------------------------------------------------------------

    def offer_choice(self, *, by: Actor, now: datetime | None = None) -> bool:
        """The buyer need not wait for what the carrier says, and is told so. False when that
        was offered before, or the search has ended."""
        now = now or timezone.now()
        with transaction.atomic():
            self.order = self.order.locked()
            is_open = not self.is_of_return and self._here(status=S.OPEN).exists()
            if not is_open or not self.offer(now):
                return False
            self._tell("choice", by, now, status="choice")
        return True

    def offer(self, now: datetime) -> bool:
        """Without telling the buyer, who is told otherwise. Under lock."""
        if not self._here(offered_at=None).update(offered_at=now):
            return False
        self.offered_at = now
        return True

    def choose(
        self, wish: str, *, by: Actor, key: str, now: datetime | None = None
    ) -> "ReturnAuthorization":
        """The buyer chose money or new goods: granted at once. The first choice counts, and the
        same once more gives what it made. Raises NotOffered, then nothing is written."""
        now = now or timezone.now()
        if wish not in CHOICES:
            raise ValueError(f"{wish} cannot be chosen for a lost parcel")
        with transaction.atomic():
            self.order = self.order.locked()
            self.refresh_from_db(fields=["status", "offered_at", "chosen_at", "wish", "claim"])
            if self.is_made_good and self.claim and self.wish == wish:
                return self.claim
            if not self.waits_for_choice:
                raise NotOffered
            claim = self._make_good(wish, by, key, now)
            self.chosen_at, self.wish, self.claim = now, wish, claim
            self.save(update_fields=["chosen_at", "wish", "claim"])
            self.order.shipments.filter(pk__in=[row.pk for row in self.shipments]).update(
                made_good_at=now
            )
            self._close_cases(by, now)
        return claim

    def _make_good(self, wish: str, by: Actor, key: str, now: datetime) -> "ReturnAuthorization":
        """What other returns hold is not given twice; where one of these waits for this very
        parcel to turn, that is what never happens."""
        made = [
            self.order.claim_never_came(row, wish, by=by, key=f"{key}-{row.pk}", now=now)
            for row in self.shipments
        ]
        waiting = self.order.returns.filter(
            turning__parcel=self.parcel_id, status__in=[Status.APPROVED, Status.IN_TRANSIT]
        )
        for rma in waiting.filter(keeps_goods=False):
            rma.order = self.order
            rma.take_loss(by=by, now=now)
            made.append(rma)
        claim = next((rma for rma in made if rma), None)
        if claim is None:
            raise NotOffered
        return claim

    def _close_cases(self, by: Actor, now: datetime) -> None:
        """Nothing more is owed to the buyer for it. What is left is between the carrier and us,
        and stays open here."""
        for case in Case.objects.open().filter(order=self.order_id, parcel=self.parcel_id):
            case.order = self.order
            case.close("It was made good.", by=by, now=now, ends_search=False)
        self._problems().update(over_at=now)
        self.order.locked().let_go_of_update(now)

    # --- it turns up after all ------------------------------------------------------------------

    def take_up(self, now: datetime | None = None) -> None:
        """A parcel that was made good has moved since: somebody looks after it, and whoever
        gets it hears what to do. Nothing is taken back without a person."""
        now = now or timezone.now()
        with transaction.atomic():
            self.order = self.order.locked()
            if not self._here(stirred_at__isnull=False).update(stirred_at=None):
                return
            self.refresh_from_db()
            milestone = self.parcel.milestone
            if milestone in MOVING:
                self.turn_up(now, is_there=milestone == Milestone.DELIVERED)

    def turn_up(self, now: datetime, *, is_there: bool) -> None:
        """is_there: the buyer has it. Under lock."""
        if self.turned_up_at is None:
            self.turned_up_at = now
            self._here().update(turned_up_at=now)
        if self.is_open:
            self.conclude(S.FOUND, by=CARRIER, now=now)
        Case.objects.turned_up(self.order, self.parcel, now).take_up(now)
        if is_there:
            self._tell(TURNED_UP, RULE, now, status=TURNED_UP)

    def say_there(self, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer says that it is there after all; said twice it is said once."""
        now = now or timezone.now()
        with transaction.atomic():
            self.order = self.order.locked()
            self.refresh_from_db()
            for problem in self._problems():
                problem.over(by=by, now=now)
            self.refresh_from_db()
            self.is_there(by, now)

    def is_there(self, by: Actor, now: datetime) -> None:
        """The buyer has it after all, by the buyer's own word. Under lock."""
        if self.is_made_good and self.turned_up_at is None:
            self.turn_up(now, is_there=True)
        elif not self.is_made_good and self.status in MAY_BE_FOUND:
            self.conclude(S.FOUND, by=by, now=now)

    def note_goods(self, disposition: str, *, by: Actor, now: datetime | None = None) -> int:
        """What was made good without having come is here after all: booked and put away; no
        money goes twice. disposition: what becomes of it. Returns how many units."""
        now, units = now or timezone.now(), 0
        with transaction.atomic():
            self.order = self.order.locked()
            for claim in self.claims:
                claim.order = self.order
                counts = {row.pk: row.waived for row in claim.lines.all() if row.waived}
                claim.note_goods(counts, disposition, by=by, now=now)
                units += sum(counts.values())
            if units and self.is_of_return:
                self.parcel.note_received(now)
        return units
