"""The guide of an approved return on paper: a tagged PDF that typst makes of
templates/guide/guide.typ.

What stands on it is gathered here as plain data and handed over as one JSON, so that
nothing a buyer or a merchant wrote can become markup. The sentences are those of the page
and of the letter.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typst
from django.conf import settings
from django.utils.translation import get_language, gettext, ngettext

from returns import codes_drawn, formats, texts
from returns.codes import Payer
from returns.guide import Guide, Way
from returns.states import Status
from returns.wording import sentences

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization

FONTS = Path(__file__).parent / "fonts"
TEMPLATES = Path(settings.BASE_DIR) / "templates"
GUIDE = "guide/guide.typ"
# PDF/UA: can be read aloud. It demands that we have a font for every sign.
type Readable = Literal["ua-1"]
READABLE: Readable = "ua-1"

Sheet = dict[str, Any]


def printed_guide(rma: "ReturnAuthorization") -> bytes:
    """The PDF, in the active language and time zone; the same bytes for the same words.

    The return is approved and its goods come back. Takes some 20 ms, most of it without
    the interpreter's lock. Raises typst.TypstError when it cannot be made.
    """
    return drawn(sheet(rma))


def drawn(content: Sheet, template: str = GUIDE) -> bytes:
    """What `template` makes of it. Reads no database.

    A sign that our fonts lack (a rare one in a name) is taken from the machine's fonts. When
    they have none either, an empty box stands for it and the PDF is no PDF/UA.
    """
    inputs = {"sheet": json.dumps(_clean(content))}
    try:
        return _compiled(template, inputs, own_fonts(), READABLE)
    except typst.TypstError:
        with suppress(typst.TypstError):
            return _compiled(template, inputs, all_fonts(), READABLE)
        return _compiled(template, inputs, all_fonts())


def _compiled(
    template: str, inputs: dict[str, str], fonts: typst.Fonts, standard: Readable | None = None
) -> bytes:
    return typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs=inputs,
        pdf_standards=[standard] if standard else [],
    )


@cache
def own_fonts() -> typst.Fonts:
    return _fonts(system=False)


@cache
def all_fonts() -> typst.Fonts:
    """Ours first, then those of the machine."""
    return _fonts(system=True)


def _fonts(*, system: bool) -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=system, include_embedded_fonts=False, font_paths=[str(FONTS)]
    )


def _clean(value: Any) -> Any:
    """Without signs that steer a terminal or the direction of writing."""
    match value:
        case str():
            return " ".join("".join(c if c.isprintable() else " " for c in value).split())
        case dict():
            return {key: _clean(one) for key, one in value.items()}
        case list() | tuple():
            return [_clean(one) for one in value]
    return value


# --- What stands on it ------------------------------------------------------------------------


def sheet(rma: "ReturnAuthorization") -> Sheet:
    """Everything that is written or drawn, as JSON can hold it."""
    guide = Guide.of(rma)
    return {
        **_language(),
        **_head(rma),
        "barcode": asdict(codes_drawn.barcode(rma.number)),
        "qr": asdict(codes_drawn.qr(rma.number)),
        "pack": _pack(rma, guide),
        "label": _label(guide),
        "customs": _customs(guide),
        "carriers": None if guide.has_label else _carriers(rma, guide),
        "hand_over": _hand_over(guide),
        "after": _after(rma),
        "strip": gettext(
            "Cut this strip off and put it inside the box, on top. "
            "It tells us whose parcel this is."
        ),
    }


def _language() -> Sheet:
    """As typst names it: what the language is, and for which country it is written."""
    language, _, region = (get_language() or settings.LANGUAGE_CODE).partition("-")
    countries = {"hans": "cn", "hant": "tw"}
    return {"language": language, "region": countries.get(region, region) or None}


def _head(rma: "ReturnAuthorization") -> Sheet:
    order, store = rma.order, rma.order.store
    names = {"names": store.signed_by, "shop": store.name}
    amount = formats.money(rma.estimated_total, order.currency)
    return {
        "title": str(texts.STATUS[Status.APPROVED].title),
        "shop": store.name,
        "order": gettext("Order {number}").format(number=order.number),
        "sign": gettext("%(names)s, %(shop)s") % names if store.signed_by else store.name,
        "number": rma.number,
        "number_words": gettext("Your return number (RMA)"),
        "post_by_words": gettext("Post it by") if rma.post_by else "",
        "post_by": formats.day(rma.post_by) if rma.post_by else "",
        "back": gettext("%(amount)s back") % {"amount": amount} if rma.estimated_total else "",
    }


def _pack(rma: "ReturnAuthorization", guide: Guide) -> Sheet:
    rows = list(rma.lines.select_related("line"))
    pieces = sum(row.requested for row in rows)
    return {
        "heading": ngettext("Pack it", "Pack everything into one parcel", pieces),
        "goods_words": gettext("This is what you send back:"),
        "goods": [f"{row.requested} × {row.line.full_title}" for row in rows],
        "drawings": [{"name": name, "words": words} for name, words in guide.packing.items()],
    }


def _label(guide: Guide) -> Sheet:
    """lines: what has to be written; none where we made the label."""
    if guide.has_label:
        return {
            "heading": gettext("Stick our label on it"),
            "lines": [],
            "notes": [
                gettext(
                    "We made a label for this parcel: print it and stick it flat on the largest "
                    "side. If you have no printer, write to us. You do not have to write an "
                    "address, and you hand the parcel to the carrier that the label names."
                ),
                gettext("You find it on the page of your return."),
            ],
        }
    return {
        "heading": gettext("Write this on the label"),
        "lines": guide.label[:-1],
        "notes": [
            gettext(
                "The last line is your return number. It must be on the label, "
                "so that we know at once whose parcel it is."
            ),
            gettext("As the sender, write your own name and address."),
        ],
    }


def _customs(guide: Guide) -> Sheet | None:
    if not guide.customs:
        return None
    return {"heading": gettext("The parcel crosses a border"), "rows": guide.customs}


def _carriers(rma: "ReturnAuthorization", guide: Guide) -> Sheet:
    return {
        "heading": gettext("Choose a carrier"),
        "words": [] if guide.ways else list(_any_carrier(rma)),
        "ways": [
            {
                "name": way.name,
                "tag": gettext("We recommend this") if way.recommended else "",
                "words": _way(way),
            }
            for way in guide.ways
        ],
        "avoided_heading": gettext("Better not"),
        "avoided": [{"name": one.name, "words": one.why} for one in guide.avoided],
    }


def _way(way: Way) -> str:
    if not way.days:
        return way.payment
    days = gettext("It takes %(days)s.") % {"days": way.days}
    return ("" if formats.language() == "zh" else " ").join([way.payment, days])


def _any_carrier(rma: "ReturnAuthorization") -> Iterator[str]:
    yield gettext(
        "Take any carrier that gives you a tracking number and a receipt. "
        "Keep the receipt until everything is settled."
    )
    if rma.payer == Payer.STORE:
        yield gettext("We pay: send us the receipt, and we give you the postage back.")
    else:
        yield gettext("You pay the postage.")


def _hand_over(guide: Guide) -> Sheet:
    told = gettext(
        "Photograph the closed parcel with its label, and keep the receipt with the tracking "
        "number. If the parcel gets lost or damaged on its way, these two show what "
        "happened, and the loss is not yours."
    )
    return {
        "heading": gettext("Before you hand it over"),
        "words": sentences(*guide.asks, told),
    }


def _after(rma: "ReturnAuthorization") -> Sheet:
    told = gettext(
        "Open your return by the link in our mail and give us the number of the parcel, "
        "or write it to {email}."
    )
    return {
        "heading": gettext("After you post it"),
        "words": [
            told.format(email=rma.order.store.contact_email),
            gettext(
                "It is on the receipt. With it, you and we see where the parcel is, and "
                "you need not worry about the date any more."
            ),
            gettext("When the parcel is here, we look inside and settle everything."),
        ],
    }
