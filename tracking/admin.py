"""Accounts, parcels, and what providers tell of them, on the desk."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from tracking.models import Account, Connection, Parcel, Push, Scan
from tracking.models.push import PushQuerySet

# As much of a body as a page shows.
SHOWN = 200_000


class ReadOnly:
    """Rows that verbs write and nobody edits: shown whole, changed by no form."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ConnectionForm(forms.ModelForm):
    """The key goes in and never comes out: left empty, the old one stays."""

    key = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="The provider’s API key. It is never shown again; empty keeps the old one.",
    )

    class Meta:
        model = Connection
        fields = ["account", "provider", "key", "is_active"]

    def clean_key(self) -> str:
        key = self.cleaned_data["key"] or self.instance.key
        if not key:
            raise forms.ValidationError("The provider shows it in its settings.")
        return key


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "country", "zone", "opens", "closes"]


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin):
    form = ConnectionForm
    list_display = ["account", "provider", "is_active", "forged_count", "last_forged_at"]
    list_filter = ["provider", "is_active"]
    list_select_related = ["account"]
    fields = [
        "account",
        "provider",
        "key",
        "is_active",
        "address",
        "created_at",
        "forged_count",
        "last_forged_at",
    ]
    readonly_fields = ["address", "created_at", "forged_count", "last_forged_at"]

    def get_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """Who may only look does not see the key: the admin would print it in clear."""
        fields = super().get_fields(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fields
        return [name for name in fields if name != "key"]

    @admin.display(description="Address for its pushes")
    def address(self, obj: Connection) -> str:
        if obj._state.adding:
            return "Shown once it is saved."
        return settings.BASE_URL + reverse("tracking:push", args=[obj.provider, obj.account.slug])


@admin.register(Push)
class PushAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["received_at", "account", "provider", "state", "outcome", "scans_new"]
    list_filter = ["state", "provider", "account"]
    list_select_related = ["account"]
    search_fields = ["outcome", "delivery"]
    actions = ["process_again"]
    fields = [
        "received_at",
        "account",
        "provider",
        "state",
        "outcome",
        "parcels",
        "scans_told",
        "scans_new",
        "last_error",
        "attempts",
        "due_at",
        "done_at",
        "delivery",
        "words",
    ]
    readonly_fields = ["words"]

    def get_queryset(self, request: HttpRequest) -> PushQuerySet:
        # A list of bodies of megabytes each would fill the memory.
        return Push.objects.defer("body")

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracking.change_push")

    @admin.action(description="Process again", permissions=["again"])
    def process_again(self, request: HttpRequest, queryset: PushQuerySet) -> None:
        self.message_user(request, f"{queryset.again()} will be processed again.")

    @admin.display(description="As it came")
    def words(self, obj: Push) -> str:
        text = bytes(obj.body).decode("utf-8", "backslashreplace")
        try:
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        except (ValueError, RecursionError):
            pass
        return format_html("<pre>{}</pre>", text[:SHOWN])


class ScanInline(ReadOnly, admin.TabularInline):
    model = Scan
    extra = 0
    can_delete = False
    fields = ["at", "milestone", "place", "words", "code"]


@admin.register(Parcel)
class ParcelAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "carrier", "milestone", "milestone_at", "checked_at"]
    list_filter = ["milestone", "carrier"]
    search_fields = ["number"]
    inlines = [ScanInline]
