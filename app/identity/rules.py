"""Passwords, one-time codes, lock-out and roles: the decisions, without clock or database."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.platform.access import Role

MIN_LENGTH = 10
PASSPHRASE_LENGTH = 20
MAX_LENGTH = 128

CODE_DIGITS = 6
CODE_LIFETIME = timedelta(minutes=10)
CODE_ATTEMPTS = 5
CODE_PAUSE = timedelta(minutes=1)
CODES_PER_DAY = 5

#: Beginnings of passwords that are tried first; compared without case, and with digits and signs at the ends cut off.
_COMMON_WORDS = """
    password passw0rd p@ssword p@ssw0rd admin administrator root qwerty qwertyuiop asdfghjkl zxcvbnm 1qaz2wsx
    1q2w3e4r 1q2w3e4r5t qazwsx letmein welcome iloveyou woaini woaini1314 changeme master superman test guest
    user abc abcd abcde abcdef abc123 a123456 aa123456 qq123456 dandong zhenxing canlian qiming mima
    启明 残联 密码 我爱你 振兴区 丹东
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_ROWS = ("0123456789", "9876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")

#: Letters and digits that are not mistaken for one another when read aloud or copied by hand.
_CLEAR = ("abcdefghjkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789")

#: Who checks must not be whom he checks (GB/T 22239-2019: administration and audit are kept apart).
_APART_FROM_AUDITOR = frozenset({Role.SYSADMIN, Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER})


def password_fault(password: str, *, username: str, names: Collection[str] = ()) -> str | None:
    """Why a password is refused, None where it is good.

    At least 10 characters of three of four classes (GB/T 22239-2019 asks for complexity), or a passphrase of 20;
    other scripts count as the fourth class.
    """
    if len(password) < MIN_LENGTH:
        return f"密码至少 {MIN_LENGTH} 位，现在是 {len(password)} 位。"
    if len(password) > MAX_LENGTH:
        return f"密码最多 {MAX_LENGTH} 位。"
    if len(password) < PASSPHRASE_LENGTH and len(_classes(password)) < 3:
        return f"密码要含大写字母、小写字母、数字、符号四类中的三类；或者用 {PASSPHRASE_LENGTH} 位以上的一句话作密码。"
    folded = _fold(password)
    if len(set(folded)) < 5:
        return "密码里重复的字符太多，请换一个。"
    if any(len(name.encode()) >= 3 and _fold(name) in folded for name in (username, *names)):
        return "密码不能包含用户名、姓名或手机号，请换一个。"
    if _is_common(folded):
        return "这个密码太常见，容易被猜中，请换一个。"
    return None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _classes(password: str) -> set[str]:
    kinds = set()
    for character in password:
        if character.isascii() and character.islower():
            kinds.add("lower")
        elif character.isascii() and character.isupper():
            kinds.add("upper")
        elif character.isdecimal():
            kinds.add("digit")
        else:
            kinds.add("other")
    return kinds


def _is_common(folded: str) -> bool:
    letters = folded.strip("0123456789 !@#$%^&*()_+-=.,?/~`'\"")
    if letters in _COMMON or folded in _COMMON or not letters:
        return True
    return any(folded[:8] in row for row in _ROWS)


def initial_password(choose: Callable[[Sequence[str]], str]) -> str:
    """A password to be told once and changed at the first sign-in: Abc2-dEf3-gHj4.

    `choose` picks one of a sequence: `secrets.choice`.
    """
    groups = []
    for _ in range(3):
        upper, digit = choose(_CLEAR[1]), choose(_CLEAR[2])
        groups.append(upper + choose(_CLEAR[0]) + choose(_CLEAR[0]) + digit)
    return "-".join(groups)


def username_fault(username: str) -> str | None:
    """Why a name to sign in with is refused, None where it is good.

    It is stored in the clear, so it must not be an identity or telephone number.
    """
    if not 2 <= len(username) <= 40 or not re.fullmatch(r"\w[\w.-]*", username):
        return "用户名应为 2 到 40 位，只用字母、汉字、数字、点、短横线和下划线。"
    if re.search(r"\d{11}", username):
        return "用户名不能是手机号或证件号码，请换一个，例如姓名拼音。"
    return None


def next_code_at(issued: Sequence[datetime], *, as_of: datetime) -> datetime | None:
    """When the next code may be sent, None when at once: one a minute, five a day. `issued` is newest first."""
    if len(issued) >= CODES_PER_DAY:
        oldest = issued[CODES_PER_DAY - 1]
        if as_of - oldest < timedelta(days=1):
            return oldest + timedelta(days=1)
    if issued and as_of - issued[0] < CODE_PAUSE:
        return issued[0] + CODE_PAUSE
    return None


def role_conflict(held: Collection[Role], wanted: Role) -> str | None:
    """Why an account that holds some roles may not get another, None where it may."""
    both = {*held, wanted}
    if Role.AUDITOR in both and both & _APART_FROM_AUDITOR:
        return "审计身份须与管理、业务身份分开：请为审计人员另开账户。"
    return None


def local_path(target: str | None) -> str | None:
    """`target` where it is a path on this site, else None: a sign-in must not lead to another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(character) <= 32 or ord(character) == 127 for character in target) or "\\" in target:
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target
