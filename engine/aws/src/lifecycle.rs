//! The contract of a kind, and how a typed kind becomes one that the engine can call.
//!
//! [`Lifecycle`] is what a kind's file implements, over the struct that `dr-kinds` declares. [`Of`] wraps it for the
//! engine, which knows only maps of values: arguments are read into the struct, results are written back.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::atomic::AtomicBool;

use dr_core::cloud::{BatchChange, CloudError, CloudResult, ErrorClass, Intent, Live, RoleChange, Settled, Vitals};
use dr_core::compare::same;
use dr_core::convert::{Block, KindArgs};
use dr_core::existing;
use dr_core::online::{Objection, Wishes};
use dr_core::schema::{Kind, Presence};
use dr_core::value::{Map, Str, Value};

use crate::connect::Cx;
use crate::connect::errors::ErrorRule;

/// What a lifecycle function gives.
pub(crate) type Result<T> = std::result::Result<T, CloudError>;

/// How AWS does a kind. None of these waits or tries again; each makes as few calls as it can and returns.
///
/// The engine calls `create`, `settle` until it is ready, `configure`, `settle` again where that made a call, then
/// `read`. After a crash, or when `create` answers that the name exists, it calls `find` first. An update is `update`,
/// `settle`, `read`. Any function may be called twice with the same arguments.
pub(crate) trait Lifecycle: KindArgs + Clone {
    /// The id of what this intent created, if it exists: by its name, its parent or its `dr:op` tag. Something of the
    /// same name that carries another `dr:op` is not it.
    fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Starts the creation; returns the id as soon as it exists. Gives the service `intent.op` as token where it takes
    /// one, and all tags where it takes them.
    fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> impl Future<Output = Result<String>> + Send;

    /// Sets what creation alone cannot: tags where creation takes none, switches with calls of their own. The resource
    /// is ready by then.
    fn configure(cx: &Cx<'_>, id: &str, args: &Self, intent: &Intent) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, id, args, intent);
        async { Ok(()) }
    }

    /// Whether the last creation or change has arrived. For kinds that are ready at once, nothing to do.
    fn settle(cx: &Cx<'_>, id: &str, args: &Self) -> impl Future<Output = Result<Settled>> + Send {
        let _ = (cx, id, args);
        async { Ok(Settled::Ready) }
    }

    /// The resource as it is, or `None` when it is gone. Starts from `last` and overwrites what the service reports,
    /// so that what it never gives back stays as it was given.
    fn read(cx: &Cx<'_>, id: &str, last: &Self) -> impl Future<Output = Result<Option<(Self, Self::Out)>>> + Send;

    /// Changes it in place. Called only for arguments that can be changed in place; a kind that has none leaves it out.
    fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> impl Future<Output = Result<()>> + Send {
        let _ = (id, old, new);
        let why = format!("{}: a `{}` has nothing that can be changed in place", cx.address(), Self::KIND.name);
        async { Err(CloudError::new(ErrorClass::Invalid, Self::KIND.name, "NothingToChange", why)) }
    }

    /// Makes several changes by one call, all of them or none; for a kind that declares a `batch`. Each item has the
    /// context of its own resource. Gives the ids, in the order of the items; that of a deletion is empty. May be
    /// repeated like an update: what is as it should be already is left alone.
    fn batch(items: &[(Cx<'_>, TypedChange<'_, Self>)]) -> impl Future<Output = Result<Vec<String>>> + Send {
        let _ = items;
        let why = format!("changes of `{}` cannot be made together", Self::KIND.name);
        async { Err(CloudError::new(ErrorClass::Invalid, Self::KIND.name, "NoBatches", why)) }
    }

    /// Lets another member of a group take the writes; for a group. The context is in the member's region.
    fn switch(cx: &Cx<'_>, id: &str, change: &RoleChange<'_>) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, id, change);
        let why = format!("the members of a `{}` have no roles that change", Self::KIND.name);
        async { Err(CloudError::new(ErrorClass::Invalid, Self::KIND.name, "NoRoles", why)) }
    }

    /// How it is doing: how far it is behind what it follows, whether what it looks at is healthy.
    fn vitals(cx: &Cx<'_>, id: &str, last: &Self) -> impl Future<Output = Result<Vitals>> + Send {
        let _ = (cx, id, last);
        async { Ok(Vitals::default()) }
    }

    /// What the service is known to refuse of everything that a plan would make in a region. The context is that of the
    /// first of it; the arguments are those that are known.
    fn objections(cx: &Cx<'_>, wishes: &Wishes) -> impl Future<Output = Result<Vec<Objection>>> + Send {
        let _ = (cx, wishes);
        async { Ok(Vec::new()) }
    }

    /// Starts or continues the deletion. Gone already is success.
    fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> impl Future<Output = Result<()>> + Send;

    /// Whether the deletion has finished. Unless said otherwise, when `read` says gone.
    fn deleted(cx: &Cx<'_>, id: &str, last: &Self) -> impl Future<Output = Result<Settled>> + Send {
        async move { Ok(gone(Self::read(cx, id, last).await?)) }
    }
}

