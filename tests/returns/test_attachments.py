"""Letters hold what they say is attached, and say so of all that they hold."""

import io
from email.message import EmailMessage

import pypdf
import pytest
import zxingcpp
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext

from returns import letters, printed, tasks
from returns.channels import Attachment, Message
from returns.channels.email import Email
from returns.letters import attached
from returns.models import (
    BUYER,
    RULE,
    Document,
    Notice,
    NoticeKind,
    Order,
    ReturnAuthorization,
)
from tests.mail_server import mail_server
from tests.returns.correspondence import WRITERS, Shop, ask, latest
from tests.returns.test_printed_guide import Paper
from tracking.work import WorkState

LANGUAGES = ["en", "zh-hans"]
ATTACHED = "The guide is attached, ready to print."
GUIDED = {NoticeKind.RETURN_APPROVED, NoticeKind.RETURN_REMINDER}


@pytest.fixture
def server(settings):
    with mail_server() as server:
        settings.MAILERS = server.mailers()
        yield server


@pytest.fixture
def shop(db) -> Shop:
    return Shop(automatic_up_to=None)


@pytest.fixture
def broken_template(monkeypatch, tmp_path) -> None:
    """The PDF cannot be made, and what typst says about it holds the buyer's words."""
    (tmp_path / "guide").mkdir()
    template = "#panic(sys.inputs.sheet)"
    (tmp_path / "guide" / "guide.typ").write_text(template)
    monkeypatch.setattr(printed, "TEMPLATES", tmp_path)


def speaks_of_the_guide(text: str, language: str = "en") -> bool:
    with letters.speaking(language, "UTC"):
        return gettext(ATTACHED) in text


def files_of(mail: EmailMessage) -> list[EmailMessage]:
    return list(mail.iter_attachments())


def the_mail(server, notice: Notice) -> EmailMessage:
    [mail] = [one for one in server.received if str(one["Message-ID"]) == notice.message_id]
    return mail


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_arrives_with_the_approval_and_can_be_printed(db, server, language):
    notice = Shop(language, automatic_up_to=None).approved()
    rma = notice.authorization
    tasks.deliver_notices()
    mail = the_mail(server, notice)
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    [file] = files_of(mail)
    assert file.get_filename() == f"{rma.number}.pdf"
    paper = Paper(file.get_content())
    assert paper.holds(rma.number) and paper.root["/Lang"].startswith(language[:2])
    assert (zxingcpp.BarcodeFormat.QRCode, rma.number) in paper.codes()
    for part in ("plain", "html"):
        assert speaks_of_the_guide(mail.get_body((part,)).get_content(), language)
    notice.refresh_from_db()
    assert speaks_of_the_guide(notice.text, language), "the record says what was sent"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(WRITERS))
def test_case_70_every_letter_says_of_its_files_what_is_true(db, kind, language):
    notice = WRITERS[kind](Shop(language, automatic_up_to=None))
    letter = letters.write(notice)
    has_guide = kind in GUIDED
    assert [file.content_type for file in letter.attachments] == ["application/pdf"] * has_guide
    assert speaks_of_the_guide(letter.text, language) == has_guide
    assert speaks_of_the_guide(letter.html, language) == has_guide
    assert letters.message(notice, letter).attachments == letter.attachments


def test_the_letter_and_its_guide_name_the_same_day(shop):
    notice = shop.reminder()
    letter = letters.write(notice)
    with letters.speaking("en", notice.order.where):
        day = letters.formats.day(notice.authorization.post_by)
    assert day in letter.text and Paper(letter.attachments[0].data).holds(day)


def test_who_keeps_the_goods_gets_no_guide(shop):
    rma = ask(shop.order())
    ReturnAuthorization.objects.filter(pk=rma.pk).update(keeps_goods=True)
    rma.refresh_from_db()
    rma.approve(by=RULE)
    letter = letters.write(latest(NoticeKind.RETURN_APPROVED))
    assert letter.attachments == () and not speaks_of_the_guide(letter.text)


def test_nor_does_who_has_posted_already(shop):
    rma = ask(shop.order())
    rma.approve(by=RULE)
    rma.say_posted(by=BUYER)
    letter = letters.write(latest(NoticeKind.RETURN_APPROVED))
    assert letter.attachments == () and not speaks_of_the_guide(letter.text)


