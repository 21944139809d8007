//! A loopback proxy between an AWS client and the emulators.
//!
//! It sends each request to the server of its service, unchanged, and hands the answer back, unchanged. On the way it
//! counts and records, and applies the faults it was told. It reads whole bodies: what tests send is small. Requests that
//! are not signed (an emulator's own pages) go to the first server and are neither counted nor touched.
//!
//! The proxy runs on a thread and a runtime of its own, so that tests may be synchronous, and ends when it is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::Error;
use crate::call::{Protocol, Recorded, WireCall};
use crate::fault::{FaultRule, WireFault, WireFaults, denied, throttled, unavailable};
use crate::permit::{NeededAction, allows, needed};

/// Which server answers for which service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    /// The endpoint for every service that is not named: `http://127.0.0.1:PORT`.
    pub default: String,
    /// Endpoints by the signing name of the service, such as `monitoring` for CloudWatch.
    pub by_service: BTreeMap<String, String>,
}

impl Routes {
    pub(crate) fn endpoint(&self, service: &str) -> &str {
        self.by_service.get(service).unwrap_or(&self.default)
    }
}

/// The running proxy.
#[derive(Debug)]
pub struct Wire {
    address: SocketAddr,
    shared: Arc<WireShared>,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct WireShared {
    routes: Routes,
    state: Mutex<WireState>,
}

#[derive(Debug, Default)]
struct WireState {
    faults: WireFaults,
    lost_regions: BTreeSet<String>,
    recorded: Vec<Recorded>,
    policy: Option<Value>,
    needed: BTreeSet<NeededAction>,
    refused: BTreeSet<String>,
    counts: BTreeMap<WireCall, u64>,
    in_flight: usize,
    peak: usize,
}

pub(crate) type HttpClient = Client<HttpConnector, Full<Bytes>>;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

impl Wire {
    /// Starts the proxy on a free loopback port.
    ///
    /// # Errors
    /// When the operating system gives no port or no thread.
    pub fn start(routes: Routes) -> Result<Self, Error> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(Error::io("bind a loopback port"))?;
        listener.set_nonblocking(true).map_err(Error::io("use a loopback port"))?;
        let address = listener.local_addr().map_err(Error::io("ask for the port"))?;
        let shared = Arc::new(WireShared { routes, state: Mutex::default() });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io("start a runtime for the wire"))?;
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("wire".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, served) => {}
                        _ = stopped => {}
                    }
                });
            })
            .map_err(Error::io("start a thread for the wire"))?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The address that clients are pointed at, without a trailing slash.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the calls go.
    pub fn routes(&self) -> &Routes {
        &self.shared.routes
    }

    /// Replaces the rules, and forgets how often each call was made and struck.
    pub fn set_faults(&self, rules: Vec<FaultRule>) {
        self.shared.state().faults = WireFaults::new(rules);
    }

    /// From now on nothing in the region answers: connections close without a byte, and no server hears of the call.
    pub fn lose_region(&self, region: &str) {
        self.shared.state().lost_regions.insert(region.to_owned());
    }

    /// The region answers again.
    pub fn restore_region(&self, region: &str) {
        self.shared.state().lost_regions.remove(region);
    }

    /// How often each operation was called, those included that met a fault.
    pub fn counts(&self) -> BTreeMap<WireCall, u64> {
        self.shared.state().counts.clone()
    }

    /// How many calls met a fault since the rules were set.
    pub fn met(&self) -> u64 {
        self.shared.state().faults.met
    }

    /// From now on calls that the policy does not allow are refused; with `None`, all are allowed.
    pub fn enforce(&self, policy: Option<Value>) {
        let mut state = self.shared.state();
        state.policy = policy;
        state.needed.clear();
        state.refused.clear();
    }

    /// What the calls needed since a policy is enforced.
    pub fn needed(&self) -> BTreeSet<NeededAction> {
        self.shared.state().needed.clone()
    }

    /// Why calls were refused since a policy is enforced.
    pub fn refused(&self) -> BTreeSet<String> {
        self.shared.state().refused.clone()
    }

    /// The largest number of calls that were under way at one time.
    pub fn peak(&self) -> usize {
        self.shared.state().peak
    }

    /// Takes the calls that reached a server, in the order in which they were sent on, and starts counting anew.
    pub fn take_recorded(&self) -> Vec<Recorded> {
        let mut state = self.shared.state();
        state.counts.clear();
        state.peak = state.in_flight;
        std::mem::take(&mut state.recorded)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

impl WireShared {
    fn state(&self) -> MutexGuard<'_, WireState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WireShared {
    /// Whether the policy that is enforced allows a call.
    fn permit(&self, call: &WireCall, parts: &Parts, body: &[u8]) -> Result<(), String> {
        let mut state = self.state();
        let Some(policy) = state.policy.clone() else { return Ok(()) };
        let why = match needed(call, parts, body) {
            Err(what) => Some(format!("nobody knows the action of {what}")),
            Ok(needed) => {
                let missing =
                    needed.iter().find(|one| !allows(&policy, one)).map(|one| format!("nothing allows {one:?}"));
                state.needed.extend(needed);
                missing
            }
        };
        let Some(why) = why else { return Ok(()) };
        state.refused.insert(why.clone());
        Err(why)
    }
}

pub(crate) fn client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

async fn accept(listener: std::net::TcpListener, shared: Arc<WireShared>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let client = client();
    loop {
        // A connection that ended before it was accepted is the client's affair; there is always a next one.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared), client.clone()));
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<WireShared>, client: HttpClient) {
    let service = service_fn(|request| answer(request, Arc::clone(&shared), client.clone()));
    // An error here is a fault that closes the connection, or a client that went away: both are meant.
    let _closed = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Answers one request. An error closes the connection without an answer.
async fn answer(
    request: Request<Incoming>,
    shared: Arc<WireShared>,
    client: HttpClient,
) -> Result<Response<Full<Bytes>>, AnyError> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let Some(call) = WireCall::of(&parts, &body) else {
        return forward(&client, &shared.routes.default, &parts, body).await;
    };
    let _under_way = UnderWay::enter(&shared, &call);
    let fault = {
        let mut state = shared.state();
        if state.lost_regions.contains(&call.region) {
            return Err(format!("{} is lost", call.region).into());
        }
        state.faults.meet(&call, &call.identity(&parts, &body))
    };
    let protocol = Protocol::of(&call, &parts.headers);
    if let Err(why) = shared.permit(&call, &parts, &body) {
        return Ok(denied(protocol, &why).map(Full::new));
    }
    match fault {
        Some(WireFault::Throttle) => return Ok(throttled(&call, protocol).map(Full::new)),
        Some(WireFault::Unavailable) => return Ok(unavailable(&call, protocol).map(Full::new)),
        Some(WireFault::Delay(how_long)) => tokio::time::sleep(how_long).await,
        Some(WireFault::LoseReply) | None => {}
    }
    let place = {
        // The place in the record is taken before the answer is there, so that the order is that of sending.
        let mut state = shared.state();
        let recorded = Recorded {
            call: call.clone(),
            status: 0,
            took: std::time::Duration::ZERO,
            parts: parts.clone(),
            body: body.clone(),
        };
        state.recorded.push(recorded);
        state.recorded.len() - 1
    };
    let sent = Instant::now();
    let response = forward(&client, shared.routes.endpoint(&call.service), &parts, body).await?;
    if let Some(recorded) = shared.state().recorded.get_mut(place).filter(|recorded| recorded.call == call) {
        recorded.status = response.status().as_u16();
        recorded.took = sent.elapsed();
    }
    if fault == Some(WireFault::LoseReply) { Err(format!("the reply to {call} is lost").into()) } else { Ok(response) }
}

/// Counts a call that is under way, until it is dropped.
struct UnderWay<'a>(&'a WireShared);

impl<'a> UnderWay<'a> {
    fn enter(shared: &'a WireShared, call: &WireCall) -> Self {
        let mut state = shared.state();
        *state.counts.entry(call.clone()).or_default() += 1;
        state.in_flight += 1;
        state.peak = state.peak.max(state.in_flight);
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

/// Sends a request to a server as it is, but for what belongs to one connection only, and reads the whole answer.
pub(crate) async fn forward(
    client: &HttpClient,
    endpoint: &str,
    parts: &Parts,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, AnyError> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(&parts.method).uri(format!("{endpoint}{path}").parse::<Uri>()?);
    if let Some(headers) = request.headers_mut() {
        headers.extend(parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())));
        for name in [CONNECTION, TRANSFER_ENCODING, EXPECT, CONTENT_LENGTH] {
            headers.remove(name);
        }
    }
    let response = client.request(request.body(Full::new(body))?).await?;
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    // The length stays for an answer without a body (HEAD), where it is the only word of it.
    parts.headers.remove(CONNECTION);
    parts.headers.remove(TRANSFER_ENCODING);
    if parts.status != StatusCode::NO_CONTENT && !body.is_empty() {
        parts.headers.remove(CONTENT_LENGTH);
    }
    Ok(Response::from_parts(parts, Full::new(body)))
}
