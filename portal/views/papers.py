"""Papers for customs: what to have ready, what we print for it, and what the buyer sends."""

from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from portal import access
from portal.access import OrderRequest, order_view
from portal.forms.papers import PaperForm
from portal.pages import form_page, render_page
from portal.papers import drawer, needed, needs_invoice, passing, read, room
from portal.return_page.reading import found
from returns import addresses, photos
from returns.codes import PAPERS
from returns.customs_papers import printed_invoice, printed_value_proof
from returns.models import BUYER, Document, Throttle
from returns.models.access import TooOften
from returns.models.document import MOST_OF_BUYER
from returns.models.photo import TooMany
from returns.papers import PROBLEMS, Unusable
from returns.photos.darkroom import MOST_BYTES
from returns.photos.problems import Problem
from returns.served import response, served

CONFLICT = 409
UNUSABLE = 422
TOO_MANY = 429
# Of one order: each is drawn anew, which takes a good part of a second of the machine.
DRAWN = ((60, timedelta(hours=1)),)
# What is not the sender's fault: the same file may be sent again later.
OURS: dict[str, int] = {Problem.BUSY: 503, Problem.NO_ROOM: 507}


@form_page
@order_view(bare=True)
def page(request: OrderRequest) -> HttpResponse:
    """What to have ready, the papers that we print, and a field for each kind."""
    read(request.order)
    return _take(request) if request.method == "POST" else _page(request)


def _take(request: OrderRequest) -> HttpResponse:
    """One paper, beside whose field every answer stands."""
    form = PaperForm(request.POST, request.FILES)
    kind = form.data.get("kind", "")
    if not needed(request.order, timezone.now()):
        return _page(request, status=CONFLICT, problem=(kind, _too_late()))
    if not form.is_valid():
        words = str(next(iter(form.errors.values()))[0])
        return _page(request, status=UNUSABLE, problem=(kind, words))
    try:
        data = form.cleaned_data["paper"].read()
        paper = Document.objects.take(request.order, form.cleaned_data["kind"], data, by=BUYER)
    except (Unusable, photos.Unusable) as error:
        status = OURS.get(error.problem, UNUSABLE)
        return _page(request, status=status, problem=(kind, str(PROBLEMS[error.problem])))
    except TooOften:
        return _page(request, status=TOO_MANY, problem=(kind, _too_often()))
    except TooMany:
        return _page(request, status=CONFLICT, problem=(kind, _too_many()))
    access.remember(request, paper)
    return redirect(f"{addresses.order_page(request.order, 'papers')}#kind-{paper.kind}")


def _page(
    request: OrderRequest, *, status: int = 200, problem: tuple[str, str] = ("", "")
) -> HttpResponse:
    """problem: (kind, words) of a paper that could not be kept."""
    order, papers = request.order, needed(request.order, timezone.now())
    sections = drawer(request, takes=bool(papers), kind=problem[0], problem=problem[1])
    context: dict[str, Any] = {
        "needed": papers,
        "sections": sections,
        "problems": [(s.field_id if s.takes else "", s.problem) for s in sections if s.problem],
        "room": room(order),
        "full": _too_many(),
        "most_bytes": MOST_BYTES,
        "too_large": PROBLEMS[Problem.TOO_LARGE],
        "has_fresh_code": request.has_fresh_code,
        "received": any(section.sent for section in sections),
        "hidden": any(not one.url for section in sections for one in section.sent),
        "here": addresses.order_page(order, "papers"),
    }
    if problem[1] and not context["problems"]:
        context["problems"] = [("", problem[1])]
    return render_page(request, "papers", context, status=status)


def _too_late() -> str:
    return gettext("No parcel of this order is at customs any more, so no papers are needed.")


def _too_often() -> str:
    return gettext("You have sent many files in a short time. Please try again in an hour.")


def _too_many() -> str:
    return ngettext(
        "There is %(most)d paper, which is the most. Take one away to add another.",
        "There are %(most)d papers, which is the most. Take one away to add another.",
        MOST_OF_BUYER,
    ) % {"most": MOST_OF_BUYER}


@require_POST
@order_view(bare=True)
def remove(request: OrderRequest, key: UUID) -> HttpResponse:
    """Takes a paper away. Pressed twice, it is gone once."""
    here = addresses.order_page(request.order, "papers")
    paper = Document.objects.filter(order=request.order, key=key).first()
    if paper is None or not access.owns(request, paper):
        return redirect(here)  # gone already, or never theirs: the page shows which are
    paper.order = request.order
    if paper.take_away(by=BUYER):
        return redirect(here)
    read(request.order)
    words = gettext("We have already worked with this paper, so it stays with your order.")
    return _page(request, status=CONFLICT, problem=("", words))


@require_safe
@order_view(bare=True)
def paper(request: OrderRequest, key: UUID) -> HttpResponse:
    """404 for a paper that this reader may not see, as for one that does not exist."""
    paper = Document.objects.filter(order=request.order, key=key, kind__in=PAPERS).first()
    if paper is None or not access.owns(request, paper):
        raise Http404
    called = f"{request.order.ref}-{paper.kind}.{paper.extension}"
    return served(paper.file, paper.content_type, called, attached=True)


@require_safe
@order_view(bare=True)
def value(request: OrderRequest) -> HttpResponse:
    """The proof of value. By link alone the buyer's name is left to be written."""
    order = request.order
    read(order)
    parcels = passing(order, timezone.now())
    if not parcels:
        raise Http404
    if again_at := _may_draw(request):
        return _wait(request, again_at)
    pdf = printed_value_proof(order, parcels, whole_address=request.has_fresh_code)
    return response(pdf, "application/pdf", f"{order.ref}-value.pdf", sandbox=False)


@require_safe
@order_view(bare=True)
def invoice(request: OrderRequest, number: str) -> HttpResponse:
    """The commercial invoice of a return, while its parcel is not here. By link alone name,
    street and phone are left to be written."""
    rma = found(request, number)
    if not needs_invoice(rma):
        raise Http404
    if again_at := _may_draw(request):
        read(request.order)
        return _wait(request, again_at)
    pdf = printed_invoice(rma, whole_address=request.has_fresh_code)
    return response(pdf, "application/pdf", f"{rma.number}-invoice.pdf", sandbox=False)


def _may_draw(request: OrderRequest) -> datetime | None:
    """Counts one paper that is drawn. None: within the limit; otherwise from when on the next
    one is. Those with a code are counted apart: whoever holds a forwarded link must not use
    up what the buyer needs."""
    who = "code" if request.has_fresh_code else "link"
    return Throttle.objects.admit(f"drawn:{who}:{request.order.pk}", DRAWN)


def _wait(request: OrderRequest, again_at: datetime) -> HttpResponse:
    words = gettext(
        "These papers were asked for very often in a short time. Please try again in an hour."
    )
    response = _page(request, status=TOO_MANY, problem=("", words))
    seconds = (again_at - timezone.now()).total_seconds()
    response.headers["Retry-After"] = str(max(ceil(seconds), 1))
    return response
