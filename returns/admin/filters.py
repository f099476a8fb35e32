"""Filters that several lists of the desk share."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from returns.models import Store


class StoreFilter(admin.SimpleListFilter):
    """Of rows that belong to an order. Named in the address by its slug, so that no field of
    an order can be asked for."""

    title = "store"
    parameter_name = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Store.objects.values_list("slug", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(order__store__slug=self.value()) if self.value() else queryset
