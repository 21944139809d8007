//! For tests: a wire that answers what it was told to, for what no emulator shows.

#![allow(dead_code, reason = "which services there are to be tested is a matter of features")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use aws_types::region::Region;
use dr_core::address::Address;
use dr_core::cloud::{Cloud as _, Intent, Target};
use dr_core::online::{Objection, Wish, Wishes};
use dr_core::schema::{Kind, Place};
use dr_core::value::{Map, Value};

use crate::cloud::Aws;

/// What comes back over the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    /// A status, headers and a body.
    Http(u16, &'static [(&'static str, &'static str)], &'static str),
    /// Nothing in time.
    Timeout,
    /// The connection breaks.
    Broken,
}

/// A reply with this body.
pub(crate) const fn ok(body: &'static str) -> Reply {
    Reply::Http(200, &[], body)
}

/// A refusal with this body.
pub(crate) const fn refused(body: &'static str) -> Reply {
    Reply::Http(400, &[], body)
}

impl Reply {
    /// EC2's answer to an operation: what is inside.
    pub(crate) fn ec2(operation: &str, inside: &str) -> Reply {
        Reply::Http(200, &[], format!("<{operation}Response>{inside}</{operation}Response>").leak())
    }
}

/// The wire: answers in the order given, and remembers what was asked. What is sent again at once is answered as before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    last: Arc<Mutex<Option<Reply>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

const CALLER: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>U</UserId>\
    <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

impl Wire {
    /// A cloud behind a wire with these answers.
    pub(crate) async fn cloud(replies: &[Reply]) -> (Aws, Wire) {
        let wire = Wire::default();
        wire.replies.lock().unwrap().push_back(Reply::Http(200, &[], CALLER));
        wire.replies.lock().unwrap().extend(replies);
        let credentials = Credentials::new("key", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(wire.clone())
            .sleep_impl(aws_sdk_sts::config::SharedAsyncSleep::new(NoSleep))
            .build();
        let packages = Arc::new(|_: &str| Err(std::io::Error::other("there are no packages in this test")));
        (Aws::with_config(config, packages).await.unwrap(), wire)
    }

    /// What was asked after the caller's identity: method and address, and the body below.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().skip(1).cloned().collect()
    }
}

/// Time-outs never come by themselves here, and what waits less than that goes on at once.
#[derive(Debug)]
struct NoSleep;

/// No time-out is shorter.
const SHORTEST_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

impl aws_sdk_sts::config::AsyncSleep for NoSleep {
    fn sleep(&self, time: std::time::Duration) -> aws_sdk_sts::config::Sleep {
        match time < SHORTEST_TIMEOUT {
            true => aws_sdk_sts::config::Sleep::new(std::future::ready(())),
            false => aws_sdk_sts::config::Sleep::new(std::future::pending()),
        }
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        let is_again = request.headers().get("amz-sdk-request").is_some_and(|sent| !sent.contains("attempt=1;"));
        let mut last = self.last.lock().unwrap();
        if !is_again {
            self.requests.lock().unwrap().push(format!("{} {}\n{body}", request.method(), request.uri()));
            *last = self.replies.lock().unwrap().pop_front();
        }
        let reply = *last;
        HttpConnectorFuture::ready(match reply {
            Some(Reply::Http(status, headers, body)) => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                for (name, value) in headers {
                    response.headers_mut().insert(*name, *value);
                }
                Ok(response)
            }
            Some(Reply::Timeout) => Err(ConnectorError::timeout("no reply".into())),
            Some(Reply::Broken) => Err(ConnectorError::io("connection reset".into())),
            None => Err(ConnectorError::user("nobody told what to answer".into())),
        })
    }
}

/// A target of a kind, as the engine makes them.
pub(crate) struct Subject {
    pub(crate) kind: &'static Kind,
    pub(crate) region: &'static str,
    pub(crate) address: Address,
    pub(crate) intent: Intent,
    pub(crate) args: Map<Value>,
}

impl Subject {
    /// One in `us-east-1`, made by operation `op-1`. The arguments are JSON, complete.
    pub(crate) fn new(kind: &str, args: &str) -> Subject {
        let address = Address::new("", kind, "it").unwrap();
        let intent =
            Intent { op: "op-1".into(), environment: "pr-1".into(), program: "p".into(), address: address.clone() };
        let kind = dr_kinds::registry().get(kind).unwrap();
        let args = Value::from_json(args).unwrap().as_map().unwrap().clone();
        Subject { kind, region: "us-east-1", address, intent, args }
    }

    pub(crate) fn at(&self) -> Target<'_> {
        Target { kind: self.kind, region: Some(self.region), address: &self.address }
    }
}

/// What the services are known to refuse of what a plan would make in `us-east-1`. The arguments of each are JSON.
pub(crate) async fn objections(kind: &str, made: &[&str], replies: &[Reply]) -> Vec<Objection> {
    let (aws, _) = Wire::cloud(replies).await;
    let subject = Subject::new(kind, made[0]);
    let wish = |args: &&str| Wish { address: subject.address.clone(), args: Subject::new(kind, args).args.into() };
    let region = (subject.kind.place == Place::Regional).then(|| subject.region.into());
    let wishes = Wishes { kind: subject.kind, region, made: made.iter().map(wish).collect(), deleted: 0 };
    let at = Target { region: wishes.region.as_deref(), ..subject.at() };
    aws.objections(at, &wishes).await.unwrap()
}