/// What a batch does to a resource; see the functions of [`Lifecycle`] of the same names.
pub(crate) enum TypedChange<'a, K> {
    Create { args: K },
    Update { id: &'a str, new: K },
    Delete { last: K },
}

/// Whether a deletion has finished, by what is still there.
#[allow(dead_code, reason = "not every service needs it")]
pub(crate) fn gone<T>(there: Option<T>) -> Settled {
    if there.is_some() { Settled::Wait(None) } else { Settled::Ready }
}

/// The id of what this operation made, for what cannot be tagged and has its id from its arguments: it is this
/// operation's if it is as it was to be. What the service chooses and never gives back tells nothing.
#[allow(dead_code, reason = "not every service needs it")]
pub(crate) async fn found_as_given<K: Lifecycle>(cx: &Cx<'_>, id: String, args: &K) -> Result<Option<String>> {
    let live = K::read(cx, &id, args).await?;
    Ok(live.filter(|(live, _)| is_as_given(live, args)).map(|_| id))
}

/// Whether the place is free for what cannot be tagged and would silently be written over; `false` when what is to be
/// made is there already.
///
/// # Errors
/// That something else is there, said of the call that would have written over it.
#[allow(dead_code, reason = "not every service needs it")]
pub(crate) async fn is_free<K: Lifecycle>(cx: &Cx<'_>, call: &str, id: &str, args: &K) -> Result<bool> {
    match K::read(&cx.looking(), id, args).await? {
        None => Ok(true),
        Some((live, _)) if is_as_given(&live, args) => Ok(false),
        Some(_) => Err(cx.not_ours(call, id)),
    }
}

/// Whether something is as it was to be, by what its kind says about its arguments.
#[allow(dead_code, reason = "not every service needs it")]
pub(crate) fn is_as_given<K: KindArgs>(live: &K, args: &K) -> bool {
    let (live, args) = (live.to_map(), args.to_map());
    K::KIND.args.iter().all(|field| {
        let (is, given) = (live.get(field.name).unwrap_or(&Value::Null), args.get(field.name));
        let chosen = field.presence == Presence::Computed && given.is_none();
        field.write_only || chosen || same(field, is, given.unwrap_or(&Value::Null))
    })
}

/// How AWS answers a look-up.
pub(crate) trait LookUp: KindArgs {
    /// The answer. That nothing fits is an error which says what was looked for.
    fn look_up(cx: &Cx<'_>, args: &Self) -> impl Future<Output = Result<Self::Out>> + Send;
}

/// What was asked for, of what was listed. A server that does not filter lists others, too; what does not say what it is
/// called is taken for it.
#[allow(dead_code, reason = "not every service lists")]
pub(crate) fn asked_for<T>(asked: &str, listed: Option<Vec<T>>, called: impl Fn(&T) -> Option<&str>) -> Option<T> {
    listed.unwrap_or_default().into_iter().find(|one| called(one).is_none_or(|name| name == asked))
}

/// The one that a look-up found.
///
/// # Errors
/// When it found none or several: what was looked for, and what each that was found is called.
#[allow(dead_code, reason = "not every service has such a look-up")]
pub(crate) fn the_one<K: KindArgs, T>(
    cx: &Cx<'_>,
    call: &str,
    args: &K,
    mut found: Vec<T>,
    called: impl Fn(&T) -> &str,
) -> Result<T> {
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (last, _) => {
            let names: Vec<String> = found.iter().chain(&last).map(|one| called(one).to_owned()).collect();
            Err(not_found(cx, call, args, &names))
        }
    }
}

