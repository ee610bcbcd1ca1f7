//! The chat servers on `ws` and uWebSockets, which speak the same small JSON over a WebSocket, and the one on Socket.IO.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result, bail};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    host::Host,
    peer::{Connection, Peer, Person, Told},
    socket::Socket,
};

/// Where one of them listens, and who signs for it.
pub(super) struct Plain {
    pub(super) address: SocketAddr,
    pub(super) host: Arc<Host>,
}

#[async_trait]
impl Peer for Plain {
    async fn connect(&self, person: &Person) -> Result<Box<dyn Connection>> {
        let mut socket = Socket::open(self.address, "/").await?;
        let token = self.host.token(person)?;
        socket.write(json!({ "type": "hello", "token": token }).to_string()).await?;
        let mut client = PlainClient { socket, user: person.user };
        while client.next().await? == Told::Else {}
        Ok(Box::new(client))
    }
}

struct PlainClient {
    socket: Socket,
    user: u64,
}

#[async_trait]
impl Connection for PlainClient {
    async fn say(&mut self, to: u64, text: &str) -> Result<()> {
        let frame = json!({ "type": "send", "id": Uuid::now_v7(), "to": to, "text": text });
        self.socket.write(frame.to_string()).await
    }

    async fn next(&mut self) -> Result<Told> {
        let text = self.socket.read().await?;
        let frame: Frame = serde_json::from_str(&text).with_context(|| format!("not understood: {text}"))?;
        frame.told(self.user)
    }
}

/// What the servers of `bench/peers/` say.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame {
    Welcome {
        rosters: Vec<Roster>,
    },
    Joined {
        contact: Contact,
    },
    Message {
        sender: u64,
        text: String,
    },
    Error {
        code: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Roster {
    contacts: Vec<Contact>,
}

#[derive(Debug, Deserialize)]
struct Contact {
    id: u64,
}

impl Frame {
    /// What it means to this user.
    fn told(self, user: u64) -> Result<Told> {
        Ok(match self {
            Self::Welcome { rosters } => {
                Told::Online(rosters.iter().flat_map(|roster| &roster.contacts).map(|c| c.id).collect())
            }
            Self::Joined { contact } => Told::Online(vec![contact.id]),
            Self::Message { sender, text } if sender != user => Told::Message { from: sender, text },
            Self::Error { code } => bail!("the server refuses: {code}"),
            Self::Message { .. } | Self::Other => Told::Else,
        })
    }
}

/// A running Socket.IO server.
///
/// Engine.IO 4 and Socket.IO 5 over a WebSocket: one digit for the transport's packet (0 open, 2 ping, 3 pong,
/// 4 message), within a message another for its kind (0 connect, 2 event, 3 acknowledgement, 4 refused), then the number
/// to be acknowledged, then JSON.
pub(super) struct SocketIo {
    pub(super) address: SocketAddr,
    pub(super) host: Arc<Host>,
}

#[async_trait]
impl Peer for SocketIo {
    async fn connect(&self, person: &Person) -> Result<Box<dyn Connection>> {
        let mut socket = Socket::open(self.address, "/socket.io/?EIO=4&transport=websocket").await?;
        let open = socket.read().await?;
        if !open.starts_with('0') {
            bail!("not the opening of Engine.IO: {open}");
        }
        socket.write(format!("40{}", json!({ "token": self.host.token(person)? }))).await?;
        let mut client = SocketIoClient { socket, user: person.user, number: 0 };
        while client.next().await? == Told::Else {}
        Ok(Box::new(client))
    }
}

struct SocketIoClient {
    socket: Socket,
    user: u64,
    /// Of the last acknowledgement that was asked for.
    number: u64,
}

#[async_trait]
impl Connection for SocketIoClient {
    async fn say(&mut self, to: u64, text: &str) -> Result<()> {
        self.number += 1;
        let event = json!(["send", { "id": Uuid::now_v7(), "to": to, "text": text }]);
        self.socket.write(format!("42{}{event}", self.number)).await
    }

    async fn next(&mut self) -> Result<Told> {
        let packet = self.socket.read().await?;
        if packet.as_str() == "2" {
            self.socket.write("3").await?;
            return Ok(Told::Else);
        }
        if packet.starts_with("40") {
            return Ok(Told::Else);
        }
        if packet.starts_with("43") {
            let json = packet.trim_start_matches(|c: char| c.is_ascii_digit());
            let answer: [Value; 1] = serde_json::from_str(json)?;
            match answer[0].get("code") {
                Some(code) => bail!("the server refuses: {code}"),
                None => return Ok(Told::Else),
            }
        }
        let event = packet.strip_prefix("42").with_context(|| format!("not understood: {packet}"))?;
        let (name, mut body): (String, Value) = serde_json::from_str(event)?;
        body["type"] = Value::String(name);
        serde_json::from_value::<Frame>(body)?.told(self.user)
    }
}
