"""What the link at the end of a mail stops: exactly the reason for which the mail came. The link is its own proof."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.notifications.models import Kind, Why

EVERYTHING, MUTE, WATCHING, FOLLOWING = "all", "mute", "watching", "following"
_SIGNER = "notifications.stopping"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody gets mail, as a link carries it.

    `what` is a kind of thing that names them, or one of the words above; `about` the id of an issue or project.
    """

    user_id: int
    org: str
    what: str
    about: int = 0


class NoSuchLink(Exception):
    """The link was not made here, or was cut short on its way."""


def token_of(reason: Reason) -> str:
    """The reason, signed: whoever has it can stop this and nothing else."""
    return _signer().sign_object([reason.user_id, reason.org, reason.what, reason.about])


def read_token(token: str) -> Reason:
    """The reason that a link carries.

    :raises NoSuchLink: if we did not sign it
    """
    try:
        values: Any = _signer().unsign_object(token)
    except (BadSignature, ValueError) as error:
        raise NoSuchLink from error
    return Reason(*values)


def _signer() -> Signer:
    return Signer(salt=_SIGNER, sep=".")


def stop_url(reason: Reason) -> str:
    """The whole address that stops it."""
    return settings.BASE_URL + reverse("mail_stop", args=[token_of(reason)])


def reason_of(*, kind: str, why: str, user_id: int, org: str, issue_id: int, project_id: int) -> Reason:
    """For which reason news of an issue came: that it named somebody, or what they are to the issue or its project."""
    if kind:
        return Reason(user_id, org, kind)
    if why == Why.WATCHING:
        return Reason(user_id, org, WATCHING, issue_id)
    if why == Why.FOLLOWING:
        return Reason(user_id, org, FOLLOWING, project_id)
    return Reason(user_id, org, MUTE, issue_id)


def because(*, kind: str, why: str) -> str:
    """Why a mail came, as a sentence."""
    return {
        Kind.MENTIONED.value: _("You get this because you were mentioned."),
        Kind.ASSIGNED.value: _("You get this because it was given to you."),
        Why.WATCHING.value: _("You get this because you are watching it."),
        Why.FOLLOWING.value: _("You get this because you follow the project."),
        Why.REPORTER.value: _("You get this because you reported it."),
        Why.THREAD.value: _("You get this because you took part in this thread."),
        f"why-{Why.ASSIGNED.value}": _("You get this because you are assigned."),
        f"why-{Why.MENTIONED.value}": _("You get this because you were mentioned in it."),
    }[kind or (f"why-{why}" if why in {Why.ASSIGNED, Why.MENTIONED} else why)]


def offer(*, what: str, key: str, project_key: str) -> str:
    """What the link stops, as its words."""
    return {
        Kind.MENTIONED.value: _("No mail when I am mentioned"),
        Kind.ASSIGNED.value: _("No mail when something is given to me"),
        WATCHING: _("Stop watching %(key)s") % {"key": key},
        FOLLOWING: _("Stop following %(project)s") % {"project": project_key},
        MUTE: _("Mute %(key)s: only what names me") % {"key": key},
    }[what]
