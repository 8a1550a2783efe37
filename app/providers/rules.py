"""Decisions about training bases."""

from datetime import date

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from app.platform.errors import DomainError

#: Characters of a unified social credit code (GB 32100-2015): no I, O, S, V, Z.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def check_credit_code(code: str, *, field: str = "credit_code") -> str:
    """The code (统一社会信用代码, GB 32100-2015) as it is stored.

    Raises DomainError saying which character is wrong.
    """
    code = uscc.compact(code)
    if len(code) != 18:
        raise DomainError(f"统一社会信用代码应为 18 位，这里有 {len(code)} 位，请核对。", field)
    for place, character in enumerate(code, start=1):
        if character not in _ALPHABET:
            raise DomainError(
                f"统一社会信用代码第 {place} 位的“{character}”不会出现在代码里（不用 I、O、S、V、Z），请核对。",
                field,
            )
    expected = uscc.calc_check_digit(code[:-1])
    if code[-1] != expected:
        raise DomainError(
            f"统一社会信用代码第 18 位应为 {expected}，请核对前面各位有没有写错。", field
        )
    try:
        return str(uscc.validate(code))
    except ValidationError as error:
        raise DomainError("统一社会信用代码不符合规则，请对照营业执照核对。", field) from error


def refuse_period(valid_from: date, valid_to: date | None) -> None:
    """Raises DomainError where a period does not end after it begins."""
    if valid_to is not None and valid_to <= valid_from:
        raise DomainError("结束日期应晚于开始日期，请核对。", "valid_to")
