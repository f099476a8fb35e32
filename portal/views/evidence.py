"""A copy of everything that we know about the buyer and this order: asked for, made in the
background, fetched. Only with a fresh code, since all of it is in there."""

import uuid
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from portal.access import OrderRequest, order_view
from portal.forms.evidence import AskForm
from portal.pages import form_page, render_page
from returns import addresses
from returns.evidence.audience import Audience
from returns.evidence.words import STEPS
from returns.models import BUYER, EvidencePack
from returns.models.access import TooOften
from returns.served import streamed
from tracking.work import WorkState

TOO_MANY = 429
KINDS = {"pdf": "application/pdf", "zip": "application/zip"}
SHOWN = 5


@form_page
@order_view(bare=True, fresh_code=True)
def page(request: OrderRequest) -> HttpResponse:
    """What is in it, how far the last one is, and the button."""
    return _ask(request) if request.method == "POST" else _page(request)


def _ask(request: OrderRequest) -> HttpResponse:
    """Sent twice, it is made once."""
    form = AskForm(request.POST)
    key = form.cleaned_data["key"] if form.is_valid() else uuid.uuid4()
    try:
        EvidencePack.objects.ask(
            request.order,
            audience=Audience.BUYER,
            language=translation.get_language() or request.order.store.language,
            by=BUYER,
            key=f"buyer-{key.hex}",
        )
    except TooOften:
        return _page(request, problem=_too_often(), status=TOO_MANY)
    return redirect(addresses.order_page(request.order, "evidence"))


def _too_often() -> str:
    return gettext("You have asked for many copies in a short time. Please come back tomorrow.")


def _page(request: OrderRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    order = request.order
    packs = list(EvidencePack.objects.of_buyer(order)[:SHOWN])
    under_way = [pack for pack in packs if pack.is_under_way]
    context: dict[str, Any] = {
        "form": AskForm(),
        "packs": [_told(pack) for pack in packs],
        "is_under_way": bool(under_way),
        "here": addresses.order_page(order, "evidence"),
        "problems": [("", problem)] if problem else [],
    }
    return render_page(request, "evidence", context, fragment="packs", status=status)


def _told(pack: EvidencePack) -> dict[str, Any]:
    url = addresses.order_page
    ready = pack.is_ready
    return {
        "pack": pack,
        "step": STEPS[pack.step],
        "has_failed": pack.state == WorkState.DEAD,
        "pdf": url(pack.order, "evidence_file", key=pack.key, what="pdf") if ready else "",
        "zip": url(pack.order, "evidence_file", key=pack.key, what="zip") if ready else "",
    }


@require_safe
@order_view(bare=True, fresh_code=True)
def file(request: OrderRequest, key: UUID, what: str) -> HttpResponseBase:
    """404 for a pack that somebody else asked for, as for one that does not exist."""
    pack = EvidencePack.objects.of_buyer(request.order).filter(key=key).first()
    if pack is None or what not in KINDS or not pack.is_ready:
        raise Http404
    name = pack.pdf if what == "pdf" else pack.zip
    return streamed(name, KINDS[what], f"{request.order.ref}.{what}")
