"""Writes the letter of a notice: subject, text and HTML, in the buyer's language and zone.

What a letter says is in templates/notices/<kind>.{subject,text,html}; here are the facts
that it says it with, one function per kind, and whether they are still true.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation

from returns import addresses, formats, ledger, texts
from returns.channels import Message
from returns.codes import Wish
from returns.guide import Guide
from returns.models.access import FindAttempt, ShortLink
from returns.models.event import Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.states import SETTLED, Status
from tracking import carriers
from tracking.calendars import end_of_day
from tracking.milestones import FINAL, Milestone
from tracking.models import Parcel
from tracking.texts import MILESTONES
from tracking.texts import of as stands_at

LONGEST_SUBJECT = 70
# Letters that hold no link: whoever reads them may be the wrong person.
WITHOUT_LINK = frozenset({NoticeKind.ACCESS_CODE, NoticeKind.CONTACT_CHANGED})
Facts = dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """kept_text: what may be stored; the link's own code is a key and is not in it."""

    subject: str
    text: str
    html: str
    kept_text: str


def write(notice: Notice) -> Letter:
    """Renders the letter as things stand now, with a fresh short link of its own.

    All of it is read in one transaction, which also takes the link back when the letter
    cannot be written.
    """
    order, store = notice.order, notice.order.store
    with transaction.atomic(), speaking(notice.language, order.where):
        code, link = _link(notice)
        facts: Facts = {
            "notice": notice,
            "order": order,
            "store": store,
            "rma": notice.authorization,
            "name": _line(order.first_name)[:60],
            "link": link,
            "town": formats.place(order.where),
            "language": translation.get_language() or settings.LANGUAGE_CODE,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
            "brand": _colour(store.brand),
            "promise": "",
        }
        facts |= FACTS[notice.kind](notice)
        subject = _shorten(_line(_render(notice.kind, "subject", facts)))
        facts["subject"] = subject
        text = _tidy(_render(notice.kind, "text", facts))
        html = get_template(f"notices/{notice.kind}.html").render(facts)
    return Letter(subject, text, html, text.replace(code, "…") if code else text)


def message(notice: Notice, letter: Letter) -> Message:
    store = notice.order.store
    return Message(
        key=notice.message_id,
        recipient=notice.recipient,
        sender=store.name,
        reply_to=store.contact_email,
        language=language_of(notice.language),
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
    )


def language_of(code: str) -> str:
    """The nearest language that we have; the site's own when we have none like it."""
    try:
        return translation.get_supported_language_variant(code)
    except LookupError:
        return settings.LANGUAGE_CODE


@contextmanager
def speaking(language: str, zone: str) -> Iterator[None]:
    with translation.override(language_of(language)), timezone.override(zone):
        yield


# --- Is it still true? -----------------------------------------------------------------------

# What a return must be like for its news to be news.
STILL: dict[str, frozenset[str]] = {
    NoticeKind.RETURN_REQUESTED: frozenset({Status.REQUESTED}),
    NoticeKind.RETURN_APPROVED: frozenset({Status.APPROVED}),
    NoticeKind.INFO_REQUESTED: frozenset({Status.INFO_REQUESTED}),
    NoticeKind.RETURN_DECLINED: frozenset({Status.DECLINED}),
    NoticeKind.RETURN_CANCELLED: frozenset({Status.CANCELLED}),
    NoticeKind.RETURN_PUT_RIGHT: SETTLED,
    NoticeKind.RETURN_REMINDER: frozenset({Status.APPROVED}),
    NoticeKind.RETURN_EXPIRED: frozenset({Status.EXPIRED}),
}


def is_still_true(notice: Notice, now: datetime | None = None) -> bool:
    """Whether the letter is still news. What came after it has a letter of its own."""
    now = now or timezone.now()
    rma = notice.authorization
    if notice.kind in STILL:
        still = STILL[notice.kind]
        if notice.kind == NoticeKind.RETURN_APPROVED and rma and rma.keeps_goods:
            # With nothing to send it may be decided before the letter leaves.
            still |= SETTLED
        if rma is None or rma.status not in still:
            return False
    match notice.kind:
        case NoticeKind.INFO_REQUESTED:
            return rma is not None and notice.facts.get("question") == rma.question
        case NoticeKind.RETURN_REMINDER:
            return rma is not None and rma.post_by is not None and now < rma.post_by
        case NoticeKind.ORDER_UPDATE:
            # That it has arrived stays news; where it is does not, once it has.
            return "arrived" in notice.facts or notice.order.awaits_delivery
        case NoticeKind.PROMISE_LATE:
            return _renewed(notice) is not None
        case NoticeKind.ACCESS_CODE:
            attempt = FindAttempt.objects.filter(pk=notice.facts.get("attempt")).first()
            return bool(
                attempt and not attempt.is_spent and attempt.expires_at and now < attempt.expires_at
            )
    return True


