"""What both launchers share: how a test starts a server, talks to its process and makes sure that it ends.

The protocol is lines over the process's own pipes, so that it needs no port, no file and no signal:

* the launcher writes exactly one line when the server answers: `{"port": 12345, "server": "moto", ...}`;
* every line `reset` on standard input empties the server and is answered by `{"reset": true}`; every line `violations`
  is answered by what `wire.py` has found since the last one: `{"violations": ["…"], "checked": 12}`;
* the end of standard input ends the process at once. The operating system closes that pipe however the parent dies, so
  no server outlives its test.

Everything else that a server prints goes to standard error.
"""

import json
import os
import socket
import sys


def private_stdout():
    """Keeps standard output for the protocol: returns it, and sends what libraries print there to standard error."""
    protocol = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return protocol


def say(protocol, **message):
    """Writes one line of the protocol."""
    protocol.write(json.dumps(message) + "\n")
    protocol.flush()


def obey(protocol, reset, violations, close=lambda: None):
    """Serves standard input until it ends, then runs `close` and ends the process, whatever its threads are doing."""
    try:
        for line in sys.stdin:
            command = line.strip()
            if command == "reset":
                reset()
                say(protocol, reset=True)
            elif command == "violations":
                say(protocol, **violations.take())
            elif command:
                print(f"unknown command {command!r}: there are `reset` and `violations`", file=sys.stderr)
    finally:
        close()
        sys.stderr.flush()
        os._exit(0)


def free_port():
    """A loopback port that is free now. For servers that cannot bind port 0 and say which one they got."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
