# Any image with Python 3.11 to 3.14 serves as the base, by digest if you like.
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python3 -m venv /opt/flowdrift /opt/build
# The dependencies first: they change less often than the code.
COPY requirements.lock requirements-build.lock ./
RUN /opt/flowdrift/bin/pip install --require-hashes --only-binary=:all: -r requirements.lock \
    && /opt/build/bin/pip install --require-hashes --only-binary=:all: -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY monitor monitor
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /src/dist . \
    && /opt/flowdrift/bin/pip install --no-deps /src/dist/*.whl \
    && /opt/flowdrift/bin/pip uninstall --yes pip

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="flowdrift" \
      org.opencontainers.image.description="Tells when integration tests no longer stand for production." \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/flowdrift /opt/flowdrift
# Works with a read-only root file system; the process handles its signals as PID 1.
ENV PATH=/opt/flowdrift/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["flowdrift"]
CMD ["run", "--config", "/etc/flowdrift/flowdrift.yaml"]
