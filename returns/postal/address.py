"""PostalAddress: where something goes, as a form takes it and a label reads it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol, Self

from returns.postal import book
from tracking.gateways import Address


class Placed(Protocol):
    """What has an address of its own: an order."""

    name: str
    company: str
    phone: str
    street: str
    street2: str
    city: str
    region: str
    postcode: str
    country: str


# Written big to small: the district stands in front of the street, and in Korea apart.
DISTRICT_FIRST = {"CN": "", "TW": "", "HK": "", "MO": "", "JP": "", "KR": " "}


@dataclass(frozen=True)
class PostalAddress:
    """district: the part of a city that some countries name. country: ISO 3166 alpha-2.
    latin_*: a copy in Latin letters for the label, where the buyer gave one."""

    name: str = ""
    company: str = ""
    phone: str = ""
    street: str = ""
    street2: str = ""
    district: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    latin_name: str = ""
    latin_street: str = ""
    latin_city: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{name: str(data.get(name) or "") for name in cls.__dataclass_fields__})

    @classmethod
    def of(cls, order: Placed) -> Self:
        """As the order has it; the district is taken out of the street again where the two
        can be told apart, so that `order_values` gives back exactly what was there."""
        street, district = order.street, ""
        if order.country in DISTRICT_FIRST:
            district, street = _apart(order)
        return cls(
            name=order.name,
            company=order.company,
            phone=order.phone,
            street=street,
            street2=order.street2,
            district=district,
            city=order.city,
            region=order.region,
            postcode=order.postcode,
            country=order.country,
        )

    def order_values(self) -> dict[str, str]:
        """For the fields of an order, which knows no district. The phone stays: it is a
        contact, and is changed as one."""
        street, street2 = self.street, self.street2
        if self.district and self.country in DISTRICT_FIRST:
            street = f"{self.district}{DISTRICT_FIRST[self.country]}{street}"
        elif self.district:
            street2 = ", ".join(part for part in (street2, self.district) if part)
        return {
            "name": self.name,
            "company": self.company,
            "street": street,
            "street2": street2,
            "city": self.city,
            "region": self.region,
            "postcode": self.postcode,
            "country": self.country,
        }

    def gateway_address(self) -> Address:
        data = {name: getattr(self, name) for name in Address.__dataclass_fields__}
        return Address(**data)

    def changed(self, **values: str) -> Self:
        return replace(self, **values)

    # --- comparing --------------------------------------------------------------------------

    def same_place(self, other: "PostalAddress") -> bool:
        """Whether both lead to the same door, however they are written; whose door it is,
        is not asked."""
        return self._place == other._place

    def same_as(self, other: "PostalAddress") -> bool:
        """The same place and the same person, however both are written."""
        return self.same_place(other) and all(
            book.fold(getattr(self, name)) == book.fold(getattr(other, name))
            for name in ("name", "company", "phone", "latin_name", "latin_street", "latin_city")
        )

    @property
    def _place(self) -> tuple[str, ...]:
        """A region counts only where labels have one: many shops make one up."""
        known = book.find(self.country)
        parts = [self.street, self.street2, self.district]
        if self.country in DISTRICT_FIRST:
            parts = [self.district, self.street, self.street2]
        region = self.region if not known or "region" in known.shown else ""
        found = known.region(region) if known else None
        return (
            book.fold("".join(parts)),
            book.fold(self.city),
            book.fold(found.key if found else region),
            book.fold(self.postcode),
            self.country,
        )


def _apart(order: Placed) -> tuple[str, str]:
    """(district, street) of an order's street; ('', street) when that cannot be told."""
    known = book.find(order.country)
    region = known.region(order.region) if known else None
    between = DISTRICT_FIRST[order.country]
    for city in {order.city, f"{order.city}市"} if region and known and known.has_district else ():
        assert region is not None
        for district in book.districts(order.country, region.key, city):
            rest = order.street.removeprefix(district + between)
            if rest != order.street and rest == rest.strip() and rest:
                return district, rest
    return "", order.street
