"""A network of our notation built in PyTorch from the arrays of a safetensors file, by their names alone."""
import re

import torch
from torch import nn
from torch.nn import functional

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "softplus": functional.softplus,
               "leaky_relu": lambda x: functional.leaky_relu(x, 0.01), "elu": functional.elu, "gelu": functional.gelu,
               "silu": functional.silu}
RECURRENT = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def parsed(text):
    """[(name, [arguments], [networks inside]) …] of a network in our notation."""
    tokens = re.findall(r"[a-z_]+\([^)]*\)|[a-z_]+|[\[\]|]", text)

    def network():
        items = []
        while tokens and tokens[0] not in "]|":
            name, *inside = re.split(r"[(),]\s*", tokens.pop(0).rstrip(")"))
            branches = []
            if tokens and tokens[0] == "[":
                while tokens.pop(0) != "]":
                    branches.append(network())
            items.append((name, inside, branches))
        return items

    return network()


class Network:
    """Computes what it is made of: images are [rows, channels, height, width] inside, and flattened channels last, as the
    file's metadata say."""

    def __init__(self, text, outputs, arrays):
        self.items, self.arrays, self.numbers = parsed(text) + [("dense", [str(outputs)], [])], arrays, {}

    def __call__(self, x):
        self.numbers, self.taken = {}, set()
        with torch.no_grad():
            y = self.through(self.items, x)
        if self.taken != set(self.arrays):
            raise ValueError(f"nobody asks for {set(self.arrays) - self.taken}")
        return y

    def name(self, kind):
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return f"{kind}{self.numbers[kind]}"

    def has(self, name):
        return name in self.arrays

    def array(self, name):
        self.taken.add(name)
        return self.arrays[name]

    def module(self, module, name):
        """A module of PyTorch with all its arrays, which must be there under PyTorch's own names."""
        state = {key: self.array(f"{name}.{key}") for key in module.state_dict() if key != "num_batches_tracked"}
        module.load_state_dict(state, strict=not isinstance(module, nn.modules.batchnorm._BatchNorm))
        return module.eval()

    def through(self, items, x):
        for name, arguments, branches in items:
            x = getattr(self, f"{name}_layer", self.plain)(name, arguments, branches, x)
        return x

    def plain(self, name, arguments, branches, x):
        self.name(name)
        return ACTIVATIONS[name](x)

    def repeat_layer(self, name, arguments, branches, x):
        for _ in range(int(arguments[0])):
            x = self.through(branches[0], x)
        return x

    def dropout_layer(self, name, arguments, branches, x):
        return x

    @staticmethod
    def flat(x):
        return x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x.flatten(1)

    def flatten_layer(self, name, arguments, branches, x):
        return self.flat(x)

    def dense_layer(self, name, arguments, branches, x):
        x = self.flat(x)
        return self.module(nn.Linear(x.shape[1], int(arguments[0])), self.name(name))(x)

    def columns_layer(self, name, arguments, branches, x):
        x = self.flat(x)
        units, columns = int(arguments[0]), [int(each) for each in arguments[1:]] or [1] * x.shape[1]
        width = sum(units if features > 0 else -features for features in columns)
        return self.module(nn.Linear(x.shape[1], width), self.name(name))(x)

    def maxout_layer(self, name, arguments, branches, x):
        x = self.flat(x)
        units, pieces = map(int, arguments)
        y = self.module(nn.Linear(x.shape[1], units * pieces), self.name(name))(x)
        return y.view(-1, pieces, units).amax(1)

    @staticmethod
    def padded(x, size, stride, same, value=0.0):
        """With the border of `same`: as much on both sides, or one more behind."""
        if not same:
            return x
        sides = []
        for extent in (x.shape[3], x.shape[2]):
            needed = max(((extent + stride - 1) // stride - 1) * stride + size - extent, 0)
            sides += [needed // 2, needed - needed // 2]
        return functional.pad(x, sides, value=value)

    def conv_layer(self, name, arguments, branches, x):
        numbers = [int(each) for each in arguments if each.isdigit()]
        channels, size, stride = (numbers + [1])[:3]
        x = self.padded(x, size, stride, "valid" not in arguments)
        return self.module(nn.Conv2d(x.shape[1], channels, size, stride), self.name(name))(x)

    def pool(self, arguments, x, value, whole, pooled):
        self.name("pool")
        if not arguments:
            return whole(x)
        numbers = [int(each) for each in arguments if each.isdigit()]
        size, stride = numbers[0], numbers[-1]
        return pooled(self.padded(x, size, stride, "valid" not in arguments, value), size, stride)

    def maxpool_layer(self, name, arguments, branches, x):
        return self.pool(arguments, x, -torch.inf, lambda x: x.amax((2, 3)), functional.max_pool2d)

    def avgpool_layer(self, name, arguments, branches, x):
        def mean(padded, size, stride):
            inside = functional.avg_pool2d(self.padded(torch.ones_like(x), size, stride, "valid" not in arguments), size, stride)
            return functional.avg_pool2d(padded, size, stride) / inside

        return self.pool(arguments, x, 0.0, lambda x: x.mean((2, 3)), mean)

    def batchnorm_layer(self, name, arguments, branches, x):
        if x.dim() == 3:  # a sequence is one channel
            return self.module(nn.BatchNorm2d(1), self.name(name))(x.unsqueeze(1)).squeeze(1)
        kind = nn.BatchNorm2d if x.dim() == 4 else nn.BatchNorm1d
        return self.module(kind(x.shape[1]), self.name(name))(x)

    def recurrent(self, name, arguments, x):
        if x.dim() == 4:
            x = x.permute(0, 2, 3, 1).flatten(2)
        states, _ = self.module(RECURRENT[name](x.shape[2], int(arguments[0]), batch_first=True), self.name(name))(x)
        return states if "sequence" in arguments else states[:, -1]

    def rnn_layer(self, name, arguments, branches, x):
        return self.recurrent(name, arguments, x)

    lstm_layer = gru_layer = rnn_layer

    def skip_layer(self, name, arguments, branches, x):
        own = self.name(name)
        inner = self.through(branches[0], x)
        if not self.has(f"{own}.projection.weight"):
            return inner + x
        weight = self.array(f"{own}.projection.weight")
        if weight.dim() == 4:
            stride = -(-x.shape[2] // inner.shape[2])
            return inner + functional.conv2d(x, weight, self.array(f"{own}.projection.bias"), stride)
        return inner + functional.linear(x if inner.dim() == 3 else self.flat(x), weight)

    def split_layer(self, name, arguments, branches, x):
        self.name(name)
        parts = [self.through(branch, x) for branch in branches]
        return torch.cat(parts, 2 if parts[0].dim() == 3 else 1)
