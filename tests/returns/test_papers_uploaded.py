"""Papers that a buyer sends for customs: looked at, kept once, cleaned up, or not kept at all."""

import contextlib
import errno
import io
import os
import random
import time
import zlib
from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image

from portal.storage import DurableFileSystemStorage
from returns import labels, papers, photos
from returns.codes import PAPERS, DocumentKind
from returns.models import BUYER, RULE, Actor, Document, Event, EventKind, Order
from returns.models.access import TooOften
from returns.models.document import MOST_OF_BUYER
from returns.models.photo import TooMany
from returns.papers import Unusable, check
from returns.photos.problems import Problem
from returns.texts import PAPERS as WORDS
from returns.texts import of_event
from returns.tidying import drop_lost_files
from tests import people, pictures
from tests.returns.photographs import heic_of_size, quarters, saved

# A PDF without end takes less than one on a machine of its own; tests share theirs.
MOST_SECONDS = 3

HEAD = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
TAIL = b"trailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
PDF = HEAD + TAIL


def with_name(name: bytes) -> bytes:
    return PDF.replace(b"/Pages", name + b" /Pages")


def stream(packed: bytes, says: bytes = b"/Filter /FlateDecode") -> bytes:
    return b"5 0 obj\n<< " + says + b" >>\nstream\n" + packed + b"\nendstream\nendobj\n"


def with_stream(plain: bytes, **more: bytes) -> bytes:
    return HEAD + stream(zlib.compress(plain), **more) + TAIL


def problem(data: bytes) -> str:
    with pytest.raises(Unusable) as caught:
        check(data)
    assert str(papers.PROBLEMS[caught.value.problem]), "it is said in words"
    return caught.value.problem


# --- The look ---------------------------------------------------------------------------------


def test_a_pdf_is_kept_as_it_is():
    paper = check(PDF)
    assert (paper.data, paper.content_type) == (PDF, "application/pdf")
    assert paper.sha256 == sha256(PDF).hexdigest()


def test_what_usual_programs_write_is_taken():
    """Pages that are packed, links, letters, the first page to show, names with a blank."""
    page = b"BT /F1 12 Tf (Order #4123 /JS) Tj ET" * 50
    assert check(with_stream(page)).data
    for name in (
        b"/OpenAction [3 0 R /FitH null]",
        b"/A << /S /URI /URI (https://shop.example/) >>",
        b"/BaseFont /Arial#20Bold",
        b"/BaseFont /#E5#AE#8B#E4#BD#93",
        b"/AcroForm << /Fields [] >>",
        b"/BaseFont /XFABCD+Arial",
        b"/BaseFont /EFGHIJ+Arial",
        b"/F /EF1 /EFont 5 0 R",
        b"/Note (100% paid /EF)",
    ):
        assert check(with_name(name)).data
        assert check(with_stream(name)).data
    # Pictures have by chance what looks like a name whose letters are hidden.
    for picture in (b"\xff\xd8\xff not packed by zlib", b"\xff\xd8 /#76y+< /EF /a#4Fb /#45"):
        assert check(HEAD + stream(picture, says=b"/DCTDecode") + TAIL).data
        assert check(with_stream(picture)).data


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_photo_is_rebuilt_as_every_photo_is(kind):
    sent = pictures.photo(kind=kind)
    paper = check(sent)
    assert paper.content_type == "image/jpeg"
    assert paper.sha256 == sha256(sent).hexdigest()
    assert Image.open(io.BytesIO(paper.data)).format == "JPEG"
    assert paper.data != sent


def test_a_photo_of_a_telephone_is_taken():
    assert check(saved(quarters(), "HEIF")).content_type == "image/jpeg"
    assert problem(heic_of_size(9000, 9000)) == "too_many_pixels"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"my invoice", "wrong_type"),
        (b"<html><script>alert(1)</script></html>", "wrong_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "wrong_type"),
        (b"PK\x03\x04" + bytes(40), "wrong_type"),
        (b" " + PDF, "wrong_type"),
        (b"<html>" + PDF, "wrong_type"),
        (PDF[:-8], "cut_off"),
        (PDF.replace(b"startxref", b""), "cut_off"),
        (PDF + b"x" * 2000, "cut_off"),
        (b"%PDF-1.7" + bytes(labels.MOST_BYTES), "pdf_too_large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "broken"),
        (with_name(b"/Encrypt 7 0 R"), "locked"),
        (with_name(b"/Encrypt<< /Filter /Standard >>"), "locked"),
        (with_name(b"/Encrypt%\n5 0 R"), "locked"),
        (with_name(b"/Encrypt%a (lock)\r5 0 R"), "locked"),
        (with_name(b"/Encrypt\x005 0 R"), "locked"),
        (with_name(b"/Encrypt\x0c5 0 R"), "locked"),
    ],
)
def test_what_is_no_paper_says_why(data, why):
    assert problem(data) == why


