"""The page of one return, in every state, and what the buyer does there."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from portal import banner
from portal.access import OrderRequest, order_view
from portal.forms.returns import AnswerForm, AppealForm
from portal.order_page.deliveries import Delivery, delivery_back
from portal.order_page.investigation import search_of_return
from portal.order_page.legs import Leg
from portal.order_page.parcel_legs import back_leg
from portal.pages import form_page, render_page
from portal.return_page import tell
from portal.return_page.instead import instead
from portal.return_page.offered import about_claim, offered
from portal.return_page.opened import Opened, opened
from portal.return_page.outcome import outcome
from portal.return_page.pictures import asks_for_photos, pictures, shows_photos, takes_photos
from portal.return_page.reading import found, read_story
from portal.return_page.refused import refused, weighed_back
from portal.return_page.standing import OPENED, WRITES
from returns import addresses, formats
from returns.codes import PAYS_BACK
from returns.guide import Guide
from returns.ledger import Obstacle, Refused
from returns.models import BUYER, ReturnAuthorization, ReturnLine
from returns.models.access import TooOften
from returns.states import UNDECIDED, IllegalTransition, Status
from returns.texts import DECLINED, REASONS, obstacle

CONFLICT = 409  # something else was faster
TOO_MANY = 429


def posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


@require_safe
@order_view(bare=True)
def show(request: OrderRequest, number: str) -> HttpResponse:
    """Where the return stands, and what has to be done."""
    return return_page(request, found(request, number))


@form_page
@order_view(bare=True)
def cancel(request: OrderRequest, number: str) -> HttpResponse:
    """Asks once more, then cancels. Sent twice, it is done once."""
    rma = found(request, number)
    if rma.status == Status.CANCELLED:
        return redirect(addresses.return_page(rma))
    if request.method == "POST":
        return attempt(request, rma, lambda: rma.cancel(by=BUYER), done=Status.CANCELLED)
    if not rma.may_be_cancelled:
        return moved_on(request, rma)
    return render_page(
        request,
        "return_cancel",
        {"rma": rma, "rows": rma.lines.all(), "back": addresses.return_page(rma)},
    )


@form_page
@order_view(bare=True)
def answer(request: OrderRequest, number: str) -> HttpResponse:
    """Takes the answer to our question; the form for it is on the return's page."""
    rma = found(request, number)
    form = AnswerForm(posted(request))
    if request.method != "POST":
        return redirect(addresses.return_page(rma))
    if not form.is_valid() and rma.waits_for_buyer:
        return return_page(request, rma, answer_form=form, form=form)
    words = form.cleaned_data.get("answer", "")
    if rma.answer == words and words:
        return redirect(addresses.return_page(rma))  # the same answer, sent twice
    return attempt(request, rma, lambda: rma.give_answer(words, by=BUYER))


@form_page
@order_view(bare=True)
def appeal(request: OrderRequest, number: str) -> HttpResponse:
    """Takes why we should look again, once; the form for it is on the return's page."""
    rma = found(request, number)
    form = AppealForm(posted(request))
    if request.method != "POST":
        return redirect(addresses.return_page(rma))
    if not form.is_valid() and (rma.may_be_appealed or rma.may_question_outcome):
        return return_page(request, rma, appeal_form=form, form=form)
    words = form.cleaned_data.get("words", "")
    if rma.appeal == words and words:
        return redirect(addresses.return_page(rma))
    return attempt(request, rma, lambda: rma.look_again(words, by=BUYER))


def attempt(
    request: OrderRequest,
    rma: ReturnAuthorization,
    verb: Callable[[], object],
    done: str = "",
) -> HttpResponse:
    """Does `verb` and goes to the return's page. When something else was faster, the page
    says where the return stands now; unless it stands where the buyer wanted it (`done`)."""
    page = addresses.return_page(rma)
    try:
        verb()
    except IllegalTransition:
        fresh = found(request, rma.number)
        return redirect(page) if fresh.status == done else moved_on(request, fresh)
    except TooOften:
        words = gettext(
            "You have changed the number many times. Please write to us: {email}. A person "
            "will help you."
        ).format(email=request.store.contact_email)
        return return_page(request, rma, problems=[("", words)], status=TOO_MANY)
    except Refused as error:
        words = gettext(
            "What you had asked to send back is part of another return by now, so "
            "we cannot look at this one again."
        )
        if any(problem.code == Obstacle.ORDER_CANCELLED for problem in error.problems):
            words = obstacle(Obstacle.ORDER_CANCELLED)
        return return_page(request, rma, problems=[("", words)], status=CONFLICT)
    return redirect(page)


