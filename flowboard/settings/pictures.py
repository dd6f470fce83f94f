"""For `make screenshots` alone: as on one machine, at a moment that does not pass, so that pictures change only where
pages do. What the database itself takes for now goes on; no page shows it."""

import os
from datetime import datetime

from django.utils import timezone

MOMENT = datetime.fromisoformat(os.environ["FLOWBOARD_MOMENT"])
timezone.now = lambda: MOMENT

from .dev import *  # noqa: E402, F403
