# Both commands of the README, without a network once the image is built:
#
#   docker build --tag paperatlas .
#   docker run --rm --network none paperatlas
#   docker run --rm --network none paperatlas sh -c "$(sed -n '/pytest$/p' README.md)"
#
# Your own papers, read and written in the folder where you are, by you:
#
#   docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$PWD:/papers" --workdir /papers \
#     paperatlas paperatlas run library.ris
#
# PyTorch's build for CPUs alone makes the image smaller: give `docker build` the index that pytorch.org names for it, as
# --build-arg PIP_EXTRA_INDEX_URL=...
FROM python:3.11.11-slim-bookworm

# Anyone may run it, also a user that the image does not know: what is written beside the papers lies where all may write.
RUN useradd --uid 1000 paperatlas \
    && install --directory --owner paperatlas /opt/paperatlas /opt/wheels \
    && install --directory --mode 1777 /var/cache/paperatlas
USER paperatlas
WORKDIR /opt/paperatlas
ENV HOME=/var/cache/paperatlas \
    PAPERATLAS_CACHE=/var/cache/paperatlas/vectors \
    NUMBA_CACHE_DIR=/var/cache/paperatlas/numba \
    MPLCONFIGDIR=/var/cache/paperatlas/matplotlib \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
COPY --chown=paperatlas . .

# Everything that both commands install, the model among it, and what builds the package itself.
ARG PIP_EXTRA_INDEX_URL=
RUN pip wheel --quiet --wheel-dir /opt/wheels 'setuptools>=77' '.[test]'
# From here on pip asks no index.
ENV PIP_NO_INDEX=1 \
    PIP_FIND_LINKS=/opt/wheels

RUN python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/paperatlas run configs/seed.toml
RUN python3 -m venv .venv-test && .venv-test/bin/pip install --quiet -e '.[test]'
# What the first run compiled and converted is kept; whoever runs the image may add to it.
RUN rm -r outputs/seed && chmod -R a+rwX outputs /var/cache/paperatlas

ENV PATH=/opt/paperatlas/.venv/bin:$PATH
CMD ["sh", "-c", "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/paperatlas run configs/seed.toml"]
