//! How much does `dr` add to what the server takes? 48 resources that need nothing of each other, eight each of six
//! kinds, against one `moto_server` (with our patches: the SDK cannot read stock moto's S3).
//!
//! ```text
//! cargo build --release
//! cargo run -p dr-tests --features emulators --example emulator [-- path/to/dr]
//! ```
//!
//! The interpreter comes from `DR_TEST_MOTO_PYTHON` (`tests/run` prepares `target/venv-moto/bin/python`). Apply, empty
//! plan and destroy are run twice: once through the wire, which records their calls, and once straight to the server,
//! which is timed. Then the recorded calls are replayed against the emptied server, 32 at a time. The server has one
//! core, so the replay says what no client can beat; at most 1.3 times that is wanted. Last come the calls by service.
#![allow(clippy::unwrap_used, clippy::panic)] // A measurement that cannot go on says so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use dr_tests_support::{ACCOUNT, Emulator, Mode, Recorded, Routes, Wire, WireCall, dr, replay, repository};

const PROGRAM: &str = r#"
component("main", #{ region: "us-east-1" }, || {
    for i in 0..8 {
        s3::bucket(`bucket${i}`, #{ bucket: `bench-bucket-${i}` });
        dynamodb::table(`table${i}`, #{ hash_key: "id", attributes: [#{ name: "id", type: "S" }] });
        sqs::queue(`queue${i}`, #{});
        sns::topic(`topic${i}`, #{});
        ssm::parameter(`parameter${i}`, #{ name: `/bench/${i}`, type: "String", value: "v" });
        logs::log_group(`group${i}`, #{ name: `/bench/${i}`, retention_in_days: 1 });
    }
});
"#;
/// The commands in their order, and what the fastest published direct deployer took for them on two such cores.
const COMMANDS: [(&str, f64); 3] = [("apply", 2.6), ("plan", 1.4), ("destroy", 1.7)];
const AT_A_TIME: usize = 32;
const WANTED: f64 = 1.3;

fn main() {
    let built = repository().join("target/release/dr");
    let given = std::env::args().nth(1).map(PathBuf::from);
    let binary = given.unwrap_or_else(|| if built.exists() { built } else { dr().unwrap() });
    println!("{}", binary.display());
    let moto = Emulator::moto(Mode::Patched).unwrap();
    let routes = Routes { default: moto.endpoint(), by_service: BTreeMap::new() };

    let wire = Wire::start(routes.clone()).unwrap();
    let mut recorded: Vec<(Vec<Recorded>, BTreeMap<WireCall, u64>)> = Vec::new();
    life(&binary, &wire.endpoint(), || {
        let counts = wire.counts();
        recorded.push((wire.take_recorded(), counts));
    });
    moto.reset().unwrap();
    let took = life(&binary, &moto.endpoint(), || {});
    moto.reset().unwrap();

    println!("{:8} {:>7} {:>7} {:>6} {:>6} {:>7}  others", "", "dr s", "server", "ratio", "calls", "unlike");
    for (((command, others), took), (calls, _)) in COMMANDS.iter().zip(took).zip(&recorded) {
        let server = replay(&routes, calls, AT_A_TIME).unwrap();
        let ratio = took.as_secs_f64() / server.took.as_secs_f64();
        let verdict = if ratio <= WANTED { "" } else { "  above 1.3" };
        println!(
            "{command:8} {:7.3} {:7.3} {ratio:6.2} {:6} {:7}  {others} s{verdict}",
            took.as_secs_f64(),
            server.took.as_secs_f64(),
            server.calls,
            server.unlike
        );
    }
    let mut table: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    for (place, (_, counts)) in recorded.iter().enumerate() {
        for (call, count) in counts {
            table.entry(format!("{} {}", call.service, call.operation)).or_default()[place] += count;
        }
    }
    println!("\n{:48} {:>7} {:>7} {:>7}", "calls", "apply", "plan", "destroy");
    for (call, [apply, plan, destroy]) in table {
        println!("{call:48} {apply:7} {plan:7} {destroy:7}");
    }
}

/// Applies, plans and destroys; calls `after` each.
fn life(binary: &Path, endpoint: &str, mut after: impl FnMut()) -> Vec<Duration> {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("bench.rhai");
    std::fs::write(&program, PROGRAM).unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ACCESS_KEY_ID", ACCOUNT),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ];
    let run = |command: &str| {
        let started = Instant::now();
        let mut dr = Command::new(binary);
        dr.arg(command).arg(&program).args(["--env", "bench", "--cloud", "aws", "--json"]);
        dr.args(if command == "plan" { ["--detailed-exitcode"] } else { ["--yes"] });
        let said = dr.current_dir(folder.path()).env_clear().envs(environment).output().unwrap();
        let took = started.elapsed();
        assert!(said.status.success(), "{command}: {}", String::from_utf8_lossy(&said.stderr));
        took
    };
    COMMANDS
        .iter()
        .map(|(command, _)| {
            let took = run(command);
            after();
            took
        })
        .collect()
}
