#!/usr/bin/env python3
"""Verifies many bundles in one process: one JSON object a line in, one result a line out, as `verify.py --json` prints it.

    {"bundle": FILE, "trust": FINGERPRINT or null, "known_heads": [FILE, ...], "flip": null or [OFFSET, MASK]}

With `flip` a copy of the bundle is verified in which the byte at OFFSET is changed by MASK.
"""

import json
import os
import sys
import tempfile

sys.dont_write_bytecode = True

from verify import Verification, summary  # noqa: E402


def _verify(request, path):
    verification = Verification(path, request["trust"], request["known_heads"])
    verification.run()
    return summary(request["bundle"], verification)


def _flipped(request, folder):
    with open(request["bundle"], "rb") as file:
        data = bytearray(file.read())
    offset, mask = request["flip"]
    data[offset] ^= mask
    path = os.path.join(folder, "flipped")
    with open(path, "wb") as file:
        file.write(data)
    return path


def main():
    """Reads requests until the input ends."""
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            request = json.loads(line)
            path = _flipped(request, folder) if request.get("flip") else request["bundle"]
            print(json.dumps(_verify(request, path)), flush=True)


if __name__ == "__main__":
    main()
