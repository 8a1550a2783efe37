"""What users type, and what they are told when it cannot be read."""

import io
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict

from app.platform.errors import DomainError
from app.platform.forms import (
    CheckField,
    ChecksField,
    ChoiceField,
    CitizenNumberField,
    DateField,
    DecimalField,
    FileField,
    FilterForm,
    Form,
    HiddenField,
    IntegerField,
    Length,
    NameField,
    NonceField,
    NumberRange,
    PasswordField,
    PhoneField,
    SelectField,
    TextAreaField,
    TextField,
    TimeField,
    optional,
    required,
)
from app.platform.types import LabelledEnum
from tests.unit.platform.frame import small_app


class Kind(LabelledEnum):
    MASSAGE = "massage", "按摩"
    COMMERCE = "commerce", "电商"


@pytest.fixture
def app() -> Flask:
    return small_app()


@pytest.fixture
def submit(app: Flask) -> Callable[..., Any]:
    """Submit a form of the given fields and validate it."""

    def submit(data: dict[str, Any], **fields: Any) -> Any:
        kind = type("Submitted", (Form,), fields)
        with app.test_request_context("/", method="POST", data=data):
            form = kind()
            form.validate_on_submit()
            form.rendered = {field.name: str(field()) for field in form}
            return form

    return submit


def messages(form: Any) -> list[str]:
    return [error.message for error in form.error_list]


@pytest.mark.parametrize(
    "typed",
    [
        "2024-3-1",
        "2024-03-01",
        "2024.3.1",
        "2024/3/1",
        "2024年3月1日",
        " 2024 年 3 月 1 日 ",
        "20240301",
        "２０２４年３月１日",
    ],
)
def test_a_date_is_read_as_people_write_it(submit: Any, typed: str) -> None:
    form = submit({"day": typed}, day=DateField("开课日期", [required()]))
    assert form.ok
    assert form.day.data == date(2024, 3, 1)
    assert 'value="2024-03-01"' in form.rendered["day"]
    assert 'type="date"' in form.rendered["day"]


def test_an_impossible_date_is_named_and_stays_as_typed(submit: Any) -> None:
    form = submit({"day": "2024年2月30日"}, day=DateField("开课日期", [required()]))
    assert messages(form) == ["开课日期有误：没有 2024年2月30日 这一天，请核对。"]
    assert 'value="2024年2月30日"' in form.rendered["day"]
    # A browser shows an input type=date with such a value as empty.
    assert 'type="text"' in form.rendered["day"]


@pytest.mark.parametrize("typed", ["明天", "2024", "2024-3", "3月1日", "0000-1-1", "99999-1-1"])
def test_what_is_no_date_is_refused(submit: Any, typed: str) -> None:
    assert not submit({"day": typed}, day=DateField("开课日期", [required()])).ok


@pytest.mark.parametrize("typed", ["8:30", "08:30", "8：30", "0830", "8点30分", "08:30:00"])
def test_a_time_is_read_as_people_write_it(submit: Any, typed: str) -> None:
    form = submit({"at": typed}, at=TimeField("上课时间", [required()]))
    assert form.at.data == time(8, 30)


def test_a_time_beyond_the_day_is_refused(submit: Any) -> None:
    form = submit({"at": "25:00"}, at=TimeField("上课时间", [required()]))
    assert messages(form) == ["上课时间看不出是几点几分，请写成 8:30。"]


def test_numbers_take_full_width_digits_and_separators(submit: Any) -> None:
    form = submit(
        {"seats": "１２", "fee": "1,234.50 元"},
        seats=IntegerField("名额", [required(), NumberRange(min=1, max=50)]),
        fee=DecimalField("补贴", [required()]),
    )
    assert form.ok
    assert (form.seats.data, form.fee.data) == (12, Decimal("1234.50"))


def test_numbers_say_what_is_wrong_with_them(submit: Any) -> None:
    form = submit(
        {"seats": "80", "hours": "十", "fee": "1.234", "share": "NaN"},
        seats=IntegerField("名额", [required(), NumberRange(min=1, max=50)]),
        hours=IntegerField("课时", [required()]),
        fee=DecimalField("补贴", [required()]),
        share=DecimalField("比例", [required()]),
    )
    assert messages(form) == [
        "名额应在 1 到 50 之间。",
        "课时应为整数，例如 12。",
        "补贴最多保留 2 位小数。",
        "比例应为数字，例如 12.5。",
    ]
    assert 'value="十"' in form.rendered["hours"]


def test_zero_is_a_number_and_not_missing(submit: Any) -> None:
    form = submit({"left": "0"}, left=IntegerField("余额", [required()]))
    assert form.ok
    assert form.left.data == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" 王𬭎 ", "王𬭎"), ("买买提•吐尔逊", "买买提·吐尔逊"), ("㛃䶮", "㛃䶮"), ("阿 依", "阿 依")],
)
def test_a_name_keeps_its_rare_characters(submit: Any, typed: str, kept: str) -> None:
    assert submit({"name": typed}, name=NameField("姓名", [required()])).name.data == kept


