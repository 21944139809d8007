//! `s3.bucket_policy`: lifecycle. The id is the bucket's name. To create it is to put it, and so it is to change it.

use dr_core::cloud::Intent;
use dr_core::convert::{NoOutputs, PolicyDocument};
use dr_kinds::s3::BucketPolicy;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given};

impl Lifecycle for BucketPolicy {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, args.bucket.clone(), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        put(cx, args).await?;
        Ok(args.bucket.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let reply = cx.call("s3:GetBucketPolicy", cx.s3().get_bucket_policy().bucket(id).send()).await.found()?;
        let policy = reply.and_then(|reply| reply.policy);
        Ok(policy.map(|text| (BucketPolicy { policy: PolicyDocument::parse(&text), ..last.clone() }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        put(cx, new).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        cx.call("s3:DeleteBucketPolicy", cx.s3().delete_bucket_policy().bucket(id).send()).await.found().map(drop)
    }
}

async fn put(cx: &Cx<'_>, args: &BucketPolicy) -> Result<()> {
    let policy = cx.s3().put_bucket_policy().bucket(&args.bucket).policy(args.policy.text());
    cx.call("s3:PutBucketPolicy", policy.send()).await.map(drop)
}
