# The image in which every process of the ledger runs; docker-compose.yml says which and how.

FROM python:3.13.14-slim-bookworm AS build
RUN python -m venv /opt/ledger
ENV PATH=/opt/ledger/bin:$PATH
WORKDIR /opt/ledger/source
# dependencies first: they change less often than the code
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml ./
COPY domain domain
COPY infra infra
COPY projections projections
COPY api api
COPY consumers consumers
COPY cli cli
# as `make setup` does: it runs from its source, where SQL, schemas and texts lie beside the code
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable .

FROM python:3.13.14-slim-bookworm
COPY --from=build /opt/ledger /opt/ledger
ENV PATH=/opt/ledger/bin:$PATH
# who runs it owns nothing but the data directory
RUN useradd --system --uid 10001 ledger && install --directory --owner=ledger --mode=0700 /data
USER ledger
WORKDIR /data
CMD ["ledger", "--help"]
