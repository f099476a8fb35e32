"""The guide on paper: read back as a reader, a scanner, a screen reader and a rogue would."""

import io
import json
import re
from datetime import datetime

import pypdf
import pypdfium2
import pytest
import typst
import zxingcpp
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import translation
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from returns import formats, letters, printed
from returns.codes import Avoid, DocumentKind, Payment
from returns.models import RULE, CarrierAdvice, Document, Lane, ReturnAuthorization
from tests import people
from tests.returns.correspondence import GOODS, Shop, ask, latest

LANGUAGES = ["en", "zh-hans"]
BOTH_LANES = pytest.mark.parametrize("abroad", [True, False], ids=["abroad", "domestic"])
A4 = (595, 842)  # points
LIMIT = 3_000_000  # bytes, all fonts together


class Paper:
    """A PDF, read back."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pdf = pypdf.PdfReader(io.BytesIO(data))
        self.root = self.pdf.trailer["/Root"]
        self.text = joined(page.extract_text() for page in self.pdf.pages)

    def holds(self, words: str) -> bool:
        """Where lines break, and which gap typst sets between hanzi and letters, is layout."""
        return joined([words]) in self.text

    def codes(self, dots: int = 150) -> list[tuple[zxingcpp.BarcodeFormat, str]]:
        """What a scanner finds on the first page, printed in pure black and white."""
        page = pypdfium2.PdfDocument(self.data)[0]
        picture = page.render(scale=dots / 72, grayscale=True).to_pil()
        sheet = picture.point(lambda grey: 255 if grey > 127 else 0)
        return [(code.format, code.text) for code in zxingcpp.read_barcodes(sheet)]

    @property
    def fonts(self) -> dict[str, bool]:
        """Name without its tag → whether it is embedded."""
        found = {}
        for page in self.pdf.pages:
            for font in page["/Resources"]["/Font"].values():
                [part] = font.get("/DescendantFonts", [font])
                held = part.get_object()["/FontDescriptor"]
                name = font["/BaseFont"].partition("+")[2].removesuffix("-Identity-H")
                found[name] = any(key.startswith("/FontFile") for key in held)
        return found

    @property
    def headings(self) -> list[str]:
        def titles(entries):
            for entry in entries:
                yield from titles(entry) if isinstance(entry, list) else [entry.title]

        return list(titles(self.pdf.outline))


def joined(parts) -> str:
    return "".join("".join(part.split()) for part in parts)


def print_it(rma: ReturnAuthorization) -> Paper:
    with letters.speaking(rma.order.language, rma.order.where):
        return Paper(printed.printed_guide(rma))


def sheet_of(rma: ReturnAuthorization) -> printed.Sheet:
    with letters.speaking(rma.order.language, rma.order.where):
        return printed.sheet(rma)


def words_of(value) -> list[str]:
    """Every string in a sheet."""
    match value:
        case str():
            return [value]
        case dict():
            return [words for one in value.values() for words in words_of(one)]
        case list():
            return [words for one in value for words in words_of(one)]
    return []


class Counter(Shop):
    """A shop whose approved returns are printed, advised for both lanes."""

    def __init__(self, language: str = "en", **values) -> None:
        super().__init__(language, automatic_up_to=None)
        if language != "en":
            values = {"returns_address": "山茶与纸 退货部\n杭州市文三路 90 号\n310012"} | values
        for name, value in values.items():
            setattr(self.store, name, value)
        self.store.save()
        rows = (
            {"carrier": "lp-express", "recommended": True, "days_from": 1, "days_to": 2},
            {"service": "Cash on delivery", "avoid": Avoid.CASH_ON_DELIVERY},
        )
        for row in rows:
            values = {"payment": Payment.PREPAID} | row
            CarrierAdvice.objects.create(store=self.store, lane=Lane.DOMESTIC, **values)

    def sends_back(self, *, abroad: bool = True, goods=GOODS, **values) -> ReturnAuthorization:
        """An approved return, of one piece."""
        country = "GB" if abroad else self.store.country
        number = f"JP-3{self.store.orders.count():04d}"
        order = people.place_order(
            self.store, number, goods, language=self.language, country=country, **values
        )
        rma = ask(order)
        rma.approve(by=RULE)
        return ReturnAuthorization.objects.get(pk=rma.pk)


@pytest.fixture
def shop(db) -> Counter:
    return Counter()


@pytest.fixture(params=LANGUAGES)
def any_shop(db, request) -> Counter:
    return Counter(request.param)


# --- What stands on it ------------------------------------------------------------------------


@BOTH_LANES
def test_everything_that_posting_needs_can_be_read(any_shop, abroad):
    rma = any_shop.sends_back(abroad=abroad)
    paper, order = print_it(rma), rma.order
    with letters.speaking(order.language, order.where):
        assert paper.holds(formats.day(rma.post_by))
        guide = printed.Guide.of(rma)
    expected = [rma.number, order.number, order.store.name, order.store.contact_email]
    expected += guide.label + guide.customs + list(guide.packing.values())
    expected += [words for way in guide.ways for words in (way.name, way.payment, way.days)]
    expected += [words for one in guide.avoided for words in (one.name, one.why)]
    assert [words for words in expected if not paper.holds(words)] == []
    assert bool(guide.customs) == abroad and guide.ways and guide.avoided


def test_the_date_is_written_in_the_language_and_told_in_the_zone_of_the_buyer(db):
    rma = Counter("zh-hans").sends_back(zone="Asia/Shanghai")
    # In London it is still the day before.
    rma.post_by = datetime.fromisoformat("2026-12-03T23:59:00+08:00")
    assert "12月3日（周四）" in print_it(rma).text
    rma.order.language = "en"
    assert print_it(rma).holds("Thursday 3 December")


def test_customs_is_told_the_value_in_their_own_letters(db):
    paper = print_it(Counter("zh-hans").sends_back())
    assert paper.holds("Returned goods, not for sale") and paper.holds("68.00 USD")


def test_nothing_about_the_buyer_stands_on_it(shop):
    rma = shop.sends_back()
    paper, order = print_it(rma), rma.order
    private = (order.name, order.first_name, order.email, order.phone, order.street, order.postcode)
    assert [words for words in private if paper.holds(words)] == []


def test_what_it_says_stands_in_the_letter_or_on_the_page_too(any_shop, client):
    """Whoever compares them must never wonder which one is right."""
    rma = any_shop.sends_back()
    letter = letters.write(latest("return_approved"))
    people.open_link(client, rma.order)
    page = client.get(letters.addresses.return_page(rma)).content.decode()
    told = joined([letter.text, re.sub(r"<[^>]+>", "", page).replace("&amp;", "&")])
    sheet = sheet_of(rma)
    only_on_paper = {sheet["strip"], sheet["after"]["words"][0]}
    drawn = {
        sheet["language"],
        sheet["region"],
        *words_of(sheet["barcode"]),
        *words_of(sheet["qr"]),
    }
    drawn |= {row["name"] for row in sheet["pack"]["drawings"]}
    # On the page and in the letter these are put together otherwise.
    drawn |= {sheet["order"], *sheet["pack"]["goods"]}
    sentences = [
        sentence
        for words in words_of(sheet)
        if words not in drawn | only_on_paper
        for sentence in re.split(r"(?<=\.) |(?<=。)", words)
    ]
    assert [words for words in sentences if joined([words]) not in told] == []
    assert len(sentences) > 25


def test_without_advice_it_says_what_any_carrier_must_do_and_who_pays(shop):
    CarrierAdvice.objects.all().delete()
    paper = print_it(shop.sends_back())
    assert paper.holds("Take any carrier that gives you a tracking number and a receipt.")
    assert paper.holds("You pay the postage.")
    assert not paper.holds("Better not")


def test_where_we_made_the_label_nothing_has_to_be_written(shop):
    rma = shop.sends_back()
    Document.objects.create(
        authorization=rma, kind=DocumentKind.LABEL, content_type="application/pdf"
    )
    paper = print_it(rma)
    assert paper.holds("We made a label for this parcel: print it")
    assert not paper.holds("Write this on the label") and not paper.holds("Choose a carrier")
    assert not paper.holds("Užupio g. 14-2")
    assert paper.holds("The parcel crosses a border") and paper.holds(rma.number)


# --- As a scanner sees it ---------------------------------------------------------------------


@pytest.mark.parametrize("dots", [150, 300])
def test_a_cheap_printer_and_a_scanner_read_both_codes(any_shop, dots):
    rma = any_shop.sends_back()
    assert sorted(print_it(rma).codes(dots), key=str) == sorted(
        [
            (zxingcpp.BarcodeFormat.Code128, rma.number),
            (zxingcpp.BarcodeFormat.QRCode, rma.number),
        ],
        key=str,
    )


@BOTH_LANES
def test_it_fits_on_one_sheet_of_a4(any_shop, abroad):
    paper = print_it(any_shop.sends_back(abroad=abroad))
    [page] = paper.pdf.pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == A4


def test_much_to_say_takes_more_sheets_and_the_strip_stays_on_the_first(shop):
    shop.store.returns_address = "\n".join(f"Building {n}, Industrial estate" for n in range(14))
    shop.store.save()
    rma = shop.sends_back()
    paper = print_it(rma)
    first, *others = (joined([page.extract_text()]) for page in paper.pdf.pages)
    assert others and joined(["Cut this strip off"]) in first
    assert all(f"{n}/{len(others) + 1}" in text for n, text in enumerate(others, start=2))
    assert paper.holds("After you post it")
    assert len(paper.codes()) == 2


# --- As it is read aloud ----------------------------------------------------------------------


def test_it_can_be_read_aloud(any_shop):
    rma = any_shop.sends_back()
    paper = print_it(rma)
    assert paper.root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in paper.root
    assert paper.root["/Lang"] == {"en": "en", "zh-hans": "zh-CN"}[any_shop.language]
    assert paper.pdf.metadata.title.startswith(rma.number)
    assert paper.root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert (
        "<pdfuaid:part>1</pdfuaid:part>" in paper.root["/Metadata"].get_object().get_data().decode()
    )


@BOTH_LANES
def test_its_outline_names_the_steps(any_shop, abroad):
    rma = any_shop.sends_back(abroad=abroad)
    sheet = sheet_of(rma)
    parts = [sheet["pack"], sheet["label"], sheet["customs"], sheet["carriers"]]
    expected = [part["heading"] for part in parts if part]
    expected += [sheet["carriers"]["avoided_heading"]]
    expected += [sheet["hand_over"]["heading"], sheet["after"]["heading"]]
    assert print_it(rma).headings == expected


def test_pictures_are_decoration_and_have_words_beside_them(shop):
    """Nothing is announced as a picture, so nothing lacks its description."""
    paper = print_it(shop.sends_back())
    roles = set()

    def walk(node) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            roles.add(node.get("/S"))
            walk(node.get("/K", []))

    walk(paper.root["/StructTreeRoot"])
    assert "/Figure" not in roles and {"/H1", "/P", "/L"} <= roles


# --- As a rogue would have it -----------------------------------------------------------------

HOSTILE = [
    '#import "x": *',
    '#read("/guide/guide.typ")',
    "#panic()",
    "*bold* _it_ `raw`",
    "$ x^2 $ \\ @ref <b> </text>",
    "= Heading // no comment /* nor this */",
    "'#' + \"quoted\" ~ -- --- ...",
    "https://example.com \\u{48}",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_people_write_stays_words(shop, words):
    for name in ("name", "signed_by"):
        setattr(shop.store, name, words)
    shop.store.returns_address = f"{words}\n{words}"
    shop.store.save()
    CarrierAdvice.objects.update(service=words)
    paper = print_it(shop.sends_back(goods=((words, "68.00", 1, {"variant": words}),)))
    assert paper.text.count(joined([words])) >= 8
    assert paper.pdf.metadata.author == words


def test_signs_that_turn_writing_round_or_end_lines_are_taken_out(shop):
    paper = print_it(shop.sends_back(goods=(("Linen\u202eshirt\x07\nfine\u2028one", "68.00", 1),)))
    assert paper.holds("Linen shirt fine one")
    assert not set("\u202e\x07\u2028") & set(paper.text)


def test_any_text_at_all_makes_a_pdf(shop):
    sheet = sheet_of(shop.sends_back())

    @effort(max_examples=15)
    @given(st.text(max_size=40))
    def print_with(words: str) -> None:
        sheet["shop"] = sheet["pack"]["goods"][0] = sheet["label"]["lines"][0] = words
        assert Paper(printed.drawn(sheet)).holds("Write this on the label")

    print_with()


@pytest.mark.parametrize("sign", ["珺", "\U00020bb7", "\U0001f56f", "한", "\u0e01"])
def test_a_sign_that_we_have_no_font_for_breaks_nothing(shop, sign):
    paper = print_it(shop.sends_back(goods=((f"Candle {sign} lit", "68.00", 1),)))
    assert paper.holds("Candle") and paper.holds("lit") and len(paper.codes()) == 2
    assert "/StructTreeRoot" in paper.root


def test_nor_does_it_on_a_machine_without_fonts(shop, monkeypatch):
    monkeypatch.setattr(printed, "all_fonts", printed.own_fonts)
    paper = print_it(shop.sends_back(goods=(("Candle 珺 lit", "68.00", 1),)))
    assert paper.holds("Candle") and paper.holds("lit") and len(paper.codes()) == 2
    assert "/StructTreeRoot" in paper.root


def test_no_template_evaluates_what_it_is_given():
    templates = list((printed.TEMPLATES / "guide").glob("*.typ"))
    assert templates
    assert not [path for path in templates if re.search(r"\beval\b", path.read_text())]


def test_typst_reads_no_file_outside_the_templates():
    with pytest.raises(typst.TypstError, match=r"outside|root|denied"):
        typst.compile(b'#read("../manage.py")', root=str(printed.TEMPLATES))


# --- What it weighs ---------------------------------------------------------------------------


def test_it_is_small_enough_to_mail(any_shop):
    assert len(print_it(any_shop.sends_back()).data) < 100_000


def test_the_same_words_give_the_same_bytes(shop):
    rma = shop.sends_back()
    assert print_it(rma).data == print_it(rma).data


# --- Its fonts --------------------------------------------------------------------------------


def font(name: str) -> TTFont:
    [path] = printed.FONTS.glob(f"{name}.?tf")
    return TTFont(path)


def signs(*names: str) -> set[str]:
    return {chr(code) for name in names for code in font(name).getBestCmap()}


REGULAR = ("NotoSans-Regular", "NotoSansCJKsc-Regular")
BOLD = ("NotoSans-Bold", "NotoSansCJKsc-Bold")


def test_only_our_own_fonts_are_in_it_and_all_are_embedded(any_shop):
    used = print_it(any_shop.sends_back()).fonts
    ours = {path.stem for path in printed.FONTS.glob("*.?tf")}
    assert set(used) <= ours and all(used.values())
    assert ("NotoSansCJKsc-Regular" in used) == (any_shop.language != "en")


def test_the_fonts_are_small_and_their_licence_lies_beside_them():
    fonts = list(printed.FONTS.glob("*.?tf"))
    assert sum(path.stat().st_size for path in fonts) < LIMIT
    licence = (printed.FONTS / "OFL.txt").read_text()
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    for path in fonts:
        names = TTFont(path)["name"]
        assert path.name in licence and names.getDebugName(0) in licence
        assert names.getDebugName(14) == "http://scripts.sil.org/OFL"
    assert "Reserved Font Name" in (printed.FONTS / "NOTICE").read_text()


def gb2312(first: int, last: int) -> set[str]:
    pairs = (bytes((a, b)) for a in range(first, last + 1) for b in range(0xA1, 0xFF))
    return {sign for pair in pairs if (sign := pair.decode("gb2312", "ignore"))}


def test_they_cover_gb_2312_and_every_latin_letter_with_a_mark():
    everything = gb2312(0xA1, 0xF7)
    assert len(everything) == 7445 and everything <= signs("NotoSansCJKsc-Regular")
    common = gb2312(0xB0, 0xD7)
    assert len(common) == 3755 and common <= signs("NotoSansCJKsc-Bold")
    latin = {chr(code) for code in (*range(0xC0, 0x180), *range(0x1E80, 0x1EFA)) if code != 0x149}
    for name in ("NotoSans-Regular", "NotoSans-Bold", "NotoSerif-Bold"):
        assert latin <= signs(name)


def test_they_cover_all_that_we_say_ourselves():
    path = settings.LOCALE_PATHS[0] / "zh_Hans" / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        said = [entry.string for entry in read_po(file, locale="zh_Hans") if entry.id]
    texts = [text for one in said for text in ([one] if isinstance(one, str) else one)]
    assert len(texts) > 100
    assert set("".join(texts)) - signs(*REGULAR) - {"\n"} == set()


def test_they_cover_in_bold_what_the_guide_sets_in_bold(db):
    sheet = sheet_of(Counter("zh-hans").sends_back())
    bold = [
        words
        for part in sheet.values()
        if isinstance(part, dict)
        for words in words_of({key: value for key, value in part.items() if "heading" in key})
    ]
    bold += [sheet["title"], sheet["post_by"], sheet["shop"], sheet["sign"]]
    assert len(bold) > 8
    assert set("".join(bold)) - signs(*BOLD) == set()


def test_the_sheet_is_plain_json(any_shop):
    sheet = sheet_of(any_shop.sends_back())
    assert json.loads(json.dumps(sheet)) == sheet
    with translation.override("fr"):
        assert printed._language() == {"language": "fr", "region": None}
