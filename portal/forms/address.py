"""The form of an address: the fields of its country, in its order and under its names."""

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from portal.forms.find import NO_HELP, TypedField
from returns.models import Order
from returns.postal import book, chinese, formats
from returns.postal.address import PostalAddress
from returns.postal.checking import Doubt, doubts
from returns.postal.formats import Field
from tracking.terms import Terms

# What the form asks for anywhere; each country shows some of it.
NAMES = (
    "name", "company", "phone", "street", "street2", "district", "city", "region", "postcode",
)  # fmt: skip
LATIN = {
    "latin_name": _("Name in Latin letters"),
    "latin_street": _("Street in Latin letters"),
    "latin_city": _("Town or city in Latin letters"),
}
# Where it is, which changes as a whole when another address is pasted.
PLACE = (
    "street", "street2", "district", "city", "region", "postcode", *LATIN,
)  # fmt: skip
# Of what an order has no column for.
LENGTHS = {"district": 120, "latin_name": 200, "latin_street": 300, "latin_city": 120}
PASTED = chinese.LONGEST
NOT_THERE = _(
    "We cannot send this to another country. Please write to us, and we will see what is possible."
)
CHOOSE_COUNTRY = _("Choose the country from the list.")
# Pictures have no place on a label; № and ° have.
PICTURES = (
    (0x2190, 0x21FF), (0x2300, 0x23FF), (0x2500, 0x27BF), (0x2B00, 0x2BFF), (0xFE00, 0xFE0F),
    (0x20D0, 0x20FF), (0x1F000, 0x1FBFF),
)  # fmt: skip


def _length(name: str) -> int:
    column = Order._meta.get_field(name) if name not in LENGTHS else None
    return LENGTHS.get(name) or getattr(column, "max_length", None) or 300


class LineField(TypedField):
    """One line of a label: without what cannot be seen, and without pictures. is_number:
    digits and letters are taken in one width, as the lists of postcodes have them."""

    def __init__(self, *, is_number: bool = False, **kwargs: Any):
        self.is_number = is_number
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        seen = super().to_python(value)
        seen = unicodedata.normalize("NFKC" if self.is_number else "NFC", seen)
        plain = (sign for sign in seen if not any(a <= ord(sign) <= b for a, b in PICTURES))
        return " ".join("".join(plain).split())


class RegionField(forms.ChoiceField):
    """One of the country's, by whatever name shops call it. other: what the order has, which
    stays possible when no list knows it."""

    def __init__(self, country: book.Country, *, other: str = "", **kwargs: Any):
        self.country, self.other = country, other
        super().__init__(**kwargs)

    def named(self, text: str) -> str:
        """What is kept of it; '' when it is none of this country's."""
        found = self.country.region(text)
        return found.key if found else (self.other if text == self.other else "")

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return self.named(text) or text


