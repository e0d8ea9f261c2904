"""Shared fixtures: small tables and an encoder that needs no model."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from clusterloom.api import Project, embedded_recipe
from clusterloom.schema import load_reasons
from clusterloom.tables import Tables

# Machines are shared: how long one example takes says nothing about whether it is right.
settings.register_profile("clusterloom", deadline=None)
settings.load_profile("clusterloom")

SHARED = Path(__file__).parents[2] / "shared"


class WordEncoder:
    """Bag of hashed words: deterministic, instant, and good enough to tell toys apart."""

    name = "words-1"
    dimension = 4096

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts):
        self.encoded += list(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for i, text in enumerate(texts):
            for word in text.casefold().replace(".", " ").split():
                slot = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % self.dimension
                vectors[i, slot] += 1
            norm = np.linalg.norm(vectors[i])
            if norm:
                vectors[i] /= norm
        return vectors


def words(row):
    """Return the reasons of a row as an English reader sees them, arguments as they are."""
    return " ".join(one.template.format(**one.args) for one in load_reasons(row["reasons"]))


@pytest.fixture(scope="session", autouse=True)
def shared_vectors(tmp_path_factory):
    """One vector cache for all workspaces of a worker: a text is encoded once per test run."""
    from clusterloom.plan.workspace import Workspace

    path = tmp_path_factory.getbasetemp() / "vectors" / "vectors.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workspace, "vector_path", path)
        yield path


@pytest.fixture(scope="session")
def valley(tmp_path_factory):
    """The plan of the embedded valley, made once; tests take it as it is."""
    project = Project.create(tmp_path_factory.mktemp("valley") / "w")
    made = project.run(embedded_recipe("valley"))
    project.workspace.ledger.close()
    return made


@pytest.fixture
def word_encoder() -> WordEncoder:
    return WordEncoder()


def field_row(field_id: str, label: str, parent: str | None = None, **codes: str) -> dict:
    texts = {f"label_{la}": label for la in ("en", "ru", "be", "zh")}
    texts |= {f"description_{la}": f"{label} work" for la in ("en", "ru", "be", "zh")}
    return {"field_id": field_id, "parent_id": parent, **texts, **codes}


@pytest.fixture
def toy_fields() -> Tables:
    """Two broad fields with two narrow ones each."""
    return Tables().with_rows(
        "field",
        [
            field_row("photonics", "photonics"),
            field_row("lasers", "laser beams", "photonics", nace="26.7", paradigm="V"),
            field_row("optics", "optical lenses", "photonics", nace="26.7"),
            field_row("food", "food"),
            field_row("dairy", "milk cheese", "food", nace="10.5", paradigm="IV"),
            field_row("meat", "meat sausage", "food", nace="10.1"),
        ],
    )


def activity_row(activity_id: str, org_id: str, kind: str = "research", **more: object) -> dict:
    return {
        "activity_id": activity_id,
        "org_id": org_id,
        "kind": kind,
        "weight": 1.0,
        "source_id": "toy",
        "source_row": "activities.csv:2",
        **more,
    }


def organisation_row(org_id: str, role: str = "company", **more: object) -> dict:
    return {
        "org_id": org_id,
        "role": role,
        "name_en": org_id,
        "country": "XA",
        "coord_precision": "unknown",
        "source_id": "toy",
        "source_row": "organisations.csv:2",
        **more,
    }


def result(**more: object) -> dict:
    return {"reasons": "[]", "based_on": "[]", **more}


def cluster_row(
    cluster_id: str, country: str = "XA", *, candidate_id: str | None = None, n_members: int = 1
) -> dict:
    return result(
        cluster_id=cluster_id,
        candidate_id=candidate_id or f"candidate-{cluster_id}",
        country=country,
        main_fields="lasers",
        n_members=n_members,
        coverage=0.5,
        objective=1.0,
        bound=1.0,
        optimality_gap=0.0,
        solver_status="optimal",
    )


def seat_row(cluster_id: str, org_id: str, role: str) -> dict:
    return result(
        cluster_id=cluster_id, org_id=org_id, role=role, covers="", n_ties=0, marginal_value=0.1
    )
