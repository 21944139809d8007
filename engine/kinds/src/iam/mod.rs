//! AWS Identity and Access Management.

service! { role::Role }
