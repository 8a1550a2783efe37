"""What the application's role may do: read and write rows, never change the schema, never rewrite the log."""

from sqlalchemy import Connection, text

from app.platform.eventlog import EVENT_COLUMNS

#: Tables in which the application adds but never changes or removes.
_APPEND_ONLY = ("event_seal", "person_merge")
#: Tables that only triggers or migrations write.
_READ_ONLY = ("alembic_version",)
#: Rows that are kept for good, though they change.
_NEVER_DELETED = ("account", "certificate", "certificate_series", "completion", "person")


def grant_application_rights(connection: Connection, role: str) -> None:
    """Give `role` its rights on every table of the schema; run by the owner after each migration."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    run = connection.execute
    run(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
    run(text(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted}"))
    run(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}"))
    run(text(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}"))
    run(text(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {quoted}"))
    histories = connection.scalars(
        text(
            r"SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE '%\_history'"
        )
    ).all()
    for table in (*histories, *_READ_ONLY):
        run(text(f"REVOKE INSERT, UPDATE, DELETE ON {table} FROM {quoted}"))
    for table in _APPEND_ONLY:
        run(text(f"REVOKE UPDATE, DELETE ON {table} FROM {quoted}"))
    for table in _NEVER_DELETED:
        run(text(f"REVOKE DELETE ON {table} FROM {quoted}"))
    run(text(f"REVOKE INSERT, UPDATE, DELETE ON event FROM {quoted}"))
    run(text(f"GRANT INSERT ({', '.join(EVENT_COLUMNS)}) ON event TO {quoted}"))
