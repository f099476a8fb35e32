"""What every part of an investigation stands on: its fields, and what follows from them. The
verbs are in searching.py (its steps and its end) and making_good.py (what the buyer gets)."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.db import models
from django.utils import timezone

from returns.codes import Wish
from returns.investigation_steps import MAY_BE_FOUND, InvestigationStatus
from returns.models.case import ALL_KINDS, Case
from returns.models.event import Actor
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from returns.models.investigation import Investigation
    from returns.models.investigation_step import InvestigationStep
    from returns.models.problem import Problem

# While we wait for a choice we write again after so many working days.
ASK_AGAIN = 5


class InvestigationBase(models.Model):
    """kind: of the case that it goes along with. authorization: the return that it brings.
    words: what the buyer reads at its end, in the buyer's language. offered_at: since when the
    buyer may choose; chosen_at, wish, claim: what was chosen. turned_up_at: when it was seen
    after that. stirred_at: it has moved since, and nobody has taken that up."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="investigations")
    case = models.ForeignKey(Case, models.CASCADE, related_name="investigations")
    kind = models.CharField(max_length=24, choices=ALL_KINDS)
    parcel = models.ForeignKey("tracking.Parcel", models.CASCADE, related_name="+")
    shipment = models.ForeignKey(
        "returns.Shipment",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="investigations",
    )
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="investigations",
    )
    status = models.CharField(
        max_length=10, choices=InvestigationStatus, default=InvestigationStatus.OPEN
    )
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.CharField(max_length=8)
    carrier_due_at = models.DateTimeField(
        "the carrier answers by", null=True, blank=True, help_text="As carriers usually do."
    )
    words = models.TextField("what the buyer reads", max_length=2000, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=8, blank=True)
    offered_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then the buyer may choose money or new goods."
    )
    chosen_at = models.DateTimeField(null=True, blank=True)
    wish = models.CharField(max_length=20, choices=Wish, blank=True)
    claim = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="What the buyer got for it.",
    )
    turned_up_at = models.DateTimeField(null=True, blank=True)
    stirred_at = models.DateTimeField(null=True, blank=True, editable=False)

    if TYPE_CHECKING:
        steps: RelatedManager[InvestigationStep]

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.status == InvestigationStatus.OPEN

    @property
    def is_denied(self) -> bool:
        return self.status == InvestigationStatus.DENIED

    @property
    def is_of_return(self) -> bool:
        return self.authorization_id is not None

    @property
    def is_made_good(self) -> bool:
        """The buyer chose, and gets, something for what did not come."""
        return self.chosen_at is not None

    @property
    def waits_for_choice(self) -> bool:
        """The buyer may say: money, or new goods."""
        return bool(self.offered_at) and not self.chosen_at and self.status in MAY_BE_FOUND

    @property
    def done(self) -> Mapping[str, datetime]:
        """Step → when it was done. Reads self.steps, which pages have loaded."""
        return {row.kind: row.done_at for row in self.steps.all() if row.done_at}

    @property
    def next_step(self) -> "InvestigationStep | None":
        """Reads self.steps, which pages have loaded."""
        if not self.is_open:
            return None
        return next((row for row in self.steps.all() if row.done_at is None), None)

    # --- how verbs are done -----------------------------------------------------------------

    @property
    def _me(self) -> "Investigation":
        """There is no other kind."""
        return cast("Investigation", self)

    def _here(self, **state: Any) -> "models.QuerySet[Investigation]":
        """This one, while it is as it was read."""
        return type(self._me)._default_manager.filter(pk=self.pk, **state)

    def _problems(self) -> "models.QuerySet[Problem]":
        """What its buyer told of the parcel and has not taken back."""
        from returns.models.problem import Problem

        return Problem.objects.filter(
            order=self.order_id, shipment__parcel=self.parcel_id, over_at=None, authorization=None
        )

    def _tell(self, event: str, by: Actor, now: datetime, **facts: Any) -> None:
        """Keeps our word, and gives it again where something is left to tell. Under lock."""
        rma = self.authorization
        Promise.objects.keep(self.order, PromiseKind.UPDATE, authorization=rma, now=now)
        Notice.objects.write(
            self.order,
            NoticeKind.INVESTIGATION_NEWS,
            event=f"investigation-{self.pk}-{event}",
            authorization=rma,
            now=now,
            investigation=self.pk,
            **facts,
        )
        if rma:
            rma.order = self.order
            rma.promise_word(self.order.word_due(now), by=by, now=now)
            return
        due = self.order.word_due(now, ASK_AGAIN if self.waits_for_choice else 0)
        Promise.objects.of_update(self.order, by=by, due_at=due, now=now)
