"""How each field that can change is told. A new kind of change is told by one more entry of `TOLD`.

Fields that there are any number of have an entry in `FAMILIES`; a fact whose changes are told together has one in
`whole.WHOLE`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markupsafe import Markup, escape

from apps.accounts.reading import day
from apps.core.durations import in_hours
from apps.core.tenancy import Actor
from apps.events.models import Change
from apps.issues.models import Decision, Priority

_Sentence = Callable[[], str]


class Naming(Protocol):
    """What calls things by their names (`names.Names`)."""

    def call(self, kind: str, pk: Any) -> Markup:
        """What something is called."""


# What stands for a thing whose name the reader cannot be told, by its kind.
NAMED: dict[str, _Sentence] = {
    "person": lambda: _("somebody"),
    "status": lambda: _("a deleted status"),
    "type": lambda: _("deleted type"),
    "label": lambda: _("a deleted label"),
    "version": lambda: _("a deleted version"),
    "sprint": lambda: _("a deleted sprint"),
    "issue": lambda: _("an issue that is not shared with you"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a changed field is told.

    `made` is the sentence where it has a value now, `unmade` where it has none; both may name {old}, {new} and, for
    what is there or not, {it}. Without them nothing is told. What it was before follows by itself unless the sentence
    names it. `names` says what ids in its values stand for (a key of `NAMED`), `words` how else a value is written;
    `is_text` that it is so long that its difference is shown when it is asked for; `has_before` that what it was is
    news. `title` is what people call it.
    """

    icon: str
    title: Any = ""
    made: _Sentence | None = None
    unmade: _Sentence | None = None
    names: str | None = None
    words: Callable[[Any], Any] = str
    is_text: bool = False
    has_before: bool = True

    def write(self, value: Any, names: Naming) -> Markup:
        """A value in words."""
        if self.names is None:
            return escape(self.words(value))
        if isinstance(value, list):
            return Markup(", ").join(names.call(self.names, each) for each in value)
        return names.call(self.names, value)

    def sentence(self, old: Any, new: Any, names: Naming) -> Markup | None:
        """What was done, without who did it; None where that is no news."""
        pattern = self._pattern(new)
        if not pattern:
            return None
        values = {
            name: self.write(value, names)
            for name, value in (("old", old), ("new", new), ("it", new if _is_nothing(old) else old))
            if f"{{{name}}}" in pattern
        }
        return _told(pattern, **values)

    def before(self, old: Any, new: Any, names: Naming) -> Markup | None:
        """What it was before, where the sentence does not say it."""
        pattern = self._pattern(new)
        if (
            _is_nothing(old)
            or old is True
            or self.is_text
            or not self.has_before
            or "{old}" in pattern
            or "{it}" in pattern
        ):
            return None
        return self.write(old, names)

    def _pattern(self, new: Any) -> str:
        said = self.unmade if _is_nothing(new) and self.unmade is not None else self.made
        return said() if said is not None else ""


def _is_nothing(value: Any) -> bool:
    """Whether a field has no value; zero is one."""
    return value is None or value is False or value in ([], "")


def _told(sentence: str, **values: Any) -> Markup:
    """A sentence of ours, whose values are escaped when they are put in."""
    return Markup(sentence).format(**values)  # noqa: S704 (the sentence is ours, the values are not)


def _day(value: Any) -> str:
    return day(date.fromisoformat(value))


def _decided(value: Any) -> str:
    decisions: dict[str, _Sentence] = {
        Decision.ACCEPTED: lambda: _("accepted this"),
        Decision.DECLINED: lambda: _("declined this"),
        Decision.DUPLICATE: lambda: _("declined this as a duplicate"),
    }
    return decisions.get(value, lambda: _("put this back into Triage"))()


def _link(made: _Sentence, unmade: _Sentence) -> Told:
    return Told(icon="link", title=gettext_lazy("Links"), names="issue", made=made, unmade=unmade)


_ARCHIVED = Told(
    icon="archive",
    title=gettext_lazy("Archive"),
    made=lambda: _("archived this issue"),
    unmade=lambda: _("brought this issue back"),
)
_DELETED = Told(
    icon="trash-2",
    title=gettext_lazy("Bin"),
    made=lambda: _("deleted this issue"),
    unmade=lambda: _("brought this issue back"),
)

