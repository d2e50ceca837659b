"""Voices: spectrograms of speech by many speakers, each recorded in several sessions.

It imitates mel spectrograms of one second of read speech: a source (pitch, its range and unsteadiness,
breath) and a filter (formants of vowels, scaled by the length of the speaker's vocal tract, with habits of
the speaker's own), consonants, pauses, the rhythm of syllables, and a microphone and a room that differ from
session to session. What is said differs from one utterance to the next, and speakers overlap in pitch. How
far the mean spectrum tells them in a new session depends on `channel_db` and on the number of sessions heard.
"""

import dataclasses
import functools

import numpy as np

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.simulate.texture import generators, smooth_noise
from coursekit.errors import InputError

_CARD = Card(
    name="voices",
    title="Spectrograms of one second of speech by many speakers",
    source="Simulated: source and filter, drawn in the plane of time and frequency, with consonants, pauses, "
    "channel and noise.",
    licence="CC BY 4.0, as this course.",
    citation="This course; after the task in Lukic, Vogt, Dürr, Stadelmann, Speaker identification and "
    "clustering using convolutional neural networks, MLSP 2016, doi:10.1109/MLSP.2016.7738816",
    unit="level in 128 mel bands up to 8 kHz (highest frequency on top) every 10 ms: 0 to 1 stands for 60 dB "
    "below the utterance's loudest point up to that point",
    limits="Speech without meaning: syllables are drawn at random, in no language. No emotion, no age, no "
    "dialect, no second speaker, no reverberation tail, no codec, and no phase: it can't be turned into "
    "sound. A speaker differs between sessions only by channel, level and a little pitch. An order of "
    "methods found here is a hypothesis about real voices, not a result.",
)

# First and second formant in Hz of eleven vowels for a vocal tract of 16 cm, between the values that are
# usual for men and for women.
_VOWELS_HZ = np.array(
    [
        (300, 2450),  # beet
        (430, 2150),  # bit
        (570, 1980),  # bet
        (720, 1850),  # bat
        (790, 1180),  # father
        (620, 920),  # caught
        (470, 1100),  # put
        (330, 950),  # boot
        (680, 1280),  # but
        (510, 1480),  # the
        (480, 1400),  # bird
    ]
)
_REFERENCE_CM = 16.0
_HABITS = (0.09, 0.07, 0.05, 0.05, 0.05)  # how far a speaker's vowels lie from everybody's, as a share
_SYLLABLES = 20  # more hardly fit into two seconds
_MARGIN = 40  # frames before the first one shown
_RANGE_DB = 60.0
_TOP_HZ = 8000.0
_FORMANTS = 5


@dataclasses.dataclass(frozen=True)
class _Speaker:
    """What stays with a speaker: drawn once."""

    pitch_hz: float
    pitch_range: float  # standard deviation of the logarithm of the pitch within an utterance
    jitter: float  # unsteadiness of the pitch from period to period
    vocal_tract_cm: float
    vowels_hz: np.ndarray  # (11, 5): the formants of each vowel in this mouth
    bandwidths_hz: np.ndarray  # (5,)
    tilt_db: float  # fall of the source per octave
    breath_db: float  # breath against voice
    hollow_hz: float  # a zero of the side cavities
    hiss_hz: float  # middle of the sound of s
    rate_hz: float  # syllables per second
    glide_s: float  # how long formants take from one vowel to the next


