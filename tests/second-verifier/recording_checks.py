"""The checks of one recording (README section 5.3, `recording/<session>/...`)."""

from jose import sha256_hex
from merkle import Tree
from raw import RawScan
from recording import tallies
from shapes import Refused, show


_NEEDS = {"manifest": ("keys",), "ledgered": ("manifest", "ledger"), "index": ("manifest",), "object": ("manifest",),
          "chain": ("manifest", "index", "ledger"), "raw": ("index", "object"), "balance": ("chain", "raw")}


class RecordingChecks:
    """Makes the seven checks of one recording in the order of the table."""

    def __init__(self, checks, container, history, ledger, recording):
        self._checks, self._container = checks, container
        self._history, self._ledger = history, ledger
        self._recording = recording
        self._manifest = recording.manifest.payload if recording.manifest else None
        self._prefix = f"recording/{recording.session}/"
        self._scan = None

    def make(self):
        """Makes them all."""
        for name, needs in _NEEDS.items():
            needed = [n if n in ("keys", "ledger") else self._prefix + n for n in needs]
            self._checks.make(self._prefix + name, getattr(self, f"_{name}_check"), needs=needed)

    def _same_session(self, findings, payload, where):
        findings.demand(payload["organisation"] == self._history.organisation,
                        f"{where}: organisation {show(payload['organisation'])} is not that of the keys")
        findings.demand(payload["session"] == self._recording.session, f"{where}: session {show(payload['session'])} is not the path's")

    # ---- manifest -----------------------------------------------------------------------------

    def _manifest_check(self, findings):
        """3.3: structure, signature, organisation, session."""
        if self._recording.manifest_entry is None:
            return findings.miss(f"recordings/{self._recording.session}/manifest.jws is absent")
        name = self._recording.manifest_entry.name
        if self._manifest is None:
            return findings.fail(f"{name}: {self._recording.manifest_refusal}")
        findings.attempt(name, self._history.verify, self._recording.manifest, self._manifest["sealed_us"])
        self._same_session(findings, self._manifest, name)

    # ---- ledgered -----------------------------------------------------------------------------

    def _ledgered_check(self, findings):
        """The manifest's digest, its opening and its decision are in the ledger."""
        self._find_seal(findings)
        self._find_event(findings, "decision", "access.decided")
        opening = self._find_event(findings, "opening", "recording.opened")
        if opening is not None:
            self._compare_opening(findings, opening)

    def _absent(self, findings, what):
        """Not in the range: it may stand before leaf a, if there is anything before it."""
        if self._ledger.first > 0:
            findings.miss(f"{what} is not among leaves {self._ledger.first} and on; it may stand before them")
        else:
            findings.fail(f"{what} is not in the ledger")

    def _find_seal(self, findings):
        events = self._ledger.sealed.get(self._recording.session, ())
        if not any(e.data["manifest_sha256"] == self._recording.manifest.digest for e in events):
            self._absent(findings, f"an event of session {self._recording.session} that seals the manifest's digest")
        for earlier in self._manifest["supplements"]:
            if not any(e.data["manifest_sha256"] == earlier["sha256"] for e in events):
                self._absent(findings, f"the manifest {show(earlier['sha256'])} that this one supplements")

    def _find_event(self, findings, name, kind):
        reference = self._manifest[name]
        events = self._ledger.events.get(reference["id"], ())
        if not events:
            self._absent(findings, f"{name} {show(reference['id'])} ({kind})")
        for event in events:
            if event.type == kind and event.data_sha256 == reference["sha256"]:
                return event
        if events:
            findings.fail(f"leaf {events[0].seq}: {name} {show(reference['id'])} is not {kind} with the digest that the manifest states")
        return None

    def _compare_opening(self, findings, event):
        where = f"leaf {event.seq}: recording.opened"
        findings.demand(event.data["session"] == self._recording.session, f"{where} is of another session")
        findings.demand(event.data["epoch"] == self._manifest["epoch"], f"{where} is of another epoch")
        findings.demand(event.data["session_key"] == self._manifest["session_key"], f"{where} has another session_key than the manifest")

    # ---- object and index ---------------------------------------------------------------------

    def _object_check(self, findings):
        """Length and digest as in the manifest."""
        entry = self._recording.object_entry
        if entry is None:
            return findings.miss(f"recordings/{self._recording.session}/recording.guac.gz is absent")
        self._compare_stored(findings, entry, self._manifest["recording"])

    @staticmethod
    def _compare_stored(findings, entry, stated):
        findings.demand(entry.size == stated["bytes"], f"{entry.name} has {entry.size} bytes, the manifest states {stated['bytes']}")
        findings.demand(entry.sha256 == stated["sha256"], f"{entry.name} has another SHA-256 than the manifest states")

    def _index_check(self, findings):
        """Length and digest as in the manifest, structure as in 3.2, organisation and session; object and raw as in the manifest."""
        entry, index = self._recording.index_entry, self._recording.index
        if entry is None:
            return findings.miss(f"recordings/{self._recording.session}/index.json is absent")
        self._compare_stored(findings, entry, self._manifest["index"])
        if index is None:
            return findings.fail(f"{entry.name}: {self._recording.index_refusal}")
        self._same_session(findings, index, entry.name)
        self._check_members(findings, index)
        stated = self._manifest["recording"]
        for name, other in (("object_bytes", "bytes"), ("object_sha256", "sha256"), ("raw_bytes", "raw_bytes"), ("raw_sha256", "raw_sha256")):
            findings.demand(index[name] == stated[other], f"{entry.name}: {name} is not the manifest's")

    @staticmethod
    def _check_members(findings, index):
        offset = raw_offset = 0
        findings.demand(index["members"], "there is no member")
        findings.demand(index["segments"], "there is no segment")
        for number, member in enumerate(index["members"]):
            findings.demand((member["offset"], member["raw_offset"]) == (offset, raw_offset), f"member {number}: a gap or an overlap before it")
            offset, raw_offset = member["offset"] + member["bytes"], member["raw_offset"] + member["raw_bytes"]
        findings.demand((offset, raw_offset) == (index["object_bytes"], index["raw_bytes"]), "the members do not cover the object and raw")

    # ---- chain --------------------------------------------------------------------------------

    def _chain_check(self, findings):
        """Numbers, offsets, `previous`, signer and signature of each segment header, head and root, and the ledger's recording.chain events."""
        tree, previous, offset = Tree(), self._manifest["opening"]["sha256"], 0
        for number, header in enumerate(self._recording.headers):
            tree.append(self._recording.index["segments"][number].encode("utf-8"))
            if isinstance(header, Refused):
                findings.fail(str(header))
                previous = offset = None
                continue
            self._check_header(findings, number, header, previous, offset)
            previous, offset = header.digest, header.payload["raw_offset"] + header.payload["raw_bytes"]
        self._check_ends(findings, tree, offset)
        self._check_growth(findings)
        self._check_member_starts(findings)
        self._check_chain_events(findings)

    def _check_growth(self, findings):
        before = {}
        for number, header in enumerate(self._recording.headers):
            if isinstance(header, Refused):
                return
            now = {f"class {show(name)}": (c["count"], c["bytes"]) for name, c in header.payload["classes"].items()}
            now["synthesised"] = (header.payload["synthesised"]["count"], header.payload["synthesised"]["bytes"])
            for name, (count, size) in before.items():
                later = now.get(name, (-1, -1))
                findings.demand(later[0] >= count and later[1] >= size, f"segment {number}: {name} falls")
            before = now

    def _check_member_starts(self, findings):
        starts = {h.payload["raw_offset"] for h in self._recording.headers if not isinstance(h, Refused)}
        for number, member in enumerate(self._recording.index["members"]):
            findings.demand(member["raw_offset"] in starts, f"member {number}: its raw_offset is not that of a segment")

    def _check_header(self, findings, number, header, previous, offset):
        where, payload = f"segment {number}", header.payload
        self._same_session(findings, payload, where)
        findings.demand(payload["epoch"] == self._manifest["epoch"], f"{where}: epoch {payload['epoch']} is not the manifest's")
        findings.demand(payload["number"] == number, f"{where}: number {payload['number']}")
        findings.demand(offset in (None, payload["raw_offset"]), f"{where}: raw_offset {payload['raw_offset']}, {offset} was due")
        findings.demand(previous in (None, payload["previous"]), f"{where}: previous is not the digest of what stands before it")
        findings.attempt(where, self._verify_header, number, header)

    def _verify_header(self, number, header):
        """3.1: the session key, or the service key from recovered.from_segment on, to the end."""
        recovered = self._manifest["recovered"]
        signer = "service" if recovered is not None and number >= recovered["from_segment"] else "session"
        if header.payload["signer"] != signer:
            raise Refused(f"signer is {header.payload['signer']}, must be {signer}")
        if signer == "session":
            header.verify(self._manifest["session_key"])
        else:
            self._history.verify(header, self._manifest["sealed_us"])

    def _check_ends(self, findings, tree, offset):
        stated, headers = self._manifest["segments"], self._recording.headers
        findings.demand(len(headers) == stated["count"], f"{len(headers)} segments, the manifest states {stated['count']}")
        findings.demand(tree.root() == stated["root"], "the Merkle root over the segment headers is not the manifest's")
        last = self._recording.index["segments"][-1:]
        findings.demand(last and sha256_hex(last[0].encode("utf-8")) == stated["head"], "the last segment header is not the manifest's head")
        findings.demand(offset in (None, self._manifest["recording"]["raw_bytes"]),
                        f"the segments cover {offset} bytes of raw, the manifest states {self._manifest['recording']['raw_bytes']}")

    def _check_chain_events(self, findings):
        headers = self._recording.headers
        for event in self._ledger.chain.get(self._recording.session, ()):
            number = event.data["number"]
            if event.data["epoch"] != self._manifest["epoch"]:
                continue
            if number >= len(headers):
                findings.fail(f"leaf {event.seq}: recording.chain names segment {number}, which is not there")
            elif isinstance(headers[number], Refused) or headers[number].digest != event.data["head"]:
                findings.fail(f"leaf {event.seq}: recording.chain has another digest of segment {number}")

    # ---- raw ----------------------------------------------------------------------------------

    def _raw_check(self, findings):
        """Members decompress as stated; digest of raw."""
        headers = self._recording.readable_headers if self._checks.held(self._prefix + "chain") else None
        self._scan = RawScan(self._container, self._recording.object_entry, self._recording.index["members"], headers)
        for problem in self._scan.problems:
            findings.fail(problem)
        stated = self._manifest["recording"]
        findings.demand(self._scan.size == stated["raw_bytes"], f"raw has {self._scan.size} bytes, the manifest states {stated['raw_bytes']}")
        findings.demand(self._scan.sha256 == stated["raw_sha256"], "raw has another SHA-256 than the manifest states")

    # ---- balance ------------------------------------------------------------------------------

    def _balance_check(self, findings):
        """3.3 Balance: the manifest's totals, the segments' counts, and the digest and instructions of each segment in raw."""
        _check_totals(findings, self._manifest)
        headers = self._recording.readable_headers
        totals, stated = self._manifest["totals"], self._manifest["recording"]["instructions"]
        last = f"segment {len(headers) - 1}"
        findings.demand(tallies(headers[-1]["classes"]) == tallies(totals["classes"]), f"{last}: classes are not the manifest's")
        findings.demand(tallies({"": headers[-1]["synthesised"]}) == tallies({"": totals["synthesised"]}), f"{last}: synthesised is not the manifest's")
        total = sum(header["instructions"] for header in headers)
        findings.demand(total == stated, f"the segments state {total} instructions, the manifest {stated}")
        findings.demand(len(self._scan.segments) == len(headers), "raw does not reach to the last segment")
        for segment in self._scan.segments:
            self._check_segment(findings, segment, headers[segment.number])

    @staticmethod
    def _check_segment(findings, segment, header):
        where = f"segment {segment.number}"
        findings.demand(segment.sha256 == header["raw_sha256"], f"{where}: its bytes have another SHA-256 than its header states")
        findings.demand(segment.syntax is None, f"{where}: {segment.syntax}")
        findings.demand(segment.syntax is not None or segment.instructions == header["instructions"],
                        f"{where}: {segment.instructions} instructions, its header states {header['instructions']}")


def _check_totals(findings, manifest):
    totals, recording = manifest["totals"], manifest["recording"]
    for unit in ("count", "bytes"):
        received, left_out, synthesised, recorded = (totals[n][unit] for n in ("received", "left_out", "synthesised", "recorded"))
        classes = totals["classes"].values()
        findings.demand(received == sum(c[unit] for c in classes), f"totals: received {unit} is not the sum over the classes")
        findings.demand(left_out == sum(c[unit] for c in classes if not c["recorded"]),
                        f"totals: left_out {unit} is not the sum over the classes that are not recorded")
        findings.demand(recorded == received - left_out + synthesised, f"totals: recorded {unit} is not received - left_out + synthesised")
    findings.demand(totals["recorded"]["bytes"] == recording["raw_bytes"], "totals: recorded bytes are not recording.raw_bytes")
    findings.demand(totals["recorded"]["count"] == recording["instructions"], "totals: recorded count is not recording.instructions")
