//! The plugin's own PHP signs, and this server takes it.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use gchat::{clock::now_ms, connection_code::ConnectionCode};
use serde_json::{Value, json};

use crate::util::{
    Host, TestClient, TestServer, circle,
    host::{merge, send_call},
};

/// What `moodle/tests/mint.php` signs of this, by a clock that is a second ahead: a call that is signed in the second in
/// which the server starts is taken for one of before.
fn mint(host: &Host, what: &str, mut of: Value) -> String {
    let code = ConnectionCode {
        url: format!("{}/gchat/", host.url),
        site: host.issuer.clone(),
        kid: host.key.kid.clone(),
        key: host.key.secret.clone(),
    };
    merge(&mut of, json!({"code": code.to_string(), "now": now_ms() / 1_000 + 1}));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../moodle/tests/mint.php");
    let mut php = Command::new("php");
    php.arg(script).arg(what).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut php = php.spawn().unwrap();
    php.stdin.take().unwrap().write_all(of.to_string().as_bytes()).unwrap();
    let said = php.wait_with_output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
#[ignore = "needs php: the php step of make test runs it"]
async fn what_the_plugin_signs_is_taken_and_only_for_what_it_was_signed() {
    let (server, host) = TestServer::start().await;
    let content =
        host.person(7, "Ana Sousa <b> ñ 👋", &[circle("c7", "teacher"), circle("c9/g4", "student")]);
    let user = json!({"user": 2, "sid": "the-login-of-ana", "content": content});
    let mut ana = TestClient::connect(&server, &host, &mint(&host, "user", user)).await;
    assert_eq!(ana.welcome["user"]["name"], "Ana Sousa <b> ñ 👋");
    assert_eq!(ana.welcome["circles"], content["circles"]);

    let members = json!([{"user": 2, "role": "student", "groups": ["g5"]}]);
    let body = json!({"rights_version": 8, "title": "Álgebra", "members": members}).to_string();
    let (method, path) = ("PUT", "/api/v1/circles/c7");
    let call = json!({"wwwroot": host.url, "method": method, "path": path, "body": body});
    let bearer = mint(&host, "call", call);
    let changed = send_call(&server, method, path, &format!("{body} "), &bearer).await;
    assert_eq!((changed.0, &changed.1["code"]), (401, &json!("bad_token")));
    let answer = send_call(&server, method, path, &body, &bearer).await;
    assert_eq!(answer, (200, json!({"applied": true, "rights_version": 8})));
    assert_eq!(ana.next_of("circles").await["circles"][0]["id"], "c7/g5");
}
