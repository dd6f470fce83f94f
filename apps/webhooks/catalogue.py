"""Which kinds of facts a webhook can send, in the groups in which people choose them.

A test holds that every kind is here or in `NEVER_SENT`, so that a new one cannot be forgotten.
"""

from django.utils.translation import gettext_lazy as _

# What is one person's own is sent to nobody else's server, and what is told of long ago is no news.
NEVER_SENT = frozenset(
    {
        "calendar.link_made",
        "calendar.link_revoked",
        "inbox.changed",
        "inbox.reached",
        "inbox.work_ended",
        "inbox.work_seen",
        "issue.retold",
        "issue.starred",
        "project.starred",
    }
)

# (name of the group, whether facts of it belong to projects, its kinds)
GROUPS = (
    (
        _("Issues"),
        True,
        (
            "issue.created",
            "issue.edited",
            "issues.edited",
            "issue.moved",
            "issue.triaged",
            "issue.linked",
            "issue.watched",
            "issue.archived",
            "issue.deleted",
            "issue.restored",
            "issues.left",
            "issues.arrived",
        ),
    ),
    (
        _("Comments and reactions"),
        True,
        (
            "issue.commented",
            "comment.edited",
            "comment.deleted",
            "comment.restored",
            "comment.pinned",
            "comment.resolved",
            "reaction.changed",
        ),
    ),
    (
        _("Files and logged time"),
        True,
        (
            "issue.attached",
            "issue.detached",
            "issue.reattached",
            "issue.previewed",
            "issue.work_logged",
            "issue.work_edited",
            "issue.work_removed",
            "issue.work_restored",
        ),
    ),
    (
        _("Sprints"),
        True,
        (
            "project.sprint_created",
            "project.sprint_edited",
            "project.sprint_started",
            "project.sprint_completed",
            "project.sprint_reopened",
            "project.sprint_cancelled",
            "project.sprint_deleted",
            "project.sprint_capacity_changed",
            "project.sprint_cadence_changed",
        ),
    ),
    (
        _("Versions"),
        True,
        (
            "project.version_created",
            "project.version_edited",
            "project.version_released",
            "project.version_deleted",
            "project.version_restored",
        ),
    ),
    (
        _("Projects and their members"),
        True,
        (
            "project.created",
            "project.edited",
            "project.key_changed",
            "project.archived",
            "project.deleted",
            "project.restored",
            "project.member_added",
            "project.member_removed",
        ),
    ),
    (
        _("Configuration of projects"),
        True,
        (
            "project.label_created",
            "project.label_edited",
            "project.label_deleted",
            "project.label_restored",
            "project.field_changed",
            "project.field_option_removed",
            "project.field_option_restored",
            "project.workflow_changed",
            "project.board_changed",
            "project.configuration_copied",
            "project.configuration_imported",
            "project.configuration_taken_back",
            "project.ranks_rebalanced",
            "template.created",
            "template.edited",
            "template.deleted",
            "template.restored",
            "schedule.created",
            "schedule.edited",
            "schedule.paused",
            "schedule.resumed",
            "schedule.held",
            "schedule.deleted",
            "schedule.restored",
        ),
    ),
    (
        _("Imports, exports and webhooks"),
        True,
        (
            "import.started",
            "import.reread",
            "import.confirmed",
            "import.cancelled",
            "import.forgotten",
            "import.ended",
            "import.taking_back",
            "import.taken_back",
            "export.asked",
            "export.ended",
            "export.removed",
            "webhook.created",
            "webhook.edited",
            "webhook.secret_rotated",
            "webhook.paused",
            "webhook.resumed",
            "webhook.deleted",
        ),
    ),
    (
        _("Organization and members"),
        False,
        (
            "organization.created",
            "organization.renamed",
            "organization.moved",
            "organization.suspension_changed",
            "organization.deleted",
            "organization.restored",
            "organization.purged",
            "organization.limits_changed",
            "project.purged",
            "board.changed",
            "member.invited",
            "member.invitation_asked_again",
            "member.invitation_revoked",
            "member.joined",
            "member.role_changed",
            "member.renamed",
            "member.removed",
            "member.tokens_revoked",
            "member.placeholders_added",
            "member.placeholder_claimed",
            # Of service accounts: people's own are in their own streams, which no webhook reads.
            "token.created",
            "token.rotated",
            "token.revoked",
        ),
    ),
)

KINDS = frozenset(kind for _name, _of_project, kinds in GROUPS for kind in kinds)
PROJECT_KINDS = frozenset(kind for _name, of_project, kinds in GROUPS if of_project for kind in kinds)
# What a test message says it is.
TEST_KIND = "webhook.test"


def kinds_for(*, of_project: bool) -> frozenset[str]:
    """What a webhook can send: a project's sends what belongs to projects."""
    return PROJECT_KINDS if of_project else KINDS
