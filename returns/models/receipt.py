"""Receipt: one parcel opened at the warehouse, what it weighed and what was inside.

It is evidence for both sides: written once, and only ever marked as undone.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from returns.codes import Disposition

# Paper, tape and tare: how far a weight may be off before anybody should wonder.
TOLERANCE = 0.25
PACKING_GRAMS = 500


class Receipt(models.Model):
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, related_name="receipts"
    )
    form_key = models.CharField(max_length=64, editable=False)
    received_at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    weight_grams = models.PositiveIntegerField(null=True, blank=True, help_text="As weighed here.")
    expected_grams = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of the goods alone, as far as we know."
    )
    was_empty = models.BooleanField(default=False, help_text="There was nothing inside.")
    note = models.TextField(blank=True, max_length=2000, help_text="Only the desk reads it.")
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["received_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["authorization", "form_key"], name="receipt_once_per_form"
            )
        ]

    def __str__(self) -> str:
        return f"{self.authorization_id}: {self.received_at:%Y-%m-%d %H:%M}"

    @property
    def weight_differs(self) -> bool:
        """It weighs clearly less than the goods, or clearly more than they and a box."""
        if not self.weight_grams or not self.expected_grams:
            return False
        least = self.expected_grams * (1 - TOLERANCE)
        most = self.expected_grams * (1 + TOLERANCE) + PACKING_GRAMS
        return not least <= self.weight_grams <= most


class ReceiptLine(models.Model):
    """So many approved units of one line were in this parcel."""

    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="lines")
    return_line = models.ForeignKey(
        "returns.ReturnLine", models.CASCADE, related_name="receipt_lines"
    )
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receipt", "return_line"], name="line_once_per_receipt")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.return_line_id}"


class Surplus(models.Model):
    """Goods in the parcel that nobody had approved: more than approved, or another thing.
    Never booked on a line of the return; the desk decides about them."""

    authorization = models.ForeignKey(
        "returns.ReturnAuthorization", models.CASCADE, related_name="surplus"
    )
    receipt = models.ForeignKey(Receipt, models.CASCADE, related_name="surplus")
    line = models.ForeignKey(
        "returns.OrderLine",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="When it is a thing of this order.",
    )
    title = models.CharField(max_length=300)
    quantity = models.PositiveIntegerField()
    disposition = models.CharField(max_length=20, choices=Disposition, default=Disposition.PENDING)
    words = models.TextField(blank=True, max_length=2000, help_text="What the buyer is told.")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "surplus"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="surplus_quantity"),
            models.CheckConstraint(
                condition=Q(disposition="pending") | Q(decided_at__isnull=False),
                name="decided_surplus_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def is_open(self) -> bool:
        return self.decided_at is None
