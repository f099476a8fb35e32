"""Providers of messages at the desk: keys that stay in, approved texts, addresses that
bounce, and what came in."""

from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from returns import tasks
from returns.admin.channels import short_kinds
from returns.models import ApprovedTemplate, ChannelAccount, ContactPoint, Inbound, Store
from tests import people
from tests.page_checks import CheckedClient
from tests.tracking.desk import shown
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

ACCOUNTS = "admin:returns_channelaccount_changelist"
POINTS = "admin:returns_contactpoint_changelist"
INBOUND = "admin:returns_inbound_changelist"
SECRETS = {"account_sid": "AC-nobody-reads", "auth_token": "a-token-nobody-reads"}
META = {
    "token": "a-meta-token",
    "phone_number_id": "1055",
    "app_secret": "a-meta-secret",
    "verify_token": "made-up",
}
NO_ROWS = {
    "templates-TOTAL_FORMS": "0",
    "templates-INITIAL_FORMS": "0",
    "templates-MIN_NUM_FORMS": "0",
    "templates-MAX_NUM_FORMS": "1000",
}


def member(username: str, *permissions: str) -> CheckedClient:
    client = CheckedClient()
    client.force_login(people.staff(username, *permissions))
    return client


@pytest.fixture
def owner(db) -> CheckedClient:
    whole = [
        f"{verb}_{what}"
        for verb in ("add", "change", "delete", "view")
        for what in ("channelaccount", "approvedtemplate")
    ]
    return member("owner", *whole)


@pytest.fixture
def reader(db) -> CheckedClient:
    views = ("view_channelaccount", "view_contactpoint", "view_inbound", "view_approvedtemplate")
    return member("reader", *views)


@pytest.fixture
def mender(db) -> CheckedClient:
    return member("mender", "view_contactpoint", "view_inbound", "send_notice")


def keys(given: dict[str, str]) -> dict[str, str]:
    return {f"key_{name}": value for name, value in given.items()}


def add(client: CheckedClient, store: Store, provider: str, given: dict[str, str], **values: str):
    usual = {"store": str(store.pk), "position": "0", "is_active": "on", "sender": "Juniper"}
    address = f"{reverse('admin:returns_channelaccount_add')}?provider={provider}"
    return client.post(address, usual | NO_ROWS | keys(given) | values, follow=True)


def connected(store: Store, provider: str = "twilio", **values) -> ChannelAccount:
    given = {"twilio": SECRETS, "whatsapp": META}.get(provider, {})
    return ChannelAccount.objects.create(
        store=store, provider=provider, sender="Juniper", keys=given, **values
    )


def page(account: ChannelAccount) -> str:
    return reverse("admin:returns_channelaccount_change", args=[account.pk])


def change(client: CheckedClient, account: ChannelAccount, **values: str):
    """Sends the form as it was shown, with these changes."""
    known = {"sender": account.sender, "prefixes": account.prefixes, "position": "0"}
    known |= {"base": account.base, "is_active": "on"}
    return client.post(page(account), known | NO_ROWS | values, follow=True)


# --- accounts -------------------------------------------------------------------------------


def test_first_the_provider_is_chosen_because_each_has_keys_of_its_own(owner, store):
    words = shown(owner.get(reverse("admin:returns_channelaccount_add")))
    for label in ("SMS by Twilio", "SMS by Aliyun", "WhatsApp", "Nowhere"):
        assert label in words
    form = owner.get(reverse("admin:returns_channelaccount_add"), {"provider": "whatsapp"}).text
    for name in META:
        assert f'name="key_{name}"' in form
    assert 'name="key_auth_token"' not in form


@pytest.mark.parametrize(("provider", "given"), [("twilio", SECRETS), ("whatsapp", META)])
def test_an_account_is_made_with_its_keys(owner, store, provider, given):
    add(owner, store, provider, given, prefixes="+44 +353")
    account = ChannelAccount.objects.get()
    assert (account.provider, account.keys, account.store) == (provider, given, store)
    account.full_clean()
    assert account.reaches("+447700900123") and not account.reaches("+8613800138000")