# Between the word and the bytes. Browsers go on with the next line, whatever this one holds.
BEGINS = [
    b"stream\n",
    b"stream\r\n",
    b"stream\r",
    b"stream \n",
    b"stream \t\r\n",
    b"stream\0\n",
    b"stream",
    b"stream ",
    b"stream%a stream\n",
    b"stream /Length 9 endstream\r",
    b"stream\n\n",
]

ACTIVE = [
    b"/OpenAction 3 0 R",
    b"/OpenAction << /S /GoTo >>",
    b"/AA << /O << /S /JavaScript >> >>",
    b"/JavaScript (app.alert(1))",
    b"/S /Launch",
    b"/EmbeddedFiles 4 0 R",
    b"/EmbeddedFile",
    b"/S/SubmitForm",
    b"/S /ImportData",
    b"/RichMedia",
    b"/S /GoToE",
    b"/S /GoToR /F (\\\\\\\\host\\\\share)",
    b"/Rendition",
    b"/XFA [ (template) 5 0 R ]",
    b"/XFA 5 0 R",
    b"/XFA%\n5 0 R",
    b"/XFA%\r5 0 R",
    b"/XFA\x005 0 R",
    b"/XFA (form)",
    b"/Subtype /FileAttachment /FS 5 0 R",
    b"/FS << /Type /Filespec /F (x.exe) /EF << /F 5 0 R >> >>",
    b"/EF<</F 5 0 R>>",
    b"/EF 5 0 R",
    b"/EF%<<\n<< /F 5 0 R >>",
    b"/EF \x00%\r5 0 R",
    b"/EF\x005%\n0 R",
    b"/OpenAction%[\n3 0 R",
    b"/N (50% off) /JavaScript 5 0 R",
    b"/N (50%) /XFA 5 0 R",
    b"/J#61vaScript",
    b"/#4C#61unch",
    b"/Open#41ction 3 0 R",
    b"/#58FA 5 0 R",
    b"/#45F 5 0 R",
    b"/E#6ecrypt 5 0 R",
    b"/" + b"".join(b"#%02x" % letter for letter in b"FileAttachment"),
    b"/Type /Obj#53tm",
    b"/F#69lter /AHx",
    b"/a#41 " * 200,
]


@pytest.mark.parametrize("name", ACTIVE)
def test_a_pdf_that_acts_by_itself_is_refused(name):
    assert problem(with_name(name)) == "active"


@pytest.mark.parametrize("name", ACTIVE)
def test_what_acts_is_found_in_packed_parts_too(name):
    assert problem(with_stream(b"1 0 << " + name + b" >>")) == "active"


def test_what_acts_is_found_wherever_it_stands_in_a_packed_part():
    """At every place around the first seam of the pieces in which it is read, and behind."""
    noise = random.Random(7).randbytes(30_000).hex().encode()
    seam = len(zlib.decompressobj().decompress(zlib.compress(noise)[: papers.STEP]))
    assert seam < len(noise) - 100
    for before in (*range(seam - 40, seam + 20), len(noise) - 1):
        data = with_stream(noise[:before] + b"/JavaScript" + noise[before:])
        assert b"/JavaScript" not in data, "it is seen only by unpacking"
        assert problem(data) == "active"


@pytest.mark.parametrize("blanks", [b" ", b"\n", b"\0"])
def test_blanks_between_a_name_and_its_value_hide_nothing_in_packed_parts(blanks):
    """Also where there are so many that they fill a piece of their own."""
    for name in (b"/EF", b"/XFA"):
        assert problem(with_stream(name + blanks * 20_000_000 + b"5 0 R")) == "active"


@pytest.mark.parametrize("begin", BEGINS, ids=[repr(begin) for begin in BEGINS])
def test_a_packed_part_begins_wherever_a_reader_may_begin_it(begin):
    packed = zlib.compress(b"1 0 << /S /JavaScript >>")
    part = b"5 0 obj\n<< /Filter /FlateDecode >>\n" + begin + packed + b"\nendstream\nendobj\n"
    assert problem(HEAD + part + TAIL) == "active"
    honest = part.replace(packed, zlib.compress(b"BT (Order #4123) Tj ET"))
    assert check(HEAD + honest + TAIL).data


