"""Every address of the site. `returns/addresses.py` builds them; nothing else does."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path, register_converter
from django.views.generic import RedirectView

from portal.views import (
    address,
    brand,
    errors,
    find,
    health,
    messages,
    order,
    papers,
    parcel_back,
    photos,
    return_page,
    returns,
)


class RefConverter:
    regex = "[A-Za-z0-9_~-]{1,200}"

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


class NumberConverter(RefConverter):
    regex = "HW-[0-9A-Z]{4}-[0-9A-Z]{4}"


class AimConverter(RefConverter):
    regex = "return|hold|reschedule|again"  # that a buyer may ask for; an address has its own


class TokenConverter(RefConverter):
    regex = ".+"  # cut off, too long, with a full stop behind it: answered with kind words


register_converter(RefConverter, "ref")
register_converter(NumberConverter, "number")
register_converter(AimConverter, "aim")
register_converter(TokenConverter, "token")

returns_pages = [
    path("return/", returns.items, name="return_items"),
    path("return/why/<int:line>/", returns.reason, name="return_reason"),
    path("return/wish/", returns.wish, name="return_wish"),
    path("return/check/", returns.check, name="return_check"),
    path("returns/<number:number>/", return_page.show, name="return"),
    path("returns/<number:number>/cancel/", return_page.cancel, name="return_cancel"),
    path("returns/<number:number>/answer/", return_page.answer, name="return_answer"),
    path("returns/<number:number>/appeal/", return_page.appeal, name="return_appeal"),
    path("returns/<number:number>/number/", parcel_back.number, name="return_number"),
    path("returns/<number:number>/posted/", parcel_back.without_number, name="return_posted"),
    path("returns/<number:number>/guide.pdf", parcel_back.guide, name="return_guide"),
    path("returns/<number:number>/label/", parcel_back.label, name="return_label"),
    path("returns/<number:number>/invoice.pdf", papers.invoice, name="return_invoice"),
    path("returns/<number:number>/photos/", photos.page, name="photos"),
    path("returns/<number:number>/photos/<uuid:key>/", photos.picture, name="photo"),
    path("returns/<number:number>/photos/<uuid:key>/small/", photos.thumbnail, name="photo_small"),
    path("returns/<number:number>/photos/<uuid:key>/remove/", photos.remove, name="photo_remove"),
]

papers_pages = [
    path("papers/", papers.page, name="papers"),
    path("papers/value.pdf", papers.value, name="value_proof"),
    path("papers/<uuid:key>/", papers.paper, name="paper"),
    path("papers/<uuid:key>/remove/", papers.remove, name="paper_remove"),
]

messages_pages = [
    path("messages/", messages.page, name="messages"),
    path("messages/ways/", messages.ways, name="ways"),
    path("messages/<uuid:key>/", messages.picture, name="message_photo"),
    path("messages/<uuid:key>/small/", messages.thumbnail, name="message_photo_small"),
]

address_pages = [
    path("address/", address.page, name="address"),
    path("address/change/", address.change, name="address_change"),
    path("address/change/<int:shipment>/", address.change, name="address_change"),
    path("address/changes/<int:pk>/", address.status, name="address_status"),
    path("address/changes/<int:pk>/withdraw/", address.withdraw, name="address_withdraw"),
    path("address/confirm/", address.confirm, name="address_confirm"),
    path("address/<aim:aim>/<int:shipment>/", address.turn, name="address_turn"),
]

order_pages = [
    path("", order.show, name="order"),
    path("story/", order.story, name="story"),
    path("code/", find.step_up, name="step_up"),
    *returns_pages,
    *papers_pages,
    *messages_pages,
    *address_pages,
]

pages: tuple[list[URLPattern | URLResolver], str] = (
    [
        path("", find.welcome, name="welcome"),
        path("healthz", health.healthz, name="health"),
        path("healthz/jobs", health.jobs, name="health_jobs"),
        path("k/<token:code>", find.short_link, name="short_link"),
        path("s/<slug:store>/", find.store, name="store"),
        path("s/<slug:store>/brand.css", brand.brand, name="brand"),
        path("s/<slug:store>/find/", find.find, name="find"),
        path("s/<slug:store>/find/code/", find.code, name="code"),
        path("s/<slug:store>/l/<token:token>", find.link, name="link"),
        path("s/<slug:store>/o/<ref:ref>/", include(order_pages)),
    ],
    "portal",
)

urlpatterns = [
    path("", include(pages)),
    path("favicon.ico", brand.favicon),
    path("hooks/messages/", include("returns.urls")),
    path("hooks/", include("tracking.urls")),
    path("desk/", admin.site.urls),
    re_path(r"^admin/?$", RedirectView.as_view(pattern_name="admin:index")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
