"""A store's own words: what they may hold, and how a message is made of them.

Placeholders are names in braces and nothing else; no template language. What a letter has
to tell is itself a placeholder, {facts}, so it can be moved but never be edited away.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter
from typing import TYPE_CHECKING, Any

from django.template import Context
from django.template.loader import get_template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from returns.letters.parts import Facts, in_one_line, next_word_in_short
from returns.letters.short_words import NEWS_KINDS
from returns.letters.values import INCIDENT, brief_sample, samples, values, vocabulary
from returns.models.notice import Channel, Notice, NoticeKind
from returns.models.store_text import StoreText

if TYPE_CHECKING:
    from returns.four_parts import FourParts
    from returns.models.store import Store

LONGEST_SUBJECT = 200
LONGEST_BODY = 5000

# Kind → why nobody may change its words.
WHY_LOCKED: dict[str, str] = {
    NoticeKind.ACCESS_CODE: "It carries the code that opens an order. Its words protect the "
    "buyer from being talked out of it.",
    NoticeKind.CONTACT_CHANGED: "It warns the buyer when somebody else may have changed the "
    "contact of an order.",
    NoticeKind.ADDRESS_ASKED: "It warns the buyer when somebody else may have had a parcel sent "
    "elsewhere.",
    NoticeKind.WITHDRAWAL_NEWS: "It tells the buyer what follows from a withdrawal, and why, as "
    "the law wants it.",
    NoticeKind.RETURN_DECLINED: "It tells the buyer the reason and the rights that remain, as "
    "the law wants it.",
}
LOCKED = frozenset(WHY_LOCKED)
# Kinds that end something: nothing more is promised in them.
WITHOUT_PROMISE = LOCKED | {
    NoticeKind.ADDRESS_QUESTION,
    NoticeKind.ADDRESS_NEWS,
    NoticeKind.PROBLEM_REMINDER,
    NoticeKind.SIGNATURE_QUESTION,
    NoticeKind.INVESTIGATION_NEWS,
    NoticeKind.RETURN_CANCELLED,
    NoticeKind.RETURN_EXPIRED,
    NoticeKind.RETURN_PUT_RIGHT,
    NoticeKind.RETURN_SETTLED,
    NoticeKind.OFFER_MADE,
    NoticeKind.RETURN_POSTAGE,
    NoticeKind.REPLACEMENT_SENT,
    NoticeKind.VARIANT_GONE,
    NoticeKind.MESSAGE_ANSWER,
}
# What a short text may not leave out, where the kind alone does not say it.
WHAT_IT_IS_ABOUT: dict[str, tuple[str, ...]] = {
    **{kind: ("headline",) for kind in (*NEWS_KINDS, NoticeKind.ADDRESS_NEWS)},
    NoticeKind.PROBLEM_RECEIVED: ("headline",),
    NoticeKind.PROBLEM_REMINDER: ("headline",),
    NoticeKind.SIGNATURE_QUESTION: ("headline",),
    NoticeKind.INVESTIGATION_NEWS: ("headline",),
    NoticeKind.MESSAGE_ANSWER: ("message",),
    NoticeKind.RETURN_REMINDER: ("post_by",),
}
# Written by people, at any length: where it does not fit, the standard stands in.
ANY_LENGTH = ("message", "question")
BLOCKS = ("facts", "items", "promise")
AT_BLOCKS = re.compile(rf"\{{({'|'.join(BLOCKS)})\}}")
STANDARD_LETTER = "{facts}\n\n{promise}"
STANDARD_ENDING = "{facts}"
STANDARD_INCIDENT = "{empathy}\n\n{fact}\n\n{solution}"


@dataclass(frozen=True)
class Block:
    """What is inserted whole: in plain text, and in HTML that is safe already."""

    text: str
    html: SafeString


# --- What they may hold -----------------------------------------------------------------------


def check(
    kind: str, form: str, subject: str, body: str, known: Mapping[str, str] | None = None
) -> list[str]:
    """What is wrong with these words, as sentences for the desk, in the active language of
    the text. known: values that are known better than our samples, such as {shop}."""
    if kind in LOCKED:
        return [f"This text is locked. {WHY_LOCKED[kind]}"]
    names = vocabulary(kind, form)
    found = [*_problems_of(subject, _of_subject(names)), *_problems_of(body, names)]
    if "\n" in subject.strip():
        found.append("A subject is one line.")
    if not found:
        missing = [name for name in required(kind, form) if name not in _named(body)]
        found += [f"It must say {{{name}}}." for name in missing]
    if not found and form != Channel.EMAIL:
        found += _too_long(kind, form, body, known or {})
    return list(dict.fromkeys(found))


def required(kind: str, form: str) -> tuple[str, ...]:
    """The placeholders that may not be missing."""
    promise = () if kind in WITHOUT_PROMISE else ("promise",)
    if form == Channel.EMAIL:
        return ("fact",) if kind.startswith(INCIDENT) else ("facts", *promise)
    about = ("headline",) if kind.startswith(INCIDENT) else WHAT_IT_IS_ABOUT.get(kind, ())
    return (*about, *promise, "link", "shop")


def _of_subject(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in (*BLOCKS, "link", "message", "question"))


def _problems_of(text: str, names: tuple[str, ...]) -> list[str]:
    if any(signs in text for signs in ("{{", "}}", "{%", "%}")):
        return ["Write a placeholder in single braces: {name}."]
    try:
        parsed = [row for row in Formatter().parse(text) if row[1] is not None]
    except ValueError:
        return ["A brace is open or closed alone. Braces are for placeholders only: {name}."]
    found = []
    for _text, name, spec, conversion in parsed:
        if spec or conversion or not re.fullmatch(r"[a-z_]+", name or ""):
            written = _written(name, spec, conversion)
            found.append(f"“{{{written}}}” is no placeholder; write {{name}}.")
        elif name not in names:
            found.append(_unknown(name or "", names))
    return found


def _written(name: str | None, spec: str | None, conversion: str | None) -> str:
    return f"{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}"


def _unknown(name: str, names: tuple[str, ...]) -> str:
    near = get_close_matches(name, names, 1)
    return f"{{{name}}} cannot stand here." + (f" Did you mean {{{near[0]}}}?" if near else "")


def _named(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(text) if name}


def _too_long(kind: str, form: str, body: str, known: Mapping[str, str]) -> list[str]:
    from returns.letters.short import fits

    values_of_people = dict.fromkeys(ANY_LENGTH, "")
    worst = samples(kind, long=True, **known) | values_of_people
    if any(fits(text, form) for text in _short_texts(body, worst, brief_sample(kind))):
        return []
    if form == Channel.SMS:
        return ["With long values it takes more than two text messages. Please shorten it."]
    return ["With long values it is longer than WhatsApp allows. Please shorten it."]


# --- How a message is made of them ------------------------------------------------------------


def compose(
    subject: str, body: str, known: Mapping[str, str], blocks: Mapping[str, Block]
) -> tuple[str, str, SafeString]:
    """Subject, text and HTML. Each value is escaped in HTML; a blank line ends a paragraph;
    a block is inserted whole, between paragraphs."""
    words = {**known, **{name: block.text for name, block in blocks.items()}}
    html = "\n".join(_paragraphs(body, known, blocks))
    # Every part of it was escaped or rendered as it was made.
    return in_one_line(filled(subject, known)), filled(body, words), mark_safe(html)


def _paragraphs(
    body: str, known: Mapping[str, str], blocks: Mapping[str, Block]
) -> Iterable[SafeString]:
    for paragraph in re.split(r"\n[ \t]*\n", body.replace("\r\n", "\n").strip()):
        for index, piece in enumerate(AT_BLOCKS.split(paragraph)):
            if index % 2:
                yield blocks[piece].html if piece in blocks else mark_safe("")
            else:
                yield from _escaped(filled(piece, known))


def _escaped(words: str) -> Iterable[SafeString]:
    """Paragraphs of plain text; a value may hold several."""
    for paragraph in filter(None, words.split("\n\n")):
        lines = [escape(line) for line in paragraph.splitlines()]
        yield format_html("<p>{}</p>", mark_safe("<br>\n".join(lines)))


PLACEHOLDER = re.compile(r"(?P<blank> ?)\{(?P<name>[a-z_]+)\}(?P<comma>[，、,]?)")


def filled(words: str, known: Mapping[str, str]) -> str:
    """With its values, of which none is read as a placeholder again. What is not known
    leaves no gap: "Hello {name}," becomes "Hello,"."""

    def value(found: re.Match[str]) -> str:
        value = known.get(found["name"], "")
        if value:
            return f"{found['blank']}{value}{found['comma']}"
        begins = found.start() == 0 or words[found.start() - 1] == "\n"
        return "" if begins else found["comma"]

    words = words.replace("\r\n", "\n")
    return tidy(PLACEHOLDER.sub(value, words))


def tidy(text: str) -> str:
    """One blank line between paragraphs, none at the ends, no blanks at line ends."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def letter(subject: str, body: str, notice: Notice, facts: Facts) -> tuple[str, str, str]:
    """Subject, whole text and whole HTML of a letter in somebody's own words, in the active
    language and zone. An empty subject stands for that of the standard. facts: all that the
    letter is written with."""
    known = values(notice, facts, facts["link"])
    own_subject, text, html = compose(subject, body, known, blocks_of(notice.kind, facts))
    return (
        own_subject or facts["subject"],
        whole(notice.kind, facts, "text", text),
        whole(notice.kind, facts, "html", html),
    )


