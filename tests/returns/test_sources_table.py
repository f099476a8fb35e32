"""Orders from CSV and XLSX tables, read."""

import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from returns import sources
from returns.sources import Shop, Unreadable, money, read, table
from tests.returns import recordings
from tests.returns.recordings import NOW, SHOP

HEAD = "order_number,placed_at,title,quantity,unit_price"


def csv(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows]).encode()


def refusal(content: bytes, slug: str = "") -> str:
    with pytest.raises(Unreadable) as caught:
        read(content, SHOP, slug)
    return str(caught.value)


def only(content: bytes, shop: Shop = SHOP):
    found = read(content, shop)
    assert not found.problems
    [(_, data)] = found.orders
    return data


def test_rows_with_one_number_make_one_order():
    found = recordings.reading("table/orders.csv")
    assert [(data.number, len(data.lines)) for _, data in found.orders] == [("A-1", 2), ("A-2", 1)]
    assert found.notes == ["not read, because not known: warehouse"]


def test_an_order_discount_is_shared_and_everything_adds_up():
    order = recordings.reading("table/orders.csv").orders[0][1]
    assert [line.discount for line in order.lines] == [Decimal("9.93"), Decimal("0.07")]
    assert (
        order.paid == sum(line.paid for line in order.lines) + order.postage == Decimal("1238.50")
    )


def test_each_waybill_is_a_parcel_of_its_rows():
    first, second = recordings.reading("table/orders.csv").orders[0][1].fulfilments
    assert (first.numbers, first.lines, first.scans[0].milestone) == (
        ("GLS001",),
        (("LAMP", 1),),
        "delivered",
    )
    assert (second.numbers, second.lines, second.scans) == (("GLS002",), (("BULB", 4),), ())


def test_an_empty_paid_at_is_unpaid_and_a_missing_column_is_paid():
    assert recordings.reading("table/orders.csv").orders[1][1].paid_at is None
    order = only(csv("1,2026-11-01,Rug,1,80"))
    assert (order.paid_at, order.paid) == (datetime(2026, 11, 1, tzinfo=UTC), Decimal(80))


def test_a_chinese_table_is_understood():
    order = only(
        recordings.path("table/orders-chinese-gb18030.csv").read_bytes(),
        Shop("CNY", "CN", "Asia/Shanghai", "zh-hans", NOW),
    )
    assert (order.name, order.city, order.lines[0].title) == ("李娜", "上海市", "茶杯")
    assert order.placed_at == datetime(2026, 11, 1, 1, 5, tzinfo=UTC)
    assert order.fulfilments[0].carrier == "zto"
    assert order.fulfilments[0].shipped_at == datetime(2026, 11, 1, 16, tzinfo=UTC)


def test_an_excel_file_keeps_its_numbers_and_dates():
    found = recordings.reading("table/orders.xlsx")
    [(at, order)] = found.orders
    assert (at, order.number, order.phone) == ("row 2 (order 3001)", "3001", "447700900123")
    assert order.placed_at == datetime(2026, 11, 4, 9, 30, tzinfo=UTC)
    assert (order.lines[0].unit_price, order.paid) == (Decimal("68.1"), Decimal("142.2"))
    assert [str(problem) for problem in found.problems] == [
        "row 4, quantity: “1.5” is not a whole number"
    ]


def test_every_wrong_row_is_named_with_row_column_and_reason():
    found = recordings.reading("table/orders-wrong.csv")
    assert [data.number for _, data in found.orders] == ["B-1"]
    assert [(problem.at, problem.path) for problem in found.problems] == [
        ("row 3", "placed_at"),
        ("row 4", "currency"),
        ("row 5", "country"),
        ("row 6", "email"),
        ("row 7", "quantity"),
        ("row 8", "quantity"),
        ("row 9", "quantity"),
        ("row 10", "quantity"),
        ("row 11", "unit_price"),
        ("row 12", "unit_price"),
        ("row 14", "country"),
        ("row 15", "order_number"),
        ("row 16", "placed_at"),
        ("row 17", ""),
    ]
    assert all(problem.reason for problem in found.problems)


def test_a_row_that_disagrees_about_its_order_names_both():
    [problem] = [
        problem
        for problem in recordings.reading("table/orders-wrong.csv").problems
        if problem.at == "row 14"
    ]
    assert str(problem) == "row 14, country: differs from row 13, which is of the same order"


def test_missing_columns_are_named_with_what_was_found():
    assert refusal(b"order_number,colour\n1,red\n") == (
        "row 1: the columns placed_at, title, quantity, unit_price are missing; "
        "found: order_number, colour; see import_orders --columns"
    )


