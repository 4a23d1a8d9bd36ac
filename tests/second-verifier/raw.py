"""Reading raw out of the gzip members of a sealed object (README section 3.2), never more than one piece of it in memory."""

import hashlib
import zlib

from instructions import InstructionCounter
from shapes import Refused

_PIECE = 1 << 18


def member_bytes(container, entry, member):
    """Decompresses one gzip member; refuses more output than stated, less, a second member, or trailing bytes."""
    if member["offset"] + member["bytes"] > entry.size:
        raise Refused("goes beyond the end of the object")
    if member["bytes"] < 18 or b"".join(container.chunks(entry, member["offset"], 4)) != b"\x1f\x8b\x08\x00":
        raise Refused("not a plain gzip member")
    inflater, left = zlib.decompressobj(wbits=31), member["raw_bytes"]
    for chunk in container.chunks(entry, member["offset"], member["bytes"]):
        while chunk:
            if inflater.eof:
                raise Refused("bytes after the end of the gzip member")
            piece, chunk = _inflate(inflater, chunk, min(_PIECE, left + 1))
            if len(piece) > left:
                raise Refused(f"decompresses to more than the stated {member['raw_bytes']} bytes")
            left -= len(piece)
            yield piece
    while not inflater.eof:
        piece, _ = _inflate(inflater, b"", min(_PIECE, left + 1))
        if not piece and not inflater.eof:
            raise Refused("the gzip member is cut short")
        if len(piece) > left:
            raise Refused(f"decompresses to more than the stated {member['raw_bytes']} bytes")
        left -= len(piece)
        yield piece
    if left:
        raise Refused(f"decompresses to {left} bytes less than the stated {member['raw_bytes']}")


def _inflate(inflater, data, limit):
    try:
        piece = inflater.decompress(data, limit)
    except zlib.error as error:
        raise Refused(f"not a gzip member ({error})") from None
    return piece, inflater.unused_data if inflater.eof else inflater.unconsumed_tail


class SegmentScan:
    """Digest and number of instructions of one segment."""

    def __init__(self, number, raw_bytes):
        self.number, self.left = number, raw_bytes
        self.sha256, self.instructions, self.syntax = None, None, None
        self._hash, self._counter = hashlib.sha256(), InstructionCounter()

    def feed(self, data):
        """Takes bytes of the segment; a breach of the grammar is kept, the digest goes on."""
        self.left -= len(data)
        self._hash.update(data)
        if self.syntax is None:
            self._guard(self._counter.feed, data)

    def close(self):
        """Called when all bytes of the segment are in."""
        self.sha256 = self._hash.hexdigest()
        if self.syntax is None:
            self.instructions = self._guard(self._counter.finish)

    def _guard(self, step, *arguments):
        try:
            return step(*arguments)
        except Refused as refusal:
            self.syntax = str(refusal)
            return None


class RawScan:
    """One pass over the members. `sha256` and `size` are of all that could be decompressed; `problems` names the members that could not."""

    def __init__(self, container, entry, members, headers):
        self.problems, self.segments, self.size = [], [], 0
        self._hash = hashlib.sha256()
        self._container, self._entry = container, entry
        self._headers = headers or []
        for number, member in enumerate(members):
            self._scan(number, member)
        self.sha256 = self._hash.hexdigest()

    def _segments_within(self, member):
        """The next segments that end within this member: a member begins where a segment begins, so none spans two."""
        end = member["raw_offset"] + member["raw_bytes"]
        taken = len(self.segments)
        while taken < len(self._headers) and self._headers[taken]["raw_offset"] + self._headers[taken]["raw_bytes"] <= end:
            taken += 1
        return [SegmentScan(n, self._headers[n]["raw_bytes"]) for n in range(len(self.segments), taken)]

    def _scan(self, number, member):
        segments = self._segments_within(member)
        self.segments += segments
        splitter = _Splitter(segments)
        try:
            for piece in member_bytes(self._container, self._entry, member):
                self.size += len(piece)
                self._hash.update(piece)
                splitter.feed(piece)
        except Refused as refusal:
            within = splitter.current
            place = f", segment {within.number}" if within else ""
            self.problems.append(f"member {number}{place}: {refusal}")
            return
        splitter.finish()


class _Splitter:
    """Hands the bytes of a member to its segments in turn."""

    def __init__(self, segments):
        self._segments, self._next = segments, 0

    @property
    def current(self):
        return self._segments[self._next] if self._next < len(self._segments) else None

    def feed(self, data):
        at = 0
        while at < len(data) and self.current is not None:
            segment = self.current
            part = data[at:at + segment.left]
            segment.feed(part)
            at += len(part)
            if segment.left == 0:
                segment.close()
                self._next += 1

    def finish(self):
        while self.current is not None and self.current.left == 0:
            self.current.close()
            self._next += 1