def test_an_identity_number_loses_its_spaces(submit: Any) -> None:
    form = submit(
        {"number": "210603 1972 0229 002x"}, number=CitizenNumberField("身份证号", [required()])
    )
    assert form.number.data == "21060319720229002X"


def test_a_telephone_number_is_normalised_and_checked(submit: Any) -> None:
    phone = PhoneField("手机号", [required()])
    assert submit({"phone": "+86 138-0013-8000"}, phone=phone).phone.data == "13800138000"
    form = submit({"phone": "12345"}, phone=phone)
    assert messages(form) == ["手机号应为 11 位手机号，或带区号的固定电话，请核对。"]


def test_a_password_is_neither_trimmed_nor_sent_back(submit: Any) -> None:
    form = submit({"word": " 密 码 "}, word=PasswordField("密码", [required()]))
    assert form.word.data == " 密 码 "
    assert "密 码" not in form.rendered["word"]


def test_what_is_missing_is_asked_for_with_a_fitting_verb(submit: Any) -> None:
    form = submit(
        {"name": "   "},
        name=TextField("姓名", [required()]),
        kind=ChoiceField("类别", [required()], choices=Kind),
        proof=FileField("证明材料", [required()]),
        agree=CheckField("知情同意", [required()]),
    )
    assert messages(form) == [
        "请填写姓名。",
        "请选择类别。",
        "请上传证明材料。",
        "请勾选知情同意。",
    ]
    assert [error.target for error in form.error_list] == ["name", "kind-0", "proof", "agree"]


def test_optional_fields_may_stay_empty_and_are_none(submit: Any) -> None:
    form = submit(
        {"remark": " ", "kind": "", "day": ""},
        remark=TextField("备注", [optional(), Length(max=5)]),
        kind=ChoiceField("类别", [optional()], choices=Kind),
        day=DateField("日期", [optional()]),
        needs=ChecksField("帮助", choices=Kind),
    )
    assert form.ok
    assert (form.remark.data, form.kind.data, form.day.data) == (None, None, None)
    assert form.needs.data == []


def test_a_choice_is_a_member_of_its_enum(submit: Any) -> None:
    form = submit(
        {"kind": "massage", "needs": ["commerce", "massage"]},
        kind=ChoiceField("类别", [required()], choices=Kind),
        needs=ChecksField("帮助", choices=Kind),
    )
    assert form.kind.data is Kind.MASSAGE
    assert form.needs.data == [Kind.COMMERCE, Kind.MASSAGE]


def test_a_choice_that_was_not_offered_is_refused(submit: Any) -> None:
    form = submit(
        {"kind": "cooking", "town": "9", "needs": ["sewing"]},
        kind=ChoiceField("类别", [required()], choices=Kind),
        town=SelectField("镇街", [required()], choices=[(1, "浪头镇")], coerce=int),
        needs=ChecksField("帮助", choices=Kind),
    )
    assert messages(form) == [
        "请从列出的选项中选择类别。",
        "请从列出的选项中选择镇街。",
        "请从列出的选项中选择帮助。",
    ]


def test_choices_of_up_to_seven_are_radios_and_a_select_above() -> None:
    app = small_app()

    class Two(Form):
        few = ChoiceField("少", [required()], choices=[(str(n), str(n)) for n in range(7)])
        many = ChoiceField("多", [required()], choices=[(str(n), str(n)) for n in range(8)])

    with app.test_request_context("/"):
        form = Two()
        assert form.few.shape == "radios"
        assert form.many.shape == "select"
        form.few.choices = [(n, str(n)) for n in range(9)]
        assert form.few.shape == "select"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "证明材料是空文件，请重新选择。"),
        (b"MZ\x90\x00", "证明材料的内容不是 PDF、PNG 文件，请核对后重新选择。"),
    ],
)
def test_a_file_is_judged_by_its_content(submit: Any, content: bytes, message: str) -> None:
    form = submit(
        {"proof": (io.BytesIO(content), "合同.pdf")},
        proof=FileField("证明材料", [required()], kinds=("pdf", "png"), max_mb=1),
    )
    assert messages(form) == [message]


def test_a_file_that_is_too_large_is_told(app: Flask) -> None:
    class Upload(Form):
        proof = FileField("证明材料", [required()], max_mb=1)

    with app.test_request_context("/", method="POST"):
        file = FileStorage(io.BytesIO(b"%PDF-" + b"0" * 1024 * 1024), "合同.pdf", "proof")
        form = Upload(formdata=MultiDict({"proof": file}))
        assert not form.validate()
        assert messages(form) == ["证明材料超过 1 MB，请压缩后再上传。"]


def test_a_good_file_is_read_whole_after_its_checks(app: Flask) -> None:
    seen: list[bytes] = []

    class Upload(Form):
        proof = FileField("证明", [required()], check=lambda file: seen.append(file.read()))

    content = b"%PDF-1.7 content"
    data = {"proof": (io.BytesIO(content), "a.pdf")}
    with app.test_request_context("/", method="POST", data=data):
        form = Upload()
        assert form.validate_on_submit()
        assert seen == [content]
        assert form.proof.content == content


