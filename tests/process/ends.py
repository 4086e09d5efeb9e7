"""ends.py ENDS HOW: one forward pass by the extension module in the folder PYEXT, then an end of
the given kind."""

import ctypes
import os
import signal
import sys
import time

sys.path.insert(0, os.environ["PYEXT"])
import gpuspy_pyext  # noqa: E402

VERSION, STATUS = gpuspy_pyext.forward(1)
if STATUS:
    sys.exit("the forward pass failed")
print("one pass", flush=True)
with open("before.txt", "w", encoding="ascii") as file:
    file.write("made before the end\n")
LIBRARY = ctypes.CDLL(sys.argv[1])


def signal_self(number):
    os.kill(os.getpid(), number)
    time.sleep(30)


HOW = sys.argv[2]
if HOW == "end":
    print("the end")
elif HOW == "sys.exit":
    sys.exit(3)
elif HOW == "raise":
    raise ValueError("as asked")
elif HOW == "os._exit":
    os._exit(5)
elif HOW == "handler":  # who asks for the handler gets the default one, and can put it back
    print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))
elif HOW.isdigit():
    signal_self(int(HOW))
else:
    LIBRARY["end_" + HOW](ctypes.byref(ctypes.c_int(8)))
