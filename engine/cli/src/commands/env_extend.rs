//! `dr env extend`: lets an environment stay longer than its time to live.

use clap::Args;
use serde::Serialize;

use crate::args::Global;
use crate::clock;
use crate::exit::{CommandFailure, Exit};
use crate::render::json;
use crate::session::{OpenState, Session};
use crate::ttl;
use crate::ui::Ui;

/// Lets an environment stay longer.
#[derive(Debug, Args)]
pub(crate) struct ExtendArgs {
    /// The environment's suffix
    environment: String,

    /// How much longer: `2d`, `12h`
    duration: String,
}

#[derive(Serialize)]
struct ExtensionJson<'a> {
    environment: &'a str,
    expires: String,
}

/// Extends it.
pub(crate) fn extend(args: &ExtendArgs, global: &Global, ui: &Ui) -> Result<Exit, CommandFailure> {
    let session = Session::of_environment(global, ui, &args.environment)?;
    let length = ttl::length(&args.duration).map_err(|why| CommandFailure::new(why).hint(ttl::FORM))?;
    if session.rules.ttl.length.is_none() {
        return Err(CommandFailure::new(format!("the environment `{}` has no time to live", session.suffix))
            .hint(format!("it never expires, unless `ttl = \"3d\"` in [environments.{}] says so", session.suffix)));
    }
    if let Some(place) = &session.rules.protected {
        return Err(CommandFailure::new(format!(
            "the environment `{}` is protected: it never expires",
            session.suffix
        ))
        .hint(format!("{place} protects it")));
    }
    let now = clock::now()?;
    let programs = session.programs()?;
    let mut held: Vec<OpenState> = Vec::new();
    // All of them first: an environment expires as a whole.
    for program in &programs {
        held.extend(session.hold_if_any(&session.stack(program))?);
    }
    let lifetimes = held.iter().filter_map(|held| held.snapshot.lifetime.as_ref());
    let Some(expiry) = session.rules.ttl.expiry(lifetimes) else {
        return Err(CommandFailure::new(format!("nothing says when the environment `{}` was applied", session.suffix))
            .hint("its time to live counts from the next `dr apply` on"));
    };
    let until = expiry.max(now).saturating_add(length.as_secs());
    session.run(async |_| {
        for held in &held {
            held.store.extend(until).await?;
        }
        Ok(())
    })?;
    if ui.json {
        let shape = ExtensionJson { environment: &session.suffix, expires: clock::exact(until) };
        return ui.result(&json::text(&shape)).map(|()| Exit::Done);
    }
    let text = format!("{} expires {} (UTC), in {}\n", session.suffix, clock::minute(until), clock::rough(until - now));
    ui.result(&text).map(|()| Exit::Done)
}
