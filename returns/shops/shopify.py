"""Shopify: an order's shipping address, written with its Admin API.

Built from its public documentation, not verified with the live service. Documented (GraphQL
Admin API, `orderUpdate`, `OrderInput`, `MailingAddressInput`, its public list of regions):
the call, the header with the token, the scope `write_orders`, that the new address replaces
the old one, the fields (`country` and `province` as words are deprecated, codes are wanted),
`userErrors`, and that errors of the whole call stand in `errors`, with a code.

UNSURE: whether a throttled call is told by 429 or by a code within 200 (both are understood).
Merchants have reported that the call succeeds and changes nothing; so only an answer that
shows the new address counts, anything else is looked at by a person. Where we know no code of
a region, its name is sent. Shops have no place for a copy in Latin letters, nor for a district
of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from returns.postal import book
from returns.postal.address import PostalAddress
from returns.shops import (
    TOTAL,
    Access,
    Answer,
    Error,
    NoAccess,
    Outcome,
    TooFast,
    Update,
)
from returns.shops.writing import document, first_and_last, flat, moment, part, same, words
from tracking import http
from tracking.providers import reading

KEYS: Mapping[str, str] = {"token": "Access token of an app that may write orders"}
OPTIONS: Mapping[str, str] = {
    "version": "Version of the Admin API; empty: 2026-10",
    "rest": "“yes”: refunds go over the older REST interface",
}
NEEDS_ADDRESS = True
VERSION = "2026-10"

UPDATE = """
mutation orderUpdate($input: OrderInput!) {
  orderUpdate(input: $input) {
    order {
      id
      updatedAt
      shippingAddress {
        firstName lastName company address1 address2
        city province provinceCode zip countryCodeV2
      }
    }
    userErrors { field message }
  }
}
"""
# What the whole call is refused with; all others may be well again later.
CLOSED = frozenset({"ACCESS_DENIED", "SHOP_INACTIVE", "FORBIDDEN", "UNAUTHORIZED"})
THROTTLED = "THROTTLED"
# China has codes of its own there.
PROVINCES = """
安徽省 北京市 重庆市 福建省 甘肃省 广东省 广西壮族自治区 贵州省 海南省 河北省
黑龙江省 河南省 湖北省 湖南省 内蒙古自治区 江苏省 江西省 吉林省 辽宁省 宁夏回族自治区
青海省 陕西省 山东省 上海市 山西省 四川省 天津市 新疆维吾尔自治区 西藏自治区 云南省 浙江省
"""
CODES = """
AH BJ CQ FJ GS GD GX GZ HI HE
HL HA HB HN NM JS JX JL LN NX
QH SN SD SH SX SC TJ XJ YZ YN ZJ
"""
CHINA = dict(zip(PROVINCES.split(), CODES.split(), strict=True))
# Its codes are those that letters have there.
LETTERS = frozenset({"AR", "AU", "BR", "CA", "ES", "IN", "IT", "US"})


def tell(update: Update, access: Access) -> Answer:
    given = {"id": gid(update.source_id), "shippingAddress": written(update.address)}
    answer = asked(UPDATE, {"input": given}, access, TOTAL)
    check(answer, access, lambda told: words(told, update, access))
    payload = part(part(answer, "data"), "orderUpdate")
    if problems := reading.parts(payload, "userErrors"):
        told = " ".join(str(one.get("message") or "") for one in problems)
        return Answer(Outcome.REFUSED, words(told, update, access) or "Shopify refused it.")
    order = part(payload, "order")
    version_of_order = moment(order.get("updatedAt"))
    if shown := part(order, "shippingAddress"):
        if same(_shown(shown), flat(update.address)):
            return Answer(Outcome.CONFIRMED, version=version_of_order)
        return Answer(Outcome.REFUSED, "Shopify said yes, but its order shows another address.")
    return Answer(Outcome.REFUSED, "Shopify said yes, but does not show us the address.")


def gid(source_id: str) -> str:
    """The order's global id; shops tell us its number."""
    return source_id if source_id.startswith("gid:") else f"gid://shopify/Order/{source_id}"


