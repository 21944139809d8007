//! Pictures: a declared graph in the languages of Mermaid and Graphviz.
//!
//! Each region is a box, with what belongs to none beside them. An arrow leads from what is needed to what needs it: thin
//! within a region, thick where it crosses regions, dotted to the records that a failover decides.

use std::collections::BTreeMap;

use dr_core::graph::{Graph, Node};

/// A graph as it is drawn.
pub(crate) struct Picture {
    /// The boxes: the name of each, and what is in it by its number.
    boxes: BTreeMap<String, Vec<usize>>,
    /// What stands in each node: its lines.
    nodes: Vec<Vec<String>>,
    arrows: Vec<Arrow>,
}

/// From what is needed to what needs it, by their numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Arrow {
    from: usize,
    to: usize,
    sort: ArrowSort,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ArrowSort {
    /// Within a region.
    Within,
    /// From a region to another one.
    Across,
    /// To a record that a failover decides.
    Failover,
}

/// The picture of a graph.
pub(crate) fn of(graph: &Graph) -> Picture {
    let all: Vec<&Node> = graph.nodes.values().collect();
    let numbers: BTreeMap<_, usize> = all.iter().enumerate().map(|(number, node)| (&node.address, number)).collect();
    let mut picture = Picture { boxes: BTreeMap::new(), nodes: Vec::new(), arrows: Vec::new() };
    for (number, node) in all.iter().enumerate() {
        let region = node.region.as_deref().unwrap_or("global").to_owned();
        picture.boxes.entry(region).or_default().push(number);
        let role = role(node).map(|role| format!("failover: {role}"));
        picture.nodes.push([node.address.to_string()].into_iter().chain(role.clone()).collect());
        for need in node.needs() {
            let Some(&from) = numbers.get(&need.address) else { continue };
            let is_across = match (&all[from].region, &node.region) {
                (Some(from), Some(to)) => from != to,
                _ => false,
            };
            let sort = match (role.is_some(), is_across) {
                (true, _) => ArrowSort::Failover,
                (false, true) => ArrowSort::Across,
                (false, false) => ArrowSort::Within,
            };
            picture.arrows.push(Arrow { from, to: number, sort });
        }
    }
    picture.arrows.sort();
    picture.arrows.dedup();
    picture
}

/// The part that a record plays in a failover: `PRIMARY` or `SECONDARY`.
fn role(node: &Node) -> Option<String> {
    let given = (node.kind.name == "route53.record").then(|| node.args.get("failover"))??;
    given.known()?.as_str().map(str::to_owned)
}

impl Picture {
    /// For Mermaid.
    pub(crate) fn mermaid(&self) -> String {
        let mut out = String::from("flowchart LR\n");
        for (box_number, (name, nodes)) in self.boxes.iter().enumerate() {
            out.push_str(&format!("  subgraph box{box_number} [\"{}\"]\n", mermaid_text(name)));
            for number in nodes {
                let lines: Vec<String> = self.nodes[*number].iter().map(|line| mermaid_text(line)).collect();
                out.push_str(&format!("    n{number}[\"{}\"]\n", lines.join("<br/>")));
            }
            out.push_str("  end\n");
        }
        for Arrow { from, to, sort } in &self.arrows {
            let arrow = match sort {
                ArrowSort::Within => "-->",
                ArrowSort::Across => "==>",
                ArrowSort::Failover => "-.->",
            };
            out.push_str(&format!("  n{from} {arrow} n{to}\n"));
        }
        out
    }

    /// For Graphviz.
    pub(crate) fn dot(&self) -> String {
        let mut out = String::from("digraph {\n  rankdir=LR;\n  node [shape=box];\n");
        for (box_number, (name, nodes)) in self.boxes.iter().enumerate() {
            out.push_str(&format!("  subgraph cluster{box_number} {{\n    label=\"{}\";\n", dot_text(name)));
            for number in nodes {
                let lines: Vec<String> = self.nodes[*number].iter().map(|line| dot_text(line)).collect();
                out.push_str(&format!("    n{number} [label=\"{}\"];\n", lines.join("\\n")));
            }
            out.push_str("  }\n");
        }
        for Arrow { from, to, sort } in &self.arrows {
            let style = match sort {
                ArrowSort::Within => "",
                ArrowSort::Across => " [style=bold]",
                ArrowSort::Failover => " [style=dotted]",
            };
            out.push_str(&format!("  n{from} -> n{to}{style};\n"));
        }
        out + "}\n"
    }
}

/// A text inside of quotation marks. Addresses hold letters, digits and a few marks; nothing else may end the text.
fn mermaid_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

fn dot_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
