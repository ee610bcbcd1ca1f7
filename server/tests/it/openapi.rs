//! The description of the HTTP API: that it is the committed one, and that no route is missing in it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::util::TestServer;

/// Routes that are not of the HTTP API: the socket has a contract of its own, the client is files, and the rest of
/// `/api/` is where nothing is.
const OTHERS: [&str; 3] = ["/ws", "/client/{*file}", "/api/{*path}"];

/// `METHOD PATH` of every route that the server's own code adds.
fn routes() -> BTreeSet<String> {
    let code = include_str!("../../src/http.rs");
    let mut routes = BTreeSet::new();
    for route in code.split(".route(\"").skip(1) {
        let (path, methods) = route.split_once('"').unwrap();
        let methods = methods.lines().next().unwrap();
        let named: Vec<_> = ["get", "put", "post", "delete", "patch"]
            .into_iter()
            .filter(|method| {
                methods.contains(&format!(" {method}(")) || methods.contains(&format!(".{method}("))
            })
            .collect();
        assert!(!named.is_empty() || OTHERS.contains(&path), "{path} has methods that this test cannot read");
        if !OTHERS.contains(&path) {
            routes.extend(named.iter().map(|method| format!("{} {path}", method.to_uppercase())));
        }
    }
    routes
}

#[tokio::test]
async fn the_committed_description_is_the_servers_and_has_every_route() {
    let (server, host) = TestServer::start().await;
    let committed = include_str!("../../../protocol/openapi.json");
    assert!(
        committed == gchat::http::api::describe::text(),
        "protocol/openapi.json is out of date: write the output of `gchat openapi` into it"
    );
    let served = reqwest::get(server.http("/api/v1/openapi.json")).await.unwrap();
    let served: Value = served.json().await.unwrap();
    assert_eq!(served, serde_json::from_str::<Value>(committed).unwrap());
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1."));

    for name in committed.split("#/components/schemas/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(
            served["components"]["schemas"][name].is_object(),
            "{name} is referred to, but not described"
        );
    }

    let mut described = BTreeSet::new();
    for (path, methods) in served["paths"].as_object().unwrap() {
        for (method, route) in methods.as_object().unwrap() {
            let signed = if path.starts_with("/api/v1/") && !path.ends_with(".json") {
                json!([{"call": []}])
            } else {
                json!([{}])
            };
            assert_eq!(route["security"], signed, "{path}");
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    assert_eq!(described, routes());
    for route in described {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("{user}", "2").replace("{conversation}", "2-3").replace("{course}", "c7");
        let (status, answer) = host.call(&server, method, &path, &json!(null)).await;
        let there = status != 404 || answer["message"].as_str().unwrap().starts_with("nothing is kept");
        assert!(matches!(status, 200 | 400 | 404) && there, "{route} is there: {status} {answer}");
    }
}
