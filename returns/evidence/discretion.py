"""What is left out of free words when somebody else than the buyer reads them: email addresses
of people, and the buyer's telephone where the waybill does not bear it. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from returns.models import Order

EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
# What people put between the digits of a phone.
BETWEEN = r"[\s().\u00b7\u2010-\u2015\u2212/-]{0,3}"
HIDDEN = "•••"
# Fewer digits in a row are no phone.
DIGITS_OF_A_PHONE = 6


@dataclass(frozen=True)
class Discretion:
    """phones: digits that are not told, longest first. keeps: addresses that may stand."""

    phones: tuple[str, ...] = ()
    keeps: frozenset[str] = frozenset()
    is_needed: bool = True

    @classmethod
    def none(cls) -> Self:
        """The buyer reads what was written by and about the buyer."""
        return cls(is_needed=False)

    @classmethod
    def about(cls, order: "Order", known_phones: Iterable[str], on_waybill: Iterable[str]) -> Self:
        """known_phones: every number of the buyer that we know. on_waybill: those that whoever
        reads the pack has on the parcel itself."""
        shown = {_digits(phone) for phone in on_waybill}
        hidden = {_digits(phone) for phone in known_phones} - shown
        told = {digits[-DIGITS_OF_A_PHONE:] for digits in shown if digits}
        tails = {d for d in hidden if len(d) >= DIGITS_OF_A_PHONE}
        phones = tuple(sorted((d for d in tails if d[-DIGITS_OF_A_PHONE:] not in told), key=len))
        return cls(phones[::-1], frozenset({order.store.contact_email.casefold()}))

    def told(self, text: str) -> str:
        if not self.is_needed or not text:
            return text
        text = EMAIL.sub(self._email, text)
        for digits in self.phones:
            text = _as_written(digits).sub(HIDDEN, text)
        return text

    def _email(self, found: re.Match[str]) -> str:
        return found[0] if found[0].casefold() in self.keeps else HIDDEN


def _as_written(digits: str) -> re.Pattern[str]:
    """However it is grouped, with or without its country code: the last nine digits tell it."""
    tail = digits[-9:]
    return re.compile(r"[+(]?(?:\d" + BETWEEN + r"){0,5}" + BETWEEN.join(tail) + r"(?!\d)")


def _digits(phone: str) -> str:
    return "".join(filter(str.isdecimal, phone))
