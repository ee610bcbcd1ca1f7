//! A client over a real socket: sends frames, waits for frames.

use std::{collections::VecDeque, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest},
};
use uuid::Uuid;

use super::{Host, TestServer};

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection.
pub(crate) struct TestClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames that came while another one was waited for.
    waiting: VecDeque<Value>,
    requests: u32,
    pub(crate) session: Uuid,
    pub(crate) welcome: Value,
}

impl TestClient {
    /// Opens a socket without saying anything; the HTTP status if it is refused.
    pub(crate) async fn open(server: &TestServer, origin: Option<&str>) -> Result<Self, u16> {
        Self::open_path(server, origin, "/ws").await
    }

    pub(crate) async fn open_path(
        server: &TestServer,
        origin: Option<&str>,
        path: &str,
    ) -> Result<Self, u16> {
        let headers: Vec<_> = origin.into_iter().map(|origin| ("origin", origin)).collect();
        Self::open_with(server, path, &headers).await
    }

    /// With exactly these headers besides those of the upgrade.
    pub(crate) async fn open_with(
        server: &TestServer,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, u16> {
        let mut request = format!("ws://{}{path}", server.address).into_client_request().unwrap();
        for (name, value) in headers {
            let name: tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self {
                socket,
                waiting: VecDeque::new(),
                requests: 0,
                session: Uuid::new_v4(),
                welcome: Value::Null,
            }),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Signs in with a token and waits for the welcome.
    pub(crate) async fn connect(server: &TestServer, host: &Host, token: &str) -> Self {
        let mut client = Self::open(server, Some(&host.url)).await.unwrap();
        client.hello(token, json!({})).await;
        client.welcome = client.next_of("welcome").await;
        client
    }

    /// Says hello with a token that is refused: the error's code, whether it is final, and the close code.
    pub(crate) async fn refused(server: &TestServer, host: &Host, token: &str) -> (String, bool, u16) {
        let mut client = Self::open(server, Some(&host.url)).await.unwrap();
        client.hello(token, json!({})).await;
        client.refusal().await
    }

    /// Renews with a token that is good.
    pub(crate) async fn renew(&mut self, token: &str) -> Value {
        self.send(json!({"type": "renew", "token": token})).await;
        self.next_of("renewed").await
    }

    /// The error with which the connection ends: its code, whether it is final, and the close code.
    pub(crate) async fn refusal(&mut self) -> (String, bool, u16) {
        let code = self.closed().await.expect("a close with a code");
        let last = self.waiting.pop_back().expect("an error before the close");
        assert_eq!(last["type"], "error", "{last}");
        assert_eq!(
            self.waiting.iter().filter(|f| f["type"] == "welcome").count(),
            0,
            "welcomed all the same"
        );
        (last["code"].as_str().unwrap().to_owned(), last["final"].as_bool().unwrap(), code)
    }

    /// Signs in a person of these circles.
    pub(crate) async fn person(
        server: &TestServer,
        host: &Host,
        user: i64,
        name: &str,
        circles: &[Value],
    ) -> Self {
        Self::connect(server, host, &host.token(user, name, circles)).await
    }

    /// Says hello with this client's session; `more` overrides and adds fields.
    pub(crate) async fn hello(&mut self, token: &str, more: Value) {
        let mut hello = json!({
            "type": "hello", "protocol": 1, "token": token, "session": self.session, "visible": true,
        });
        super::host::merge(&mut hello, more);
        self.send(hello).await;
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.send_raw(Message::text(text)).await;
    }

    /// A send that fails is seen by whoever waits for the answer.
    pub(crate) async fn send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    /// Writes a message and waits for its ack.
    pub(crate) async fn say(&mut self, conversation: &str, text: &str) -> Value {
        let id = Uuid::now_v7();
        self.say_as(id, conversation, text).await
    }

    /// Writes with a given id; the ack or the error.
    pub(crate) async fn say_as(&mut self, id: Uuid, conversation: &str, text: &str) -> Value {
        self.send(
            json!({"type": "send", "client_message_id": id, "conversation": conversation, "text": text}),
        )
        .await;
        let id = id.to_string();
        self.wait(|frame| {
            matches!(frame["type"].as_str(), Some("ack" | "error")) && frame["client_message_id"] == *id
        })
        .await
    }

    /// Sends a request with a number of its own and waits for its answer.
    pub(crate) async fn ask(&mut self, mut frame: Value) -> Value {
        self.requests += 1;
        frame["request"] = self.requests.into();
        let request = frame["request"].clone();
        self.send(frame).await;
        self.wait(|frame| frame["request"] == request).await
    }

    /// The next frame of a type; others wait their turn.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        self.wait(|frame| frame["type"] == kind).await
    }

    /// The first frame that fits, among those that wait and those to come.
    pub(crate) async fn wait(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&fits) {
            return self.waiting.remove(at).unwrap();
        }
        let found = timeout(PATIENCE, async {
            loop {
                match self.read().await {
                    Ok(frame) if fits(&frame) => return frame,
                    Ok(frame) => self.waiting.push_back(frame),
                    Err(code) => panic!("closed with {code:?} after {:?}", self.waiting),
                }
            }
        });
        match found.await {
            Ok(frame) => frame,
            Err(_) => panic!("what was waited for did not come; these did: {:#?}", self.waiting),
        }
    }

    /// The close code; frames before it wait.
    pub(crate) async fn closed(&mut self) -> Option<u16> {
        timeout(PATIENCE, async {
            loop {
                match self.read().await {
                    Ok(frame) => self.waiting.push_back(frame),
                    Err(code) => return code,
                }
            }
        })
        .await
        .expect("the connection should have been closed")
    }

    /// Everything that has come by the time the server answers a ping: all that was caused before it.
    pub(crate) async fn all_until_now(&mut self) -> Vec<Value> {
        self.send(json!({"type": "ping"})).await;
        self.wait(|frame| frame["type"] == "pong").await;
        self.waiting.drain(..).collect()
    }

    /// Waits until a roster of the circle, with diffs applied, has exactly these people (oneself included).
    pub(crate) async fn roster_becomes(&mut self, circle: &str, people: &[i64]) {
        let mut wanted = people.to_vec();
        wanted.sort_unstable();
        let mut have: Vec<i64> = Vec::new();
        let mut seen = Vec::new();
        let reached = timeout(PATIENCE, async {
            loop {
                let frame = self
                    .wait(|f| {
                        matches!(f["type"].as_str(), Some("roster" | "roster_diff")) && f["circle"] == circle
                    })
                    .await;
                let ids = |list: &Value, of: fn(&Value) -> i64| -> Vec<i64> {
                    list.as_array().unwrap().iter().map(of).collect()
                };
                let id = |c: &Value| c["id"].as_i64().unwrap();
                if frame["type"] == "roster" {
                    have = ids(&frame["contacts"], id);
                } else {
                    let left = ids(&frame["left"], |u| u.as_i64().unwrap());
                    have.retain(|user| !left.contains(user));
                    let joined = ids(&frame["joined"], id);
                    have.retain(|user| !joined.contains(user));
                    have.extend(joined);
                }
                have.sort_unstable();
                seen.push(have.clone());
                if have == wanted {
                    return;
                }
            }
        });
        assert!(reached.await.is_ok(), "the roster became {seen:?}, never {wanted:?}");
    }

    async fn read(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(close))) => return Err(close.map(|close| close.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }
}
