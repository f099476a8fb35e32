"""What buyers read of a withdrawal: where it stands, why it has no effect, and of the returns
that follow from it. The words of the two buttons are the law's own (Directive 2023/2673)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns.states import Status
from returns.withdrawal_states import WhyNot, WithdrawalStatus
from tracking.texts import Text, Words

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization

S = WithdrawalStatus

# Article 11a of Directive 2011/83/EU: the labels, and nothing else on them.
WITHDRAW: Words = _("Withdraw from contract here")
CONFIRM: Words = _("Confirm withdrawal")


@dataclass(frozen=True)
class Told:
    """title: a heading. next: what follows. line: short, for a row of a list."""

    title: Words
    next: tuple[Words, ...]
    line: Words


# {number}: of the withdrawal.
STANDS: dict[str, Told] = {
    S.NEW: Told(
        _("We have your withdrawal."),
        (
            _(
                "It is noted with date and time, and we confirm it by email. Open this page again "
                "in a minute: then it tells you what follows."
            ),
        ),
        _("We have it, and note what follows."),
    ),
    S.UNKNOWN: Told(
        _("We have your withdrawal."),
        (_("A person looks at it. You do not need to do anything."),),
        _("A person looks at it."),
    ),
    S.UNVERIFIED: Told(
        _("Was it you who withdrew?"),
        (
            _(
                "Somebody used the open page of our shop to withdraw from this order. Anybody can "
                "write there, so nothing happens before you say that it was you."
            ),
            _("The day on which it was sent counts, not the day on which you confirm it."),
            _("If it was not you, you do not need to do anything, and nothing changes."),
        ),
        _("Please tell us whether it was you."),
    ),
    S.OUTSIDE: Told(
        _("We have your withdrawal, and a person answers you."),
        (_("It is noted with date and time. You do not need to do anything meanwhile."),),
        _("A person looks at it and answers you."),
    ),
    S.EFFECTIVE: Told(
        _("Your withdrawal is in force."),
        (_("You do not have to give a reason. What follows stands below."),),
        _("It is in force."),
    ),
    S.REPEATED: Told(
        _("You had withdrawn already."),
        (
            _(
                "All of it was withdrawn or sent back before, so nothing more is needed. What you "
                "sent us now is noted all the same."
            ),
        ),
        _("All of it was withdrawn or sent back before."),
    ),
    S.ANSWERED: Told(
        _("We have answered your withdrawal."),
        (),
        _("We have answered it."),
    ),
    S.SET_ASIDE: Told(
        _("This withdrawal has no effect."),
        (_("Nothing changes by it. If it was yours all the same, write to us."),),
        _("It has no effect."),
    ),
}

# {until}: the last day on which it was possible. What only the desk knows is not told.
WHY_NOT: dict[str, Words] = {
    WhyNot.OVER: _("The time to withdraw ended on {until}, before your withdrawal came."),
    WhyNot.EXEMPT: _(
        "The law gives no right to withdraw for goods of this kind, such as those made to measure "
        "or sealed for hygiene."
    ),
    WhyNot.ELSEWHERE: _(
        "The right to withdraw is one of the European Union, and your order went to a country "
        "outside of it."
    ),
    WhyNot.CANCELLED: _("The order is cancelled already, so there is nothing to withdraw from."),
    WhyNot.NOTHING_LEFT: _("All of it is part of a return already, or has come back to us."),
    WhyNot.BUSINESS: _(
        "The right to withdraw protects private buyers, and this was bought for a business."
    ),
    WhyNot.OTHER: _("We explain it in our own words below."),
}
# What remains all the same. {until}: the last day.
STILL_RETURN: Words = _("By our own rules you can still send it back until {until}.")
STILL_RETURN_ANY_TIME: Words = _("By our own rules you can still send it back at any time.")
IF_WRONG: Words = _("If something is wrong with it, tell us: that has nothing to do with this.")

# The law's terms, where goods have to come back. {when}: the hour of our promise.
WHEN_MONEY: Words = _(
    "You get back all that you paid for it, the way you paid. We may wait until the goods are "
    "here, or until you show that they are posted: the number of the parcel or a photo of the "
    "receipt is enough. Then the money leaves by {when}, or within two working days if that is "
    "later."
)
WITH_POSTAGE: Words = _(
    "The postage that you paid when you ordered is part of it, up to what our usual delivery costs."
)

# --- Of the returns that follow ---------------------------------------------------------------

WITHDRAWN: dict[str, Text] = {
    Status.APPROVED: Text(
        _("You have withdrawn. Here is how to send it back."),
        _("You have withdrawn from the contract."),
        _("Pack it as shown and hand it to the carrier in time."),
    ),
    Status.EXPIRED: Text(
        _("The time to post it is over."),
        _("We have no note that it was posted. Your withdrawal stands all the same."),
        _(
            "If you did post it, give us the number on the receipt. If not, please post it soon: "
            "what reaches us is taken in, and your money follows."
        ),
    ),
    Status.CLOSED: Text(
        _("Your withdrawal is finished."),
        _("Your withdrawal is finished."),
        _("There is nothing left to do."),
    ),
}
# The same of what had not left.
STOPPING = Text(
    _("We stop what has not left us."),
    _("You do not want it any more, and we stop it."),
    _(
        "A person makes sure that it stays here, and then your money leaves. You do not need to "
        "do anything. If it left all the same, we write to you at once what to do."
    ),
)
STOPPED = Text(
    _("It stays with us, and your money comes back."),
    _("It stays with us."),
    _("We send your money and write to you then. You do not need to do anything."),
)
LEFT = Text(
    _("It had left already. Here is how to send it back."),
    _("It had left us before we could stop it."),
    _(
        "We wanted to stop it and were too late; we are sorry. When it is with you, pack it as "
        "shown and hand it to the carrier in time. We pay the postage."
    ),
)
LEFT_LATE = Text(
    _("It left us although it was stopped."),
    _("It left us although you did not want it any more."),
    _(
        "That was our mistake, and we are sorry. Please do not take it in when it comes, or write "
        "to us when you have it: we send you a label. Your money is not touched by it."
    ),
)


def of_return(rma: "ReturnAuthorization", code: str) -> Text | None:
    """The words of a return that follows from a withdrawal, where they are other ones."""
    if rma.keeps_goods and rma.left_at:
        return LEFT_LATE
    if rma.keeps_goods and code in (Status.APPROVED, "keeps_goods"):
        return STOPPING if rma.waits_for_stop else STOPPED
    if rma.keeps_goods and code == Status.RESOLVED:
        return STOPPED
    if rma.left_at and code == Status.APPROVED:
        return LEFT
    return WITHDRAWN.get(code)
