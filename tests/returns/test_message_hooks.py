"""Where providers tell us about messages: stored once as it came, and acknowledged."""

import json
import logging
from dataclasses import replace

import pytest
from django.db import connection as database
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from returns import hooks
from returns.models import ChannelAccount, Inbound
from tests import people
from tests.returns.channel_servers import (
    ALIYUN,
    FORM,
    KEY,
    TWILIO,
    WHATSAPP,
    body,
    form_of,
    signed_by_meta,
    signed_by_twilio,
    tell,
)
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

CONTENTS = {
    "twilio": form_of("twilio/message"),
    "aliyun": body("aliyun/messages"),
    "whatsapp": body("whatsapp/messages"),
}


@pytest.fixture(autouse=True)
def at_home(settings):
    settings.BASE_URL = "https://juniper.example"


@pytest.fixture
def accounts(store):
    """Of one store at each of the three."""
    known = {"twilio": TWILIO, "aliyun": ALIYUN, "whatsapp": WHATSAPP}
    return {
        provider: ChannelAccount.objects.create(
            store=store, provider=provider, sender=access.sender, keys=dict(access.keys)
        )
        for provider, access in known.items()
    }


def path_of(account: ChannelAccount) -> str:
    return f"/hooks/messages/{account.provider}/{account.hook_key}/"


def say(account: ChannelAccount, content: bytes):
    return tell(account.provider, account.hook_address, content)


def error_of(answer) -> str:
    """What is refused is refused as JSON, to machines."""
    assert answer["Content-Type"] == "application/json"
    return answer.json()["error"]


# --- what is genuine --------------------------------------------------------------------------


@pytest.mark.parametrize("provider", CONTENTS)
def test_what_a_provider_tells_is_stored_as_it_came(accounts, provider):
    account = accounts[provider]
    assert say(account, CONTENTS[provider]).status_code == 200
    row = Inbound.objects.get()
    assert (bytes(row.body), row.source, row.account, row.state) == (
        CONTENTS[provider],
        provider,
        account,
        WorkState.DUE,
    )


@pytest.mark.parametrize(
    ("provider", "content_type", "answer"),
    [
        ("twilio", "text/xml", b"<Response/>"),
        ("aliyun", "application/json", '{"code":0,"msg":"成功"}'.encode()),
        ("whatsapp", "text/plain", b""),
    ],
)
def test_each_reads_the_answer_that_it_wants(accounts, provider, content_type, answer):
    got = say(accounts[provider], CONTENTS[provider])
    assert (got["Content-Type"].partition(";")[0], got.content) == (content_type, answer)


@pytest.mark.parametrize("provider", CONTENTS)
def test_what_comes_twice_is_stored_once_and_acknowledged_twice(accounts, provider):
    for _ in range(2):
        assert say(accounts[provider], CONTENTS[provider]).status_code == 200
    assert Inbound.objects.count() == 1


@pytest.mark.parametrize("provider", CONTENTS)
def test_what_cannot_be_read_is_stored_all_the_same(accounts, provider):
    """Somebody may want to look at it, and asking for it again would bring the same."""
    assert say(accounts[provider], b"hello").status_code == 200
    assert bytes(Inbound.objects.get().body) == b"hello"


def test_no_slash_at_the_end_loses_nothing(accounts):
    account = accounts["twilio"]
    assert tell("twilio", account.hook_address[:-1], CONTENTS["twilio"]).status_code == 200
    assert Inbound.objects.count() == 1


def test_a_query_of_twilio_is_part_of_what_it_signs(accounts):
    url = f"{accounts['twilio'].hook_address}?part=1&word=%C3%BC"
    assert tell("twilio", url, CONTENTS["twilio"]).status_code == 200


def test_cookies_are_neither_needed_nor_made(accounts):
    client = Client(enforce_csrf_checks=True)
    account = accounts["whatsapp"]
    answer = tell("whatsapp", account.hook_address, CONTENTS["whatsapp"], client)
    assert answer.status_code == 200
    assert not answer.cookies


