//! Amazon EventBridge.

service! { bus::Bus, bus_policy::BusPolicy, rule::EventRule, target::EventTarget }
