"""Starts moto_server for a test, with our patches or (`--stock`) without.

    python tests/emulators/moto.py [--stock] [--groups fix,strict]

The port is chosen by the operating system; see `lifeline.py` for how it is told, and how the server is emptied and
ended. Without `--stock` the server is no independent witness any more: the patches (`patches/`, one file per service)
are this project's own. What is proven only with them must say so. Group `fix` adds what moto lacks, group `strict` adds
refusals that AWS makes and moto does not. With or without, requests are checked against AWS's models on their way in
(`wire.py`), which changes no answer.
"""

import argparse
import logging
import os
import sys
import threading
import urllib.request
from pathlib import Path

# This file is named like the package that it starts: import from the folder above instead of from beside it.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

# Read by moto when it is imported: managed policies can be attached, certificates validate soon, no AMI list is loaded.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "2")
os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")

from emulators import lifeline, wire  # noqa: E402


def main():
    options = argparse.ArgumentParser(description="Starts moto_server for a test.")
    options.add_argument("--stock", action="store_true", help="without our patches: moto as its authors wrote it")
    options.add_argument("--groups", default="fix,strict", help="groups of patches to apply (default: %(default)s)")
    chosen = options.parse_args()
    groups = [] if chosen.stock else [group for group in chosen.groups.split(",") if group]
    protocol = lifeline.private_stdout()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)

    if groups:
        from emulators import patches

        patches.apply(groups)

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    violations = wire.Violations()
    server = make_server(
        "127.0.0.1",
        0,
        wire.Checked(DomainDispatcherApplication(create_backend_app), violations),
        threaded=True,
        request_handler=MotoRequestHandler,
    )
    os.environ["MOTO_PORT"] = str(server.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def post(path):
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def reset():
        post("/moto-api/reset")

    # The first request makes moto load what it needs for all of them: be ready only after it.
    reset()
    lifeline.say(protocol, port=server.port, server="moto", groups=groups, pid=os.getpid())
    lifeline.obey(protocol, reset, violations)


if __name__ == "__main__":
    main()
