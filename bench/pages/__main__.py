"""`python -m bench.pages`: the desk's promises of speed in a real Chromium, as a table; `--save` keeps it in docs/."""

import argparse
from datetime import UTC, datetime

from bench import proc
from bench.pages.scenes import FIGURES, SCENES, Stage, stage, summed_up
from tests.harness.program import ROOT

BEGIN, END = "<!-- made by `python -m bench.pages --save`: do not edit -->", "<!-- end of the desk's figures -->"
PAGE = ROOT / "docs" / "performance.md"


def lines(found: dict[str, list[float]]) -> list[list[str]]:
    """Title, figure, range, what is asked, whether it is met."""
    rows = []
    for key, figure in FIGURES.items():
        values = found.get(key)
        if not values:
            continue
        worst = summed_up(key, values)
        asked = "" if figure.most is None else f"≤ {figure.most:g}"
        met = "" if figure.most is None else "yes" if worst <= figure.most else "no"
        span = f"{min(values):.0f}–{max(values):.0f}" if len(values) > 1 else ""
        rows.append([f"{figure.title}{', ' if figure.unit else ''}{figure.unit}", f"{worst:.0f}", span, asked, met])
    return rows


def main() -> None:
    """Measure, print, and keep it where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"some of {', '.join(SCENES)}; all if none is named")
    parser.add_argument("--seconds", type=float, default=60, help="how long the burst lasts (60)")
    parser.add_argument("--save", action="store_true", help="write the table into docs/performance.md")
    words = parser.parse_args()
    if unknown := set(words.scenes) - set(SCENES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    with stage(words.seconds) as told:
        for name in words.scenes or SCENES:
            SCENES[name](told)
            print(
                f"{name}: { ({key: [round(v, 1) for v in values] for key, values in told.found.items()}) }", flush=True
            )
    rows = lines(told.found)
    for row in rows:
        print(f"{row[0]:76} {row[1]:>8} {row[2]:>12} {row[3]:>8} {row[4]}")
    if words.save:
        save(told, rows)


def save(told: Stage, rows: list[list[str]]) -> None:
    head = "| what | figure | range | asked | met |\n| --- | ---: | ---: | ---: | --- |"
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    said = f"Measured {datetime.now(UTC):%Y-%m-%d} on {proc.machine()}, Chromium {told.browser.version}."
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{said}\n\n{head}\n{table}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
