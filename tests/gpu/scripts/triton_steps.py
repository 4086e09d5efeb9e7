"""triton_steps.py: a kernel written in Triton, launched a known number of times."""

import steps as common
import torch
import triton
import triton.language as tl

N, BLOCK = 1 << 16, 1024


@triton.jit
def decay(values, by, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    tl.store(values + at, tl.load(values + at, mask=inside) * by, mask=inside)


def main():
    _, steps, cpu = common.arguments()
    if not cpu and not torch.cuda.is_available():
        common.skip("torch.cuda.is_available() is False")
    values = torch.ones(N, device="cpu" if cpu else "cuda")
    launched = 0

    def step():
        nonlocal launched
        decay[(triton.cdiv(N, BLOCK),)](values, 0.99, N, BLOCK=BLOCK)
        launched += 1
        return values[0]

    said = common.train(step, (lambda: None) if cpu else torch.cuda.synchronize, steps)
    print(f"EXPECT kernel.decay={launched}")
    common.result(**said)


if __name__ == "__main__":
    main()
