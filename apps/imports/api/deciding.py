"""Deciding about an import: what its words become, the decisions of another time, and how it will look."""

from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api import operation
from apps.core.paging import Page
from apps.imports import review, selectors, services
from apps.imports.api.base import ImportScopeView
from apps.imports.api.decisions import (
    ChoicesFields,
    PreviewSerializer,
    ProfileFields,
    ProfileQuery,
    ProfileSerializer,
    SectionDetailSerializer,
    SectionSerializer,
    WordSerializer,
    WordsQuery,
)
from apps.imports.api.serializers import ImportDetailSerializer
from apps.imports.choices import Choices


class PreviewView(ImportScopeView):
    """How it will look."""

    @operation("preview_import", answer=PreviewSerializer)
    def get(self, request: Request, org: str, import_id: int) -> Response:
        """The first issues as they will be, and the first rows with something to say."""
        survey = self.run(import_id).survey
        said = {
            "issues": review.previewed(survey),
            "problems": survey.get("problems") or [],
            "configurations": review.configurations_found(survey),
        }
        return Response(PreviewSerializer(said).data)


class SectionScopeView(ImportScopeView):
    """Base of what is decided about words."""

    def _show(self, section: review.Section) -> dict[str, Any]:
        return {
            "name": section.name,
            "title": section.title,
            "hint": section.hint,
            "words": len(section.lines),
            "chosen": section.chosen,
            "version": section.version,
        }

    def _show_all(self, section: review.Section) -> Response:
        alike = [[first.key, second.key] for first, second in section.alike]
        options = section.listed if section.is_written else section.options
        return Response(SectionDetailSerializer(self._show(section) | {"options": options, "alike": alike}).data)

    def _section(self, run: Any, name: str, offer: review.Offer) -> review.Section:
        return review.section_named(name, run.survey, Choices.from_json(run.choices), offer)


class SectionListView(SectionScopeView):
    """Everything that can be decided."""

    @operation("list_import_sections", answer=SectionSerializer, is_page=True)
    def get(self, request: Request, org: str, import_id: int) -> Response:
        """What can be decided about the import: its columns, statuses, types and so on, as far as it has any.

        They come all at once. Everything is guessed already.
        """
        run = self.run(import_id)
        offer = review.offer_for(actor=self.actor, run=run)
        found = review.sections(run.survey, Choices.from_json(run.choices), offer)
        return self.whole(SectionSerializer, [self._show(section) for section in found])


class SectionView(SectionScopeView):
    """One kind of words."""

    @operation("get_import_section", answer=SectionDetailSerializer)
    def get(self, request: Request, org: str, import_id: int, section: str) -> Response:
        """How many words it has, and what each of them can become."""
        run = self.run(import_id)
        return self._show_all(self._section(run, section, review.offer_for(actor=self.actor, run=run)))

    @operation("change_import_section", body=ChoicesFields, answer=SectionDetailSerializer)
    def patch(self, request: Request, org: str, import_id: int, section: str) -> Response:
        """Choose what some of its words become. If somebody else chose there meanwhile, it is refused (409).

        After other columns the files are read again, and the import is `surveying` for a while.
        """
        actor, run = self.actor, self.run(import_id)
        offer = review.offer_for(actor=actor, run=run)

        def choose(held: Any) -> Choices:
            now = Choices.from_json(held.choices)
            return review.with_words(section, self.body["choices"], self.body["version"], held.survey, now, offer)

        decided = services.decide(actor=actor, run=run, rule=choose)
        return self._show_all(self._section(decided, section, offer))


class WordListView(SectionScopeView):
    """Its words."""

    @operation("list_import_words", query=WordsQuery, answer=WordSerializer, is_page=True)
    def get(self, request: Request, org: str, import_id: int, section: str) -> Response:
        """A page of the words of a section: what each is guessed to become, and what was chosen.

        Of people and labels those come first that somebody should look at.
        """
        run, words = self.run(import_id), self.query.get("q", "")
        found = self._section(run, section, review.offer_for(actor=self.actor, run=run))
        common = {option.value for option in found.options}

        def read(*, after: Any, before: Any, size: int) -> Page[dict[str, Any]]:
            page = found.page(q=words, after=after, size=size)
            names = ("key", "word", "about", "count", "guess", "value", "why")
            rows = [
                {name: getattr(line, name) for name in names}
                | {"options": [option for option in line.options if option.value not in common]}
                for line in page.rows
            ]
            return Page(rows, next_after=page.next_after)

        return self.page(WordSerializer, read, order=f"{found.version}:{words}")


class ProfileSaveView(ImportScopeView):
    """Keeping decisions."""

    @operation("save_import_profile", body=ProfileFields, answer=ProfileSerializer)
    def post(self, request: Request, org: str, import_id: int) -> Response:
        """Keep the decisions about this import under a name, for the next export of the same tracker.

        Under a name that is there already, instead of those.
        """
        profile = services.save_profile(actor=self.actor, run=self.run(import_id), name=self.body["name"])
        return Response(ProfileSerializer(profile).data)


class ProfileUseView(ImportScopeView):
    """Using decisions of another time."""

    @operation("use_import_profile", answer=ImportDetailSerializer)
    def post(self, request: Request, org: str, import_id: int, profile_id: int) -> Response:
        """Decide as was decided about an earlier import. What is not there any more is left to be guessed."""
        profile = selectors.get_profile(actor=self.actor, pk=profile_id)
        run = services.use_profile(actor=self.actor, run=self.run(import_id), profile=profile)
        return self.answer(run)


class ProfileListView(ImportScopeView):
    """Decisions of another time."""

    @operation("list_import_profiles", query=ProfileQuery, answer=ProfileSerializer, is_page=True)
    def get(self, request: Request, org: str) -> Response:
        """Decisions that were kept, by name.

        There can be a hundred: they come all at once.
        """
        return self.whole(ProfileSerializer, selectors.list_profiles(actor=self.actor, source=self.query.get("source")))


class ProfileView(ImportScopeView):
    """One of them."""

    @operation("delete_import_profile", status=204)
    def delete(self, request: Request, org: str, profile_id: int) -> Response:
        """Keep them no longer: one's own, or as an admin of the organization anybody's."""
        profile = selectors.get_profile(actor=self.actor, pk=profile_id)
        services.delete_profile(actor=self.actor, profile=profile)
        return Response(status=status.HTTP_204_NO_CONTENT)
