"""The history of accounts, which lie outside of organizations: who signed in, failed to, or changed what.

django-auditlog watches the accounts themselves; signing in and out are Django's and allauth's own signals. All of it
gets its actor and address from the unit of work, not from auditlog's middleware: that one runs at another moment and
believes every `X-Forwarded-For`.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import password_changed, password_reset, password_set
from auditlog.registry import auditlog
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models.signals import pre_save
from django.http import HttpRequest

from apps.accounts.models import Server, User
from apps.audit.models import LogEntry
from apps.core.tenancy import current_unit, enter_person, unit_of_work

REFUSALS = "_refused_sign_ins"


def watch() -> None:
    """Begin to write the history. Called once, when the applications are loaded."""
    auditlog.register(User, exclude_fields=["password", "last_login", "memberships"])
    auditlog.register(EmailAddress, include_fields=["user", "email", "verified", "primary"])
    auditlog.register(Server, exclude_fields=["setup_hash"])
    pre_save.connect(_complete, sender=LogEntry, dispatch_uid="flowboard_audit_complete")
    user_logged_in.connect(_signed_in, dispatch_uid="flowboard_audit_signed_in")
    user_logged_out.connect(_signed_out, dispatch_uid="flowboard_audit_signed_out")
    user_login_failed.connect(_remember_refusal, dispatch_uid="flowboard_audit_refused")
    for signal in (password_changed, password_set, password_reset):
        signal.connect(_password_changed, dispatch_uid="flowboard_audit_password")


def _complete(sender: type[LogEntry], instance: LogEntry, **kwargs: Any) -> None:
    """Who, from where, in which request. Entries of organizations come complete (`apps.audit.services`)."""
    if instance.org_id is not None:
        return
    # Whoever has entered, as the database knows it: its policy lets in no entry in another name.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nullif(current_setting('app.user', true), '')::bigint")
        row = cursor.fetchone()
    instance.actor_id = row[0] if row else None
    instance.event_kind = instance.event_kind or _kind_of(instance)
    unit = current_unit()
    if unit is not None:
        instance.cid, instance.remote_addr, instance.reason = unit.request_id, unit.address, unit.reason


def _kind_of(entry: LogEntry) -> str:
    is_about_server = entry.content_type_id == ContentType.objects.get_for_model(Server).pk
    return "server.changed" if is_about_server else "account.changed"


def _note(kind: str, user: User | None, *, action: int = LogEntry.Action.ACCESS, name: str = "") -> None:
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(User),
        object_pk=str(user.pk) if user else "",
        object_id=user.pk if user else None,
        object_repr=name or str(user),
        action=action,
        changes={},
        event_kind=kind,
    )


def note_reset_link(user: User) -> None:
    """Write down that the operator who has entered made a link by which somebody's password can be changed."""
    _note("account.reset_link_made", user)


def note_visit(*, method: str, path: str, action: str, chosen: list[str]) -> None:
    """Write down that an operator looked at something in the admin site, or acted on what they chose there."""
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(User),
        object_pk="",
        object_repr=f"{method} {path}"[:500],
        action=LogEntry.Action.ACCESS,
        changes={},
        event_kind="admin.acted" if action else "admin.visited",
        additional_data={"path": path[:2000], "action": action[:100], "chosen": chosen[:200]},
    )


def _signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    unit = current_unit()
    if unit is None:
        with unit_of_work():
            enter_person(user_id=user.pk)
            _note("account.signed_in", user)
        return
    if unit.user_id != user.pk:
        # From here on the request is theirs: nobody had entered before.
        enter_person(user_id=user.pk)
    _note("account.signed_in", user)


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        _note("account.signed_out", user)


def _password_changed(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    _note("account.password_changed", user, action=LogEntry.Action.UPDATE)


def _remember_refusal(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    if request is not None:
        email = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
        request.__dict__.setdefault(REFUSALS, []).append(email)


def write_refusals(request: HttpRequest) -> None:
    """Write down the sign-ins that this request was refused, in a transaction of their own: the request's is over.

    An address without an account is not kept: people write their passwords there.
    """
    emails: list[str] = request.__dict__.pop(REFUSALS, [])
    if not emails:
        return
    with unit_of_work(request_id=getattr(request, "request_id", ""), address=getattr(request, "address", None)):
        for email in emails:
            user = User.objects.filter(email=email).first() if "\x00" not in email else None
            _note("account.sign_in_refused", user, name="" if user else "an unknown address")
