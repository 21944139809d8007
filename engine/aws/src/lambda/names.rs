//! Names that others call functions by.

use crate::connect::Cx;

/// The ARN that API Gateway calls a function, or its alias, by.
pub(super) fn invoke_arn(cx: &Cx<'_>, arn: &str) -> String {
    let partition = arn.split(':').nth(1).unwrap_or("aws");
    format!("arn:{partition}:apigateway:{}:lambda:path/2015-03-31/functions/{arn}/invocations", cx.region())
}