def test_the_check_of_a_file_may_refuse_it(submit: Any) -> None:
    def refuse(file: FileStorage) -> None:
        raise DomainError("第 3 行缺少姓名。")

    form = submit(
        {"proof": (io.BytesIO(b"%PDF-1"), "a.pdf")},
        proof=FileField("名单", [required()], check=refuse),
    )
    assert messages(form) == ["第 3 行缺少姓名。"]


def test_guard_puts_a_refusal_at_the_field_that_can_mend_it(submit: Any) -> None:
    form = submit({"name": "王"}, name=TextField("姓名", [required()]))
    assert form.ok
    with form.guard():
        raise DomainError("该姓名已登记", "name")
    with form.guard():
        raise DomainError("名额已满", "seats")
    assert not form.ok
    assert [(error.message, error.target) for error in form.error_list] == [
        ("名额已满", None),
        ("该姓名已登记", "name"),
    ]


def test_guard_hides_no_other_error(submit: Any) -> None:
    form = submit({"name": "王"}, name=TextField("姓名", [required()]))
    with pytest.raises(ZeroDivisionError), form.guard():
        raise ZeroDivisionError


class ListFilter(FilterForm):
    q = TextField("姓名", [optional()])
    kind = SelectField("类别", [optional()], choices=Kind)
    since = DateField("不早于", [optional()])


def test_filters_are_read_from_the_address_and_removable(app: Flask) -> None:
    with app.test_request_context("/list?q=王&kind=massage&since=2024-3-1&page=3&sort=-name"):
        form = ListFilter()
        assert form.ok
        assert form.kind.data is Kind.MASSAGE
        assert [(one.label, one.value) for one in form.active] == [
            ("姓名", "王"),
            ("类别", "按摩"),
            ("不早于", "2024年3月1日"),
        ]
        assert form.active[1].url == "/list?q=%E7%8E%8B&since=2024-3-1&sort=-name"


def test_a_filter_that_cannot_be_read_filters_nothing_and_says_so(app: Flask) -> None:
    with app.test_request_context("/list?since=2024-2-31&kind=sewing"):
        form = ListFilter()
        assert not form.ok
        assert form.since.data is None
        assert form.kind.data is None


def test_a_nonce_is_new_on_each_page_and_comes_back_as_it_was(
    app: Flask, submit: Callable[..., Any]
) -> None:
    class Once(Form):
        nonce = NonceField()

    with app.test_request_context("/"):
        assert Once().nonce.data != Once().nonce.data
    assert submit({"nonce": "n1"}, nonce=NonceField()).nonce.data == "n1"
    for wrong in ({"other": "1"}, {"nonce": ""}, {"nonce": "n" * 65}):
        assert not submit(wrong, nonce=NonceField()).ok


# What no keyboard types


def test_control_characters_never_reach_a_column(submit: Callable[..., Any]) -> None:
    form = submit(
        {"name": "买买提\x00·吐尔逊", "note": "一\x00行\r\n二\x1b行", "nonce": "a\x00b"},
        name=NameField("姓名"),
        note=TextAreaField("说明"),
        nonce=HiddenField(),
    )
    assert (form.name.data, form.note.data, form.nonce.data) == (
        "买买提·吐尔逊",
        "一行\n二行",
        "ab",
    )


@pytest.mark.parametrize("typed", ["9999999999", "-9999999999", "9" * 40, "９" * 12])
def test_a_figure_that_no_column_holds_is_refused(submit: Callable[..., Any], typed: str) -> None:
    form = submit({"n": typed, "d": typed}, n=IntegerField("人数"), d=DecimalField("金额"))
    assert form.n.errors == ["人数太大了，请核对。"]
    assert form.d.errors == ["金额太大了，请核对。"]


def test_an_exponent_is_no_way_around(submit: Callable[..., Any]) -> None:
    assert submit({"d": "1e400"}, d=DecimalField("金额")).d.errors == ["金额太大了，请核对。"]


@pytest.mark.parametrize("typed", ["0001-01-01", "9999-12-31", "1024年5月1日"])
def test_a_year_that_cannot_be_meant_is_refused(submit: Callable[..., Any], typed: str) -> None:
    form = submit({"day": typed}, day=DateField("开课日期"))
    assert "年份" in form.day.errors[0]
    assert typed in form.rendered["day"]


def test_a_choice_that_is_not_offered_filters_nothing(app: Flask) -> None:
    class Narrow(FilterForm):
        base = SelectField("基地", [optional()], coerce=int)
        words = TextField("名称", [optional(), Length(max=3)])

    with app.test_request_context("/?base=99999999999999999999&words=abcd"):
        form = Narrow()
        form.base.choices = [(1, "甲")]
        form.validate()
        assert form.base.data is None
        assert form.base.errors
        assert form.words.data == "abcd"
        assert form.words.errors
    with app.test_request_context("/?base=1"):
        form = Narrow()
        form.base.choices = [(1, "甲")]
        form.validate()
        assert form.base.data == 1
        assert form.ok
