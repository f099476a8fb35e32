"""What somebody types to withdraw from a contract: who, from which one or what of it, and where
we confirm it. Nothing else is asked for, as the law wants it."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy

from portal import drawings
from portal.forms.find import NO_HELP, TypedField
from portal.forms.returns import PREFIX, AllValues, Words, whole_number
from returns.models import Order, OrderLine
from returns.models.withdrawal import LONGEST_CONTRACT, LONGEST_NAME, LONGEST_PARTS

# What is typed here goes to an address that is typed here: nobody shall advertise with it.
WEB_ADDRESS = re.compile(r"://|\bwww\.|\bhttps?\b", re.IGNORECASE)
KEY_LENGTH = 64


def no_web_address(text: str) -> None:
    if WEB_ADDRESS.search(text):
        raise ValidationError(gettext("Please leave out web addresses."))


class DeclareForm(forms.Form):
    """key: the form's own; the same form sent again is the same declaration."""

    name = TypedField(
        label=gettext_lazy("Your name"),
        max_length=LONGEST_NAME,
        validators=[no_web_address],
        widget=forms.TextInput(attrs={"autocomplete": "name", "spellcheck": "false"}),
        error_messages={
            "required": gettext_lazy("Enter your name."),
            "max_length": gettext_lazy("That is too long. Enter only your name."),
        },
    )
    contract = TypedField(
        label=gettext_lazy("Order number"),
        help_text=gettext_lazy(
            "It stands in the email that confirmed your order. If you do not have it, write what "
            "you bought, and when."
        ),
        max_length=LONGEST_CONTRACT,
        validators=[no_web_address],
        widget=forms.TextInput(attrs={"autocomplete": "off", **NO_HELP}),
        error_messages={
            "required": gettext_lazy(
                "Enter your order number. If you do not have it, write what you bought, and when."
            ),
            "max_length": gettext_lazy("That is too long. The order number alone is enough."),
        },
    )
    parts = Words(
        label=gettext_lazy("Only a part of it?"),
        help_text=gettext_lazy(
            "Then write which things, and how many. Leave this empty to withdraw from all of it."
        ),
        max_length=LONGEST_PARTS,
        required=False,
        rows=3,
        validators=[no_web_address],
    )
    email = TypedField(
        label=gettext_lazy("Your email address"),
        help_text=gettext_lazy("We confirm your withdrawal there at once."),
        max_length=254,
        validators=[
            EmailValidator(
                gettext_lazy("Enter a whole email address, such as ann@example.com."),
            )
        ],
        widget=forms.EmailInput(attrs={"autocomplete": "email", **NO_HELP}),
        error_messages={
            "required": gettext_lazy("Enter the email address where we confirm it."),
            "max_length": gettext_lazy("That is longer than an email address can be."),
        },
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, use_required_attribute=False, **options)

    @cached_property
    def key(self) -> str:
        typed = str(self.data.get("key", "")) if self.is_bound else ""
        plain = re.sub(r"[^A-Za-z0-9_-]", "", typed)[:KEY_LENGTH]
        return plain or secrets.token_urlsafe(16)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """(name, value) of all that was typed, for the page that asks to confirm it."""
        found = [(name, str(value)) for name, value in self.cleaned_data.items()]
        return [*found, ("key", self.key)]

    @property
    def record_key(self) -> str:
        """The same form with the same words: once. Changed in between, it is another one."""
        text = "\0".join(f"{name}={value}" for name, value in self.carried)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def declared(self) -> dict[str, Any]:
        """What is written down (Withdrawal.objects.record)."""
        names = ("name", "contract", "parts", "email")
        return {name: self.cleaned_data[name] for name in names}

    @property
    def chosen(self) -> list[tuple[int, str]]:
        """(units, what) where only a part was chosen on the page of an order."""
        return []


# --- On the page of an order --------------------------------------------------------------------


