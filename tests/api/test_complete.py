"""What the browser can do, a script can do: every address that takes a form is here, with the operations that do the
same, or with the reason why it is the browser's alone. A new one about which nobody decided fails.
"""

import pytest

from tests.access.routes import ACROSS, BOARDS, FIELDS, ISSUE, ORG, PROJECT, ROUTES, WEBHOOK
from tests.api.test_document import OPERATIONS

PROVES = "It is how a person proves who they are, or gets an account; programs have auth/login."
ENDS = "It ends or hands over what a stolen token must not (ADR 45): a person decides, signed in."
GRANTS = "Tokens make no tokens, nor what outlives them or lifts their limits (ADR 47)."
OPERATES = "The operator's own: commands on the server do it."
LOOKS = "Nothing but how the page looks to its reader: what is folded, skipped or shown."
READS = "It writes nothing: it reads what a form says so far."
LINK = "Whoever has the mail does it; its link is the proof."

# The operations that do the same.
BY_SCRIPT: dict[str, tuple[str, ...]] = {
    "accounts/profile/": ("edit_me",),
    "accounts/preferences/": ("edit_me",),
    "accounts/preferences/keys/": ("edit_me",),
    "accounts/preferences/time-zone/": ("edit_me",),
    "accounts/theme/": ("edit_me",),
    ORG + "settings/": ("rename_organization",),
    ORG + "settings/projects/<int:project_id>/restore/": ("restore_project",),
    ORG + "members/": ("invite",),
    ORG + "members/<int:user_id>/role/": ("change_member",),
    ORG + "members/<int:user_id>/remove/": ("remove_member",),
    ORG + "invitations/<int:invitation_id>/resend/": ("resend_invitation",),
    ORG + "invitations/<int:invitation_id>/revoke/": ("revoke_invitation",),
    ORG + "tokens/<int:token_id>/revoke/": ("revoke_token",),
    ORG + "service-accounts/<int:account_id>/rename/": ("rename_service_account",),
    ORG + "service-accounts/<int:account_id>/tokens/<int:service_token_id>/revoke/": ("revoke_service_token",),
    # what reaches one
    ORG + "inbox/<int:entry_id>/": ("change_entry",),
    ORG + "inbox/all/": ("finish_all", "undo_finish_all"),
    ORG + "inbox/ended/": ("see_ended_work",),
    ORG + "inbox/preferences/": (
        "change_notification_choices",
        "forget_notification_choices",
        "change_project_notification_choices",
        "forget_project_notification_choices",
    ),
    ORG + "inbox/preferences/mail/": ("change_notification_choices",),
    ORG + "inbox/preferences/mail/resume/": ("resume_mail",),
    # projects
    ORG + "projects/new/": ("create_project",),
    PROJECT + "star/": ("star_project", "unstar_project"),
    **{
        PROJECT + f"settings/{rest}": ("edit_project",)
        for rest in ("", "time/", "key/", "archive/", "restore/", "triage/")
    },
    PROJECT + "settings/delete/": ("delete_project",),
    PROJECT + "settings/copy/": ("plan_copy", "copy_configuration"),
    PROJECT + "settings/copy/undo/": ("undo_copy",),
    PROJECT + "settings/members/": ("set_project_role",),
    PROJECT + "settings/members/<int:user_id>/remove/": ("remove_project_member",),
    PROJECT + "settings/labels/": ("create_label",),
    PROJECT + "settings/labels/<int:label_id>/delete/": ("remove_label",),
    PROJECT + "settings/labels/<int:retired_label_id>/restore/": ("restore_label",),
    FIELDS + "new/": ("create_field",),
    FIELDS + "<int:field_id>/": ("edit_field",),
    FIELDS + "<int:field_id>/shift/": ("edit_field",),
    FIELDS + "<int:field_id>/remove/": ("remove_field",),
    FIELDS + "<int:retired_field_id>/restore/": ("restore_field",),
    FIELDS + "<int:field_id>/options/": ("add_options",),
    FIELDS + "<int:field_id>/options/<int:option_id>/": ("edit_option",),
    FIELDS + "<int:field_id>/options/<int:option_id>/remove/": ("remove_option",),
    FIELDS + "<int:field_id>/options/<int:retired_option_id>/restore/": ("restore_option",),
    PROJECT + "settings/workflow/statuses/new/": ("add_status",),
    PROJECT + "settings/workflow/statuses/<int:status_id>/": ("edit_status",),
    PROJECT + "settings/workflow/statuses/<int:status_id>/retire/": ("remove_status",),
    PROJECT + "settings/workflow/statuses/<int:status_id>/initial/": ("edit_status",),
    PROJECT + "settings/workflow/statuses/<int:status_id>/shift/": ("order_statuses",),
    PROJECT + "settings/workflow/transitions/new/": ("set_transition",),
    PROJECT + "settings/workflow/transitions/<int:transition_id>/": ("edit_transition",),
    PROJECT + "settings/workflow/transitions/<int:transition_id>/remove/": ("remove_transition",),
    PROJECT + "settings/workflow/types/new/": ("add_type",),
    PROJECT + "settings/workflow/types/<int:type_id>/": ("edit_type",),
    PROJECT + "settings/workflow/types/<int:type_id>/retire/": ("remove_type",),
    PROJECT + "releases/": ("create_version",),
    PROJECT + "releases/<int:version_id>/edit/": ("edit_version",),
    PROJECT + "releases/<int:version_id>/archive/": ("edit_version",),
    PROJECT + "releases/<int:version_id>/release/": ("release_version",),
    PROJECT + "releases/<int:released_version_id>/unrelease/": ("unrelease_version",),
    PROJECT + "releases/<int:version_id>/delete/": ("remove_version",),
    PROJECT + "releases/<int:retired_version_id>/restore/": ("restore_version",),
    PROJECT + "settings/templates/new/": ("create_template",),
    PROJECT + "settings/templates/<int:template_id>/": ("edit_template",),
    PROJECT + "settings/templates/<int:template_id>/shift/": ("edit_template",),
    PROJECT + "settings/templates/<int:template_id>/delete/": ("delete_template",),
    PROJECT + "settings/templates/<int:retired_template_id>/restore/": ("restore_template",),
    PROJECT + "settings/schedules/new/": ("create_schedule",),
    PROJECT + "settings/schedules/<int:schedule_id>/": ("edit_schedule",),
    PROJECT + "settings/schedules/<int:schedule_id>/pause/": ("edit_schedule",),
    PROJECT + "settings/schedules/<int:schedule_id>/resume/": ("edit_schedule",),
    PROJECT + "settings/schedules/<int:schedule_id>/delete/": ("delete_schedule",),
    PROJECT + "settings/schedules/<int:retired_schedule_id>/restore/": ("restore_schedule",),
    # triage, sprints and the backlog
    PROJECT + "triage/<int:number>/accept/": ("accept_issue",),
    PROJECT + "triage/<int:number>/duplicate/": ("mark_duplicate",),
    PROJECT + "triage/<int:number>/decline/": ("decline_issue",),
    PROJECT + "triage/<int:number>/snooze/": ("snooze_issue",),
    PROJECT + "triage/<int:decided_number>/undo/": ("undo_decision",),
    PROJECT + "sprints/": ("create_sprint",),
    PROJECT + "sprints/cadence/": ("set_cadence",),
    **{
        PROJECT + f"sprints/<int:sprint_id>/{what}/": ("edit_sprint",)
        for what in ("edit", "start", "complete", "cancel", "reopen")
    },
    PROJECT + "sprints/<int:sprint_id>/capacity/": ("set_capacity",),
    PROJECT + "sprints/<int:sprint_id>/issues/": ("plan_issues",),
    PROJECT + "sprints/<int:sprint_id>/issues/<int:issue_id>/remove/": ("plan_issues",),
    PROJECT + "calendar/<int:calendar_link_id>/revoke/": ("revoke_calendar_link",),
    PROJECT + "timeline/dates/": ("edit_issue",),
    PROJECT + "backlog/move/": ("bulk_edit", "plan_issues"),
    PROJECT + "backlog/move-many/": ("bulk_edit",),
    PROJECT + "backlog/create/": ("create_issue", "plan_issues"),
    PROJECT + "backlog/create-many/": ("batch", "plan_issues"),
    # boards and their cards
    **{
        PROJECT + board + rest: operations
        for board in BOARDS
        for rest, operations in (
            ("move/", ("move_cards", "move_issue")),
            ("move-many/", ("move_cards",)),
            ("create/", ("create_cards",)),
            ("create-many/", ("create_cards", "batch")),
        )
    },
    PROJECT + "settings/boards/new/": ("create_board",),
    PROJECT + "settings/boards/<int:board_id>/": ("edit_board",),
    PROJECT + "settings/boards/<int:extra_board_id>/delete/": ("delete_board",),
    PROJECT + "settings/boards/<int:deleted_board_id>/restore/": ("restore_board",),
    PROJECT + "settings/boards/<int:board_id>/statuses/": ("map_statuses",),
    PROJECT + "settings/boards/<int:board_id>/columns/": ("add_column",),
    PROJECT + "settings/boards/columns/<int:column_id>/": ("edit_column",),
    PROJECT + "settings/boards/columns/<int:column_id>/shift/": ("edit_column",),
    PROJECT + "settings/boards/columns/<int:column_id>/remove/": ("remove_column",),
    PROJECT + "settings/boards/<int:board_id>/limits/": ("limit_lanes",),
    PROJECT + "settings/boards/limits/<int:lane_limit_id>/lift/": ("lift_lane_limit",),
    PROJECT + "settings/boards/<int:board_id>/filters/": ("add_quick_filter",),
    PROJECT + "settings/boards/filters/<int:quick_filter_id>/remove/": ("remove_quick_filter",),
    ORG + "boards/new/": ("create_board_across",),
    ORG + "boards/<int:deleted_across_id>/restore/": ("restore_board_across",),
    ACROSS + "settings/": ("edit_board_across",),
    ACROSS + "settings/filters/": ("add_quick_filter_across",),
    ACROSS + "settings/filters/<int:across_quick_filter_id>/remove/": ("remove_quick_filter_across",),
    ACROSS + "delete/": ("delete_board_across",),
    ACROSS + "move/": ("move_cards_across",),
    ACROSS + "move-many/": ("move_cards_across",),
    ACROSS + "create/": ("create_cards_across",),
    ACROSS + "create-many/": ("create_cards_across", "batch"),
    ACROSS + "bulk/": ("bulk_edit_across",),
    ACROSS + "bulk/undo/": ("undo_edit_across",),
    # issues
    PROJECT + "issues/new/": ("create_issue", "create_from_template"),
    PROJECT + "issues/delete/": ("bulk_edit", "delete_issue"),
    PROJECT + "issues/bulk/": ("bulk_edit",),
    PROJECT + "issues/bulk/undo/": ("undo_bulk_edit",),
    PROJECT + "issues/transfer/": ("transfer_issues",),
    PROJECT + "issues/transfer/undo/": ("undo_transfer",),
    PROJECT + "epics/": ("create_issue",),
    ISSUE + "edit/": ("edit_issue", "take_transition"),
    ISSUE + "tick/": ("edit_issue",),
    ISSUE + "children/": ("add_children",),
    ISSUE + "links/": ("add_link",),
    ISSUE + "links/<int:link_id>/remove/": ("remove_link",),
    ISSUE + "work/log/": ("log_work",),
    ISSUE + "work/<int:work_id>/edit/": ("edit_work",),
    ISSUE + "work/<int:work_id>/remove/": ("remove_work",),
    ISSUE + "comments/": ("add_comment",),
    ISSUE + "undo/": ("undo_change",),
    ISSUE + "mute/": ("mute_issue", "unmute_issue"),
    ISSUE + "watch/": ("watch_issue", "unwatch_issue"),
    ISSUE + "star/": ("star_issue", "unstar_issue"),
    ISSUE + "archive/": ("archive_issue",),
    ISSUE + "delete/": ("delete_issue",),
    ISSUE + "restore/": ("restore_issue",),
    ISSUE + "copy/": ("copy_issue",),
    ISSUE + "reactions/": ("set_reaction",),
    ISSUE + "attachments/": ("attach_files",),
    ORG + "comments/<int:comment_id>/edit/": ("edit_comment",),
    ORG + "comments/<int:comment_id>/tick/": ("edit_comment",),
    ORG + "comments/<int:comment_id>/resolve/": ("edit_comment",),
    ORG + "comments/<int:comment_id>/pin/": ("edit_comment",),
    ORG + "comments/<int:comment_id>/delete/": ("delete_comment",),
    ORG + "comments/<int:comment_id>/reply/": ("add_comment",),
    ORG + "comments/<int:comment_id>/reactions/": ("set_reaction",),
    ORG + "files/<int:attachment_id>/remove/": ("remove_attachment",),
    ORG + "files/<int:removed_attachment_id>/restore/": ("restore_attachment",),
    # webhooks
    ORG + "settings/webhooks/new/": ("create_webhook",),
    PROJECT + "settings/webhooks/new/": ("create_project_webhook",),
    WEBHOOK + "edit/": ("edit_webhook",),
    WEBHOOK + "test/": ("test_webhook",),
    WEBHOOK + "secret/": ("rotate_webhook_secret",),
    WEBHOOK + "secret/end/": ("end_former_webhook_secret",),
    WEBHOOK + "pause/": ("edit_webhook",),
    WEBHOOK + "resume/": ("edit_webhook",),
    WEBHOOK + "delete/": ("delete_webhook",),
    WEBHOOK + "messages/<int:message_id>/again/": ("redeliver_webhook_message",),
    # the ways in and out
    ORG + "imports/": ("create_import",),
    ORG + "imports/people/<int:placeholder_id>/": ("claim_imported_person",),
    ORG + "imports/<int:import_id>/choices/": ("change_import_section",),
    ORG + "imports/<int:import_id>/profile/": ("save_import_profile",),
    ORG + "imports/<int:import_id>/start/": ("start_import",),
    ORG + "imports/<int:import_id>/cancel/": ("cancel_import",),
    ORG + "imports/<int:ended_import_id>/take-back/": ("take_back_import",),
    ORG + "imports/profiles/<int:profile_id>/delete/": ("delete_import_profile",),
    PROJECT + "settings/export/": ("start_export",),
    ORG + "settings/export/": ("start_export",),
    ORG + "exports/<int:export_id>/delete/": ("delete_export",),
}