def test_few_questions_are_put_to_the_database(accounts, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        say(accounts["whatsapp"], CONTENTS["whatsapp"])


# --- what is not ------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["twilio", "whatsapp"])
def test_a_signature_that_does_not_fit_keeps_nothing(accounts, provider):
    account = accounts[provider]
    account.keys = {**account.keys, "auth_token": "another", "app_secret": "another"}
    account.save()
    answer = say(account, CONTENTS[provider])
    assert (answer.status_code, error_of(answer)) == (401, "The signature does not fit.")
    assert not Inbound.objects.exists()


def test_a_signature_counts_for_our_own_address_whatever_host_the_caller_names(accounts, settings):
    settings.ALLOWED_HOSTS = ["*"]
    path = path_of(accounts["twilio"])
    content = CONTENTS["twilio"]

    def post(host: str, signed_for: str) -> int:
        headers = {
            "X-Twilio-Signature": signed_by_twilio(f"https://{signed_for}{path}", content),
            "X-Forwarded-Host": host,
        }
        client = Client(SERVER_NAME=host)
        return client.post(path, content, content_type=FORM, headers=headers).status_code

    assert post("elsewhere.example", signed_for="elsewhere.example") == 401
    assert post("127.0.0.1", signed_for="juniper.example") == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_leads_nowhere_looks_the_same_whatever_is_wrong_with_it(accounts, method):
    key = accounts["aliyun"].hook_key
    ended = ChannelAccount.objects.get(pk=accounts["twilio"].pk)
    ended.is_active = False
    ended.save()
    demo = ChannelAccount.objects.create(store=ended.store, provider="demo")
    answers = [
        getattr(Client(), method)(f"/hooks/messages/{path}")
        for path in (
            "aliyun/another/",
            "aliyun/another",
            f"aliyun/{key[:-1]}/",
            f"twilio/{key}/",
            f"nobody/{key}/",
            f"email/{key}/",
            f"demo/{demo.hook_key}/",
            f"twilio/{ended.hook_key}/",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {error_of(answer) for answer in answers} == {"Nothing is received at this address."}
    assert not Inbound.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "head"])
def test_other_methods_are_refused(accounts, method):
    answer = getattr(Client(), method)(path_of(accounts["aliyun"]))
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")


def test_a_large_body_is_taken_and_a_larger_one_is_not(accounts, settings):
    account = accounts["aliyun"]
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    whole = b"[" + b" " * (hooks.LARGEST - 2) + b"]"
    assert say(account, whole).status_code == 200
    assert say(account, whole + b" ").status_code == 413
    assert Inbound.objects.count() == 1


def test_a_body_that_breaks_off_is_refused(accounts):
    account = accounts["aliyun"]

    class Broken:
        def read(self, *args):
            raise OSError("gone")

    request = RequestFactory().post(path_of(account), b"[]", content_type="application/json")
    request._stream = Broken()
    answer = hooks.hook(request, "aliyun", account.hook_key)
    assert answer.status_code == 400
    assert json.loads(answer.content)["error"] == "The body broke off."


# --- questions --------------------------------------------------------------------------------


QUESTION = {"hub.mode": "subscribe", "hub.verify_token": "a-word-of-juniper"}


def test_the_question_of_meta_is_answered_in_plain_text(accounts):
    answer = Client().get(path_of(accounts["whatsapp"]), {**QUESTION, "hub.challenge": "<b>42"})
    assert (answer.status_code, answer.content) == (200, b"<b>42")
    assert answer["Content-Type"].partition(";")[0] == "text/plain"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("provider", CONTENTS)
def test_another_question_is_refused_and_changes_nothing(accounts, provider):
    path = path_of(accounts[provider])
    for query in ({}, {**QUESTION, "hub.verify_token": "another", "hub.challenge": "42"}):
        with CaptureQueriesContext(database) as queries:
            answer = Client().get(path, query)
        assert answer.status_code == 403
        assert error_of(answer)
        assert all(query["sql"].startswith("SELECT") for query in queries)


# --- between stores ---------------------------------------------------------------------------


def test_each_account_has_its_own_address_and_its_own_secret(accounts):
    other = people.open_store("fig-and-fern", name="Fig & Fern")
    theirs = ChannelAccount.objects.create(
        store=other, provider="whatsapp", keys={**WHATSAPP.keys, "app_secret": "theirs"}
    )
    content = CONTENTS["whatsapp"]
    assert say(theirs, content).status_code == 401
    headers = {"X-Hub-Signature-256": signed_by_meta(content, "theirs")}
    answer = Client().post(
        path_of(theirs), content, content_type="application/json", headers=headers
    )
    assert answer.status_code == 200
    assert say(accounts["whatsapp"], content).status_code == 200
    assert {row.account for row in Inbound.objects.all()} == {theirs, accounts["whatsapp"]}


def test_nothing_that_somebody_wrote_goes_into_the_log(accounts, caplog):
    caplog.set_level(logging.DEBUG)
    for provider, account in accounts.items():
        say(account, CONTENTS[provider])
        Client().post(path_of(account), CONTENTS[provider], content_type="application/json")
    for private in ("neighbour", "驿站", "Where is my parcel", "13800138000", "447700900123"):
        assert private not in caplog.text


def test_a_key_that_we_gave_comes_back_as_it_was(accounts):
    """What is stored can be read again at any time."""
    say(accounts["aliyun"], body("aliyun/reports"))
    [row] = Inbound.objects.all()
    report = row.read()[0]
    assert replace(report, at=None).key == KEY
