"""What Jira's own words mean, in the languages that its exports are written in."""

import re

from apps.imports import languages
from apps.imports.records import Level, LinkRecord, Ref, Relation
from apps.imports.texts import words
from apps.projects.models import Status

ISSUE_KEY = re.compile(r"([A-Z][A-Z0-9_]+)-([1-9]\d{0,8})")
# What the field is called that keeps the versions that an issue was found in.
AFFECTS = "Affects versions"
RANK = re.compile(r"\d\|[0-9a-z]*:[0-9a-z]*")
UNRESOLVED = {
    "unresolved", "no resolution", "nicht erledigt", "nicht gelöst", "ungelöst", "sin resolver", "non résolu",
    "non résolue", "niet opgelost", "onopgelost", "não resolvido", "não resolvida", "non risolto", "irrisolto",
}  # fmt: skip

CATEGORIES_BY_KEY = {
    "new": Status.Category.TODO,
    "undefined": Status.Category.TODO,
    "indeterminate": Status.Category.IN_PROGRESS,
    "done": Status.Category.DONE,
}
_CATEGORIES = {
    Status.Category.TODO: {"to do", "new", "no category", "aufgaben", "taken"} | languages.STATUSES["todo"],
    Status.Category.IN_PROGRESS: {"in progress"} | languages.STATUSES["in_progress"],
    Status.Category.DONE: {"done", "complete"} | languages.STATUSES["done"],
}
_EPICS = {"epic", "epos", "épica", "épico", "epica", "epico", "epopeya", "épopée", "epopee", "initiative"}
_SUBTASKS = {
    "sub-task", "subtask", "sub task", "technical task", "unteraufgabe", "teilaufgabe", "subtarea", "sub-tarea",
    "sous-tâche", "sous-tache", "subtaak", "sub-taak", "deeltaak", "subtarefa", "sub-tarefa", "sottotask",
    "sottoattività", "sotto-task", "sotto-attività",
}  # fmt: skip

# What a type of link says of the issue that it goes out of, and of the one that it goes in to. Where an export has
# only the type's name, these are the words, too.
_TYPES = {
    "blocks": ("blocks", "is blocked by"),
    "blocker": ("blocks", "is blocked by"),
    "blocked": ("blocks", "is blocked by"),
    "cloners": ("clones", "is cloned by"),
    "duplicate": ("duplicates", "is duplicated by"),
    "relates": ("relates to", "relates to"),
    "reference": ("references", "is related to"),
    "dependent": ("depends upon", "is depended upon by"),
    "dependency": ("depends on", "is depended on by"),
    "depends": ("depends on", "is depended on by"),
    "depend": ("depends on", "is depended on by"),
    "required": ("requires", "is required by"),
    "supercedes": ("supercedes", "is superceded by"),
    "regression": ("breaks", "is broken by"),
    "incorporates": ("incorporates", "is part of"),
    "container": ("contains", "is contained by"),
    "problem/incident": ("causes", "is caused by"),
    "causality": ("causes", "is caused by"),
    "issue split": ("split to", "split from"),
}
_BLOCKED = r"is blocked by|blocked by|blockiert von|bloqueada? por|bloqué par|geblokkeerd door"
_BLOCKING = r"\bblocks|blockiert|bloquea\b|bloque\b|blokkeert|bloqueia"
_RELATIONS = (
    (re.compile(r"is duplicated by|duplicated by|dupliziert von|duplicado por|dupliqué par"), Relation.DUPLICATED_BY),
    (re.compile(r"duplicates|is a duplicate of|dupliziert|duplica\b|duplique\b"), Relation.DUPLICATES),
    (re.compile(_BLOCKED), Relation.BLOCKED_BY),
    (re.compile(r"depends (?:up)?on|requires|has to be (?:done|started|finished) after"), Relation.BLOCKED_BY),
    (re.compile(r"depended (?:up)?on by|is required by|dependency for"), Relation.BLOCKS),
    (re.compile(rf"{_BLOCKING}|has to be (?:done|started|finished) before"), Relation.BLOCKS),
)


def key_of(value: object) -> re.Match[str] | None:
    """An issue's key such as FLOW-12, in its parts: the project's and the number."""
    return ISSUE_KEY.fullmatch(value.strip()) if isinstance(value, str) else None


def category_named(name: str) -> str | None:
    """A category of statuses by what Jira calls it."""
    wanted = name.casefold()
    return next((category for category, names in _CATEGORIES.items() if wanted in names), None)


def level_named(name: str) -> Level | None:
    """How high a type stands, where Jira itself ships one of this name."""
    wanted = name.casefold()
    if wanted in _EPICS:
        return Level.EPIC
    return Level.SUBTASK if wanted in _SUBTASKS else None


def link(target: Ref, *, type_name: str, is_outward: bool, said: str = "") -> LinkRecord:
    """A link as Jira names it: its type, in which direction it goes, and what it is said to say, if that is known."""
    known = _TYPES.get(type_name.casefold().removesuffix(" link").strip())
    spoken = words(said) or (known[0 if is_outward else 1] if known is not None else words(type_name))
    return LinkRecord(relation=_relation(spoken, type_name, is_outward), target=target, words=spoken[:100])


def _relation(spoken: str, type_name: str, is_outward: bool) -> Relation:
    name = spoken.casefold()
    for shape, relation in _RELATIONS:
        if shape.search(name) is not None:
            return relation
    # Words in a language that is not known here: the type's own name tells at least for the usual ones.
    kind = type_name.casefold()
    if kind in {"blocks", "blocker", "blocked"}:
        return Relation.BLOCKS if is_outward else Relation.BLOCKED_BY
    if kind == "duplicate":
        return Relation.DUPLICATES if is_outward else Relation.DUPLICATED_BY
    return Relation.RELATES
