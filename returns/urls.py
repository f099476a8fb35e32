"""Where providers tell us about messages. Below /hooks/messages/ of the site."""

from django.urls import path

from returns import hooks, mail_hook

app_name = "messages"
urlpatterns = [
    path("mail-provider/", mail_hook.told_by_provider, name="mail_provider"),
    path("mail/<slug:key>/", mail_hook.mail, name="mail"),
    path("<slug:provider>/<slug:key>/", hooks.hook, name="hook"),
    # Without the slash it would be sent on, and the body would be lost on the way.
    path("mail/<slug:key>", mail_hook.mail),
    path("<slug:provider>/<slug:key>", hooks.hook),
]
