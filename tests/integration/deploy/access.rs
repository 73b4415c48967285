//! Who may reach the app in a cluster, whom it may reach, and what it knows.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Files, redis, text};

/// The label of the app's pods, which the operator sets.
fn app_pods(files: &Files) -> Value {
    json!({ "matchLabels": { "core.spinkube.dev/app-name": text(files.resource("SpinApp"), "/metadata/name") } })
}

/// The policies for the pods that `selector` selects.
fn policies<'a>(files: &'a Files, selector: &Value) -> Vec<&'a Value> {
    let policies = files.resources.iter().filter(|resource| resource["kind"] == "NetworkPolicy");
    policies.map(|policy| &policy["spec"]).filter(|policy| &policy["podSelector"] == selector).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn the_app_is_called_from_labelled_namespaces_and_calls_its_stores_and_dns_alone() {
    let files = redis::with_redis();
    let app = app_pods(&files);
    let policies = policies(&files, &app);
    // A pod that no policy of a direction selects may do everything in that direction.
    assert!(policies.iter().any(|policy| policy["policyTypes"] == json!(["Ingress", "Egress"])));

    let ways_in: Vec<_> = policies.iter().flat_map(|policy| list(&policy["ingress"])).collect();
    let ingress = json!({ "namespaceSelector": { "matchLabels": { "aggregate-pattern/may-call": "true" } } });
    assert_eq!(ways_in, [&json!({ "from": [ingress], "ports": [{ "port": 80 }] })]);

    let ways_out = policies.iter().flat_map(|policy| list(&policy["egress"]));
    let ways_out: BTreeSet<_> = ways_out.map(Value::to_string).collect();
    let dns = json!({
        "to": [{
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } },
            "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } },
        }],
        "ports": [{ "port": 53, "protocol": "UDP" }, { "port": 53, "protocol": "TCP" }],
    });
    let store = |kind: &str| {
        let labels = &files.resource(kind)["spec"]["template"]["metadata"]["labels"];
        let port = &files.pod(kind)["containers"][0]["ports"][0]["containerPort"];
        json!({ "to": [{ "podSelector": { "matchLabels": labels } }], "ports": [{ "port": port }] })
    };
    let expected = [dns, store("StatefulSet"), store("Deployment")];
    assert_eq!(ways_out, expected.iter().map(Value::to_string).collect());
}

#[test]
fn redis_is_called_by_the_app_alone_and_calls_nobody() {
    let files = redis::with_redis();
    let labels = &files.resource("Deployment")["spec"]["template"]["metadata"]["labels"];
    let policies = policies(&files, &json!({ "matchLabels": labels }));
    let [policy] = &policies[..] else { panic!("{policies:?}") };
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(policy["egress"], Value::Null);
    let port = &files.pod("Deployment")["containers"][0]["ports"][0]["name"];
    let app = json!({ "podSelector": app_pods(&files) });
    assert_eq!(policy["ingress"], json!([{ "from": [app], "ports": [{ "port": port }] }]));
}

#[test]
fn no_pod_gets_a_token_for_kubernetes_or_more_rights_than_it_needs() {
    let files = redis::with_redis();
    let account = files.resource("ServiceAccount");
    assert_eq!(account["automountServiceAccountToken"], false);
    assert_eq!(files.resource("SpinApp")["spec"]["serviceAccountName"], account["metadata"]["name"]);
    for kind in ["StatefulSet", "Deployment", "Job"] {
        let pod = files.pod(kind);
        assert_eq!(pod["automountServiceAccountToken"], false, "{kind}");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{kind}");
        let container = &pod["containers"][0]["securityContext"];
        let bare = json!({
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": { "drop": ["ALL"] },
        });
        assert_eq!(*container, bare, "{kind}");
    }
}
