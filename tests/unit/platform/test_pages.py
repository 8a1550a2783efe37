"""Lists, the start page, exports, how values are written, error pages."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from urllib.parse import quote

import openpyxl
import pytest
from flask import Flask, abort, request

from app.platform import clock, pages
from app.platform.access import Actor, Role, public
from app.platform.errors import DomainError, NotAllowed
from app.platform.forms import ChecksField, ChoiceField, DateField, Form, TextField, required
from app.platform.pages import Column, Page, Sort, Standing, Task, Urgency
from app.platform.types import LabelledEnum
from tests.contract import page_contract
from tests.unit.platform.frame import render, small_app


class Kind(LabelledEnum):
    MASSAGE = "massage", "按摩"
    COMMERCE = "commerce", "电商"


# Lists


@pytest.mark.parametrize(
    ("total", "number", "pages_", "numbers"),
    [
        (0, 1, 1, [1]),
        (25, 1, 1, [1]),
        (26, 2, 2, [1, 2]),
        (250, 5, 10, [1, None, 4, 5, 6, None, 10]),
    ],
)
def test_page_numbers(total: int, number: int, pages_: int, numbers: list[int | None]) -> None:
    page: Page[int] = Page([], total, number)
    assert page.pages == pages_
    assert page.numbers == numbers


def test_a_list_is_cut_into_pages_and_a_page_too_far_is_the_last() -> None:
    with small_app().test_request_context("/list?page=99"):
        page = pages.listed(list(range(37)))
    assert (page.number, page.first, page.last, page.items[0]) == (2, 26, 37, 25)


def test_addresses_of_a_list_keep_the_rest_of_the_query() -> None:
    with small_app().test_request_context("/list?q=王&kind=a&kind=b&page=2"):
        assert pages.query_url(page=3) == f"/list?q={quote('王')}&kind=a&kind=b&page=3"
        assert pages.query_url(kind=None) == f"/list?q={quote('王')}"


def test_sorting_turns_round_and_refuses_unknown_columns() -> None:
    columns = {"name": None, "starts_on": None}
    with small_app().test_request_context("/list?sort=name"):
        sort = Sort.from_query(columns, "-starts_on")
        assert sort.aria("name") == "ascending"
        assert sort.aria("starts_on") is None
        assert sort.url("name") == "/list?sort=-name"
    with small_app().test_request_context("/list?sort=password"):
        assert Sort.from_query(columns, "-starts_on").aria("starts_on") == "descending"


def test_pagination_keeps_the_filter() -> None:
    html = render("{{ ui.pagination(page) }}", page=Page(list(range(12)), 37, 2))
    assert 'href="/list?q=%E7%8E%8B&amp;page=1"' in html
    assert "第 26-37 条，共 37 条" in html
    assert 'aria-current="page"' in html


# The start page


@pytest.fixture
def no_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_sources", [])


def test_urgency_is_reckoned_from_the_due_date() -> None:
    today = date(2024, 3, 1)

    def due(day: date) -> Urgency:
        return Task(1, "x", "pages.help_page", due=day).urgency_on(today)

    assert due(date(2024, 2, 29)) is Urgency.OVERDUE
    assert due(date(2024, 3, 1)) is Urgency.TODAY
    assert due(date(2024, 3, 8)) is Urgency.SOON
    assert due(date(2024, 3, 9)) is Urgency.ROUTINE


@pytest.mark.usefixtures("no_sources")
def test_the_start_page_lists_tasks_most_urgent_first() -> None:
    @pages.register_tasks
    def source(actor: Actor) -> Iterator[Task | Standing]:
        if actor.role is Role.FEDERATION:
            yield Task(5, "申请等待审批", "pages.help_page", {"state": "submitted"})
            yield Task(0, "没有的事", "pages.help_page")
            yield Task(2, "便利没有落实", "pages.help_page", due=date(2024, 2, 28))
            yield Standing("三年培训目标", "98.6 %", "pages.help_page", note="414 人 / 420 人")

    with clock.frozen(datetime(2024, 3, 1, 2, 0, tzinfo=UTC)):
        answer = small_app(role=Role.FEDERATION).test_client().get("/start")
        empty = small_app(role=Role.TRAINEE).test_client().get("/start")
    page_contract.check(answer)
    assert "2024年3月1日 周五。有 1 项已经过期，请先处理。" in answer.text
    assert answer.text.index("便利没有落实") < answer.text.index("申请等待审批")
    assert "没有的事" not in answer.text
    assert 'href="/help?state=submitted"' in answer.text
    assert "414 人 / 420 人" in answer.text
    page_contract.check(empty)
    assert "今天没有要办的事" in empty.text


def test_strangers_have_no_start_page() -> None:
    app = small_app()
    app.add_url_rule("/sign-in", "identity.sign_in", public(lambda: "sign in"))
    answer = app.test_client().get("/start")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/start"


# Exports


def test_an_export_keeps_text_as_text_and_shows_local_time() -> None:
    rows = [
        [
            "=1+1",
            "+86",
            "-5",
            "@x",
            "210603198001010014",
            Kind.MASSAGE,
            12,
            Decimal("0.5"),
            date(2024, 3, 1),
            datetime(2024, 3, 1, 6, 5, tzinfo=UTC),
            True,
            None,
        ],
    ]
    headings: list[Column | str] = [f"列{number}" for number in range(12)]
    with small_app().test_request_context("/"):
        answer = pages.xlsx_response("班期 2024", headings, rows, notes=["截至 2024年3月1日"])
        answer.direct_passthrough = False
        content = answer.get_data()
    assert f"filename*=UTF-8''{quote('班期 2024.xlsx')}" in answer.headers["Content-Disposition"]
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = next(iter(book["数据"].iter_rows(min_row=2)))
    values = [cell.value for cell in cells]
    assert values[:8] == ["=1+1", "+86", "-5", "@x", "210603198001010014", "按摩", 12, 0.5]
    assert all(cell.data_type == "s" for cell in cells[:6])
    assert values[8] == datetime(2024, 3, 1)  # noqa: DTZ001
    assert values[9] == datetime(2024, 3, 1, 14, 5)  # noqa: DTZ001
    assert values[10:] == ["是", None]
    assert book["说明"]["A2"].value == "截至 2024年3月1日"


# Fields


class Enrol(Form):
    name = TextField("姓名", [required()], hint="与证件一致")
    day = DateField("日期", [required()])
    kind = ChoiceField("类别", [required()], choices=Kind)
    needs = ChecksField("需要的帮助", choices=Kind)
    remark = TextField("备注", [])


FORM_PAGE = """{% extends "platform/layout.html" %}{% import "platform/macros.html" as ui %}
{% block title %}报名{% endblock %}
{% block main %}{{ ui.error_summary(form) }}<h1>{{ self.title() }}</h1>
{% call ui.form(form, "提交报名") %}{{ ui.fields(form) }}{% endcall %}{% endblock %}"""


def form_app() -> Flask:
    app = small_app({"form.html": FORM_PAGE}, role=Role.TRAINEE)
    app.config["WTF_CSRF_ENABLED"] = True

    @app.route("/enrol", methods=["GET", "POST"])
    @public
    def enrol() -> object:
        form = Enrol()
        if form.validate_on_submit():
            with form.guard():
                if form.name.data == "重复":
                    raise DomainError("该学员已经报名", "name")
            if form.ok:
                return pages.done("报名已提交。", "/help")
        return pages.page("form.html", form=form)

    return app


def token_in(html: str) -> str:
    return html.split('name="csrf_token" value="')[1].split('"')[0]


def test_an_invalid_form_answers_422_and_keeps_what_was_typed() -> None:
    client = form_app().test_client()
    shown = client.get("/enrol")
    page_contract.check(shown)
    data = {"csrf_token": token_in(shown.text), "name": "王𬭎", "day": "2024-2-30"}
    answer = client.post("/enrol", data=data)
    assert answer.status_code == 422
    page_contract.check(answer)
    assert "<title>错误：报名 - 启明</title>" in answer.text
    assert 'value="王𬭎"' in answer.text
    assert 'value="2024-2-30"' in answer.text
    assert 'aria-describedby="day-error"' in answer.text
    assert 'href="#kind-0"' in answer.text
    assert '备注<span class="opt">（选填）</span>' in answer.text


def test_a_refusal_by_a_rule_is_an_error_at_the_field() -> None:
    client = form_app().test_client()
    data = {
        "csrf_token": token_in(client.get("/enrol").text),
        "name": "重复",
        "day": "2024-3-1",
        "kind": "massage",
    }
    answer = client.post("/enrol", data=data)
    assert answer.status_code == 422
    page_contract.check(answer)
    assert "该学员已经报名" in answer.text


def test_a_valid_form_redirects_and_says_what_was_done() -> None:
    client = form_app().test_client()
    data = {
        "csrf_token": token_in(client.get("/enrol").text),
        "name": "王",
        "day": "2024-3-1",
        "kind": "massage",
    }
    answer = client.post("/enrol", data=data)
    assert answer.status_code == 303
    told = client.get(answer.location).text
    assert '<div class="told" role="status">' in told
    assert "报名已提交。" in told


def test_a_form_without_token_is_refused_with_an_explanation() -> None:
    answer = form_app().test_client().post("/enrol", data={"name": "王"})
    assert answer.status_code == 400
    page_contract.check(answer)
    assert "表单已经失效" in answer.text


# The frame


def test_the_navigation_shows_only_what_exists_and_marks_the_present_place() -> None:
    app = small_app(role=Role.FEDERATION)
    app.add_url_rule("/classes", "courses.index", public(lambda: pages.page("platform/help.html")))
    html = app.test_client().get("/classes").text
    assert '<a href="/classes" aria-current="page">班期</a>' in html
    assert '<a href="/start">今天要办</a>' in html
    assert "培训基地</a>" not in html


def test_a_page_may_use_the_names_that_the_frame_uses() -> None:
    names = (
        "today",
        "now",
        "link",
        "version",
        "places",
        "asset",
        "shown",
        "here",
        "told",
        "crumbs",
    )
    source = (
        '{% extends "platform/layout.html" %}{% block title %}名{% endblock %}'
        "{% block main %}<h1>名</h1>{{ [" + ", ".join(names) + "]|join }}{% endblock %}"
    )
    app = small_app({"names.html": source}, role=Role.AUDITOR)
    own = dict.fromkeys(names, "x")
    app.add_url_rule("/names", "names", public(lambda: pages.page("names.html", **own)))
    assert "x" * len(names) in app.test_client().get("/names").text


@pytest.mark.parametrize("role", list(Role))
def test_no_role_has_more_than_seven_places(role: Role) -> None:
    places = small_app().jinja_env.get_template("platform/navigation.html").module.places  # type: ignore[attr-defined]
    assert 1 <= len(places[role.value]) <= 7


@pytest.mark.parametrize("path", ["/accessibility", "/help", "/privacy"])
def test_the_pages_of_the_site_are_open_to_everybody(path: str) -> None:
    answer = small_app().test_client().get(path)
    assert answer.status_code == 200
    page_contract.check(answer)


def test_the_demo_says_on_every_page_that_its_data_are_invented() -> None:
    app = small_app()
    app.config["DEMO"] = True
    assert "演示数据：人员、单位均为虚构" in app.test_client().get("/help").text
    app.config["DEMO"] = False
    assert "演示数据" not in app.test_client().get("/help").text


def test_every_answer_carries_its_security_headers() -> None:
    headers = small_app().test_client().get("/help").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_every_file_that_the_frame_names_exists() -> None:
    client = small_app().test_client()
    html = client.get("/help").text
    addresses = [
        part.split('"')[0]
        for part in html.split('="')
        if part.startswith(("/static", "/bootstrap"))
    ]
    assert len(addresses) == 4
    for address in addresses:
        with client.get(address) as answer:
            assert answer.status_code == 200
            assert "max-age=31536000" in answer.headers["Cache-Control"]


# Errors


@pytest.mark.parametrize("code", [400, 403, 404, 405, 409, 413, 418, 422, 429, 500, 503])
def test_every_error_has_a_page_in_chinese_in_the_same_frame(code: int) -> None:
    app = small_app(role=Role.PROVIDER)
    app.add_url_rule("/broken", "broken", public(lambda: abort(code)))
    answer = app.test_client().get("/broken")
    assert answer.status_code == code
    assert "<h1>" in answer.text
    assert 'lang="zh-CN"' in answer.text
    if code != 422:
        page_contract.check(answer)


def test_an_unforeseen_error_does_not_ask_who_is_looking() -> None:
    app = small_app()

    def broken(request: object) -> object:
        raise RuntimeError("database gone")

    app.login_manager.request_loader(broken)  # type: ignore[attr-defined]
    app.add_url_rule("/broken", "broken", public(lambda: 1 / 0))
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "系统出了问题" in answer.text
    assert "ZeroDivisionError" not in answer.text


def test_refusals_outside_a_form_have_a_page() -> None:
    app = small_app(role=Role.PROVIDER)

    def refuse() -> None:
        raise DomainError("班期已经取消。")

    def forbid() -> None:
        raise NotAllowed

    app.add_url_rule("/refuse", "refuse", public(refuse))
    app.add_url_rule("/forbid", "forbid", public(forbid))
    client = app.test_client()
    assert client.get("/refuse").status_code == 409
    assert "班期已经取消。" in client.get("/refuse").text
    assert client.get("/forbid").status_code == 403


def test_an_upload_that_is_too_large_is_told() -> None:
    app = small_app()
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.add_url_rule("/up", "up", public(lambda: request.form.get("x", "")), methods=["POST"])
    answer = app.test_client().post("/up", data={"x": "a" * (2 * 1024 * 1024)})
    assert answer.status_code == 413
    assert "不能超过 1 MB" in answer.text


# Pieces


def test_history_shows_before_and_after() -> None:
    entry = SimpleNamespace(
        when=datetime(2024, 3, 1, 6, 5, tzinfo=UTC),
        who="于海霞",
        what="修改",
        note="",
        changes=[("名额", 15, 20)],
    )
    html = render("{{ ui.history([entry]) }}", entry=entry)
    assert "2024年3月1日 周五 14:05" in html
    assert "原为 </span>15</del>" in html


def test_what_users_typed_is_escaped_everywhere() -> None:
    html = render(
        "{{ ui.state(x) }}{{ ui.facts([(x, x)]) }}{{ ui.empty(x, x) }}{{ ui.crumb(x) }}", x="<b>&"
    )
    assert "<b>" not in html
