"""A letter in the words that a person at the desk wrote in place of ours."""

from collections.abc import Mapping

from returns import own_words
from returns.letters.parts import Facts
from returns.models.notice import Notice


def in_own_hand(words: Mapping[str, str], notice: Notice, facts: Facts) -> tuple[str, str, str]:
    """Subject, text and HTML. Nothing in them is read as a placeholder."""
    known = {"words": words["body"]}
    blocks = {"promise": own_words.blocks_of(notice.kind, facts)["promise"]}
    _, text, html = own_words.compose("", "{words}\n\n{promise}", known, blocks)
    return (
        words["subject"].strip() or facts["subject"],
        own_words.whole(notice.kind, facts, "text", text),
        own_words.whole(notice.kind, facts, "html", html),
    )
