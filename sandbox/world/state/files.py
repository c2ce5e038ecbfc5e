"""Uploaded files, and how the Bot API describes them."""

from __future__ import annotations

import mimetypes
import struct
from dataclasses import dataclass
from typing import Any

from sandbox.world.errors import bad_request

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
# Each kind of file with its folder, and how ids of the kind begin.
_FOLDERS = {
    "document": ("documents", "BQACAgIAAxkBAAI"),
    "photo": ("photos", "AgACAgIAAxkBAAI"),
    "animation": ("animations", "CgACAgIAAxkBAAI"),
    "video": ("videos", "BAACAgIAAxkBAAI"),
}
_KINDS = {folder: kind for kind, (folder, _) in _FOLDERS.items()}
_UNKNOWN_SIZE = (320, 240)


@dataclass(slots=True, eq=False)
class File:
    """One stored file. Width and height are 0 for a document."""

    id: str
    unique_id: str
    path: str
    name: str
    content: bytes
    width: int = 0
    height: int = 0

    @property
    def kind(self) -> str:
        """What it was sent as: "document", "photo", "animation" or "video"."""
        return _KINDS[self.path.partition("/")[0]]

    def to_api(self) -> dict[str, Any]:
        """The `File` object of the Bot API."""
        if len(self.content) > MAX_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**self.reference(), "file_path": self.path}

    def reference(self) -> dict[str, Any]:
        """The fields every kind of file has."""
        return {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": len(self.content)}

    def document(self) -> dict[str, Any]:
        """The `Document` object of the Bot API."""
        return {"file_name": self.name, "mime_type": self.mime, **self.reference()}

    def photo(self) -> list[dict[str, Any]]:
        """The sizes of a photo; the sandbox keeps one."""
        return [{"width": self.width, "height": self.height, **self.reference()}]

    @property
    def mime(self) -> str:
        """Its type by its name."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def message_fields(self) -> dict[str, Any]:
        """The fields of a message that carries it; a GIF is a document, too, for bots older than animations."""
        if self.kind == "photo":
            return {"photo": self.photo()}
        if self.kind == "document":
            return {"document": self.document()}
        moving = {"width": self.width, "height": self.height, "duration": 1, **self.document()}
        return {self.kind: moving, **({"document": self.document()} if self.kind == "animation" else {})}


class Files:
    """Every file of the world, by `file_id`, the oldest dropped when there is too much of it."""

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self._files: dict[str, File] = {}
        self._paths: dict[str, File] = {}
        self._last = 0
        self._limit = limit

    def add(self, name: str, content: bytes, kind: str = "document") -> File:
        """Store a document, or another kind of file whose content nobody checks."""
        if not content:
            raise bad_request("file must be non-empty")
        if len(content) > MAX_UPLOAD_BYTES:
            raise bad_request("file is too big")
        number = self._last + 1
        folder, prefix = _FOLDERS[kind]
        ending = name.rsplit(".", 1)[-1] if "." in name else "bin"
        safe = ending if ending.isalnum() and ending.isascii() else "bin"
        file = File(f"{prefix}{number:08d}", f"AgAD{number:08d}", f"{folder}/file_{number}.{safe}", name, content)
        self.put(file)
        return file

    def put(self, file: File) -> None:
        """Keep a file, and drop the oldest while there is too much."""
        self._files[file.id] = self._paths[file.path] = file
        self._last = max(self._last, int(file.id[-8:]))
        while sum(len(kept.content) for kept in self._files.values()) > self._limit and len(self._files) > 1:
            dropped = self._files.pop(next(iter(self._files)))
            del self._paths[dropped.path]

    def all(self) -> list[File]:
        """Every file, oldest first."""
        return list(self._files.values())

    def add_as(self, kind: str, name: str, content: bytes) -> File:
        """Store a file of a kind; a GIF or a video gets the size of a picture where its content is none."""
        if kind == "photo":
            return self.add_photo(name, content)
        file = self.add(name, content, kind)
        if kind != "document":
            width, height = dimensions(content)
            file.width, file.height = (width, height) if width and height else _UNKNOWN_SIZE
        return file

    def add_photo(self, name: str, content: bytes) -> File:
        """Store a picture; anything else is refused as Telegram does."""
        if len(content) > MAX_PHOTO_BYTES:
            raise bad_request("too big for a photo")
        width, height = dimensions(content)
        if not width or not height:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        file = self.add(name, content, "photo")
        file.width, file.height = width, height
        return file

    def get(self, file_id: str) -> File:
        """The file a bot means."""
        try:
            return self._files[file_id]
        except KeyError:
            raise bad_request("wrong file_id or the file is temporarily unavailable") from None

    def at(self, path: str) -> File | None:
        """The file behind a download address."""
        return self._paths.get(path)


def dimensions(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG, GIF or JPEG; zeros for anything else."""
    if content[:8] == b"\x89PNG\r\n\x1a\n" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content[:6] in {b"GIF87a", b"GIF89a"} and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    return _jpeg_dimensions(content) if content[:2] == b"\xff\xd8" else (0, 0)


def _jpeg_dimensions(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 < len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return 0, 0
