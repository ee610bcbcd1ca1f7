//! Crowds that hold sockets open and give nothing: each is put out in time, while an honest person goes on and the
//! server's memory stays small. The server is the real binary, in a process of its own, with its usual settings.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use gchat::{config::Config, server::Server, store::sqlite::SqliteStore};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::util::{
    Host, TestClient, circle,
    process::Process,
    raw::{from, head, hello, upgraded},
};

/// Members of a crowd; `EACH` at one address, as many as may wait there.
const CROWD: usize = 500;
const EACH: usize = 100;

/// Until all of it is gone.
const PATIENCE: Duration = Duration::from_secs(15);

/// A server that has waited this long for a core may have found even a good request late.
const STARVED: Duration = Duration::from_secs(2);

/// How much the server may grow for a crowd: 64 KiB and its buffers for each member.
const GROWTH_KIB: u64 = 60 * 1_024;

/// Until the server has closed, `drip` is written again and again. How long that took, and what it said meanwhile.
async fn drip(server: &Process, mut socket: TcpStream, drip: &[u8], every: Duration) -> (Duration, Vec<u8>) {
    let (start, mut heard) = (Instant::now(), Vec::new());
    let mut clock = interval(every);
    // Seconds in which this test was awake: where the whole machine stood still, nobody could close anything.
    let mut seconds = interval(SECOND);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut awake = Duration::ZERO;
    let mut buffer = [0; 4_096];
    loop {
        tokio::select! {
            biased;
            read = socket.read(&mut buffer) => match read {
                Ok(n) if n > 0 => heard.extend_from_slice(&buffer[..n]),
                _ => return (start.elapsed(), heard),
            },
            _ = seconds.tick() => {
                // Where others use the cores, waiting for one is not the server's doing; one step waits for the next.
                let patience = PATIENCE + 4 * server.starved();
                assert!(awake <= patience, "still open after {awake:?}, having heard {heard:?}");
                awake += SECOND;
            }
            _ = clock.tick() => {
                // A write that fails is seen by the read.
                let _ = socket.write_all(drip).await;
            }
        }
    }
}

