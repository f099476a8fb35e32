"""The facts that each letter is written with, one function per kind."""

from collections.abc import Callable

from django.utils import timezone

from returns import exchange_texts, formats, remains, texts
from returns.guide import Guide
from returns.letters import (
    address,
    claim,
    exchanging,
    money_back,
    offer,
    parcel_back,
    problem,
    signature,
    thread,
    to_the_buyer,
    withdrawal,
)
from returns.letters.parts import (
    Facts,
    apology,
    next_word,
    of_return,
    once_more,
    renewed,
    return_of,
    sentence,
)
from returns.models.access import FindAttempt
from returns.models.event import Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise
from returns.states import SETTLED, Status
from tracking.calendars import end_of_day

# The letter of a decline says so in words of its own.
SAID_ANYWAY = frozenset({remains.Remains.APPEAL, remains.Remains.WRITE})


def _requested(notice: Notice) -> Facts:
    rma = return_of(notice)
    return of_return(notice) | {
        "status": texts.words_of(rma, Status.REQUESTED),
        "payer": texts.PAYERS[rma.payer],
        # The same letter acknowledges the buyer's answer and the appeal.
        "answer": notice.facts.get("answer", ""),
        # Asked of what was settled, which stays as it is.
        "is_settled": rma.status in SETTLED,
        "appeal": notice.facts.get("words", ""),
    }


def _approved(notice: Notice) -> Facts:
    rma = return_of(notice)
    keeps = rma.keeps_goods
    has_more_time = "post_by" in notice.facts
    # Told us that it is posted after the time had run out: there is nothing left to post.
    opened_again = has_more_time and rma.posted_at is not None
    shipment = rma.parcel_back
    posts = not (keeps or opened_again or rma.is_recall)
    standing = texts.Standing.KEEPS_GOODS if keeps else Status.APPROVED
    return (of_return(notice) | _of_recall(notice)) | {
        "status": texts.of_return(rma) if rma.is_recall else texts.words_of(rma, standing),
        "ahead": exchange_texts.ahead(rma) if posts else (),
        "when_money": withdrawal.when_money(rma),
        "payer": "" if opened_again or rma.is_recall else texts.PAYERS[rma.payer],
        "guide": Guide.of(rma) if posts else None,
        **(claim.granted(rma) if keeps else {}),
        "has_more_time": has_more_time,
        "has_label_now": "label" in notice.facts,
        "opened_again": opened_again,
        "number": shipment.number if shipment else "",
    }


def _of_recall(notice: Notice) -> Facts:
    """A parcel that is not wanted has no promise of its own: by when we write again is promised
    with it, as with every parcel."""
    rma = return_of(notice)
    if not rma.is_recall:
        return {}
    mine = Promise.objects.open().filter(order=notice.order, authorization=None)
    return {"promise": sentence(mine.order_by("due_at", "pk").first()), "is_recall": True}


def _asked(notice: Notice) -> Facts:
    order = notice.order
    today = end_of_day(timezone.localdate(), order.where)
    return of_return(notice) | {
        "status": texts.words_of(return_of(notice), Status.INFO_REQUESTED),
        "question": notice.facts["question"],
        "answer_by": order.store.answer_by(today),
    }


def _declined(notice: Notice) -> Facts:
    rma = return_of(notice)
    today = end_of_day(timezone.localdate(), notice.order.where)
    return of_return(notice) | {
        "status": texts.words_of(rma, Status.DECLINED),
        "reason": texts.DECLINED.get(rma.decline_reason, ""),
        "until": claim.told_until(rma),
        "remains": [
            str(remains.WORDS[one]) for one in remains.remaining(rma) if one not in SAID_ANYWAY
        ],
        "shows_photos": rma.shown_photos.exists(),
        "answer_by": notice.order.store.answer_by(today),
    }


def _put_right(notice: Notice) -> Facts:
    rma = return_of(notice)
    amount = formats.money(rma.estimated_total, notice.order.currency)
    return of_return(notice) | {"done": str(texts.PUT_RIGHT[rma.wish]).format(amount=amount)}


