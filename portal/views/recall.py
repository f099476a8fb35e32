"""A parcel that is not wanted: called back, refused at the door, or what instead.

The page says what it costs, who bears it and what goes back; the verb asks that once more under
lock. A forwarded link may refuse a parcel, which whoever is at the door does anyway; only with
a fresh code the carrier is asked to turn it.
"""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.access import OrderRequest, order_view
from portal.address_page import kept
from portal.answers import FORM
from portal.forms.recall import RecallForm
from portal.pages import form_page, render_page
from returns import addresses, recall_texts
from returns.codes import TurnsBy, Wish
from returns.models import BUYER, CannotRecall, Draft, NotOffered, ReturnAuthorization, Shipment
from returns.models.access import TooOften
from returns.recall_policy import Obstacle, Preview
from returns.recall_texts import EXCHANGE, KEEP

CONFLICT = 409  # something else was faster
UNUSABLE = 422
TOO_MANY = 429


@form_page
@order_view
def page(request: OrderRequest, shipment: int) -> HttpResponse:
    """What would come of it, and the choice. The same form twice is one."""
    mine = next((row for row in request.order.outbound if row.pk == shipment), None)
    if mine is None:
        raise Http404
    preview = request.order.recall_preview(mine, timezone.now())
    if preview.obstacle == Obstacle.ALREADY and (rma := _its_return(request, mine)):
        return redirect(addresses.return_page(rma))
    if not preview.is_possible:
        return _not_now(request, preview)
    if request.method == "POST":
        return _take(request, mine, preview)
    typed: Mapping[str, Any] = kept.take(request) or {}
    chosen = {name: typed[name] for name in ("how", "wish", "key") if name in typed}
    return _page(request, mine, RecallForm(preview, _carrier(mine), initial=chosen))


def _take(request: OrderRequest, mine: Shipment, preview: Preview) -> HttpResponse:
    form = RecallForm(preview, _carrier(mine), request.POST)
    if not form.is_valid():
        return _page(request, mine, form, status=UNUSABLE)
    if not form.is_as_shown:
        return _changed(request, mine, preview)
    if form.way == EXCHANGE:
        return _to_exchange(request, mine)
    if form.way == TurnsBy.INTERCEPT and not request.has_fresh_code:
        kept.keep(request, request.path)
        return access.to_step_up(request)
    try:
        return redirect(_carry_out(request, mine, form, preview))
    except (CannotRecall, NotOffered):
        return _again(request, mine)
    except TooOften:
        words = _("You have asked for this several times already. Please write to us: {email}.")
        problem = words.format(email=request.store.contact_email)
        return _page(request, mine, form, problem, status=TOO_MANY)


def _carry_out(request: OrderRequest, mine: Shipment, form: RecallForm, preview: Preview) -> str:
    """Where it goes on."""
    order = request.order
    if form.way == KEEP:
        order.keep_for_less(mine, preview.keep_for, by=BUYER, key=form.form_key)
        return addresses.order_page(order)
    rma = order.recall(mine, form.way, form.asked_for, by=BUYER, key=form.form_key, seen=preview)
    rma.order = order
    return addresses.return_page(rma)


def _to_exchange(request: OrderRequest, mine: Shipment) -> HttpResponse:
    """To the form for sending back, with what is in the parcel chosen."""
    lines = {str(part.line_id): part.quantity for part in mine.lines.all()}
    Draft.objects.of(request.order, FORM).keep(lines=lines, wish=Wish.EXCHANGE)
    return redirect(addresses.order_page(request.order, "return_items"))


def _again(request: OrderRequest, mine: Shipment) -> HttpResponse:
    """Something was faster than the click: the page says how it is now."""
    request.order = request.order.with_goods()
    fresh = next(row for row in request.order.outbound if row.pk == mine.pk)
    preview = request.order.recall_preview(fresh, timezone.now())
    if preview.obstacle == Obstacle.ALREADY and (rma := _its_return(request, fresh)):
        return redirect(addresses.return_page(rma))
    if not preview.is_possible:
        return _not_now(request, preview, status=CONFLICT)
    return _changed(request, fresh, preview)


def _changed(request: OrderRequest, mine: Shipment, preview: Preview) -> HttpResponse:
    """The terms are others than the page showed; what was chosen stays."""
    chosen: dict[str, Any] = {name: request.POST.get(name, "") for name in ("how", "wish", "key")}
    form = RecallForm(preview, _carrier(mine), initial=chosen)
    words = _("Something has changed since you opened this page. Please look at it once more.")
    return _page(request, mine, form, words, status=CONFLICT)


def _page(
    request: OrderRequest,
    mine: Shipment,
    form: RecallForm,
    problem: str = "",
    *,
    status: int = 200,
) -> HttpResponse:
    order, preview = request.order, form.preview
    titles = {line.pk: line.full_title for line in order.lines.all()}
    context = {
        "form": form,
        "preview": preview,
        "contents": [(part.quantity, titles[part.line_id]) for part in mine.lines.all()],
        "conditions": recall_texts.conditions(preview, paid_postage=bool(order.postage_total)),
        "problems": [("", problem)] if problem else [],
        "back": addresses.order_page(order),
    }
    return render_page(request, "recall", context, status=status)


def _not_now(request: OrderRequest, preview: Preview, *, status: int = 200) -> HttpResponse:
    context = {
        "why": recall_texts.why_not(preview),
        "sends_back": preview.obstacle == Obstacle.DELIVERED,
        "back": addresses.order_page(request.order),
    }
    return render_page(request, "recall_not_now", context, status=status)


def _its_return(request: OrderRequest, mine: Shipment) -> ReturnAuthorization | None:
    """The one that stands for this parcel."""
    rows = (row for row in request.order.returns.all() if row.turning_id == mine.pk)
    rma = next((row for row in rows if row.holds_money), None)
    if rma is not None:
        rma.order = request.order
    return rma


def _carrier(mine: Shipment) -> str:
    return mine.parcel.carrier if mine.parcel else mine.carrier
