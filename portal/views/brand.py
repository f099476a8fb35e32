"""The colours of a shop, as a stylesheet of its own, and the sign of the site."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.templatetags.static import static
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.views.decorators.http import require_safe

from portal.brand import stylesheet
from returns.models.store import Store


@require_safe
def brand(request: HttpRequest, store: str) -> HttpResponseBase:
    """`text/css`; the same for everyone, so shared caches may keep it for an hour."""
    shop = get_object_or_404(Store.objects.only("brand"), slug=store)
    response = HttpResponse(stylesheet(shop.brand), content_type="text/css; charset=utf-8")
    patch_cache_control(response, public=True, max_age=3600)
    set_response_etag(response)
    return get_conditional_response(request, response["ETag"], response=response) or response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it on their own where a page names none (the desk)."""
    return redirect(static("img/favicon.svg"))
