"""What the story is made of: entries, and legs of them, newest first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.translation import ngettext, pgettext

from returns.models.event import HIDDEN_FROM_BUYER
from returns.texts import DECLINED, EVENTS, of_event

if TYPE_CHECKING:
    from returns.models import Event

# So many reports of one leg stand open; older ones are folded away.
OPEN_ENTRIES = 12


@dataclass(frozen=True)
class Entry:
    """One line of the story.

    at: when it happened; None for what lies ahead, which has words in `when` instead.
    there: the hour by the clocks of the place, in brackets, where it differs. more: further
    sentences of ours. quote: what you or we wrote. original: the carrier's own words, in
    `original_lang`, which the reader calls `original_in` ('' when nothing needs to be said).
    state: ahead, latest or ''. url: of a file that came with it, which `link` names.
    """

    at: datetime | None
    text: str
    when: str = ""
    place: str = ""
    there: str = ""
    more: tuple[str, ...] = ()
    quote: str = ""
    original: str = ""
    original_lang: str = ""
    original_in: str = ""
    state: str = ""
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Leg:
    """events and older: newest first; `older` is folded away. page: the carrier's own
    tracking page, or ''. last_mile: name of the carrier that brings it to the door, when that
    is another one, and last_page its own page. contents: what is in it, where an order has
    several parcels. note: the return that it belongs to, where there are several."""

    id: str
    icon: str
    title: str
    events: tuple[Entry, ...]
    older: tuple[Entry, ...] = ()
    carrier: str = ""
    number: str = ""
    page: str = ""
    last_mile: str = ""
    last_page: str = ""
    contents: tuple[str, ...] = ()
    note: str = ""

    @property
    def newest(self) -> datetime:
        moments = [entry.at for entry in self.events if entry.at]
        return max(moments) if moments else datetime.min.replace(tzinfo=UTC)

    @property
    def fold(self) -> str:
        count = len(self.older)
        return ngettext("{count} earlier report", "{count} earlier reports", count).format(
            count=count
        )


def moment(entry: Entry) -> datetime:
    assert entry.at is not None  # only what lies ahead has none
    return entry.at


def folded(entries: list[Entry]) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """What stands open and what is folded away; folding a single entry would take more
    room than it saves."""
    if len(entries) <= OPEN_ENTRIES + 1:
        return tuple(entries), ()
    return tuple(entries[:OPEN_ENTRIES]), tuple(entries[OPEN_ENTRIES:])


def is_told(event: "Event") -> bool:
    return event.kind in EVENTS and event.kind not in HIDDEN_FROM_BUYER


def event_entry(event: "Event") -> Entry:
    data = event.data if isinstance(event.data, dict) else {}
    reason = DECLINED.get(str(data.get("reason", "")), "")
    quote = data.get("question") or data.get("answer") or data.get("words") or ""
    more = (str(reason),) if reason else ()
    return Entry(event.at, of_event(event), more=more, quote=str(quote))


def listed(things: list[str]) -> str:
    return pgettext("between the things of a list", ", ").join(things)
