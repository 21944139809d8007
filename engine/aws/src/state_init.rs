//! Making the table of a shared state, and looking after its settings.
//!
//! Nothing is waited for here: [`StateTable::advance`] does what can be done now and says what it waits for. It may be
//! called again at any time, also on a table that is in use.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateReplicationGroupMemberAction, KeySchemaElement, KeyType,
    PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, ReplicaStatus, ReplicationGroupUpdate,
    ScalarAttributeType, SseSpecification, StreamSpecification, StreamViewType, TableDescription, TableStatus, Tag,
    TimeToLiveSpecification, TimeToLiveStatus,
};
use dr_core::cloud::{CloudError, ErrorClass};

use crate::connect::MayBeGone as _;
use crate::state_table::{EXPIRES, KEY, StateTable};

/// What was done about the table of a shared state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableStep {
    /// This was begun or set.
    Did(String),
    /// This is not ready yet.
    Waits(String),
    /// Everything is as it should be.
    Ready,
}

impl StateTable {
    /// Does the next thing that makes the table what it should be: paid by request, encrypted, protected from deletion,
    /// with point-in-time recovery, rows that expire, and, if wanted, a replica in another region.
    ///
    /// # Errors
    /// When it is refused, or a table of this name is something else.
    pub async fn advance(&self, region: &str, replica: Option<&str>) -> Result<TableStep, CloudError> {
        let Some(table) = self.describe().await? else {
            self.create().await?;
            return Ok(TableStep::Did(format!("made the table `{}` in {region}", self.table)));
        };
        self.check_key(&table)?;
        if table.table_status() != Some(&TableStatus::Active) {
            return Ok(TableStep::Waits(format!("the table `{}`", self.table)));
        }
        if !table.deletion_protection_enabled.unwrap_or_default() {
            self.protect().await?;
            return Ok(TableStep::Did("protected it from deletion".into()));
        }
        if !self.has_recovery().await? {
            self.set_recovery().await?;
            return Ok(TableStep::Did("switched point-in-time recovery on".into()));
        }
        if !self.has_expiry().await? {
            self.set_expiry().await?;
            return Ok(TableStep::Did("let old rows expire".into()));
        }
        let Some(replica) = replica else { return Ok(TableStep::Ready) };
        let found = table.replicas().iter().find(|other| other.region_name() == Some(replica));
        match found.map(|found| found.replica_status()) {
            None => {
                self.replicate(&table, replica).await.map(|()| TableStep::Did(format!("began a replica in {replica}")))
            }
            Some(Some(ReplicaStatus::Active)) => Ok(TableStep::Ready),
            Some(_) => Ok(TableStep::Waits(format!("the replica in {replica}"))),
        }
    }

