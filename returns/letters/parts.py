"""What several letters tell: the goods and the promise."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from returns import formats, ledger, texts
from returns.codes import Wish
from returns.letters.claim import of_claim
from returns.models.authorization import ReturnAuthorization
from returns.models.notice import Notice
from returns.models.promise import Promise, PromiseKind

Facts = dict[str, Any]

TO_THE_WAY_PAID = frozenset({Wish.REFUND, Wish.PART_REFUND, Wish.REPAIR})
WRITE_AGAIN: texts.Words = _("We will write again by {when}.")


@dataclass(frozen=True)
class Item:
    """One line of a return. name: with its variant. comment: in the buyer's words."""

    quantity: int
    name: str
    reason: texts.Words
    comment: str


def of_return(notice: Notice) -> Facts:
    """What every letter about a return tells."""
    rma = return_of(notice)
    rows = list(rma.lines.select_related("line"))
    promises = Promise.objects.open().filter(authorization=rma).order_by("due_at", "pk")
    return {
        "items": [
            Item(
                row.requested,
                in_one_line(row.line.full_title),
                texts.REASONS[row.reason].label,
                row.comment,
            )
            for row in rows
        ],
        "wish": texts.wish_of(rma).label,
        **of_claim(rma, rows),
        "in_money": rma.wish in TO_THE_WAY_PAID and rma.estimated_total,
        "as_credit": rma.wish == Wish.STORE_CREDIT and rma.estimated_total,
        "promise": sentence(promises.first(), rma),
    }


def return_of(notice: Notice) -> ReturnAuthorization:
    assert notice.authorization is not None
    return notice.authorization


def once_more(notice: Notice) -> Facts:
    """Whether and until when a new return can be asked for."""
    now = timezone.now()
    mine = set(return_of(notice).lines.values_list("line_id", flat=True))
    lines = notice.order.with_goods().lines.all()
    found = [ledger.availability(line, now) for line in lines if line.pk in mine]
    possible = [item for item in found if item.limit]
    # The usual time; that a fault may be told of longer would read as if all might.
    ends = [item.usual_until for item in possible]
    return {
        "once_more": bool(possible),
        "once_more_until": min((end for end in ends if end), default=None),
    }


def renewed(notice: Notice) -> Promise | None:
    """The promise that stands in the place of the one we broke."""
    return (
        Promise.objects.open()
        .filter(
            order=notice.order, authorization=notice.authorization, kind=notice.facts.get("promise")
        )
        .select_related("follows")
        .first()
    )


def apology(kind: str, due_at: datetime, rma: ReturnAuthorization | None = None) -> str:
    """What we said and did not do in time. due_at: the hour that we named."""
    return str(texts.late(kind, rma)).format(when=formats.moment(due_at))


def late_news(notice: Notice) -> str:
    """The apology of news that went out after its hour; '' when it is in time."""
    due_at = notice.facts.get("due_at") if notice.facts.get("late") else None
    return apology(PromiseKind.UPDATE, datetime.fromisoformat(due_at)) if due_at else ""


def sentence(promise: Promise | None, rma: ReturnAuthorization | None = None) -> str:
    if promise is None:
        return ""
    words = texts.promise(promise.kind, rma)
    return str(words).format(when=formats.moment(promise.due_at))


def next_word(notice: Notice, *, troubles: Collection[str] = ()) -> str:
    """By when we write again, '' when nothing is promised. troubles: as for texts.promise."""
    kind, due_at = _next(notice)
    words = texts.promise(kind, notice.authorization, troubles=troubles)
    return str(words).format(when=formats.moment(due_at)) if due_at else ""


def next_word_in_short(notice: Notice) -> str:
    """The same in few words; '' where only the whole sentence says what is promised."""
    kind, due_at = _next(notice)
    if due_at is None or kind != PromiseKind.UPDATE:
        return ""
    return str(WRITE_AGAIN).format(when=formats.brief_moment(due_at))


def _next(notice: Notice) -> tuple[str, datetime | None]:
    """Of a letter that keeps a promise the next one, else the open one of our news; of a
    return that has none such, whatever is promised first. The kind, and when it is due."""
    rma, kind = notice.authorization, notice.keeps.kind if notice.keeps else PromiseKind.UPDATE
    if again_at := _again_at(notice):
        return kind, again_at
    mine = Promise.objects.open().filter(order=notice.order, authorization=rma)
    ranked = sorted(mine, key=lambda row: (row.kind != kind, row.due_at, row.pk))
    found = next((row for row in ranked if rma or row.kind == kind), None)
    return (found.kind, found.due_at) if found else (kind, None)


def _again_at(notice: Notice) -> datetime | None:
    again_at = notice.facts.get("again_at")
    return datetime.fromisoformat(again_at) if again_at else None


def in_one_line(text: str) -> str:
    """So that nothing written into a name can begin a new header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
