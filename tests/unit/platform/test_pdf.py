"""Documents: tagged, deterministic, closed to the outside, and honest about characters."""

import io
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
import segno
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont
from jinja2.exceptions import SecurityError, UndefinedError
from PIL import Image
from pypdf import PdfReader
from weasyprint.urls import FatalURLFetchingError

from app.certificates.rules import layout, printed_facts
from app.platform import pdf
from app.platform.pdf import FactsNotPlainError, is_own, missing_glyphs, render_pdf
from config import ROOT

RARE = ("王𬭎", "李䶮", "张㛃", "买买提·吐尔逊")


def facts(name: str = "王𬭎", **changes: object) -> dict[str, object]:
    values: dict[str, object] = {
        "number": "ZX-2024-00042",
        "certificate_title": "结业证书",
        "name": name,
        "citizen_number": "210603198001010014",
        "course": "电子商务与直播带货",
        "class_number": "B00001",
        "provider": "振兴区启明职业培训学校",
        "federation": "丹东市振兴区残疾人联合会",
        "starts_on": date(2024, 3, 11),
        "ends_on": date(2024, 4, 26),
        "completed_on": date(2024, 4, 26),
        "hours": 120,
        "assessed": True,
        "issued_on": date(2024, 4, 30),
        "verification_url": "https://px.example.cn/verify/Zr8kQ2mX9vT4bYw7LpN3cA",
        "demo": True,
    }
    return layout(printed_facts(**(values | changes)))  # type: ignore[arg-type]


def draw(name: str = "王𬭎", **changes: object) -> bytes:
    return render_pdf(
        "certificates/certificate.html",
        facts(name, **changes),
        title=f"结业证书 {name}",
        identifier="ZX-2024-00042",
        dated=date(2024, 4, 30),
    )


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) == 1
    return re.sub(r"\s", "", pages[0].extract_text())


@pytest.fixture(scope="module")
def document() -> bytes:
    return draw()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> "object":
    """Draw a template written by the test."""
    folder = tmp_path_factory.mktemp("templates")
    environment = pdf._environment().overlay()
    environment.loader = type(environment.loader)(folder)  # type: ignore[call-arg,misc]

    def make(source: str, **values: object) -> bytes:
        (folder / "own.html").write_text(
            f"<html lang=zh-CN><title>x</title>{source}", encoding="utf-8"
        )
        environment.cache.clear()  # type: ignore[union-attr]
        html = environment.get_template("own.html").render(values)
        return pdf._write(html, title="x", identifier="x", dated=date(2024, 1, 1))

    return make


def test_is_tagged_titled_and_says_its_language(document: bytes) -> None:
    root = PdfReader(io.BytesIO(document)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "zh-CN"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "/StructTreeRoot" in root
    metadata = root["/Metadata"].get_data().decode()
    assert re.search(r'pdfuaid:part="1"|<pdfuaid:part>1<', metadata)
    assert "结业证书 王𬭎" in metadata
    assert PdfReader(io.BytesIO(document)).metadata.title == "结业证书 王𬭎"  # type: ignore[union-attr]


def elements(node: object, kind: str) -> list[dict[str, object]]:
    """Structure elements of a kind below a node."""
    found = []
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            found += elements(child, kind)
    elif isinstance(node, dict):
        if node.get("/S") == kind:
            found.append(node)
        if "/K" in node:
            found += elements(node["/K"], kind)
    return found


def test_has_one_heading_and_a_figure_with_alternative_text(document: bytes) -> None:
    tree = PdfReader(io.BytesIO(document)).trailer["/Root"]["/StructTreeRoot"]
    assert len(elements(tree, "/H1")) == 1
    (figure,) = elements(tree, "/Figure")
    assert "二维码" in str(figure["/Alt"])
    assert "https://px.example.cn/verify/Zr8kQ2mX9vT4bYw7LpN3cA" in str(figure["/Alt"])


def test_same_facts_give_the_same_bytes_in_another_process_at_another_time(document: bytes) -> None:
    script = "import sys; from tests.unit.platform.test_pdf import draw; draw('李䶮'); sys.stdout.buffer.write(draw())"
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONHASHSEED": "7",
        "TZ": "America/New_York",
        "PYTHONPATH": str(ROOT),
    }
    again = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=environment,
        timeout=120,
    ).stdout
    assert again == document


