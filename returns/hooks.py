"""`/hooks/messages/<provider>/<hook key>/`: where providers tell us about messages.

Machines call here: no cookie, no page. The key in the address names the
account. What is genuine is stored as it came and acknowledged in the provider's own form;
a worker looks into it afterwards. What is refused is answered as {"error": "…"}.
"""

from importlib import import_module
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from returns.channels import HOOKS, Hook
from returns.models import ChannelAccount, Inbound

LARGEST = 2 * 1024 * 1024  # bytes


@csrf_exempt
def hook(request: HttpRequest, provider: str, key: str) -> HttpResponse:
    """200 when it is stored, 401 for a signature that does not fit, 404 for an address that
    leads nowhere, 405 for other methods, 413 for more than LARGEST, 400 when it breaks off.
    GET: 200 with the answer to the provider's question, 403 when it is not the provider's."""
    if request.method not in ("GET", "POST"):
        return _refused(405, "GET and POST only.", Allow="GET, POST")
    account = ChannelAccount.objects.at(provider, key) if provider in HOOKS else None
    if account is None:
        return _refused(404, "Nothing is received at this address.")
    adapter = cast(Hook, import_module(HOOKS[provider]))
    if request.method == "GET":
        return _answer(adapter, request, account)
    return _take(adapter, request, account)


def _answer(adapter: Hook, request: HttpRequest, account: ChannelAccount) -> HttpResponse:
    answer = adapter.challenge(request.GET, account.access)
    if answer is None:
        return _refused(403, "This is not the question that we agreed on.")
    return HttpResponse(answer, content_type="text/plain")


def _take(adapter: Hook, request: HttpRequest, account: ChannelAccount) -> HttpResponse:
    try:
        body = request.read(LARGEST + 1)
    except UnreadablePostError:
        return _refused(400, "The body broke off.")
    if len(body) > LARGEST:
        return _refused(413, "The body is too large.")
    # The Host header is the caller's word, and a signature counts for our own address only.
    url = settings.BASE_URL + request.get_full_path()
    if not adapter.is_genuine(url, request.headers, body, account.access):
        return _refused(401, "The signature does not fit.")
    Inbound.objects.keep(account.provider, body, account=account)
    content_type, answer = adapter.acknowledge()
    return HttpResponse(answer, content_type=content_type)


def _refused(status: int, reason: str, **headers: str) -> JsonResponse:
    return JsonResponse({"error": reason}, status=status, headers=headers)
