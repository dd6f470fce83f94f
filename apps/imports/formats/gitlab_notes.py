"""Comments of GitLab's issues as its REST interface lists them: the notes of each issue, page by page."""

from collections.abc import Iterator
from typing import Any

from apps.imports.choices import Choices
from apps.imports.files import Upload
from apps.imports.formats import building, gitlab
from apps.imports.formats.base import Format, Sample
from apps.imports.formats.values import moment, one_line, text_or_nothing, whole
from apps.imports.moments import Reader, zone_of
from apps.imports.reading.objects import read_documents
from apps.imports.records import CommentsRecord, Content, LeftOut, Ref, Row, Unreadable
from apps.imports.texts import Notes

_NOTE = {"body", "author", "system", "noteable_iid", "noteable_type"}


class GitLabNotes(Format):
    """Lists of notes, as `/projects/…/issues/…/notes` gives them."""

    name = "gitlab-notes"
    source = gitlab.SOURCE
    label = "GitLab"

    def recognises(self, sample: Sample) -> bool:
        """By what every note says of the issue that it is on."""
        return {path.removeprefix("item.") for path in sample.json_paths} >= _NOTE

    def read(self, upload: Upload, choices: Choices) -> Iterator[Row]:
        """One note a row."""
        times = Reader(zone_of(choices))
        for element in read_documents(upload):
            content = Unreadable("", element.fault) if element.fault else _note(element.content, times)
            yield Row(f"{upload.name}:{element.number}", element.size, content)


def _note(raw: Any, times: Reader) -> Content:
    if not isinstance(raw, dict):
        return Unreadable("", "This is no note of GitLab, but a value of another kind.")
    if raw.get("system") is True:
        return LeftOut("note by GitLab itself")
    if raw.get("noteable_type") != "Issue":
        return LeftOut("comment on something else than an issue")
    own_id, project, number = whole(raw.get("id")), whole(raw.get("project_id")), whole(raw.get("noteable_iid"))
    if own_id is None or project is None or number is None:
        return Unreadable("noteable_iid", "The note does not say by numbers which issue of which project it is on.")
    notes: Notes = []
    said = building.comment(
        text_or_nothing(raw.get("body"), "body", notes),
        notes,
        str,
        external_id=one_line(own_id, 40),
        author=gitlab.person(raw.get("author")),
        created_at=moment(raw.get("created_at"), times, "created_at", notes),
    )
    if not said:
        return LeftOut("comment without text")
    return CommentsRecord(issue=Ref(external_id=gitlab.id_of(project, number)), comments=said)
