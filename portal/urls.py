"""Every address of the site. `returns/addresses.py` builds them; nothing else does."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path, register_converter
from django.views.generic import RedirectView

from portal.views import (
    address,
    brand,
    errors,
    evidence,
    exchange,
    find,
    health,
    investigation,
    messages,
    offers,
    order,
    papers,
    parcel_back,
    photos,
    postage,
    problem,
    recall,
    return_page,
    returns,
    signature,
    withdrawal,
)
from returns.codes import ProblemKind


class RefConverter:
    regex = "[A-Za-z0-9_~-]{1,200}"

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


class NumberConverter(RefConverter):
    regex = "HW-[0-9A-Z]{4}-[0-9A-Z]{4}"


class AimConverter(RefConverter):
    regex = "return|hold|reschedule|again"  # that a buyer may ask for; an address has its own


class WithdrawalConverter(RefConverter):
    regex = "WD-[0-9A-Z]{4}-[0-9A-Z]{4}"


class ProblemConverter(RefConverter):
    regex = "|".join(ProblemKind.values)


class TokenConverter(RefConverter):
    regex = ".+"  # cut off, too long, with a full stop behind it: answered with kind words


register_converter(RefConverter, "ref")
register_converter(NumberConverter, "number")
register_converter(AimConverter, "aim")
register_converter(ProblemConverter, "problem")
register_converter(TokenConverter, "token")
register_converter(WithdrawalConverter, "withdrawal")

returns_pages = [
    path("return/", returns.items, name="return_items"),
    path("return/why/<int:line>/", returns.reason, name="return_reason"),
    path("return/wish/", returns.wish, name="return_wish"),
    path("return/which/<int:line>/", returns.which, name="return_which"),
    path("return/when/", returns.at_once, name="return_at_once"),
    path("return/check/", returns.check, name="return_check"),
    path("returns/<number:number>/", return_page.show, name="return"),
    path("returns/<number:number>/cancel/", return_page.cancel, name="return_cancel"),
    path("returns/<number:number>/answer/", return_page.answer, name="return_answer"),
    path("returns/<number:number>/appeal/", return_page.appeal, name="return_appeal"),
    path("returns/<number:number>/number/", parcel_back.number, name="return_number"),
    path("returns/<number:number>/posted/", parcel_back.without_number, name="return_posted"),
    path("returns/<number:number>/variant/", exchange.choose_again, name="return_variant"),
    path("returns/<number:number>/postage/", postage.page, name="postage"),
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

offers_pages = [
    path("offers/<int:pk>/", offers.page, name="offer"),
]

recall_pages = [
    path("recall/<int:shipment>/", recall.page, name="recall"),
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

problem_pages = [
    path("problem/", problem.what, name="problem"),
    path("problem/<int:pk>/", problem.told, name="problem_told"),
    path("problem/<problem:kind>/", problem.kind, name="problem_kind"),
    path("problem/<problem:kind>/remind/", problem.remind, name="problem_remind"),
    path("problem/<problem:kind>/which/", problem.which, name="problem_which"),
    path("problem/<problem:kind>/look/", problem.look, name="problem_look"),
    path("problem/<problem:kind>/things/", problem.things, name="problem_things"),
    path("problem/<problem:kind>/reason/", problem.reason, name="problem_reason"),
    path("problem/<problem:kind>/details/", problem.details, name="problem_details"),
    path("problem/<problem:kind>/remedy/", problem.remedy, name="problem_remedy"),
    path("problem/<problem:kind>/variant/", problem.variant, name="problem_variant"),
    path("problem/<problem:kind>/check/", problem.check, name="problem_check"),
]

investigation_pages = [
    path("investigation/<int:pk>/", investigation.page, name="investigation"),
    path("investigation/<int:pk>/there/", investigation.there, name="investigation_there"),
    path("investigation/<int:pk>/files/<uuid:key>/", investigation.file, name="investigation_file"),
]

evidence_pages = [
    path("evidence/", evidence.page, name="evidence"),
    path("evidence/<uuid:key>/<str:what>/", evidence.file, name="evidence_file"),
]

signature_pages = [
    path("signature/<int:pk>/", signature.page, name="signature"),
]

withdrawal_pages = [
    path("withdraw/", withdrawal.on_page, name="order_withdraw"),
    path("withdrawals/<withdrawal:number>/", withdrawal.status, name="withdrawal"),
    path("withdrawals/<withdrawal:number>/confirm/", withdrawal.confirm, name="withdrawal_confirm"),
]

order_pages = [
    path("", order.show, name="order"),
    path("story/", order.story, name="story"),
    path("code/", find.step_up, name="step_up"),
    *returns_pages,
    *papers_pages,
    *messages_pages,
    *address_pages,
    *withdrawal_pages,
    *evidence_pages,
    *signature_pages,
    *investigation_pages,
    *offers_pages,
    *recall_pages,
    *problem_pages,
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
        path("s/<slug:store>/withdraw/", withdrawal.shop, name="withdraw"),
        path("s/<slug:store>/withdraw/done/", withdrawal.done, name="withdraw_done"),
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
