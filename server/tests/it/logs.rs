//! What is written, said and signed never appears in the log, at any level, of this program or of a library.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::util::{TestClient, TestServer, circle};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn no_text_name_token_or_key_is_ever_logged() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(gchat::logs::filter("trace")).with_writer(log.clone());
    subscriber.try_init().unwrap();
    tracing::trace!("the log is listening");

    let (server, host) = TestServer::start().await;
    let c7: [Value; 1] = [json!({"id": "c7", "role": "student", "title": "canary-title"})];
    let token =
        host.token_with(2, "canary-name", &c7, json!({"profile_url": "https://moodle.example/canary-url"}));
    let mut ana = TestClient::connect(&server, &host, &token).await;
    let mut bruno = TestClient::person(&server, &host, 3, "canary-other", &c7).await;
    ana.say("2-3", "canary-text").await;
    bruno.next_message().await;
    ana.send_text("{\"type\":\"canary-type\"}").await;
    ana.send_text("canary-garbage").await;
    ana.send(json!({"type": "send", "text": "canary-bad-send"})).await;
    ana.ask(json!({"type": "search", "text": "canary-search", "limit": 3})).await;
    ana.ask(json!({"type": "history", "conversation": "2-3", "limit": 3})).await;
    ana.renew(&token).await;
    let mut bad = TestClient::open_path(&server, Some(&host.url), "/ws?token=canary-query").await.unwrap();
    bad.hello("canary.bad.token", json!({})).await;
    bad.closed().await;
    let person = host.person(3, "canary-put", &[circle("c7", "student")]);
    host.put(&server, 3, &person).await;
    host.call(&server, "PUT", "/api/v1/users/3", &json!({"name": "canary-bad-put"})).await;
    host.log_out(&server, 3, "canary-session").await;
    host.remove(&server, 3, 9).await;
    // Refusals of the store are logged: they are the ones most likely to quote.
    server.store.close().await;
    ana.say("2-3", "canary-failed").await;
    host.call(&server, "PUT", "/api/v1/users/4", &person).await;
    server.stop().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log is listening") && log.contains("the store refused"));
    let signature = token.rsplit_once('.').unwrap().1;
    let secret: String = host.key.secret.iter().map(|b| char::from(*b)).collect();
    for canary in ["canary", "Y2FuYXJ5", signature, &secret, "eyJ", "Bearer"] {
        let line = log.lines().find(|line| line.contains(canary));
        assert_eq!(line, None, "{canary} was logged");
    }
}
