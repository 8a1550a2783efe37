"""Charts: honest lengths, words for those who do not see them, no inline styles."""

import re

from bs4 import BeautifulSoup

from app.platform.formats import nice_top
from tests.contract import page_contract
from tests.unit.platform.frame import render

BARS = """{{ charts.bars("c", "转化率", "按摩最高。",
  [("按摩", 75, "75.0 %（9/12）"), ("电商", 50, "50.0 %（4/8）"), ("农村", none, "—")], top=100) }}"""
GROUPED = """{{ charts.grouped("g", "结业", "男多于女。", ["男", "女"],
  [("2023 年", [80, 40]), ("2024 年", [none, 60])]) }}"""
LINES = """{{ charts.lines("l", "新增就业", "三月最多。", ["1月", "2月", "3月", "4月"],
  [("按摩", [1, 2, 4, 3]), ("电商", [2, none, 1, 2])]) }}"""


def draw(source: str) -> BeautifulSoup:
    return BeautifulSoup(render(source), "html.parser")


def test_bars_begin_at_zero_and_are_as_long_as_their_value() -> None:
    bars = draw(BARS).find_all("rect", class_="bar")
    assert [(bar["x"], bar["width"]) for bar in bars] == [("0", "75.0%"), ("0", "50.0%")]


def test_a_chart_says_its_finding_to_those_who_do_not_see_it() -> None:
    for source, title, finding in [
        (BARS, "转化率", "按摩最高。"),
        (GROUPED, "结业", "男多于女。"),
        (LINES, "新增就业", "三月最多。"),
    ]:
        svg = draw(source).find("svg", attrs={"role": "img"})
        assert svg is not None
        words = [svg.find(id=name).get_text() for name in str(svg["aria-labelledby"]).split()]
        assert words == [title, finding]


def test_series_differ_by_more_than_colour() -> None:
    fills = {str(bar.get("fill")) for bar in draw(GROUPED).select("svg[role=img] rect.bar")}
    assert "url(#g-p2)" in fills
    markers = {str(one["d"]) for one in draw(LINES).select("svg[role=img] path.marker")}
    assert len(markers) == 2


def test_an_interval_is_drawn_between_its_ends() -> None:
    soup = draw('{{ charts.bars("c", "t", "f", [("a", 50, "50 %", 20, 80)], top=100) }}')
    line = soup.select_one("g.interval line")
    assert line is not None
    assert (line["x1"], line["x2"]) == ("20.0%", "80.0%")


def test_a_gap_in_a_line_is_not_bridged() -> None:
    lines = draw(LINES).select("svg[role=img] line.s2")
    assert len(lines) == 1


def test_charts_without_any_value_can_be_drawn() -> None:
    draw('{{ charts.bars("c", "t", "f", []) }}{{ charts.bars("d", "t", "f", [("a", 0, "0")]) }}')
    draw('{{ charts.lines("l", "t", "f", ["1月"], [("a", [none])]) }}')
    draw('{{ charts.lines("l", "t", "f", [], []) }}')
    draw('{{ charts.grouped("g", "t", "f", ["a"], [("x", [none])]) }}')


def test_the_scale_ends_at_a_round_number() -> None:
    assert [nice_top(value) for value in (0, 3, 14, 40, 41, 122)] == [2, 4, 20, 40, 60, 200]


def test_charts_and_their_table_keep_the_page_contract() -> None:
    body = render(
        BARS
        + GROUPED
        + LINES
        + '{{ charts.numbers("转化率", ["类别", "转化率"], [["按摩", "75.0 %"], ["农村", none]]) }}'
    )
    html = (
        '<!doctype html><html lang="zh-CN"><head><meta name="viewport" content="width=device-width">'
        '<title>图表</title></head><body><a class="skip" href="#main">跳到正文</a>'
        f'<main id="main"><h1>图表</h1>{body}</main></body></html>'
    )
    assert page_contract.breaches_of(html) == []
    assert not re.search(r"\sstyle=", html)
