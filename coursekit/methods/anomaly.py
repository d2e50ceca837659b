"""Condition monitoring: learn what is normal from healthy data alone, and say when that is over.

Data are rows of numbers (windows, k), such as `band_statistics` of spectrograms. A score is a function from
such rows to one number each, the higher the stranger.
"""

import math
from collections.abc import Callable

import keras
import numpy as np

from coursekit.errors import InputError
from coursekit.methods.vae import reconstruct, train_auto_encoder, train_vae
from coursekit.models.auto_encoder import dense_decoder, dense_encoder, variational_encoder

Score = Callable[[np.ndarray], np.ndarray]

_WIDTHS = (64, 16)
_BATCH_SIZE, _RATE = 32, 2e-3


def band_statistics(spectrograms: np.ndarray) -> np.ndarray:
    """Describe each window by the level of every frequency band and by how much that varies within it.

    Impacts of a damaged bearing last a millisecond. In the mean over the window they hardly show, in the
    standard deviation they do.

    Args:
        spectrograms: (n, bands, times, 1).

    Returns:
        (n, 2 bands): means over time, then standard deviations, in the unit of the spectrograms.
    """
    levels = spectrograms[..., 0]
    return np.concatenate([levels.mean(2), levels.std(2)], axis=1)


def standardise(train: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Bring columns to mean 0 and standard deviation 1, as measured on the training rows alone.

    Args:
        train: healthy rows (n, k).
        other: rows (m, k) to transform.

    Returns:
        (m, k) float32. A column that is constant in training is only shifted.

    Raises:
        InputError: if a value isn't finite.
    """
    from sklearn.preprocessing import StandardScaler

    _refuse_gaps("Healthy rows", train)
    _refuse_gaps("Rows", other)
    return StandardScaler().fit(train).transform(other).astype("float32")


def distance_score(healthy: np.ndarray) -> Score:
    """Score a window by its squared distance from the mean of the healthy ones, columns standardised.

    Args:
        healthy: (n, k).

    Returns:
        A function from (m, k) to (m,).
    """
    return lambda rows: (standardise(healthy, rows) ** 2).sum(axis=1)


def pca_score(healthy: np.ndarray, components: int = 4) -> Score:
    """Score a window by its squared distance from the plane in which healthy ones vary most.

    Args:
        healthy: (n, k), standardised here.
        components: dimensions of the plane, below n and k.

    Returns:
        A function from (m, k) to (m,).

    Raises:
        InputError: if there are too many components.

    Source: Jackson & Mudholkar, Technometrics 21(3), 1979, doi:10.1080/00401706.1979.10489779.
    """
    from sklearn.decomposition import PCA

    if not 0 < components < min(healthy.shape):
        raise InputError(
            f"components must lie between 1 and {min(healthy.shape) - 1} for healthy rows of shape "
            f"{healthy.shape}, got {components}."
        )
    pca = PCA(components, svd_solver="full").fit(standardise(healthy, healthy))

    def score(rows: np.ndarray) -> np.ndarray:
        rows = standardise(healthy, rows)
        return ((rows - pca.inverse_transform(pca.transform(rows))) ** 2).sum(axis=1)

    return score


def auto_encoder_score(healthy: np.ndarray, latent: int = 4, epochs: int = 100, seed: int = 0) -> Score:
    """Score a window by how badly an auto-encoder that knows only healthy ones gives it back.

    Args:
        healthy: (n, k), standardised here.
        latent: numbers in a code.
        epochs: how often each row is seen in training.
        seed: decides weights and order.

    Returns:
        A function from (m, k) to (m,): squared error summed over standardised columns.

    Raises:
        CourseError: if the loss stops being finite.
    """
    columns = healthy.shape[1:]
    encoder = dense_encoder(columns, _WIDTHS, latent, seed)
    decoder = dense_decoder(columns, _WIDTHS, latent, "linear", seed + 1)
    rows = standardise(healthy, healthy)
    train_auto_encoder(encoder, decoder, rows, epochs, batch_size=_BATCH_SIZE, rate=_RATE, seed=seed)
    return _reconstruction_error(encoder, decoder, healthy)


def vae_score(healthy: np.ndarray, latent: int = 4, epochs: int = 100, seed: int = 0) -> Score:
    """Score a window by how badly a variational auto-encoder that knows only healthy ones gives it back.

    The window comes back through the middle of its cloud, so that the same window always has the same score.
    Arguments, result and errors as for `auto_encoder_score`.

    Source: the idea of monitoring with a VAE after Stadelmann et al., "Beyond ImageNet: Deep Learning in
    Industrial Practice", in Braschler et al. (eds.), Applied Data Science, Springer, 2019; network and score
    are this course's.
    """
    columns = healthy.shape[1:]
    encoder = variational_encoder(columns, _WIDTHS, latent, seed)
    decoder = dense_decoder(columns, _WIDTHS, latent, "linear", seed + 1)
    rows = standardise(healthy, healthy)
    train_vae(encoder, decoder, rows, epochs, batch_size=_BATCH_SIZE, rate=_RATE, seed=seed)
    return _reconstruction_error(encoder, decoder, healthy)


def alarm_threshold(scores: np.ndarray, false_alarm_rate: float = 0.05) -> float:
    """Choose how high a score may be, from healthy windows that the score was not learnt from.

    Another healthy window of the same kind then exceeds the threshold with a chance of `false_alarm_rate` at
    most. Of the same kind: at a load that was never seen, nothing is promised.

    Args:
        scores: (n,) of held-out healthy windows.
        false_alarm_rate: share of healthy windows that may exceed the threshold.

    Returns:
        One of the scores. A window is suspicious if its score is above it.

    Raises:
        InputError: if there are too few scores to promise the rate (at least 1 / rate - 1 are needed), or one
            isn't finite.

    Source: split conformal prediction, Lei et al., JASA 113, 2018, arXiv:1604.04173.
    """
    if not 0 < false_alarm_rate < 1:
        raise InputError(f"false_alarm_rate must lie between 0 and 1, got {false_alarm_rate}.")
    _refuse_gaps("Scores", scores)
    # A new window is as likely to take any of the n + 1 ranks. The hair undoes rounding, as in 20 · 0.05.
    allowed = math.floor((len(scores) + 1) * false_alarm_rate + 1e-9)
    if allowed == 0:
        raise InputError(
            f"{len(scores)} healthy windows can't promise a false alarm rate of {false_alarm_rate:g}: hold "
            f"back at least {math.ceil(1 / false_alarm_rate - 1e-9) - 1}, or allow a higher rate."
        )
    return float(np.sort(scores)[len(scores) - allowed])


def alarm_windows(scores: np.ndarray, threshold: float, k: int = 3) -> np.ndarray:
    """Tell in which windows the alarm is on: the last k scores were all above the threshold.

    Args:
        scores: (n,) in order of time.
        threshold: from `alarm_threshold`.
        k: how many in a row.

    Returns:
        (n,) bool.

    Raises:
        InputError: if k is below 1, or a score isn't finite.
    """
    if k < 1:
        raise InputError(f"An alarm takes at least 1 window, got k={k}.")
    _refuse_gaps("Scores", scores)
    above = (np.asarray(scores) > threshold).astype(int)
    return np.convolve(above, np.ones(k, int))[: len(above)] == k


def alarm(scores: np.ndarray, threshold: float, k: int = 3) -> int | None:
    """Return the first window in which the alarm can be given: the k-th in a row above the threshold.

    Args:
        scores: (n,) in order of time.
        threshold: from `alarm_threshold`.
        k: how many in a row.

    Returns:
        Its index, or None if it never comes to that.

    Raises:
        InputError: if k is below 1.
    """
    on = alarm_windows(scores, threshold, k)
    return int(on.argmax()) if on.any() else None


def detection_delay(on: np.ndarray, fault_starts: int) -> int | None:
    """Count the windows from the start of the fault until an alarm that stays.

    An alarm that goes off again was luck: only the one that lasts to the end of the run counts. An alarm that
    is never off has a delay of 0, so read it beside `false_alarms`.

    Args:
        on: (n,) bool, `alarm_windows` of a run to its end.
        fault_starts: index of the first faulty window.

    Returns:
        Windows, or None if the alarm is off in the end.

    Raises:
        InputError: if the fault doesn't start within the run.
    """
    if not 0 <= fault_starts < len(on):
        raise InputError(
            f"fault_starts must be a window of the run, 0 to {len(on) - 1}, got {fault_starts}: a run that "
            "stays healthy has no delay."
        )
    off = np.flatnonzero(~np.asarray(on[fault_starts:], bool))
    delay = int(off[-1]) + 1 if len(off) else 0
    return delay if delay < len(on) - fault_starts else None


def false_alarms(on: np.ndarray) -> float:
    """Return how many of 100 healthy windows have the alarm on.

    Windows are counted, not alarms: one alarm that never goes off is not better than many short ones.

    Args:
        on: (n,) bool, `alarm_windows` of a run without fault.
    """
    return 100 * float(np.mean(on))


def separation(healthy: np.ndarray, faulty: np.ndarray) -> float:
    """Return the chance that a faulty window scores higher than a healthy one: the area under the ROC curve.

    It needs no threshold, and it knows the faulty windows, as no condition monitor does: it rates a score.

    Args:
        healthy: scores (n,) of windows that the score was not learnt from.
        faulty: scores (m,).

    Returns:
        0 to 1; 0.5 is chance.
    """
    from sklearn.metrics import roc_auc_score

    truth = np.repeat([0, 1], [len(healthy), len(faulty)])
    return float(roc_auc_score(truth, np.concatenate([healthy, faulty])))


def _refuse_gaps(what: str, values: np.ndarray) -> None:
    """Comparisons with NaN are false: a dead sensor would pass for a healthy machine."""
    if not np.isfinite(values).all():
        raise InputError(
            f"{what} must be finite, but some values are NaN or infinite: was the sensor dead? Say so, or "
            "leave these windows out; an alarm can't judge them."
        )


def _reconstruction_error(encoder: keras.Model, decoder: keras.Model, healthy: np.ndarray) -> Score:
    def score(rows: np.ndarray) -> np.ndarray:
        rows = standardise(healthy, rows)
        return ((rows - reconstruct(encoder, decoder, rows)) ** 2).sum(axis=1)

    return score
