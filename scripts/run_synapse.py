"""Runs Synapse until standard input is closed, that is, until the script that started it is gone."""

import os
import signal
import threading
import time


def wait_for_parent() -> None:
    # Not sys.stdin: Python cannot end while a thread waits in it.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)
    os._exit(1)


threading.Thread(target=wait_for_parent, daemon=True).start()

from synapse.app.homeserver import main  # noqa: E402  (importing takes a second; watch from the start)

main()
