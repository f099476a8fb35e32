"""Everything about one message on one page, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from returns import formats, letters
from returns.admin.named import named
from returns.admin.notice_states import WORDS, state_of
from returns.channels import CHANNELS
from returns.models import Channel, Notice
from returns.models.notice import SECRET_KINDS
from returns.urgency import leaves_at_once
from tracking.work import WorkState

CHANNEL_WORDS: dict[str, str] = {
    Channel.EMAIL: "by email",
    Channel.SMS: "by SMS",
    Channel.WHATSAPP: "by WhatsApp",
}
PROVIDER_SAYS = {"sent": "taken", "delivered": "delivered", "read": "read", "failed": "failed"}


@dataclass(frozen=True)
class Shown:
    """The letter before it has left. note: what is particular about it."""

    subject: str
    text: str
    note: str = ""


def page(notice: Notice, request: HttpRequest, site: AdminSite) -> dict[str, Any]:
    """What the page of a message shows, without its buttons."""
    return {
        **letter(notice),
        "edited_by": named(notice.edited_by),
        "signed_by": named(notice.sent_by) or "the shop",
        "recipient": masked(notice.channel, notice.recipient),
        "carried_by": CHANNELS[notice.account.provider][0] if notice.account else "",
        "provider_says": PROVIDER_SAYS.get(notice.provider_state, ""),
        "news": [
            (event, link_to(event.case, request, site) if event.case else "")
            for event in notice.news.select_related("case", "shipment__parcel")
        ],
        "before": notice.falls_back_from,
        "instead": Notice.objects.filter(falls_back_from=notice).first(),
        "is_secret": notice.kind in SECRET_KINDS,
        "order_page": link_to(notice.order, request, site),
        "return_page": link_to(notice.authorization, request, site),
        "promise_page": link_to(notice.keeps, request, site),
    }


def letter(notice: Notice) -> dict[str, Any]:
    """What every page about it shows: where it stands, and how it reads."""
    now = timezone.now()
    return {
        "now": now,
        "notice": notice,
        "state": WORDS[state_of(notice, now)],
        "channel": CHANNEL_WORDS[notice.channel],
        "leaves_at": leaves_at(notice, now),
        "shown": shown(notice, now),
    }


def shown(notice: Notice, now: datetime) -> Shown | None:
    """How it will read; None when it has left, or when its text would open the order."""
    if notice.state not in (WorkState.DUE, WorkState.CLAIMED) or notice.kind in SECRET_KINDS:
        return None
    if not letters.is_still_true(notice, now):
        return Shown("", "", "It is no longer news: it is dropped when its time comes.")
    letter = letters.preview(notice)
    if notice.channel == Channel.EMAIL:
        return Shown(letter.subject, letter.text)
    if letter.short:
        return Shown("", letter.short)
    label = Channel(notice.channel).label
    note = f"{label} carries only texts that were approved before, so this goes by email."
    return Shown(letter.subject, letter.text, note)


def leaves_at(notice: Notice, now: datetime) -> datetime | None:
    """When it goes by itself, as far as we know; None when it does not wait. What nobody
    has put a name to waits for the buyer's morning."""
    if notice.state != WorkState.DUE:
        return None
    at = max(notice.due_at, now)
    if leaves_at_once(notice.kind) or notice.sent_by_id:
        return at
    return notice.order.quiet.until(at) or at


def masked(channel: str, address: str) -> str:
    """An address as a list may show it: s•••@example.com, •••0123."""
    return formats.mask_email(address) if channel == Channel.EMAIL else f"•••{address[-4:]}"


def link_to(row: Model | None, request: HttpRequest, site: AdminSite) -> str:
    """Its page at the desk, '' when there is none or this member of staff may not see it."""
    if row is None or not site.is_registered(type(row)):
        return ""
    options = row._meta
    name = f"{options.app_label}_{options.model_name}"
    if not request.user.has_perm(f"{options.app_label}.view_{options.model_name}"):
        return ""
    return reverse(f"admin:{name}_change", args=[row.pk])
