//! One emulator process, started through its launcher in `tests/emulators/` and ended when it is dropped.
//!
//! The protocol is in `tests/emulators/lifeline.py`: a line of JSON when the server is ready, `reset` and `violations` on
//! its standard input, and the end of that input as the order to end. Dropping closes the pipe and then makes sure.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::{Error, repository};

/// Which moto to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As its authors wrote it: an independent witness, lenient about the order of deletions.
    Stock,
    /// With our patches: what moto lacks, and AWS's refusals. What is proven only here says so.
    Patched,
}

/// What a server found out about the requests that it got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations {
    /// A line for each rule that was broken: the operation, the member, its value and the rule.
    pub lines: Vec<String>,
    /// How many requests were looked at.
    pub checked: u64,
}

/// A running server on a loopback port of its own.
#[derive(Debug)]
pub struct Emulator {
    name: &'static str,
    port: u16,
    log: PathBuf,
    child: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// Tells the logs of one test process apart.
static STARTED: AtomicU32 = AtomicU32::new(0);

impl Emulator {
    /// Starts moto_server and waits until it answers (a few seconds).
    ///
    /// # Errors
    /// When `tests/run` has prepared no interpreter, or the server does not come up.
    pub fn moto(mode: Mode) -> Result<Self, Error> {
        let arguments: &[&str] = match mode {
            Mode::Stock => &["--stock"],
            Mode::Patched => &[],
        };
        Self::start("moto", moto_python()?, arguments)
    }

    /// Starts LocalStack with CloudWatch and waits until it answers (some seconds).
    ///
    /// # Errors
    /// As [`Emulator::moto`].
    pub fn localstack() -> Result<Self, Error> {
        Self::start("localstack", interpreter("DR_TEST_LOCALSTACK_PYTHON")?, &[])
    }

    fn start(name: &'static str, python: PathBuf, arguments: &[&str]) -> Result<Self, Error> {
        let folder = repository().join("target/emulators");
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let log = folder.join(format!("{name}-{}-{number}.log", std::process::id()));
        let written_to = std::fs::create_dir_all(&folder).and_then(|()| File::create(&log));
        let mut child = Command::new(&python)
            .arg("-B")
            .arg(repository().join("tests/emulators").join(format!("{name}.py")))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(written_to.map_err(Error::io(format!("write {}", log.display())))?)
            .spawn()
            .map_err(Error::io(format!("start {}", python.display())))?;
        let pipes = child.stdin.take().zip(child.stdout.take().map(BufReader::new));
        let mut server = Self { name, port: 0, log, child, pipes: Mutex::new(pipes) };
        let ready = server.exchange(None)?;
        server.port = ready["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .ok_or_else(|| server.broken(format!("it said {ready}")))?;
        Ok(server)
    }

    /// The address that clients are pointed at, without a trailing slash.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Empties the server: every account, every region.
    ///
    /// # Errors
    /// When the server has ended or refuses.
    pub fn reset(&self) -> Result<(), Error> {
        let answer = self.exchange(Some("reset\n"))?;
        if answer["reset"] == true { Ok(()) } else { Err(self.broken(format!("it answered reset with {answer}"))) }
    }

    /// What requests broke of the rules that AWS publishes for them, since the last time this was asked
    /// (`tests/emulators/wire.py`).
    ///
    /// # Errors
    /// When the server has ended.
    pub fn violations(&self) -> Result<Violations, Error> {
        let answer = self.exchange(Some("violations\n"))?;
        let lines = answer["violations"].as_array().zip(answer["checked"].as_u64());
        let (lines, checked) = lines.ok_or_else(|| self.broken(format!("it said {answer}")))?;
        let lines = lines.iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect();
        Ok(Violations { lines, checked })
    }

    /// Writes a command, if any, and reads one line of the protocol.
    fn exchange(&self, command: Option<&str>) -> Result<Value, Error> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((input, output)) = pipes.as_mut() else { return Err(self.broken("it has no pipes".to_owned())) };
        let mut line = String::new();
        input
            .write_all(command.unwrap_or_default().as_bytes())
            .and_then(|()| input.flush())
            .and_then(|()| output.read_line(&mut line))
            .map_err(|error| self.broken(error.to_string()))?;
        serde_json::from_str(&line).map_err(|_| self.broken(format!("it said {line:?}")))
    }

    fn broken(&self, what: String) -> Error {
        Error::Server { name: self.name, what, log: self.log.clone() }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Closing the pipe lets the launcher tidy up; killing is for one that no longer listens.
        let pipes = self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((input, mut output)) = pipes {
            drop(input);
            let mut rest = String::new();
            while matches!(output.read_line(&mut rest), Ok(read) if read > 0) {}
        }
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The interpreter that has moto and boto3.
pub(crate) fn moto_python() -> Result<PathBuf, Error> {
    interpreter("DR_TEST_MOTO_PYTHON")
}

fn interpreter(variable: &'static str) -> Result<PathBuf, Error> {
    let missing = Error::NotPrepared { what: "Python with the emulator", place: variable };
    std::env::var_os(variable).map(PathBuf::from).ok_or(missing)
}
