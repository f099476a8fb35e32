"""The order page: the letter, the story beside it, and the full address behind a code."""

import hashlib

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.access import OrderRequest, order_view
from portal.actions import actions, return_rows
from portal.pages import render_page
from portal.story import all_in_one_parcel, items, promised, tell
from portal.timeline import timeline
from returns import addresses
from returns.formats import babel_locale


@require_safe
@order_view(story=True)
def show(request: OrderRequest) -> HttpResponse:
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
    order = request.order
    country = babel_locale().territories.get(order.country, order.country)
    *lines, last = order.address_lines or [""]
    lines = [*lines, country if last == order.country else last]
    return render_page(request, "address", {"lines": [line for line in lines if line]})


def _letter(request: OrderRequest) -> dict[str, object]:
    order, now = request.order, timezone.now()
    told, promise = tell(order, now), promised(order, now)
    said = f"{told.title}|{promise and promise.due_at}|{promise and promise.text}"
    return {
        "now": now,
        "story": told,
        "story_url": addresses.order_page(order, "story"),
        "return_url": addresses.return_page(told.rma) if told.rma else "",
        "promised": promise,
        "items": items(order),
        "one_parcel": all_in_one_parcel(order, now),
        "returns": return_rows(order),
        "actions": actions(order, now, has_fresh_code=request.has_fresh_code),
        "timeline": timeline(order, now),
        "seen": hashlib.sha256(said.encode()).hexdigest()[:12],
    }
