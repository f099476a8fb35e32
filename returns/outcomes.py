"""What the buyer gets, in words: money, credit or goods, and what becomes of the rest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.codes import Condition, Disposition, PaymentMethod, ResolutionKind, Wish
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import Resolution


@dataclass(frozen=True)
class Outcome:
    """What the buyer gets. label: short, as in a table. pending, sent: whole sentences,
    before it is sent and after; {amount} where it is money."""

    label: Words
    pending: Words
    sent: Words


# What was done for goods that stay with the buyer, by what the buyer wished.
PUT_RIGHT: dict[str, Words] = {
    Wish.REFUND: _(
        "We have sent {amount} back to the way you paid. A bank usually takes 3–5 working days "
        "to show it."
    ),
    Wish.STORE_CREDIT: _("You now have {amount} of credit in the shop."),
    Wish.EXCHANGE: _("What you asked for instead is on its way to you."),
    Wish.REPLACEMENT: _("A new one is on its way to you."),
    Wish.PART_REFUND: _(
        "We have sent a part of your money back to the way you paid: {amount}. A bank usually "
        "takes 3–5 working days to show it."
    ),
    Wish.PIECE: _("The missing piece is on its way to you."),
    Wish.REPAIR: _(
        "We have sent you {amount} for the repair, to the way you paid. A bank usually takes 3–5 "
        "working days to show it."
    ),
    Wish.VOUCHER: _("You now have a voucher of {amount} for the shop."),
}

RESOLUTIONS: dict[str, Outcome] = {
    ResolutionKind.REFUND: Outcome(
        _("Refund"), _("You get {amount} back."), _("We sent {amount} back to you.")
    ),
    ResolutionKind.PART_REFUND: Outcome(
        _("Part of your money"),
        _("You get a part of your money back: {amount}."),
        _("We sent a part of your money back to you: {amount}."),
    ),
    ResolutionKind.STORE_CREDIT: Outcome(
        _("Credit for the shop"),
        _("You get {amount} of credit for the shop."),
        _("We gave you {amount} of credit for the shop."),
    ),
    ResolutionKind.EXCHANGE: Outcome(
        _("Another one instead"),
        _("We send you what you asked for instead."),
        _("We sent you what you asked for instead."),
    ),
    ResolutionKind.REPLACEMENT: Outcome(
        _("A new one"), _("We send you a new one."), _("We sent you a new one.")
    ),
    ResolutionKind.REPAIR: Outcome(
        _("Money for the repair"),
        _("You get {amount} for the repair."),
        _("We sent you {amount} for the repair."),
    ),
    ResolutionKind.PIECE: Outcome(
        _("The missing piece"),
        _("We send you the missing piece."),
        _("We sent you the missing piece."),
    ),
    ResolutionKind.VOUCHER: Outcome(
        _("A voucher for the shop"),
        _("You get a voucher of {amount} for the shop."),
        _("We gave you a voucher of {amount} for the shop."),
    ),
    ResolutionKind.POSTAGE: Outcome(
        _("The postage that you paid"),
        _("You get back the {amount} that you paid for the postage."),
        _("We sent back to you the {amount} that you paid for the postage."),
    ),
    ResolutionKind.NONE: Outcome(
        _("Nothing"),
        _("There is nothing that we can give back for this return."),
        _("There is nothing that we can give back for this return."),
    ),
}


def outcome(resolution: "Resolution", *, sent: bool | None = None) -> str:
    """The sentence of one resolution, with its amount, in the active language. sent: told as
    it was before or after it was sent; else as it is now."""
    words = RESOLUTIONS[resolution.kind]
    amount = formats.money(resolution.amount, resolution.authorization.order.currency)
    after = resolution.is_sent if sent is None else sent
    return str(words.sent if after else words.pending).format(amount=amount)


# Where money goes, as the label of its amount.
METHODS: dict[str, Words] = {
    PaymentMethod.CARD: _("To your card"),
    PaymentMethod.PAYPAL: _("To your PayPal account"),
    PaymentMethod.ALIPAY: _("To your Alipay account"),
    PaymentMethod.WECHAT: _("To your WeChat Pay account"),
    PaymentMethod.TRANSFER: _("To your bank account"),
    PaymentMethod.ORIGINAL: _("To the way you paid"),
}

# How long it takes from there. Not ours to promise, so it is said as what is usual.
BANK_DAYS: dict[str, Words] = {
    PaymentMethod.CARD: _(
        "Banks usually show it on the card within 3–5 working days; with some it takes up to 10."
    ),
    PaymentMethod.PAYPAL: _(
        "PayPal usually shows it on the same day. If you paid there with a card, its bank usually "
        "takes another 3–5 working days."
    ),
    PaymentMethod.ALIPAY: _(
        "Alipay usually shows it within minutes, sometimes within 3 days. If you paid there with "
        "a bank card, its bank may take longer."
    ),
    PaymentMethod.WECHAT: _(
        "WeChat Pay usually shows it within minutes, sometimes within 3 days. If you paid there "
        "with a bank card, its bank may take longer."
    ),
    PaymentMethod.TRANSFER: _("A bank transfer usually takes 1–2 working days, abroad up to 5."),
    PaymentMethod.ORIGINAL: _(
        "How long it takes depends on how you paid: usually 3–5 working days, with some banks up "
        "to 10."
    ),
}

CONDITIONS: dict[str, Words] = {
    Condition.AS_NEW: _("As new"),
    Condition.OPENED: _("Opened"),
    Condition.USED: _("Used"),
    Condition.DAMAGED: _("Damaged"),
}

# What becomes of goods, as far as it matters to a buyer; '' where it is the shop's affair.
DISPOSITIONS: dict[str, Words] = {
    Disposition.PENDING: _("We keep it safe until it is decided what becomes of it."),
    Disposition.ACCEPTED: "",
    Disposition.REJECTED: _("We could not take it back."),
    Disposition.NEEDS_REVIEW: _("A second person looks at it."),
    Disposition.RESTOCK: "",
    Disposition.TRANSFER: "",
    Disposition.REFURBISH: "",
    Disposition.RETURN_TO_VENDOR: "",
    Disposition.RETURN_TO_CUSTOMER: _("It goes back to you."),
    Disposition.DESTROY: _("It cannot be used any more, so we dispose of it."),
    Disposition.ABANDON: _("It is not sent any further, because that costs more than it is worth."),
}
