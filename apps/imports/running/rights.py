"""Whether whoever started an import may still do so."""

import re
import time
from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError
from apps.core.tenancy import run_as
from apps.core.tenancy.doors import NoSuchOrganization
from apps.imports.models import ImportRun
from apps.imports.selectors import can_import
from apps.projects.models import PROJECT_KEY
from apps.projects.selectors import visible_projects

# So often a worker looks.
RIGHTS = 10.0


class Stopped(DomainError):
    """The import cannot go on."""

    title = gettext_lazy("The import was stopped")


class Rights:
    """Whether whoever started a run may still do so, looked up now and then; what FlowBoard started needs no leave."""

    def __init__(self, run: ImportRun) -> None:
        self._run = run
        self._looked_at: float | None = None
        self._seen: dict[str, bool] = {}
        self._refusals: dict[str, str] = {}

    def look(self, keys: Iterable[str]) -> None:
        """See to it that it is known for these projects.

        :raises Stopped: if nothing may be written any more
        """
        now, missing = time.monotonic(), set(keys)
        is_fresh = self._looked_at is not None and now - self._looked_at < RIGHTS
        missing = missing - self._seen.keys() if is_fresh else missing | self._seen.keys()
        unfit = {key for key in missing if not re.fullmatch(PROJECT_KEY, key)}
        self._refusals |= {
            key: _("“%(key)s” cannot be the key of a project here; choose the project for all rows.") % {"key": key}
            for key in unfit
        }
        self._seen |= dict.fromkeys(unfit, True)
        missing -= unfit
        if self._run.started_by_id is None:
            self._seen |= dict.fromkeys(missing, True)
        elif missing or not is_fresh:
            self._looked_at = now
            self._look_as(self._run.started_by_id, missing)

    def _look_as(self, user_id: int, keys: Collection[str]) -> None:
        run = self._run
        try:
            with run_as(user_id=user_id, org_slug=run.org.slug) as person:
                projects = visible_projects(actor=person)
                if run.project_id is not None:
                    project = projects.filter(pk=run.project_id).first()
                    if project is None or not can_import(person, project):
                        raise self._lost()
                    self._seen |= dict.fromkeys(keys, True)
                    return
                if not can_import(person, None):
                    raise self._lost()
                found = {project.key: project for project in projects.filter(key__in=keys)}
                for key in keys:
                    self._seen[key] = key in found
                    self._refusals.pop(key, None)
                    if key in found and not can_import(person, found[key]):
                        name = {"name": run.started_by, "key": key}
                        self._refusals[key] = _("%(name)s may not import into %(key)s.") % name
        except NoSuchOrganization as error:
            raise self._lost() from error

    def _lost(self) -> Stopped:
        return Stopped(
            _("%(name)s may not import here any more. What was written until then stays and can be taken back.")
            % {"name": self._run.started_by}
        )

    def refusal(self, key: str) -> str:
        """Why nothing can go into a project, or ""."""
        return self._refusals.get(key, "")

    def is_seen(self, key: str) -> bool:
        """Whether whoever started the run may know of the project of this key, if there is one."""
        return self._seen[key]
