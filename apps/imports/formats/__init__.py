"""The formats that FlowBoard reads. Adding one means adding a reader here; nothing behind the record changes."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import Invalid
from apps.imports.files import Upload
from apps.imports.formats import saved_pages
from apps.imports.formats.asana import Asana
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.bugzilla_csv import BugzillaCsv
from apps.imports.formats.bugzilla_rest import BugzillaComments, BugzillaRest
from apps.imports.formats.bugzilla_xml import BugzillaXml
from apps.imports.formats.flowboard import FlowBoard
from apps.imports.formats.github import GitHub, GitHubArchive
from apps.imports.formats.gitlab import GitLab
from apps.imports.formats.gitlab_csv import GitLabCsv
from apps.imports.formats.gitlab_export import GitLabExport
from apps.imports.formats.gitlab_notes import GitLabNotes
from apps.imports.formats.jira_csv import JiraCsv
from apps.imports.formats.jira_rest import JiraRest
from apps.imports.formats.jira_xml import JiraXml
from apps.imports.formats.linear import Linear
from apps.imports.formats.plane import Plane
from apps.imports.formats.redmine_csv import RedmineCsv
from apps.imports.formats.redmine_rest import RedmineRest
from apps.imports.formats.refusal import advice
from apps.imports.formats.table import Table
from apps.imports.formats.taiga import Taiga
from apps.imports.formats.trello import Trello

# The first that recognises a file reads it: those that look closest come first, any table last.
FORMATS: tuple[Format, ...] = (
    FlowBoard(),
    JiraRest(),
    JiraCsv(),
    JiraXml(),
    GitHub(),
    GitHubArchive(),
    GitLab(),
    GitLabCsv(),
    GitLabExport(),
    GitLabNotes(),
    Trello(),
    Linear(),
    Asana(),
    Plane(),
    RedmineCsv(),
    RedmineRest(),
    BugzillaCsv(),
    BugzillaXml(),
    BugzillaRest(),
    BugzillaComments(),
    Taiga(),
    Table(),
)


class UnknownFormat(Invalid):
    """The file is none that FlowBoard reads."""

    title = gettext_lazy("This file is not recognised")


def format_named(name: str) -> Format:
    """The format that the command calls so.

    :raises UnknownFormat: if there is none
    """
    found = next((each for each in FORMATS if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in FORMATS)
        raise UnknownFormat(_("There is no format “%(name)s”. There are: %(known)s.") % {"name": name, "known": known})
    return found


def recognise(upload: Upload) -> Format:
    """The format of a file, told by its content.

    :raises UnknownFormat: if it is none of ours
    :raises OSError: if the file cannot be opened
    """
    sample = Sample(upload)
    if refusal := saved_pages.refusal(sample):
        raise UnknownFormat(refusal)
    found = next((each for each in FORMATS if each.recognises(sample)), None)
    if found is None:
        known = ", ".join(dict.fromkeys(str(each.label) for each in FORMATS))
        raise UnknownFormat(
            advice(sample)
            or _(
                "“%(name)s” is no export that FlowBoard knows. It reads: %(known)s. If it is one of these, export it "
                "again: it may be damaged. Of anything else, hand in a table with a row of column names, as CSV."
            )
            % {"name": upload.name, "known": known}
        )
    return found
