"""The outline of a standing person, seen from the front."""

from __future__ import annotations

from functools import lru_cache

WIDTH, HEIGHT = 150.0, 420.0  # the box that the outline fills

# Right-hand half, (distance from the midline, distance below the crown); a smooth curve runs through each list,
# and where two lists meet there is a corner: armpit and crotch.
_HEAD_TO_ARMPIT = (
    (0, 0), (11, 2), (19, 10), (22, 23), (20.5, 36), (16, 47), (10.5, 54.5), (10, 63), (14, 68.5), (26, 73), (39, 78.5),
    (46.5, 88), (49.5, 104), (51.5, 124), (55, 143), (58, 156), (62, 176), (65, 198), (67.5, 209), (71.5, 219),
    (72.5, 231), (70.5, 242), (66, 249), (62.5, 246), (62, 238), (59.5, 227), (58, 213), (55, 198), (49.5, 178),
    (45.5, 158), (42.5, 140), (39.5, 122), (37, 109),
)  # fmt: skip
_ARMPIT_TO_CROTCH = (
    (37, 109), (36.5, 124), (34.5, 142), (32, 160), (32.5, 175), (36, 192), (39, 210), (39.5, 232), (37, 260),
    (32.5, 287), (30, 304), (31, 322), (30.5, 340), (26, 364), (21.5, 386), (20.5, 397), (24.5, 407), (27.5, 415),
    (21, 419), (12, 418.5), (9.5, 410), (10.5, 397), (9.5, 384), (8, 362), (8.5, 338), (9.5, 318), (8, 300), (6.5, 280),
    (4, 252), (1.5, 226), (0, 219),
)  # fmt: skip


def _through(points: list[tuple[float, float]]) -> str:
    """Bezier commands of a Catmull-Rom curve through points, starting from the first one."""
    padded = [points[0], *points, points[-1]]
    parts = []
    for (ax, ay), (bx, by), (cx, cy), (dx, dy) in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        handles = (bx + (cx - ax) / 6, by + (cy - ay) / 6, cx - (dx - bx) / 6, cy - (dy - by) / 6, cx, cy)
        parts.append("C" + " ".join(f"{v:.1f}" for v in handles))
    return "".join(parts)


@lru_cache(maxsize=1)
def outline() -> str:
    """The outline as the commands of one closed SVG path in a box of WIDTH times HEIGHT."""
    middle = WIDTH / 2
    right = [[(middle + x, float(y)) for x, y in part] for part in (_HEAD_TO_ARMPIT, _ARMPIT_TO_CROTCH)]
    left = [[(WIDTH - x, y) for x, y in reversed(part)] for part in reversed(right)]
    return f"M{middle:g} 0" + "".join(_through(part) for part in (*right, *left)) + "Z"
