//! Settings of `s3.bucket` that have calls of their own: versioning, encryption, public access block, ownership,
//! logging, CORS.
//!
//! What a bucket says nothing about has the meaning that S3 gives it, not that of the default.

use aws_sdk_s3::types as sdk;
use dr_kinds::s3::{BucketEncryption, BucketLogging, CorsRule, PublicAccessBlock};

use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::Result;

pub(super) async fn read_versioning(cx: &Cx<'_>, bucket: &str) -> Result<bool> {
    let reply = cx.call("s3:GetBucketVersioning", cx.s3().get_bucket_versioning().bucket(bucket).send()).await?;
    Ok(reply.status == Some(sdk::BucketVersioningStatus::Enabled))
}

/// Switches versioning on, or suspends it.
pub(super) async fn put_versioning(cx: &Cx<'_>, bucket: &str, on: bool) -> Result<()> {
    let status = if on { sdk::BucketVersioningStatus::Enabled } else { sdk::BucketVersioningStatus::Suspended };
    let versioning = sdk::VersioningConfiguration::builder().status(status).build();
    let bucket = cx.s3().put_bucket_versioning().bucket(bucket).versioning_configuration(versioning);
    cx.call("s3:PutBucketVersioning", bucket.send()).await.map(drop)
}

/// Without a setting, S3 encrypts with its own key. Whether a bucket key is in use means something for keys in KMS
/// only; otherwise it stays as `last` has it.
pub(super) async fn read_encryption(cx: &Cx<'_>, bucket: &str, last: &BucketEncryption) -> Result<BucketEncryption> {
    let reply =
        cx.call("s3:GetBucketEncryption", cx.s3().get_bucket_encryption().bucket(bucket).send()).await.found()?;
    let rule = reply.and_then(|r| r.server_side_encryption_configuration?.rules.into_iter().next());
    let by_default = rule.as_ref().and_then(|rule| rule.apply_server_side_encryption_by_default());
    let algorithm = by_default.map_or(sdk::ServerSideEncryption::Aes256, |default| default.sse_algorithm.clone());
    let of_kms = algorithm != sdk::ServerSideEncryption::Aes256;
    let bucket_key = rule.as_ref().and_then(|rule| rule.bucket_key_enabled).unwrap_or_default();
    Ok(BucketEncryption {
        sse_algorithm: algorithm.as_str().to_owned(),
        kms_master_key_id: by_default.and_then(|default| default.kms_master_key_id.clone()),
        bucket_key_enabled: if of_kms { bucket_key } else { last.bucket_key_enabled },
    })
}

pub(super) async fn put_encryption(cx: &Cx<'_>, bucket: &str, encryption: &BucketEncryption) -> Result<()> {
    let by_default = sdk::ServerSideEncryptionByDefault::builder()
        .sse_algorithm(sdk::ServerSideEncryption::from(encryption.sse_algorithm.as_str()))
        .set_kms_master_key_id(encryption.kms_master_key_id.clone());
    // The builders fail only without what is given here.
    let rule = sdk::ServerSideEncryptionRule::builder()
        .set_apply_server_side_encryption_by_default(by_default.build().ok())
        .bucket_key_enabled(encryption.bucket_key_enabled)
        .build();
    let configuration = sdk::ServerSideEncryptionConfiguration::builder().rules(rule).build().ok();
    let bucket = cx.s3().put_bucket_encryption().bucket(bucket);
    let bucket = bucket.set_server_side_encryption_configuration(configuration);
    cx.call("s3:PutBucketEncryption", bucket.send()).await.map(drop)
}

/// Without a setting, nothing is blocked.
pub(super) async fn read_public_access_block(cx: &Cx<'_>, bucket: &str) -> Result<PublicAccessBlock> {
    let block = cx.s3().get_public_access_block().bucket(bucket).send();
    let reply = cx.call("s3:GetPublicAccessBlock", block).await.found()?;
    let block = reply.and_then(|reply| reply.public_access_block_configuration);
    let block = block.unwrap_or_else(|| sdk::PublicAccessBlockConfiguration::builder().build());
    Ok(PublicAccessBlock {
        block_public_acls: block.block_public_acls.unwrap_or_default(),
        block_public_policy: block.block_public_policy.unwrap_or_default(),
        ignore_public_acls: block.ignore_public_acls.unwrap_or_default(),
        restrict_public_buckets: block.restrict_public_buckets.unwrap_or_default(),
    })
}

