"""The story of one change of address: what was done, and what comes, oldest first.

Functions over an AddressChange loaded by `portal.address_page.reading.found_change`; they speak
the active language. An entry tells no more of an address than a forwarded link may.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from portal.address_page import words
from portal.address_page.places import carrier_of
from portal.order_page.legs import Entry
from returns import address_texts, formats
from returns.address_policy import AGAIN, Payer
from returns.address_states import ChangeStatus as C
from returns.models.event import ActorKind
from returns.wording import filled
from tracking import carriers
from tracking.interceptions import InterceptionStatus
from tracking.texts import Words
from tracking.work import WorkState

if TYPE_CHECKING:
    from returns.models import AddressChange


def steps(change: "AddressChange", due_at: datetime | None) -> list[Entry]:
    """due_at: by when the answer is promised."""
    done = sorted(_done(change), key=lambda entry: entry.at or change.requested_at)
    done = [replace(entry, state="done") for entry in done]
    done[-1] = replace(done[-1], state="latest")
    ahead = [replace(entry, state="ahead") for entry in _ahead(change, due_at)]
    return [*done, *_with_when(ahead)]


# --- What was done ------------------------------------------------------------------------------


def _done(change: "AddressChange") -> Iterator[Entry]:
    noted = (str(words.NOTED),) if change.requested_by == ActorKind.STAFF else ()
    yield Entry(change.requested_at, _say(change, words.ASKED[change.aim]), more=noted)
    if (told := change.told) and told.state == WorkState.DONE and told.done_at:
        yield Entry(told.done_at, _say(change, words.TOLD))
    if change.decided_at and change.status != C.DECLINED:
        yield Entry(change.decided_at, str(words.LOOKED))
    if change.sent_at:
        yield Entry(change.sent_at, _asked(change))
    if change.accepted_at and change.was_shipped:
        yield Entry(change.accepted_at, _say(change, words.SAID_YES))
    if change.withdraw_wanted_at:
        more = (_say(change, words.STOP_ASKED),) if change.is_open else ()
        yield Entry(change.withdraw_wanted_at, str(words.YOUR_STOP), more=more)
    if change.ended_at:
        yield _end(change, change.ended_at)


def _asked(change: "AddressChange") -> str:
    if not change.was_shipped:
        return str(words.ASKED_SHOP)
    return _say(change, words.UNSURE if is_unsure(change) else words.ASKED_CARRIER)


def is_unsure(change: "AddressChange") -> bool:
    """The request was made, and nobody knows whether it arrived."""
    request = change.interception
    return change.is_open and request is not None and request.is_uncertain


def _end(change: "AddressChange", at: datetime) -> Entry:
    if change.status == C.SUCCEEDED:
        worked = words.SHOP_ANSWERS if not change.was_shipped else words.WORKED[change.aim]
        return Entry(at, _say(change, worked))
    return Entry(at, str(words.ENDS[change.status]))


# --- What comes ---------------------------------------------------------------------------------


def _ahead(change: "AddressChange", due_at: datetime | None) -> Iterator[Entry]:
    if not change.is_open:
        return
    by = _say(change, words.BY_DAY, day=formats.day(due_at)) if due_at else ""
    if change.status in (C.WAITING, C.REQUESTED) and _is_to_be_told(change):
        yield Entry(None, _say(change, words.TO_TELL))
    if change.aim == AGAIN:
        yield Entry(None, str(words.TO_COME_BACK))
        yield Entry(None, str(words.TO_GO_AGAIN))
        return
    if change.status == C.WAITING:
        why = (str(address_texts.why_desk(change.why_desk)),) if change.why_desk else ()
        yield Entry(None, str(words.TO_LOOK), when=by, more=why)
    if not change.was_shipped:
        if change.status != C.SENT:
            yield Entry(None, str(words.TO_ASK_SHOP))
        yield Entry(None, str(words.SHOP_ANSWERS), when="" if change.status == C.WAITING else by)
        return
    if change.status in (C.WAITING, C.REQUESTED):
        yield Entry(None, _say(change, _how(change)))
    if change.status != C.ACCEPTED:
        when = "" if change.status == C.WAITING else by
        yield Entry(None, _say(change, words.CARRIER_ANSWERS), when=when, more=_money(change))
    yield Entry(None, _say(change, words.LEADS_TO[change.aim]))


def _is_to_be_told(change: "AddressChange") -> bool:
    return change.told is not None and change.told.state in (WorkState.DUE, WorkState.CLAIMED)


def _how(change: "AddressChange") -> Words:
    request = change.interception
    phones = request.status == InterceptionStatus.UNSUPPORTED if request else False
    return words.TO_CALL_CARRIER if phones or _by_phone(change) else words.TO_ASK_CARRIER


def _by_phone(change: "AddressChange") -> bool:
    return change.interception is None and bool(change.terms.get("by_phone"))


def _money(change: "AddressChange") -> tuple[str, ...]:
    if change.payer == Payer.STORE:
        return (str(words.WE_PAY),)
    if not change.fee:
        return ()
    return (_say(change, words.PAY_AFTER_YES, fee=formats.money(change.fee, change.currency)),)


def _with_when(ahead: list[Entry]) -> list[Entry]:
    """The first comes next, whatever follows, then."""
    return [
        entry if entry.when else replace(entry, when=str(words.THEN if index else words.NEXT))
        for index, entry in enumerate(ahead)
    ]


# --- Words --------------------------------------------------------------------------------------


def _say(change: "AddressChange", text: Words, **facts: object) -> str:
    told = change.told
    known = {
        "carrier": _named(change, text),
        "day": formats.day(change.on) if change.on else "",
        "email": formats.mask_email(told.recipient) if told else "",
    }
    return filled(text, **(known | facts))


def _carrier(change: "AddressChange") -> str:
    return carrier_of(change.shipment)


def _named(change: "AddressChange", text: Words) -> str:
    if code := _carrier(change):
        return carriers.called(code)
    first = str(text).startswith("{carrier}")
    return str(words.THE_CARRIER if first else words.THE_CARRIER_INSIDE)
