"""The order page: the letter, and the story beside it."""

import hashlib
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal import banner, thread, withdrawing
from portal.access import OrderRequest, order_view
from portal.address_page import standing
from portal.address_page.reading import read_changes
from portal.order_page.actions import actions, claim_rows, return_rows
from portal.order_page.discretion import keep_to_yourself
from portal.order_page.investigation import searches
from portal.order_page.now import all_in_one_parcel, items, promised, tell
from portal.order_page.offers import offer_rows
from portal.order_page.return_leg import read_outcomes
from portal.order_page.timeline import timeline
from portal.pages import render_page
from portal.problem_page.reading import told_lately
from returns import addresses


@require_safe
@order_view(story=True)
def show(request: OrderRequest) -> HttpResponse:
    """The whole page."""
    context = _letter(request)
    order, now = request.order, context["now"]
    context["actions"] = actions(order, now, has_fresh_code=request.has_fresh_code)
    return render_page(request, "order", context)


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


def _letter(request: OrderRequest) -> dict[str, Any]:
    order, now = request.order, timezone.now()
    read_changes(order)
    if not request.has_fresh_code:
        keep_to_yourself(order)
    read_outcomes(order)
    thread.read_writers(order)
    told, promise = tell(order, now), promised(order, now)
    told = replace(told, next=(*told.next, *standing.facts(order, now)))
    changes, slip = standing.rows(order, now), banner.of_order(order, now)
    problems = told_lately(order, now)
    said = [told.title, *told.next, slip, str(promise and promise.due_at)]
    said += [row.title for row in (*changes, *problems)]
    declared = withdrawing.rows(order)
    said += [row.condition for row in declared]
    offers = offer_rows(order, now)
    said += [row.title for row in offers]
    looked_for = searches(order, now, has_fresh_code=request.has_fresh_code)
    said += [row.seen for row in looked_for]
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
        "changes": changes,
        "withdrawals": declared,
        "problems_told": (*problems, *claim_rows(order, now)),
        "offers": offers,
        "searches": looked_for,
        "last_word": thread.last_word(order),
        "timeline": timeline(order, now),
        "seen": hashlib.sha256("|".join(said).encode()).hexdigest()[:12],
    }
