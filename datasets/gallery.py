"""Draw the gallery: `python datasets/gallery.py` draws a picture of each data set and writes the scores.

Pictures go to datasets/pictures/. Scores come from evidence/datasets.json and go into the table of README.md
and into the card of each data set, between markers; `--text` leaves the pictures as they are. Sets that have
to be downloaded get a picture where their files can be had (see COURSEKIT_MIRROR in README.md).
"""

import io
import re
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from coursekit import viz
from coursekit.course.evidence import Evidence, read_evidence
from coursekit.data import load, names
from coursekit.data.registry import card, origin
from coursekit.errors import CourseError

HERE = Path(__file__).parent
EVIDENCE = HERE.parent / "evidence" / "datasets.json"
BEGIN, END = "<!-- gallery: written by gallery.py -->", "<!-- end of the gallery -->"
SCORES = re.compile(r"^<!-- small CNN.*?-->.*$", re.MULTILINE)

# What shows best in a small picture.
OPTIONS = {
    "faces": {"light": "both"},
    "glyphs": {"alphabet": ["latin", "greek", "georgian", "tifinagh"], "size": 48},
    "ihc": {"size": 256},
}
SHOWN = 8
# There is one picture of ihc; a machine runs for 400 windows until its bearing has failed.
DRAWN = {"bearing": 400, "ihc": 1}


def main() -> None:
    """Draw and write everything."""
    if "--text" not in sys.argv[1:]:
        viz.use_style()
        for name in names():
            draw(name)
    evidence = read_evidence(EVIDENCE)
    readme = HERE / "README.md"
    readme.write_text(with_gallery(readme.read_text(encoding="utf-8"), evidence), encoding="utf-8")
    for name in evidence.notes("sets"):
        page = HERE / f"{name}.md"
        page.write_text(with_scores(page.read_text(encoding="utf-8"), name, evidence), encoding="utf-8")


def draw(name: str) -> None:
    """Draw the first images of a data set into pictures/, in at most 256 colours to keep the file small."""
    try:
        data = load(name, DRAWN.get(name, SHOWN), seed=0, **OPTIONS.get(name, {}))
    except CourseError as error:
        print(f"{name}: no picture. {error}")
        return
    data = data.subset(np.linspace(0, len(data) - 1, min(len(data), SHOWN)).astype(int))
    size = 2.5 if len(data) == 1 else 1.2
    figure = viz.show_data_set(data, headline="", size=size)
    png = Image.open(io.BytesIO(viz.figure_png(figure))).convert("RGB")
    plt.close(figure)
    png.quantize(256, dither=Image.Dither.NONE).save(HERE / "pictures" / f"{name}.png", optimize=True)
    print(f"{name}: drawn")


def with_gallery(readme: str, evidence: Evidence) -> str:
    """Return the text of README.md with its gallery as it should be."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n\n{gallery(evidence)}\n\n{END}{rest.split(END)[1]}"


def with_scores(page: str, name: str, evidence: Evidence) -> str:
    """Return the text of a card with its scores as they should be."""
    line = f"<!-- small CNN: written by gallery.py --> {sentence(name, evidence)}"
    if not SCORES.search(page):
        raise CourseError(f"{name}.md has no line '<!-- small CNN -->' to write the scores behind.")
    return SCORES.sub(lambda _: line, page)


def gallery(evidence: Evidence) -> str:
    """Return the table of scores and a picture of each data set."""
    rows = [
        "| data set | where from | score | trivial rule | small CNN | ceiling |",
        "|---|---|---|---|---|---|",
    ]
    pictures = []
    for name in names():
        link = f"[{name}]({name}.md)"
        if name in evidence.notes("sets"):
            metric = evidence.data["measurements"][f"{name}: trivial"]["x"][0]
            scores = [score(evidence, f"{name}: {rule}") for rule in ("trivial", "small CNN", "ceiling")]
        else:
            metric, scores = "–", ["–"] * 3
        rows.append(f"| {' | '.join([link, origin(name), metric, *scores])} |")
        title = f"**{link}**: {card(name).title}"
        shown = f"![{card(name).title}](pictures/{name}.png)"
        has_picture = (HERE / "pictures" / f"{name}.png").exists()
        pictures.append(f"{title}\n\n{shown}" if has_picture else title)
    return "\n".join(rows) + "\n\n" + "\n\n".join(pictures)


def score(evidence: Evidence, measurement: str) -> str:
    """Return mean ± standard deviation over the draws; no spread where there is none."""
    mean, sd = evidence.mean(measurement), evidence.sd(measurement)
    return f"{mean:.2f}" if sd < 0.005 else f"{mean:.2f} ± {sd:.2f}"


def sentence(name: str, evidence: Evidence) -> str:
    """Return the scores of a data set in words."""
    entry = evidence.data["measurements"][f"{name}: small CNN"]
    trivial, cnn, ceiling = (
        score(evidence, f"{name}: {rule}") for rule in ("trivial", "small CNN", "ceiling")
    )
    steps, draws = evidence.notes("steps")[name], len(entry["values"])
    return (
        f"Measured over {draws} draws ({entry['x'][0]}, mean ± standard deviation): the best trivial rule "
        f"{trivial}, a small CNN after {steps} steps on {entry['labels']:,} images {cnn}; "
        f"ceiling {ceiling} ({evidence.notes('ceilings')[name]})."
    )


if __name__ == "__main__":
    main()
