"""Counting Guacamole instructions (README section 3): `LENGTH.VALUE,...;` where LENGTH counts Unicode code points."""

import codecs
import re

from shapes import Refused

_LENGTH = re.compile(r"(0|[1-9][0-9]{0,4})\.")
_LENGTH_BEGUN = re.compile(r"(0|[1-9][0-9]{0,4})?")


class InstructionCounter:
    """Fed with a byte stream in pieces of any size; keeps nothing of it but an unfinished LENGTH."""

    def __init__(self):
        self.count = 0
        self._decode = codecs.getincrementaldecoder("utf-8")("strict").decode
        self._begun = ""        # an unfinished LENGTH
        self._skip = 0          # code points of VALUE still to come
        self._in_value = False  # VALUE or its terminator is still to come
        self._inside = False    # an instruction has begun

    def feed(self, data):
        """Refuses what cannot be the continuation of whole instructions."""
        try:
            text = self._begun + self._decode(data)
        except UnicodeDecodeError:
            raise Refused(f"not UTF-8 after instruction {self.count}") from None
        self._begun = ""
        at, end = 0, len(text)
        while at < end:
            if not self._in_value:
                match = _LENGTH.match(text, at)
                if match is None:
                    self._keep(text, at)
                    return
                at, self._skip = match.end(), int(match[1])
                self._in_value = self._inside = True
            step = min(self._skip, end - at)
            at, self._skip = at + step, self._skip - step
            if self._skip == 0 and at < end:
                self._terminate(text[at])
                at += 1

    def _keep(self, text, at):
        if _LENGTH_BEGUN.fullmatch(text, at) is None:
            raise Refused(f"no LENGTH where one must stand, after instruction {self.count}")
        self._begun, self._inside = text[at:], True

    def _terminate(self, terminator):
        if terminator not in ",;":
            raise Refused(f"no comma or semicolon where LENGTH says, after instruction {self.count}")
        self._in_value = False
        if terminator == ";":
            self.count += 1
            self._inside = False

    def finish(self):
        """Refuses a stream that ends within an instruction; returns the number of instructions."""
        try:
            self._decode(b"", True)
        except UnicodeDecodeError:
            raise Refused(f"cut within a character after instruction {self.count}") from None
        if self._inside:
            raise Refused(f"cut within an instruction after instruction {self.count}")
        return self.count
