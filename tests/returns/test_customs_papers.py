"""The papers for customs: read back as an officer, a screen reader and a rogue would."""

import json
import re
from datetime import datetime
from decimal import Decimal

import pypdfium2
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from portal.order_page.deliveries import Delivery, deliveries
from returns import customs_papers, letters, printed
from returns.customs_papers import invoice, printed_invoice, printed_value_proof, value_proof
from returns.models import BUYER, RULE, Order, OrderLine, ReturnAuthorization, ReturnLine, Wanted
from tests import people
from tests.returns.test_printed_guide import HOSTILE, Paper, joined, words_of

pytestmark = pytest.mark.django_db

LANGUAGES = ["en", "zh-hans"]
GOODS = (
    ("Linen shirt", "68.00", 2, {"variant": "white, M", "sku": "LS-1", "weight_grams": 310}),
    ("Mug", "14.50", 1, {"discount": Decimal("4.50"), "weight_grams": 400}),
)
NOW = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


def bought(store, goods=GOODS, **values) -> Order:
    return people.place_order(store, "JP-20500", goods, delivered=False, **values)


def sent_back(order: Order, *quantities: int) -> ReturnAuthorization:
    """An approved return of so many of each line, from the top."""
    lines = list(order.lines.all())
    counts = quantities or [line.quantity for line in lines]
    wanted = [
        Wanted(line.pk, n, "changed_mind") for line, n in zip(lines, counts, strict=True) if n
    ]
    rma = order.request_return(wanted, by=BUYER, key="form")
    if rma.status != "approved":
        rma.approve(by=RULE)
    return ReturnAuthorization.objects.get(pk=rma.pk)


def print_invoice(rma, *, whole: bool = True) -> Paper:
    with letters.speaking(rma.order.language, rma.order.where):
        return Paper(printed_invoice(rma, whole_address=whole))


def print_value(order, *, whole: bool = True) -> Paper:
    with letters.speaking(order.language, order.where):
        return Paper(printed_value_proof(order, parcels(order), whole_address=whole))


def parcels(order) -> list[Delivery]:
    return deliveries(order, NOW)


def invoice_of(rma, *, whole: bool = True) -> printed.Sheet:
    with letters.speaking(rma.order.language, rma.order.where):
        return invoice(rma, whole_address=whole)


def value_of(order) -> printed.Sheet:
    with letters.speaking(order.language, order.where):
        return value_proof(order, parcels(order), whole_address=True)


def told(sheet: printed.Sheet, name: str) -> dict[str, str]:
    """Label → value of one list of facts."""
    return {row["en"]: row["value"] for row in sheet[name]}


def amount(words: str) -> Decimal:
    return Decimal(words.split()[0].replace(",", ""))


def adds_up(sheet: printed.Sheet) -> Decimal:
    """Each row multiplies; returns what all of them add up to."""
    for row in sheet["rows"]:
        assert amount(row["one"]) * int(row["units"]) == amount(row["amount"]), row
    return sum((amount(row["amount"]) for row in sheet["rows"]), Decimal(0))


# --- The invoice ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_invoice_says_in_english_what_customs_asks(store, language):
    order = bought(store, language=language)
    rma = sent_back(order)
    expected = [
        "Commercial invoice", "RETURNED GOODS, not a sale", "return of goods to the seller",
        "Value for customs purposes only.", "Signature", "HS code", "Country of origin",
        rma.number, order.number, "16 November 2026", "Linen shirt, white, M", "LS-1",
        "68.00 USD", "136.00 USD", "10.00 USD", "146.00 USD", "USD", "620 g", "1.02 kg",
        "Sarah Whitcombe", "12 Harbour Lane", "BS1 4QA Bristol", "United Kingdom",
        "+44 7700 900123", "Lithuania", *store.returns_address.splitlines(),
    ]  # fmt: skip
    Order.objects.update(placed_at=datetime.fromisoformat("2026-11-16T12:00:00+00:00"))
    paper = print_invoice(ReturnAuthorization.objects.get(pk=rma.pk))
    assert [words for words in expected if not paper.holds(words)] == []


