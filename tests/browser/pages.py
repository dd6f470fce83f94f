"""Every page there is, by its route: what is looked at in both themes, and photographed by `make screenshots`.

An address may carry names in braces that whoever walks it fills in. A route that is neither here nor among those that
show no page fails `test_pages.py`.
"""

from typing import Final

ORG: Final = "<slug:org>/"
PROJECT: Final = ORG + "<slug:project_key>/"
WEBHOOK: Final = ORG + "settings/webhooks/<int:webhook_id>/"
ISSUE: Final = ORG + "issue/<str:issue_key>/"

# Before anybody runs the server: the link that makes the first operator.
FIRST: dict[str, tuple[str, ...]] = {"setup/<slug:secret>/": ("/setup/{setup}/",)}

STRANGERS: dict[str, tuple[str, ...]] = {
    "setup/<slug:secret>/": ("/setup/gone/",),
    "accounts/login/": ("/accounts/login/",),
    "accounts/signup/": ("/accounts/signup/",),
    "accounts/inactive/": ("/accounts/inactive/",),
    "accounts/confirm-email/": ("/accounts/confirm-email/",),
    r"^accounts/confirm-email/(?P<key>[-:\w]+)/$": ("/accounts/confirm-email/gone/",),
    "accounts/password/reset/": ("/accounts/password/reset/",),
    "accounts/password/reset/done/": ("/accounts/password/reset/done/",),
    r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": ("/accounts/password/reset/key/1-gone/",),
    "accounts/password/reset/key/done/": ("/accounts/password/reset/key/done/",),
    "accounts/mail/<str:stop_token>/": ("/accounts/mail/gone/", "/accounts/mail/{stop_token}/"),
    "invitations/<slug:secret>/": (
        "/invitations/gone/",
        "/invitations/{open_invitation}/",
        "/invitations/{expired_invitation}/",
        "/invitations/{used_invitation}/",
        "/invitations/{revoked_invitation}/",
    ),
}