TOLD: dict[str, Told] = {
    "rank": Told(icon="arrow-right"),  # a place in a column is no news
    "status": Told(
        icon="arrow-right",
        title=gettext_lazy("Status"),
        names="status",
        made=lambda: _("moved this from {old} to <b>{new}</b>"),
    ),
    "archived": _ARCHIVED,
    "deleted": _DELETED,
    "key": Told(icon="folder", title=gettext_lazy("Key"), made=lambda: _("moved this here: <b>{new}</b> was {old}")),
    "triage": Told(icon="inbox", title=gettext_lazy("Triage"), made=lambda: "{new}", words=_decided, has_before=False),
    "snoozed_until": Told(
        icon="clock",
        title=gettext_lazy("Put off"),
        words=_day,
        made=lambda: _("put this off until <b>{new}</b>"),
        unmade=lambda: "",  # what ended it says so
    ),
    "attachment": Told(
        icon="paperclip",
        title=gettext_lazy("File"),
        made=lambda: _("attached <b>{new}</b>"),
        unmade=lambda: _("removed the file {old}"),
    ),
    "attachment_restored": Told(
        icon="paperclip", title=gettext_lazy("File"), made=lambda: _("brought the file <b>{new}</b> back")
    ),
    "pinned_comment": Told(
        icon="pin",
        title=gettext_lazy("Pinned comment"),
        words=lambda value: _("another comment") if value else "",
        has_before=False,
        made=lambda: _("pinned a comment"),
        unmade=lambda: _("took the pinned comment down"),
    ),
    "resolved_thread": Told(
        icon="circle-check",
        title=gettext_lazy("Thread"),
        words=lambda value: Markup('<a class="link" href="#comment-{}">{}</a>').format(value, _("a thread")),
        made=lambda: _("resolved {it}"),
        unmade=lambda: _("opened {it} again"),
    ),
    "comment": Told(
        icon="message-square", title=gettext_lazy("Comment"), is_text=True, made=lambda: _("edited a comment")
    ),
    "comment_deleted": Told(
        icon="trash-2",
        title=gettext_lazy("Comment"),
        has_before=False,
        made=lambda: _("deleted a comment"),
        unmade=lambda: _("brought a deleted comment back"),
    ),
    "title": Told(
        icon="pencil", title=gettext_lazy("Title"), made=lambda: _("changed the title from “{old}” to “<b>{new}</b>”")
    ),
    "description": Told(
        icon="file-text",
        title=gettext_lazy("Description"),
        is_text=True,
        made=lambda: _("changed the description"),
        unmade=lambda: _("removed the description"),
    ),
    "assignee": Told(
        icon="circle-user-round",
        title=gettext_lazy("Assignee"),
        names="person",
        made=lambda: _("gave this to <b>{new}</b>"),
        unmade=lambda: _("took this from {old}"),
    ),
    "type": Told(
        icon="tag",
        title=gettext_lazy("Type"),
        names="type",
        made=lambda: _("made this a <b>{new}</b> from a {old}"),
    ),
    "priority": Told(
        icon="flag",
        title=gettext_lazy("Priority"),
        words=lambda value: Priority(int(value or 0)).label,
        made=lambda: _("set the priority to <b>{new}</b>"),
    ),
    "labels": Told(
        icon="tag",
        title=gettext_lazy("Labels"),
        names="label",
        made=lambda: _("set the labels to <b>{new}</b>"),
        unmade=lambda: _("removed all labels"),
    ),
    "fix_versions": Told(
        icon="flag",
        title=gettext_lazy("Versions"),
        names="version",
        made=lambda: _("set the versions to <b>{new}</b>"),
        unmade=lambda: _("took this out of all versions"),
    ),
    "parent": Told(
        icon="layers",
        title=gettext_lazy("Part of"),
        names="issue",
        made=lambda: _("made this part of <b>{new}</b>"),
        unmade=lambda: _("took this out of {old}"),
    ),
    "sprint": Told(
        icon="refresh-cw",
        title=gettext_lazy("Sprint"),
        names="sprint",
        made=lambda: _("put this into <b>{new}</b>"),
        unmade=lambda: _("took this out of {old}"),
    ),
    "points": Told(
        icon="gauge",
        title=gettext_lazy("Estimate"),
        words=lambda value: f"{Decimal(value).normalize():f}",
        made=lambda: _("estimated this at <b>{new}</b>"),
        unmade=lambda: _("removed the estimate"),
    ),
    "time_estimate": Told(
        icon="timer",
        title=gettext_lazy("Estimate of the time"),
        words=in_hours,
        made=lambda: _("estimated the time at <b>{new}</b>"),
        unmade=lambda: _("removed the estimate of the time"),
    ),
    "time_remaining": Told(
        icon="timer",
        title=gettext_lazy("Time that is left"),
        words=in_hours,
        made=lambda: _("set the time that is left to <b>{new}</b>"),
        unmade=lambda: _("does not say any more how much time is left"),
    ),
    "due_date": Told(
        icon="calendar",
        title=gettext_lazy("Due"),
        words=_day,
        made=lambda: _("set the due date to <b>{new}</b>"),
        unmade=lambda: _("removed the due date"),
    ),
    "start_date": Told(
        icon="calendar",
        title=gettext_lazy("Start"),
        words=_day,
        made=lambda: _("set the start date to <b>{new}</b>"),
        unmade=lambda: _("removed the start date"),
    ),
    # What a link is called, from each of its sides: when it is made, and when it is taken away.
    "blocks": _link(
        lambda: _("said that this blocks <b>{it}</b>"), lambda: _("said that this does not block <b>{it}</b> any more")
    ),
    "blocks_in": _link(
        lambda: _("said that <b>{it}</b> blocks this"), lambda: _("said that <b>{it}</b> does not block this any more")
    ),
    "duplicates": _link(
        lambda: _("said that this duplicates <b>{it}</b>"), lambda: _("said that this does not duplicate <b>{it}</b>")
    ),
    "duplicates_in": _link(
        lambda: _("said that <b>{it}</b> duplicates this"), lambda: _("said that <b>{it}</b> does not duplicate this")
    ),
    "relates": _link(lambda: _("linked <b>{it}</b>"), lambda: _("took the link to <b>{it}</b> away")),
    "relates_in": _link(lambda: _("linked <b>{it}</b>"), lambda: _("took the link to <b>{it}</b> away")),
}


# Fields that there are any number of, such as those that a project made itself. Each entry takes the changes that are
# told, and gives back how those of its fields are told, by the name of the field: with one query, or none.
Family = Callable[[Actor, Sequence[Change]], Mapping[str, Told]]
FAMILIES: list[Family] = []


def unknown(field: str) -> Told:
    """How a field is told that nobody has said anything about: by its name in the log."""
    name = field.replace("_", " ")
    return Told(icon="pencil", title=name, words=lambda value: name, made=lambda: _("changed {it}"))
