"""Forms: what a user typed, what is wrong with it in Chinese, and where to mend it.

Fields keep what was typed when it is wrong. Every text is trimmed and nothing else is done to a name, so
that rare characters survive; figures and dates are read tolerantly (full-width digits, 2024.3.1, 2024年3月1日).
The macros of `platform/macros.html` draw these fields by their `shape`.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, ClassVar

import wtforms
from flask import request
from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from markupsafe import Markup, escape
from werkzeug.datastructures import FileStorage
from wtforms import widgets
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, NumberRange, Optional, StopValidation, ValidationError
from wtforms.widgets.core import clean_key

from app.platform.errors import DomainError
from app.platform.formats import day_zh
from app.platform.types import LabelledEnum

__all__ = [
    "CheckField",
    "ChecksField",
    "ChoiceField",
    "CitizenNumberField",
    "DateField",
    "DecimalField",
    "FieldList",
    "FileField",
    "FileRequired",
    "FilterForm",
    "Form",
    "FormField",
    "HiddenField",
    "IntegerField",
    "Length",
    "NameField",
    "NonceField",
    "NumberRange",
    "PasswordField",
    "PhoneField",
    "RadioField",
    "SearchField",
    "SelectField",
    "TextAreaField",
    "TextField",
    "TimeField",
    "ValidationError",
    "optional",
    "plain",
    "printable",
    "required",
]

#: Above this number of choices a native select is drawn instead of radio buttons.
MOST_RADIOS = 7

FormField = wtforms.FormField
FieldList = wtforms.FieldList


def plain(text: str) -> str:
    """Full-width letters, digits and punctuation as their ASCII forms, trimmed; for figures, never for names."""
    return unicodedata.normalize("NFKC", text).strip()


#: What no keyboard types; PostgreSQL stores no NUL at all.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def printable(text: str) -> str:
    """Without control characters; line breaks and tabs stay."""
    return _CONTROL.sub("", text)


# Messages


class Messages:
    """Says WTForms' own messages in Chinese, naming the field they belong to."""

    _ONE: ClassVar[dict[str, str]] = {
        "Number must be at least %(min)s.": "{label}不能小于 %(min)s。",
        "Number must be at most %(max)s.": "{label}不能大于 %(max)s。",
        "Number must be between %(min)s and %(max)s.": "{label}应在 %(min)s 到 %(max)s 之间。",
        "Date must be at least %(min)s.": "{label}不能早于 %(min)s。",
        "Date must be at most %(max)s.": "{label}不能晚于 %(max)s。",
        "Date must be between %(min)s and %(max)s.": "{label}应在 %(min)s 到 %(max)s 之间。",
        "Not a valid integer value.": "{label}应为整数，例如 12。",
        "Not a valid decimal value.": "{label}应为数字，例如 12.5。",
        "Not a valid float value.": "{label}应为数字，例如 12.5。",
        "Not a valid date value.": "{label}不是日期，请写成 2024-3-1。",
        "Not a valid datetime value.": "{label}不是日期和时间，请核对。",
        "Not a valid time value.": "{label}不是时间，请写成 8:30。",
        "Not a valid choice.": "请从列出的选项中选择{label}。",
        "Invalid Choice: could not coerce.": "请从列出的选项中选择{label}。",
        "Invalid choice(s): one or more data inputs could not be coerced.": "请从列出的选项中选择{label}。",
        "Field must be equal to %(other_name)s.": "两次填写的{label}不一样，请重新填写。",
        "Invalid email address.": "{label}不是邮箱地址，请核对，例如 name@example.com。",
        "Invalid URL.": "{label}不是网址，请核对，例如 https://example.com。",
        "Invalid input.": "{label}的写法不对，请核对。",
        "Invalid value, must be one of: %(values)s.": "{label}应为其中之一：%(values)s。",
        "Invalid value, can't be any of: %(values)s.": "{label}不能是：%(values)s。",
        "This field cannot be edited.": "{label}不能修改。",
        "This field is disabled and cannot have a value.": "{label}现在不能填写。",
        "'%(value)s' is not a valid choice for this field.": "请从列出的选项中选择{label}。",
        "Field must be at least %(min)d character long.": "{label}至少 %(min)d 个字。",
        "Field cannot be longer than %(max)d character.": "{label}最多 %(max)d 个字。",
        "Field must be exactly %(max)d character long.": "{label}应为 %(max)d 个字。",
        "Field must be between %(min)d and %(max)d characters long.": "{label}应为 %(min)d 到 %(max)d 个字。",
    }
    _REQUIRED = "This field is required."

    def __init__(self, form: "BaseForm", field_name: str) -> None:
        self._form = form
        self._field_name = field_name

    def gettext(self, text: str) -> str:
        if text == self._REQUIRED:
            return missing(self._form[self._field_name])
        message = self._ONE.get(text)
        return message.format(label=self._label()) if message else text

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return self.gettext(singular)

    def _label(self) -> str:
        return str(self._form[self._field_name].label.text)