MEMBERS: dict[str, tuple[str, ...]] = {
    "": ("/?choose",),
    "orgs/new/": ("/orgs/new/",),
    # For somebody else, as they are signed in already.
    "invitations/<slug:secret>/": ("/invitations/{open_invitation}/",),
    ORG: ("/{org}/", "/{org}/there-is-no-such-page/"),
    ORG + "settings/": ("/{org}/settings/",),
    # Without an archive; one being written elsewhere.
    ORG + "settings/export/": ("/{second_org}/settings/export/", "/{org}/settings/export/"),
    ORG + "settings/webhooks/": ("/{org}/settings/webhooks/",),
    ORG + "settings/webhooks/new/": ("/{org}/settings/webhooks/new/",),
    PROJECT + "settings/webhooks/": ("/{org}/{project_key}/settings/webhooks/",),
    PROJECT + "settings/webhooks/new/": ("/{org}/{project_key}/settings/webhooks/new/",),
    WEBHOOK: ("/{org}/settings/webhooks/{webhook_id}/", "/{org}/settings/webhooks/{webhook_id}/?state=waiting"),
    WEBHOOK + "edit/": ("/{org}/settings/webhooks/{webhook_id}/edit/",),
    WEBHOOK + "messages/<int:message_id>/": ("/{org}/settings/webhooks/{webhook_id}/messages/{message_id}/",),
    ORG + "members/": ("/{org}/members/",),
    ORG + "tokens/": ("/{org}/tokens/",),
    ORG + "settings/limits/": ("/{org}/settings/limits/",),
    ORG + "settings/limits/tokens/<int:working_token_id>/": ("/{org}/settings/limits/tokens/{token_id}/",),
    ORG + "service-accounts/": ("/{org}/service-accounts/",),
    ORG + "service-accounts/<int:account_id>/": ("/{org}/service-accounts/{account_id}/",),
    ORG + "my-issues/": ("/{org}/my-issues/", "/{org}/my-issues/?view=recent", "/{org}/my-issues/?view=watching"),
    ORG + "inbox/": ("/{org}/inbox/", "/{org}/inbox/?view=done"),
    ORG + "inbox/preferences/": ("/{org}/inbox/preferences/", "/{org}/inbox/preferences/?project={project_key}"),
    ORG + "comments/<int:comment_id>/history/": ("/{org}/comments/{comment_id}/history/",),
    ISSUE + "changes/<int:change_id>/": ("/{org}/issue/{issue_key}/changes/{change_id}/",),
    ORG + "imports/": ("/{org}/imports/",),
    ORG + "imports/people/": ("/{org}/imports/people/", "/{org}/imports/people/?q=nothing+like+this"),
    ORG + "imports/people/<int:placeholder_id>/": (
        "/{org}/imports/people/{placeholder_id}/",
        "/{org}/imports/people/{placeholder_id}/?q=nothing+like+this",
    ),
    # An import at each point of its life.
    ORG + "imports/<int:import_id>/": (
        "/{org}/imports/{surveying_import_id}/",
        "/{org}/imports/{import_id}/",
        "/{org}/imports/{unread_import_id}/",
        "/{org}/imports/{crowded_import_id}/?section=people",
        "/{org}/imports/{crowded_import_id}/?section=people&q=nothing+like+this",
        "/{org}/imports/{queued_import_id}/",
        "/{org}/imports/{running_import_id}/",
        "/{org}/imports/{ended_import_id}/",
        "/{org}/imports/{cancelled_import_id}/",
        "/{org}/imports/{failed_import_id}/",
        "/{org}/imports/{reverting_import_id}/",
        "/{org}/imports/{reverted_import_id}/",
    ),
    ORG + "projects/": ("/{org}/projects/", "/{org}/projects/?q=nothing+like+this"),
    ORG + "projects/new/": ("/{org}/projects/new/",),
    ORG + "boards/": ("/{org}/boards/",),
    ORG + "boards/new/": ("/{org}/boards/new/",),
    ORG + "boards/<int:across_id>/": ("/{org}/boards/{across_id}/", "/{org}/boards/{across_id}/?q=nothing+like+this"),
    ORG + "boards/<int:across_id>/columns/<int:across_column_id>/": (
        "/{org}/boards/{across_id}/columns/{across_column_id}/",
    ),
    ORG + "boards/<int:across_id>/settings/": ("/{org}/boards/{across_id}/settings/",),
    ORG + "boards/<int:across_id>/ways/<str:issue_key>/": ("/{org}/boards/{across_id}/ways/{issue_key}/",),
    PROJECT + "settings/": ("/{org}/{project_key}/settings/",),
    PROJECT + "settings/copy/": (
        "/{org}/{project_key}/settings/copy/",
        "/{org}/{project_key}/settings/copy/?from={second_key}",
    ),
    # With archives in every state.
    PROJECT + "settings/export/": ("/{org}/{project_key}/settings/export/",),
    PROJECT + "settings/labels/": (
        "/{org}/{project_key}/settings/labels/",
        "/{org}/{project_key}/settings/labels/?q=nothing+like+this",
    ),
    PROJECT + "settings/fields/": ("/{org}/{project_key}/settings/fields/",),
    PROJECT + "settings/fields/new/": ("/{org}/{project_key}/settings/fields/new/",),
    PROJECT + "settings/fields/<int:field_id>/": ("/{org}/{project_key}/settings/fields/{field_id}/",),
    PROJECT + "settings/fields/<int:field_id>/options/<int:option_id>/remove/": (
        "/{org}/{project_key}/settings/fields/{field_id}/options/{option_id}/remove/",
    ),
    PROJECT + "settings/templates/": ("/{org}/{project_key}/settings/templates/",),
    PROJECT + "settings/templates/new/": ("/{org}/{project_key}/settings/templates/new/",),
    PROJECT + "settings/templates/<int:template_id>/": ("/{org}/{project_key}/settings/templates/{template_id}/",),
    PROJECT + "settings/schedules/new/": (
        "/{org}/{project_key}/settings/schedules/new/",
        "/{org}/{project_key}/settings/schedules/new/?issue={issue_key}",
    ),
    PROJECT + "settings/schedules/<int:schedule_id>/": ("/{org}/{project_key}/settings/schedules/{schedule_id}/",),
    # As a picture, and as a table.
    PROJECT + "settings/workflow/": (
        "/{org}/{project_key}/settings/workflow/",
        "/{org}/{second_key}/settings/workflow/",
    ),
    PROJECT + "settings/workflow/statuses/new/": ("/{org}/{project_key}/settings/workflow/statuses/new/",),
    PROJECT + "settings/workflow/statuses/<int:status_id>/": (
        "/{org}/{project_key}/settings/workflow/statuses/{status_id}/",
    ),
    PROJECT + "settings/workflow/transitions/new/": ("/{org}/{project_key}/settings/workflow/transitions/new/",),
    PROJECT + "settings/workflow/transitions/<int:transition_id>/": (
        "/{org}/{project_key}/settings/workflow/transitions/{transition_id}/",
    ),
    PROJECT + "settings/workflow/types/new/": ("/{org}/{project_key}/settings/workflow/types/new/",),
    PROJECT + "settings/workflow/types/<int:type_id>/": ("/{org}/{project_key}/settings/workflow/types/{type_id}/",),
    PROJECT + "settings/board/": ("/{org}/{project_key}/settings/board/",),
    PROJECT + "settings/boards/new/": ("/{org}/{project_key}/settings/boards/new/",),
    PROJECT + "settings/boards/<int:board_id>/": ("/{org}/{project_key}/settings/boards/{board_id}/",),
    PROJECT + "boards/<int:board_id>/": ("/{org}/{project_key}/boards/{board_id}/",),
    PROJECT + "board/": ("/{org}/{project_key}/board/", "/{org}/{project_key}/board/?q=nothing+like+this"),
    PROJECT + "board/columns/<int:column_id>/": ("/{org}/{project_key}/board/columns/{column_id}/",),
    PROJECT + "backlog/": ("/{org}/{project_key}/backlog/", "/{org}/{project_key}/backlog/?q=nothing+like+this"),
    PROJECT + "backlog/sections/<int:sprint_id>/": ("/{org}/{project_key}/backlog/sections/0/",),
    PROJECT + "calendar/": ("/{org}/{project_key}/calendar/",),
    PROJECT + "timeline/": ("/{org}/{project_key}/timeline/", "/{org}/{project_key}/timeline/?view=table&zoom=weeks"),
    PROJECT + "sprints/": ("/{org}/{project_key}/sprints/",),
    PROJECT + "sprints/cadence/": ("/{org}/{project_key}/sprints/cadence/",),
    PROJECT + "sprints/<int:sprint_id>/": ("/{org}/{project_key}/sprints/{sprint_id}/",),
    PROJECT + "sprints/<int:sprint_id>/capacity/": ("/{org}/{project_key}/sprints/{sprint_id}/capacity/",),
    PROJECT + "sprints/<int:sprint_id>/edit/": ("/{org}/{project_key}/sprints/{sprint_id}/edit/",),
    PROJECT + "sprints/<int:sprint_id>/complete/": ("/{org}/{project_key}/sprints/{sprint_id}/complete/",),
    PROJECT + "issues/transfer/": (
        "/{org}/{project_key}/issues/transfer/?issue={issue_id}",
        "/{org}/{project_key}/issues/transfer/?issue={issue_id}&to={second_key}",
    ),
    PROJECT + "triage/": ("/{org}/{project_key}/triage/",),
    **{
        PROJECT + f"triage/<int:number>/{decision}/": (f"/{{org}}/{{project_key}}/triage/{{number}}/{decision}/",)
        for decision in ("accept", "duplicate", "decline", "snooze")
    },
    PROJECT + "issues/new/": (
        "/{org}/{project_key}/issues/new/",
        "/{org}/{project_key}/issues/new/?template={template_id}",
    ),
    PROJECT + "issues/": ("/{org}/{project_key}/issues/", "/{org}/{project_key}/issues/?q=nothing+like+this"),
    ORG + "members/<int:user_id>/remove/": ("/{org}/members/{user_id}/remove/",),
    PROJECT + "settings/members/<int:user_id>/remove/": ("/{org}/{project_key}/settings/members/{user_id}/remove/",),
    PROJECT + "settings/labels/<int:label_id>/delete/": ("/{org}/{project_key}/settings/labels/{label_id}/delete/",),
    PROJECT + "releases/": ("/{org}/{project_key}/releases/",),
    PROJECT + "releases/<int:version_id>/": ("/{org}/{project_key}/releases/{version_id}/",),
    PROJECT + "releases/<int:version_id>/edit/": ("/{org}/{project_key}/releases/{version_id}/edit/",),
    PROJECT + "releases/<int:version_id>/delete/": ("/{org}/{project_key}/releases/{version_id}/delete/",),
    PROJECT + "epics/": ("/{org}/{project_key}/epics/", "/{org}/{project_key}/epics/?show=done"),
    ISSUE + "parents/": ("/{org}/issue/{issue_key}/parents/",),
    ISSUE: ("/{org}/issue/{issue_key}/",),
    ISSUE + "ways/": ("/{org}/issue/{issue_key}/ways/",),
    ISSUE + "work/": ("/{org}/issue/{issue_key}/work/",),
    ISSUE + "labels/": ("/{org}/issue/{issue_key}/labels/",),
    "accounts/help/": ("/accounts/help/",),
    "accounts/api/": ("/accounts/api/",),
    "accounts/profile/": ("/accounts/profile/",),
    "accounts/preferences/": ("/accounts/preferences/",),
    "accounts/email/": ("/accounts/email/",),
    "accounts/password/change/": ("/accounts/password/change/",),
    "accounts/sessions/": ("/accounts/sessions/",),
    "accounts/delete/": ("/accounts/delete/",),
    "accounts/reauthenticate/": ("/accounts/reauthenticate/",),
    "accounts/logout/": ("/accounts/logout/",),
}

