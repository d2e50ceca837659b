"""What a training with noise gives away: (ε, δ) of the Gaussian mechanism with Poisson sampling.

Two clients' worlds are compared, one with and one without a certain client ("add or remove one"): whatever
anyone sees of the model, its probability differs by a factor of at most exp(ε), except for a probability δ.
δ has to be well below 1 / clients, or publishing one client in full would pass as private.

`privacy_spent` asks Google's dp-accounting; the numbers of a lesson come from it. `moments_epsilon` is short
enough to read, and gives a somewhat larger ε.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import gammaln, logsumexp

from coursekit.errors import CourseError, InputError

ORDERS = (*range(2, 65), 80, 96, 128, 192, 256, 384, 512)
"""Orders of the Rényi divergence that are tried. Whole numbers: for others there is only an infinite series,
which does not always converge."""


def moments_epsilon(
    noise: float, rate: float, rounds: int, delta: float, orders: Sequence[int] = ORDERS
) -> float:
    """Bound ε by the moments of the privacy loss (Rényi differential privacy).

    Args:
        noise: noise multiplier σ, above 0: standard deviation of the noise over the clipping length.
        rate: chance of each client to take part in a round, above 0 to 1, independently of the others.
        rounds: how many, from 1.
        delta: above 0, below 1.
        orders: whole numbers from 2; the best of them is taken.

    Returns:
        ε, from 0.

    Raises:
        InputError: if a number is out of range.

    Source: divergence at whole orders: Mironov, Talwar & Zhang 2019, arXiv:1908.10530, section 3.3; from it
        to ε: Canonne, Kamath & Steinke 2020, arXiv:2004.00010, proposition 12.
    """
    _check(noise, rate, rounds, delta)
    if not len(orders) or any(order < 2 or int(order) != order for order in orders):
        raise InputError(f"orders must be whole numbers from 2, got {orders}.")
    bounds = []
    for order in orders:
        spent = rounds * renyi_divergence(noise, rate, int(order))
        bounds.append(spent + math.log1p(-1 / order) - math.log(delta * order) / (order - 1))
    return max(0.0, min(bounds))


def renyi_divergence(noise: float, rate: float, order: int) -> float:
    """Rényi divergence of one round with a certain client from the same round without it.

    Args:
        noise: noise multiplier σ, above 0.
        rate: chance of the client to take part, above 0 to 1.
        order: whole number from 2.

    Returns:
        The divergence in nats. Those of several rounds add up, which makes accounting by them easy.
    """
    k = np.arange(order + 1)
    if rate == 1:
        return order / (2 * noise**2)
    binomial = gammaln(order + 1) - gammaln(k + 1) - gammaln(order - k + 1)
    terms = binomial + k * math.log(rate) + (order - k) * math.log1p(-rate) + k * (k - 1) / (2 * noise**2)
    return float(logsumexp(terms)) / (order - 1)


def privacy_spent(noise: float, rate: float, rounds: int, delta: float) -> float:
    """Compute ε with Google's dp-accounting, from the distribution of the privacy loss itself.

    Args:
        noise: noise multiplier σ, above 0.
        rate: chance of each client to take part in a round, above 0 to 1, independently of the others.
        rounds: how many, from 1.
        delta: above 0, below 1.

    Returns:
        ε, from 0; an upper bound that is nearly tight.

    Raises:
        InputError: if a number is out of range.
        CourseError: if dp-accounting isn't installed.

    Source: Koskela, Jälkö & Honkela, AISTATS 2020, arXiv:1906.03049; Doroshenko et al., PoPETs 2022,
        arXiv:2207.04380.
    """
    _check(noise, rate, rounds, delta)
    library = _library()
    accountant = library.pld.PLDAccountant()
    sampled = library.PoissonSampledDpEvent(rate, library.GaussianDpEvent(noise))
    return float(accountant.compose(sampled, rounds).get_epsilon(delta))


def _library() -> Any:
    try:
        import dp_accounting
    except ImportError as error:
        raise CourseError(
            f"dp-accounting is not installed ({error}): pip install 'coursekit[federated]', or use "
            "moments_epsilon, which needs nothing and gives a somewhat larger ε."
        ) from error
    return dp_accounting


def _check(noise: float, rate: float, rounds: int, delta: float) -> None:
    if not 0 < noise < math.inf:
        raise InputError(f"noise must be above 0, got {noise}: without noise nothing is private.")
    if not 0 < rate <= 1 or rounds < 1 or not 0 < delta < 1:
        raise InputError(
            "rate must be above 0 and at most 1, rounds at least 1, and delta between 0 and 1, got "
            f"{rate}, {rounds} and {delta}."
        )
