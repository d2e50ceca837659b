"""Federated learning: clients that train without sending an image, what their reports leak, and protection.

`client` and `strategy` are what runs at a client and at the server; `rounds` says who takes part, `engine`
plays it all in one process. `leakage` attacks; `secure_aggregation` (with `key_agreement` and `shamir`),
`privacy` and `accountant` defend. The names below load on first use.
"""

from coursekit.first_use import on_first_use

__all__ = [
    "Absence",
    "ClientImages",
    "ClientUpdate",
    "FederatedHistory",
    "LocalTrainer",
    "LocalTraining",
    "Pace",
    "Reconstruction",
    "RoundRecord",
    "RoundRules",
    "by_rules",
    "client_seed",
    "clip_update",
    "everyone",
    "fed_avg",
    "image_from_dense_gradient",
    "label_from_gradient",
    "match_gradient",
    "moments_epsilon",
    "play_round",
    "poisson",
    "privacy_spent",
    "private_average",
    "secure_average",
    "secure_sum",
    "train_federated",
    "weighted_average",
]

__getattr__ = on_first_use(
    __name__,
    {
        "Absence": "rounds",
        "ClientImages": "engine",
        "ClientUpdate": "strategy",
        "FederatedHistory": "engine",
        "LocalTrainer": "client",
        "LocalTraining": "client",
        "Pace": "rounds",
        "Reconstruction": "leakage",
        "RoundRecord": "rounds",
        "RoundRules": "rounds",
        "by_rules": "rounds",
        "clip_update": "privacy",
        "client_seed": "client",
        "everyone": "rounds",
        "fed_avg": "strategy",
        "image_from_dense_gradient": "leakage",
        "label_from_gradient": "leakage",
        "match_gradient": "leakage",
        "moments_epsilon": "accountant",
        "play_round": "rounds",
        "poisson": "rounds",
        "privacy_spent": "accountant",
        "private_average": "privacy",
        "secure_average": "secure_aggregation",
        "secure_sum": "secure_aggregation",
        "train_federated": "engine",
        "weighted_average": "strategy",
    },
)
