#!/usr/bin/env python3
"""Turns the list of observed look-ups (name, version, flags) into LOOKUP(...) lines for C."""

import sys


def main():
    source, target = sys.argv[1:]
    lines = []
    with open(source, encoding="ascii") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#") or len(fields) != 3:
                continue
            name, version, flags = fields
            lines.append(f'LOOKUP("{name}", {int(version)}, {int(flags)})\n')
    if not lines:
        sys.exit(f"{source}: no look-ups in it")
    with open(target, "w", encoding="ascii") as file:
        file.writelines(lines)


if __name__ == "__main__":
    main()
