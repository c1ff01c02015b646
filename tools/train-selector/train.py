#!/usr/bin/env python3
"""Trains the model in the program: train.py SWEEP FEATURES PICTURES.json MODEL [--corpus SWEEP FEATURES]

SWEEP is a folder of sweep.py, FEATURES what `atelier features --json` printed of the same pictures, PICTURES.json that of pictures.py. Writes MODEL, one
JSON document with two models of XGBoost from which is left out what evaluation does not read:

* likeness: from the features and the price of a byte (lambda) to -log2(1 - SSIM), falling in the price;
* class: from the features to what kind of picture it is, for people.

Prints how well unseen pictures are told: by five folds, and on a corpus that nothing was learned from. Seeds are fixed and one thread trains,
so the same sweep gives the same model.
"""
import argparse, json, pathlib

import numpy
import xgboost

from outcomes import VECTORS, read_sweep

arguments = argparse.ArgumentParser()
for name in ("sweep", "features", "pictures", "model"):
    arguments.add_argument(name, type=pathlib.Path)
arguments.add_argument("--corpus", nargs=2, type=pathlib.Path)
options = arguments.parse_args()

PRICES = ["q-5", "q-4", "q-3", "q-2", "default", "q+1", "q+2", "q+3", "q+5"]
LAMBDAS = numpy.array([VECTORS[name][0] for name in PRICES], "f4")
SHARED = {"seed": 1, "nthread": 1, "subsample": 0.7, "colsample_bytree": 0.5}


def table(pictures):
    files = sorted(pictures)
    features = numpy.array([pictures[f]["features"] for f in files], "f4")
    likeness = numpy.array([[pictures[f]["points"][n][0] for n in PRICES] for f in files])
    return files, features, likeness


def rows(features):
    return numpy.hstack([numpy.repeat(features, len(PRICES), 0), numpy.tile(LAMBDAS, len(features))[:, None]])


def train_likeness(features, likeness):
    monotone = tuple([0] * features.shape[1] + [-1])
    settings = {**SHARED, "max_depth": 5, "eta": 0.1, "min_child_weight": 10, "monotone_constraints": monotone}
    return xgboost.train(settings, xgboost.DMatrix(rows(features), likeness.ravel()), 120)


def train_class(features, labels, count):
    settings = {**SHARED, "max_depth": 3, "eta": 0.2, "objective": "multi:softprob", "num_class": count}
    return xgboost.train(settings, xgboost.DMatrix(features, labels), 25)


def predicted(model, features):
    return model.predict(xgboost.DMatrix(rows(features))).reshape(len(features), -1)


def tell(name, found, truth):
    ssim, real = 1 - 2.0**-found, 1 - 2.0**-truth
    at = PRICES.index("default")
    print(
        f"{name}: likeness R2 {1 - ((found - truth) ** 2).mean() / truth.var():.3f}, SSIM mean error {abs(ssim - real).mean():.4f}, "
        f"at the default price {abs(ssim - real)[:, at].mean():.4f}, R2 {1 - ((ssim - real) ** 2).mean() / real.var():.3f}")


def slim(model):
    """The saved model without what only training reads."""
    document = json.loads(model.save_raw("json"))
    learner = document["learner"]
    kept = ("left_children", "right_children", "split_indices", "split_conditions", "default_left")
    trees = [{name: tree[name] for name in kept} for tree in learner["gradient_booster"]["model"]["trees"]]
    for tree in trees:  # the shortest text that is the same number of 32 bits
        tree["split_conditions"] = [json.loads(str(numpy.float32(v))) for v in tree["split_conditions"]]
    return {
        "learner": {
            "learner_model_param": learner["learner_model_param"], "objective": {"name": learner["objective"]["name"]},
            "gradient_booster": {
                "name": "gbtree", "model": {"tree_info": learner["gradient_booster"]["model"]["tree_info"], "trees": trees}}}}


pictures = read_sweep(options.sweep, options.features)
files, features, likeness = table(pictures)
kinds = {m["file"]: m["class"] for m in json.loads(options.pictures.read_text())}
classes = sorted(set(kinds.values()))
labels = numpy.array([classes.index(kinds[f]) for f in files])

folds = numpy.random.default_rng(0).integers(0, 5, len(files))
found, guessed = numpy.zeros_like(likeness), numpy.zeros((len(files), len(classes)))
for fold in range(5):
    seen, unseen = folds != fold, folds == fold
    found[unseen] = predicted(train_likeness(features[seen], likeness[seen]), features[unseen])
    guessed[unseen] = train_class(features[seen], labels[seen], len(classes)).predict(xgboost.DMatrix(features[unseen]))
tell("five folds", found, likeness)
right = guessed.argmax(1) == labels
print(f"five folds: class right {right.mean():.3f}; said with confidence of at least 0.8: {right[guessed.max(1) >= 0.8].mean():.3f}, "
      f"{(guessed.max(1) >= 0.8).mean():.3f} of all")

model, kind = train_likeness(features, likeness), train_class(features, labels, len(classes))
if options.corpus:
    _, unseen, truth = table(read_sweep(*options.corpus))
    tell("corpus", predicted(model, unseen), truth)
text = json.dumps({"classes": classes, "likeness": slim(model), "class": slim(kind)}, separators=(",", ":"))
options.model.write_text(text + "\n")
print(f"{options.model}: {len(text)} bytes")
