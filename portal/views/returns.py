"""Sending something back: four questions, and a return that they make."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from portal.access import OrderRequest, order_view
from portal.answers import Answers
from portal.forms.exchange import LATER, NOW, AtOnceForm, WhichForm
from portal.forms.returns import ReasonForm, WishForm
from portal.order_page.actions import cancel_page
from portal.pages import form_page, render_page
from returns import addresses, exchange_texts
from returns.codes import PAYS_BACK, Wish
from returns.ledger import Refused
from returns.models import BUYER
from returns.models.access import TooOften
from returns.outlook import Outlook
from returns.texts import WISHES

AHEAD_WORDS = {NOW: exchange_texts.AT_ONCE_LABEL, LATER: exchange_texts.AFTER_LABEL}
CONFLICT = 409  # something else was faster
TOO_MANY = 429


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@form_page
@order_view
def items(request: OrderRequest) -> HttpResponse:
    """What, and how many of it."""
    answers = Answers.kept(request.order)
    form = answers.items_form(_posted(request))
    if request.method == "POST" and form.is_valid():
        answers.keep(lines=form.chosen)
        return redirect(answers.next_page)
    return render_page(
        request,
        "return_items",
        {
            "form": form,
            "problems": form.found,
            "steps": answers.steps,
            "cancels": cancel_page(request.order, timezone.now()),
        },
    )


@form_page
@order_view
def reason(request: OrderRequest, line: int) -> HttpResponse:
    """Why, asked for each line that goes back."""
    answers = Answers.kept(request.order)
    if all(can.line.pk != line for can in answers.cans):
        raise Http404
    item = answers.item(line)
    if item is None or not item.can.limit:
        return redirect(answers.page("return_items"))
    kept = {"reason": item.reason, "comment": item.comment}
    # A kept reason whose time has ended since is shown with the words that say so.
    stale = kept if item.reason and not item.is_answered else None
    form = ReasonForm(item.can, _posted(request) or stale, initial=kept)
    if request.method == "POST" and form.is_valid():
        answers.keep(
            **{
                f"reason-{line}": form.cleaned_data["reason"],
                f"comment-{line}": form.cleaned_data["comment"] or None,
            }
        )
        return redirect(answers.next_page)
    return render_page(
        request,
        "return_reason",
        {"form": form, "item": item, "steps": answers.steps, "back": answers.page_before(line)},
    )


@form_page
@order_view
def wish(request: OrderRequest) -> HttpResponse:
    """Asked only where there is something to choose from."""
    answers = Answers.kept(request.order)
    if not answers.items or len(answers.wishes) == 1:
        return redirect(answers.next_page)
    kept = {"wish": answers.wish, "other": answers.given.get("other", "")}
    form = WishForm(answers.wishes, _posted(request), initial=kept, needs_words=answers.needs_words)
    if request.method == "POST" and form.is_valid():
        answers.keep(wish=form.cleaned_data["wish"], other=form.cleaned_data["other"] or None)
        return redirect(answers.next_page)
    return render_page(
        request,
        "return_wish",
        {"form": form, "steps": answers.steps, "back": answers.page_before(wish=True)},
    )


@form_page
@order_view
def which(request: OrderRequest, line: int) -> HttpResponse:
    """Which one instead, of what the store allows; asked for each line that is exchanged."""
    answers = Answers.kept(request.order)
    if all(can.line.pk != line for can in answers.cans):
        raise Http404
    item = next((one for one in answers.to_choose if one.line.pk == line), None)
    if item is None:
        return redirect(answers.next_page)
    kept = answers.given.get(f"variant-{line}", "")
    # One that was chosen and is sold out since is shown with the words that say so.
    stale = {"variant": kept} if kept and answers.kind(item) is None else None
    form = WhichForm(
        item.line,
        answers.kinds[line],
        request.POST if request.method == "POST" else stale,
        initial={"variant": kept},
    )
    if request.method == "POST" and form.is_valid():
        answers.keep(**{f"variant-{line}": form.cleaned_data["variant"]})
        return redirect(answers.next_page)
    return render_page(
        request,
        "return_which",
        {
            "form": form,
            "item": item,
            "steps": answers.steps,
            "back": answers.page_before_kind(line),
        },
    )


@form_page
@order_view
def at_once(request: OrderRequest) -> HttpResponse:
    """Before the old goods are back, or after; asked only where the first is possible."""
    answers = Answers.kept(request.order)
    if not answers.items or not answers.wish or not answers.offers_ahead:
        return redirect(answers.next_page)
    form = AtOnceForm(
        answers.preview().value,
        request.order.currency,
        _posted(request),
        initial={"when": answers.ahead},
    )
    if request.method == "POST" and form.is_valid():
        answers.keep(ahead=form.cleaned_data["when"])
        return redirect(answers.next_page)
    return render_page(
        request,
        "return_at_once",
        {"form": form, "steps": answers.steps, "back": answers.page_before_kind()},
    )


@form_page
@order_view
def check(request: OrderRequest) -> HttpResponse:
    """All answers once more, and what comes of them, before anything is sent."""
    answers = Answers.kept(request.order)
    if request.method == "POST":
        return _send(request, answers)
    if not answers.is_complete:
        return redirect(answers.next_page)
    return _check_page(request, answers, answers.preview())


def _send(request: OrderRequest, answers: Answers) -> HttpResponse:
    """Sends what the page showed, once: the same page sent again finds the same return."""
    # A key of ours is short and plain; PostgreSQL refuses to look for a NUL.
    order, key = request.order, request.POST.get("key", "").replace("\0", "")[:64]
    if key == answers.draft.key and answers.is_complete:
        try:
            outlook = answers.preview()
            if request.POST.get("seen") != answers.fingerprint(outlook):
                return _check_page(request, answers, outlook, changed=True)
            rma = order.request_return(
                answers.wanted,
                wish=answers.wish,
                note=answers.other,
                ahead=answers.ahead == NOW,
                by=BUYER,
                key=key,
            )
            return redirect(addresses.return_page(rma))
        except TooOften:
            return _check_page(request, answers, outlook, too_often=True)
        except Refused:
            pass  # the page with the open question, read afresh, says what is in the way
    made = order.returns.filter(form_key=key).first()
    if made:
        made.order = order
        return redirect(addresses.return_page(made))
    return redirect(answers.next_page)


def _check_page(
    request: OrderRequest,
    answers: Answers,
    outlook: Outlook,
    *,
    changed: bool = False,
    too_often: bool = False,
) -> HttpResponse:
    problem = ""
    if changed:
        problem = gettext(
            "Your answers were changed after this page was opened, perhaps in another "
            "window. Please read them once more before you send them."
        )
    if too_often:
        problem = gettext(
            "You have asked to send something back several times already, so nothing more "
            "can be sent from this page today. Please write to us: {email}. A person will "
            "help you."
        ).format(email=request.store.contact_email)
    return render_page(
        request,
        "return_check",
        {
            "answers": answers,
            "outlook": outlook,
            "wish": WISHES[answers.wish].label,
            "amounts": [(item.line.title, outlook.goods[item.line.pk]) for item in answers.items],
            "pays_back": answers.wish in PAYS_BACK,
            "to_credit": answers.wish == Wish.STORE_CREDIT,
            "chosen": [(item, kind) for item in answers.to_choose if (kind := answers.kind(item))],
            "ahead": AHEAD_WORDS.get(answers.ahead, ""),
            "answer_by": request.store.answer_by(timezone.now()),
            "seen": answers.fingerprint(outlook),
            "back": answers.page_before(),
            "problems": [("", problem)] if problem else [],
        },
        status=TOO_MANY if too_often else CONFLICT if changed else 200,
    )
