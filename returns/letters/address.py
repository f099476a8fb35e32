"""The facts of the letters about the address: is it right, somebody wants another one, and
what became of that.

A new address stands in full in one letter only, that to the trusted contact: it warns.
News may go by SMS and to a contact that was changed lately, so they name name and town.
"""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from returns import address_texts, addresses, formats
from returns.address_policy import AGAIN, Payer
from returns.address_states import ChangeStatus
from returns.letters.parts import Facts, apology, sentence
from returns.models.address_change import AddressChange
from returns.models.address_confirmation import doubts, strictest_terms
from returns.models.event import ActorKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.postal import formats as postal_formats
from returns.postal.address import PostalAddress
from returns.wording import filled, sentences
from tracking.gateways import Aim
from tracking.texts import Words

C = ChangeStatus
ABOUT_CHANGES = frozenset({NoticeKind.ADDRESS_ASKED, NoticeKind.ADDRESS_NEWS})
ABOUT_ADDRESSES = ABOUT_CHANGES | {NoticeKind.ADDRESS_QUESTION}
# By when we write next, of what a letter about an address goes on to.
NEXT = (PromiseKind.ADDRESS, PromiseKind.UPDATE, PromiseKind.DISPATCH)

IS_IT_RIGHT: Words = _("Is this where we should send it?")
# What was asked for: heading and subject of the letter that warns.
ASKED: dict[str, Words] = {
    Aim.REDIRECT: _("We were asked to send your parcel elsewhere."),
    Aim.RETURN: _("We were asked to bring your parcel back."),
    Aim.DEPOT: _("We were asked to return your parcel to its depot."),
    Aim.HOLD: _("We were asked to keep your parcel at a counter."),
    Aim.RESCHEDULE: _("We were asked to bring your parcel another day."),
    AGAIN: _("We were asked to send it again when it is back."),
}
ORDER_ELSEWHERE: Words = _("We were asked to send your order elsewhere.")
# The same in the letters that follow. {to}: name and town; {day}: the new one.
YOU_ASKED: dict[str, Words] = {
    Aim.REDIRECT: _("On {when} you asked us to have it sent to another address: {to}."),
    Aim.RETURN: _("On {when} you asked us to have it sent back to us."),
    Aim.HOLD: _("On {when} you asked us to have it kept at a counter."),
    Aim.RESCHEDULE: _("On {when} you asked us to have it brought on {day}."),
    AGAIN: _("On {when} you asked us to send it again when it is back: {to}."),
}
WE_NOTED: dict[str, Words] = {
    Aim.REDIRECT: _("On {when} we noted that it should go to another address: {to}."),
    Aim.RETURN: _("On {when} we noted that it should come back to us."),
    Aim.DEPOT: _("On {when} we noted that it should go back to the carrier’s depot."),
    Aim.HOLD: _("On {when} we noted that it should be kept at a counter."),
    Aim.RESCHEDULE: _("On {when} we noted that it should come on {day}."),
    AGAIN: _("On {when} we noted that it should be sent again when it is back: {to}."),
}
ON_THE_PAGE: Words = _(
    "It was asked for on {when}, on the page of the order, with a code that we had sent to the "
    "contact on the order."
)
BY_US: Words = _("It was asked for on {when}, and a person of us wrote it down.")
MADE_SURE: Words = _("Before that, we made sure who was asking.")
NO_ANSWER_YET: Words = _("We have no answer yet about the change.")
SHOP_TAKES_IT: Words = _("The shop takes it now that it worked.")


def question(notice: Notice) -> Facts:
    """Is it right? With what looks odd, and how it may be meant."""
    order = notice.order
    address = PostalAddress.of(order)
    asked = order.asked_address
    codes = asked.doubts if asked else []
    found = [one for one in doubts(address, strictest_terms(order.store)) if one.code in codes]
    lines = postal_formats.lines(address)
    mine = Promise.objects.open().filter(order=order, kind=PromiseKind.DISPATCH)
    return {
        "headline": IS_IT_RIGHT,
        "lines": lines,
        "doubts": found,
        "promise": sentence(mine.first()),
        # For short texts.
        "address": _joined(lines),
        "fact": sentences(*(doubt.words for doubt in found)),
    }


def asked(notice: Notice) -> Facts:
    """Somebody wants something else: what, when, and how it is stopped."""
    change = AddressChange.objects.select_related("shipment__parcel").get(pk=notice.facts["change"])
    is_trusted, wanted = is_to_the_trusted(notice), change.wanted
    goes_elsewhere = bool(change.after)
    return {
        "change": change,
        "headline": ASKED[change.aim] if change.was_shipped else ORDER_ELSEWHERE,
        "how": _how(change),
        # It may have been stopped before this could leave.
        "stands": "" if change.is_open else _heading(change),
        "is_trusted": is_trusted,
        "lines": postal_formats.lines(wanted) if goes_elsewhere and is_trusted else [],
        "masked": masked(wanted) if goes_elsewhere and not is_trusted else "",
        "day": change.on,
        "why_desk": address_texts.why_desk(change.why_desk) if change.why_desk else "",
        "cost": cost(change),
        # It is the buyer that our word was given to.
        "promise": _next(notice) if notice.recipient == notice.order.email else "",
    }


