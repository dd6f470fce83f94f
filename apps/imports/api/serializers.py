"""Imports in JSON, and what can be asked of them."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, IdField, PageQuery
from apps.imports.standing import label_of
from apps.orgs.api.serializers import PersonSerializer

_IMPORT: dict[str, Any] = {
    "id": 31,
    "project": "LAMP",
    "project_key": "LAMP",
    "state": "running",
    "format": "jira-csv",
    "tracker": "Jira (CSV)",
    "source": "jira",
    "started_by": {"id": 1, "name": "Ada Okafor"},
    "created_at": "2026-11-20T16:05:12Z",
    "began_at": "2026-11-20T16:09:00Z",
    "ended_at": None,
    "cancelled_at": None,
    "fault": "",
    "rows_total": 1200,
    "rows_done": 700,
    "imported": 690,
    "updated": 0,
    "skipped": 8,
    "failed": 2,
}
ROW: dict[str, Any] = {"row": "lamps.csv:9", "field": "created", "reason": "There is no time."}


class NewImportFields(Fields):
    """The files, as parts of a form (`multipart/form-data`), all of one tracker, and where to.

    `project` is the key of one that is there, `project_key` that of one to be made; without either each row goes into
    the project that it names.
    """

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=50)
    project = serializers.CharField(required=False, max_length=20)
    project_key = serializers.CharField(required=False, max_length=20)


class PeopleQuery(PageQuery):
    """Which imported people are listed."""

    q = serializers.CharField(required=False, max_length=200, help_text="Words in the name.")


class ClaimFields(Fields):
    """Which member it is, by the id of the person."""

    member = IdField()

    class Meta:
        example: ClassVar[dict[str, Any]] = {"member": 2}


class ImportSerializer(serializers.Serializer[Any]):
    """An import, and how far it is.

    It is `surveying` (its files are read, nothing is written), then in `review`, then `queued` and `running`, and ends
    as `done`, `failed` (`fault` says why) or `cancelled`; taken back it is `reverting`, then `reverted`. Of its rows
    `rows_done` are accounted for: as many as `imported`, `updated`, `skipped` and `failed` together.
    """

    id = serializers.IntegerField(read_only=True)
    project = serializers.CharField(source="project.key", read_only=True, allow_null=True, default=None)
    project_key = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    format = serializers.CharField(read_only=True)
    tracker = serializers.SerializerMethodField()
    # Of which kind of tracker it is.
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # not DRF's attribute
    started_by = PersonSerializer(read_only=True, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)
    began_at = serializers.DateTimeField(read_only=True, allow_null=True)
    ended_at = serializers.DateTimeField(read_only=True, allow_null=True)
    cancelled_at = serializers.DateTimeField(read_only=True, allow_null=True)
    fault = serializers.CharField(read_only=True)
    rows_total = serializers.IntegerField(read_only=True)
    rows_done = serializers.IntegerField(read_only=True)
    imported = serializers.IntegerField(read_only=True)
    updated = serializers.IntegerField(read_only=True)
    skipped = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = _IMPORT

    def get_tracker(self, run: Any) -> str:
        """What people call the format of its files."""
        return label_of(run)


class ImportFileSerializer(serializers.Serializer[Any]):
    """One of its files."""

    name = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    format = serializers.CharField(read_only=True)
    sha256 = serializers.CharField(read_only=True)


class FoundSerializer(serializers.Serializer[Any]):
    """What is in the files, found without writing anything: of its issues so many are new, changed since they were
    imported before, or as they are here."""

    rows = serializers.IntegerField(read_only=True)
    new = serializers.IntegerField(read_only=True)
    changed = serializers.IntegerField(read_only=True)
    same = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)
    comments = serializers.IntegerField(read_only=True)
    links = serializers.IntegerField(read_only=True)
    attachments = serializers.IntegerField(read_only=True)
    work_logs = serializers.IntegerField(read_only=True)


class AccountSerializer(serializers.Serializer[Any]):
    """The account of an import."""

    files = ImportFileSerializer(many=True, read_only=True)
    found = FoundSerializer(read_only=True, allow_null=True)
    rate = serializers.IntegerField(read_only=True)
    seconds_left = serializers.IntegerField(read_only=True, allow_null=True)
    left_out = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    brought = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    projects = serializers.ListField(child=serializers.CharField(), read_only=True)
    taken_back = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    kept = serializers.IntegerField(read_only=True)


class ImportDetailSerializer(ImportSerializer, AccountSerializer):
    """An import with its account.

    `rate` is in rows a second; `seconds_left` is an estimate. `left_out` tells why rows were skipped on purpose,
    `brought` what came with the issues, `projects` the keys of those that were written into. After it was taken back,
    `taken_back` counts what went, and `kept` what stayed since people changed it (`kept/` names it).
    """

    class Meta:
        example: ClassVar[dict[str, Any]] = _IMPORT | {
            "files": [{"name": "lamps.csv", "size": 90_412, "format": "jira-csv", "sha256": "9f86d081…"}],
            "found": {
                "rows": 1200, "new": 1190, "changed": 0, "same": 0, "failed": 2, "comments": 310, "links": 41,
                "attachments": 0, "work_logs": 0,
            },
            "rate": 175,
            "seconds_left": 3,
            "left_out": {"pull request": 8},
            "brought": {"comments": 180, "links": 0, "members": 3, "placeholders": 2},
            "projects": ["LAMP"],
            "taken_back": {},
            "kept": 0,
        }  # fmt: skip


class ProblemSerializer(serializers.Serializer[Any]):
    """A row that was not imported (`is_failure`), or could not be kept as it was, and why."""

    id = serializers.IntegerField(read_only=True)
    row = serializers.CharField(read_only=True)
    field = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)
    is_failure = serializers.BooleanField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"id": 77, **ROW, "is_failure": True}


class KeptSerializer(serializers.Serializer[Any]):
    """Something that stayed when the import was taken back, by its key or name, and why."""

    key = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"key": "LAMP-4", "reason": "It was changed since the import."}


class PlaceholderSerializer(serializers.Serializer[Any]):
    """Somebody whom imports met and who is no member here, and how often the caller sees them named."""

    id = serializers.IntegerField(source="user.id", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    issues = serializers.IntegerField(read_only=True)
    comments = serializers.IntegerField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"id": 90, "name": "Mira Stone", "issues": 41, "comments": 12}


class ClaimSerializer(serializers.Serializer[Any]):
    """Who somebody is from now on."""

    placeholder = PersonSerializer(read_only=True)
    member = PersonSerializer(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "placeholder": {"id": 90, "name": "Mira Stone"},
            "member": {"id": 2, "name": "Mateo Silva"},
        }
