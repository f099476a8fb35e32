"""Something is wrong: what happened, a short path for each kind, and what comes of it.

The pages offer what `returns/problems.py` says is possible, and take nothing else; the verbs
judge it once more under lock.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.access import OrderRequest, order_view
from portal.forms.returns import DIGITS
from portal.order_page.actions import masked_destination
from portal.pages import form_page, render_page
from portal.problem_page import checking, offered, words
from portal.problem_page.known import carriers_words, delivery_of, known
from portal.problem_page.reading import read_for
from portal.problem_page.telling import CHECK, LOOK, Telling
from portal.problem_page.told import found_problem, standing
from portal.return_page.pictures import takes_photos
from returns import addresses, problem_texts
from returns.codes import ProblemKind
from returns.ledger import Refused
from returns.models import BUYER, Order, ReturnAuthorization
from returns.models.access import TooOften
from returns.problems import OF_THINGS, Why
from returns.wording import filled

CONFLICT = 409  # something else was faster
TOO_MANY = 429


@require_safe
@order_view(story=True)
def what(request: OrderRequest) -> HttpResponse:
    """What happened? Only what can be true, and from when the rest can be told."""
    order = read_for(request)
    return render_page(request, "problem", {"offered": offered.offered(order, timezone.now())})


@require_safe
@order_view(story=True)
def kind(request: OrderRequest, kind: str) -> HttpResponse:
    """One kind: to its first question; or why not, from when, and what may be done instead."""
    telling = Telling.kept(read_for(request), kind)
    option = telling.option
    if option.verdict.problem is not None:
        return redirect(told_page(request.order, option.verdict.problem))
    if option.verdict.why == Why.SEARCHED:
        searches = offered.search_pages(request.order, option)
        if len(searches) == 1:
            return redirect(searches[0])
    if not option.is_possible:
        return _later(request, telling)
    if option.told is not None and "more" not in request.GET:
        row = offered.told_row(request.order, option.told)
        return render_page(
            request,
            "problem_known",
            {"row": row, "more": f"{telling.page()}?more=1", "back": _first(request.order)},
        )
    if telling.is_recall and telling.parcel is not None:
        return redirect(telling.next_page)
    asked = request.GET.get("parcel", "")
    query = f"?parcel={asked}" if asked.isdecimal() else ""
    return redirect(f"{telling.page(telling.steps[0])}{query}")


def _later(request: OrderRequest, telling: Telling, *, status: int = 200) -> HttpResponse:
    order, option = request.order, telling.option
    context = {
        "kind": telling.kind,
        "title": problem_texts.KINDS[telling.kind].label,
        "heading": problem_texts.HEADINGS.get(option.verdict.why, problem_texts.NOT_NOW),
        "rows": offered.not_yet(order, option),
        "can_remind": bool(order.email),
        "ways": offered.ways(order, option, telling.now),
        "back": _first(order),
    }
    return render_page(request, "problem_later", context, status=status)


@form_page
@order_view(story=True)
def remind(request: OrderRequest, kind: str) -> HttpResponse:
    """We write when it can be told. Pressed twice, there is one reminder."""
    telling = Telling.kept(read_for(request), kind)
    page = telling.page()
    if request.method != "POST":
        return redirect(page)
    asked = request.POST.get("parcel", "")[:DIGITS]
    verdict = telling.option.parcels.get(int(asked) if asked.isdecimal() else -1)
    if kind in OF_THINGS:
        verdict = telling.option.verdict
    may = bool(verdict and verdict.why == Why.TOO_EARLY and request.order.email)
    if not may or verdict is None or verdict.begins is None:
        return redirect(page)
    shipment = next((row for row in request.order.outbound if str(row.pk) == asked), None)
    request.order.remind_of_problem(kind, shipment=shipment, at=verdict.begins, by=BUYER)
    return redirect(page)


# --- The way through ----------------------------------------------------------------------------

type Step = Callable[[OrderRequest, Telling], HttpResponse]


def step(view: Step) -> Callable[..., Any]:
    """For one question, named as its step. Where the kind is not possible (any more), or an
    earlier question is open, it leads to what says so."""
    name = view.__name__

    @wraps(view)
    def wrapper(request: OrderRequest, kind: str) -> HttpResponse:
        telling = Telling.kept(read_for(request), kind)
        if not telling.option.is_possible:
            if request.method == "POST":
                return _later(request, telling, status=CONFLICT)
            return redirect(telling.page())
        if name not in telling.steps:
            return redirect(telling.next_page)
        before = telling.steps[: telling.steps.index(name)]
        if not all(telling.is_answered(one) for one in before):
            return redirect(telling.next_page)
        return view(request, telling)

    return form_page(order_view(wrapper, story=True))


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _page(
    request: OrderRequest, telling: Telling, step: str, context: dict[str, Any], template: str = ""
) -> HttpResponse:
    usual = {
        "telling": telling,
        "kind_words": problem_texts.KINDS[telling.kind].label,
        "step": telling.number_of(step),
        "steps": len(telling.steps),
        "back": telling.page_before(step),
    }
    return render_page(request, template or f"problem_{step}", usual | context)


@step
def which(request: OrderRequest, telling: Telling) -> HttpResponse:
    """Which parcel, where several can be it."""
    choices = offered.parcel_choices(request.order, telling.option.open_parcels)
    form = telling.which_form(choices, _posted(request), request.GET.get("parcel", ""))
    if request.method == "POST" and form.is_valid():
        telling.keep(parcel=int(form.cleaned_data["parcel"]))
        fresh = Telling(telling.order, telling.kind, telling.draft, telling.now)
        return redirect(fresh.next_page)
    return _page(request, telling, "which", {"form": form})


@step
def look(request: OrderRequest, telling: Telling) -> HttpResponse:
    """Where such a parcel mostly turns up."""
    form = telling.look_form(_posted(request))
    if request.method == "POST" and form.is_valid():
        telling.keep(looked=form.cleaned_data["looked"])
        return redirect(telling.next_page)
    order = request.order
    delivery = delivery_of(order, telling.shipment, telling.now)
    quote, language = carriers_words(delivery)
    context = {
        "form": form,
        "known": known(order, telling.shipment, telling.now),
        "quote": quote,
        "quote_language": language,
        "sent_to": filled(
            problem_texts.WE_SENT_IT, address=masked_destination(order, telling.shipment)
        ),
        "call": delivery.hotline if delivery else ("", ""),
    }
    return _page(request, telling, "look", context)


@step
def things(request: OrderRequest, telling: Telling) -> HttpResponse:
    """Which things, and how many of them."""
    form = telling.things_form(_posted(request))
    if request.method == "POST" and form.is_valid():
        telling.keep(lines=form.chosen)
        return redirect(telling.next_page)
    context = {
        "form": form,
        "problems": form.found if form.is_bound else [],
        "closed": offered.closed_rows(request.order, telling.option),
    }
    return _page(request, telling, "things", context)


@step
def reason(request: OrderRequest, telling: Telling) -> HttpResponse:
    """What kind of fault it is."""
    form = telling.reason_form(_posted(request))
    if request.method == "POST" and form.is_valid():
        telling.keep(reason=form.cleaned_data["reason"])
        return redirect(telling.next_page)
    return _page(request, telling, "reason", {"form": form})


@step
def details(request: OrderRequest, telling: Telling) -> HttpResponse:
    """What it was like, in answers and in own words."""
    form = telling.details_form(_posted(request))
    if request.method == "POST" and form.is_valid():
        telling.keep(**form.cleaned_data)
        return redirect(telling.next_page)
    # Where one was asked to look first, it was said there.
    said_before = LOOK in telling.steps
    facts = [] if said_before else known(request.order, telling.shipment, telling.now)
    context = {
        "form": form,
        "known": facts,
        "is_customs": telling.kind == ProblemKind.CUSTOMS,
        "papers_url": addresses.order_page(request.order, "papers"),
    }
    return _page(request, telling, "details", context)


@step
def remedy(request: OrderRequest, telling: Telling) -> HttpResponse:
    """How it should be put right, by the rules of the day it was sold."""
    choices = checking.remedy_choices(telling)
    form = telling.remedy_form(choices, _posted(request))
    if request.method == "POST" and form.is_valid():
        telling.keep(wish=form.cleaned_data["wish"])
        return redirect(telling.next_page)
    context = {"form": form, "only_talk": len(choices) == 1}
    return _page(request, telling, "remedy", context)


@step
def variant(request: OrderRequest, telling: Telling) -> HttpResponse:
    """Which one instead."""
    form = telling.variant_form(_posted(request))
    if request.method == "POST" and form.is_valid():
        telling.keep(variants=form.chosen, other=form.cleaned_data["other"])
        return redirect(telling.next_page)
    return _page(request, telling, "variant", {"form": form})


# --- Check, and send ----------------------------------------------------------------------------


@form_page
@order_view(story=True)
def check(request: OrderRequest, kind: str) -> HttpResponse:
    """All answers once more, and what comes of them, before anything is sent."""
    telling = Telling.kept(read_for(request), kind)
    if request.method == "POST":
        return _send(request, telling)
    if not telling.option.is_possible:
        return redirect(telling.page())
    if telling.is_recall or telling.open_step != CHECK:
        return redirect(telling.next_page)
    return _check_page(request, telling)


def _send(request: OrderRequest, telling: Telling) -> HttpResponse:
    """Sends what the page showed, once: the same page sent again finds what it made."""
    # A key of ours is short and plain; PostgreSQL refuses to look for a NUL.
    order, key = request.order, request.POST.get("key", "").replace("\0", "")[:64]
    if made := _made(order, key):
        return redirect(made)
    if not telling.option.is_possible:
        return _later(request, telling, status=CONFLICT)
    if key != telling.draft.key or telling.is_recall or telling.open_step != CHECK:
        return redirect(telling.next_page)
    if request.POST.get("seen") != telling.fingerprint:
        return _check_page(request, telling, str(words.CONFLICT), status=CONFLICT)
    try:
        page = _done(order, telling, key)
    except TooOften:
        told = filled(words.TOO_OFTEN, email=request.store.contact_email)
        return _check_page(request, telling, told, status=TOO_MANY)
    except Refused:
        # Something was faster: the page with the open question, read afresh, says what.
        return redirect(telling.page())
    return redirect(page)


def _done(order: Order, telling: Telling, key: str) -> str:
    """Tells, claims or cancels; the page that it leads to. Raises Refused, TooOften."""
    if telling.is_cancelling:
        rma = order.cancel_unshipped(telling.wanted, by=BUYER, key=key)
        return addresses.return_page(rma)
    if telling.remedy is not None:
        note = "\n".join(part for part in (telling.words, telling.other) if part)
        rma = order.claim(
            telling.wanted,
            wish=telling.wish,
            by=BUYER,
            key=key,
            note=note,
            problem_kind=telling.kind,
            answers=telling.answers,
            video=telling.video,
        )
        return _after_claim(rma, asks=checking.asks_for_photos(telling))
    problem = order.report(
        telling.kind,
        shipment=telling.shipment,
        answers=telling.answers,
        words=telling.words,
        video=telling.video,
        by=BUYER,
        key=key,
    )
    return told_page(order, problem.pk)


def _after_claim(rma: ReturnAuthorization, *, asks: bool) -> str:
    """To the photos, where they help."""
    return addresses.return_page(rma, "photos" if asks and takes_photos(rma) else "return")


def _made(order: Order, key: str) -> str:
    """The page of what this very form has made, or ''."""
    if not key:
        return ""
    if rma := order.returns.filter(form_key=key).first():
        rma.order = order
        return addresses.return_page(rma)
    problem = order.problems.filter(form_key=key).first()
    return told_page(order, problem.pk) if problem else ""


def _check_page(
    request: OrderRequest, telling: Telling, problem: str = "", *, status: int = 200
) -> HttpResponse:
    title, button = words.SEND_CANCEL if telling.is_cancelling else words.SEND_REPORT
    context = {
        "telling": telling,
        "title": title,
        "button": button,
        "answers": checking.answers(telling),
        "then": checking.then(telling),
        "back": telling.page_before(CHECK),
        "steps": len(telling.steps),
        "seen": telling.fingerprint,
        "problems": [("", problem)] if problem else [],
    }
    return render_page(request, "problem_check", context, status=status)


# --- How it stands ------------------------------------------------------------------------------


@form_page
@order_view(story=True)
def told(request: OrderRequest, pk: int) -> HttpResponse:
    """A problem that was told: what we do, by when, and "it is all right after all"."""
    read_for(request)
    problem = found_problem(request.order, pk)
    context = standing(request, problem, timezone.now())
    if request.method == "POST":
        if context["ends"]:
            problem.over(by=BUYER)
        return redirect(request.path)
    return render_page(request, "problem_told", context)


def told_page(order: Order, pk: int) -> str:
    return addresses.order_page(order, "problem_told", pk=pk)


def _first(order: Order) -> str:
    return addresses.order_page(order, "problem")
