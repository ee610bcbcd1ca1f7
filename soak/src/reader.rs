//! The last honest reader: asks a server for everything, page by page, and writes down what it says.
//!
//! It holds no copy and corrects nothing, so that the checker sees the store as it is.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use gchat_wire::{Conversation, FEATURES, History, Incoming, Outgoing};
use tokio::{task::JoinSet, time::timeout};
use tokio_tungstenite::tungstenite::Message as Packet;
use uuid::Uuid;

use crate::{
    client::{Socket, connect},
    history::{HARNESS, Said},
    site::Site,
};

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// People who read at the same time.
const AT_ONCE: usize = 8;

/// A conversation as it is in the store.
pub(crate) struct Found {
    pub(crate) conversation: Conversation,
    /// The user as whom it was read.
    pub(crate) reader: u64,
    pub(crate) rev: u64,
    /// In their order, each with the reader's own reactions.
    pub(crate) rows: Vec<(Said, Vec<String>)>,
}

/// All of these conversations, each by somebody who reads all of it, and needs one
/// connection for all of theirs: more could cost their own clients their place. Those that are not there are left out.
pub(crate) async fn read(
    site: &Site,
    server: SocketAddr,
    conversations: impl Iterator<Item = (Conversation, u64)>,
) -> Result<Vec<Found>> {
    let mut people: BTreeMap<u64, Vec<Conversation>> = BTreeMap::new();
    for (conversation, reader) in conversations {
        people.entry(reader).or_default().push(conversation);
    }
    let mut all = Vec::new();
    let mut reading = JoinSet::new();
    loop {
        while reading.len() < AT_ONCE
            && let Some((user, own)) = people.pop_first()
        {
            let token = site.token(user).context("a suspended person cannot read")?;
            reading.spawn(by_one(server, user, token, own));
        }
        match reading.join_next().await {
            Some(read) => all.extend(read??),
            None => break,
        }
    }
    all.sort_unstable_by_key(|found: &Found| found.conversation);
    Ok(all)
}

async fn by_one(
    server: SocketAddr,
    reader: u64,
    token: String,
    conversations: Vec<Conversation>,
) -> Result<Vec<Found>> {
    let mut socket = connect(server, HARNESS).await.context("the last reader cannot connect")?;
    let session = Uuid::new_v4();
    let hello =
        Outgoing::Hello { protocol: 1, token, session, visible: false, features: FEATURES, cursor: None };
    ask(&mut socket, &hello).await?;
    let mut read = Vec::new();
    for conversation in conversations {
        read.extend(whole(&mut socket, reader, conversation).await?);
    }
    Ok(read)
}

async fn whole(socket: &mut Socket, reader: u64, conversation: Conversation) -> Result<Option<Found>> {
    let (mut messages, mut rev) = (Vec::<(Said, Vec<String>)>::new(), 0);
    for request in 1.. {
        let after = messages.last().map_or(0, |(last, _)| last.seq);
        ask(
            socket,
            &Outgoing::History { request, conversation, before: None, after: Some(after), limit: 100 },
        )
        .await?;
        let Some(page) = page(socket, conversation).await? else { return Ok(None) };
        let before = messages.len();
        rev = page.rev;
        messages.extend(page.messages.iter().map(|message| (Said::of(message), message.mine.clone())));
        // A page that does not go on would be read for ever; the checker is told of it as it is.
        if messages.len() == before || messages[before..].iter().any(|(message, _)| message.seq <= after) {
            break;
        }
    }
    Ok(Some(Found { conversation, reader, rev, rows: messages }))
}

async fn ask(socket: &mut Socket, frame: &Outgoing) -> Result<()> {
    Ok(timeout(PATIENCE, socket.send(Packet::text(frame.encode()))).await??)
}

/// The answer: there is one question at a time. `None`: the group was never made, or there is no room.
async fn page(socket: &mut Socket, conversation: Conversation) -> Result<Option<History>> {
    loop {
        let packet = timeout(PATIENCE, socket.next()).await.context("the last reader gets no answer")?;
        let Packet::Text(text) = packet.context("the last reader was cut off")?? else { continue };
        match Incoming::decode(&text)? {
            Incoming::History(page) if page.conversation == conversation => return Ok(Some(page)),
            Incoming::Error(refusal) if refusal.code == "not_found" && conversation.pair().is_none() => {
                return Ok(None);
            }
            Incoming::Error(refusal) => bail!("the last reader was refused: {}", refusal.code),
            Incoming::Ping => ask(socket, &Outgoing::Pong).await?,
            _ => {}
        }
    }
}