def objects(says: bytes, packed: bytes = b"...", begin: bytes = b"\n7 0 obj\n") -> bytes:
    """A PDF with a stream that holds objects, of which the dictionary says `says`."""
    part = begin + b"<<" + says + b">>\nstream\n" + packed + b"\nendstream\nendobj\n"
    return HEAD + part + TAIL


@pytest.mark.parametrize(
    "says",
    [
        b" /Type /ObjStm /Length 5 0 R /N 4 /First 22 /Filter /FlateDecode ",  # cairo, qpdf
        b"/Filter/FlateDecode/First 14/Length 123/N 3/Type/ObjStm",  # Acrobat
        b"/Type/ObjStm/N 3/First 14/Length 99/Extends 4 0 R/Filter[/FlateDecode]",
        b"\n/Type /ObjStm\n/N 100\n/First 808\n/Length 1234\n/Filter /FlateDecode\n",  # pdfTeX
        b" /Type /ObjStm /N 3 /First 14 /Length 99 ",
    ],
)
@pytest.mark.parametrize("begin", [b"\n7 0 obj\n", b"\r7 0 obj ", b"\r\n7 0 obj"])
def test_objects_in_streams_as_usual_programs_write_them_are_taken(says, begin):
    packed = zlib.compress(b"1 0 2 9 << /Type /Catalog >> << /S /URI >>")
    assert check(objects(says, packed if b"Flate" in says else b"1 0 << >>", begin)).data
    # Pages may be packed otherwise: no names of things that act stand in them.
    letters = stream(b"<~87cURD]i~>", says=b"/Filter [ /ASCII85Decode /FlateDecode ]")
    assert check(objects(says, packed if b"Flate" in says else b"", begin) + letters + TAIL).data


@pytest.mark.parametrize(
    "says",
    [
        b"/Type /ObjStm /N 1 /First 4 /Filter /ASCIIHexDecode",
        b"/Filter /AHx /Type /ObjStm /N 1 /First 4",
        b"/Type /ObjStm /Filter [ /ASCII85Decode /FlateDecode ]",
        b"/Type /ObjStm /Filter [/A85/Fl]",
        b"/Type /ObjStm /Filter /LZWDecode",
        b"/Type /ObjStm /Filter/RunLengthDecode",
        b"/Type /ObjStm /Filter /Crypt",
        b"/Type /ObjStm /Filter [/FlateDecode /FlateDecode]",
        b"/Type /ObjStm /Filter /CCITTFaxDecode",
        b"/Type /ObjStm /Filter 9 0 R",
        b"/Type /ObjStm /Filter [9 0 R]",
        b"/Type /ObjStm /Filter%\n/ASCIIHexDecode",
        b"/Type /ObjStm /Filter\0/ASCIIHexDecode",
        b"/Type /ObjStm /Filter /FlateDecode /Filter /AHx",
        b"/Type /ObjStm /F /AHx",
        b"/Type /ObjStm /F (elsewhere.txt)",
        b"/Type /ObjStm /Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 1 >>",
        b"/Type /ObjStm /Filter /FlateDecode /DecodeParms 9 0 R",
        b"/Type /ObjStm /Filter /FlateDecode /DP [9 0 R]",
        b"/Filter /AHx %7 0 obj <<\n/Type /ObjStm",
        b"/Filter /AHx (\n7 0 obj <<) /Type /ObjStm",
        b"/Filter /AHx /A \n7 0 obj << /B 1 >> /Type /ObjStm",
        b"/Type /ObjStm %>>\nstream\n/Filter /AHx",
        b"/Type /ObjStm (>>\nstream\n) /Filter /AHx",
    ],
)
def test_objects_that_are_packed_in_a_way_we_do_not_read_are_refused(says):
    assert problem(objects(says)) == "active"


def test_lies_about_where_a_packed_part_ends_hide_nothing():
    packer = zlib.compressobj(0)  # stored as it is, so that the lie stands in the file
    packed = packer.compress(b"nothing endstream endobj" + bytes(99)) + packer.flush()
    assert b"endstream" in packed
    packer = zlib.compressobj(9)
    hidden = packer.compress(b"endstream here " * 9 + b"/JavaScript") + packer.flush()
    for part in (
        b"% stream\n" + stream(hidden),
        stream(hidden, says=b"/Subtype /Image"),
        stream(hidden, says=b"/Length 3 /Filter 9 0 R"),
        stream(packed) + stream(hidden),
    ):
        assert problem(HEAD + part + TAIL) == "active"