class Units(forms.Field):
    """How many of one line; named twice in one form it is added up first."""

    widget = AllValues

    def __init__(self, line: OrderLine, most: int) -> None:
        super().__init__(required=False, label=line.full_title)
        self.line, self.most = line, most

    def clean(self, value: list[str]) -> int:
        numbers = [whole_number(text) for text in value or [""]]
        total = sum(number or 0 for number in numbers)
        if None in numbers or total > self.most:
            raise ValidationError(
                gettext("Write a whole number from 0 to {most}.").format(most=self.most)
            )
        return total


@dataclass(frozen=True)
class UnitsRow:
    """One line of the order on the page. typed: what stands in its field."""

    line: OrderLine
    most: int
    field: BoundField
    typed: str

    @property
    def symbol(self) -> str:
        return drawings.of_line(self.line)


class Goods:
    """The lines of a form: how many of each. Mixed into a Form; all of it is filled in."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    is_bound: bool
    data: Any

    def add_lines(self, lines: Sequence[tuple[OrderLine, int]]) -> None:
        self.lines = lines
        for line, most in lines:
            self.fields[f"{PREFIX}{line.pk}"] = Units(line, most)

    @property
    def counts(self) -> dict[int, int]:
        """Line's id → units, once the form is valid."""
        found = {line.pk: self.cleaned_data.get(f"{PREFIX}{line.pk}", 0) for line, _ in self.lines}
        return {pk: count for pk, count in found.items() if count}

    @property
    def is_all(self) -> bool:
        return self.counts == {line.pk: most for line, most in self.lines}

    @property
    def rows(self) -> list[UnitsRow]:
        return [self._row(line, most) for line, most in self.lines]

    def _row(self, line: OrderLine, most: int) -> UnitsRow:
        name = f"{PREFIX}{line.pk}"
        posted = self.data.getlist(name) if isinstance(self.data, MultiValueDict) else []
        typed = posted[0] if self.is_bound and posted else "" if self.is_bound else str(most)
        return UnitsRow(line, most, self[name], typed)  # type: ignore[index]

    def check_some(self) -> None:
        """Raises ValidationError when nothing was chosen."""
        if not any(self.cleaned_data.get(f"{PREFIX}{line.pk}") for line, _ in self.lines):
            raise ValidationError(gettext("Choose at least one thing that you withdraw from."))


class DeclareOnPageForm(Goods, DeclareForm):
    """The order is known: which of its things, instead of its number."""

    def __init__(
        self, order: Order, lines: Sequence[tuple[OrderLine, int]], data: Any = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        del self.fields["contract"], self.fields["parts"]
        self.order = order
        self.add_lines(lines)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.check_some()
        return cleaned

    @property
    def declared(self) -> dict[str, Any]:
        return {
            "name": self.cleaned_data["name"],
            "contract": self.order.number,
            "email": self.cleaned_data["email"],
            "lines": None if self.is_all else self.counts,
            "goods": [{"quantity": count, "what": what} for count, what in self.chosen],
        }

    @property
    def chosen(self) -> list[tuple[int, str]]:
        if self.is_all:
            return []
        return [
            (self.counts[line.pk], line.full_title)
            for line, _ in self.lines
            if line.pk in self.counts
        ]


class ConfirmForm(Goods, forms.Form):
    """On the page of the order: which things free words meant."""

    def __init__(self, lines: Sequence[tuple[OrderLine, int]], data: Any = None) -> None:
        super().__init__(data)
        self.add_lines(lines)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.check_some()
        return cleaned


def problems_of(form: Any, heads: Mapping[str, str]) -> list[tuple[str, str]]:
    """What has to be put right, as (id of the field, words), top to bottom; of lines with the
    name of the thing. heads: id of the first field of each part, for what is said of a part."""
    found = [(heads.get("goods", ""), str(words)) for words in form.non_field_errors()]
    for bound in form:
        about = f"{bound.label}: " if bound.name.startswith(PREFIX) else ""
        found += [(bound.id_for_label, f"{about}{words}") for words in bound.errors]
    return found
