"""An offer of ours: what it means, and the buyer's yes or no."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from portal.access import OrderRequest, order_view
from portal.pages import form_page, render_page
from returns import addresses, offer_texts
from returns.models import BUYER, Offer, OfferOver, OfferState, ReturnLine, TooMuch
from returns.states import IllegalTransition
from tracking.texts import Words

CONFLICT = 409  # something else was faster
YES, NO = "yes", "no"
# Said once more, it is not said in vain.
WANTED: dict[str, str] = {YES: OfferState.ACCEPTED, NO: OfferState.DECLINED}


@form_page
@order_view(bare=True)
def page(request: OrderRequest, pk: int) -> HttpResponse:
    """Says what it is and what follows; the buttons say yes or no."""
    offer = found(request, pk)
    said = request.POST.get("answer", "") if request.method == "POST" else ""
    if said not in WANTED:
        return _page(request, offer)
    try:
        verb = offer.accept if said == YES else offer.decline
        verb(by=BUYER)
    except TooMuch:
        return _page(request, found(request, pk), offer_texts.MONEY_GONE)
    except (OfferOver, IllegalTransition):
        fresh = found(request, pk)
        if fresh.state != WANTED[said]:
            return _page(request, fresh, offer_texts.MOVED_ON)
    return redirect(addresses.order_page(request.order, "offer", pk=pk))


def found(request: OrderRequest, pk: int) -> Offer:
    """This very order's. Raises Http404."""
    mine = Offer.objects.filter(order=request.order, pk=pk).select_related("authorization")
    offer = mine.first()
    if offer is None:
        raise Http404
    offer.order = request.order
    if offer.authorization:
        offer.authorization.order = request.order
    return offer


def _page(request: OrderRequest, offer: Offer, problem: Words = "") -> HttpResponse:
    now, rma = timezone.now(), offer.authorization
    stands = offer.stands(now)
    heading, following = offer_texts.settled(offer, now)
    rows = ReturnLine.objects.filter(authorization=rma).select_related("line") if rma else ()
    return render_page(
        request,
        "offer",
        {
            "offer": offer,
            "stands": stands,
            "heading": offer_texts.OFFERED if stands else heading,
            "what": offer_texts.what(offer),
            "means": offer_texts.means(offer) if stands else [following],
            "until": offer_texts.until(offer) if stands else "",
            "rows": rows,
            "back": addresses.return_page(rma) if rma else "",
            "problems": [("", str(problem))] if problem else [],
        },
        status=CONFLICT if problem else 200,
    )
