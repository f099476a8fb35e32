"""Where providers push to. Below /hooks/ of the site, not of a store's own host."""

from django.urls import path

from tracking import views

app_name = "tracking"
urlpatterns = [
    path("interceptions/<slug:gateway>/<slug:key>/", views.result, name="result"),
    path("interceptions/<slug:gateway>/<slug:key>", views.result),
    path("<slug:provider>/<slug:account>/", views.push, name="push"),
    # Without the slash it would be sent on, and the body would be lost on the way.
    path("<slug:provider>/<slug:account>", views.push),
]