def blocks_of(kind: str, facts: Facts) -> dict[str, Block]:
    blocks = {"facts": Block(_text_part(kind, facts, "body"), _html_part(kind, facts, "body"))}
    if "items" in facts:
        blocks["items"] = Block(
            _render("notices/parts/items.text", facts),
            mark_safe(get_template("notices/parts/items.html").render(facts)),
        )
    told = (facts.get("promise"), *facts.get("also_promised", ()))
    promises = [str(words) for words in told if words]
    html = [format_html('<p class="promise">{}</p>', words) for words in promises]
    blocks["promise"] = Block("\n\n".join(promises), mark_safe("\n".join(html)))
    return blocks


def whole(kind: str, facts: Facts, form: str, words: str) -> str:
    """The frame of every letter around these words. form: text or html. What follows the
    promise in the standard, and what its button says, stay as they are there."""
    is_html = form == "html"
    frame = facts | {
        "layout": f"notices/base.{form}",
        "promise": "",
        "also_promised": (),
        "words": words,
        "after": (_html_part if is_html else _text_part)(kind, facts, "after"),
        "button": _text_part(kind, facts, "button"),
    }
    name = f"notices/own_words.{form}"
    return get_template(name).render(frame) if is_html else tidy(_render(name, frame)) + "\n"


