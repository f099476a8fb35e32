"""ReturnLine: one line of an order within one return, and how much of it is where."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from returns import policy
from returns.codes import Condition, Disposition, Reason, Reception
from returns.models.return_base import MONEY


class ReturnLine(models.Model):
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, related_name="lines"
    )
    line = models.ForeignKey("returns.OrderLine", models.PROTECT, related_name="return_lines")
    reason = models.CharField(max_length=20, choices=Reason)
    comment = models.TextField(blank=True, max_length=1000)
    amount = models.DecimalField(help_text="Value of the requested units, as paid.", **MONEY)
    requested = models.PositiveIntegerField()
    stands_for = models.PositiveIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Units that the amount is for, once that was decided; empty: those approved.",
    )
    approved = models.PositiveIntegerField(default=0)
    waived = models.PositiveIntegerField(default=0, help_text="Need not come back.")
    received = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    sent_back = models.PositiveIntegerField(default=0, help_text="Sent to the buyer again.")
    replaced = models.PositiveIntegerField(
        default=0, help_text="Other units were sent for these: they may come back in their turn."
    )
    cancelled = models.PositiveIntegerField(
        default=0, help_text="Taken out of the order by the shop: counted there, not here."
    )
    cancelled_before = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of the whole line, taken out for others than these."
    )
    variant = models.JSONField(
        default=dict, blank=True, help_text="What the buyer chose instead: sku, title, price."
    )
    condition = models.CharField(max_length=10, choices=Condition, blank=True)
    reception = models.CharField(max_length=12, choices=Reception, default=Reception.AWAITING)
    disposition = models.CharField(max_length=20, choices=Disposition, default=Disposition.PENDING)
    rejected_to = models.CharField(
        max_length=20, choices=Disposition, blank=True, help_text="Where the others go."
    )
    finding = models.TextField(blank=True, max_length=2000, help_text="What the buyer is told.")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["authorization", "line"], name="line_once_per_return"),
            models.CheckConstraint(condition=Q(requested__gt=0), name="requested_some"),
            models.CheckConstraint(
                condition=Q(approved__lte=F("requested")), name="approved_within_requested"
            ),
            models.CheckConstraint(
                condition=Q(accepted__lte=F("received")), name="accepted_within_received"
            ),
            models.CheckConstraint(
                condition=Q(waived__lte=F("approved")), name="waived_within_approved"
            ),
            models.CheckConstraint(
                condition=Q(resolved__lte=F("accepted") + F("waived")),
                name="resolved_within_accepted_and_waived",
            ),
            models.CheckConstraint(
                condition=Q(sent_back__lte=F("received")), name="sent_back_within_received"
            ),
            models.CheckConstraint(
                condition=Q(replaced__lte=F("approved")), name="replaced_within_approved"
            ),
            models.CheckConstraint(
                condition=Q(cancelled__lte=F("requested")), name="cancelled_within_requested"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="line_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.requested} × {self.line_id}"

    @property
    def missing(self) -> int:
        """Units that were to come and did not."""
        return max(self.approved - self.waived - self.received, 0)

    @property
    def to_send_back(self) -> int:
        """Units that are here, were not taken and are to go back to the buyer."""
        back = self.rejected_to == Disposition.RETURN_TO_CUSTOMER
        return self.rejected - self.sent_back if back else 0

    @property
    def rejected(self) -> int:
        return self.received - self.accepted

    def worth(self, units: int, currency: str) -> Decimal:
        """The part of `amount` that belongs to so many of the units it stands for."""
        whole = self.approved or self.requested
        if self.stands_for is not None:
            whole = self.stands_for
        if units >= whole:
            return self.amount
        return policy.share(self.amount, whole, 0, Decimal(0), units, currency)
