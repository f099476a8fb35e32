"""What the desk's pages about parcels share."""

from functools import cache
from typing import Any

from babel.core import get_global
from django import forms
from django.contrib import admin
from django.http import HttpRequest


class ReadOnly:
    """Rows that verbs write and nobody edits: shown whole, changed by no form."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Narrowed(admin.ModelAdmin):
    """A list that is narrowed by what its filters offer, and by nothing else: the admin
    would take any field, and whoever may look at the list could guess, sign by sign, what
    no page shows (?key__startswith=a). narrowed_by: more fields that addresses may name."""

    narrowed_by: frozenset[str] = frozenset()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        offered = {_name_of(item) for item in self.get_list_filter(request)}
        named = lookup.partition("__")[0]
        return named in offered | self.narrowed_by and super().lookup_allowed(
            lookup, value, request
        )


def _name_of(item: Any) -> str | None:
    """What stands in an address for one row of `list_filter`."""
    if isinstance(item, type) and issubclass(item, admin.SimpleListFilter):
        return item.parameter_name
    return item if isinstance(item, str) else item[0]


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
