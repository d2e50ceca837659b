"""What this machine offers for training."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

GIB = 2**30


@dataclass(frozen=True)
class Gpu:
    """A graphics card.

    Attributes:
        name: as the driver calls it.
        memory_bytes: its memory; None if unknown.
        compute_capability: NVIDIA's version of its abilities, such as (8, 0); None if unknown.
    """

    name: str
    memory_bytes: int | None = None
    compute_capability: tuple[int, int] | None = None

    def __str__(self) -> str:
        return self.name if self.memory_bytes is None else f"{self.name}, {self.memory_bytes / GIB:.0f} GiB"


@dataclass(frozen=True)
class DeviceReport:
    """What this machine offers for training.

    Attributes:
        backend: "tensorflow" or "jax", under Keras.
        versions: of python, keras, numpy and the backend.
        gpus: cards that the backend can use.
        idle_gpus: cards that the driver knows but the backend can't use: mostly an installation without GPU
            support.
        policy: Keras' number format in force, such as "float32".
        recommended_policy: "mixed_bfloat16" or "mixed_float16" where the first card computes faster that way,
            else "float32".
        cores: processor cores that this process may use.
        memory_bytes: main memory that this process may use.
        free_memory_bytes: what of it is free now.
    """

    backend: str
    versions: dict[str, str]
    gpus: tuple[Gpu, ...]
    idle_gpus: tuple[Gpu, ...]
    policy: str
    recommended_policy: str
    cores: int
    memory_bytes: int
    free_memory_bytes: int

    def __str__(self) -> str:
        if self.gpus:
            gpu = "; ".join(str(gpu) for gpu in self.gpus)
        elif self.idle_gpus:
            gpu = f"{'; '.join(str(gpu) for gpu in self.idle_gpus)}: there, but {self.backend} can't use it"
        else:
            gpu = "none: everything runs on the processor"
        policy = self.policy
        if self.recommended_policy != self.policy and self.recommended_policy != "float32":
            policy += f" ({self.recommended_policy} would be faster here)"
        rows = {
            "backend": f"{self.backend} {self.versions[self.backend]}, Keras {self.versions['keras']}",
            "GPU": gpu,
            "precision": policy,
            "cores": str(self.cores),
            "memory": f"{self.memory_bytes / GIB:.1f} GiB, {self.free_memory_bytes / GIB:.1f} GiB free",
            "versions": f"Python {self.versions['python']}, NumPy {self.versions['numpy']}",
        }
        return "\n".join(f"{name:<10} {value}" for name, value in rows.items())


def device_report() -> DeviceReport:
    """Find out what this machine offers for training. Loads Keras and its backend.

    Returns:
        A DeviceReport; print it for a readable table.
    """
    import keras
    import numpy as np
    import psutil

    backend = keras.backend.backend()
    known = _nvidia_gpus()
    gpus, backend_version = {"tensorflow": _tensorflow_gpus, "jax": _jax_gpus}.get(backend, _no_gpus)(known)
    memory = psutil.virtual_memory()
    limit = min(memory.total, _cgroup_number("memory.max") or memory.total)
    used = _cgroup_number("memory.current") if limit < memory.total else None
    return DeviceReport(
        backend=backend,
        versions={
            "python": platform.python_version(),
            "keras": keras.__version__,
            "numpy": np.__version__,
            backend: backend_version,
        },
        gpus=gpus,
        idle_gpus=() if gpus else known,
        policy=keras.config.dtype_policy().name,
        recommended_policy=_recommended_policy(gpus),
        cores=_usable_cores(),
        memory_bytes=limit,
        free_memory_bytes=min(memory.available, limit - (used or 0)),
    )


def _recommended_policy(gpus: tuple[Gpu, ...]) -> str:
    """Choose the number format: tensor cores take float16 from capability 7.0 on, bfloat16 from 8.0 on."""
    capability = gpus[0].compute_capability if gpus else None
    if capability is None or capability < (7, 0):
        return "float32"
    return "mixed_bfloat16" if capability >= (8, 0) else "mixed_float16"


def _nvidia_gpus() -> tuple[Gpu, ...]:
    """Ask NVIDIA's driver, which doesn't take hold of a card and knows those that a backend can't use."""
    question = ["nvidia-smi", "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(_gpu_from_row(row) for row in answer.splitlines() if row.count(",") >= 2)


def _gpu_from_row(row: str) -> Gpu:
    """Read one line of nvidia-smi, such as "NVIDIA A100-SXM4-40GB, 40960, 8.0"; a field may be "[N/A]"."""
    name, memory_mib, capability = (field.strip() for field in row.rsplit(",", 2))
    major, _, minor = capability.partition(".")
    return Gpu(
        name,
        int(memory_mib) * 2**20 if memory_mib.isdigit() else None,
        (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None,
    )


def _tensorflow_gpus(known: tuple[Gpu, ...]) -> tuple[tuple[Gpu, ...], str]:
    import tensorflow as tf

    gpus = []
    for device in tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(device)
        name = details.get("device_name", device.name)
        memory = next((gpu.memory_bytes for gpu in known if gpu.name == name), None)
        gpus.append(Gpu(name, memory, details.get("compute_capability")))
    return tuple(gpus), tf.__version__


def _jax_gpus(known: tuple[Gpu, ...]) -> tuple[tuple[Gpu, ...], str]:
    import jax

    gpus = []
    for device in jax.devices():
        if device.platform == "gpu":
            match = next((gpu for gpu in known if gpu.name == device.device_kind), Gpu(device.device_kind))
            gpus.append(match)
    return tuple(gpus), jax.__version__


def _no_gpus(known: tuple[Gpu, ...]) -> tuple[tuple[Gpu, ...], str]:
    return (), "(coursekit trains on TensorFlow or JAX only)"


def _usable_cores() -> int:
    """Count the cores this process may use: a container often allows fewer than there are."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, period = _cgroup_number("cpu.max"), _cgroup_number("cpu.max", field=1)
    return min(cores, max(1, quota // period)) if quota and period else cores


def _cgroup_number(file: str, field: int = 0) -> int | None:
    """Read a limit that Linux sets for this container; None without one."""
    try:
        value = (Path("/sys/fs/cgroup") / file).read_text().split()[field]
    except (OSError, IndexError):
        return None
    return int(value) if value.isdigit() else None
