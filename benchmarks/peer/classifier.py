"""A gradient of the Transformer of the experiments (docs/theory/experiment-block.md, E.1-E.5) in PyTorch, with its fused attention where it has it."""

import math

import torch
import torch.nn.functional as F

import content


class Classifier:
    """A request: samples, tokens, heads, depth, identifiers, classes, precision, parameters (name, rows, columns in Kappa's order)."""

    def __init__(self, request):
        self.samples, self.tokens, self.heads, self.depth = request["samples"], request["tokens"], request["heads"], request["depth"]
        self.type = torch.float32 if request["precision"] == "single" else torch.float64
        count = self.samples * self.tokens
        self.identifiers = (torch.arange(count) * 31 % request["identifiers"]).view(self.samples, self.tokens)
        self.labels = torch.arange(self.samples) % request["classes"]
        self.weights = {}
        for index, (name, rows, columns) in enumerate(request["parameters"]):
            values = content.matrix(100 + index, rows, columns, 1 / math.sqrt(rows))
            weight = torch.tensor(values, dtype=self.type)
            self.weights[name] = (weight[0] if rows == 1 else weight).clone().requires_grad_(True)

    def norm(self, name, x):
        return F.layer_norm(x, (x.shape[-1],), self.weights[name + "_gain"], self.weights[name + "_shift"], 1e-5)

    def attend(self, query, key, value):
        query, key, value = (x.view(self.samples, self.tokens, self.heads, -1).transpose(1, 2) for x in (query, key, value))
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(query, key, value)
        else:
            mixed = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(query.shape[-1]), -1) @ value
        return mixed.transpose(1, 2).reshape(self.samples, self.tokens, -1)

    def loss_and_gradients(self):
        w = self.weights
        x = F.embedding(self.identifiers, w["embedding"]) + w["position"]
        for block in range(self.depth):
            name = f"blocks.{block}."
            read = self.norm(name + "attention_norm", x)
            x = x + self.attend(read @ w[name + "query"], read @ w[name + "key"], read @ w[name + "value"]) @ w[name + "output"]
            read = self.norm(name + "ffn_norm", x)
            x = x + F.gelu(read @ w[name + "ffn_in"]) @ w[name + "ffn_out"]
        logits = self.norm("final_norm", x).mean(1) @ w["readout"]
        loss = F.cross_entropy(logits, self.labels)
        return loss.detach(), torch.autograd.grad(loss, list(w.values()))

    def run(self):
        return self.loss_and_gradients()

    def check(self):
        loss, gradients = self.loss_and_gradients()
        return {"loss": float(loss), "gradientNorm": math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))}
