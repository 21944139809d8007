//! Whether somebody else has the name that a bucket is to get.

use dr_core::cloud::ErrorClass;
use dr_core::online::{Objection, Wishes};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// Whether the names of buckets belong to other accounts. A bucket of this account is no objection: it may be one that an
/// interrupted creation made.
pub(super) async fn names(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
    let mut found = Vec::new();
    for (wish, made) in wishes.made.iter().enumerate() {
        let Some(name) = made.text("bucket") else { continue };
        match cx.call("s3:HeadBucket", cx.s3().head_bucket().bucket(name).send()).await.found() {
            Ok(_) => {}
            // S3 says only that it is somebody's.
            Err(error) if error.class == ErrorClass::Denied => found.push(Objection {
                wish,
                check: "O03",
                argument: "bucket",
                message: format!("another account has a bucket `{name}`, or yours may not look at it"),
                help: vec!["choose another name; the account number in it makes it yours".to_owned()],
                may_pass: false,
            }),
            // In another region: S3 names that one, whoever has the bucket.
            Err(error) if error.class == ErrorClass::Invalid => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
