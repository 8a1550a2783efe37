"""The floor of benchmarks/platform.py: the same rows and the same write as one bare Flask file, and nothing else.

No sign-in, no scope, no filter, no frame around the page, no count, no protection of forms, no event log. Served by
gunicorn as `benchmarks.floor:make()`.
"""

import os
from typing import Any

from flask import Flask, render_template, request
from jinja2 import DictLoader
from sqlalchemy import create_engine, text

_CLASSES = text("""
    SELECT c.id, c.number, c.title, c.starts_on, c.ends_on, c.capacity, c.seats_taken, c.state,
           course.title AS course, course.kind, provider.name AS provider
    FROM training_class c JOIN course ON course.id = c.course_id JOIN provider ON provider.id = c.provider_id
    WHERE provider.region_code LIKE :region
    ORDER BY c.starts_on DESC, c.id DESC LIMIT 25
""")

_MARK = text("""
    INSERT INTO attendance_mark (session_id, enrolment_id, mark, method, note, marked_at, marked_by_id, nonce)
    VALUES (:session_id, :enrolment_id, :mark, 'roll_call', '', now(), 1, :nonce)
    ON CONFLICT (session_id, enrolment_id)
    DO UPDATE SET mark = excluded.mark, marked_at = excluded.marked_at, marked_by_id = excluded.marked_by_id,
                  nonce = excluded.nonce
""")

_TABLE = """<!doctype html>
<title>classes</title>
<table>
{% for row in rows %}
<tr><td>{{ row.id }}</td><td>{{ row.number }}</td><td>{{ row.title }}</td><td>{{ row.course }}</td>
<td>{{ row.provider }}</td><td>{{ row.starts_on }}</td><td>{{ row.ends_on }}</td>
<td>{{ row.seats_taken }} / {{ row.capacity }}</td><td>{{ row.state }}</td></tr>
{% endfor %}
</table>
"""


def make() -> Flask:
    """The application, on the database at FLOOR_DATABASE_URL."""
    app = Flask(__name__)
    app.jinja_loader = DictLoader({"classes.html": _TABLE})
    engine = create_engine(os.environ["FLOOR_DATABASE_URL"], pool_size=8, max_overflow=8)

    @app.get("/classes")
    def classes() -> str:
        with engine.connect() as connection:
            rows: Any = connection.execute(_CLASSES, {"region": "210603%"}).all()
        return render_template("classes.html", rows=rows)

    @app.post("/marks")
    def mark() -> dict[str, str]:
        with engine.begin() as connection:
            connection.execute(_MARK, request.form.to_dict())
        return {"mark": request.form["mark"]}

    return app
