"""One way to render a buyer's page, or the part of it that htmx asked for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from portal import withdrawing
from portal.speaking import LANGUAGES, keep_choice
from returns import addresses

# Outermost, as `require_safe` is: what a page cannot take is refused to everybody alike.
form_page = require_http_methods(["GET", "HEAD", "POST"])


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """`portal/<template>.html` with what every page needs.

    fragment: a `{% partialdef %}` of the template, sent alone when htmx asked for it.
    """
    store = getattr(request, "store", None)
    order = getattr(request, "order", None)
    language = getattr(request, "LANGUAGE_CODE", "en")
    if order is not None:
        home = addresses.order_page(order)
    else:
        home = addresses.store_page(store, "find") if store else addresses.welcome()
    context = {
        "store": store,
        "order": order,
        "home_url": home,
        "withdraw_url": withdrawing.link(store, order),
        "languages": [
            {"code": code, "label": label, "url": _in_language(request, code)}
            for code, label in LANGUAGES.items()
            if code != language
        ],
        **(context or {}),
    }
    name = f"portal/{template}.html"
    if fragment and getattr(request, "htmx", False):
        name = f"{name}#{fragment}"
    response = render(request, name, context, status=status)
    keep_choice(request, response)
    return response


def _in_language(request: HttpRequest, code: str) -> str:
    """The same page in another language, with everything else that its address says."""
    query = request.GET.copy()
    query["lang"] = code
    return f"{request.path}?{query.urlencode()}"
