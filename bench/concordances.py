"""Build the concordances once, from nothing: every text encoded anew, nothing kept or written.

Usage: python bench/concordances.py [SCHEME ...]

Without arguments every scheme but the topics of OpenAlex, whose 4,516 descriptions take longer than
all others together: name `openalex` to measure it. Needs the public tables of `../shared`.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import make_concordances as making  # noqa: E402

from clusterloom.tables.vectors import CachedEncoder  # noqa: E402
from clusterloom.text import usable_encoders  # noqa: E402


def main() -> None:
    """Print the time of each scheme; one that follows another comes after it."""
    shared = ROOT.parent / "shared"
    if not (shared / "data" / "industry_classifications").exists():
        print("public tables not found beside the checkout: left out")
        return
    wanted = sys.argv[1:] or [scheme for scheme in making.SCHEMES if scheme != "openalex"]
    print("| classification | codes | links | seconds | of one core |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "vectors.sqlite"
        encoders = [CachedEncoder(encoder, store) for encoder in usable_encoders()]
        maker = making.Maker(shared, (), encoders)
        total = total_busy = 0.0
        for scheme in wanted:
            start, busy = time.perf_counter(), time.process_time()
            with contextlib.redirect_stdout(io.StringIO()):
                getattr(maker, scheme)()
            seconds, busy = time.perf_counter() - start, time.process_time() - busy
            total, total_busy = total + seconds, total_busy + busy
            made = maker.made[scheme]
            links = sum(len(entry) for entry in made.values())
            print(f"| {scheme} | {len(made):,} | {links:,} | {seconds:.1f} | {busy:.1f} |")
        print(f"| all of these | | | {total:.1f} | {total_busy:.1f} |")
    print(f"\nEncoders: {', '.join(encoder.name for encoder in encoders)}.")


if __name__ == "__main__":
    main()
