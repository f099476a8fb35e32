"""The site's addresses, and one that only inserts what comes: the least that intake can be."""

from itertools import count

from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from tracking.models import Push

numbers = count()


@csrf_exempt
def bare(request: HttpRequest) -> JsonResponse:
    Push.objects.create(
        account_id=int(request.GET["account"]),
        provider="17track",
        delivery=f"bare {next(numbers)}",
        body=request.body,
    )
    return JsonResponse({"code": 0})


urlpatterns = [path("bare/", bare), path("", include("portal.urls"))]
