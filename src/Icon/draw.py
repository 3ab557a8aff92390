#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws icon.png, the icon of the packages: a fence of three posts and two rails. Needs nothing but Python.

Run it here: python3 draw.py
"""
import struct
import zlib

SIZE = 128
RAILS = ((44, 56), (84, 96))
POSTS = ((20, 40), (54, 74), (88, 108))
TOP, BOTTOM = 14, 116


def is_ink(x: int, y: int) -> bool:
    """Whether the pixel belongs to the fence: a post with a pointed top, or a rail."""
    for left, right in POSTS:
        tip = abs(2 * x - (left + right - 1)) // 2          # the point of a post
        if left <= x < right and TOP + tip <= y < BOTTOM:
            return True
    return any(top <= y < bottom and 8 <= x < 120 for top, bottom in RAILS)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    rows = bytearray()
    for y in range(SIZE):
        rows.append(0)                                      # no filter
        for x in range(0, SIZE, 8):
            rows.append(sum(is_ink(x + bit, y) << (7 - bit) for bit in range(8)))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 1, 3, 0, 0, 0)   # one bit a pixel, with a palette
    palette = bytes((255, 255, 255, 21, 101, 112))
    with open("icon.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for kind, data in ((b"IHDR", header), (b"PLTE", palette), (b"tRNS", b"\x00"), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b"")):
            file.write(chunk(kind, data))


if __name__ == "__main__":
    main()
