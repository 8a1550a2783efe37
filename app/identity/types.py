"""Words and results of sign-in and of one-time codes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from app.platform.types import LabelledEnum


class CodePurpose(LabelledEnum):
    """What a one-time code confirms."""

    REGISTRATION = "registration", "开通账户"
    PASSWORD_RESET = "password_reset", "重设密码"


class CodeResult(LabelledEnum):
    """How the check of a one-time code ended; the label says what to do."""

    OK = "ok", "验证码正确。"
    WRONG = "wrong", "验证码不对，请核对短信里的 6 位数字。"
    EXPIRED = "expired", "验证码已失效，请重新获取。"
    SPENT = "spent", "验证码输错次数太多，已作废，请重新获取。"


class AccountState(LabelledEnum):
    """What an administrator sees of an account."""

    ACTIVE = "active", "正常"
    LOCKED = "locked", "已锁定"
    INITIAL = "initial", "待改初始密码"
    UNCONFIRMED = "unconfirmed", "待开通"
    CLOSED = "closed", "已关闭"


class SignInRefusal(Enum):
    """Why nobody was signed in."""

    WRONG = auto()
    LOCKED = auto()
    NO_ROLE = auto()


@dataclass(frozen=True, slots=True)
class SignIn:
    """An attempt that succeeded: the session token, and whether there are roles to choose from."""

    token: str
    account_id: int
    grants: int


@dataclass(frozen=True, slots=True)
class Refused:
    """An attempt that did not; `until` is the end of a lock-out."""

    reason: SignInRefusal
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LockOut:
    """After how many failures in a row an account is locked, and for how long."""

    failures: int
    lasting: timedelta


@dataclass(frozen=True, slots=True)
class ScopeSource:
    """How a capability above this one offers its rows as the scope of a role.

    `label` names an id, None where it does not exist. What may be granted is either listed by `choices` as
    (id, label), or, where the administrator may not see a list, found by a number and a name.
    """

    label: Callable[[int], str | None]
    choices: Callable[[], Sequence[tuple[int, str]]] | None = None
    find: Callable[[str, str], int | None] | None = None


#: What this capability logs, in words.
ACTIONS = {
    "account.created": "开立账户",
    "account.closed": "关闭账户",
    "account.reopened": "重新启用账户",
    "account.unlocked": "解除锁定",
    "account.signed_out_everywhere": "退出所有设备",
    "code.issued": "发出验证码",
    "code.refused": "验证码不对",
    "grant.added": "授予身份",
    "grant.revoked": "撤销身份",
    "password.changed": "修改密码",
    "password.initial": "重设为初始密码",
    "password.set": "设置密码",
    "role.switched": "切换身份",
    "sign_in.failed": "登录失败",
    "sign_in.locked": "多次登录失败，锁定账户",
    "sign_in.succeeded": "登录",
    "sign_out": "退出",
}

#: Tables whose rows it logs.
SUBJECTS = {
    "account": "账户",
}
