//! Writers: what writes to a log group comes after it and goes before it.
//!
//! The service would make the group by itself, before its declaration comes to it, or once more while what writes to it is
//! still there after the group has gone. A writer mentions its group by name at best: nothing else says the order.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::checks::{GROUP, Resource, WRITERS, WrittenTo, written_by};
use crate::graph::Graph;
use crate::value::Str;

/// Lets every writer depend on the groups that it writes to by name. A group that waits for its writer stays as it is.
pub fn order(graph: &mut Graph) {
    let mut groups: BTreeMap<(Option<Str>, String), Address> = BTreeMap::new();
    for node in graph.nodes.values().filter(|node| node.kind.name == GROUP) {
        if let Some(name) = node.args.get("name") {
            groups.insert((node.region.clone(), name.to_string()), node.address.clone());
        }
    }
    if groups.is_empty() {
        return;
    }
    let mut found: Vec<(Address, Address)> = Vec::new();
    for writer in graph.nodes.values().filter(|node| WRITERS.contains(&node.kind.name)) {
        for written in written_by(&Resource::declared(writer, &writer.args, false)) {
            let WrittenTo::Named(name) = written.to else { continue };
            let group = groups.get(&(writer.region.clone(), name.to_string()));
            let waits = |group: &Address| waits_for(graph, group, &writer.address);
            found.extend(group.filter(|group| !waits(group)).map(|group| (writer.address.clone(), group.clone())));
        }
    }
    for (writer, group) in found {
        if let Some(writer) = graph.nodes.get_mut(&writer)
            && !writer.options.depends_on.contains(&group)
        {
            writer.options.depends_on.push(group);
        }
    }
}

/// Whether a resource waits for another, by way of others too.
fn waits_for(graph: &Graph, resource: &Address, other: &Address) -> bool {
    let (mut open, mut seen) = (vec![resource.clone()], Vec::new());
    while let Some(address) = open.pop() {
        if address == *other {
            return true;
        }
        if let Some(node) = graph.nodes.get(&address).filter(|_| !seen.contains(&address)) {
            open.extend(node.needs().into_iter().map(|need| need.address));
            seen.push(address);
        }
    }
    false
}
