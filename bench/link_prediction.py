"""Run the backtest of ties to come on H2020 and write its numbers into the documentation.

Usage: python bench/link_prediction.py FOLDER, with h2020*.csv.gz and programme_parts*.csv.gz in it.
"""

from __future__ import annotations

import datetime
import re
import resource
import sys
import time
from pathlib import Path

from clusterloom.api.backtest_links import run_link_backtest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "link-prediction.md"
DAYS = ("2015-06-30", "2015-12-31", "2016-12-31", "2018-12-31")


def main() -> None:
    """Run, print and write."""
    folder = Path(sys.argv[1])
    (participations,), (topics,) = (
        sorted(folder.glob(name)) for name in ("h2020*.csv.gz", "programme_parts*.csv.gz")
    )
    start = time.perf_counter()
    done = run_link_backtest(
        participations,
        topics=topics,
        days=[datetime.date.fromisoformat(day) for day in DAYS],
        n_positive=20_000,
        n_negative=5,
        resamples=500,
        seed=0,
    )
    seconds = time.perf_counter() - start
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    found, degree = done.found, done.found.mean_degree
    lines = [
        f"New ties in the test period: {found.n_new_ties}; drawn: {found.n_positive}, out of "
        f"{found.n_events} projects; 5 pairs without a tie for each. Mean number of ties of the "
        f"ends: {degree['new']:.0f} (new ties), {degree['degree_matched']:.0f} (degree matched), "
        f"{degree['random']:.0f} (random). One run took {seconds:.0f} s and {gib:.1f} GiB on one "
        "core.",
        "",
        *done.lines(),
        "",
        "Best average precision on the earlier period (ties of 2016), by which the features were "
        "chosen:",
        "",
        *done.choice_lines(),
        "",
        "Weights, for a change of one standard deviation:",
        "",
        *done.weight_lines(),
    ]
    text = "\n".join(lines)
    print(text)
    page = PAGE.read_text(encoding="utf-8")
    block = f"<!-- results -->\n{text}\n<!-- end of results -->"
    new = re.sub(r"<!-- results -->.*<!-- end of results -->", lambda _: block, page, flags=re.S)
    PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
