"""ClaimPolicy: what a store offers where something is wrong, for one reason."""

from decimal import Decimal
from difflib import get_close_matches

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from returns.codes import CLAIM_REASONS, Wish
from returns.models.store import AMOUNT
from returns.policy import CLAIM_DAYS, REMEDIES, ClaimRule

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class ClaimPolicy(models.Model):
    """A reason without a row has the usual rule. Orders carry the rules of the day they
    arrived."""

    policy = models.ForeignKey("returns.ReturnPolicy", models.CASCADE, related_name="claims")
    reason = models.CharField(
        max_length=20, choices=[(code.value, code.label) for code in CLAIM_REASONS]
    )
    offered = models.BooleanField(default=True)
    window_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="Days after delivery. Empty: as usual ("
        + ", ".join(f"{code.label.lower()} {CLAIM_DAYS[code]}" for code in CLAIM_REASONS)
        + ").",
    )
    photos = models.BooleanField(
        default=True, help_text="Ask for photos; then a person decides in any case."
    )
    remedies = models.CharField(
        max_length=200,
        blank=True,
        help_text="In the order in which they are offered, separated by blanks: "
        + " ".join(Wish.values)
        + ". Empty: as usual.",
    )
    part_percent = models.PositiveSmallIntegerField(
        default=20,
        validators=PERCENT,
        help_text="Of what was paid, for a part refund or repair money.",
    )
    keep_below = models.DecimalField(
        null=True, blank=True, help_text="Value in all. Empty: as the policy says.", **AMOUNT
    )
    automatic_up_to = models.DecimalField(
        null=True,
        blank=True,
        help_text="Grant at once what is worth no more. Empty: a person decides.",
        **AMOUNT,
    )
    voucher_percent = models.PositiveSmallIntegerField(
        default=0,
        validators=PERCENT,
        help_text="Of what was paid, as an apology besides, once for an order. 0: none.",
    )

    class Meta:
        verbose_name = "rule for claims"
        verbose_name_plural = "rules for claims"
        constraints = [
            models.UniqueConstraint(fields=["policy", "reason"], name="claim_once_per_policy"),
            models.CheckConstraint(
                condition=models.Q(part_percent__lte=100, voucher_percent__lte=100),
                name="claim_percent_of_what_was_paid",
            ),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()

    def clean(self) -> None:
        """What is offered must be known, and must be worth something."""
        self.remedies = " ".join(self.remedies.split())
        offered = self.remedies.split()
        found = [problem for code in offered if (problem := _problem(code))]
        if len(set(offered)) < len(offered):
            found.append("Name each once.")
        if Wish.VOUCHER in offered and not self.voucher_percent:
            found.append("A voucher needs its percentage.")
        if {Wish.PART_REFUND, Wish.REPAIR} & set(offered) and not self.part_percent:
            found.append("A part of the money needs its percentage.")
        if found:
            raise ValidationError({"remedies": found})

    def rule(self, keep_below: Decimal) -> ClaimRule:
        """keep_below: what the policy says, where this row says nothing."""
        return ClaimRule(
            offered=self.offered,
            window_days=self.window_days or CLAIM_DAYS[self.reason],
            photos=self.photos,
            remedies=tuple(self.remedies.split()) or REMEDIES[self.reason],
            part_percent=self.part_percent,
            keep_below=keep_below if self.keep_below is None else self.keep_below,
            automatic_up_to=self.automatic_up_to,
            voucher_percent=self.voucher_percent,
        )


def _problem(code: str) -> str:
    if code in Wish.values:
        return ""
    near = get_close_matches(code, Wish.values, 1)
    return f"Nothing is called {code}." + (f" Did you mean {near[0]}?" if near else "")
