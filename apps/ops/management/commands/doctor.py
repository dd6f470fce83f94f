import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.ops.doctor import Level, examine


class Command(BaseCommand):
    help = "Examines this installation; exits with 1 when something is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        """Print one line for each finding, and what to do about it.

        :raises CommandError: if something is wrong
        """
        findings = examine()
        wrong = sum(1 for finding in findings if finding.level is Level.BAD)
        if as_json:
            self.stdout.write(json.dumps({"ok": not wrong, "findings": [asdict(each) for each in findings]}, indent=1))
        else:
            style = {Level.OK: self.style.SUCCESS, Level.WARN: self.style.WARNING, Level.BAD: self.style.ERROR}
            for each in findings:
                self.stdout.write(f"{style[each.level](f'{each.level:4}')}  {each.check:13}  {each.what}")
                if each.advice:
                    self.stdout.write(f"{'':21}→ {each.advice}")
        if wrong:
            raise CommandError(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
