"""Every template compiles, and none hides what it may not."""

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import StrictUndefined, nodes
from jinja2.visitor import NodeVisitor

ROOT = Path(__file__).parents[2] / "templates"
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))

#: Elements that stay open without an end tag.
VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}


def test_there_are_templates() -> None:
    assert TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles_where_nothing_undefined_passes(app: Flask, name: str) -> None:
    assert app.jinja_env.undefined is StrictUndefined
    assert app.jinja_env.get_template(name) is not None


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_it_extends_imports_and_filters_by_exists(app: Flask, name: str) -> None:
    tree = app.jinja_env.parse((ROOT / name).read_text(encoding="utf-8"))
    for kind in (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport):
        for node in tree.find_all(kind):
            if isinstance(node.template, nodes.Const):
                assert node.template.value in TEMPLATES
    unknown = {node.name for node in tree.find_all(nodes.Filter)} - set(app.jinja_env.filters)
    assert not unknown


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_endpoints_it_names_exist(app: Flask, name: str) -> None:
    tree = app.jinja_env.parse((ROOT / name).read_text(encoding="utf-8"))
    named = {
        call.args[0].value
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "url_for" and call.args
        if isinstance(call.args[0], nodes.Const)
    }
    assert named <= set(app.view_functions)


class _Marks(NodeVisitor):
    """Uses of `safe`, which would let a name with a tag in it become the tag."""

    def __init__(self) -> None:
        self.found: list[int] = []

    def visit_Filter(self, node: nodes.Filter) -> None:  # noqa: N802  # jinja's name
        if node.name == "safe":
            self.found.append(node.lineno)
        self.generic_visit(node)


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_trusts_no_text_and_holds_no_script_or_style_of_its_own(app: Flask, name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    marks = _Marks()
    marks.visit(app.jinja_env.parse(source))
    if not _is_chart_or_pdf(name):
        assert marks.found == []
        assert not re.search(r"\sstyle=", source)
    assert not re.search(r"\son(click|change|submit|load|input|key\w+)=", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)


def _is_chart_or_pdf(name: str) -> bool:
    """Drawings and print sheets place their parts by style attributes; no user's text reaches these."""
    return (
        name.endswith("charts.html") or "pdf" in name or name.startswith("certificates/certificate")
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_form_that_writes_has_a_token(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    for form in re.findall(r"<form\b[^>]*method=\"?post.*?</form>", source, re.S | re.I):
        assert "csrf" in form, form[:80]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_page_takes_its_frame_and_names_itself(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")
    if '{% extends "platform/layout.html" %}' in source:
        assert "{% block title %}" in source
        assert "{% block main %}" in source
