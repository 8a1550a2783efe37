"""A page of a list costs one query, however long the list is."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Column, Integer, String, Values, event, literal, select, values

from app.platform.db import db
from app.platform.pages import Page, Sort, paginate


def numbers(count: int) -> Values:
    """A relation of `count` rows without a table behind it."""
    rows = [(number, f"n{number:03}") for number in range(count)]
    return values(Column("id", Integer), Column("name", String), name="numbers").data(rows)


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", look)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", look)


@pytest.mark.parametrize("count", [1, 37, 400])
def test_count_and_slice_are_one_query(app: Flask, statements: list[str], count: int) -> None:
    rows = numbers(count)
    with app.test_request_context("/list?page=2&sort=-name"):
        sort = Sort.from_query({"name": rows.c.name}, "name")
        page: Page[object] = paginate(sort.apply(select(rows.c.id, rows.c.name), then=rows.c.id))
    assert page.total == count
    assert len(statements) == (1 if count > 25 else 3), (
        "beyond the end: nothing, the count, the last page"
    )
    assert page.number == min(2, page.pages)
    assert len(page.items) == min(25, count - page.first + 1)


@pytest.mark.parametrize("asked", [3, 10**6, 10**30])
def test_a_page_beyond_the_end_is_the_last_one(app: Flask, asked: int) -> None:
    rows = numbers(37)
    with app.test_request_context(f"/list?page={asked}"):
        page: Page[object] = paginate(select(rows.c.id).order_by(rows.c.id))
    assert (page.number, page.total, len(page.items)) == (2, 37, 12)


def test_rows_are_as_selected(app: Flask) -> None:
    rows = numbers(2)
    with app.test_request_context("/list"):
        page = paginate(select(rows.c.id, rows.c.name.label("called")).order_by(rows.c.id))
    assert [(number, name) for number, name in page.items] == [(0, "n000"), (1, "n001")]
    assert page.items[1].called == "n001"


def test_rows_of_one_entity_are_given_as_the_entity(app: Flask) -> None:
    with app.test_request_context("/list"):
        assert paginate(select(literal(7))).items == [7]


def test_an_empty_list_has_one_empty_page(app: Flask) -> None:
    rows = numbers(1)
    with app.test_request_context("/list?page=abc"):
        page = paginate(select(rows.c.id).where(rows.c.id > 5))
    assert (page.total, page.pages, page.first, page.last, list(page.items)) == (0, 1, 0, 0, [])
