"""Refunds of the shop's own: had made, sent by hand where they fail, and what came back."""

from typing import Any

from django import forms

from returns import formats
from returns.admin.decisions import TEXTAREA, WORDS_TO_BUYER, Decision, told
from returns.admin.sending import ResolutionDecision, Sent
from returns.codes import MONEY_KINDS, SENT_BY_SHOP, ResolutionKind
from returns.models import Actor, Resolution, ReturnAuthorization, ShopAccount, TooMuch
from returns.models.settling import GRANTS
from returns.states import ResolutionState, Status

UNCLEAR = (
    "Nobody knows whether the shop has refunded it. Look there first: what is found there was "
    "sent, and is recorded with its number."
)


class SentByHand(Sent):
    """What could not be sent was sent another way, or had left all the same."""

    title = "Sent by hand"
    takes_from = frozenset({ResolutionState.FAILED})
    is_next = False

    @property
    def asks(self) -> str:
        unclear = self.row.asked is not None and self.row.asked.is_unclear
        return f"{UNCLEAR} {super().asks}" if unclear else super().asks

    def record(self, by: Actor, **values: Any) -> None:
        self.row.record_sent_after_all(by=by, **values)


class CameBack(ResolutionDecision):
    """The bank or the payment service gave the money back to us."""

    title = "It came back"
    button = "Note that it came back and write to the buyer"
    takes_from = frozenset({ResolutionState.SUCCEEDED})
    is_next = False

    words = forms.CharField(
        label="Why, for the buyer",
        required=False,
        max_length=2000,
        widget=TEXTAREA,
        help_text=WORDS_TO_BUYER,
    )

    @classmethod
    def takes(cls, row: Resolution) -> bool:
        return row.kind in MONEY_KINDS and super().takes(row)

    @property
    def asks(self) -> str:
        return (
            f"Did it come back to us ({self.what})? Then it counts as never given, it is owed "
            "again, and the buyer is told so."
        )

    def apply(self, by: Actor) -> None:
        self.row.reverse(self.cleaned_data["words"].strip(), by=by)
        self.rma.refresh_from_db()

    def said(self) -> str:
        return f"{self.rma.number}: {self.what} came back and is owed again. {told(self.rma)}"


class Checked(ResolutionDecision):
    """What was in doubt about money that was sent was looked at."""

    title = button = "Looked at"
    takes_from = frozenset({ResolutionState.SUCCEEDED})
    one_press = True

    @classmethod
    def takes(cls, row: Resolution) -> bool:
        return bool(row.last_error) and super().takes(row)

    def apply(self, by: Actor) -> None:
        self.row.clear_doubt(by=by)

    def said(self) -> str:
        return f"{self.rma.number}: noted as looked at."


class ThroughShop(Decision):
    """For goods that stay with the buyer: the shop sends the money."""

    title = "Refund it in the shop"
    button = "Have the shop refund it"
    permission = "returns.settle_return"

    @classmethod
    def fits(cls, rma: ReturnAuthorization) -> bool:
        stays = rma.status == Status.APPROVED and rma.keeps_goods and rma.estimated_total > 0
        if not stays or rma.waits_for_stop or GRANTS[rma.wish] not in SENT_BY_SHOP:
            return False
        return ShopAccount.objects.for_refund(rma.order) is not None

    @property
    def asks(self) -> str:
        amount = formats.money(self.rma.estimated_total, self.rma.order.currency)
        return f"The shop refunds {amount} by itself; the buyer is told once it has left."

    def apply(self, by: Actor) -> None:
        try:
            self.rma.grant(by=by)
        except TooMuch as problem:
            left = formats.money(problem.most, self.rma.order.currency)
            raise forms.ValidationError(f"Only {left} is left of what was paid.") from None

    def said(self) -> str:
        kind = ResolutionKind(GRANTS[self.rma.wish]).label.lower()
        return f"{self.rma.number}: the shop is asked for the {kind}."
