"""What the words of another tracker mean in one of our projects: as people chose, else as they are usually meant."""

from apps.imports.mapping.checking import check_choices
from apps.imports.mapping.mapping import Mapping
from apps.imports.mapping.people import People

__all__ = ["Mapping", "People", "check_choices"]
