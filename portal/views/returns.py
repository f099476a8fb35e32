"""Sending something back: four questions, and the page of the return that they make."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from portal.access import OrderRequest, order_view
from portal.answers import Answers
from portal.forms.returns import AnswerForm, AppealForm, ReasonForm, WishForm
from portal.pages import form_page, render_page
from returns import addresses, formats
from returns.codes import PAYS_BACK, Wish
from returns.guide import Guide
from returns.ledger import Obstacle, Refused
from returns.models import BUYER, Promise, ReturnAuthorization, ReturnLine
from returns.models.order import TooOften
from returns.outlook import Outlook
from returns.states import IllegalTransition, Status
from returns.texts import DECLINED, KEEP_GOODS, PROMISES, REASONS, WISHES, obstacle, of_return

CONFLICT = 409  # something else was faster
TOO_MANY = 429


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


# --- four questions --------------------------------------------------------------------------


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
        {"form": form, "problems": form.found, "steps": answers.steps},
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
    form = WishForm(answers.wishes, _posted(request), initial=kept)
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
                answers.wanted, wish=answers.wish, note=answers.other, by=BUYER, key=key
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
            "answer_by": request.store.answer_by(timezone.now()),
            "seen": answers.fingerprint(outlook),
            "back": answers.page_before(),
            "problems": [("", problem)] if problem else [],
        },
        status=TOO_MANY if too_often else CONFLICT if changed else 200,
    )


# --- the return --------------------------------------------------------------------------------


@require_safe
@order_view
def show(request: OrderRequest, number: str) -> HttpResponse:
    """Where the return stands, and what has to be done."""
    return _return_page(request, _mine(request, number))


@form_page
@order_view
def cancel(request: OrderRequest, number: str) -> HttpResponse:
    """Asks once more, then cancels. Sent twice, it is done once."""
    rma = _mine(request, number)
    if rma.status == Status.CANCELLED:
        return redirect(addresses.return_page(rma))
    if request.method == "POST":
        return _try(request, rma, lambda: rma.cancel(by=BUYER), done=Status.CANCELLED)
    if not rma.may_be_cancelled:
        return _moved_on(request, rma)
    return render_page(
        request,
        "return_cancel",
        {"rma": rma, "rows": rma.lines.all(), "back": addresses.return_page(rma)},
    )


@form_page
@order_view
def answer(request: OrderRequest, number: str) -> HttpResponse:
    """Takes the answer to our question; the form for it is on the return's page."""
    rma = _mine(request, number)
    form = AnswerForm(_posted(request))
    if request.method != "POST":
        return redirect(addresses.return_page(rma))
    if not form.is_valid() and rma.waits_for_buyer:
        return _return_page(request, rma, answer_form=form, form=form)
    words = form.cleaned_data.get("answer", "")
    if rma.answer == words and words:
        return redirect(addresses.return_page(rma))  # the same answer, sent twice
    return _try(request, rma, lambda: rma.give_answer(words, by=BUYER))


@form_page
@order_view
def appeal(request: OrderRequest, number: str) -> HttpResponse:
    """Takes why we should look again, once; the form for it is on the return's page."""
    rma = _mine(request, number)
    form = AppealForm(_posted(request))
    if request.method != "POST":
        return redirect(addresses.return_page(rma))
    if not form.is_valid() and rma.may_be_appealed:
        return _return_page(request, rma, appeal_form=form, form=form)
    words = form.cleaned_data.get("words", "")
    if rma.appeal == words and words:
        return redirect(addresses.return_page(rma))
    return _try(request, rma, lambda: rma.look_again(words, by=BUYER))


def _mine(request: OrderRequest, number: str) -> ReturnAuthorization:
    for rma in request.order.returns.all():
        if rma.number == number:
            return rma
    raise Http404


def _try(
    request: OrderRequest, rma: ReturnAuthorization, verb: Callable[[], None], done: str = ""
) -> HttpResponse:
    """Does `verb` and goes to the return's page. When something else was faster, the page
    says where the return stands now; unless it stands where the buyer wanted it (`done`)."""
    page = addresses.return_page(rma)
    try:
        verb()
    except IllegalTransition:
        fresh = ReturnAuthorization.objects.prefetch_related("lines__line").get(pk=rma.pk)
        fresh.order = request.order
        return redirect(page) if fresh.status == done else _moved_on(request, fresh)
    except Refused as error:
        words = gettext(
            "What you had asked to send back is part of another return by now, so "
            "we cannot look at this one again."
        )
        if any(problem.code == Obstacle.ORDER_CANCELLED for problem in error.problems):
            words = obstacle(Obstacle.ORDER_CANCELLED)
        return _return_page(request, rma, problems=[("", words)], status=CONFLICT)
    return redirect(page)


def _moved_on(request: OrderRequest, rma: ReturnAuthorization) -> HttpResponse:
    words = gettext(
        "That is no longer possible here, because your return has moved on. "
        "This page says where it stands now."
    )
    return _return_page(request, rma, problems=[("", words)], status=CONFLICT)


def _return_page(
    request: OrderRequest, rma: ReturnAuthorization, *, status: int = 200, **more: Any
) -> HttpResponse:
    text = of_return(rma)
    keeps = text is KEEP_GOODS
    promise = _promise(rma)
    rows = list(rma.lines.all())
    return render_page(
        request,
        "return_show",
        {
            "rma": rma,
            "lines": [(row, REASONS[row.reason].label) for row in rows],
            "pieces": _pieces(rows),
            "keeps": keeps,
            "text": text,
            "wish": WISHES[rma.wish].label,
            "pays_back": rma.wish in PAYS_BACK,
            "declined": DECLINED.get(rma.decline_reason, ""),
            "promise": promise,
            "promise_words": PROMISES[promise.kind] if promise else "",
            "guide": Guide.of(rma) if rma.status == Status.APPROVED and not keeps else None,
            "ticket": _ticket(rma, rows),
            "answer_form": AnswerForm(),
            "answer_by": request.store.answer_by(timezone.now()),
            "appeal_form": AppealForm(),
            **more,
        },
        status=status,
    )


def _pieces(rows: list[ReturnLine]) -> int:
    return sum(row.requested for row in rows)


def _ticket(rma: ReturnAuthorization, rows: list[ReturnLine]) -> list[str]:
    """What stands on the stub of the ticket: short, however much comes back."""
    if len(rows) == 1:
        what = f"{rows[0].requested} × {Truncator(rows[0].line.title).chars(32)}"
    else:
        what = ngettext("%(n)d thing", "%(n)d things", _pieces(rows)) % {"n": _pieces(rows)}
    if not rma.estimated_total:
        return [what]
    amount = formats.money(rma.estimated_total, rma.order.currency)
    return [what, gettext("%(amount)s back") % {"amount": amount}]


def _promise(rma: ReturnAuthorization) -> Promise | None:
    """The return's own nearest promise, else that of its order, none of other returns."""
    open_ones = [
        row
        for row in rma.order.promises.all()
        if row.is_open and row.authorization_id in (rma.pk, None)
    ]
    return min(open_ones, key=lambda row: (row.authorization_id is None, row.due_at), default=None)