def voices(
    n: int | None = None,
    seed: int = 0,
    speakers: int = 20,
    sessions: int = 8,
    bands: int = 128,
    frames: int = 100,
    snr_db: float = 25.0,
    channel_db: float = 10.0,
    similarity: float = 0.2,
) -> ImageSet:
    """Simulate spectrograms of one-second utterances by several speakers.

    Image i is by speaker i mod `speakers`, so that a multiple of `speakers` has equally many of each; the
    utterances of a speaker take the sessions in turn. To identify known speakers, split by group (session):
    training and test then have different microphones and rooms. To cluster unknown speakers, split by target.
    Each seed has speakers of its own; a larger n of the same seed has more utterances of the same ones.

    Args:
        n: how many utterances; None for eight of each speaker.
        seed: decides everything. Image i doesn't depend on n.
        speakers: how many, from 2.
        sessions: how many recording sessions each speaker has, from 1. The more of them are heard in
            training, the better what belongs to the speaker parts from what belongs to the microphone.
        bands: height of the image, 32 to 256: mel bands from 0 to 8 kHz.
        frames: width of the image, 32 to 200: 10 ms each.
        snr_db: speech against background noise in decibels; each session differs by up to 5.
        channel_db: about the standard deviation in decibels of a session's frequency response, 0 to 40. The
            larger it is, the less the mean spectrum tells about the speaker in a session not heard before.
        similarity: how alike speakers are, 0 (as different as strangers may be) to below 1 (the same person).

    Returns:
        images (n, bands, frames, 1): level, highest frequency in row 0; targets (n,) int64: the speaker;
        groups (n,) int64: the session, no two speakers share one; extra "session" (n,) int64: the number of
        the session within the speaker; "pitch_hz" (n,) float32: mean pitch of the utterance;
        "vocal_tract_cm" (n,) float32; "text" (n, 20) int64: the vowels said, numbered from 1, 0 where there
        are no more.

    Raises:
        InputError: if a number is out of range.

    Source: the task is that of Lukic et al., MLSP 2016; source and filter after Fant, Acoustic Theory of
    Speech Production, 1960.
    """
    for name, value, low, high in (
        ("speakers", speakers, 2, 1000),
        ("sessions", sessions, 1, 100),
        ("bands", bands, 32, 256),
        ("frames", frames, 32, 200),
    ):
        # A float would pass as a number but not as the length of an array.
        if not isinstance(value, int | np.integer) or not low <= value <= high:
            raise InputError(f"{name} must be a whole number from {low} to {high}, got {value!r}.")
    if not 0 <= similarity < 1:
        raise InputError(f"similarity must lie in [0, 1), got {similarity}: at 1 there is but one voice.")
    if not 0 <= channel_db <= 40:
        raise InputError(
            f"channel_db must lie in [0, 40], got {channel_db}: 0 is no difference between sessions, and "
            "above 40 the channel hides the speech."
        )
    if not -10 <= snr_db <= 100:
        raise InputError(f"snr_db must lie in [-10, 100], got {snr_db}.")
    n = 8 * speakers if n is None else n
    of_speakers, of_utterances = generators(2, seed)
    people, channels = [], []
    for rng in of_speakers.spawn(min(speakers, n)):
        people.append(_draw_speaker(rng, 1 - similarity))
        channels.append([_draw_channel(s, bands, snr_db, channel_db) for s in rng.spawn(sessions)])
    number = np.arange(n)
    speaker, session = number % speakers, number // speakers % sessions
    utterances = [
        _utterance(rng, people[who], *channels[who][where], bands, frames)
        for rng, who, where in zip(of_utterances.spawn(n), speaker, session, strict=True)
    ]
    images, pitch_hz, text = (np.stack(part) for part in zip(*utterances, strict=True))
    lengths = np.array([person.vocal_tract_cm for person in people], "float32")[speaker]
    names = tuple(f"speaker {i}" for i in range(speakers))
    return ImageSet(
        images[..., None],
        speaker.astype("int64"),
        (speaker * sessions + session).astype("int64"),
        dataclasses.replace(_CARD, class_names=names),
        {"session": session.astype("int64"), "pitch_hz": pitch_hz, "vocal_tract_cm": lengths, "text": text},
    )


