"""The review of an import as a page: the other tracker's words, what they become here, and what people choose."""

from apps.imports.review.figures import Figure, configurations_found, figures_found, figures_written, previewed
from apps.imports.review.offering import offer_for
from apps.imports.review.offers import GUESS, Offer, Option, kinds
from apps.imports.review.sections import (
    LINES_ON_A_PAGE,
    Line,
    NoSuchSection,
    Section,
    SectionChanged,
    section_named,
    sections,
    with_section,
    with_words,
)

__all__ = [
    "GUESS",
    "LINES_ON_A_PAGE",
    "Figure",
    "Line",
    "NoSuchSection",
    "Offer",
    "Option",
    "Section",
    "SectionChanged",
    "configurations_found",
    "figures_found",
    "figures_written",
    "kinds",
    "offer_for",
    "previewed",
    "section_named",
    "sections",
    "with_section",
    "with_words",
]
