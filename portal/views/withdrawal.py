"""Withdrawing from the contract, in two steps: what one declares, then "Confirm withdrawal".

Whoever comes from the shop needs no log-in: what is typed is only stored, and a worker finds the
order, so that neither the page nor its time tells whether there is one. On the page of an order
it is known who it is, and the effect is there at once.
"""

import logging
from math import ceil
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from portal import access, withdrawing
from portal.access import OrderRequest, StoreRequest, order_view, store_view
from portal.forms.withdrawal import ConfirmForm, DeclareForm, DeclareOnPageForm, problems_of
from portal.order_page.actions import Action
from portal.order_page.discretion import gives_away
from portal.pages import form_page, render_page
from returns import addresses, formats, texts
from returns.letters.withdrawal import precise, remains, when_money, why_not
from returns.models import BUYER, Order, Promise, PromiseKind, Withdrawal, WithdrawalOutcome
from returns.states import IllegalTransition
from returns.withdrawal_states import WhyNot, WithdrawalStatus
from returns.withdrawal_texts import STANDS, WHY_NOT
from returns.wording import filled
from tracking.work import place_of

logger = logging.getLogger(__name__)
DECLARED = "withdrawal"  # session: the number of what it declared last
UNUSABLE = 422
TOO_MANY = 429
CHANGE, CONFIRM = "change", "confirm"
S = WithdrawalStatus


# --- Declaring ----------------------------------------------------------------------------------


@form_page
@store_view
def shop(request: StoreRequest) -> HttpResponse:
    """The stable address that the shop links to."""
    if not request.store.offers_withdrawal:
        raise Http404
    form = DeclareForm(_posted(request))
    if request.method != "POST" or request.POST.get("step") == CHANGE:
        return _ask(request, form)
    if not form.is_valid():
        return _ask(request, form, status=UNUSABLE)
    if request.POST.get("step") != CONFIRM:
        return _check(request, form)
    made = _made(request, form)
    if made is None:
        if again_at := access.may_withdraw(request):
            return _too_often(request, form, again_at)
        made = _record(request, form)
    request.session[DECLARED] = made.number
    return redirect(addresses.store_page(request.store, "withdraw_done"))


@form_page
@order_view
def on_page(request: OrderRequest) -> HttpResponse:
    """The same for an order that this session has open: what of it can be chosen."""
    order = request.order
    if not order.store.offers_withdrawal:
        raise Http404
    why = withdrawing.why_not(order, timezone.now())
    lines = withdrawing.lines_of(order)
    form = DeclareOnPageForm(order, lines, _posted(request), initial=_known(request))
    if made := _sent_before(request):
        return redirect(addresses.order_page(order, "withdrawal", number=made.number))
    if not withdrawing.may_declare(why) or not lines:
        return render_page(request, "withdraw_not", {"why": _why(order, why or WhyNot.EXEMPT)})
    if request.method != "POST" or request.POST.get("step") == CHANGE:
        return _ask(request, form, why=why)
    if not form.is_valid():
        return _ask(request, form, why=why, status=UNUSABLE)
    if request.POST.get("step") != CONFIRM:
        return _check(request, form, why=why)
    if again_at := access.may_withdraw(request):
        return _too_often(request, form, again_at)
    made = _record(request, form, order=order)
    _take_effect(made, order)
    return redirect(addresses.order_page(order, "withdrawal", number=made.number))


def _ask(
    request: StoreRequest, form: DeclareForm, *, why: str = "", status: int = 200
) -> HttpResponse:
    """The first step."""
    order = getattr(request, "order", None)
    rows = getattr(form, "rows", ())
    heads = {"goods": rows[0].field.id_for_label} if rows else {}
    shown = problems_of(form, heads) if status != 200 else []
    context = {
        "form": form,
        "rows": rows,
        "goods_problem": form.non_field_errors() if status != 200 else (),
        "problems": shown,
        "why": _why(order, why) if order and why else "",
    }
    return render_page(request, "withdraw", context, status=status)


def _check(
    request: StoreRequest, form: DeclareForm, *, why: str = "", status: int = 200, problem: str = ""
) -> HttpResponse:
    """The second step: all of it once more, and the one button. What was typed travels in the
    form itself, so nothing is lost whatever becomes of the session."""
    order = getattr(request, "order", None)
    context = {
        "form": form,
        "declared": form.declared,
        "chosen": form.chosen,
        "carried": [*_lines(form), *form.carried],
        "why": _why(order, why) if order and why else "",
        "problems": [("", problem)] if problem else [],
    }
    return render_page(request, "withdraw_check", context, status=status)


def _lines(form: DeclareForm) -> list[tuple[str, str]]:
    """The key of what is confirmed, so that it is known again when its goods are gone."""
    return [("record", form.record_key)]


def _record(request: StoreRequest, form: DeclareForm, order: Order | None = None) -> Withdrawal:
    return Withdrawal.objects.record(
        request.store,
        key=form.record_key,
        language=getattr(request, "LANGUAGE_CODE", "en"),
        order=order,
        **form.declared,
    )


def _made(request: StoreRequest, form: DeclareForm) -> Withdrawal | None:
    """What the same form has made already: a second click does nothing more."""
    return Withdrawal.objects.filter(store=request.store, key=form.record_key).first()


def _sent_before(request: OrderRequest) -> Withdrawal | None:
    """The same page sent again: its goods are gone by now, and it is what it was."""
    key = request.POST.get("record", "").replace("\0", "")[:64]
    if request.POST.get("step") != CONFIRM or not key:
        return None
    return Withdrawal.objects.filter(store=request.store, key=key).first()


