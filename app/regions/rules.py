"""How codes of administrative divisions nest."""

from app.regions.types import LEVEL_BY_LENGTH


def parent_of(code: str) -> str | None:
    """Code of the division above; None for a province."""
    return next(
        (code[:length] for length in sorted(LEVEL_BY_LENGTH, reverse=True) if length < len(code)),
        None,
    )


def chain(code: str) -> list[str]:
    """The division and all above it, the highest first."""
    return [code[:length] for length in sorted(LEVEL_BY_LENGTH) if length <= len(code)]


def is_code(text: str) -> bool:
    """Whether a text has the form of a code."""
    return text.isascii() and text.isdigit() and len(text) in LEVEL_BY_LENGTH
