"""Print the numbers of the embedded plan that the pages on structures, chains and growth quote.

Usage: python bench/joint_programme.py

Run it after any change of the data or of an earlier stage, and bring up to date:
docs/explanation/structures.md, docs/explanation/value_chains.md and docs/how-to/joint-programme.md.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from clusterloom.api import Project, embedded_recipe
from clusterloom.api.programme import programme_text, programmes


def main() -> None:
    """Make the plan in a folder of its own and print the numbers."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project.create(Path(folder) / "w")
        plan = project.run(embedded_recipe("belarus_china"))
        project.workspace.ledger.close()
    tables = plan.tables
    members = {row["org_id"] for row in tables.rows("membership")}
    print(f"structures: {len(members)} members")
    for row in tables.rows("connection"):
        shown = {k: v for k, v in row.items() if k not in ("reasons", "based_on", "run_id")}
        print(f"  {shown}")
    types = Counter((r["level"], r["type"]) for r in tables.rows("structure"))
    print(f"  types: {dict(types)}")
    chains = tables.rows("value_chain")
    print(f"value chains: {len(chains)}, {dict(Counter(r['verdict'] for r in chains))}")
    for row in chains:
        whole = row["n_joined"] == row["n_steps"] - 1
        if whole or (row["verdict"] == "only_together" and row["n_countries"] > 1):
            print(f"  {row['field_id']}: {row['clusters']}, all handovers known: {whole}")
    print("\n".join(programme_text(programmes(plan))))


if __name__ == "__main__":
    main()
