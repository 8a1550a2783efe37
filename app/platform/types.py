"""Types shared by all capabilities."""

from enum import StrEnum
from typing import Self


class LabelledEnum(StrEnum):
    """A StrEnum whose members carry their Chinese name: `VISUAL = "visual", "视力"`."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Pairs for a WTForms choice field, in order of declaration."""
        return [(member.value, member.label) for member in cls]
