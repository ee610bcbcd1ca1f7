//! gchat as a peer: the shipped binary, and the part of the contract that talk needs.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, process::Command, sync::Arc};

use anyhow::{Context as _, Result, bail, ensure};
use async_trait::async_trait;
use gchat::connection_code::ConnectionCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    host::{self, Host},
    peer::{Connection, Peer, Person, Told},
    socket::Socket,
};
use crate::outside::prefill;

/// Adds the site to a new database, as an administrator does, and the people, who were here yesterday.
pub(super) fn found(binary: &Path, database: &Path, people: &[Person]) -> Result<Host> {
    let answer = Command::new(binary)
        .args(["site", "add", host::URL, "--database"])
        .arg(database)
        .output()
        .with_context(|| {
        format!("cannot start {}: build it with cargo build --release", binary.display())
    })?;
    ensure!(answer.status.success(), "gchat site add failed: {answer:?}");
    let code: ConnectionCode = String::from_utf8(answer.stdout)?.parse()?;
    // A person may have several connections.
    let people: BTreeMap<u64, Value> =
        people.iter().map(|person| (person.user, host::rights(person).into())).collect();
    let mut conn = rusqlite::Connection::open(database)?;
    let tx = conn.transaction()?;
    prefill::users(&tx, tx.query_row("SELECT site FROM sites", [], |row| row.get(0))?, people.into_iter())?;
    tx.commit()?;
    conn.close().map_err(|(_, error)| error)?;
    Ok(Host::of(&code))
}

/// How it is started: as shipped, but for its rates. Load that does not wait writes in bursts where the machine stalls,
/// and is not to be refused then; the Node servers have the same rates.
pub(super) fn command(binary: &Path, database: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(binary);
    command.args(["serve", "--listen", &address.to_string(), "--database"]).arg(database);
    for limit in ["MESSAGES_PER_SECOND", "MESSAGE_BURST", "FRAMES_PER_SECOND", "FRAME_BURST"] {
        command.env(format!("GCHAT_LIMITS_{limit}"), "1000");
    }
    command
}

/// A running gchat.
pub(super) struct Gchat {
    pub(super) address: SocketAddr,
    pub(super) host: Arc<Host>,
}

#[async_trait]
impl Peer for Gchat {
    async fn connect(&self, person: &Person) -> Result<Box<dyn Connection>> {
        let mut socket = Socket::open(self.address, "/ws").await?;
        let hello = json!({
            "type": "hello", "protocol": 1, "token": self.host.token(person)?, "session": Uuid::new_v4(),
            "visible": true,
        });
        socket.write(hello.to_string()).await?;
        let mut client = Client { socket, user: person.user };
        // The first roster comes after the welcome, and says that the course is seen.
        while client.next().await? == Told::Else {}
        Ok(Box::new(client))
    }
}

struct Client {
    socket: Socket,
    user: u64,
}

#[async_trait]
impl Connection for Client {
    async fn say(&mut self, to: u64, text: &str) -> Result<()> {
        let conversation = format!("{}-{}", self.user.min(to), self.user.max(to));
        let frame = json!({
            "type": "send", "client_message_id": Uuid::now_v7(), "conversation": conversation, "text": text,
        });
        self.socket.write(frame.to_string()).await
    }

    async fn next(&mut self) -> Result<Told> {
        let text = self.socket.read().await?;
        let frame: Frame =
            serde_json::from_str(&text).with_context(|| format!("not in the contract: {text}"))?;
        Ok(match frame {
            Frame::Changes { messages } => messages
                .into_iter()
                .find(|message| message.sender != self.user)
                .map_or(Told::Else, |message| Told::Message { from: message.sender, text: message.text }),
            Frame::Roster { contacts } | Frame::RosterDiff { joined: contacts } => {
                Told::Online(contacts.iter().map(|contact| contact.id).collect())
            }
            Frame::Error {} => bail!("gchat refuses: {text}"),
            Frame::Ping => {
                self.socket.write(r#"{"type":"pong"}"#).await?;
                Told::Else
            }
            Frame::Other => Told::Else,
        })
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame {
    /// Live, each tells of one message.
    Changes {
        messages: Vec<Message>,
    },
    Roster {
        contacts: Vec<Contact>,
    },
    RosterDiff {
        joined: Vec<Contact>,
    },
    Error {},
    Ping,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Message {
    sender: u64,
    text: String,
}

#[derive(Deserialize)]
struct Contact {
    id: u64,
}
