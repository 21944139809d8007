//! Leftovers of Lambda: functions that lost their tags, and layers, which cannot be tagged.

use aws_sdk_lambda::types::{FunctionConfiguration, LayersListItem};
use dr_core::leftover::{Leftover, Trail};

use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[
    LeftoverLook {
        what: "functions, by the suffix",
        is_global: false,
        ask: |connection, region, trail| Box::pin(functions(connection, region, trail)),
    },
    LeftoverLook {
        what: "layers, by the suffix",
        is_global: false,
        ask: |connection, region, trail| Box::pin(layers(connection, region, trail)),
    },
];

async fn functions(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let pages = connection.clients.lambda(region).list_functions().into_paginator().items().send();
    let all: Vec<FunctionConfiguration> =
        connection.call("lambda:ListFunctions", CallPhase::Look, pages.try_collect()).await?;
    let names = all.iter().filter_map(|function| function.function_name());
    Ok(named("function", region, names, trail))
}

async fn layers(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let pages = connection.clients.lambda(region).list_layers().into_paginator().items().send();
    let all: Vec<LayersListItem> = connection.call("lambda:ListLayers", CallPhase::Look, pages.try_collect()).await?;
    Ok(named("layer", region, all.iter().filter_map(|layer| layer.layer_name()), trail))
}

fn named<'n>(what: &str, region: &str, names: impl Iterator<Item = &'n str>, trail: &Trail<'_>) -> Vec<Leftover> {
    names.filter_map(|name| Some(Leftover::new(what, Some(region), name, trail.of_name(Some(region), name)?))).collect()
}
