"""TrustRule: to whom a store sends new goods before the old ones are back, and by when its
buyers are trusted."""

from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator
from django.db import models

from returns.trust import Limits

if TYPE_CHECKING:
    from returns.models.store import Store


class TrustRuleManager(models.Manager["TrustRule"]):
    def of(self, store: "Store") -> "TrustRule":
        """The store's own, else the usual one (which is not stored)."""
        return self.filter(store=store).first() or TrustRule(store=store)


class TrustRule(models.Model):
    store = models.OneToOneField("returns.Store", models.CASCADE, related_name="trust_rule")
    sends_ahead = models.BooleanField(
        "new goods at once",
        default=False,
        help_text="Trusted buyers are asked whether the new goods should leave before the old "
        "ones are back. They agree to be charged when those do not come.",
    )
    orders = models.PositiveSmallIntegerField(
        default=3, help_text="Orders that were paid, at least, with this one."
    )
    days = models.PositiveSmallIntegerField(default=90, help_text="Since the first, at least.")
    returns_percent = models.PositiveSmallIntegerField(
        "returns (percent)",
        default=40,
        validators=[MaxValueValidator(100)],
        help_text="Of the orders that had a return, at most.",
    )
    claims = models.PositiveSmallIntegerField(
        default=2, help_text="Claims within a year, at most, with what is missing or broken."
    )
    never_posted = models.PositiveSmallIntegerField(
        default=0, help_text="Returns said to be posted that never came, at most."
    )

    objects = TrustRuleManager()

    def __str__(self) -> str:
        return f"Trust of {self.store}"

    @property
    def limits(self) -> Limits:
        return Limits(self.orders, self.days, self.returns_percent, self.claims, self.never_posted)
