"""Filters of the letters: `{% load letters %}`. Named as on the pages, without markup, so
that a sentence is the same in the HTML and in the text part."""

from django import template

from returns import formats, wording

register = template.Library()

register.filter("money", formats.money)
register.filter("day", formats.day)
register.filter("moment", formats.moment)
register.filter("clock", formats.clock)
register.filter("mask_email", formats.mask_email)
register.filter("set_apart", wording.set_apart)


@register.filter
def quoted(words: str) -> str:
    """Somebody's own words in a plain text: each line begins with `> `."""
    return "\n".join(f"> {line}".rstrip() for line in words.splitlines())


@register.simple_tag
def between_sentences() -> str:
    """What stands between two sentences: hanzi need no blank after a full stop."""
    return wording.sentences(".", ".").strip(".")
