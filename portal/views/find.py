"""The ways in: the link, the short link, Find with a mailed code, and the fresh code."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from portal import access, banner
from portal.access import OrderRequest, StoreRequest, order_view, store_view
from portal.forms.find import CodeForm, FindForm
from portal.pages import form_page, render_page
from portal.speaking import speaking
from portal.views.errors import too_often
from returns import addresses, links
from returns.models import FindAttempt, Order, ShortLink, Store, Throttle
from returns.models.access import PER_ORDER, code_throttle_key

# In the session: the tokens of the questions that it asked.
ATTEMPT, STEP_UP = "attempt", "step_up"
# Why a link did not open; the words are in the templates.
CLOSED, EXPIRED = "link", "expired"
# Mail programs take what stands behind a link for a part of it.
BEHIND_A_LINK = ".,;:!?)]}>'\"/…。，；：！？）】》」”’"


def key_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For addresses that are keys themselves. They are only ever opened (mail scanners
    also try to post to them: 405), and no page they lead to learns them."""

    @csrf_exempt
    @require_safe
    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        response = view(request, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return wrapper


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Which shop? With one there is nothing to ask."""
    stores = list(Store.objects.filter(is_active=True))
    why = _why(request)
    if len(stores) == 1:
        return _to_find(stores[0], why)
    doors = [(store, _door(store)) for store in stores]
    with speaking(request):
        return render_page(request, "welcome", {"doors": doors, "why": why})


@require_safe
@store_view
def store(request: StoreRequest) -> HttpResponse:
    """The store's own address leads to the one order this session has of it, or to Find."""
    orders = Order.objects.select_related("store").filter(store=request.store)
    mine = orders.filter(pk__in=access.granted(request))[:2]
    if len(mine) == 1:
        return redirect(addresses.order_page(mine[0]))
    return _to_find(request.store, _why(request))


@key_page
@store_view
def link(request: StoreRequest, token: str) -> HttpResponse:
    """The merchant's signed link. Opening it makes a session, and nothing else changes;
    HEAD does not even that."""
    parts = links.read(token.rstrip(BEHIND_A_LINK))
    if parts is None or request.store.key_of(parts) is None:
        return _to_find(request.store, CLOSED)
    number = links.number_from_ref(parts.ref)
    if number is None:
        return _to_find(request.store, CLOSED)
    if parts.expired(timezone.now()):
        return _to_find(request.store, EXPIRED)
    orders = Order.objects.select_related("store")
    order = orders.filter(store=request.store, ref=parts.ref).first()
    if order is None:
        return render_page(request, "early", {"number": number})
    if order.signed_links_closed:
        return _to_find(request.store, CLOSED)
    return _enter(request, order)


@key_page
def short_link(request: HttpRequest, code: str) -> HttpResponse:
    """A link out of one of our own messages."""
    found = ShortLink.objects.of(code.rstrip(BEHIND_A_LINK))
    if found is None:
        return redirect(f"{addresses.welcome()}?why={CLOSED}")
    order = found.order
    if not order.store.is_active:
        raise Http404
    if home := access.at_home(request, order.store):
        return home
    if not found.is_live:
        return _to_find(order.store, CLOSED if found.revoked_at else EXPIRED)
    if request.method != "HEAD":
        found.note_opened()
    return _enter(request, order, found.path)


@form_page
@store_view
def find(request: StoreRequest) -> HttpResponse:
    """Asks for a code. The question is only stored; a worker judges it and sends, so that
    neither the answer nor its time tells whether there is such an order."""
    form = FindForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        rest = banner.of_store(request.store, timezone.now())
        context = {"form": form, "why": _why(request), "banner": rest}
        return render_page(request, "find", context, status=422 if form.is_bound else 200)
    if again_at := access.may_ask(request):
        return too_often(request, again_at)
    attempt = FindAttempt.note(request.store, **form.cleaned_data)
    request.session[ATTEMPT] = attempt.token
    return redirect(addresses.store_page(request.store, "code"))


@form_page
@store_view
def code(request: StoreRequest) -> HttpResponse:
    """Takes the code. Wrong, late, used or never sent: the answer is the same."""
    attempt = FindAttempt.objects.held(request.session.get(ATTEMPT, ""), request.store)
    if request.method != "POST":
        if attempt is None:
            return _to_find(request.store)
        return render_page(request, "code", {"form": CodeForm()})
    form = CodeForm(request.POST)
    order = _opened(form, attempt)
    if order is None:
        context = {"form": form, "is_out_of_tries": attempt and attempt.is_out_of_tries}
        return render_page(request, "code", context, status=422)
    del request.session[ATTEMPT]
    # While the old contact rules, a code to the new one opens the order as a link does.
    access.enter(request, order, by_code=order.contact() == order.contact(sensitive=True))
    return redirect(addresses.order_page(order))


@form_page
@order_view
def step_up(request: OrderRequest) -> HttpResponse:
    """Asks for a fresh code before something that a forwarded link must not do."""
    order = request.order
    target = _inside(order, request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "POST" and request.POST.get("action") == "send":
        return _send_code(request, target)
    if request.method != "POST" and request.has_fresh_code:
        return redirect(target)
    attempt = FindAttempt.objects.held_step_up(request.session.get(STEP_UP, ""), order)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and _opened(form, attempt):
        del request.session[STEP_UP]
        access.enter(request, order, by_code=True)
        return redirect(target)
    context = {
        "form": form,
        "target": target,
        "contact": order.contact(sensitive=True),
        "is_old_contact": order.contact(sensitive=True) != order.contact(),
        "is_out_of_tries": form.is_bound and attempt is not None and attempt.is_out_of_tries,
        "was_sent": form.is_bound or (attempt is not None and attempt.is_open),
        "is_used_up": Throttle.objects.used_up(code_throttle_key(order, sensitive=True), PER_ORDER),
    }
    return render_page(request, "step_up", context, status=422 if form.is_bound else 200)


def _send_code(request: OrderRequest, target: str) -> HttpResponse:
    order = request.order
    back = f"{addresses.order_page(order, 'step_up')}?{urlencode({'next': target})}"
    if not order.contact(sensitive=True) or Throttle.objects.used_up(
        code_throttle_key(order, sensitive=True), PER_ORDER
    ):
        return redirect(back)  # the page says why
    if again_at := access.may_ask(request):
        return too_often(request, again_at)
    request.session[STEP_UP] = FindAttempt.step_up(order).token
    return redirect(back)


def _opened(form: CodeForm, attempt: FindAttempt | None) -> Order | None:
    """The order that the typed code opens; None with the reason beside the field."""
    if not form.is_valid():
        return None
    order = attempt.enter(form.cleaned_data["code"]) if attempt else None
    if order is None:
        form.refuse(out_of_tries=attempt is not None and attempt.is_out_of_tries)
    return order


def _enter(request: HttpRequest, order: Order, path: str = "") -> HttpResponse:
    if request.method != "HEAD":
        access.enter(request, order)
    return redirect(addresses.order_page(order) + path)


def _inside(order: Order, path: str) -> str:
    """`path` when it is a page of this order, else the order's own page."""
    home, this = addresses.order_page(order), addresses.order_page(order, "step_up")
    inside = (
        url_has_allowed_host_and_scheme(path, allowed_hosts=None)
        and path.startswith(home)
        and not path.startswith(this)
        and ".." not in path
        and "%" not in path
    )
    return path if inside else home


def _door(store: Store) -> str:
    page = addresses.store_page(store, "find")
    return addresses.absolute(store, page) if store.host else page


def _why(request: HttpRequest) -> str:
    why = request.GET.get("why", "")
    return why if why in (CLOSED, EXPIRED) else ""


def _to_find(store: Store, why: str = "") -> HttpResponse:
    page = addresses.store_page(store, "find")
    return redirect(f"{page}?why={why}" if why else page)
