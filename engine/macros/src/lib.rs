//! The derives that turn a struct into a kind's schema and its typed conversion.
//!
//! Data, never behaviour: a derive writes tables (`dr_core::schema`) and the conversion between the struct and values
//! (`dr_core::convert`). Types and doc comments say most; attributes carry only what a type cannot.
//!
//! On the struct, `#[kind(..)]` (with `#[derive(Kind)]`):
//!
//! | key | meaning |
//! | --- | --- |
//! | `name = "sqs.queue"` | service and kind |
//! | `outputs = QueueOut` | the struct of computed attributes; none when left out |
//! | `place = regional`, `global`, `local` | where it lives |
//! | `lookup` | it only reads |
//! | `id = "…"` | what ids look like (see `Field::like`) |
//! | `unique = "region: name"` | scope (`world`, `account`, `region`) and the arguments that must be the only ones |
//! | `batch = "zone_id, name"` | the arguments whose equal values put changes into one call |
//! | `alone("zone_id, name", "type", "CNAME")` | among those of equal arguments: a value beside which no other can be |
//! | `once("zone_id, name", "failover")`, `alike(…)` | … a value that only one has; a value that all have or none |
//! | `deleted_with = "bucket"` | the argument whose resource takes this one along |
//! | `elsewhere("replicas", "D21", "…")` | an argument of the service that is said otherwise here, and how |
//! | `leaves("key pending deletion", "keys pending deletion", "7d", "…")` | what a delete leaves, of one and of several resources, for how long, and the argument that must be true for it or says how many days |
//! | `holds("vpc_config", "20m", "45m")` | the arguments whose references a deleted resource holds on to, for how long typically and at worst |
//! | `data("lost", "kept")`, `keys("lost", "kept")` | what it holds: what is lost with it, and what is kept |
//! | `name_blocked`, `create`, `update`, `delete`, `pace` | durations such as `"500ms"`, `"2s"`, `"5m"` |
//!
//! On a field, `#[arg(..)]` or, for attributes, `#[out(..)]`: `replace`, `default = …`, `computed`, `sensitive`,
//! `write_only`, `unordered`, `ignore_case`, `ignore_key_case`, `switched`, `removable`, `one_way` (a version), `one_way("Standard",
//! "Advanced")`, `one_way(stays)`, `copies`, `member`, `protects`, `guards`, `tags`, `volatile`, `like = "…"`, `range = a..=b`, `length = a..=b`,
//! `pattern = "…"` (or a constant), `one_of("a", "b")`, `one_of_int(1, 2)`, `outside("example.com")`,
//! `grammar(Cidr(16, 28))` (a `dr_core::grammar::Grammar`, with the names of `dr_core::grammar::form` at hand),
//! `name(max = 80, chars = "…", prefix = "…", lower, ending(".fifo", "fifo_queue"))`, `refers("kms.key.arn")` or `refers("kms.key.arn", loose)` when
//! it does not block that one's deletion,
//! `refuse("D07", only = true, why = "…")`, also `max = 7` or `absent` for `only`, `unless = "kind"` when a resource of that
//! kind refers to this one; `warn` and `note` instead of `refuse` do not stop.
//!
//! Nested blocks and outputs use `#[derive(Block)]` with the same field attributes.

mod field;
mod kind;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Schema and conversion of a kind's arguments.
#[proc_macro_derive(Kind, attributes(kind, arg))]
pub fn derive_kind(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    kind::derive_kind(&input).unwrap_or_else(|e| e.to_compile_error()).into()
}

/// Schema and conversion of a block or of a kind's computed attributes.
#[proc_macro_derive(Block, attributes(arg, out))]
pub fn derive_block(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    kind::derive_block(&input).unwrap_or_else(|e| e.to_compile_error()).into()
}
