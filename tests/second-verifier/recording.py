"""The documents of one recording: manifest, index and segment headers (README section 3), read and shaped, not yet judged."""

from jose import Jws, jwk
from shapes import (Refused, boolean, count, digest, integer, list_of, map_of, nullable, one_of, parse, record, text, versioned)

# Limits of this verifier; the README states none.
MAX_MANIFEST_BYTES = 16 << 20
MAX_INDEX_BYTES = 64 << 20

TALLY = record({"count": count, "bytes": count})
_STORED = {"bucket": text, "key": text, "bytes": count, "sha256": digest}
_EXTRA = list_of(record({"name": text, "key": text, "bytes": count, "sha256": digest}))
_REFERENCE = record({"id": text, "sha256": digest})

MANIFEST = versioned({
    "organisation": text, "session": text, "source": text, "epoch": count, "sealed_us": count,
    "connection": record({"name": text, "protocol": text, "digest": digest}),
    "subject": record({"issuer": text, "sub": text}),
    "decision": _REFERENCE, "opening": _REFERENCE, "session_key": jwk,
    "software": record({"name": text, "version": text, "sha256": digest}),
    "guacd": record({"version": text}),
    "clock": record({"wall_us": nullable(count), "sync_ms": nullable(integer)}),
    "times": record({"opened_us": count, "connected_us": nullable(count), "ended_us": count}),
    "end": record({"reason": text, "status": integer}),
    "totals": record({
        "received": TALLY, "left_out": TALLY, "synthesised": TALLY, "recorded": TALLY,
        "classes": map_of(record({"recorded": boolean, "count": count, "bytes": count}))}),
    "coverage": record({"heartbeats": count, "session_ms": count, "covered_ms": count, "max_gap_ms": count}),
    "gaps": list_of(record({"after_segment": integer, "reason": text})),
    "recovered": nullable(record({
        "reason": text, "bound": one_of("process-killed", "power-lost", "disk-lost"), "from_segment": count})),
    "segments": record({"count": count, "root": digest, "head": digest}),
    "recording": record(_STORED | {"raw_bytes": count, "raw_sha256": digest, "instructions": count}),
    "index": record(_STORED),
    "retention": record({"mode": text, "until_us": count}),
    "not_captured": list_of(text), "tracks": _EXTRA, "supplements": _EXTRA})

HEADER = versioned({
    "organisation": text, "session": text, "epoch": count, "number": count, "previous": digest, "signer": one_of("session", "service"),
    "raw_offset": count, "raw_bytes": count, "raw_sha256": digest, "instructions": count,
    "first_wall_us": count, "last_wall_us": count,
    "first_sync_ms": nullable(integer), "last_sync_ms": nullable(integer),
    "heartbeats": list_of(record({"mono_ms": integer, "wall_us": count, "received_bytes": count, "recorded_bytes": count})),
    "classes": map_of(TALLY), "synthesised": TALLY})

INDEX = versioned({
    "organisation": text, "session": text, "object_bytes": count, "object_sha256": digest, "raw_bytes": count, "raw_sha256": digest,
    "members": list_of(record({"offset": count, "bytes": count, "raw_offset": count, "raw_bytes": count})),
    "segments": list_of(text)})


class Recording:
    """One folder recordings/<session>/. A document that cannot be read stays None, with the refusal kept for the check that names it."""

    def __init__(self, container, session):
        folder = f"recordings/{session}/"
        self.session = session
        self.manifest_entry = container.entries.get(folder + "manifest.jws")
        self.index_entry = container.entries.get(folder + "index.json")
        self.object_entry = container.entries.get(folder + "recording.guac.gz")
        self.manifest = self.index = self.manifest_refusal = self.index_refusal = None
        self.headers = []
        self._read_manifest(container)

    def _read_manifest(self, container):
        if self.manifest_entry is None:
            return
        try:
            self.manifest = Jws(container.read(self.manifest_entry, MAX_MANIFEST_BYTES), "relay-manifest+jws", MANIFEST)
        except Refused as refusal:
            self.manifest_refusal = refusal

    def read_index(self, container):
        """Reads the index and its segment headers, which are large: only one recording's are kept at a time."""
        if self.index_entry is None:
            return
        try:
            index = parse(container.read(self.index_entry, MAX_INDEX_BYTES))
            INDEX(index, "index")
            self.index = index
            self.headers = [_header(number, data) for number, data in enumerate(index["segments"])]
        except Refused as refusal:
            self.index_refusal = refusal

    @property
    def readable_headers(self):
        """The payloads of all segment headers, or None when one cannot be read or the segments do not cover raw in order."""
        offset, payloads = 0, []
        for header in self.headers:
            if isinstance(header, Refused) or header.payload["raw_offset"] != offset:
                return None
            payloads.append(header.payload)
            offset += header.payload["raw_bytes"]
        return payloads if payloads and offset == self.index["raw_bytes"] else None

    def wanted_ids(self):
        """The ids of the ledger events that the manifest names."""
        return {self.manifest.payload[name]["id"] for name in ("decision", "opening")} if self.manifest else set()


def _header(number, data):
    try:
        if not data.isascii():
            raise Refused("not a JWS")
        return Jws(data.encode("ascii"), "relay-segment+jws", HEADER)
    except Refused as refusal:
        return Refused(f"segment {number}: {refusal}")


def tallies(classes):
    """name -> (count, bytes)."""
    return {name: (c["count"], c["bytes"]) for name, c in classes.items()}
