"""The states of a withdrawal, and why one has no effect: plain data.

    new → unverified → effective
    new → unknown (no order fits) → unverified, effective
    new, unverified → outside (the law gives no such right here) → answered, effective
    ends: effective, repeated, answered, set_aside

What was declared is never changed by any of it (returns/models/withdrawal.py).
"""

from django.db.models import TextChoices


class WithdrawalStatus(TextChoices):
    """Labels are for the desk; buyers read `returns/withdrawal_texts.py`."""

    NEW = "new", "Just received"
    UNKNOWN = "unknown", "No order fits"
    UNVERIFIED = "unverified", "Waits for the buyer to confirm it"
    OUTSIDE = "outside", "To be answered"
    EFFECTIVE = "effective", "In force"
    REPEATED = "repeated", "Said once before"
    ANSWERED = "answered", "Answered: without effect"
    SET_ASIDE = "set_aside", "Set aside"


class WhyNot(TextChoices):
    """Why a withdrawal has no effect. The last four only a person can tell."""

    OVER = "over", "The period is over"
    EXEMPT = "exempt", "The law gives no such right for these goods"
    ELSEWHERE = "elsewhere", "The buyer’s country has no such right"
    CANCELLED = "cancelled", "The order is cancelled"
    NOTHING_LEFT = "nothing_left", "All of it came back or was withdrawn before"
    BUSINESS = "business", "Bought for a business"
    NOT_OURS = "not_ours", "Not a contract with this shop"
    NOT_THE_BUYER = "not_the_buyer", "Not from the buyer"
    OTHER = "other", "Something else"


class WithdrawalNews:
    """What a letter about a withdrawal tells."""

    CONFIRM = "confirm"  # somebody declared it: was it you?
    STOPPING = "stopping"  # it is in force, and we stop what has not left
    LEFT_LATE = "left_late"  # it left although it was stopped
    ANSWER = "answer"  # it has no effect, and why


class Verified(TextChoices):
    """How we know that it comes from the buyer."""

    PAGE = "page", "Made on the page of the order"
    CONFIRMED = "confirmed", "Confirmed on the page of the order"
    DESK = "desk", "Made sure by the desk"


S = WithdrawalStatus
TRANSITIONS: dict[str, frozenset[str]] = {
    S.NEW: frozenset({S.UNKNOWN, S.UNVERIFIED, S.OUTSIDE, S.EFFECTIVE, S.REPEATED, S.SET_ASIDE}),
    S.UNKNOWN: frozenset({S.UNVERIFIED, S.OUTSIDE, S.EFFECTIVE, S.REPEATED, S.SET_ASIDE}),
    S.UNVERIFIED: frozenset({S.OUTSIDE, S.EFFECTIVE, S.REPEATED, S.SET_ASIDE}),
    S.OUTSIDE: frozenset({S.ANSWERED, S.EFFECTIVE, S.SET_ASIDE}),
    S.EFFECTIVE: frozenset(),
    S.REPEATED: frozenset(),
    S.ANSWERED: frozenset({S.EFFECTIVE}),
    S.SET_ASIDE: frozenset({S.EFFECTIVE}),
}
OPEN = frozenset({S.NEW, S.UNKNOWN, S.UNVERIFIED, S.OUTSIDE})
# From here it may still take effect.
MAY_TAKE_EFFECT = frozenset(old for old, new in TRANSITIONS.items() if S.EFFECTIVE in new)
# What the desk tells the buyer of; the others end without a word.
TOLD = frozenset(
    {
        WhyNot.OVER,
        WhyNot.EXEMPT,
        WhyNot.ELSEWHERE,
        WhyNot.CANCELLED,
        WhyNot.NOTHING_LEFT,
        WhyNot.BUSINESS,
        WhyNot.OTHER,
    }
)
