# syntax=docker/dockerfile:1
# The static site: what offprint.toml names, served on port 8080.
#
#   docker build --tag offprint .
#   docker run --publish 8080:8080 offprint
#
# Every RUN line is a script of containers/, which `cargo xtask test` runs too.

FROM rust:1.95.0-trixie AS build
# Ours and trunk's.
ENV XDG_CACHE_HOME=/cache
WORKDIR /offprint
COPY rust-toolchain.toml ./
COPY containers/ containers/
RUN bash containers/install_tools.sh
COPY . .
# Downloads, compiled crates and embeddings outlive the build; the second one embeds only new papers.
RUN --mount=type=cache,target=/cache --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/offprint/target bash containers/build_site.sh

FROM nginxinc/nginx-unprivileged:1.28-alpine
COPY containers/nginx.conf /etc/nginx/conf.d/default.conf
COPY --from=build /offprint/dist /usr/share/nginx/html
USER 101
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/artifacts/manifest.json"]
