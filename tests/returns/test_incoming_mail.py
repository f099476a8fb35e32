"""Of a mail that came in we read what is new in it, whatever program wrote it, and whoever
means us harm with it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.channels import Delivery, Incoming, Report
from returns.incoming_mail import MOST_PARTS, read
from returns.mail_text import LONGEST, clean, decoded, new_words, text_of_html
from returns.reply_addresses import token_for

RECORDINGS = Path(__file__).parent.parent / "recordings" / "mail"
TO = f"answers+{token_for(7)}@mail.example.com"


@pytest.fixture(autouse=True)
def answers_come_in(settings):
    settings.REPLY_ADDRESS = "answers@mail.example.com"
    settings.MAIL_FROM = "homeward@localhost"


def recording(name: str) -> bytes:
    raw = (RECORDINGS / f"{name}.eml").read_bytes()
    return raw.replace(b"TOKEN", token_for(7).encode())


def answer(raw: bytes | str) -> Incoming:
    [found] = read(raw if isinstance(raw, bytes) else raw.encode())
    assert isinstance(found, Incoming)
    return found


def mail(body: str = "Hello", **headers: str) -> str:
    named = {"From": "sarah@example.com", "Message-ID": "<a@b>", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"{head}\r\n{body}"


# --- What is new -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "gmail",
            "Thank you, that helps. I am at home on Tuesday – could it come then?\n\nSarah",
        ),
        ("gmail-chinese", "你好，包裹显示已签收，但是我没有收到。"),
        ("apple", "Yes please, leave it with the neighbour."),
        ("apple-chinese", "好的，谢谢！"),
        ("outlook", "The box was open, the café cup is broken.\n\nKind regards\nSarah"),
        ("outlook-html-only", "Hello,\n\nit came today – thank you & all the best."),
        ("outlook-chinese", "地址写错了，请改成解放路18号。"),
        ("outlook-old", "Two of three items are missing."),
        ("qq", "包裹外箱破了，里面的杯子也碎了。"),
        ("qq-html-only", "颜色不对，\n我要的是蓝色。"),
        ("163", "谢谢，已经收到退款。"),
        ("163-new", "请换成大一码，可以吗？"),
        ("taiwan", "請問什麼時候會到？"),
        ("mislabelled", "包裹里少了一支笔，请帮我看一下。"),
    ],
)
def test_only_what_is_new_is_read(name, words):
    found = answer(recording(name))
    assert found.text == words
    assert not found.automatic
    assert found.to == TO


def test_who_wrote_when_and_what_it_answers_is_known():
    found = answer(recording("gmail"))
    assert found.id == "<reply-1@mail.example.net>"
    assert found.sender == "sarah@example.com"
    assert found.at == datetime(2026, 11, 22, 9, 12, 33, tzinfo=UTC)
    assert found.references == ("<letter-1@mail.example.com>", "<letter-2@mail.example.com>")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("> You asked: which size?\n\nLarge.\n\n> And the colour?\n\nBlue.", "Large.\n\nBlue."),
        ("On 22 Nov 2026, Juniper wrote:\n> old\n\nBelow is my answer.", "Below is my answer."),
        ("It came.\n--\nSarah Whitcombe\nBristol", "It came."),
        ("Am 22.11.2026 um 10:00 schrieb Juniper:\nalt", ""),
        ("Merci\n\nLe dim. 22 nov. 2026 à 10:00, Juniper a écrit :\nvieux", "Merci"),
        (
            "From: 12 Harbour Lane\nTo: 14 Harbour Lane",
            "From: 12 Harbour Lane\nTo: 14 Harbour Lane",
        ),
        ("On the label they wrote: nobody home", "On the label they wrote: nobody home"),
        ("快递单上写：无人在家", "快递单上写：无人在家"),
        ("It weighs 5 kg -- too much\n- one\n- two", "It weighs 5 kg -- too much\n- one\n- two"),
        ("Sent from my house in May, and back.", "Sent from my house in May, and back."),
    ],
)
def test_answers_between_the_lines_are_kept_and_sentences_are_no_history(text, words):
    assert new_words(text) == words


def test_where_nothing_is_new_the_whole_is_kept_so_that_no_word_is_lost():
    assert answer(mail("> Large, please.\r\n")).text == "> Large, please."
    assert answer(mail("", Subject="Please cancel my order")).text == "Please cancel my order"


def test_a_mail_that_was_forwarded_to_us_is_read_whole():
    body = "Look:\n\n-----Original Message-----\nFrom: the carrier\n\nWe lost it."
    assert answer(mail(body, Subject="Fwd: your parcel")).text == body
    assert "lost" in answer(mail(body, Subject="转发：包裹")).text
    assert "lost" not in answer(mail(body, Subject="Re: your parcel")).text


def test_quotes_in_html_are_known_by_their_marks():
    html = (
        "<p>One</p><blockquote type='cite'>old <blockquote>older</blockquote> old</blockquote>"
        "<p>Two</p><div class='gmail_quote x'>old<div>old</div></div>a &lt; b<br>&nbsp;c <3"
    )
    assert clean(text_of_html(html)) == "One\n\nTwo\n\na < b\n c <3"


def test_scripts_styles_and_comments_are_no_words():
    html = "<title>t</title><style>p{}</style><script>alert(1)</script><!-- c --><p>Hello"
    assert clean(text_of_html(html)) == "Hello"


def test_a_long_mail_is_cut():
    assert len(answer(mail("word " * 100_000)).text) == LONGEST


def test_what_the_database_and_a_page_cannot_hold_is_left_out():
    text = answer(
        mail(
            "a\x00b\x1b[31m\u202ec\u2028d \u200d👩\u200d👧 e\ud800".encode(
                "utf-8", "replace"
            ).decode()
        )
    ).text
    assert text.startswith("ab[31mc\nd ") and "👩\u200d👧" in text
    text.encode()


# --- Charsets ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "label", "text"),
    [
        ("谢谢".encode("gbk"), "gb2312", "谢谢"),  # also valid UTF-8, of two Cyrillic letters
        ("謝謝".encode("big5"), "big5", "謝謝"),
        ("镕𠮷".encode("gb18030"), "gb2312", "镕𠮷"),
        ("谢谢你们".encode(), "gb2312", "谢谢你们"),
        ("谢谢你们".encode(), "iso-8859-1", "谢谢你们"),
        ("包裹还没有到".encode("gbk"), "", "包裹还没有到"),
        ("crème brûlée".encode("latin-1"), "iso-8859-1", "crème brûlée"),
        ("crème".encode("latin-1"), "", "crème"),
        ("“so”".encode("cp1252"), "iso-8859-1", "“so”"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("今日は".encode("iso-2022-jp"), "iso-2022-jp", "今日は"),
        ("谢谢".encode(), "unknown-8bit", "谢谢"),
        (b"zlib", "zlib_codec", "zlib"),
        (b"plain", "punycode", "plain"),
        ("包裹".encode()[:-1], "utf-8", "包\ufffd"),
        ("包裹还没有到，请看一下".encode("gbk"), "utf-8", "包裹还没有到，请看一下"),
    ],
)
def test_texts_are_read_whatever_their_label_says(raw, label, text):
    assert decoded(raw, label) == text


# --- Files -------------------------------------------------------------------------------


def test_photos_are_taken_and_other_files_are_counted():
    found = answer(recording("photos"))
    assert found.text == "Here is how it looks:\nand from the other side:"
    assert len(found.pictures) == 2
    assert all(picture.startswith(b"\x89PNG") for picture in found.pictures)
    assert found.left_out == 3
    assert "somebody else" not in found.text


def test_five_photos_are_taken_and_the_others_counted():
    part = "--b\r\nContent-Type: image/jpeg\r\n\r\nphoto\r\n"
    found = answer(mail(part * 7 + "--b--", Content_Type="multipart/mixed; boundary=b"))
    assert len(found.pictures) == 5 and found.left_out == 2


def test_a_signature_of_a_program_is_no_file():
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        "--b\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--b--"
    )
    assert answer(mail(body, Content_Type="multipart/signed; boundary=b")).left_out == 0


# --- Whom it is for ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "To", "Cc"])
def test_the_address_that_carries_our_token_is_found_wherever_it_stands(name):
    others = {"To": "shop@example.com, Someone <x@example.com>", "Cc": "y@example.com"}
    assert (
        answer(mail(**(others | {name: f'"A, b" <{TO.upper()}>, z@example.com'}))).to == TO.upper()
    )


def test_a_forged_address_is_not_taken_for_ours():
    name, _, token = TO.partition("+")
    forged = f"{name}+{'b' if token[0] != 'b' else 'c'}{token[1:]}"
    assert answer(mail(To=forged)).to == ""


# --- Machines ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied; owner=sarah"},
        {"Auto-Submitted": "auto-generated"},
        {"Precedence": "bulk"},
        {"Precedence": "junk"},
        {"Precedence": "auto_reply"},
        {"X-Autoreply": "yes"},
        {"Return-Path": "<>"},
        {"From": "MAILER-DAEMON@example.com"},
        {"Subject": "自动回复: 你的包裹"},
        {"Subject": "=?utf-8?b?6Ieq5Yqo5Zue5aSNOiA=?="},
        {"X-Homeward": "letter"},
        {"From": "Juniper <homeward@localhost>"},
        {"From": "ANSWERS@mail.example.com"},
        {"From": TO},
        {"Content-Type": "multipart/report; report-type=disposition-notification; boundary=b"},
    ],
)
def test_what_a_machine_wrote_is_known(headers):
    assert answer(mail(**headers)).automatic


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto-Submitted": "no"},
        {"Subject": "Re: Automatic reply: hello"},
        {"X-Auto-Response-Suppress": "All"},  # Outlook writes it for people, too
    ],
)
def test_what_a_person_wrote_is_known(headers):
    assert not answer(mail(**headers)).automatic


def test_a_holiday_note_is_automatic():
    assert answer(recording("away")).automatic


# --- Letters that came back --------------------------------------------------------------


def test_a_letter_that_came_back_is_reported_and_its_address_given_up():
    assert read(recording("bounced")) == [
        Report(
            id="<letter-2@mail.example.com>",
            state=Delivery.FAILED,
            at=datetime(2026, 11, 22, 9, 5, tzinfo=UTC),
            key="<letter-2@mail.example.com>",
            error="The mail server of the receiver refused it (5.1.1).",
            unreachable=True,
        )
    ]


@pytest.mark.parametrize(
    ("name", "status"), [("bounced-headers-only", "5.2.2"), ("expired", "4.4.7")]
)
def test_a_full_mailbox_or_a_dead_server_does_not_give_the_address_up(name, status):
    [report] = read(recording(name))
    assert isinstance(report, Report)
    assert report.id == "<letter-2@mail.example.com>" and report.state == Delivery.FAILED
    assert status in report.error and not report.unreachable


def test_a_letter_that_is_only_late_is_no_news():
    assert read(recording("delayed")) == []


def test_a_report_about_who_knows_what_is_no_news():
    raw = recording("bounced")
    assert read(raw.replace(b"Message-ID: <letter-2", b"X-Other: <letter-2")) == []


# --- Harm --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"From: " + b"a" * 300_000 + b"\r\n\r\nHello",
        b"a" * 300_000,
        b"From: a@b.c\r\n\r\n" + b"\n" * 700_000,
        b"Content-Type: text/plain\r\n" * (MOST_PARTS + 1) + b"\r\nHello",
    ],
)
def test_what_nobody_could_read_to_its_end_is_refused(raw):
    with pytest.raises(ValueError, match="mail"):
        read(raw)


def test_parts_within_parts_within_parts_end_somewhere():
    deep = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(150)
    )
    assert read(f"From: a@b.c\r\n{deep}\r\nHello".encode())
    deeper = "Content-Type: message/rfc822\r\n\r\n" * 190
    assert read(f"From: a@b.c\r\n{deeper}Hello".encode())


def test_parts_that_were_announced_and_are_missing_lose_no_words():
    assert answer(mail("Hello", Content_Type="multipart/mixed")).text == "Hello"
    assert answer(mail("Hello", Content_Type="multipart/mixed; boundary=b")).text == "Hello"


@pytest.mark.parametrize("day", ["", "soon", "Mon, 1 Jan 1990 00:00:00 +0000"])
def test_a_day_that_cannot_be_is_not_believed(day):
    assert answer(mail(Date=day)).at is None
    assert answer(mail(Date="Fri, 31 Dec 9999 23:59:59 -2359")).at is None


def test_a_mail_without_an_id_has_one_all_the_same():
    raw = "From: sarah@example.com\r\n\r\nHello"
    assert answer(raw).id == answer(raw).id != answer(raw + ".").id


FRAGMENTS = st.sampled_from(
    [
        *(
            b"Content-Type: ",
            b"Content-Type: multipart/mixed; boundary=b\r\n",
            b"\r\n",
            b"\r\n\r\n",
        ),
        *(b"--b\r\n", b"--b--", b"From: ", b"To: ", b"Subject: =?gbk?b?", b"?=", b"charset=", b";"),
        *(b"Content-Transfer-Encoding: base64\r\n", b"text/plain", b"text/html", b"message/rfc822"),
        *(b'"', b"(", b"<", b">", b"@", b"*0*=utf-8''%", b"name", b"\xff\xfe", b"\x00", b" ", b"a"),
        *(b"multipart/report; report-type=delivery-status; boundary=b", b"Action: failed\r\n"),
        *(b"message/delivery-status", b"Content-Disposition: attachment; filename", b"Date: "),
    ]
)


@given(st.lists(FRAGMENTS | st.binary(max_size=20), max_size=40))
def test_nothing_that_comes_in_breaks_the_reading(parts):
    try:
        found = read(b"".join(parts))
    except ValueError:
        return
    for one in found:
        if isinstance(one, Incoming):
            one.text.encode(), one.sender.encode(), one.to.encode(), one.id.encode()
            assert "\x00" not in one.text + one.sender
