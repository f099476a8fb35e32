"""Tags and filters of the buyer's pages: `{% load homeward %}`.

Thin on purpose: how things read is in `returns/formats.py`, drawings are in
`portal/drawings.py`, codes in `returns/codes_drawn.py`. The components they render are in
`templates/components/`; the top of `templates/base.html` tells how a page uses them.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet
from django.forms.boundfield import BoundField
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from portal import drawings
from returns import addresses, codes_drawn, formats

register = template.Library()

# --- Words ------------------------------------------------------------------------------

register.filter("money", formats.money)
register.filter("day", formats.day)
register.filter("moment", formats.moment)
register.filter("mask_email", formats.mask_email)
register.filter("mask_phone", formats.mask_phone)
register.filter("line_symbol", drawings.of_line)

STYLES: dict[str, Callable[..., str]] = {
    "day": formats.day,
    "dateline": formats.dateline,
    "moment": formats.moment,
    "story_time": formats.story_time,
    "ago": formats.ago,
}


@register.filter
def when(value: date | datetime, style: str = "moment") -> SafeString:
    """`<time datetime="…">Tuesday 24 November, 18:00</time>`, in one of STYLES."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), STYLES[style](value))


@register.filter
def as_ref(value: object) -> SafeString:
    """A number that people copy, in the typewriter face, never broken or translated."""
    return format_html('<span class="ref" translate="no">{}</span>', value)


# --- Drawings ---------------------------------------------------------------------------

USED = re.compile(r'href="#i-([a-z]+)"')


def _use(name: str) -> SafeString:
    return format_html('<use href="#i-{}"/>', drawings.symbol(name))


@register.simple_tag
def icon(name: str, more: str = "") -> SafeString:
    """`{% icon "box" %}`; `more` adds classes, as in `{% icon "chev" "turn" %}`."""
    classes = f"ico {more}".strip()
    return format_html('<svg class="{}" aria-hidden="true">{}</svg>', classes, _use(name))


@register.simple_tag
def keep_icons(*names: str) -> SafeString:
    """Sends these symbols along although the page does not show them yet, for a part of it
    that is fetched again later and may bring them."""
    uses = mark_safe("".join(_use(name) for name in names))
    return format_html('<svg class="vh" width="0" height="0" aria-hidden="true">{}</svg>', uses)


