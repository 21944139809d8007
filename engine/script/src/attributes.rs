//! Reading: `resource.name`, `output.name`, `output[index]`.
//!
//! A part of an output is another output; a key or an index that is not known is refused.

use std::collections::BTreeSet;

use dr_core::expr::{Expr, PartKey};
use dr_core::schema::{Presence, Type, closest};
use rhai::{Dynamic, Engine};

use crate::coerce::from_expr;
use crate::fault::{Res, ScriptFault};
use crate::unknown::{OutputValue, ResourceHandle, walkable};

/// Attributes that resources have unless their kind says otherwise.
const COMMON: &[&str] = &["address", "name"];

/// `output.name`
fn property(output: &OutputValue, name: &str) -> Result<Dynamic, ScriptFault> {
    let ty = match (output.ty.entry(name), output.ty) {
        (Some(ty), _) => ty,
        (None, Type::Object(fields)) => {
            return Err(ScriptFault::new(format!("`{}` has no property `{name}`", output.shown()))
                .near(name, fields.iter().map(|f| f.name)));
        }
        (None, other) => {
            return Err(ScriptFault::new(format!(
                "`{}` is {}, which has no property `{name}`",
                output.shown(),
                other.article()
            ))
            .help(format!("if `{name}` is a function, call it: `.{name}()`")));
        }
    };
    Ok(from_expr(walkable((*output.expr).clone().get(&PartKey::Name(name.into()))?)?, ty))
}

/// `output[index]`
fn item(output: &OutputValue, index: i64) -> Result<Dynamic, ScriptFault> {
    let ty = output.ty.item().ok_or_else(|| {
        ScriptFault::new(format!("`{}` is {}, which has no numbered items", output.shown(), output.ty.article()))
            .help("for part of a text use `.sub_string(start, length)`")
    })?;
    Ok(from_expr(walkable((*output.expr).clone().get(&PartKey::Index(index))?)?, ty))
}

/// `resource.name`: what was given is known; what the service computes is an output. What a resource is called is
/// one too, although it is known: whoever names a resource depends on it, and a plain text would not say so.
fn attribute(resource: &ResourceHandle, name: &str) -> Result<Dynamic, ScriptFault> {
    let node = &*resource.0;
    if let Some(field) = node.kind.output(name) {
        return Ok(of(resource, name, field.ty));
    }
    if let Some(field) = node.kind.arg(name) {
        return Ok(match node.args.get(name) {
            // Reading a secret argument must not make it plain.
            _ if field.sensitive || node.kind.identifies(field) => of(resource, name, field.ty),
            Some(given) => from_expr(given.clone(), field.ty),
            None if field.presence == Presence::Computed => of(resource, name, field.ty),
            None => Dynamic::UNIT,
        });
    }
    match name {
        "id" => Ok(of(resource, name, Type::Str)),
        "region" => Ok(node.region.as_deref().map_or(Dynamic::UNIT, |r| r.to_owned().into())),
        "address" => Ok(node.address.as_str().to_owned().into()),
        "name" => Ok(node.address.name().to_owned().into()),
        _ => Err(no_attribute(resource, name)),
    }
}

/// An attribute that a kind does not have, with the one that is meant, or all that there are.
fn no_attribute(resource: &ResourceHandle, name: &str) -> ScriptFault {
    let kind = resource.0.kind;
    let fault = ScriptFault::new(format!("`{}` has no attribute `{name}`", kind.name));
    // Others call the id of a `vpc` its `vpc_id`.
    let short = name.strip_prefix(kind.short()).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name);
    let all = || kind.attributes().chain(COMMON.iter().copied());
    let near = all().find(|known| *known == short).or_else(|| closest(name, all()));
    match near {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => {
            let computed = kind.outputs.iter().map(|field| field.name).chain(["id", "region"]);
            let computed: BTreeSet<String> = computed.chain(COMMON.iter().copied()).map(|n| format!("`{n}`")).collect();
            let computed: Vec<String> = computed.into_iter().collect();
            fault.help(format!("it has {}, and its arguments", computed.join(", ")))
        }
    }
}

fn of(resource: &ResourceHandle, name: &str, ty: Type) -> Dynamic {
    Dynamic::from(OutputValue::new(Expr::attr(&resource.0.address, name), ty))
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<OutputValue>("Output");
    engine.register_type_with_name::<ResourceHandle>("Resource");
    // Getters of any name fall back to the indexer by text. There are no setters: method calls would write back.
    engine.register_indexer_get(|r: &mut ResourceHandle, name: &str| -> Res<Dynamic> { Ok(attribute(r, name)?) });
    engine.register_indexer_get(|o: &mut OutputValue, name: &str| -> Res<Dynamic> { Ok(property(o, name)?) });
    engine.register_indexer_get(|o: &mut OutputValue, index: i64| -> Res<Dynamic> { Ok(item(o, index)?) });
    engine.register_indexer_get(|r: &mut ResourceHandle, _: i64| -> Res<Dynamic> { Err(r.whole("index").into()) });
    engine.register_iterator_result::<OutputValue, Dynamic>();
    refuse_unknown_keys(engine);
}

/// An unknown cannot be a key or an index of anything.
fn refuse_unknown_keys(engine: &mut Engine) {
    engine.register_indexer_get(|_: &mut OutputValue, key: OutputValue| -> Res<Dynamic> {
        Err(key.refuse("use as a key or index").into())
    });
    engine.register_indexer_get(|_: &mut ResourceHandle, key: OutputValue| -> Res<Dynamic> {
        Err(key.refuse("use as a key or index").into())
    });
}
