"""torch_steps.py cnn|transformer eager|graph|compiled: a few training steps of PyTorch.

graph: the whole step is captured into a CUDA graph once and replayed; compiled: torch.compile with
its own CUDA graphs and its Triton kernels.
"""

import steps as common
import torch
from torch import nn

BATCH, CLASSES, WORDS, LENGTH, WIDTH = 64, 10, 500, 32, 128


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(32 * 7 * 7, CLASSES))


def cnn_data(device):
    labels = torch.arange(BATCH, device=device) % CLASSES
    return torch.randn(BATCH, 1, 28, 28, device=device), labels


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, dropout=0.0, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(WIDTH, CLASSES)

    def forward(self, tokens):
        return self.out(self.layers(self.embed(tokens)).mean(1))


def transformer_data(device):
    tokens = torch.arange(BATCH * LENGTH, device=device).view(BATCH, LENGTH) * 7 % WORDS
    return tokens, torch.arange(BATCH, device=device) % CLASSES


MODELS = {"cnn": (cnn, cnn_data), "transformer": (Transformer, transformer_data)}


def eager_step(model, x, y):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    loss_of = nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()
    return step


def graph_step(model, x, y):
    """As PyTorch's manual says: warm up on another stream, capture, replay."""
    step, graph, held = eager_step(model, x, y), torch.cuda.CUDAGraph(), []
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    with torch.cuda.graph(graph):
        held.append(step())

    def replay():
        graph.replay()
        return held[0]
    return replay


def compiled_step(model, x, y):
    mode = "reduce-overhead" if x.is_cuda else "default"
    return eager_step(torch.compile(model, mode=mode), x, y)


HOW = {"eager": eager_step, "graph": graph_step, "compiled": compiled_step}


def main():
    (model_name, how), steps, cpu = common.arguments(("cnn", "eager"))
    if not cpu and not torch.cuda.is_available():
        common.skip("torch.cuda.is_available() is False")
    device = "cpu" if cpu else "cuda"
    torch.manual_seed(1)
    torch.use_deterministic_algorithms(True, warn_only=True)
    make, data = MODELS[model_name]
    step = HOW[how](make().to(device), *data(device))
    said = common.train(step, (lambda: None) if cpu else torch.cuda.synchronize, steps)
    if not cpu:
        said["reserved_bytes"] = torch.cuda.memory_stats()["reserved_bytes.all.peak"]
    common.result(**said)


if __name__ == "__main__":
    main()
