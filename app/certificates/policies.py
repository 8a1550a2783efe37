"""Who may do what with certificates."""

from app.platform.access import Actor, Role


def can_issue(actor: Actor) -> bool:
    """Issue and revoke: the federation alone."""
    return actor.role is Role.FEDERATION


def can_list(actor: Actor) -> bool:
    """See the list of issued certificates, each role its own part."""
    return actor.role in (Role.FEDERATION, Role.TOWNSHIP, Role.PROVIDER, Role.AUDITOR)


def can_see_class(actor: Actor) -> bool:
    """See who of a class has a certificate."""
    return actor.role in (Role.FEDERATION, Role.PROVIDER, Role.AUDITOR)


def can_open(actor: Actor) -> bool:
    """Open one certificate within the scope of the role."""
    return can_list(actor) or actor.role is Role.TRAINEE


def can_download(actor: Actor) -> bool:
    """Take the PDF: the trainee, the base that held the class, the issuer, and the auditor for the file."""
    return actor.role in (Role.TRAINEE, Role.PROVIDER, Role.FEDERATION, Role.AUDITOR)


def can_download_revoked(actor: Actor) -> bool:
    """A revoked certificate is no proof any more; it stays in the archive of those who answer for it."""
    return actor.role in (Role.FEDERATION, Role.AUDITOR)


def can_see_trainee_facts(actor: Actor) -> bool:
    """Hours, dates and the masked number; a base sees name, number and state."""
    return actor.role is not Role.PROVIDER


def is_trainee(actor: Actor) -> bool:
    """Somebody with certificates of their own."""
    return actor.role is Role.TRAINEE
