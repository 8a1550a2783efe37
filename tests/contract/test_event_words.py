"""Everything that is logged can be read in words, in a history and in the log itself."""

import ast
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from app.platform import eventlog
from app.platform.db import Base
from config import ROOT


def logged() -> Iterator[str]:
    """Every action that a call names: as it stands, or as a pattern where a part of it is filled in."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call):
                for keyword in call.keywords:
                    if keyword.arg == "action":
                        yield from patterns(keyword.value)


def patterns(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.JoinedStr):
        yield "".join(
            re.escape(part.value) if isinstance(part, ast.Constant) else "[a-z_]+"
            for part in value.values
        )
    elif isinstance(value, ast.IfExp):
        yield from patterns(value.body)
        yield from patterns(value.orelse)
    elif isinstance(value, ast.Constant):
        yield re.escape(value.value)


PATTERNS = sorted(set(logged()))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_logged_action_has_words(app: Flask, pattern: str) -> None:
    assert any(re.fullmatch(pattern, action) for action in eventlog.actions_in_words())


def test_every_action_with_words_is_logged(app: Flask) -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "app").rglob("*.py")
        if path.name != "types.py"
    )
    wanted = {
        action
        for action in eventlog.actions_in_words()
        if f'"{action}"' not in sources
        and not any(re.fullmatch(pattern, action) for pattern in PATTERNS)
    }
    assert not wanted


def test_subjects_are_tables(app: Flask) -> None:
    assert set(eventlog.subjects_in_words()) <= set(Base.metadata.tables)
