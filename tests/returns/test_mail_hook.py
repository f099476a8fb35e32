"""Mails that a service hands over are stored as they came, in each of its ways to wrap them."""

import json
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from returns.models import Inbound

KEY = "k" * 32
PATH = f"/hooks/messages/mail/{KEY}/"
MAIL = (
    b"From: Sarah <sarah@example.com>\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n"
    b"Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n\r\n"
    b"caf\xe9 & 100 %\r\n--inner--\r\n"
)
MB = 1024 * 1024


@pytest.fixture(autouse=True)
def mails_are_handed_over(settings):
    settings.MAIL_HOOK_KEY = KEY


def post(body: bytes, kind: str = "message/rfc822", path: str = PATH):
    return Client().post(path, body, content_type=kind)


def stored() -> list[bytes]:
    return [bytes(row.body) for row in Inbound.objects.filter(source="mail")]


def test_a_whole_mail_is_stored_and_acknowledged(db):
    answer = post(MAIL)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert stored() == [MAIL]


def test_the_same_mail_twice_is_one(db):
    assert [post(MAIL).status_code, post(MAIL).status_code] == [200, 200]
    assert stored() == [MAIL]


@pytest.mark.parametrize("field", ["email", "body-mime"])
def test_a_mail_in_a_field_of_a_form_is_taken_out_byte_for_byte(db, field):
    body = (
        b'--outer\r\nContent-Disposition: form-data; name="to"\r\n\r\na@b.c\r\n'
        b'--outer\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--outer--\r\n'
    ) % (field.encode(), MAIL)
    for boundary in ("outer", '"outer"'):
        assert post(body, f"multipart/form-data; boundary={boundary}").status_code == 200
    assert stored() == [MAIL]


def test_a_mail_in_a_form_without_files_is_taken_out_byte_for_byte(db):
    body = urlencode({"recipient": "a@b.c", "body-mime": MAIL}).encode()
    assert post(body, "application/x-www-form-urlencoded").status_code == 200
    assert stored() == [MAIL]


def test_a_mail_in_json_is_taken_out(db):
    plain = MAIL.replace(b"\xe9", b"e")
    body = json.dumps({"FromName": "Sarah", "RawEmail": plain.decode()}).encode()
    assert post(body, "application/json; charset=utf-8").status_code == 200
    assert stored() == [plain]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "message/rfc822"),
        (b" \r\n", "message/rfc822"),
        (b"--x", "multipart/form-data"),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\nhello\r\n--x--", "multipart/form-data; boundary=x"),
        (b"a=b", "application/x-www-form-urlencoded"),
        (b"&" * 100_000, "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"[]", "application/json"),
        (b'{"RawEmail": 7}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff", "application/json"),
    ],
)
def test_what_holds_no_mail_is_refused(db, body, kind):
    answer = post(body, kind)
    assert answer.status_code == 400 and answer.json()["error"]
    assert not stored()


@pytest.mark.parametrize("key", ["wrong", "k" * 31, "k" * 33, "ø"])
def test_another_key_leads_nowhere(db, key):
    answer = post(MAIL, path=f"/hooks/messages/mail/{key}/")
    assert answer.status_code == 404
    assert not stored()


def test_without_a_key_in_the_settings_nothing_is_received(db, settings):
    settings.MAIL_HOOK_KEY = ""
    for path in (PATH, "/hooks/messages/mail//", "/hooks/messages/mail/"):
        assert post(MAIL, path=path).status_code == 404
    assert not stored()


def test_an_address_without_its_last_slash_loses_no_mail(db):
    assert post(MAIL, path=PATH.rstrip("/")).status_code == 200
    assert stored() == [MAIL]


def test_looking_changes_nothing(db):
    answer = Client().get(PATH)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert answer.json()["error"]


@pytest.mark.parametrize(("size", "status"), [(20 * MB, 200), (20 * MB + 1, 413)])
def test_a_mail_with_photos_passes_and_has_an_end(db, size, status):
    answer = post(b"Subject: a\r\n\r\n".ljust(size, b"a"))
    assert answer.status_code == status
    assert len(stored()) == (status == 200)


def test_a_large_form_passes_too(db):
    mail = MAIL + b"a" * MB
    part = b'--o\r\nContent-Disposition: form-data; name="email"\r\n\r\n%s\r\n--o--\r\n' % mail
    assert post(part, "multipart/form-data; boundary=o").status_code == 200
    assert stored() == [mail]


def test_who_does_not_know_the_key_may_send_no_more_than_a_form(db):
    path = f"/hooks/messages/mail/{'x' * 32}/"
    assert post(b"a" * MB, path=path).status_code == 413
    file = SimpleUploadedFile("a", b"a" * MB)
    assert Client().post(path, {"email": file}).status_code == 413


def test_it_costs_one_row(db, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        post(MAIL)
