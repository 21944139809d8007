//! What one request on the wire is: which service, which region, which operation, and on what.
//!
//! AWS's protocols say it in four ways: a header (`X-Amz-Target`), a form field (`Action=`), a path
//! (`/service/…/operation/PutMetricAlarm`), or, in REST, the method with the shape of the path. Service and region come
//! from the credential scope of the signature, which every signed request carries.

use std::fmt;
use std::time::Duration;

use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::http::request::Parts;
use sha2::{Digest, Sha256};

/// Which operation a request is for. Ordered, so that counts come out in one order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WireCall {
    /// The signing name of the service: `dynamodb`, `monitoring` (CloudWatch), `logs`, `s3`.
    pub service: String,
    /// The region in the signature. Global services sign for `us-east-1`.
    pub region: String,
    /// The operation, such as `CreateTable`; in REST the method and the path with its names left out, such as
    /// `PUT /*?versioning` (S3) or `GET /functions/*` (Lambda).
    pub operation: String,
}

impl fmt::Display for WireCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} in {}", self.service, self.operation, self.region)
    }
}

/// A request that reached a server, with all that is needed to send it again.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Which operation.
    pub call: WireCall,
    /// The HTTP status that the server answered.
    pub status: u16,
    /// How long the server took to answer.
    pub took: Duration,
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
}

/// The shape in which a protocol writes its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Cbor,
    Ec2,
    Json,
    Query,
    Rest,
    S3,
}

impl WireCall {
    /// Reads a request; `None` when it is not signed, as the emulators' own pages are not.
    pub(crate) fn of(request: &Parts, body: &[u8]) -> Option<Self> {
        let signature = text(&request.headers, AUTHORIZATION.as_str())?;
        let scope = signature.split("Credential=").nth(1)?.split([',', ' ']).next()?;
        // key / date / region / service / aws4_request
        let mut parts = scope.split('/').skip(2);
        let (region, service) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let operation = target(&request.headers)
            .or_else(|| operation_in_path(request.uri.path()))
            .or_else(|| action(body).filter(|_| Protocol::is_form(&request.headers)))
            .unwrap_or_else(|| rest_operation(request, service == "s3"));
        Some(Self { service, region, operation })
    }

    /// Tells this request from others of the same operation, whatever order they arrive in.
    pub(crate) fn identity(&self, request: &Parts, body: &[u8]) -> String {
        let mut hash = Sha256::new();
        for part in [self.to_string().as_bytes(), request.uri.to_string().as_bytes(), body] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        format!("{:x}", hash.finalize())
    }
}

