//! Two whole paths for callgrind, through a whole server over wires in memory: a message from its sender's frame to the
//! ack and to the other person, and a page that is loaded (a socket ends, another signs in).
//!
//! What the two clients do in this process is counted with it, the same for every server.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    campus::{Campus, Courses, token},
    client::Client,
};

/// People in the one course in which all of it happens.
const PEOPLE: u32 = 24;
const COURSES: Courses = Courses::Three { people: PEOPLE };

/// So many messages between two people, each after the one before has arrived.
pub(super) async fn messages(times: u32, folder: &Path) -> Result<()> {
    let campus = Campus::open(&folder.join("messages.db")).await?;
    let mut ana = Client::enter(&campus.exchange, &hello(1, &Value::Null), 0).await?.0;
    let mut bruno = Client::enter(&campus.exchange, &hello(2, &Value::Null), 0).await?.0;
    for _ in 0..times {
        say(&mut ana, "1-2").await?;
        bruno.of_type("changes").await?;
    }
    campus.close().await
}

/// So many page loads of one person after another, each with a cursor of two conversations.
pub(super) async fn page_loads(times: u32, folder: &Path) -> Result<()> {
    let campus = Campus::open(&folder.join("page-loads.db")).await?;
    let mut seats = Vec::new();
    let mut epoch = Value::Null;
    for user in 1..=PEOPLE {
        let (seat, welcome) = Client::enter(&campus.exchange, &hello(user, &Value::Null), 0).await?;
        epoch = serde_json::from_str::<Value>(&welcome)?["epoch"].clone();
        seats.push(seat);
    }
    let next = |user: u32| user % PEOPLE + 1;
    let name = |a: u32, b: u32| format!("{}-{}", a.min(b), a.max(b));
    for (user, seat) in (1..).zip(&mut seats) {
        say(seat, &name(user, next(user))).await?;
    }
    for user in (1..=PEOPLE).cycle().take(usize::try_from(times)?) {
        let before = (user + PEOPLE - 2) % PEOPLE + 1;
        let held = |other| json!({"conversation": name(user, other), "rev": 1, "seq": 1});
        let cursor = json!({"epoch": epoch, "conversations": [held(before), held(next(user))]});
        let seat = seats.get_mut(user as usize - 1).context("somebody is there")?;
        *seat = Client::enter(&campus.exchange, &hello(user, &cursor), 0).await?.0;
    }
    campus.close().await
}

async fn say(client: &mut Client, conversation: &str) -> Result<()> {
    let message = json!({
        "type": "send", "client_message_id": Uuid::now_v7(), "conversation": conversation,
        "text": "Shall we meet in the library at four, before the seminar?",
    });
    client.send(&message.to_string()).await?;
    client.of_type("ack").await?;
    Ok(())
}

fn hello(user: u32, cursor: &Value) -> String {
    json!({
        "type": "hello", "protocol": 1, "token": token(user, COURSES), "session": Uuid::new_v4(), "visible": false,
        "features": ["edit", "delete", "reply"], "cursor": cursor,
    })
    .to_string()
}