def missing(field: Any) -> str:
    """What to say of a field that was left empty: the verb fits what the user has to do."""
    shape = getattr(field, "shape", "text")
    verb = {
        "radios": "选择",
        "select": "选择",
        "checks": "选择",
        "file": "上传",
        "check": "勾选",
    }.get(shape, "填写")
    return f"请{verb}{field.label.text}。"


# Validators


class Required:
    """Something must be typed, chosen or uploaded; spaces alone are nothing."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __init__(self, message: str | None = None) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        if field.process_errors:
            # What was typed is wrong already; saying "missing" beside it would mislead.
            raise StopValidation()
        # Not by truth: 0 is a number that was typed.
        if field.data is None or field.data is False or field.data in ("", []):
            field.errors[:] = []
            raise StopValidation(self.message or missing(field))


def required(message: str | None = None) -> Required:
    """The field must be filled in."""
    return Required(message)


def optional() -> Any:
    """The field may stay empty; the further validators then do not run."""
    return Optional()


# Forms


@dataclass(frozen=True)
class FormError:
    """One line of the error summary; `target` is the id of the element to go to, None for the form as a whole."""

    message: str
    target: str | None


class BaseForm(FlaskForm):
    """What forms that write and forms that filter have in common."""

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> None:
            # Field by field in bind_field: Flask-WTF's own translations need Babel and do not know the label.
            return None

        def bind_field(self, form: "BaseForm", unbound_field: Any, options: dict[str, Any]) -> Any:
            options["translations"] = Messages(form, options["name"])
            return super().bind_field(form, unbound_field, options)

    @property
    def ok(self) -> bool:
        """Nothing is wrong, neither with a field nor with the form as a whole."""
        return not self.errors

    @property
    def error_list(self) -> list[FormError]:
        """All errors in the order of the fields, those of the whole form first."""
        whole = [FormError(str(message), None) for message in self.form_errors]
        return whole + [error for field in self for error in _errors_of(field)]

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn a DomainError into an error at its field, or of the form where it names none of ours."""
        try:
            yield
        except DomainError as error:
            self.refuse(error.message, error.field)

    def refuse(self, message: str, field: str | None = None) -> None:
        """Add an error found after validation."""
        if field is not None and field in self:
            self[field].errors = [*self[field].errors, message]
        else:
            self.form_errors.append(message)


def _errors_of(field: Any) -> Iterator[FormError]:
    if isinstance(field, wtforms.FormField):
        for inner in field.form:
            yield from _errors_of(inner)
        return
    if isinstance(field, wtforms.FieldList):
        for message in field.errors:
            if isinstance(message, str):
                yield FormError(message, field.id)
        for entry in field.entries:
            yield from _errors_of(entry)
        return
    target: str | None = field.id
    if getattr(field, "shape", None) in ("radios", "checks"):
        target = f"{field.id}-0"
    if isinstance(field, wtforms.HiddenField):
        target = None
    for message in field.errors:
        yield FormError(str(message), target)


class Form(BaseForm):
    """A form that writes: POST, with CSRF token."""


@dataclass(frozen=True)
class ActiveFilter:
    """A filter in use, for a removable chip."""

    label: str
    value: str
    url: str