def test_what_needs_no_key_is_made_without_one(owner, store):
    add(owner, store, "demo", {})
    assert ChannelAccount.objects.get().keys == {}


def test_a_missing_key_is_said_at_its_own_field(owner, store):
    answer = add(owner, store, "twilio", {"account_sid": "AC-nobody-reads"})
    assert "The provider shows it in its settings." in shown(answer)
    form = answer.context["adminform"].form
    assert set(form.errors) == {"key_auth_token"}
    assert "AC-nobody-reads" not in answer.text
    assert not ChannelAccount.objects.exists()


def test_keys_are_never_shown_again(owner, reader, store):
    account = connected(store)
    for client in (owner, reader):
        for address in (page(account), reverse(ACCOUNTS)):
            text = unescape(client.get(address).text)
            assert not [secret for secret in SECRETS.values() if secret in text]
    assert "account sid, auth token" in shown(owner.get(page(account)))


def test_left_empty_a_key_stays_as_it_is(owner, store):
    account = connected(store)
    change(owner, account, key_auth_token="another-token", sender="Pine")
    account.refresh_from_db()
    assert account.keys == SECRETS | {"auth_token": "another-token"}
    assert account.sender == "Pine"


def test_a_key_that_may_be_left_out_is_taken_away_by_a_hyphen(owner, store):
    account = connected(store)
    change(owner, account, key_api_key="SK1", key_api_secret="hidden")
    account.refresh_from_db()
    assert account.keys == SECRETS | {"api_key": "SK1", "api_secret": "hidden"}
    change(owner, account, key_api_key="-", key_api_secret="-")
    account.refresh_from_db()
    assert account.keys == SECRETS
    answer = change(owner, account, key_auth_token="-")
    assert "The provider shows it in its settings." in shown(answer)


def test_keys_go_to_a_new_address_only_when_they_are_typed_in_again(owner, store):
    account = connected(store)
    answer = change(owner, account, base="https://gateway.example/2010-04-01")
    assert "It goes to another address now: type it in once more." in shown(answer)
    change(owner, account, base="https://gateway.example/2010-04-01", **keys(SECRETS))
    account.refresh_from_db()
    assert account.base == "https://gateway.example/2010-04-01"


@pytest.mark.parametrize(
    ("base", "said"),
    [("http://gateway.example/", "https://"), ("https://me:pass@gateway.example/", "No name")],
)
def test_an_address_to_which_no_key_may_travel_is_refused(owner, store, base, said):
    answer = add(owner, store, "twilio", SECRETS, base=base)
    assert said in shown(answer)
    assert not ChannelAccount.objects.exists()


def test_provider_and_store_of_an_account_stay(owner, store):
    account = connected(store)
    other = people.open_store("other")
    change(owner, account, store=str(other.pk), provider="demo")
    account.refresh_from_db()
    assert (account.store, account.provider) == (store, "twilio")


def test_the_address_for_the_provider_is_there_to_copy_for_who_may_change_it(owner, reader, store):
    account = connected(store)
    assert account.hook_address in owner.get(page(account)).text
    assert account.hook_key not in reader.get(page(account)).text


def test_what_is_logged_names_the_field_and_not_the_key(owner, store):
    account = connected(store)
    change(owner, account, key_auth_token="another-token")
    words = LogEntry.objects.get(object_id=str(account.pk)).get_change_message()
    assert "Auth token" in words and "another-token" not in words


def test_the_list_cannot_be_asked_about_keys(owner, store):
    connected(store)
    for lookup in ("keys__auth_token__startswith", "hook_key__startswith"):
        assert owner.get(reverse(ACCOUNTS), {lookup: "a"}).status_code in (302, 400)


def test_who_may_only_look_changes_and_adds_nothing(reader, store):
    account = connected(store)
    assert 'type="password"' not in reader.get(page(account)).text
    assert change(reader, account, sender="Mine").status_code == 403
    assert reader.get(reverse("admin:returns_channelaccount_add")).status_code == 403
    account.refresh_from_db()
    assert account.sender == "Juniper"


# --- approved texts -------------------------------------------------------------------------


