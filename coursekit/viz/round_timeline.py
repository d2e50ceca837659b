"""A round of federated learning as a time line: who checks in, who reports in time, and whether it counts."""

from functools import lru_cache

import ipywidgets as widgets
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from coursekit.methods.federated.rounds import (
    DROPPED,
    REPORTED,
    STRAGGLER,
    SURPLUS,
    UNUSED,
    Absence,
    Pace,
    RoundRecord,
    RoundRules,
    by_rules,
)
from coursekit.viz.live_picture import LivePicture
from coursekit.viz.style import COLOURS, bare_figure, figure_png

_CLIENTS = 60
_PACE = Pace(check_in_s=20, work_s=60, spread=0.4)
_OVER_SELECTION = (1.0, 1.1, 1.2, 1.3, 1.5, 2.0)
_ROUNDS = 50
_GREY, _WAITS = "#57606a", "#e1e6eb"
# fate -> word, colour, hatch, mark at the time of the report
_FATES = {
    REPORTED: ("reported", COLOURS[0], "", "o"),
    SURPLUS: ("too many: goal reached before", COLOURS[5], "//", "D"),
    STRAGGLER: ("too late (stragglers)", COLOURS[1], "\\\\", ">"),
    DROPPED: ("fell silent", "#b5bcc4", "..", ""),
    UNUSED: ("waited in vain", _WAITS, "", ""),
}


class RoundTimeline(LivePicture):
    """Set the rules of a round and see what becomes of each invited client, and of fifty such rounds.

    Sixty clients check in at random, after 20 s on average; download, training and upload take one of them
    60 s in the middle, and some twice as long. All times are simulated.
    """

    def __init__(self) -> None:
        wide = widgets.Layout(width="330px")
        style = {"description_width": "125px"}

        def seconds(value: int, low: int, high: int, description: str) -> widgets.IntSlider:
            return widgets.IntSlider(value, low, high, 10, description=description, layout=wide, style=style)

        def percent(
            value: float, low: float, high: float, step: float, description: str
        ) -> widgets.FloatSlider:
            return widgets.FloatSlider(
                value,
                min=low,
                max=high,
                step=step,
                readout_format=".0%",
                description=description,
                layout=wide,
                style=style,
            )

        controls: dict[str, widgets.ValueWidget] = {
            "goal": widgets.IntSlider(20, 2, 30, description="reports wanted", layout=wide, style=style),
            "over_selection": widgets.SelectionSlider(
                options=[(f"{x:g} ×", x) for x in _OVER_SELECTION],
                value=1.3,
                description="over-selection",
                layout=wide,
                style=style,
            ),
            "selection_s": seconds(60, 10, 120, "check-in time (s)"),
            "report_s": seconds(120, 20, 240, "report time (s)"),
            "minimal_share": percent(0.8, 0.1, 1, 0.1, "minimal share"),
            "silent": percent(0.08, 0, 0.6, 0.02, "fall silent"),
            "seed": widgets.IntSlider(16, 0, 30, description="draw", layout=wide, style=style),
        }
        # Neither the draw nor over-selection changes the curves over many rounds.
        self._over_selection = lru_cache(maxsize=64)(_many_rounds)
        start = {name: control.value for name, control in controls.items()}
        super().__init__(
            controls,
            self._draw_state,
            [["goal", "over_selection"], ["selection_s", "report_s"], ["minimal_share", "silent"], ["seed"]],
            alt="Time line of a federated round, a bar for each client, and over-selection against the share "
            f"of rounds committed. {_finding(*_play(**start))}.",
        )

    def _draw_state(
        self,
        goal: int,
        over_selection: float,
        selection_s: int,
        report_s: int,
        minimal_share: float,
        silent: float,
        seed: int,
    ) -> bytes:
        rules, record = _play(goal, over_selection, selection_s, report_s, minimal_share, silent, seed)
        figure = bare_figure(10.2, 5.2)
        figure.text(0.006, 0.985, _finding(rules, record), va="top", weight="bold", fontsize=12)
        _draw_round(figure.add_axes((0.045, 0.195, 0.58, 0.675)), rules, record)
        committed, used, duration = self._over_selection(goal, selection_s, report_s, minimal_share, silent)
        place = _OVER_SELECTION.index(over_selection)
        upper, lower = (figure.add_axes((0.715, bottom, 0.275, 0.27)) for bottom in (0.6, 0.115))
        for axis, values, name, colour, line in (
            (upper, committed, "rounds committed", COLOURS[0], "-"),
            (upper, used, "invited clients that count", COLOURS[1], "--"),
            (lower, duration, "", COLOURS[2], "-"),
        ):
            axis.plot(_OVER_SELECTION, values, line, marker="o", ms=4, color=colour, label=name)
            axis.plot(over_selection, values[place], "o", ms=11, color=colour, clip_on=False)
        for axis in (upper, lower):
            axis.axvline(over_selection, color=_GREY, lw=0.8, zorder=0)
            axis.spines[["top", "right"]].set_visible(False)
        upper.set(ylim=(-4, 104))
        upper.set_yticks([0, 50, 100], ["0", "50 %", "100 %"])
        upper.legend(frameon=False, fontsize=9.5, loc="upper center", bbox_to_anchor=(0.45, -0.14))
        upper.set_title(f"{_ROUNDS} rounds with such rules", loc="left", fontsize=11)
        lower.set(ylim=(0, 1.05 * (selection_s + report_s)), xlabel="over-selection (times the goal)")
        lower.set_title("a round's mean time (s)", loc="left", fontsize=11)
        return figure_png(figure)


