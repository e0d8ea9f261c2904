"""From longitude and latitude to pixels, for points anywhere: across the date line, at a pole."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clusterloom.spatial.middle import median_position

__all__ = ["Outline", "Projection", "continuous_ring", "fitted", "shortest_arc"]

Point = tuple[float, float]  # longitude and latitude, degrees WGS 84
Pixel = tuple[float, float]  # to the right and down

_LEAST_SPAN_DEG = 0.5
_MARGIN = 1.35  # of the span of the points
_POLAR_DEG = 75.0  # latitude from which meridians run together too fast for a plain map
_HALF_WORLD_DEG = 60.0  # points farther than this from a pole's map need the plain one
_BEHIND_DEG = 150.0
_HEM = 5.0  # pixels; hides the edges along which borders are cut
_CLEARLY = 0.75  # a map cut elsewhere than at the date line must be that much narrower


class Projection:
    """A map fitted to some points: plain, or laid around a middle near a pole.

    The plain one is equirectangular with the scale true at the middle latitude. The other is
    azimuthal and equidistant, with the meridian of the middle upright.
    """

    def __init__(
        self, middle: Point, *, span: tuple[float, float], width: int, height: int, polar: bool
    ) -> None:
        self.mid_lon, self.mid_lat = middle
        self.width, self.height, self.polar = width, height, polar
        self.squeeze = 1.0 if polar else math.cos(math.radians(self.mid_lat))
        across = max(span[0], _LEAST_SPAN_DEG) * _MARGIN
        upright = max(span[1], _LEAST_SPAN_DEG) * _MARGIN
        self.scale = min(width / across, height / upright)  # pixels to a degree of latitude

    def xy(self, lon: float, lat: float) -> Pixel:
        """Pixel position of a point, on the side of the middle it is nearer to."""
        x, y = self.continuous_xy(self.mid_lon + _turned(lon - self.mid_lon), lat)
        return round(x, 1), round(y, 1)

    def continuous_xy(self, lon: float, lat: float) -> Pixel:
        """Pixel position of a longitude that may lie beyond -180 .. 180 on the plain map."""
        if self.polar:
            east, north = _azimuthal(lon, lat, self.mid_lon, self.mid_lat)
        else:
            east, north = (lon - self.mid_lon) * self.squeeze, lat - self.mid_lat
        return self.width / 2 + east * self.scale, self.height / 2 - north * self.scale

    def polygons(self, outline: Outline) -> list[list[Pixel]]:
        """What the picture shows of the area inside an outline: pixels of whole numbers.

        One polygon for every place where a part of it is seen; none for an area out of sight.
        """
        if self.polar:
            # What lies behind the Earth's edge would be drawn inside out around the picture.
            middle = (self.mid_lon, self.mid_lat)
            if any(_apart_deg(p, middle) > _BEHIND_DEG for p in outline.line):
                return []
            turns: list[float] = [0.0]
        else:
            turns = self._turns(outline)
        drawn = [
            [self.continuous_xy(lon + turn, lat) for lon, lat in outline.line] for turn in turns
        ]
        return [seen for pixels in drawn if len(seen := self._seen(pixels)) > 2]

    def _turns(self, outline: Outline) -> list[float]:
        """By how many degrees to turn an outline so that a part of it is on the plain map."""
        half_x = (self.width / 2 + _HEM) / (self.scale * max(self.squeeze, 1e-9))
        half_y = (self.height / 2 + _HEM) / self.scale
        if outline.south > self.mid_lat + half_y or outline.north < self.mid_lat - half_y:
            return []
        first = math.ceil((self.mid_lon - half_x - outline.east) / 360)
        last = math.floor((self.mid_lon + half_x - outline.west) / 360)
        # More than one whole turn to each side shows nothing new: a map near a pole is wide.
        return [360.0 * n for n in range(max(first, -2), min(last, 2) + 1)]

    def _seen(self, pixels: Sequence[Pixel]) -> list[Pixel]:
        """The part of a polygon inside the picture and a hem around it (Sutherland-Hodgman)."""
        for axis, edge in ((0, self.width), (1, self.height)):
            for limit, sign in ((-_HEM, 1), (edge + _HEM, -1)):
                pixels = _cut(pixels, axis=axis, limit=limit, sign=sign)
        whole = [(round(x), round(y)) for x, y in pixels]
        return [
            point for point, before in zip(whole, [None, *whole], strict=False) if point != before
        ]


@dataclass(frozen=True)
class Outline:
    """A closed line without jumps of longitude, and what it lies between, degrees WGS 84."""

    line: Sequence[Point]
    west: float
    east: float
    south: float
    north: float

    @classmethod
    def of(cls, ring: Sequence[Point]) -> Outline:
        """Take a ring as a map file has it, with longitudes in -180 .. 180."""
        line = continuous_ring(ring)
        lons, lats = [lon for lon, _ in line], [lat for _, lat in line]
        return cls(line, min(lons), max(lons), min(lats), max(lats))


def fitted(points: Sequence[Point], *, width: int, height: int) -> Projection:
    """Choose the map on which some points fill a picture.

    Parameters
    ----------
    points : longitude and latitude, degrees WGS 84, at least one
    width, height : pixels

    Returns
    -------
    Projection
        Azimuthal if a point lies beyond 75 degrees and all lie within 60 degrees of their middle.
    """
    lats = [lat for _, lat in points]
    if max(map(abs, lats)) > _POLAR_DEG:
        lat, lon = median_position(np.array(lats), np.array([lon for lon, _ in points]))
        if all(_apart_deg(p, (lon, lat)) <= _HALF_WORLD_DEG for p in points):
            return _around((lon, lat), points, width=width, height=height)
    west, span = shortest_arc([lon for lon, _ in points])
    middle = (west + span / 2, (min(lats) + max(lats)) / 2)
    across = span * math.cos(math.radians(middle[1]))
    return Projection(
        middle, span=(across, max(lats) - min(lats)), width=width, height=height, polar=False
    )


def shortest_arc(lons: Sequence[float]) -> tuple[float, float]:
    """Where a stretch of longitudes that holds all of some begins, and how wide it is.

    The usual map, cut at the date line, is kept unless another is clearly narrower.

    Parameters
    ----------
    lons : degrees, at least one

    Returns
    -------
    first longitude and width : degrees

    Examples
    --------
    >>> shortest_arc([27.5, 116.4])
    (27.5, 88.9)
    >>> shortest_arc([179.0, -179.0])
    (179.0, 2.0)
    """
    usual = sorted(_turned(lon) for lon in lons)
    span = usual[-1] - usual[0]
    gaps = [(b - a, b) for a, b in itertools.pairwise(usual)]
    if gaps:
        widest, begin = max(gaps)
        if 360 - widest < _CLEARLY * span:
            return begin, 360 - widest
    return usual[0], span


def continuous_ring(ring: Sequence[Point]) -> list[Point]:
    """Write a closed line without jumps of longitude; one around a pole is closed over the pole.

    Parameters
    ----------
    ring : longitude and latitude, degrees WGS 84

    Returns
    -------
    the same points; longitudes may lie beyond -180 .. 180

    Examples
    --------
    >>> continuous_ring([(179.0, 0.0), (-179.0, 0.0), (-179.0, 1.0)])
    [(179.0, 0.0), (181.0, 0.0), (181.0, 1.0)]
    """
    line = [ring[0]]
    for lon, lat in ring[1:]:
        last = line[-1][0]
        line.append((last + _turned(lon - last), lat))
    back = line[-1][0] + _turned(ring[0][0] - line[-1][0])
    if abs(back - line[0][0]) > 180:
        pole = math.copysign(90.0, sum(lat for _, lat in ring))
        line += [(back, ring[0][1]), (back, pole), (line[0][0], pole)]
    return line


def _around(middle: Point, points: Sequence[Point], *, width: int, height: int) -> Projection:
    laid = [_azimuthal(lon, lat, *middle) for lon, lat in points]
    reach = [2 * max(abs(p[k]) for p in laid) for k in (0, 1)]
    return Projection(middle, span=(reach[0], reach[1]), width=width, height=height, polar=True)


def _cut(pixels: Sequence[Pixel], *, axis: int, limit: float, sign: int) -> list[Pixel]:
    """Leave of a polygon what lies on one side of an upright or level line."""
    kept: list[Pixel] = []
    for a, b in zip([*pixels[-1:], *pixels[:-1]], pixels, strict=True):
        inside_a, inside_b = sign * (a[axis] - limit) >= 0, sign * (b[axis] - limit) >= 0
        if inside_a != inside_b:
            part = (limit - a[axis]) / (b[axis] - a[axis])
            kept.append((a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))
        if inside_b:
            kept.append(b)
    return kept


def _azimuthal(lon: float, lat: float, mid_lon: float, mid_lat: float) -> tuple[float, float]:
    """Degrees to the east and to the north of the middle, distances from it being true."""
    phi, phi0, turn = math.radians(lat), math.radians(mid_lat), math.radians(lon - mid_lon)
    east = math.cos(phi) * math.sin(turn)
    north = math.cos(phi0) * math.sin(phi) - math.sin(phi0) * math.cos(phi) * math.cos(turn)
    up = math.sin(phi0) * math.sin(phi) + math.cos(phi0) * math.cos(phi) * math.cos(turn)
    sine = math.hypot(east, north)
    stretch = math.degrees(math.atan2(sine, up)) / sine if sine > 0 else 0.0
    return east * stretch, north * stretch


def _apart_deg(a: Point, b: Point) -> float:
    return math.hypot(*_azimuthal(*a, *b))


def _turned(lon: float) -> float:
    """The same meridian, in -180 .. 180."""
    return lon if -180 <= lon <= 180 else (lon + 180) % 360 - 180
