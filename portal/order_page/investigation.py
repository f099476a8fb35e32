"""The search for a parcel as its buyer reads it: how it stands, the steps done and to come, what
we asked the carrier and what it answered.

Functions over an Order loaded by `Order.objects.with_story()`, and `now`; they speak the active
language. What a forwarded link must not tell was taken out before (`discretion.py`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from portal.order_page.discretion import gives_away
from portal.order_page.legs import Entry
from returns import addresses, investigation_texts
from returns.investigation_steps import BY_CARRIER, InvestigationStatus, StepKind
from returns.investigation_texts import CHOICE, CHOOSE, KEPT_BACK, SEE_SEARCH
from returns.wording import filled
from tracking import carriers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from returns.models import CarrierContact, Investigation, InvestigationStep, Order

# The end of a search stays on the order's page for so long.
NEWS_FOR = timedelta(days=14)
# Here the four parts above say what follows and what may be done.
TOLD_ABOVE = frozenset({InvestigationStatus.OPEN, InvestigationStatus.DENIED, CHOICE})


@dataclass(frozen=True)
class Search:
    """key: names its part of the page. title: how it stands. next: paragraphs; quote: what one
    of us wrote. steps: oldest first. contacts: what was asked and answered, oldest first. url:
    of its own page, which `link` names; chooses: something is to be chosen there."""

    key: str
    title: str
    next: tuple[str, ...]
    quote: str
    steps: tuple[Entry, ...]
    contacts: tuple[Entry, ...]
    url: str
    link: str
    chooses: bool

    @property
    def seen(self) -> str:
        """What changes whenever something of it does."""
        told = (entry.text + entry.when + entry.quote for entry in (*self.steps, *self.contacts))
        return "|".join((self.title, self.link, *told))


def searches(order: "Order", now: datetime, *, has_fresh_code: bool) -> tuple[Search, ...]:
    """Of the parcels to the buyer, the last one of each, while it is news."""
    last: dict[int, Investigation] = {}
    for row in order.searches:
        if not row.is_of_return:
            last[row.parcel_id] = row
    news = [row for row in last.values() if _is_news(row, now)]
    return tuple(search(order, row, now, has_fresh_code=has_fresh_code) for row in news)


def search_of_return(
    order: "Order", pk: int, now: datetime, *, has_fresh_code: bool
) -> Search | None:
    """For the parcel that brings the return `pk` to us."""
    mine = [row for row in order.searches if row.authorization_id == pk]
    last = max(mine, key=lambda row: row.pk, default=None)
    if last is None or not _is_news(last, now):
        return None
    return search(order, last, now, has_fresh_code=has_fresh_code)


def _is_news(row: "Investigation", now: datetime) -> bool:
    ends = [at for at in (row.ended_at, row.chosen_at, row.turned_up_at) if at]
    return row.is_open or row.waits_for_choice or max(ends) > now - NEWS_FOR


def search(
    order: "Order",
    row: "Investigation",
    now: datetime,
    *,
    has_fresh_code: bool,
    whole: bool = False,
) -> Search:
    """whole: for its own page, where nothing else says what follows."""
    code, told = investigation_texts.stand(row), investigation_texts.told(row)
    contacts = _contacts_of(order, row)
    following = () if code in TOLD_ABOVE and not (whole or row.is_of_return) else (str(told.next),)
    if row.is_made_good and not row.turned_up_at:
        following = (investigation_texts.may(row), *following)
    return Search(
        key=f"search-{row.pk}",
        title=str(told.title),
        next=following,
        quote=_quote(order, row, has_fresh_code),
        steps=_steps(row, contacts, now),
        contacts=tuple(_asked(order, row, contacts)),
        url=addresses.order_page(order, "investigation", pk=row.pk),
        link=str(CHOOSE if row.waits_for_choice else SEE_SEARCH),
        chooses=row.waits_for_choice,
    )


def _contacts_of(order: "Order", row: "Investigation") -> "list[CarrierContact]":
    """Whatever was wrong with the parcel when they were asked, oldest first."""
    cases = [case for case in order.cases.all() if case.parcel_id == row.parcel_id]
    found = [contact for case in cases for contact in case.contacts.all()]
    return sorted(found, key=lambda contact: (contact.asked_at, contact.pk))


def _quote(order: "Order", row: "Investigation", has_fresh_code: bool) -> str:
    """What one of us wrote at its end, unless it tells what a link must not."""
    if has_fresh_code or not row.words:
        return row.words
    return str(KEPT_BACK) if gives_away(order, row.words) else row.words


# --- Steps --------------------------------------------------------------------------------------


def _steps(
    row: "Investigation", contacts: "list[CarrierContact]", now: datetime
) -> tuple[Entry, ...]:
    """What was done, the last of it marked; while it goes on, what comes."""
    carrier, rows = carriers.called(row.parcel.carrier), list(row.steps.all())
    done = [Entry(row.opened_at, str(investigation_texts.BEGUN))]
    done += [
        Entry(one.done_at, investigation_texts.step(one.kind, carrier, done=True))
        for one in rows
        if one.done_at
        and one.kind != StepKind.DECIDE  # the end says what
        and investigation_texts.is_told(one.kind, contacts)
    ]
    if row.ended_at:
        done.append(Entry(row.ended_at, str(investigation_texts.EVENT_OF_END[row.status])))
    done.sort(key=lambda entry: entry.at or row.opened_at)
    done = [replace(entry, state="done") for entry in done]
    done[-1] = replace(done[-1], state="latest")
    ahead = [_ahead(one, row, carrier, now) for one in rows if row.is_open and not one.done_at]
    return (*done, *ahead)


def _ahead(one: "InvestigationStep", row: "Investigation", carrier: str, now: datetime) -> Entry:
    when = investigation_texts.by_when(one)
    if one.is_late(now):
        late = investigation_texts.STILL_SILENT, investigation_texts.WE_ARE_LATE
        when = str(late[one.kind not in BY_CARRIER])
    text = investigation_texts.step(one.kind, carrier, done=False, about=row.kind)
    return Entry(None, text, when=when, state="ahead")


# --- What was asked -----------------------------------------------------------------------------


def _asked(
    order: "Order", row: "Investigation", contacts: "Iterable[CarrierContact]"
) -> "Iterable[Entry]":
    """Only what the buyer may read."""
    for contact in contacts:
        if not contact.is_visible:
            continue
        carrier = contact.carrier_name or str(investigation_texts.THE_CARRIER)
        text = filled(investigation_texts.ASKED_BY[contact.way], carrier=carrier)
        kept = (str(KEPT_BACK),) if contact.is_question_kept_back else ()
        yield Entry(contact.asked_at, text, quote=contact.asked, more=kept, state="done")
        if contact.answered_at:
            yield _answered(order, row, contact, carrier)
        elif contact.file_id:
            yield replace(_answered(order, row, contact, carrier), at=contact.asked_at)


def _answered(
    order: "Order", row: "Investigation", contact: "CarrierContact", carrier: str
) -> Entry:
    text = filled(investigation_texts.IT_ANSWERED, carrier=carrier)
    kept = (str(KEPT_BACK),) if contact.is_kept_back else ()
    file = contact.file
    url = addresses.order_page(order, "investigation_file", pk=row.pk, key=file.key) if file else ""
    return Entry(
        contact.answered_at,
        text[:1].upper() + text[1:],
        quote=contact.answer,
        more=kept,
        state="done",
        url=url,
        link=_("See what it sent (we email you a code)") if url else "",
    )
