"""Reading settings from the environment: one place, so that empty always means unset."""

import os


def text(name: str, default: str) -> str:
    """The variable's value without surrounding blanks, or `default` when empty or unset."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, default: bool) -> bool:
    """`1`, `true`, `yes`, `on` are true in any case; anything else that is set is false."""
    value = os.environ.get(name, "").strip().lower()
    return value in {"1", "true", "yes", "on"} if value else default


def listing(name: str) -> list[str]:
    """Comma-separated values; blanks around them are dropped."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def number(name: str, default: int) -> int:
    """The whole number, or `default`; portal/checks.py refuses what is no number."""
    value = text(name, str(default))
    return int(value) if value.isdecimal() else default
