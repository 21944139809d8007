//! Local kinds: what lives in the engine's own state. `random.id`, `random.password`, `archive.zip`; and what other stacks
//! give, `dr.output`.
//!
//! [`LocalCloud`] serves them as a cloud does. What they are stands in their records, sealed where it is secret, and
//! nowhere else. Between its creation and its record it is in memory only: nothing has used it then, and after a crash it
//! is made anew. The bytes of archives are files ([`read_package`]). Defaults are read from the kinds' schemas, which say
//! them once.

mod archive;
mod args;
mod error;
mod glob;
mod pack;
mod packages;
mod random;
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dr_core::cloud::{
    BoxFuture, Cloud, CloudError, CloudResult, ErrorClass, Identity, Intent, Live, Owner, Settled, Sought,
    TaggedResource, Target,
};
use dr_core::leftover::{PlaceSearch, Trail};
use dr_core::record::Snapshot;
use dr_core::resolve::complete;
use dr_core::schema::Kind;
use dr_core::stack_output::{self, StackOutputs};
use dr_core::value::{Map, Str, Value};
use dr_core::world::World;

use crate::archive::zip;
use crate::error::{failed, unknown};
use crate::packages::PackageFolder;
use crate::random::{id, password};

pub use packages::read_package;
pub use world::DiskWorld;

/// Serves local kinds.
pub struct LocalCloud {
    world: Arc<dyn World>,
    packages: PackageFolder,
    /// What reads the outputs of other stacks, where there are any.
    outputs: Option<Arc<dyn StackOutputs>>,
    /// Attributes of what was made or changed and may be in no record yet, by id.
    fresh: Mutex<BTreeMap<Str, Map<Value>>>,
}

impl LocalCloud {
    /// The local cloud of a program in an environment.
    pub fn new(world: Arc<dyn World>, state_dir: &Path, program: &str, environment: &str) -> LocalCloud {
        let packages = PackageFolder::new(state_dir, program, environment);
        LocalCloud { world, packages, outputs: None, fresh: Mutex::default() }
    }

    /// The same, which answers with the outputs of other stacks.
    #[must_use]
    pub fn with_outputs(self, outputs: Arc<dyn StackOutputs>) -> LocalCloud {
        LocalCloud { outputs: Some(outputs), ..self }
    }

    /// Takes away what runs that were killed have left on the disk. Nothing else may be at work on the environment, and
    /// nothing be left open in it.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn tidy(&self, snapshot: &Snapshot) -> std::io::Result<()> {
        let records = snapshot.records.values().chain(&snapshot.deposed);
        self.packages.tidy(records.filter(|record| *record.kind == *zip::NAME).map(|record| &*record.id))
    }

    /// Makes what an id stands for. `again` says whether something that is there already is made anew.
    fn make(&self, at: Target<'_>, id: &str, args: &Map<Value>, again: bool) -> Result<(), CloudError> {
        if !again && self.fresh().contains_key(id) {
            return Ok(());
        }
        let (world, args) = (&*self.world, complete(at.kind.args, args));
        let outputs = match at.kind.name {
            id::NAME => id::make(world, &args)?,
            password::NAME => password::make(world, &args)?,
            zip::NAME => zip::make(world, &self.packages, id, &args)?,
            _ => return Err(unknown(at.kind)),
        };
        self.fresh().insert(id.into(), outputs);
        Ok(())
    }

    fn fresh(&self) -> MutexGuard<'_, BTreeMap<Str, Map<Value>>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What another stack gives. What is lost counts as gone: whoever asks may have the last answer.
fn output(outputs: &dyn StackOutputs, args: &Map<Value>) -> Result<Map<Value>, CloudError> {
    let text = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default();
    let [environment, program, name] = [stack_output::ENVIRONMENT, stack_output::PROGRAM, stack_output::NAME].map(text);
    let found = outputs.output(environment, program, name);
    found.map(|value| Map::from([(stack_output::VALUE.into(), value)])).map_err(|none| {
        let class = if none.is_lost { ErrorClass::Gone } else { ErrorClass::Invalid };
        CloudError::new(class, "local:LookUp", "NoOutput", none.message)
    })
}

