"""Who may come in. Pure functions of what the operator decided."""

from apps.accounts.models import Server


def is_open_to_all(server: Server) -> bool:
    """Whether somebody without an invitation may sign up at all."""
    return server.sign_up in {Server.SignUp.ANYONE, Server.SignUp.DOMAINS}


def may_sign_up(server: Server, *, email: str, invited: str | None) -> bool:
    """Make an account for an address. `invited` is the one that an open invitation in the person's hands was sent to.

    An invitation is worth more than the operator's list of domains: somebody who may invite has vouched for it.
    """
    if invited is not None and email == invited:
        return True
    if server.sign_up == Server.SignUp.DOMAINS:
        return email.rpartition("@")[2] in server.sign_up_domains
    return server.sign_up == Server.SignUp.ANYONE


def may_found(server: Server, *, is_operator: bool) -> bool:
    """Create an organization."""
    return is_operator or server.founders == Server.Founders.EVERYBODY
