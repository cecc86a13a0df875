# Regulars as an ordinary user with one writable folder; see docs/how-to/run-in-a-container.md.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
WORKDIR /source
# No pip in what runs: the image installs nothing later.
RUN ["python", "-m", "venv", "--without-pip", "/opt/regulars"]
# What changes seldom comes first, so that a change of the code does not fetch it again.
COPY requirements/runtime.txt requirements/
RUN ["python", "-m", "pip", "--python", "/opt/regulars/bin/python", "install", "--no-cache-dir", "--require-hashes", "--requirement", "requirements/runtime.txt"]
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY connectors connectors
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
 && python -m pip --python /opt/regulars/bin/python install --no-cache-dir --no-deps /wheels/*.whl

FROM ${BASE}
COPY --from=build /opt/regulars /opt/regulars
ENV PATH=/opt/regulars/bin:$PATH \
    HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    REGULARS_STORE__FOLDER=/data/store
RUN ["install", "--directory", "--owner=10001", "--group=10001", "--mode=0700", "/data"]
WORKDIR /data
VOLUME /data
USER 10001:10001
# The lock file of the store says where the server listens, whatever the port. A short disk is no
# reason to hold back the proxy, which serves what there is.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import json, os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(json.load(open(os.environ['REGULARS_STORE__FOLDER'] + '/lock'))['url'] + '/readyz?despite=disk', timeout=4)"]
CMD ["regulars", "serve"]
