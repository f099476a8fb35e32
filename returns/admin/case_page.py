"""Everything about one case on one page, in a fixed number of queries."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Prefetch, Q
from django.http import HttpRequest
from django.urls import reverse

from returns.admin.case_buttons import ACTS
from returns.admin.countdown import countdown
from returns.admin.investigation_acts import search_of
from returns.admin.notice_states import in_words
from returns.admin.told import told, troubles_of
from returns.investigation_steps import StepKind
from returns.letters import language_of, speaking
from returns.models import (
    Case,
    Investigation,
    InvestigationStep,
    Notice,
    Order,
    Promise,
    PromiseKind,
)
from returns.troubles import Troubles
from tracking import carriers
from tracking.models import Incident, Parcel, merged

SCANS_SHOWN = 6


def loaded(pk: int) -> Case | None:
    """A case with its order, its parcel and what the carrier told."""
    orders = Order.objects.select_related("store__account")
    steps = InvestigationStep.objects.select_related("owner", "done_by")
    orders = orders.prefetch_related(
        "cases__owner",
        "cases__contacts__file",
        "cases__investigations__claim",
        Prefetch("cases__investigations__steps", steps),
    )
    parcels = Parcel.objects.prefetch_related(
        "scans", Prefetch("incidents", Incident.objects.open())
    )
    known = Case.objects.select_related("owner", "looked_by", "authorization")
    rows = (
        Prefetch("order", orders),
        Prefetch("parcel", parcels),
        "contacts__user",
        "contacts__file",
    )
    return known.prefetch_related(*rows).filter(pk=pk).first()


def page(case: Case, now: datetime) -> dict[str, Any]:
    """What the page of a case shows, without its buttons."""
    promise = promise_of(case)
    return {
        "now": now,
        "case": case,
        "order": case.order,
        "parcel": case.parcel,
        "carrier": carriers.called(case.parcel.carrier),
        "scans": merged(list(case.parcel.scans.all()))[:SCANS_SHOWN],
        "promise": promise,
        "countdown": countdown(promise.due_at, now) if promise else "",
        "comes_first": _comes_first(case, now),
        "contacts": case.contacts.all(),
        **_search(case, now),
        "letters": [(row, in_words(row, now)) for row in letters_about(case)],
        **_told(case, now, promise),
    }


def _search(case: Case, now: datetime) -> dict[str, Any]:
    """The investigation of its parcel: each step with whose it is, by when, and its button."""
    search = search_of(case)
    if search is None:
        return {"search": None}
    rows = [(step, step.is_late(now), _button_of(case, step)) for step in search.steps.all()]
    return {"search": search, "steps": rows, "search_state": _state(search)}


def _button_of(case: Case, step: InvestigationStep) -> tuple[str, str]:
    """Address and words of what does this step; what is proved is done by its proof."""
    act, words = BUTTONS_OF_STEPS.get(step.kind, ("step", "It is done"))
    more = [step.pk] if act == "step" else []
    return reverse(f"admin:returns_case_{act}", args=[case.pk, *more]), words


BUTTONS_OF_STEPS: dict[str, tuple[str, str]] = {
    StepKind.ASK_CARRIER: ("contact", "Log what you asked"),
    StepKind.CARRIER_ANSWER: ("step", "No answer came"),
    StepKind.DECIDE: ("end", "Say what came of it"),
}


def _state(search: Investigation) -> str:
    """In one sentence, for the desk."""
    if search.turned_up_at:
        return "It was made good, and has turned up since."
    if search.is_made_good:
        return f"The buyer chose: {search.get_wish_display().lower()}."
    if search.waits_for_choice:
        return "The buyer may choose money or new goods, and has not yet."
    return "" if search.is_open else f"Ended: {search.get_status_display().lower()}."


def promise_of(case: Case) -> Promise | None:
    """By when its buyer is written to."""
    mine = Promise.objects.open().filter(order=case.order_id, kind=PromiseKind.UPDATE)
    return mine.filter(authorization=case.authorization_id).first()


def letters_about(case: Case) -> list[Notice]:
    """Those that tell of it, and those that keep the promise made for it since; drafts too."""
    tells = Q(pk__in=case.news.values("notice"))
    keeps = Q(
        order=case.order_id,
        authorization=case.authorization_id,
        keeps__kind=PromiseKind.UPDATE,
        written_at__gte=case.opened_at,
    )
    return list(Notice.objects.filter(tells | keeps).defer("text"))


def _told(case: Case, now: datetime, promise: Promise | None) -> dict[str, Any]:
    """As the buyer reads it, and in the desk's language where that is another."""
    order, due_at = case.order, promise.due_at if promise else None
    language = language_of(order.language or order.store.language)
    with speaking(language, order.where):
        theirs = told(case, now, due_at)
    ours = None
    if theirs and language != "en":
        with speaking("en", order.where):
            ours = told(case, now, due_at)
    return {"told": theirs, "told_in_english": ours, "language_code": language}


def _comes_first(case: Case, now: datetime) -> str:
    """The title of another trouble of the same parcel that the buyer reads before this one."""
    first = Troubles.of(case.parcel, now, back=case.authorization_id is not None)
    mine = troubles_of(case, now)
    return first.title if first.kind and first.kind != mine.kind else ""


def buttons(request: HttpRequest, case: Case) -> list[tuple[str, str]]:
    """Address and words of what can be done about the case itself now."""
    if not may_care(request):
        return []
    return [
        (reverse(f"admin:returns_case_{name}", args=[case.pk]), act.title)
        for name, act in ACTS.items()
        if not act.has_row and act.fits(case)
    ]


def may_care(request: HttpRequest) -> bool:
    return request.user.has_perm("returns.care_for_case")


def opened_by_owner(case: Case, user: User) -> bool:
    """Whether whoever looks after it sees it for the first time as it is now."""
    return case.is_open and case.looked_at is None and case.owner_id == user.pk
