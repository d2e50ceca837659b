"""Figures (matplotlib) and widgets (ipywidgets) of the course."""

from coursekit.viz.alarm_bench import AlarmBench
from coursekit.viz.augmentation_workbench import AugmentationWorkbench
from coursekit.viz.clip_and_noise import ClipAndNoise
from coursekit.viz.data_set import show_data_set
from coursekit.viz.hole_puncher import HolePuncher
from coursekit.viz.images import response, show, show_shifts
from coursekit.viz.kernel_bench import KernelBench
from coursekit.viz.label_by_groups import LabelByGroups
from coursekit.viz.latent_explorer import LatentExplorer
from coursekit.viz.learning_curves import learning_curves, worth_arrow
from coursekit.viz.mask_damage import MaskDamage
from coursekit.viz.policy_schedule import policy_schedule
from coursekit.viz.pooling_dial import PoolingDial
from coursekit.viz.push_the_digit import PushTheDigit
from coursekit.viz.quality_quantity import quality_quantity_map
from coursekit.viz.rate_dial import RateDial
from coursekit.viz.round_timeline import RoundTimeline
from coursekit.viz.sample_size_dial import SampleSizeDial
from coursekit.viz.sliding_window import sliding_window
from coursekit.viz.style import COLOURS, figure_png, use_style
from coursekit.viz.threshold_bench import ThresholdBench
from coursekit.viz.toy_gan_bench import ToyGanBench
from coursekit.viz.turn_over import TurnOverExplorer

__all__ = [
    "COLOURS",
    "AlarmBench",
    "AugmentationWorkbench",
    "ClipAndNoise",
    "HolePuncher",
    "KernelBench",
    "LabelByGroups",
    "LatentExplorer",
    "MaskDamage",
    "PoolingDial",
    "PushTheDigit",
    "RateDial",
    "RoundTimeline",
    "SampleSizeDial",
    "ThresholdBench",
    "ToyGanBench",
    "TurnOverExplorer",
    "figure_png",
    "learning_curves",
    "policy_schedule",
    "quality_quantity_map",
    "response",
    "show",
    "show_data_set",
    "show_shifts",
    "sliding_window",
    "use_style",
    "worth_arrow",
]
