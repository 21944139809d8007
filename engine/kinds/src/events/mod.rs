//! Amazon EventBridge.

/// The name of a bus, or its ARN.
const BUS: &str = "(arn:aws[a-z0-9-]*:events:[a-z]{2}-[a-z]+-[a-z0-9-]+:[0-9]{12}:event-bus/)?[/A-Za-z0-9_.-]+";

service! { bus::Bus, bus_policy::BusPolicy, rule::EventRule, target::EventTarget }
