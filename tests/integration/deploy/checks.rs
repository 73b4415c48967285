//! Everything that is looked at.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::spinkube::{self, Resource, SpinApp, SpinAppExecutor};
use super::{Files, text};

/// With as many libSQL's server has not been seen to lock up.
const THREADS: u64 = 16;

/// One of each service that has a database.
const QUERIES_OF_A_DASHBOARD: u64 = 2;

/// Spin answers here without running a component.
const HEALTH: &str = "/.well-known/spin/health";

impl Files {
    /// What `deploy/new-secret` writes under a key of a Secret.
    pub fn secret(&self, name: &str, key: &str) -> &str {
        let found = self.secrets.iter().find(|[secret, written, _]| (&**secret, &**written) == (name, key));
        found.map_or("", |[_, _, value]| value)
    }

    /// Everything that is wrong.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Problems::default();
        self.check_executor(&mut problems);
        match typed(self.resource("SpinApp")) {
            Ok(app) => {
                self.check_app(&app, &mut problems);
                self.check_manifest(&app, &mut problems);
                self.check_images(&app, &mut problems);
                self.check_crowds(&app, &mut problems);
            }
            Err(problem) => problems.0.push(problem),
        }
        self.check_names(&mut problems);
        self.check_files(&mut problems);
        self.check_ports(&mut problems);
        self.check_secrets(&mut problems);
        problems.0
    }

    fn check_executor(&self, problems: &mut Problems) {
        match typed::<SpinAppExecutor>(self.resource("SpinAppExecutor")) {
            Ok(executor) => {
                problems.0.extend(spinkube::refuse_executor(&executor));
                problems.check(executor.create_deployment, "without a Deployment nothing runs");
            }
            Err(problem) => problems.0.push(problem),
        }
    }

    fn check_app(&self, app: &SpinApp, problems: &mut Problems) {
        let executor = text(self.resource("SpinAppExecutor"), "/metadata/name");
        problems.0.extend(spinkube::refuse_app(app, &[executor]));
        for database in &app.runtime_config.sqlite_databases {
            problems.0.extend(spinkube::refuse_database(database));
        }
        for (name, probe) in [("readiness", &app.checks.readiness), ("liveness", &app.checks.liveness)] {
            let path = probe.as_ref().map(|probe| probe.http_get.path.as_str());
            problems.check(path == Some(HEALTH), format!("{name} does not probe {HEALTH}: {path:?}"));
        }
        for resource in ["cpu", "memory"] {
            problems
                .check(app.resources.requests.contains_key(resource), format!("no request for {resource}"));
            problems.check(app.resources.limits.contains_key(resource), format!("no limit for {resource}"));
        }
        let first = self.kustomization.pointer("/sortOptions/legacySortOptions/orderFirst");
        let last = self.kustomization.pointer("/sortOptions/legacySortOptions/orderLast");
        problems.check(
            first.is_some_and(|kinds| contains(kinds, "SpinAppExecutor"))
                && last.is_some_and(|kinds| contains(kinds, "SpinApp")),
            "the app is refused if it is applied before its executor",
        );
    }

    fn check_manifest(&self, app: &SpinApp, problems: &mut Problems) {
        for variable in &app.variables {
            problems.check(
                self.manifest["variables"].get(&variable.name).is_some(),
                format!("spin.toml has no variable {}", variable.name),
            );
            let expected = json!({ "configMapKeyRef": { "name": "variables", "key": variable.name } });
            problems.check(
                variable.value_from.as_ref() == Some(&expected),
                format!("the app takes the variable from elsewhere than {expected}"),
            );
        }
        let defaults = self.manifest["variables"].as_table().unwrap().iter();
        let defaults: BTreeSet<_> =
            defaults.map(|(name, value)| format!("{name}={}", value["default"].as_str().unwrap())).collect();
        let generated = &self.kustomization["configMapGenerator"][1];
        let literals = generated["literals"].as_array().unwrap().iter();
        let literals: BTreeSet<_> = literals.map(|literal| literal.as_str().unwrap().to_owned()).collect();
        problems.check(
            generated["name"] == "variables" && literals == defaults && app.variables.len() == literals.len(),
            format!("the variables of SpinApp and ConfigMap are not {defaults:?}, as in spin.toml"),
        );
        let components = self.manifest["component"].as_table().unwrap().values();
        let labels = components.filter_map(|component| component.get("sqlite_databases")?.as_array());
        let labels: BTreeSet<_> = labels.flatten().map(|label| label.as_str().unwrap()).collect();
        let configured: BTreeSet<_> =
            app.runtime_config.sqlite_databases.iter().map(|database| database.name.as_str()).collect();
        problems
            .check(configured == labels, format!("databases {configured:?}, but spin.toml has {labels:?}"));
        let version = self.manifest["application"]["version"].as_str();
        let tag = self.kustomization["images"][0]["newTag"].as_str();
        problems.check(tag == version, format!("image tag {tag:?}, but spin.toml is {version:?}"));
        let name = self.manifest["application"]["name"].as_str();
        problems
            .check(Some(text(self.resource("SpinApp"), "/metadata/name")) == name, "the app has two names");
    }

    /// What is let into all replicas at once has a place in the server of the database.
    fn check_crowds(&self, app: &SpinApp, problems: &mut Problems) {
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok());
        let threads = number(environment(self.pod("StatefulSet"), "TOKIO_WORKER_THREADS")["value"].as_str());
        problems.check(threads >= Some(THREADS), format!("the server locks up with {threads:?} threads"));
        let annotation = app.service_annotations.get("haproxy.org/pod-maxconn");
        let let_in = number(annotation.map(String::as_str)).unwrap_or(u64::MAX);
        let replicas = self.resource("HorizontalPodAutoscaler")["spec"]["maxReplicas"].as_u64().unwrap();
        let wanted = let_in.saturating_mul(replicas).saturating_mul(QUERIES_OF_A_DASHBOARD);
        for name in ["SQLD_MAX_CONCURRENT_CONNECTIONS", "SQLD_MAX_CONCURRENT_REQUESTS"] {
            let places = number(environment(self.pod("StatefulSet"), name)["value"].as_str());
            problems.check(
                places >= Some(wanted),
                format!("{name} is {places:?}, and the replicas may make {wanted} requests at once"),
            );
        }
    }

    fn check_names(&self, problems: &mut Problems) {
        let app = text(self.resource("SpinApp"), "/metadata/name");
        let scaler = &self.resource("HorizontalPodAutoscaler")["spec"];
        problems.check(
            scaler["scaleTargetRef"] == json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": app }),
            "the autoscaler scales something else than the Deployment of the app",
        );
        let replicas = |name: &str| scaler[name].as_u64();
        problems.check(
            replicas("minReplicas") >= Some(1) && replicas("minReplicas") <= replicas("maxReplicas"),
            "the autoscaler has no range",
        );

        let server = &self.resource("StatefulSet")["spec"];
        let labels = &server["template"]["metadata"]["labels"];
        let policy = &self.resource("NetworkPolicy/libsql")["spec"];
        for (selector, what) in [
            (&server["selector"]["matchLabels"], "the StatefulSet"),
            (&self.resource("Service")["spec"]["selector"], "the Service"),
            (&policy["podSelector"]["matchLabels"], "the NetworkPolicy"),
        ] {
            problems.check(selector == labels, format!("{what} selects other pods than the server's"));
        }
        problems.check(
            server["serviceName"] == self.resource("Service")["metadata"]["name"],
            "the StatefulSet names another Service",
        );
        let clients = policy["ingress"][0]["from"].as_array().unwrap();
        let clients: Vec<_> = clients.iter().map(|client| &client["podSelector"]["matchLabels"]).collect();
        let job = &self.resource("Job")["spec"]["template"]["metadata"]["labels"];
        problems.check(
            clients == [&json!({ "core.spinkube.dev/app-name": app }), job],
            "the NetworkPolicy lets in others than the app and its migrations",
        );
    }

    fn check_files(&self, problems: &mut Problems) {
        let files = &self.kustomization["configMapGenerator"];
        problems.check(
            files[0] == json!({ "name": "migrations", "files": ["migrations.sql"] }),
            "the ConfigMap is not made of migrations.sql",
        );
        for pod in [self.pod("Job"), self.pod("StatefulSet")] {
            let claims = self.resource("StatefulSet")["spec"]["volumeClaimTemplates"].as_array().unwrap();
            let claims = claims.iter().map(|claim| text(claim, "/metadata/name"));
            let volumes = pod["volumes"].as_array().unwrap().iter().map(|volume| text(volume, "/name"));
            let volumes: BTreeSet<_> = volumes.chain(claims).collect();
            for mount in pod["containers"][0]["volumeMounts"].as_array().unwrap() {
                let name = text(mount, "/name");
                problems.check(volumes.contains(name), format!("{name} is mounted, but no volume"));
            }
        }
        let volume = text(self.pod("Job"), "/volumes/0/configMap/name");
        problems.check(volume == "migrations", "the Job mounts another ConfigMap");
        let mount = text(self.pod("Job"), "/containers/0/volumeMounts/0/mountPath");
        let file = environment(self.pod("Job"), "MIGRATIONS")["value"].as_str();
        let mounted = format!("{mount}/migrations.sql");
        problems.check(file == Some(&mounted), format!("the Job reads {file:?}, not {mounted}"));
    }

    fn check_ports(&self, problems: &mut Problems) {
        let container = &self.pod("StatefulSet")["containers"][0];
        let name = &container["ports"][0]["name"];
        let port = container["ports"][0]["containerPort"].as_u64().unwrap();
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            let http = &container[probe]["httpGet"];
            problems.check(http == &json!({ "path": "/health", "port": name }), format!("{probe}: {http}"));
        }
        let address = environment(self.pod("StatefulSet"), "SQLD_HTTP_LISTEN_ADDR")["value"].as_str();
        problems.check(address == Some(&format!("0.0.0.0:{port}")), format!("the server is at {address:?}"));
        let mount = text(container, "/volumeMounts/0/mountPath");
        let path = environment(self.pod("StatefulSet"), "SQLD_DB_PATH")["value"].as_str();
        problems.check(
            path.is_some_and(|path| path.starts_with(&format!("{mount}/"))),
            format!("the data is at {path:?}, not on the volume"),
        );
        let service = self.resource("Service");
        let exposed = &service["spec"]["ports"][0];
        problems.check(&exposed["targetPort"] == name, "the Service leads to another port");
        let policy = &self.resource("NetworkPolicy/libsql")["spec"]["ingress"][0]["ports"];
        problems.check(policy == &json!([{ "port": name }]), "the NetworkPolicy opens another port");
        let expected = format!("http://{}:{}", text(service, "/metadata/name"), exposed["port"]);
        let url = self.secret("database", "url");
        problems.check(url == expected, format!("the secret has {url}, but the Service is {expected}"));
    }

    fn check_secrets(&self, problems: &mut Problems) {
        let generated = &self.kustomization["secretGenerator"];
        problems.check(
            generated
                == &json!([
                    { "name": "database", "envs": ["database.env"] },
                    { "name": "migrations", "envs": ["migrations.env"] },
                ]),
            "the Secrets are not made of database.env and migrations.env",
        );
        let used: BTreeSet<_> = self.resources.iter().flat_map(secrets).collect();
        let names = generated.as_array().unwrap().iter().map(|secret| text(secret, "/name"));
        let names: BTreeSet<_> = names.collect();
        problems.check(
            used.iter().all(|(name, _)| names.contains(name)),
            format!("another Secret is used: {used:?}"),
        );
        let written = self.secrets.iter().map(|[name, key, _]| (name.as_str(), key.as_str()));
        let written: BTreeSet<_> = written.filter(|(name, _)| names.contains(name)).collect();
        problems.check(used == written, format!("the keys {used:?} are used, {written:?} are written"));
        for (name, key) in secrets(self.resource("SpinApp")) {
            let can_write = key == "token" && self.secret(name, key) != "$(token ro)";
            problems.check(!can_write, "the app's token can write");
        }
        let path = "spec/runtimeConfig/sqliteDatabases/options/valueFrom/secretKeyRef/name";
        problems.check(
            self.configuration["nameReference"][0]["fieldSpecs"][0]["path"] == path,
            "kustomize does not know where the app names its Secret",
        );
    }

    fn check_images(&self, app: &SpinApp, problems: &mut Problems) {
        let used = [
            app.image.as_str(),
            text(self.pod("StatefulSet"), "/containers/0/image"),
            text(self.pod("Job"), "/containers/0/image"),
        ];
        let images = self.kustomization["images"].as_array().unwrap();
        let named: Vec<_> = images.iter().map(|image| text(image, "/name")).collect();
        // The last one is for who takes Redis in.
        problems.check(
            named.split_last() == Some((&"redis", &used[..])),
            format!("images {used:?} are used, {named:?} are named"),
        );
        for image in images {
            let tag = text(image, "/newTag");
            problems.check(tag.starts_with(|first: char| first == 'v' || first.is_ascii_digit()), tag);
            // The app has one once it has been pushed.
            let digest = image["digest"].as_str().and_then(|digest| digest.strip_prefix("sha256:"));
            let is_pinned = digest.is_some_and(|digest| digest.len() == 64);
            let is_app = text(image, "/name") == app.image;
            problems.check(is_pinned || is_app, format!("{image} has no digest"));
        }
        let path = &self.configuration["images"];
        problems.check(
            path == &json!([{ "kind": "SpinApp", "path": "spec/image" }]),
            "kustomize does not know where an app names its image",
        );
    }
}

#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn check(&mut self, holds: bool, problem: impl Into<String>) {
        if !holds {
            self.0.push(problem.into());
        }
    }
}

fn typed<S: DeserializeOwned>(resource: &Value) -> Result<S, String> {
    let resource = serde_json::from_value::<Resource<S>>(resource.clone());
    resource.map(|resource| resource.spec).map_err(|error| error.to_string())
}

fn contains(list: &Value, text: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|entry| entry == text))
}

fn environment<'a>(pod: &'a Value, name: &str) -> &'a Value {
    let variables = pod["containers"][0]["env"].as_array().unwrap();
    variables.iter().find(|variable| variable["name"] == name).unwrap_or(&Value::Null)
}

/// Every name and key under a `secretKeyRef`, wherever it is.
pub fn secrets(value: &Value) -> Vec<(&str, &str)> {
    match value {
        Value::Object(fields) => {
            let here = fields.get("secretKeyRef");
            let here = here.map(|reference| (text(reference, "/name"), text(reference, "/key")));
            here.into_iter().chain(fields.values().flat_map(secrets)).collect()
        }
        Value::Array(entries) => entries.iter().flat_map(secrets).collect(),
        _ => Vec::new(),
    }
}