def test_threads_that_draw_at_once_draw_the_same(document: bytes) -> None:
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: draw(), range(4)))
    assert set(drawn) == {document}


def test_other_facts_give_other_bytes(document: bytes) -> None:
    assert draw(hours=121) != document


@pytest.mark.parametrize("name", RARE)
def test_rare_names_are_real_glyphs_and_extract_as_text(name: str, tmp_path: Path) -> None:
    content = draw(name, demo=False)
    assert name in text_of(content)
    file = tmp_path / "certificate.pdf"
    file.write_bytes(content)
    extracted = subprocess.run(
        ["pdftotext", file, "-"], capture_output=True, text=True, check=True
    ).stdout
    assert name in extracted
    assert glyphs_without_outline(content) == []


@pytest.mark.parametrize("character", ["\U00012345", "\U0010fffd", "\u0378"])
def test_a_missing_character_has_no_glyph_and_is_known_to_be_missing(character: str) -> None:
    """The control: what the check above must find, and what issuing must find before it."""
    assert len(glyphs_without_outline(draw(f"王{character}", demo=False))) == 1
    assert missing_glyphs(f"王{character}") == {character}


def glyphs_without_outline(content: bytes) -> list[int]:
    """Glyphs that the page shows and its embedded fonts do not draw; the page must not hold a space."""
    page = PdfReader(io.BytesIO(content)).pages[0]
    fonts = {}
    for name, font in page["/Resources"]["/Font"].items():
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        fonts[name.encode()] = TTFont(io.BytesIO(descriptor["/FontFile3"].get_data()))
    blank, glyphs, order = [], {}, []
    for name, text in re.findall(
        rb"(/\S+) [\d.]+ Tf|<([0-9A-Fa-f]+)>", page.get_contents().get_data()
    ):  # type: ignore[union-attr]
        if name:
            glyphs, order = fonts[name].getGlyphSet(), fonts[name].getGlyphOrder()
            continue
        for place in range(0, len(text), 4):
            number, pen = int(text[place : place + 4], 16), BoundsPen(None)
            if number < len(order):
                glyphs[order[number]].draw(pen)
            if number == 0 or pen.bounds is None:
                blank.append(number)
    assert order
    return blank


def test_the_printed_qr_code_is_that_of_the_address(document: bytes, tmp_path: Path) -> None:
    """Module by module, as a camera sees it: in the frame of the figure with a quiet zone of four modules."""
    file = tmp_path / "certificate.pdf"
    file.write_bytes(document)
    subprocess.run(["pdftoppm", "-r", "300", "-gray", "-png", file, tmp_path / "page"], check=True)
    (picture,) = tmp_path.glob("page*.png")
    image = Image.open(picture).convert("L")
    code = segno.make("https://px.example.cn/verify/Zr8kQ2mX9vT4bYw7LpN3cA", error="m", micro=False)
    wanted = [[bool(module) for module in row] for row in code.matrix_iter(border=4)]
    per_mm, module = 300 / 25.4, 34 / len(wanted)

    def dark(column: int, row: int) -> bool:
        place = ((34 + (column + 0.5) * module) * per_mm, (145 + (row + 0.5) * module) * per_mm)
        return int(image.getpixel((round(place[0]), round(place[1])))) < 128  # type: ignore[arg-type]

    size = range(len(wanted))
    assert [[dark(column, row) for column in size] for row in size] == wanted


def test_the_demo_says_in_words_that_it_is_a_sample(document: bytes) -> None:
    assert "演示数据样张" in text_of(document)
    assert "演示数据" not in text_of(draw(demo=False))


