"""Refusals that a user can understand: what is wrong, where, and how to mend it."""


class DomainError(Exception):
    """A command was refused by a rule; `field` names the form field that can mend it."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class TransitionRefused(DomainError):
    """A state machine does not lead from `origin` to `target` for this actor."""

    def __init__(self, origin: object, target: object, message: str) -> None:
        super().__init__(message)
        self.origin = origin
        self.target = target


class NotAllowed(Exception):
    """The signed-in actor may not do this (403)."""