def test_a_column_may_not_stand_twice():
    assert refusal(csv("1,2026-11-01,Rug,1,80,2", head=f"{HEAD},qty")) == (
        "row 1, quantity: stands there twice"
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_seen_from_the_headings(separator):
    content = csv("1,2026-11-01,Rug,1,80").replace(b",", separator.encode())
    assert only(content).lines[0].title == "Rug"


def test_utf_16_as_excel_saves_unicode_text_is_read():
    content = csv("1,2026-11-01,Užupis,1,80").decode().replace(",", "\t").encode("utf-16")
    assert only(content).lines[0].title == "Užupis"


def test_western_letters_are_not_taken_for_chinese():
    content = csv("1,2026-11-01,Müller Gürtel für Bücher,1,80").decode().encode("cp1252")
    assert refusal(content) == ("the text is neither UTF-8 nor GB18030; save it as “CSV UTF-8”")


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (HEAD.encode(), "the table has headings but no rows"),
        (b"\xd0\xcf\x11\xe0rest", "this is an old Excel file (.xls); save it as .xlsx"),
        (b"%PDF-1.7", "this is a PDF, not a table"),
        (b"PK\x03\x04 cut", "the XLSX file is damaged or cut off"),
        (b"a\x00b", "this is not a text file and no XLSX either"),
        (csv('1,2026-11-01,"Rug,1,80'), "the table cannot be read: a quotation mark is not closed"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(content, reason):
    assert refusal(content) == reason


def test_a_zip_that_is_no_workbook_is_named():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert refusal(file.getvalue()) == "this is a ZIP file, but not an XLSX table"


def test_a_small_file_that_unpacks_to_very_much_is_refused(monkeypatch):
    monkeypatch.setattr(table, "LARGEST_UNPACKED", 100)
    content = recordings.path("table/orders.xlsx").read_bytes()
    assert refusal(content) == "the XLSX file holds too much; please split it"


def test_a_file_over_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(sources, "LARGEST_FILE", 1024 * 1024)
    assert refusal(b"x" * (1024 * 1024 + 1)) == ("the file is larger than 1 MB; please split it")


@pytest.mark.parametrize(
    "text, amount",
    [
        ("1234.50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1.234.567,8", "1234567.8"),
        ("12,50", "12.50"),
        ("0", "0"),
        ("USD 12.50", "12.50"),
        ("12.50 USD", "12.50"),
        ("0.5", "0.5"),
    ],
)
def test_a_clear_amount_is_read(text, amount):
    assert money.written(text, "USD") == Decimal(amount)


@pytest.mark.parametrize("text", ["1,234", "1.234", "1,234,567", "1 234", "12,345"])
def test_an_amount_that_reads_in_two_ways_is_refused(text):
    with pytest.raises(ValueError, match="can be read in two ways"):
        money.written(text, "USD")


@pytest.mark.parametrize(
    "text", ["abc", "$5", "1,2,3", "--1", "1.2.3", "NaN", "1e3", "٣", "1.0055"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match=r"is not an amount|more than 2 decimals"):
        money.written(text, "USD")


def test_a_currency_without_decimals_has_none():
    assert money.written("1200", "JPY") == 1200
    with pytest.raises(ValueError, match="more than 0 decimals"):
        money.written("12.5", "JPY")


@pytest.mark.parametrize(
    "column, value, reason",
    [
        ("tracking_number", "RR1", "shipped_at: is missing, but there is a tracking number"),
        ("delivered_at", "2026-11-03", "shipped_at: is missing, but there is a delivered_at"),
        ("final_sale", "perhaps", "final_sale: “perhaps” is neither yes nor no"),
        ("discount", "81", "discount: is larger than what the line costs"),
        ("order_discount", "81", "order_discount: is larger than what the lines cost"),
        ("cancelled", "2", "cancelled: “2” is too large, the most is 1"),
        ("postage", "-5", "postage: “-5” is below zero"),
        ("sku", "#N/A", "sku: holds the Excel error #N/A"),
    ],
)
def test_a_wrong_cell_is_named(column, value, reason):
    found = read(csv(f"1,2026-11-01,Rug,1,80,{value}", head=f"{HEAD},{column}"), SHOP)
    assert [str(problem) for problem in found.problems] == [f"row 2, {reason}"]


def test_the_same_goods_on_two_rows_are_two_lines():
    order = only(csv("1,2026-11-01,Rug,1,80,R", "1,,Rug,1,80,R", head=f"{HEAD},sku"))
    assert [line.source_id for line in order.lines] == ["R", "R-2"]


def test_a_line_id_may_not_stand_twice_in_an_order():
    found = read(csv("1,2026-11-01,Rug,1,80,7", "1,,Rug,1,80,7", head=f"{HEAD},line_id"), SHOP)
    assert [str(problem) for problem in found.problems] == [
        "row 3, line_id: stands twice in the same order"
    ]


def test_every_column_is_described():
    assert all(line.split() for line in table.described())
    assert len(list(table.described())) == len(table.COLUMNS)
