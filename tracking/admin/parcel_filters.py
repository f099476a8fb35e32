"""What the list of parcels can be narrowed to."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from tracking import queues
from tracking.admin.lane import carrier_choices
from tracking.carriers import CARRIERS
from tracking.incidents import IncidentKind
from tracking.models import Parcel

Parcels = QuerySet[Parcel]
ANY, UNKNOWN, OTHER = "any", "unknown", "other"


class TroubleFilter(admin.SimpleListFilter):
    title = "what is wrong"
    parameter_name = "wrong"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = [(name, trouble.label) for name, trouble in queues.TROUBLES.items()]
        return [(ANY, "Anything"), *named]

    def queryset(self, request: HttpRequest, queryset: Parcels) -> Parcels:
        name = self.value() or ""
        if name == ANY:
            return queues.in_trouble(queryset)
        trouble = queues.TROUBLES.get(name)
        return queues.in_trouble(queryset, trouble.kinds) if trouble else queryset


class IncidentFilter(admin.SimpleListFilter):
    title = "open incident"
    parameter_name = "incident"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(kind), label) for kind, label in IncidentKind.choices]

    def queryset(self, request: HttpRequest, queryset: Parcels) -> Parcels:
        kind = self.value()
        return queues.in_trouble(queryset, {kind}) if kind in IncidentKind.values else queryset


class CarrierFilter(admin.SimpleListFilter):
    """By the table of carriers: to look through all parcels for their names takes long."""

    title = "carrier"
    parameter_name = "carrier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        known = [(code, name) for code, name in carrier_choices("") if code]
        return [*known, (OTHER, "In no table of ours"), (UNKNOWN, "Not known")]

    def queryset(self, request: HttpRequest, queryset: Parcels) -> Parcels:
        match self.value():
            case None:
                return queryset
            case "unknown":
                return queryset.filter(carrier="")
            case "other":
                return queryset.exclude(carrier__in=["", *CARRIERS])
            case code:
                return queryset.filter(carrier=code)


class FollowFilter(admin.SimpleListFilter):
    title = "who follows it"
    parameter_name = "follow"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("refused", "No provider: each refuses it")]

    def queryset(self, request: HttpRequest, queryset: Parcels) -> Parcels:
        if self.value() == "refused":
            return queryset.filter(pk__in=queues.unfollowed().values("parcel"))
        return queryset
