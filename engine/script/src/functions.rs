//! The pure functions, on known and unknown values alike.
//!
//! They are those of [`dr_core::function`], so that a program, a plan and an apply compute the same. On a list or map
//! that the program holds, `len`, `keys`, `contains` and `values` are known even when items are not; see `lists`.

use std::any::TypeId;

use dr_core::expr::Expr;
use dr_core::function::{ALL, Function, Signature};
use dr_core::value::Value;
use rhai::{Dynamic, Engine, FuncRegistration, Module, NativeCallContext};

use crate::coerce::{expr_of, from_expr};
use crate::fault::{Res, ScriptFault};
use crate::signatures;
use crate::unknown::{ResourceHandle, walkable};

/// Functions that lists and maps answer themselves.
const OF_CONTAINERS: &[Function] = &[Function::Len, Function::Keys, Function::Values, Function::Contains];

/// Calls a pure function with script values.
pub(crate) fn call(signature: &Signature, args: &[&mut Dynamic]) -> Result<Dynamic, ScriptFault> {
    let mut exprs = Vec::with_capacity(args.len());
    for arg in args {
        if let Some(resource) = arg.read_lock::<ResourceHandle>() {
            return Err(resource.whole(&format!("call `{}` with", signature.name)));
        }
        exprs.push(expr_of(arg)?);
    }
    let expr = match exprs.iter().map(|e| e.known().cloned()).collect::<Option<Vec<_>>>() {
        Some(values) => Expr::Known(signature.function.apply(&values).map_err(|why| refused(signature, &values, why))?),
        None => walkable(Expr::Call(signature.function, exprs))?,
    };
    Ok(from_expr(expr, signature.result))
}

/// A call that a function refuses, with what helps.
fn refused(signature: &Signature, values: &[Value], why: String) -> ScriptFault {
    let fault = ScriptFault::new(why);
    let unread = match (signature.function, values) {
        (Function::FromJson, [Value::Str(text)]) => Value::from_json(text).err(),
        _ => None,
    };
    match (unread, signatures::of(signature.name)) {
        (Some(error), _) => fault.help(error.help()),
        (None, Some(written)) => fault.help(format!("it is called so: `{}`", written.replace(" or ", "` or `"))),
        (None, None) => fault,
    }
}

pub(crate) fn register(engine: &mut Engine) {
    let mut module = Module::new();
    for signature in ALL.iter().filter(|s| !s.name.starts_with('$')) {
        for arity in signature.arity.0..=signature.arity.1 {
            let params: Vec<String> = std::iter::once("value".to_owned())
                .chain((1..arity).map(|i| format!("argument_{i}")))
                .map(|p| format!("{p}: Dynamic"))
                .collect();
            let function = move |_: Option<NativeCallContext>, args: &mut [&mut Dynamic]| -> Res<Dynamic> {
                if OF_CONTAINERS.contains(&signature.function)
                    && let Some(answer) = crate::lists::answer(signature.function, args)?
                {
                    return Ok(answer);
                }
                Ok(call(signature, args)?)
            };
            FuncRegistration::new(signature.name)
                .with_params_info(params)
                .with_comments([format!("/// {}", signature.doc)])
                .in_global_namespace()
                .set_into_module_raw(
                    &mut module,
                    vec![TypeId::of::<Dynamic>(); arity],
                    rhai::RhaiFunc::Method {
                        func: rhai::Shared::new(function),
                        has_context: false,
                        is_pure: true,
                        is_volatile: false,
                    },
                );
        }
    }
    engine.register_global_module(module.into());
}
