#!/usr/bin/env python3
"""wheel.py ROOT BUILDS FOLDER PLATFORM NAME=LICENCE...: packs what was built into a wheel (PEP 427).

By hand, because meson-python puts nothing where pip leaves the commands and the man pages.
"""
import base64
import glob
import hashlib
import os
import subprocess
import sys
import zipfile

METADATA = """Metadata-Version: 2.1
Name: gpuspy
Version: {version}
Summary: Tells whether a program used the GPU, and proves it
License: MIT
Requires-Python: >=3.6
Description-Content-Type: text/markdown

{readme}"""
WHEEL = """Wheel-Version: 1.0
Generator: gpuspy
Root-Is-Purelib: false
Tag: py3-none-{platform}
"""
COMMANDS = """[console_scripts]
gpuspy = gpuspy.__main__:gpuspy
gpuspy-top = gpuspy.__main__:gpuspy_top
"""


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


class Wheel:
    def __init__(self, path):
        self.zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self.record = []

    def add(self, name, content, mode=0o644):
        """The same bytes and times whenever it is packed."""
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.external_attr = (0o100000 | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        self.record.append(f"{name},sha256={digest},{len(content)}\n")
        self.zip.writestr(entry, content)

    def close(self, info):
        self.record.append(f"{info}/RECORD,,\n")
        self.zip.writestr(f"{info}/RECORD", "".join(self.record))
        self.zip.close()


def main():
    root, builds, folder, platform = sys.argv[1:5]
    version = subprocess.run(["sh", os.path.join(root, "tools/package/version.sh")], check=True,
                             stdout=subprocess.PIPE).stdout.decode().strip()
    path = os.path.join(folder, f"gpuspy-{version}-py3-none-{platform}.whl")
    info, data = f"gpuspy-{version}.dist-info", f"gpuspy-{version}.data/data"
    wheel = Wheel(path)
    for source in ("__init__.py", "__main__.py"):
        wheel.add(f"gpuspy/{source}",
                  read(root, "tools/python/gpuspy", source).replace(b"@VERSION@", version.encode()))
    wheel.add("gpuspy/lib/libgpuspy.so", read(builds, "library/preload/libgpuspy.so"), 0o755)
    for program in ("gpuspy", "gpuspy-top"):
        wheel.add(f"gpuspy/bin/{program}", read(builds, "commands/tools", program), 0o755)
    for page in sorted(glob.glob(os.path.join(root, "tools/man/*.[1-8]"))):
        wheel.add(f"{data}/share/man/man{page[-1]}/{os.path.basename(page)}", read(page))
    wheel.add(f"{info}/METADATA", METADATA.format(version=version, readme=read(root, "README.md").decode()).encode())
    wheel.add(f"{info}/WHEEL", WHEEL.format(platform=platform).encode())
    wheel.add(f"{info}/entry_points.txt", COMMANDS.encode())
    wheel.add(f"{info}/licenses/LICENSE", read(root, "LICENSE"))
    for name, _, license_file in (word.partition("=") for word in sys.argv[5:]):
        wheel.add(f"{info}/licenses/{name}", read(license_file))
    wheel.close(info)
    print(path)


if __name__ == "__main__":
    main()
