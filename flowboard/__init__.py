"""FlowBoard: wiring only. Every domain lives in its own package under `apps`."""

from flowboard.celery import app as celery_app

__all__ = ["celery_app"]
