"""The order page: the letter, the story beside it, and the full address behind a code."""

import hashlib

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal import banner, thread
from portal.access import OrderRequest, order_view
from portal.order_page.actions import actions, return_rows
from portal.order_page.discretion import keep_to_yourself
from portal.order_page.now import all_in_one_parcel, items, promised, tell
from portal.order_page.return_leg import read_outcomes
from portal.order_page.timeline import timeline
from portal.pages import render_page
from returns import addresses
from returns.formats import country


@require_safe
@order_view(story=True)
def show(request: OrderRequest) -> HttpResponse:
    """The whole page."""
    return render_page(request, "order", _letter(request))


@require_safe
@order_view(story=True)
def story(request: OrderRequest) -> HttpResponse:
    """The story alone, for pages that stay open. When the letter beside it says something
    else by now, the whole page is loaded again, so that the two never disagree."""
    context = _letter(request)
    response = render_page(request, "order", context, fragment="story")
    if getattr(request, "htmx", False) and request.GET.get("seen") != context["seen"]:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@order_view(fresh_code=True)
def address(request: OrderRequest) -> HttpResponse:
    """The full address, only after a fresh code."""
    order = request.order
    *lines, last = order.address_lines or [""]
    lines = [*lines, country(last) if last == order.country else last]
    return render_page(request, "address", {"lines": [line for line in lines if line]})


def _letter(request: OrderRequest) -> dict[str, object]:
    order, now = request.order, timezone.now()
    if not request.has_fresh_code:
        keep_to_yourself(order)
    read_outcomes(order)
    thread.read_writers(order)
    told, promise = tell(order, now), promised(order, now)
    slip = banner.of_order(order, now)
    said = [told.title, *told.next, slip, str(promise and promise.due_at)]
    said.append(promise.text if promise else "")
    return {
        "now": now,
        "told": told,
        "banner": slip,
        "story_url": addresses.order_page(order, "story"),
        "return_url": addresses.return_page(told.rma) if told.rma else "",
        "promised": promise,
        "items": items(order),
        "one_parcel": all_in_one_parcel(order, now),
        "returns": return_rows(order, now),
        "last_word": thread.last_word(order),
        "actions": actions(order, now, has_fresh_code=request.has_fresh_code),
        "timeline": timeline(order, now),
        "seen": hashlib.sha256("|".join(said).encode()).hexdigest()[:12],
    }
