"""Texts that a provider has approved before: what may fill their gaps, and what does.

A value must be fit for its provider: one line, never empty, not longer than it takes.
"""

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from returns.channels import Template
from returns.letters.cutting import cut
from returns.letters.parts import Facts, in_one_line
from returns.letters.short import may
from returns.letters.short_words import NEWS_KINDS, SHORT
from returns.letters.values import INCIDENT, values, vocabulary
from returns.models.notice import Channel, Notice

if TYPE_CHECKING:
    from returns.models.channel_account import ApprovedTemplate

ALIYUN = "aliyun"
# WhatsApp: all values of a body together, in characters.
WHATSAPP_MOST = 1024
# Aliyun: of one value. UNSURE: official accounts are said to have more.
ALIYUN_MOST = 35
# Gaps in one text. UNSURE: no provider names a limit; nobody reads more.
MOST_PARAMETERS = 16
ADDRESS = re.compile(r"\S*(?:://|www\.)\S*", re.IGNORECASE)


def check_parameters(kind: str, provider: str, parameters: str) -> list[str]:
    """What is wrong with the list of what fills the gaps, as sentences for the desk. kind:
    of NoticeKind or `incident:…`. parameters: names separated by blanks."""
    if not (kind in SHORT or kind.startswith(INCIDENT)):
        return ["Messages of this kind always go by email, as a full record."]
    names, found = parameters.split(), []
    known = (*vocabulary(kind, Channel.SMS), "code")
    for name in names:
        if name == "link" and provider == ALIYUN:
            found.append("Aliyun allows no address in a value. Use code, the end of the link.")
        elif name not in known:
            near = get_close_matches(name, known, 1)
            found.append(
                f"Nothing is called {name}." + (f" Did you mean {near[0]}?" if near else "")
            )
    if len(names) > MOST_PARAMETERS:
        found.append(f"At most {MOST_PARAMETERS} gaps can be filled.")
    return found


def template_of(notice: Notice, facts: Facts, link: str, approved: "ApprovedTemplate") -> Template:
    """The approved text with its values, in the active language and zone."""
    end = link.rpartition("/")[2]
    known = values(notice, facts, link) | {"code": end}
    if notice.kind in NEWS_KINDS and not known["solution"]:
        known["solution"] = may(notice, facts)
    filled = [(name, in_one_line(known.get(name, ""))) for name in approved.parameters.split()]
    fit = _fit_for_aliyun if approved.account.provider == ALIYUN else _fit_for_whatsapp
    return Template(
        name=approved.name,
        language=approved.provider_language,
        values=tuple(fit(filled)),
        button=end if approved.has_button else "",
    )


def _fit_for_whatsapp(filled: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The longest gives way first."""
    filled = [(name, value or neutral(name)) for name, value in filled]
    while (excess := sum(len(value) for _name, value in filled) - WHATSAPP_MOST) > 0:
        longest = max(range(len(filled)), key=lambda index: len(filled[index][1]))
        name, value = filled[longest]
        filled[longest] = name, cut(value, max(len(value) - excess, 1))
    return filled


def _fit_for_aliyun(filled: list[tuple[str, str]]) -> list[tuple[str, str]]:
    found = []
    for name, value in filled:
        value = in_one_line(ADDRESS.sub(" ", value)) or neutral(name)
        found.append((name, cut(value, ALIYUN_MOST)))
    return found


def neutral(name: str) -> str:
    """What stands in a gap of which nothing is known; it is true of every message."""
    if name == "name":
        return _("dear reader")
    if name == "town":
        return "UTC"
    return _("see your page")
