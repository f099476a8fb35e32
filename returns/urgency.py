"""Which notices may wait, and how long: a table by their kind."""

from enum import Enum

from returns.models.notice import Channel, NoticeKind


class Urgency(Enum):
    """REQUIRED: codes, money, law, and honest words about a promise that we broke. ANSWER:
    answers what the buyer has just done. Both leave at once, at any hour. SOON: what came
    of what the buyer asked for; not in the quiet hours, else at once. ROUTINE: not in
    the buyer's quiet hours, and not more than one in an hour. NEWS: the same, gathered for
    some minutes; when it tells of trouble it may be held for a person to read."""

    REQUIRED = "required"
    ANSWER = "answer"
    SOON = "soon"
    ROUTINE = "routine"
    NEWS = "news"


URGENCY: dict[str, Urgency] = {
    NoticeKind.ACCESS_CODE: Urgency.REQUIRED,
    NoticeKind.CONTACT_CHANGED: Urgency.REQUIRED,
    NoticeKind.ADDRESS_ASKED: Urgency.REQUIRED,
    NoticeKind.WITHDRAWAL_NEWS: Urgency.REQUIRED,
    NoticeKind.RETURN_SETTLED: Urgency.REQUIRED,
    NoticeKind.REFUND_REVERSED: Urgency.REQUIRED,
    NoticeKind.RETURN_PUT_RIGHT: Urgency.REQUIRED,
    NoticeKind.PROMISE_LATE: Urgency.REQUIRED,
    NoticeKind.RETURN_REQUESTED: Urgency.ANSWER,
    NoticeKind.RETURN_APPROVED: Urgency.ANSWER,
    NoticeKind.RETURN_CANCELLED: Urgency.ANSWER,
    NoticeKind.MESSAGE_RECEIVED: Urgency.ANSWER,
    NoticeKind.MESSAGE_ANSWER: Urgency.ANSWER,
    NoticeKind.ADDRESS_NEWS: Urgency.SOON,
    NoticeKind.OFFER_MADE: Urgency.SOON,
    NoticeKind.RETURN_POSTAGE: Urgency.SOON,
    NoticeKind.REPLACEMENT_SENT: Urgency.SOON,
    NoticeKind.VARIANT_GONE: Urgency.SOON,
    NoticeKind.ORIGINAL_REMINDER: Urgency.ROUTINE,
    NoticeKind.PROBLEM_RECEIVED: Urgency.ANSWER,
    NoticeKind.PROBLEM_REMINDER: Urgency.SOON,
    NoticeKind.SIGNATURE_QUESTION: Urgency.SOON,
    NoticeKind.INVESTIGATION_NEWS: Urgency.SOON,
    NoticeKind.ADDRESS_QUESTION: Urgency.ROUTINE,
    NoticeKind.INFO_REQUESTED: Urgency.ROUTINE,
    NoticeKind.QUESTION_REMINDER: Urgency.ROUTINE,
    NoticeKind.RETURN_DECLINED: Urgency.ROUTINE,
    NoticeKind.RETURN_REMINDER: Urgency.ROUTINE,
    NoticeKind.RETURN_EXPIRED: Urgency.ROUTINE,
    NoticeKind.RETURN_SCANNED: Urgency.ROUTINE,
    NoticeKind.RETURN_UPDATE: Urgency.ROUTINE,
    NoticeKind.RETURN_ARRIVED: Urgency.ROUTINE,
    NoticeKind.RETURN_RECEIVED: Urgency.ROUTINE,
    NoticeKind.RETURN_RESOLVED: Urgency.ROUTINE,
    NoticeKind.ORDER_UPDATE: Urgency.ROUTINE,
    NoticeKind.ORDER_NEWS: Urgency.NEWS,
    NoticeKind.RETURN_NEWS: Urgency.NEWS,
}
AT_ONCE = frozenset({Urgency.REQUIRED, Urgency.ANSWER})

# What is short enough to be told whole over SMS or WhatsApp. All else is an email: a full
# record, with papers, or with money in it.
SHORT_KINDS = frozenset(
    {
        NoticeKind.ORDER_NEWS,
        NoticeKind.ORDER_UPDATE,
        NoticeKind.RETURN_NEWS,
        NoticeKind.RETURN_UPDATE,
        NoticeKind.RETURN_SCANNED,
        NoticeKind.RETURN_ARRIVED,
        NoticeKind.RETURN_REMINDER,
        NoticeKind.QUESTION_REMINDER,
        NoticeKind.PROMISE_LATE,
        NoticeKind.MESSAGE_RECEIVED,
        NoticeKind.MESSAGE_ANSWER,
        NoticeKind.ADDRESS_QUESTION,
        NoticeKind.ADDRESS_NEWS,
        NoticeKind.PROBLEM_RECEIVED,
        NoticeKind.PROBLEM_REMINDER,
        NoticeKind.SIGNATURE_QUESTION,
        NoticeKind.INVESTIGATION_NEWS,
    }
)
# A service message that can be stopped says how. What answers the buyer cannot be.
CAN_BE_STOPPED = frozenset({Channel.SMS, Channel.WHATSAPP})


def leaves_at_once(kind: str) -> bool:
    return URGENCY[kind] in AT_ONCE


def needs_no_pause(kind: str) -> bool:
    """It may leave soon after another message to the same person."""
    return URGENCY[kind] in AT_ONCE | {Urgency.SOON}