def test_by_link_alone_name_street_postcode_and_phone_are_lines_to_write_on(store):
    rma = sent_back(bought(store, company="Whitcombe Ltd", street2="Flat 3", region="Avon"))
    paper, order = print_invoice(rma, whole=False), rma.order
    private = (order.name, "Whitcombe", order.street, "Flat 3", order.postcode, order.phone)
    private += (order.email, order.region, "Sarah")
    assert [words for words in private if paper.holds(words)] == []
    assert paper.holds("Bristol") and paper.holds("United Kingdom")
    rows = {row["en"]: row["value"] for row in invoice_of(rma, whole=False)["sender"]["rows"]}
    empty = {"Name", "Street and number", "Postcode", "Phone"}
    assert {name for name, value in rows.items() if not value} == empty
    whole = print_invoice(rma)
    known = (order.company, order.street, "Flat 3", order.postcode, order.phone, order.region)
    assert all(whole.holds(words) for words in known)


def test_what_the_shop_does_not_know_is_a_line_to_write_on_too(store):
    order = bought(store, goods=(("Mug", "14.50", 1),), phone="", name="")
    rows = {row["en"]: row["value"] for row in invoice_of(sent_back(order))["sender"]["rows"]}
    assert rows["Name"] == rows["Phone"] == ""
    sheet = invoice_of(order.returns.get())
    assert sheet["rows"][0]["weight"] == told(sheet, "totals")["Weight of the goods"] == ""
    assert told(sheet, "facts")["Number of the parcel"] == ""


def test_one_thing_without_a_weight_leaves_the_whole_weight_open(store):
    sheet = invoice_of(sent_back(bought(store, (*GOODS, ("Bowl", "9.00", 1)))))
    assert [row["weight"] for row in sheet["rows"]] == ["620 g", "400 g", ""]
    assert told(sheet, "totals")["Weight of the goods"] == ""


def test_only_what_was_approved_and_has_to_come_back_is_on_it(store):
    rma = sent_back(bought(store, (("Linen shirt", "68.00", 5), *GOODS[1:])), 4, 0)
    ReturnLine.objects.update(approved=3, waived=1)
    sheet = invoice_of(ReturnAuthorization.objects.get(pk=rma.pk))
    assert told(sheet, "totals")["Pieces"] == "2"
    assert {row["title"] for row in sheet["rows"]} == {"Linen shirt"}
    assert adds_up(sheet) == amount(told(sheet, "totals")["Total value"])


def test_the_value_is_what_was_paid_and_the_one_that_the_guide_names(store):
    """Discounts and taxes of the line are in it; 100.00 for three is divided to the cent."""
    goods = (
        ("Sock", "40.00", 3, {"discount": Decimal("20.00")}),
        ("Mug", "10.00", 2, {"tax": Decimal("1.99")}),
        ("Free sample", "5.00", 1, {"discount": Decimal("5.00")}),
    )
    rma = sent_back(bought(store, goods))
    sheet = invoice_of(rma)
    assert adds_up(sheet) == Decimal("121.99") == rma.value
    assert told(sheet, "totals")["Total value"] == "121.99 USD"
    socks = [(row["units"], row["one"]) for row in sheet["rows"] if row["title"] == "Sock"]
    assert socks == [("2", "33.33 USD"), ("1", "33.34 USD")]
    assert [row["one"] for row in sheet["rows"] if row["title"] == "Free sample"] == ["0.00 USD"]


@pytest.mark.parametrize(("currency", "coin"), [("JPY", "1"), ("USD", "0.01"), ("KWD", "0.001")])
@effort(max_examples=60)
@given(units=st.integers(1, 40), coins=st.integers(0, 10**7))
def test_any_amount_is_divided_to_the_smallest_coin(currency, coin, units, coins):
    line = OrderLine(title="Sock")
    total = coins * Decimal(coin)
    rows = list(customs_papers._rows(line, units, total, currency))
    assert sum(row["units"] for row in rows) == units
    assert sum(row["amount"] for row in rows) == total
    assert all(row["one"] * row["units"] == row["amount"] for row in rows)
    assert len(rows) <= 2
    values = [row["one"] for row in rows]
    assert max(values) - min(values) <= Decimal(coin)


