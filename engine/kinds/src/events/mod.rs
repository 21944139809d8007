//! Amazon EventBridge.

/// The characters of a bus's name; those of partners' buses have strokes.
const BUS_NAME: &str = "/A-Za-z0-9_.-";

service! { bus::Bus, bus_policy::BusPolicy, rule::EventRule, target::EventTarget }
