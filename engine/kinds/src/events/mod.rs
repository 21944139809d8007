//! Amazon EventBridge.

service! { bus::Bus, bus_policy::BusPolicy, rule::Rule, target::Target }
