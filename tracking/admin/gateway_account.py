"""Accounts at gateways that turn parcels: what is entered, and whether it can work.

Keys go in and never come out: no page shows one again, no list can be asked about them,
and none is ever sent to a new address unless somebody who has it types it in once more.
"""

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from tracking import carriers, gateways
from tracking.admin.base import Narrowed
from tracking.admin.connection import check_address
from tracking.models import GatewayAccount

LONGEST = 20_000  # characters of the keys, with the mapping that Kdniao needs
REPORTS_SHOWN = 10


class NeverShown(forms.Textarea):
    """What was typed into it stands on no page, not even beside an error."""

    def format_value(self, value: Any) -> None:
        return None


def wanted() -> str:
    """`Kuaidi100: key, secret; may have salt. UPS: …`, for whoever types keys in."""
    told = []
    for slug, label in gateways.choices():
        adapter = gateways.load(slug)
        parts = [", ".join(adapter.KEYS)] if adapter.KEYS else []
        parts += [f"may have {', '.join(adapter.OPTIONS)}"] if adapter.OPTIONS else []
        told.append(f"{label}: {'; '.join(parts) or 'none'}.")
    return " ".join(told)


class GatewayAccountForm(forms.ModelForm):
    """A key that is not named stays as it is; one that is null or "" is taken away."""

    keys = forms.CharField(
        required=False,
        max_length=LONGEST,
        widget=NeverShown(
            attrs={
                "rows": 6,
                "autocomplete": "off",
                "spellcheck": "false",
                "class": "vLargeTextField",
            }
        ),
    )
    position = forms.IntegerField(
        min_value=0,
        max_value=99,
        required=False,
        initial=0,
        help_text="Order of preference: of those that can ask a carrier, the lowest is used.",
    )

    class Meta:
        model = GatewayAccount
        fields = [
            "account",
            "gateway",
            "position",
            "carriers",
            "keys",
            "base",
            "requester_name",
            "requester_phone",
            "is_active",
        ]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # Then only what was typed counts as changed, and nothing can be printed by mistake.
        self.initial["keys"] = ""
        if "keys" in self.fields:
            self.fields["keys"].help_text = (
                'As JSON: {"key": "…"}. They are never shown again; what you do not name stays, '
                f"null takes one away. {wanted()}"
            )

    def clean_keys(self) -> dict[str, Any]:
        text = self.cleaned_data["keys"].strip()
        typed: Any = {}
        if text:
            try:
                typed = json.loads(text)
            except (ValueError, RecursionError):
                raise forms.ValidationError('This is no JSON: {"key": "…"}.') from None
        if not isinstance(typed, dict):
            raise forms.ValidationError('Names and what they are: {"key": "…"}.')
        self.typed = typed
        known = self.instance.keys | typed
        return {name: value for name, value in known.items() if value not in (None, "")}

    def clean_position(self) -> int:
        position = self.cleaned_data["position"]
        return self.instance.position if position is None else position

    def clean_base(self) -> str:
        base = self.cleaned_data["base"]
        if base:
            check_address(base)
        return base

    def clean_carriers(self) -> str:
        codes = self.cleaned_data["carriers"].split()
        if unknown := [code for code in codes if code not in carriers.CARRIERS]:
            raise forms.ValidationError(f"No carrier of ours: {', '.join(unknown)}.")
        return " ".join(codes)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        gateway = data.get("gateway") or self.instance.gateway
        if gateway and "keys" in data:
            adapter = gateways.load(gateway)
            strange = set(data["keys"]) - {*adapter.KEYS, *adapter.OPTIONS}
            if strange:
                label = gateways.label_of(gateway)
                self.add_error("keys", f"{label} has no such thing: {', '.join(sorted(strange))}.")
        if self.instance.pk and "base" in self.changed_data and "keys" in data:
            self._type_anew()
        return data

    def _type_anew(self) -> None:
        if left := sorted(set(self.instance.keys) - set(self.typed)):
            words = f"They go to another address now: type them in once more ({', '.join(left)})."
            self.add_error("keys", words)


@admin.register(GatewayAccount)
class GatewayAccountAdmin(Narrowed):
    form = GatewayAccountForm
    list_display = ["account", "gateway", "carriers", "position", "is_active", "state", "forged"]
    list_display_links = ["account", "gateway"]
    list_filter = ["gateway", "is_active"]
    narrowed_by = frozenset({"account"})
    list_select_related = ["account"]
    change_form_template = "admin/tracking/interception/gateway.html"
    readonly_fields = ["keys_known", "address", "created_at", "forged_count", "last_forged_at"]

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: GatewayAccount | None = None) -> Any:
        """Who may only look sees neither the keys nor the address, which is a key as well."""
        how = ["requester_name", "requester_phone", "is_active"]
        first = ["account", "gateway", "position", "carriers"]
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": [*first, *how]})]
        known = ["keys_known"] if obj else []
        found: list[Any] = [
            (None, {"fields": first}),
            ("How it is asked", {"fields": [*known, "keys", "base", *how]}),
        ]
        told = [name for name in self.readonly_fields if name != "keys_known"]
        return [*found, ("What it tells us", {"fields": told})] if obj else found

    def get_readonly_fields(self, request: HttpRequest, obj: GatewayAccount | None = None) -> Any:
        """Requests were made with this account at this gateway: it stays theirs."""
        fields = list(self.readonly_fields)
        return [*fields, "account", "gateway"] if obj else fields

    @admin.display(description="Keys that are entered")
    def keys_known(self, row: GatewayAccount) -> str:
        return ", ".join(sorted(row.keys)) or "none"

    @admin.display(description="Address for its calls")
    def address(self, row: GatewayAccount) -> str:
        return format_html("<code>{}</code>", row.callback)

    @admin.display(description="state")
    def state(self, row: GatewayAccount) -> str:
        if not row.is_active:
            return "Switched off"
        return "Cannot ask" if row.adapter.problems(row.access) else "Ready"

    @admin.display(description="forged calls", ordering="forged_count")
    def forged(self, row: GatewayAccount) -> int:
        return row.forged_count

    def save_model(
        self, request: HttpRequest, obj: GatewayAccount, form: Any, change: bool
    ) -> None:
        changed = set(form.changed_data)
        if not change:
            obj.save()
        elif changed:
            # Forged calls are counted in this row meanwhile.
            obj.save(update_fields=changed)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if row is not None and self.has_view_permission(request, row):
            context = {
                "problems": row.adapter.problems(row.access),
                "is_switched_off": not row.is_active,
                "reports": row.reports.defer("body")[:REPORTS_SHOWN],
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))