class FilterForm(BaseForm):
    """A form that narrows a list: GET, read from the query, no token, every field optional.

    An invalid value (an impossible date typed into the address, a choice that is not offered) is an error at its
    field, and `data` of it None; words to look for are kept as typed.
    """

    class Meta(BaseForm.Meta):
        csrf = False

    def __init__(self, **kwargs: Any) -> None:
        self._refused: dict[str, Any] = {}
        super().__init__(formdata=request.args, **kwargs)
        self.validate()

    def validate(self, extra_validators: Any = None) -> bool:
        """May be called again once choices are known: it judges what was typed anew."""
        if not request.args:
            return True  # every field is optional, and most lists are opened unfiltered
        for name, data in self._refused.items():
            if name in self:
                self[name].data = data
        valid: bool = super().validate(extra_validators)
        wrong = [one for one in self if one.errors and isinstance(one, _Chosen | _Parsed)]
        self._refused = {one.short_name: one.data for one in wrong}
        for one in wrong:
            one.data = None
        return valid

    @property
    def active(self) -> list[ActiveFilter]:
        """The filters in use, each with the address of the list without it."""
        from app.platform.pages import query_url

        return [
            ActiveFilter(str(field.label.text), _spoken(field), query_url(**{field.name: None}))
            for field in self
            if field.data not in (None, "", [], False)
            and not isinstance(field, wtforms.HiddenField)
        ]


def _spoken(field: Any) -> str:
    if isinstance(field, wtforms.SelectMultipleField | wtforms.SelectField):
        return "、".join(str(choice.label) for choice in field.iter_choices() if choice.selected)
    if isinstance(field.data, bool):
        return "是"
    if isinstance(field.data, date):
        return day_zh(field.data)
    return str(field.data)


# Inputs


def _attributes(**values: Any) -> Markup:
    """As WTForms' own `html_params`, which formats markup piece by piece and takes six times as long."""
    parts = []
    for key, value in sorted(values.items()):
        if value is not False:
            name = clean_key(key)
            parts.append(name if value is True else f'{name}="{_quoted(value)}"')
    return Markup(" ".join(parts))


def _quoted(value: Any) -> str:
    # Markup that is passed in is not escaped, and may hold the quotation mark that would end the attribute.
    return str(escape(value)).replace('"', "&quot;")


class _TextInput(widgets.TextInput):
    html_params = staticmethod(_attributes)


class _SearchInput(widgets.SearchInput):
    html_params = staticmethod(_attributes)


class _HiddenInput(widgets.HiddenInput):
    html_params = staticmethod(_attributes)


class HiddenField(wtforms.HiddenField):
    """What a page sends back unseen."""

    widget = _HiddenInput()
    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = printable(valuelist[0])


