"""The list of divisions: its seed, its history, its names."""

from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from app.regions import queries, services
from app.regions.types import RegionRow
from tests.queries import count_queries

ZHENXING = "210603"


@pytest.fixture
def loaded(app: Flask) -> Flask:
    result = app.test_cli_runner().invoke(args=["regions", "load"])
    assert result.exit_code == 0, result.output
    assert "新登记 21 个" in result.output
    return app


def test_the_seed_is_the_district_of_today_and_its_past(loaded: Flask) -> None:
    today = queries.township_choices(ZHENXING)
    assert len(today) == 10
    assert ("210603101", "浪头镇") in today
    assert "西城街道" not in dict(today).values()
    assert len(queries.township_choices(ZHENXING, on=date(2019, 6, 1))) == 13


def test_loading_again_changes_nothing(loaded: Flask) -> None:
    result = loaded.test_cli_runner().invoke(args=["regions", "load"])
    assert "新登记 0 个区划，更新 0 个" in result.output


def test_names_run_from_the_province_down(loaded: Flask) -> None:
    assert queries.full_name("210603101") == "辽宁省丹东市振兴区浪头镇"
    assert queries.full_name("210603010") == "辽宁省丹东市振兴区西城街道"
    assert queries.region_names(["210603", "999999"]) == {"210603": "振兴区"}
    assert queries.full_name("210603999") == "辽宁省丹东市振兴区210603999"
    assert queries.find_region("999999") is None


def test_many_names_cost_one_query(loaded: Flask) -> None:
    codes = [code for code, _ in queries.township_choices(ZHENXING)]
    with count_queries() as counted:
        queries.full_names(codes)
    assert counted.count == 1


def test_regions_with_a_federation_are_districts_and_above(loaded: Flask) -> None:
    codes = [code for code, _ in queries.federation_choices()]
    assert codes == ["21", "2106", "210602", "210603", "210604", "210624", "210681", "210682"]


def test_a_file_may_add_and_end_divisions(loaded: Flask, tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text(
        "code,name,valid_from,valid_to\n210603101201,文安村,,\n210603103,汤池镇,,2030-01-01\n",
        encoding="utf-8-sig",
    )
    result = loaded.test_cli_runner().invoke(args=["regions", "load", "--file", str(path)])
    assert "新登记 1 个区划，更新 1 个" in result.output
    assert queries.full_name("210603101201").endswith("文安村")


def test_a_faulty_file_is_refused_whole_with_its_lines(loaded: Flask, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(
        "code,name,valid_from,valid_to\n210603104,新镇,,\n21060,坏,,\n210603105,,,\n210603106,日期,2020年,\n",
        encoding="utf-8",
    )
    result = loaded.test_cli_runner().invoke(args=["regions", "load", "--file", str(path)])
    assert result.exit_code == 1
    for part in ("第 3 行", "第 4 行", "第 5 行"):
        assert part in result.output
    assert queries.find_region("210603104") is None


def test_a_division_needs_the_one_above(app: Flask) -> None:
    with pytest.raises(DomainError, match="上级区划 2199"), unit_of_work():
        services.load_regions(rows=[RegionRow("21", "辽宁省"), RegionRow("219901", "某区")])
    assert queries.find_region("21") is None
