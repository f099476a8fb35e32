"""A label that the merchant made: looked at before a buyer prints it."""

import io
from hashlib import sha256

import pytest
from PIL import Image

from returns import labels
from returns.labels import Unusable, check

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def with_name(name: bytes) -> bytes:
    return PDF.replace(b"/Pages", name + b" /Pages")


def picture(kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(file, kind)
    return file.getvalue()


def problem(data: bytes) -> str:
    with pytest.raises(Unusable) as caught:
        check(data)
    assert labels.PROBLEMS[caught.value.problem], "it is said in words"
    return caught.value.problem


def test_a_pdf_is_kept_as_it_is():
    label = check(PDF)
    assert (label.data, label.content_type) == (PDF, "application/pdf")
    assert label.sha256 == sha256(PDF).hexdigest()


def test_what_programs_write_behind_the_end_does_no_harm():
    assert check(PDF + b"\n" * 500).content_type == "application/pdf"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_rebuilt_as_every_photo_is(kind):
    sent = picture(kind)
    label = check(sent)
    assert label.content_type == "image/jpeg"
    assert label.sha256 == sha256(sent).hexdigest()
    assert Image.open(io.BytesIO(label.data)).format == "JPEG"
    assert label.data != sent


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"a label", "wrong_type"),
        (b"<html><script>alert(1)</script></html>", "wrong_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "wrong_type"),
        (b"GIF89a" + bytes(40), "wrong_type"),
        (b" " + PDF, "wrong_type"),
        (PDF[:-8], "cut_off"),
        (PDF + b"x" * 2000, "cut_off"),
        (b"%PDF-1.7" + bytes(labels.MOST_BYTES), "too_large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "broken"),
    ],
)
def test_what_is_no_label_says_why(data, why):
    assert problem(data) == why


@pytest.mark.parametrize(
    "name",
    [
        b"/OpenAction 3 0 R",
        b"/OpenAction << /S /GoTo >>",
        b"/AA << /O << /S /JavaScript >> >>",
        b"/JavaScript (app.alert(1))",
        b"/S /Launch",
        b"/EmbeddedFiles 4 0 R",
        b"/EmbeddedFile",
        b"/S/SubmitForm",
        b"/RichMedia",
        b"/J#61vaScript",
        b"/#4C#61unch",
        b"/Open#41ction 3 0 R",
    ],
)
def test_a_pdf_that_acts_by_itself_is_refused(name):
    assert problem(with_name(name)) == "active"


def test_which_page_to_show_first_is_no_action():
    assert check(with_name(b"/OpenAction [3 0 R /FitH null]")).content_type == "application/pdf"
    assert check(with_name(b"/OpenAction\n [3 0 R /Fit]")).content_type == "application/pdf"