# --- The facts of each kind -------------------------------------------------------------------


def _requested(notice: Notice) -> Facts:
    rma = notice.authorization
    assert rma is not None
    return _return(notice) | {
        "status": texts.STATUS[Status.REQUESTED],
        "payer": texts.PAYERS[rma.payer],
        # The same letter acknowledges the buyer's answer and the appeal.
        "answer": notice.facts.get("answer", ""),
        "appeal": notice.facts.get("words", ""),
    }


def _approved(notice: Notice) -> Facts:
    rma = notice.authorization
    assert rma is not None
    keeps = rma.keeps_goods
    return _return(notice) | {
        "status": texts.KEEP_GOODS if keeps else texts.STATUS[Status.APPROVED],
        "payer": texts.PAYERS[rma.payer],
        "guide": None if keeps else Guide.of(rma),
        "has_more_time": "post_by" in notice.facts,
    }


def _asked(notice: Notice) -> Facts:
    order = notice.order
    today = end_of_day(timezone.localdate(), order.where)
    return _return(notice) | {
        "status": texts.STATUS[Status.INFO_REQUESTED],
        "question": notice.facts["question"],
        "answer_by": order.store.answer_by(today),
    }


def _declined(notice: Notice) -> Facts:
    rma = notice.authorization
    assert rma is not None
    today = end_of_day(timezone.localdate(), notice.order.where)
    return _return(notice) | {
        "status": texts.STATUS[Status.DECLINED],
        "reason": texts.DECLINED.get(rma.decline_reason, ""),
        "answer_by": notice.order.store.answer_by(today),
    }


def _put_right(notice: Notice) -> Facts:
    rma = notice.authorization
    assert rma is not None
    amount = formats.money(rma.estimated_total, notice.order.currency)
    return _return(notice) | {"done": str(texts.PUT_RIGHT[rma.wish]).format(amount=amount)}


def _ended(status: str) -> Callable[[Notice], Facts]:
    def facts(notice: Notice) -> Facts:
        rma = notice.authorization
        assert rma is not None
        events = Event.objects.filter(authorization=rma, kind=EventKind.RETURN_CANCELLED)
        event = events.first()
        return (
            _return(notice)
            | _once_more(notice)
            | {
                "status": texts.STATUS[status],
                "by_buyer": event is not None and event.actor == "buyer",
            }
        )

    return facts


def _update(notice: Notice) -> Facts:
    order = notice.order
    promises = Promise.objects.filter(order=order, kind=PromiseKind.UPDATE, authorization=None)
    journeys = [
        _journey(row.parcel, row.shipped_at)
        for row in order.shipments.filter(is_return=False).select_related("parcel")
        if row.parcel
    ]
    kept = promises.exclude(state="open").order_by("-settled_at", "-pk").first()
    # News since we last wrote; the first letter of all has nothing to compare with.
    since = kept.made_at if kept else None
    journeys = [
        replace(row, is_news=row.has_ended or since is None or bool(row.at and row.at > since))
        for row in journeys
    ]
    # A parcel that is still on the road gives the heading.
    telling = sorted(journeys, key=lambda row: row.has_ended)
    missed = notice.facts.get("due_at") if notice.facts.get("late") else None
    return {
        "journeys": journeys,
        "late": _missed(PromiseKind.UPDATE, datetime.fromisoformat(missed)) if missed else "",
        "arrived": "arrived" in notice.facts,
        "more_to_come": any(line.to_ship for line in order.with_goods().lines.all()),
        "headline": telling[0].title if telling else "",
        "promise": _sentence(promises.open().first()),
    }


def _late(notice: Notice) -> Facts:
    renewed = _renewed(notice)
    assert renewed is not None
    missed = renewed.follows.due_at if renewed.follows else notice.written_at
    rma = notice.authorization
    return (_return(notice) if rma else {}) | {
        "late": _missed(renewed.kind, missed),
        "promise": _sentence(renewed),
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
    NoticeKind.RETURN_DECLINED: _declined,
    NoticeKind.RETURN_CANCELLED: _ended(Status.CANCELLED),
    NoticeKind.RETURN_PUT_RIGHT: _put_right,
    NoticeKind.RETURN_REMINDER: _approved,
    NoticeKind.RETURN_EXPIRED: _ended(Status.EXPIRED),
    NoticeKind.ORDER_UPDATE: _update,
    NoticeKind.PROMISE_LATE: _late,
    NoticeKind.CONTACT_CHANGED: _contact,
    NoticeKind.ACCESS_CODE: _code,
}


