"""What buyers read of new goods that are sent instead of others: before the old ones are back,
and when those do not come. Functions in the active language, for pages and letters alike.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns import formats
from returns.codes import ResolutionKind, Wish
from returns.wording import filled
from tracking.texts import Words

if TYPE_CHECKING:
    from decimal import Decimal

    from returns.models import ReturnAuthorization, ReturnLine

GOES_NOW: Words = _("We send you the new one now, before yours is back.")
HAS_GONE: Words = _("We have sent you the new one before yours is back.")
# {post_by}: a day.
POST_THE_OLD: Words = _("Please post the old one by {post_by}.")
# {amount}: what was paid for the old one. Only to buyers who have agreed.
ELSE_CHARGED: Words = _(
    "If it does not come, you keep both, and the shop asks you to pay {amount} for the second one, "
    "as you agreed."
)
ELSE_ASKED: Words = _("If it does not come, a person writes to you. You are charged nothing.")

# The question whether it should go at once, and its answers.
AT_ONCE_LABEL: Words = _("Send it now, before mine is back")
AT_ONCE_HINT: Words = _(
    "You post yours by the day that we name. If it does not come, you keep both, and the shop asks "
    "you to pay {amount} for the second one."
)
AFTER_LABEL: Words = _("Send it when mine is back")
AFTER_HINT: Words = _("When we have looked at yours. You owe nothing if it gets lost on its way.")

# Headings of the letters about the old goods.
OLD_AWAITED: Words = _("Please post the old one by {post_by}.")
OLD_OVERDUE: Words = _("The last day to post the old one is over.")
KEEPS_BOTH: Words = _("You keep the old one and the new one.")
KEPT_CHARGED: Words = _(
    "The shop asks you to pay {amount} for the second one, as you agreed. It writes to you how."
)
KEPT_FREE: Words = _("You are charged nothing for the second one, and need not post anything.")

# Of what is on its way instead, by what it is.
ON_ITS_WAY: dict[str, Words] = {
    ResolutionKind.EXCHANGE: _("What you chose instead is on its way to you."),
    ResolutionKind.REPLACEMENT: _("Your new one is on its way to you."),
    ResolutionKind.PIECE: _("The missing piece is on its way to you."),
}
# The leg of its parcel in the story.
LEGS: dict[str, Words] = {
    ResolutionKind.EXCHANGE: _("The one that you chose instead"),
    ResolutionKind.REPLACEMENT: _("Your new one"),
    ResolutionKind.PIECE: _("The missing piece"),
}

SOLD_OUT_CHOOSE: Words = _(
    "We are sorry: what you chose has been sold out since. Take another one of it, or your money; "
    "the page of your return asks you which."
)
SOLD_OUT_MONEY: Words = _(
    "We are sorry: it has been sold out since, and we have no other kind of it. You can have your "
    "money instead; the page of your return asks you."
)


def ahead(rma: "ReturnAuthorization") -> tuple[str, ...]:
    """That new goods go before the old ones are here, and what follows if those do not come;
    nothing where they do not, or the old ones are here."""
    if not rma.ahead_at or rma.received_at or rma.arrived_at or rma.post_by is None:
        return ()
    return (str(HAS_GONE if rma.sent_goods else GOES_NOW), *consequence(rma))


def consequence(rma: "ReturnAuthorization") -> tuple[str, ...]:
    post_by = formats.day(rma.post_by) if rma.post_by else ""
    asked = filled(POST_THE_OLD, post_by=post_by) if post_by and not rma.posted_at else ""
    amount = formats.money(rma.value, rma.order.currency)
    charged = filled(ELSE_CHARGED, amount=amount) if rma.ahead_agreed_at else str(ELSE_ASKED)
    return tuple(part for part in (asked, charged) if part)


def at_once_hint(amount: "Decimal", currency: str) -> str:
    return filled(AT_ONCE_HINT, amount=formats.money(amount, currency))


def new_goods(rma: "ReturnAuthorization") -> list[str]:
    """What is sent, each with how many: the kind that was chosen, else the same thing again."""
    rows = rma.lines.select_related("line")
    return [f"{row.approved or row.requested} × {called(row, rma.wish)}" for row in rows]


def called(row: "ReturnLine", wish: str = Wish.EXCHANGE) -> str:
    """What the buyer gets for a line."""
    chosen = row.variant.get("title", "") if wish == Wish.EXCHANGE else ""
    return f"{row.line.title} ({chosen})" if chosen else row.line.full_title
