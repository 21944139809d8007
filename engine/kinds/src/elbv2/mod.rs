//! Elastic Load Balancing: application and network load balancers.

service! {
    listener::Listener, load_balancer::LoadBalancer, target_attachment::TargetAttachment, target_group::TargetGroup,
}