/// An answer that is there already.
fn ready<'a, T: Send + 'a>(result: Result<T, CloudError>) -> CloudResult<'a, T> {
    let future: BoxFuture<'a, _> = Box::pin(std::future::ready(result));
    future
}

impl Cloud for LocalCloud {
    fn identify(&self) -> CloudResult<'_, Identity> {
        ready(Ok(Identity { cloud: "local".into(), account: "".into(), endpoint: None }))
    }
    fn preview<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Option<Map<Value>>> {
        ready(match at.kind.name {
            zip::NAME => zip::preview(&*self.world, &complete(at.kind.args, args)).map(Some),
            _ => Ok(None),
        })
    }
    fn recall(&self, at: Target<'_>, args: &Map<Value>, attribute: &str, value: &Value) -> Option<Map<Value>> {
        let args = complete(at.kind.args, args);
        match at.kind.name {
            id::NAME => id::recall(&args, attribute, value.as_str()?),
            password::NAME => password::recall(&args, attribute, value.as_str()?),
            _ => None,
        }
    }
    fn is_whole(&self, kind: &Kind, outputs: &Map<Value>) -> bool {
        kind.name != zip::NAME || zip::is_whole(&self.packages, outputs)
    }
    fn find<'a>(&'a self, _: Target<'a>, _: &'a Map<Value>, _: &'a Intent) -> CloudResult<'a, Option<Str>> {
        // Nothing has used what a crash lost; it is made anew.
        ready(Ok(None))
    }
    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        ready(self.make(at, &intent.op, args, true).map(|()| intent.op.clone()))
    }
    fn configure<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        _: &'a Intent,
    ) -> CloudResult<'a, bool> {
        // After a crash, what was in memory only is made anew. It is there at once.
        ready(self.make(at, id, args, false).map(|()| false))
    }
    fn settle<'a>(&'a self, _: Target<'a>, _: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        ready(Ok(Settled::Ready))
    }
    fn read<'a>(&'a self, _: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        let outputs = self.fresh().get(id).cloned().unwrap_or_default();
        ready(Ok(Some(Live { args: last.clone(), outputs })))
    }
    fn owner<'a>(&'a self, _: Target<'a>, _: &'a str, _: &'a Live) -> CloudResult<'a, Option<Owner>> {
        ready(Ok(None))
    }
    fn claim<'a>(&'a self, _: Target<'a>, _: &'a str, _: &'a Map<Value>, _: &'a Intent) -> CloudResult<'a, ()> {
        ready(Ok(()))
    }
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        _: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        // Random values stay; what is in a folder may be something else now.
        ready(if at.kind.name == zip::NAME { self.make(at, id, new, true) } else { Ok(()) })
    }
    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, ()> {
        let released = if at.kind.name == zip::NAME { self.packages.release(id) } else { Ok(()) };
        ready(released.map_err(|e| failed("Delete", &e.to_string())))
    }
    fn deleted<'a>(&'a self, _: Target<'a>, _: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        ready(Ok(Settled::Ready))
    }
    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        ready(match (&self.outputs, at.kind.name == stack_output::KIND.name) {
            (Some(outputs), true) => output(&**outputs, args),
            _ => Err(unknown(at.kind)),
        })
    }
    fn reach<'a>(&'a self, _: &'a str) -> CloudResult<'a, ()> {
        ready(Ok(()))
    }
    fn sweep<'a>(&'a self, _: Sought<'a>, _: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        ready(Ok(Vec::new()))
    }
    fn tagged<'a>(&'a self, _: (&'a str, &'a str), _: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        ready(Ok(Vec::new()))
    }
    fn leftovers<'a>(&'a self, _: &'a Trail<'a>, _: &'a str) -> CloudResult<'a, PlaceSearch> {
        ready(Ok(PlaceSearch::default()))
    }
    fn regions(&self) -> CloudResult<'_, Vec<Str>> {
        ready(Ok(Vec::new()))
    }
}