@dataclass(frozen=True)
class Item:
    """One line of a return. name: with its variant. comment: in the buyer's words."""

    quantity: int
    name: str
    reason: texts.Words
    comment: str


@dataclass(frozen=True)
class Journey:
    """Where one parcel is. at: of the last scan, None before the first. words: the
    carrier's own, only where we have none. shipped_at: when it left us."""

    carrier: str
    number: str
    title: texts.Words
    next_step: texts.Words
    shipped_at: datetime
    at: datetime | None
    place: str
    sentence: texts.Words
    words: str
    has_ended: bool
    is_news: bool = True


def _return(notice: Notice) -> Facts:
    """What every letter about a return tells."""
    rma = notice.authorization
    assert rma is not None
    rows = rma.lines.select_related("line")
    promises = Promise.objects.open().filter(authorization=rma).order_by("due_at", "pk")
    return {
        "items": [
            Item(
                row.requested,
                _line(row.line.full_title),
                texts.REASONS[row.reason].label,
                row.comment,
            )
            for row in rows
        ],
        "wish": texts.WISHES[rma.wish].label,
        "in_money": rma.wish == Wish.REFUND and rma.estimated_total,
        "as_credit": rma.wish == Wish.STORE_CREDIT and rma.estimated_total,
        "promise": _sentence(promises.first()),
    }


def _once_more(notice: Notice) -> Facts:
    """Whether and until when a new return can be asked for."""
    rma = notice.authorization
    assert rma is not None
    now = timezone.now()
    mine = set(rma.lines.values_list("line_id", flat=True))
    lines = notice.order.with_goods().lines.all()
    found = [ledger.availability(line, now) for line in lines if line.pk in mine]
    possible = [item for item in found if item.limit]
    # The usual time; that a fault may be told of longer would read as if all might.
    ends = [item.usual_until for item in possible]
    return {
        "once_more": bool(possible),
        "once_more_until": min((end for end in ends if end), default=None),
    }


def _journey(parcel: Parcel, shipped_at: datetime) -> Journey:
    scan = parcel.scans.first()
    text = stands_at(parcel.milestone, parcel.milestone_at or shipped_at, timezone.now())
    unknown = scan is not None and scan.milestone == Milestone.UNKNOWN
    return Journey(
        carrier=carriers.called(parcel.carrier),
        number=parcel.number,
        title=text.title,
        next_step=text.next_step,
        shipped_at=shipped_at,
        at=scan.at if scan else None,
        place=scan.place if scan else "",
        sentence=MILESTONES[scan.milestone].sentence if scan else "",
        words=scan.words if scan and unknown else "",
        has_ended=parcel.milestone in FINAL,
    )


def _renewed(notice: Notice) -> Promise | None:
    """The promise that stands in the place of the one we broke."""
    return (
        Promise.objects.open()
        .filter(
            order=notice.order, authorization=notice.authorization, kind=notice.facts.get("promise")
        )
        .select_related("follows")
        .first()
    )


def _missed(kind: str, due_at: datetime) -> str:
    return str(texts.LATE[kind]).format(when=formats.moment(due_at))


def _sentence(promise: Promise | None) -> str:
    if promise is None:
        return ""
    return str(texts.PROMISES[promise.kind]).format(when=formats.moment(promise.due_at))


# --- How it is put together ----------------------------------------------------------------


def _link(notice: Notice) -> tuple[str, str]:
    """The code of a fresh short link and its whole address; twice '' where none belongs."""
    if notice.kind in WITHOUT_LINK:
        return "", ""
    order, path = notice.order, ""
    if notice.authorization:
        page = addresses.return_page(notice.authorization)
        path = page.removeprefix(addresses.order_page(order))
    code = ShortLink.objects.make(order, path)
    return code, addresses.short_link(order, code)


def _render(kind: str, part: str, facts: Facts) -> str:
    """A plain part: nothing is escaped in it, whatever the template says."""
    template: Any = get_template(f"notices/{kind}.{part}")
    return template.template.render(Context(facts, autoescape=False))


def _line(text: str) -> str:
    """All in one line, so that nothing written into a name can begin a new header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _shorten(subject: str) -> str:
    if len(subject) <= LONGEST_SUBJECT:
        return subject
    return subject[: LONGEST_SUBJECT - 1].rstrip() + "…"


def _tidy(text: str) -> str:
    """One blank line between paragraphs, none at the ends, no blanks at line ends."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _colour(brand: str) -> str:
    """It stands in a style sheet, where HTML's escaping protects nothing."""
    return brand if re.fullmatch(r"#[0-9a-fA-F]{6}", brand) else "#2d5f51"
