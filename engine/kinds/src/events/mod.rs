//! Amazon EventBridge.

service! {}
