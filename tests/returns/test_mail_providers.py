"""Letters leave by a mail provider where the settings name one, and what it tells us of them
is heard: by django-anymail's own backends and views, against a server on loopback."""

import os
import runpy
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.test import Client
from django.utils.module_loading import import_string

from portal.mailers import PROVIDERS, by_provider, hearing, told_by
from returns.channels import Delivery, Error
from returns.channels.email import Email
from returns.models import Notice
from tests.returns.correspondence import Shop
from tests.returns.test_email_headers import LETTER
from tests.running_site import HOUSE
from tests.tracking.loopback import Answer, loopback

KEY = "k" * 32
PATH = "/hooks/messages/mail-provider/"
SENT = {
    "To": "sarah@example.com",
    "SubmittedAt": "2026-11-22T09:00:00.0000000Z",
    "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817",
    "ErrorCode": 0,
    "Message": "OK",
}


@pytest.fixture
def server(settings):
    with loopback() as server:
        settings.MAILERS = {"default": by_provider("postmark", "the-key", base=server.url)}
        yield server


def send(**values) -> str:
    email = Email()
    try:
        return email.send(replace(LETTER, **values))
    finally:
        email.close()


# --- Letters out -------------------------------------------------------------------------


def test_a_letter_leaves_by_the_provider_with_all_its_headers(server):
    server.answers("/email", Answer(json=SENT))
    assert send(stop_url="https://example.com/stop/") == SENT["MessageID"]
    told = server.last.json
    assert server.last.headers["X-Postmark-Server-Token"] == "the-key"
    assert (told["From"], told["To"]) == ("Juniper & Pine <homeward@localhost>", LETTER.recipient)
    assert (told["Subject"], told["TextBody"]) == (LETTER.subject, LETTER.text)
    assert (told["HtmlBody"], told["ReplyTo"]) == (LETTER.html, LETTER.reply_to)
    headers = {header["Name"]: header["Value"] for header in told["Headers"]}
    assert headers["Message-ID"] == LETTER.key
    assert headers["List-Unsubscribe"] == "<https://example.com/stop/>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert told["Metadata"] == {"key": LETTER.key}


def test_an_address_that_the_provider_writes_to_no_more_is_unreachable(server):
    words = "Found inactive addresses: sarah@example.com. Inactive recipients are ones that…"
    server.answers("/email", Answer(status=422, json={"ErrorCode": 406, "Message": words}))
    with pytest.raises(Error) as caught:
        send()
    assert caught.value.permanent and caught.value.unreachable
    assert "sarah" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "down", "permanent"),
    [
        (Answer(status=401, json={"ErrorCode": 10, "Message": "Bad token"}), True, False),
        (Answer(status=429), True, False),
        (Answer(status=500, body=b"sarah@example.com"), True, False),
        (Answer(status=422, json={"ErrorCode": 400, "Message": "No such sender"}), False, False),
        (Answer(status=413), False, True),
        (Answer(body=b"garbage"), False, False),
        (Answer(json=SENT, cut=5), True, False),
        (Answer(raw=b"\x00\x01garbage"), True, False),
    ],
)
def test_what_the_provider_refuses_waits_and_names_nobody(server, answer, down, permanent):
    server.answers("/email", answer)
    with pytest.raises(Error) as caught:
        send()
    assert (caught.value.down, caught.value.permanent) == (down, permanent)
    assert not caught.value.unreachable
    assert "sarah" not in str(caught.value) and "the-key" not in str(caught.value)


def test_a_provider_that_is_silent_holds_us_up_for_a_while_only(server, settings):
    settings.MAILERS["default"]["OPTIONS"]["timeout"] = 0.3
    server.answers("/email", Answer(silent=True))
    with pytest.raises(Error) as caught:
        send()
    assert caught.value.down


def test_an_address_that_cannot_be_is_given_up(server):
    with pytest.raises(Error) as caught:
        send(recipient="sarah@")
    assert caught.value.permanent


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_provider_that_we_name_has_its_backend_and_its_view(slug, settings):
    settings.MAILERS = {"default": by_provider(slug, "the-key", "mail.example.com")}
    assert mail.mailers["default"]
    assert import_string(told_by(slug))


# --- Reports in --------------------------------------------------------------------------


@pytest.fixture
def notice(db, settings) -> Notice:
    settings.MAIL_TOLD_BY = told_by("postmark")
    settings.ANYMAIL = hearing("postmark", KEY, "")
    return Shop(automatic_up_to=None).requested()


def tell(user: str = f"homeward:{KEY}", **event):
    password = b64encode(user.encode()).decode()
    return Client().post(
        PATH,
        event,
        content_type="application/json",
        headers={"Authorization": f"Basic {password}"},
    )


