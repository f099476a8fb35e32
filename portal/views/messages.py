"""The thread between a buyer and the desk: reading, writing, its photos, and how to be told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from portal import access, telling, thread
from portal.access import OrderRequest, order_view
from portal.forms.messages import MessageForm, WayForm, too_many
from portal.pages import form_page, render_page
from returns import addresses, photos
from returns.models import ContactPoint, Message, MessagePhoto, Order, Throttle
from returns.models.access import TooOften
from returns.models.thread import MOST_PICTURES
from returns.models.writing import MESSAGES
from returns.photos.darkroom import MOST_BYTES
from returns.photos.problems import Problem
from returns.photos.words import PROBLEMS
from returns.served import served

UNUSABLE = 422
TOO_MANY = 429
# What is not the sender's fault: the same message may be sent again later.
OURS = {Problem.BUSY: 503, Problem.NO_ROOM: 507}
SOURCE = "the page"  # where somebody agreed, or wanted no more


@form_page
@order_view(bare=True)
def page(request: OrderRequest) -> HttpResponse:
    """What was written, oldest first, and a field for more. Writing is always possible."""
    if request.method == "POST":
        return _take(request)
    return _page(request, MessageForm())


def _take(request: OrderRequest) -> HttpResponse:
    """One message. The same form twice is one; the answer stands under it."""
    form, status = MessageForm(request.POST, request.FILES), UNUSABLE
    if not form.is_valid():
        return _page(request, form, status=status)
    try:
        message = _written(request.order, form)
    except photos.Unusable as error:
        status = OURS.get(error.problem, UNUSABLE)
        if "photos" not in form.errors:  # the disk, not one of them
            form.add_error("photos", str(PROBLEMS[error.problem]))
        return _page(request, form, status=status)
    except TooOften:
        form.add_error("text", _too_often())
        return _page(request, form, status=TOO_MANY)
    access.remember(request, message)
    for photo in message.pictures.all():
        access.remember(request, photo)
    return redirect(f"{addresses.order_page(request.order, 'messages')}#message-{message.pk}")


def _written(order: Order, form: MessageForm) -> Message:
    """Looked at before the work of opening photos, and once more under the lock. Raises
    photos.Unusable or TooOften."""
    key = form.once
    known = order.messages.filter(key=key).first()
    if known:
        return known
    if any(Throttle.objects.used_up(f"message:{order.pk}", limit) for limit in MESSAGES):
        raise TooOften
    text = form.cleaned_data["text"]
    return order.write(text, key=key, pictures=form.developed())


def _page(request: OrderRequest, form: MessageForm, *, status: int = 200) -> HttpResponse:
    order, now = request.order, timezone.now()
    entries = thread.entries(request, thread.read(order))
    if request.method == "GET":
        _note_seen(order, entries, now)
    promise = thread.promised(order)
    context: dict[str, Any] = {
        "form": form,
        "entries": entries,
        "hides": any(entry.hides for entry in entries),
        "promise": promise,
        "promise_words": thread.promise_words(promise, now) if promise else "",
        "is_late": promise is not None and promise.due_at < now,
        "answer_by": order.quiet.clear_of(order.store.answer_by(now)),
        "most_photos": MOST_PICTURES,
        "most_bytes": MOST_BYTES,
        "too_many": too_many(),
        "here": addresses.order_page(order, "messages"),
    }
    return render_page(request, "messages", context, status=status)


def _note_seen(order: Order, entries: list[thread.Entry], now: datetime) -> None:
    """The desk sees that its answer was read."""
    fresh = [
        entry.message.pk
        for entry in entries
        if not (entry.message.is_buyers or entry.is_hidden or entry.message.seen_at)
    ]
    if fresh:
        order.messages.filter(pk__in=fresh, seen_at=None).update(seen_at=now)


def _too_often() -> str:
    return gettext(
        "You have written many times in a short time. We have all of it, and a person reads "
        "it. Please send this one a little later; your words are still here."
    )


# --- Photos -------------------------------------------------------------------------------------


@require_safe
@order_view(bare=True)
def picture(request: OrderRequest, key: UUID) -> HttpResponse:
    return _served(request, key)


@require_safe
@order_view(bare=True)
def thumbnail(request: OrderRequest, key: UUID) -> HttpResponse:
    return _served(request, key, small=True)


def _served(request: OrderRequest, key: UUID, *, small: bool = False) -> HttpResponse:
    """404 for a photo that this reader may not see, as for one that does not exist."""
    shared = MessagePhoto.objects.filter(message__order=request.order, message__is_private=False)
    photo = shared.filter(key=key).first()
    if photo is None or not access.owns(request, photo):
        raise Http404
    name = photo.thumbnail if small else photo.file
    return served(name, "image/jpeg", f"{request.order.ref}-{photo.pk}.jpg")


# --- How to be told -----------------------------------------------------------------------------


@form_page
@order_view(bare=True)
def ways(request: OrderRequest) -> HttpResponse:
    """Which channels are on, and a button for each. Only the order's own number can be
    turned on, whoever holds the link."""
    order, offers = request.order, telling.offers(request.order)
    if request.method == "POST":
        form = WayForm([offer.channel for offer in offers], request.POST)
        if form.is_valid():
            _choose(order, **form.cleaned_data)
        return redirect(addresses.order_page(order, "ways"))
    context = {"offers": offers, "number": telling.number_of(order)}
    return render_page(request, "ways", context)


def _choose(order: Order, channel: str, wish: str) -> None:
    """Pressed twice, it is done once."""
    verb = ContactPoint.objects.agree if wish == WayForm.START else ContactPoint.objects.stop
    verb(order.store, channel, telling.number_of(order), source=SOURCE)