def test_a_guide_that_cannot_be_made_holds_no_letter_back(shop, server, broken_template, caplog):
    notice = shop.approved()
    tasks.deliver_notices()
    notice.refresh_from_db()
    assert notice.state == WorkState.DONE
    mail = the_mail(server, notice)
    assert files_of(mail) == []
    assert not speaks_of_the_guide(mail.get_body(("plain",)).get_content())
    assert "Write this on the label" in notice.text, "all of it stands in the letter"
    assert f"Notice {notice.pk} goes without its guide: TypstError" in caplog.text
    assert "Linen shirt" not in caplog.text and notice.authorization.number not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_guide_is_drawn(monkeypatch):
    seen = []

    def noting(notice: Notice) -> Attachment | None:
        seen.append(connection.in_atomic_block)
        return make(notice)

    make = attached.MAKERS["guide"]
    monkeypatch.setitem(attached.MAKERS, "guide", noting)
    letters.write(Shop(automatic_up_to=None).approved())
    assert seen == [False]


def test_any_file_goes_with_a_mail_whole(server):
    file = Attachment("HW-7F3K-9Q2M.pdf", "application/pdf", bytes(range(256)) * 40)
    message = Message("<1@x>", "a@example.com", "Shop", "", "en", "S", "T", attachments=(file,))
    Email().send(message)
    [found] = files_of(server.received[0])
    assert (found.get_filename(), found.get_content()) == (file.name, file.data)
    assert found.get_content_disposition() == "attachment"
    assert server.received[0].get_body(("plain",)).get_content().strip() == "T"


def test_a_file_is_not_printed_into_logs():
    file = Attachment("label.pdf", "application/pdf", b"Sarah Whitcombe")
    assert "Sarah" not in repr(file)


def test_the_guide_of_the_mail_is_the_one_of_the_page(shop):
    notice = shop.approved()
    [file] = letters.write(notice).attachments
    with letters.speaking(notice.language, notice.order.where):
        assert file.data == printed.printed_guide(notice.authorization)
    assert len(pypdf.PdfReader(io.BytesIO(file.data)).pages) == 1


def labelled(shop, data: bytes = b"%PDF-1.7 a label %%EOF") -> Notice:
    """The letter that brings the merchant's label, and the instructions anew."""
    rma = ask(shop.order())
    rma.approve(by=RULE)
    Document.objects.add_label(rma, data, "application/pdf", "0" * 64, by=RULE)
    return latest(NoticeKind.RETURN_APPROVED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_is_sent_as_soon_as_the_shop_has_made_it(db, language):
    notice = labelled(Shop(language, automatic_up_to=None))
    number = notice.authorization.number
    assert letters.is_still_true(notice)
    letter = letters.write(notice)
    assert [file.name for file in letter.attachments] == [f"{number}.pdf", f"{number}-label.pdf"]
    assert letter.attachments[1].data == b"%PDF-1.7 a label %%EOF"
    says = "It is attached to this mail." if language == "en" else "面单就附在这封邮件里。"
    assert says in letter.text and says in letter.html


def test_a_label_does_not_go_to_a_contact_that_was_changed_lately(shop):
    notice = labelled(shop)
    Order.objects.update(contact_changed_at=timezone.now(), previous_email="old@example.com")
    letter = letters.write(Notice.objects.get(pk=notice.pk))
    assert [file.name for file in letter.attachments] == [f"{notice.authorization.number}.pdf"]
    assert "It is attached to this mail." not in letter.text
    assert "we first ask for a code" in letter.text


def test_of_two_labels_only_the_newer_is_told_and_none_once_it_is_posted(shop):
    first = labelled(shop)
    rma = first.authorization
    Document.objects.add_label(rma, b"%PDF-1.7 new %%EOF", "application/pdf", "1" * 64, by=RULE)
    second = latest(NoticeKind.RETURN_APPROVED)
    assert (letters.is_still_true(first), letters.is_still_true(second)) == (False, True)
    rma.say_posted(by=BUYER)
    second.authorization.refresh_from_db()
    assert not letters.is_still_true(second)