def bounce(notice: Notice, kind: str = "HardBounce", **values):
    return {
        "RecordType": "Bounce",
        "ID": 42,
        "Type": kind,
        "MessageID": SENT["MessageID"],
        "Metadata": {"key": notice.message_id},
        "Description": "The server was unable to deliver your message to sarah@example.com.",
        "Details": "smtp;550 5.1.1 sarah@example.com: no such user",
        "Email": "sarah@example.com",
        "BouncedAt": "2026-11-22T09:00:00Z",
        **values,
    }


def test_a_letter_that_came_back_is_noted_and_nobody_is_named(notice):
    assert tell(**bounce(notice)).status_code == 200
    notice.refresh_from_db()
    assert notice.provider_state == Delivery.FAILED
    assert "bounced" in notice.last_error and "sarah" not in notice.last_error


def test_a_letter_that_arrived_is_noted(notice):
    answer = tell(
        RecordType="Delivery",
        MessageID=SENT["MessageID"],
        Recipient="sarah@example.com",
        DeliveredAt="2026-11-22T09:00:00Z",
        Metadata={"key": notice.message_id},
    )
    assert answer.status_code == 200
    notice.refresh_from_db()
    assert notice.provider_state == Delivery.DELIVERED


def test_that_somebody_opened_a_letter_is_no_business_of_ours(notice):
    assert (
        tell(
            RecordType="Open",
            FirstOpen=True,
            MessageID=SENT["MessageID"],
            Metadata={"key": notice.message_id},
            ReceivedAt="2026-11-22T09:00:00Z",
        ).status_code
        == 200
    )
    notice.refresh_from_db()
    assert notice.provider_state == ""


def report(event: dict):
    """Our report of anymail's event of a call."""
    from anymail.webhooks.postmark import PostmarkTrackingWebhookView

    from returns.mail_reports import report_of

    return report_of(PostmarkTrackingWebhookView().esp_to_anymail_event(event))


def test_a_hard_bounce_gives_the_address_up_and_a_soft_one_does_not(notice):
    assert report(bounce(notice)).unreachable
    assert report(bounce(notice, "BadEmailAddress")).unreachable
    assert not report(bounce(notice, "SoftBounce")).unreachable
    assert report(bounce(notice, "SoftBounce")).state == Delivery.FAILED
    assert report(bounce(notice, "Transient")) is None


def test_who_calls_a_letter_spam_gets_no_more_of_those_that_can_be_ended(notice):
    found = report(bounce(notice, "SpamComplaint", RecordType="SpamComplaint"))
    assert found.stopped and not found.unreachable
    assert found.state != Delivery.FAILED


@pytest.mark.parametrize("user", ["", "homeward:", f"homeward:{KEY}x", f"other:{KEY}"])
def test_another_password_is_not_believed(notice, user):
    answer = tell(user, **bounce(notice))
    assert answer.status_code == 401 and answer.json()["error"]
    notice.refresh_from_db()
    assert notice.provider_state == ""


def test_without_a_key_in_the_settings_nobody_is_believed(notice, settings):
    settings.ANYMAIL = hearing("postmark", "", "")
    assert tell("homeward:", **bounce(notice)).status_code == 404
    settings.ANYMAIL, settings.MAIL_TOLD_BY = hearing("", KEY, ""), told_by("")
    assert tell(**bounce(notice)).status_code == 404


@pytest.mark.parametrize("event", [{}, {"RecordType": "Bounce", "Metadata": 7}, {"FromFull": {}}])
def test_what_is_no_report_changes_nothing(notice, event):
    answer = tell(**event)
    assert answer.status_code in (200, 400)
    notice.refresh_from_db()
    assert notice.provider_state == ""


def test_garbage_is_refused(notice):
    password = b64encode(f"homeward:{KEY}".encode()).decode()
    for body in (b"", b"[]", b"\xff", b'"a"', b"[" * 100_000):
        answer = Client().post(
            PATH,
            body,
            content_type="application/json",
            headers={"Authorization": f"Basic {password}"},
        )
        assert answer.status_code == 400 and answer.json()["error"], body[:9]


def test_looking_changes_nothing(notice):
    assert Client().get(PATH).status_code == 405
    assert Client().head(PATH).status_code == 200


# --- Settings ----------------------------------------------------------------------------