def asked(query: str, variables: Mapping[str, Any], access: Access, total: float) -> dict[str, Any]:
    """What the GraphQL Admin API answers, which may be that something was wrong (`check`)."""
    reply = http.call(
        "POST",
        f"{address_of(access)}/graphql.json",
        json={"query": query, "variables": variables},
        headers=headers(access),
        total=total,
    )
    if reply.status != 200:
        refuse(reply.status)
    return document(reply)


def version_of(access: Access) -> str:
    return str(access.keys.get("version") or VERSION)


def address_of(access: Access) -> str:
    return f"{access.base.rstrip('/')}/admin/api/{version_of(access)}"


def headers(access: Access) -> dict[str, str]:
    return {"X-Shopify-Access-Token": str(access.keys.get("token", ""))}


def written(address: PostalAddress) -> dict[str, Any]:
    """As a MailingAddressInput. Every field is sent: what is left out might stay."""
    plain = flat(address)
    first, last = first_and_last(plain.name)
    fields: dict[str, Any] = {
        "firstName": first,
        "lastName": last,
        "company": plain.company,
        "address1": plain.street,
        "address2": plain.street2,
        "city": plain.city,
        "zip": plain.postcode,
        "countryCode": plain.country,
    }
    if plain.phone:
        fields["phone"] = plain.phone
    if code := province_code(plain):
        return {**fields, "provinceCode": code}
    return {**fields, "province": _province(plain)} if plain.region else fields


def province_code(address: PostalAddress) -> str:
    """Shopify's code of the region; '' where we know none. In other countries some of its codes
    are not those of ISO 3166."""
    known = book.find(address.country)
    region = known.region(address.region) if known else None
    if region is None:
        return ""
    if address.country == "CN":
        return CHINA.get(region.key, "")
    if address.country == "JP":
        return f"JP-{region.iso}"
    if address.country in LETTERS:
        return region.iso or region.key
    return ""


def _province(address: PostalAddress) -> str:
    """Its name in Latin letters, as Shopify has them."""
    known = book.find(address.country)
    region = known.region(address.region) if known else None
    return (region.latin if region else "") or address.region


def _shown(fields: Mapping[str, Any]) -> PostalAddress:
    def text(name: str) -> str:
        return reading.text(fields.get(name), 300)

    return PostalAddress(
        name=f"{text('firstName')} {text('lastName')}".strip(),
        company=text("company"),
        street=text("address1"),
        street2=text("address2"),
        city=text("city"),
        region=text("province") or text("provinceCode"),
        postcode=text("zip"),
        country=text("countryCodeV2"),
    )


def refuse(status: int) -> None:
    """Raises what an answer without success means."""
    if status == 404 or 300 <= status < 400:
        raise NoAccess(f"There is no Shopify shop at this address, or no such version ({status}).")
    if status in (402, 423):
        raise NoAccess(f"Shopify has closed the shop ({status}).")
    raise Error(f"Shopify answered {status}.")


def check(answer: Mapping[str, Any], access: Access, harmless: Callable[[str], str]) -> None:
    """Raises what the call as a whole was refused with. harmless: words without what is
    private."""
    errors = reading.parts(dict(answer), "errors")
    if not errors and not answer.get("errors"):
        return
    told = harmless(" ".join(str(one.get("message") or "") for one in errors))
    codes = {str(part(one, "extensions").get("code") or "") for one in errors}
    if THROTTLED in codes or told.casefold() == THROTTLED.casefold():
        raise TooFast("Shopify was called too often.")
    if codes & CLOSED:
        raise NoAccess(f"Shopify does not let us in: {told}")
    # A field that this version does not know, and the like, has no code that can be relied on.
    raise Error(f"Shopify says: {told or 'something went wrong'}")
