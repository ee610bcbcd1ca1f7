//! A client over a real socket: sends frames, waits for frames.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    time::Duration,
};

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

/// A roster as its frames have made it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Roster {
    pub(crate) version: Value,
    pub(crate) total: usize,
    pub(crate) contacts: BTreeMap<i64, Value>,
}

/// One connection.
pub(crate) struct TestClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Frames that came while another one was waited for.
    waiting: VecDeque<Value>,
    requests: u32,
    /// By circle.
    pub(crate) rosters: BTreeMap<String, Roster>,
    /// Diffs that did not fit what was held.
    pub(crate) misfits: usize,
    /// Every frame as it came, one a line.
    pub(crate) bytes: String,
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
        Self::open_at(server.address, path, headers).await
    }

    /// At any server.
    async fn open_at(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        for (name, value) in headers {
            let name: tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Self {
                socket,
                waiting: VecDeque::new(),
                requests: 0,
                rosters: BTreeMap::new(),
                misfits: 0,
                bytes: String::new(),
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

    /// Signs in at a server that is not of this process.
    pub(crate) async fn connect_at(address: SocketAddr, host: &Host, token: &str) -> Self {
        Self::connect_with(address, host, token, json!({})).await
    }

    /// The same on a page that nobody sees, with a cursor if there is one.
    pub(crate) async fn connect_unseen(address: SocketAddr, host: &Host, token: &str, cursor: Value) -> Self {
        Self::connect_with(address, host, token, json!({"visible": false, "cursor": cursor})).await
    }

    async fn connect_with(address: SocketAddr, host: &Host, token: &str, more: Value) -> Self {
        let mut client = Self::open_at(address, "/ws", &[("origin", &host.url)]).await.unwrap();
        client.hello(token, more).await;
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
        self.wait(|frame| matches!(frame["type"].as_str(), Some("ack" | "error")) && frame["id"] == *id).await
    }

    /// Does something to a message: a frame without its `id`. The ack or the error.
    pub(crate) async fn verb(&mut self, mut frame: Value) -> Value {
        if frame["id"].is_null() {
            frame["id"] = json!(Uuid::now_v7());
        }
        self.verb_as(frame["id"].clone(), frame).await
    }

    /// Sends a frame that is answered with this id; the ack or the error.
    pub(crate) async fn verb_as(&mut self, id: Value, frame: Value) -> Value {
        self.send(frame).await;
        self.wait(|frame| matches!(frame["type"].as_str(), Some("ack" | "error")) && frame["id"] == id).await
    }

    /// The message of the next live change.
    pub(crate) async fn next_message(&mut self) -> Value {
        let mut changes = self.wait(|f| f["type"] == "changes" && f["request"].is_null()).await;
        assert_eq!(changes["messages"].as_array().map(Vec::len), Some(1), "{changes}");
        let message = changes["messages"][0].take();
        assert_eq!(changes["rev"], message["rev"], "{changes}");
        assert_eq!(changes["from"], message["rev"].as_i64().unwrap() - 1, "{changes}");
        message
    }

    /// Sends a request with a number of its own and waits for its answer.
    pub(crate) async fn ask(&mut self, mut frame: Value) -> Value {
        self.requests += 1;
        frame["request"] = self.requests.into();
        let request = frame["request"].clone();
        self.send(frame).await;
        self.wait(|frame| frame["request"] == request).await
    }

    /// The same; again where it was too early.
    pub(crate) async fn ask_until(&mut self, frame: Value) -> Value {
        loop {
            let answer = self.ask(frame.clone()).await;
            match answer["retry_after_ms"].as_u64() {
                Some(wait) => tokio::time::sleep(Duration::from_millis(wait)).await,
                None => return answer,
            }
        }
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

    /// The next frame as it comes, or the close code.
    pub(crate) async fn next_or_close(&mut self) -> Result<Value, Option<u16>> {
        match self.waiting.pop_front() {
            Some(frame) => Ok(frame),
            None => timeout(PATIENCE, self.read()).await.expect("a frame or a close"),
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

    /// Opens a window with somebody: the dock that shows it.
    pub(crate) async fn open_window(&mut self, conversation: &str, base: i64) -> Value {
        self.send(json!({"type": "dock", "conversation": conversation, "state": "open", "base": base})).await;
        let conversation = conversation.to_owned();
        self.wait(|f| {
            f["type"] == "dock"
                && f["windows"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|w| w["conversation"] == *conversation && w["state"] == "open")
        })
        .await
    }

    /// Waits until the roster of the circle has exactly these people (oneself included), with a total that fits.
    pub(crate) async fn roster_becomes(&mut self, circle: &str, people: &[i64]) {
        let wanted: BTreeSet<i64> = people.iter().copied().collect();
        let reached = timeout(PATIENCE, async {
            while !self.rosters.get(circle).is_some_and(|r| {
                r.contacts.keys().copied().eq(wanted.iter().copied()) && r.total == wanted.len()
            }) {
                match self.read().await {
                    Ok(frame) => self.waiting.push_back(frame),
                    Err(code) => panic!("closed with {code:?} while the roster was {:?}", self.rosters),
                }
            }
        });
        let reached = reached.await.is_ok();
        assert!(reached, "the roster of {circle} is {:?}, not {wanted:?}", self.rosters.get(circle));
        self.waiting.retain(|f| {
            !(matches!(f["type"].as_str(), Some("roster" | "roster_diff")) && f["circle"] == circle)
        });
    }

    /// Waits until the roster of a circle is so.
    pub(crate) async fn wait_roster(&mut self, circle: &str, fits: impl Fn(&Roster) -> bool) {
        let reached = timeout(PATIENCE, async {
            while !self.rosters.get(circle).is_some_and(&fits) {
                let frame = self.read().await.expect("an open connection");
                self.waiting.push_back(frame);
            }
        });
        let reached = reached.await.is_ok();
        assert!(reached, "the roster of {circle} stayed {:?}", self.rosters.get(circle));
    }

    /// What the contract says that a client does with rosters.
    fn fold(&mut self, frame: &Value) {
        let contacts = |list: &Value| -> Vec<(i64, Value)> {
            list.as_array().unwrap().iter().map(|c| (c["id"].as_i64().unwrap(), c.clone())).collect()
        };
        let circle = || frame["circle"].as_str().unwrap().to_owned();
        let total = || usize::try_from(frame["total"].as_u64().unwrap()).unwrap();
        match frame["type"].as_str() {
            Some("roster") => {
                let contacts = contacts(&frame["contacts"]).into_iter().collect();
                let roster = Roster { version: frame["version"].clone(), total: total(), contacts };
                self.rosters.insert(circle(), roster);
            }
            Some("roster_diff") => match self.rosters.get_mut(&circle()) {
                Some(held) if held.version == frame["from"] => {
                    frame["left"].as_array().unwrap().iter().for_each(|user| {
                        assert!(
                            held.contacts.remove(&user.as_i64().unwrap()).is_some(),
                            "left without being there"
                        );
                    });
                    held.contacts.extend(contacts(&frame["joined"]));
                    (held.version, held.total) = (frame["version"].clone(), total());
                }
                _ => self.misfits += 1,
            },
            Some("circles") => {
                let ids: Vec<_> =
                    frame["circles"].as_array().unwrap().iter().map(|c| c["id"].clone()).collect();
                self.rosters.retain(|circle, _| ids.iter().any(|id| id == circle));
            }
            _ => {}
        }
    }

    async fn read(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    self.bytes.push_str(&text);
                    self.bytes.push('\n');
                    let frame = serde_json::from_str(&text).unwrap();
                    self.fold(&frame);
                    return Ok(frame);
                }
                Some(Ok(Message::Close(close))) => return Err(close.map(|close| close.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }
}
