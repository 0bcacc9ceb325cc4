"""Random models of the whole space of docs/theory/transformer.md as point files, with what float64 autograd of PyTorch says of each.

    python3 tests/peer/transformer_cases.py 500 20 > cases.jsonl              500 points drawn from seed 20, one a line
    python3 tests/peer/transformer_cases.py --small > tests/Data/transformer/cases.jsonl

The second is the committed set: of many small draws those that are needed until every choice was taken often enough.
"""

import json
import math
import random
import sys

from transformer_model import Model, evaluate

KINDS = ["identity", "relu", "leakyRelu", "smoothLeakyRelu", "gelu"]
MOST_ENTRIES = 4000
SMALL_CASES, SMALL_SEED, LEAST, MOST_PARAMETERS = 60, 7, 2, 90


def draw(rng, small):
    """One case: a point file without `expected`."""
    pick, chance = rng.choice, lambda p: rng.random() < p
    config = {"model": pick(["residual", "kernelAttention", "shallowEncoder", "classifier"])}
    heads = pick([1, 1, 2, 3])
    free = chance(0.25)
    has_output = chance(0.6)
    wide = [1, 2, 3] if small else [1, 2, 3, 4, 9]
    key, value = pick(wide), pick(wide)
    width = pick([1, 2, 3] if small else [1, 2, 3, 4, 5, 6])
    if not free and not has_output:
        width = heads * value
    out = (pick(wide) if has_output else heads * value) if free else width
    free = out != width
    depth = 1 if free else pick([1, 1, 2] if small else [1, 1, 2, 3, 4])
    ffn = None if free or chance(0.3) else pick(wide)
    config.update(depth=depth, heads=heads, width=width, keyWidth=key, valueWidth=value, outputMatrix=has_output, ffnWidth=ffn)
    if has_output:
        config["outputMatrixWidth"] = out
    config["kernel"] = pick(["softmax", "softmax", "gaussian", "linear"])
    if config["kernel"] == "gaussian":
        config["normalisesRows"] = chance(0.5)
    if chance(0.5):
        config["temperature"] = pick([0.3, 0.8, 1.5])
    config["bias"] = pick([False, True, "attention"] + ([] if ffn is None else ["ffn"]))
    config["mask"] = pick(["none", "causal"])
    config["attentionActivation"] = pick([None, None] + KINDS)
    config["attentionResidual"] = 0 if free else pick([0, 1, 1, 0.5, -0.7])
    used = [config["attentionActivation"]]
    if ffn is not None:
        config["activation"] = pick(KINDS)
        config["ffnResidual"] = pick([0, 1, 1, 0.5])
        used.append(config["activation"])
    if set(used) & {"leakyRelu", "smoothLeakyRelu"}:
        config["activationSlope"] = pick([0, 0.1, 0.4])
    if "smoothLeakyRelu" in used:
        config["activationSmoothing"] = pick([0.2, 0.5])
    config["norm"] = pick(["none", "pre", "post"])
    config["finalNorm"] = chance(0.3)
    if config["norm"] != "none" or config["finalNorm"]:
        config.update(normKind=pick(["layer", "rms"]), normParameters=chance(0.7), normEpsilon=pick([1e-5, 1e-5, 0.1]))
    draw_ends(rng, config)
    if chance(0.2):
        out = make_paper(rng, config)
    case = {"config": config}
    draw_data(rng, case, out, small)
    shapes = layout(config, out, case)
    case["parameters"] = {name: matrix(rng, *shape) for name, shape in shapes.items()}
    names = list(shapes)
    case["trained"] = names if chance(0.7) else sorted(rng.sample(names, rng.randint(1, len(names))))
    return case


