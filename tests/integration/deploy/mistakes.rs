//! What somebody might get wrong. Each check has to find its mistake, or it checks nothing.

use serde_json::json;

use super::Files;

/// A change that somebody might make, and what is said to it.
type Mistake = (&'static str, fn(&mut Files));

const MISTAKES: &[Mistake] = &[
    ("replicas cannot be set when autoscaling", |files| {
        files.change("SpinApp", |app| app["spec"]["replicas"] = json!(2));
    }),
    ("replicas must be > 0", |files| {
        files.change("SpinApp", |app| app["spec"]["enableAutoscaling"] = json!(false));
    }),
    ("executor must be set", |files| {
        files.change("SpinApp", |app| app["spec"]["executor"] = json!(""));
    }),
    ("executor cyclotron does not exist", |files| {
        files.change("SpinApp", |app| app["spec"]["executor"] = json!("cyclotron"));
    }),
    ("either runtimeClassName or spinImage", |files| {
        files.change("SpinAppExecutor", |executor| executor["spec"]["deploymentConfig"] = json!({}));
    }),
    ("invalid type: integer `1000`, expected a string", |files| {
        files.change("SpinApp", |app| app["spec"]["variables"][0]["value"] = json!(1000));
    }),
    ("invalid type: boolean `true`, expected a string", |files| {
        let option = "/spec/runtimeConfig/sqliteDatabases/0/options/0";
        files.change("SpinApp", |app| {
            *app.pointer_mut(option).unwrap() = json!({ "name": "url", "value": true });
        });
    }),
    ("unknown field `components`", |files| {
        files.change("SpinApp", |app| app["spec"]["components"] = json!(["customers-service"]));
    }),
    ("unknown field `podAnnotation`", |files| {
        files.change("SpinApp", |app| app["spec"]["podAnnotation"] = json!({}));
    }),
    ("unknown field `port`", |files| {
        files.change("SpinApp", |app| app["spec"]["checks"]["liveness"]["httpGet"]["port"] = json!(80));
    }),
    ("missing field `image`", |files| {
        files.change("SpinApp", |app| app["spec"].as_object_mut().unwrap().retain(|key, _| key != "image"));
    }),
    ("unknown variant `core.spinkube.dev/v1`", |files| {
        files.change("SpinApp", |app| app["apiVersion"] = json!("core.spinkube.dev/v1"));
    }),
    ("libsql has the options token and url", |files| {
        let name = "/spec/runtimeConfig/sqliteDatabases/0/options/0/name";
        files.change("SpinApp", |app| *app.pointer_mut(name).unwrap() = json!("path"));
    }),
    ("type spin is a file in the container", |files| {
        let kind = "/spec/runtimeConfig/sqliteDatabases/0/type";
        files.change("SpinApp", |app| *app.pointer_mut(kind).unwrap() = json!("spin"));
    }),
    ("readiness does not probe", |files| {
        let path = "/spec/checks/readiness/httpGet/path";
        files.change("SpinApp", |app| *app.pointer_mut(path).unwrap() = json!("/healthz"));
    }),
    ("no request for cpu", |files| {
        files.change("SpinApp", |app| app["spec"]["resources"]["requests"] = json!({ "memory": "1Mi" }));
    }),
    ("before its executor", |files| files.kustomization["sortOptions"] = json!({ "order": "legacy" })),
    ("spin.toml has no variable timeout", |files| {
        files.change("SpinApp", |app| app["spec"]["variables"][0]["name"] = json!("timeout"));
    }),
    (r#"databases {"main"}, but spin.toml has {"default"}"#, |files| {
        let name = "/spec/runtimeConfig/sqliteDatabases/0/name";
        files.change("SpinApp", |app| *app.pointer_mut(name).unwrap() = json!("main"));
    }),
    ("variables of SpinApp and ConfigMap", |files| {
        files.kustomization["configMapGenerator"][1]["literals"][2] = json!("stale_if_error_ms=0");
    }),
    ("takes the variable from", |files| {
        let key = "/spec/variables/0/valueFrom/configMapKeyRef/key";
        files.change("SpinApp", |app| *app.pointer_mut(key).unwrap() = json!("database_timeout_ms"));
    }),
    ("image tag Some(\"0.9.0\")", |files| files.kustomization["images"][0]["newTag"] = json!("0.9.0")),
    ("SQLD_MAX_CONCURRENT_CONNECTIONS is Some(512), and the replicas may make 640", |files| {
        files.change("SpinApp", |app| {
            app["spec"]["serviceAnnotations"]["haproxy.org/pod-maxconn"] = json!("32");
        });
    }),
    ("SQLD_MAX_CONCURRENT_REQUESTS is Some(512), and the replicas may make 18446744073709551615", |files| {
        files.change("SpinApp", |app| app["spec"]["serviceAnnotations"] = json!({}));
    }),
    ("SQLD_MAX_CONCURRENT_REQUESTS is None", |files| without(files, "SQLD_MAX_CONCURRENT_REQUESTS")),
    ("locks up with None threads", |files| without(files, "TOKIO_WORKER_THREADS")),
    ("scales something else", |files| {
        let scaler = "HorizontalPodAutoscaler";
        files.change(scaler, |scaler| scaler["spec"]["scaleTargetRef"]["name"] = json!("app"));
    }),
    ("the Service selects other pods", |files| {
        files.change("Service", |service| service["spec"]["selector"] = json!({ "app": "libsql" }));
    }),
    ("lets in others", |files| {
        files.change("NetworkPolicy/libsql", |policy| policy["spec"]["ingress"][0]["from"] = json!([]));
    }),
    ("not made of migrations.sql", |files| {
        files.kustomization["configMapGenerator"][0]["files"] = json!(["deploy/migrations.sql"]);
    }),
    ("the Job reads", |files| {
        files.change("Job", |job| {
            job["spec"]["template"]["spec"]["containers"][0]["volumeMounts"][0]["mountPath"] = json!("/sql");
        });
    }),
    ("livenessProbe", |files| {
        files.change("StatefulSet", |server| {
            server["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["httpGet"]["port"] =
                json!(80);
        });
    }),
    ("the Service leads to another port", |files| {
        files.change("Service", |service| service["spec"]["ports"][0]["targetPort"] = json!("web"));
    }),
    ("but the Service is http://libsql:80", |files| {
        files.change("Service", |service| service["spec"]["ports"][0]["port"] = json!(80));
    }),
    ("another Secret is used", |files| {
        let name = "/spec/runtimeConfig/sqliteDatabases/0/options/0/valueFrom/secretKeyRef/name";
        files.change("SpinApp", |app| *app.pointer_mut(name).unwrap() = json!("turso"));
    }),
    ("are written", |files| files.secrets.retain(|[_, key, _]| key != "jwt-key")),
    ("the app's token can write", |files| {
        let name = "/spec/runtimeConfig/sqliteDatabases/0/options/1/valueFrom/secretKeyRef/name";
        files.change("SpinApp", |app| *app.pointer_mut(name).unwrap() = json!("migrations"));
    }),
    ("are named", |files| files.kustomization["images"][1]["name"] = json!("sqld")),
    ("latest", |files| files.kustomization["images"][2]["newTag"] = json!("latest")),
    ("no digest", |files| files.kustomization["images"][3]["digest"] = json!("8.2.3")),
    ("no digest", |files| files.kustomization["images"][1]["digest"] = json!(null)),
];

/// Takes a variable from the server of the database.
fn without(files: &mut Files, name: &str) {
    files.change("StatefulSet", |server| {
        let variables = &mut server["spec"]["template"]["spec"]["containers"][0]["env"];
        variables.as_array_mut().unwrap().retain(|variable| variable["name"] != name);
    });
}

#[test]
fn every_mistake_is_found() {
    for (message, spoil) in MISTAKES {
        let mut files = Files::read();
        spoil(&mut files);
        let problems = files.problems();
        assert!(problems.iter().any(|problem| problem.contains(message)), "{message:?} in {problems:?}");
    }
}
