"""What is decided about an import, in JSON."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields, PageQuery
from apps.imports.api.serializers import ROW

_OPTION: dict[str, Any] = {"value": "id-8", "name": "In progress"}
_SECTION: dict[str, Any] = {
    "name": "statuses",
    "title": "Statuses",
    "hint": "Where issues stand.",
    "words": 2,
    "chosen": 0,
    "version": "b1d4a90f22c7e813",
}


class ChoicesFields(Fields):
    """What words of a section become: the `value` of an option for each `key`, or "" for the guess. People and labels
    can be named as well. What is not mentioned stays as it was decided. `version` is that of the section that was read.
    """

    version = serializers.CharField(max_length=40)
    choices = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=300))

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "version": "b1d4a90f22c7e813",
            "choices": {"Selected": "id-8", "selected": "as-0"},
        }


class WordsQuery(PageQuery):
    """Which words are listed."""

    q = serializers.CharField(required=False, max_length=200, help_text="What stands in them, or is told of them.")


class ProfileFields(Fields):
    """Under which name the decisions are kept."""

    name = serializers.CharField(max_length=200)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"name": "Our Jira"}


class ProfileQuery(Fields):
    """Which kept decisions are listed."""

    source = serializers.CharField(  # type: ignore[assignment]  # not DRF's attribute
        required=False, max_length=40, help_text="Only those for this kind of tracker, such as `jira`."
    )


class ChoiceSerializer(serializers.Serializer[Any]):
    """Something that a word can become."""

    value = serializers.CharField(read_only=True)
    name = serializers.CharField(read_only=True)


class WordSerializer(serializers.Serializer[Any]):
    """A word of the other tracker, and what becomes of it: the `guess`, unless a `value` was chosen.

    `options` are those that this word has besides the section's; `about` and `why` say what helps to decide.
    """

    key = serializers.CharField(read_only=True)
    word = serializers.CharField(read_only=True)
    about = serializers.CharField(read_only=True)
    count = serializers.IntegerField(read_only=True)
    guess = serializers.CharField(read_only=True)
    value = serializers.CharField(read_only=True)
    why = serializers.CharField(read_only=True)
    options = ChoiceSerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "key": "selected",
            "word": "selected",
            "about": "",
            "count": 2,
            "guess": "“selected”, new (To do)",
            "value": "",
            "why": "",
            "options": [{"value": "as-0", "name": "Same as “Selected”"}],
        }


class SectionSerializer(serializers.Serializer[Any]):
    """One kind of words, how many there are, and about how many somebody decided."""

    name = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    hint = serializers.CharField(read_only=True)
    words = serializers.IntegerField(read_only=True)
    chosen = serializers.IntegerField(read_only=True)
    version = serializers.CharField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = _SECTION


class SectionDetailSerializer(SectionSerializer):
    """A section with what each of its words can become (`words/` has these). `alike` are pairs of keys that differ in
    spelling only."""

    options = ChoiceSerializer(many=True, read_only=True)
    alike = serializers.ListField(child=serializers.ListField(child=serializers.CharField()), read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = _SECTION | {
            "options": [_OPTION, {"value": "new-todo", "name": "New status: To do"}],
            "alike": [["Selected", "selected"]],
        }


class PreviewedSerializer(serializers.Serializer[Any]):
    """An issue as it will be."""

    key = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    type = serializers.CharField(read_only=True)
    status = serializers.CharField(read_only=True)
    priority = serializers.CharField(read_only=True)
    assignee = serializers.CharField(read_only=True, allow_null=True)
    reporter = serializers.CharField(read_only=True, allow_null=True)
    labels = serializers.ListField(child=serializers.CharField(), read_only=True)
    created_at = serializers.DateTimeField(read_only=True, allow_null=True)
    comments = serializers.IntegerField(read_only=True)


class FoundProblemSerializer(serializers.Serializer[Any]):
    """A row with something to say."""

    row = serializers.CharField(read_only=True)
    field = serializers.CharField(read_only=True)
    reason = serializers.CharField(read_only=True)


class ConfigurationSerializer(serializers.Serializer[Any]):
    """What becomes of a project of which the files tell what it is made of: replaced by it, or given what it lacks."""

    key = serializers.CharField(read_only=True)
    is_replaced = serializers.BooleanField(read_only=True)
    parts = serializers.CharField(read_only=True)


class PreviewSerializer(serializers.Serializer[Any]):
    """The first issues as they will be, and the first rows with something to say."""

    issues = PreviewedSerializer(many=True, read_only=True)
    problems = FoundProblemSerializer(many=True, read_only=True)
    configurations = ConfigurationSerializer(many=True, read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "issues": [
                {
                    "key": "LAMP-1", "title": "A lamp flickers", "type": "Improvement", "status": "Selected",
                    "priority": "Urgent", "assignee": "Mira Stone", "reporter": "Mira Stone", "labels": ["hall"],
                    "created_at": "2024-03-01T08:30:00Z", "comments": 2,
                },
            ],
            "problems": [ROW],
            "configurations": [],
        }  # fmt: skip


class ProfileSerializer(serializers.Serializer[Any]):
    """Decisions that were kept under a name, for imports from this kind of tracker."""

    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    source = serializers.CharField(read_only=True)  # type: ignore[assignment]  # not DRF's attribute
    created_at = serializers.DateTimeField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "id": 5,
            "name": "Our Jira",
            "source": "jira",
            "created_at": "2026-11-20T16:05:12Z",
        }
