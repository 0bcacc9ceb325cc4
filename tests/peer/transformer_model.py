"""The Transformer of docs/theory/transformer.md (T.1-T.4) as anybody would write it in PyTorch: what kappa evaluate is compared with."""

import math

import torch
import torch.nn.functional as F


def activation(config, kind, x):
    """(R.5)"""
    slope, smoothing = config.get("activationSlope", 0.1), config.get("activationSmoothing", 0.5)
    if kind in (None, "identity"):
        return x
    if kind == "relu":
        return torch.relu(x)
    if kind == "leakyRelu":
        return F.leaky_relu(x, slope)
    if kind == "smoothLeakyRelu":
        return slope * x + (1 - slope) * (torch.sqrt(x * x + smoothing * smoothing) + x - smoothing) / 2
    return F.gelu(x)


class Model:
    """A model on its data: `case` has the keys of a point file, `p` its parameters by name."""

    def __init__(self, case):
        self.case, self.config = case, case["config"]

    def norm(self, p, name, x):
        """(E.2), (E.14)"""
        epsilon = self.config.get("normEpsilon", 1e-5)
        width = x.shape[-1]
        gain = p[name + "_gain"].reshape(width) if name + "_gain" in p else None
        if self.config.get("normKind", "layer") == "layer":
            shift = p[name + "_shift"].reshape(width) if name + "_shift" in p else None
            return F.layer_norm(x, (width,), gain, shift, epsilon)
        x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)
        return x if gain is None else x * gain

    def sinusoids(self, n, width):
        """(E.12)"""
        table = torch.empty(n, width, dtype=torch.float64)
        for i in range(n):
            for k in range(width):
                angle = i * 10000.0 ** (-2 * (k // 2) / width)
                table[i, k] = math.cos(angle) if k % 2 else math.sin(angle)
        return table

    def tokens(self, p):
        """(E.1)  [N, n, D]"""
        if "identifiers" in self.case:
            x = F.embedding(torch.tensor(self.case["identifiers"]), p["embedding"])
        else:
            x = torch.tensor(self.case["inputs"], dtype=torch.float64)
            x = x @ p["embedding"] if self.config["embedding"] else x
        if self.config["positions"] == "learned":
            x = x + p["position"]
        elif self.config["positions"] == "sinusoidal":
            x = x + self.sinusoids(x.shape[1], x.shape[2])
        return x

    def heads(self, p, block):
        """For each head the matrices and biases of queries, keys and values [D, width], [width]; and W_O [H d_v, D_out]."""
        count, parts = self.config["heads"], {}
        for part in ("query", "key", "value", "output"):
            if f"heads.0.{part}" in p:
                parts[part] = [p[f"heads.{h}.{part}"] for h in range(count)]
            elif part == "output":
                parts[part] = [p[f"blocks.{block}.output"]] if f"blocks.{block}.output" in p else None
            elif part in p:
                parts[part] = [p[part].T]
            else:
                parts[part] = p[f"blocks.{block}.{part}"].chunk(count, dim=1)
            bias = p.get(f"blocks.{block}.{part}_bias")
            parts[part + "_bias"] = [bias] if part == "output" or bias is None else bias.chunk(count, dim=1)
        return parts

    def weights(self, q, k, hidden):
        """S_h (G.1), (G.2), (G.9) with its masks (E.11), (E.13)  [N, n, n]"""
        kernel = self.config["kernel"]
        scale = self.config.get("temperature", q.shape[-1] ** -0.5)
        if kernel == "linear":
            return (scale * (q @ k.transpose(1, 2))).masked_fill(hidden, 0.0)
        if kernel == "gaussian":
            distance = (q.unsqueeze(2) - k.unsqueeze(1)).pow(2).sum(-1)
            exponent = -scale * distance / 2
            if not self.config.get("normalisesRows", False):
                return exponent.masked_fill(hidden, -math.inf).exp()
        else:
            exponent = scale * (q @ k.transpose(1, 2))
        return torch.softmax(exponent.masked_fill(hidden, -math.inf), dim=-1)

    def attention(self, p, block, x):
        """(T.2) without the residual  [N, n, D_out]"""
        n, parts = x.shape[1], self.heads(p, block)
        hidden = torch.zeros(x.shape[0], n, n, dtype=torch.bool)
        if self.config["mask"] == "causal":
            hidden |= torch.ones(n, n, dtype=torch.bool).triu(1)
        if "lengths" in self.case:
            hidden |= torch.arange(n).view(1, 1, n) >= torch.tensor(self.case["lengths"]).view(-1, 1, 1)

        def project(part, head):
            bias = parts[part + "_bias"][head] if parts[part + "_bias"][0] is not None else 0
            return x @ parts[part][head] + bias

        mixed = [
            self.weights(project("query", h), project("key", h), hidden) @ project("value", h) for h in range(self.config["heads"])
        ]
        branch = torch.cat(mixed, dim=-1)
        if parts["output"] is not None:
            branch = branch @ torch.cat(parts["output"], dim=0)
            branch = branch if parts["output_bias"][0] is None else branch + parts["output_bias"][0]
        return activation(self.config, self.config["attentionActivation"], branch)

    def block(self, p, block, z):
        """(T.1), (T.3)"""
        place, name = self.config["norm"], f"blocks.{block}."
        read = self.norm(p, name + "attention_norm", z) if place == "pre" else z
        rho = self.config["attentionResidual"]
        branch = self.attention(p, block, read)
        h = rho * z + branch if rho != 0 else branch
        h = self.norm(p, name + "attention_norm", h) if place == "post" else h
        if self.config["ffnWidth"] is None:
            return h
        read = self.norm(p, name + "ffn_norm", h) if place == "pre" else h
        hidden = activation(self.config, self.config["activation"], read @ p[name + "ffn_in"] + p.get(name + "ffn_in_bias", 0))
        out = self.config["ffnResidual"] * h + hidden @ p[name + "ffn_out"] + p.get(name + "ffn_out_bias", 0)
        return self.norm(p, name + "ffn_norm", out) if place == "post" else out

    def output(self, p):
        """F (T.4)  [N, n, columns] or [N, columns]"""
        z = self.tokens(p)
        for block in range(self.config["depth"]):
            z = self.block(p, block, z)
        z = self.norm(p, "final_norm", z) if self.config["finalNorm"] else z
        if self.config["readout"] == "none":
            return z
        if self.config["readout"] == "pooled":
            lengths = torch.tensor(self.case.get("lengths", [z.shape[1]] * z.shape[0]))
            kept = (torch.arange(z.shape[1]).view(1, -1) < lengths.view(-1, 1)).double().unsqueeze(-1)
            total = (z * kept).sum(1)
            z = {"sum": total, "mean": total / lengths.view(-1, 1), "first": z[:, 0]}[self.config["pooling"]]
        matrix = p["readout"].T if "query" in p else p["readout"]
        return self.config.get("outputScale", 1.0) * (z @ matrix + p.get("readout_bias", 0))

    def loss(self, output):
        """(T.4), (E.5)"""
        if self.config["loss"] == "crossEntropy":
            return F.cross_entropy(output.reshape(-1, output.shape[-1]), torch.tensor(self.case["labels"]).reshape(-1))
        total = (output - torch.tensor(self.case["targets"], dtype=torch.float64)).pow(2).sum() / 2
        return total / output.shape[0] if self.config["lossReduction"] == "mean" else total


def direction(names, parameters):
    """Where the Hessian is asked: entry k of the b-th trained matrix in the order of names is cos(k + b)."""
    ordered = sorted(names)
    return {
        name: torch.cos(torch.arange(parameters[name].numel(), dtype=torch.float64) + ordered.index(name)).reshape(parameters[name].shape)
        for name in names
    }


def evaluate(case, most_entries):
    """What is expected of a case. The kernel's eigenvalues are left out beyond so many entries of the Jacobian."""
    model = Model(case)
    parameters = {
        name: torch.tensor(values, dtype=torch.float64, requires_grad=name in case["trained"]) for name, values in case["parameters"].items()
    }
    names = case["trained"]
    trained = [parameters[name] for name in names]
    output = model.output(parameters)
    loss = model.loss(output)
    gradient = torch.autograd.grad(loss, trained, create_graph=True, allow_unused=True)
    gradient = [torch.zeros_like(p) if g is None else g for g, p in zip(gradient, trained)]
    moved = direction(names, parameters)
    slope = sum((g * moved[name]).sum() for name, g in zip(names, gradient))
    product = torch.autograd.grad(slope, trained, retain_graph=True, allow_unused=True) if slope.requires_grad else [None] * len(names)
    product = [torch.zeros_like(p) if h is None else h for h, p in zip(product, trained)]
    expected = {
        "loss": loss.item(),
        "output": output.tolist(),
        "gradient": {name: g.tolist() for name, g in zip(names, gradient)},
        "hessian_product": {name: h.tolist() for name, h in zip(names, product)},
    }
    if output.numel() * sum(p.numel() for p in trained) <= most_entries:
        rows = []
        for value in output.reshape(-1):
            row = torch.autograd.grad(value, trained, retain_graph=True, allow_unused=True)
            rows.append(torch.cat([(torch.zeros_like(p) if g is None else g).reshape(-1) for g, p in zip(row, trained)]))
        values = torch.linalg.svdvals(torch.stack(rows)) ** 2
        expected["ntk_eigenvalues"] = values.tolist() + [0.0] * (output.numel() - len(values))
    return expected
