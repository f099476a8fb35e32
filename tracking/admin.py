"""Accounts and parcels on the desk."""

from django.contrib import admin
from django.http import HttpRequest

from tracking.models import Account, Parcel, Scan


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):
    list_display = ["name", "country", "zone", "opens", "closes"]


class ScanInline(admin.TabularInline):
    model = Scan
    extra = 0
    can_delete = False
    fields = ["at", "milestone", "place", "words", "code"]

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Parcel)
class ParcelAdmin(admin.ModelAdmin):
    list_display = ["number", "carrier", "milestone", "milestone_at", "checked_at"]
    list_filter = ["milestone", "carrier"]
    search_fields = ["number"]
    inlines = [ScanInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
