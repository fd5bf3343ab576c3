# syntax=docker/dockerfile:1
# Skolhus with TLS to PostgreSQL. `docker compose up` starts it together with a database.

# Any toolchain from the rust-version of Cargo.toml on will do; Cargo.lock pins the rest.
FROM rust:1-bookworm AS build
# The vendored OpenSSL of postgres-tls needs perl and make; the image has both, and a C compiler.
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p skolhus-api --bin skolhus \
        --no-default-features --features postgres-tls \
    && install -D -m 0755 target/release/skolhus /out/skolhus

FROM debian:bookworm-slim
# Certificates, to check those of the database and of webhook receivers.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/skolhus --shell /usr/sbin/nologin skolhus
COPY --from=build /out/skolhus /usr/local/bin/skolhus
USER skolhus
WORKDIR /var/lib/skolhus
# The embedded database and its key file live here when DATABASE_URL is not set.
VOLUME /var/lib/skolhus
ENV SKOLHUS_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["skolhus", "health"]
ENTRYPOINT ["skolhus"]
CMD ["serve"]
