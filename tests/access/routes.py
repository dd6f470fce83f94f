"""What everybody may do at every address of FlowBoard: the table that the matrix is made of.

A route that is not here fails the suite. To add one, write a line: its pattern, then for each method who may, and what
a good request sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.imports.world import version_of_priorities

LOGIN, UNKNOWN, GONE, FORBIDDEN, OK = "asked to sign in", 401, 404, 403, "let through"

ROLES = ("anonymous", "suspended", "outsider", "guest", "viewer", "commenter", "member", "admin")


class May(Enum):
    """Who may. Each value says what becomes of the eight kinds of visitor, in the order of `ROLES`."""

    EVERYBODY = (OK, OK, OK, OK, OK, OK, OK, OK)
    SIGNED_IN = (LOGIN, LOGIN, OK, OK, OK, OK, OK, OK)
    NOBODY = (GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE)
    SEATED = (LOGIN, LOGIN, GONE, OK, OK, OK, OK, OK)
    # Their own things: of somebody else's nobody knows.
    OWNER = (LOGIN, LOGIN, GONE, GONE, GONE, GONE, GONE, GONE)
    # None of the eight: they are asked to sign in, or told that it is for somebody else.
    INVITED = (LOGIN, LOGIN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN)
    ORG_MEMBERS = (LOGIN, LOGIN, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK, OK)
    ORG_OWNERS = (LOGIN, LOGIN, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN)
    ORG_MANAGERS = (LOGIN, LOGIN, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK)
    PROJECT_VIEWERS = (LOGIN, LOGIN, GONE, GONE, OK, OK, OK, OK)
    PROJECT_COMMENTERS = (LOGIN, LOGIN, GONE, GONE, FORBIDDEN, OK, OK, OK)
    PROJECT_MEMBERS = (LOGIN, LOGIN, GONE, GONE, FORBIDDEN, FORBIDDEN, OK, OK)
    PROJECT_ADMINS = (LOGIN, LOGIN, GONE, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK)
    AUTHOR = (LOGIN, LOGIN, GONE, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN)
    # What only those know of who administer it: imports into a project, webhooks.
    IMPORTERS = (LOGIN, LOGIN, GONE, GONE, GONE, GONE, GONE, OK)
    # Nobody whose password or token is not right, whoever's cookie comes with it.
    WITHOUT_COOKIES = (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    SCRIPTS_MANAGERS = (UNKNOWN, UNKNOWN, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK)
    SCRIPTS_ORG_MEMBERS = (UNKNOWN, UNKNOWN, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK, OK)
    SCRIPTS_OWNER = (UNKNOWN, UNKNOWN, GONE, GONE, GONE, GONE, GONE, GONE)
    # What only whoever did it takes back.
    SCRIPTS_AUTHOR = (UNKNOWN, UNKNOWN, GONE, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN)
    # What only those know of who administer it.
    SCRIPTS_WHO_KNOW = (UNKNOWN, UNKNOWN, GONE, GONE, GONE, GONE, GONE, OK)
    SCRIPTS_SIGNED_IN = (UNKNOWN, UNKNOWN, OK, OK, OK, OK, OK, OK)
    SCRIPTS_SEATED = (UNKNOWN, UNKNOWN, GONE, OK, OK, OK, OK, OK)
    SCRIPTS_VIEWERS = (UNKNOWN, UNKNOWN, GONE, GONE, OK, OK, OK, OK)
    SCRIPTS_COMMENTERS = (UNKNOWN, UNKNOWN, GONE, GONE, FORBIDDEN, OK, OK, OK)
    SCRIPTS_ADMINS = (UNKNOWN, UNKNOWN, GONE, GONE, FORBIDDEN, FORBIDDEN, FORBIDDEN, OK)
    SCRIPTS_MEMBERS = (UNKNOWN, UNKNOWN, GONE, GONE, FORBIDDEN, FORBIDDEN, OK, OK)

    def what_becomes_of(self, role: str) -> Any:
        """`LOGIN`, `OK`, or the status of the refusal."""
        return self.value[ROLES.index(role)]


# What a good request sends, made from the world's names.
Body = Callable[[Mapping[str, Any]], dict[str, Any]]


def nothing(world: Mapping[str, Any]) -> dict[str, Any]:
    """An empty form."""
    return {}


def some_file() -> SimpleUploadedFile:
    """A file that anybody may send who may send files."""
    return SimpleUploadedFile("notes.txt", b"Remember the milk.")


def of_webhook(world: Mapping[str, Any]) -> dict[str, Any]:
    """Everything to another server."""
    return {"name": "Chat", "url": "https://chat.example.org/hook", "sends": "all"}


def of_script_webhook(world: Mapping[str, Any]) -> dict[str, Any]:
    """The same by a script."""
    return {"name": "Chat", "url": "https://chat.example.org/hook"}


def an_export() -> SimpleUploadedFile:
    """A file that anybody may hand in who may import."""
    return SimpleUploadedFile("list.csv", b"Title,Status\nA lamp,Open\n")


@dataclass(frozen=True)
class Way:
    """One method of a route. `json` marks the doors of scripts."""

    may: May
    body: Body = nothing
    json: bool = False


@dataclass(frozen=True)
class Route:
    """An address and its methods."""

    methods: dict[str, Way] = field(default_factory=dict)


def get(may: May) -> Route:
    return Route({"GET": Way(may)})


def post(may: May, body: Body = nothing) -> Route:
    return Route({"POST": Way(may, body)})


def both(reads: May, writes: May, body: Body = nothing) -> Route:
    return Route({"GET": Way(reads), "POST": Way(writes, body)})


def renamed(world: Mapping[str, Any]) -> dict[str, Any]:
    """Another name."""
    return {"name": "Fresh"}


def changed_or_removed(may: May, body: Body = renamed) -> Route:
    """What scripts do with something that is there."""
    return Route({"PATCH": Way(may, body, json=True), "DELETE": Way(may, json=True)})


def scripts(reads: May | None = None, writes: tuple[str, May, Body] | None = None) -> Route:
    methods = {"GET": Way(reads, json=True)} if reads else {}
    if writes:
        methods[writes[0]] = Way(writes[1], writes[2], json=True)
    return Route(methods)


ORG = "<slug:org>/"
PROJECT = ORG + "<slug:project_key>/"
WEBHOOK = ORG + "settings/webhooks/<int:webhook_id>/"
FIELDS = PROJECT + "settings/fields/"
ISSUE = ORG + "issue/<str:issue_key>/"
API = "api/v1/orgs/<slug:org>/"
API_PROJECT = API + "projects/<slug:project_key>/"
API_BOARD = API_PROJECT + "boards/<int:board_id>/"
API_ACROSS = API + "boards/<int:across_id>/"
API_WEBHOOK = API + "webhooks/<int:webhook_id>/"
API_IMPORT = API + "imports/<int:import_id>/"

# The default board, and any by its id: the same parts.
BOARDS = ("board/", "boards/<int:board_id>/")
ACROSS = ORG + "boards/<int:across_id>/"


def of_board(board: str) -> dict[str, Route]:
    return {
        PROJECT + board + "": get(May.PROJECT_VIEWERS),
        PROJECT + board + "cards/": get(May.PROJECT_VIEWERS),
        PROJECT + board + "columns/<int:column_id>/": get(May.PROJECT_VIEWERS),
        PROJECT + board + "totals/": get(May.PROJECT_VIEWERS),
        PROJECT + board + "move/": post(
            May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "column": w["last_column_id"]}
        ),
        PROJECT + board + "move-many/": post(
            May.PROJECT_MEMBERS, lambda w: {"issue": [w["issue_id"]], "column": w["last_column_id"]}
        ),
        PROJECT + board + "lanes/": post(May.PROJECT_VIEWERS, lambda w: {"grouping": "epic"}),
        PROJECT + board + "lanes/fold/": post(May.PROJECT_VIEWERS, lambda w: {"lane": "priority-4", "is_folded": "1"}),
        PROJECT + board + "create/": post(May.PROJECT_MEMBERS, lambda w: {"title": "Fresh", "column": w["column_id"]}),
        PROJECT + board + "create-many/": post(
            May.PROJECT_MEMBERS, lambda w: {"titles": ["Fresh", "Too"], "column": w["column_id"]}
        ),
    }


def of_template(world: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "Fresh", "type": world["type_id"], "priority": "0", "assignee": "nobody"}


def of_schedule(world: Mapping[str, Any]) -> dict[str, Any]:
    """Of an existing one; a new one needs a template as well."""
    start = timezone.localdate() + timedelta(days=1)
    return {"frequency": "daily", "interval": "1", "at": "09:00", "start_date": start, "goes_to": "backlog"}


def of_script_schedule(world: Mapping[str, Any]) -> dict[str, Any]:
    """The same by a script."""
    return {"frequency": "daily", "start_date": str(timezone.localdate() + timedelta(days=1)), "at": "09:00"}


ROUTES: dict[str, Route] = {
    # the server itself
    "healthz": get(May.EVERYBODY),
    "readyz": get(May.EVERYBODY),
    "gallery/": get(May.NOBODY),
    "settings/server/": get(May.NOBODY),
    "settings/server/admission/": post(May.NOBODY, lambda w: {"sign_up": "anyone", "founders": "everybody"}),
    "settings/server/mail/": post(May.NOBODY, lambda w: {"email": "x@example.test"}),
    "settings/server/reset-link/": post(May.NOBODY, lambda w: {"email": "x@example.test"}),
    "settings/server/demo/": post(May.NOBODY, lambda w: {"sure": "on"}),
    "settings/server/licences/": get(May.NOBODY),
    "setup/<slug:secret>/": both(May.EVERYBODY, May.EVERYBODY),
    # people
    "accounts/login/": both(May.EVERYBODY, May.EVERYBODY, lambda w: {"login": "x@example.test", "password": "wrong"}),
    "accounts/session/": get(May.EVERYBODY),
    "accounts/notifications/": get(May.SIGNED_IN),
    "accounts/signup/": both(May.EVERYBODY, May.EVERYBODY),
    "accounts/logout/": both(May.EVERYBODY, May.EVERYBODY),
    "accounts/inactive/": get(May.EVERYBODY),
    "accounts/confirm-email/": get(May.EVERYBODY),
    r"^accounts/confirm-email/(?P<key>[-:\w]+)/$": get(May.EVERYBODY),
    "accounts/password/reset/": both(May.EVERYBODY, May.EVERYBODY),
    "accounts/password/reset/done/": get(May.EVERYBODY),
    r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": both(May.EVERYBODY, May.EVERYBODY),
    "accounts/password/reset/key/done/": get(May.EVERYBODY),
    "accounts/reauthenticate/": both(May.SIGNED_IN, May.SIGNED_IN),
    "accounts/email/": both(May.SIGNED_IN, May.SIGNED_IN),
    "accounts/password/change/": both(May.SIGNED_IN, May.SIGNED_IN),
    "accounts/password/set/": both(May.SIGNED_IN, May.SIGNED_IN),
    "accounts/help/": get(May.SIGNED_IN),
    "accounts/api/": get(May.SIGNED_IN),
    "api/v1/schema/": get(May.EVERYBODY),
    "api/v1/me/": scripts(May.SCRIPTS_SIGNED_IN, ("PATCH", May.SCRIPTS_SIGNED_IN, lambda w: {"theme": "dark"})),
    "api/v1/orgs/": scripts(May.SCRIPTS_SIGNED_IN),
    "accounts/sessions/": get(May.SIGNED_IN),
    "accounts/tokens/": get(May.SIGNED_IN),
    "accounts/sessions/end-others/": post(May.SIGNED_IN),
    "accounts/sessions/<int:session_id>/end/": post(May.OWNER),
    "accounts/sessions/scripts/<slug:sign_in_id>/end/": post(May.OWNER),
    "api/v1/auth/login": scripts(
        writes=("POST", May.WITHOUT_COOKIES, lambda w: {"email": "nobody@example.test", "password": "not this one"})
    ),
    "api/v1/auth/refresh": scripts(writes=("POST", May.WITHOUT_COOKIES, lambda w: {"refresh": "none"})),
    "api/v1/auth/logout": scripts(writes=("POST", May.WITHOUT_COOKIES, lambda w: {"refresh": "none"})),
    "accounts/delete/": both(May.SIGNED_IN, May.SIGNED_IN, lambda w: {"confirmation": "nobody"}),
    "accounts/profile/": both(May.SIGNED_IN, May.SIGNED_IN, lambda w: {"name": "New Name"}),
    "accounts/preferences/": both(
        May.SIGNED_IN,
        May.SIGNED_IN,
        lambda w: {
            "time_zone": "Lisbon",
            "theme": "dark",
            "date_format": "iso",
            "density": "compact",
            "first_weekday": 6,
        },
    ),
    "accounts/preferences/keys/": post(May.SIGNED_IN, lambda w: {"on": "0"}),
    "accounts/preferences/time-zone/": post(May.SIGNED_IN, lambda w: {"time_zone": "Europe/Lisbon"}),
    "accounts/preferences/time-zones/": get(May.SIGNED_IN),
    "accounts/theme/": post(May.EVERYBODY, lambda w: {"theme": "dark"}),
    "accounts/tour/": post(May.SIGNED_IN, lambda w: {"to": "end"}),
    # Whoever has the mail: its link is the proof, and it is pressed by mail programs too.
    "accounts/mail/<str:stop_token>/": both(May.EVERYBODY, May.EVERYBODY),
    "media/avatars/<slug:name>.webp": get(May.SIGNED_IN),
    # organizations
    "": get(May.SIGNED_IN),
    "orgs/new/": both(May.SIGNED_IN, May.SIGNED_IN, lambda w: {"name": "New", "slug": "brand-new"}),
    "invitations/<slug:secret>/": both(May.EVERYBODY, May.INVITED),
    "invitations/<slug:secret>/ask/": post(May.EVERYBODY),
    ORG: get(May.SEATED),
    ORG + "live/": Route({"GET": Way(May.PROJECT_VIEWERS, lambda w: {"s": f"{w['stream_id']}:0"})}),
    "orgs/<slug:org>/restore/": post(May.OWNER),
    ORG + "settings/": both(May.SEATED, May.ORG_MANAGERS, lambda w: {"name": "Renamed"}),
    ORG + "settings/address/": post(May.ORG_OWNERS, lambda w: {"slug": "elsewhere"}),
    ORG + "settings/transfer/": post(May.ORG_OWNERS, lambda w: {"user": w["user_id"]}),
    ORG + "settings/delete/": post(May.ORG_OWNERS, lambda w: {"confirmation": "Acme"}),
    ORG + "settings/projects/<int:project_id>/restore/": post(May.OWNER),
    ORG + "settings/limits/": both(May.ORG_MANAGERS, May.ORG_MANAGERS, lambda w: {"api-read": "500"}),
    ORG + "settings/limits/tokens/<int:working_token_id>/": both(
        May.ORG_MANAGERS, May.ORG_MANAGERS, lambda w: {"api-read": "500"}
    ),
    ORG + "members/": both(May.SEATED, May.ORG_MANAGERS, lambda w: {"emails": "new@example.test", "role": "member"}),
    ORG + "members/<int:user_id>/role/": post(May.ORG_MANAGERS, lambda w: {"role": "guest"}),
    ORG + "members/<int:user_id>/remove/": both(May.ORG_MANAGERS, May.ORG_MANAGERS, lambda w: {"to": "none"}),
    ORG + "invitations/<int:invitation_id>/resend/": post(May.ORG_MANAGERS),
    ORG + "invitations/<int:invitation_id>/revoke/": post(May.ORG_MANAGERS),
    ORG + "tokens/": both(
        May.SEATED, May.SEATED, lambda w: {"name": "nightly", "days": "90", "scopes": ["read"], "reach": "all"}
    ),
    ORG + "tokens/<int:token_id>/rotate/": post(May.OWNER),
    ORG + "tokens/<int:token_id>/revoke/": post(May.OWNER),
    ORG + "service-accounts/": both(
        May.ORG_MANAGERS, May.ORG_MANAGERS, lambda w: {"name": "Night job", "role": "guest"}
    ),
    ORG + "service-accounts/<int:account_id>/": both(
        May.ORG_MANAGERS,
        May.ORG_MANAGERS,
        lambda w: {"name": "nightly", "days": "90", "scopes": ["read"], "reach": "all"},
    ),
    ORG + "service-accounts/<int:account_id>/rename/": post(May.ORG_MANAGERS, renamed),
    ORG + "service-accounts/<int:account_id>/tokens/<int:service_token_id>/rotate/": post(May.ORG_MANAGERS),
    ORG + "service-accounts/<int:account_id>/tokens/<int:service_token_id>/revoke/": post(May.ORG_MANAGERS),
    ORG + "inbox/preferences/mail/": post(
        May.SEATED, lambda w: {"rhythm": "daily", "digest_hour": 7, "digest_weekday": 0}
    ),
    ORG + "inbox/preferences/mail/resume/": post(May.SEATED),
    ORG + "my-issues/": get(May.SEATED),
    ORG + "inbox/": get(May.SEATED),
    ORG + "inbox/news/": get(May.SEATED),
    ORG + "inbox/all/": post(May.SEATED),
    ORG + "inbox/ended/": post(May.SEATED),
    ORG + "inbox/<int:entry_id>/": post(May.OWNER, lambda w: {"do": "read"}),
    ORG + "inbox/preferences/": both(May.SEATED, May.SEATED, lambda w: {"mentioned-inbox": "on"}),
    ORG + "tour/": get(May.SEATED),
    # projects
    ORG + "projects/": get(May.SEATED),
    PROJECT + "star/": post(May.PROJECT_VIEWERS, lambda w: {"star": "1"}),
    ORG + "projects/new/": both(
        May.ORG_MEMBERS,
        May.ORG_MEMBERS,
        lambda w: {"name": "New", "key": "NEW", "template": "kanban", "visibility": "organization"},
    ),
    PROJECT + "settings/": both(
        May.PROJECT_VIEWERS,
        May.PROJECT_ADMINS,
        lambda w: {"name": "Renamed", "description": "", "template": "kanban", "visibility": "organization"},
    ),
    PROJECT + "settings/members/": post(May.PROJECT_ADMINS, lambda w: {"user": w["user_id"], "role": "viewer"}),
    PROJECT + "settings/members/<int:user_id>/remove/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"to": "none"}
    ),
    PROJECT + "settings/labels/": both(
        May.PROJECT_VIEWERS, May.PROJECT_MEMBERS, lambda w: {"name": "fresh", "hue": "30"}
    ),
    PROJECT + "settings/labels/<int:label_id>/delete/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"to": "none"}
    ),
    PROJECT + "settings/labels/<int:retired_label_id>/restore/": post(May.PROJECT_ADMINS),
    # fields of the project's own
    FIELDS: get(May.PROJECT_VIEWERS),
    FIELDS + "new/": both(May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh", "kind": "number"}),
    FIELDS + "<int:field_id>/": both(May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Renamed"}),
    FIELDS + "<int:field_id>/shift/": post(May.PROJECT_ADMINS, lambda w: {"by": "1"}),
    FIELDS + "<int:field_id>/remove/": post(May.PROJECT_ADMINS),
    FIELDS + "<int:retired_field_id>/restore/": post(May.PROJECT_ADMINS),
    FIELDS + "<int:field_id>/options/": post(May.PROJECT_ADMINS, lambda w: {"options": "Initech"}),
    FIELDS + "<int:field_id>/options/<int:option_id>/": post(May.PROJECT_ADMINS, lambda w: {"name": "Hooli"}),
    FIELDS + "<int:field_id>/options/<int:option_id>/remove/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"to": "none"}
    ),
    FIELDS + "<int:field_id>/options/<int:retired_option_id>/restore/": post(May.PROJECT_ADMINS),
    # templates and recurring issues
    PROJECT + "settings/templates/": get(May.PROJECT_VIEWERS),
    PROJECT + "settings/templates/new/": both(May.PROJECT_ADMINS, May.PROJECT_ADMINS, of_template),
    PROJECT + "settings/templates/<int:template_id>/": both(May.PROJECT_ADMINS, May.PROJECT_ADMINS, of_template),
    PROJECT + "settings/templates/<int:template_id>/shift/": post(May.PROJECT_ADMINS, lambda w: {"by": "1"}),
    PROJECT + "settings/templates/<int:template_id>/delete/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/templates/<int:retired_template_id>/restore/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/schedules/new/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: of_schedule(w) | {"template": w["template_id"]}
    ),
    PROJECT + "settings/schedules/preview/": post(May.PROJECT_ADMINS, of_schedule),
    PROJECT + "settings/schedules/<int:schedule_id>/": both(May.PROJECT_ADMINS, May.PROJECT_ADMINS, of_schedule),
    PROJECT + "settings/schedules/<int:schedule_id>/pause/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/schedules/<int:schedule_id>/resume/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/schedules/<int:schedule_id>/delete/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/schedules/<int:retired_schedule_id>/restore/": post(May.PROJECT_ADMINS),
    # releases
    PROJECT + "releases/": both(May.PROJECT_VIEWERS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh"}),
    PROJECT + "releases/<int:version_id>/": get(May.PROJECT_VIEWERS),
    PROJECT + "releases/<int:version_id>/notes.md": get(May.PROJECT_VIEWERS),
    PROJECT + "releases/<int:version_id>/edit/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh"}
    ),
    PROJECT + "releases/<int:version_id>/release/": post(May.PROJECT_ADMINS, lambda w: {"to": "none"}),
    PROJECT + "releases/<int:released_version_id>/unrelease/": post(May.PROJECT_ADMINS),
    PROJECT + "releases/<int:version_id>/archive/": post(May.PROJECT_ADMINS, lambda w: {"archived": "1"}),
    PROJECT + "releases/<int:version_id>/delete/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"to": "none"}
    ),
    PROJECT + "releases/<int:retired_version_id>/restore/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/workflow/": get(May.PROJECT_VIEWERS),
    PROJECT + "settings/workflow/statuses/new/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh", "category": "todo"}
    ),
    PROJECT + "settings/workflow/statuses/<int:status_id>/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh", "category": "todo"}
    ),
    PROJECT + "settings/workflow/statuses/<int:status_id>/retire/": post(
        May.PROJECT_ADMINS, lambda w: {"to": w["todo_id"]}
    ),
    PROJECT + "settings/workflow/statuses/<int:status_id>/initial/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/workflow/statuses/<int:status_id>/shift/": post(May.PROJECT_ADMINS, lambda w: {"by": "1"}),
    PROJECT + "settings/workflow/transitions/new/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"source": w["todo_id"], "target": w["status_id"]}
    ),
    PROJECT + "settings/workflow/transitions/<int:transition_id>/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh"}
    ),
    PROJECT + "settings/workflow/transitions/<int:transition_id>/remove/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/workflow/types/new/": both(
        May.PROJECT_ADMINS,
        May.PROJECT_ADMINS,
        lambda w: {"name": "Fresh", "icon": "star", "hue": "60", "level": "1"},
    ),
    PROJECT + "settings/workflow/types/<int:type_id>/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh", "icon": "star", "hue": "60"}
    ),
    PROJECT + "settings/workflow/types/<int:type_id>/retire/": post(May.PROJECT_ADMINS, lambda w: {"to": w["bug_id"]}),
    PROJECT + "settings/time/": post(May.PROJECT_ADMINS, lambda w: {"is_on": "1", "day": "7h", "days_a_week": "4"}),
    PROJECT + "settings/key/": post(May.PROJECT_ADMINS, lambda w: {"key": "FRESH"}),
    PROJECT + "settings/delete/": post(May.PROJECT_ADMINS, lambda w: {"confirmation": "Project FLOW"}),
    PROJECT + "settings/archive/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/restore/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/copy/": Route(
        {
            "GET": Way(May.PROJECT_ADMINS, lambda w: {"from": w["second_key"]}),
            "POST": Way(May.PROJECT_ADMINS, lambda w: {"from": w["second_key"]}),
        }
    ),
    # Whoever copied takes it back: the owner.
    PROJECT + "settings/copy/undo/": post(May.AUTHOR),
    PROJECT + "settings/triage/": post(May.PROJECT_ADMINS, lambda w: {"is_on": "0"}),
    # triage
    PROJECT + "triage/": get(May.PROJECT_VIEWERS),
    PROJECT + "triage/<int:number>/accept/": both(
        May.PROJECT_MEMBERS, May.PROJECT_MEMBERS, lambda w: {"status": w["todo_id"], "priority": "0"}
    ),
    PROJECT + "triage/<int:number>/duplicate/": both(
        May.PROJECT_MEMBERS, May.PROJECT_MEMBERS, lambda w: {"value": w["issue_key"]}
    ),
    PROJECT + "triage/<int:number>/decline/": both(
        May.PROJECT_MEMBERS, May.PROJECT_MEMBERS, lambda w: {"body": "Not now."}
    ),
    PROJECT + "triage/<int:number>/snooze/": both(
        May.PROJECT_MEMBERS, May.PROJECT_MEMBERS, lambda w: {"until": timezone.localdate() + timedelta(days=7)}
    ),
    # Whoever decided takes it back: the owner, whom none of the eight is.
    PROJECT + "triage/<int:decided_number>/undo/": post(May.AUTHOR),
    # sprints
    PROJECT + "sprints/": both(May.PROJECT_VIEWERS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh"}),
    PROJECT + "sprints/cadence/": both(
        May.PROJECT_ADMINS,
        May.PROJECT_ADMINS,
        lambda w: {"is_on": "on", "weeks": "2", "weekday": "0", "cooldown_weeks": "0", "ahead": "2"},
    ),
    PROJECT + "sprints/<int:sprint_id>/": get(May.PROJECT_VIEWERS),
    PROJECT + "sprints/<int:sprint_id>/edit/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Other"}
    ),
    PROJECT + "sprints/<int:sprint_id>/start/": post(
        May.PROJECT_ADMINS, lambda w: {"end_date": timezone.localdate() + timedelta(days=7)}
    ),
    PROJECT + "sprints/<int:sprint_id>/complete/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"to": "backlog"}
    ),
    PROJECT + "sprints/<int:sprint_id>/capacity/": both(
        May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {f"capacity_{w['user_id']}": "5"}
    ),
    PROJECT + "sprints/<int:sprint_id>/cancel/": post(May.PROJECT_ADMINS),
    PROJECT + "sprints/<int:sprint_id>/reopen/": post(May.PROJECT_ADMINS),
    PROJECT + "sprints/<int:sprint_id>/issues/": post(May.PROJECT_MEMBERS, lambda w: {"keys": w["issue_key"]}),
    PROJECT + "sprints/<int:sprint_id>/issues/<int:issue_id>/remove/": post(May.PROJECT_MEMBERS),
    PROJECT + "calendar/": both(May.PROJECT_VIEWERS, May.PROJECT_VIEWERS, lambda w: {"whose": "mine"}),
    PROJECT + "calendar/<int:calendar_link_id>/revoke/": post(May.OWNER),
    # Whoever has the address, as its owner's calendar has.
    "calendars/<slug:calendar_secret>.ics": get(May.EVERYBODY),
    PROJECT + "timeline/": get(May.PROJECT_VIEWERS),
    PROJECT + "timeline/lines/": get(May.PROJECT_VIEWERS),
    PROJECT + "timeline/dates/": post(May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "due": "2026-05-06"}),
    PROJECT + "backlog/": get(May.PROJECT_VIEWERS),
    PROJECT + "backlog/cards/": get(May.PROJECT_VIEWERS),
    PROJECT + "backlog/sections/<int:sprint_id>/": get(May.PROJECT_VIEWERS),
    PROJECT + "backlog/totals/": get(May.PROJECT_VIEWERS),
    PROJECT + "backlog/move/": post(May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "column": w["sprint_id"]}),
    PROJECT + "backlog/move-many/": post(
        May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "column": w["sprint_id"]}
    ),
    PROJECT + "backlog/cells/": post(May.PROJECT_MEMBERS, lambda w: {"text": "Title\tPoints\nFresh\t3"}),
    PROJECT + "backlog/create/": post(May.PROJECT_MEMBERS, lambda w: {"title": "Fresh", "column": w["sprint_id"]}),
    PROJECT + "backlog/create-many/": post(
        May.PROJECT_MEMBERS, lambda w: {"titles": ["Fresh", "Fresher"], "column": "0"}
    ),
    # the way out
    PROJECT + "issues.csv": get(May.PROJECT_VIEWERS),
    PROJECT + "settings/export/": both(May.PROJECT_VIEWERS, May.PROJECT_ADMINS),
    ORG + "settings/export/": both(May.ORG_MANAGERS, May.ORG_MANAGERS),
    ORG + "exports/<int:export_id>/": get(May.OWNER),
    ORG + "exports/<int:export_id>/delete/": post(May.OWNER),
    # webhooks
    ORG + "settings/webhooks/": get(May.ORG_MANAGERS),
    ORG + "settings/webhooks/new/": both(May.ORG_MANAGERS, May.ORG_MANAGERS, of_webhook),
    PROJECT + "settings/webhooks/": get(May.PROJECT_VIEWERS),
    PROJECT + "settings/webhooks/new/": both(May.PROJECT_ADMINS, May.PROJECT_ADMINS, of_webhook),
    WEBHOOK: get(May.IMPORTERS),
    WEBHOOK + "edit/": both(May.IMPORTERS, May.IMPORTERS, of_webhook),
    WEBHOOK + "test/": post(May.IMPORTERS),
    WEBHOOK + "secret/": post(May.IMPORTERS),
    WEBHOOK + "secret/end/": post(May.IMPORTERS),
    WEBHOOK + "pause/": post(May.IMPORTERS),
    WEBHOOK + "resume/": post(May.IMPORTERS),
    WEBHOOK + "delete/": post(May.IMPORTERS),
    WEBHOOK + "messages/<int:message_id>/": get(May.IMPORTERS),
    WEBHOOK + "messages/<int:message_id>/again/": post(May.IMPORTERS),
    # boards over several projects
    ORG + "imports/": both(May.SEATED, May.ORG_MANAGERS, lambda w: {"into": "FLOW", "files": an_export()}),
    ORG + "imports/people/": get(May.ORG_MANAGERS),
    ORG + "imports/people/<int:placeholder_id>/": both(
        May.ORG_MANAGERS, May.ORG_MANAGERS, lambda w: {"member": w["user_id"]}
    ),
    ORG + "imports/<int:import_id>/": get(May.IMPORTERS),
    ORG + "imports/<int:import_id>/progress/": get(May.IMPORTERS),
    ORG + "imports/<int:import_id>/choices/": post(May.IMPORTERS, lambda w: {"section": "priorities"}),
    ORG + "imports/<int:import_id>/profile/": post(May.IMPORTERS, lambda w: {"name": "Next time"}),
    ORG + "imports/<int:import_id>/start/": post(May.IMPORTERS),
    ORG + "imports/<int:import_id>/cancel/": post(May.IMPORTERS),
    ORG + "imports/<int:ended_import_id>/take-back/": post(May.IMPORTERS),
    ORG + "imports/profiles/<int:profile_id>/delete/": post(May.IMPORTERS),
    ORG + "imports/<int:ended_import_id>/problems.csv": get(May.IMPORTERS),
    ORG + "boards/": get(May.SEATED),
    ORG + "boards/new/": both(
        May.ORG_MEMBERS,
        May.ORG_MEMBERS,
        lambda w: {"name": "Fresh", "by": "status", "projects": [w["live_project_id"]]},
    ),
    ORG + "boards/<int:deleted_across_id>/restore/": post(May.PROJECT_ADMINS),
    ACROSS: get(May.PROJECT_VIEWERS),
    ACROSS + "cards/": get(May.PROJECT_VIEWERS),
    ACROSS + "columns/<int:across_column_id>/": get(May.PROJECT_VIEWERS),
    ACROSS + "totals/": get(May.PROJECT_VIEWERS),
    ACROSS + "ways/<str:issue_key>/": get(May.PROJECT_VIEWERS),
    ACROSS + "move/": post(May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "column": w["status_id"]}),
    ACROSS + "move-many/": post(May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "column": w["status_id"]}),
    ACROSS + "lanes/": post(May.PROJECT_VIEWERS, lambda w: {"grouping": "epic"}),
    ACROSS + "lanes/fold/": post(May.PROJECT_VIEWERS, lambda w: {"lane": "priority-4", "is_folded": "1"}),
    ACROSS + "bulk/": both(
        May.PROJECT_MEMBERS, May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "priority": "high"}
    ),
    ACROSS + "bulk/undo/": post(May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "of": "op"}),
    ACROSS + "create/": post(
        May.PROJECT_MEMBERS,
        lambda w: {"title": "Fresh", "column": w["status_id"], "project": w["live_project_id"]},
    ),
    ACROSS + "create-many/": post(
        May.PROJECT_MEMBERS,
        lambda w: {"titles": ["Fresh", "Fresher"], "column": w["status_id"], "project": w["live_project_id"]},
    ),
    ACROSS + "settings/": both(
        May.PROJECT_ADMINS,
        May.PROJECT_ADMINS,
        lambda w: {"name": "Fresh", "by": "category", "projects": [w["live_project_id"]], "grouping": "none"},
    ),
    ACROSS + "settings/filters/": post(May.PROJECT_ADMINS, lambda w: {"name": "Fresh", "whose": "nobody"}),
    ACROSS + "settings/filters/<int:across_quick_filter_id>/remove/": post(May.PROJECT_ADMINS),
    ACROSS + "delete/": post(May.PROJECT_ADMINS),
    # boards
    **{route: found for board in BOARDS for route, found in of_board(board).items()},
    PROJECT + "issues/new/": both(
        May.PROJECT_MEMBERS,
        May.PROJECT_MEMBERS,
        lambda w: {"title": "Fresh", "type": w["type_id"], "status": w["status_id"], "priority": "0"},
    ),
    PROJECT + "settings/board/": get(May.PROJECT_VIEWERS),
    PROJECT + "settings/boards/new/": both(May.PROJECT_ADMINS, May.PROJECT_ADMINS, lambda w: {"name": "Fresh"}),
    PROJECT + "settings/boards/<int:board_id>/": both(
        May.PROJECT_VIEWERS, May.PROJECT_ADMINS, lambda w: {"name": "Other", "grouping": "none"}
    ),
    PROJECT + "settings/boards/<int:extra_board_id>/delete/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/boards/<int:deleted_board_id>/restore/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/boards/<int:board_id>/statuses/": post(
        May.PROJECT_ADMINS,
        lambda w: {f"status-{w['idle_id']}": w["column_id"]},
    ),
    PROJECT + "settings/boards/<int:board_id>/columns/": post(
        May.PROJECT_ADMINS,
        lambda w: {"name": "Fresh", "statuses": [w["idle_id"]], "wip_unit": "issues", "wip_policy": "warn"},
    ),
    PROJECT + "settings/boards/<int:board_id>/limits/": post(
        May.PROJECT_ADMINS,
        lambda w: {"of": "assignee", "wip_limit": "9", "wip_unit": "issues", "wip_policy": "block"},
    ),
    PROJECT + "settings/boards/limits/<int:lane_limit_id>/lift/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/boards/<int:board_id>/filters/": post(
        May.PROJECT_ADMINS, lambda w: {"name": "Fresh", "whose": "nobody"}
    ),
    PROJECT + "settings/boards/filters/<int:quick_filter_id>/remove/": post(May.PROJECT_ADMINS),
    PROJECT + "settings/boards/columns/<int:column_id>/": post(
        May.PROJECT_ADMINS,
        lambda w: {
            f"{w['column_id']}-{name}": value
            for name, value in (("name", "Fresh"), ("wip_limit", 30), ("wip_unit", "points"), ("wip_policy", "block"))
        },
    ),
    PROJECT + "settings/boards/columns/<int:column_id>/shift/": post(May.PROJECT_ADMINS, lambda w: {"by": "1"}),
    PROJECT + "settings/boards/columns/<int:column_id>/remove/": post(May.PROJECT_ADMINS),
    # issues
    PROJECT + "issues/": get(May.PROJECT_VIEWERS),
    PROJECT + "issues/rows/": get(May.PROJECT_VIEWERS),
    PROJECT + "issues/delete/": post(May.PROJECT_MEMBERS, lambda w: {"issue": [w["issue_id"]]}),
    PROJECT + "issues/bulk/": both(
        May.PROJECT_MEMBERS, May.PROJECT_MEMBERS, lambda w: {"issue": [w["issue_id"]], "priority": "high"}
    ),
    PROJECT + "issues/bulk/undo/": post(May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "of": "op"}),
    PROJECT + "issues/transfer/": Route(
        {
            method: Way(May.PROJECT_MEMBERS, lambda w: {"issue": w["issue_id"], "to": w["second_key"]})
            for method in ("GET", "POST")
        }
    ),
    # Whoever moved them takes it back: the owner, whom none of the eight is.
    PROJECT + "issues/transfer/undo/": post(May.AUTHOR, lambda w: {"issue": w["arrived_id"]}),
    PROJECT + "epics/": both(May.PROJECT_VIEWERS, May.PROJECT_MEMBERS, lambda w: {"title": "Fresh"}),
    ISSUE: get(May.PROJECT_VIEWERS),
    ISSUE + "parents/": get(May.PROJECT_MEMBERS),
    ISSUE + "children/": post(May.PROJECT_MEMBERS, lambda w: {"value": "Fresh"}),
    ISSUE + "links/": post(May.PROJECT_MEMBERS, lambda w: {"kind": "blocks", "value": w["linked_key"]}),
    ISSUE + "links/<int:link_id>/remove/": post(May.PROJECT_MEMBERS),
    ISSUE + "work/": get(May.PROJECT_VIEWERS),
    ISSUE + "work/log/": post(May.PROJECT_MEMBERS, lambda w: {"value": "5m"}),
    # Somebody else's.
    ISSUE + "work/<int:work_id>/edit/": post(May.PROJECT_ADMINS, lambda w: {"value": "5m"}),
    ISSUE + "work/<int:work_id>/remove/": post(May.PROJECT_ADMINS),
    ISSUE + "ways/": get(May.PROJECT_VIEWERS),
    ISSUE + "labels/": get(May.PROJECT_VIEWERS),
    ISSUE + "edit/": post(May.PROJECT_MEMBERS, lambda w: {"field": "title", "value": "Renamed", "version": "1"}),
    ISSUE + "comments/": post(May.PROJECT_COMMENTERS, lambda w: {"body": "Well said."}),
    ISSUE + "undo/": post(May.PROJECT_MEMBERS, lambda w: {"change": w["change_id"]}),
    ISSUE + "changes/<int:change_id>/": get(May.PROJECT_VIEWERS),
    ISSUE + "mute/": post(May.PROJECT_VIEWERS, lambda w: {"mute": "1"}),
    ISSUE + "watch/": post(May.PROJECT_COMMENTERS, lambda w: {"watch": "1"}),
    ISSUE + "star/": post(May.PROJECT_VIEWERS, lambda w: {"star": "1"}),
    ISSUE + "seen/": post(May.PROJECT_VIEWERS),
    ISSUE + "choices/": get(May.PROJECT_MEMBERS),
    ISSUE + "archive/": post(May.PROJECT_MEMBERS),
    ISSUE + "delete/": post(May.PROJECT_MEMBERS),
    ISSUE + "restore/": post(May.PROJECT_MEMBERS),
    ORG + "comments/<int:comment_id>/edit/": post(May.AUTHOR, lambda w: {"body": "Twisted."}),
    ORG + "comments/<int:comment_id>/delete/": post(May.PROJECT_ADMINS),
    ISSUE + "reactions/": post(May.PROJECT_COMMENTERS, lambda w: {"add": "heart"}),
    ORG + "comments/<int:comment_id>/reactions/": post(May.PROJECT_COMMENTERS, lambda w: {"add": "heart"}),
    ORG + "comments/<int:comment_id>/reply/": post(May.PROJECT_COMMENTERS, lambda w: {"body": "Well said."}),
    ORG + "comments/<int:comment_id>/resolve/": post(May.PROJECT_COMMENTERS, lambda w: {"resolved": "1"}),
    ORG + "comments/<int:comment_id>/pin/": post(May.PROJECT_MEMBERS, lambda w: {"pin": "1"}),
    ORG + "comments/<int:comment_id>/history/": get(May.PROJECT_VIEWERS),
    ISSUE + "attachments/": post(May.PROJECT_COMMENTERS, lambda w: {"file": some_file()}),
    ORG + "files/<int:attachment_id>/": get(May.PROJECT_VIEWERS),
    ORG + "files/<int:attachment_id>/small/": get(May.PROJECT_VIEWERS),
    ORG + "files/<int:attachment_id>/remove/": post(May.PROJECT_ADMINS),
    ORG + "files/<int:removed_attachment_id>/restore/": post(May.PROJECT_ADMINS),
    ISSUE + "copy/": post(May.PROJECT_MEMBERS),
    ISSUE + "tick/": post(May.PROJECT_MEMBERS, lambda w: {"task": w["task"], "done": "1"}),
    ORG + "comments/<int:comment_id>/tick/": post(May.AUTHOR, lambda w: {"task": w["task"], "done": "1"}),
    PROJECT + "suggestions/": get(May.PROJECT_VIEWERS),
    ORG + "markdown/preview/": post(May.SEATED, lambda w: {"text": "*hello*"}),
    # scripts
    API: scripts(May.SCRIPTS_SEATED, ("PATCH", May.SCRIPTS_MANAGERS, lambda w: {"name": "Acme"})),
    API + "members/": scripts(May.SCRIPTS_SEATED),
    API + "members/<int:user_id>/": scripts(None, ("PATCH", May.SCRIPTS_MANAGERS, lambda w: {"role": "guest"})),
    API + "invitations/": scripts(
        May.SCRIPTS_MANAGERS,
        ("POST", May.SCRIPTS_MANAGERS, lambda w: {"emails": ["new@acme.test"], "role": "member"}),
    ),
    API + "invitations/<int:invitation_id>/": scripts(None, ("DELETE", May.SCRIPTS_MANAGERS, nothing)),
    API + "invitations/<int:invitation_id>/resend/": scripts(None, ("POST", May.SCRIPTS_MANAGERS, nothing)),
    API + "members/<int:user_id>/remove/": scripts(None, ("POST", May.SCRIPTS_MANAGERS, nothing)),
    API + "projects/": scripts(
        May.SCRIPTS_SEATED, ("POST", May.SCRIPTS_ORG_MEMBERS, lambda w: {"name": "Fresh", "key": "FRESH"})
    ),
    API + "tokens/": scripts(May.SCRIPTS_SEATED),
    API + "tokens/<int:token_id>/": Route({"DELETE": Way(May.SCRIPTS_OWNER, json=True)}),
    API + "service-accounts/": scripts(May.SCRIPTS_SEATED),
    API + "service-accounts/<int:account_id>/": scripts(None, ("PATCH", May.SCRIPTS_MANAGERS, renamed)),
    API + "service-accounts/<int:account_id>/tokens/": scripts(May.SCRIPTS_MANAGERS),
    API + "service-accounts/<int:account_id>/tokens/<int:service_token_id>/": Route(
        {"DELETE": Way(May.SCRIPTS_MANAGERS, json=True)}
    ),
    API + "limits/": scripts(May.SCRIPTS_MANAGERS),
    API + "limits/tokens/": scripts(May.SCRIPTS_MANAGERS),
    API + "recent/": scripts(May.SCRIPTS_SEATED),
    API + "inbox/": scripts(May.SCRIPTS_SEATED),
    API + "inbox/unread/": scripts(May.SCRIPTS_SEATED),
    API + "inbox/<int:entry_id>/": scripts(None, ("PATCH", May.SCRIPTS_OWNER, lambda w: {"read": True})),
    API + "inbox/finish/": scripts(None, ("POST", May.SCRIPTS_SEATED, nothing)),
    API + "inbox/finish/undo/": scripts(None, ("POST", May.SCRIPTS_SEATED, lambda w: {"at": "2026-11-02T09:30:00Z"})),
    API + "inbox/ended/": scripts(May.SCRIPTS_SEATED, ("POST", May.SCRIPTS_SEATED, lambda w: {"until": 1})),
    API + "inbox/choices/": Route(
        {
            "GET": Way(May.SCRIPTS_SEATED, json=True),
            "PATCH": Way(May.SCRIPTS_SEATED, lambda w: {"rhythm": "daily"}, json=True),
            "DELETE": Way(May.SCRIPTS_SEATED, json=True),
        }
    ),
    API + "inbox/choices/<slug:project_key>/": Route(
        {
            "GET": Way(May.SCRIPTS_VIEWERS, json=True),
            "PATCH": Way(May.SCRIPTS_VIEWERS, lambda w: {"interest": "followed"}, json=True),
            "DELETE": Way(May.SCRIPTS_VIEWERS, json=True),
        }
    ),
    API + "inbox/resume-mail/": scripts(None, ("POST", May.SCRIPTS_SEATED, nothing)),
    API + "deleted-projects/": scripts(May.SCRIPTS_SEATED),
    API + "deleted-projects/<int:project_id>/restore/": scripts(None, ("POST", May.SCRIPTS_OWNER, nothing)),
    API_PROJECT: scripts(May.SCRIPTS_VIEWERS, ("PATCH", May.SCRIPTS_ADMINS, lambda w: {"description": "Fresh"})),
    API_PROJECT + "delete/": scripts(None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"confirmation": "Project FLOW"})),
    API_PROJECT + "star/": Route(
        {"PUT": Way(May.SCRIPTS_VIEWERS, json=True), "DELETE": Way(May.SCRIPTS_VIEWERS, json=True)}
    ),
    API_PROJECT + "copy/": scripts(None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"source": w["second_key"]})),
    API_PROJECT + "copy/plan/": scripts(None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"source": w["second_key"]})),
    API_PROJECT + "copy/undo/": scripts(None, ("POST", May.SCRIPTS_AUTHOR, nothing)),
    API_PROJECT + "members/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_ADMINS, lambda w: {"user": w["user_id"], "role": "member"})
    ),
    API_PROJECT + "members/<int:user_id>/remove/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "statuses/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_ADMINS, lambda w: {"name": "Fresh", "category": "todo"})
    ),
    API_PROJECT + "statuses/order/": scripts(None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"order": w["status_ids"]})),
    API_PROJECT + "statuses/<int:status_id>/": scripts(None, ("PATCH", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "statuses/<int:status_id>/remove/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"to": w["todo_id"]})
    ),
    API_PROJECT + "transitions/": scripts(
        May.SCRIPTS_VIEWERS,
        ("POST", May.SCRIPTS_ADMINS, lambda w: {"source": w["status_id"], "target": w["todo_id"]}),
    ),
    API_PROJECT + "transitions/<int:transition_id>/": changed_or_removed(May.SCRIPTS_ADMINS),
    API_PROJECT + "types/": scripts(May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "types/<int:type_id>/": scripts(None, ("PATCH", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "types/<int:type_id>/remove/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"to": w["bug_id"]})
    ),
    API_PROJECT + "labels/": scripts(May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_MEMBERS, renamed)),
    API_PROJECT + "labels/<int:label_id>/": scripts(None, ("PATCH", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "labels/<int:label_id>/remove/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "labels/<int:retired_label_id>/restore/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API + "webhooks/": scripts(May.SCRIPTS_MANAGERS, ("POST", May.SCRIPTS_MANAGERS, of_script_webhook)),
    API_PROJECT + "webhooks/": scripts(May.SCRIPTS_ADMINS, ("POST", May.SCRIPTS_ADMINS, of_script_webhook)),
    API_WEBHOOK: Route(
        {
            "GET": Way(May.SCRIPTS_WHO_KNOW, json=True),
            "PATCH": Way(May.SCRIPTS_WHO_KNOW, lambda w: {"paused": True}, json=True),
            "DELETE": Way(May.SCRIPTS_WHO_KNOW, json=True),
        }
    ),
    API_WEBHOOK + "secret/": Route(
        {
            "POST": Way(May.SCRIPTS_WHO_KNOW, json=True),
            "DELETE": Way(May.SCRIPTS_WHO_KNOW, json=True),
        }
    ),
    API_WEBHOOK + "test/": scripts(None, ("POST", May.SCRIPTS_WHO_KNOW, nothing)),
    API_WEBHOOK + "messages/": scripts(May.SCRIPTS_WHO_KNOW),
    API_WEBHOOK + "messages/<int:message_id>/": scripts(May.SCRIPTS_WHO_KNOW),
    API_WEBHOOK + "messages/<int:message_id>/redeliver/": scripts(None, ("POST", May.SCRIPTS_WHO_KNOW, nothing)),
    API_PROJECT + "issues.csv": scripts(May.SCRIPTS_VIEWERS),
    API + "imports/": Route(
        {
            "GET": Way(May.SCRIPTS_SEATED, json=True),
            "POST": Way(May.SCRIPTS_ADMINS, lambda w: {"project": w["project_key"], "files": an_export()}),
        }
    ),
    API + "imports/people/": scripts(May.SCRIPTS_MANAGERS),
    API + "imports/people/<int:placeholder_id>/claim/": scripts(
        None, ("POST", May.SCRIPTS_MANAGERS, lambda w: {"member": w["user_id"]})
    ),
    API_IMPORT: Route({"GET": Way(May.SCRIPTS_WHO_KNOW, json=True), "DELETE": Way(May.SCRIPTS_WHO_KNOW, json=True)}),
    API_IMPORT + "preview/": scripts(May.SCRIPTS_WHO_KNOW),
    API_IMPORT + "sections/": scripts(May.SCRIPTS_WHO_KNOW),
    API_IMPORT + "sections/<slug:section>/": scripts(
        May.SCRIPTS_WHO_KNOW,
        (
            "PATCH",
            May.SCRIPTS_WHO_KNOW,
            lambda w: {"version": version_of_priorities(), "choices": {"Blocker": "is-1"}},
        ),
    ),
    API_IMPORT + "sections/<slug:section>/words/": scripts(May.SCRIPTS_WHO_KNOW),
    API_IMPORT + "profiles/": scripts(None, ("POST", May.SCRIPTS_WHO_KNOW, renamed)),
    API_IMPORT + "profiles/<int:profile_id>/use/": scripts(None, ("POST", May.SCRIPTS_WHO_KNOW, nothing)),
    API_IMPORT + "start/": scripts(None, ("POST", May.SCRIPTS_WHO_KNOW, nothing)),
    API_IMPORT + "cancel/": scripts(None, ("POST", May.SCRIPTS_WHO_KNOW, nothing)),
    API + "imports/<int:ended_import_id>/take-back/": scripts(None, ("POST", May.SCRIPTS_WHO_KNOW, nothing)),
    API + "imports/<int:ended_import_id>/kept/": scripts(May.SCRIPTS_WHO_KNOW),
    API + "imports/<int:ended_import_id>/problems/": scripts(May.SCRIPTS_WHO_KNOW),
    API + "imports/<int:ended_import_id>/problems.csv": scripts(May.SCRIPTS_WHO_KNOW),
    API + "import-profiles/": scripts(May.SCRIPTS_MANAGERS),
    API + "import-profiles/<int:profile_id>/": scripts(None, ("DELETE", May.SCRIPTS_WHO_KNOW, nothing)),
    API + "exports/": scripts(
        May.SCRIPTS_SEATED, ("POST", May.SCRIPTS_ADMINS, lambda w: {"project": w["project_key"]})
    ),
    API + "exports/<int:export_id>/": Route(
        {"GET": Way(May.SCRIPTS_OWNER, json=True), "DELETE": Way(May.SCRIPTS_OWNER, json=True)}
    ),
    API + "exports/<int:export_id>/content/": scripts(May.SCRIPTS_OWNER),
    API_PROJECT + "sprints/": scripts(May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "sprints/plan/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"issues": [w["issue_id"]], "sprint": w["sprint_id"]})
    ),
    API_PROJECT + "sprints/<int:sprint_id>/": scripts(May.SCRIPTS_VIEWERS, ("PATCH", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "sprints/<int:sprint_id>/report/": scripts(May.SCRIPTS_VIEWERS),
    API_PROJECT + "sprints/velocity/": scripts(May.SCRIPTS_VIEWERS),
    API_PROJECT + "sprints/cadence/": scripts(
        May.SCRIPTS_VIEWERS, ("PATCH", May.SCRIPTS_ADMINS, lambda w: {"is_on": False})
    ),
    API_PROJECT + "sprints/<int:sprint_id>/capacity/": scripts(
        May.SCRIPTS_VIEWERS, ("PATCH", May.SCRIPTS_ADMINS, lambda w: {"points": {}})
    ),
    API + "calendar-links/": scripts(May.SCRIPTS_SEATED),
    API + "calendar-links/<int:calendar_link_id>/": Route({"DELETE": Way(May.SCRIPTS_OWNER, json=True)}),
    API_PROJECT + "triage/": scripts(May.SCRIPTS_VIEWERS),
    API_PROJECT + "epics/": scripts(May.SCRIPTS_VIEWERS),
    **{
        API + f"issues/<slug:waiting_key>/triage/{decision}/": scripts(None, ("POST", May.SCRIPTS_MEMBERS, body))
        for decision, body in (
            ("accept", lambda w: {"status": w["todo_id"]}),
            ("decline", lambda w: {"comment": "Not now."}),
            ("duplicate", lambda w: {"of": w["linked_id"]}),
            ("snooze", lambda w: {"until": str(timezone.localdate() + timedelta(days=7))}),
        )
    },
    API + "issues/<slug:decided_key>/triage/undo/": scripts(None, ("POST", May.SCRIPTS_AUTHOR, nothing)),
    API_PROJECT + "boards/": scripts(May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "boards/<int:extra_board_id>/delete/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "deleted-boards/": scripts(May.SCRIPTS_VIEWERS),
    API_PROJECT + "deleted-boards/<int:deleted_board_id>/restore/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, nothing)
    ),
    API_BOARD: scripts(May.SCRIPTS_VIEWERS, ("PATCH", May.SCRIPTS_ADMINS, renamed)),
    API_BOARD + "totals/": scripts(May.SCRIPTS_VIEWERS),
    API_BOARD + "statuses/": scripts(
        None,
        (
            "POST",
            May.SCRIPTS_ADMINS,
            lambda w: {"places": [{"status": w["idle_id"], "column": w["column_id"]}]},
        ),
    ),
    API_BOARD + "columns/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"name": "Fresh", "statuses": [w["idle_id"]]})
    ),
    API_BOARD + "columns/<int:column_id>/": changed_or_removed(May.SCRIPTS_ADMINS),
    API_BOARD + "columns/<int:column_id>/cards/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"titles": ["Fresh"]})
    ),
    API_BOARD + "columns/<int:column_id>/cards/move/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"issues": [w["issue_id"]]})
    ),
    API_BOARD + "lane-limits/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"by": "assignee", "wip_limit": 9})
    ),
    API_BOARD + "lane-limits/<int:lane_limit_id>/": scripts(None, ("DELETE", May.SCRIPTS_ADMINS, nothing)),
    API_BOARD + "quick-filters/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"name": "Fresh", "is_mine": True})
    ),
    API_BOARD + "quick-filters/<int:quick_filter_id>/": scripts(None, ("DELETE", May.SCRIPTS_ADMINS, nothing)),
    API + "boards/": scripts(
        May.SCRIPTS_SEATED, ("POST", May.SCRIPTS_ORG_MEMBERS, lambda w: {"name": "Fresh", "projects": ["FLOW"]})
    ),
    API + "deleted-boards/": scripts(May.SCRIPTS_SEATED),
    API + "deleted-boards/<int:deleted_across_id>/restore/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_ACROSS: Route(
        {
            "GET": Way(May.SCRIPTS_VIEWERS, json=True),
            "PATCH": Way(May.SCRIPTS_ADMINS, renamed, json=True),
            "DELETE": Way(May.SCRIPTS_ADMINS, json=True),
        }
    ),
    API_ACROSS + "totals/": scripts(May.SCRIPTS_VIEWERS),
    API_ACROSS + "quick-filters/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"name": "Fresh", "is_mine": True})
    ),
    API_ACROSS + "quick-filters/<int:across_quick_filter_id>/": scripts(None, ("DELETE", May.SCRIPTS_ADMINS, nothing)),
    API_ACROSS + "columns/<int:across_column_id>/cards/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"project": "FLOW", "titles": ["Fresh"]})
    ),
    API_ACROSS + "columns/<int:across_column_id>/cards/move/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"issues": [w["issue_id"]]})
    ),
    API_ACROSS + "cards/bulk/": scripts(
        None,
        ("POST", May.SCRIPTS_MEMBERS, lambda w: {"issues": [w["issue_id"]], "values": {"priority": "high"}}),
    ),
    API_ACROSS + "cards/undo/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"op": "op", "issues": [w["issue_id"]]})
    ),
    API_PROJECT + "versions/": scripts(May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "versions/<int:version_id>/": scripts(May.SCRIPTS_VIEWERS, ("PATCH", May.SCRIPTS_ADMINS, renamed)),
    API_PROJECT + "versions/<int:version_id>/notes/": scripts(May.SCRIPTS_VIEWERS),
    API_PROJECT + "versions/<int:version_id>/release/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "versions/<int:released_version_id>/unrelease/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "versions/<int:version_id>/remove/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "versions/<int:retired_version_id>/restore/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "fields/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_ADMINS, lambda w: {"name": "Fresh", "kind": "text"})
    ),
    API_PROJECT + "fields/<int:field_id>/": changed_or_removed(May.SCRIPTS_ADMINS),
    API_PROJECT + "fields/<int:retired_field_id>/restore/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "fields/<int:field_id>/options/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, lambda w: {"options": ["Fresh"]})
    ),
    API_PROJECT + "fields/<int:field_id>/options/<int:option_id>/": scripts(
        None, ("PATCH", May.SCRIPTS_ADMINS, renamed)
    ),
    API_PROJECT + "fields/<int:field_id>/options/<int:option_id>/remove/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, nothing)
    ),
    API_PROJECT + "fields/<int:field_id>/options/<int:retired_option_id>/restore/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, nothing)
    ),
    API_PROJECT + "templates/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_ADMINS, lambda w: {"name": "Fresh", "type": w["type_id"]})
    ),
    API_PROJECT + "templates/<int:template_id>/": Route(
        {
            "GET": Way(May.SCRIPTS_VIEWERS, json=True),
            "PATCH": Way(May.SCRIPTS_ADMINS, renamed, json=True),
            "DELETE": Way(May.SCRIPTS_ADMINS, json=True),
        }
    ),
    API_PROJECT + "templates/<int:retired_template_id>/restore/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "issues/from-template/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"template": w["template_id"]})
    ),
    API_PROJECT + "schedules/": scripts(
        May.SCRIPTS_VIEWERS,
        ("POST", May.SCRIPTS_ADMINS, lambda w: of_script_schedule(w) | {"template": w["template_id"]}),
    ),
    API_PROJECT + "schedules/<int:schedule_id>/": Route(
        {
            "GET": Way(May.SCRIPTS_VIEWERS, json=True),
            "PATCH": Way(May.SCRIPTS_ADMINS, lambda w: {"paused": True}, json=True),
            "DELETE": Way(May.SCRIPTS_ADMINS, json=True),
        }
    ),
    API_PROJECT + "schedules/<int:retired_schedule_id>/restore/": scripts(None, ("POST", May.SCRIPTS_ADMINS, nothing)),
    API_PROJECT + "events/": scripts(May.SCRIPTS_VIEWERS),
    API_PROJECT + "events": scripts(May.SCRIPTS_VIEWERS),
    API_PROJECT + "issues/": scripts(May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"title": "Fresh"})),
    API + "issues/<slug:issue_key>/": Route(
        {
            "GET": Way(May.SCRIPTS_VIEWERS, json=True),
            "PATCH": Way(May.SCRIPTS_MEMBERS, lambda w: {"title": "Renamed", "version": 1}, json=True),
            "DELETE": Way(May.SCRIPTS_MEMBERS, json=True),
        }
    ),
    API + "issues/": scripts(May.SCRIPTS_SEATED),
    API + "projects/<slug:project_key>/issues/bulk/": scripts(
        None,
        ("POST", May.SCRIPTS_MEMBERS, lambda w: {"issues": [w["issue_id"]], "values": {"priority": "high"}}),
    ),
    API + "projects/<slug:project_key>/issues/bulk/undo/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"op": "op", "issue": w["issue_id"]})
    ),
    API + "projects/<slug:project_key>/issues/transfer/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"issues": [w["issue_id"]], "to": w["second_key"]})
    ),
    API + "projects/<slug:project_key>/issues/transfer/undo/": scripts(
        None, ("POST", May.SCRIPTS_AUTHOR, lambda w: {"issue": w["arrived_id"]})
    ),
    API + "projects/<slug:project_key>/batch/": scripts(
        None,
        (
            "POST",
            May.SCRIPTS_MEMBERS,
            lambda w: {"changes": [{"do": "edit", "issue": w["issue_id"], "values": {"title": "Renamed"}}]},
        ),
    ),
    API + "issues/<slug:issue_key>/transitions/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"status": w["status_id"]})
    ),
    **{
        API + f"issues/<slug:issue_key>/{rest}/": scripts(None, ("POST", May.SCRIPTS_MEMBERS, nothing))
        for rest in ("archive", "restore", "copy")
    },
    API + "issues/<slug:issue_key>/children/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"titles": ["Fresh"]})
    ),
    API + "issues/<slug:issue_key>/links/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"kind": "blocks", "issue": w["linked_id"]})
    ),
    API + "issues/<slug:issue_key>/links/<int:link_id>/": Route({"DELETE": Way(May.SCRIPTS_MEMBERS, json=True)}),
    API + "issues/<slug:issue_key>/watchers/": scripts(May.SCRIPTS_VIEWERS),
    **{
        API + f"issues/<slug:issue_key>/{rest}/": Route({"PUT": Way(may, json=True), "DELETE": Way(may, json=True)})
        for rest, may in (
            ("watchers/me", May.SCRIPTS_COMMENTERS),
            ("star", May.SCRIPTS_VIEWERS),
            ("mute", May.SCRIPTS_VIEWERS),
        )
    },
    API + "issues/<slug:issue_key>/reactions/": scripts(
        May.SCRIPTS_VIEWERS, ("PUT", May.SCRIPTS_COMMENTERS, lambda w: {"emoji": "heart", "is_on": True})
    ),
    API + "issues/<slug:issue_key>/attachments/": Route(
        {
            "GET": Way(May.SCRIPTS_VIEWERS, json=True),
            "POST": Way(May.SCRIPTS_COMMENTERS, lambda w: {"file": some_file()}),
        }
    ),
    API + "issues/<slug:issue_key>/attachments/<int:attachment_id>/": Route(
        {"DELETE": Way(May.SCRIPTS_ADMINS, json=True)}
    ),
    API + "issues/<slug:issue_key>/attachments/<int:attachment_id>/content/": scripts(May.SCRIPTS_VIEWERS),
    API + "issues/<slug:issue_key>/attachments/<int:removed_attachment_id>/restore/": scripts(
        None, ("POST", May.SCRIPTS_ADMINS, nothing)
    ),
    API + "issues/<slug:issue_key>/move/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"status": w["status_id"]})
    ),
    API + "issues/<slug:issue_key>/history/": scripts(May.SCRIPTS_VIEWERS),
    API + "issues/<slug:issue_key>/undo/": scripts(
        None, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"change": w["change_id"]})
    ),
    API + "issues/<slug:issue_key>/comments/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_COMMENTERS, lambda w: {"body": "Well said."})
    ),
    API + "issues/<slug:issue_key>/comments/<int:comment_id>/": Route(
        {
            "PATCH": Way(May.SCRIPTS_COMMENTERS, lambda w: {"resolved": True}, json=True),
            "DELETE": Way(May.SCRIPTS_ADMINS, json=True),
        }
    ),
    API + "issues/<slug:issue_key>/work/": scripts(
        May.SCRIPTS_VIEWERS, ("POST", May.SCRIPTS_MEMBERS, lambda w: {"minutes": 5})
    ),
    API + "issues/<slug:issue_key>/work/<int:work_id>/": Route(
        {
            "PATCH": Way(May.SCRIPTS_ADMINS, lambda w: {"minutes": 5}, json=True),
            "DELETE": Way(May.SCRIPTS_ADMINS, json=True),
        }
    ),
}
