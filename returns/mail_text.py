"""The words of a mail: bytes → text, HTML → text, and what is new in an answer.

Pure, and ready for hostile input: what is looked at is short, and every pattern meets one
line at a time.
"""

import re
from collections.abc import Sequence
from html.parser import HTMLParser

LONGEST = 20_000  # characters that are kept
# So much is looked at: what is new stands at the beginning, above the history.
LONGEST_SOURCE = 200_000
LONGEST_LINE = 2_000  # characters; patterns look no further

# --- Bytes -------------------------------------------------------------------------------

# Codecs of text that cannot be made to work for long, as `punycode` can.
CHARSETS = re.compile(
    r"(utf-?(8|16|32)|us-ascii|ascii|gb|big5|hz|x-gbk|cp|windows-|iso-?8859|iso-2022|euc|shift|ks_c|koi8|mac)"
    r"[a-z0-9_:.-]{0,20}\Z"
)
# Names that promise less than what people send under them.
WIDER = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
}
# Names that programs write when they know none.
EMPTY = frozenset({"", "ascii", "us-ascii", "iso-8859-1"})
CHINESE = re.compile("[\u3000-\u9fff]")


def decoded(raw: bytes, charset: str) -> str:
    """The text of a part, whatever its label says; signs that cannot be read become \ufffd.

    Chinese in UTF-8 is known by itself under any label. Short words in GBK are not, they
    may look like UTF-8 in another script, so there the label is believed."""
    raw = raw[: 4 * LONGEST_SOURCE]
    named = WIDER.get(charset.lower(), charset.lower())
    as_utf8 = _strict(raw, "utf-8")
    if as_utf8 is not None and (named in EMPTY or CHINESE.search(as_utf8)):
        return as_utf8
    if named not in EMPTY and (text := _strict(raw, named)) is not None:
        return text
    if as_utf8 is not None:
        return as_utf8
    if _is_mostly_utf8(raw):
        return raw.decode("utf-8", "replace")
    if _is_dense(raw) and (text := _strict(raw, "gb18030")) is not None:
        return text
    return raw.decode("cp1252", "replace")


def _strict(raw: bytes, charset: str) -> str | None:
    if not CHARSETS.match(charset):
        return None
    try:
        return raw.decode(charset)
    except (UnicodeError, LookupError):
        return None


def _is_mostly_utf8(raw: bytes) -> bool:
    """One sign that was cut through in the middle makes no other charset of it."""
    text = raw.decode("utf-8", "replace")
    foreign = sum(sign > "\x7f" for sign in text)
    return 0 < text.count("\ufffd") * 2 <= foreign


def _is_dense(raw: bytes) -> bool:
    """Chinese has hardly a sign of ASCII; languages with accents have hardly another."""
    return sum(byte > 0x7F for byte in raw) * 3 > len(raw)


def clean(text: str) -> str:
    """What the database and a page can hold: no control signs, no halves of signs, lines
    that end in \\n, at most one empty line in a row."""
    text = re.sub(r"\r\n?|[\u2028\u2029]", "\n", text)
    text = OTHER_BLANKS.sub(" ", text)
    text = "".join(sign for sign in text if sign.isprintable() or sign in UNSEEN)
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


OTHER_BLANKS = re.compile(r"[^\S\n\t\u3000]")
# Not printable by themselves, but part of what is: the last two join signs to one.
UNSEEN = "\n\t\u3000\u200c\u200d"

# --- HTML --------------------------------------------------------------------------------

BLOCKS = frozenset(
    {"address", "article", "blockquote", "center", "dd", "div", "dl", "dt", "footer", "h1", "h2"}
    | {"h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table"}
    | {"tr", "ul"}
)
SILENT = frozenset({"script", "style", "title", "head", "template", "svg", "noscript"})
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"}
)
# Where mail programs put what they quote; nothing new is inside.
QUOTES = frozenset({"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra"})
QUOTE_IDS = frozenset({"isReplyContent"})
# Outlook closes nothing around it: everything behind is history.
ENDS = frozenset({"appendonsend", "divRplyFwdMsg", "mail-editor-reference-message-container"})