/// The error of a look-up that found no resource, or several (`found`) although it wanted one.
#[allow(dead_code, reason = "not every service has such a look-up")]
pub(crate) fn not_found<K: KindArgs>(cx: &Cx<'_>, call: &str, args: &K, found: &[String]) -> CloudError {
    let finds = K::KIND.finds.unwrap_or(K::KIND.name);
    let why = existing::not_found(finds, &args.to_map(), existing::finds_many(K::KIND), found);
    CloudError::new(ErrorClass::Invalid, call, "NotFound", format!("{}: {why}", cx.address()))
}

/// What a service offers.
pub(crate) struct Service {
    /// What the names of its calls begin with, before the colon.
    pub(crate) calls: &'static str,
    /// What its error codes mean.
    pub(crate) errors: &'static [ErrorRule],
    pub(crate) kinds: &'static [&'static dyn Erased],
    pub(crate) look_ups: &'static [&'static dyn ErasedLookUp],
}

/// Declares what a service offers, named as in `dr-kinds`, what the names of its calls begin with and what its error
/// codes mean: `service! { ec2 ("ec2", errors::ERRORS) { vpc::Vpc } look_ups { zones::Zones } }`. Each file becomes a
/// module.
macro_rules! service {
    (
        $service:ident ($calls:literal, $errors:expr)
        { $($file:ident :: $kind:ident),* $(,)? }
        $(look_ups { $($look_file:ident :: $look_up:ident),* $(,)? })?
    ) => {
        $(mod $file;)*
        $($(mod $look_file;)*)?

        /// What this service offers.
        pub(crate) const SERVICE: $crate::lifecycle::Service = $crate::lifecycle::Service {
            calls: $calls,
            errors: $errors,
            kinds: &[$(&$crate::lifecycle::Of::<dr_kinds::$service::$kind>::NEW),*],
            look_ups: &[$($(&$crate::lifecycle::Of::<dr_kinds::$service::$look_up>::NEW),*)?],
        };
    };
}
pub(crate) use service;

/// A kind as the engine calls it; see [`dr_core::cloud::Cloud`] for each function.
pub(crate) trait Erased: Send + Sync {
    fn kind(&self) -> &'static Kind;
    fn find<'a>(&self, cx: Cx<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>>;
    fn create<'a>(&self, cx: Cx<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str>;
    fn configure<'a>(&self, cx: Cx<'a>, id: &'a str, args: &'a Map<Value>, intent: &'a Intent)
    -> CloudResult<'a, bool>;
    fn settle<'a>(&self, cx: Cx<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Settled>;
    fn read<'a>(&self, cx: Cx<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>>;
    fn update<'a>(&self, cx: Cx<'a>, id: &'a str, old: &'a Map<Value>, new: &'a Map<Value>) -> CloudResult<'a, ()>;
    fn delete<'a>(&self, cx: Cx<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, ()>;
    fn deleted<'a>(&self, cx: Cx<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Settled>;
    fn batch<'a>(&self, items: Vec<(Cx<'a>, BatchChange<'a>)>) -> CloudResult<'a, Vec<Str>>;
    fn switch<'a>(&self, cx: Cx<'a>, id: &'a str, change: &'a RoleChange<'a>) -> CloudResult<'a, ()>;
    fn vitals<'a>(&self, cx: Cx<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Vitals>;
    fn objections<'a>(&self, cx: Cx<'a>, wishes: &'a Wishes) -> CloudResult<'a, Vec<Objection>>;
}

/// A look-up as the engine calls it.
pub(crate) trait ErasedLookUp: Send + Sync {
    fn kind(&self) -> &'static Kind;
    fn look_up<'a>(&self, cx: Cx<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>>;
}

/// A typed kind behind the untyped traits.
pub(crate) struct Of<K>(PhantomData<fn() -> K>);

impl<K> Of<K> {
    pub(crate) const NEW: Of<K> = Of(PhantomData);
}

