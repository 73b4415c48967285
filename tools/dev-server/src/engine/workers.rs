//! The lifetime of instances: each serves several requests, some of them concurrently, and ends when it is
//! idle.

use super::application::Application;
use super::instance::HostState;
use super::logs::ComponentLogs;
use super::outbound_http::OutboundHttp;
use super::permissions::Permissions;
use crate::report;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;
use wasmtime::component::GuestTaskId;
use wasmtime::{Result, Store, StoreContextMut, WasmBacktrace};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;

/// How many requests an instance serves, as in Spin.
const REQUESTS: usize = 128;

/// How many requests an instance serves concurrently, as in Spin.
const CONCURRENT_REQUESTS: usize = 16;

/// How long an instance may be idle, as in Spin.
const IDLE: Duration = Duration::from_secs(1);

/// Creates the instances of one component.
pub struct Workers {
    pub id: Arc<str>,
    pub pre: ServicePre<HostState>,
    pub application: Weak<Application>,
    pub logs: ComponentLogs,
    pub permissions: Arc<Permissions>,
}

impl HandlerState for Workers {
    type StoreData = HostState;
    type WorkerExpiration = IdleTimeout;
    type WorkerState = Worker;

    async fn instantiate(&self) -> Result<Instance<HostState, IdleTimeout, Worker>> {
        let outbound = OutboundHttp {
            component: self.id.clone(),
            application: self.application.clone(),
            permissions: self.permissions.clone(),
        };
        let mut store = Store::new(self.pre.engine(), HostState::new(outbound, &self.logs));
        let proxy = Proxy::P3(self.pre.instantiate_async(&mut store).await?);
        Ok(Instance {
            store,
            proxy,
            view: HostState::incoming,
            expiration: IdleTimeout(None),
            state: Worker { id: self.id.clone(), application: self.application.clone() },
        })
    }
}

/// One instance.
pub struct Worker {
    id: Arc<str>,
    application: Weak<Application>,
}

impl WorkerState for Worker {
    type StoreData = HostState;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        match (total < REQUESTS, concurrent < CONCURRENT_REQUESTS) {
            (false, _) => ShouldAccept::Never,
            (true, false) => ShouldAccept::No,
            (true, true) => ShouldAccept::Yes,
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, HostState>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        // As in Spin, a request has no timeout.
        Box::pin(std::future::pending())
    }

    fn drop(&self, store: Store<HostState>, result: Result<()>) {
        // At shutdown the idle instances end, which is no failure.
        if let Err(error) = result
            && self.application.strong_count() > 0
        {
            let frames = error.downcast_ref::<WasmBacktrace>();
            let frames = frames.map(|frames| format!("\n{frames}")).unwrap_or_default();
            report::note(format_args!("component `{}` failed: {}{frames}", self.id, error.root_cause()));
        }
        drop(store);
    }
}

/// Ends an idle instance.
pub struct IdleTimeout(Option<Pin<Box<Sleep>>>);

impl WorkerExpiration for IdleTimeout {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        if status != WorkerStatus::Idle {
            return Poll::Pending;
        }
        let deadline = (since + IDLE).into();
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx)
    }
}
