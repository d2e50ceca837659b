"""Draw the pictures of the README from the measured evidence: `python docs/pictures.py`."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from coursekit import viz
from coursekit.course.evidence import read_evidence
from coursekit.data import load, split
from coursekit.methods.equivariance import shift

HERE = Path(__file__).parent


def lesson_02() -> None:
    """One digit on its way to the right, and what four networks make of such moves."""
    evidence = read_evidence(HERE.parent / "evidence" / "02_convolutions.json")
    digits = load("digits")
    test = digits.subset(split(digits.targets, (0.8, 0.2), seed=0)[1])
    three = test.images[[evidence.notes("strip_test_row")]]
    viz.use_style()
    figure = plt.figure(figsize=(9.6, 5.4))
    top, bottom = figure.subfigures(2, 1, height_ratios=[1, 2.1])
    top.suptitle(
        "What LeNet-5 reads when a 3 moves to the right", fontweight="bold", x=0.01, ha="left", fontsize=12
    )
    for d, (axis, answer) in enumerate(zip(top.subplots(1, 7), evidence.notes("strip_answers"), strict=True)):
        axis.imshow(shift(three, d, 0)[0, ..., 0])
        axis.axis("off")
        good = answer == 3
        axis.set_title(
            f"{d} px → {answer}", color="#009E73" if good else "#D55E00", fontsize=11, loc="center"
        )
    axis = bottom.subplots()
    arms = {
        "global max": "global maximum",
        "lenet5": "LeNet-5",
        "lenet5 subsampling": "… subsampling",
        "mlp": "MLP",
    }
    for (arm, label), marker in zip(arms.items(), "^osD", strict=True):
        values = evidence.values(arm)
        axis.plot(evidence.x(arm), values.mean(axis=0), marker=marker, label=label)
        axis.fill_between(evidence.x(arm), values.min(axis=0), values.max(axis=0), alpha=0.2)
    axis.axhline(0.1, color="#999999", ls=":")
    axis.set(xlabel="shift of the test digits (px); band: five seeds", ylabel="accuracy", ylim=(0, 1.02))
    axis.set_xticks(np.arange(7))
    axis.set_title("Pooling does not make a network shift-proof. What comes after the maps does")
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(HERE / "lesson-02.png", dpi=140, metadata={"Software": None})


if __name__ == "__main__":
    lesson_02()
