# SPDX-License-Identifier: MIT
"""greenlets that switch in the middle of what they do, and die in the middle."""
import gc
import threading

import greenlet


def work(n):
    total = 0
    for i in range(n):
        total += greenlet.getcurrent().parent.switch(i) or 0
    return total


def many():
    all_of_them = [greenlet.greenlet(work) for _ in range(200)]
    for one in all_of_them:
        one.switch(50)
    for step in range(49):
        for one in reversed(all_of_them):
            one.switch(step)
    print(sum(one.switch(1) for one in all_of_them[::2]))
    del all_of_them
    gc.collect()


for thread in [threading.Thread(target=many) for _ in range(4)]:
    thread.start()
    thread.join()
