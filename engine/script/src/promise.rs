//! What a program promises of its recovery: `recovery(#{ rto: "30m", rpo: "5s" })`.

use dr_core::graph::RecoveryPromise;
use rhai::{Dynamic, Engine, NativeCallContext};

use crate::coerce::{article, each};
use crate::fault::{Res, ScriptFault};
use crate::options::address;
use crate::session::{self, Purpose};

const OPTIONS: [&str; 5] = ["traffic", "rto", "rpo", "tolerates", "refuse"];

pub(crate) fn register(engine: &mut Engine) {
    engine.register_fn("recovery", |ctx: NativeCallContext, options: rhai::Map| promise(&ctx, &options));
}

/// Says how soon requests reach the other region, how soon everything works there, and how much may be missing.
fn promise(ctx: &NativeCallContext, options: &rhai::Map) -> Res<()> {
    let call = ctx.call_position();
    session::with(|s| {
        let place = s.argument(call, 0);
        if s.mode == Purpose::Tests || s.in_module_head() {
            return Err(ScriptFault::new("a recovery is promised by a program").at(place, ""));
        }
        if s.promise.is_some() {
            return Err(ScriptFault::new("the recovery is promised twice").at(place, ""));
        }
        let mut promise = RecoveryPromise { span: place, ..RecoveryPromise::default() };
        for (key, value) in options.iter().filter(|(_, value)| !value.is_unit()) {
            set(&mut promise, key, value).map_err(|fault| fault.at(s.key(call, key, false), ""))?;
        }
        s.promise = Some(promise);
        Ok(())
    })
    .map_err(Into::into)
}

fn set(promise: &mut RecoveryPromise, key: &str, value: &Dynamic) -> Result<(), ScriptFault> {
    let what = format!("the option `{key}`");
    match key {
        "traffic" => promise.traffic = Some(seconds(&what, value)?),
        "rto" => promise.time = Some(seconds(&what, value)?),
        "rpo" => promise.loss = Some(seconds(&what, value)?),
        "tolerates" => {
            promise.tolerated = each(value).iter().map(|store| address(&what, store)).collect::<Result<_, _>>()?;
        }
        "refuse" => {
            let refuses = value.as_bool();
            promise.refuses = refuses
                .map_err(|_| ScriptFault::new(format!("{what} must be true or false, not {}", article(value))))?;
        }
        other => {
            let fault = ScriptFault::new(format!("a recovery has no option `{other}`; it has {}", OPTIONS.join(", ")));
            return Err(fault.near(other, OPTIONS));
        }
    }
    Ok(())
}

/// Seconds, as a number or as a text such as `"30m"`.
fn seconds(what: &str, value: &Dynamic) -> Result<u32, ScriptFault> {
    let read = match value.read_lock::<rhai::ImmutableString>() {
        Some(text) => humantime::parse_duration(&text).ok().and_then(|time| u32::try_from(time.as_secs()).ok()),
        None => value.as_int().ok().and_then(|seconds| u32::try_from(seconds).ok()),
    };
    read.ok_or_else(|| {
        ScriptFault::new(format!("{what} is a number of seconds, or a text such as \"30m\" or \"1h 30m\""))
    })
}