def _take_effect(made: Withdrawal, order: Order) -> None:
    """At once, so that the next page tells it. When that fails, the worker does it."""
    try:
        WithdrawalOutcome.objects.get(pk=made.pk).take_up(order, by=BUYER)
    except IllegalTransition:
        pass  # the worker was faster
    except Exception as error:
        logger.error("withdrawal %s: %s", made.pk, place_of(error))


def _too_often(request: StoreRequest, form: DeclareForm, again_at: Any) -> HttpResponse:
    words = gettext(
        "Too many withdrawals came from your network in a short time, so this one is not sent "
        "yet. Please press the button again later, or write to us: {email}. A letter of yours "
        "counts just as well."
    ).format(email=request.store.contact_email)
    response = _check(request, form, status=TOO_MANY, problem=words)
    seconds = (again_at - timezone.now()).total_seconds()
    response.headers["Retry-After"] = str(max(ceil(seconds), 1))
    return response


def _known(request: OrderRequest) -> dict[str, str]:
    """What is filled in for whoever may see it: links get forwarded."""
    if not request.has_fresh_code:
        return {}
    return {"name": request.order.name, "email": request.order.email}


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@form_page
@store_view
def done(request: StoreRequest) -> HttpResponse:
    """What this session declared last, with its moment. It tells nothing of any order."""
    number = request.session.get(DECLARED, "")
    made = Withdrawal.objects.filter(store=request.store, number=number).first()
    if made is None or request.method == "POST":
        return redirect(addresses.store_page(request.store, "withdraw"))
    return render_page(
        request, "withdraw_done", {"made": made, "moment": precise(made.received_at)}
    )


# --- How it stands --------------------------------------------------------------------------------


@form_page
@order_view
def status(request: OrderRequest, number: str) -> HttpResponse:
    """One withdrawal that is about this order. GET shows it; whoever came by the open page
    confirms it on a page of its own."""
    outcome = _found(request, number)
    told = STANDS[outcome.status]
    withdrawal, order = outcome.withdrawal, request.order
    words = "" if gives_away(order, outcome.words) else outcome.words
    answered = outcome.status in (S.OUTSIDE, S.ANSWERED)
    rmas = list(order.returns.filter(withdrawal=withdrawal).prefetch_related("lines"))
    context = {
        "outcome": outcome,
        "withdrawal": withdrawal,
        "moment": precise(withdrawal.received_at),
        "told": told,
        "why": why_not(outcome, order) if answered else "",
        "quote": words if outcome.status == S.ANSWERED else "",
        "remains": remains(order) if outcome.status == S.ANSWERED else (),
        "terms": [words for rma in rmas if (words := when_money(rma))],
        "rows": [_return_row(order, rma) for rma in rmas],
        "promised": _promised(order) if outcome.status == S.OUTSIDE else None,
        "promise_text": str(texts.PROMISES[PromiseKind.ANSWER]),
        "asks": outcome.status == S.UNVERIFIED,
    }
    return render_page(request, "withdrawal", context)


@form_page
@order_view
def confirm(request: OrderRequest, number: str) -> HttpResponse:
    """ "It was me": what that means is said first. Pressed twice, it is done once."""
    outcome, order = _found(request, number), request.order
    page = addresses.order_page(order, "withdrawal", number=number)
    if outcome.status != S.UNVERIFIED:
        return redirect(page)
    lines = withdrawing.lines_of(order)
    form = ConfirmForm(lines, _posted(request)) if outcome.has_to_choose and lines else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            outcome.confirm(form.counts if form else None)
        except IllegalTransition:
            pass  # somebody else was faster; the page tells how it stands now
        return redirect(page)
    rows = form.rows if form else ()
    heads = {"goods": rows[0].field.id_for_label} if rows else {}
    context = {
        "withdrawal": outcome.withdrawal,
        "moment": precise(outcome.withdrawal.received_at),
        "form": form,
        "rows": rows,
        "goods": lines,
        "goods_problem": form.non_field_errors() if form and form.is_bound else (),
        "problems": problems_of(form, heads) if form and form.is_bound else [],
        "back": page,
    }
    failed = request.method == "POST"
    return render_page(request, "withdrawal_confirm", context, status=UNUSABLE if failed else 200)


def _found(request: OrderRequest, number: str) -> WithdrawalOutcome:
    """Of this very order; anything else is not there."""
    mine = WithdrawalOutcome.objects.filter(order=request.order, withdrawal__number=number)
    outcome = mine.select_related("withdrawal").first()
    if outcome is None:
        raise Http404
    outcome.order = request.order
    return outcome


def _return_row(order: Order, rma: Any) -> Action:
    rma.order = order
    title = gettext("Return {number}").format(number=rma.number)
    return Action(addresses.return_page(rma), "back", title, str(texts.of_return(rma).sentence))


def _promised(order: Order) -> Promise | None:
    mine = Promise.objects.open().filter(order=order, kind=PromiseKind.ANSWER, authorization=None)
    return mine.first()


def _why(order: Order, why: str) -> str:
    """Why a withdrawal of now would have no effect."""
    words = WHY_NOT.get(why, "")
    end = order.withdrawal_ends(timezone.now()) if why == WhyNot.OVER else None
    return filled(words, until=formats.day(end) if end else "") if words else ""