/// What a crowd's members do: the first bytes, then what is repeated, and how often.
type Habit = (&'static str, Vec<u8>, Vec<u8>, Duration);

const SECOND: Duration = Duration::from_secs(1);

fn frame_habits() -> Vec<Habit> {
    let text = 0x81;
    let half = [head(text, 60_000), b"{\"type\":\"hello\",".to_vec()].concat();
    vec![
        ("never a first frame", vec![], vec![], SECOND),
        ("half a frame, then a byte a second", half, b" ".to_vec(), SECOND),
        ("a claimed length, as large as may be", head(text, 65_536), b"x".to_vec(), SECOND),
        ("endless fragments", [head(0x01, 1), b"{".to_vec()].concat(), head(0x00, 0), SECOND / 20),
        ("endless pings", head(0x89, 0), head(0x89, 0), SECOND / 10),
    ]
}

/// Somebody who writes and reads as ever until `over`: how many messages were acknowledged.
async fn honest(server: &Process, host: &Host, mut over: tokio::sync::watch::Receiver<bool>) -> usize {
    let c7 = [circle("c7", "student")];
    let mut ana = TestClient::connect_at(server.address, host, &host.token(2, "Ana", &c7)).await;
    let mut bruno = TestClient::connect_at(server.address, host, &host.token(3, "Bruno", &c7)).await;
    // At the pace that a user may have.
    let mut clock = interval(Duration::from_millis(125));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rounds = 0;
    loop {
        tokio::select! {
            _ = over.changed() => return rounds,
            _ = clock.tick() => {}
        }
        assert_eq!(ana.say("2-3", "hello").await["type"], "ack", "round {rounds}");
        assert_eq!(bruno.next_message().await["text"], "hello");
        // Both are heard, as clients that live are.
        bruno.all_until_now().await;
        rounds += 1;
    }
}

/// Runs a crowd beside honest people, and judges what is the same for all crowds.
async fn crowd<F: Future<Output = (Duration, Vec<u8>)>>(
    server: &Process,
    host: &Host,
    members: impl IntoIterator<Item = F>,
) -> Vec<(Duration, Vec<u8>)> {
    let before = server.memory_kib();
    let (end, over) = tokio::sync::watch::channel(false);
    let (outcomes, rounds) = tokio::join!(
        async {
            let outcomes = join_all(members).await;
            end.send(true).unwrap();
            outcomes
        },
        honest(server, host, over)
    );
    let longest = outcomes.iter().map(|(took, _)| *took).max().unwrap();
    // Eight a second were asked for: a crowd may make them slower, but not stop them.
    let least = usize::try_from(longest.as_secs()).unwrap();
    assert!(rounds >= least, "{rounds} round trips in {longest:?}");
    let growth = server.peak_kib().saturating_sub(before);
    assert!(growth < GROWTH_KIB, "the server grew by {growth} KiB from {before}");
    outcomes
}

#[tokio::test]
async fn five_hundred_who_never_finish_their_headers_are_put_out_while_an_honest_one_goes_on() {
    let (server, host) = Process::start(&[]).await;
    let heads: [&[u8]; 5] = [
        b"",
        b"G",
        b"GET /ws HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST /api/v1/logouts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Length: 1000\r\n\r\n{",
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    let members = (0..CROWD).map(|n| {
        let (server, head) = (&server, heads[n % heads.len()]);
        async move {
            let mut socket = from(server, u8::try_from(n / EACH).unwrap()).await;
            socket.write_all(head).await.unwrap();
            // Who says nothing, or has had an answer, goes on saying nothing.
            let quiet = head.is_empty() || head.ends_with(b"\r\n\r\n");
            drip(server, socket, if quiet { b"" } else { b"x" }, SECOND).await
        }
    });
    let outcomes = crowd(&server, &host, members).await;
    for (n, (_, heard)) in outcomes.iter().enumerate() {
        let heard = String::from_utf8_lossy(heard);
        let answered = heard.contains("200 OK");
        let whole = n % heads.len() == 4;
        assert!(answered == whole || (whole && server.starved() > STARVED), "{n}: {heard}");
    }
}

#[tokio::test]
async fn five_hundred_who_never_finish_a_frame_are_put_out_while_an_honest_one_goes_on() {
    let (server, host) = Process::start(&[]).await;
    let habits = frame_habits();
    let members = (0..CROWD).map(|n| {
        let (server, host, (name, first, again, every)) = (&server, &host, &habits[n % habits.len()]);
        async move {
            let mut socket = loop {
                match upgraded(server, host, u8::try_from(n / EACH).unwrap()).await {
                    Some(socket) => break socket,
                    None => assert!(server.starved() > STARVED, "{name}: not taken"),
                }
            };
            socket.write_all(first).await.unwrap();
            drip(server, socket, again, *every).await
        }
    });
    let outcomes = crowd(&server, &host, members).await;
    for (n, (_, heard)) in outcomes.iter().enumerate() {
        let close = heard.windows(4).find(|w| w[0] == 0x88).map(|w| u16::from_be_bytes([w[2], w[3]]));
        let name = habits[n % habits.len()].0;
        assert!(matches!(close, Some(4004 | 4429)), "{name} was closed with {close:?}: {heard:?}");
    }
}

/// As after a restart. The server of this test accepts nobody: all of them have to wait.
#[tokio::test]
async fn six_hundred_who_come_at_once_find_room_to_wait() {
    let dir = TempDir::new().unwrap();
    let store = SqliteStore::make(&dir.path().join("gchat.db")).await.unwrap();
    let config = Config { listen: "127.0.0.1:0".parse().unwrap(), ..Config::default() };
    let server = Server::bind(config, Arc::new(store), None).await.unwrap();
    let address = server.local_addr().unwrap();
    let all = join_all((0..600).map(|_| TcpStream::connect(address)));
    let come = timeout(PATIENCE, all).await.expect("each is taken at once");
    assert!(come.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_length_that_nobody_may_claim_is_refused_at_once() {
    let (server, host) = Process::start(&[]).await;
    for length in [65_537, 1 << 31, (1 << 63) - 1] {
        let mut socket = upgraded(&server, &host, 1).await.unwrap();
        socket.write_all(&head(0x81, length)).await.unwrap();
        let (_, heard) = drip(&server, socket, b"", SECOND).await;
        assert_eq!(heard[2..4], 4413_u16.to_be_bytes(), "{length}: {heard:?}");
    }
    assert!(server.peak_kib() < 200 * 1_024);
}

#[tokio::test]
async fn one_more_than_may_wait_at_an_address_is_turned_away_and_another_address_is_not() {
    let (server, host) = Process::start(&[]).await;
    let mut waiting = Vec::new();
    for _ in 0..EACH {
        waiting.push(upgraded(&server, &host, 1).await.expect("a place"));
    }
    assert!(upgraded(&server, &host, 1).await.is_none(), "the next one");
    assert!(upgraded(&server, &host, 2).await.is_some());
    // Those who have signed in do not count; they come from 127.0.0.1.
    let token = host.token(2, "Ana", &[]);
    let mut signed = Vec::new();
    for user in 0..EACH + 20 {
        let token = host.token(100 + i64::try_from(user).unwrap(), "Somebody", &[]);
        signed.push(TestClient::connect_at(server.address, &host, &token).await);
    }
    drop(waiting);
    // The places are free again as soon as the server has seen that.
    let free = async { while upgraded(&server, &host, 1).await.is_none() {} };
    timeout(PATIENCE, free).await.expect("a place again");
    TestClient::connect_at(server.address, &host, &token).await;
}

/// Signed in, then one of the habits: whoever is known has the silence limit, and a cap on what comes to nothing.
#[tokio::test]
async fn who_is_signed_in_and_never_finishes_a_frame_is_put_out_by_silence_or_as_a_flood() {
    let silence = [("GCHAT_LIMITS_SILENCE_MS", "3000"), ("GCHAT_LIMITS_HEARTBEAT_MS", "1000")];
    let (server, host) = Process::start(&silence).await;
    // As much as the line takes: a whole buffer of empty fragments each time.
    let flood = head(0x00, 0).repeat(8_000);
    let habits = [
        ("a byte of a frame a second", head(0x81, 60_000), b" ".to_vec(), SECOND, 4003_u16),
        ("an empty fragment now and then", head(0x01, 0), head(0x00, 0), SECOND / 10, 4003),
        ("all the empty fragments that go through", head(0x01, 0), flood, Duration::from_micros(1), 4429),
        ("pings in a fragmented message", head(0x01, 0), head(0x89, 0).repeat(30), SECOND / 10, 4429),
    ];
    let members = habits.iter().enumerate().map(|(n, (name, first, again, every, code))| {
        let (server, host, hello) = (&server, &host, hello(&host, 50 + i64::try_from(n).unwrap()));
        async move {
            let mut socket = upgraded(server, host, 9).await.unwrap();
            socket.write_all(&hello).await.unwrap();
            // The welcome: from then on it is a known one who misbehaves.
            let mut heard = Vec::new();
            while !heard.windows(9).any(|w| w == b"\"limits\":") {
                let mut some = [0; 1_024];
                let n = socket.read(&mut some).await.unwrap();
                heard.extend_from_slice(&some[..n]);
            }
            socket.write_all(first).await.unwrap();
            let (took, heard) = drip(server, socket, again, *every).await;
            let code = code.to_be_bytes();
            assert!(heard.windows(2).any(|w| w == code), "{name}: after {took:?} {heard:?}");
            (took, heard)
        }
    });
    crowd(&server, &host, members).await;
}