def news(notice: Notice) -> Facts:
    """What became of it; of a letter that keeps our word and has no answer to tell, where
    each that waits for one stands."""
    found = list(changes_of(notice))
    has_answer = "status" in notice.facts
    told = [_told(change, has_answer) for change in found]
    return {
        "headline": told[0]["title"] if has_answer else NO_ANSWER_YET,
        "has_answer": has_answer,
        "told": told,
        "late": _late(notice),
        "promise": _next(notice),
        # For short texts.
        "fact": sentences(*(one["asked"] for one in told)),
        "solution": sentences(*(words for one in told for words in one["next"])),
        "cost": sentences(*dict.fromkeys(one["cost"] for one in told)),
    }


def changes_of(notice: Notice) -> Iterator[AddressChange]:
    """The change that it tells of; where it has no answer, all that wait for one."""
    rows = AddressChange.objects.filter(order=notice.order)
    rows = rows.select_related("order__store", "shipment__parcel", "interception")
    if "status" in notice.facts:
        return rows.filter(pk=notice.facts["change"]).iterator()
    return rows.unanswered().order_by("requested_at", "pk").iterator()


def path(notice: Notice) -> str:
    """The page of the order that it leads to."""
    order = notice.order
    if notice.kind == NoticeKind.ADDRESS_QUESTION:
        return addresses.order_page(order, "address_confirm")
    if notice.kind == NoticeKind.ADDRESS_ASKED:
        return addresses.order_page(order, "address_status", pk=notice.facts["change"])
    change = next(changes_of(notice), None)
    return addresses.order_page(order, "address_status", pk=change.pk) if change else ""


def is_to_the_trusted(notice: Notice) -> bool:
    """Whether this is the letter that the change waits for. Any other may reach the very
    person whom it warns of, so it holds neither the address nor a link."""
    return AddressChange.objects.filter(pk=notice.facts["change"], told=notice).exists()


def masked(address: PostalAddress) -> str:
    """As much as a forwarded message may tell: `Sarah W•••, Bath, United Kingdom`."""
    country = formats.country(address.country) if address.country else ""
    return _joined([formats.mask_name(address.name), address.city.strip(), country]) or "•••"


def cost(change: AddressChange) -> str:
    """What the buyer pays for it, as things stand."""
    fee = change.fee if change.payer == Payer.BUYER else 0
    if not fee or change.status in (C.FAILED, C.WITHDRAWN, C.DECLINED):
        return str(address_texts.NOTHING_TO_PAY)
    is_done = change.status == C.SUCCEEDED
    words = address_texts.AS_AGREED if is_done else address_texts.YOU_PAY
    return filled(words, amount=formats.money(fee, change.currency))


# --- Parts ----------------------------------------------------------------------------------


def _told(change: AddressChange, has_answer: bool) -> Facts:
    """One change: its heading, what was asked, what one of us wrote, and what follows."""
    following = address_texts.following(change, carrier=_carrier(change), promise_when=None)
    is_taken = change.status == C.SUCCEEDED and change.fee_owed_at and not change.fee_charged_at
    return {
        "title": _heading(change),
        "asked": _what_was_asked(change),
        "words": change.words if has_answer else "",
        "next": [*following, *([str(SHOP_TAKES_IT)] if is_taken else [])],
        "cost": cost(change),
    }


def _heading(change: AddressChange) -> str:
    return address_texts.heading(change, carrier=_carrier(change))


def _carrier(change: AddressChange) -> str:
    parcel = change.shipment.parcel if change.shipment else None
    return parcel.carrier if parcel else ""


def _how(change: AddressChange) -> str:
    when = formats.moment(change.requested_at)
    if change.requested_by == ActorKind.BUYER:
        return filled(ON_THE_PAGE, when=when)
    return sentences(filled(BY_US, when=when), str(MADE_SURE) if change.verified_how else "")


def _what_was_asked(change: AddressChange) -> str:
    by_buyer = change.requested_by == ActorKind.BUYER
    words = YOU_ASKED.get(change.aim) if by_buyer else None
    return filled(
        words or WE_NOTED[change.aim],
        when=formats.moment(change.requested_at),
        to=masked(change.wanted),
        day=_day(change.on),
    )


def _day(on: date | None) -> str:
    return formats.day(on) if on else ""


def _late(notice: Notice) -> str:
    """The apology of a letter that went out after its hour."""
    is_late = bool(notice.facts.get("late"))
    return apology(PromiseKind.ADDRESS, notice.keeps.due_at) if is_late and notice.keeps else ""


def _next(notice: Notice) -> str:
    """By when we write next: the answer that is still owed, else about the parcel."""
    if again_at := notice.facts.get("again_at"):
        due_at = datetime.fromisoformat(again_at)
        return sentence(Promise(order=notice.order, kind=PromiseKind.ADDRESS, due_at=due_at))
    mine = Promise.objects.open().filter(order=notice.order, authorization=None, kind__in=NEXT)
    if notice.keeps_id:
        mine = mine.exclude(pk=notice.keeps_id)
    return sentence(min(mine, key=lambda row: NEXT.index(PromiseKind(row.kind)), default=None))


def _joined(parts: list[str]) -> str:
    between = pgettext("between the parts of an address", ", ")
    return between.join(part for part in parts if part)
