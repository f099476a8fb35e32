"""What is said to a carrier on the telephone, and what it answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from tracking import carriers
from tracking.gateways import Address, Aim, Failure, Outcome
from tracking.gateways.asking import whole
from tracking.models import Interception

# What is wanted, as the desk reads it.
AIMS: dict[str, str] = {
    Aim.REDIRECT: "To another address",
    Aim.RETURN: "Back to us",
    Aim.DEPOT: "Back to the depot",
    Aim.HOLD: "Kept at a counter",
    Aim.RESCHEDULE: "On another day",
}
ANSWERS: dict[str, str] = {
    Outcome.ACCEPTED: "They say yes, and have yet to do it",
    Outcome.SENT: "They have it, and answer later",
    Outcome.SUCCEEDED: "It is done",
    Outcome.FAILED: "They say no",
    Outcome.NOTHING: "They have never heard of it",
    Outcome.WITHDRAWN: "They forget it: it goes where it was to go first",
    Outcome.NO_NEWS: "Nobody answers, or they do not know: somebody calls again",
}
WHY: dict[str, str] = {
    Failure.TOO_LATE: "Too late: it is out for delivery",
    Failure.DELIVERED: "It was delivered before",
    Failure.WENT_BACK: "It is going back to us already",
    Failure.NOT_SERVED: "They do not go there",
    Failure.ADDRESS: "They cannot use the address",
    Failure.ONCE_ONLY: "It was turned once before",
    Failure.NOT_OURS: "Only the account that sent it may ask",
    Failure.REFUSED: "They do not say why",
    Failure.NO_ANSWER: "Nobody there gives an answer",
}
LONGEST = 500  # of Interception.words
# Of a carrier from there somebody answers who may not speak English.
CHINA = "CN"


@dataclass(frozen=True)
class Call:
    """phone: '' when we know none; home: the country whose people it is for, ISO code. page:
    the carrier's own, '' when unknown. says: one sentence each, in English; in_chinese: the
    same, for a carrier of China."""

    carrier: str
    phone: str
    home: str
    page: str
    says: tuple[str, ...]
    in_chinese: tuple[str, ...] = ()


def call(interception: Interception, who: str = "") -> Call:
    """What to say about it now. who: who we are; else as the gateway's account, or the
    account, is called."""
    parcel = interception.parcel
    known = carriers.CARRIERS.get(parcel.carrier)
    gateway = interception.gateway
    who = who or (gateway.requester[0] if gateway else parcel.account.name)
    return Call(
        carrier=carriers.called(parcel.carrier) or "the carrier",
        phone=known.phone if known else "",
        home=known.home if known and known.phone else "",
        page=carriers.page_of(parcel.carrier, parcel.number),
        says=_in_english(interception, who),
        in_chinese=_in_chinese(interception, who) if known and known.home == CHINA else (),
    )


def _in_english(row: Interception, who: str) -> tuple[str, ...]:
    before, after = Address.from_json(row.before), Address.from_json(row.after)
    order = f" Our number of the order is {row.order_number}." if row.order_number else ""
    town = spoken_town(before)
    said = [
        f"Good day, this is {who}. I call about parcel {row.parcel.number}, which we sent with "
        f"you.{order}"
    ]
    if town:
        said.append(f"It is on its way to {town}.")
    if row.asked_at:
        at = row.asked_at.astimezone(ZoneInfo(row.parcel.account.zone))
        said.append(
            f"We asked you about it on {at:%-d %B at %H:%M}. Do you have that request, and what "
            "became of it?"
        )
    if row.withdraw_wanted_at:
        said.append("It is not wanted any more: please let the parcel go where it was to go first.")
    else:
        said.append(_wish(row, before, after))
        said.append("Can you do that? What does it cost us, and how much longer does it take?")
    said.append("With whom do I speak, and under which reference may I ask for it again?")
    return tuple(said)


def _wish(row: Interception, before: Address, after: Address) -> str:
    begin = "If you do not have it: please" if row.asked_at else "Please"
    match row.aim:
        case Aim.REDIRECT:
            return f"{begin} bring it to another address: {spoken(after)}."
        case Aim.RETURN:
            return f"{begin} do not deliver it, and send it back to us."
        case Aim.DEPOT:
            return f"{begin} send it back to the depot that it left from."
        case Aim.HOLD:
            name = before.name or "the person on the label"
            return f"{begin} keep it at your nearest counter, where {name} collects it."
        case _:
            day = f"on {row.on:%A %-d %B}" if row.on else "on another day"
            return f"{begin} bring it {day}, to the same address."


def _in_chinese(row: Interception, who: str) -> tuple[str, ...]:
    before, after = Address.from_json(row.before), Address.from_json(row.after)
    order = f"，订单号 {row.order_number}" if row.order_number else ""
    said = [f"你好，我是{who}，想咨询我们寄出的快件，运单号 {row.parcel.number}{order}。"]
    if town := f"{before.city}{before.district}":
        said.append(f"这件快递正在寄往{town}。")
    if row.asked_at:
        at = row.asked_at.astimezone(ZoneInfo(row.parcel.account.zone))
        said.append(f"我们在{at:%-m月%-d日 %H:%M}提交过申请，请问收到了吗？现在结果如何？")
    begin = "如果没有收到，请" if row.asked_at else "请"
    name = before.name or "收件人"
    day = f"{row.on:%-m月%-d日}" if row.on else "另一天"
    wishes = {
        Aim.REDIRECT: f"改派到新的地址：{whole(after)}，{after.name}，{after.phone}。",
        Aim.RETURN: "不要派送，退回给我们。",
        Aim.DEPOT: "退回寄出的网点。",
        Aim.HOLD: f"放在最近的网点，由{name}自取。",
        Aim.RESCHEDULE: f"改到{day}派送，地址不变。",
    }
    if row.withdraw_wanted_at:
        said.append("这个申请不需要了，请按原来的地址派送。")
    else:
        said += [f"{begin}{wishes[Aim(row.aim)]}", "可以办理吗？费用多少？会晚几天？"]
    said.append("请问怎么称呼你？之后查询用哪个受理编号？")
    return tuple(said)


def spoken(address: Address) -> str:
    """In one line, as it is read out."""
    if address.country == CHINA:
        return ", ".join(filter(None, (whole(address), address.name, address.phone)))
    town = " ".join(filter(None, (address.postcode, address.city)))
    parts = (
        address.name,
        address.company,
        address.street,
        address.street2,
        address.district,
        town,
        address.region,
        address.country,
    )
    phone = f"telephone {address.phone}" if address.phone else ""
    return ", ".join(filter(None, (*parts, phone)))


def spoken_town(address: Address) -> str:
    town = " ".join(filter(None, (address.postcode, address.city)))
    return ", ".join(filter(None, (town, address.country)))


class Called(forms.Form):
    """What the carrier said. For forms of several pages, which say what it was about."""

    answer = forms.ChoiceField(label="What they say", widget=forms.RadioSelect)
    why = forms.ChoiceField(
        label="Why not",
        required=False,
        choices=[("", "Choose, if they say no"), *WHY.items()],
        help_text="The buyer reads why, in our words.",
    )
    words = forms.CharField(
        label="With whom you spoke, and their reference",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For us. The buyer does not read it.",
    )

    cost = forms.DecimalField(
        label="What it costs us (if they say)",
        required=False,
        min_value=0,
        max_digits=9,
        decimal_places=2,
    )
    currency = forms.RegexField(
        r"^[A-Za-z]{3}$",
        label="In which currency (three letters)",
        required=False,
        error_messages={"invalid": "Three letters, as USD."},
    )

    interception: Interception

    def ask_about(self, interception: Interception) -> None:
        """For the form’s own __init__, once its fields are there."""
        self.interception = interception
        field = self.fields["answer"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(answers_about(interception).items())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("answer") == Outcome.FAILED and not data.get("why"):
            self.add_error("why", "Choose why they say no: the buyer is told.")
        if data.get("cost") is not None and not data.get("currency"):
            self.add_error("currency", "Three letters, as USD.")
        return data

    def note(self) -> bool:
        """Whether it moved."""
        data = self.cleaned_data
        return self.interception.note_call(
            data["answer"],
            data["words"],
            failure=data["why"] if data["answer"] == Outcome.FAILED else "",
            cost=data["cost"],
            currency=data["currency"].upper() if data["cost"] is not None else "",
        )


def may_be_called_about(interception: Interception) -> bool:
    """Something can still be said about it."""
    return interception.is_open or interception.must_call


def answers_about(interception: Interception) -> Mapping[str, str]:
    """Those that make sense: nobody forgets what nobody wants forgotten."""
    left_out = set()
    if interception.asked_at is None:
        left_out.add(Outcome.NOTHING)
    if interception.withdraw_wanted_at is None:
        left_out.add(Outcome.WITHDRAWN)
    return {code: words for code, words in ANSWERS.items() if code not in left_out}
