"""What the desk's pages about parcels share."""

from functools import cache
from typing import Any

from babel.core import get_global
from django import forms
from django.http import HttpRequest


class ReadOnly:
    """Rows that verbs write and nobody edits: shown whole, changed by no form."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@cache
def countries() -> frozenset[str]:
    """ISO 3166 alpha-2."""
    return frozenset(code for code in get_global("zone_territories").values() if len(code) == 2)


class CountryField(forms.CharField):
    """The code of a country that exists, typed in capitals or not."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**({"max_length": 2} | more))

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").upper()

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and value not in countries():
            raise forms.ValidationError("Write the country’s ISO code, two letters: CN, DE, GB.")
