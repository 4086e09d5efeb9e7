"""ask.py LIBRARY...: what frameworks do at their start: open libraries, and go on without."""

import ctypes
import sys

for name in sys.argv[1:]:
    try:
        library = ctypes.CDLL(name)
        if name.startswith("libcuda.so"):
            library.cuInit(0)
    except OSError as error:
        print(error)
