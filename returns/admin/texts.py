"""The texts of a store: which are our standard and which its own words; writing, looking
at and taking back such words."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from returns import own_words
from returns.admin.text_page import KINDS, TextPage, changes, forms_of
from returns.models import Notice, Store, StoreText
from returns.models.notice import Channel

FOLDER = "admin/returns/storetext"


class TextForm(forms.Form):
    """seen: the number of the version that was on the screen, 0 for the standard."""

    subject = forms.CharField(
        required=False,
        max_length=own_words.LONGEST_SUBJECT,
        help_text="Empty: the subject of the standard letter.",
    )
    body = forms.CharField(
        label="Text",
        max_length=own_words.LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="A blank line begins a new paragraph. In braces: what is filled in.",
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, page: TextPage, data: QueryDict | None) -> None:
        self.page = page
        text = page.current
        initial = {
            "subject": text.subject if text else "",
            "body": text.body if text else page.standard,
            "seen": text.number if text else 0,
        }
        super().__init__(data, initial=initial, label_suffix="")
        if not page.has_subject:
            del self.fields["subject"]

    def clean_body(self) -> str:
        return self.cleaned_data["body"].replace("\r\n", "\n").strip()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        problems = self.page.problems(data.get("subject", ""), data.get("body", ""))
        if "body" in data and problems:
            self.add_error("body", problems)
        now = self.page.current.number if self.page.current else 0
        if data.get("seen", now) != now:
            # The next press knows what it writes over.
            self.data = {name: self.data[name] for name in self.data} | {"seen": str(now)}
            raise forms.ValidationError(
                "Somebody else has changed this text in the meantime. Please look at the "
                "difference below, then save once more."
            )
        return data


@admin.register(StoreText)
class StoreTextAdmin(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Every version that was ever used can be read again."""
        return False

    def get_urls(self) -> list[URLPattern]:
        one = "<int:store>/<str:kind>/<slug:language>/<slug:form>/"
        own = [
            self._url("<int:store>/", self.store, "store"),
            self._url(one, self.text, "text"),
            self._url(f"{one}standard/", require_POST(self.standard), "standard"),
        ]
        return own + super().get_urls()

    def _url(self, where: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        guarded = self.admin_site.admin_view(view)
        return path(where, guarded, name=f"returns_storetext_{name}")

    # --- pages ------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The stores; where there is one alone, its texts at once."""
        self._let_in(request)
        stores = list(Store.objects.order_by("name"))
        if len(stores) == 1:
            return redirect("admin:returns_storetext_store", stores[0].pk)
        return self._page(request, "stores", title="Texts", stores=stores)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One version has no page of its own: it stands among the others of its text."""
        self._let_in(request)
        text = get_object_or_404(StoreText.objects.select_related("store"), pk=object_id)
        return redirect(address(TextPage(text.store, text.kind, text.language, text.form)))

    def store(self, request: HttpRequest, store: int) -> HttpResponse:
        self._let_in(request)
        shop = get_object_or_404(Store, pk=store)
        found = StoreText.objects.filter(store=shop, is_current=True).select_related("made_by")
        own = {(text.kind, text.language, text.form): text for text in found}
        tables = [(form, _rows(shop, form.value, own)) for form in Channel]
        return self._page(
            request,
            "store",
            title=f"Texts of {shop.name}",
            store=shop,
            tables=tables,
            languages=[label for _code, label in settings.LANGUAGES],
            locked=[(KINDS[kind], why) for kind, why in own_words.WHY_LOCKED.items()],
        )

    def text(self, request: HttpRequest, **where: Any) -> HttpResponse:
        self._let_in(request)
        page = page_at(**where)
        form = TextForm(page, request.POST if request.method == "POST" else None)
        if form.is_bound and not self.has_change_permission(request):
            raise PermissionDenied
        if form.is_bound and form.is_valid() and "save" in request.POST:
            return self._save(request, page, form)
        return self._shown(request, page, form)

    def standard(self, request: HttpRequest, **where: Any) -> HttpResponse:
        """Back to the standard."""
        page = page_at(**where)
        if not self.has_change_permission(request):
            raise PermissionDenied
        text = page.current
        if text and StoreText.objects.back_to_standard(
            page.store, page.kind, page.language, page.form
        ):
            _log(request, text, "Back to the standard.")
            self.message_user(request, "The standard text is used again.", messages.SUCCESS)
        return redirect(address(page))

    # --- how they are put together ------------------------------------------------------------

    def _save(self, request: HttpRequest, page: TextPage, form: TextForm) -> HttpResponse:
        subject, body = form.cleaned_data.get("subject", ""), form.cleaned_data["body"]
        text = page.current
        if text and (text.subject, text.body) == (subject, body):
            self.message_user(request, "Nothing was changed.")
            return redirect(address(page))
        where = (page.store, page.kind, page.language, page.form)
        made = StoreText.objects.write(*where, subject=subject, body=body, by=request.user)
        _log(request, made, f"Own words, version {made.number}.")
        self.message_user(
            request, f"Saved as version {made.number}. It is used from now on.", messages.SUCCESS
        )
        return redirect(address(page))

    def _shown(self, request: HttpRequest, page: TextPage, form: TextForm) -> HttpResponse:
        notices = list(page.notices()) if request.user.has_perm("returns.view_notice") else []
        asked = request.POST.get("notice") or request.GET.get("notice")
        notice = next((row for row in notices if str(row.pk) == asked), None)
        subject, body = str(_value(form, "subject")), str(_value(form, "body"))
        current, before = page.current, page.before
        return self._page(
            request,
            "text",
            title=f"{page.label}: {page.form_label}, {_language(page.language)}",
            page=page,
            store=page.store,
            form=form,
            notices=notices,
            notice=notice,
            preview=_preview(page, form, subject, body, notice),
            from_standard=changes(page.standard, body),
            from_before=changes(before.body, current.body) if before and current else [],
            may_change=self.has_change_permission(request),
        )

    def _page(self, request: HttpRequest, name: str, **context: Any) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"{FOLDER}/{name}.html", shared | context)

    def _let_in(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def page_at(store: int, kind: str, language: str, form: str) -> TextPage:
    """Raises Http404 where no such text can be, and for locked ones."""
    known = kind in KINDS and kind not in own_words.LOCKED and form in forms_of(kind)
    if not known or language not in dict(settings.LANGUAGES):
        raise Http404
    return TextPage(get_object_or_404(Store, pk=store), kind, language, form)


def address(page: TextPage, name: str = "text") -> str:
    args = [page.store.pk, page.kind, page.language, page.form]
    return reverse(f"admin:returns_storetext_{name}", args=args)


def _rows(
    store: Store, form: str, own: dict[tuple[str, str, str], StoreText]
) -> list[tuple[str, Sequence[tuple[str, str, StoreText | None]]]]:
    """(kind, per language: its address, its name, own words or None)."""
    kinds = [kind for kind in KINDS if form in forms_of(kind) and kind not in own_words.LOCKED]
    return [
        (
            KINDS[kind],
            [
                (address(TextPage(store, kind, code, form)), label, own.get((kind, code, form)))
                for code, label in settings.LANGUAGES
            ],
        )
        for kind in kinds
    ]


def _value(form: TextForm, name: str) -> Any:
    return form[name].value() or "" if name in form.fields else ""


def _preview(page: TextPage, form: TextForm, subject: str, body: str, notice: Notice | None) -> Any:
    """None while it cannot be read as a text."""
    if form.is_bound and form.errors.get("body"):
        return None
    return page.preview(subject, body, notice)


def _language(code: str) -> str:
    return dict(settings.LANGUAGES)[code]


def _log(request: HttpRequest, text: StoreText, words: str) -> None:
    LogEntry.objects.log_actions(
        cast(User, request.user).pk,
        StoreText.objects.filter(pk=text.pk),
        CHANGE,
        change_message=words,
    )