def moved_on(request: OrderRequest, rma: ReturnAuthorization) -> HttpResponse:
    words = gettext(
        "That is no longer possible here, because your return has moved on. "
        "This page says where it stands now."
    )
    return return_page(request, rma, problems=[("", words)], status=CONFLICT)


# --- the page -------------------------------------------------------------------------------------


def return_page(
    request: OrderRequest, rma: ReturnAuthorization, *, status: int = 200, **more: Any
) -> HttpResponse:
    read_story(request, rma)
    now = timezone.now()
    delivery = delivery_back(rma, now)
    head = tell.head(rma, delivery, now)
    context = {
        "rma": rma,
        "head": head,
        "writes": head.standing in WRITES or head.writes,
        "promised": tell.promised(rma, now),
        "banner": banner.of_return(rma, delivery, now),
        "answer_form": AnswerForm(),
        "answer_by": request.store.answer_by(now),
        "appeal_form": AppealForm(),
        **_about(rma),
        **_to_post(rma, head.standing),
        **_on_its_way(request, rma, delivery),
        **_photos(request, rma),
        **_inside(rma),
        "search": search_of_return(rma.order, rma.pk, now, has_fresh_code=request.has_fresh_code),
        **refused(request, rma),
        **offered(rma, now),
        **instead(rma, now),
        **more,
    }
    return render_page(request, "return_show", context, status=status)


def _about(rma: ReturnAuthorization) -> dict[str, Any]:
    return {
        "lines": [(row, REASONS[row.reason].label) for row in rma.lines.all()],
        **about_claim(rma),
        "shows_estimate": rma.wish in PAYS_BACK and rma.promises_money,
        "declined": DECLINED.get(rma.decline_reason, ""),
        "cancels": rma.may_be_cancelled and rma.posted_at is None,
    }


def _to_post(rma: ReturnAuthorization, standing: str) -> dict[str, Any]:
    """How to send it, while it is to be sent."""
    if standing != Status.APPROVED:
        return {}
    rows = list(rma.lines.all())
    return {
        "guide": Guide.of(rma),
        "pieces": _pieces(rows),
        "ticket": _ticket(rma, rows),
        "label": next(iter(rma.documents.all()), None),
        "guide_url": addresses.return_page(rma, "return_guide"),
    }


def _on_its_way(
    request: OrderRequest, rma: ReturnAuthorization, delivery: Delivery | None
) -> dict[str, Any]:
    parcel = delivery.parcel if delivery else None
    travels = tell.still_travels(delivery)
    return {
        "delivery": delivery,
        "steps": tell.way_back(rma, delivery),
        "leg": _leg(rma, delivery) if delivery and parcel else None,
        "checked_at": parcel.checked_at if parcel and travels else None,
        "checked_is_stale": delivery.is_stale if delivery else False,
        "takes_number": rma.takes_number,
    }


def _leg(rma: ReturnAuthorization, delivery: Delivery) -> Leg:
    return back_leg(rma.order, delivery, is_opened=rma.received_at is not None)


def _photos(request: OrderRequest, rma: ReturnAuthorization) -> dict[str, Any]:
    rows = list(rma.photos.all())
    return {
        "photos": pictures(request, rma, [row for row in rows if row.is_buyers]),
        "our_photos": pictures(request, rma, [row for row in rows if not row.is_buyers]),
        "takes_photos": takes_photos(rma) and shows_photos(rma),
        "asks_for_photos": rma.status in UNDECIDED and asks_for_photos(rma),
        "here": addresses.return_page(rma),
        "photos_url": addresses.return_page(rma, "photos"),
    }


def _inside(rma: ReturnAuthorization) -> dict[str, Any]:
    """What was in the parcel, and what comes of it."""
    if rma.status not in OPENED:
        return {}
    inside: Opened | None = None if rma.keeps_goods else opened(rma)
    decided = rma.status in {Status.RESOLVED, Status.CLOSED}
    return {
        "opened": inside,
        "outcome": outcome(rma) if decided else None,
        "parcel_weights": weighed_back(rma),
    }


def _pieces(rows: list[ReturnLine]) -> int:
    return sum(row.requested for row in rows)


def _ticket(rma: ReturnAuthorization, rows: list[ReturnLine]) -> list[str]:
    """What stands on the stub of the ticket: short, however much comes back."""
    if len(rows) == 1:
        what = f"{rows[0].requested} × {Truncator(rows[0].line.title).chars(32)}"
    else:
        what = ngettext("%(n)d thing", "%(n)d things", _pieces(rows)) % {"n": _pieces(rows)}
    if not rma.estimated_total:
        return [what]
    amount = formats.money(rma.estimated_total, rma.order.currency)
    return [what, gettext("%(amount)s back") % {"amount": amount}]
