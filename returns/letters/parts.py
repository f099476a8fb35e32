"""What several letters tell: the goods, the parcel, the promise."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from returns import formats, ledger, texts
from returns.codes import Wish
from returns.expected import expected
from returns.models.authorization import ReturnAuthorization
from returns.models.notice import Notice
from returns.models.promise import Promise, PromiseKind
from returns.troubles import Troubles
from tracking import carriers
from tracking.milestones import FINAL, Milestone
from tracking.models import Parcel
from tracking.models.scan import merged
from tracking.texts import MILESTONES, Text
from tracking.texts import of as stands_at

Facts = dict[str, Any]


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
    carrier's own, only where we have none. shipped_at: when it left us. fact: what is wrong,
    '' when nothing is; tells_scans: and that tells of the last scan, too. expected: when it
    should be there, and why so late. besides: what else is wrong."""

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
    fact: str = ""
    tells_scans: bool = False
    expected: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    is_news: bool = True


def of_return(notice: Notice) -> Facts:
    """What every letter about a return tells."""
    rma = return_of(notice)
    rows = rma.lines.select_related("line")
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
        "wish": texts.WISHES[rma.wish].label,
        "in_money": rma.wish == Wish.REFUND and rma.estimated_total,
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


def journey(parcel: Parcel, shipped_at: datetime) -> Journey:
    now = timezone.now()
    scan = next(iter(merged(list(parcel.scans.all()))), None)
    unknown = scan is not None and scan.milestone == Milestone.UNKNOWN
    troubles = Troubles.of(parcel, now, back=False)
    text = _stands(parcel, shipped_at, now)
    return Journey(
        carrier=carriers.called(parcel.carrier),
        number=parcel.number,
        title=troubles.title if troubles.lead else text.title,
        next_step=troubles.next_step if troubles.lead else text.next_step,
        shipped_at=shipped_at,
        at=scan.at if scan else None,
        place=scan.place if scan else "",
        sentence=MILESTONES[scan.milestone].sentence if scan and not troubles.lead else "",
        words=scan.words if scan and unknown else "",
        has_ended=parcel.milestone in FINAL,
        fact=troubles.fact if troubles.lead else "",
        tells_scans=troubles.tells_last_scan,
        expected=expected(parcel, troubles, now).sentences,
        besides=troubles.lines,
    )


def _stands(parcel: Parcel, shipped_at: datetime, now: datetime) -> Text:
    """The words of its milestone. Whether a first scan is late, the watch says of those
    that were handed over."""
    if parcel.milestone == Milestone.ANNOUNCED and parcel.handed_over_at:
        return MILESTONES[Milestone.ANNOUNCED]
    return stands_at(parcel.milestone, parcel.milestone_at or shipped_at, now)


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


def in_one_line(text: str) -> str:
    """So that nothing written into a name can begin a new header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
