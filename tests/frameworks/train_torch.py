"""PyTorch: a linear model, on the GPU if it finds one."""

import torch

torch.manual_seed(1)
device = "cuda" if torch.cuda.is_available() else "cpu"
print("torch", torch.__version__, "CUDA", torch.version.cuda, "devices", torch.cuda.device_count(),
      "on", device, flush=True)
x = torch.linspace(0, 1, 64, device=device).reshape(64, 1)
model = torch.nn.Linear(1, 1).to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
for _ in range(50):
    loss = ((model(x) - 3 * x - 1) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", round(float(loss), 4), flush=True)
