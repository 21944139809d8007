//! Amazon EventBridge.

crate::lifecycle::service! { events {} }
