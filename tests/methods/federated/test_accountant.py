import builtins
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from coursekit.errors import CourseError, InputError
from coursekit.methods.federated import moments_epsilon, privacy_spent
from coursekit.methods.federated.accountant import ORDERS, renyi_divergence

SETTINGS = [
    (1.0, 0.25, 50, 1e-3),
    (2.0, 0.25, 50, 1e-3),
    (4.0, 0.25, 50, 1e-3),
    (8.0, 0.25, 50, 1e-3),
    (1.1, 0.01, 1000, 1e-5),
    (0.7, 0.05, 30, 1e-4),
    (5.0, 1.0, 10, 1e-5),
]


def library():
    return pytest.importorskip("dp_accounting", reason="the accountant of the extra 'federated'")


@pytest.mark.parametrize(("noise", "rate", "rounds", "delta"), SETTINGS)
def test_the_library_finds_the_same_epsilon_by_the_same_method_and_orders(noise, rate, rounds, delta):
    accounting = library()
    accountant = accounting.rdp.RdpAccountant(list(ORDERS))
    event = accounting.PoissonSampledDpEvent(rate, accounting.GaussianDpEvent(noise))
    accountant.compose(event, rounds)
    assert moments_epsilon(noise, rate, rounds, delta) == pytest.approx(
        accountant.get_epsilon(delta), abs=1e-4
    )


@pytest.mark.parametrize(("noise", "rate", "order"), [(1.0, 0.25, 2), (2.0, 0.1, 8), (1.5, 0.6, 5)])
def test_the_divergence_is_the_integral_that_defines_it(noise, rate, order):
    """With and without a client: a mixture of N(0, σ²) and N(1, σ²), and N(0, σ²)."""
    without = norm(0, noise)

    def integrand(x):
        ratio = 1 - rate + rate * math.exp((2 * x - 1) / (2 * noise**2))
        return without.pdf(x) * ratio**order

    integral, _ = quad(integrand, -40, 60, limit=500)
    assert renyi_divergence(noise, rate, order) == pytest.approx(math.log(integral) / (order - 1), rel=1e-6)


def test_epsilon_falls_with_noise_and_grows_with_rate_and_rounds():
    epsilon = moments_epsilon(2, 0.2, 50, 1e-3)
    assert moments_epsilon(3, 0.2, 50, 1e-3) < epsilon
    assert moments_epsilon(2, 0.3, 50, 1e-3) > epsilon
    assert moments_epsilon(2, 0.2, 60, 1e-3) > epsilon
    assert moments_epsilon(2, 0.2, 50, 1e-5) > epsilon


def test_the_loss_distribution_gives_a_smaller_epsilon_than_the_moments():
    library()
    tight, loose = privacy_spent(8, 0.25, 50, 1e-3), moments_epsilon(8, 0.25, 50, 1e-3)
    assert 0.7 * loose < tight < loose


def test_without_sampling_epsilon_is_that_of_the_gaussian_mechanism():
    """Balle & Wang, ICML 2018: δ(ε) = Φ(1/2σ - εσ) - exp(ε) Φ(-1/2σ - εσ)."""
    library()
    epsilon, noise = privacy_spent(4.0, 1.0, 1, 1e-3), 4.0
    delta = norm.cdf(1 / (2 * noise) - epsilon * noise) - math.exp(epsilon) * norm.cdf(
        -1 / (2 * noise) - epsilon * noise
    )
    assert delta == pytest.approx(1e-3, rel=1e-2)


def test_without_the_library_the_message_says_what_to_do(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest):
        if name == "dp_accounting":
            raise ImportError("No module named 'dp_accounting'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(CourseError, match="moments_epsilon"):
        privacy_spent(1, 0.5, 1, 1e-3)


@pytest.mark.parametrize(
    "settings", [(0, 0.5, 1, 1e-3), (1, 0, 1, 1e-3), (1, 1.1, 1, 1e-3), (1, 0.5, 0, 1e-3), (1, 0.5, 1, 1)]
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(InputError):
        moments_epsilon(*settings)
    with pytest.raises(InputError):
        privacy_spent(*settings)


@pytest.mark.parametrize("orders", [[], [1, 2], [2.5]])
def test_orders_are_whole_numbers_from_two(orders):
    with pytest.raises(InputError, match="whole numbers"):
        moments_epsilon(1, 0.5, 1, 1e-3, orders)


def test_more_orders_only_help():
    assert moments_epsilon(2, 0.1, 20, 1e-3) <= moments_epsilon(2, 0.1, 20, 1e-3, np.array([2, 8, 32]))
