"""What PostgreSQL says of a schema, in its own words."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

#: The job queue's tables come with its library, Alembic keeps one of its own.
_OURS = (
    r"c.relnamespace = 'public'::regnamespace AND c.relname !~ '^(procrastinate_|alembic_version)'"
)

_COLUMNS = f"""
    SELECT c.relname || '.' || a.attname,
           format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
           || CASE a.attidentity WHEN '' THEN '' ELSE ' identity ' || a.attidentity::text END
           || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
           || CASE a.attgenerated WHEN '' THEN '' ELSE ' generated' END
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND {_OURS}
"""
_CONSTRAINTS = f"""
    SELECT c.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND {_OURS}
"""
_INDEXES = f"""
    SELECT c.relname || '.' || i.relname, pg_get_indexdef(i.oid)
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE {_OURS}
"""
_TRIGGERS = f"""
    SELECT c.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND {_OURS}
"""
_FUNCTIONS = """
    SELECT p.oid::regprocedure::text, md5(pg_get_functiondef(p.oid))
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname !~ '^procrastinate_'
"""


@dataclass(frozen=True)
class Catalogue:
    """Definitions by name."""

    columns: dict[str, str]
    constraints: dict[str, str]
    indexes: dict[str, str]
    triggers: dict[str, str]
    functions: dict[str, str]

    @classmethod
    def read(cls, connection: Connection) -> "Catalogue":
        def pairs(sql: str) -> dict[str, str]:
            return {row[0]: row[1] for row in connection.execute(text(sql))}

        return cls(
            pairs(_COLUMNS),
            pairs(_CONSTRAINTS),
            pairs(_INDEXES),
            pairs(_TRIGGERS),
            pairs(_FUNCTIONS),
        )


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """What is missing, too much or other than expected, one line each."""
    lines = [
        f"missing: {name}: {expected[name]}" for name in sorted(expected.keys() - found.keys())
    ]
    lines += [f"too much: {name}: {found[name]}" for name in sorted(found.keys() - expected.keys())]
    return lines + [
        f"differs: {name}: {expected[name]} <> {found[name]}"
        for name in sorted(expected.keys() & found.keys())
        if expected[name] != found[name]
    ]
