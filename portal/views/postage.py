"""The postage that the buyer paid and we owe: how much it was, and the receipt."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext

from portal import access
from portal.access import OrderRequest, order_view
from portal.forms.postage import PostageForm
from portal.pages import form_page, render_page
from portal.return_page.reading import found
from portal.views.photos import OURS, TOO_MANY, UNUSABLE
from portal.views.return_page import CONFLICT, moved_on, posted
from returns import addresses, photos, texts
from returns.models import BUYER, PostageClaim, Promise, PromiseKind, ReturnAuthorization
from returns.models.access import TooOften
from returns.models.photo import TooMany
from returns.models.postage_claim import may_ask, most_repaid
from returns.photos.darkroom import MOST_BYTES
from returns.photos.words import PROBLEMS
from returns.states import IllegalTransition


@form_page
@order_view(bare=True)
def page(request: OrderRequest, number: str) -> HttpResponse:
    """Asks for both at once; afterwards it says how it stands."""
    rma = found(request, number)
    last = PostageClaim.objects.filter(authorization=rma).select_related("resolution").first()
    if request.method == "POST":
        return _take(request, rma, last)
    if not may_ask(rma) and last is None:
        return moved_on(request, rma)
    return _page(request, rma, last)


def _take(
    request: OrderRequest, rma: ReturnAuthorization, last: PostageClaim | None
) -> HttpResponse:
    form = PostageForm(rma.order.currency, posted(request), request.FILES)
    here = addresses.return_page(rma, "postage")
    if last and form.data.get("key") == last.form_key:
        return redirect(here)  # the same form, sent twice
    if not form.is_valid():
        return _page(request, rma, last, form, status=UNUSABLE)
    paid, data = form.cleaned_data["paid"], form.cleaned_data["photo"].read()
    status = UNUSABLE
    try:
        claim = PostageClaim.objects.ask(rma, paid, data, by=BUYER, key=form.cleaned_data["key"])
    except photos.Unusable as error:
        status = OURS.get(error.problem, UNUSABLE)
        form.add_error("photo", str(PROBLEMS[error.problem]))
    except TooOften:
        status = TOO_MANY
        words = gettext("You have sent many photos in a short time. Please try again in an hour.")
        form.add_error("photo", words)
    except TooMany as error:
        form.add_error("photo", _too_many(error.most))
    except IllegalTransition:
        return moved_on(request, found(request, rma.number))
    else:
        access.remember(request, claim.photo)
        return redirect(here)
    return _page(request, rma, last, form, status=status)


def _too_many(most: int) -> str:
    return ngettext(
        "You have sent %(most)d photo of a receipt, which is the most. Please write to us.",
        "You have sent %(most)d photos of receipts, which is the most. Please write to us.",
        most,
    ) % {"most": most}


def _page(
    request: OrderRequest,
    rma: ReturnAuthorization,
    last: PostageClaim | None,
    form: PostageForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    asks = may_ask(rma)
    owed = Promise.objects.open().filter(authorization=rma, kind=PromiseKind.POSTAGE)
    return render_page(
        request,
        "postage",
        {
            "rma": rma,
            "last": last,
            "form": (form or PostageForm(rma.order.currency)) if asks else None,
            "most": most_repaid(rma),
            "most_bytes": MOST_BYTES,
            "promised": owed.first() if last and last.is_open else None,
            "words": texts.PROMISES[PromiseKind.POSTAGE],
            "back": addresses.return_page(rma),
        },
        status=CONFLICT if form and not asks else status,
    )