def make_paper(rng, config):
    """Turns what was drawn into model R, G or S, which have implementations or theorems of their own; gives the width of what comes out."""
    width, model = config["width"], rng.choice(["residual", "kernelAttention", "shallowEncoder"])
    for key in ("normKind", "normParameters", "normEpsilon", "pooling", "outputMatrixWidth", "activation", "ffnResidual", "normalisesRows",
                "readoutWidth", "readoutBias", "outputScale", "activationSlope", "activationSmoothing"):
        config.pop(key, None)
    config.update(model=model, bias=False, mask="none", norm="none", finalNorm=False, embedding=False, positions="none", readout="none",
                  loss="squaredError", lossReduction="sum", attentionActivation=None, kernel="softmax")
    if model == "residual":
        config.update(heads=1, valueWidth=width, outputMatrix=False, ffnWidth=rng.choice([1, 2, 3]), activation=rng.choice(KINDS))
        config.update(attentionResidual=rng.choice([0, 1, 0.5]), ffnResidual=rng.choice([0, 1, 0.5]))
        if rng.random() < 0.4:
            config.update(readout="tokens", readoutWidth=rng.choice([1, 2, 3]), readoutBias=False, outputScale=1)
        return width
    config.update(depth=1, ffnWidth=None, attentionResidual=0)
    if model == "kernelAttention":
        config.update(outputMatrix=True, outputMatrixWidth=rng.choice([1, 2, 3]), kernel=rng.choice(["softmax", "gaussian"]))
        if config["kernel"] == "gaussian":
            config["normalisesRows"] = rng.random() < 0.5
        return config["outputMatrixWidth"]
    config.update(heads=1, valueWidth=config["keyWidth"], outputMatrix=False, attentionActivation="relu", readout="pooled")
    config.update(readoutWidth=1, readoutBias=False, outputScale=rng.choice([1, 0.6]), pooling=rng.choice(["sum", "mean"]),
                  lossReduction=rng.choice(["sum", "mean"]))
    return config["valueWidth"]


def draw_ends(rng, config):
    pick = rng.choice
    config["embedding"] = rng.random() < 0.5
    config["positions"] = pick(["none", "learned", "sinusoidal"])
    config["readout"] = pick(["none", "tokens", "pooled", "pooled"])
    if config["readout"] == "pooled":
        config["pooling"] = pick(["mean", "sum"] if config["mask"] == "causal" else ["mean", "sum", "first"])
    if config["readout"] != "none":
        config.update(readoutWidth=pick([1, 2, 3]), readoutBias=rng.random() < 0.5, outputScale=pick([1, 1, 0.6]))
    config["loss"] = pick(["squaredError", "squaredError", "crossEntropy"])
    if config["loss"] == "squaredError":
        config["lossReduction"] = pick(["sum", "mean"])


def draw_data(rng, case, out, small):
    config = case["config"]
    samples = rng.choice([1, 2, 3] if small else [1, 2, 3, 4])
    tokens = rng.choice([1, 2, 3, 4] if small else [1, 2, 3, 4, 5, 7])
    if not small and rng.random() < 0.03:
        # Weights of so many tokens are not kept.
        samples, tokens = rng.choice([1, 2]), rng.randint(129, 140)
    if config["embedding"] and rng.random() < 0.6:
        case["vocabulary"] = rng.randint(1, 6)
        case["identifiers"] = [[rng.randrange(case["vocabulary"]) for _ in range(tokens)] for _ in range(samples)]
    else:
        columns = rng.randint(1, 4) if config["embedding"] else config["width"]
        case["inputs"] = [rows(rng, tokens, columns) for _ in range(samples)]
    pooled = config["readout"] == "pooled"
    columns = config.get("readoutWidth", out)
    if config["loss"] == "crossEntropy":
        label = lambda: rng.randrange(columns)
        case["labels"] = [label() if pooled else [label() for _ in range(tokens)] for _ in range(samples)]
    else:
        case["targets"] = rows(rng, samples, columns) if pooled else [rows(rng, tokens, columns) for _ in range(samples)]
    if pooled and rng.random() < 0.5:
        case["lengths"] = [rng.randint(1, tokens) for _ in range(samples)]


def layout(config, out, case):
    """Shapes of the parameters by name, named as the preset names them where it can."""
    width, heads, keys, values = (config[key] for key in ("width", "heads", "keyWidth", "valueWidth"))
    attention_bias, ffn_bias = config["bias"] in (True, "attention"), config["bias"] in (True, "ffn")
    one = config["depth"] == 1 and not attention_bias
    by_heads = config["model"] == "kernelAttention" and one
    transposed = config["model"] == "shallowEncoder" and one and heads == 1 and not config["outputMatrix"]
    shapes = {}
    if config["embedding"]:
        shapes["embedding"] = (case["vocabulary"] if "identifiers" in case else len(case["inputs"][0][0]), width)
    if config["positions"] == "learned":
        shapes["position"] = (len((case.get("identifiers") or case["inputs"])[0]), width)

    def norm(name, columns):
        if config["normParameters"]:
            shapes[name + "_gain"] = (1, columns)
            if config["normKind"] == "layer":
                shapes[name + "_shift"] = (1, columns)

    for block in range(config["depth"]):
        name = f"blocks.{block}."
        if config["norm"] != "none":
            norm(name + "attention_norm", out if config["norm"] == "post" else width)
        if transposed:
            shapes.update(query=(keys, width), key=(keys, width), value=(values, width))
        elif by_heads:
            for head in range(heads):
                own = f"heads.{head}."
                shapes.update({own + "query": (width, keys), own + "key": (width, keys), own + "value": (width, values)})
                if config["outputMatrix"]:
                    shapes[own + "output"] = (values, out)
        else:
            parts = [("query", width, heads * keys), ("key", width, heads * keys), ("value", width, heads * values)]
            for part, rows, columns in parts + ([("output", heads * values, out)] if config["outputMatrix"] else []):
                shapes[name + part] = (rows, columns)
                if attention_bias:
                    shapes[name + part + "_bias"] = (1, columns)
        if config["ffnWidth"] is not None:
            if config["norm"] != "none":
                norm(name + "ffn_norm", width)
            for part, rows, columns in [("ffn_in", width, config["ffnWidth"]), ("ffn_out", config["ffnWidth"], width)]:
                shapes[name + part] = (rows, columns)
                if ffn_bias:
                    shapes[name + part + "_bias"] = (1, columns)
    if config["finalNorm"]:
        norm("final_norm", out)
    if config["readout"] != "none":
        columns = config["readoutWidth"]
        shapes["readout"] = (columns, out) if transposed else (out, columns)
        if config["readoutBias"]:
            shapes["readout_bias"] = (1, columns)
    return shapes


