"""Make the packaged borders from a TopoJSON file of countries (npm package `world-atlas`).

Usage: python scripts/make_borders.py countries-50m.json
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "src" / "clusterloom" / "data" / "borders"
DIGITS = 2  # about a kilometre; enough for a plan's maps
SMALLEST = 0.02  # square degrees; smaller islands are left out


def arcs_of(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """Decode the delta-coded arcs to longitude and latitude."""
    (scale_x, scale_y), (move_x, move_y) = (
        topology["transform"]["scale"],
        topology["transform"]["translate"],
    )
    decoded = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append(
                (round(x * scale_x + move_x, DIGITS), round(y * scale_y + move_y, DIGITS))
            )
        decoded.append(points)
    return decoded


def ring_of(indices: list[int], arcs: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Join arcs to a ring; a negative index runs backwards."""
    ring: list[tuple[float, float]] = []
    for index in indices:
        part = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += part[1:] if ring else part
    return [p for i, p in enumerate(ring) if i == 0 or p != ring[i - 1]]


def area(ring: list[tuple[float, float]]) -> float:
    """Area of a ring in square degrees."""
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def main() -> None:
    """Write countries.json.gz."""
    topology = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    arcs = arcs_of(topology)
    countries: dict[str, list[list[tuple[float, float]]]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        kind, parts = geometry.get("type"), geometry.get("arcs", [])
        polygons = parts if kind == "MultiPolygon" else [parts]
        rings = [ring_of(indices, arcs) for polygon in polygons for indices in polygon[:1]]
        name = geometry["properties"]["name"]
        countries[name] = [ring for ring in rings if len(ring) > 3 and area(ring) > SMALLEST]
    text = json.dumps(dict(sorted(countries.items())), ensure_ascii=False, separators=(",", ":"))
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / "countries.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    print(len(countries), "countries")


if __name__ == "__main__":
    main()