def _ended(status: str) -> Callable[[Notice], Facts]:
    def facts(notice: Notice) -> Facts:
        rma = return_of(notice)
        events = Event.objects.filter(authorization=rma, kind=EventKind.RETURN_CANCELLED)
        event = events.first()
        return (
            of_return(notice)
            | once_more(notice)
            | {
                "status": texts.words_of(rma, status),
                "recall": notice.facts.get("recall", False),
                "by_buyer": event is not None and event.actor == "buyer",
            }
        )

    return facts


def _question_again(notice: Notice) -> Facts:
    rma = return_of(notice)
    return of_return(notice) | {"question": rma.question, "promise": next_word(notice)}


def _late(notice: Notice) -> Facts:
    promise = renewed(notice)
    assert promise is not None
    missed = promise.follows.due_at if promise.follows else notice.written_at
    rma = notice.authorization
    return (of_return(notice) if rma else {}) | {
        "late": apology(promise.kind, missed, rma),
        "promise": sentence(promise, rma),
    }


def _contact(notice: Notice) -> Facts:
    changed = "email" in notice.facts["changed"]
    return {"new_email": notice.order.email if changed else "", "changed": changed}


def _code(notice: Notice) -> Facts:
    attempt = FindAttempt.objects.get(pk=notice.facts["attempt"])
    return {"code": attempt.code, "expires_at": attempt.expires_at}


FACTS: dict[str, Callable[[Notice], Facts]] = {
    NoticeKind.RETURN_REQUESTED: _requested,
    NoticeKind.RETURN_APPROVED: _approved,
    NoticeKind.INFO_REQUESTED: _asked,
    NoticeKind.QUESTION_REMINDER: _question_again,
    NoticeKind.RETURN_DECLINED: _declined,
    NoticeKind.RETURN_CANCELLED: _ended(Status.CANCELLED),
    NoticeKind.RETURN_PUT_RIGHT: _put_right,
    NoticeKind.RETURN_REMINDER: _approved,
    NoticeKind.RETURN_EXPIRED: _ended(Status.EXPIRED),
    NoticeKind.RETURN_SCANNED: parcel_back.scanned,
    NoticeKind.RETURN_NEWS: parcel_back.news,
    NoticeKind.RETURN_UPDATE: parcel_back.update,
    NoticeKind.RETURN_ARRIVED: parcel_back.arrived,
    NoticeKind.RETURN_RECEIVED: parcel_back.received,
    NoticeKind.RETURN_RESOLVED: parcel_back.resolved,
    NoticeKind.RETURN_SETTLED: parcel_back.settled,
    NoticeKind.REFUND_REVERSED: money_back.came_back,
    NoticeKind.REPLACEMENT_SENT: exchanging.sent,
    NoticeKind.ORIGINAL_REMINDER: exchanging.original,
    NoticeKind.VARIANT_GONE: exchanging.sold_out,
    NoticeKind.ORDER_NEWS: to_the_buyer.news,
    NoticeKind.ORDER_UPDATE: to_the_buyer.update,
    NoticeKind.OFFER_MADE: offer.made,
    NoticeKind.RETURN_POSTAGE: offer.postage,
    NoticeKind.PROMISE_LATE: _late,
    NoticeKind.MESSAGE_RECEIVED: thread.received,
    NoticeKind.MESSAGE_ANSWER: thread.answer,
    NoticeKind.ADDRESS_QUESTION: address.question,
    NoticeKind.ADDRESS_ASKED: address.asked,
    NoticeKind.ADDRESS_NEWS: address.news,
    NoticeKind.WITHDRAWAL_NEWS: withdrawal.news,
    NoticeKind.PROBLEM_RECEIVED: problem.received,
    NoticeKind.PROBLEM_REMINDER: problem.reminder,
    NoticeKind.SIGNATURE_QUESTION: signature.question,
    NoticeKind.INVESTIGATION_NEWS: problem.found,
    NoticeKind.CONTACT_CHANGED: _contact,
    NoticeKind.ACCESS_CODE: _code,
}
