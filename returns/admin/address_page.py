"""Everything about one change of address on one page, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from returns import address_texts, formats
from returns.admin.address_acts import ACTS
from returns.admin.address_words import AIM_WORDS, STAGES, WHY_DESK, failure, standing
from returns.admin.countdown import countdown
from returns.admin.named import named
from returns.admin.notice_states import in_words
from returns.letters import language_of, speaking
from returns.letters.address import masked
from returns.models import ActorKind, AddressChange, Event, EventKind, Notice, NoticeKind, Promise
from returns.models.promise import PromiseKind
from returns.postal import formats as postal
from returns.postal.address import PostalAddress
from tracking import carriers
from tracking.admin.interception import over
from tracking.admin.interception import standing as standing_there

KNOWN = (
    "order__store__account",
    "shipment__parcel",
    "interception__parcel__account",
    "interception__gateway__account",
    "told",
    "user",
    "decided_by",
)
LETTERS = (NoticeKind.ADDRESS_ASKED, NoticeKind.ADDRESS_NEWS)
STORY = [kind for kind in EventKind if kind.startswith("address_")]


@dataclass(frozen=True)
class Step:
    """One line of the story; who: by whom, '' when nobody is named."""

    at: datetime
    words: str
    who: str = ""


def loaded(pk: int) -> AddressChange | None:
    known = AddressChange.objects.select_related(*KNOWN).prefetch_related("shop_updates")
    return known.filter(pk=pk).first()


def page(change: AddressChange, now: datetime, *, in_full: bool) -> dict[str, Any]:
    """What the page of a change shows, without its buttons. in_full: else its addresses tell
    no more than a forwarded letter would."""
    order, parcel = change.order, change.shipment.parcel if change.shipment else None
    promise = Promise.objects.open().filter(
        order=order, kind=PromiseKind.ADDRESS, authorization=None
    )
    owed = promise.first() if change.is_open else None
    letters = letters_of(change)
    row = change.interception
    return {
        "now": now,
        "row": change,  # the admin has a `change` of its own
        "order": order,
        "parcel": parcel,
        "carrier": carriers.called(parcel.carrier) if parcel else "",
        "aim": AIM_WORDS.get(change.aim, change.aim),
        "stage": STAGES.get(change.stage, change.stage),
        "standing": standing(change),
        "why_desk": WHY_DESK.get(change.why_desk, "") if change.why_desk else "",
        "why_failed": failure(change) if change.failure else "",
        "before": _lines(change.was_before, in_full=in_full),
        "after": _lines(change.wanted, in_full=in_full) if change.after else [],
        "asked_by": asked_by(change),
        "fee": formats.money(change.fee, change.currency) if change.fee else "",
        "terms": _terms(change),
        "promise": owed,
        "countdown": countdown(owed.due_at, now) if owed else "",
        "story": _story(change),
        "letters": [(letter, in_words(letter, now)) for letter in letters],
        "request_standing": standing_there(row) if row else "",
        "request_over": over(row) if row else "",
        "updates": change.shop_updates.all(),
        **_told(change),
    }


def _lines(address: PostalAddress, *, in_full: bool) -> list[str]:
    """With the telephone."""
    if not in_full:
        return [masked(address)]
    return [*postal.lines(address), *filter(None, [address.phone])]


def asked_by(change: AddressChange) -> str:
    """`The buyer, on the order’s page`, `Ieva, for a caller`."""
    if change.requested_by == ActorKind.STAFF:
        return f"{named(change.user) or 'Somebody of us'}, for a caller"
    if change.requested_by == ActorKind.BUYER:
        return "The buyer, on the page of the order, with a fresh code"
    return str(dict(ActorKind.choices).get(change.requested_by, "Not known"))


def _terms(change: AddressChange) -> list[str]:
    """What the page said before it was agreed to."""
    said = []
    if days := change.terms.get("days"):
        first, last = days
        said.append(f"{first} to {last} more days" if first != last else f"{last} more days")
    if (chance := change.terms.get("chance")) is not None:
        said.append(f"works {chance} times of 100")
    if change.terms.get("by_phone") and change.was_shipped:
        said.append("one of us calls the carrier")
    return said


def letters_of(change: AddressChange) -> list[Notice]:
    """The newest first."""
    mine = Notice.objects.filter(order=change.order_id, kind__in=LETTERS).defer("text")
    rows = mine.order_by("-written_at", "-pk")
    return [letter for letter in rows if letter.facts.get("change") == change.pk]


def _story(change: AddressChange) -> list[Step]:
    """The oldest first: the lines of history that are about it, and what has none."""
    rows = Event.objects.filter(order=change.order_id, kind__in=STORY).select_related("user")
    steps = [
        Step(row.at, row.get_kind_display(), named(row.user) or _by(row))
        for row in rows
        if row.data.get("change") == change.pk
    ]
    told = change.told
    more = [
        (told.done_at if told else None, "The contact on the order was told", ""),
        (change.decided_at, "A person decided", named(change.decided_by)),
        (change.started_at, "Handed on to the carrier or the warehouse", ""),
        (change.withdraw_wanted_at, "Withdrawing was asked for", ""),
        (change.agreed_at, "The fee was agreed to", ""),
        (change.fee_owed_at, "The fee fell due", ""),
    ]
    steps += [Step(at, words, who) for at, words, who in more if at]
    return sorted(steps, key=lambda step: step.at)


def _by(row: Event) -> str:
    return "" if row.actor == ActorKind.RULE else row.get_actor_display().lower()


def _told(change: AddressChange) -> dict[str, Any]:
    """What the buyer reads of it now, in the buyer's language."""
    order, parcel = change.order, change.shipment.parcel if change.shipment else None
    language = language_of(order.language or order.store.language)
    carrier = parcel.carrier if parcel else ""
    with speaking(language, order.where):
        title = address_texts.heading(change, carrier=carrier)
        next_ = address_texts.following(change, carrier=carrier, promise_when="")
    return {"told_title": title, "told_next": next_, "language_code": language}


def buttons(request: HttpRequest, change: AddressChange) -> list[tuple[str, str, bool]]:
    """Address, words and whether it posts at once, of what can be done now."""
    if not may_decide(request):
        return []
    return [
        (
            reverse(f"admin:returns_addresschange_{name}", args=[change.pk]),
            act.title,
            act.is_one_press(change),
        )
        for name, act in ACTS.items()
        if act.fits(change)
    ]


def may_decide(request: HttpRequest) -> bool:
    return request.user.has_perm("returns.decide_address")