def approve(client: CheckedClient, account: ChannelAccount, **values: str):
    row = {
        "templates-TOTAL_FORMS": "1",
        "templates-0-account": str(account.pk),
        "templates-0-kind": "order_news",
        "templates-0-language": "en",
        "templates-0-name": "news_1",
        "templates-0-provider_language": "en_GB",
        "templates-0-parameters": "name order promise",
    }
    changed = {f"templates-0-{name}": value for name, value in values.items()}
    return change(client, account, **(row | changed))


def test_an_approved_text_is_entered_with_what_fills_its_gaps(owner, store):
    account = connected(store, "whatsapp")
    approve(owner, account)
    text = ApprovedTemplate.objects.get()
    assert (text.kind, text.parameters) == ("order_news", "name order promise")


def test_a_gap_that_nothing_fills_is_refused_with_what_was_meant(owner, store):
    account = connected(store, "whatsapp")
    answer = approve(owner, account, parameters="name promis")
    assert "Nothing is called promis. Did you mean promise?" in shown(answer)
    assert not ApprovedTemplate.objects.exists()


def test_only_kinds_that_are_short_enough_are_offered(owner, store):
    offered = dict(short_kinds())
    assert "order_news" in offered and "incident:damaged" in offered
    assert "return_approved" not in offered and "access_code" not in offered
    answer = approve(owner, connected(store, "whatsapp"), kind="return_approved")
    assert "is not one of the available choices" in shown(answer)


def test_where_free_words_are_carried_no_approved_texts_are_asked_for(owner, store):
    assert "templates-TOTAL_FORMS" not in owner.get(page(connected(store, "twilio"))).text
    assert "templates-TOTAL_FORMS" in owner.get(page(connected(store, "whatsapp"))).text


# --- addresses ------------------------------------------------------------------------------


@pytest.fixture
def bounced(store) -> ContactPoint:
    ContactPoint.objects.failed(store, "email", "sarah@example.com", "No such mailbox.")
    return ContactPoint.objects.get()


def test_addresses_are_shown_in_part_with_what_their_owners_said(reader, store, bounced):
    ContactPoint.objects.agree(store, "sms", "+447700900123", source="page")
    ContactPoint.objects.stop(store, "whatsapp", "+447700900456", source="stop word")
    text = reader.get(reverse(POINTS)).text
    assert "s•••@example.com" in text and "•••0123" in text
    assert "sarah@example.com" not in text and "7700900" not in text
    assert "stop word" in text and "No such mailbox." in text
    one = reader.get(reverse("admin:returns_contactpoint_change", args=[bounced.pk])).text
    assert "s•••@example.com" in one and "sarah@example.com" not in one


def test_an_address_is_found_by_the_whole_of_it_and_not_by_a_part(reader, bounced):
    def found(words: str) -> int:
        return len(reader.get(reverse(POINTS), {"q": words}).context["cl"].queryset)

    assert found(" Sarah@Example.com ") == 1
    assert found("sarah") == found("@example.com") == 0
    asked = reader.get(reverse(POINTS), {"address__startswith": "s"})
    assert asked.status_code in (302, 400)


def test_those_that_bounce_have_a_tile_that_leads_to_them(reader, store, bounced):
    ContactPoint.objects.agree(store, "sms", "+447700900123", source="page")
    board = reader.get(reverse("admin:index"))
    assert "Addresses that bounce 1 Oldest" in shown(board)
    assert f"{reverse(POINTS)}?arrives=no" in board.text
    listed = reader.get(reverse(POINTS), {"arrives": "no"}).context["cl"].queryset
    assert list(listed) == [bounced]


@pytest.mark.parametrize(("value", "name"), [("yes", "sms"), ("stopped", "whatsapp")])
def test_what_owners_said_narrows_the_list(reader, store, bounced, value, name):
    ContactPoint.objects.agree(store, "sms", "+447700900123", source="page")
    ContactPoint.objects.stop(store, "whatsapp", "+447700900456", source="stop word")
    found = reader.get(reverse(POINTS), {"agreed": value}).context["cl"].queryset
    assert [point.channel for point in found] == [name]


