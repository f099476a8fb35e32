"""Where an order goes: all of it behind a code, changing it, and how a change stands.

The page offers what `order.address_offers` says; the verb asks it once more under lock.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access
from portal.access import OrderRequest, order_view
from portal.address_page import kept, places
from portal.address_page.places import Place
from portal.address_page.reading import found_change, found_parcel, read
from portal.address_page.sheet import Sheet
from portal.address_page.standing import confirming, heading, standing
from portal.pages import form_page, render_page
from returns import address_texts, addresses
from returns.address_policy import AGAIN, Obstacle
from returns.models import BUYER, AddressChange, Order, Shipment
from returns.models.access import TooOften
from returns.models.addressing import NotOffered
from returns.postal.formats import lines
from tracking.gateways import Aim

CONFLICT = 409  # something else was faster
UNUSABLE = 422
TOO_MANY = 429


def behind_a_code(view: Callable[..., HttpResponse]) -> Callable[..., Any]:
    """For pages of one order that ask for a fresh code first; what was typed meanwhile is kept
    for whoever typed it."""

    @wraps(view)
    def wrapper(request: OrderRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.has_fresh_code:
            if request.method == "POST":
                kept.keep(request, request.path)
            return access.to_step_up(request)
        read(request.order)
        return view(request, *args, **kwargs)

    return order_view(wrapper, bare=True)


@require_safe
@behind_a_code
def page(request: OrderRequest) -> HttpResponse:
    """Where each parcel goes, whom we write to, and what may be done about it."""
    order, now = request.order, timezone.now()
    shown = [
        (one, places.rows(order, one), places.instead(order, one))
        for one in places.places(order, now)
    ]
    return render_page(request, "address", {"places": shown})


# --- Asking -------------------------------------------------------------------------------------


@form_page
@behind_a_code
def change(request: OrderRequest, shipment: int | None = None) -> HttpResponse:
    """Another address, for one parcel or (without one) for what has not left yet."""
    parcel = None if shipment is None else found_parcel(request.order, shipment)
    return _ask(request, Aim.REDIRECT, parcel)


@form_page
@behind_a_code
def turn(request: OrderRequest, aim: str, shipment: int) -> HttpResponse:
    """Back to us, kept at a counter, brought on another day, or sent again."""
    return _ask(request, aim, found_parcel(request.order, shipment))


def _ask(request: OrderRequest, aim: str, parcel: Shipment | None) -> HttpResponse:
    order, now = request.order, timezone.now()
    one = places.place(order, parcel, now)
    if request.method == "POST":
        return _take(request, Sheet(one, aim, request.POST, now))
    if one.change:
        return redirect(_status_of(one.change))
    if parcel is None and not places.waits_here(order):
        return redirect(addresses.order_page(order, "address"))
    if not one.takes(aim):
        return _not_now(request, one, aim)
    typed = kept.take(request)
    sheet = Sheet(one, aim, typed, now, is_kept=True)
    return _page(request, sheet, was_kept=typed is not None)


def _take(request: OrderRequest, sheet: Sheet) -> HttpResponse:
    """One wish. The same form twice is one; nothing of what was typed is lost."""
    one, aim = sheet.one, sheet.aim
    if sheet.is_only_shown and one.takes(aim):
        return _page(request, sheet)
    valid = sheet.is_valid()
    if valid and (made := sheet.made_by(request.order)):
        return redirect(_status_of(made))
    if valid and sheet.is_unchanged():
        return _page(request, sheet, status=UNUSABLE)
    if not one.takes(aim):
        return _not_now(request, one, aim, sheet, status=CONFLICT)
    if not sheet.terms.is_as_shown:
        sheet.tell_price()
        return _page(request, sheet, status=CONFLICT)
    if not valid or not sheet.is_settled or not sheet.can_be_asked:
        return _page(request, sheet, status=200 if valid else UNUSABLE)
    try:
        return redirect(_status_of(_change(request.order, sheet)))
    except NotOffered as error:
        return _refused(request, sheet, error)
    except TooOften:
        sheet.say(address_texts.why_not(Obstacle.TOO_MANY, carrier=one.carrier))
        return _page(request, sheet, status=TOO_MANY)


def _change(order: Order, sheet: Sheet) -> AddressChange:
    return order.change_address(
        sheet.aim,
        after=sheet.after,
        shipment=sheet.one.shipment,
        agreed_fee=sheet.terms.shown_fee,
        on=sheet.terms.day,
        reason=sheet.terms.cleaned_data.get("reason", ""),
        key=sheet.key,
        by=BUYER,
    )


def _refused(request: OrderRequest, sheet: Sheet, error: NotOffered) -> HttpResponse:
    """Something was faster than the click: the page says how it is now."""
    fresh = Order.objects.select_related("store__account").get(pk=request.order.pk)
    read(fresh)
    request.order = fresh
    before = sheet.one.shipment
    now = timezone.now()
    one = places.place(fresh, found_parcel(fresh, before.pk) if before else None, now)
    if not one.takes(sheet.aim):
        return _not_now(request, one, sheet.aim, sheet, status=CONFLICT)
    anew = Sheet(one, sheet.aim, request.POST, now)
    if error.offer.is_possible:
        anew.tell_price()
        return _page(request, anew, status=CONFLICT)
    anew.say(address_texts.why_not(error.offer.obstacle, carrier=one.carrier))
    return _page(request, anew, status=UNUSABLE)


def _page(
    request: OrderRequest, sheet: Sheet, *, status: int = 200, was_kept: bool = False
) -> HttpResponse:
    one, contact = sheet.one, request.order.contact(sensitive=True)
    context = {
        "sheet": sheet,
        "one": one,
        "form": sheet.form,
        "terms": sheet.terms,
        "problems": sheet.problems,
        "title": address_texts.AIM_TITLES[sheet.aim],
        "button": address_texts.BUTTONS[sheet.aim],
        "conditions": address_texts.terms(sheet.offer, carrier=one.carrier, until=one.until),
        "stages": address_texts.stage_rows(one.offers) if sheet.aim == Aim.REDIRECT else [],
        "contact": contact,
        "was_kept": was_kept,
        "back": addresses.order_page(request.order, "address"),
    }
    fragment = sheet.form.fragment if sheet.form else ""
    return render_page(request, "address_ask", context, fragment=fragment, status=status)


def _not_now(
    request: OrderRequest, one: Place, aim: str, sheet: Sheet | None = None, *, status: int = 200
) -> HttpResponse:
    """Why it is not possible and what is; with the address that was typed, which waits in the
    form for sending it again, where that is possible."""
    obstacle = one.offers[aim].obstacle if aim in one.offers.by_aim else Obstacle.NOT_SHIPPED
    after = sheet.after if sheet and sheet.form and sheet.form.is_valid() else None
    if after and one.takes(AGAIN):
        kept.keep(request, places.way_to(request.order, AGAIN, one.shipment))
    worn_out = status == CONFLICT and obstacle == Obstacle.TOO_MANY
    context = {
        "why": address_texts.why_not(obstacle, carrier=one.carrier),
        "rows": [*places.rows(request.order, one), *places.instead(request.order, one)],
        "typed": lines(after) if after else [],
        "back": addresses.order_page(request.order, "address"),
    }
    found = TOO_MANY if worn_out else status
    return render_page(request, "address_not_now", context, status=found)


def _status_of(change: AddressChange) -> str:
    return addresses.order_page(change.order, "address_status", pk=change.pk)


# --- How it stands ------------------------------------------------------------------------------


@require_safe
@order_view(bare=True)
def status(request: OrderRequest, pk: int) -> HttpResponse:
    """One change, from the wish to its end. By link it tells no more of an address than the
    town."""
    return _status(request, found_change(request, pk))


def _status(request: OrderRequest, change: AddressChange, problem: str = "") -> HttpResponse:
    context = standing(request, change, timezone.now())
    if problem:
        context["problems"] = [("", problem)]
    fragment = "" if problem else "story"
    found = CONFLICT if problem else 200
    response = render_page(request, "address_status", context, fragment=fragment, status=found)
    if getattr(request, "htmx", False) and request.GET.get("seen") != context["seen"]:
        response["HX-Refresh"] = "true"
    return response


@form_page
@behind_a_code
def withdraw(request: OrderRequest, pk: int) -> HttpResponse:
    """Asks once more, then stops it. Pressed twice, it is done once."""
    change = found_change(request, pk)
    page = _status_of(change)
    if request.method != "POST":
        if not change.can_be_withdrawn:
            return redirect(page)
        context = {"heading": heading(change), "back": page}
        return render_page(request, "address_withdraw", context)
    change.withdraw(by=BUYER)
    change.refresh_from_db()
    if change.withdraw_wanted_at or not change.is_open:
        return redirect(page)
    words = _("It can no longer be stopped: this page says where it stands now.")
    return _status(request, found_change(request, pk), words)


# --- Is it right? -------------------------------------------------------------------------------


@form_page
@order_view(bare=True)
def confirm(request: OrderRequest) -> HttpResponse:
    """One button, which the letter that asks leads to. Pressed twice, it is done once."""
    if request.method == "POST":
        request.order.confirm_address(by=BUYER)
        return redirect(request.path)
    return render_page(request, "address_confirm", confirming(request.order))