class _Reader(HTMLParser):
    def __init__(self, with_quotes: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.with_quotes = with_quotes
        self.words: list[str] = []
        # The tag that nothing is read in, and how often it is open.
        self.deaf_to, self.depth = "", 0
        self.is_over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.deaf_to:
            self.depth += tag == self.deaf_to
            return
        if tag == "br":
            self.words.append("\n")
        elif tag in BLOCKS:
            self._begin_line()
        if tag not in VOID and (tag in SILENT or self._is_quote(tag, dict(attrs))):
            self.deaf_to, self.depth = tag, 1

    def handle_endtag(self, tag: str) -> None:
        if self.deaf_to:
            self.depth -= tag == self.deaf_to
            if self.depth == 0:
                self.deaf_to = ""
        elif tag in BLOCKS:
            self._begin_line()
            if tag == "p":
                self.words.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.deaf_to and not self.is_over:
            self.words.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def _begin_line(self) -> None:
        if self.words and not self.words[-1].endswith("\n"):
            self.words.append("\n")

    def _is_quote(self, tag: str, attributes: dict[str, str | None]) -> bool:
        if self.with_quotes:
            return False
        name = attributes.get("id") or ""
        self.is_over = self.is_over or name in ENDS
        classes = (attributes.get("class") or "").split()
        cited = tag == "blockquote" and attributes.get("type") == "cite"
        return cited or name in QUOTE_IDS or not QUOTES.isdisjoint(classes)


def text_of_html(html: str, with_quotes: bool = False) -> str:
    """The words as they are read, without what is quoted by its marks."""
    reader = _Reader(with_quotes)
    # A tag at the end makes the reader give what it holds back. It is not closed: what would
    # then be tried with many tags that never end takes minutes.
    reader.feed(html[:LONGEST_SOURCE] + "<br>")
    lines = "".join(reader.words).split("\n")
    return "\n".join(line.strip(" ") for line in lines)


# --- What is new -------------------------------------------------------------------------

# “On 22 Nov 2026, Juniper & Pine wrote:”, in the languages of our buyers' programs.
WROTE = re.compile(
    r"((On|At)\b.{6,}\bwrote|Am\b.{6,}\bschrieb\b.*|Le\b.{6,}\ba écrit|El\b.{6,}\bescribió"
    r"|Il\b.{6,}\bha scritto|Op\b.{6,}\bschreef\b.*|.{6,}[写寫]道)\s?[:：]\Z"
)
# Where it may begin: it can be broken over three lines.
BEGINS = re.compile(r"(On|At|Am|Le|El|Il|Op)\b|.{0,150}\d{4}\s?[-/年]\s?\d{1,2}")
SEPARATOR = re.compile(
    r"\W{0,3}-{3,}\s*(Original Message|Original|原始邮件|原始郵件|原邮件|回复的原邮件|Reply message"
    r"|Ursprüngliche Nachricht|Message d'origine|Mensaje original)\s*-{3,}\W{0,3}\Z"
    r"|_{20,}\Z",
    re.IGNORECASE,
)
# The head of a quoted mail: three of these lines within a few.
HEAD = re.compile(
    r"[*\s]{0,4}(From|Sent|Date|To|Cc|Subject|发件人|發件人|寄件者|发送时间|发送日期|日期|寄件日期"
    r"|收件人|收件者|抄送|副本|主题|主旨|Von|Gesendet|An|Betreff|De|Envoyé|À|Objet)[*\s]{0,4}[:：]"
)
FIRST_OF_HEAD = re.compile(r"[*\s]{0,4}(From|发件人|發件人|寄件者|Von|De)[*\s]{0,4}[:：]")
SIGNATURE = ("--", "-- ")  # RFC 3676
# What telephones and programs put below; only as the last words.
FOOTER = re.compile(
    r"(Sent from my( \S{1,20}){1,4}|Sent from (Mail|Outlook|Yahoo)\b.{0,40}|Get Outlook for .{1,40}"
    r"|[发發]自我的.{1,40}|[从從]我的.{1,30}[发傳]送|发自.{1,20}邮箱.{0,20}|来自.{1,20}邮箱.{0,20}"
    r"|[获取]取 ?Outlook.{0,60})\Z"
)


def new_words(text: str) -> str:
    """What the sender wrote now: without the letter that was answered, without signature.

    Answers between quoted lines and below them are kept. '' when nothing is new."""
    kept: list[str] = []
    lines = text.split("\n")
    skip = 0
    for at, line in enumerate(lines):
        if skip:
            skip -= 1
            continue
        short = line[:LONGEST_LINE].strip()
        if line in SIGNATURE or SEPARATOR.match(short) or _is_head(lines[at : at + 8]):
            break
        if length := _attribution(lines[at : at + 3]):
            if not _is_quoted(_next(lines[at + length :])):
                break
            skip = length - 1
        elif not _is_quoted(short):
            kept.append(line)
    return _without_footer(clean("\n".join(kept)))


def _is_quoted(line: str) -> bool:
    return line.startswith((">", "＞"))


def _next(lines: Sequence[str]) -> str:
    """The next line that says anything."""
    return next((line.strip() for line in lines[:4] if line.strip()), "")


def _attribution(lines: Sequence[str]) -> int:
    """How many lines “On … wrote:” takes here; 0 when it does not stand here."""
    if not BEGINS.match(lines[0].strip()[:200]):
        return 0
    for count in range(1, len(lines) + 1):
        together = " ".join(line.strip() for line in lines[:count])
        if len(together) > 300:
            return 0
        if WROTE.match(together):
            return count
    return 0


def _is_head(lines: Sequence[str]) -> bool:
    if not FIRST_OF_HEAD.match(lines[0][:80]):
        return False
    return sum(bool(HEAD.match(line[:80])) for line in lines) >= 3


def _without_footer(text: str) -> str:
    above, _, last = text.rpartition("\n")
    return above.rstrip() if FOOTER.match(last) else text