def test_the_number_of_the_parcel_stands_on_it_once_it_is_known(store):
    rma = sent_back(bought(store))
    rma.name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    assert print_invoice(ReturnAuthorization.objects.get(pk=rma.pk)).holds("RB123456785GB")


def test_many_things_go_on_with_numbered_pages(store):
    goods = tuple((f"Thing {n}", "1.00", 1) for n in range(60))
    rma = sent_back(bought(store, goods))
    paper = print_invoice(rma)
    pages = [joined([page.extract_text()]) for page in paper.pdf.pages]
    assert len(pages) > 1 and all(f"{n}/{len(pages)}" in text for n, text in enumerate(pages, 1))
    assert all("Countryoforigin" in text for text in pages[:-1]), "the columns are named again"
    assert paper.holds("Thing 59") and paper.holds("60.00 USD") and paper.holds("Signature")


# --- The proof of value -----------------------------------------------------------------------


def test_the_proof_says_what_was_bought_and_paid_when_and_where(store):
    order = bought(store)
    paper, parcel = print_value(order), order.outbound[0].parcel
    expected = [
        "Proof of value", "Juniper & Pine", "Lithuania", "hello@juniper.example", "JP-20500",
        "Linen shirt, white, M", "136.00 USD", "10.00 USD", "146.00 USD", "6.00 USD",
        "Sarah Whitcombe", "Bristol", "United Kingdom", parcel.number, "Royal Mail",
        "2 × Linen shirt, white, M", "nothing has to be paid because of it",
    ]  # fmt: skip
    assert [words for words in expected if not paper.holds(words)] == []


@pytest.mark.parametrize("whole", [True, False])
def test_no_street_phone_or_postcode_ever_stands_on_the_proof(store, whole):
    order = bought(store)
    paper = print_value(order, whole=whole)
    private = (order.street, order.postcode, order.phone, order.email)
    assert [words for words in private if paper.holds(words)] == []
    assert paper.holds(order.name) == whole
    assert paper.holds("Bristol")


@pytest.mark.parametrize(
    ("values", "other"),
    [
        ({"paid_total": Decimal("152.00")}, None),
        ({"paid_total": Decimal("150.00")}, "-2.00 USD"),
        ({"paid_total": Decimal("180.00"), "refunded_total": Decimal("28.00")}, None),
        ({"paid_total": Decimal("180.00"), "refunded_total": Decimal("20.00")}, "8.00 USD"),
    ],
)
def test_its_sums_add_up_to_what_was_paid(store, values, other):
    order = bought(store, **values)
    sheet = value_of(order)
    sums = told(sheet, "totals")
    assert adds_up(sheet) == amount(sums["Goods"]) == Decimal(146)
    kept = amount(sums["Goods"]) + amount(sums["Postage"])
    kept += amount(sums.get("Anything else in the order", "0"))
    assert kept == amount(sums["Paid in all"]) == order.paid_total - order.refunded_total
    assert sums.get("Anything else in the order") == other
    assert ("Given back since" in sums) == bool(order.refunded_total)


def test_what_was_taken_out_of_the_order_or_needs_no_parcel_is_not_among_the_goods(store):
    goods = (
        ("Linen shirt", "68.00", 3, {"cancelled": 2}),
        ("Mug", "14.00", 1, {"cancelled": 1}),
        ("Gift card", "50.00", 1, {"needs_shipping": False}),
    )
    sheet = value_of(bought(store, goods))
    assert [(row["title"], row["units"]) for row in sheet["rows"]] == [("Linen shirt", "1")]
    assert adds_up(sheet) == Decimal(68)


def test_an_order_that_was_not_paid_says_so(store):
    sheet = value_of(bought(store, paid_at=None, paid_total=Decimal(0)))
    assert told(sheet, "facts")["Date of the payment"] == "not paid"
    assert "Paid in all" not in told(sheet, "totals")
    assert told(sheet, "totals")["Goods and postage"] == "152.00 USD"


