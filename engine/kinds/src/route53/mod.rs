//! Amazon Route 53.

service! {}