BY_BROWSER: dict[str, str] = {
    **{
        f"accounts/{rest}": PROVES
        for rest in (
            "login/",
            "signup/",
            "logout/",
            "password/reset/",
            "reauthenticate/",
            "email/",
            "password/change/",
            "password/set/",
            "sessions/end-others/",
            "sessions/<int:session_id>/end/",
            "sessions/scripts/<slug:sign_in_id>/end/",
        )
    },
    r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": PROVES,
    "accounts/delete/": ENDS,
    "accounts/tour/": LOOKS,
    "accounts/mail/<str:stop_token>/": LINK,
    **{f"settings/server/{rest}/": OPERATES for rest in ("admission", "mail", "reset-link", "demo")},
    "setup/<slug:secret>/": OPERATES,
    "orgs/new/": "A token belongs to an organization, so it founds none: a person does, as the operator allows.",
    "orgs/<slug:org>/restore/": ENDS,
    "invitations/<slug:secret>/": LINK,
    "invitations/<slug:secret>/ask/": LINK,
    ORG + "settings/address/": ENDS,
    ORG + "settings/transfer/": ENDS,
    ORG + "settings/delete/": ENDS,
    ORG + "settings/limits/": GRANTS,
    ORG + "settings/limits/tokens/<int:working_token_id>/": GRANTS,
    ORG + "tokens/": GRANTS,
    ORG + "tokens/<int:token_id>/rotate/": GRANTS,
    ORG + "service-accounts/": GRANTS,
    ORG + "service-accounts/<int:account_id>/": GRANTS,
    ORG + "service-accounts/<int:account_id>/tokens/<int:service_token_id>/rotate/": GRANTS,
    PROJECT + "calendar/": GRANTS,
    ISSUE + "seen/": "That somebody looked at it: a script looks for nobody.",
    ORG + "markdown/preview/": READS,
    PROJECT + "settings/schedules/preview/": READS,
    PROJECT + "backlog/cells/": READS,
    **{
        board + rest: LOOKS
        for board in (*(PROJECT + each for each in BOARDS), ACROSS)
        for rest in ("lanes/", "lanes/fold/")
    },
}


def test_somebody_decided_about_every_page_that_writes() -> None:
    written = {
        route for route, found in ROUTES.items() if found.methods.keys() - {"GET"} and not route.startswith("api/v1/")
    }
    decided = [*BY_SCRIPT, *BY_BROWSER]
    assert len(decided) == len(set(decided)), "each once"
    assert written - set(decided) == set(), "about these nobody decided"
    assert set(decided) - written == set(), "these are no pages any more"


@pytest.mark.parametrize("route", BY_SCRIPT)
def test_what_does_the_same_is_there(route: str) -> None:
    assert set(BY_SCRIPT[route]) <= OPERATIONS.keys()