def _draw_speaker(rng: np.random.Generator, apart: float) -> _Speaker:
    """Draw a voice; `apart`, in (0, 1], says how far from the average it may lie."""
    sex = np.clip(rng.choice([-1, 1]) + 0.5 * rng.standard_normal(), -1.8, 1.8)
    part = np.clip(rng.standard_normal(10), -2, 2) * apart
    length = 15.8 - 0.75 * apart * sex + 0.5 * part[0]
    formants = np.empty((len(_VOWELS_HZ), _FORMANTS))
    formants[:, :2] = _VOWELS_HZ
    formants[:, 2] = np.maximum(2600.0, _VOWELS_HZ[:, 1] + 500)
    formants[-1, 2] = 1750  # the r-coloured vowel
    # The upper formants follow the front cavity a little, too.
    formants[:, 3:] = np.array([3500, 4450]) * (_VOWELS_HZ[:, 1:] / 1550) ** (0.12, 0.07)
    own = np.clip(rng.standard_normal(_FORMANTS), -2, 2) * (0.03, 0.04, 0.06, 0.08, 0.08) * apart
    habits = np.clip(rng.standard_normal((len(_VOWELS_HZ), 5)), -2, 2) * _HABITS * apart
    formants *= np.exp(own) * _REFERENCE_CM / length
    formants *= np.exp(habits)
    return _Speaker(
        pitch_hz=float(150 * np.exp(0.22 * apart * sex + 0.13 * part[1])),
        pitch_range=float(0.11 * np.exp(0.5 * part[2])),
        jitter=float(0.008 * np.exp(0.5 * part[3])),
        vocal_tract_cm=float(length),
        vowels_hz=formants,
        bandwidths_hz=np.array([70, 90, 130, 190, 260]) * np.exp(0.3 * apart * rng.standard_normal(5)),
        tilt_db=float(7.0 + 1.5 * part[4]),
        breath_db=float(-17 + 5 * part[5]),
        hollow_hz=float(4600 * np.exp(0.12 * part[6])),
        hiss_hz=float(5600 * np.exp(0.13 * part[7])),
        rate_hz=float(5.0 * np.exp(0.22 * part[8])),
        glide_s=float(0.030 * np.exp(0.35 * part[9])),
    )


