//! Everything that is measured, up and running.

use std::path::Path;

use anyhow::Result;

use crate::data::{Cache, DataSet, Size};
use crate::native::Service;
use crate::process::{self, Server, free_authority};
use crate::runtime::{Launcher, Runtime};
use crate::task::Task;

/// The data sets, smallest first.
pub const SIZES: [Size; 4] =
    [Size::Sample, Size::Incidents(10_000), Size::Incidents(100_000), Size::Incidents(1_000_000)];

/// The application on one data set.
pub struct App {
    pub data: DataSet,
    pub server: Server,
}

/// The three native services on the largest data set.
pub struct Native {
    pub customers: Server,
    pub incidents: Server,
    pub aggregates: Server,
}

/// What runs until this is dropped.
pub struct Started {
    launcher: Launcher,
    /// One for each of [`SIZES`].
    pub apps: Vec<App>,
    pub hello: Server,
    pub native: Native,
}

impl Started {
    /// Makes the data sets, compiles what there is to compile, and starts it all.
    ///
    /// # Errors
    /// If anything does not compile or does not start.
    pub fn new(runtime: Runtime, root: &Path, cache: &Cache) -> Result<Self> {
        let data = SIZES.into_iter().map(|size| cache.data_set(size)).collect::<Result<Vec<_>>>()?;
        eprintln!("Building and starting the application on {}", runtime.name());
        let launcher = Launcher::new(runtime, root)?;
        let mut apps = Vec::new();
        for data in data {
            let build = apps.is_empty();
            let server = launcher.app(&data, build)?;
            apps.push(App { data, server });
        }
        let hello = launcher.hello(&cache.scratch("hello"))?;
        let native = Native::start(&cache.data_set(SIZES[SIZES.len() - 1])?)?;
        Ok(Self { launcher, apps, hello, native })
    }

    /// One more process on the largest data set, which has answered nothing yet.
    ///
    /// # Errors
    /// If it does not start.
    pub fn fresh(&self) -> Result<Server> {
        self.launcher.app(&self.largest().data, false)
    }

    pub fn smallest(&self) -> &App {
        &self.apps[0]
    }

    pub fn largest(&self) -> &App {
        &self.apps[self.apps.len() - 1]
    }
}

impl Native {
    fn start(data: &DataSet) -> Result<Self> {
        let start = |name: &str, service: Service| {
            let listen = free_authority()?;
            let command = process::worker(&Task::Native { service, listen: listen.clone() })?;
            Server::start(command, listen, "/health", &data.state_dir.join(format!("native-{name}.txt")))
        };
        let customers = start("customers", Service::Customers { database: data.database() })?;
        let incidents = start("incidents", Service::Incidents { database: data.database() })?;
        let service = Service::Aggregates {
            customers: customers.authority.clone(),
            incidents: incidents.authority.clone(),
        };
        let aggregates = start("aggregates", service)?;
        Ok(Self { customers, incidents, aggregates })
    }

    pub fn processes(&self) -> Vec<u32> {
        let servers = [&self.customers, &self.incidents, &self.aggregates];
        servers.into_iter().flat_map(Server::processes).collect()
    }
}
