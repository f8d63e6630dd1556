"""Write down of which sources the built files are: a digest of both, which the tests hold against what is there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

HERE = Path(__file__).parent
STATIC = HERE.parent / "immunity" / "explore" / "static"
SOURCES = ("src", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")


def digest_of(root: Path, names: tuple[str, ...]) -> str:
    """Digest of files and folders under a root: their names and contents, line ends aside."""
    digest = hashlib.sha256()
    files = [
        file
        for name in names
        for file in sorted([root / name] if (root / name).is_file() else (root / name).rglob("*"))
    ]
    for file in files:
        if file.is_file():
            digest.update(file.relative_to(root).as_posix().encode())
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def manifest() -> dict[str, str]:
    """What the manifest must say of what is there now."""
    return {"sources": digest_of(HERE, SOURCES), "built": digest_of(STATIC, ("index.html", "assets"))}


if __name__ == "__main__":
    (STATIC / "manifest.json").write_text(json.dumps(manifest(), indent=2) + "\n", encoding="utf-8")