def test_one_that_works_again_is_written_to_again(mender, bounced):
    chosen = {"action": "it_works_again", "_selected_action": [bounced.pk]}
    assert "1 address is written to again." in shown(
        mender.post(reverse(POINTS), chosen, follow=True)
    )
    bounced.refresh_from_db()
    assert bounced.can_be_reached and bounced.failure == ""
    assert LogEntry.objects.get(object_id=str(bounced.pk)).user.username == "mender"


def test_who_may_not_send_mends_no_address(reader, bounced):
    assert "It works again" not in reader.get(reverse(POINTS)).text
    reader.post(reverse(POINTS), {"action": "it_works_again", "_selected_action": [bounced.pk]})
    bounced.refresh_from_db()
    assert not bounced.can_be_reached


def test_who_may_not_see_addresses_sees_none(desk, bounced):
    assert desk.get(reverse(POINTS)).status_code == 403
    assert "Addresses that bounce" not in shown(desk.get(reverse("admin:index")))


# --- what came in ---------------------------------------------------------------------------


def strange() -> Inbound:
    """Something that cannot be read, after the worker has looked at it."""
    account = connected(people.open_store("strange"), "whatsapp")
    row = Inbound.objects.keep("whatsapp", b"{ not json", account=account)
    tasks.take_in()
    row.refresh_from_db()
    return row


def test_what_cannot_be_read_has_a_tile_and_is_processed_again_by_hand(mender):
    row = strange()
    assert row.state == WorkState.DEAD
    board = mender.get(reverse("admin:index"))
    assert "Incoming messages not understood 1 Oldest" in shown(board)
    listed = mender.get(reverse(INBOUND), {"state__exact": "dead"})
    assert row in listed.context["cl"].queryset
    chosen = {"action": "process_again", "_selected_action": [row.pk]}
    assert "1 will be processed again." in shown(mender.post(reverse(INBOUND), chosen, follow=True))
    row.refresh_from_db()
    assert (row.state, row.attempts) == (WorkState.DUE, 0)


def test_what_is_in_hand_is_left_alone(mender):
    row = strange()
    Inbound.objects.filter(pk=row.pk).update(state=WorkState.CLAIMED)
    chosen = {"action": "process_again", "_selected_action": [row.pk]}
    assert "0 will be processed again." in shown(mender.post(reverse(INBOUND), chosen, follow=True))


def test_what_a_buyer_wrote_is_not_shown_in_its_raw_form(reader, store):
    row = Inbound.objects.keep("mail", b"From: sarah@example.com\r\n\r\nMy chair is broken.")
    text = reader.get(reverse("admin:returns_inbound_change", args=[row.pk])).text
    assert "My chair is broken" not in text and "sarah@example.com" not in text
    assert "Process again" not in reader.get(reverse(INBOUND)).text


def test_lists_cost_the_same_for_one_and_for_many(
    reader, mender, store, django_assert_max_num_queries
):
    def add_one(number: int) -> None:
        account = connected(people.open_store(f"store-{number}"), "whatsapp")
        Inbound.objects.keep("whatsapp", f"{number}".encode(), account=account)
        ContactPoint.objects.agree(account.store, "sms", f"+4477009001{number}", source="page")

    def look() -> None:
        for name in (ACCOUNTS, POINTS, INBOUND):
            reader.get(reverse(name))

    add_one(0)
    look()
    with django_assert_max_num_queries(40) as few:
        look()
    for number in range(1, 6):
        add_one(number)
    with django_assert_max_num_queries(40) as many:
        look()
    assert len(many) == len(few)


# --- the store ------------------------------------------------------------------------------


def test_what_a_store_promises_and_when_it_is_quiet_is_set_in_one_place(store):
    client = member("boss", "view_store", "change_store")
    text = client.get(reverse("admin:returns_store_change", args=[store.pk])).text
    place = text.index("Messages and promises")
    for name in ("dispatch_days", "update_days", "answer_hours", "hold_minutes", "case_owner"):
        assert text.index(f'name="{name}"') > place
    for name in ("gather_minutes", "quiet_from", "quiet_until", "tells_posted"):
        assert text.count(f'name="{name}"') == 1
