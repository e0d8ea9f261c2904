"""Maps of the report: across the date line, at a pole, and the same as ever elsewhere."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusterloom.spatial.distance import great_circle_km
from clusterloom.spatial.middle import mapped_km, median_position
from clusterloom.views.map_svg import bridge_map_svg, cluster_map_svg, load_borders
from clusterloom.views.projection import Outline, continuous_ring, fitted, shortest_arc

LATS = st.floats(-89.9, 89.9)
LONS = st.floats(-180, 180)
FIJI = [(179.8, -16.8), (-179.9, -16.7)]
NORTH = [(0.0, 89.9), (120.0, 89.9), (-120.0, 89.9)]


def km(a, b) -> float:
    return float(great_circle_km(*(np.array(x) for x in (a[1], a[0], b[1], b[0]))))


def drawn(points, **more) -> tuple[str, list[tuple[float, float]]]:
    rows = [
        {"lon": lon, "lat": lat, "role": "core", "name": f"n{i}", "place": ""}
        for i, (lon, lat) in enumerate(points)
    ]
    svg = cluster_map_svg(rows, label="x", **more)
    discs = re.findall(r'cx="([-\d.]+)" cy="([-\d.]+)"', svg)
    return svg, [(float(x), float(y)) for x, y in discs]


@pytest.mark.parametrize("points", [FIJI, NORTH, [(27.5, 53.9), (30.2, 55.2)]])
def test_pixels_apart_are_kilometres_apart(points):
    _, discs = drawn(points)
    scales = [
        math.dist(discs[i], discs[j]) / km(points[i], points[j])
        for i, j in itertools.combinations(range(len(points)), 2)
    ]
    assert max(scales) / min(scales) < 1.02
    # They fill the picture: 640 by 400 pixels with a margin, not two specks on a map of the world.
    place = fitted(points, width=640, height=400)
    assert place.scale == pytest.approx(scales[0] * 111.195, rel=0.02)
    assert place.scale > 100


def test_a_map_at_the_date_line_shows_its_surroundings_and_not_the_world():
    svg, discs = drawn(FIJI)
    assert len(svg) < 20_000
    assert all(0 < x < 640 and 0 < y < 400 for x, y in discs)
    assert discs[0][0] < discs[1][0]  # 179.8 lies to the west of -179.9
    assert "M" in svg.split('class="land" d="')[1].split('"')[0]  # the islands are there


def test_moving_everything_around_the_globe_moves_nothing_on_the_picture():
    shape = [(0.0, 50.0), (3.0, 51.0), (5.0, 48.0)]
    wanted = drawn(shape)[1]
    for turn in (100.0, 178.0, -178.0):
        moved = [((lon + turn + 180) % 360 - 180, lat) for lon, lat in shape]
        np.testing.assert_allclose(drawn(moved)[1], wanted, atol=0.11)


def test_a_country_that_crosses_the_date_line_is_land_everywhere():
    """Moscow and Smolensk once lay in the sea: the whole of Russia was left out."""
    for spot in ((37.6, 55.75), (32.0, 54.8), (177.5, 66.0), (-173.0, 66.0)):
        place = fitted([spot], width=640, height=400)
        polygons = [
            p
            for rings in load_borders().values()
            for r in rings
            for p in place.polygons(Outline.of(r))
        ]
        assert any(holds(p, (320, 200)) for p in polygons), spot


def holds(polygon, point) -> bool:
    """Whether a point lies in a polygon, by counting the edges to the right of it."""
    x, y = point
    crossed = False
    for (x1, y1), (x2, y2) in itertools.pairwise([*polygon, polygon[0]]):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            crossed = not crossed
    return crossed


def test_only_what_the_picture_shows_of_a_border_is_written():
    place = fitted([(27.5, 53.9), (30.2, 55.2)], width=640, height=400)
    for ring in itertools.chain.from_iterable(load_borders().values()):
        for x, y in itertools.chain.from_iterable(place.polygons(Outline.of(ring))):
            assert -6 <= x <= 646
            assert -6 <= y <= 406


def test_bridges_over_the_pacific_are_drawn_over_the_pacific():
    names = {"a": (178.0, -18.0), "b": (-122.0, 37.0)}
    clusters = [
        {"id": i, "anchor": at, "points": [1], "name": i, "n_members": 4}
        | {"bridges": [{"abroad": True, "id": "b" if i == "a" else "a", "score": 0.5}]}
        for i, at in names.items()
    ]
    svg = bridge_map_svg(clusters, label="x")
    left, right = (float(x) for x in re.findall(r'circle cx="([-\d.]+)"', svg))
    assert 100 < left < 480 < right < 860


def test_a_cluster_has_on_the_map_the_number_it_has_in_the_report():
    clusters = [
        {"id": i, "anchor": (27.5, 53.9), "points": points, "name": f"<{i}>", "n_members": 4}
        | {"bridges": []}
        for i, points in (("a", [1]), ("b", []), ("c", [1]))
    ]
    svg = bridge_map_svg(clusters, label="x")
    numbered = re.findall(r'--nth:(\d)"[^>]*>(\d)<tspan class="name">\. ([^<]*)<', svg)
    assert numbered == [("0", "1", "&lt;a&gt;"), ("1", "3", "&lt;c&gt;")]


def test_a_map_of_one_place_is_no_map_of_a_point():
    _, discs = drawn([(180.0, 90.0)])
    assert discs == [(320.0, 200.0)]


def test_longitudes_are_cut_in_their_widest_gap_only_if_that_is_clearly_narrower():
    assert shortest_arc([174.8, -157.9, 139.7]) == (139.7, pytest.approx(62.4))
    # Americas, Europe and China: 236 degrees as usual, 230 over the Pacific.
    assert shortest_arc([-120.0, 10.0, 116.0]) == (-120.0, 236.0)
    assert shortest_arc([200.0, 190.0]) == (-170.0, 10.0)


@given(st.lists(LONS, min_size=1, max_size=8))
def test_the_arc_holds_every_longitude(lons):
    west, span = shortest_arc(lons)
    assert 0 <= span <= 360
    for lon in lons:
        inside = (lon - west) % 360
        assert min(inside, 360 - inside) < 1e-9 or inside <= span + 1e-9


def test_a_ring_around_a_pole_is_closed_over_the_pole():
    ring = [(float(lon), -70.0) for lon in range(-180, 180, 30)]
    assert continuous_ring(ring)[-3:] == [(180.0, -70.0), (180.0, -90.0), (-180.0, -90.0)]


def test_the_median_position_by_hand_and_without_a_seam():
    lat, lon = median_position(np.zeros(4), np.array([10.0, 11.0, 12.0, 13.0]))
    assert (lat, lon) == (pytest.approx(0), pytest.approx(11.5))
    # Two on either side of the date line and one far off: it stays between the two.
    lat, lon = median_position(np.zeros(3), np.array([179.9, -179.9, -150.0]))
    assert (lat, lon) == (pytest.approx(0), pytest.approx(-179.9))
    lat, _ = median_position(np.full(3, 89.9), np.array([0.0, 120.0, -120.0]))
    assert lat > 89.9
    with pytest.raises(ValueError, match="no middle of no points"):
        median_position(np.empty(0), np.empty(0))


@given(st.lists(st.tuples(LATS, LONS), min_size=1, max_size=6), st.floats(-180, 180))
def test_turning_the_globe_turns_the_median_position(points, turn):
    lat, lon = np.array(points).T
    vectors = np.cos(np.radians(lat)) * np.exp(1j * np.radians(lon))
    if np.hypot(abs(vectors.mean()), np.sin(np.radians(lat)).mean()) < 1e-3:
        return  # they surround the Earth: the first point decides
    one = median_position(lat, lon)
    other = median_position(lat, (lon + turn + 180) % 360 - 180)
    assert km(((one[1] + turn), one[0]), other[::-1]) < 0.1


def test_points_that_surround_the_earth_have_no_map_but_a_median():
    lat, lon = np.zeros(4), np.array([0.0, 90.0, 180.0, -90.0])
    middle = median_position(lat, lon)
    assert all(map(math.isfinite, middle))
    with pytest.raises(ValueError, match="surround the Earth evenly"):
        mapped_km(np.array([[1.0, 0, 0], [-1.0, 0, 0]]))
