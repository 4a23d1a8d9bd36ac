"""The ZIP container with one reading only (README section 5.1).

The file is read forward from byte 0. Every header is rebuilt from its name, size, CRC-32 and offset, and compared byte by byte, so that nothing
can stand before, between or after; no signature is ever searched for.
"""

import hashlib
import os
import re
import stat
import struct
import zlib

from shapes import Refused, show

CHUNK = 1 << 20
# The README states no limit; this one bounds the memory that a hostile directory can take.
MAX_ENTRIES = 1_000_000

_ONES16, _ONES32 = 0xFFFF, 0xFFFFFFFF
_FLAGS, _TIME, _DATE = 0x0800, 0, 0x0021
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR = struct.Struct("<IIQI")
_LOCAL_MARK = b"PK\x03\x04"
_NAME = re.compile(rb"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")


class Entry:
    """One stored entry; `sha256` and `crc_found` are those of the bytes that are there."""

    __slots__ = ("name", "size", "crc", "offset", "start", "sha256", "crc_found")

    def __init__(self, name, size, crc, offset, start):
        self.name, self.size, self.crc, self.offset, self.start = name, size, crc, offset, start
        self.sha256 = self.crc_found = None


def _version(size, offset):
    return 45 if size >= _ONES32 or offset >= _ONES32 else 20


def local_header(name, size, crc):
    """The local header that an entry must have: in ZIP64 form only when its size is too large."""
    large = size >= _ONES32
    extra = struct.pack("<HHQQ", 1, 16, size, size) if large else b""
    field = _ONES32 if large else size
    return _LOCAL.pack(0x04034B50, _version(size, 0), _FLAGS, 0, _TIME, _DATE, crc, field, field, len(name), len(extra)) + name + extra


def central_header(name, size, crc, offset):
    """The central header that an entry must have."""
    version = _version(size, offset)
    values = ([size, size] if size >= _ONES32 else []) + ([offset] if offset >= _ONES32 else [])
    extra = struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""
    field = min(size, _ONES32)
    return _CENTRAL.pack(0x02014B50, version, version, _FLAGS, 0, _TIME, _DATE, crc, field, field, len(name), len(extra), 0, 0, 0, 0,
                         min(offset, _ONES32)) + name + extra


def end_records(entries, offset, size):
    """What must follow a central directory: ZIP64 end record and locator when a field is too large, then the end record."""
    records = b""
    if entries >= _ONES16 or offset >= _ONES32 or size >= _ONES32:
        records = _END64.pack(0x06064B50, 44, 45, 45, 0, 0, entries, entries, size, offset)
        records += _LOCATOR.pack(0x07064B50, 0, offset + size, 1)
    shown = min(entries, _ONES16)
    return records + _END.pack(0x06054B50, 0, 0, shown, shown, min(size, _ONES32), min(offset, _ONES32), 0)


