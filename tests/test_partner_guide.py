"""The guide to partner clusters: its example is read as it stands, and its words come out right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from clusterloom.entities.existing_clusters import settle_clusters
from clusterloom.entities.languages import country_languages
from clusterloom.plan import Recipe, build_stages, parse_recipe
from clusterloom.sources import read_source
from clusterloom.stages.bridges import Bridges
from clusterloom.tables import Tables
from clusterloom.views.language import Translator
from clusterloom.views.names import Names

GUIDE = Path(__file__).parents[1] / "docs" / "how-to" / "partner-clusters.md"


def blocks(kind):
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, flags=re.DOTALL)


def test_the_tables_of_the_guide_are_taken_over_whole(tmp_path):
    folder = tmp_path / "my-clusters"
    folder.mkdir()
    clusters, members = blocks("text")
    (folder / "existing_clusters.csv").write_text(clusters, encoding="utf-8")
    (folder / "existing_cluster_members.csv").write_text(members, encoding="utf-8")
    known = {row["org_id"] for row in read_source("embedded:belarus_china").rows("organisation")}
    tables, missing = settle_clusters(read_source(str(folder), known_org_ids=known))
    assert tables["quarantine"].num_rows == 0
    assert missing == ()
    rows = tables.by_key("existing_cluster", "cluster_id")
    assert rows["ovc"]["fields"] == "laser-technology|optoelectronics"
    assert rows["minsk-optics"]["lat_deg"] == pytest.approx(53.9, abs=0.1)
    assert tables["existing_cluster_member"].num_rows == 3


def test_the_recipe_of_the_guide_is_one():
    (text,) = blocks("toml")
    (stage,) = build_stages(parse_recipe(text), [Bridges])
    assert (stage.kinship_peak, stage.partners_each, stage.matching) == (0.5, 2, "stable")
    assert dict(stage.weights) == {"complementarity": 0.5, "returned": 0.5}
    assert stage.languages["CN"] == ("zh", "en")
    assert build_stages(Recipe(), [Bridges])


@pytest.mark.parametrize(
    ("country", "languages"),
    [("BY", ("be", "ru")), ("CN", ("zh",)), ("HK", ("zh", "en")), ("KZ", ("ru", "kk")), ("XA", ())],
)
def test_a_country_speaks_its_official_languages(country, languages):
    assert country_languages(country) == languages


def test_languages_are_named_in_the_language_of_the_reader():
    names = {la: Names(Tables(), Translator(la)) for la in ("en", "ru", "be", "zh")}
    assert [names[la].of("language:zh") for la in names] == [
        "Chinese", "китайский",
        "кітайская", "中文",
    ]  # fmt: skip
    assert names["en"].of("language:tlh-x") == "tlh-x"
