"""Variant: one kind of a product that a store may send in exchange for another kind of it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from returns.models.store import AMOUNT

if TYPE_CHECKING:
    from returns.models.store import Store
    from returns.sources import OrderData

# Who told us of it, where no member of staff did: the slug of a source of orders, or this.
TABLE = "table"


class VariantQuerySet(models.QuerySet["Variant"]):
    def seen(self, store: "Store", orders: "Iterable[OrderData]") -> int:
        """Orders name the product that a line is a kind of: kinds that are new to us are
        written down, so that staff only have to say which may be sent. Not offered before:
        that it was sold once does not tell that it is still there."""
        told = {
            line.sku: (line, data.source)
            for data in orders
            for line in data.lines or ()
            if line.sku and line.product
        }
        if not told:
            return 0
        known = set(self.filter(store=store, sku__in=told).values_list("sku", flat=True))
        rows = [
            Variant(
                store=store,
                product=line.product,
                sku=sku,
                title=(line.variant or line.title)[:300],
                available=False,
                source=source,
            )
            for sku, (line, source) in sorted(told.items())
            if sku not in known
        ]
        Variant.objects.bulk_create(rows, ignore_conflicts=True)
        return len(rows)


class Variant(models.Model):
    """price: as the shop lists it, for one, in the store's currency; empty: the same as what
    the buyer has. source: what told us of it, '' when a member of staff did."""

    store = models.ForeignKey("returns.Store", models.CASCADE, related_name="variants")
    product = models.CharField(
        max_length=120,
        help_text="All kinds of one product have the same: its number in the shop, or its name.",
    )
    sku = models.CharField("SKU", max_length=120, help_text="As it stands in orders.")
    title = models.CharField(
        max_length=300, help_text="How the buyer tells it from the others: Oat, size L."
    )
    price = models.DecimalField(
        null=True,
        blank=True,
        help_text="For one, as the shop lists it, in the store’s currency. Empty: the same for "
        "all kinds.",
        **AMOUNT,
    )
    available = models.BooleanField(
        default=True, help_text="May be sent. Off while it is sold out, or is not to be chosen."
    )
    position = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=20, blank=True, editable=False)

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ["product", "position", "title", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["store", "sku"], name="variant_once_per_store"),
            models.CheckConstraint(
                condition=Q(price=None) | Q(price__gte=0), name="variant_price_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(sku="") & ~Q(product=""), name="variant_has_sku_and_product"
            ),
        ]
        indexes = [models.Index(fields=["store", "product"], name="variant_of_product")]

    def __str__(self) -> str:
        return f"{self.title} ({self.sku})"

    def clean(self) -> None:
        self.sku, self.product = self.sku.strip(), self.product.strip()
        if not self.title.strip():
            raise ValidationError({"title": "Buyers choose by this."})
