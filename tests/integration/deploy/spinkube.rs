//! What SpinKube accepts: the types of its two custom resources, and the rules of the webhooks that see
//! them first (spin-operator 0.6.1, `api/v1alpha1` and `internal/webhook`). Copied by hand, since no
//! package brings them; those of Kubernetes itself are in `schemas.rs`.
#![allow(dead_code, reason = "what nobody reads may be there all the same")]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A resource whose fields are all known. `kubectl apply` refuses any other.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Resource<S> {
    api_version: ApiVersion,
    kind: String,
    metadata: Metadata,
    pub spec: S,
}

#[derive(Debug, Deserialize)]
enum ApiVersion {
    #[serde(rename = "core.spinkube.dev/v1alpha1")]
    V1Alpha1,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SpinApp {
    #[serde(default)]
    pub executor: String,
    pub image: String,
    #[serde(default)]
    pub replicas: i32,
    #[serde(default)]
    pub enable_autoscaling: bool,
    #[serde(default)]
    pub checks: Checks,
    #[serde(default)]
    pub runtime_config: RuntimeConfig,
    #[serde(default)]
    pub variables: Vec<Setting>,
    #[serde(default)]
    pub resources: Resources,
    // What may be added. Not `components`: the three of this app belong together.
    image_pull_secrets: Option<Value>,
    service_account_name: Option<String>,
    deployment_annotations: Option<Value>,
    pod_annotations: Option<Value>,
    pod_labels: Option<Value>,
    #[serde(default)]
    pub service_annotations: BTreeMap<String, String>,
    invocation_limits: Option<Value>,
    volumes: Option<Value>,
    volume_mounts: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    pub readiness: Option<Probe>,
    pub liveness: Option<Probe>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Probe {
    pub http_get: HttpGet,
    initial_delay_seconds: Option<u32>,
    timeout_seconds: Option<u32>,
    period_seconds: Option<u32>,
    success_threshold: Option<u32>,
    failure_threshold: Option<u32>,
}

/// The port is always that of the app.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HttpGet {
    pub path: String,
    http_headers: Option<Vec<Setting>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RuntimeConfig {
    #[serde(default)]
    pub sqlite_databases: Vec<Store>,
    #[serde(default)]
    pub key_value_stores: Vec<Store>,
}

/// Where rows or values are kept.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub options: Vec<Setting>,
}

/// A value, or where it comes from. Values are text, whatever they mean.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Setting {
    pub name: String,
    pub value: Option<String>,
    pub value_from: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    #[serde(default)]
    pub requests: serde_json::Map<String, Value>,
    #[serde(default)]
    pub limits: serde_json::Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SpinAppExecutor {
    pub create_deployment: bool,
    #[serde(default)]
    pub deployment_config: DeploymentConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeploymentConfig {
    pub runtime_class_name: Option<String>,
    pub spin_image: Option<String>,
    #[serde(rename = "installDefaultCACerts")]
    install_default_ca_certs: Option<bool>,
    ca_cert_secret: Option<String>,
    otel: Option<Value>,
}

/// What the webhook says of an app in a namespace with these executors.
pub fn refuse_app(app: &SpinApp, executors: &[&str]) -> Vec<String> {
    let mut refusals = Vec::new();
    match app.executor.as_str() {
        "" => refusals.push("executor must be set".to_owned()),
        name if !executors.contains(&name) => refusals.push(format!("executor {name} does not exist")),
        _ => {}
    }
    match (app.enable_autoscaling, app.replicas) {
        (true, 0) | (false, 1..) => {}
        (true, _) => refusals.push("replicas cannot be set when autoscaling is enabled".to_owned()),
        (false, _) => refusals.push("replicas must be > 0".to_owned()),
    }
    refusals
}

/// What the webhook says of an executor.
pub fn refuse_executor(executor: &SpinAppExecutor) -> Option<String> {
    let config = &executor.deployment_config;
    match (&config.runtime_class_name, &config.spin_image) {
        (Some(_), Some(_)) => Some("runtimeClassName and spinImage are mutually exclusive".to_owned()),
        (None, None) => Some("either runtimeClassName or spinImage must be set".to_owned()),
        _ => None,
    }
}

/// What Spin says of a libSQL database (`crates/sqlite/src/lib.rs`): url and token, and nothing else.
pub fn refuse_database(database: &Store) -> Vec<String> {
    refuse_store(database, "libsql", &["token", "url"])
}

/// What Spin says of a key-value store in Redis (`crates/key-value-redis/src/lib.rs`): url, and nothing else.
pub fn refuse_key_values(store: &Store) -> Vec<String> {
    refuse_store(store, "redis", &["url"])
}

fn refuse_store(store: &Store, kind: &str, options: &[&str]) -> Vec<String> {
    let mut refusals = Vec::new();
    let mut names: Vec<&str> = store.options.iter().map(|option| option.name.as_str()).collect();
    names.sort_unstable();
    if store.kind != kind {
        refusals.push(format!("type {} is a file in the container, gone with it", store.kind));
    }
    if names != options {
        refusals.push(format!("{kind} has the options {}, not {names:?}", options.join(" and ")));
    }
    for option in &store.options {
        if option.value.is_some() == option.value_from.is_some() {
            refusals.push(format!("option {} needs either value or valueFrom", option.name));
        }
    }
    refusals
}
