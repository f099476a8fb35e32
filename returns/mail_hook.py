"""What mail services hand over: mails that came in, and what became of those that left.

`POST /hooks/messages/mail/<key>/`: a whole mail, as it is (message/rfc822) or in one field
of a form or of JSON, as SendGrid, Mailgun and Postmark send it (documented, never tried
against the live services). It is stored and acknowledged; a worker reads it afterwards.
`POST /hooks/messages/mail-provider/`: reports of the provider that the settings name; with
a password, as django-anymail has it. What is refused is answered as {"error": "…"}.
"""

import json
import re
from urllib.parse import parse_qsl

from anymail.exceptions import AnymailConfigurationError, AnymailWebhookValidationFailure
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from returns import mail_reports  # noqa: F401  connects to anymail's signal
from returns.models import Inbound

LARGEST = 20 * 1024 * 1024  # bytes
# The field that holds the mail: SendGrid's (“post the raw message”), Mailgun's, Postmark's.
FIELDS = ("email", "body-mime", "RawEmail")
MOST_FIELDS = 200
NAME = re.compile(rb'name="?(email|body-mime|RawEmail)"?(?=[;\s]|\Z)')
BOUNDARY = re.compile(r'boundary="?([^";,]{1,70})"?')


# What reading a report that is none comes to. What fails of ours is another matter (500), so
# that the provider tells it again.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class NoMail(ValueError):
    """There is no mail in what was sent."""


@csrf_exempt
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """200 when it is stored, 404 for a key that is not ours, 405 for other methods, 413 for
    more than LARGEST, 400 when it breaks off or holds no mail."""
    if not is_key(key):
        return _refused(404, "Nothing is received at this address.")
    if request.method != "POST":
        return _refused(405, "POST only.", Allow="POST")
    try:
        body = request.read(LARGEST + 1)
    except UnreadablePostError:
        return _refused(400, "The body broke off.")
    if len(body) > LARGEST:
        return _refused(413, "The body is too large.")
    try:
        raw = mail_in(body, request.headers.get("Content-Type", ""))
    except NoMail:
        return _refused(400, "There is no mail in it.")
    Inbound.objects.keep("mail", raw)
    return JsonResponse({"ok": True})


def is_key(key: str) -> bool:
    """In constant time. Without a key in the settings there is no such address."""
    ours = settings.MAIL_HOOK_KEY
    return bool(ours) and constant_time_compare(key, ours)


def mail_in(body: bytes, content_type: str) -> bytes:
    """The mail in a body, byte for byte where its wrapping allows. Raises NoMail."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        raw = _in_form(body, content_type)
    elif kind == "application/x-www-form-urlencoded":
        raw = _in_line(body)
    elif kind == "application/json":
        raw = _in_json(body)
    else:
        raw = body
    if not raw.strip():
        raise NoMail
    return raw


def _in_form(body: bytes, content_type: str) -> bytes:
    """By hand, because Django would take no field of this size."""
    found = BOUNDARY.search(content_type)
    if not found:
        raise NoMail
    line = b"\r\n--" + found[1].encode("latin-1", "replace")
    for part in (b"\r\n" + body).split(line, MOST_FIELDS)[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        if NAME.search(head):
            return value
    raise NoMail


def _in_line(body: bytes) -> bytes:
    # Latin-1 has a sign for every byte, so the bytes come out as they went in.
    try:
        fields = dict(
            parse_qsl(body.decode("latin-1"), encoding="latin-1", max_num_fields=MOST_FIELDS)
        )
    except ValueError as error:
        raise NoMail from error
    return next((fields[name].encode("latin-1") for name in FIELDS if name in fields), b"")


def _in_json(body: bytes) -> bytes:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoMail from error
    found = fields.get("RawEmail") if isinstance(fields, dict) else None
    return found.encode("utf-8", "replace") if isinstance(found, str) else b""


# --- Reports of the provider -------------------------------------------------------------


@csrf_exempt
def told_by_provider(request: HttpRequest) -> HttpResponse:
    """200 when it is noted, 401 for another password or signature, 404 without a provider,
    400 for what is no report. Reports are short, so they keep to the site's own limit."""
    path = settings.MAIL_TOLD_BY
    # Without a password anymail would believe everybody.
    if not path or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return _refused(404, "Nothing is received at this address.")
    if request.method not in ("POST", "HEAD"):
        return _refused(405, "POST only.", Allow="HEAD, POST")
    try:
        return import_string(path).as_view()(request)
    except AnymailWebhookValidationFailure:
        return _refused(401, "The password or the signature does not fit.")
    except (AnymailConfigurationError, *UNREADABLE):
        return _refused(400, "This is no report about a letter.")


def _refused(status: int, reason: str, **headers: str) -> JsonResponse:
    return JsonResponse({"error": reason}, status=status, headers=headers)