class AddressForm(forms.Form):
    """An address, asked for as its country writes it.

    country: whose fields are shown until another is chosen. initial: what the fields hold at
    first. allowed_country: where it has to be, '' when that is not known, and then it cannot
    be sent; None for anywhere. carrier_terms: of whoever brings it.

    Three buttons beside the page's own, all of which work without JavaScript: `switch` shows
    the fields of another country, `split` fills them from a Chinese address in one piece
    (neither judges anything: `is_only_shown`), `take` accepts what the doubt of that code
    suggests and sends the form with it. A form that is valid, and about which there are
    doubts that its sender has not seen yet, is shown once more (`asks`); the same again is
    taken as it is (`is_settled`).
    """

    use_required_attribute = False
    # The part of the page that htmx swaps, a partialdef around components/address_fields.html.
    fragment = "fields"

    def __init__(
        self,
        country: str,
        data: Mapping[str, Any] | None = None,
        *,
        initial: PostalAddress,
        allowed_country: str | None,
        carrier_terms: Terms | None = None,
        language: str | None = None,
        prefix: str | None = None,
    ):
        self.before = initial
        self.allowed_country = allowed_country
        self.terms = carrier_terms
        self.language = language or get_language() or "en"
        self._prefix = prefix
        posted = self._posted(data) if data is not None else {}
        chosen = posted.get("country", "").strip().upper()
        self.country = chosen if book.find(chosen) else country if book.find(country) else ""
        self.not_found: list[str] = []

        values = dict(posted) if data is not None else initial.to_json()
        values["country"] = chosen or self.country
        if posted.get("take") and data is not None:
            data = self._taken(data, posted)
            posted = self._posted(data)
        is_only_shown = bool(posted.get("switch") or posted.get("split"))
        super().__init__(None if is_only_shown else data, prefix=prefix, initial=values)
        self._build()
        if posted.get("split") and "paste" in self.fields:
            self._split(posted.get("paste", ""))
        self._carry(posted)

    def _posted(self, data: Mapping[str, Any]) -> dict[str, str]:
        """What came, under our own names."""
        start = f"{self._prefix}-" if self._prefix else ""
        names = (*NAMES, *LATIN, "country", "paste", "seen", "region_before")
        found = {name: str(data.get(start + name) or "") for name in names}
        # Whatever is longer is told to be, where it is sent, and is neither split nor shown.
        found["paste"] = found["paste"][:PASTED]
        buttons = ("switch", "split", "take")
        return found | {name: str(data.get(start + name) or "") for name in buttons}

    # --- the fields

    def _build(self) -> None:
        countries = [("", _("Choose")), *formats.countries(self.language)]
        self.fields["country"] = forms.ChoiceField(
            label=_("Country"),
            choices=countries,
            widget=forms.Select(attrs={"autocomplete": "country"}),
            error_messages={"required": CHOOSE_COUNTRY, "invalid_choice": CHOOSE_COUNTRY},
        )
        if not self.country:
            return
        if self.country == "CN" and not self._is_elsewhere("CN"):
            self.fields["paste"] = forms.CharField(
                label=_("The whole address in one piece"),
                help_text=_(
                    "As you copied it from a shop or a chat: name, phone and address in any order."
                ),
                required=False,
                max_length=PASTED,
                widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
            )
        for row in formats.fields(self.country, self.language):
            self.fields[row.name] = self._region(row) if row.choices else self._line(row)
        if formats.takes_latin(self.country):
            for name, label in LATIN.items():
                row = Field(name, label, required=False, autocomplete="off")
                self.fields[name] = self._line(row)

    def _line(self, row: Field) -> LineField:
        attrs = {"autocomplete": row.autocomplete, "spellcheck": "false"}
        if row.name == "postcode":
            attrs |= NO_HELP | {"autocapitalize": "characters"}
        return LineField(
            label=row.label,
            help_text=row.hint,
            required=row.required,
            max_length=_length(row.name),
            is_number=row.name in ("phone", "postcode"),
            widget=(forms.TelInput if row.name == "phone" else forms.TextInput)(attrs=attrs),
            error_messages={
                "required": gettext("Please fill in: {field}.").format(field=row.label),
                "max_length": gettext("Please make it shorter: {field}.").format(field=row.label),
            },
        )

    def _region(self, row: Field) -> RegionField:
        """With what the order has, when it is not in the list: the list may be older."""
        known = book.country(self.country)
        here = self.before.country == self.country
        other = self.before.region if here and not known.region(self.before.region) else ""
        choose = gettext("Please choose: {field}.").format(field=row.label)
        choices = [("", _("Choose")), *row.choices, *([(other, other)] if other else [])]
        return RegionField(
            known,
            other=other,
            label=row.label,
            required=row.required,
            choices=choices,
            widget=forms.Select(attrs={"autocomplete": row.autocomplete}),
            error_messages={"required": choose, "invalid_choice": choose},
        )

    # --- the buttons

    def _taken(self, data: Mapping[str, Any], posted: Mapping[str, str]) -> Mapping[str, Any]:
        """The form with the suggestion in its fields; as it was when there is none."""
        start = f"{self._prefix}-" if self._prefix else ""
        kept = {name: data.get(name) for name in data if name != f"{start}take"}
        first = AddressForm(
            self.country,
            kept,
            initial=self.before,
            allowed_country=self.allowed_country,
            carrier_terms=self.terms,
            language=self.language,
            prefix=self._prefix,
        )
        for doubt in first.doubts:
            if doubt.code == posted["take"] and doubt.suggestion:
                after = doubt.suggestion.to_json()
                kept |= {f"{start}{name}": after[name] for name in (*NAMES, *LATIN)}
        return kept

    def _split(self, text: str) -> None:
        found = chinese.split(text)
        values = {name: value for name, value in found.address.to_json().items() if value}
        if not text.strip():
            return
        # Half of another place would be worse than none; who it is for may stay the same.
        self.initial = {**self.initial, **dict.fromkeys(PLACE, ""), **values}
        self.not_found = [
            str(self.fields[name].label) for name in found.missing if not self.initial.get(name)
        ]

    def _carry(self, posted: Mapping[str, str]) -> None:
        """What was typed for another country comes along unseen, so that it is there again
        when that country is."""
        region = self.fields.get("region")
        typed, earlier = str(self.initial.get("region") or ""), posted.get("region_before", "")
        before = typed or earlier
        if isinstance(region, RegionField):
            named = region.named(typed) or region.named(earlier)
            before = earlier if region.named(typed) else before
            self.initial["region"] = named
        unseen = [name for name in (*NAMES, *LATIN) if name not in self.fields]
        self.carried = [
            (self.add_prefix(name), str(self.initial.get(name) or "")) for name in unseen
        ]
        self.carried.append((self.add_prefix("region_before"), before))
        self.carried.append((self.add_prefix("country_shown"), self.country))
        self.carried = [(name, value) for name, value in self.carried if value]

    # --- judging

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound and self.country and self._is_elsewhere(self.country):
            # Said when the country is chosen, before all of it is typed.
            errors = self.error_class([str(NOT_THERE)], error_class="errorlist")
            self.errors["country"] = errors

    def _is_elsewhere(self, country: str) -> bool:
        return self.allowed_country is not None and country != self.allowed_country

    def clean_country(self) -> str:
        country = self.cleaned_data["country"]
        if self._is_elsewhere(country):
            raise ValidationError(NOT_THERE, "elsewhere")
        return country

    def clean(self) -> dict[str, Any]:
        """What an order cannot hold, since a district shares a column there, is too long."""
        for name, value in self.address.order_values().items():
            if len(value) > _length(name) and name in self.fields and not self.errors:
                message = self.fields[name].error_messages["max_length"]
                self.add_error(name, message)
        if self.cleaned_data.get("paste") and self.address.same_as(self.before):
            # Pasted and sent, as if that were all there is to do: the old address would be taken.
            self.add_error("paste", _("Press “Put it into the fields” first, then look it over."))
        return self.cleaned_data

    @property
    def is_only_shown(self) -> bool:
        """There is nothing to judge: it was asked for, or one of its own buttons was used."""
        return not self.is_bound

    @property
    def address(self) -> PostalAddress:
        """Once valid; of what is not, as far as it goes."""
        if self.is_bound and not hasattr(self, "cleaned_data"):
            self.full_clean()
        data = getattr(self, "cleaned_data", {})
        values = {name: data.get(name, "") for name in (*NAMES, *LATIN, "country")}
        if "city" not in self.fields and self.before.country == values["country"]:
            # Singapore is a city by itself; shops name it all the same.
            values["city"] = self.before.city
        return PostalAddress(**values)

    @cached_property
    def doubts(self) -> list[Doubt]:
        """About a valid address; none about another."""
        if not self.is_bound or not self.is_valid():
            return []
        return doubts(self.address, carrier_terms=self.terms)

    @property
    def fingerprint(self) -> str:
        """Of the address and what is doubtful about it; '' when nothing is."""
        if not self.doubts:
            return ""
        told = "|".join(doubt.code for doubt in self.doubts)
        parts = [told, *(f"{k}={v}" for k, v in sorted(self.address.to_json().items()))]
        return sha256("\0".join(parts).encode()).hexdigest()

    @property
    def is_settled(self) -> bool:
        """Valid, and nothing doubtful that its sender has not seen."""
        seen = self.data.get(self.add_prefix("seen"), "") if self.is_bound else ""
        return self.is_valid() and (not self.doubts or seen == self.fingerprint)

    @property
    def asks(self) -> bool:
        return self.is_bound and self.is_valid() and bool(self.doubts)

    # --- for the page

    @property
    def asked(self) -> list[BoundField]:
        """The fields of the country, in order."""
        return [self[name] for name in self.fields if name in NAMES]

    @property
    def latin(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name in LATIN]

    @property
    def has_latin(self) -> bool:
        return any(bound.value() or bound.errors for bound in self.latin)

    @property
    def buttons(self) -> dict[str, str]:
        """Their names."""
        return {name: self.add_prefix(name) for name in ("switch", "split", "take", "seen")}