def matrix(rng, rows, columns):
    """Of size 1/sqrt(rows), as weights start, in four digits, so that what is committed is short and exact. No entry is 0, where ReLU has
    no derivative."""
    return [[rng.choice([-1, 1]) * round(rng.uniform(0.03, 1.5) / math.sqrt(rows), 3) for _ in range(columns)] for _ in range(rows)]


def rows(rng, count, columns):
    """Rows of inputs or targets, whose size does not depend on their number."""
    return [matrix(rng, 1, columns)[0] for _ in range(count)]


def choices(case):
    """What a case chooses, as words; tests/Kappa.Lab.Tests counts the same."""
    config = case["config"]
    words = {f"{key}={json.dumps(value)}" for key, value in config.items() if key not in ("width", "keyWidth", "valueWidth", "ffnWidth",
             "outputMatrixWidth", "readoutWidth", "temperature", "attentionResidual", "ffnResidual", "activationSlope", "activationSmoothing")}
    samples, tokens = len(data(case)), len(data(case)[0])
    words |= {"identifiers" if "identifiers" in case else "inputs"} | {name for name in ("lengths",) if name in case}
    words |= {name for name, holds in [
        ("samples=1", samples == 1), ("tokens=1", tokens == 1), ("width=1", config["width"] == 1), ("tokens>width", tokens > config["width"]),
        (f"paper {config['model']}", is_paper(config)), ("ffnWidth=none", config["ffnWidth"] is None),
        ("temperature", "temperature" in config)] if holds}
    return words | {f"{key}={'0' if config[key] == 0 else '1' if config[key] == 1 else 'other'}"
                    for key in ("attentionResidual", "ffnResidual") if key in config}


def is_paper(config):
    """Whether it may be model R, G or S; only for the count."""
    return (config["bias"], config["mask"], config["norm"], config["finalNorm"], config["positions"]) == (False, "none", "none", False, "none")


def data(case):
    return case.get("identifiers") or case["inputs"]


def small_cases():
    """The first draws that bring a choice that was taken less than LEAST times; when none has come for long, the next ones."""
    rng, counts, kept, passed = random.Random(SMALL_SEED), {}, [], 0
    while len(kept) < SMALL_CASES:
        case = draw(rng, small=True)
        if sum(len(rows) * len(rows[0]) for rows in case["parameters"].values()) > MOST_PARAMETERS:
            continue
        words = choices(case)
        if passed < 500 and all(counts.get(word, 0) >= LEAST for word in words):
            passed += 1
            continue
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        kept.append(case)
    return kept


def shortened(value):
    """Thirteen digits, of which the comparison needs eleven."""
    if isinstance(value, float):
        return float(f"{value:.13g}")
    if isinstance(value, dict):
        return {key: shortened(entry) for key, entry in value.items()}
    return [shortened(entry) for entry in value]


def main(words):
    small = words[:1] == ["--small"]
    if small:
        cases = small_cases()
    else:
        rng = random.Random(int(words[1]))
        cases = [draw(rng, small=False) for _ in range(int(words[0]))]
    for index, case in enumerate(cases):
        expected = evaluate(case, MOST_ENTRIES)
        case.pop("vocabulary", None)
        case["expected"] = shortened(expected) if small else expected
        print(json.dumps({"name": f"{index}", **case}, separators=(",", ":")))


if __name__ == "__main__":
    main(sys.argv[1:])
