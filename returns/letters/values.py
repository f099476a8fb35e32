"""What a text may name: its placeholders, what each means, and what stands for it.

Short texts, a store's own words and the gaps of approved texts all speak this vocabulary.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.template import Context
from django.template.loader import get_template
from django.utils import timezone
from django.utils.translation import gettext as _

from returns import empathy, formats, texts
from returns.letters.address import IS_IT_RIGHT, NO_ANSWER_YET
from returns.letters.parts import WRITE_AGAIN, Facts, in_one_line
from returns.models.notice import Channel, Notice, NoticeKind
from returns.models.promise import PromiseKind
from returns.troubles import CAME_BACK
from returns.wording import sentences
from tracking.milestones import Milestone
from tracking.texts import INCIDENTS, MILESTONES, Words

# A text for the news of one trouble: `incident:lost`.
INCIDENT = "incident:"

# Placeholder → what it is, for the desk.
NAMES: dict[str, str] = {
    "name": "The buyer’s first name. Nothing where we do not know it.",
    "shop": "The name of the store.",
    "order": "The number of the order.",
    "headline": "What it is about, in one sentence.",
    "promise": "What we do next, and by when. Nothing where nothing is promised.",
    "link": "The way to the buyer’s page.",
    "signature": "Who signs: first names and the store.",
    "town": "The town whose time our hours are in.",
    "empathy": "The kind words that come first.",
    "fact": "What we know: what was reported, when and where.",
    "solution": "What we have done, and what the buyer may do.",
    "return_number": "The number of the return.",
    "amount": "The money that it is about. Nothing where it is about none.",
    "post_by": "The last day to post the return. Nothing where there is none.",
    "question": "What we asked the buyer.",
    "message": "What a person of us wrote to the buyer.",
    "address": "Where it goes, as the label will read, in one line.",
    "cost": "What it costs the buyer, or that it costs nothing.",
    "facts": "Everything that the standard letter tells. It cannot be left out.",
    "items": "The things that the return is about, as a list.",
    "code": "The end of the link, for a text whose address stands in it already.",
}
COMMON = ("name", "shop", "order", "headline", "promise", "link", "signature", "town")
FOUR_PARTS = ("empathy", "fact", "solution")
OF_RETURN = ("return_number", "amount")

VOCABULARY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(NoticeKind.values, COMMON),
    **{kind: COMMON + OF_RETURN for kind in NoticeKind.values if kind.startswith("return_")},
    NoticeKind.ORDER_UPDATE: COMMON + FOUR_PARTS,
    NoticeKind.ORDER_NEWS: COMMON + FOUR_PARTS,
    NoticeKind.RETURN_UPDATE: COMMON + OF_RETURN + FOUR_PARTS,
    NoticeKind.RETURN_NEWS: COMMON + OF_RETURN + FOUR_PARTS,
    NoticeKind.RETURN_APPROVED: (*COMMON, *OF_RETURN, "post_by"),
    NoticeKind.RETURN_REMINDER: (*COMMON, *OF_RETURN, "post_by"),
    NoticeKind.REPLACEMENT_SENT: COMMON + OF_RETURN,
    NoticeKind.ORIGINAL_REMINDER: (*COMMON, *OF_RETURN, "post_by"),
    NoticeKind.VARIANT_GONE: COMMON + OF_RETURN,
    NoticeKind.REFUND_REVERSED: COMMON + OF_RETURN,
    NoticeKind.PROMISE_LATE: (*COMMON, "fact"),
    NoticeKind.INFO_REQUESTED: (*COMMON, *OF_RETURN, "question"),
    NoticeKind.QUESTION_REMINDER: (*COMMON, *OF_RETURN, "question"),
    NoticeKind.MESSAGE_ANSWER: (*COMMON, "message"),
    NoticeKind.ADDRESS_QUESTION: (*COMMON, "address", "fact"),
    NoticeKind.ADDRESS_NEWS: (*COMMON, "fact", "solution", "cost"),
    NoticeKind.PROBLEM_RECEIVED: (*COMMON, "fact", "solution"),
    NoticeKind.PROBLEM_REMINDER: (*COMMON, "solution"),
    NoticeKind.SIGNATURE_QUESTION: (*COMMON, "fact", "solution"),
    NoticeKind.INVESTIGATION_NEWS: (*COMMON, "fact", "solution"),
}


def vocabulary(kind: str, form: str) -> tuple[str, ...]:
    """The placeholders that a text of this kind and form (of Channel) may hold. kind: of
    NoticeKind, or `incident:…`, whose letter tells its four parts and nothing else."""
    if kind.startswith(INCIDENT):
        return FOUR_PARTS if form == Channel.EMAIL else VOCABULARY[NoticeKind.ORDER_NEWS]
    names = VOCABULARY[kind]
    if form != Channel.EMAIL:
        return names
    return ("facts", *(("items",) if "return_number" in names else ()), *names)


def values(notice: Notice, facts: Facts, link: str) -> dict[str, str]:
    """What stands for each placeholder, '' for what is not known, in the active language
    and zone. facts: all that the letter of the notice is written with."""
    promises = (facts.get("promise") or "", *facts.get("also_promised", ()))
    found = {
        "name": facts["name"],
        "shop": in_one_line(notice.order.store.name),
        "order": in_one_line(notice.order.number),
        "headline": _headline(notice, facts),
        "promise": sentences(*promises),
        "link": link,
        "signature": _signature(facts),
        "town": facts["town"],
        **_parts(notice, facts),
        **_of_return(notice, facts),
        "question": facts.get("question", ""),
        "message": notice.entry.text if notice.entry else "",
        "address": facts.get("address", ""),
        "cost": facts.get("cost", ""),
    }
    return {name: str(found[name] or "").strip() for name in VOCABULARY[notice.kind]}


def trouble_of(facts: Facts) -> str:
    """The kind of the trouble that the letter leads with (of IncidentKind, or `came_back`);
    '' when nothing is wrong."""
    return facts["parts"][0].kind if facts.get("parts") else ""


def _headline(notice: Notice, facts: Facts) -> str:
    make = HEADLINES.get(notice.kind)
    return str(facts.get("headline") or (make(facts) if make else facts.get("subject")) or "")


def _asked(facts: Facts) -> str:
    if facts.get("appeal"):
        again = _("We are looking at it again.") if facts.get("claim") else ""
        return again or _("We are looking at your return again.")
    if facts.get("answer"):
        return _("Thank you. We have your answer and are looking at it.")
    return _title(facts)


def _opened(facts: Facts) -> str:
    empty = facts["receipt"].was_empty
    return str(facts["empty"].title) if empty else _("We have opened your parcel.")


def _title(facts: Facts) -> str:
    return str(facts["status"].title)


# Where the subject is no sentence that stands well in a text.
HEADLINES: dict[str, Callable[[Facts], str]] = {
    NoticeKind.RETURN_REQUESTED: _asked,
    NoticeKind.RETURN_RECEIVED: _opened,
    **dict.fromkeys(
        (
            NoticeKind.INFO_REQUESTED,
            NoticeKind.RETURN_DECLINED,
            NoticeKind.RETURN_CANCELLED,
            NoticeKind.RETURN_EXPIRED,
            NoticeKind.RETURN_SCANNED,
            NoticeKind.RETURN_ARRIVED,
        ),
        _title,
    ),
}


def _parts(notice: Notice, facts: Facts) -> dict[str, str]:
    if parts := facts.get("parts"):
        gravest = parts[0]
        return {
            "empathy": gravest.empathy,
            "fact": gravest.fact,
            "solution": gravest.solution,
        }
    fact = facts.get("late" if notice.kind == NoticeKind.PROMISE_LATE else "fact", "")
    return {"empathy": "", "fact": fact, "solution": facts.get("solution", "")}


def _of_return(notice: Notice, facts: Facts) -> dict[str, str]:
    rma = notice.authorization
    if rma is None:
        return {"return_number": "", "amount": "", "post_by": ""}
    return {
        "return_number": rma.number or "",
        "amount": _amount(notice, facts),
        "post_by": formats.day(rma.post_by) if rma.post_by else "",
    }


def _amount(notice: Notice, facts: Facts) -> str:
    match notice.kind:
        case NoticeKind.RETURN_SETTLED:
            return facts["row"].amount if facts.get("row") else ""
        case NoticeKind.REFUND_REVERSED:
            return facts.get("amount", "")
        case NoticeKind.RETURN_RESOLVED:
            return facts["total"] if facts.get("gets_money") else ""
    known = facts.get("in_money") or facts.get("as_credit")
    return formats.money(known, notice.order.currency) if known else ""


def _signature(facts: Facts) -> str:
    template: Any = get_template("notices/parts/sign.html")
    return in_one_line(template.template.render(Context(facts, autoescape=False)))


# --- Samples, for previews and limits ---------------------------------------------------------

# A Wednesday in September of another year: no day takes more room.
WORDY_DAY = datetime(2037, 9, 23, 18, tzinfo=UTC)
# What is promised in messages that tell of something else than where a parcel is.
PROMISED: dict[str, str] = {
    NoticeKind.RETURN_REQUESTED: PromiseKind.ANSWER,
    NoticeKind.RETURN_REMINDER: PromiseKind.DEADLINE,
    NoticeKind.ORIGINAL_REMINDER: PromiseKind.DEADLINE,
    NoticeKind.RETURN_ARRIVED: PromiseKind.INSPECTION,
    NoticeKind.INFO_REQUESTED: PromiseKind.QUESTION,
    NoticeKind.QUESTION_REMINDER: PromiseKind.QUESTION,
    NoticeKind.MESSAGE_RECEIVED: PromiseKind.REPLY,
    NoticeKind.MESSAGE_ANSWER: PromiseKind.REPLY,
    NoticeKind.ADDRESS_QUESTION: PromiseKind.DISPATCH,
}
SHORTEST = {
    "name": ("Li", "李雷"),
    "shop": ("Ox", "山茶"),
    "order": ("7", "7"),
    "link": (
        "https://a.io/k/w8Kq2ZtR5pLx0VbN3mJd7YfHc1Q",
        "https://a.cn/k/w8Kq2ZtR5pLx0VbN3mJd7YfHc1Q",
    ),
    "town": ("Rome", "上海"),
    "return_number": ("HW-7F3K-9Q2M", "HW-7F3K-9Q2M"),
    "amount": ("5.00 EUR", "5.00 元"),
    "question": ("Which size?", "要哪个尺码？"),
    "message": ("Yes.", "可以。"),
    "empathy": ("We are sorry.", "很抱歉。"),
    "solution": ("You do not need to do anything.", "你什么都不用做。"),
    "address": ("Li Lei, Elm Road 1, Rome", "李雷，中山路1号，上海"),
    "cost": ("You pay nothing.", "你不用付钱。"),
}
LONGEST = {
    "name": ("Maximiliane-Charlotte-Josephine", "阿依古丽·买买提艾力"),
    "shop": (
        "The Juniper & Pine Company for Small Linen Things and Beeswax Candles of Vilnius",
        "山茶与纸" * 20,
    ),
    "order": ("JUNIPER-PINE-EU-2026-WHOLESALE-000020418",) * 2,
    "link": ("https://returns-and-parcels.juniper-and-pine.com/k/w8Kq2ZtR5pLx0VbN3mJd7YfHc1Q",) * 2,
    "town": ("Dumont d'Urville", "伊尔库茨克"),
    "return_number": ("HW-7F3K-9Q2M",) * 2,
    "amount": ("128,000,000.00 IDR", "128,000,000.00 印度尼西亚盾"),
    "question": (
        "Which size would fit, and which colour would you like? " * 12,
        "要换成哪个尺码和哪种颜色呢？" * 30,
    ),
    "message": (
        "We have looked at it and send you a new one tomorrow. " * 60,
        "我们看过了，明天给你寄一件新的。" * 100,
    ),
    "empathy": (
        "You have been waiting for this parcel for many days, and without a word from anybody.",
        "你等这个包裹已经等了很多天，一直没有人给你消息，换作我们也会着急。",
    ),
    "solution": (
        "Please look at the address of your order: is the house number there, the flat, the name "
        "on the bell, the phone? If anything is missing or wrong, write to us soon.",
        "请看看订单上的地址：门牌号、楼层房号、收件人姓名、电话都对吗？如果有缺的或写错的，请尽快写信告诉我们。",
    ),
    "address": (
        "Maximiliane-Charlotte-Josephine Whitcombe, The Juniper & Pine Company, Dumont d'Urville "
        "Strasse 1204, Llanfairpwllgwyngyll, United Kingdom of Great Britain and Northern Ireland",
        "阿依古丽·买买提艾力，新疆维吾尔自治区克孜勒苏柯尔克孜自治州阿图什市帕米尔路西二十一院光明社区三号楼二单元一千二百零四室",
    ),
    "cost": (
        "You pay 128,000,000.00 IDR, and only if it works.",
        "你付 128,000,000.00 印度尼西亚盾，成功了才付。",
    ),
}


def samples(kind: str, *, long: bool, **known: str) -> dict[str, str]:
    """Real values, as long or as short as they come, in the active language. known: what is
    known better, such as the name of the store."""
    table, chinese = LONGEST if long else SHORTEST, formats.language() == "zh"
    pick, late = max if long else min, kind == NoticeKind.PROMISE_LATE
    day = timezone.localtime() if not long else WORDY_DAY
    facts = texts.LATE.values() if late else (text.sentence for text in INCIDENTS.values())
    when = formats.moment(day)
    found = {name: both[chinese].strip() for name, both in table.items()}
    found |= {
        "headline": _most((text.title for text in INCIDENTS.values()), pick),
        "fact": _most(facts, pick).format(when=when),
        **_of_trouble(kind, long=long),
        **_of_address(kind),
        "promise": str(texts.PROMISES[_promised(kind)]).format(when=when),
        "post_by": formats.day(day),
        **known,
    }
    found["signature"] = f"Ieva, {found['shop']}"
    found["code"] = found["link"].rpartition("/")[2]
    return {name: found[name] for name in (*vocabulary(kind, Channel.SMS), "code")}


def brief_sample(kind: str) -> str:
    """The promise in few words, at its longest; '' for kinds that have it in full only."""
    if _promised(kind) != PromiseKind.UPDATE:
        return ""
    return str(WRITE_AGAIN).format(when=formats.brief_moment(WORDY_DAY))


def _of_trouble(kind: str, *, long: bool) -> dict[str, str]:
    """Of a text for one trouble the words of that one. long: with all that may be told of it,
    for which the longest stands."""
    if not kind.startswith(INCIDENT):
        return {}
    trouble = kind.removeprefix(INCIDENT)
    came_back = trouble == CAME_BACK
    text = MILESTONES[Milestone.RETURNED] if came_back else INCIDENTS[trouble]
    kindly = empathy.TURNED[Milestone.RETURNED] if came_back else empathy.TO_YOU[trouble]
    told = {"headline": text.title, "empathy": kindly, "fact": text.sentence}
    known = told if long else told | {"solution": text.next_step}
    return {name: str(words) for name, words in known.items()}


def _of_address(kind: str) -> dict[str, str]:
    """So that a preview does not lead with a parcel that is lost."""
    leads: dict[str, Words] = {
        NoticeKind.ADDRESS_QUESTION: IS_IT_RIGHT,
        NoticeKind.ADDRESS_NEWS: NO_ANSWER_YET,
    }
    return {"headline": str(leads[kind])} if kind in leads else {}


def _promised(kind: str) -> str:
    return PROMISED.get(kind, PromiseKind.UPDATE)


def _most(words: Iterable[Words], pick: Callable[..., str]) -> str:
    return pick((str(text) for text in words), key=len)
