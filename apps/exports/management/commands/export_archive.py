from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import DomainError
from apps.core.tenancy import run_as_system, unit_of_work
from apps.core.tenancy.doors import organization_named
from apps.exports.archive import write_archive
from apps.exports.selectors import projects_to_archive
from apps.projects.selectors import get_project


class Command(BaseCommand):
    help = "Writes everything of an organization, or of one project, into a zip that FlowBoard imports again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to write, and where."""
        parser.add_argument("--org", required=True, help="the organization's address, for example acme")
        parser.add_argument("--project", metavar="KEY", help="one project; without it all of them, private ones too")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the zip to write; must not exist")

    def handle(self, *args: Any, org: str, project: str | None, out: Path, **options: Any) -> None:
        """Write the archive, and say what is in it.

        :raises CommandError: if there is no such organization or project, or the file cannot be written
        """
        try:
            with unit_of_work():
                org_id = organization_named(org)
            entering = partial(run_as_system, org_id=org_id)
            with entering() as actor:
                one = get_project(actor=actor, key=project) if project else None
                ids = [each.pk for each in projects_to_archive(actor=actor, project=one)]
            # Whoever else may read this machine's files has no business with it.
            out.touch(mode=0o600, exist_ok=False)
            with out.open("r+b") as target:
                written = write_archive(target=target, entering=entering, project_ids=ids, is_whole=one is None)
        except FileExistsError as error:
            raise CommandError(f"{out} exists already. Name another file, or move it away.") from error
        except (DomainError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{out}: {len(written.project_ids)} projects, {written.issues} issues.")
        for path in written.lost_files:
            self.stdout.write(f"  {path} is not in the storage any more and was left out.")
