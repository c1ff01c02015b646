#!/usr/bin/env python3
"""Margins that XGBoost itself computes, for BoostedTreesTests: margins.py OUT ROWS DEPTH ROUNDS

Six small models (one value, logistic with and without a base score, four classes, two trees a round, exact splits with pruning), rows
with values on splits and values missing, and the bits of `predict(output_margin=True)`. The committed sample is `24 3 3`; the thousand rows of
the second test are `1000 6 40`.
"""
import json, sys, tempfile

import numpy
import xgboost

out, rows, depth, rounds = sys.argv[1], *map(int, sys.argv[2:5])
random = numpy.random.default_rng(7)


def table(count):
    values = (random.normal(size=(count, 6)) * [1, 10, 100, 0.01, 1, 1e4]).astype("f4")
    values[:, 4] = numpy.round(values[:, 4] * 3) / 3
    values[random.random(values.shape) < 0.15] = numpy.nan
    return values


seen, asked = table(400), table(rows)
known = numpy.nan_to_num(seen)
truth = known[:, 0] + known[:, 1] / 5 + numpy.where(numpy.isnan(seen[:, 2]), 2, 0) + abs(known[:, 4])
cases = [
    ({"objective": "reg:squarederror"}, truth),
    ({"objective": "binary:logistic", "base_score": 0.3}, truth > 1),
    ({"objective": "binary:logistic"}, truth > 1),
    ({"objective": "multi:softprob", "num_class": 4}, numpy.clip(numpy.floor(truth) + 1, 0, 3)),
    ({"objective": "reg:squarederror", "base_score": 0.7, "num_parallel_tree": 2, "subsample": 0.7}, truth),
    ({"objective": "reg:squarederror", "tree_method": "exact", "gamma": 1}, truth)]
results = []
for settings, labels in cases:
    booster = xgboost.train({**settings, "max_depth": depth, "seed": 1, "nthread": 1}, xgboost.DMatrix(seen, labels), rounds)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        booster.save_model(file.name)
        model = json.load(open(file.name))
    trees = model["learner"]["gradient_booster"]["model"]["trees"]
    splits = [
        (f, v) for t in trees for f, v, left in zip(t["split_indices"], t["split_conditions"], t["left_children"]) if left >= 0]
    given = asked.copy()
    for row, (feature, value) in zip(range(rows // 3), splits):
        given[row, feature] = numpy.float32(value)
    margins = booster.predict(xgboost.DMatrix(given), output_margin=True).reshape(rows, -1)
    kept = ("left_children", "right_children", "split_indices", "split_conditions", "default_left", "split_type", "tree_param")
    for tree in trees:
        for name in [name for name in tree if name not in kept]:
            del tree[name]
    results.append({
        "model": model, "rows": [[None if numpy.isnan(v) else float(v) for v in row] for row in given],
        "margins": [[int(numpy.float32(v).view("u4")) for v in row] for row in margins]})
json.dump(results, open(out, "w"), separators=(",", ":"))
