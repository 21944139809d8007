//! AWS Systems Manager.

service! { parameter::Parameter }
