"""One transaction a command: committed before the response is built, or nothing of it happened."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import IntegrityError, OperationalError

from app.platform.db import begin_writing, db
from app.platform.errors import DomainError

_messages: dict[str, tuple[str | None, str]] = {}


def explain_constraints(messages: dict[str, tuple[str | None, str]]) -> None:
    """Say what a broken constraint means to the user: name -> (form field or None, message)."""
    _messages.update(messages)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Commit at the end, roll back on any error.

    Raises DomainError in place of an IntegrityError whose constraint has been explained, and where this is the one of
    two transactions that PostgreSQL ends because they wait for each other.
    """
    begin_writing()
    try:
        yield
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if name in _messages:
            field, message = _messages[name]
            raise DomainError(message, field) from error
        raise
    except OperationalError as error:
        db.session.rollback()
        if isinstance(error.orig, DeadlockDetected):
            raise DomainError(
                "别人正在办理同一件事，您填写的内容没有保存。请再提交一次。"
            ) from error
        raise
    except BaseException:
        db.session.rollback()
        raise
