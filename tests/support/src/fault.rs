//! Faults on the wire, chosen by what a call is, never by when it arrives: two runs with the same seed and the same calls
//! meet the same faults, however their calls interleave.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Response, StatusCode};
use sha2::{Digest, Sha256};

use crate::call::{Protocol, WireCall};

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFault {
    /// Answered at once with the protocol's throttling error; the server never hears of it.
    Throttle,
    /// Answered at once with a 503 of the protocol; the server never hears of it.
    Unavailable,
    /// The server does it, and the answer is lost: the connection closes without a byte.
    LoseReply,
    /// Reaches the server after this long.
    Delay(Duration),
}

/// Which calls meet which fault. The first rule that applies to a call decides.
#[derive(Debug, Clone)]
pub struct FaultRule {
    fault: WireFault,
    service: Option<String>,
    region: Option<String>,
    operation: Option<String>,
    which: Which,
}

#[derive(Debug, Clone, Copy)]
enum Which {
    /// Every one.
    All,
    /// The n-th time that one and the same call is made, counted from 1.
    Nth(u32),
    /// This many in a thousand, drawn from seed, call and attempt; at most so many times for one and the same call.
    Share { seed: u64, per_thousand: u16, at_most: u32 },
}

impl FaultRule {
    /// Every call meets `fault`, until narrowed by the other methods.
    pub fn all(fault: WireFault) -> Self {
        Self { fault, service: None, region: None, operation: None, which: Which::All }
    }

    /// Only the `attempt`-th time (from 1) that one and the same call is made: the repetition gets through.
    pub fn attempt(fault: WireFault, attempt: u32) -> Self {
        Self { which: Which::Nth(attempt), ..Self::all(fault) }
    }

    /// So many in a thousand, drawn from `seed`, and at most `at_most` times for one and the same call, so that whoever
    /// repeats it gets through.
    pub fn share(fault: WireFault, seed: u64, per_thousand: u16, at_most: u32) -> Self {
        Self { which: Which::Share { seed, per_thousand, at_most }, ..Self::all(fault) }
    }

    /// Only calls of this service (signing name).
    #[must_use]
    pub fn service(mut self, service: &str) -> Self {
        self.service = Some(service.to_owned());
        self
    }

    /// Only calls that are signed for this region.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }

    /// Only calls of this operation, as [`WireCall::operation`] writes it.
    #[must_use]
    pub fn operation(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    fn concerns(&self, call: &WireCall) -> bool {
        let wants = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        wants(&self.service, &call.service)
            && wants(&self.region, &call.region)
            && wants(&self.operation, &call.operation)
    }
}

/// The rules, and what is remembered to apply them.
#[derive(Debug, Default)]
pub(crate) struct WireFaults {
    rules: Vec<FaultRule>,
    /// By identity: how often the call was made.
    attempts: BTreeMap<String, u32>,
    /// By rule and identity: how often the rule struck.
    strikes: BTreeMap<(usize, String), u32>,
    /// How many calls met a fault.
    pub(crate) met: u64,
}

impl WireFaults {
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        Self { rules, ..Self::default() }
    }

    /// What the call meets, if anything; counts it.
    pub(crate) fn meet(&mut self, call: &WireCall, identity: &str) -> Option<WireFault> {
        let attempt = self.attempts.entry(identity.to_owned()).or_default();
        *attempt += 1;
        for (index, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.concerns(call)) {
            let struck = self.strikes.entry((index, identity.to_owned())).or_default();
            let strikes = match rule.which {
                Which::All => true,
                Which::Nth(wanted) => *attempt == wanted,
                Which::Share { seed, per_thousand, at_most } => {
                    *struck < at_most && draw(seed, index, identity, *attempt) < per_thousand
                }
            };
            if strikes {
                *struck += 1;
                self.met += 1;
                return Some(rule.fault);
            }
        }
        None
    }
}

/// A number below 1000 that depends on nothing but its arguments.
fn draw(seed: u64, rule: usize, identity: &str, attempt: u32) -> u16 {
    let digest = Sha256::digest(format!("{seed}/{rule}/{identity}/{attempt}"));
    let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    u16::try_from(number % 1000).unwrap_or_default()
}

/// The answer of an overloaded service, in the words of its protocol.
pub(crate) fn throttled(call: &WireCall, protocol: Protocol) -> Response<Bytes> {
    let (status, code) = match protocol {
        Protocol::Ec2 => (StatusCode::SERVICE_UNAVAILABLE, "RequestLimitExceeded"),
        Protocol::S3 => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        Protocol::Query => (StatusCode::BAD_REQUEST, "Throttling"),
        Protocol::Rest => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        Protocol::Cbor | Protocol::Json => (StatusCode::BAD_REQUEST, "ThrottlingException"),
    };
    refusal(protocol, status, code, &format!("Rate exceeded: {call}"))
}

/// The answer of a service that is not there for the moment, in the words of its protocol.
pub(crate) fn unavailable(call: &WireCall, protocol: Protocol) -> Response<Bytes> {
    let code = match protocol {
        Protocol::Cbor | Protocol::Json | Protocol::Rest => "ServiceUnavailableException",
        Protocol::Ec2 => "Unavailable",
        Protocol::Query | Protocol::S3 => "ServiceUnavailable",
    };
    refusal(protocol, StatusCode::SERVICE_UNAVAILABLE, code, &format!("The service is unavailable: {call}"))
}

