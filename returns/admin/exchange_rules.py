"""What may be sent instead, to whom at once, and what buyers pay who do not want a parcel."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from returns import variant_table
from returns.models import RecallRule, Store, TrustRule, Variant

LARGEST = 5 * 1024 * 1024  # bytes
PROBLEMS_SHOWN = 50


class ImportForm(forms.Form):
    """`rows`: what was read, once it is valid."""

    store = forms.ModelChoiceField(Store.objects.all())
    table = forms.FileField(
        label="Table",
        help_text="CSV in UTF-8, with the columns product, sku, title and, where you like, price "
        "and available (yes or no). A SKU that is known is written anew; nothing is deleted.",
    )
    rows: list[variant_table.Row]

    def clean_table(self) -> Any:
        upload = self.cleaned_data["table"]
        if upload.size > LARGEST:
            raise forms.ValidationError("The file is larger than 5 MB.")
        try:
            text = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError("Save it as CSV in UTF-8, please.") from None
        self.rows, problems = variant_table.read(text)
        if not (self.rows or problems):
            problems = ["There is no row in it."]
        if problems:
            raise forms.ValidationError([*problems[:PROBLEMS_SHOWN]])
        return upload

    def save(self) -> int:
        store = self.cleaned_data["store"]
        with transaction.atomic():
            for row in self.rows:
                Variant.objects.update_or_create(
                    store=store,
                    sku=row.sku,
                    defaults={
                        "product": row.product,
                        "title": row.title,
                        "price": row.price,
                        "available": row.available,
                        "source": "table",
                    },
                )
        return len(self.rows)


@admin.register(Variant)
class VariantAdmin(admin.ModelAdmin):
    list_display = ["title", "sku", "product", "price", "available", "store", "told_by"]
    list_editable = ["available"]
    list_filter = ["available", "store"]
    list_select_related = ["store"]
    search_fields = ["sku", "title", "product"]
    actions = ["offer", "take_off"]
    change_list_template = "admin/returns/variant/change_list.html"

    class Media:
        css = {"all": ["css/desk.css"]}

    @admin.display(description="told by", ordering="source")
    def told_by(self, variant: Variant) -> str:
        return variant.source or "staff"

    @admin.action(description="May be sent", permissions=["change"])
    def offer(self, request: HttpRequest, queryset: Any) -> None:
        self.message_user(request, f"{queryset.update(available=True)} may be sent.")

    @admin.action(description="Sold out, or not to be chosen", permissions=["change"])
    def take_off(self, request: HttpRequest, queryset: Any) -> None:
        self.message_user(request, f"{queryset.update(available=False)} cannot be chosen now.")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.take_in)
        return [path("import/", view, name="returns_variant_import"), *super().get_urls()]

    def take_in(self, request: HttpRequest) -> HttpResponse:
        """A table at once, all of it or nothing."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise Http404
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            count = form.save()
            self.message_user(request, f"{count} kinds are written.", messages.SUCCESS)
            return redirect("admin:returns_variant_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": "Take in a table of kinds",
        }
        return TemplateResponse(request, "admin/returns/variant/import.html", context)


@admin.register(TrustRule)
class TrustRuleAdmin(admin.ModelAdmin):
    list_display = ["store", "sends_ahead", "orders", "days", "returns_percent", "claims"]
    list_select_related = ["store"]


@admin.register(RecallRule)
class RecallRuleAdmin(admin.ModelAdmin):
    list_display = ["store", "payer", "fee", "returns_postage", "offer_percent", "offers_exchange"]
    list_select_related = ["store"]
