"""Orders from a table: CSV or XLSX, one row per line item.

The first row holds the column names; order and number of columns are free, unknown ones
are not read and said so. Rows with the same `order_number` make one order. Columns of
the order may stand on its first row only; where they are repeated they must agree.

Write dates as 2026-11-20 or 2026-11-20 14:05 (on the store's clock) or with a zone,
2026-11-20T14:05:00+01:00; amounts as 1234.50, without thousands separators. CSV may be
separated by comma, semicolon or tab, in UTF-8 or (from Chinese Excel) GB18030. Of an
XLSX file the first sheet is read.

`manage.py import_orders --columns` prints the columns below with their meaning.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from returns.sources import (
    ZERO,
    FulfilmentData,
    LineData,
    OrderData,
    Problem,
    Reading,
    ScanData,
    Shop,
    Unreadable,
    money,
)
from returns.sources.fields import Fields, clean, language
from tracking import carriers
from tracking.milestones import Milestone

SLUG = "table"
MOST_ROWS = 200_000
LARGEST_UNPACKED = 400 * 1024 * 1024  # bytes; a small XLSX can hold very much
EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
YEAR_FIRST = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]\s*(\d{1,2})(:\d.*))?", re.ASCII
)
YES = frozenset({"yes", "y", "true", "1", "是", "√"})
NO = frozenset({"no", "n", "false", "0", "否", "×", ""})


@dataclass(frozen=True)
class Column:
    name: str
    about: str
    spellings: tuple[str, ...] = ()
    needed: bool = False
    of_order: bool = False


def _order(name: str, about: str, *spellings: str, needed: bool = False) -> Column:
    return Column(name, about, spellings, needed, of_order=True)


def _line(name: str, about: str, *spellings: str, needed: bool = False) -> Column:
    return Column(name, about, spellings, needed)


COLUMNS = (
    _order(
        "order_number",
        "As the buyer knows it; a leading # is dropped.",
        "order",
        "order_no",
        "订单号",
        "订单编号",
        needed=True,
    ),
    _order(
        "placed_at",
        "When it was ordered.",
        "order_date",
        "created_at",
        "下单时间",
        "订单日期",
        "下单日期",
        needed=True,
    ),
    _order("order_id", "The shop's own id; else the order number stands for it.", "订单id"),
    _order(
        "updated_at",
        "When the shop last changed it: older rows are then ignored. "
        "Without it every change in the content counts as new.",
        "更新时间",
    ),
    _order(
        "paid_at",
        "When it was paid; empty: not yet. Without this column every order "
        "counts as paid when it was placed.",
        "付款时间",
        "支付时间",
    ),
    _order("cancelled_at", "When it was cancelled.", "canceled_at", "取消时间"),
    _order("currency", "ISO code; empty: the store's.", "币种", "货币"),
    _order("language", "The buyer's, like en or zh-CN.", "locale", "语言"),
    _order("name", "The recipient.", "customer", "recipient", "收件人", "收货人", "姓名"),
    _order("email", "Where codes and letters go.", "邮箱", "电子邮箱"),
    _order("phone", "", "电话", "手机", "手机号", "联系电话"),
    _order("company", "", "公司"),
    _order("street", "Street and house number.", "address", "address1", "地址", "详细地址"),
    _order("street2", "", "address2", "地址2"),
    _order("city", "", "城市", "市"),
    _order("region", "State or province.", "state", "province", "省份", "省"),
    _order("postcode", "", "zip", "postal_code", "邮编"),
    _order("country", "ISO code, like DE.", "country_code", "国家", "国家代码"),
    _order("postage", "What the buyer paid for delivery, with tax.", "shipping", "运费", "邮费"),
    _order(
        "order_discount", "Off the order as a whole; shared over its lines.", "整单优惠", "订单优惠"
    ),
    _order(
        "paid_total", "What was captured; empty: lines and postage, once paid.", "实付金额", "实付"
    ),
    _order("refunded_total", "What has gone back already.", "已退款", "退款金额"),
    _order("tags", "Separated by commas; final-sale means that nothing can be returned.", "标签"),
    _line("title", "What it is.", "item", "product", "商品名称", "商品", "品名", needed=True),
    _line("quantity", "Units, from 1.", "qty", "数量", needed=True),
    _line("unit_price", "Of one unit, before discounts.", "price", "单价", needed=True),
    _line("line_id", "The shop's own id of the line; else the SKU, else its position.", "商品行id"),
    _line("sku", "", "商品编码", "货号", "sku编码"),
    _line("variant", "Size, colour.", "规格", "款式"),
    _line("cancelled", "Units that will not be sent.", "canceled", "取消数量"),
    _line("discount", "Off the whole line.", "优惠", "折扣"),
    _line("tax", "On the whole line, when not in the price.", "税额", "税费"),
    _line("weight_grams", "Of one unit.", "grams", "重量", "重量克"),
    _line("longest_cm", "Longest side of one unit, packed.", "length_cm", "长度", "最长边"),
    _line("final_sale", "yes: cannot be returned.", "不可退", "不支持退货"),
    _line("needs_shipping", "no: sent in no parcel (gift cards, services).", "需要发货"),
    _line("shipped_at", "When it left; empty: not yet.", "发货时间", "发货日期"),
    _line("shipped_quantity", "Units that left, if not all.", "发货数量"),
    _line("carrier", "", "快递公司", "物流公司", "承运商"),
    _line(
        "tracking_number",
        "Needs shipped_at.",
        "tracking",
        "waybill",
        "快递单号",
        "运单号",
        "物流单号",
    ),
    _line("delivered_at", "When it was delivered, if known.", "签收时间"),
)
BY_NAME = {column.name: column for column in COLUMNS}


def _plain(heading: str) -> str:
    return clean(heading).casefold().replace(" ", "_").replace("-", "_").strip("*_")


BY_SPELLING = {
    _plain(spelling): column.name
    for column in COLUMNS
    for spelling in (column.name, *column.spellings)
}


def described() -> Iterator[str]:
    """The columns with their meaning, one a line, for the command line."""
    for column in COLUMNS:
        marks = ["needed"] if column.needed else []
        if column.spellings:
            marks.append("also " + ", ".join(column.spellings))
        yield f"{column.name:18}{column.about}{' (' + '; '.join(marks) + ')' if marks else ''}"


def read(content: bytes, shop: Shop) -> Reading:
    """Every order of a table. Raises Unreadable when the columns cannot be used."""
    return parse(cells(content, shop), shop)


def parse(rows: Iterable[list[str]], shop: Shop) -> Reading:
    """Orders from rows of texts, the first row being the headings."""
    numbered = enumerate(rows, 1)
    reading = Reading()
    headings = next((row for _, row in numbered if any(row)), [])
    columns = _columns(headings, reading)
    orders: dict[str, list[Row]] = {}
    broken: set[str] = set()
    for number, values in numbered:
        if not any(values):
            continue
        if number > MOST_ROWS:
            raise Unreadable(Problem("", "", f"the table has more than {MOST_ROWS} rows"))
        row = Row.of(number, columns, values)
        order = row.text("order_number").removeprefix("#")
        if any(values[len(headings) :]):
            reading.problems.append(Problem(row.at, "", "has more cells than there are columns"))
            broken.add(order)
        for column, value in row.data.items():
            if value in EXCEL_ERRORS:
                reading.problems.append(Problem(row.at, column, f"holds the Excel error {value}"))
                broken.add(order)
        if order:
            orders.setdefault(order, []).append(row)
        else:
            reading.problems.append(Problem(row.at, "order_number", "is missing"))
    if not orders and not reading.problems:
        raise Unreadable(Problem("", "", "the table has headings but no rows"))
    for number_, parts in orders.items():
        if number_ in broken:
            continue
        try:
            data = _order_of(number_, parts, set(columns.values()), shop)
            reading.orders.append((f"{parts[0].at} (order {number_[:40]})", data))
        except Unreadable as error:
            reading.problems += error.problems
    reading.problems.sort(key=lambda problem: int(problem.at.removeprefix("row ")))
    return reading


def _columns(headings: list[str], reading: Reading) -> dict[int, str]:
    """Position → name of the columns that we know. Raises Unreadable."""
    columns: dict[int, str] = {}
    problems, unknown = [], []
    for position, heading in enumerate(headings):
        name = BY_SPELLING.get(_plain(heading))
        if name is None:
            unknown += [heading.strip()[:40]] if heading.strip() else []
        elif name in columns.values():
            problems.append(Problem("row 1", name, "stands there twice"))
        else:
            columns[position] = name
    missing = [
        column.name for column in COLUMNS if column.needed and column.name not in columns.values()
    ]
    if missing:
        found = ", ".join(heading for heading in headings if heading)[:200]
        problems.append(
            Problem(
                "row 1",
                "",
                f"the columns {', '.join(missing)} are missing; found: {found}; "
                "see import_orders --columns",
            )
        )
    if problems:
        raise Unreadable(*problems)
    if unknown:
        reading.notes.append(f"not read, because not known: {', '.join(unknown)}")
    return columns


class Row(Fields):
    """One row; `path` of its problems is the column's name."""

    @classmethod
    def of(cls, number: int, columns: dict[int, str], values: list[str]) -> "Row":
        data = {
            name: (values[position] if position < len(values) else "") or None
            for position, name in columns.items()
        }
        return cls(data, Shop(""), f"row {number}")

    def _amount(self, value: Any) -> Decimal:
        return money.written(str(value), self.currency)

    def _date(self, text: str) -> str:
        """Year first is clear, however it is separated: 2026/1/5 and 2026年1月5日."""
        found = YEAR_FIRST.fullmatch(text)
        if not found:
            return text
        year, month, day, hour, rest = found.groups()
        time = f"T{int(hour):02}{rest}" if hour else ""
        return f"{year}-{int(month):02}-{int(day):02}{time}"

    def yes(self, key: str, default: bool) -> bool:
        text = self.text(key).casefold()
        if text not in YES | NO:
            self.wrong(key, f"“{text[:20]}” is neither yes nor no")
        return default if not text else text in YES


