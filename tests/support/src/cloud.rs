//! The whole stand-in for AWS: moto for everything, LocalStack for CloudWatch, and one wire in front of both.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::boto::{Endpoints, boto};
use crate::emulator::{Emulator, Mode, Violations};
use crate::wire::{Routes, Wire};
use crate::{ACCOUNT, Error};

/// moto, LocalStack and the wire, ended together.
#[derive(Debug)]
pub struct TestCloud {
    wire: Wire,
    moto: Emulator,
    localstack: Emulator,
}

impl TestCloud {
    /// Starts both servers (at the same time) and the wire.
    ///
    /// # Errors
    /// When `tests/run` has prepared no interpreters, or a server does not come up.
    pub fn start(mode: Mode) -> Result<Self, Error> {
        let (moto, localstack) = std::thread::scope(|scope| {
            let moto = scope.spawn(|| Emulator::moto(mode));
            let localstack = Emulator::localstack();
            (moto.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), localstack)
        });
        let (moto, localstack) = (moto?, localstack?);
        let by_service = BTreeMap::from([("monitoring".to_owned(), localstack.endpoint())]);
        let wire = Wire::start(Routes { default: moto.endpoint(), by_service })?;
        Ok(Self { wire, moto, localstack })
    }

    /// The wire, to count, to disturb and to replay.
    pub fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The environment that points any AWS client at this cloud and nowhere else. Start the process from an empty one.
    pub fn environment(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("AWS_ENDPOINT_URL", self.wire.endpoint()),
            ("AWS_ACCESS_KEY_ID", ACCOUNT.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "none".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ])
    }

    /// Where the emulators themselves are, beside the wire.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints {
        Endpoints { aws: self.moto.endpoint(), cloudwatch: self.localstack.endpoint() }
    }

    /// Runs a checker against the servers themselves, past the wire, so that it is neither counted nor disturbed.
    ///
    /// # Errors
    /// As [`boto`].
    pub fn boto(&self, script: &str, arguments: &Value) -> Result<Value, Error> {
        boto(&self.endpoints(), script, arguments)
    }

    /// What requests broke of the rules that AWS publishes for them, since the last time this was asked.
    ///
    /// # Errors
    /// As [`Emulator::violations`].
    pub fn violations(&self) -> Result<Violations, Error> {
        let (mut all, others) = (self.moto.violations()?, self.localstack.violations()?);
        all.lines.extend(others.lines);
        all.checked += others.checked;
        Ok(all)
    }

    /// Empties both servers.
    ///
    /// # Errors
    /// When one of them has ended.
    pub fn reset(&self) -> Result<(), Error> {
        self.moto.reset()?;
        self.localstack.reset()
    }
}
