"""Interceptions: their states, and what the scans of a parcel prove about one. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.db.models import TextChoices

from tracking.gateways import Address, Aim, Failure
from tracking.milestones import TURNED, Milestone


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
# new state → those from which it may be reached. What the scans prove (`PROVEN_FROM`) stands
# above what anybody said: a carrier that said no may have done it all the same.
SOURCES: dict[str, frozenset[str]] = {
    S.UNSUPPORTED: frozenset({S.REQUESTED}),
    S.SENT: frozenset({S.REQUESTED, S.UNSUPPORTED}),
    S.ACCEPTED: frozenset({S.REQUESTED, S.UNSUPPORTED, S.SENT}),
    S.SUCCEEDED: OPEN,
    S.FAILED: OPEN,
    S.WITHDRAWN: OPEN,
}
PROVEN_FROM = OPEN | {S.FAILED, S.WITHDRAWN}

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


@dataclass(frozen=True)
class Proof:
    """What the scans say. at: when it happened. failure: of tracking.gateways.Failure."""

    status: str
    at: datetime
    failure: str = ""


def proof(
    aim: str,
    status: str,
    before: Address,
    after: Address,
    on: date | None,
    since: datetime,
    scans: Iterable[Scanned],
) -> Proof | None:
    """What the scans since the request prove, None when they leave it open.

    status: where the request stands; before, after: where the parcel went, and shall go.
    A delivery tells where only when its scan names a town: one that fits the new address
    and not the old one proves a redirection, the other way round it proves the contrary. A
    delivery that tells no town counts as done where the carrier had said yes, and else not.
    """
    found: Proof | None = None
    for scan in sorted((scan for scan in scans if scan.at >= since), key=lambda scan: scan.at):
        if scan.milestone == Milestone.DELIVERED:
            found = _delivered(aim, status, before, after, on, scan)
        elif scan.milestone in TURNED:
            turned = aim in (Aim.RETURN, Aim.DEPOT)
            found = Proof(S.SUCCEEDED, scan.at) if turned else _failed(scan, Failure.WENT_BACK)
        elif scan.milestone == Milestone.READY_FOR_PICKUP and aim == Aim.HOLD:
            found = Proof(S.SUCCEEDED, scan.at)
        elif found is None and scan.code in TAKEN_UP.get(scan.provider, ()):
            found = Proof(S.ACCEPTED, scan.at)
    return found


def _failed(scan: Scanned, why: str) -> Proof:
    return Proof(S.FAILED, scan.at, why)


def _delivered(
    aim: str, status: str, before: Address, after: Address, on: date | None, scan: Scanned
) -> Proof:
    if aim == Aim.REDIRECT:
        there, here = names_town(scan.place, after), names_town(scan.place, before)
        if there != here:
            return Proof(S.SUCCEEDED, scan.at) if there else _failed(scan, Failure.DELIVERED)
        if status == S.ACCEPTED:
            return Proof(S.SUCCEEDED, scan.at)
    if aim == Aim.RESCHEDULE and on and scan.at.date() >= on:
        return Proof(S.SUCCEEDED, scan.at)
    return _failed(scan, Failure.DELIVERED)


def names_town(place: str, address: Address) -> bool:
    """Whether the place of a scan is the town (or the postcode) of the address."""
    said = f" {plain(place)} "
    if not said.strip():
        return False
    city, postcode = plain(address.city), plain(address.postcode)
    # Hanzi stand without blanks between them.
    found = bool(city) and (f" {city} " in said or (not city.isascii() and city in said))
    return found or (bool(postcode) and f" {postcode} " in said)


def plain(text: str) -> str:
    """Without accents, signs and capitals; words apart by one blank."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(sign for sign in letters if not unicodedata.combining(sign))
    # Chinese towns are told with and without 市.
    return re.sub(r"[\W_]+", " ", kept).strip().removesuffix("市")
