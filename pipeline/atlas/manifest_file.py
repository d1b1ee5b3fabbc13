"""Manifest <-> manifest.json, which carries the sha256 of its own bytes, so that nothing in it changes unnoticed."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.atlas.manifest import SCHEMA_VERSION, Manifest
from pipeline.atlas.run_folder import ALTERED, REBUILD, is_shortage, read_regular
from pipeline.errors import RunFolderError

MANIFEST = "manifest.json"
NO_DIGEST = "0" * 64  # what stands in place of the digest while it is computed; the digest is the first key


@dataclass(frozen=True)
class ReadManifest:
    """altered: whether the bytes are other ones than those that were written; never for one without a digest."""

    manifest: Manifest
    altered: bool


def manifest_bytes(manifest: Manifest) -> bytes:
    """The content of manifest.json."""
    content = json.dumps({"digest": NO_DIGEST, **manifest.to_json()}, ensure_ascii=False, indent=1).encode() + b"\n"
    return content.replace(NO_DIGEST.encode(), hashlib.sha256(content).hexdigest().encode(), 1)


def read_manifest(folder: Path) -> Manifest:
    """Raises RunFolderError where there is none, it cannot be used, or its bytes are not those that were written."""
    read = parse_manifest(folder)
    if read.altered:
        raise RunFolderError(f"{folder / MANIFEST}: damaged: {ALTERED}; {REBUILD}")
    return read.manifest


def parse_manifest(folder: Path) -> ReadManifest:
    """The same, for whoever tells himself that the bytes were altered."""
    path = folder / MANIFEST
    try:
        raw = read_regular(path)
        content = json.loads(raw.decode())
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair in a name cannot be shown
    except FileNotFoundError:
        raise RunFolderError(f"{folder}: no manifest.json; run 'paperatlas run CONFIG' first") from None
    except PermissionError as problem:
        raise RunFolderError(f"{path}: cannot be read: {problem.strerror}; ask its owner for the right to") from None
    except OSError as problem:
        if is_shortage(problem):
            raise
        raise RunFolderError(f"{path}: damaged: {problem.strerror}; {REBUILD}") from None
    except (ValueError, RecursionError) as problem:
        raise RunFolderError(f"{path}: damaged: {problem}; {REBUILD}") from None
    if not isinstance(content, dict):
        raise RunFolderError(f"{path}: damaged: not an object; {REBUILD}")
    digest = content.pop("digest", None)  # none before this release
    sealed = content.get("schema_version") == SCHEMA_VERSION and digest is not None
    try:
        manifest = Manifest.from_json(content, where=str(folder))
    except (TypeError, KeyError, RecursionError) as problem:
        raise RunFolderError(f"{path}: damaged: {problem}; {REBUILD}") from None
    return ReadManifest(manifest, altered=sealed and not _is_digest_of(raw, digest))


def _is_digest_of(raw: bytes, digest: object) -> bool:
    if not isinstance(digest, str) or len(digest) != len(NO_DIGEST):
        return False
    return hashlib.sha256(raw.replace(digest.encode(), NO_DIGEST.encode(), 1)).hexdigest() == digest