def _play(
    goal: int,
    over_selection: float,
    selection_s: int,
    report_s: int,
    minimal_share: float,
    silent: float,
    seed: int,
) -> tuple[RoundRules, RoundRecord]:
    # A slider's steps add up to numbers such as 0.7999999999999999.
    rules = RoundRules(goal, over_selection, selection_s, report_s, round(minimal_share, 2))
    draw = by_rules(_CLIENTS, rules, Absence(round(silent, 2)), _PACE)
    return rules, draw(np.random.default_rng(seed))


def _many_rounds(
    goal: int, selection_s: int, report_s: int, minimal_share: float, silent: float
) -> np.ndarray:
    """Play rounds with each over-selection.

    Returns:
        (3, over-selections): per cent of rounds committed, per cent of invited clients whose report counted,
        mean time in seconds.
    """
    outcomes = []
    for over_selection in _OVER_SELECTION:
        records = [
            _play(goal, over_selection, selection_s, report_s, minimal_share, silent, seed)[1]
            for seed in range(_ROUNDS)
        ]
        invited = sum(len(record.clients) for record in records)
        outcomes.append(
            (
                100 * np.mean([record.committed for record in records]),
                100 * sum(len(record.reporting) for record in records) / max(invited, 1),
                np.mean([record.end_s for record in records]),
            )
        )
    return np.array(outcomes).T


def _finding(rules: RoundRules, record: RoundRecord) -> str:
    chosen, reported = len(record.clients), int((record.fate == REPORTED).sum())
    words = f"{chosen} chosen, {rules.goal} wanted"
    if not record.started:
        return f"{words}: not started, {rules.least} are needed"
    stragglers = int((record.fate == STRAGGLER).sum())
    words += f"; {reported} reported, {stragglers} straggler{'' if stragglers == 1 else 's'}"
    if not record.committed:
        return f"{words}: not committed, {rules.least} are needed"
    return f"{words}: committed after {record.end_s:.0f} s"


def _draw_round(axis: Axes, rules: RoundRules, record: RoundRecord) -> None:
    """Draw a bar for each client: waiting from its check-in to the start, then work until its report."""
    # The time that the rules allow, so that rounds with the same time limits look alike.
    last = rules.selection_s + rules.report_s
    ends = np.where(np.isnan(record.report_s) | (record.fate == UNUSED), np.inf, record.report_s)
    # In the order of their reports; those that fell silent come last.
    rows = np.empty(len(ends), int)
    rows[np.lexsort((record.check_in_s, ends))] = np.arange(len(ends))
    ends = np.minimum(ends, last)
    axis.barh(rows, record.start_s - record.check_in_s, left=record.check_in_s, color=_WAITS, height=0.62)
    for fate, (_, colour, hatch, mark) in _FATES.items():
        these = record.fate == fate
        if fate == UNUSED or not these.any():
            continue
        axis.barh(
            rows[these],
            ends[these] - record.start_s,
            left=record.start_s,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            lw=0,
            height=0.62,
        )
        axis.plot(ends[these], rows[these], mark, ms=6, color=colour, mec="black", mew=0.5, clip_on=False)
    axis.set(
        xlim=(0, 1.02 * last),
        ylim=(len(record.clients) + 0.4, -1.2),
        xlabel="time since the round opened (s)",
    )
    axis.set_yticks([])
    axis.set_ylabel("clients chosen, one a row")
    axis.spines[["top", "right", "left"]].set_visible(False)
    _draw_moments(axis, rules, record)
    _draw_legend(axis, record)


def _draw_moments(axis: Axes, rules: RoundRules, record: RoundRecord) -> None:
    """Mark when the model is sent, when the server stops waiting, and when it would have at the latest."""
    # The goal may be reached just before the end: its word stands higher.
    moments = [(record.start_s, "model sent" if record.started else "given up", "-", 2)]
    if record.started:
        latest = record.start_s + rules.report_s
        if record.end_s < latest:
            moments.append((record.end_s, "goal reached", "-", 14))
        moments.append((latest, "time is up", "--", 2))
    for time_s, word, line, up in moments:
        axis.axvline(time_s, color="black", ls=line, lw=1.1, zorder=0.5)
        axis.annotate(
            word,
            (time_s, 1),
            (0, up),
            xycoords=axis.get_xaxis_transform(),
            textcoords="offset points",
            ha="center",
            fontsize=9.5,
        )


def _draw_legend(axis: Axes, record: RoundRecord) -> None:
    patches = [Patch(facecolor=_WAITS, label="waits")]
    for fate, (word, colour, hatch, _) in _FATES.items():
        if n := int((record.fate == fate).sum()):
            patches.append(
                Patch(
                    facecolor=colour,
                    hatch=hatch,
                    edgecolor="white",
                    lw=0,
                    label=f"{n} {word}",
                )
            )
    axis.legend(
        handles=patches,
        loc="upper left",
        bbox_to_anchor=(-0.05, -0.12),
        ncols=3,
        frameon=False,
        fontsize=9.5,
        columnspacing=1.2,
        handletextpad=0.5,
    )
