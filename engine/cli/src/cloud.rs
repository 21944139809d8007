//! Which cloud a command talks to, and how it is reached.

use std::path::Path;
use std::sync::Arc;

use dr_core::cloud::{Cloud, Identity};
use dr_core::registry::Registry;
use dr_sandbox::{Sandbox, SandboxOptions};

use crate::config::CloudName;
use crate::exit::CommandFailure;

/// The sandbox's folder inside the state folder.
const SANDBOX: &str = ".sandbox";

/// What is needed to reach a cloud.
#[derive(Debug)]
pub(crate) struct Reach<'a> {
    /// Which one.
    pub name: CloudName,
    /// The folder of the state.
    pub state_dir: &'a Path,
    /// How the sandbox behaves.
    pub sandbox: SandboxOptions,
    /// Whether the command only looks: then not even a folder is made.
    pub only_looks: bool,
}

/// An opened cloud.
pub(crate) struct Reached {
    pub cloud: Arc<dyn Cloud>,
    /// Whether it can only be looked at: what is made in it is lost.
    pub passing: bool,
}

/// Opens a cloud.
///
/// # Errors
/// When it cannot be reached, or this build does not have it.
pub(crate) async fn open(reach: &Reach<'_>, registry: &Arc<Registry>) -> Result<Reached, CommandFailure> {
    match reach.name {
        CloudName::Sandbox => sandbox(reach, registry),
        CloudName::Aws => Ok(Reached { cloud: aws(reach).await?, passing: false }),
    }
}

fn sandbox(reach: &Reach<'_>, registry: &Arc<Registry>) -> Result<Reached, CommandFailure> {
    let dir = reach.state_dir.join(SANDBOX);
    let options = reach.sandbox.clone();
    let passing = reach.only_looks && !dir.exists();
    let sandbox = if passing {
        // A cloud that was never opened holds nothing.
        Sandbox::in_memory(registry.clone(), options)
    } else {
        Sandbox::open(&dir, registry.clone(), options)
    };
    let cloud = sandbox.map_err(|e| CommandFailure::new("cannot open the sandbox").because(&e))?;
    Ok(Reached { cloud: Arc::new(cloud), passing })
}

#[cfg(feature = "aws")]
async fn aws(reach: &Reach<'_>) -> Result<Arc<dyn Cloud>, CommandFailure> {
    let state_dir = reach.state_dir.to_owned();
    let read = move |sha256: &str| dr_local::read_package(&state_dir, sha256);
    let aws = dr_aws::Aws::connect(Arc::new(read)).await;
    Ok(Arc::new(aws.map_err(|e| {
        CommandFailure::new("cannot connect to AWS")
            .because(&e)
            .hint("credentials come from the standard chain: `aws sts get-caller-identity` should work")
    })?))
}

#[cfg(not(feature = "aws"))]
async fn aws(_: &Reach<'_>) -> Result<Arc<dyn Cloud>, CommandFailure> {
    Err(CommandFailure::new("this `dr` was built without AWS")
        .hint("build it with its default features: `cargo build --release`, or use `--cloud sandbox`"))
}

/// How the header names a cloud.
pub(crate) fn describe(identity: &Identity) -> String {
    if &*identity.cloud == "sandbox" {
        return "sandbox (nothing leaves this machine)".into();
    }
    identity.to_string()
}
