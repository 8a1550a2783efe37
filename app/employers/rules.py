"""The unified social credit code (统一社会信用代码, GB 32100)."""

import re
import unicodedata

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from app.platform.errors import DomainError


def parse_credit_code(text: str, *, field: str = "credit_code") -> str:
    """A code without spaces, in half-width capitals. Raises DomainError that says which part is wrong."""
    code = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
    if len(code) != 18:
        raise DomainError(f"统一社会信用代码应为 18 位，现在是 {len(code)} 位，请核对。", field)
    wrong = re.search(r"[^0-9A-HJ-NPQRTUWXY]", code)
    if wrong:
        raise DomainError(
            f"统一社会信用代码第 {wrong.start() + 1} 位“{wrong[0]}”不是代码用的字符"
            "（不用 I、O、S、V、Z），请核对。",
            field,
        )
    try:
        uscc.validate(code)
    except InvalidChecksum as error:
        expected = uscc.calc_check_digit(code[:17])
        raise DomainError(f"统一社会信用代码第 18 位应为 {expected}，请核对。", field) from error
    except ValidationError as error:
        raise DomainError("统一社会信用代码第 3 至 8 位应为数字，请核对。", field) from error
    return code