# --- Both -------------------------------------------------------------------------------------

BOTH = pytest.mark.parametrize("which", ["invoice", "value"])


def print_either(which: str, order: Order) -> Paper:
    return print_invoice(sent_back(order)) if which == "invoice" else print_value(order)


@BOTH
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_can_be_read_aloud_and_printed_anywhere(store, which, language):
    order = bought(store, language=language)
    paper = print_either(which, order)
    assert paper.root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in paper.root
    assert paper.root["/Lang"] == "en"
    about = paper.root["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in about
    assert paper.pdf.metadata.author == store.name
    assert len(paper.headings) >= 2
    ours = {path.stem for path in printed.FONTS.glob("*.?tf")}
    assert set(paper.fonts) <= ours and all(paper.fonts.values())
    assert len(paper.data) < 100_000
    [page] = paper.pdf.pages
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)


@BOTH
def test_the_buyers_language_stands_below_and_is_named_for_reading_aloud(store, which):
    order = bought(store, language="zh-hans")
    paper = print_either(which, order)
    with translation.override("zh-hans"):
        own = str(customs_papers._("Order number"))
    assert own != "Order number"
    assert paper.holds("Order number") and paper.holds(own)
    assert "zh" in languages(paper)
    assert "zh" not in languages(print_either(which, bought_in_english(store)))


def bought_in_english(store) -> Order:
    return people.place_order(store, "JP-20501", GOODS, delivered=False)


def languages(paper: Paper) -> set[str]:
    """Those that parts of the text are marked with."""
    found: set[str] = set()

    def walk(node) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            found.update([str(node["/Lang"])[:2]] if "/Lang" in node else [])
            walk(node.get("/K", []))

    walk(paper.root["/StructTreeRoot"])
    for page in paper.pdf.pages:
        content = page.get_contents().get_data()
        found.update(lang.decode()[:2] for lang in re.findall(rb"/Lang\s*\((\w+)", content))
    return found


@BOTH
def test_goods_with_chinese_names_are_drawn_and_not_boxes(store, which):
    order = bought(store, goods=(("青花陶瓷杯", "14.00", 1, {"variant": "大号"}),))
    paper = print_either(which, order)
    assert paper.holds("青花陶瓷杯, 大号")
    text = pypdfium2.PdfDocument(paper.data)[0].get_textpage().get_text_range()
    assert "青花陶瓷杯" in text
    assert "NotoSansCJKsc-Regular" in paper.fonts


@BOTH
@pytest.mark.parametrize("words", HOSTILE)
def test_whatever_people_write_stays_words(store, which, words):
    store.name = store.returns_address = words
    store.save()
    values = {"name": words, "street": words, "city": words, "company": words}
    order = bought(store, goods=((words, "68.00", 1, {"variant": words, "sku": words}),), **values)
    paper = print_either(which, order)
    assert paper.text.count(joined([words])) >= 5
    assert paper.pdf.metadata.author == words


@BOTH
@pytest.mark.parametrize("sign", ["珺", "\U0001f56f", "한", "\u0e01", "\u202e\x07"])
def test_a_sign_that_we_have_no_font_for_breaks_nothing(store, which, sign):
    paper = print_either(which, bought(store, goods=((f"Candle {sign} lit", "8.00", 1),)))
    assert paper.holds("Candle") and paper.holds("lit") and paper.holds("8.00 USD")


@BOTH
def test_the_same_words_give_the_same_bytes_and_the_sheet_is_plain_json(store, which):
    order = bought(store)
    rma = sent_back(order)
    make = (lambda: print_invoice(rma)) if which == "invoice" else (lambda: print_value(order))
    assert make().data == make().data
    sheet = invoice_of(rma) if which == "invoice" else value_of(order)
    assert json.loads(json.dumps(sheet)) == sheet
    assert len(words_of(sheet)) > 30


def test_no_template_evaluates_what_it_is_given():
    templates = list((printed.TEMPLATES / "papers").glob("*.typ"))
    assert len(templates) == 3
    assert not [path for path in templates if re.search(r"\beval\b", path.read_text())]
