"""Runs Synapse until standard input closes, which also happens when the script that started it is killed.

The first argument is the folder with Synapse's data. It is removed at the end, unless it contains a file named "keep".
"""

import atexit
import os
import shutil
import signal
import sys
import threading
import time

folder = sys.argv.pop(1)


def remove() -> None:
    if not os.path.exists(folder + "/keep"):
        shutil.rmtree(folder, ignore_errors=True)


atexit.register(remove)


def stop_with_parent() -> None:
    # Not sys.stdin: Python cannot exit while a thread reads from it.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    remove()
    os._exit(1)


threading.Thread(target=stop_with_parent, daemon=True).start()

from synapse.app.homeserver import main  # noqa: E402  (takes a second to import)

main()
