# One image for every service of docker-compose.yml; each runs `stormdesk serve <service>`.
FROM python:3.12-slim AS built
WORKDIR /app
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY requirements-uv.lock requirements.lock ./
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
    && .venv/bin/uv pip sync --no-cache --python .venv/bin/python --require-hashes requirements.lock
COPY . .
RUN .venv/bin/uv pip install --no-cache --python .venv/bin/python \
    --no-deps --no-build-isolation --editable .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /var/lib/stormdesk stormdesk \
    && install -d -o stormdesk -g stormdesk -m 0700 /var/lib/stormdesk
COPY --from=built /app /app
ENV PATH=/app/.venv/bin:$PATH \
    HOME=/var/lib/stormdesk \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STORMDESK_HOME=/var/lib/stormdesk \
    STORMDESK_HOST=0.0.0.0
WORKDIR /app
USER stormdesk
VOLUME /var/lib/stormdesk
ENTRYPOINT ["stormdesk"]
CMD ["--help"]