class Container:
    """An opened bundle. The constructor refuses whatever is not laid out as section 5.1 says; `digest` then reads the data once."""

    def __init__(self, path):
        try:
            mode = os.stat(path).st_mode
            if not stat.S_ISREG(mode):
                raise Refused("not a regular file")
            self._file = open(path, "rb")
        except (OSError, ValueError) as error:
            raise Refused(f"cannot be opened: {show(str(error))}") from None
        try:
            self._length = os.fstat(self._file.fileno()).st_size
            self.entries = {}
            self._read_layout()
        except BaseException:
            self._file.close()
            raise

    def close(self):
        """Closes the file."""
        self._file.close()

    def _at(self, offset, length):
        try:
            self._file.seek(offset)
            return self._file.read(length)
        except (OSError, OverflowError) as error:
            raise Refused(f"cannot be read at offset {offset}: {show(str(error))}") from None

    def _expect(self, offset, expected, what):
        found = self._at(offset, len(expected))
        if found != expected:
            at = next((i for i, (a, b) in enumerate(zip(expected, found)) if a != b), len(found))
            raise Refused(f"{what} at offset {offset} differs from what it must be in its byte {at}")
        return offset + len(expected)

    def _read_layout(self):
        offset = self._read_entries()
        self._refuse_order()
        start = offset
        for entry in self.entries.values():
            expected = central_header(entry.name.encode("ascii"), entry.size, entry.crc, entry.offset)
            offset = self._expect(offset, expected, f"central header of {entry.name}")
        offset = self._expect(offset, end_records(len(self.entries), start, offset - start), "end record")
        if offset != self._length:
            raise Refused(f"{self._length - offset} bytes after the end record")

    def _read_entries(self):
        offset, lowered = 0, set()
        while self._at(offset, 4) == _LOCAL_MARK:
            if len(self.entries) == MAX_ENTRIES:
                raise Refused(f"more than {MAX_ENTRIES} entries")
            entry = self._read_entry(offset)
            if entry.name.lower() in lowered:
                raise Refused(f"entry {entry.name} at offset {offset} stands twice (lower-cased)")
            lowered.add(entry.name.lower())
            self.entries[entry.name] = entry
            offset = entry.start + entry.size
        return offset

    def _read_entry(self, offset):
        fixed = self._at(offset, _LOCAL.size)
        if len(fixed) < _LOCAL.size:
            raise Refused(f"local header at offset {offset} is cut short")
        crc, _, size, name_length, _ = _LOCAL.unpack(fixed)[6:]
        name = self._at(offset + _LOCAL.size, min(name_length, 241))
        _refuse_name(name, offset)
        if size == _ONES32:
            extra = self._at(offset + _LOCAL.size + len(name), 20)
            if len(extra) < 20:
                raise Refused(f"local header at offset {offset} is cut short")
            size = struct.unpack_from("<Q", extra, 4)[0]
        where = name.decode("ascii")
        start = self._expect(offset, local_header(name, size, crc), f"local header of {where}")
        if start + size > self._length:
            raise Refused(f"the data of {where} go beyond the end of the file")
        return Entry(where, size, crc, offset, start)

    def _refuse_order(self):
        names = list(self.entries)
        sorted_part = names[:-1] if names and names[-1] == "bundle.jws" else names
        if "bundle.jws" in sorted_part:
            raise Refused("bundle.jws is not the last entry")
        for before, after in zip(sorted_part, sorted_part[1:]):
            if before > after:
                raise Refused(f"entry {after} stands after {before}: not sorted by name")

    def digest(self):
        """Reads every entry once, keeping its SHA-256 and CRC-32; returns the names of those whose CRC-32 is wrong."""
        wrong = []
        for entry in self.entries.values():
            sha, crc = hashlib.sha256(), 0
            for chunk in self.chunks(entry):
                sha.update(chunk)
                crc = zlib.crc32(chunk, crc)
            entry.sha256, entry.crc_found = sha.hexdigest(), crc
            if crc != entry.crc:
                wrong.append(entry.name)
        return wrong

    def chunks(self, entry, offset=0, length=None):
        """The bytes of an entry, or of a part of it, in pieces of bounded size."""
        left = entry.size - offset if length is None else length
        position = entry.start + offset
        while left > 0:
            chunk = self._at(position, min(left, CHUNK))
            if not chunk:
                raise Refused(f"{entry.name} is cut short")
            yield chunk
            position += len(chunk)
            left -= len(chunk)

    def read(self, entry, limit):
        """A whole entry in memory, refused above a limit of bytes."""
        if entry.size > limit:
            raise Refused(f"{entry.name} has {entry.size} bytes; this verifier reads at most {limit} there")
        return b"".join(self.chunks(entry))

    def lines(self, entry, limit):
        """The lines of an entry without their line feeds; each must have one and be at most `limit` bytes long."""
        rest = b""
        for chunk in self.chunks(entry):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            if len(rest) > limit or any(len(line) > limit for line in lines):
                raise Refused(f"{entry.name} has a line of more than {limit} bytes")
            yield from lines
        if rest:
            raise Refused(f"the last line of {entry.name} has no line feed")


def _refuse_name(name, offset):
    parts = name.split(b"/")
    if len(name) > 240 or _NAME.fullmatch(name) is None or b"." in parts or b".." in parts:
        raise Refused(f"the name {show(name)} of the entry at offset {offset} is not allowed")
