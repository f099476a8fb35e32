"""Interceptions: their states, and what the scans of a parcel prove about one. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Protocol
from zoneinfo import ZoneInfo

from django.db.models import TextChoices

from tracking.calendars import zone_of
from tracking.gateways import NOWHERE, Address, Aim, Failure
from tracking.milestones import RANK, TURNED, Milestone


class InterceptionStatus(TextChoices):
    """Labels are for the desk."""

    REQUESTED = "requested", "Requested"
    UNSUPPORTED = "unsupported", "To be asked by telephone"
    SENT = "sent", "Asked"
    ACCEPTED = "accepted", "The carrier says yes"
    SUCCEEDED = "succeeded", "Done"
    FAILED = "failed", "Did not work"
    WITHDRAWN = "withdrawn", "Withdrawn"


S = InterceptionStatus
OPEN = frozenset({S.REQUESTED, S.UNSUPPORTED, S.SENT, S.ACCEPTED})
ENDED = frozenset(S) - OPEN
# Nobody has said anything of it.
UNHEARD = frozenset({S.REQUESTED, S.UNSUPPORTED, S.SENT})
# new state → those from which anybody's word leads there. An end is final but for two
# things: what we concluded ourselves (`is_guess`) yields to a word (`TELLING`), and every
# word yields to what the scans prove (`PROVEN_FROM`).
SOURCES: dict[str, frozenset[str]] = {
    S.UNSUPPORTED: frozenset({S.REQUESTED}),
    S.SENT: frozenset({S.REQUESTED, S.UNSUPPORTED}),
    S.ACCEPTED: UNHEARD,
    S.SUCCEEDED: OPEN,
    S.FAILED: OPEN,
    S.WITHDRAWN: OPEN,
}
TELLING = frozenset({S.ACCEPTED, S.SUCCEEDED, S.FAILED, S.WITHDRAWN})
# A carrier that said no may have done it all the same, and one that said yes may not have.
# What was withdrawn, and was then not done, stays withdrawn.
PROVEN_FROM: dict[str, frozenset[str]] = {
    S.SUCCEEDED: OPEN | {S.FAILED, S.WITHDRAWN},
    S.FAILED: OPEN | {S.SUCCEEDED},
}

# Codes of scans, by provider, that say that a carrier took the request up (Kdniao's 413:
# intercepted) or that the parcel was sent on to another address (Kdniao's 5, Kuaidi100's 7:
# 转投). Neither says where it goes.
TAKEN_UP: dict[str, frozenset[str]] = {
    "kdniao": frozenset({"413", "5"}),
    "kuaidi100": frozenset({"7"}),
}


class Scanned(Protocol):
    """A scan, as far as it proves anything."""

    at: datetime
    milestone: str
    code: str
    place: str
    provider: str
    utc_offset: int | None


@dataclass(frozen=True)
class Proof:
    """What the scans say. at: when it happened. failure: of tracking.gateways.Failure.
    is_sure: False when the parcel has arrived and no scan says where."""

    status: str
    at: datetime
    failure: str = ""
    is_sure: bool = True


def proof(
    aim: str,
    status: str,
    before: Address,
    after: Address,
    on: date | None,
    since: datetime,
    scans: Iterable[Scanned],
) -> Proof | None:
    """What the scans prove, None when they leave it open. The order in which they are given
    does not matter.

    status: where the request stands; before, after: where the parcel went, and shall go;
    since: when it was asked for. A delivery tells where only when its scan names a town: one
    that fits the new address and not the old one proves a redirection, the other way round
    it proves the contrary. A delivery that names neither counts as done where the carrier
    had said yes, and else not; that is not sure. What was done once stays done.
    """
    found: Proof | None = None
    accepted = status == S.ACCEPTED
    for scan in sorted(scans, key=_in_order):
        new: Proof | None = None
        is_news = scan.at >= since
        if scan.milestone == Milestone.DELIVERED:
            # What arrived before can no more be turned.
            new = _delivered(aim, accepted, before, after, on, scan) if is_news else _failed(scan)
        elif scan.milestone in TURNED:
            back = aim in (Aim.RETURN, Aim.DEPOT)
            new = _done(scan) if back else _failed(scan, Failure.WENT_BACK)
        elif is_news and scan.milestone == Milestone.READY_FOR_PICKUP and aim == Aim.HOLD:
            new = _done(scan)
        elif is_news and scan.code in TAKEN_UP.get(scan.provider, ()):
            accepted = True
            new = None if found else Proof(S.ACCEPTED, scan.at)
        if new is None:
            continue
        if new.is_sure and new.status == S.SUCCEEDED:
            return new
        ends_surely = found is not None and found.is_sure and found.status in ENDED
        if new.is_sure or not ends_surely:
            found = new
    return found


def _in_order(scan: Scanned) -> tuple[datetime, int, str, str, str]:
    return scan.at, RANK[scan.milestone], scan.code, scan.place, scan.provider


def _done(scan: Scanned, *, is_sure: bool = True) -> Proof:
    return Proof(S.SUCCEEDED, scan.at, is_sure=is_sure)


def _failed(scan: Scanned, why: str = Failure.DELIVERED, *, is_sure: bool = True) -> Proof:
    return Proof(S.FAILED, scan.at, why, is_sure)


def _delivered(
    aim: str, accepted: bool, before: Address, after: Address, on: date | None, scan: Scanned
) -> Proof:
    if aim == Aim.RESCHEDULE:
        late = on is not None and _day(scan, before.country) >= on
        return _done(scan) if late else _failed(scan)
    if aim == Aim.REDIRECT:
        if fits := which_fits(scan.place, after, before):
            return _done(scan) if fits is after else _failed(scan)
    elif aim != Aim.HOLD:  # which is collected where the buyer lives
        if is_in_town(scan.place, before):
            return _failed(scan)
        accepted = accepted and bool(scan.place.strip())
    return _done(scan, is_sure=False) if accepted else _failed(scan, is_sure=False)


def _day(scan: Scanned, country: str) -> date:
    """The day by the clocks where it was delivered."""
    if scan.utc_offset is not None:
        return scan.at.astimezone(timezone(timedelta(minutes=scan.utc_offset))).date()
    zone = zone_of(country) if country else ""
    return scan.at.astimezone(ZoneInfo(zone) if zone else UTC).date()


# --- places ---------------------------------------------------------------------------------


# From the finest to the coarsest.
TOWN = ("postcode", "district", "city")
PARTS = (*TOWN, "region")
# A short region is a code, and a word of some language (`de`, `in`, `or`).
SHORTEST_REGION = 4
ZIP_PLUS_4 = re.compile(r"^(\d{5}) \d{4}$", re.ASCII)
# Letters that no accent can be taken from.
LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i"})
# Some write ü as ue, å as aa.
TWO_FOR_ONE = re.compile(r"(?<=[aou])e|(?<=a)a")
# Towns, districts and provinces of China are told with and without these.
CHINESE_ENDINGS = ("自治区", "市", "区", "县", "省")


def which_fits(place: str, one: Address, other: Address) -> Address | None:
    """Which of two addresses the place of a scan is at; None when it does not tell."""
    for part in PARTS:
        fits_one, fits_other = _fits(place, part, one, other), _fits(place, part, other, one)
        if fits_one != fits_other:
            return one if fits_one else other
    return None


def is_in_town(place: str, address: Address) -> bool:
    return any(_fits(place, part, address, NOWHERE) for part in TOWN)


def _fits(place: str, part: str, address: Address, other: Address) -> bool:
    """Whether the place names this part of the address, and not just a piece of the
    other's name (York in New York)."""
    name, foreign = (ZIP_PLUS_4.sub(r"\1", plain(getattr(a, part))) for a in (address, other))
    if part == "region" and name.isascii() and len(name) < SHORTEST_REGION:
        return False
    said = plain(place)
    if name != foreign and name in foreign:
        said = said.replace(foreign, " ")
    return _names(said, name)


def _names(said: str, name: str) -> bool:
    if not name:
        return False
    if name.isascii():
        return f" {name} " in f" {said} "
    # Hanzi stand without blanks between them.
    short = next((name.removesuffix(end) for end in CHINESE_ENDINGS if name.endswith(end)), "")
    return name in said or (len(short) > 1 and short in said)


def plain(text: str) -> str:
    """Without accents, signs and capitals; words apart by one blank."""
    letters = unicodedata.normalize("NFKD", text).casefold().translate(LETTERS)
    kept = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return TWO_FOR_ONE.sub("", re.sub(r"[\W_]+", " ", kept).strip())
