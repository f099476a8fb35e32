"""The facts of the letters about problems: we have heard of one, it can be told now, and what
became of the search for a parcel."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from returns import addresses, empathy, formats, investigation_texts, texts
from returns.codes import ProblemKind
from returns.four_parts import told_of
from returns.investigation_steps import TURNED_UP, InvestigationStatus
from returns.letters.parts import Facts
from returns.models.investigation import Investigation
from returns.models.notice import Notice, NoticeKind
from returns.models.problem import Problem, ProblemReminder
from returns.models.promise import Promise, PromiseKind
from returns.troubles import Troubles
from returns.wording import sentences
from tracking import carriers
from tracking.incidents import IncidentKind
from tracking.texts import Words

ABOUT_PROBLEMS = frozenset(
    {NoticeKind.PROBLEM_RECEIVED, NoticeKind.PROBLEM_REMINDER, NoticeKind.INVESTIGATION_NEWS}
)
TO_CHOOSE = frozenset({investigation_texts.CHOICE, InvestigationStatus.LOST})

HEARD: dict[str, Words] = {
    ProblemKind.LATE: _("We have heard that your parcel is late."),
    ProblemKind.NOT_HERE: _("We have heard that your parcel is not with you."),
    ProblemKind.CUSTOMS: _("We have heard that customs asks for something."),
}
SOMETHING_IS_WRONG: Words = _("We have heard that something is wrong.")
KINDLY: dict[str, Words] = {
    ProblemKind.LATE: empathy.TO_YOU[IncidentKind.OVERDUE],
    ProblemKind.NOT_HERE: empathy.TO_YOU[IncidentKind.DELIVERED_NOT_RECEIVED],
    ProblemKind.CUSTOMS: empathy.TO_YOU[IncidentKind.CUSTOMS_DOCUMENTS],
}
THANK_YOU: Words = _("Thank you for telling us. It should not be like that, and we are sorry.")
# What happens now, where nothing is searched for.
A_PERSON: Words = _("A person of us reads it and looks after it. You need not write again.")
PAY_NOTHING: Words = _(
    "A person of us looks at it with you. Please pay and send nothing before you hear from us."
)
CAN_BE_TOLD: dict[str, Words] = {
    ProblemKind.LATE: _("Has your parcel come? If not, you can tell us now."),
    ProblemKind.NOT_HERE: _("Is your parcel there? If not, you can tell us now."),
}
TELL_US_NOW: Words = _("You wanted to tell us something; now you can.")
AS_ASKED: Words = _(
    "You asked us to remind you. If all is well by now, you do not need to do anything."
)


@dataclass(frozen=True)
class Step:
    """What we do next, and by when."""

    text: str
    when: str


def received(notice: Notice) -> Facts:
    """What was told, what is known of it, what is done, and by when we write."""
    known = Problem.objects.select_related("shipment__parcel", "case")
    problem = known.get(pk=notice.facts["problem"])
    search = _search(problem)
    parcel = problem.shipment.parcel if problem.shipment else None
    now = timezone.now()
    troubles = Troubles.of(parcel, now, back=False) if parcel else Troubles()
    parts = told_of(notice.order, troubles) if troubles.kind else None
    following = _following(problem, search)
    return {
        "headline": HEARD.get(problem.kind, SOMETHING_IS_WRONG),
        "opening": KINDLY.get(problem.kind, THANK_YOU),
        "quote": problem.words,
        "known": parts.fact if parts and problem.kind in HEARD else "",
        "done": parts.done if parts and problem.kind in HEARD else "",
        "steps": _steps(search) if search else [],
        "following": following,
        "promise": _promise(problem, {troubles.kind}),
        # For short texts.
        "fact": parts.fact if parts and problem.kind in HEARD else "",
        "solution": following,
    }


def _search(problem: Problem) -> Investigation | None:
    if problem.shipment is None:
        return None
    mine = Investigation.objects.open().filter(
        order=problem.order_id, parcel=problem.shipment.parcel_id
    )
    return mine.prefetch_related("steps").select_related("parcel").first()


def _steps(search: Investigation) -> list[Step]:
    """Those that are still to be done."""
    carrier = carriers.called(search.parcel.carrier)
    return [
        Step(
            investigation_texts.step(row.kind, carrier, done=False, about=search.kind),
            investigation_texts.by_when(row),
        )
        for row in search.steps.all()
        if row.done_at is None
    ]


def _following(problem: Problem, search: Investigation | None) -> str:
    if search:
        return str(investigation_texts.told(search).next)
    return str(PAY_NOTHING if problem.kind == ProblemKind.CUSTOMS else A_PERSON)


def _promise(problem: Problem, troubles: set[str]) -> str:
    """The word that was given with it: of a parcel that we write, of all else that we answer."""
    kind = PromiseKind.UPDATE if problem.case_id else PromiseKind.REPLY
    mine = Promise.objects.open().filter(order=problem.order_id, authorization=None, kind=kind)
    promise = mine.first()
    if promise is None:
        return ""
    words = texts.promise(kind, troubles=troubles)
    return str(words).format(when=formats.moment(promise.due_at))


def reminder(notice: Notice) -> Facts:
    return {
        "headline": CAN_BE_TOLD.get(notice.facts["problem"], TELL_US_NOW),
        "following": AS_ASKED,
        "solution": AS_ASKED,
    }


def found(notice: Notice) -> Facts:
    """What became of the search; of one that goes on, that the buyer may choose."""
    search = Investigation.objects.select_related("parcel").get(pk=notice.facts["investigation"])
    status = notice.facts["status"]
    told = investigation_texts.told(search, status)
    return {
        "headline": told.title,
        "quote": "" if status == investigation_texts.CHOICE else search.words,
        "following": told.next,
        "may_choose": status in TO_CHOOSE and not search.is_of_return,
        "promise": _next_word(search),
        # For short texts.
        "fact": search.words if status != TURNED_UP else "",
        "solution": sentences(str(told.next)),
    }


def _next_word(search: Investigation) -> str:
    """By when we write again, where we do."""
    mine = Promise.objects.open().filter(
        order=search.order_id, authorization=search.authorization_id, kind=PromiseKind.UPDATE
    )
    promise = mine.first()
    if promise is None:
        return ""
    # With a choice to make it is the buyer who tells us.
    kinds = {IncidentKind.LOST} if search.waits_for_choice else {""}
    words = texts.promise(promise.kind, search.authorization, troubles=kinds)
    return str(words).format(when=formats.moment(promise.due_at))


def path(notice: Notice) -> str:
    """The page of the order that it leads to; '' for the order's own."""
    if notice.kind == NoticeKind.INVESTIGATION_NEWS:
        pk = notice.facts["investigation"]
        return addresses.order_page(notice.order, "investigation", pk=pk)
    if notice.kind == NoticeKind.PROBLEM_REMINDER:
        kind = notice.facts["problem"]
        return addresses.order_page(notice.order, "problem_kind", kind=kind)
    search = _search(Problem.objects.get(pk=notice.facts["problem"]))
    return addresses.order_page(notice.order, "investigation", pk=search.pk) if search else ""


def is_news(notice: Notice, now: datetime) -> bool:
    """Whether it is so still."""
    if notice.kind == NoticeKind.PROBLEM_REMINDER:
        rows = ProblemReminder.objects.select_related("order", "shipment__parcel")
        mine = rows.filter(pk=notice.facts["reminder"]).first()
        return mine is not None and mine.is_news
    search = Investigation.objects.filter(pk=notice.facts["investigation"]).first()
    if search is None:
        return False
    match notice.facts["status"]:
        case investigation_texts.CHOICE:
            return search.waits_for_choice and search.is_open
        case InvestigationStatus.LOST:
            return search.status == InvestigationStatus.LOST and not search.is_made_good
        case status:
            return status == TURNED_UP or search.status == status
