//! Amazon Relational Database Service: Aurora.

service! {
    cluster::Cluster,
    cluster_instance::ClusterInstance,
    cluster_parameter_group::ClusterParameterGroup,
    engine_version::EngineVersion,
    global_cluster::GlobalCluster,
    subnet_group::SubnetGroup,
}