class WithSymbols(template.Node):
    """Renders what it encloses, preceded by a sprite of just the symbols used therein."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        body = self.nodelist.render(context)
        used = set(USED.findall(body))
        symbols = "".join(
            f'<symbol id="i-{name}" viewBox="0 0 24 24"><path d="{outline}"/></symbol>'
            for name, outline in sorted(drawings.SYMBOLS.items())
            if name in used
        )
        if not symbols:
            return body
        sprite = f'<svg class="vh" width="0" height="0" aria-hidden="true">{symbols}</svg>\n'
        return mark_safe(sprite + body)


@register.tag
def with_symbols(parser: Parser, token: Token) -> WithSymbols:
    nodelist = parser.parse(("endwith_symbols",))
    parser.delete_first_token()
    return WithSymbols(nodelist)


@register.inclusion_tag("components/scene.html")
def scene(name: str) -> dict[str, str]:
    """The drawn vignette under the heading: plane, road, customs, delivered, …"""
    return {"drawing": f"components/draw/scene-{name}.svg"}


@register.inclusion_tag("components/code.html")
def barcode(text: str, label: str = "") -> dict[str, object]:
    """Code 128. Without a label it is hidden from screen readers: the number stands beside it."""
    return {"code": codes_drawn.barcode(text), "label": label, "kind": "bars"}


@register.inclusion_tag("components/code.html")
def qr(text: str, label: str = "") -> dict[str, object]:
    return {"code": codes_drawn.qr(text), "label": label, "kind": "qr"}


# --- Parts of a page ----------------------------------------------------------------------


@register.simple_tag
def brand_url(store: Any) -> str:
    return addresses.store_page(store, "brand")


@register.simple_tag
def order_url(order: Any, name: str, **kwargs: Any) -> str:
    """Path of a page of the order: `{% order_url order "return" number=rma.number %}`."""
    return addresses.order_page(order, name, **kwargs)


@register.inclusion_tag("components/postmark.html")
def postmark(value: datetime) -> dict[str, object]:
    month, day_of_month, clock = formats.postmark(value)
    return {"value": value, "month": month, "day": day_of_month, "clock": clock}


@register.inclusion_tag("components/promise.html")
def promise(due_at: datetime, text: str = "", note: str = "") -> dict[str, object]:
    """When we write again. `text` is a whole sentence with `{when}` in it, or empty for the
    usual one; `note` is the small line under it. Both are escaped unless marked safe."""
    sentence = conditional_escape(text).replace("{when}", when(due_at)) if text else ""
    return {"due_at": due_at, "sentence": mark_safe(sentence), "note": note}


@register.inclusion_tag("components/journey.html")
def journey(steps: Iterable[dict[str, object]]) -> dict[str, object]:
    """Steps of the way, each `{"icon", "label", "state"}` with state done, now or ahead."""
    return {"steps": steps}


@register.inclusion_tag("components/progress.html")
def progress(step: int, total: int) -> dict[str, object]:
    return {"step": step, "total": total, "bars": [n <= step for n in range(1, total + 1)]}


# --- Forms --------------------------------------------------------------------------------


def _first_id(field: BoundField) -> str:
    """The id to jump to: of the field, or of the first choice of a group."""
    if field.id_for_label:
        return field.id_for_label
    options = list(field.subwidgets)
    return (options[0].id_for_label if options else "") or field.auto_id


@register.filter
def problems(form: BaseForm | BaseFormSet | None) -> list[tuple[str, str]]:
    """What has to be put right, as (id of the field or "", message), top to bottom."""
    if isinstance(form, BaseFormSet):
        found = [("", str(message)) for message in form.non_form_errors()] if form.is_bound else []
        return found + [problem for part in form for problem in problems(part)]
    if not isinstance(form, BaseForm) or not form.is_bound:
        return []
    found = [("", str(message)) for message in form.non_field_errors()]
    for field in form:
        found += [(_first_id(field), str(message)) for message in field.errors]
    return found


@register.inclusion_tag("components/errors.html")
def errors(*forms: BaseForm | BaseFormSet | None) -> dict[str, object]:
    """The summary that comes first on a page with problems; nothing when there are none."""
    return {"found": [problem for form in forms for problem in problems(form)]}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, hint: str = "", classes: str = "") -> dict[str, object]:
    """A text field, select or text area with its label, hint and problem.

    The hint is the form field's help text unless given; `classes` is added to the control
    (`ref` for numbers to copy, `short` for short ones).
    """
    if hint:
        bound.help_text = hint
    own = bound.field.widget.attrs.get("class", "")
    control = bound.as_widget(attrs={"class": " ".join(f"input {own} {classes}".split())})
    return {"field": bound, "control": control}


@register.inclusion_tag("components/choices.html")
def choices(
    bound: BoundField, heading: str = "", hint: str = "", hints: dict[str, str] | None = None
) -> dict[str, object]:
    """Radio buttons or checkboxes as cards; a lone checkbox is one card without a legend.

    `heading` is `h1` or `h2` when the legend heads the page or a part of it. `hints` gives a
    second line per value; without it, a `hints` attribute of the form field is used.
    """
    hints = hints or getattr(bound.field, "hints", {})
    lone = getattr(bound.field.widget, "input_type", "") == "checkbox" and not hasattr(
        bound.field.widget, "choices"
    )
    options = [
        {
            "type": option.data["type"],
            "name": option.data["name"],
            "value": option.data["value"],
            "id": option.data["attrs"].get("id", bound.auto_id),
            "chosen": bool(option.data["attrs"].get("checked") or option.data.get("selected")),
            "disabled": bool(option.data["attrs"].get("disabled")),
            "label": bound.label if lone else option.data["label"],
            "hint": hints.get(str(option.data["value"]), ""),
        }
        for option in bound.subwidgets
    ]
    hint = hint or str(bound.help_text)
    described_by = [f"{bound.auto_id}_helptext"] if hint else []
    described_by += [f"{bound.auto_id}_error"] if bound.errors else []
    return {
        "field": bound,
        "options": options,
        "lone": lone,
        "heading": heading,
        "hint": hint,
        "described_by": " ".join(described_by),
    }
