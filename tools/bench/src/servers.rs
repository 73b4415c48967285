//! Everything that is measured, up and running.

use anyhow::Result;
use harness::{App, Manifest, Options, Runtime, Server};

use crate::data::{Cache, DataSet, Size};
use crate::native::Service;
use crate::worker::Task;

/// The data sets, smallest first.
pub const SIZES: [Size; 4] =
    [Size::Sample, Size::Incidents(10_000), Size::Incidents(100_000), Size::Incidents(1_000_000)];

/// What runs until this is dropped.
pub struct Servers {
    /// The application on each of [`SIZES`].
    pub apps: Vec<(DataSet, App)>,
    /// The application on the largest of them, which may answer from its memory.
    pub caching: App,
    pub hello: App,
    pub native: Native,
}

/// The three native services on the largest data set.
pub struct Native {
    pub customers: Server,
    pub incidents: Server,
    pub aggregates: Server,
}

impl Servers {
    /// Makes the data sets, compiles what there is to compile, and starts it all.
    ///
    /// # Errors
    /// If a data set or a native service cannot be had.
    pub fn start(cache: &Cache) -> Result<Self> {
        let data = SIZES.into_iter().map(|size| cache.data_set(size)).collect::<Result<Vec<_>>>()?;
        eprintln!("Building and starting the application on {}", Runtime::chosen().name());
        let largest = &data[data.len() - 1];
        let native = Native::start(largest)?;
        let caching = options(largest).variable("cache_max_age_s", "2").start();
        let apps = data.into_iter().map(|data| (data.clone(), options(&data).start())).collect();
        let hello = |_| Manifest::of(&harness::root().join("tools/bench/hello-service"));
        let hello = Options::default().manifest(hello).start();
        Ok(Self { apps, caching, hello, native })
    }

    /// One more process on the largest data set, which has answered nothing yet.
    pub fn fresh(&self) -> App {
        options(&self.largest().0).start()
    }

    pub fn smallest(&self) -> &(DataSet, App) {
        &self.apps[0]
    }

    pub fn largest(&self) -> &(DataSet, App) {
        &self.apps[self.apps.len() - 1]
    }
}

fn options(data: &DataSet) -> Options {
    Options::default().state(data.state_dir.clone())
}

impl Native {
    fn start(data: &DataSet) -> Result<Self> {
        let customers = start(Service::Customers { database: data.database() })?;
        let incidents = start(Service::Incidents { database: data.database() })?;
        let service = Service::Aggregates {
            customers: customers.base().to_owned(),
            incidents: incidents.base().to_owned(),
        };
        Ok(Self { aggregates: start(service)?, customers, incidents })
    }

    pub fn processes(&self) -> Vec<u32> {
        let servers = [&self.customers, &self.incidents, &self.aggregates];
        servers.into_iter().flat_map(Server::processes).collect()
    }
}

fn start(service: Service) -> Result<Server> {
    let server = Server::start(&mut Task::Native(service).command()?);
    server.map_err(|ended| anyhow::anyhow!("a native service ended:\n{}", ended.output))
}