def test_prints_every_fact_and_no_full_identity_number(document: bytes) -> None:
    text = text_of(document)
    for part in (
        "结业证书", "ZX-2024-00042", "210603********0014", "电子商务与直播带货", "2024年3月11日", "2024年4月26日",
        "120课时", "振兴区启明职业培训学校", "丹东市振兴区残疾人联合会", "2024年4月30日", "经考核合格",
    ):  # fmt: skip
        assert part in text
    assert "210603198001010014" not in text


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "阿卜杜热合曼·阿卜杜喀迪尔·买买提吐尔逊·艾合买提江"},
        {"course": "盲人保健按摩继续教育暨中医经络理论与社区康复服务实务提升培训（2024 年第二期）"},
        {"provider": "辽宁省丹东市振兴区残疾人综合服务中心职业技能培训示范基地（浪头镇分部）" * 2},
    ],
)
def test_long_facts_stay_on_one_page_without_covering_each_other(
    changes: dict[str, object],
) -> None:
    content = draw(**changes)  # type: ignore[arg-type]
    text = text_of(content)
    assert re.sub(r"\s", "", str(next(iter(changes.values())))) in text
    lowest_of_statement, top_of_footer = statement_and_footer(content)
    assert lowest_of_statement > top_of_footer


def statement_and_footer(content: bytes) -> tuple[float, float]:
    """Heights above the bottom of the page: the last line of the sentence, and the federation below it."""
    heights: list[tuple[float, str]] = []

    def note(text: str, matrix: list[float], text_matrix: list[float], *_: object) -> None:
        if text.strip():
            heights.append((matrix[5] + matrix[3] * text_matrix[5], text))

    PdfReader(io.BytesIO(content)).pages[0].extract_text(visitor_text=note)
    sentence = min(
        height for height, text in heights if "特发此证" in text or "此证" in text or "证。" in text
    )
    footer = max(
        height for height, text in heights if "扫描二维码" in text or "残疾人联合会" in text
    )
    return sentence, footer


def test_a_template_reaches_nothing_outside(template: "object") -> None:
    for url in ("http://127.0.0.1:9/x.png", "file:///etc/passwd", "https://example.com/x.css"):
        with pytest.raises(FatalURLFetchingError):
            template(f'<img alt=x src="{url}">')  # type: ignore[operator]


def test_a_template_may_use_static_files_and_data(template: "object") -> None:
    assert template('<img alt=x src="icon.svg"><img alt=y src="data:image/svg+xml,%3Csvg/%3E">')  # type: ignore[operator]


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("data:image/png;base64,AA==", True),
        ((ROOT / "static/icon.svg").as_uri(), True),
        ((ROOT / "static/../config.py").as_uri(), False),
        (f"file://{ROOT}/static/%2e%2e/config.py", False),
        (f"file://host{ROOT}/static/icon.svg", False),
        (f"file://{ROOT}/static-of-another/x", False),
        ("ftp://example.com/x", False),
        ("http://example.com/x", False),
    ],
)
def test_what_is_own(url: str, own: bool) -> None:
    assert is_own(url) is own


def test_a_template_cannot_climb_out_of_its_values(template: "object") -> None:
    with pytest.raises((SecurityError, UndefinedError)):
        template("{{ name.__class__.__mro__[1].__subclasses__() }}", name="x")  # type: ignore[operator]


def test_facts_are_plain_values_only() -> None:
    for value in (object(), date(2024, 1, 1), {"a": [object()]}, b"bytes"):
        with pytest.raises(FactsNotPlainError):
            render_pdf(
                "certificates/certificate.html",
                {"x": value},
                title="x",
                identifier="x",
                dated=date.min,
            )


def test_markup_in_a_fact_is_text() -> None:
    assert "<b>王</b>" in text_of(draw("<b>王</b>"))


def test_missing_glyphs_are_named() -> None:
    assert missing_glyphs("".join(RARE) + "𫢠𱀀 甲 ") == set()
    # A private-use character has a shape in some fonts, but never an agreed one.
    assert missing_glyphs("王\ue000\ue001王\U000e0fff") == {"\ue000", "\ue001", "\U000e0fff"}
