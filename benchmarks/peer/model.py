"""One training step of model R (docs/theory/model.md) in PyTorch: forward, gradient, update in place. Residual coefficients are 1.

Variant "autograd" is what one writes first; "hand" is the same step with the gradient written out, the query-key product merged, and
operations fused where PyTorch has the fused form. Kappa is compared with the faster of the two. With runs > 1 that many independent
runs are one batch dimension.
"""

import math

import torch

import content

SLOPE, SMOOTHING = 0.1, 0.5  # γ and ε of the smooth leaky ReLU
STEP_SIZE = 1e-12  # Weights stay where they are: every step does the same work.


class Step:
    """A request: samples, tokens, width, ffnWidth, depth, precision, variant, spectra, runs."""

    def __init__(self, request):
        self.samples, self.tokens, self.width = request["samples"], request["tokens"], request["width"]
        self.ffn_width, self.depth, self.runs = request["ffnWidth"], request["depth"], request["runs"]
        self.spectra = request["spectra"]
        self.type = torch.float32 if request["precision"] == "single" else torch.float64
        self.temperature = 1 / math.sqrt(self.width)
        rows, d, m = self.samples * self.tokens, self.width, self.ffn_width
        self.inputs = self.tensor(1, rows, d, 1 / math.sqrt(d))
        self.targets = self.tensor(2, rows, d, 1 / math.sqrt(d))
        self.blocks = [
            [
                self.tensor(10 * layer + 11, d, d, 1 / math.sqrt(d)),
                self.tensor(10 * layer + 12, d, d, 1 / math.sqrt(d)),
                self.tensor(10 * layer + 13, d, d, 1 / math.sqrt(d)),
                self.tensor(10 * layer + 14, d, m, 1 / math.sqrt(d)),
                self.tensor(10 * layer + 15, m, d, 1 / math.sqrt(m)),
            ]
            for layer in range(self.depth)
        ]
        self.weights = [weight for block in self.blocks for weight in block]
        self.multiply = torch.bmm if self.runs > 1 else torch.mm
        self.add_multiply = torch.baddbmm if self.runs > 1 else torch.addmm
        self.smoothing_square = torch.tensor(SMOOTHING**2, dtype=self.type)
        self.is_autograd = request["variant"] == "autograd"
        if self.is_autograd:
            for weight in self.weights:
                weight.requires_grad_(True)

    def tensor(self, stream, rows, columns, scale):
        values = torch.tensor(content.matrix(stream, rows, columns, scale), dtype=self.type)
        return values.repeat(self.runs, 1, 1) if self.runs > 1 else values

    def by_sample(self, stacked):
        return stacked.view(self.runs * self.samples, self.tokens, -1)

    def stacked(self, by_sample):
        rows = self.samples * self.tokens
        return by_sample.reshape(self.runs, rows, -1) if self.runs > 1 else by_sample.reshape(rows, -1)

    def run(self):
        loss, gradients = self.loss_and_gradients()
        with torch.no_grad():
            torch._foreach_add_(self.weights, gradients, alpha=-STEP_SIZE)
        return loss

    def check(self):
        loss, gradients = self.loss_and_gradients()
        square = sum(float((gradient.double() ** 2).sum()) for gradient in gradients)
        return {"loss": float(loss.sum()) / self.runs, "gradientNorm": math.sqrt(square / self.runs)}

    def loss_and_gradients(self):
        if self.is_autograd:
            return self.autograd()
        with torch.no_grad():
            return self.hand()

    def autograd(self):
        z = self.inputs
        for query, key, value, ffn_in, ffn_out in self.blocks:
            samples = self.by_sample(z)
            logits = torch.bmm(self.by_sample(self.multiply(z, query)), self.by_sample(self.multiply(z, key)).mT) * self.temperature
            mixed = self.stacked(torch.bmm(torch.softmax(logits, -1), samples))
            branch = self.multiply(mixed, value)
            output = z + branch
            hidden_input = self.multiply(output, ffn_in)
            root = torch.sqrt(hidden_input * hidden_input + SMOOTHING**2)
            hidden = SLOPE * hidden_input + (1 - SLOPE) / 2 * (root + hidden_input - SMOOTHING)
            z = self.add_multiply(output, hidden, ffn_out)
            if self.spectra:
                self.measure(branch.detach(), output.detach())
        loss = 0.5 * ((z - self.targets) ** 2).sum((-2, -1))
        return loss.detach(), torch.autograd.grad(loss.sum(), self.weights)

    def hand(self):
        caches, z = [], self.inputs
        for block in self.blocks:
            z, cache = self.forward(z, block)
            caches.append(cache)
        error = z - self.targets
        loss = 0.5 * (error * error).sum((-2, -1)) if self.runs > 1 else 0.5 * torch.dot(error.view(-1), error.view(-1))
        gradients = []
        for layer in reversed(range(self.depth)):
            error, of_block = self.backward(error, self.blocks[layer], caches[layer], layer > 0)
            gradients = of_block + gradients
        return loss, gradients

    def forward(self, z, block):
        query, key, value, ffn_in, ffn_out = block
        samples = self.by_sample(z)
        merged = self.multiply(query, key.mT).mul_(self.temperature)
        queries = self.multiply(z, merged)
        attention = torch.softmax(torch.bmm(self.by_sample(queries), samples.mT), -1)
        mixed = self.stacked(torch.bmm(attention, samples))
        output = self.add_multiply(z, mixed, value)
        if self.spectra:
            self.measure(output - z, output)
        hidden_input = self.multiply(output, ffn_in)
        root = torch.addcmul(self.smoothing_square, hidden_input, hidden_input).sqrt_()
        slope = (hidden_input / root).mul_((1 - SLOPE) / 2).add_((1 + SLOPE) / 2)
        hidden = root.add_(hidden_input, alpha=(1 + SLOPE) / (1 - SLOPE)).sub_(SMOOTHING).mul_((1 - SLOPE) / 2)
        return self.add_multiply(output, hidden, ffn_out), (z, merged, queries, attention, mixed, output, slope, hidden)

    def backward(self, error, block, cache, wants_input):
        query, key, value, ffn_in, ffn_out = block
        z, merged, queries, attention, mixed, output, slope, hidden = cache
        samples = self.by_sample(z)
        d_ffn_out = self.multiply(hidden.mT, error)
        d_hidden = self.multiply(error, ffn_out.mT).mul_(slope)
        d_ffn_in = self.multiply(output.mT, d_hidden)
        d_output = self.add_multiply(error, d_hidden, ffn_in.mT)
        d_value = self.multiply(mixed.mT, d_output)
        d_mixed = self.by_sample(self.multiply(d_output, value.mT))
        d_logits = torch._softmax_backward_data(torch.bmm(d_mixed, samples.mT), attention, -1, self.type)
        d_queries = self.stacked(torch.bmm(d_logits, samples))
        d_merged = self.multiply(z.mT, d_queries).mul_(self.temperature)
        gradients = [self.multiply(d_merged, key), self.multiply(d_merged.mT, query), d_value, d_ffn_in, d_ffn_out]
        if not wants_input:
            return None, gradients
        d_input = torch.baddbmm(self.by_sample(d_output), attention.mT, d_mixed)
        d_input = torch.baddbmm(d_input, d_logits.mT, self.by_sample(queries))
        return self.add_multiply(self.stacked(d_input), d_queries, merged.mT), gradients

    def measure(self, branch, output):
        torch.linalg.svdvals(branch.double())
        torch.linalg.svdvals(output.double())