def _draw_channel(
    rng: np.random.Generator, bands: int, snr_db: float, channel_db: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Draw a session: response in dB (bands,), background noise in dB (bands,), change of pitch."""
    height = np.linspace(-1, 1, bands)
    response = channel_db * (
        0.8 * smooth_noise(rng, (bands, 1), bands / 12)[:, 0] + 0.9 * rng.standard_normal() * height
    )
    below = np.clip(_bands_hz(bands) / rng.uniform(60, 180), 0.05, 1)
    response += 20 * np.log10(below)  # small microphones are deaf to the lowest tones
    noise = -rng.uniform(6, 18) * (height + 1) / 2 + 2 * smooth_noise(rng, (bands, 1), bands / 10)[:, 0]
    noise += -snr_db - 6 + rng.uniform(-5, 5)
    return response.astype("float32"), noise.astype("float32"), float(rng.normal(0, 0.04))


def _utterance(
    rng: np.random.Generator,
    speaker: _Speaker,
    response_db: np.ndarray,
    noise_db: np.ndarray,
    higher: float,
    bands: int,
    frames: int,
) -> tuple[np.ndarray, np.float32, np.ndarray]:
    """Say something: its image (bands, frames), its mean pitch in Hz, its vowels (20,)."""
    tracks, text = _score(rng, speaker, frames)
    time = np.arange(frames) * 0.01
    fall = rng.uniform(0.0, 0.25) * (0.5 - time / max(time[-1], 1.0))
    melody = 0.8 * smooth_noise(rng, (1, frames), 14)[0] + 0.3 * smooth_noise(rng, (1, frames), 5)[0]
    level = higher + 0.08 * rng.standard_normal()
    pitch = speaker.pitch_hz * np.exp(level + fall + speaker.pitch_range * melody)

    # No vowel is said twice alike: formants wander by some per cent around their targets.
    wander = np.concatenate([smooth_noise(rng, (1, frames), 6) for _ in range(_FORMANTS)])
    tracks["formants"] *= np.exp(np.float32(0.035) * wander)
    shimmer = np.exp(np.float32(0.25) * smooth_noise(rng, (1, frames), 1.5))

    hz = _bands_hz(bands)[:, None]
    voiced = tracks["voice"] * shimmer * _harmonics(hz, pitch.astype("float32"), speaker.jitter)
    breath = np.float32(10 ** (speaker.breath_db / 10)) * (tracks["voice"] + tracks["aspirate"])
    # A spectrum of noise is uneven: the mean of a few exponentially distributed powers for each band.
    grain = rng.standard_exponential((2, bands, frames), dtype="float32")
    source = voiced * _slope(hz, speaker.tilt_db) + breath * _slope(hz, 3.0) * grain[0]
    power = source * _vocal_tract(hz, tracks, speaker)
    hiss = _hiss(hz, tracks["hiss_hz"])
    power += tracks["hiss"] * hiss * grain[0]
    power *= 10 ** (response_db[:, None] / 10)
    # Loudness of the speech alone: its mean over time and bands.
    power *= 1 / max(float(power.mean()), 1e-12)
    power += 10 ** (noise_db[:, None] / 10) * (0.5 * grain[1] + 0.5)
    image = 10 * np.log10(power[::-1] + np.float32(1e-12))
    image = 1 + (image - image.max()) / np.float32(_RANGE_DB)
    return image.clip(0, 1).astype("float32"), np.float32(pitch.mean()), text


def _score(
    rng: np.random.Generator, speaker: _Speaker, frames: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw what is said and when.

    Returns:
        For each frame, float32: "formants" (5, frames) in Hz; "voice", "aspirate", "hiss" (powers), "nasal"
        (0 to 1) and "hiss_hz", (frames,) each; and the vowels, (20,) int64.
    """
    from scipy.ndimage import gaussian_filter1d

    long = frames + _MARGIN + 120  # syllables that begin or end outside are cut at the end
    voice, aspirate, hiss, nasal = levels = np.zeros((4, long))
    hiss_hz = np.full(long, speaker.hiss_hz)
    formants = np.empty((_FORMANTS, long))
    text = np.zeros(_SYLLABLES, "int64")
    scale = _REFERENCE_CM / speaker.vocal_tract_cm
    at = _MARGIN - rng.uniform(0, 20)  # the utterance is cut out of running speech
    said = 0
    formants[:] = speaker.vowels_hz[9][:, None]
    while at < frames + _MARGIN and said < _SYLLABLES:
        if rng.random() < 0.12:
            at += rng.uniform(8, 25)  # a pause
        vowel = rng.integers(len(_VOWELS_HZ))
        length = 100 / speaker.rate_hz * np.exp(0.22 * rng.standard_normal())
        kind = rng.choice(_CONSONANTS, p=_SHARES)
        place = rng.integers(3)
        onset = at + (0.0 if kind == "none" else length * rng.uniform(0.25, 0.42))
        end = at + length
        loud = 10 ** (rng.normal(-3, 3.5) / 10)
        begin, middle, stop = (min(round(t), long) for t in (at, onset, end))
        formants[:, begin:stop] = speaker.vowels_hz[vowel][:, None]
        voice[middle:stop] = loud * _arch(stop - middle)
        closure = slice(begin, middle)
        formants[1, closure] = _PLACES_HZ[place] * scale
        if kind in ("voiced stop", "nasal"):
            formants[0, closure] = 260 * scale
            nasal[closure] = 1.0
            voice[closure] = loud * (0.5 if kind == "nasal" else 0.03)
        elif kind == "glide":
            formants[0, closure] = 330 * scale
            voice[closure] = 0.4 * loud
        elif kind == "fricative":
            hiss[closure] = 0.25 * loud * _FRICATIVE_POWER[place] * _arch(middle - begin)
            hiss_hz[closure] = speaker.hiss_hz * _FRICATIVE_PITCH[place]
        if kind in ("stop", "voiced stop"):
            burst = slice(middle - (3 if kind == "stop" else 1), middle)
            hiss[burst] = 0.12 * loud
            hiss_hz[burst] = _PLACES_HZ[place] * 2.0 * scale
        if kind == "stop":
            aspirate[middle - 3 : middle + 2] = 4.0 * loud
        if stop > _MARGIN and middle < frames + _MARGIN:
            text[said] = vowel + 1
            said += 1
        at = end
    shown = slice(_MARGIN, _MARGIN + frames)
    formants = np.exp(gaussian_filter1d(np.log(formants), 100 * speaker.glide_s, axis=1, mode="nearest"))
    formants, hiss_hz = formants[:, shown].astype("float32"), hiss_hz[shown].astype("float32")
    levels = gaussian_filter1d(levels, 0.8, axis=1, mode="nearest")[:, shown].astype("float32")
    tracks = dict(zip(("voice", "aspirate", "hiss", "nasal"), levels, strict=True))
    return {**tracks, "formants": formants, "hiss_hz": hiss_hz}, text


_CONSONANTS = ("none", "stop", "voiced stop", "fricative", "nasal", "glide")
_SHARES = (0.10, 0.20, 0.17, 0.22, 0.16, 0.15)
_PLACES_HZ = (1000.0, 1750.0, 2100.0)  # where the second formant points to at lips, teeth and palate
_FRICATIVE_PITCH = (1.15, 1.0, 0.58)  # f, s, sh
_FRICATIVE_POWER = (0.15, 1.0, 1.3)


def _arch(frames: int) -> np.ndarray:
    """Return the loudness of a sound over its time: it rises faster than it falls."""
    part = (np.arange(max(frames, 0)) + 0.5) / max(frames, 1)
    return (np.minimum(1, part / 0.2) * np.minimum(1, (1.05 - part) / 0.5)) ** 1.5


def _harmonics(hz: np.ndarray, pitch: np.ndarray, jitter: float) -> np.ndarray:
    """Return the power of a train of pulses, (bands, frames), mean about 1: lines at multiples of the pitch.

    A line is as wide as the analysis (32 ms) and the band make it; unsteadiness and glides of the pitch widen
    high harmonics most, until they run into one another.
    """
    number = np.maximum(np.rint(hz / pitch), np.float32(1))
    glide = np.float32(0.8) * np.abs(np.gradient(pitch)) + np.float32(jitter) * pitch
    band = np.gradient(hz[:, 0])[:, None]
    inverse = 1 / (np.float32(24.0**2) + (np.float32(0.35) * band) ** 2 + (glide * number) ** 2)
    away = np.abs(hz - number * pitch)
    lines = np.exp(np.float32(-0.5) * away**2 * inverse)
    lines += np.exp(np.float32(-0.5) * (pitch - away) ** 2 * inverse)
    return lines * (pitch * np.sqrt(inverse)) * np.float32(1 / np.sqrt(2 * np.pi))


def _slope(hz: np.ndarray, db_per_octave: float) -> np.ndarray:
    """Return power that falls by so many decibels per octave above 200 Hz, (bands, 1)."""
    return (10 ** (-db_per_octave / 10 * np.log2(np.maximum(hz, 200) / 200))).astype("float32")


def _vocal_tract(hz: np.ndarray, tracks: dict[str, np.ndarray], speaker: _Speaker) -> np.ndarray:
    """Return the power gain of the vocal tract, (bands, frames).

    The gain of a uniform tube of the speaker's length, with its five lowest resonances moved to where the
    formants are (Fant's correction for higher poles, exact for a tube), and a zero of the side cavities.
    """
    lowest = 35000 / (4 * speaker.vocal_tract_cm)
    wide = 80 + 0.06 * hz  # losses grow with frequency
    gain = 1 / (np.cos(np.pi * hz / (2 * lowest)) ** 2 + np.sinh(np.pi * wide / (4 * lowest)) ** 2)
    for number in range(_FORMANTS):
        gain = gain * _antiresonance(hz, lowest * (2 * number + 1), wide)
    gain = gain * (_antiresonance(hz, speaker.hollow_hz, 500.0) / (1 + (hz / speaker.hollow_hz) ** 4) + 0.02)
    moved = np.ones((len(hz), tracks["formants"].shape[1]), "float32")
    for formant, bandwidth in zip(tracks["formants"], speaker.bandwidths_hz.astype("float32"), strict=True):
        moved *= _antiresonance(hz, formant, bandwidth)
    muffled = np.float32(10) ** (np.float32(-1.5) * tracks["nasal"] * np.clip(hz / 500 - 1, 0, 1))
    return gain.astype("float32") / moved * muffled


def _antiresonance(
    hz: np.ndarray, middle_hz: np.ndarray | float, bandwidth_hz: np.ndarray | float
) -> np.ndarray:
    """Return the power gain of a zero at `middle_hz`, 1 at 0 Hz; its inverse is that of a resonance."""
    square = (hz / middle_hz) ** 2
    return (1 - square) ** 2 + square * (bandwidth_hz / middle_hz) ** 2


def _hiss(hz: np.ndarray, middle_hz: np.ndarray) -> np.ndarray:
    """Return the spectrum of turbulent noise around some frequency, (bands, frames)."""
    return np.exp(-0.5 * ((hz - middle_hz) / (np.float32(0.22) * middle_hz + 300)) ** 2) + np.float32(0.03)


@functools.lru_cache(maxsize=8)
def _bands_hz(bands: int) -> np.ndarray:
    """Return the middles of the mel bands in Hz, (bands,) float32, read-only."""
    top = 2595 * np.log10(1 + _TOP_HZ / 700)
    hz = 700 * (10 ** ((np.arange(bands) + 0.5) / bands * top / 2595) - 1)
    hz = hz.astype("float32")
    hz.flags.writeable = False
    return hz
