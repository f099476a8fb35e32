"""The facts that each letter is written with, one function per kind."""

from collections.abc import Callable

from django.utils import timezone

from returns import formats, texts
from returns.guide import Guide
from returns.letters import address, parcel_back, thread, to_the_buyer
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
from returns.states import Status
from tracking.calendars import end_of_day


def _requested(notice: Notice) -> Facts:
    rma = return_of(notice)
    return of_return(notice) | {
        "status": texts.STATUS[Status.REQUESTED],
        "payer": texts.PAYERS[rma.payer],
        # The same letter acknowledges the buyer's answer and the appeal.
        "answer": notice.facts.get("answer", ""),
        "appeal": notice.facts.get("words", ""),
    }


def _approved(notice: Notice) -> Facts:
    rma = return_of(notice)
    keeps = rma.keeps_goods
    has_more_time = "post_by" in notice.facts
    # Told us that it is posted after the time had run out: there is nothing left to post.
    opened_again = has_more_time and rma.posted_at is not None
    shipment = rma.parcel_back
    return of_return(notice) | {
        "status": texts.KEEP_GOODS if keeps else texts.STATUS[Status.APPROVED],
        "payer": "" if opened_again else texts.PAYERS[rma.payer],
        "guide": None if keeps or opened_again else Guide.of(rma),
        "has_more_time": has_more_time,
        "has_label_now": "label" in notice.facts,
        "opened_again": opened_again,
        "number": shipment.number if shipment else "",
    }


def _asked(notice: Notice) -> Facts:
    order = notice.order
    today = end_of_day(timezone.localdate(), order.where)
    return of_return(notice) | {
        "status": texts.STATUS[Status.INFO_REQUESTED],
        "question": notice.facts["question"],
        "answer_by": order.store.answer_by(today),
    }


def _declined(notice: Notice) -> Facts:
    rma = return_of(notice)
    today = end_of_day(timezone.localdate(), notice.order.where)
    return of_return(notice) | {
        "status": texts.STATUS[Status.DECLINED],
        "reason": texts.DECLINED.get(rma.decline_reason, ""),
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
                "status": texts.STATUS[status],
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
    NoticeKind.ORDER_NEWS: to_the_buyer.news,
    NoticeKind.ORDER_UPDATE: to_the_buyer.update,
    NoticeKind.PROMISE_LATE: _late,
    NoticeKind.MESSAGE_RECEIVED: thread.received,
    NoticeKind.MESSAGE_ANSWER: thread.answer,
    NoticeKind.ADDRESS_QUESTION: address.question,
    NoticeKind.ADDRESS_ASKED: address.asked,
    NoticeKind.ADDRESS_NEWS: address.news,
    NoticeKind.CONTACT_CHANGED: _contact,
    NoticeKind.ACCESS_CODE: _code,
}
