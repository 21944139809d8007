//! The log of a shared state in a table of DynamoDB.
//!
//! | `stack` (partition) | `row` (sort) | attributes |
//! | --- | --- | --- |
//! | `PROGRAM/ENVIRONMENT` | `entry#POSITION` | `bytes` |
//! | | `snapshot` | `position`, `parts`: which snapshot counts |
//! | | `snapshot#POSITION#PART` | `bytes` |
//! | | `lease` | `epoch`, `counter`, and, while somebody has it, `writer`, `name`, `silence` in milliseconds |
//! | `.stacks` | `PROGRAM/ENVIRONMENT` | |
//!
//! Positions have twenty digits, so that rows are sorted by them. Each change is one conditional write of one item, which
//! every table has, also one with replicas. All reads are consistent. What is not needed any more gets the attribute
//! `expires`, by which DynamoDB deletes it some weeks later.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use dr_core::cloud::{CloudError, CloudResult, ErrorClass};
use dr_core::state_log::{LeaseHolder, LeaseRow, LogSnapshot, StateLog};
use dr_core::value::Str;
use futures::{StreamExt as _, TryStreamExt as _};

use crate::connect::CallPhase;
use crate::connect::errors::Classes;
use crate::connect::{cloud_error, load, quick};
use crate::services::SERVICES;

/// The partition that lists the stacks. No program is called so.
const STACKS: &str = ".stacks";
const LEASE: &str = "lease";
const SNAPSHOT: &str = "snapshot";
/// The most bytes in a part of a snapshot. An item has at most 400 KB.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>
const PART: usize = 350 << 10;
/// How long what is not needed any more can still be read.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Changes of expiry under way at once.
const AT_ONCE: usize = 16;
/// The attribute by which DynamoDB deletes.
pub(crate) const EXPIRES: &str = "expires";
/// The key's attributes.
pub(crate) const KEY: [&str; 2] = ["stack", "row"];

#[allow(clippy::disallowed_types, reason = "the SDK takes items so")]
type Item = std::collections::HashMap<String, AttributeValue>;

/// A table that keeps the states of a team.
pub struct StateTable {
    pub(crate) client: Client,
    pub(crate) table: String,
    classes: Classes,
}

impl StateTable {
    /// The table of this name in a region, reached with the standard credential chain. Makes no call.
    pub async fn connect(table: &str, region: &str) -> StateTable {
        let config = quick(load().await);
        let config = aws_sdk_dynamodb::config::Builder::from(&config);
        let region = aws_types::region::Region::new(region.to_owned());
        let classes = SERVICES.iter().map(|service| (service.calls, service.errors)).collect();
        StateTable { client: Client::from_conf(config.region(region).build()), table: table.to_owned(), classes }
    }

    /// An SDK's error in the engine's words.
    pub(crate) fn failed<E>(&self, call: &str, error: SdkError<E, HttpResponse>) -> CloudError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        cloud_error(&self.classes, call, CallPhase::Look, error)
    }

    fn put(&self, stack: &str, row: &str) -> PutItemFluentBuilder {
        let put = self.client.put_item().table_name(&self.table);
        put.item(KEY[0], text(stack)).item(KEY[1], text(row))
    }

    async fn get(&self, stack: &str, row: &str) -> Result<Option<Item>, CloudError> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        let reply = get.key(KEY[0], text(stack)).key(KEY[1], text(row)).send().await;
        Ok(reply.map_err(|error| self.failed("dynamodb:GetItem", error))?.item)
    }

    /// The items of a stack from one row to another, both included, sorted.
    async fn between(&self, stack: &str, from: &str, to: &str, keys_only: bool) -> Result<Vec<Item>, CloudError> {
        let query = self.client.query().table_name(&self.table).consistent_read(true);
        let query = query.key_condition_expression("#stack = :stack AND #row BETWEEN :from AND :to");
        let query = query.expression_attribute_names("#stack", KEY[0]).expression_attribute_names("#row", KEY[1]);
        let query = query.expression_attribute_values(":stack", text(stack));
        let query = query.expression_attribute_values(":from", text(from)).expression_attribute_values(":to", text(to));
        let query = if keys_only { query.projection_expression("#row") } else { query };
        let mut pages = query.into_paginator().send();
        let mut items = Vec::new();
        while let Some(page) = pages.next().await {
            items.extend(page.map_err(|error| self.failed("dynamodb:Query", error))?.items.unwrap_or_default());
        }
        Ok(items)
    }

    /// Writes an item on its condition. Tells whether the condition held.
    async fn put_if(&self, put: PutItemFluentBuilder) -> Result<bool, CloudError> {
        match put.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(self.failed("dynamodb:PutItem", error)),
        }
    }

    /// Lets rows of a stack expire.
    async fn expire(&self, stack: &str, rows: Vec<Item>) -> Result<(), CloudError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at = number((now + KEPT).as_secs());
        let update = |row: String| {
            let update = self.client.update_item().table_name(&self.table);
            let update = update.key(KEY[0], text(stack)).key(KEY[1], text(&row));
            // What is deleted already is not made again.
            let update = update.update_expression("SET #expires = :at").condition_expression("attribute_exists(#row)");
            let update = update.expression_attribute_names("#expires", EXPIRES);
            let update =
                update.expression_attribute_names("#row", KEY[1]).expression_attribute_values(":at", at.clone());
            async move {
                match update.send().await {
                    Ok(_) => Ok(()),
                    Err(SdkError::ServiceError(gone)) if gone.err().is_conditional_check_failed_exception() => Ok(()),
                    Err(error) => Err(self.failed("dynamodb:UpdateItem", error)),
                }
            }
        };
        let rows = rows.into_iter().filter_map(|mut item| match item.remove(KEY[1]) {
            Some(AttributeValue::S(row)) => Some(row),
            _ => None,
        });
        futures::stream::iter(rows.map(update)).buffer_unordered(AT_ONCE).try_collect().await
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn entry(position: u64) -> String {
    format!("entry#{position:020}")
}

