//! AWS Systems Manager.

service! { parameter::SsmParameter }
