"""Checkpoints, the ledger range and its events (README sections 4.2, 4.3 and 5.2)."""

from completeness import Completeness
from jose import Jws, jwk, sha256_hex
from merkle import Tree
from shapes import (Refused, an_object, boolean, count, digest, encode, list_of, one_of, parse, record, text, uuid7,
                    versioned)

# Limits of this verifier; the README states none.
MAX_RANGE_BYTES = 1 << 20
MAX_LEAF_BYTES = 1 << 20
MAX_CHECKPOINT_BYTES = 1 << 20

_CHECKPOINT = versioned({"organisation": text, "size": count, "root": digest, "time_us": count})
_RANGE = versioned({"first": count, "size": count, "left": list_of(digest)})
_LEAF = versioned({
    "organisation": text, "seq": count, "id": uuid7, "time_us": count, "type": text, "data": an_object}, exactly=True)

# The members without which a leaf of these types is not right (section 4.2).
_DATA = {
    "access.decided": record({"decision": text, "allowed": boolean}),
    "session.opened": record({"session": text, "decision": text, "recording_required": boolean}),
    "recording.opened": record({"session": text, "epoch": count, "session_key": jwk}),
    "session.ended": record({"session": text, "connected": boolean, "recorded": boolean}),
    "recording.chain": record({"session": text, "epoch": count, "number": count, "head": digest}),
    "recording.sealed": record({"session": text, "manifest_sha256": digest}),
    "recording.supplemented": record({"session": text, "manifest_sha256": digest}),
}


def checkpoint(data):
    """Section 4.3: a checkpoint whose form is right."""
    return Jws(data, "relay-checkpoint+jws", _CHECKPOINT)


class Event:
    """What is kept of a leaf that a recording of the bundle may refer to."""

    __slots__ = ("seq", "type", "data", "data_sha256")

    def __init__(self, leaf):
        self.seq, self.type, self.data = leaf["seq"], leaf["type"], leaf["data"]
        self.data_sha256 = sha256_hex(encode(self.data))


class Ledger:
    """One pass over ledger/range.json and ledger/leaves.jsonl, in memory bounded by the sessions of the range and a leaf."""

    def __init__(self, organisation, wanted_ids, sessions, wanted_sizes):
        self.first = self.size = None
        self.roots = {}            # tree size -> root, for the sizes wanted
        self.events = {}           # leaf id -> events, for the ids that manifests name
        self.chain = {}            # session -> recording.chain events, for the sessions of the bundle
        self.sealed = {}           # session -> recording.sealed and recording.supplemented events, likewise
        self.completeness = None
        self._organisation = organisation
        self._wanted_ids, self._sessions, self._wanted_sizes = wanted_ids, sessions, wanted_sizes

    def read(self, findings, range_data, lines):
        """Reads the range; what is wrong with a leaf is noted with its number, and the reading goes on."""
        tree = findings.attempt("ledger/range.json", self._start, range_data)
        if tree is None:
            return
        self.completeness = Completeness(self.first)
        self._note_root(tree)
        try:
            for line in lines:
                findings.attempt(f"leaf {tree.size}", self._leaf, line, tree.size)
                tree.append(line)
                self._note_root(tree)
        except Refused as refusal:
            findings.fail(f"leaf {tree.size}: {refusal}")
        findings.demand(tree.size == self.size,
                        f"ledger/leaves.jsonl holds leaves {self.first} up to {tree.size}, range.json says up to {self.size} (exclusive)")

    def _start(self, data):
        stated = parse(data)
        _RANGE(stated, "range")
        first, size, left = stated["first"], stated["size"], stated["left"]
        if first > size:
            raise Refused(f"first {first} is above size {size}")
        if len(left) != first.bit_count():
            raise Refused(f"left has {len(left)} roots, {first} leaves need {first.bit_count()}")
        self.first, self.size = first, size
        return Tree(first, [bytes.fromhex(peak) for peak in left])

    def _note_root(self, tree):
        if tree.size in self._wanted_sizes or tree.size == self.size:
            self.roots[tree.size] = tree.root()

    def _leaf(self, line, number):
        leaf = parse(line)
        _LEAF(leaf, "leaf")
        one_of(self._organisation)(leaf["organisation"], "organisation")
        one_of(number)(leaf["seq"], "seq")
        if leaf["type"] in _DATA:
            _DATA[leaf["type"]](leaf["data"], "data")
            self.completeness.add(leaf)
        self._keep(leaf)

    def _keep(self, leaf):
        if leaf["id"] in self._wanted_ids:
            self.events.setdefault(leaf["id"], []).append(Event(leaf))
        kept = {"recording.chain": self.chain, "recording.sealed": self.sealed, "recording.supplemented": self.sealed}.get(leaf["type"])
        if kept is not None and leaf["data"]["session"] in self._sessions:
            kept.setdefault(leaf["data"]["session"], []).append(Event(leaf))