fn part(position: u64, number: u64) -> String {
    format!("{SNAPSHOT}#{position:020}#{number:06}")
}

/// An attribute of an item, if it is there and of the right sort.
trait Attributes {
    fn number(&self, name: &str) -> Option<u64>;
    fn text(&self, name: &str) -> Option<&str>;
    fn bytes(&mut self) -> Option<Vec<u8>>;
}

impl Attributes for Item {
    fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.as_n().ok()?.parse().ok()
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_s().ok().map(String::as_str)
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        match self.remove("bytes")? {
            AttributeValue::B(blob) => Some(blob.into_inner()),
            _ => None,
        }
    }
}

/// That an item is not one that was written here.
fn foreign(row: &str) -> CloudError {
    let why = format!("the item `{row}` is not as dr writes it");
    CloudError::new(ErrorClass::Invalid, "dynamodb:GetItem", "ForeignItem", why)
}

impl StateLog for StateTable {
    fn append<'a>(&'a self, stack: &'a str, position: u64, bytes: &'a [u8]) -> CloudResult<'a, bool> {
        Box::pin(async move {
            let put = self.put(stack, &entry(position)).item("bytes", AttributeValue::B(Blob::new(bytes)));
            let put = put.condition_expression("attribute_not_exists(#row)").expression_attribute_names("#row", KEY[1]);
            self.put_if(put).await
        })
    }

    fn entry<'a>(&'a self, stack: &'a str, position: u64) -> CloudResult<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let row = entry(position);
            let found = self.get(stack, &row).await?;
            found.map(|mut item| item.bytes().ok_or_else(|| foreign(&row))).transpose()
        })
    }

    fn entries<'a>(&'a self, stack: &'a str, from: u64) -> CloudResult<'a, Vec<(u64, Vec<u8>)>> {
        Box::pin(async move {
            let items = self.between(stack, &entry(from), &entry(u64::MAX), false).await?;
            let read = |mut item: Item| {
                let row = item.text(KEY[1]).unwrap_or_default().to_owned();
                let position = row.strip_prefix("entry#").and_then(|digits| digits.parse().ok());
                position.zip(item.bytes()).ok_or_else(|| foreign(&row))
            };
            items.into_iter().map(read).collect()
        })
    }

    fn snapshot<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<LogSnapshot>> {
        Box::pin(async move {
            let Some(item) = self.get(stack, SNAPSHOT).await? else { return Ok(None) };
            let numbers = item.number("position").zip(item.number("parts"));
            let (position, parts) = numbers.ok_or_else(|| foreign(SNAPSHOT))?;
            let items = self.between(stack, &part(position, 0), &part(position, parts), false).await?;
            if items.len() as u64 != parts {
                return Err(foreign(&part(position, items.len() as u64)));
            }
            let mut bytes = Vec::new();
            for (number, mut item) in (0..).zip(items) {
                bytes.extend(item.bytes().ok_or_else(|| foreign(&part(position, number)))?);
            }
            Ok(Some(LogSnapshot { position, bytes }))
        })
    }

    fn write_snapshot<'a>(&'a self, stack: &'a str, snapshot: &'a LogSnapshot) -> CloudResult<'a, ()> {
        Box::pin(async move {
            let LogSnapshot { position, bytes } = snapshot;
            let before = self.get(stack, SNAPSHOT).await?.and_then(|item| item.number("position"));
            let parts: Vec<&[u8]> = bytes.chunks(PART).collect();
            for (number, bytes) in (0..).zip(&parts) {
                let put = self.put(stack, &part(*position, number));
                let put = put.item("bytes", AttributeValue::B(Blob::new(*bytes)));
                put.send().await.map_err(|error| self.failed("dynamodb:PutItem", error))?;
            }
            // From here on it counts.
            let put = self.put(stack, SNAPSHOT).item("position", number(*position));
            let put = put.item("parts", number(parts.len() as u64));
            let put = put.condition_expression("attribute_not_exists(#row) OR #position < :position");
            let put =
                put.expression_attribute_names("#row", KEY[1]).expression_attribute_names("#position", "position");
            let is_latest = self.put_if(put.expression_attribute_values(":position", number(*position))).await?;
            if let Some(before) = before.filter(|before| is_latest && before < position) {
                let old = self.between(stack, &part(before, 0), &part(before, 999_999), true).await?;
                self.expire(stack, old).await?;
            }
            Ok(())
        })
    }

    fn retire<'a>(&'a self, stack: &'a str, from: u64, to: u64) -> CloudResult<'a, ()> {
        Box::pin(async move {
            let rows = self.between(stack, &entry(from), &entry(to), true).await?;
            self.expire(stack, rows).await
        })
    }

    fn lease<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<LeaseRow>> {
        Box::pin(async move {
            let Some(item) = self.get(stack, LEASE).await? else { return Ok(None) };
            let (epoch, counter) = item.number("epoch").zip(item.number("counter")).ok_or_else(|| foreign(LEASE))?;
            let holder = match item.text("writer") {
                None => None,
                Some(writer) => Some(LeaseHolder {
                    writer: writer.into(),
                    name: item.text("name").ok_or_else(|| foreign(LEASE))?.into(),
                    silence: Duration::from_millis(item.number("silence").ok_or_else(|| foreign(LEASE))?),
                }),
            };
            Ok(Some(LeaseRow { epoch, counter, holder }))
        })
    }

    fn swap_lease<'a>(
        &'a self,
        stack: &'a str,
        was: Option<&'a LeaseRow>,
        becomes: &'a LeaseRow,
    ) -> CloudResult<'a, bool> {
        Box::pin(async move {
            let put = self.put(stack, LEASE);
            let put = put.item("epoch", number(becomes.epoch)).item("counter", number(becomes.counter));
            let put = match &becomes.holder {
                None => put,
                Some(LeaseHolder { writer, name, silence }) => {
                    let silence = u64::try_from(silence.as_millis()).unwrap_or(u64::MAX);
                    put.item("writer", text(writer)).item("name", text(name)).item("silence", number(silence))
                }
            };
            let put = match was {
                None => {
                    let listed = self.put(STACKS, stack).send().await;
                    listed.map_err(|error| self.failed("dynamodb:PutItem", error))?;
                    let put = put.condition_expression("attribute_not_exists(#row)");
                    put.expression_attribute_names("#row", KEY[1])
                }
                Some(was) => {
                    let put = put.condition_expression("#epoch = :epoch AND #counter = :counter");
                    let put = put.expression_attribute_names("#epoch", "epoch");
                    let put = put.expression_attribute_names("#counter", "counter");
                    let put = put.expression_attribute_values(":epoch", number(was.epoch));
                    put.expression_attribute_values(":counter", number(was.counter))
                }
            };
            self.put_if(put).await
        })
    }

    fn stacks(&self) -> CloudResult<'_, Vec<Str>> {
        Box::pin(async move {
            // Whatever a stack is called, its first letter is between these two.
            let items = self.between(STACKS, " ", "\u{10ffff}", true).await?;
            Ok(items.iter().filter_map(|item| item.text(KEY[1])).map(Str::from).collect())
        })
    }
}
