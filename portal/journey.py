"""One step of a journey, as `{% journey steps %}` draws it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """icon: name of a symbol. state: done, now or ahead."""

    icon: str
    label: str
    state: str
