# FlowBoard's one image: web, worker, beat and manage.py differ in their command only.

FROM python:3.11-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/flowboard/venv
COPY requirements.txt /tmp/requirements.txt
COPY requirements-s3.txt /tmp/requirements-s3.txt
# Every package is pinned by its hash; --no-deps, since the file names all of them.
RUN /opt/flowboard/venv/bin/pip install --require-hashes --no-deps --only-binary :all: -r /tmp/requirements.txt -r /tmp/requirements-s3.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/flowboard/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=flowboard.settings.prod \
    FLOWBOARD_HOME=/var/lib/flowboard \
    FLOWBOARD_STATIC_ROOT=/opt/flowboard/static
RUN useradd --system --uid 10001 --home-dir /var/lib/flowboard --shell /usr/sbin/nologin flowboard \
    # Volumes that are mounted here take over this owner.
    && install -d -o flowboard -g flowboard /var/lib/flowboard /var/lib/flowboard/media /srv/flowboard/static
COPY --from=packages /opt/flowboard/venv /opt/flowboard/venv
WORKDIR /opt/flowboard/app
COPY manage.py ./
COPY flowboard flowboard
COPY apps apps
COPY templates templates
COPY static static
COPY deploy deploy
# Collecting asks no service, but the settings want to be told everything. None of this stays in the image.
RUN FLOWBOARD_SECRET_KEY=0000000000000000000000000000000000000000000000000000000000000000 \
    FLOWBOARD_ALLOWED_HOSTS=localhost DATABASE_URL=postgresql://build/build REDIS_URL=redis://build/0 \
    python manage.py collectstatic --noinput --verbosity 0
USER flowboard
EXPOSE 8000
# uvicorn drains on SIGTERM: requests are finished, sockets are closed with 1012.
CMD ["uvicorn", "flowboard.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--log-level", "warning", \
     "--ws-max-size", "65536", \
     "--no-access-log", "--no-proxy-headers", "--ws-max-size", "65536", "--timeout-graceful-shutdown", "20"]
