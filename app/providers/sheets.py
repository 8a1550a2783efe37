"""Excel columns of training bases."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.platform.sheets import Column
from app.providers.types import TrainingKind

PROVIDERS: Sequence[Column] = (
    Column("基地名称", 30),
    Column("统一社会信用代码", 22),
    Column("所在区划", 14),
    Column("资质有效期至", 14),
    Column("批准的培训类别", 50),
    Column("场地数", 8),
    Column("教师数", 8),
)


def kinds_text(kinds: Iterable[str] | None) -> str:
    """Names of the kinds in the order of their declaration."""
    held = frozenset(kinds or ())
    return "、".join(kind.label for kind in TrainingKind if kind.value in held)


def provider_rows(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (
            row.name,
            row.credit_code,
            row.region,
            row.valid_to,
            kinds_text(row.kinds),
            row.venues,
            row.teachers,
        )
