"""One round of federated learning as a protocol: who is invited, who reports, who is too late.

Times are simulated, in seconds since the round was opened. No weight is computed here: the record of a round
says whose reports count, and shows it on a time line.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from coursekit.data.labels.arguments import count, share
from coursekit.errors import InputError

REPORTED, SURPLUS, STRAGGLER, DROPPED, UNUSED = "reported", "surplus", "straggler", "dropped", "unused"
"""What became of an invited client: its report counts; it came after the goal was reached; it had not come
when the time was up; the client fell silent; the round was given up before it began."""


@dataclass(frozen=True)
class RoundRules:
    """When the server starts a round, and when it closes it.

    Attributes:
        goal: reports wanted, from 1.
        over_selection: clients invited for each report wanted, from 1: some will not answer.
        selection_s: how long the server waits for clients to check in, above 0.
        report_s: how long it waits for their reports after the start, above 0.
        minimal_share: of the goal, above 0 to 1. With fewer clients checked in the round doesn't start, with
            fewer reports it isn't committed: all of its work is lost.

    Raises:
        InputError: if a number is out of range.

    Source: Bonawitz et al., MLSys 2019, arXiv:1902.01046.
    """

    goal: int
    over_selection: float = 1.0
    selection_s: float = math.inf
    report_s: float = math.inf
    minimal_share: float = 1.0

    def __post_init__(self) -> None:
        count("goal", self.goal, 1)
        if not 1 <= self.over_selection < math.inf:
            raise InputError(f"over_selection must be at least 1, got {self.over_selection}.")
        if not (self.selection_s > 0 and self.report_s > 0):
            raise InputError(
                f"selection_s and report_s must be above 0, got {self.selection_s} and {self.report_s}."
            )
        if not 0 < self.minimal_share <= 1:
            raise InputError(f"minimal_share must be above 0 and at most 1, got {self.minimal_share}.")

    @property
    def invited(self) -> int:
        """Clients to invite. Rounded up, but 20 times 1.3 are 26, whatever the last binary digit says."""
        return math.ceil(self.goal * self.over_selection - 1e-9)

    @property
    def least(self) -> int:
        """Fewest clients to start with, and fewest reports to commit."""
        return math.ceil(self.goal * self.minimal_share - 1e-9)


@dataclass(frozen=True)
class RoundRecord:
    """What happened in a round: all that a time line needs.

    Attributes:
        clients: (m,) numbers of the clients that were let in, in the order in which they checked in.
        fate: (m,) one of REPORTED, SURPLUS, STRAGGLER, DROPPED, UNUSED for each.
        check_in_s: (m,) when each checked in.
        report_s: (m,) when its report arrived, or would have; NaN for those that fell silent.
        start_s: when the model was sent out (for a round that didn't start, when it was given up).
        end_s: when the server stopped waiting.
        started: whether enough clients checked in.
        committed: whether enough of them reported.
        turned_away: how many checked in when all places were taken, and were told to come back later.
    """

    clients: np.ndarray
    fate: np.ndarray
    check_in_s: np.ndarray
    report_s: np.ndarray
    start_s: float
    end_s: float
    started: bool
    committed: bool
    turned_away: int

    @property
    def reporting(self) -> np.ndarray:
        """Numbers of the clients whose report counts, in order of arrival; none if not committed."""
        counted = np.flatnonzero((self.fate == REPORTED) & self.committed)
        return self.clients[counted[np.argsort(self.report_s[counted], kind="stable")]]


def play_round(
    rules: RoundRules,
    clients: np.ndarray,
    check_in_s: np.ndarray,
    work_s: np.ndarray,
    silent: np.ndarray,
) -> RoundRecord:
    """Let a round take its course.

    Args:
        rules: of the server.
        clients: (n,) numbers of the clients that check in.
        check_in_s: (n,) when each does, from 0.
        work_s: (n,) what download, training and upload take it, from 0.
        silent: (n,) whether it never reports.

    Returns:
        The record.

    Raises:
        InputError: if the arrays differ in length, or a time is negative.
    """
    columns = [np.asarray(column) for column in (clients, check_in_s, work_s, silent)]
    if {column.shape for column in columns} != {(len(columns[0]),)}:
        raise InputError(
            "clients, check_in_s, work_s and silent must have one entry for each client, got shapes "
            f"{', '.join(str(column.shape) for column in columns)}."
        )
    if not all((column >= 0).all() for column in columns[1:3]):  # also catches NaN
        raise InputError("Times must be at least 0.")
    order = np.argsort(columns[1], kind="stable")
    clients, check_in_s, work_s, silent = [column[order] for column in columns]
    in_time = int(np.count_nonzero(check_in_s <= rules.selection_s))
    let_in = min(in_time, rules.invited)
    clients, check_in_s = clients[:let_in], check_in_s[:let_in].astype(float)
    full = let_in == rules.invited
    # Where nobody else is left to come, waiting without a limit ends with the last one.
    last = float(check_in_s[-1]) if let_in else 0.0
    start_s = last if full or math.isinf(rules.selection_s) else float(rules.selection_s)
    started = let_in >= rules.least
    report_s = np.where(silent[:let_in].astype(bool), np.nan, start_s + work_s[:let_in])
    fate = np.full(let_in, UNUSED, dtype="<U9")
    end_s = start_s
    if started:
        fate[:] = STRAGGLER
        fate[np.isnan(report_s)] = DROPPED
        arrived = np.flatnonzero(report_s <= start_s + rules.report_s)
        arrived = arrived[np.argsort(report_s[arrived], kind="stable")]
        fate[arrived[: rules.goal]] = REPORTED
        fate[arrived[rules.goal :]] = SURPLUS
        if len(arrived) >= rules.goal:
            end_s = float(report_s[arrived[rules.goal - 1]])
        elif math.isfinite(rules.report_s):
            end_s = start_s + rules.report_s
        else:
            end_s = float(report_s[arrived].max(initial=start_s))
    return RoundRecord(
        clients=clients,
        fate=fate,
        check_in_s=check_in_s,
        report_s=report_s,
        start_s=start_s,
        end_s=end_s,
        started=started,
        committed=started and int((fate == REPORTED).sum()) >= rules.least,
        turned_away=in_time - let_in,
    )


Participation = Callable[[np.random.Generator], RoundRecord]
"""Draws who takes part in the next round."""


@dataclass(frozen=True)
class Absence:
    """Which clients fall silent in a round.

    With one number of absentees a round, three kinds of absence can be compared: a new random choice each
    round (`Absence(0.45)`), always the same clients (`Absence(1, members)`), and clients that have something
    in common (`Absence(1, holders_of_a_class)`).

    Attributes:
        share: of those concerned, 0 to 1, drawn anew each round. A fraction of a client is a chance.
        members: numbers of the clients concerned; None for all.

    Raises:
        InputError: if share is out of range.
    """

    share: float
    members: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        share("share", self.share)

    def draw(self, clients: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return (n,) booleans: which of these clients fall silent."""
        concerned = np.arange(len(clients))
        if self.members is not None:
            concerned = concerned[np.isin(clients, self.members)]
        missing = int(self.share * len(concerned) + rng.random())
        silent = np.zeros(len(clients), bool)
        silent[rng.permutation(concerned)[:missing]] = True
        return silent


@dataclass(frozen=True)
class Pace:
    """How long things take, in simulated seconds.

    Attributes:
        check_in_s: mean time until a client checks in (exponential: all are equally likely to be first).
        work_s: median time for download, training and upload.
        spread: standard deviation of the logarithm of that time; at 0.5 one in twelve takes twice the median.

    Raises:
        InputError: if a number is negative.
    """

    check_in_s: float = 30.0
    work_s: float = 60.0
    spread: float = 0.5

    def __post_init__(self) -> None:
        if not all(0 <= value < math.inf for value in (self.check_in_s, self.work_s, self.spread)):
            raise InputError(f"Times and spread must be at least 0, got {self}.")


def everyone(n_clients: int, absence: Absence | None = None) -> Participation:
    """Invite all clients to each round, and take the reports of all that don't fall silent.

    Args:
        n_clients: from 1.
        absence: who falls silent; None: nobody.

    Returns:
        A function from a random generator to the record of a round.

    Raises:
        InputError: if n_clients is below 1.
    """
    n_clients = count("n_clients", n_clients, 1)
    return by_rules(n_clients, RoundRules(n_clients, minimal_share=1 / n_clients), absence)


def by_rules(
    n_clients: int, rules: RoundRules, absence: Absence | None = None, pace: Pace | None = None
) -> Participation:
    """Invite those that check in first, until there are enough; since that is random, so is the choice.

    Args:
        n_clients: clients known, from 1.
        rules: of the server. `RoundRules(goal=m)` is FedAvg's choice of m clients.
        absence: who falls silent; None: nobody.
        pace: how long things take; None for the defaults of `Pace`.

    Returns:
        A function from a random generator to the record of a round.

    Raises:
        InputError: if n_clients is below 1.
    """
    n_clients = count("n_clients", n_clients, 1)
    pace = pace or Pace()

    def draw(rng: np.random.Generator) -> RoundRecord:
        clients = np.arange(n_clients)
        check_in_s = rng.exponential(pace.check_in_s, n_clients)
        invited = np.argsort(check_in_s, kind="stable")[: rules.invited]
        silent, work_s = np.zeros(n_clients, bool), np.zeros(n_clients)
        work_s[invited] = pace.work_s * np.exp(rng.normal(0, pace.spread, len(invited)))
        if absence is not None:
            silent[invited] = absence.draw(invited, rng)
        return play_round(rules, clients, check_in_s, work_s, silent)

    return draw


def poisson(n_clients: int, rate: float) -> Participation:
    """Let each client take part with the same chance, independently of all others.

    The sampling that accountants of differential privacy assume: the number of clients is random too, and may
    be 0. Not the same as choosing a fixed number at random.

    Args:
        n_clients: clients known, from 1.
        rate: chance of each in each round, 0 to 1.

    Returns:
        A function from a random generator to the record of a round, which is always committed.

    Raises:
        InputError: if an argument is out of range.

    Source: Abadi et al., CCS 2016, arXiv:1607.00133.
    """
    n_clients, rate = count("n_clients", n_clients, 1), share("rate", rate)

    def draw(rng: np.random.Generator) -> RoundRecord:
        clients = np.flatnonzero(rng.random(n_clients) < rate)
        now = np.zeros(len(clients))
        fate = np.full(len(clients), REPORTED, dtype="<U9")
        return RoundRecord(clients, fate, now, now, 0.0, 0.0, started=True, committed=True, turned_away=0)

    return draw