OPERATORS: dict[str, tuple[str, ...]] = {
    "settings/server/": ("/settings/server/",),
    "settings/server/licences/": ("/settings/server/licences/",),
    "gallery/": ("/gallery/",),
}

# Routes whose GET shows no page of its own, and why. All of the API show none: it is for scripts.
NO_PAGES: dict[str, str] = {
    "healthz": "one word for machines",
    "readyz": "JSON for machines",
    "accounts/session/": "JSON for our own scripts",
    "accounts/preferences/time-zones/": "JSON for our own scripts",
    "accounts/password/set/": "leads to changing the password for whoever has one, and everybody has",
    "media/avatars/<slug:name>.webp": "a picture",
    ORG + "live/": "JSON for our own scripts",
    ORG + "tour/": "a part of pages",
    ORG + "inbox/news/": "JSON for our own scripts",
    "accounts/notifications/": "leads on to what reaches one of an organization",
    "accounts/tokens/": "leads on to one's tokens in an organization",
    ORG + "boards/<int:across_id>/cards/": "a part of the board",
    ORG + "boards/<int:across_id>/bulk/": "a part of the board",
    ORG + "boards/<int:across_id>/totals/": "JSON for our own scripts",
    PROJECT + "board/cards/": "a part of the board",
    PROJECT + "board/totals/": "JSON for our own scripts",
    PROJECT + "backlog/cards/": "a part of the backlog",
    PROJECT + "backlog/totals/": "a part of the backlog",
    "calendars/<slug:calendar_secret>.ics": "a file for calendars",
    PROJECT + "timeline/lines/": "a part of the timeline",
    PROJECT + "boards/<int:board_id>/columns/<int:column_id>/": "the same page as a column of the default board",
    PROJECT + "boards/<int:board_id>/cards/": "a part of the board",
    PROJECT + "boards/<int:board_id>/totals/": "JSON for our own scripts",
    PROJECT + "releases/<int:version_id>/notes.md": "a file",
    PROJECT + "issues/rows/": "a part of the list",
    PROJECT + "issues.csv": "a file",
    ORG + "exports/<int:export_id>/": "a file",
    PROJECT + "suggestions/": "a part of the fields in which people write",
    PROJECT + "issues/bulk/": "a part of the board and the list",
    ORG + "files/<int:attachment_id>/": "a file",
    ORG + "files/<int:attachment_id>/small/": "a picture",
    ISSUE + "choices/": "JSON for our own scripts",
    ORG + "imports/<int:import_id>/progress/": "a part of the page of an import",
    ORG + "imports/<int:ended_import_id>/problems.csv": "a file",
}


def filled(pages: dict[str, tuple[str, ...]], names: dict[str, str]) -> list[str]:
    """The addresses with the names filled in, in their order."""
    return [address.format_map(names) for addresses in pages.values() for address in addresses]