/// The arguments as the kind's struct. The planner has checked them against the schema; state that was written by
/// another version may still not fit.
fn typed<K: KindArgs>(cx: &Cx<'_>, args: &Map<Value>) -> Result<K> {
    K::from_map(args).map_err(|error| {
        let why = format!("{}: {error}", cx.address());
        CloudError::new(ErrorClass::Invalid, K::KIND.name, "BadArguments", why)
    })
}

impl<K: Lifecycle> Erased for Of<K> {
    fn kind(&self) -> &'static Kind {
        K::KIND
    }

    fn find<'a>(&self, cx: Cx<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        Box::pin(async move { Ok(K::find(&cx, &typed(&cx, args)?, intent).await?.map(Str::from)) })
    }

    fn create<'a>(&self, cx: Cx<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        Box::pin(async move { K::create(&cx, &typed(&cx, args)?, intent).await.map(Str::from) })
    }

    fn configure<'a>(
        &self,
        cx: Cx<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, bool> {
        Box::pin(async move {
            // What makes no call has set nothing.
            let called = AtomicBool::new(false);
            K::configure(&cx.noting(&called), id, &typed(&cx, args)?, intent).await?;
            Ok(called.into_inner())
        })
    }

    fn objections<'a>(&self, cx: Cx<'a>, wishes: &'a Wishes) -> CloudResult<'a, Vec<Objection>> {
        Box::pin(async move { K::objections(&cx, wishes).await })
    }

    fn switch<'a>(&self, cx: Cx<'a>, id: &'a str, change: &'a RoleChange<'a>) -> CloudResult<'a, ()> {
        Box::pin(async move { K::switch(&cx, id, change).await })
    }

    fn vitals<'a>(&self, cx: Cx<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Vitals> {
        Box::pin(async move { K::vitals(&cx, id, &typed(&cx, last)?).await })
    }

    fn settle<'a>(&self, cx: Cx<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Settled> {
        Box::pin(async move { K::settle(&cx, id, &typed(&cx, args)?).await })
    }

    fn read<'a>(&self, cx: Cx<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        Box::pin(async move {
            let live = K::read(&cx, id, &typed(&cx, last)?).await?;
            Ok(live.map(|(args, outputs)| Live { args: args.to_map(), outputs: outputs.to_map() }))
        })
    }

    fn update<'a>(&self, cx: Cx<'a>, id: &'a str, old: &'a Map<Value>, new: &'a Map<Value>) -> CloudResult<'a, ()> {
        Box::pin(async move { K::update(&cx, id, &typed(&cx, old)?, &typed(&cx, new)?).await })
    }

    fn delete<'a>(&self, cx: Cx<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, ()> {
        Box::pin(async move { K::delete(&cx, id, &typed(&cx, last)?).await })
    }

    fn deleted<'a>(&self, cx: Cx<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Settled> {
        Box::pin(async move { K::deleted(&cx, id, &typed(&cx, last)?).await })
    }

    fn batch<'a>(&self, items: Vec<(Cx<'a>, BatchChange<'a>)>) -> CloudResult<'a, Vec<Str>> {
        Box::pin(async move {
            let item = |(cx, change): (Cx<'a>, BatchChange<'a>)| {
                let change = match change {
                    BatchChange::Create { args, .. } => TypedChange::Create { args: typed(&cx, args)? },
                    BatchChange::Update { id, new, .. } => TypedChange::Update { id, new: typed(&cx, new)? },
                    BatchChange::Delete { last, .. } => TypedChange::Delete { last: typed(&cx, last)? },
                };
                Ok((cx, change))
            };
            let items: Vec<(Cx<'a>, TypedChange<'a, K>)> = items.into_iter().map(item).collect::<Result<_>>()?;
            Ok(K::batch(&items).await?.into_iter().map(Str::from).collect())
        })
    }
}

impl<K: LookUp> ErasedLookUp for Of<K> {
    fn kind(&self) -> &'static Kind {
        K::KIND
    }

    fn look_up<'a>(&self, cx: Cx<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        Box::pin(async move { Ok(K::look_up(&cx, &typed(&cx, args)?).await?.to_map()) })
    }
}
