"""Somebody else took the parcel in: does the buyer have it? One question, three answers."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext

from portal.access import OrderRequest, order_view
from portal.forms.signature import SignatureForm
from portal.pages import form_page, render_page
from returns import addresses, signature_texts
from returns.letters.signature import opening
from returns.models import BUYER, SignatureQuestion
from returns.models.access import TooOften
from returns.models.signature import Asked
from returns.states import IllegalTransition
from tracking import carriers

CONFLICT = 409  # something else was faster
UNUSABLE = 422
TOO_MANY = 429


@form_page
@order_view(bare=True)
def page(request: OrderRequest, pk: int) -> HttpResponse:
    """Asks; once it is answered, says what follows."""
    question = _found(request, pk)
    if request.method == "POST":
        return _take(request, question)
    return _page(request, question)


def _take(request: OrderRequest, question: SignatureQuestion) -> HttpResponse:
    """Sent twice, it is told once; of two answers the first counts, and the page says so."""
    form = SignatureForm(question.may_be_told, request.POST)
    if not form.is_valid():
        if not question.is_open:
            return redirect(_here(question))
        return _page(request, question, form=form, status=UNUSABLE)
    try:
        question.answer(form.cleaned_data["told"], by=BUYER)
    except IllegalTransition:
        words = gettext("This was answered already. The page says how it stands now.")
        return _page(request, _found(request, question.pk), problem=words, status=CONFLICT)
    except TooOften:
        words = gettext("You have told us many things in a short time. Please write to us instead.")
        return _page(request, question, problem=words, status=TOO_MANY)
    return redirect(_here(question))


def _page(
    request: OrderRequest,
    question: SignatureQuestion,
    *,
    form: SignatureForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    answer = signature_texts.ANSWERS.get(question.told)
    context = {
        "question": question,
        "form": (form or SignatureForm(question.may_be_told)) if question.is_open else None,
        "opening": opening(question) if question.is_open else "",
        "look": signature_texts.PLEASE_LOOK,
        "answer": answer,
        "carrier": carriers.called(question.parcel.carrier),
        "page": carriers.page_of(question.parcel.carrier, question.parcel.number),
        "asks": signature_texts.DO_YOU_HAVE_IT,
        "problems": [("", problem)] if problem else [],
        "now": timezone.now(),
    }
    return render_page(request, "signature", context, status=status)


def _found(request: OrderRequest, pk: int) -> SignatureQuestion:
    """Of this very order, and asked of its buyer. Raises Http404."""
    mine = SignatureQuestion.objects.filter(order=request.order, asks=Asked.BUYER, pk=pk)
    question = mine.select_related("parcel", "case", "authorization").first()
    if question is None:
        raise Http404
    question.order = request.order
    return question


def _here(question: SignatureQuestion) -> str:
    return addresses.order_page(question.order, "signature", pk=question.pk)
