//! Amazon Relational Database Service: Aurora.
//!
//! No call takes a token: everything has a name, which the service refuses to give twice, and the `dr:op` tag tells
//! whose it is. Changes take minutes; they are made at once, never kept for a maintenance window.
//!
//! Which cluster of a global one writes is asked whenever it matters, and never known from what was declared: a
//! switchover or failover may have changed it.

crate::lifecycle::service! {
    rds ("rds", errors::ERRORS) {
        cluster::Cluster,
        cluster_instance::ClusterInstance,
        cluster_parameter_group::ClusterParameterGroup,
        global_cluster::GlobalCluster,
        subnet_group::SubnetGroup,
    }
    look_ups { engine_version::EngineVersion }
}

crate::tags::tag_type!(optional aws_sdk_rds::types::Tag);

mod change;
mod errors;
mod leftovers;
mod member;
mod offer;
mod state;
mod tagging;
#[cfg(test)]
mod tests;
mod upgrade;
mod values;

pub(crate) use leftovers::LEFTOVERS;
