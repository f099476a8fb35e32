"""The search for a parcel: how it stands, and what the buyer of a lost one would like."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from portal.access import OrderRequest, order_view
from portal.forms.investigation import ChoiceForm
from portal.order_page.discretion import keep_to_yourself
from portal.order_page.investigation import search
from portal.order_page.promised import promised
from portal.pages import form_page, render_page
from returns import addresses, formats, investigation_texts
from returns.codes import Wish
from returns.models import BUYER, CarrierContact, Investigation
from returns.models.deciding import PUT_RIGHT_WITHIN
from returns.models.making_good import CHOICES, NotOffered
from returns.served import served
from returns.wording import filled

CONFLICT = 409  # something else was faster
UNUSABLE = 422


@form_page
@order_view(story=True)
def page(request: OrderRequest, pk: int) -> HttpResponse:
    """How it stands; where the parcel is given up, money or new goods."""
    row = _found(request, pk)
    if request.method == "POST":
        return _choose(request, row)
    return _page(request, row)


def _choose(request: OrderRequest, row: Investigation) -> HttpResponse:
    """Pressed twice, it is chosen once."""
    form = ChoiceForm(_options(row, timezone.now()), request.POST)
    here = addresses.order_page(request.order, "investigation", pk=row.pk)
    if not form.is_valid():
        if not row.waits_for_choice:
            return redirect(here)
        return _page(request, row, form=form, status=UNUSABLE)
    wish, key = form.cleaned_data["wish"], f"lost-{form.cleaned_data['key'].hex}"
    try:
        row.choose(wish, by=BUYER, key=key)
    except NotOffered:
        words = gettext("That can no longer be chosen: this page says how it stands now.")
        return _page(request, _found(request, row.pk), problem=words, status=CONFLICT)
    return redirect(here)


def _page(
    request: OrderRequest,
    row: Investigation,
    *,
    form: ChoiceForm | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    order, now = request.order, timezone.now()
    if not request.has_fresh_code:
        keep_to_yourself(order)
    if row.waits_for_choice and form is None:
        form = ChoiceForm(_options(row, now))
    context: dict[str, Any] = {
        "search": search(order, row, now, has_fresh_code=request.has_fresh_code, whole=True),
        "form": form if row.waits_for_choice else None,
        "problems": [("", problem)] if problem else [],
        "here": addresses.order_page(order, "investigation", pk=row.pk),
        "there": addresses.order_page(order, "investigation_there", pk=row.pk),
        "claim_url": addresses.return_page(row.claim) if row.claim else "",
        "ends": not row.is_of_return and (row.is_open or row.waits_for_choice),
        "promised": promised(order, now),
    }
    return render_page(request, "investigation", context, status=status)


def _found(request: OrderRequest, pk: int) -> Investigation:
    """The search `pk` of this very order, with its steps and its parcel. Raises Http404."""
    rows = Investigation.objects.select_related("claim", "parcel").prefetch_related("steps")
    row = rows.filter(order=request.order, pk=pk).first()
    if row is None:
        raise Http404
    row.order = request.order
    if row.claim:
        row.claim.order = request.order
    return row


def _options(row: Investigation, now: datetime) -> dict[str, tuple[str, str]]:
    """Each with what it means, and by when."""
    order = row.order
    due = formats.day(order.store.calendar.close_of_working_day(now, PUT_RIGHT_WITHIN))
    worth = row.worth if row.waits_for_choice else None
    amount = formats.money(worth, order.currency) if worth else ""
    found = {}
    for wish in CHOICES:
        label, meaning = investigation_texts.CHOICES[wish]
        if wish == Wish.REFUND and not amount:
            meaning = investigation_texts.ALL_OF_IT
        found[str(wish)] = str(label), filled(meaning, amount=amount, when=due)
    return found


@require_POST
@order_view(bare=True)
def there(request: OrderRequest, pk: int) -> HttpResponse:
    """The buyer has it after all. Pressed twice, it is said once."""
    row = _found(request, pk)
    if not row.is_of_return:
        row.say_there(by=BUYER)
    return redirect(addresses.order_page(request.order, "investigation", pk=pk))


@require_safe
@order_view(bare=True, fresh_code=True)
def file(request: OrderRequest, pk: int, key: UUID) -> HttpResponse:
    """What the carrier sent us, as far as the buyer may see it; else as if there were none."""
    row = _found(request, pk)
    mine = CarrierContact.objects.filter(
        case__order=request.order, case__parcel=row.parcel_id, is_visible=True, file__key=key
    )
    contact = mine.select_related("file").first()
    if contact is None or contact.file is None:
        raise Http404
    paper = contact.file
    called = f"{request.order.ref}-{paper.kind}.{paper.extension}"
    return served(paper.file, paper.content_type, called, attached=True)
