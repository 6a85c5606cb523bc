nas 1
# pipeline.nas: no network at all. A scikit-learn pipeline in the manner of TPOT (Olson et al. 2016) and auto-sklearn
# (Feurer et al. 2015): a scaler, a selector of features and a classifier, each with settings that exist only where it
# is chosen. The script beside it is its evaluator:
#   python samples/search_pipeline.py

let scaler = oneof("none", "standard", "minmax", "robust")

# A record's settings belong to the alternative they stand in: `gamma` is decided only for the kernels that have one.
let selector = oneof {
  none: {kind: "none"}
  best: {kind: "best", k: range(2, 10)}
  pca: {kind: "pca", whiten: oneof(false, true), kept: range(0.5, 0.95, step = 0.05)}
}

let gamma = range(1e-4, 1e1, log = true)

let classifier = oneof {
  svm: {kind: "svm", C: range(1e-2, 1e3, log = true), kernel: oneof {
    linear: {name: "linear"}
    rbf: {name: "rbf", gamma: gamma}
    poly: {name: "poly", gamma: gamma, degree: range(2, 4)}
  }}
  forest: {kind: "forest", trees: oneof(50, 100, 200), criterion: oneof("gini", "entropy"), depth: range(2, 8)}
  neighbours: {kind: "neighbours", k: range(1, 15, step = 2), weights: oneof("uniform", "distance")}
  logistic: {kind: "logistic", C: range(1e-3, 1e3, log = true)}
}

train { data: "wine", scaler: scaler, selector: selector, classifier: classifier }

# By hand, continuous settings apart: 4 scalers; no selector, 9 counts or 2 * 10; 1 + 1 + 3 kernels, 3 * 2 * 7
# forests, 8 * 2 neighbours, 1 logistic regression.
assert space.size == 4 * (1 + 9 + 20) * (5 + 42 + 16 + 1)

maximize accuracy
