"""People, who exist outside of organizations and are only ever selected through a membership; and the server itself."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.accounts.handles import HANDLE, LONGEST, handles_for, stem_of


class UserManager(BaseUserManager["User"]):
    """Makes people; e-mail addresses are kept in lower case, so that one address is one person."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who can sign in with this address."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An operator of this server: may open the admin site."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Sign-in ignores the case of the address."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One person, the placeholder of one whom an import found, or a program that works under a name of its own."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        PLACEHOLDER = "placeholder", _("Placeholder")
        SERVICE = "service", _("Service account")

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class DateFormat(models.TextChoices):
        DAY_MONTH = "day_month", _("5 Mar 2026")
        MONTH_DAY = "month_day", _("Mar 5, 2026")
        DOTS = "dots", _("05.03.2026")
        SLASHES_DAY = "slashes_day", _("05/03/2026")
        SLASHES_MONTH = "slashes_month", _("03/05/2026")
        ISO = "iso", _("2026-03-05")

    class FirstWeekday(models.IntegerChoices):
        """Numbered as `date.weekday()` does."""

        MONDAY = 0, _("Monday")
        SUNDAY = 6, _("Sunday")
        SATURDAY = 5, _("Saturday")

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", _("Comfortable")
        COMPACT = "compact", _("Compact")

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    handle = models.CharField(
        _("handle"),
        max_length=LONGEST,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(rf"^{HANDLE.pattern}\Z")],
        help_text=_("How texts name them, as in @ada. Placeholders and deleted accounts have none."),
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PERSON)
    avatar = models.ImageField(_("picture"), upload_to="avatars/", blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    theme = models.CharField(_("theme"), max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    date_format = models.CharField(
        _("date format"),
        max_length=16,
        choices=DateFormat.choices,
        default=DateFormat.DAY_MONTH,
        db_default=DateFormat.DAY_MONTH,
    )
    first_weekday = models.PositiveSmallIntegerField(
        _("first day of the week"),
        choices=FirstWeekday.choices,
        default=FirstWeekday.MONDAY,
        db_default=FirstWeekday.MONDAY,
    )
    density = models.CharField(
        _("density"),
        max_length=12,
        choices=Density.choices,
        default=Density.COMFORTABLE,
        db_default=Density.COMFORTABLE,
    )
    has_single_keys = models.BooleanField(_("single-key shortcuts"), default=True, db_default=True)
    is_time_zone_settled = models.BooleanField(default=False, db_default=False, editable=False)
    # The tour of first steps: everybody new begins it; what was done before it began does not count for it.
    tour_began_at = models.DateTimeField(null=True, default=timezone.now, editable=False)
    tour_ended_at = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField(default=True, help_text=_("A suspended person cannot sign in."))
    is_staff = models.BooleanField(default=False, help_text=_("May open the admin site."))
    date_joined = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When they deleted their account; nothing of them is left in this row.")
    )
    session_epoch = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Every session begun under another number has ended."
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = (
            models.UniqueConstraint(Lower("email"), name="user_email_unique_ignoring_case"),
            models.CheckConstraint(
                condition=models.Q(handle__isnull=True) | models.Q(handle__regex=rf"^{HANDLE.pattern}$"),
                name="user_handle_is_plain",
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row; somebody new gets the best handle that is free."""
        if not self._state.adding or self.handle is not None or self.kind != self.Kind.PERSON:
            super().save(*args, **kwargs)
            return
        taken = set(User.objects.filter(handle__startswith=stem_of(self.name)).values_list("handle", flat=True))
        for handle in handles_for(self.name):
            if handle in taken:
                continue
            self.handle = handle
            try:
                with transaction.atomic(using=kwargs.get("using")):
                    super().save(*args, **kwargs)
            except IntegrityError as error:
                # Somebody of the same name came at the same moment.
                self.handle = None
                if "handle" not in str(error):
                    raise
            else:
                return

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """What ties a session to the password, and to the epoch: raising it signs the person out everywhere."""
        salt = "flowboard.accounts.session"
        return salted_hmac(salt, f"{self.session_epoch}:{self.password}", secret=secret, algorithm="sha256").hexdigest()

    def get_full_name(self) -> str:
        """The name people see."""
        return self.name

    def get_short_name(self) -> str:
        """The first word of the name."""
        return self.name.split(" ", 1)[0]

    @property
    def initials(self) -> str:
        """Two letters for the avatar where there is no picture."""
        words = [word for word in self.name.split() if word[0].isalnum()]
        if not words:
            return self.email[:2].upper()
        return (words[0][0] + (words[-1][0] if len(words) > 1 else words[0][1:2])).upper()

    @property
    def is_service(self) -> bool:
        """Whether this is a program: it has no address, no password and no mail, only tokens."""
        return self.kind == self.Kind.SERVICE

    @property
    def is_on_tour(self) -> bool:
        """Whether the first steps are shown: they were begun, and neither finished nor skipped."""
        return self.tour_began_at is not None and self.tour_ended_at is None

    @property
    def hue(self) -> int:
        """The avatar's colour: a step of 30 degrees that stays with the person."""
        return (self.pk or 0) * 150 % 360

    @property
    def avatar_url(self) -> str | None:
        """Where the picture is, if there is one."""
        return self.avatar.url if self.avatar else None


class Server(models.Model):
    """What the operator has decided about this server as a whole: one row, or none as long as nothing was decided."""

    class SignUp(models.TextChoices):
        INVITED = "invited", _("By invitation")
        DOMAINS = "domains", _("By e-mail domain")
        ANYONE = "anyone", _("Anyone")

    class Founders(models.TextChoices):
        EVERYBODY = "everybody", _("Everybody")
        OPERATORS = "operators", _("Operators only")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sign_up = models.CharField(_("who may sign up"), max_length=8, choices=SignUp.choices, default=SignUp.INVITED)
    sign_up_domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    founders = models.CharField(
        _("who may create organizations"), max_length=9, choices=Founders.choices, default=Founders.EVERYBODY
    )
    setup_hash = models.CharField(max_length=64, blank=True, help_text="Of the link that makes the first operator.")
    demo_removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="server_is_one_row"),)

    def __str__(self) -> str:
        return "this server"


class UserSession(models.Model):
    """A browser in which somebody is signed in: what its session's key alone does not tell."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    user_agent = models.CharField(max_length=300, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"session {self.pk} of {self.user_id}"


class AccountMailQuerySet(models.QuerySet["AccountMail"]):
    """Filters for mails of accounts."""

    def due(self, moment: datetime) -> "AccountMailQuerySet":
        """Those that should go out at this moment, or should have before."""
        return self.filter(due_at__lte=moment)


class AccountMail(models.Model):
    """A mail about an account that is still to be sent; it is deleted when it has gone out (`apps.accounts.mails`)."""

    template = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    email = models.EmailField(max_length=254)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    facts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(
        default=timezone.now, null=True, blank=True, db_index=True, help_text="Empty: given up after too many attempts."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    objects = AccountMailQuerySet.as_manager()

    def __str__(self) -> str:
        return f"“{self.subject}” to {self.email}"


class RefusedAddress(models.Model):
    """That mail servers refuse somebody's address for good. Nothing but a test goes there until its owner resumes."""

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    email = models.EmailField(max_length=254)
    answer = models.TextField(help_text="What the mail server said.")
    refused_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.email} refused"