def _order_of(number: str, rows: list[Row], columns: set[str], shop: Shop) -> OrderData:
    me = _agreed(rows, shop)
    me.currency = me.code("currency", money.is_currency, "an ISO currency") or shop.currency
    for row in rows:
        row.currency = me.currency
    placed_at = me.moment("placed_at", shop.zone)
    if not me.text("placed_at"):
        me.wrong("placed_at", "is missing")
    lines = _lines(me, rows)
    off = me.amount("order_discount")
    if off and off > sum((line.paid for line in lines), ZERO):
        me.wrong("order_discount", "is larger than what the lines cost")
    lines = money.discounted(lines, off, me.currency)
    postage = me.amount("postage")
    paid_at = me.moment("paid_at", shop.zone) if "paid_at" in columns else placed_at
    paid = me.amount("paid_total")
    if not me.text("paid_total") and paid_at:
        paid = sum((line.paid for line in lines), ZERO) + postage
    data = OrderData(
        source=SLUG,
        source_id=me.text("order_id", 64) or (number if len(number) <= 64 else number[:64]),
        version=me.moment("updated_at", shop.zone),
        number=me.text("order_number", 120).removeprefix("#"),
        placed_at=placed_at or shop.now,
        cancelled_at=me.moment("cancelled_at", shop.zone),
        paid_at=paid_at,
        currency=me.currency,
        lines=tuple(lines),
        fulfilments=_fulfilments(rows, lines, shop),
        language=language(me.text("language")),
        name=me.text("name", 200),
        email=me.email("email"),
        phone=me.text("phone", 40),
        company=me.text("company", 200),
        street=me.text("street", 300),
        street2=me.text("street2", 300),
        city=me.text("city", 120),
        region=me.text("region", 120),
        postcode=me.text("postcode", 20),
        country=me.country("country"),
        postage=postage,
        tax=sum((line.tax for line in lines), ZERO),
        paid=paid,
        refunded=me.amount("refunded_total"),
        tags=me.text("tags", 500),
    )
    me.check()
    return data


