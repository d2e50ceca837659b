"""Bearing: vibration of machines whose rolling-element bearing fails in the end, under changing load.

It imitates an accelerometer on a gearbox: harmonics of the shaft, tones of the gear mesh with sidebands,
noise and random knocks shaped by the resonances of the housing. When the outer race of the bearing is
damaged, each ball that rolls over the spot rings the resonances. These impacts come nearly, not exactly, in
time, and at first they are far below what a change of load does.
"""

import dataclasses
import functools

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import generators
from coursekit.errors import InputError

_CARD = Card(
    name="bearing",
    title="Vibration of machines with a bearing that fails",
    source="Simulated: shaft and gear tones, knocks and noise through resonances, impacts of a damaged outer "
    "race.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after the signals in Randall, Antoni, Rolling element bearing diagnostics – a "
    "tutorial, Mechanical Systems and Signal Processing 25(2), 2011, doi:10.1016/j.ymssp.2010.07.017",
    unit="level of acceleration from -60 to 20 dB re 1 m/s² as 0 to 1; 64 frequencies from half the sampling "
    "rate (top) down to 200 Hz in steps of 200 Hz, 64 times in steps of 2.5 ms, at 25.6 kHz",
    class_names=("healthy", "faulty"),
    limits="One kind of fault: a single spot on the outer race that only grows; no damage of inner race, "
    "balls, cage or gears, no unbalance that develops, no run-up or run-down, one sensor, no wear between "
    "measurements but the fault. Load changes in steps. Severity has no unit of length: 1 is the end of the "
    "run. Alarm times found here say nothing about a real machine.",
)

SAMPLES = 4096
"""Samples of a window."""

_LENGTH, _HOP = 127, 63  # 64 spectra of 127 samples, 63 apart, cover the window exactly
_FLOOR_DB, _TOP_DB = -60.0, 20.0
_SPECTRUM = 256


@dataclasses.dataclass(frozen=True)
class _Machine:
    """What stays with a machine: drawn once."""

    bpfo_orders: float  # balls that pass a spot of the outer race in one revolution
    teeth: int
    shaft: np.ndarray  # (4,) amplitudes of the shaft's harmonics in m/s²
    mesh: np.ndarray  # (3,) amplitudes of the gear mesh and its harmonics at full load in m/s²
    sidebands: np.ndarray  # (2,): how far a turn modulates the amplitude and, in radians, the phase
    modes_hz: np.ndarray  # (3,) resonances of the housing
    damping: np.ndarray  # (3,)
    gains: np.ndarray  # (3,)
    rumble: float  # standard deviation of the bearing's noise at full load in m/s²
    knocks_hz: float  # random knocks per second
    loads: np.ndarray  # (windows,)
    fault_starts: int


def ball_pass_frequency(
    shaft_hz: float, balls: int, ball_mm: float, pitch_mm: float, contact_deg: float = 0.0
) -> float:
    """Return how many balls pass a spot of the outer race in a second (BPFO), if none of them slips.

    balls / 2 · shaft_hz · (1 - ball_mm / pitch_mm · cos(contact_deg))

    Args:
        shaft_hz: revolutions of the shaft, with the inner race on it, per second.
        balls: how many balls or rollers.
        ball_mm: their diameter in mm.
        pitch_mm: diameter of the circle on which their centres run, in mm, above `ball_mm`.
        contact_deg: angle of contact in degrees.

    Returns:
        Frequency in Hz.

    Raises:
        InputError: if the ball doesn't fit.

    Source: Randall and Antoni, 2011, doi:10.1016/j.ymssp.2010.07.017.
    """
    if not 0 < ball_mm < pitch_mm:
        raise InputError(
            f"ball_mm must lie between 0 and pitch_mm, got {ball_mm} and {pitch_mm}: centres of balls run on "
            "the pitch circle."
        )
    return balls / 2 * shaft_hz * (1 - ball_mm / pitch_mm * float(np.cos(np.deg2rad(contact_deg))))


