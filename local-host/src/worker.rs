//! Instances and how long they live: an instance serves several requests, some
//! of them at once, and goes away after a while without any.

use crate::chaining::OutboundHttp;
use crate::cli::Span;
use crate::headers::IncomingHttp;
use crate::logs::ComponentLogs;
use crate::permissions::Permissions;
use crate::report;
use crate::runtime::HostState;
use crate::server::App;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;
use wasmtime::component::{GuestTaskId, ResourceTable};
use wasmtime::{Result, Store, StoreContextMut, WasmBacktrace};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi_http::WasiHttpCtx;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;

/// How instances are reused.
#[derive(Clone, Copy, Debug)]
pub struct Reuse {
    /// How many requests an instance serves in all.
    pub requests: Span,
    /// How many requests an instance serves at once.
    pub concurrent: Span,
    /// For how many nanoseconds an idle instance stays.
    pub idle_nanos: Span,
}

/// Everything that it takes to make an instance of one component.
pub struct Workers {
    pub pre: ServicePre<HostState>,
    pub app: Weak<App>,
    pub logs: ComponentLogs,
    pub permissions: Arc<Permissions>,
    pub reuse: Reuse,
}

impl Workers {
    /// The id of the component.
    pub fn id(&self) -> &str {
        &self.permissions.component
    }

    fn host_state(&self) -> HostState {
        let wasi = WasiCtx::builder()
            .envs(&self.permissions.environment)
            .stdout(self.logs.stdout.clone())
            .stderr(self.logs.stderr.clone())
            .build();
        HostState {
            table: ResourceTable::new(),
            wasi,
            http: WasiHttpCtx::new(),
            outbound: OutboundHttp::new(self.app.clone(), self.permissions.clone()),
            incoming: IncomingHttp,
            connections: 0,
            permissions: self.permissions.clone(),
        }
    }
}

impl HandlerState for Workers {
    type StoreData = HostState;
    type WorkerExpiration = IdleTimeout;
    type WorkerState = Limits;

    async fn instantiate(&self) -> Result<Instance<HostState, IdleTimeout, Limits>> {
        let mut store = Store::new(self.pre.engine(), self.host_state());
        let proxy = Proxy::P3(self.pre.instantiate_async(&mut store).await?);
        Ok(Instance {
            store,
            proxy,
            view: HostState::incoming_view,
            expiration: IdleTimeout::new(Duration::from_nanos(self.reuse.idle_nanos.pick())),
            state: Limits {
                app: self.app.clone(),
                permissions: self.permissions.clone(),
                requests: self.reuse.requests.pick(),
                concurrent: self.reuse.concurrent.pick(),
            },
        })
    }
}

/// What one instance may still do.
pub struct Limits {
    app: Weak<App>,
    permissions: Arc<Permissions>,
    requests: u64,
    concurrent: u64,
}

impl WorkerState for Limits {
    type StoreData = HostState;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total as u64 >= self.requests {
            ShouldAccept::Never
        } else if concurrent as u64 >= self.concurrent {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, HostState>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        // Spin sets no time limit either.
        Box::pin(std::future::pending())
    }

    fn drop(&self, store: Store<HostState>, result: Result<()>) {
        // Once the application is gone, its idle instances are put away, and have not failed.
        if let Err(err) = result
            && self.app.strong_count() > 0
        {
            let frames = err.downcast_ref::<WasmBacktrace>();
            let frames = frames.map(|frames| format!("\n{frames}")).unwrap_or_default();
            let cause = err.root_cause();
            report::note(format_args!("component `{}` failed: {cause}{frames}", self.permissions.component));
        }
        drop(store);
    }
}

/// Ends an instance that has had nothing to do for a while.
pub struct IdleTimeout {
    timeout: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl IdleTimeout {
    fn new(timeout: Duration) -> Self {
        Self { timeout, sleep: None }
    }
}

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
        let Some(deadline) = since.checked_add(self.timeout) else {
            return Poll::Pending;
        };
        let deadline = deadline.into();
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(cx)
    }
}
