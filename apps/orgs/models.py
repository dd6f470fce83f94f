"""Organizations, who belongs to them, who is invited, and the tokens their scripts use."""

import re
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.tenancy import OrgRole

ORG_ROLES = [
    (OrgRole.OWNER.value, _("Owner")),
    (OrgRole.ADMIN.value, _("Admin")),
    (OrgRole.MEMBER.value, _("Member")),
    (OrgRole.GUEST.value, _("Guest")),
]

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


class Organization(models.Model):
    """A tenant: everything but people belongs to exactly one."""

    slug = models.CharField(
        _("address"), max_length=48, unique=True, validators=[RegexValidator(rf"^{SLUG.pattern}\Z")]
    )
    name = models.CharField(_("name"), max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    suspended_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then nobody can enter it; its owners can bring it back for 30 days."
    )
    purge_began_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(slug__regex=rf"^{SLUG.pattern}$"), name="organization_slug_is_plain"
            ),
        )

    def __str__(self) -> str:
        return self.name


class FormerSlug(models.Model):
    """An address that the organization had. It leads on to the present one, and is nobody else's meanwhile."""

    org = models.ForeignKey(Organization, models.CASCADE, related_name="former_slugs")
    slug = models.CharField(max_length=48, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """A person's seat in an organization. It ends by state, never by deletion, so history keeps its names."""

    org = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=8, choices=ORG_ROLES)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["org", "user"], name="membership_unique_in_organization"),)

    def __str__(self) -> str:
        return f"{self.user_id} is {self.role} of {self.org_id}"


def in_a_week() -> datetime:
    """When an invitation made now expires."""
    return timezone.now() + timedelta(days=7)


class Invitation(models.Model):
    """An offer of a seat to an e-mail address; it works once.

    The link's secret is derived from `nonce` and the server's key (`services.invitation_secret`), so that mail and
    page can show it again while the database alone cannot.
    """

    org = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=8, choices=ORG_ROLES)
    nonce = models.CharField(max_length=32)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(default=in_a_week)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True, help_text="When the mail with the present link went out.")

    asked_again_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody asked for a new link, this one having expired."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["org", "email"],
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once_per_address",
            ),
        )

    def __str__(self) -> str:
        return f"invitation of {self.email}"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= timezone.now()


class ApiToken(models.Model):
    """An access token: its owner's rights in one organization, narrowed to scopes, and to projects if wished.

    The owner is a person, or a service account, whose tokens are the organization's.
    """

    org = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_service = models.BooleanField(
        default=False, db_default=False, help_text="Of a service account: the organization's admins keep it."
    )
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, help_text="The first characters, to recognise it by.")
    token_hash = models.CharField(max_length=64, unique=True)
    # See `apps.orgs.scopes`.
    scopes = ArrayField(models.CharField(max_length=40))
    project_ids = ArrayField(
        models.BigIntegerField(), null=True, blank=True, help_text="Empty: every project that its owner sees."
    )
    created_at = models.DateTimeField(default=timezone.now)
    rotated_at = models.DateTimeField(null=True, blank=True, help_text="When it got the present secret.")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_address = models.GenericIPAddressField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()


class KeptAnswer(models.Model):
    """What a script was answered to a request with an idempotency key; the same request again gets it again."""

    org = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64, help_text="Of the request: another one with the key is refused.")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["org", "user", "key"], name="answer_key_unique_for_person"),)
        indexes = (models.Index(fields=["created_at"], name="answer_by_age"),)

    def __str__(self) -> str:
        return f"{self.key} → {self.status}"


class ChangedLimit(models.Model):
    """A limit of the API (see `apps.core.limits`) that admins raised or lowered: for one token, or for everybody."""

    org = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    token = models.ForeignKey(ApiToken, models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=20)
    most = models.PositiveIntegerField(help_text="So many in the period of the limit.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["org", "token", "name"], nulls_distinct=False, name="limit_changed_once_for_caller"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.most}"
