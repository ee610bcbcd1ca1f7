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
    pub(crate) rev: u64,
    /// In their order.
    pub(crate) rows: Vec<Said>,
}

/// All of these conversations. Each is read by its lower user, who needs one
/// connection for all of theirs: more could cost their own clients their place.
pub(crate) async fn read(
    site: &Site,
    server: SocketAddr,
    conversations: &[Conversation],
) -> Result<Vec<Found>> {
    let mut people: BTreeMap<u64, Vec<Conversation>> = BTreeMap::new();
    for conversation in conversations {
        let Some((lower, _)) = conversation.pair() else { continue };
        people.entry(lower).or_default().push(*conversation);
    }
    let mut all = Vec::new();
    let mut reading = JoinSet::new();
    loop {
        while reading.len() < AT_ONCE
            && let Some((user, own)) = people.pop_first()
        {
            let token = site.token(user).context("a suspended person cannot read")?;
            reading.spawn(by_one(server, token, own));
        }
        match reading.join_next().await {
            Some(read) => all.extend(read??),
            None => break,
        }
    }
    all.sort_unstable_by_key(|found: &Found| found.conversation);
    Ok(all)
}

async fn by_one(server: SocketAddr, token: String, conversations: Vec<Conversation>) -> Result<Vec<Found>> {
    let mut socket = connect(server, HARNESS).await.context("the last reader cannot connect")?;
    let session = Uuid::new_v4();
    let hello =
        Outgoing::Hello { protocol: 1, token, session, visible: false, features: FEATURES, cursor: None };
    ask(&mut socket, &hello).await?;
    let mut read = Vec::new();
    for conversation in conversations {
        read.push(whole(&mut socket, conversation).await?);
    }
    Ok(read)
}

async fn whole(socket: &mut Socket, conversation: Conversation) -> Result<Found> {
    let (mut messages, mut rev) = (Vec::<Said>::new(), 0);
    for request in 1.. {
        let after = messages.last().map_or(0, |last| last.seq);
        ask(
            socket,
            &Outgoing::History { request, conversation, before: None, after: Some(after), limit: 100 },
        )
        .await?;
        let page = page(socket, conversation).await?;
        let before = messages.len();
        rev = page.rev;
        messages.extend(page.messages.iter().map(Said::of));
        // A page that does not go on would be read for ever; the checker is told of it as it is.
        if messages.len() == before || messages[before..].iter().any(|message| message.seq <= after) {
            break;
        }
    }
    Ok(Found { conversation, rev, rows: messages })
}

async fn ask(socket: &mut Socket, frame: &Outgoing) -> Result<()> {
    Ok(timeout(PATIENCE, socket.send(Packet::text(frame.encode()))).await??)
}

/// The answer: there is one question at a time.
async fn page(socket: &mut Socket, conversation: Conversation) -> Result<History> {
    loop {
        let packet = timeout(PATIENCE, socket.next()).await.context("the last reader gets no answer")?;
        let Packet::Text(text) = packet.context("the last reader was cut off")?? else { continue };
        match Incoming::decode(&text)? {
            Incoming::History(page) if page.conversation == conversation => return Ok(page),
            Incoming::Error(refusal) => bail!("the last reader was refused: {}", refusal.code),
            Incoming::Ping => ask(socket, &Outgoing::Pong).await?,
            _ => {}
        }
    }
}