def _text_part(kind: str, facts: Facts, part: str) -> str:
    """One block of the standard letter alone, in plain text."""
    bare = facts | {"layout": "notices/bare.text", "part": part}
    return tidy(_render(f"notices/{kind}.text", bare))


def _html_part(kind: str, facts: Facts, part: str) -> SafeString:
    bare = facts | {"layout": "notices/bare.html", "part": part}
    return mark_safe(get_template(f"notices/{kind}.html").render(bare).strip())


def _render(name: str, facts: Facts) -> str:
    """A plain part: nothing is escaped in it."""
    template: Any = get_template(name)
    return template.template.render(Context(facts, autoescape=False))


# --- Which are used ---------------------------------------------------------------------------


def of(notice: Notice) -> StoreText | None:
    """The store's own words for this notice over its channel, in the active language."""
    return _current(notice.order.store, notice.kind, notice.channel)


def short(notice: Notice, trouble: str, known: Mapping[str, str]) -> str:
    """The short text in the store's own words, those for the trouble before those for the
    kind; '' where there are none that fit today's values. Words for a trouble are about a
    parcel to the buyer; one that comes back has other consequences."""
    from returns.letters.short import fits, writable

    if notice.channel == Channel.SMS:
        known = writable(known, ("name", "town"))
    is_to_buyer = notice.authorization is None
    kinds = [f"{INCIDENT}{trouble}"] * bool(trouble and is_to_buyer) + [notice.kind]
    found = (_current(notice.order.store, kind, notice.channel) for kind in kinds)
    brief = next_word_in_short(notice)
    texts = (text for own in found if own for text in _short_texts(own.body, known, brief))
    return next((text for text in texts if fits(text, notice.channel)), "")


def _short_texts(body: str, known: Mapping[str, str], brief: str) -> list[str]:
    """With the whole promise, and with the same in few words, where there are such."""
    shorter = [{**known, "promise": brief}] if brief else []
    return [filled(body, values) for values in (known, *shorter)]


def of_incident(store: "Store", kind: str, language: str) -> StoreText | None:
    """The store's own words for one trouble (of IncidentKind, or `came_back`) of a parcel to
    the buyer, for letters and pages; `paragraphs` makes them of its parts."""
    return StoreText.objects.current(store, f"{INCIDENT}{kind}", language, Channel.EMAIL)


def paragraphs(own: StoreText, parts: "FourParts") -> tuple[str, ...]:
    """Instead of `parts.paragraphs`; plain text, to be escaped where it is shown."""
    known = {"empathy": parts.empathy, "fact": parts.fact, "solution": parts.solution}
    return tuple(filter(None, filled(own.body, known).split("\n\n")))


def _current(store: "Store", kind: str, form: str) -> StoreText | None:
    if kind in LOCKED:
        return None
    return StoreText.objects.current(store, kind, get_language() or "en", form)
