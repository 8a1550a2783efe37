"""Computes the indicators anew from an exported workbook, by SQL written from the Chinese definitions alone.

Shares no code with the application: what it must agree with is the workbook's own sheet 指标.

    python -m benchmarks.recompute_indicators indicators.xlsx

NOTE: as a module, since started by its path it would take benchmarks/platform.py for the standard module.
"""

import sys
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import load_workbook

_TABLES = {
    "培训": (
        "training",
        "enrolment INT, person INT, class INT, provider INT, kind TEXT, field TEXT, sex TEXT, hukou TEXT, "
        "category TEXT, residence TEXT, applied DATE, started DATE, attended TEXT, employed TEXT, completed DATE",
    ),
    "就业": ("spell", "id INT, person INT, started DATE, ended DATE, workplace TEXT, grade TEXT"),
    "回访": ("follow_up", "enrolment INT, closed DATE, outcome TEXT"),
    "排除": ("exclusion", "enrolment INT, since DATE, reason TEXT"),
}

_SQL = """
WITH
q AS (SELECT $start::DATE AS a, least($end::DATE, $as_of::DATE) AS b, $as_of::DATE AS as_of,
             $t::INT AS t, $d::INT AS d),
trained AS (SELECT x.* FROM training x, q WHERE attended = '是' AND started BETWEEN a AND b),
completed AS (SELECT x.* FROM training x, q WHERE completed BETWEEN a AND b),
candidate AS (
    SELECT c.*, row_number() OVER (PARTITION BY person ORDER BY completed, enrolment) AS place
    FROM completed c
    WHERE coalesce(employed, '否') <> '是' AND NOT EXISTS (
        SELECT 1 FROM spell s WHERE s.person = c.person
        AND c.applied BETWEEN s.started AND coalesce(s.ended, DATE '9999-12-31'))
),
cohort AS (
    SELECT c.*,
        EXISTS (SELECT 1 FROM exclusion e, q WHERE e.enrolment = c.enrolment AND e.since <= q.as_of) AS excluded,
        EXISTS (SELECT 1 FROM follow_up f, q WHERE f.enrolment = c.enrolment AND f.closed <= q.as_of
                AND f.outcome IN ('已联系，在业', '已联系，未就业')) AS reached
    FROM candidate c WHERE place = 1
),
mature AS (
    SELECT c.*, (SELECT min(s.started) FROM spell s
                 WHERE s.person = c.person AND s.started > c.started AND s.started <= c.completed + q.t) AS work
    FROM cohort c, q WHERE NOT excluded AND c.completed + q.t <= q.as_of
),
converted AS (
    SELECT m.*, (SELECT arg_min(s.workplace, s.id) FROM spell s
                 WHERE s.person = m.person AND s.started = m.work) AS workplace
    FROM mature m WHERE work IS NOT NULL
),
watched AS (SELECT c.* FROM converted c, q WHERE c.work + q.d <= q.as_of),
days AS (
    SELECT w.enrolment, w.person, w.workplace,
        unnest(generate_series(w.work, w.work + q.d, INTERVAL 1 DAY))::DATE AS day
    FROM watched w, q
),
idle AS (
    SELECT d.enrolment, d.day, 'any' AS how FROM days d WHERE NOT EXISTS (
        SELECT 1 FROM spell s WHERE s.person = d.person
        AND d.day BETWEEN s.started AND coalesce(s.ended, DATE '9999-12-31'))
    UNION ALL
    SELECT d.enrolment, d.day, 'same' FROM days d WHERE NOT EXISTS (
        SELECT 1 FROM spell s WHERE s.person = d.person AND s.workplace = d.workplace
        AND d.day BETWEEN s.started AND coalesce(s.ended, DATE '9999-12-31'))
),
runs AS (
    SELECT enrolment, how, count(*) AS length FROM (
        SELECT enrolment, how, day,
               day - row_number() OVER (PARTITION BY enrolment, how ORDER BY day)::INT AS run FROM idle
    ) GROUP BY enrolment, how, run
)
SELECT
    (SELECT count(DISTINCT person) FROM trained) AS "培训人数",
    (SELECT count(*) FROM trained) AS "培训人次",
    (SELECT count(DISTINCT person) FROM completed) AS "结业人数",
    (SELECT count(*) FROM completed) AS "结业人次",
    (SELECT count(*) FROM cohort) AS "转化率统计对象",
    (SELECT count(*) FROM cohort WHERE excluded) AS "排除",
    (SELECT count(*) FROM cohort, q WHERE NOT excluded AND completed + q.t > q.as_of) AS "未到期",
    (SELECT count(*) FROM converted) AS "培训后就业转化率：分子",
    (SELECT count(*) FROM mature) AS "培训后就业转化率：分母",
    (SELECT count(*) FROM converted WHERE reached) AS "已联系上的人的转化率（参考）：分子",
    (SELECT count(*) FROM mature WHERE reached) AS "已联系上的人的转化率（参考）：分母",
    (SELECT count(*) FROM mature WHERE reached) AS "回访到达率：分子",
    (SELECT count(*) FROM mature) AS "回访到达率：分母",
    (SELECT count(*) FROM watched w WHERE NOT EXISTS
        (SELECT 1 FROM runs r WHERE r.enrolment = w.enrolment AND how = 'any' AND length > 30))
        AS "稳定率（任一单位）：分子",
    (SELECT count(*) FROM watched) AS "稳定率（任一单位）：分母",
    (SELECT count(*) FROM watched w WHERE NOT EXISTS
        (SELECT 1 FROM runs r WHERE r.enrolment = w.enrolment AND how = 'same' AND length > 30))
        AS "稳定率（同一单位）：分子",
    (SELECT count(*) FROM watched) AS "稳定率（同一单位）：分母"
"""


def recompute(workbook: Path | Any) -> dict[str, int]:
    """The figures of a workbook, from its rows."""
    book = load_workbook(workbook, read_only=True)
    question = {row[0]: row[1] for row in book["问题"].iter_rows(min_row=2, values_only=True)}
    base = duckdb.connect()
    for sheet, (table, columns) in _TABLES.items():
        base.execute(f"CREATE TABLE {table} ({columns})")
        width = columns.count(",") + 1
        rows = [
            (*row, *[None] * width)[:width]
            for row in book[sheet].iter_rows(min_row=2, values_only=True)
        ]
        if rows:
            base.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows)
    cursor = base.execute(
        _SQL,
        {
            "start": question["期间开始"],
            "end": question["期间结束"],
            "as_of": question["截止日"],
            "t": question["T（天）"],
            "d": question["D（天）"],
        },
    )
    (row,) = cursor.fetchall()
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


def published(workbook: Path | Any) -> dict[str, int]:
    """The whole numbers that the workbook itself states."""
    rows = load_workbook(workbook, read_only=True)["指标"].iter_rows(
        min_row=2, max_col=2, values_only=True
    )
    return {title: value for title, value in rows if isinstance(value, int)}


def main() -> int:
    path = Path(sys.argv[1])
    again, stated = recompute(path), published(path)
    for title, value in stated.items():
        print(f"{'=' if again[title] == value else '≠'} {title}: {value} / {again[title]}")
    return 0 if again == stated else 1


if __name__ == "__main__":
    sys.exit(main())
