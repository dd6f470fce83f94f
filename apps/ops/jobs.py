"""The beat, the broker and a worker, proven to work together."""

import time

from celery import shared_task
from django.core.cache import cache

HEARTBEAT_KEY = "ops.heartbeat"


@shared_task(name="ops.heartbeat")
def heartbeat() -> None:
    """Remember that a slot of the beat reached a worker; `manage.py doctor` asks how long ago that was."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=None)
