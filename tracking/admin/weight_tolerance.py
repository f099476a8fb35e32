"""How far two scales may disagree, by carrier."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tracking import carriers
from tracking.admin.base import Narrowed
from tracking.admin.lane import carrier_choices
from tracking.models import WeightTolerance


class WeightToleranceForm(forms.ModelForm):
    carrier = forms.ChoiceField(required=False)

    class Meta:
        model = WeightTolerance
        fields = ["account", "carrier", "grams", "percent"]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields.get("carrier")
        if isinstance(field, forms.ChoiceField):
            field.choices = carrier_choices("Every carrier")


@admin.register(WeightTolerance)
class WeightToleranceAdmin(Narrowed):
    form = WeightToleranceForm
    list_display = ["carrier_named", "account", "grams", "percent"]
    list_filter = ["account"]
    list_select_related = ["account"]

    class Media:
        css = {"all": ["css/desk.css"]}

    @admin.display(description="carrier", ordering="carrier")
    def carrier_named(self, obj: WeightTolerance) -> str:
        return carriers.called(obj.carrier) or "every carrier"

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[WeightTolerance]) -> None:
        """One by one: each has its parcels judged anew."""
        for row in queryset.select_related("account"):
            row.delete()
