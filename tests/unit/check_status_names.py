#!/usr/bin/env python3
"""Compares the tables of status names with the CUDA headers, where a toolkit is installed.

Arguments: the program that prints the tables, the folder of the headers, the C compiler's words.
A header of another version may lack a status or have more; a number must not mean something else.
Tables must be sorted, or the look-up by halving misses entries.
"""
import os
import re
import subprocess
import sys

HEADERS = {
    "driver": ("cuda.h", "CUDA_(?:ERROR_\\w+|SUCCESS)"),
    "runtime": ("cuda_runtime_api.h", "cuda(?:Error\\w+|Success)"),
    "cudnn": ("cudnn.h", "CUDNN_STATUS_\\w+"),
    "cublas": ("cublas_v2.h", "CUBLAS_STATUS_\\w+"),
    "cufft": ("cufft.h", "CUFFT_[A-Z_]+"),
    "curand": ("curand.h", "CURAND_STATUS_\\w+"),
    "cusolver": ("cusolver_common.h", "CUSOLVER_STATUS_\\w+"),
    "cusparse": ("cusparse.h", "CUSPARSE_STATUS_\\w+"),
    "nccl": ("nccl.h", "nccl[A-Z]\\w+"),
    "cutensor": ("cutensor.h", "CUTENSOR_STATUS_\\w+"),
}


def statuses_of(header, pattern, folder, compiler):
    """{name: value} of the enum in the header whose first entry is the success, or None."""
    path = os.path.join(folder, header)
    if not os.path.exists(path):
        return None
    text = subprocess.run(compiler + ["-E", "-P", "-I", folder, path], check=True,
                          stdout=subprocess.PIPE, universal_newlines=True).stdout
    for body in re.findall(r"enum\s*\w*\s*\{([^}]*)\}", text):
        entries = re.findall(r"(\w+)\s*=\s*(\d+|0x[0-9a-fA-F]+)", body)
        if entries and re.fullmatch(pattern, entries[0][0]) and "uccess" in entries[0][0].lower():
            return {name: int(value, 0) for name, value in entries}
    raise SystemExit(f"{path}: no statuses found")


def main():
    program, folder, *compiler = sys.argv[1:]
    tables = {}
    for line in subprocess.run([program], check=True, stdout=subprocess.PIPE,
                               universal_newlines=True).stdout.splitlines():
        layer, value, name = line.split()
        tables.setdefault(layer, []).append((int(value), name))
    wrong = compared = 0
    for layer, (header, pattern) in HEADERS.items():
        values = [value for value, _ in tables[layer]]
        if values != sorted(set(values)):
            print(f"{layer}: the table is not sorted")
            wrong += 1
        known = statuses_of(header, pattern, folder, compiler)
        if known is None:
            print(f"{layer}: {header} is not here")
            continue
        table = dict(tables[layer])
        for name, value in known.items():
            aliases = [other for other, v in known.items() if v == value]
            if value in table and table[value] not in aliases:
                print(f"{layer}: {value} is {table[value]} here and {name} in {header}")
                wrong += 1
            compared += value in table
    print(f"{compared} statuses compared")
    if not compared:
        return 77
    return 1 if wrong else 0


sys.exit(main())