def _agreed(rows: list[Row], shop: Shop) -> Row:
    """The order's own columns, each from the first row that fills it.

    All rows share one list of problems from here on.
    """
    first = rows[0]
    agreed = Row(dict(first.data), shop, first.at, "", first.problems)
    for row in rows[1:]:
        row.problems = first.problems
        for name, value in row.data.items():
            if not value or not BY_NAME[name].of_order or name == "order_number":
                continue
            if not agreed.data[name]:
                agreed.data = {**agreed.data, name: value}
            elif agreed.data[name] != value:
                row.wrong(name, f"differs from {first.at}, which is of the same order")
    for row in rows:
        row.shop = shop
    return agreed


def _lines(me: Row, rows: list[Row]) -> list[LineData]:
    final = any(
        clean(tag).casefold().replace(" ", "-") == "final-sale"
        for tag in me.text("tags").split(",")
    )
    lines: list[LineData] = []
    for position, row in enumerate(rows, 1):
        sku = row.text("sku", 120)
        source_id = row.text("line_id", 64) or sku[:60] or str(position)
        taken = {line.source_id for line in lines}
        if source_id in taken:
            if row.text("line_id"):
                row.wrong("line_id", "stands twice in the same order")
            source_id = f"{source_id}-{position}"
        for name in ("title", "quantity", "unit_price"):
            if not row.text(name):
                row.wrong(name, "is missing")
        quantity = row.whole("quantity", low=1, default=1)
        line = LineData(
            source_id=source_id,
            title=row.text("title", 300, cut=True),
            sku=sku,
            variant=row.text("variant", 300, cut=True),
            quantity=quantity,
            cancelled=row.whole("cancelled", high=quantity),
            unit_price=row.amount("unit_price"),
            discount=row.amount("discount"),
            tax=row.amount("tax"),
            weight_grams=row.whole("weight_grams", high=2_000_000_000),
            longest_cm=row.whole("longest_cm", high=30_000),
            final_sale=final or row.yes("final_sale", False),
            needs_shipping=row.yes("needs_shipping", True),
        )
        if line.paid < 0:
            row.wrong("discount", "is larger than what the line costs")
        lines.append(line)
    return lines


