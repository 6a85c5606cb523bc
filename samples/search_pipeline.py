"""Search a space without a network: scikit-learn pipelines that tell which of three growers made a wine.

`pipeline.nas` has no `net`: an architecture is its recipe alone, a record of settings of which each exists only where
it means something. The evaluator makes a pipeline of it and gives the accuracy of a five-fold cross-validation.

    python samples/search_pipeline.py [TRIALS]      (a few seconds for 20 trials)
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import SVC

import symnas

SCALERS = {"none": "passthrough", "standard": StandardScaler(), "minmax": MinMaxScaler(), "robust": RobustScaler()}


def pipeline(recipe: Mapping[str, Any]) -> Pipeline:
    """The pipeline that *recipe* describes; only the settings of what was chosen are there to be read."""
    return make_pipeline(SCALERS[recipe["scaler"]], selector(recipe["selector"]), classifier(recipe["classifier"]))


def selector(chosen: Mapping[str, Any]) -> Any:
    """The step that keeps some features, or makes a few of all."""
    match chosen["kind"]:
        case "best":
            return SelectKBest(k=chosen["k"])
        case "pca":
            return PCA(chosen["kept"], whiten=chosen["whiten"], svd_solver="full")
        case _:
            return "passthrough"


def classifier(chosen: Mapping[str, Any]) -> Any:
    """The last step."""
    match chosen["kind"]:
        case "svm":
            kernel = dict(chosen["kernel"])
            return SVC(C=chosen["C"], kernel=kernel.pop("name"), max_iter=10_000, **kernel)
        case "forest":
            return RandomForestClassifier(
                chosen["trees"], criterion=chosen["criterion"], max_depth=chosen["depth"], random_state=0
            )
        case "neighbours":
            return KNeighborsClassifier(chosen["k"], weights=chosen["weights"])
        case _:
            return LogisticRegression(C=chosen["C"], max_iter=2_000)


def evaluate(_architecture: symnas.Architecture, recipe: Mapping[str, Any]) -> float:
    """The mean accuracy over five folds."""
    features, growers = load_wine(return_X_y=True)
    return float(cross_val_score(pipeline(recipe), features, growers, cv=5).mean())


def main(trials: int) -> None:
    """Search, and show the three best pipelines."""
    space = symnas.load(Path(__file__).with_name("pipeline.nas")).space()
    study = symnas.search(space, evaluate, trials=trials, seed=0)
    for trial in study.best(3):
        print(f"trial {trial.number}: {trial.values[0]:.3f}", pipeline(study.architecture(trial).recipe))


if __name__ == "__main__":
    main(int([*sys.argv[1:], "20"][0]))
