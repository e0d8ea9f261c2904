"""Put the two results, as the program prints them, between the marks in README.md.

python scripts/update_readme.py                         runs both (CORDIS if its data is there)
python scripts/update_readme.py --belarus-china demo/plan/summary.txt --cordis plan/summary.txt
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORDIS = ROOT.parent / "shared" / "data" / "cordis_china_projects"
COMMAND = str(Path(sys.executable).with_name("clusterloom"))


def with_result(text: str, name: str, summary: str) -> str:
    """Return the page with the summary between the marks of this result.

    Raises
    ------
    SystemExit
        If the page has no such marks.
    """
    pattern = re.compile(rf"(<!-- result:{name} -->\n).*?(<!-- /result -->)", re.DOTALL)
    block = f"```text\n{summary.strip()}\n```\n"
    filled, found = pattern.subn(lambda m: m.group(1) + block + m.group(2), text)
    if found != 1:
        raise SystemExit(f"README.md has {found} blocks for the result `{name}`, not 1")
    return filled


def demo_summary(folder: Path) -> str:
    """Run the embedded example and return its summary."""
    subprocess.run([COMMAND, "demo", "--out", str(folder / "demo"), "--quiet"], check=True)
    return (folder / "demo" / "plan" / "summary.txt").read_text(encoding="utf-8")


def cordis_summary(folder: Path) -> str | None:
    """Run the CORDIS recipe and return its summary; None if the data is not beside the clone."""
    if not CORDIS.exists():
        return None
    out = folder / "cordis"
    recipe = ["--recipe", "examples/cordis_china.toml", "--out", str(out), "--quiet"]
    subprocess.run([COMMAND, "run", *recipe, "-w", str(folder / "w")], check=True, cwd=ROOT)
    return (out / "summary.txt").read_text(encoding="utf-8")


def main() -> None:
    """Fill the blocks whose summary is given or can be made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--belarus-china", type=Path, help="summary.txt of the embedded example")
    parser.add_argument("--cordis", type=Path, help="summary.txt of the CORDIS plan")
    given = parser.parse_args()
    chosen = {"belarus_china": given.belarus_china, "cordis": given.cordis}
    summaries: dict[str, str | None] = {
        name: path.read_text(encoding="utf-8") for name, path in chosen.items() if path is not None
    }
    if not summaries:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            summaries = {"belarus_china": demo_summary(folder), "cordis": cordis_summary(folder)}
    page = ROOT / "README.md"
    text = page.read_text(encoding="utf-8")
    for name, summary in summaries.items():
        if summary is None:
            print(f"{name}: left as it is, the data is not beside the clone")
            continue
        text = with_result(text, name, summary)
    page.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
