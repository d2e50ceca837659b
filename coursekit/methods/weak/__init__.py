"""Weak supervision: learning to segment from masks that are incomplete or rough.

`Tiles` and `WeakLoss` are the rules, `STRATEGIES` the nine combinations of the SNOW paper, `train_strategy`
trains by one of them. `CleanValidation` and `choose_threshold` need a few masks that are right. `deformation`
and `typical_seed` say how much is damaged. `mean_ranks`, `friedman`, `critical_difference` and `duel_scores`
tell who beats whom. The names load on first use.
"""

from coursekit.first_use import on_first_use

__all__ = [
    "ENOUGH_PX",
    "STRATEGIES",
    "CleanValidation",
    "Strategy",
    "Tiles",
    "WeakLoss",
    "WeaklyTrained",
    "choose_threshold",
    "critical_difference",
    "deformation",
    "duel_scores",
    "friedman",
    "image_f1",
    "marked_pixels",
    "mean_ranks",
    "object_probability",
    "pair_p_values",
    "train_auto_encoder",
    "train_strategy",
    "typical_seed",
]

__getattr__ = on_first_use(
    __name__,
    {
        "CleanValidation": "validation",
        "ENOUGH_PX": "tiles",
        "STRATEGIES": "strategies",
        "Strategy": "strategies",
        "Tiles": "tiles",
        "WeakLoss": "losses",
        "WeaklyTrained": "strategies",
        "choose_threshold": "validation",
        "critical_difference": "comparison",
        "deformation": "damage",
        "duel_scores": "comparison",
        "friedman": "comparison",
        "image_f1": "validation",
        "marked_pixels": "tiles",
        "mean_ranks": "comparison",
        "object_probability": "validation",
        "pair_p_values": "comparison",
        "train_auto_encoder": "strategies",
        "train_strategy": "strategies",
        "typical_seed": "damage",
    },
)
