"""Lanes: what was learned of each, and what we know better."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from tracking import carriers
from tracking.admin.base import CountryField, Narrowed
from tracking.admin.holiday import expect_anew
from tracking.carriers import CARRIERS
from tracking.models import Lane


def carrier_choices(nothing: str) -> list[tuple[str, str]]:
    """Every carrier by its name, after `nothing` for none."""
    named = sorted(CARRIERS.values(), key=lambda carrier: carrier.name.casefold())
    return [("", nothing), *((carrier.code, carrier.name) for carrier in named)]


class LaneForm(forms.ModelForm):
    origin = CountryField(help_text="Country that it leaves, ISO code: CN.")
    destination = CountryField(help_text="Country that it goes to: DE.")
    carrier = forms.ChoiceField(required=False)

    class Meta:
        model = Lane
        fields = [
            "account",
            "origin",
            "destination",
            "carrier",
            "days_from",
            "days_to",
            "silent_hours",
            "stalled_hours",
            "answer_days",
            "signature_service",
            "appointment_service",
        ]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields.get("carrier")
        if isinstance(field, forms.ChoiceField):
            choices = carrier_choices("Every carrier")
            # A lane may have been learned of a carrier that is in no table of ours.
            if (own := self.instance.carrier) not in dict(choices):
                choices.append((own, own))
            field.choices = choices


class LearnedFilter(admin.SimpleListFilter):
    title = "what it knows"
    parameter_name = "learned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Learned from parcels"), ("no", "Only what was typed in")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lane]) -> QuerySet[Lane]:
        match self.value():
            case "yes":
                return queryset.filter(learned_at__isnull=False)
            case "no":
                return queryset.filter(learned_at=None)
        return queryset


@admin.register(Lane)
class LaneAdmin(Narrowed):
    form = LaneForm
    list_display = ["lane", "account", "configured", "learned", "services"]
    list_filter = ["account", LearnedFilter, "origin", "destination"]
    list_select_related = ["account"]
    search_fields = ["origin", "destination", "carrier"]
    fieldsets = [
        (None, {"fields": ["account", "origin", "destination", "carrier"]}),
        (
            "Usual days",
            {
                "fields": ["days_from", "days_to", "learned"],
                "description": "Calendar days from the first scan to the door. What is typed in "
                "counts; else what was learned; else a rule of thumb.",
            },
        ),
        ("Patience", {"fields": ["silent_hours", "stalled_hours", "answer_days"]}),
        (
            "Large or valuable parcels",
            {"fields": ["signature_service", "appointment_service"]},
        ),
    ]
    readonly_fields = ["learned"]

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    @admin.display(description="lane", ordering="origin")
    def lane(self, obj: Lane) -> str:
        whose = carriers.called(obj.carrier) or "every carrier"
        return format_html("{} → {}, {}", obj.origin, obj.destination, whose)

    @admin.display(description="days typed in")
    def configured(self, obj: Lane) -> str:
        return f"{obj.days_from} to {obj.days_to}" if obj.days_from else ""

    @admin.display(description="learned")
    def learned(self, obj: Lane) -> str:
        if obj.learned_at is None:
            return "Nothing yet: too few parcels have arrived."
        return (
            f"Half of {obj.learned_from} parcels within {obj.median_days} days, "
            f"90 of 100 within {obj.late_days}; reckoned {obj.learned_at:%Y-%m-%d}."
        )

    @admin.display(description="to book")
    def services(self, obj: Lane) -> str:
        return ", ".join(filter(None, (obj.signature_service, obj.appointment_service)))

    def save_model(self, request: HttpRequest, obj: Lane, form: Any, change: bool) -> None:
        before = form.initial.get("account") if change else None
        super().save_model(request, obj, form, change)
        expect_anew({obj.account_id, before})

    def delete_model(self, request: HttpRequest, obj: Lane) -> None:
        super().delete_model(request, obj)
        expect_anew({obj.account_id})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Lane]) -> None:
        accounts = set(queryset.values_list("account", flat=True))
        super().delete_queryset(request, queryset)
        expect_anew(accounts)