pub(super) async fn put_public_access_block(cx: &Cx<'_>, bucket: &str, block: &PublicAccessBlock) -> Result<()> {
    let block = sdk::PublicAccessBlockConfiguration::builder()
        .block_public_acls(block.block_public_acls)
        .block_public_policy(block.block_public_policy)
        .ignore_public_acls(block.ignore_public_acls)
        .restrict_public_buckets(block.restrict_public_buckets)
        .build();
    let bucket = cx.s3().put_public_access_block().bucket(bucket).public_access_block_configuration(block);
    cx.call("s3:PutPublicAccessBlock", bucket.send()).await.map(drop)
}

/// Without a setting, whoever writes an object owns it.
pub(super) async fn read_ownership(cx: &Cx<'_>, bucket: &str) -> Result<String> {
    let controls = cx.s3().get_bucket_ownership_controls().bucket(bucket).send();
    let reply = cx.call("s3:GetBucketOwnershipControls", controls).await.found()?;
    let rule = reply.and_then(|reply| reply.ownership_controls?.rules.into_iter().next());
    let ownership = rule.map_or(sdk::ObjectOwnership::ObjectWriter, |rule| rule.object_ownership);
    Ok(ownership.as_str().to_owned())
}

pub(super) async fn put_ownership(cx: &Cx<'_>, bucket: &str, ownership: &str) -> Result<()> {
    let rule = sdk::OwnershipControlsRule::builder().object_ownership(sdk::ObjectOwnership::from(ownership)).build();
    let controls = sdk::OwnershipControls::builder().set_rules(rule.ok().map(|rule| vec![rule])).build().ok();
    let bucket = cx.s3().put_bucket_ownership_controls().bucket(bucket).set_ownership_controls(controls);
    cx.call("s3:PutBucketOwnershipControls", bucket.send()).await.map(drop)
}

pub(super) async fn read_logging(cx: &Cx<'_>, bucket: &str) -> Result<Option<BucketLogging>> {
    let reply = cx.call("s3:GetBucketLogging", cx.s3().get_bucket_logging().bucket(bucket).send()).await?;
    Ok(reply
        .logging_enabled
        .map(|to| BucketLogging { target_bucket: to.target_bucket, target_prefix: to.target_prefix }))
}

/// Sets where requests are logged, or stops it.
pub(super) async fn put_logging(cx: &Cx<'_>, bucket: &str, logging: Option<&BucketLogging>) -> Result<()> {
    let enabled = logging.and_then(|to| {
        let to = sdk::LoggingEnabled::builder().target_bucket(&to.target_bucket).target_prefix(&to.target_prefix);
        to.build().ok()
    });
    let status = sdk::BucketLoggingStatus::builder().set_logging_enabled(enabled).build();
    let bucket = cx.s3().put_bucket_logging().bucket(bucket).bucket_logging_status(status);
    cx.call("s3:PutBucketLogging", bucket.send()).await.map(drop)
}

pub(super) async fn read_cors(cx: &Cx<'_>, bucket: &str) -> Result<Vec<CorsRule>> {
    let reply = cx.call("s3:GetBucketCors", cx.s3().get_bucket_cors().bucket(bucket).send()).await.found()?;
    let rules = reply.and_then(|reply| reply.cors_rules).unwrap_or_default();
    let rules = rules.into_iter().map(|rule| CorsRule {
        id: rule.id,
        allowed_origins: rule.allowed_origins,
        allowed_methods: rule.allowed_methods,
        allowed_headers: rule.allowed_headers.unwrap_or_default(),
        expose_headers: rule.expose_headers.unwrap_or_default(),
        max_age_seconds: rule.max_age_seconds.map(i64::from),
    });
    Ok(rules.collect())
}

/// Replaces the CORS rules.
pub(super) async fn put_cors(cx: &Cx<'_>, bucket: &str, rules: &[CorsRule]) -> Result<()> {
    if rules.is_empty() {
        let none = cx.s3().delete_bucket_cors().bucket(bucket).send();
        return cx.call("s3:DeleteBucketCors", none).await.map(drop);
    }
    let some = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    let rules = rules.iter().filter_map(|rule| {
        let sent = sdk::CorsRule::builder()
            .set_id(rule.id.clone())
            .set_allowed_origins(Some(rule.allowed_origins.clone()))
            .set_allowed_methods(Some(rule.allowed_methods.clone()))
            .set_allowed_headers(some(&rule.allowed_headers))
            .set_expose_headers(some(&rule.expose_headers))
            .set_max_age_seconds(rule.max_age_seconds.map(small));
        sent.build().ok()
    });
    let configuration = sdk::CorsConfiguration::builder().set_cors_rules(Some(rules.collect())).build().ok();
    let bucket = cx.s3().put_bucket_cors().bucket(bucket).set_cors_configuration(configuration);
    cx.call("s3:PutBucketCors", bucket.send()).await.map(drop)
}
