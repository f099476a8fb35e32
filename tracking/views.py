"""`POST /hooks/<provider>/<account>/`: where providers tell us about parcels, and
`POST /hooks/interceptions/<gateway>/<hook key>/`: where gateways tell us what became of a
request.

Machines call here: no session, no cookie, no page. What is genuine is stored as it came
and acknowledged in the provider's own form; a worker looks into it afterwards. What is
refused is answered as {"error": "…"}.
"""

from collections.abc import Callable

from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from tracking.models import Connection, Forged, GatewayAccount

LARGEST = 2 * 1024 * 1024  # bytes


@csrf_exempt
def push(request: HttpRequest, provider: str, account: str) -> JsonResponse:
    """200 when it is stored, 401 for a signature that does not fit, 404 for an address that
    leads nowhere, 405 for other methods, 413 for more than LARGEST, 400 when it breaks off."""
    return _take(request, lambda: Connection.objects.at(provider, account))


@csrf_exempt
def result(request: HttpRequest, gateway: str, key: str) -> JsonResponse:
    """The same answers, for `GatewayAccount.objects.at(gateway, key)`."""
    return _take(request, lambda: GatewayAccount.objects.at(gateway, key))


def _take(
    request: HttpRequest, find: Callable[[], Connection | GatewayAccount | None]
) -> JsonResponse:
    if request.method != "POST":
        return _refused(405, "POST only.", Allow="POST")
    whose = find()
    if whose is None:
        return _refused(404, "Nothing is received at this address.")
    try:
        body = request.read(LARGEST + 1)
    except UnreadablePostError:
        return _refused(400, "The body broke off.")
    if len(body) > LARGEST:
        return _refused(413, "The body is too large.")
    try:
        whose.receive(request.headers, body)
    except Forged:
        return _refused(401, "The signature does not fit.")
    return JsonResponse(whose.acknowledge(body))


def _refused(status: int, reason: str, **headers: str) -> JsonResponse:
    return JsonResponse({"error": reason}, status=status, headers=headers)
