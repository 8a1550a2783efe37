"""Details of the log as a reader sees them."""

import ast
from pathlib import Path

from app.oversight.rules import _DETAILS, detail_in_words

APP = Path(__file__).parents[3] / "app"


def test_names_and_values_are_words() -> None:
    assert detail_in_words({"on": "2026-11-22", "method": "phone"}) == [
        ("日期", "2026-11-22"),
        ("方式", "电话"),
    ]
    assert detail_in_words({"mark": "late", "before": "present"}) == [
        ("点名", "迟到"),
        ("原来", "到课"),
    ]
    assert detail_in_words({"locked": True, "needs": ["training"], "comment": ""}) == [
        ("锁定", "是"),
        ("需求", "培训需求"),
        ("说明", "—"),
    ]


def test_changes_of_a_row_are_told_one_by_one() -> None:
    assert detail_in_words({"changes": [["容量", "20", "30"]]}) == [("修改", "容量：20 改为 30")]


def test_what_nobody_explained_stays_as_it_was_logged() -> None:
    assert detail_in_words({"something_new": 3}) == [("something_new", "3")]


def test_every_detail_that_is_logged_has_a_name() -> None:
    logged = set()
    for path in APP.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                logged |= {
                    key.value
                    for keyword in call.keywords
                    if keyword.arg == "detail"
                    for part in ast.walk(keyword.value)
                    if isinstance(part, ast.Dict)
                    for key in part.keys
                    if isinstance(key, ast.Constant) and isinstance(key.value, str)
                }
    assert logged - set(_DETAILS) == set()