def bearing(
    n: int | None = None,
    seed: int = 0,
    windows: int = 400,
    shaft_hz: float = 25.0,
    sampling_hz: float = 25600.0,
    snr_db: float = 25.0,
    fault_db: float = 20.0,
    fault_starts: int | None = None,
    slip: float = 0.015,
    late_load: int | None = None,
) -> ImageSet:
    """Simulate the vibration of machines, window after window, until a damaged bearing ends the run.

    Image i is window i mod `windows` of machine i // `windows`; every machine has a bearing, gears,
    resonances and a history of loads of its own.

    Args:
        n: how many windows, in order of time, machine after machine; None for one machine's whole run.
        seed: decides everything. Image i doesn't depend on n.
        windows: length of a machine's run, from 20.
        shaft_hz: nominal speed of the shaft in revolutions per second, 10 to 40; it falls a little under
            load. A window must hold at least one and a half revolutions.
        sampling_hz: samples per second, 20000 to 64000; a window has 4096.
        snr_db: vibration against the sensor's own noise, as ratio of standard deviations at full load.
        fault_db: peak of an impact at the end of the run over the standard deviation of the bearing's noise
            at full load.
        fault_starts: the first faulty window; None draws one from 0.7 to 0.8 of `windows` for each machine;
            `windows` for machines that stay healthy.
        slip: standard deviation of the time between two impacts as a share of it, 0 to 0.1.
        late_load: the highest load, 1.0 to 1.2, occurs from this window on and never before; None: from the
            beginning. Loads are in parts of the nominal one.

    Returns:
        images (n, 64, 64, 1): log-magnitude spectrogram, highest frequency in row 0; targets (n,) int64: 0
        healthy, 1 faulty; groups (n,) int64: the machine; extra "spectrum" (n, 256) float32: level of the
        whole window in dB re 1 m/s², lowest frequency first; "signal" (n, 4096) float32 in m/s²; "severity"
        (n,) float32, 0 to 1; "load" (n,) float32; "speed_hz" (n,) float32; "bpfo_hz" (n,) float32: the ball
        pass frequency of the outer race; "time" (n,) int64: number of the window within its run.

    Raises:
        InputError: if a number is out of range.

    Source: Randall and Antoni, 2011, doi:10.1016/j.ymssp.2010.07.017.
    """
    _check_options(windows, shaft_hz, sampling_hz, snr_db, fault_db, slip)
    for name, value in (("fault_starts", fault_starts), ("late_load", late_load)):
        if value is not None and (value != int(value) or not 0 <= value <= windows):
            raise InputError(
                f"{name} must be a whole number from 0 to windows ({windows}) or None, got {value}."
            )
    n = windows if n is None else n
    time = np.arange(n) % windows
    machines, views = [], []
    for first, rng in zip(range(0, n, windows), generators(-(-n // windows), seed), strict=True):
        of_machine, of_windows = rng.spawn(2)
        machine = _draw_machine(of_machine, windows, fault_starts, late_load)
        machines.append(machine)
        for step, source in enumerate(of_windows.spawn(min(windows, n - first))):
            severity = _severity(machine, step, windows)
            load = machine.loads[step]
            signal, speed = _signal(
                source, machine, load, severity, shaft_hz, sampling_hz, snr_db, fault_db, slip
            )
            views.append((_spectrogram(signal), _spectrum(signal), signal, severity, load, speed))
    images, spectra, signals, severities, loads, speeds = (
        np.stack(part).astype("float32") for part in zip(*views, strict=True)
    )
    group = np.arange(n) // windows
    start = np.array([machine.fault_starts for machine in machines])[group]
    orders = np.array([machine.bpfo_orders for machine in machines])[group]
    return ImageSet(
        images[..., None],
        (time >= start).astype("int64"),
        group.astype("int64"),
        _CARD,
        {
            "spectrum": spectra,
            "signal": signals,
            "severity": severities,
            "load": loads,
            "speed_hz": speeds,
            "bpfo_hz": (orders * speeds).astype("float32"),
            "time": time.astype("int64"),
        },
    )


def _check_options(
    windows: int, shaft_hz: float, sampling_hz: float, snr_db: float, fault_db: float, slip: float
) -> None:
    if windows != int(windows) or windows < 20:
        raise InputError(f"windows must be a whole number from 20, got {windows}.")
    for name, value, low, high in (
        ("shaft_hz", shaft_hz, 10, 40),
        ("sampling_hz", sampling_hz, 20000, 64000),
        ("snr_db", snr_db, -20, 100),
        ("fault_db", fault_db, -40, 60),
        ("slip", slip, 0, 0.1),
    ):
        if not low <= value <= high:
            raise InputError(f"{name} must lie in [{low:g}, {high:g}], got {value}.")
    turns = shaft_hz * SAMPLES / sampling_hz
    if turns < 1.5:
        raise InputError(
            f"A window of {SAMPLES} samples at {sampling_hz:g} Hz holds {turns:.2f} revolutions of a shaft "
            f"at {shaft_hz:g} Hz, at least 1.5 are needed: sample less often or turn faster."
        )


def _draw_machine(
    rng: np.random.Generator, windows: int, fault_starts: int | None, late_load: int | None
) -> _Machine:
    """Draw a machine and the history of its loads."""
    balls = int(rng.integers(7, 11))
    ratio, contact = rng.uniform(0.17, 0.24), rng.choice([0.0, 15.0])
    drawn = int(rng.uniform(0.7, 0.8) * windows)
    return _Machine(
        bpfo_orders=ball_pass_frequency(1.0, balls, ratio, 1.0, contact),
        teeth=int(rng.integers(23, 48)),
        shaft=0.5 * rng.lognormal(0, 0.5, 4) / np.arange(1, 5),
        mesh=np.array([2.2, 1.2, 0.6]) * rng.lognormal(0, 0.35, 3),
        sidebands=rng.uniform(0.1, 0.5, 2),
        modes_hz=np.array([rng.uniform(1800, 3200), rng.uniform(3600, 5600), rng.uniform(6200, 9200)]),
        damping=rng.uniform(0.015, 0.045, 3),
        gains=rng.lognormal(0, 0.4, 3),
        rumble=float(0.45 * rng.lognormal(0, 0.25)),
        knocks_hz=float(rng.uniform(25, 90)),
        loads=_draw_loads(rng, windows, late_load),
        fault_starts=drawn if fault_starts is None else int(fault_starts),
    )


def _draw_loads(rng: np.random.Generator, windows: int, late_load: int | None) -> np.ndarray:
    """Draw a load for each window: three usual ones and a high one in turn, 8 to 40 windows each."""
    usual = rng.uniform([0.30, 0.48, 0.66], [0.40, 0.58, 0.78])
    high = rng.uniform(1.0, 1.2)
    since = 0 if late_load is None else int(late_load)
    loads = np.empty(windows)
    at = 0
    before = -1
    while at < windows:
        # The high load comes as soon as it may, then as often as the others.
        choice = 3 if at == since and late_load is not None else int(rng.integers(4 if at >= since else 3))
        if choice == before:
            continue
        until = at + int(rng.integers(8, 41))
        until = min(until, since) if at < since else until
        loads[at:until] = high if choice == 3 else usual[choice]
        at, before = until, choice
    return loads * (1 + 0.012 * rng.standard_normal(windows))


def _severity(machine: _Machine, step: int, windows: int) -> float:
    """Return how bad the fault is: 0 before it starts, then growing to 1 in the last window."""
    late = step + 1 - machine.fault_starts
    return (late / (windows - machine.fault_starts)) ** 1.5 if late > 0 else 0.0


def _signal(
    rng: np.random.Generator,
    machine: _Machine,
    load: float,
    severity: float,
    shaft_hz: float,
    sampling_hz: float,
    snr_db: float,
    fault_db: float,
    slip: float,
) -> tuple[np.ndarray, float]:
    """Draw one window, (4096,) float32 in m/s², and the speed of the shaft in Hz."""
    speed = shaft_hz * (1 - 0.02 * (load - 0.5)) * (1 + 0.002 * rng.standard_normal())
    turn = (2 * np.pi * speed / sampling_hz * np.arange(SAMPLES)).astype("float32")
    gain = _housing(machine, load, sampling_hz)
    ringing = np.fft.irfft(gain)
    # White noise of variance 1 leaves the housing with this standard deviation; an impulse with this peak.
    spread, peak = float(np.sqrt((ringing**2).sum())), float(np.abs(ringing).max())

    rumble = machine.rumble * (0.35 + 0.65 * load) * rng.lognormal(0, 0.10)
    force = rng.standard_normal(SAMPLES, dtype="float32") * np.float32(rumble / spread)
    knocks = rng.poisson(machine.knocks_hz * SAMPLES / sampling_hz * rng.lognormal(0, 0.3))
    at = rng.integers(SAMPLES, size=knocks)
    np.add.at(force, at, rumble / peak * rng.normal(0, 2.6, knocks))
    at, size = _impacts(rng, machine.bpfo_orders * speed, sampling_hz, slip)
    strength = severity * 10 ** (fault_db / 20) * machine.rumble / peak
    np.add.at(force, at, strength * size)
    vibration = np.fft.irfft(np.fft.rfft(force) * gain).astype("float32")
    vibration += _tones(rng, machine, load, turn)
    # At full load, whatever the load is: a sensor knows nothing of it.
    loudness = np.sqrt(0.5 * ((machine.mesh**2).sum() + (machine.shaft**2).sum()) + machine.rumble**2)
    sensor = np.float32(loudness * 10 ** (-snr_db / 20))
    return vibration + sensor * rng.standard_normal(SAMPLES, dtype="float32"), speed


def _tones(rng: np.random.Generator, machine: _Machine, load: float, turn: np.ndarray) -> np.ndarray:
    """Return harmonics of the shaft and of the gear mesh with sidebands, (4096,) float32 in m/s²."""
    phases = rng.uniform(0, 2 * np.pi, 9).astype("float32")
    tones = np.zeros_like(turn)
    for order, amplitude in enumerate(machine.shaft, 1):
        tones += np.float32(amplitude * rng.lognormal(0, 0.08)) * np.cos(order * turn + phases[order])
    once = turn + phases[0]
    sway = np.float32(machine.sidebands[1]) * np.sin(once)
    mesh = np.zeros_like(turn)
    for order, amplitude in enumerate(machine.mesh, 1):
        high = np.float32(amplitude * (0.1 + 0.9 * load) * rng.lognormal(0, 0.08))
        mesh += high * np.cos(order * (np.float32(machine.teeth) * turn + sway) + phases[4 + order])
    return tones + (1 + np.float32(machine.sidebands[0]) * np.cos(once + phases[8])) * mesh


def _impacts(
    rng: np.random.Generator, rate_hz: float, sampling_hz: float, slip: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return when balls hit the spot, as sample numbers, and how hard, mean about 1."""
    period = sampling_hz / rate_hz
    most = int(1.5 * SAMPLES / period) + 4
    gaps = period * (1 + slip * rng.standard_normal(most))
    at = (np.cumsum(gaps) - period * rng.uniform(0, 1)).astype(np.intp)
    size = 1 + 0.15 * rng.standard_normal(most)
    inside = (at >= 0) & (at < SAMPLES)
    return at[inside], size[inside]


def _housing(machine: _Machine, load: float, sampling_hz: float) -> np.ndarray:
    """Return the frequency response of the housing from force to acceleration, (2049,) complex."""
    # Load stiffens the joints.
    modes = (machine.modes_hz * (1 + 0.05 * (load - 0.5)))[:, None]
    square = (np.fft.rfftfreq(SAMPLES, 1 / sampling_hz) / modes) ** 2
    damping = 2j * machine.damping[:, None] * np.sqrt(square)
    return (machine.gains[:, None] * square / (1 - square + damping)).sum(0)


@functools.cache
def _taper() -> np.ndarray:
    """Return a Hann window that keeps the amplitude of a tone, (127,) float32."""
    taper = np.hanning(_LENGTH + 2)[1:-1]
    return (2 * taper / taper.sum()).astype("float32")


def _spectrogram(signal: np.ndarray) -> np.ndarray:
    """Return the level, (64, 64) in [0, 1], of the signal in 64 bands (highest first) at 64 times."""
    pieces = np.lib.stride_tricks.sliding_window_view(signal, _LENGTH)[::_HOP]
    power = np.abs(np.fft.rfft(pieces * _taper(), _LENGTH + 1, axis=1)[:, :0:-1]) ** 2
    level = 10 * np.log10(power.T + 1e-12)
    return ((level - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB)).clip(0, 1)


def _spectrum(signal: np.ndarray) -> np.ndarray:
    """Return the level of the whole window in 256 bands in dB re 1 m/s², (256,)."""
    taper = np.hanning(SAMPLES)
    power = np.abs(np.fft.rfft(signal * (2 / taper.sum() * taper))[1:]) ** 2
    return 10 * np.log10(power.reshape(_SPECTRUM, -1).sum(1) + 1e-12)