/// The answer to somebody who may not make the call, in the words of its protocol.
pub(crate) fn denied(protocol: Protocol, why: &str) -> Response<Bytes> {
    let code = if protocol == Protocol::Ec2 { "UnauthorizedOperation" } else { "AccessDeniedException" };
    let code = if matches!(protocol, Protocol::S3 | Protocol::Query) { "AccessDenied" } else { code };
    refusal(protocol, StatusCode::FORBIDDEN, code, why)
}

fn refusal(protocol: Protocol, status: StatusCode, code: &str, message: &str) -> Response<Bytes> {
    let message = message.replace(['<', '>', '&', '"', '\\'], " ");
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    let (content, body) = match protocol {
        Protocol::Cbor => ("application/cbor", cbor(code, &message)),
        Protocol::Json => {
            ("application/x-amz-json-1.0", format!(r#"{{"__type":"{code}","message":"{message}"}}"#).into_bytes())
        }
        Protocol::Rest => ("application/json", format!(r#"{{"message":"{message}"}}"#).into_bytes()),
        Protocol::Ec2 => (
            "text/xml",
            format!("<Response><Errors>{error}</Errors><RequestID>wire</RequestID></Response>").into_bytes(),
        ),
        Protocol::Query => {
            ("text/xml", format!("<ErrorResponse>{error}<RequestId>wire</RequestId></ErrorResponse>").into_bytes())
        }
        Protocol::S3 => ("application/xml", error.into_bytes()),
    };
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let written = [("content-type", content), ("x-amzn-requestid", "wire"), ("x-amzn-errortype", code)];
    let marked = (protocol == Protocol::Cbor).then_some(("smithy-protocol", "rpc-v2-cbor"));
    for (name, value) in written.into_iter().chain(marked) {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

/// A map of two texts, which is all that an error is in CBOR.
fn cbor(code: &str, message: &str) -> Vec<u8> {
    const MAP_OF_TWO: u8 = 0xa2;
    const TEXT_WITH_TWO_BYTES_OF_LENGTH: u8 = 0x79;
    let mut bytes = vec![MAP_OF_TWO];
    for text in ["__type", code, "message", message] {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        bytes.push(TEXT_WITH_TWO_BYTES_OF_LENGTH);
        bytes.extend(length.to_be_bytes());
        bytes.extend(text.bytes().take(usize::from(length)));
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &str) -> WireCall {
        WireCall { service: "dynamodb".into(), region: "us-east-1".into(), operation: operation.into() }
    }

    /// The faults that each of forty calls, made three times, meets when they are made in this order.
    fn met(rules: &[FaultRule], order: impl Iterator<Item = u32>) -> BTreeMap<u32, Vec<Option<WireFault>>> {
        let mut faults = WireFaults::new(rules.to_vec());
        let mut met: BTreeMap<u32, Vec<_>> = BTreeMap::new();
        for number in order {
            met.entry(number).or_default().push(faults.meet(&call("CreateTable"), &number.to_string()));
        }
        met
    }

    #[test]
    fn faults_do_not_depend_on_the_order_of_arrival() {
        let rules =
            [FaultRule::share(WireFault::Throttle, 7, 300, 2), FaultRule::share(WireFault::LoseReply, 7, 300, 1)];
        let forth = met(&rules, (0..3).flat_map(|_| 0..40));
        let back = met(&rules, (0..40).rev().flat_map(|number| [number; 3]));
        assert_eq!(forth, back);
        let struck = forth.values().flatten().filter(|fault| fault.is_some()).count();
        assert!((10..110).contains(&struck), "{struck} of 120");
        let other_seed =
            [FaultRule::share(WireFault::Throttle, 8, 300, 2), FaultRule::share(WireFault::LoseReply, 8, 300, 1)];
        assert_ne!(forth, met(&other_seed, (0..3).flat_map(|_| 0..40)));
    }

    #[test]
    fn a_share_strikes_one_call_only_so_often() {
        let mut faults = WireFaults::new(vec![FaultRule::share(WireFault::Unavailable, 1, 1000, 2)]);
        let met: Vec<_> = (0..4).map(|_| faults.meet(&call("CreateTable"), "same").is_some()).collect();
        assert_eq!(met, [true, true, false, false]);
    }

    #[test]
    fn rules_are_narrowed_by_service_region_and_operation() {
        let cases = [
            (FaultRule::attempt(WireFault::LoseReply, 1).operation("CreateTable"), true),
            (FaultRule::attempt(WireFault::LoseReply, 2), false),
            (FaultRule::all(WireFault::LoseReply).service("s3"), false),
            (FaultRule::all(WireFault::LoseReply).service("dynamodb").region("us-east-1"), true),
            (FaultRule::all(WireFault::LoseReply).region("us-west-2"), false),
            (FaultRule::all(WireFault::LoseReply).operation("DeleteTable"), false),
        ];
        for (rule, strikes) in cases {
            let met = WireFaults::new(vec![rule.clone()]).meet(&call("CreateTable"), "same");
            assert_eq!(met.is_some(), strikes, "{rule:?}");
        }
    }
}
