"""Forms of sign-in and of the administration of accounts."""

from typing import Any

from app.identity.types import AccountState
from app.platform.access import Role
from app.platform.forms import (
    FilterForm,
    Form,
    Length,
    PasswordField,
    PhoneField,
    RadioField,
    SearchField,
    SelectField,
    TextField,
    ValidationError,
    optional,
    required,
)

_PASSWORD_HINT = "至少 10 位，含大写字母、小写字母、数字、符号中的三类；或者 20 位以上的一句话。"


class SignInForm(Form):
    """Name and password. Lengths are not judged here: a refusal must look the same whatever was typed."""

    username = TextField(
        "用户名",
        [required(), Length(max=80)],
        hint="学员也可以填手机号。",
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        "密码", [required(), Length(max=200)], render_kw={"autocomplete": "current-password"}
    )


def _new_password() -> PasswordField:
    return PasswordField(
        "新密码",
        [required(), Length(max=200)],
        hint=_PASSWORD_HINT,
        render_kw={"autocomplete": "new-password"},
    )


def _again() -> PasswordField:
    return PasswordField(
        "再填一次新密码",
        [required("请再填一次新密码。")],
        render_kw={"autocomplete": "new-password"},
    )


class TwiceForm(Form):
    """A form with a new password that is typed twice; its fields stand in the order in which they are filled in."""

    def validate_repeated(self, field: Any) -> None:
        if self["password"].data and field.data != self["password"].data:
            raise ValidationError("两次填写的新密码不一样，请重新填写。")


class ChangePasswordForm(TwiceForm):
    """One's own password."""

    present = PasswordField(
        "现在的密码", [required(), Length(max=200)], render_kw={"autocomplete": "current-password"}
    )
    password = _new_password()
    repeated = _again()


class ForgottenForm(Form):
    """Whose password was forgotten, and the telephone to which the code goes."""

    username = TextField(
        "用户名或手机号",
        [required(), Length(max=80)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    phone = PhoneField(
        "登记的手机号",
        [required()],
        hint="验证码会发到这个手机号。",
        render_kw={"autocomplete": "tel"},
    )


class ResetByCodeForm(TwiceForm):
    """The code from the telephone and the new password."""

    code = TextField(
        "验证码",
        [required()],
        hint="短信里的 6 位数字，10 分钟内有效。",
        width="short",
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )
    password = _new_password()
    repeated = _again()


class RoleForm(Form):
    """Which of one's roles to act in."""

    grant = RadioField("用哪个身份", [required()], coerce=int)


class AccountFilter(FilterForm):
    """Narrows the list of accounts."""

    words = SearchField("用户名或姓名", [optional(), Length(max=40)])
    role = SelectField("身份", [optional()], choices=Role)
    state = SelectField("状态", [optional()], choices=AccountState)


class AccountForm(Form):
    """A new account."""

    username = TextField(
        "用户名",
        [required(), Length(max=40)],
        hint="2 到 40 位，登录时使用，不能是手机号或证件号码，例如姓名拼音 wangfang。",
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    display_name = TextField(
        "姓名", [required(), Length(max=80)], render_kw={"autocomplete": "off"}
    )
    phone = PhoneField("手机号", [optional()])


class RoleChoice(FilterForm):
    """Which role to grant: the first step, without writing."""

    role = RadioField("身份", [optional()], choices=Role)


class GrantForm(Form):
    """A role without a scope."""


class RegionGrantForm(GrantForm):
    """A role whose scope is a region."""

    region_code = SelectField("负责的区划", [required()])


class ProviderGrantForm(GrantForm):
    """A role whose scope is a training base."""

    provider_id = SelectField("培训基地", [required()], coerce=int)


class TraineeGrantForm(GrantForm):
    """A trainee, recognised by certificate number and name; the administrator sees nothing of the register."""

    number = TextField(
        "残疾人证号", [required(), Length(max=30)], render_kw={"autocomplete": "off"}
    )
    name = TextField("姓名", [required(), Length(max=80)], render_kw={"autocomplete": "off"})


class ConfirmForm(Form):
    """Nothing but the button."""
