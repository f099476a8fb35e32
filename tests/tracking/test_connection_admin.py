"""Connections on the desk: what each provider needs, secrets that stay in, trying again."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.tracking.desk import account, connect, follow, member, parcel, shown
from tracking import providers
from tracking.admin.connection import check_address
from tracking.models import Connection, Parcel
from tracking.providers import seventeentrack

pytestmark = pytest.mark.django_db

ADD = "/desk/tracking/connection/add/"
SECRET, SALT = "a-key-nobody-reads", "a-salt-nobody-reads"


@pytest.fixture
def owner():
    return member(
        "owner", "add_connection", "change_connection", "delete_connection", "view_connection"
    )


def page(connection: Connection) -> str:
    return reverse("admin:tracking_connection_change", args=[connection.pk])


def add(client: Client, provider: str, **values: str):
    values = {"account": str(account().pk), "provider": provider, "is_active": "on"} | values
    return client.post(ADD, values, follow=True)


def change(client: Client, connection: Connection, **values: str):
    """Sends the form as it was shown, with these changes."""
    known = {
        name: getattr(connection, name)
        for name in ("customer", "position", "base", "query_type", "subscribe_type")
    }
    known |= {"daily_quota": connection.daily_quota or "", "key": "", "salt": ""}
    if connection.is_active:
        known["is_active"] = "on"
    return client.post(page(connection), known | values, follow=True)


@pytest.mark.parametrize(
    ("provider", "values"),
    [
        ("17track", {}),
        ("17track", {"base": "https://api.17track.net/track/v2.2/"}),
        ("17track", {"base": "http://127.0.0.1:8899/track/v2.4"}),
        ("kuaidi100", {"customer": "ABC123", "salt": SALT}),
        ("kdniao", {"customer": "1237100"}),
        ("kdniao", {"customer": "1237100", "query_type": "1002", "subscribe_type": "1008"}),
    ],
)
def test_each_provider_takes_what_it_needs(owner, provider, values):
    add(owner, provider, key=SECRET, position="2", daily_quota="5000", **values)
    made = Connection.objects.get()
    assert (made.provider, made.key, made.position, made.daily_quota) == (
        provider,
        SECRET,
        2,
        5000,
    )
    assert {name: getattr(made, name) for name in values} == values


@pytest.mark.parametrize(
    ("provider", "values", "said"),
    [
        ("17track", {"base": "https://api.17track.net/"}, "ends with its version"),
        ("17track", {"base": "https://api.17track.net/track/v2.4/register"}, "its version"),
        ("17track", {"base": "http://api.17track.net/track/v2.4/"}, "must begin with https"),
        ("17track", {"base": "http://127.0.0.1.evil.example/track/v2.4"}, "must begin with https"),
        ("17track", {"base": "ftp://127.0.0.1/track/v2.4"}, "must begin with https"),
        ("17track", {"base": "https://me:pass@api.17track.net/track/v2.4"}, "No name or password"),
        ("17track", {"base": "https://me@api.17track.net/track/v2.4"}, "No name or password"),
        ("kdniao", {"customer": "1", "base": "https://api.kdniao.com/?a=1"}, "Nothing after ?"),
        ("17track", {"base": "not an address"}, "Enter a valid URL"),
        ("17track", {"customer": "ABC123"}, "17TRACK has no such thing"),
        ("17track", {"salt": SALT}, "17TRACK has no such thing"),
        ("17track", {"position": "-1"}, "greater than or equal to 0"),
        ("17track", {"daily_quota": "0"}, "greater than or equal to 1"),
        ("17track", {"key": ""}, "The provider shows it in its settings."),
        ("kuaidi100", {"salt": SALT}, "customer code with every query"),
        ("kuaidi100", {"customer": "ABC123"}, "signs its pushes with it"),
        ("kuaidi100", {"customer": "A", "salt": SALT, "query_type": "8001"}, "no such thing"),
        ("kdniao", {}, "This is the EBusinessID"),
        ("kdniao", {"customer": "1237100", "query_type": "80a1"}, "Digits only"),
        ("kdniao", {"customer": "1237100", "subscribe_type": "１００８"}, "Digits only"),
    ],
)
def test_what_cannot_work_is_refused_in_words(owner, provider, values, said):
    answer = add(owner, provider, **({"key": SECRET} | values))
    assert said in shown(answer)
    assert not Connection.objects.exists()
    assert SECRET not in answer.text and SALT not in answer.text


def test_an_account_is_connected_to_a_provider_once(owner):
    connect()
    assert "already exists" in shown(add(owner, "17track", key=SECRET))
    assert Connection.objects.count() == 1


INSIDE = [
    "https://127.0.0.1/track/v2.4/",
    "http://127.0.0.1:9200/track/v2.4/",
    "http://localhost:8000/track/v2.4/",
    "https://a.localhost/track/v2.4/",
    "https://10.0.0.5:8443/track/v2.4/",
    "https://172.16.0.1/track/v2.4/",
    "https://192.168.1.1/track/v2.4/",
    "https://100.64.0.1/track/v2.4/",
    "https://169.254.169.254/track/v2.4/",
    "https://metadata.google.internal/track/v2.4/",
    "https://0.0.0.0/track/v2.4/",
    "https://224.0.0.1/track/v2.4/",
    "https://[::1]/track/v2.4/",
    "https://[::]/track/v2.4/",
    "https://[fe80::1]/track/v2.4/",
    "https://[fd00::1]/track/v2.4/",
    "https://[::ffff:127.0.0.1]/track/v2.4/",
    "https://[::ffff:a9fe:a9fe]/track/v2.4/",
]
ODD = [
    "https://LocalHost./v2.4",
    "https://127.1/v2.4",
    "https://2130706433/v2.4",
    "https://0x7f.1/v2.4",
    "https://0/v2.4",
]
OUTSIDE = [
    "https://api.17track.net/track/v2.4/",
    "https://8.8.8.8/track/v2.4/",
    "https://[2606:4700::1111]/track/v2.4/",
    "https://localhost.example/track/v2.4/",
]


@pytest.mark.parametrize("base", INSIDE)
def test_in_production_no_key_is_sent_to_this_machine_or_its_own_net(owner, settings, base):
    settings.PRODUCTION = True
    answer = add(owner, "17track", key=SECRET, base=base)
    assert "Not this machine or its own net" in shown(answer)
    assert not Connection.objects.exists()


@pytest.mark.parametrize("base", [*INSIDE, *ODD])
def test_nor_however_the_address_is_written(settings, base):
    settings.PRODUCTION = True
    with pytest.raises(ValidationError, match="Not this machine"):
        check_address(base)


@pytest.mark.parametrize("base", OUTSIDE)
def test_in_production_addresses_of_providers_are_taken(owner, settings, base):
    settings.PRODUCTION = True
    add(owner, "17track", key=SECRET, base=base)
    assert Connection.objects.get().base == base


def test_a_secret_that_another_account_uses_is_said(owner):
    connect("kuaidi100", "juniper", key=SECRET, salt=SALT, customer="A")
    connect("17track", "camellia", key=SECRET)
    told = "The key or the salt is also that of juniper at Kuaidi100: what is pushed"
    values = {"customer": "A", "account": str(account("other").pk)}
    answer = add(owner, "kuaidi100", key="another", salt="yet-another", **values)
    assert "is also that of" not in shown(answer)
    made = Connection.objects.get(account__name="other")
    assert told in shown(change(owner, made, key=SECRET))
    assert told in shown(change(owner, made, key="another", salt=SALT))
    made.refresh_from_db()
    assert (made.key, made.salt) == ("another", SALT)
    assert "is also that of" not in shown(change(owner, made, salt="yet-another"))
    values["account"] = str(account("third").pk)
    answer = add(owner, "kuaidi100", key=SECRET, salt=SALT, **values)
    assert told in shown(answer)
    assert SECRET not in answer.text and SALT not in answer.text


def test_an_empty_salt_is_shared_by_all(owner):
    connect("17track", "other", key="another")
    assert "is also that of" not in shown(add(owner, "17track", key=SECRET))


def test_secrets_are_never_shown_again_to_anybody(owner):
    add(owner, "kuaidi100", key=SECRET, salt=SALT, customer="ABC123")
    made = Connection.objects.get()
    change(owner, made, key=f"{SECRET}-2", salt=f"{SALT}-2")
    made.refresh_from_db()
    assert (made.key, made.salt) == (f"{SECRET}-2", f"{SALT}-2")
    pages = [
        "/desk/tracking/connection/",
        page(made),
        reverse("admin:tracking_connection_history", args=[made.pk]),
        reverse("admin:tracking_connection_health"),
    ]
    reader = member("reader", "view_connection")
    for client in (owner, reader):
        for address in pages:
            text = client.get(address).text
            assert "uaidi100" in text
            assert SECRET not in text and SALT not in text, address
    assert 'name="key"' in owner.get(page(made)).text
    assert "Salt" not in reader.get(page(made)).text


def test_left_empty_they_stay_and_nobody_is_said_to_have_changed_them(owner):
    made = connect("kuaidi100", key=SECRET, salt=SALT, customer="ABC123")
    change(owner, made, customer="XYZ")
    made.refresh_from_db()
    assert (made.key, made.salt, made.customer) == (SECRET, SALT, "XYZ")
    assert LogEntry.objects.get().get_change_message() == "Changed Customer."


def test_a_key_goes_to_no_new_address_unless_it_is_typed_in_once_more(owner):
    made = connect("kuaidi100", key=SECRET, salt=SALT, customer="ABC123")
    answer = change(owner, made, base="https://elsewhere.example")
    assert shown(answer).count("type it in once more") == 2
    made.refresh_from_db()
    assert made.base == ""
    change(owner, made, base="https://elsewhere.example", key=SECRET, salt=SALT)
    made.refresh_from_db()
    assert made.base == "https://elsewhere.example"


def test_account_and_provider_stay_what_they_are(owner):
    made = connect()
    change(owner, made, provider="kdniao", account=str(account("other").pk))
    made.refresh_from_db()
    assert (made.provider, made.account.name) == ("17track", "juniper")


def test_once_connected_parcels_that_nobody_followed_are_looked_at(owner):
    waiting = parcel(next_check_at=None)
    ended = parcel("RB000000005GB", next_check_at=None, ended_at=timezone.now())
    answer = add(owner, "17track", key=SECRET)
    assert "1 parcel that nobody followed will be looked at now." in shown(answer)
    waiting.refresh_from_db()
    ended.refresh_from_db()
    assert waiting.next_check_at and ended.next_check_at is None


def test_switching_it_on_takes_them_up_and_other_changes_do_not(owner):
    made = connect(is_active=False)
    waiting = parcel(next_check_at=None)
    change(owner, made, position="1")
    assert not Parcel.objects.filter(next_check_at__isnull=False).exists()
    made.refresh_from_db()
    change(owner, made, is_active="on")
    waiting.refresh_from_db()
    assert waiting.next_check_at
    Parcel.objects.update(next_check_at=None)
    made.refresh_from_db()
    change(owner, made, position="2")
    assert not Parcel.objects.filter(next_check_at__isnull=False).exists()


def test_a_form_that_stood_open_does_not_turn_back_what_workers_counted(owner, monkeypatch):
    made = connect(quota_used=5)
    real = Connection.save

    def meanwhile(self, *args, **more):
        Connection.objects.filter(pk=self.pk).update(quota_used=80, failures=2)
        return real(self, *args, **more)

    monkeypatch.setattr(Connection, "save", meanwhile)
    change(owner, made, position="7")
    made.refresh_from_db()
    assert (made.position, made.quota_used, made.failures) == (7, 80, 2)


def broken() -> Connection:
    now = timezone.now()
    return connect(failures=6, paused_until=now + timedelta(minutes=9), last_failure="Off.")


def test_try_again_closes_the_breaker_and_says_who_did_it(owner):
    made = broken()
    address = reverse("admin:tracking_connection_try_again", args=[made.pk])
    assert address in owner.get(page(made)).text
    answer = owner.post(address, follow=True)
    assert "is asked again within the next minute" in shown(answer)
    made.refresh_from_db()
    assert (made.failures, made.paused_until) == (0, None)
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.get_change_message()) == ("owner", "Tried again.")
    assert address not in owner.get(page(made)).text


def test_a_new_key_is_tried_at_once(owner):
    made = broken()
    change(owner, made, key=SECRET)
    made.refresh_from_db()
    assert (made.failures, made.paused_until) == (0, None)


def test_only_who_may_change_it_tries_again_and_only_by_posting(owner):
    made = broken()
    address = reverse("admin:tracking_connection_try_again", args=[made.pk])
    assert owner.get(address).status_code == 405
    reader = member("reader", "view_connection")
    assert address not in reader.get(page(made)).text
    assert reader.post(address).status_code == 404
    assert member("other", "view_parcel").post(address).status_code == 404
    assert Client().post(address).status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = owner.cookies
    assert strict.post(address).status_code == 403
    made.refresh_from_db()
    assert made.failures == 6
    assert owner.post(address.replace(str(made.pk), "999999")).status_code == 404


def test_the_list_leads_to_how_they_do_for_readers_too(owner):
    connect()
    health = reverse("admin:tracking_connection_health")
    for client in (owner, member("reader", "view_connection")):
        assert health in client.get("/desk/tracking/connection/").text


def test_a_provider_that_was_added_in_one_line_is_offered_and_works(owner, monkeypatch):
    label, adapter = "Parcel Hub", seventeentrack.__name__
    monkeypatch.setitem(providers.PROVIDERS, "parcelhub", (label, adapter))
    assert label in owner.get(ADD).text
    add(owner, "parcelhub", key=SECRET, customer="may be what it likes")
    made = Connection.objects.get()
    follow(parcel(), made)
    assert label in owner.get(reverse("admin:tracking_connection_health")).text
    headers, body = seventeentrack.signed(b'{"event": "TRACKING_STOPPED"}', made.access)
    answer = Client().post(
        "/hooks/parcelhub/juniper/", body, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200
    assert made.account.pushes.get().provider == "parcelhub"