POSTMARK = {"HOMEWARD_MAIL_PROVIDER": "postmark", "HOMEWARD_MAIL_KEY": "the-key"}
PRODUCTION = {
    "HOMEWARD_MODE": "production",
    "HOMEWARD_SECRET_KEY": "k" * 50,
    "HOMEWARD_ALLOWED_HOSTS": "returns.example.com",
    "HOMEWARD_BASE_URL": "https://returns.example.com",
}
# What the checks look at.
MADE = ("MODE", "PRODUCTION", "ALLOWED_HOSTS", "BASE_URL", "MAILERS", "MAIL_FROM", "MAIL_PROBLEM")
MADE += ("MAIL_PROVIDER", "MAIL_HOOK_KEY", "ANYMAIL", "REPLY_ADDRESS", "IMAP_URL")
ANSWERS = {"HOMEWARD_REPLY_ADDRESS": "answers@mail.example.com", "HOMEWARD_MAIL_HOOK_KEY": KEY}


@pytest.fixture
def check(settings, monkeypatch, tmp_path):
    """What the checks say of these variables, with the settings that the site makes of them."""

    def said(**variables: str) -> str:
        with monkeypatch.context() as environment:
            environment.setenv("HOMEWARD_DATA_DIR", str(tmp_path))
            for name, value in variables.items():
                environment.setenv(name, value)
            made = runpy.run_path(str(HOUSE / "portal" / "settings.py"))
            for name in MADE:
                setattr(settings, name, made[name])
            return "\n".join(map(str, run_checks(tags=["homeward"])))

    return said


@pytest.mark.parametrize(
    "variables",
    [
        {**POSTMARK, "HOMEWARD_MAIL_HOOK_KEY": KEY},
        ANSWERS,
        {
            "HOMEWARD_REPLY_ADDRESS": "answers@mail.example.com",
            "HOMEWARD_IMAP_URL": "imaps://user:password@mail.example.com/INBOX",
        },
    ],
)
def test_settings_that_fit_are_taken_without_a_word(check, variables):
    assert check(**variables) == ""


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"HOMEWARD_MAIL_PROVIDER": "pigeon", "HOMEWARD_MAIL_KEY": "a"}, "E011"),
        ({"HOMEWARD_MAIL_PROVIDER": "postmark"}, "E011"),
        ({"HOMEWARD_MAIL_PROVIDER": "mailgun", "HOMEWARD_MAIL_KEY": "a"}, "E011"),
        ({**POSTMARK, "HOMEWARD_SMTP_URL": "smtp://mail.example.com"}, "E011"),
        ({**ANSWERS, "HOMEWARD_REPLY_ADDRESS": "answers"}, "E012"),
        ({**ANSWERS, "HOMEWARD_REPLY_ADDRESS": "a+b@mail.example.com"}, "E012"),
        ({**ANSWERS, "HOMEWARD_REPLY_ADDRESS": f"{'a' * 31}@mail.example.com"}, "E012"),
        ({"HOMEWARD_REPLY_ADDRESS": "answers@mail.example.com"}, "E013"),
        ({"HOMEWARD_MAIL_HOOK_KEY": "short"}, "E014"),
        ({"HOMEWARD_MAIL_HOOK_KEY": "with a blank " * 4}, "E014"),
        ({"HOMEWARD_IMAP_URL": "mail.example.com"}, "E015"),
        ({"HOMEWARD_IMAP_URL": "imaps://user:password@mail.example.com:post"}, "E015"),
    ],
)
def test_each_mistake_is_refused_by_name(check, variables, code):
    said = check(**variables)
    assert f"(homeward.{code})" in said
    assert any(name in said for name in variables)
    assert "password@mail.example.com:post" not in said


def test_what_is_likely_a_mistake_is_warned_of(check):
    assert "(homeward.W004)" in check(**POSTMARK)
    mailgun = {"HOMEWARD_MAIL_PROVIDER": "mailgun", "HOMEWARD_MAIL_DOMAIN": "example.com"}
    mailgun |= {"HOMEWARD_MAIL_KEY": "a", "HOMEWARD_MAIL_HOOK_KEY": KEY}
    assert "HOMEWARD_MAIL_SIGNING_KEY" in check(**mailgun)
    assert check(**mailgun, HOMEWARD_MAIL_SIGNING_KEY="b") == ""
    plain = check(**PRODUCTION, HOMEWARD_IMAP_URL="imap://u:p@mail.example.com")
    assert "(homeward.W005)" in plain and "(homeward.W001)" in plain
    assert "(homeward.W001)" not in check(**PRODUCTION, **POSTMARK)


@pytest.mark.parametrize("variables", [{}, POSTMARK | ANSWERS])
def test_the_site_starts_with_and_without_a_provider(tmp_path, variables):
    kept = {name: value for name, value in os.environ.items() if "HOMEWARD_" not in name}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:anymail", "manage.py", "check"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        timeout=60,
        env={**kept, "HOMEWARD_DATA_DIR": str(tmp_path), **variables},
    )
    assert done.returncode == 0 and "homeward." not in done.stderr, done.stderr
