"""What the desk sees of one text: its standard, its versions, what changed, how it reads."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe

from returns import addresses, own_words
from returns.letters import facts_of
from returns.letters.parts import Facts
from returns.letters.short import standard_words
from returns.letters.short_words import SHORT
from returns.letters.sms import plain, segments
from returns.letters.values import INCIDENT, NAMES, samples, values, vocabulary
from returns.models import Notice, Order, Store, StoreText
from returns.models.case import CASE_KINDS
from returns.models.notice import Channel, NoticeKind

# Kind → what the desk calls it.
KINDS: dict[str, str] = {
    **dict(NoticeKind.choices),
    **{f"{INCIDENT}{kind}": f"On the way to the buyer: {label}" for kind, label in CASE_KINDS},
}
LAST_NOTICES = 5
# What an old message tells may be gone: its promise is kept, its code is spent.
NO_NEWS_ANY_MORE = (AssertionError, KeyError, ObjectDoesNotExist)
SAMPLE_CODE = "w8Kq2ZtR5pLx0VbN3mJd7YfHc1Q"
SAMPLE_NUMBER = "JP-20418"
WORDS = re.compile(r"\{\w+\}|[A-Za-z0-9’']+|\s+|.")


def forms_of(kind: str) -> tuple[str, ...]:
    """The forms in which it may leave."""
    is_short = kind in SHORT or kind.startswith(INCIDENT)
    return tuple(Channel.values) if is_short else (Channel.EMAIL,)


@dataclass(frozen=True)
class Preview:
    """note: whose values they are, and how long it is where that matters. paragraphs: those
    of the HTML, as text."""

    subject: str
    text: str
    paragraphs: list[str]
    note: str


@dataclass(frozen=True)
class TextPage:
    """One text of a store: kind and form say which message, language in which words."""

    store: Store
    kind: str
    language: str
    form: str

    @property
    def label(self) -> str:
        return KINDS[self.kind]

    @property
    def form_label(self) -> str:
        return str(Channel(self.form).label)

    @property
    def has_subject(self) -> bool:
        return self.form == Channel.EMAIL and not self.kind.startswith(INCIDENT)

    @property
    def names(self) -> list[tuple[str, str]]:
        must = own_words.required(self.kind, self.form)
        return [
            (name, NAMES[name] + (" The text must name it." if name in must else ""))
            for name in vocabulary(self.kind, self.form)
        ]

    @cached_property
    def versions(self) -> list[StoreText]:
        found = StoreText.objects.of(self.store, self.kind, self.language, self.form)
        return list(found.select_related("made_by"))

    @property
    def current(self) -> StoreText | None:
        return next((text for text in self.versions if text.is_current), None)

    @property
    def before(self) -> StoreText | None:
        """The version before the one that is used."""
        numbers = [
            text for text in self.versions if self.current and text.number < self.current.number
        ]
        return numbers[0] if numbers else None

    @cached_property
    def standard(self) -> str:
        """Our words for it, with their placeholders."""
        with translation.override(self.language):
            if self.form != Channel.EMAIL:
                found = list(standard_words(self.kind))
                good = (text for text in found if not self.problems("", text))
                return next(good, found[-1])
        if self.kind.startswith(INCIDENT):
            return own_words.STANDARD_INCIDENT
        ends = self.kind in own_words.WITHOUT_PROMISE
        return own_words.STANDARD_ENDING if ends else own_words.STANDARD_LETTER

    @cached_property
    def known(self) -> dict[str, str]:
        """What this store knows better than our samples."""
        path = reverse("portal:short_link", kwargs={"code": SAMPLE_CODE})
        newest = Order.objects.filter(store=self.store).order_by("-pk").first()
        return {
            "shop": self.store.name,
            "link": addresses.absolute(self.store, path),
            "order": newest.number if newest else SAMPLE_NUMBER,
        }

    def problems(self, subject: str, body: str) -> list[str]:
        with translation.override(self.language):
            return own_words.check(self.kind, self.form, subject, body, self.known)

    def notices(self) -> QuerySet[Notice]:
        """The last messages of this kind, to see the words with real values."""
        found = Notice.objects.filter(order__store=self.store)
        if self.kind.startswith(INCIDENT):
            found = found.filter(news__case__kind=self.kind.removeprefix(INCIDENT)).distinct()
        else:
            found = found.filter(kind=self.kind)
        return found.select_related("order__store", "authorization").order_by("-pk")[:LAST_NOTICES]

    def preview(self, subject: str, body: str, notice: Notice | None) -> Preview:
        zone = notice.order.where if notice else self.store.zone
        with translation.override(self.language), timezone.override(zone):
            known, blocks, whose = self._filling(notice)
            subject, text, html = own_words.compose(subject, body, known, blocks)
        paragraphs = [strip_tags(line).strip() for line in html.splitlines()]
        note = f"{whose} {self._length(text)}".strip()
        return Preview(subject, text, list(filter(None, paragraphs)), note)

    def _filling(
        self, notice: Notice | None
    ) -> tuple[dict[str, str], dict[str, own_words.Block], str]:
        """Values, blocks, and whose they are."""
        if notice is None:
            return *self._sample(), "With samples."
        try:
            return *self._real(notice), f"With the values of order {notice.order.number}."
        except NO_NEWS_ANY_MORE:
            return *self._sample(), "That message cannot be told any more; here are samples."

    def _real(self, notice: Notice) -> tuple[dict[str, str], dict[str, own_words.Block]]:
        facts: Facts = facts_of(notice, self.known["link"], {})
        known = values(notice, facts, self.known["link"])
        return known, own_words.blocks_of(notice.kind, facts) if self.has_subject else {}

    def _sample(self) -> tuple[dict[str, str], dict[str, own_words.Block]]:
        known = samples(self.kind, long=False, **self.known)
        if not self.has_subject:
            return known, {}
        lines = {"facts": "(What the standard letter tells stands here.)", "items": "(The items.)"}
        lines["promise"] = known["promise"]
        blocks = {name: own_words.Block(words, mark_safe(words)) for name, words in lines.items()}
        return known, blocks

    def _length(self, text: str) -> str:
        if self.form != Channel.SMS:
            return ""
        count = segments(plain(text))
        return f"{len(text)} characters: {count} text message{'s' * (count > 1)}."


def changes(old: str, new: str) -> list[tuple[str, str]]:
    """(same | gone | new, words): how `old` became `new`, word by word."""
    before, after = WORDS.findall(old), WORDS.findall(new)
    found = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(before[a:b])))
            continue
        found += [("gone", "".join(before[a:b])), ("new", "".join(after[c:d]))]
    return [(what, words) for what, words in found if words]
