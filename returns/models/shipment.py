"""Shipment: which units of an order travel in which parcel, out or back."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from tracking.milestones import FINAL, Milestone

# After so long without news of a delivery a parcel no longer counts as on its way.
ON_ITS_WAY_FOR = timedelta(days=45)


class Shipment(models.Model):
    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="shipments")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="shipments",
        help_text="The return that this parcel belongs to.",
    )
    is_return = models.BooleanField(default=False, help_text="From the buyer to us.")
    resolution = models.ForeignKey(
        "returns.Resolution",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="shipments",
        help_text="What this parcel brings the buyer instead of other goods.",
    )
    source_id = models.CharField(max_length=64, blank=True, help_text="The shop's id of it.")
    parcel = models.ForeignKey(
        "tracking.Parcel", models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_good_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="It never came, and its buyer chose money or new goods.",
    )
    shipped_at = models.DateTimeField()
    number = models.CharField(
        "number as given", max_length=60, blank=True, help_text="By the buyer, for a return."
    )
    carrier = models.CharField(
        "carrier as given", max_length=40, blank=True, help_text="By the shop, or by the buyer."
    )
    in_doubt = models.BooleanField(
        default=False,
        help_text="The number is another parcel's as well: not followed until somebody looked.",
    )

    class Meta:
        ordering = ["shipped_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "source_id", "parcel"],
                name="shipment_once",
                condition=~Q(source_id=""),
            ),
            models.UniqueConstraint(
                fields=["authorization"],
                name="one_parcel_back_per_return",
                condition=Q(is_return=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.parcel or 'without a number'}"

    @property
    def delivered_at(self) -> datetime | None:
        parcel = self.parcel
        if parcel is None or parcel.milestone != Milestone.DELIVERED:
            return None
        return parcel.milestone_at

    def on_its_way(self, now: datetime) -> bool:
        if self.parcel is None or self.parcel.milestone in FINAL or self.made_good_at:
            return False
        return self.shipped_at > now - ON_ITS_WAY_FOR


class ShipmentLine(models.Model):
    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    line = models.ForeignKey("returns.OrderLine", models.CASCADE, related_name="shipment_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "line"], name="line_once_per_shipment"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"
