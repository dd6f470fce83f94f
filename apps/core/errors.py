"""Refusals. A service or selector raises one; HTML and API each translate them in one place."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Something was refused, and nothing has changed.

    `title` says what, `detail` says what the reader can do about it; both are shown to people. `extra` reaches
    scripts (problem details) and the board's JavaScript.
    """

    status = 422
    title: Any = _("That did not work")
    detail: Any = ""

    def __init__(self, detail: Any = None, *, title: Any = None, **extra: Any) -> None:
        super().__init__(detail or self.detail or title or self.title)
        if title is not None:
            self.title = title
        if detail is not None:
            self.detail = detail
        self.extra = extra

    @property
    def kind(self) -> str:
        """A stable name for scripts: the class's own."""
        return type(self).__name__

    def as_problem(self) -> dict[str, Any]:
        """The refusal as problem details (RFC 9457)."""
        return {
            "type": f"about:blank#{self.kind}",
            "title": str(self.title),
            "status": self.status,
            "detail": str(self.detail),
            **self.extra,
        }


class NotFound(DomainError):
    """There is no such thing, or the actor may not know of it: the two are never told apart."""

    status = 404
    title: Any = _("There is nothing here")
    detail: Any = _("It does not exist, was deleted, or is not shared with you.")


class Moved(NotFound):
    """What was asked for has another name now, and the actor may see it. Where the address named it, we lead on.

    :param old: the name in the address
    :param new: the name to put there
    :param parameters: what an address calls such names
    """

    def __init__(self, *, old: str, new: str, parameters: tuple[str, ...] = ("project_key", "issue_key")) -> None:
        super().__init__()
        self.old = old
        self.new = new
        self.parameters = parameters


class Forbidden(DomainError):
    """The actor may see the thing but not do this to it."""

    status = 403
    title: Any = _("You may not do that")
    detail: Any = _("Your role here does not allow it. Somebody who administers it can change that.")


class Invalid(DomainError):
    """A value was refused. `field` names it."""

    status = 422
    title: Any = _("That value was not accepted")

    def __init__(self, detail: Any, *, field: str = "", **extra: Any) -> None:
        super().__init__(detail, field=field, **extra)
        self.field = field


class Conflict(DomainError):
    """Somebody else changed the same thing first."""

    status = 409
    title: Any = _("Somebody changed this in the meantime")


class StalePage(DomainError):
    """The form's token does not belong to this session: somebody signed in again since, or cookies are off."""

    status = 403
    title: Any = _("This page was open for too long")
    detail: Any = _(
        "Its form no longer matched your session. Nothing has changed; go back or reload the page, and send it again."
    )


class TooMany(DomainError):
    """A rate limit was met. `usage` says how much it takes (see `apps.core.limits`)."""

    status = 429
    title: Any = _("That was a lot at once")

    def __init__(self, detail: Any, *, retry_after: int, usage: Any = None) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after
        self.usage = usage


class TooLarge(DomainError):
    """The request's body is larger than what FlowBoard takes."""

    status = 413
    title: Any = _("That is too large")
    detail: Any = _("Shorten the text, choose a smaller file, or send less at once. Nothing has changed.")


class Broken(DomainError):
    """Our fault. What the person wrote is not saved, and this says so."""

    status = 500
    title: Any = _("Something broke on our side")
    detail: Any = _(
        "That was our fault, and nothing was saved. Try again; if it happens again, give the request id to whoever "
        "runs this server."
    )


class Unavailable(DomainError):
    """Something that FlowBoard needs is away for the moment; `retry_after` is in seconds."""

    status = 503
    title: Any = _("FlowBoard cannot do that right now")
    detail: Any = _("Nothing has changed. Please try again in a minute.")

    def __init__(self, detail: Any = None, *, retry_after: int = 5) -> None:
        super().__init__(detail, retry_after=retry_after)


class DatabaseAway(Unavailable):
    """The database does not answer, or gave up: nothing can be read or written."""

    title: Any = _("FlowBoard is away for a moment")
    detail: Any = _("FlowBoard’s database does not answer. Nothing has changed; please try again in a minute.")


class Busy(Unavailable):
    """More requests wait than can be served soon."""

    title: Any = _("FlowBoard is busy")
    detail: Any = _("Too many requests came at once. Nothing has changed; please try again in a moment.")
