"""Starts LocalStack for a test, in this process, without Docker, with its files in a folder that goes with it.

    python tests/emulators/localstack.py [--stock] [--services cloudwatch]

Without `--stock` one patch of ours is applied: an alarm gets the tags that it is made with, and loses them with itself.
Requests are checked against AWS's models on their way in (`wire.py`), which changes no answer.

See `lifeline.py` for how the port is told, and how the server is emptied and ended. It stands in for CloudWatch, because
moto does not speak the protocol of the Rust SDK for that service. LocalStack reads the account from the access key:
with the key `123456789012` both emulators speak of the same account.
"""

import argparse
import functools
import json
import os
import shutil
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

# This file is named like the package that it starts: import from the folder above instead of from beside it.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from emulators import lifeline, wire  # noqa: E402

READY_WITHIN_SECONDS = 180


def main():
    options = argparse.ArgumentParser(description="Starts LocalStack for a test.")
    options.add_argument("--services", default="cloudwatch", help="what to serve, with commas (default: %(default)s)")
    options.add_argument("--stock", action="store_true", help="without our patch: LocalStack as its authors wrote it")
    chosen = options.parse_args()
    services = chosen.services.split(",")
    protocol = lifeline.private_stdout()
    violations = wire.Violations()
    folder = tempfile.mkdtemp(prefix="dr-localstack-")
    port = lifeline.free_port()

    def close():
        shutil.rmtree(folder, ignore_errors=True)

    # Read by LocalStack when it is imported. The rest keeps it in its folder and off the network.
    os.environ.update(
        GATEWAY_LISTEN=f"127.0.0.1:{port}",
        SERVICES=",".join(services),
        STRICT_SERVICE_LOADING="1",
        EAGER_SERVICE_LOADING="1",
        OVERRIDE_IN_DOCKER="0",
        FILESYSTEM_ROOT=folder,
        HOME=folder,
        XDG_CACHE_HOME=folder,
        DISABLE_EVENTS="1",
        SKIP_SSL_CERT_DOWNLOAD="1",
        DNS_ADDRESS="0",
    )

    def health():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localstack/health", timeout=5) as answer:
            return json.load(answer)["services"]

    def tell_when_ready():
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            try:
                states = health()
            except (OSError, ValueError, KeyError):
                states = {}
            if all(states.get(service) == "running" for service in services):
                lifeline.say(protocol, port=port, server="localstack", services=services, pid=os.getpid())
                lifeline.obey(protocol, lambda: reset(services), violations, close)
            time.sleep(0.1)
        print(f"LocalStack did not become ready within {READY_WITHIN_SECONDS} s", file=sys.stderr)
        close()
        os._exit(1)

    # LocalStack wants the main thread for its signal handlers; the protocol lives in one of its own.
    threading.Thread(target=tell_when_ready, daemon=True).start()
    from localstack.runtime.main import main as run

    wire.check_localstack(violations)
    if not chosen.stock:
        tag_alarms()
    try:
        run()
    finally:
        close()


def reset(services):
    """Empties the services through the steps that LocalStack gives its providers for that."""
    from localstack.services.plugins import SERVICE_PLUGINS
    from localstack.state import AssetDirectory, StateVisitor

    class Emptier(StateVisitor):
        def visit(self, state_container):
            if isinstance(state_container, AssetDirectory):
                for entry in Path(state_container.path).glob("*"):
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            else:
                state_container.reset()

    for name in services:
        service = SERVICE_PLUGINS.get_service(name)
        service.lifecycle_hook.on_before_state_reset()
        service.accept_state_visitor(Emptier())
        service.lifecycle_hook.on_after_state_reset()


def tag_alarms():
    """Makes the tags of PutMetricAlarm and PutCompositeAlarm count when the alarm is new, as AWS does."""
    from localstack.services.cloudwatch.provider_v2 import CloudwatchProvider
    from localstack.utils.aws import arns

    def arn_of(context, name):
        return arns.cloudwatch_alarm_arn(name, account_id=context.account_id, region_name=context.region)

    def tagging(put):
        @functools.wraps(put)  # Keeps the attributes by which LocalStack finds the handler of an operation.
        def replacement(self, context, request):
            arn = arn_of(context, request["AlarmName"])
            store = self.get_store(context.account_id, context.region)
            is_new = arn not in store.alarms
            # Left in, they would become part of the alarm, which then cannot be described over the Rust SDK's protocol.
            tags = request.pop("Tags", None)
            answer = put(self, context, request)
            if is_new and tags:
                store.TAGS.tag_resource(arn, tags)
            return answer

        return replacement

    CloudwatchProvider.put_metric_alarm = tagging(CloudwatchProvider.put_metric_alarm)
    CloudwatchProvider.put_composite_alarm = tagging(CloudwatchProvider.put_composite_alarm)
    delete = CloudwatchProvider.delete_alarms

    @functools.wraps(delete)
    def delete_alarms(self, context, alarm_names, **rest):
        delete(self, context, alarm_names, **rest)
        tags = self.get_store(context.account_id, context.region).TAGS
        for arn in (arn_of(context, name) for name in alarm_names):
            tags.untag_resource(arn, [tag["Key"] for tag in tags.list_tags_for_resource(arn).get("Tags", [])])

    CloudwatchProvider.delete_alarms = delete_alarms


if __name__ == "__main__":
    main()
