"""What reaches people: what they were told, their inbox, and what they want to hear of."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """What somebody is told of. In this order one is chosen where a fact is several of them."""

    MENTIONED = "mentioned", _("You are mentioned")
    ASSIGNED = "assigned", _("An issue is assigned to you")
    COMMENTED = "commented", _("Comments")
    CREATED = "created", _("New issues")
    STATUS = "status", _("Changes of status")
    PLANNED = "planned", _("Sprints and dates")
    EDITED = "edited", _("Other edits")


class Why(models.TextChoices):
    """What somebody is to the issue, so that it reached them. In this order one is chosen."""

    MENTIONED = "mentioned", _("You were mentioned")
    ASSIGNED = "assigned", _("You are assigned")
    REPORTER = "reporter", _("You reported it")
    THREAD = "thread", _("You took part in this thread")
    WATCHING = "watching", _("You are watching it")
    FOLLOWING = "following", _("You follow the project")


class Channel(models.IntegerChoices):
    """A way to somebody. Stored together as a sum, so that one column says which they want."""

    INBOX = 1, _("Inbox")
    MAIL = 2, _("E-mail")
    DESKTOP = 4, _("Desktop")


class Notification(models.Model):
    """That somebody is told one thing about one issue. The fact and its issue are told to a person once."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey("issues.Issue", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    event = models.ForeignKey("events.Event", models.CASCADE, db_index=False, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    why = models.CharField(max_length=9, choices=Why.choices)
    channels = models.PositiveSmallIntegerField(help_text="The sum of the channels in which they want to hear of it.")
    part = models.ForeignKey(
        "MailPart", models.SET_NULL, null=True, blank=True, db_index=False, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["event", "user", "issue"], name="told_once_per_person_and_issue"),
            models.CheckConstraint(
                condition=models.Q(channels__gte=1, channels__lte=7), name="notification_goes_somewhere"
            ),
        )
        indexes = (
            models.Index(fields=["user", "issue", "-id"], name="notification_of_issue"),
            # How many there are to send, and what is old.
            models.Index(fields=["org", "created_at"], name="notification_by_age"),
            models.Index(fields=["part"], condition=models.Q(part__isnull=False), name="notification_of_mail"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} is told {self.kind} of issue {self.issue_id}"


class InboxEntry(models.Model):
    """An issue in somebody's inbox, with all that they were told about it, and what they did with it."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey("issues.Issue", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    unread_count = models.PositiveIntegerField(default=0)
    newest_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "inbox entries"
        constraints = (models.UniqueConstraint(fields=["user", "issue"], name="issue_once_per_inbox"),)
        indexes = (
            models.Index(fields=["user", "org", "-newest_at", "-id"], name="inbox_newest_first"),
            models.Index(
                fields=["user", "org"],
                condition=models.Q(unread_count__gt=0, done_at__isnull=True),
                name="inbox_unread",
            ),
            models.Index(fields=["org", "done_at"], condition=models.Q(done_at__isnull=False), name="inbox_done"),
        )

    def __str__(self) -> str:
        return f"issue {self.issue_id} in the inbox of {self.user_id}"


class Preference(models.Model):
    """In which channels somebody wants to hear of one kind of thing: in a project, or (none) in the organization.

    Where there is no row, what is usual holds (`policies.USUAL`).
    """

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, null=True, blank=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    channels = models.PositiveSmallIntegerField(help_text="The sum of the channels; 0 is none.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["org", "user", "project", "kind"],
                nulls_distinct=False,
                name="preference_once_per_kind_and_project",
            ),
            models.CheckConstraint(condition=models.Q(channels__gte=0, channels__lte=7), name="preference_is_channels"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} hears of {self.kind} by {self.channels}"


class ProjectInterest(models.Model):
    """That somebody hears of everything in a project, or of nothing that does not name them."""

    class Level(models.TextChoices):
        FOLLOWED = "followed", _("Everything")
        MUTED = "muted", _("Only what names me")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    level = models.CharField(max_length=8, choices=Level.choices)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["project", "user"], name="interest_once_per_project"),)

    def __str__(self) -> str:
        return f"{self.user_id} has {self.level} project {self.project_id}"


class IssueMute(models.Model):
    """That somebody wants to hear nothing more of an issue that does not name them."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey("issues.Issue", models.CASCADE, db_index=False, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issue", "user"], name="issue_muted_once_per_person"),)

    def __str__(self) -> str:
        return f"{self.user_id} has muted issue {self.issue_id}"


class Rhythm(models.TextChoices):
    """How often somebody gets mail of what happened."""

    EACH = "each", _("Soon after it happens")
    DAILY = "daily", _("Once a day")
    WEEKLY = "weekly", _("Once a week")
    NEVER = "never", _("Never")


class Habits(models.Model):
    """What somebody decided about all that reaches them from an organization. Hours are those of their time zone."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    hears_of_own = models.BooleanField(default=False, help_text="They are told of what they did themselves.")
    rhythm = models.CharField(max_length=6, choices=Rhythm.choices, default=Rhythm.EACH, db_default=Rhythm.EACH)
    digest_hour = models.PositiveSmallIntegerField(default=8, db_default=8)
    digest_weekday = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Of a weekly digest, numbered as `date.weekday()` does."
    )
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    is_named_at_once = models.BooleanField(
        default=False, db_default=False, help_text="What names them is mailed at once, whatever the hour and rhythm."
    )

    class Meta:
        verbose_name_plural = "habits"
        constraints = (
            models.UniqueConstraint(fields=["org", "user"], name="habits_once_per_person"),
            models.CheckConstraint(
                condition=models.Q(digest_hour__lte=23, digest_weekday__lte=6), name="digest_has_an_hour_and_a_day"
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            ),
        )

    def __str__(self) -> str:
        return f"habits of {self.user_id}"


class Mail(models.Model):
    """A mail of what happened: to one person, about one issue or many. It holds no words; they are read when it goes.

    It is planned once, and its number is in its Message-ID: sent again, it is recognised as the same mail.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DROPPED = "dropped", _("Not sent")
        DEAD = "dead", _("Given up")

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, help_text="When it may be tried; later while it is worked on.")
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When it was sent, dropped or given up.")
    last_error = models.TextField(blank=True, help_text="Why it was not sent.")

    class Meta:
        indexes = (
            models.Index(fields=["org", "due_at"], condition=models.Q(state="waiting"), name="mail_to_send"),
            models.Index(fields=["user", "-created_at"], name="mail_of_person"),
            models.Index(fields=["id"], condition=models.Q(state="dead"), name="mail_dead"),
            models.Index(fields=["org", "settled_at"], name="mail_by_age"),
        )

    def __str__(self) -> str:
        return f"mail {self.pk} to {self.user_id}"


class MailPart(models.Model):
    """What is to be mailed to somebody about one issue: it collects notifications until it joins a mail."""

    org = models.ForeignKey("orgs.Organization", models.CASCADE, db_index=False, related_name="+")
    project = models.ForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    issue = models.ForeignKey("issues.Issue", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="+")
    mail = models.ForeignKey(Mail, models.CASCADE, null=True, blank=True, related_name="parts")
    first_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="When it is looked at again: it goes then, or is put off.")
    is_urgent = models.BooleanField(default=False, help_text="It names its person.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "issue"], condition=models.Q(mail__isnull=True), name="one_mail_collects_of_an_issue"
            ),
        )
        indexes = (models.Index(fields=["org", "due_at"], condition=models.Q(mail__isnull=True), name="mailpart_due"),)

    def __str__(self) -> str:
        return f"issue {self.issue_id} in a mail to {self.user_id}"
