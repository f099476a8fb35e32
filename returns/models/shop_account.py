"""ShopAccount: a store's access to its shop system, for what we have to tell it and for the
refunds that it makes."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from returns import shops
from returns.shops import SHOPS, Access, Shop, refunding
from returns.shops.refunding import Refunds

if TYPE_CHECKING:
    from returns.models.order import Order


class ShopAccountQuerySet(models.QuerySet["ShopAccount"]):
    def for_order(self, order: "Order") -> "ShopAccount | None":
        """The shop that it came from; else one that takes any; None when a person has to."""
        return self._nearest(order)

    def for_refund(self, order: "Order") -> "ShopAccount | None":
        """The same among those that refund."""
        return self._nearest(order, refunds=True)

    def _nearest(self, order: "Order", **values: bool) -> "ShopAccount | None":
        mine = self.filter(store_id=order.store_id, is_active=True, **values)
        rows = list(mine.order_by("pk"))
        own = [row for row in rows if row.shop == order.source]
        return next(iter(own or [row for row in rows if row.takes_any]), None)


class ShopAccount(models.Model):
    store = models.ForeignKey("returns.Store", models.CASCADE, related_name="shop_accounts")
    shop = models.CharField(
        max_length=20, choices=[(slug, label) for slug, (label, _) in SHOPS.items()]
    )
    base = models.URLField(
        "address",
        blank=True,
        help_text="Of the shop, https://example.myshopify.com; or where we shall call.",
    )
    keys = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    refunds = models.BooleanField(
        "makes refunds",
        default=False,
        help_text="Money that is decided at this desk is refunded there by itself. Otherwise a "
        "person sends it.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ShopAccountQuerySet.as_manager()

    class Meta:
        ordering = ["store", "shop"]
        constraints = [
            models.UniqueConstraint(fields=["store", "shop"], name="shop_account_once_per_store")
        ]

    def __str__(self) -> str:
        return f"{self.get_shop_display()} of {self.store}"

    def clean(self) -> None:
        problems = {}
        if missing := [name for name in self.adapter.KEYS if not self.keys.get(name)]:
            problems["keys"] = f"Missing: {', '.join(missing)}."
        if self.adapter.NEEDS_ADDRESS and not self.base:
            problems["base"] = "Where is it? It begins with https://."
        if problems:
            raise ValidationError(problems)

    @property
    def takes_any(self) -> bool:
        """Also orders of another source."""
        return self.shop in ("webhook", "demo")

    @property
    def adapter(self) -> Shop:
        return shops.load(self.shop)

    @property
    def refunding(self) -> Refunds:
        return refunding.load(self.shop)

    @property
    def access(self) -> Access:
        return Access(self.keys, self.base)
