//! AWS Key Management Service.

service! { alias::Alias, key::Key, replica_key::ReplicaKey }
