"""`flask regions`: the list of administrative divisions."""

import csv
from pathlib import Path

import click
from flask.cli import AppGroup

from app.platform.errors import DomainError
from app.platform.unit_of_work import unit_of_work
from app.regions import services

#: 振兴区 as of 2023-06-30 and what lies above it. Three subdistricts were abolished about 2020; the day is not
#: published, so the end of that year stands for it.
SEED = Path(__file__).with_name("seed.csv")

group = AppGroup("regions", help="行政区划。")


@group.command("load")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=SEED,
    help="CSV 文件，列为 code、name、valid_from、valid_to；不指定时登记丹东市振兴区。",
)
def load(path: Path) -> None:
    """登记或更新行政区划；文件里没有的保留不动。"""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file, unit_of_work():
            added, changed = services.load_regions(rows=services.read_rows(csv.DictReader(file)))
    except DomainError as error:
        raise click.ClickException(error.message) from error
    click.echo(f"新登记 {added} 个区划，更新 {changed} 个。")
