//! The plugin's own PHP signs, and this server takes it.

use std::{path::Path, process::Command};

use gchat::{
    connection_code::ConnectionCode,
    store::{SiteKey, SiteRecord},
};
use serde::Deserialize;

use crate::util::{Host, TestClient, TestServer, host::send_call};

/// What `moodle/tests/mint.php` prints.
#[derive(Deserialize)]
struct Minted {
    code: String,
    user_token: String,
    api: Call,
    /// The host's address, where it is not the origin of the code's address.
    wwwroot: Option<String>,
}

#[derive(Deserialize)]
struct Call {
    method: String,
    path: String,
    body: String,
    bearer: String,
}

#[tokio::test]
#[ignore = "needs php: the php step of make test runs it"]
async fn what_the_plugin_signs_is_taken() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../moodle/tests/mint.php");
    let printed = Command::new("php").arg(&script).output().unwrap();
    let errors = String::from_utf8_lossy(&printed.stderr);
    assert!(printed.status.success(), "{errors}");
    let minted: Minted = serde_json::from_slice(&printed.stdout).unwrap_or_else(|e| panic!("{e}: {errors}"));
    let code: ConnectionCode = minted.code.parse().unwrap();

    let origin = url::Url::parse(&code.url).unwrap().origin().ascii_serialization();
    let wwwroot = minted.wwwroot.unwrap_or_else(|| origin.clone());
    let (server, _) = TestServer::start_with(|_| {}).await;
    for site in server.store.sites().await.unwrap() {
        server.store.remove_site(site.site).await.unwrap(); // it may have the same address
    }
    let host = Host {
        issuer: code.site.clone(),
        url: url::Url::parse(&wwwroot).unwrap().origin().ascii_serialization(),
        key: SiteKey { kid: code.kid.clone(), secret: code.key.clone(), created_at: 0 },
    };
    let record = SiteRecord {
        site: gchat::id::SiteId(0),
        issuer: code.site,
        url: wwwroot,
        origins: vec![host.url.clone()],
        keys: vec![host.key.clone()],
        policy: Default::default(),
        policy_version: Default::default(),
    };
    server.store.add_site(record).await.unwrap();

    let client = TestClient::connect(&server, &host, &minted.user_token).await;
    assert_eq!(client.welcome["type"], "welcome");
    let Call { method, path, body, bearer } = minted.api;
    let (status, answer) = send_call(&server, &method, &path, &body, &bearer).await;
    assert_eq!(status, 200, "{answer}");
}