    /// The same for what a replica has of its own: protection and recovery.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn advance_replica(&self) -> Result<TableStep, CloudError> {
        let Some(table) = self.describe().await? else {
            return Ok(TableStep::Waits(format!("the replica of `{}`", self.table)));
        };
        if table.table_status() != Some(&TableStatus::Active) {
            return Ok(TableStep::Waits(format!("the replica of `{}`", self.table)));
        }
        if !table.deletion_protection_enabled.unwrap_or_default() {
            self.protect().await?;
            return Ok(TableStep::Did("protected the replica from deletion".into()));
        }
        if !self.has_recovery().await? {
            self.set_recovery().await?;
            return Ok(TableStep::Did("switched point-in-time recovery of the replica on".into()));
        }
        Ok(TableStep::Ready)
    }

    async fn describe(&self) -> Result<Option<TableDescription>, CloudError> {
        let reply = self.client.describe_table().table_name(&self.table).send().await;
        let reply = reply.map_err(|error| self.failed("dynamodb:DescribeTable", error)).found()?;
        Ok(reply.and_then(|reply| reply.table))
    }

    fn check_key(&self, table: &TableDescription) -> Result<(), CloudError> {
        let is_ours = KEY.iter().zip([KeyType::Hash, KeyType::Range]).all(|(name, sort)| {
            table.key_schema().iter().any(|key| key.attribute_name() == *name && *key.key_type() == sort)
        });
        match is_ours {
            true => Ok(()),
            false => {
                let why = format!("there is a table `{}` that holds something else; choose another name", self.table);
                Err(CloudError::new(ErrorClass::Invalid, "dynamodb:DescribeTable", "ForeignTable", why))
            }
        }
    }

    async fn create(&self) -> Result<(), CloudError> {
        let mut call = self.client.create_table().table_name(&self.table);
        for (name, sort) in KEY.into_iter().zip([KeyType::Hash, KeyType::Range]) {
            let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            let key = KeySchemaElement::builder().attribute_name(name).key_type(sort);
            // All that they need is given.
            let (Ok(definition), Ok(key)) = (definition.build(), key.build()) else { continue };
            call = call.attribute_definitions(definition).key_schema(key);
        }
        let encryption = SseSpecification::builder().enabled(true).build();
        let call = call.billing_mode(BillingMode::PayPerRequest).sse_specification(encryption);
        let call = call.deletion_protection_enabled(true);
        let call = call.set_tags(Tag::builder().key("ManagedBy").value("dr").build().ok().map(|tag| vec![tag]));
        call.send().await.map_err(|error| self.failed("dynamodb:CreateTable", error)).map(drop)
    }

    async fn protect(&self) -> Result<(), CloudError> {
        let call = self.client.update_table().table_name(&self.table).deletion_protection_enabled(true);
        call.send().await.map_err(|error| self.failed("dynamodb:UpdateTable", error)).map(drop)
    }

    async fn has_recovery(&self) -> Result<bool, CloudError> {
        let reply = self.client.describe_continuous_backups().table_name(&self.table).send().await;
        let reply = reply.map_err(|error| self.failed("dynamodb:DescribeContinuousBackups", error))?;
        let backups = reply.continuous_backups_description;
        let status = backups.and_then(|b| b.point_in_time_recovery_description?.point_in_time_recovery_status);
        Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
    }

    async fn set_recovery(&self) -> Result<(), CloudError> {
        let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
        let call = self.client.update_continuous_backups().table_name(&self.table);
        let call = call.set_point_in_time_recovery_specification(recovery.ok());
        call.send().await.map_err(|error| self.failed("dynamodb:UpdateContinuousBackups", error)).map(drop)
    }

    async fn has_expiry(&self) -> Result<bool, CloudError> {
        let reply = self.client.describe_time_to_live().table_name(&self.table).send().await;
        let reply = reply.map_err(|error| self.failed("dynamodb:DescribeTimeToLive", error))?;
        let expiry = reply.time_to_live_description;
        let is_on =
            |status: &TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
        Ok(expiry.is_some_and(|expiry| expiry.time_to_live_status().is_some_and(is_on)))
    }

    async fn set_expiry(&self) -> Result<(), CloudError> {
        let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name(EXPIRES).build();
        let call = self.client.update_time_to_live().table_name(&self.table);
        let call = call.set_time_to_live_specification(expiry.ok());
        call.send().await.map_err(|error| self.failed("dynamodb:UpdateTimeToLive", error)).map(drop)
    }

    /// Begins a replica. It follows the table's stream, which is switched on first.
    async fn replicate(&self, table: &TableDescription, region: &str) -> Result<(), CloudError> {
        let call = self.client.update_table().table_name(&self.table);
        let has_stream = table.stream_specification().is_some_and(|stream| stream.stream_enabled());
        let call = if has_stream {
            let replica = CreateReplicationGroupMemberAction::builder().region_name(region).build();
            call.replica_updates(ReplicationGroupUpdate::builder().set_create(replica.ok()).build())
        } else {
            let stream = StreamSpecification::builder().stream_enabled(true);
            let stream = stream.stream_view_type(StreamViewType::NewAndOldImages).build();
            call.set_stream_specification(stream.ok())
        };
        call.send().await.map_err(|error| self.failed("dynamodb:UpdateTable", error)).map(drop)
    }
}