@pytest.mark.parametrize(
    "parts",
    [
        stream(zlib.compress(bytes(40_000_000))),
        stream(zlib.compress(bytes(1_000_000))) * 40,
        b"stream\n\x78\x9c" * 400_000,
        (b"stream\n" + zlib.compress(b"")) * 300_000,
    ],
    ids=["one bomb", "many small ones", "beginnings of nothing", "empty ones"],
)
def test_a_pdf_that_unpacks_without_end_is_not_unpacked(parts):
    begun = time.process_time()
    assert problem(HEAD + parts[: labels.MOST_BYTES - 200] + TAIL) == "too_much"
    assert time.process_time() - begun < MOST_SECONDS


FULL = labels.MOST_BYTES - 300
PACKED = papers.MOST_UNPACKED - 2 * papers.STEP


@pytest.mark.parametrize(
    "pattern",
    [
        b"/" * 99 + b"#",
        b"/" + b"#" * 40,
        b"/" + b"a#4" * 13,
        b"/" + b"a" * 39 + b"#",
        b"/" + b"a" * 41 + b"#41",
        b"/a#41 ",
        b"/XFA#",
        b"#41",
        b"#",
        b"/EF",
        b"/EF" + b" " * 9,
        b"/EF\n",
        b"/XFA",
        b"/XF",
        b"/E",
        b"/Encryp",
        b"/OpenAction [",
        b"/OpenAction" + b" " * 4000 + b"[",
        b"/JavaScrip",
        b"/EmbeddedFil",
        b"/Submit",
        b"eeeeeeeF",
        b"%\n",
        b"stream",
        b"stream ",
        b"stream\n",
        b"stream%",
        b"endstream\r\n",
        b"\n1 0 obj<<",
        b"\n1 0 obj",
        b"\n" + b"1" * 50,
        b"\n1",
        b"\n",
        b"\0",
        b"\n1 0 obj<</ObjStm>>stream\n",
        b"\n1 0 obj<<" + b"/ObjStm" * 50 + b">>stream\n",
        b"\n1 0 obj<</ObjStm" + b"/Filter" * 50 + b">>stream\n",
        b"/ObjStm",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_patterns_without_end_are_looked_through_in_time(pattern, packed):
    """Whether they are taken or refused."""
    if packed:
        part = stream(zlib.compress(pattern * (PACKED // len(pattern)), 9))
        data = HEAD + b"\n1 0 obj<</Type/ObjStm>>stream\n" + part + TAIL
    else:
        data = HEAD + b"\n1 0 obj<</Type/ObjStm>>stream\n" + pattern * (FULL // len(pattern)) + TAIL
    begun = time.process_time()
    with contextlib.suppress(Unusable):
        check(data)
    assert time.process_time() - begun < MOST_SECONDS


def test_every_kind_and_every_problem_has_its_words():
    ours = {DocumentKind.LABEL, DocumentKind.CARRIER}
    assert set(WORDS) == set(PAPERS) == set(DocumentKind) - ours
    codes = {papers.PDF_TOO_LARGE, papers.LOCKED, papers.TOO_MUCH, labels.CUT_OFF, labels.ACTIVE}
    assert set(papers.PROBLEMS) == codes | set(Problem)


# --- Kept -------------------------------------------------------------------------------------


@pytest.fixture
def own_folder(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "portal.storage.DurableFileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }
    return tmp_path


def kept_files(folder) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def another(number: int) -> bytes:
    return PDF.replace(b"/Pages", b"/No%d /Pages" % number)


def take(order, data: bytes = PDF, kind: str = "invoice", by: Actor = BUYER) -> Document:
    return Document.objects.take(order, kind, data, by=by)


def test_a_paper_belongs_to_the_order_and_history_tells_of_it(order, own_folder):
    paper = take(order)
    assert (paper.order, paper.authorization, paper.kind) == (order, None, "invoice")
    assert paper.is_buyers and paper.user is None and paper.looked_at is None
    assert default_storage.open(paper.file).read() == PDF
    event = Event.objects.get(kind=EventKind.PAPERS_ADDED)
    assert (event.order, event.actor, event.authorization) == (order, "buyer", None)
    assert event.data == {"paper": "invoice"}
    assert of_event(event) == "You sent us a paper for customs."


def test_the_same_file_sent_twice_is_one_document(order, own_folder):
    assert take(order).pk == take(order, kind="other").pk
    assert len(kept_files(own_folder)) == Event.objects.filter(kind="papers_added").count() == 1
    other = people.place_order(order.store, "JP-2")
    assert take(other).pk != Document.objects.get(order=order).pk, "another order has its own"


def test_two_at_the_same_moment_leave_one(order, own_folder, monkeypatch):
    """The other one was kept while this one was being looked at."""
    look = papers.check

    def slowly(data):
        monkeypatch.setattr(papers, "check", look)
        take(order, data)
        return look(data)

    monkeypatch.setattr(papers, "check", slowly)
    take(order)
    assert Document.objects.count() == len(kept_files(own_folder)) == 1


def test_there_are_ten_at_most_also_when_they_come_together(order, own_folder, monkeypatch):
    for number in range(MOST_OF_BUYER - 1):
        take(order, another(number))
    look = papers.check

    def slowly(data):
        monkeypatch.setattr(papers, "check", look)
        take(order, another(99))
        return look(data)

    monkeypatch.setattr(papers, "check", slowly)
    for number in (100, 101):
        with pytest.raises(TooMany) as caught:
            take(order, another(number))
        assert caught.value.most == MOST_OF_BUYER
    assert Document.objects.count() == len(kept_files(own_folder)) == MOST_OF_BUYER


def test_tries_are_counted_even_when_nothing_comes_of_them(order, monkeypatch):
    monkeypatch.setattr("returns.models.document.UPLOADS", ((2, timedelta(hours=1)),))
    for _ in range(2):
        with pytest.raises(Unusable):
            take(order, b"no paper")
    with pytest.raises(TooOften):
        take(order)


def test_a_full_disk_leaves_nothing(order, own_folder, monkeypatch):
    def full(self, name, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(DurableFileSystemStorage, "_save", full)
    with pytest.raises(photos.Unusable) as caught:
        take(order)
    assert caught.value.problem == "no_room" and str(papers.PROBLEMS["no_room"])
    assert not Document.objects.exists() and kept_files(own_folder) == []
    assert not Event.objects.filter(kind="papers_added").exists()


def test_a_database_that_fails_leaves_no_file(order, own_folder, monkeypatch):
    def broken(*args, **kwargs):
        raise IntegrityError

    monkeypatch.setattr(Event.objects, "note", broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        take(order)
    assert kept_files(own_folder) == [] and not Document.objects.exists()


def test_what_is_no_paper_leaves_nothing(order, own_folder):
    with pytest.raises(Unusable):
        take(order, with_name(b"/JavaScript"))
    assert kept_files(own_folder) == [] and not Document.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_paper_can_be_taken_away_until_somebody_looked(order, own_folder):
    first, second = take(order), take(order, another(1))
    assert first.take_away(by=BUYER) and first.take_away(by=BUYER)
    assert kept_files(own_folder) == [second.file]
    assert Event.objects.filter(kind=EventKind.PAPERS_REMOVED).count() == 1
    second.note_look()
    looked = Document.objects.get().looked_at
    second.note_look(timezone.now() + timedelta(hours=1))
    assert Document.objects.get().looked_at == looked, "the first look counts"
    assert second.take_away(by=BUYER) is False
    assert kept_files(own_folder) == [second.file]


def test_the_desk_finds_the_newest_paper_first_and_no_label(order, own_folder):
    rma = people.ask_to_return(order)
    Document.objects.add_label(rma, PDF, "application/pdf", "0" * 64, by=RULE)
    sent = [take(order, another(number)) for number in range(3)]
    assert list(Document.objects.from_buyers()) == sent[::-1]
    assert [paper.kind for paper in rma.documents.all()] == ["label"]


def test_papers_stay_when_lost_files_are_dropped(order, own_folder):
    paper = take(order)
    long_ago = (timezone.now() - timedelta(days=3)).timestamp()
    lost = default_storage.save("documents/aa/lost.pdf", io.BytesIO(PDF))
    for name in (paper.file, lost):
        os.utime(default_storage.path(name), (long_ago, long_ago))
    assert drop_lost_files() == 1
    assert kept_files(own_folder) == [paper.file]


# --- What the database itself refuses ---------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "of_return", "of_order"),
    [
        ("label", False, True),
        ("label", False, False),
        ("label", True, True),
        ("invoice", True, False),
        ("payment_record", False, False),
        ("other", True, True),
        ("selfie", False, True),
    ],
)
def test_a_label_is_of_a_return_and_a_paper_of_an_order(order: Order, kind, of_return, of_order):
    owner = {"authorization": people.ask_to_return(order)} if of_return else {}
    owner |= {"order": order} if of_order else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        Document.objects.create(kind=kind, content_type="application/pdf", sha256="1", **owner)


def test_there_is_one_label_a_return_and_each_paper_once_an_order(order):
    rma = people.ask_to_return(order)
    for values in (
        {"kind": "label", "authorization": rma, "sha256": ""},
        {"kind": "other", "order": order, "sha256": "1"},
    ):
        Document.objects.create(content_type="application/pdf", **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.create(content_type="application/pdf", **values)
