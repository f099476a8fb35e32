"""The number of the parcel that comes back, what we print for it, and posting without one."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from portal import access
from portal.access import OrderRequest, order_view
from portal.forms.parcel_back import NumberForm
from portal.pages import form_page, render_page
from portal.return_page.number import read_on
from portal.return_page.reading import found
from portal.return_page.standing import is_to_post
from portal.views.return_page import attempt, moved_on, posted
from returns import addresses
from returns.codes import DocumentKind
from returns.models import BUYER, ReturnAuthorization
from returns.printed import printed_guide
from returns.served import response, served


@form_page
@order_view(bare=True)
def number(request: OrderRequest, number: str) -> HttpResponse:
    """Takes the number: at once when all is plain, else after a second look. Nothing is
    corrected that the buyer did not choose, and what was typed may always stay."""
    rma = found(request, number)
    if not rma.takes_number:
        return moved_on(request, rma)
    advice = request.store.advice_for(request.order)
    read = _read_on_photo(request, rma)
    form = NumberForm(advice, posted(request), initial={"number": read})
    if not form.is_bound or not form.is_valid():
        return _number_page(request, rma, form, was_read=bool(read))
    if form.is_settled:
        given, carrier = form.cleaned_data["number"], form.chosen_carrier
        return attempt(request, rma, lambda: rma.name_parcel(given, carrier, by=BUYER))
    # Asked about, with what was typed as it was typed.
    kept = {"number": form.data["number"]}
    return _number_page(request, rma, NumberForm(advice, initial=kept), asks=True)


def _read_on_photo(request: OrderRequest, rma: ReturnAuthorization) -> str:
    """The number that the page of photos offered, by its place there: no tracking number
    stands in an address. '' when none was offered."""
    which = request.GET.get("read", "")
    if not (which.isascii() and which.isdecimal()):
        return ""
    seen = [photo for photo in rma.photos.all() if access.sees(request, photo)]
    return next(iter(read_on(rma, seen)[int(which[:2]) :]), "")


def _number_page(
    request: OrderRequest,
    rma: ReturnAuthorization,
    form: NumberForm,
    *,
    asks: bool = False,
    was_read: bool = False,
) -> HttpResponse:
    asks = asks or (form.was_asked and form.reading.is_plausible)
    return render_page(
        request,
        "return_number",
        {
            "rma": rma,
            "form": form,
            "reading": form.reading if asks else None,
            "was_read": was_read,
            "known": rma.parcel_back,
            "back": addresses.return_page(rma),
        },
        status=422 if form.errors else 200,
    )


@form_page
@order_view(bare=True)
def without_number(request: OrderRequest, number: str) -> HttpResponse:
    """Says what it means to have no number, then takes the word that it is posted."""
    rma = found(request, number)
    page = addresses.return_page(rma)
    if rma.posted_at and rma.takes_number:
        return redirect(page)  # said twice, or a number was given meanwhile
    if not is_to_post(rma):
        return moved_on(request, rma)
    if request.method == "POST":
        return attempt(request, rma, lambda: rma.say_posted(by=BUYER))
    return render_page(request, "return_posted", {"rma": rma, "back": page})


@require_safe
@order_view(bare=True)
def guide(request: OrderRequest, number: str) -> HttpResponse:
    """The instructions as PDF, while there is something to post. No address of the buyer
    stands on it, so the link is enough."""
    rma = found(request, number)
    if not is_to_post(rma):
        raise Http404
    return response(printed_guide(rma), "application/pdf", f"{rma.number}.pdf", sandbox=False)


@require_safe
@order_view(bare=True, fresh_code=True)
def label(request: OrderRequest, number: str) -> HttpResponse:
    """The label that the merchant made: names and addresses stand on it."""
    rma = found(request, number)
    document = rma.documents.filter(kind=DocumentKind.LABEL).first()
    if document is None:
        raise Http404
    called = f"{rma.number}-label.{document.extension}"
    return served(document.file, document.content_type, called, attached=True)