def _fulfilments(rows: list[Row], lines: list[LineData], shop: Shop) -> tuple[FulfilmentData, ...]:
    """Rows that left with the same waybill, or on the same day without one, as one."""
    parcels: dict[str, dict[str, Any]] = {}
    for row, line in zip(rows, lines, strict=True):
        number = "".join(row.text("tracking_number", 60).split())
        shipped_at = row.moment("shipped_at", shop.zone)
        delivered_at = row.moment("delivered_at", shop.zone)
        if shipped_at is None:
            told = "tracking number" if number else row.text("delivered_at") and "delivered_at"
            if told and not row.text("shipped_at"):
                row.wrong("shipped_at", f"is missing, but there is a {told}")
            continue
        if delivered_at and delivered_at < shipped_at:
            row.wrong("delivered_at", "is before shipped_at")
        if delivered_at and not number:
            row.wrong("tracking_number", "is missing, but there is a delivered_at")
        kept = line.quantity - line.cancelled
        units = row.whole("shipped_quantity", high=kept, default=kept)
        parcel = parcels.setdefault(
            number or f"left-{shipped_at:%Y%m%d%H%M}",
            {
                "shipped_at": shipped_at,
                "carrier": carriers.code_of(row.text("carrier")),
                "id": line.source_id,
                "number": number,
                "delivered_at": delivered_at,
                "lines": [],
            },
        )
        parcel["delivered_at"] = parcel["delivered_at"] or delivered_at
        if units and line.needs_shipping:
            parcel["lines"].append((line.source_id, units))
    return tuple(
        FulfilmentData(
            # A table has no id for a parcel: its first line stands for it, so that a
            # corrected number replaces the wrong one.
            source_id=parcel["id"],
            shipped_at=parcel["shipped_at"],
            lines=tuple(parcel["lines"]),
            carrier=parcel["carrier"],
            numbers=(parcel["number"],) if parcel["number"] else (),
            scans=_delivered(parcel["delivered_at"]),
        )
        for parcel in parcels.values()
    )


