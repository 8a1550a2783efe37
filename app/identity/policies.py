"""Who may administer accounts."""

from app.platform.access import Actor, Role


def can_administer_accounts(actor: Actor) -> bool:
    """Accounts and their roles are the system administrator's; nothing else is."""
    return actor.role is Role.SYSADMIN
