"""The review of an import as a page: the other tracker's words, what they become here, and what people choose."""

from apps.imports.review.figures import Figure, configurations_found, figures_found, figures_written, previewed
from apps.imports.review.offers import GUESS, Offer, Option, kinds
from apps.imports.review.sections import MOST_SHOWN, Line, Section, SectionChanged, sections, with_section

__all__ = [
    "GUESS",
    "MOST_SHOWN",
    "Figure",
    "Line",
    "Offer",
    "Option",
    "Section",
    "SectionChanged",
    "configurations_found",
    "figures_found",
    "figures_written",
    "kinds",
    "previewed",
    "sections",
    "with_section",
]