impl Protocol {
    pub(crate) fn of(call: &WireCall, headers: &HeaderMap) -> Self {
        let content = text(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        match call.service.as_str() {
            _ if content.starts_with("application/cbor") || headers.contains_key("smithy-protocol") => Self::Cbor,
            _ if headers.contains_key("x-amz-target") => Self::Json,
            "ec2" => Self::Ec2,
            "s3" => Self::S3,
            "route53" => Self::Query,
            _ if Self::is_form(headers) => Self::Query,
            _ => Self::Rest,
        }
    }

    fn is_form(headers: &HeaderMap) -> bool {
        text(headers, CONTENT_TYPE.as_str()).is_some_and(|c| c.starts_with("application/x-www-form-urlencoded"))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `DynamoDB_20120810.CreateTable`
fn target(headers: &HeaderMap) -> Option<String> {
    text(headers, "x-amz-target")?.rsplit('.').next().map(str::to_owned)
}

/// `/service/GraniteServiceVersion20100801/operation/PutMetricAlarm`
fn operation_in_path(path: &str) -> Option<String> {
    path.strip_prefix("/service/")?.split_once("/operation/").map(|(_, operation)| operation.to_owned())
}

/// `Action=CreateRole&…`
fn action(body: &[u8]) -> Option<String> {
    let form = std::str::from_utf8(body).ok()?;
    form.split('&').find_map(|field| field.strip_prefix("Action=")).map(str::to_owned)
}

/// The method and the path without its names: after a version such as `2015-03-31`, every second segment is a name. In
/// S3 the first is the bucket and the rest is the key, and a query field without a value names a part of the bucket.
fn rest_operation(request: &Parts, s3: bool) -> String {
    let segments: Vec<&str> = request.uri.path().split('/').filter(|s| !s.is_empty()).collect();
    let versioned = segments.first().is_some_and(|s| s.len() == 10 && s.starts_with("20"));
    let names = |(index, segment): (usize, &&str)| if index % 2 == 1 { "*".to_owned() } else { (*segment).to_owned() };
    let path = match (s3, segments.len()) {
        (true, 0) => String::new(),
        (true, 1) => "*".to_owned(),
        (true, _) => "*/*".to_owned(),
        (false, _) => {
            let kept: Vec<String> = segments.iter().skip(usize::from(versioned)).enumerate().map(names).collect();
            kept.join("/")
        }
    };
    let fields = request.uri.query().unwrap_or_default().split('&');
    let part = fields.filter(|field| s3 && !field.is_empty()).find(|field| !field.trim_end_matches('=').contains('='));
    let part = part.map(|field| format!("?{}", field.trim_end_matches('='))).unwrap_or_default();
    format!("{} /{path}{part}", request.method)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn call(method: &str, uri: &str, scope: &str, headers: &[(&str, &str)], body: &str) -> Option<WireCall> {
        let mut request = Request::builder().method(method).uri(uri);
        if !scope.is_empty() {
            let signature =
                format!("AWS4-HMAC-SHA256 Credential=KEY/20260101/{scope}/aws4_request, SignedHeaders=host");
            request = request.header(AUTHORIZATION, signature);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        WireCall::of(&request.body(()).unwrap().into_parts().0, body.as_bytes())
    }

    #[test]
    fn every_protocol_names_its_operation() {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let table = [("x-amz-target", "DynamoDB_20120810.CreateTable")];
        let cases = [
            ("POST", "/", "eu-west-1/dynamodb", &table[..], "{}", "dynamodb CreateTable in eu-west-1"),
            ("POST", "/", "us-east-1/iam", &form[..], "Action=CreateRole&RoleName=a", "iam CreateRole in us-east-1"),
            ("POST", "/", "us-east-1/sns", &form[..], "Version=1&Action=Publish", "sns Publish in us-east-1"),
            (
                "POST",
                "/service/GraniteServiceVersion20100801/operation/PutMetricAlarm",
                "us-east-1/monitoring",
                &[],
                "",
                "monitoring PutMetricAlarm in us-east-1",
            ),
            ("PUT", "/bucket", "us-east-1/s3", &[], "", "s3 PUT /* in us-east-1"),
            ("PUT", "/bucket?versioning", "us-east-1/s3", &[], "", "s3 PUT /*?versioning in us-east-1"),
            ("GET", "/bucket/?list-type=2&prefix=a", "us-east-1/s3", &[], "", "s3 GET /* in us-east-1"),
            ("PUT", "/bucket/a/b?x-id=PutObject", "us-east-1/s3", &[], "Action=No", "s3 PUT /*/* in us-east-1"),
            (
                "GET",
                "/2015-03-31/functions/f/policy",
                "us-west-2/lambda",
                &[],
                "",
                "lambda GET /functions/*/policy in us-west-2",
            ),
            (
                "POST",
                "/restapis/1/resources/2",
                "us-east-1/apigateway",
                &[],
                "",
                "apigateway POST /restapis/*/resources/* in us-east-1",
            ),
        ];
        for (method, uri, scope, headers, body, expected) in cases {
            let found = call(method, uri, scope, headers, body).map(|call| call.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{method} {uri}");
        }
    }

    #[test]
    fn what_is_not_signed_is_no_call() {
        assert_eq!(call("POST", "/moto-api/reset", "", &[], ""), None);
    }
}
