"""RecallRule: what a store's buyers pay, and what they are offered, when they do not want a
parcel that is on its way."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from returns.codes import Payer
from returns.models.store import AMOUNT
from returns.recall_policy import Rule

if TYPE_CHECKING:
    from returns.models.store import Store


class RecallRuleManager(models.Manager["RecallRule"]):
    def of(self, store: "Store") -> "RecallRule":
        """The store's own, else the usual one (which is not stored)."""
        return self.filter(store=store).first() or RecallRule(store=store)


class RecallRule(models.Model):
    store = models.OneToOneField("returns.Store", models.CASCADE, related_name="recall_rule")
    payer = models.CharField(
        "the way back is paid by",
        max_length=5,
        choices=Payer,
        default=Payer.STORE,
        help_text="When buyers changed their mind. When the parcel is late, lost or damaged, we "
        "pay.",
    )
    fee = models.DecimalField(
        default=0,
        help_text="In the store’s currency, taken off the refund where the buyer pays.",
        **AMOUNT,
    )
    returns_postage = models.BooleanField(
        "gives the postage back",
        default=False,
        help_text="What was paid for bringing the order out, when all of it comes back. Where "
        "the fault is ours it goes back in any case.",
    )
    offer_percent = models.PositiveSmallIntegerField(
        "offer first (percent off)",
        default=0,
        validators=[MaxValueValidator(90)],
        help_text="Of what was paid for the goods: for buyers who keep the parcel after all. "
        "0: no offer.",
    )
    offers_exchange = models.BooleanField(
        "offers another kind first",
        default=False,
        help_text="Says that it can be exchanged for another kind once it is there.",
    )

    objects = RecallRuleManager()

    def __str__(self) -> str:
        return f"Recalls of {self.store}"

    def clean(self) -> None:
        if self.payer == Payer.BUYER and not self.fee:
            raise ValidationError({"fee": "Say how much, or let the store pay."})

    @property
    def rule(self) -> Rule:
        return Rule(
            payer=self.payer,
            fee=self.fee,
            returns_postage=self.returns_postage,
            offer_percent=self.offer_percent,
            offers_exchange=self.offers_exchange,
        )
