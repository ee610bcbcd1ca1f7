//! What goes over the wire beneath the frames: how a closing is answered.

use serde_json::json;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::util::{TestClient, TestServer};

#[tokio::test]
async fn a_close_is_answered_with_its_code_before_the_socket_ends() {
    let (server, host) = TestServer::start().await;
    for code in [1000, 1001, 3000, 4999] {
        let close = || Message::Close(Some(CloseFrame { code: CloseCode::from(code), reason: "bye".into() }));
        let mut ana = TestClient::person(&server, &host, 2, "Ana", &[]).await;
        ana.send_raw(close()).await;
        assert_eq!(ana.closed().await, Some(code), "a signed-in client");
        let mut nobody = TestClient::open(&server, Some(&host.url)).await.unwrap();
        nobody.send_raw(close()).await;
        assert_eq!(nobody.closed().await, Some(code), "before hello");
    }
    let status = host.call(&server, "GET", "/api/v1/status", &json!(null)).await;
    assert_eq!(status.1["connections"], 0, "and nobody is left behind");
}
