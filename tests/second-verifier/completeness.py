"""The completeness verdict of README section 5.3, relative to the ledger range."""

from shapes import show


class _Session:
    __slots__ = ("opened", "ended", "ended_recorded", "unrecorded", "recorders", "sealed")

    def __init__(self):
        self.opened = []         # whether recording is required, for each session.opened
        self.ended = 0
        self.ended_recorded = 0
        self.unrecorded = False  # a session.ended with connected and not recorded
        self.recorders = 0
        self.sealed = 0


class Completeness:
    """Counts the events of each decision and session while the leaves go by."""

    def __init__(self, first):
        self._first = first
        self._allowed = {}   # decision -> seq
        self._opened = {}    # decision -> number of session.opened
        self._sessions = {}

    def add(self, leaf):
        """Takes one leaf of a known type, whose data members have been checked."""
        kind, data = leaf["type"], leaf["data"]
        if kind == "access.decided" and data["allowed"]:
            self._allowed[data["decision"]] = leaf["seq"]
        handler = {"session.opened": self._session_opened, "session.ended": self._session_ended,
                   "recording.opened": self._recording_opened, "recording.sealed": self._recording_sealed}.get(kind)
        if handler is not None:
            handler(self._sessions.setdefault(data["session"], _Session()), data)

    def _session_opened(self, session, data):
        session.opened.append(data["recording_required"])
        self._opened[data["decision"]] = self._opened.get(data["decision"], 0) + 1

    @staticmethod
    def _session_ended(session, data):
        session.ended += 1
        session.ended_recorded += data["recorded"]
        session.unrecorded |= data["connected"] and not data["recorded"]

    @staticmethod
    def _recording_opened(session, _):
        session.recorders += 1

    @staticmethod
    def _recording_sealed(session, _):
        session.sealed += 1

    def open(self):
        """The list of what is open, empty when the range is complete."""
        found = []
        for decision, seq in self._allowed.items():
            times = self._opened.get(decision, 0)
            if times != 1:
                found.append(f"decision {show(decision)} (leaf {seq}): allowed, with {times} session.opened")
        for name, session in self._sessions.items():
            if session.opened or self._first == 0:  # otherwise its session.opened stands before the range
                found += [f"session {show(name)}: {what}" for what in _open_of(session)]
        return found


def _open_of(session):
    if session.opened and session.ended != 1:
        yield f"{session.ended} session.ended"
    if session.ended_recorded and session.sealed != 1:
        yield f"session.ended with recorded, {session.sealed} recording.sealed"
    if session.recorders and not session.opened:
        yield "recording.opened without session.opened"
    if session.recorders and not session.ended_recorded:
        yield "recording.opened without session.ended with recorded"
    if session.unrecorded and any(session.opened):
        yield "recording required, connected, and not recorded"
    if session.sealed and not session.recorders:
        yield "recording.sealed without recording.opened"
