//! `dr::output(environment, program, name)`: an output of another stack.
//!
//! Each one that is read is a look-up of the graph. Its address says what it reads, so that the same one is asked once in
//! a component, however often the program reads it.

use std::sync::Arc;

use dr_core::address::Address;
use dr_core::expr::Expr;
use dr_core::function::Function;
use dr_core::graph::{Node, Options};
use dr_core::schema::Type;
use dr_core::stack_output::{ENVIRONMENT, KIND, NAME, PROGRAM, VALUE};
use dr_core::value::{Map, Value};
use rhai::{Dynamic, Engine, FuncRegistration, Module, NativeCallContext};

use crate::component::known_text;
use crate::constructors::check_mode;
use crate::fault::{Res, ScriptFault};
use crate::session;
use crate::unknown::OutputValue;

/// The namespace of what belongs to no service.
const NAMESPACE: &str = "dr";

pub(crate) fn register(engine: &mut Engine) {
    let mut module = Module::new();
    FuncRegistration::new("output")
        .with_volatility(true)
        .with_params_info(["environment: &str", "program: &str", "name: &str", "Output"])
        .with_comments(["/// An output of another stack, as its last apply recorded it."])
        .set_into_module(
            &mut module,
            |ctx: NativeCallContext, environment: Dynamic, program: Dynamic, name: Dynamic| {
                read(&ctx, [&environment, &program, &name])
            },
        );
    engine.register_static_module(NAMESPACE, module.into());
}

fn read(ctx: &NativeCallContext, given: [&Dynamic; 3]) -> Res<OutputValue> {
    let call = ctx.call_position();
    let mut args = Map::new();
    for (index, (argument, value)) in [ENVIRONMENT, PROGRAM, NAME].into_iter().zip(given).enumerate() {
        let place = || session::with(|s| s.argument(call, index));
        let text = known_text(&format!("the {argument} in `dr::output`"), value).map_err(|f| f.at(place(), ""))?;
        if text.is_empty() {
            return Err(ScriptFault::new(format!("the {argument} in `dr::output` is empty")).at(place(), "").into());
        }
        args.insert(argument.into(), Expr::str(&text));
    }
    let text = |argument: &str| args.get(argument).and_then(Expr::known).and_then(Value::as_str).unwrap_or_default();
    let [environment, program, name] = [ENVIRONMENT, PROGRAM, NAME].map(text);
    let address = session::with(|s| {
        check_mode(s, "read outputs of other stacks")?;
        if (environment, program) == (s.environment.suffix.as_str(), s.program.as_str()) {
            return Err(ScriptFault::new(format!("`{program}` in `{environment}` is this program itself"))
                .help(format!("use the value that the program gives to its output `{name}`")));
        }
        // What an address cannot say, or says of something else too, its hash does.
        let plain = Address::new(&s.around().path, KIND.name, &format!("{environment}.{program}.{name}"));
        let plain = plain.ok().filter(|_| !environment.contains('.') && !program.contains('.'));
        plain.map_or_else(|| hashed(&s.around().path, &[environment, program, name]), Ok)
    })?;
    session::with(|s| {
        let site = s.site(call);
        s.nodes.entry(address.clone()).or_insert_with(|| {
            let node =
                Node { address: address.clone(), kind: &KIND, region: None, args, options: Options::default(), site };
            Arc::new(node)
        });
    });
    Ok(OutputValue::new(Expr::attr(&address, VALUE), Type::Any))
}

/// The address of a look-up whose words contain characters that an address may not have: their hash stands for them.
fn hashed(path: &str, words: &[&str]) -> Result<Address, ScriptFault> {
    let hash = Function::Sha256.apply(&[Value::str(words.join("\n"))]).map_err(ScriptFault::new)?;
    Address::new(path, KIND.name, &hash.to_text()).map_err(|error| ScriptFault::new(error.to_string()))
}
