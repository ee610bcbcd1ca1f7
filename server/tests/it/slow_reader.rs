//! Somebody stops reading while ten thousand messages come: the server keeps a bounded part of them for that socket and
//! gives it up, everybody else goes on, and the cursor repairs what was missed.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Duration, timeout},
};

use crate::util::{
    Host, TestClient, circle,
    process::Process,
    raw::{hello, upgraded},
};

const READER: i64 = 2;
const WRITERS: i64 = 20;
const EACH: i64 = 500;

/// More than the queue may hold is nowhere kept: the growth is the store's and the writers'.
const GROWTH_KIB: u64 = 60 * 1_024;

/// The writers write as fast as they are answered.
fn settings() -> [(&'static str, &'static str); 5] {
    [
        ("GCHAT_LIMITS_MESSAGES_PER_SECOND", "100000"),
        ("GCHAT_LIMITS_MESSAGE_BURST", "100000"),
        ("GCHAT_LIMITS_FRAMES_PER_SECOND", "100000"),
        ("GCHAT_LIMITS_FRAME_BURST", "100000"),
        // The reader fetches all of it at the end.
        ("GCHAT_LIMITS_ANSWER_BURST_BYTES", "100000000"),
    ]
}

fn conversation(writer: i64) -> String {
    format!("{READER}-{writer}")
}

async fn write(server: &Process, host: &Host, writer: i64) {
    let token = host.token(writer, "Writer", &[circle("c7", "student")]);
    let mut client = TestClient::connect_unseen(server.address, host, &token, Value::Null).await;
    // A kilobyte each: more than all buffers between the two together.
    let filling = "x".repeat(1_000);
    for n in 1..=EACH {
        let ack = client.say(&conversation(writer), &format!("{n} {filling}")).await;
        // Nobody may wait for somebody else's socket.
        assert_eq!((&ack["type"], &ack["seq"]), (&json!("ack"), &json!(n)), "{writer}");
    }
}

/// What the reader's other device has seen, and what the stopped one has after it came back: by conversation, texts.
type Seen = BTreeMap<String, Vec<String>>;

fn keep(seen: &mut Seen, conversation: &str, message: &Value) {
    let all = seen.entry(conversation.to_owned()).or_default();
    assert_eq!(message["seq"], all.len() + 1, "{conversation}: a gap or a double");
    all.push(message["text"].as_str().unwrap().chars().take(12).collect());
}

async fn repaired(server: &Process, host: &Host, token: &str, epoch: &Value) -> Seen {
    let writers: Vec<i64> = (100..100 + WRITERS).collect();
    let entry = |w: &i64| json!({"conversation": conversation(*w), "rev": 0, "seq": 0});
    let cursor = json!({"epoch": epoch, "conversations": writers.iter().map(entry).collect::<Vec<_>>()});
    let mut back = TestClient::connect_unseen(server.address, host, token, cursor).await;
    let missed = back.welcome["changes"].clone();
    assert_eq!(missed.as_array().unwrap().len(), writers.len());
    let mut seen = Seen::new();
    for missed in missed.as_array().unwrap() {
        assert!(missed["reset"].is_null(), "the copy is a prefix of the truth: {missed}");
        let name = missed["conversation"].as_str().unwrap();
        missed["messages"].as_array().unwrap().iter().for_each(|m| keep(&mut seen, name, m));
        let mut more = missed["more"] == true;
        while more {
            let held = seen.get(name).map_or(0, Vec::len);
            let ask =
                json!({"type": "changes", "conversation": name, "rev": held, "seq": held, "limit": 100});
            let page = back.ask(ask).await;
            more = page["more"] == true;
            page["messages"].as_array().unwrap().iter().for_each(|m| keep(&mut seen, name, m));
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_is_given_up_and_repaired_by_its_cursor_while_ten_thousand_messages_pass() {
    let (server, host) = Process::start(&settings()).await;
    let token = host.token(READER, "Reader", &[circle("c7", "student")]);
    let mut device = TestClient::connect_unseen(server.address, &host, &token, Value::Null).await;
    let epoch = device.welcome["epoch"].clone();
    let mut stopped = upgraded(&server, &host, 1).await.unwrap();
    stopped.write_all(&hello(&host, READER)).await.unwrap();
    let mut welcome = [0; 64];
    stopped.read_exact(&mut welcome).await.unwrap();
    let before = server.memory_kib();

    let all = usize::try_from(WRITERS * EACH).unwrap();
    let read = async {
        let mut seen = Seen::new();
        for n in 0..all {
            if n % 100 == 0 {
                // Whoever reads is heard from, however long it takes.
                device.send(json!({"type": "ping"})).await;
            }
            let frame = device.next_of("changes").await;
            keep(&mut seen, frame["conversation"].as_str().unwrap(), &frame["messages"][0]);
        }
        seen
    };
    let (seen, _) = tokio::join!(read, join_all((100..100 + WRITERS).map(|w| write(&server, &host, w))));
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), all, "the device that reads has them all");

    let growth = server.peak_kib().saturating_sub(before);
    assert!(growth < GROWTH_KIB, "the server grew by {growth} KiB from {before}");
    // It was given up: what its buffers held comes, and then the end.
    let mut rest = Vec::new();
    let ended = timeout(Duration::from_secs(10), stopped.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "still open after {} bytes", rest.len());
    assert!(rest.len() < all * 1_000 / 2, "it had read them all: {} bytes", rest.len());
    assert_eq!(repaired(&server, &host, &token, &epoch).await, seen);
}
