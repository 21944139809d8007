//! The regions that the account can use: those that are enabled, asked of EC2.
//!
//! Where that cannot be asked, because this build has no EC2 or the caller may not, they are the known ones of the
//! partition; those that are not enabled then say so when they are asked for something.

use dr_core::cloud::CloudError;
use dr_core::region::of_partition;
use dr_core::value::Str;

use crate::connect::Connection;

/// The regions that the account can use, sorted by name.
///
/// # Errors
/// The errors after which a call may be tried again.
pub(crate) async fn of_account(connection: &Connection) -> Result<Vec<Str>, CloudError> {
    #[cfg(feature = "ec2")]
    {
        use dr_core::cloud::ErrorClass;
        match crate::ec2::sweep::enabled_regions(connection).await {
            Err(error) if !matches!(error.class, ErrorClass::Denied | ErrorClass::Invalid) => return Err(error),
            Ok(regions) if !regions.is_empty() => return Ok(regions),
            _ => {}
        }
    }
    Ok(of_partition(&connection.account.partition))
}