class NonceField(HiddenField):
    """Tells a form that is sent twice from two forms: drawn anew for each page, and required of what comes back."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("default", lambda: secrets.token_urlsafe(16))
        super().__init__("表单编号", [required(), Length(max=64)], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        # Not the default, which would make a form without one new each time.
        self.data = None
        super().process_formdata(valuelist)


# Text


class _Shaped(wtforms.Field):
    """`shape` tells the macros how to draw the field; `hint` is the line under its label."""

    shape: ClassVar[str] = "text"
    data: Any
    hint: str | None = None
    #: Width of the input in Chinese characters, as a class: narrow tells how much is expected.
    width: str | None = None

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Any] | None = None,
        *,
        hint: str | None = None,
        width: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("description", hint or "")
        super().__init__(label, validators, **kwargs)
        self.hint = hint or (str(kwargs["description"]) or None)
        self.width = width or self.width


class TextField(_Shaped, wtforms.StringField):
    """One line; trimmed; data is None when nothing was typed."""

    widget = _TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = self.clean(printable(valuelist[0]))

    def clean(self, text: str) -> str:
        return text.strip()

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        self.data = self.data or None


class SearchField(TextField):
    """Words to look for."""

    widget = _SearchInput()


class NameField(TextField):
    """A person's name as the certificate has it; rare characters and the middle dot are kept as typed.

    Only the other dots that keyboards produce between the parts of a name become the one of GB/T 2312 (·).
    """

    def clean(self, text: str) -> str:
        return re.sub(r"\s*[•‧∙・･．]\s*", "·", " ".join(text.split()))


class _Grouped(TextField):
    """A number without spaces in the database, shown in groups as one types (static/js/qiming.js)."""

    groups: ClassVar[str] = ""

    def __init__(
        self, label: str | None = None, validators: Sequence[Any] | None = None, **kwargs: Any
    ) -> None:
        render_kw = {
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "data-groups": self.groups,
            **(kwargs.pop("render_kw", None) or {}),
        }
        super().__init__(label, validators, render_kw=render_kw, **kwargs)

    def clean(self, text: str) -> str:
        return re.sub(r"[\s\-]", "", plain(text)).upper()


class CitizenNumberField(_Grouped):
    """Citizen number (18) or disability certificate number (20 or 22); its rules are those of `people`."""

    groups = "6 4 4 4 2 2"
    width = "number"


class PhoneField(_Grouped):
    """Mobile or fixed line; +86 and separators are dropped."""

    groups = "3 4 4"
    width = "phone"
    widget = widgets.TelInput()

    def clean(self, text: str) -> str:
        return re.sub(r"^(\+|00)86", "", re.sub(r"[\s\-()]", "", plain(text)))

    def pre_validate(self, form: Any) -> None:
        if self.data and not re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}", self.data):
            raise ValidationError(
                f"{self.label.text}应为 11 位手机号，或带区号的固定电话，请核对。"
            )


class PasswordField(TextField):
    """Never trimmed and never sent back."""

    widget = widgets.PasswordInput(hide_value=True)

    def clean(self, text: str) -> str:
        return text


class TextAreaField(_Shaped, wtforms.TextAreaField):
    """Several lines; trimmed."""

    shape = "textarea"

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            self.data = printable(valuelist[0].replace("\r\n", "\n")).strip()

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        self.data = self.data or None


# Figures, dates, times

#: No figure of a district has more digits, and an int4 holds them.
_MOST_DIGITS = 9
_TOO_LARGE = 10**_MOST_DIGITS
#: Years that can be meant; beyond them a date cannot be turned into a moment, or is a slip of the keyboard.
_YEARS = range(1900, 2200)


class _Parsed(_Shaped):
    """A text that becomes something else; what was typed is shown again when it cannot."""

    widget = _TextInput()
    width = "short"
    #: Input type when the value is empty or well-formed; a browser would hide a malformed one from its user.
    native: ClassVar[str | None] = None

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        self.data = None
        text = plain(valuelist[0])
        if text:
            self.data = self.parse(text)

    def parse(self, text: str) -> Any:
        """The value; raises ValueError with a message for the user."""
        raise NotImplementedError

    def write(self, value: Any) -> str:
        """The value as the input holds it."""
        return str(value)

    def _value(self) -> str:
        if self.data is not None:
            return self.write(self.data)
        return str(self.raw_data[0]) if self.raw_data else ""

    def __call__(self, **kwargs: Any) -> Any:
        if self.native and (self.data is not None or not self._value()):
            kwargs["type"] = self.native
        return super().__call__(**kwargs)


class IntegerField(_Parsed):
    """A whole number; full-width digits and thousands separators are read."""

    def __init__(
        self, label: str | None = None, validators: Sequence[Any] | None = None, **kwargs: Any
    ) -> None:
        render_kw = {
            "inputmode": "numeric",
            "autocomplete": "off",
            **(kwargs.pop("render_kw", None) or {}),
        }
        super().__init__(label, validators, render_kw=render_kw, **kwargs)

    def parse(self, text: str) -> int:
        try:
            value = int(text.replace(",", "").replace(" ", ""))
        except ValueError:
            raise ValueError(f"{self.label.text}应为整数，例如 12。") from None
        if abs(value) >= _TOO_LARGE:
            raise ValueError(f"{self.label.text}太大了，请核对。")
        return value


class DecimalField(_Parsed):
    """An exact number; `places` is the most that may stand after the point."""

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Any] | None = None,
        *,
        places: int = 2,
        **kwargs: Any,
    ) -> None:
        render_kw = {
            "inputmode": "decimal",
            "autocomplete": "off",
            **(kwargs.pop("render_kw", None) or {}),
        }
        super().__init__(label, validators, render_kw=render_kw, **kwargs)
        self.places = places

    def parse(self, text: str) -> Decimal:
        try:
            value = Decimal(re.sub(r"[,\s元¥]", "", text))
        except InvalidOperation:
            raise ValueError(f"{self.label.text}应为数字，例如 12.5。") from None
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int):
            raise ValueError(f"{self.label.text}应为数字，例如 12.5。")
        if value and value.adjusted() >= _MOST_DIGITS:
            raise ValueError(f"{self.label.text}太大了，请核对。")
        if -exponent > self.places:
            raise ValueError(f"{self.label.text}最多保留 {self.places} 位小数。")
        return value


class DateField(_Parsed):
    """A civil date: 2024-3-1, 2024.3.1, 2024/3/1, 2024年3月1日, 20240301."""

    native = "date"
    width = "date"

    def parse(self, text: str) -> date:
        match = re.fullmatch(
            r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?", text
        ) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
        if match is None:
            raise ValueError(f"{self.label.text}看不出是哪一天，请写成 2024-3-1 或 2024年3月1日。")
        year, month, day = (int(part) for part in match.groups())
        if year not in _YEARS:
            raise ValueError(f"{self.label.text}的年份 {year} 有误，请核对。")
        try:
            return date(year, month, day)
        except ValueError:
            raise ValueError(
                f"{self.label.text}有误：没有 {year}年{month}月{day}日 这一天，请核对。"
            ) from None

    def write(self, value: date) -> str:
        return value.isoformat()


class TimeField(_Parsed):
    """A time of day to the minute: 8:30, 08:30, 8：30, 0830, 8点30分."""

    native = "time"

    def parse(self, text: str) -> time:
        match = re.fullmatch(
            r"(\d{1,2})\s*[:.点时]\s*(\d{1,2})?(?::00)?\s*分?", text
        ) or re.fullmatch(r"(\d{2})(\d{2})", text)
        try:
            if match is None:
                raise ValueError
            return time(int(match[1]), int(match[2] or 0))
        except ValueError:
            raise ValueError(f"{self.label.text}看不出是几点几分，请写成 8:30。") from None

    def write(self, value: time) -> str:
        return value.strftime("%H:%M")


# Choices

Choices = type[LabelledEnum] | Iterable[tuple[Any, str]] | Callable[[], Iterable[tuple[Any, str]]]


def _read_choices(choices: Any) -> list[SelectChoice]:
    if isinstance(choices, type) and issubclass(choices, LabelledEnum):
        return [SelectChoice(value=value, label=label) for value, label in choices.choices()]
    return [
        one
        if isinstance(one, SelectChoice)
        else SelectChoice(
            value=one[0].value if isinstance(one[0], StrEnum) else str(one[0]), label=one[1]
        )
        for one in choices
    ]


class _Chosen(_Shaped):
    """Choices from a LabelledEnum (data are its members), or pairs (data by `coerce`); assignable later."""

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Any] | None = None,
        *,
        choices: Any = (),
        coerce: Callable[[Any], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if coerce is None:
            coerce = (
                choices if isinstance(choices, type) and issubclass(choices, LabelledEnum) else str
            )
        self._coerce_present = coerce
        super().__init__(label, validators, choices=[], coerce=self._coerce, **kwargs)
        self._source = choices

    def _coerce(self, value: Any) -> Any:
        if value is None or value == "" or value == "None":
            return None
        return self._coerce_present(value)

    @property
    def choices(self) -> Sequence[SelectChoice]:
        source = self._source
        if callable(source) and not isinstance(source, type):
            source = source()
        if self._read_from is not source or not isinstance(source, list | tuple | type):
            self._read_from, self._read = source, self._with_empty(_read_choices(source))
        return self._read

    @choices.setter
    def choices(self, choices: Any) -> None:
        self._source = choices

    def options(self) -> Markup:
        """The choices as a filter draws them, without an empty one; here because a list draws some twenty."""
        drawn = (
            f'<option value="{escape(one.value)}"{" selected" if one.selected else ""}>{escape(one.label)}</option>'
            for one in self.iter_choices()
            if one.value != ""
        )
        return Markup("".join(drawn))

    _source: Any = ()
    _read_from: Any = object()
    _read: Sequence[SelectChoice] = ()

    def _with_empty(self, choices: list[SelectChoice]) -> list[SelectChoice]:
        return choices

    def pre_validate(self, form: Any) -> None:
        if self.data is None and not any(self.raw_data or ()):
            return
        super().pre_validate(form)


class ChoiceField(_Chosen, wtforms.SelectField):
    """One of several: radio buttons up to seven choices, a native select above.

    `empty` is the text of the empty choice of a select.
    """

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Any] | None = None,
        *,
        empty: str | None = "请选择",
        **kwargs: Any,
    ) -> None:
        self.empty = empty
        super().__init__(label, validators, **kwargs)

    @property
    def shape(self) -> str:  # type: ignore[override]
        count = len(self.choices)
        return (
            "radios"
            if count - (self.choices[0].value == "" if count else 0) <= MOST_RADIOS
            else "select"
        )

    def _with_empty(self, choices: list[SelectChoice]) -> list[SelectChoice]:
        wants_empty = self.empty is not None and len(choices) > MOST_RADIOS
        return [SelectChoice(value="", label=self.empty), *choices] if wants_empty else choices


class RadioField(_Chosen, wtforms.RadioField):
    """One of a few, always as radio buttons."""

    shape = "radios"


class SelectField(_Chosen, wtforms.SelectField):
    """One of many, always as a native select; `empty=None` leaves the empty choice out."""

    shape = "select"

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Any] | None = None,
        *,
        empty: str | None = "请选择",
        **kwargs: Any,
    ) -> None:
        self.empty = empty
        super().__init__(label, validators, **kwargs)

    def _with_empty(self, choices: list[SelectChoice]) -> list[SelectChoice]:
        return (
            choices if self.empty is None else [SelectChoice(value="", label=self.empty), *choices]
        )


class ChecksField(_Chosen, wtforms.SelectMultipleField):
    """Any number of a few, as check boxes; data is a list."""

    shape = "checks"

    def process_data(self, value: Any) -> None:
        self.data = [self.coerce(one) for one in value or ()]


class CheckField(_Shaped, wtforms.BooleanField):
    """A single box to tick."""

    shape = "check"


# Files


class FileField(_Shaped, wtforms.FileField):
    """One uploaded file; data is a FileStorage or None.

    Args:
        kinds: what it may be, judged by the first bytes and not by the name: pdf, jpg, png, webp, xlsx.
        max_mb: the largest size in MB.
        check: further look at the content; raises ValidationError or DomainError.
    """

    shape = "file"
    MAGIC: ClassVar[Mapping[str, tuple[bytes, ...]]] = {
        "pdf": (b"%PDF-",),
        "jpg": (b"\xff\xd8\xff",),
        "png": (b"\x89PNG\r\n\x1a\n",),
        "webp": (b"RIFF",),
        "xlsx": (b"PK\x03\x04",),
    }

    def __init__(
        self,
        label: str | None = None,
        validators: Sequence[Any] | None = None,
        *,
        kinds: Sequence[str] = ("pdf", "jpg", "png"),
        max_mb: int = 8,
        check: Callable[[FileStorage], None] | None = None,
        hint: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.kinds, self.max_mb, self.check = tuple(kinds), max_mb, check
        render_kw = {
            "accept": ",".join("." + kind for kind in kinds),
            **(kwargs.pop("render_kw", None) or {}),
        }
        names = "、".join(kind.upper() for kind in kinds)
        super().__init__(
            label,
            validators,
            hint=hint or f"可以上传 {names}，不超过 {max_mb} MB。",
            render_kw=render_kw,
            **kwargs,
        )

    def process_data(self, value: Any) -> None:
        self.data = value if isinstance(value, FileStorage) else None

    def process_formdata(self, valuelist: list[Any]) -> None:
        files = (one for one in valuelist if isinstance(one, FileStorage) and one.filename)
        self.data = next(files, None)

    @property
    def content(self) -> bytes:
        """All bytes of the upload; only after validation, which bounds them."""
        if self.data is None:
            return b""
        self.data.stream.seek(0)
        return bytes(self.data.stream.read())

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            return
        stream = self.data.stream
        head = stream.read(16)
        size = stream.seek(0, 2)
        stream.seek(0)
        names = "、".join(kind.upper() for kind in self.kinds)
        if not size:
            raise ValidationError(f"{self.label.text}是空文件，请重新选择。")
        if size > self.max_mb * 1024 * 1024:
            raise ValidationError(f"{self.label.text}超过 {self.max_mb} MB，请压缩后再上传。")
        if not any(head.startswith(magic) for kind in self.kinds for magic in self.MAGIC[kind]):
            raise ValidationError(f"{self.label.text}的内容不是 {names} 文件，请核对后重新选择。")
        if self.check is not None:
            try:
                self.check(self.data)
            except DomainError as error:
                raise ValidationError(error.message) from error
            finally:
                stream.seek(0)
