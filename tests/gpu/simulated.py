"""Cases that need only the driver run on the simulated one where there is no GPU, so that the
suite itself is tried on every machine."""

import os

import machine
import runs
from cases import Missing, expect


def real_driver():
    """A folder in which the driver has the name that is looked for."""
    folder = os.path.dirname(machine.gpu["driver_path"])
    if os.path.exists(os.path.join(folder, "libcuda.so.1")):
        return folder
    folder = runs.folder("driver")
    link = os.path.join(folder, "libcuda.so.1")
    if not os.path.lexists(link):
        os.symlink(machine.gpu["driver_path"], link)
    return folder


def environment():
    """What leads a program to the driver, over the RUNPATH of the project's own clients."""
    folder = real_driver() if machine.gpu else machine.SIM_LIB
    if not machine.gpu and not os.path.exists(os.path.join(folder, "libcuda.so.1")):
        raise Missing(f"{machine.no_gpu_reason}, and no simulated driver was built")
    before = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": folder + (":" + before if before else "")}


def is_as_it_should(report):
    """The report is of the driver that was meant."""
    expect(report["simulated"] == (not machine.gpu), f"simulated is {report['simulated']}")


def mark(answer):
    """Says so in the figures."""
    if not machine.gpu:
        return {"driver": "simulated", **answer}
    return answer
