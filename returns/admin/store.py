"""Stores with their rules, keys and carriers."""

import secrets
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from returns import links
from returns.models import CarrierAdvice, ClaimPolicy, LinkKey, ReasonPolicy, ReturnPolicy, Store


class LinkKeyForm(forms.ModelForm):
    class Meta:
        model = LinkKey
        fields = ["key_id", "secret", "revoked_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.fields["secret"].initial = secrets.token_urlsafe(32)

    def clean_secret(self) -> str:
        secret = self.cleaned_data["secret"]
        if len(secret) < 20:
            raise forms.ValidationError("Use at least 20 characters; a proposal was filled in.")
        if secret == links.PUBLIC_KEY:
            raise forms.ValidationError("This key is printed in the README; use one of your own.")
        return secret


class LinkKeyInline(admin.TabularInline):
    model = LinkKey
    form = LinkKeyForm
    extra = 0


class PolicyInline(admin.StackedInline):
    model = ReturnPolicy
    extra = 0


class CarrierAdviceInline(admin.TabularInline):
    model = CarrierAdvice
    extra = 0


LARGE_OR_VALUABLE = ["sign_from", "appoint_from_grams", "appoint_from_cm"]
MESSAGES_AND_PROMISES = [
    "answer_hours",
    "update_days",
    "dispatch_days",
    "not_here_hours",
    "carrier_days",
    "hold_minutes",
    "gather_minutes",
    "quiet_from",
    "quiet_until",
    "tells_posted",
    "case_owner",
]


WITHDRAWAL = [
    "withdrawal",
    "withdrawal_days",
    "tells_of_withdrawal",
    "standard_postage",
    "no_withdrawal_skus",
    "withdrawals_kept_months",
]


@admin.register(Store)
class StoreAdmin(admin.ModelAdmin):
    list_display = ["name", "slug", "language", "currency", "is_active"]
    inlines = [PolicyInline, CarrierAdviceInline, LinkKeyInline]
    list_select_related = ["account"]

    def get_fieldsets(self, request: HttpRequest, obj: Store | None = None) -> Any:
        apart = {*LARGE_OR_VALUABLE, *MESSAGES_AND_PROMISES, *WITHDRAWAL}
        usual = [name for name in self.get_fields(request, obj) if name not in apart]
        about_parcels = {
            "fields": LARGE_OR_VALUABLE,
            "description": "Parcels are marked from the next one on. What to book for it at a "
            "carrier stands in the lanes of the store’s account.",
        }
        return [
            (None, {"fields": usual}),
            ("Messages and promises", {"fields": MESSAGES_AND_PROMISES}),
            ("Large or valuable parcels", about_parcels),
            ("Withdrawal from the contract (EU)", {"fields": WITHDRAWAL}),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A store with orders is switched off, not deleted."""
        return super().has_delete_permission(request, obj) and not (obj and obj.orders.exists())


class ReasonPolicyInline(admin.TabularInline):
    model = ReasonPolicy
    extra = 0


class ClaimPolicyInline(admin.StackedInline):
    model = ClaimPolicy
    extra = 0


@admin.register(ReturnPolicy)
class ReturnPolicyAdmin(admin.ModelAdmin):
    list_display = ["store", "window_days", "post_days", "automatic_up_to", "keep_below"]
    list_select_related = ["store"]
    inlines = [ReasonPolicyInline, ClaimPolicyInline]
