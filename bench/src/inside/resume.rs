//! What it costs that somebody comes back to a conversation with 1,000 changes behind, beside a resume with none.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    campus::{Campus, Courses, token},
    client::Client,
};
use crate::{
    figure::{Figure, Goal},
    plan::Plan,
};

/// What was missed: the most after which changes are told, and not the newest messages in their place. Half of them are
/// new messages, half are edits of messages that the client holds, in turn.
const CHANGES: u64 = 1_000;

/// Of one `changes`: the most that the contract allows.
const PAGE: u64 = 100;

const ROUNDS: usize = 5;

pub async fn run(plan: &Plan) -> Result<Vec<Figure>> {
    let pairs: u32 = plan.pick(20, 100);
    let courses = Courses::Three { people: 2 * pairs };
    let campus = Campus::open(&plan.folder.join("resume.db")).await?;
    let mut absent = Vec::new();
    for pair in 0..pairs {
        absent.push(Absent::leave(&campus, courses, 2 * pair + 1).await?);
    }
    let (behind, none) =
        (best(&campus, &absent, courses, true).await?, best(&campus, &absent, courses, false).await?);
    campus.close().await?;
    Ok(vec![
        Figure::new("inside.resume.cpu_after_1000_changes", behind.cpu * 1e6, "us", Goal::None),
        Figure::new("inside.resume.cpu_after_none", none.cpu * 1e6, "us", Goal::None),
        Figure::new("inside.resume.cpu_ratio", behind.cpu / none.cpu, "x", Goal::None),
        Figure::new("inside.resume.bytes_after_1000_changes", behind.bytes, "B", Goal::None),
        Figure::new("inside.resume.bytes_after_none", none.bytes, "B", Goal::None),
        Figure::new("inside.resume.bytes_ratio", behind.bytes / none.bytes, "x", Goal::None),
        Figure::new("inside.resume.questions", behind.questions, "1", Goal::None),
    ])
}

/// One resume's share of the server's processor time, seconds; of the bytes that it wrote; and the questions.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    bytes: f64,
    questions: f64,
}

/// The cheapest of the rounds in which everybody comes back.
async fn best(campus: &Campus, absent: &[Absent], courses: Courses, behind: bool) -> Result<Cost> {
    let mut best: Option<Cost> = None;
    let n = absent.len() as f64;
    for _ in 0..ROUNDS {
        let (cpu, bytes) = (campus.cpu()?, campus.exchange.traffic.read().1);
        let mut questions = 0_u32;
        for one in absent {
            questions += one.come_back(campus, courses, behind).await?;
        }
        let bytes = (campus.exchange.traffic.read().1 - bytes) as f64 / n;
        let cost = Cost { cpu: (campus.cpu()? - cpu) / n, bytes, questions: f64::from(questions) / n };
        best = Some(best.filter(|best| best.cpu <= cost.cpu).unwrap_or(cost));
    }
    best.context("there are rounds")
}

/// Somebody who left, and what they held then and would hold now.
struct Absent {
    user: u32,
    conversation: String,
    epoch: Value,
    left: (u64, u64),
    now: (u64, u64),
}

impl Absent {
    /// Holds a thousand messages, and misses what the other person does then.
    async fn leave(campus: &Campus, courses: Courses, user: u32) -> Result<Self> {
        let (client, welcome) = Client::enter(&campus.exchange, &hello(user, courses, None), 0).await?;
        let epoch = serde_json::from_str::<Value>(&welcome)?["epoch"].clone();
        drop(client);
        let conversation = format!("{user}-{}", user + 1);
        let (mut other, _) = Client::enter(&campus.exchange, &hello(user + 1, courses, None), 0).await?;
        let send = |id: Uuid, text: &str| json!({"type": "send", "client_message_id": id, "conversation": conversation, "text": text});
        let ids: Vec<Uuid> = (0..CHANGES).map(|_| Uuid::now_v7()).collect();
        let first =
            ids.iter().map(|id| send(*id, "Shall we meet in the library at four, before the seminar?"));
        commit(&mut other, &first.collect::<Vec<_>>()).await?;
        let left = (CHANGES, CHANGES);
        let edit = |(seq, id): (u64, &Uuid)| {
            json!({
                "type": "edit", "id": Uuid::now_v7(), "conversation": conversation, "seq": seq,
                "client_message_id": id, "text": "Shall we meet in the library at five, after the seminar?",
            })
        };
        let edits = (1..).zip(&ids[..ids.len() / 2]).map(edit);
        let then = edits.flat_map(|edit| [edit, send(Uuid::now_v7(), "I have the book.")]);
        commit(&mut other, &then.collect::<Vec<_>>()).await?;
        let now = (left.0 + CHANGES, left.1 + CHANGES / 2);
        Ok(Self { user, conversation, epoch, left, now })
    }

    /// Signs in with a cursor, and asks until nothing is missing. Returns the questions.
    async fn come_back(&self, campus: &Campus, courses: Courses, behind: bool) -> Result<u32> {
        let (mut rev, mut seq) = if behind { self.left } else { self.now };
        let cursor = json!({
            "epoch": self.epoch,
            "conversations": [{"conversation": self.conversation, "rev": rev, "seq": seq}],
        });
        let hello = hello(self.user, courses, Some(cursor));
        let (mut client, welcome) = Client::enter(&campus.exchange, &hello, 0).await?;
        let welcome: Value = serde_json::from_str(&welcome)?;
        let mut changes = welcome["changes"].get(0).cloned().unwrap_or_default();
        let (mut questions, mut rows) = (0, 0);
        while !changes.is_null() {
            ensure!(
                changes["from"] == rev && changes["reset"].is_null(),
                "other changes were expected: {changes}"
            );
            rev = changes["rev"].as_u64().context("a rev")?;
            let messages = changes["messages"].as_array().context("messages")?;
            rows += messages.len() as u64;
            seq = messages.iter().filter_map(|row| row["seq"].as_u64()).fold(seq, u64::max);
            if changes["more"].is_null() {
                break;
            }
            questions += 1;
            let ask = json!({
                "type": "changes", "request": questions, "conversation": self.conversation, "rev": rev, "seq": seq,
                "limit": PAGE,
            });
            client.send(&ask.to_string()).await?;
            changes = client.read("changes").await?;
        }
        ensure!((rev, seq) == self.now, "{rev} and {seq} were told of {:?}", self.now);
        ensure!(rows == if behind { CHANGES } else { 0 }, "{rows} rows were told");
        Ok(questions)
    }
}

/// Some at once, which are committed together.
async fn commit(client: &mut Client, frames: &[Value]) -> Result<()> {
    for some in frames.chunks(50) {
        for frame in some {
            client.send(&frame.to_string()).await?;
        }
        for _ in some {
            client.of_type("ack").await?;
        }
    }
    Ok(())
}

fn hello(user: u32, courses: Courses, cursor: Option<Value>) -> String {
    let mut hello = json!({
        "type": "hello", "protocol": 1, "token": token(user, courses), "visible": false, "session": Uuid::new_v4(),
    });
    if let Some(cursor) = cursor {
        hello["cursor"] = cursor;
    }
    hello.to_string()
}
