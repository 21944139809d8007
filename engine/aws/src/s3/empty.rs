//! Emptying a bucket: every version, every delete marker, every unfinished upload, 1000 per call.
//!
//! Each list starts from the beginning, because what was listed before is gone. So it can be broken off anywhere and
//! begun again.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use dr_core::cloud::CloudError;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// Removes everything that is in the bucket now.
pub(super) async fn empty(cx: &Cx<'_>, bucket: &str) -> Result<()> {
    objects(cx, bucket).await?;
    uploads(cx, bucket).await
}

async fn objects(cx: &Cx<'_>, bucket: &str) -> Result<()> {
    loop {
        let page = cx.s3().list_object_versions().bucket(bucket).send();
        let Some(page) = cx.call("s3:ListObjectVersions", page).await.found()? else { return Ok(()) };
        let versions = page.versions.unwrap_or_default().into_iter().map(|object| (object.key, object.version_id));
        let markers = page.delete_markers.unwrap_or_default().into_iter().map(|marker| (marker.key, marker.version_id));
        let objects: Vec<ObjectIdentifier> =
            versions.chain(markers).filter_map(|(key, version)| identifier(key?, version)).collect();
        if objects.is_empty() {
            return Ok(());
        }
        // `build` fails only without objects.
        let delete = Delete::builder().quiet(true).set_objects(Some(objects)).build().ok();
        let delete = cx.s3().delete_objects().bucket(bucket).set_delete(delete).send();
        let Some(reply) = cx.call("s3:DeleteObjects", delete).await.found()? else { return Ok(()) };
        if let Some(refused) = reply.errors().first() {
            return Err(error(cx, refused));
        }
        // What was written in the meantime keeps the bucket from being deleted, and is removed next time.
        if page.is_truncated != Some(true) {
            return Ok(());
        }
    }
}

fn identifier(key: String, version: Option<String>) -> Option<ObjectIdentifier> {
    ObjectIdentifier::builder().key(key).set_version_id(version).build().ok()
}

/// The error of one object among many.
fn error(cx: &Cx<'_>, refused: &aws_sdk_s3::types::Error) -> CloudError {
    const CALL: &str = "s3:DeleteObjects";
    let code = refused.code().unwrap_or("Unknown");
    let why = refused.message().unwrap_or("S3 does not say why");
    let class = cx.looking().class(CALL, 0, code, why);
    CloudError::new(class, CALL, code, format!("{}: {why}", refused.key().unwrap_or_default()))
}

async fn uploads(cx: &Cx<'_>, bucket: &str) -> Result<()> {
    loop {
        let page = cx.s3().list_multipart_uploads().bucket(bucket).send();
        let Some(page) = cx.call("s3:ListMultipartUploads", page).await.found()? else { return Ok(()) };
        for upload in page.uploads() {
            let abort = cx.s3().abort_multipart_upload().bucket(bucket);
            let abort = abort.set_key(upload.key.clone()).set_upload_id(upload.upload_id.clone());
            cx.call("s3:AbortMultipartUpload", abort.send()).await.found()?;
        }
        if page.is_truncated != Some(true) {
            return Ok(());
        }
    }
}
