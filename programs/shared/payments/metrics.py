"""Business metrics: written to the log in the form that CloudWatch looks for."""

import json
import time

from payments.cloud import region

NAMESPACE = "Payment/Business"


def count(metric, number=1, **dimensions):
    """Counts in a metric, by region and by what else it is told."""
    dimensions = {"Region": region(), **dimensions}
    print(
        json.dumps({
            "_aws": {
                "Timestamp": int(time.time() * 1000),
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": metric, "Unit": "Count"}],
                }],
            },
            metric: number,
            **dimensions,
        })
    )
