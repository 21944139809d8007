//! Existing resources to take over: one by its id, or all that have a tag.

use std::collections::BTreeSet;

use dr_core::address::Address;
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::Graph;
use dr_core::value::Str;
use dr_run::{Discovery, FoundByTag};

use crate::exit::CommandFailure;
use crate::session::OpenState;
use crate::work::Work;

impl Work<'_> {
    /// Reads one resource as what the program declares at an address, and marks it as the stack's.
    ///
    /// # Errors
    /// When it is interrupted. What stands in the way is returned.
    pub(crate) async fn adopt(
        &mut self,
        held: &OpenState,
        graph: &Graph,
        address: &Address,
        id: &str,
    ) -> Result<Result<Discovery, Vec<Diagnostic>>, CommandFailure> {
        self.for_real().await?;
        let take = async |engine: &dr_run::Engine<'_>, wanted: &dr_run::Wanted<'_>| {
            Ok(dr_run::adopt(engine, wanted, address, id).await?)
        };
        self.with_plan_engine(Some(held), graph, take).await
    }

    /// Finds the resources that have a tag, in these places.
    ///
    /// # Errors
    /// When it is interrupted.
    pub(crate) async fn find_by_tag(
        &self,
        tag: (&str, &str),
        places: &BTreeSet<Str>,
    ) -> Result<FoundByTag, CommandFailure> {
        let look = async |engine: &dr_run::Engine<'_>, _: &dr_run::Wanted<'_>| {
            Ok(dr_run::find_by_tag(engine, tag, places).await?)
        };
        self.with_plan_engine(None, &Graph::default(), look).await
    }
}
