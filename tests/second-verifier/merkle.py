"""The Merkle tree of README section 4.1 (RFC 9162 section 2.1.1), grown leaf by leaf."""

import hashlib


def _node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The roots of the perfect subtrees over the leaves so far, largest first: one for each binary digit 1 of the size."""

    def __init__(self, size=0, peaks=()):
        """Starts at a size with the peaks that cover it; their number must be that of the size's binary digits 1."""
        self.size = size
        self._peaks = list(peaks)

    def append(self, leaf):
        """Appends one leaf (its bytes, not its hash)."""
        node, carry = hashlib.sha256(b"\x00" + leaf).digest(), self.size
        while carry & 1:
            node, carry = _node(self._peaks.pop(), node), carry >> 1
        self._peaks.append(node)
        self.size += 1

    def root(self):
        """The root at the present size, as hexadecimal digits."""
        if not self._peaks:
            return hashlib.sha256(b"").hexdigest()
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = _node(peak, root)
        return root.hex()
