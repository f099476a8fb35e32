# Web and worker in one container; see README.md, "Running it for real".
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOMEWARD_MODE=production \
    HOMEWARD_HOST=0.0.0.0 \
    HOMEWARD_DATA_DIR=/data

WORKDIR /homeward
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN useradd --system homeward && mkdir /data && chown homeward /data

USER homeward
VOLUME /data
EXPOSE 8000
CMD ["sh", "-c", "python manage.py migrate --noinput && python manage.py collectstatic --noinput && exec python manage.py serve"]
