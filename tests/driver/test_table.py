#!/usr/bin/env python3
"""The observers' tables against the driver's headers.

Every call is counted, whether it is observed or not. This test says that nothing whose arguments
matter (launches, allocators, frees, copies, synchronisation, ...) is forgotten: each function of
the driver API is observed, or it stands below with the reason why its arguments need not be looked
at. Where a cuda.h is found, functions.txt is held against it.
"""
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PRELOAD = os.path.join(HERE, "..", "..", "preload")

# Functions that look as if they did work on the device, or changed what is current or allocated.
MATTERS = re.compile(
    r"Launch|Alloc|Free|Memcpy|Memset|Synchronize|Query|Elapsed|Instantiate|BeginCapture|EndCapture|"
    r"Ctx(Create|Destroy|Push|Pop|Set|Attach|Detach|From)|PrimaryCtx(Retain|Release|Reset)|"
    r"Array.*(Create|Destroy)|Mem(Create|Release|Map|Unmap|Retain)|GraphExec|SetEnabled|MemPool|"
    r"(Module|Library)(Unload|Get(Function|Kernel)|Enumerate)|LibraryEnumerate|KernelGetFunction|"
    r"GetProcAddress|^cuInit$|HostRegister|HostUnregister")

# (pattern, reason); what is not observed must match one.
NOT_OBSERVED = [
    (r"cuLaunchHostFunc.*", "runs on the host"),
    (r"cu(Func|Kernel)?.*(Get|Set)(Attribute|CacheConfig|SharedMemConfig|Limit|Flags)$", "a setting"),
    (r"cuCtxSet(CacheConfig|Flags|Limit|SharedMemConfig)|cuDevicePrimaryCtxSetFlags(_v2)?", "a setting"),
    (r"cuMemGetAllocation(Granularity|PropertiesFromHandle)", "a question"),
    (r"cuDevice(Get|GetDefault|Set)MemPool|cuMem(Get|GetDefault|Set)MemPool", "which pool"),
    (r"cuMemPool(Create|Destroy|TrimTo|GetAccess|SetAccess|GetAttribute|SetAttribute)",
     "a pool is counted by what is allocated from it"),
    (r"cuMemPool(Import|Export).*", "imported memory is another process's allocation"),
    (r"cuMemAddress(Free|Reserve)", "addresses without memory"),
    (r"cuMemMapArrayAsync", "sparse arrays: what is mapped was counted when it was created"),
    (r"cuGraph(Add|MemAlloc|MemFree|Memcpy|Memset).*Node.*", "a node does nothing until it is launched"),
    (r"cuGraphExec(Memcpy|Memset|Host|EventRecord|EventWait|ExternalSemaphores|BatchMemOp).*",
     "not a kernel's node"),
    (r"cuGraphExecGetFlags", "a question"),
    (r"cuMem(cpy|set)(?!.*_v2).*|cuArray(3D)?Create|cuMemAllocHost|cuMemAllocPitch",
     "the form before CUDA 3.2 with addresses of 32 bits: the call is counted, its bytes are not"),
    (r"cu(Library|Module)Get(Kernel|Function)Count", "a question"),
]

failures = 0
number = 0


def point(good, name, *why):
    global failures, number
    number += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {number} - {name}")
    for line in why:
        print(f"# {line}")


def observed():
    names = set()
    for path in glob.glob(os.path.join(PRELOAD, "*", "*.c")):
        if os.path.basename(path) == "versions.c":
            continue
        with open(path, encoding="utf-8") as f:
            names.update(re.findall(r'^\s*(?:\{|COPY\(|SET\(|SET_2D\()\s*"(cu\w+)",', f.read(), re.M))
    return names


def listed():
    with open(os.path.join(HERE, "functions.txt"), encoding="utf-8") as f:
        return {line.split()[0] for line in f if not line.startswith("#")}


def of_header(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    names = set(re.findall(r"CUDAAPI\s+(cu[A-Z]\w*)\s*\(", text))
    for a, b in re.findall(r"#\s*define\s+(cu[A-Z]\w*)\s+(cu[A-Z]\w*)\s*$", text, flags=re.M):
        names.update((a, b))
    return {re.sub(r"_(ptsz|ptds)$", "", name) for name in names}


def main():
    seen, known = observed(), listed()
    point(len(seen) > 100 and len(known) > 500, "the tables are read")
    unknown = sorted(seen - known)
    point(not unknown, "what is observed exists", *unknown)
    forgotten = [n for n in sorted(known - seen) if MATTERS.search(n) and
                 not any(re.fullmatch(p, n) for p, _ in NOT_OBSERVED)]
    point(not forgotten, "what matters is observed or has a reason", *forgotten)
    idle = [p for p, _ in NOT_OBSERVED if not any(re.fullmatch(p, n) for n in known - seen)]
    point(not idle, "no reason without a function", *idle)
    headers = sys.argv[1:]
    for header in headers:
        new = sorted(of_header(header) - known)
        point(not new, f"{header} has no function that is not in functions.txt", *new)
    if not headers:
        point(True, "cuda.h # SKIP needs the CUDA toolkit's headers")
    print(f"1..{number}")
    return failures != 0


sys.exit(main())
