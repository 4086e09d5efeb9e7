"""update.py [--write] [--lookups] WHEEL SPY: one unpacked wheel of the runtime against names.txt.
Called by update.sh."""

import glob
import os
import sys

import names


def version_of(wheel):
    name = os.path.basename(glob.glob(os.path.join(wheel, "*.whl"))[0])
    return ".".join(name.split("-")[1].split(".")[:2])


def older(known, version):
    """The version that was first: that of names.txt, unless this one is older."""
    def key(one):
        return tuple(map(int, one.split(".")))

    return version if known == "-" or key(version) < key(known) else known


def write(snapshot):
    with open(names.SNAPSHOT, encoding="utf-8") as file:
        head = [line for line in file if line.startswith("#")]
    with open(names.SNAPSHOT, "w", encoding="utf-8") as file:
        file.writelines(head)
        file.writelines(f"{name} {' '.join(seen)}\n" for name, seen in sorted(snapshot.items()))


def main():
    *options, wheel, spy = sys.argv[1:]
    version, snapshot = version_of(wheel), names.snapshot()
    folder, = glob.glob(os.path.join(wheel, "nvidia", "*", "include"))
    library, = glob.glob(os.path.join(wheel, "nvidia", "*", "lib", "libcudart.so.*"))
    declared = names.of_headers(folder)
    lookups = names.of_runtime(library, spy)
    asked = {names.without_twin(name) for name, _, _ in lookups}
    new = sorted((declared | asked) - set(snapshot))
    print(f"{version}: {len(declared)} names in headers, {len(lookups)} look-ups, {len(new)} new")
    for name in new:
        where = [what for what, found in (("header", declared), ("look-up", asked)) if name in found]
        print(f"  {name} ({', '.join(where)})")
    if "--lookups" in options:
        for row in lookups:
            print(*row, sep="\t")
    for column, found in enumerate((declared, asked)):
        for name in found:
            seen = snapshot.setdefault(name, ["-", "-"])
            seen[column] = older(seen[column], version)
    if "--write" in options:
        write(snapshot)


main()
