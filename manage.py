#!/usr/bin/env python
"""FlowBoard's command line."""

import os
import signal
import sys

# Production names everything itself, and must fail where it does not.
PRODUCTION = "flowboard.settings.prod"
# What only prints text needs no service.
OFFLINE = {"help", "version", "--help", "-h", "--version"}


def main() -> None:
    """Provide the services that the environment does not name, then hand over to Django."""
    settings = os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowboard.settings.dev")
    if settings != PRODUCTION and len(sys.argv) > 1 and sys.argv[1] not in OFFLINE:
        from apps.ops import embedded

        # A plain SIGTERM would end the process without the clean-up that stops what it started.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        try:
            embedded.provide()
        except embedded.EmbeddedError as error:
            sys.exit(str(error))

    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