def _delivered(at: datetime | None) -> tuple[ScanData, ...]:
    if at is None:
        return ()
    return (ScanData(at=at, milestone=Milestone.DELIVERED, code=f"{SLUG}:delivered"),)


# --- files --------------------------------------------------------------------------------------


def cells(content: bytes, shop: Shop) -> Iterator[list[str]]:
    """The rows of a CSV or XLSX file as texts. Raises Unreadable."""
    if content.startswith(b"PK\x03\x04"):
        return _xlsx(content, shop)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(Problem("", "", "this is an old Excel file (.xls); save it as .xlsx"))
    if content.startswith(b"%PDF"):
        raise Unreadable(Problem("", "", "this is a PDF, not a table"))
    return _csv(decoded(content))


def decoded(content: bytes) -> str:
    """UTF-8 (with or without mark), UTF-16 with its mark, or GB18030. Raises Unreadable."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise Unreadable(Problem("", "", "this is not a text file and no XLSX either"))
        # Western files decode as GB18030 too, into characters that nobody uses.
        if encoding != "gb18030" or _reads_as_chinese(text):
            return text
    raise Unreadable(
        Problem("", "", "the text is neither UTF-8 nor GB18030; save it as “CSV UTF-8”")
    )


def _reads_as_chinese(text: str) -> bool:
    foreign = [letter for letter in text if ord(letter) > 127]
    usual = sum(1 for letter in foreign if letter.encode("gb2312", "ignore"))
    return usual >= 0.9 * len(foreign)


def _csv(text: str) -> Iterator[list[str]]:
    heading = text.lstrip().partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            yield [clean(cell) for cell in row]
    except csv.Error as error:
        reason = "a quotation mark is not closed" if "unexpected end" in str(error) else str(error)
        raise Unreadable(Problem("", "", f"the table cannot be read: {reason}")) from None


def _xlsx(content: bytes, shop: Shop) -> Iterator[list[str]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise Unreadable(Problem("", "", "the XLSX file is damaged or cut off")) from None
    if "xl/workbook.xml" not in names:
        raise Unreadable(Problem("", "", "this is a ZIP file, but not an XLSX table"))
    if unpacked > LARGEST_UNPACKED:
        raise Unreadable(Problem("", "", "the XLSX file holds too much; please split it"))
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # Some programs write a wrong size; count for ourselves.
        sheet.reset_dimensions()
        for row in sheet.iter_rows(values_only=True):
            yield _trimmed([_text_of(value, shop) for value in row])
    except Unreadable:
        raise
    except Exception as error:
        # openpyxl raises whatever its parsers do.
        reason = f"the XLSX file cannot be read ({type(error).__name__})"
        raise Unreadable(Problem("", "", reason)) from None


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row


def _text_of(value: Any, shop: Shop) -> str:
    """A cell as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or ZoneInfo(shop.zone)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        # 68.1 is kept as 68.099999999999994 in the file; fifteen digits are what Excel means.
        return format(Decimal(f"{value:.15g}"), "f").removesuffix(".0")
    return clean(str(value))
