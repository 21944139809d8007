//! `s3.bucket`: lifecycle. The id is the bucket's name.
//!
//! Tags and ownership are given with the creation. Of the settings that follow, those are left out that a new bucket
//! has by itself, but for the public access block, which is never left to chance.

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership, Tagging};
use dr_core::cloud::{CloudError, ErrorClass, Intent, Settled};
use dr_core::convert::Tags;
use dr_core::online::{Objection, Wishes};
use dr_kinds::s3::{Bucket, BucketEncryption, BucketOut};

use super::tagging::tags_of;
use super::{empty, lifecycle, settings, taken};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags::{self, Reported as _};

/// The region that buckets are in which name none.
const FIRST_REGION: &str = "us-east-1";

impl Lifecycle for Bucket {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let ours = tags_of(cx, &args.bucket).await?.is_some_and(|tagged| tags::ours(&*tagged, intent));
        Ok(ours.then(|| args.bucket.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        // There, to create a bucket that the account has already succeeds, and resets its access lists.
        if cx.region() == FIRST_REGION
            && let Some(ours) = exists(cx, args, intent).await?
        {
            return if ours { Ok(args.bucket.clone()) } else { Err(cx.not_ours("s3:CreateBucket", &args.bucket)) };
        }
        let place = (cx.region() != FIRST_REGION).then(|| BucketLocationConstraint::from(cx.region()));
        let configuration = CreateBucketConfiguration::builder().set_location_constraint(place);
        let configuration = configuration.set_tags(Some(tags::list(tags::given(&args.tags, intent)))).build();
        let bucket = cx.s3().create_bucket().bucket(&args.bucket).create_bucket_configuration(configuration);
        let bucket = bucket.object_ownership(ObjectOwnership::from(args.object_ownership.as_str()));
        let bucket = bucket.set_object_lock_enabled_for_bucket(args.object_lock_enabled.then_some(true));
        cx.call("s3:CreateBucket", bucket.send()).await?;
        Ok(args.bucket.clone())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        settings::put_public_access_block(cx, id, &args.public_access_block).await?;
        let new = Bucket {
            versioning: false,
            encryption: BucketEncryption {
                sse_algorithm: "AES256".into(),
                kms_master_key_id: None,
                bucket_key_enabled: false,
            },
            lifecycle_rules: Vec::new(),
            logging: None,
            cors_rules: Vec::new(),
            ..args.clone()
        };
        change(cx, id, &new, args).await
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, BucketOut)>> {
        let Some(tagged) = tags_of(cx, id).await? else { return Ok(None) };
        let live = Bucket {
            versioning: settings::read_versioning(cx, id).await?,
            encryption: settings::read_encryption(cx, id, &last.encryption).await?,
            public_access_block: settings::read_public_access_block(cx, id).await?,
            object_ownership: settings::read_ownership(cx, id).await?,
            lifecycle_rules: lifecycle::read(cx, id).await?,
            logging: settings::read_logging(cx, id).await?,
            cors_rules: settings::read_cors(cx, id).await?,
            tags: tags::user(&*tagged),
            // Whether objects can be locked is decided when a bucket is made.
            ..last.clone()
        };
        let outputs = BucketOut {
            arn: cx.arn("s3", id),
            bucket_domain_name: format!("{id}.s3.amazonaws.com"),
            bucket_regional_domain_name: format!("{id}.s3.{}.amazonaws.com", cx.region()),
        };
        Ok(Some((live, outputs)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        change(cx, id, old, new).await?;
        if old.public_access_block != new.public_access_block {
            settings::put_public_access_block(cx, id, &new.public_access_block).await?;
        }
        if old.object_ownership != new.object_ownership {
            settings::put_ownership(cx, id, &new.object_ownership).await?;
        }
        if old.tags != new.tags {
            // All tags are replaced at once: those of the engine and of others are to stay.
            let mut all = tags_of(cx, id).await?.unwrap_or_default().tags();
            all.retain(|key, _| !old.tags.contains_key(key));
            all.extend(new.tags.clone());
            put_tags(cx, id, all).await?;
        }
        Ok(())
    }

    async fn objections(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
        taken::names(cx, wishes).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let bucket = || cx.call("s3:DeleteBucket", cx.s3().delete_bucket().bucket(id).send());
        // Only a bucket that is not empty is in the way of its own deletion.
        match bucket().await.found() {
            Err(error) if error.class == ErrorClass::Conflict && last.force_destroy => empty::empty(cx, id).await?,
            other => return other.map(drop),
        }
        bucket().await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(gone(tags_of(cx, id).await?))
    }
}

/// Whether there is such a bucket, and if so, whether this operation made it.
async fn exists(cx: &Cx<'_>, args: &Bucket, intent: &Intent) -> Result<Option<bool>> {
    match tags_of(cx, &args.bucket).await {
        Ok(tagged) => Ok(tagged.map(|tagged| tags::ours(&*tagged, intent))),
        // It exists, and may be somebody else's.
        Err(error) if error.class == ErrorClass::Denied => {
            let message =
                format!("a bucket named {} exists, and who made it may not be seen: {}", args.bucket, error.message);
            Err(CloudError { message, ..error })
        }
        Err(error) => Err(error),
    }
}

/// Changes the settings that a new bucket has a known value of.
async fn change(cx: &Cx<'_>, id: &str, old: &Bucket, new: &Bucket) -> Result<()> {
    if old.versioning != new.versioning {
        settings::put_versioning(cx, id, new.versioning).await?;
    }
    if old.encryption != new.encryption {
        settings::put_encryption(cx, id, &new.encryption).await?;
    }
    if old.lifecycle_rules != new.lifecycle_rules {
        lifecycle::put(cx, id, &new.lifecycle_rules).await?;
    }
    if old.logging != new.logging {
        settings::put_logging(cx, id, new.logging.as_ref()).await?;
    }
    if old.cors_rules != new.cors_rules {
        settings::put_cors(cx, id, &new.cors_rules).await?;
    }
    Ok(())
}

async fn put_tags(cx: &Cx<'_>, id: &str, all: Tags) -> Result<()> {
    // `build` fails only without tags.
    let tagging = Tagging::builder().set_tag_set(Some(tags::list(all))).build().ok();
    cx.call("s3:PutBucketTagging", cx.s3().put_bucket_tagging().bucket(id).set_tagging(tagging).send()).await.map(drop)
}
