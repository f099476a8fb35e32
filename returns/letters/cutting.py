"""Less of a text, where there is no room for all of it: by whole sentences if possible."""

import re

SENTENCE_ENDS = re.compile(r"[.!?](?=\s|$)|[。！？]")


def first_sentence(text: str) -> str:
    end = SENTENCE_ENDS.search(text)
    return text[: end.end()] if end else text


def cut(text: str, most: int) -> str:
    """At most so many characters: to the end of a sentence, else with … at the end."""
    if len(text) <= most:
        return text
    head = text[:most]
    ends = [found.end() for found in SENTENCE_ENDS.finditer(head)]
    if ends:
        return head[: ends[-1]]
    return head[: most - 1].rstrip(" ,，、;；:：") + "…"
