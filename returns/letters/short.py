"""The short text of a notice, for SMS and WhatsApp: it stands on its own, tells what the
page tells, and is signed. Words: short_words.py.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from string import Formatter

from returns.letters.cutting import first_sentence
from returns.letters.parts import Facts, next_word_in_short
from returns.letters.short_words import (
    BY_NAME,
    FRAMES,
    MAY,
    MAY_BACK,
    NEWS,
    NEWS_KINDS,
    NEWS_OF_ORDER,
    SHORT,
    TROUBLE,
    TROUBLE_BY_NAME,
    Variant,
)
from returns.letters.sms import fits_sms as fits_sms
from returns.letters.sms import is_basic, plain
from returns.letters.values import INCIDENT, trouble_of, values
from returns.models.notice import Channel, Notice
from returns.wording import sentences
from tracking.texts import Words

# WhatsApp's own limit of free text, in characters.
WHATSAPP_MOST = 4096
# To so many characters the name of a store is cut before news is left out.
LONG_NAME = 24
# What is rather left out of an English SMS than that its letters double its length.
DISPENSABLE = ("name", "town", "empathy", "fact", "solution")


def short(notice: Notice, facts: Facts, link: str) -> str:
    """The text, in the active language and zone. facts: those of the notice's letter. link:
    the whole address, '' for none. The store's own words come first, where they fit."""
    from returns import own_words

    known = values(notice, facts, link)
    own = own_words.short(notice, trouble_of(facts), known)
    return own or standard(notice.kind, notice.channel, known | _in_few_words(notice, facts))


def _in_few_words(notice: Notice, facts: Facts) -> dict[str, str]:
    """What a text says shorter than the letter."""
    is_news = notice.kind in NEWS_KINDS
    return {"may": may(notice, facts), "promised": next_word_in_short(notice) if is_news else ""}


def standard(kind: str, channel: str, known: Mapping[str, str]) -> str:
    """Our own words for it. known: as `values` gives them, and `may`."""
    if channel == Channel.SMS:
        known = writable(known, DISPENSABLE)
    known = {**known, "promised": known.get("promised") or first_sentence(known["promise"])}
    told = _variants(kind, known)
    candidates = chain(
        _texts(TROUBLE_BY_NAME if told is TROUBLE else (), known, BY_NAME),
        _texts(told, known),
        _texts(told, {**known, "shop": _cut(known["shop"], LONG_NAME)}),
        _texts(((NEWS_OF_ORDER,), (NEWS,)), known),
    )
    fitting = (text for text in candidates if fits(text, channel))
    text = next(fitting, None) or _bare(known)
    return plain(text) if channel == Channel.SMS else text


def fits(text: str, channel: str) -> bool:
    return fits_sms(text) if channel == Channel.SMS else len(text) <= WHATSAPP_MOST


def _variants(kind: str, known: Mapping[str, str]) -> tuple[Variant, ...]:
    """known["may"]: '' where nothing is wrong."""
    return TROUBLE if kind in NEWS_KINDS and known.get("may") else SHORT[kind]


def standard_words(kind: str) -> Iterator[str]:
    """Our words for a kind (or `incident:…`) with their placeholders, from full to bare, in
    the active language: what the desk begins with when it writes words of its own."""
    if kind.startswith(INCIDENT):
        can_do = MAY[kind.removeprefix(INCIDENT)]
        bodies: tuple[Variant, ...] = (
            ("{headline}", "{fact}", can_do, "{promise}"),
            ("{headline}", "{promise}"),
        )
    else:
        bodies = SHORT[kind]
    for body in bodies:
        text = sentences(*(str(words) for words in body))
        for frame in (FRAMES[1], FRAMES[3]):
            yield str(frame).replace("{text}", text).replace("{promised}", "{promise}")


def may(notice: Notice, facts: Facts) -> str:
    """What the buyer may do about the trouble that leads, in few words; '' without one."""
    table = MAY_BACK if notice.authorization else MAY
    if facts.get("parts") and facts["parts"][0].short_may:
        return str(facts["parts"][0].short_may)
    return str(table.get(trouble_of(facts), ""))


def writable(known: Mapping[str, str], dispensable: Iterable[str]) -> dict[str, str]:
    """The values in the signs of an SMS. Where all the rest can be written in the basic
    alphabet, what cannot and is dispensable is left out."""
    simple = {name: plain(value) for name, value in known.items()}
    if is_basic(plain(str(NEWS) + simple["shop"])):
        simple |= {name: "" for name in dispensable if not is_basic(simple.get(name, ""))}
    return simple


def _texts(
    variants: tuple[Variant, ...], known: Mapping[str, str], frames: tuple[Words, ...] = FRAMES
) -> Iterator[str]:
    """Each variant that is wholly known, greeted and signed as richly as may be."""
    for variant in variants:
        told = [_filled(words, known) for words in variant]
        if all(told):
            yield from _framed(sentences(*told), known, frames)


def _framed(text: str, known: Mapping[str, str], frames: tuple[Words, ...]) -> Iterator[str]:
    for frame in frames:
        words = str(frame) if known["link"] else str(frame).replace("\n{link}", "")
        if whole := _filled(words, {**known, "text": text}):
            yield whole


def _filled(words: Words, known: Mapping[str, str]) -> str:
    """'' when something that it names is not known."""
    text = str(words)
    names = {name for _text, name, _spec, _conversion in Formatter().parse(text) if name}
    return text.format(**known) if all(known.get(name) for name in names) else ""


def _bare(known: Mapping[str, str]) -> str:
    """The name of the store is so long that it is cut. The link never is: it would not
    open, and three segments are better than that."""
    names = (_cut(known["shop"], most) for most in range(len(known["shop"]) - 1, 0, -1))
    signed = (f"{NEWS}\n{known['link']}\n{name}" for name in names)
    return next(filter(fits_sms, signed), f"{NEWS}\n{known['link']}")


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"
