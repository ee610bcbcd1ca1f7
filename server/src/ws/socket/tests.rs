use futures_util::{SinkExt as _, StreamExt as _};
use proptest::prelude::*;
use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, protocol::Role},
};

use super::*;
use crate::{
    error::Close,
    hub::{Kind, Outbound},
};

const MOST: usize = 70_000;

/// A frame as a client sends it.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Head::new(0, payload.len()).bytes().to_vec();
    frame[0] = first;
    frame[1] |= 0x80;
    let mask = [1, 2, 3, 250];
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// What comes of these bytes, in pieces of this size, up to the end.
fn received(bytes: &[u8], piece: usize) -> (Vec<inbox::Message>, Option<Broken>) {
    let mut inbox = Inbox::new(MOST);
    let mut messages = Vec::new();
    for piece in bytes.chunks(piece) {
        inbox.take(piece);
        loop {
            match inbox.next() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(broken) => return (messages, Some(broken)),
            }
        }
    }
    (messages, None)
}

fn broken(bytes: &[u8]) -> Option<Broken> {
    received(bytes, bytes.len()).1
}

async fn client(stream: DuplexStream) -> WebSocketStream<DuplexStream> {
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

#[test]
fn a_message_in_fragments_is_whole_and_control_frames_may_come_between_them() {
    let bytes = [
        frame(0x01, "olá ".as_bytes()),
        frame(0x89, b"ping"),
        frame(0x00, b""),
        frame(0x80, "Zoë".as_bytes()),
        frame(0x82, &[0, 255]),
        frame(0x8a, b""),
    ]
    .concat();
    for piece in [1, 2, 3, 7, bytes.len()] {
        let (messages, broken) = received(&bytes, piece);
        assert_eq!(broken, None);
        assert_eq!(
            messages,
            [
                inbox::Message::Ping(b"ping".to_vec()),
                inbox::Message::Text("olá Zoë".into()),
                inbox::Message::Binary(vec![0, 255]),
                inbox::Message::Pong,
            ]
        );
    }
}

#[test]
fn what_breaks_the_rules_is_refused() {
    let violation = Some(Broken::Violation);
    assert_eq!(broken(&[0x81, 0x01, b'x']), violation, "without a mask");
    assert_eq!(broken(&frame(0xc1, b"x")), violation, "a reserved bit");
    assert_eq!(broken(&frame(0x83, b"x")), violation, "a reserved opcode");
    assert_eq!(broken(&frame(0x80, b"x")), violation, "a continuation of nothing");
    assert_eq!(broken(&[frame(0x01, b"x"), frame(0x81, b"y")].concat()), violation, "a message in a message");
    assert_eq!(broken(&frame(0x09, b"")), violation, "a control frame in fragments");
    assert_eq!(broken(&frame(0x89, &[0; 126])), violation, "a long control frame");
    assert_eq!(broken(&frame(0x81, &[0xff])), violation, "text that is no UTF-8");
    assert_eq!(broken(&frame(0x88, &[3])), violation, "half a close code");
    assert_eq!(broken(&[frame(0x88, &[]), frame(0x81, b"x")].concat()), violation, "words after the close");
}

#[test]
fn what_is_too_large_is_refused_before_it_has_come() {
    let head = |length: u64| [&[0x81, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
    assert_eq!(broken(&head(u64::MAX)), Some(Broken::TooLarge));
    assert_eq!(broken(&head(MOST as u64 + 1)), Some(Broken::TooLarge));
    assert_eq!(broken(&head(MOST as u64)), None);
    let halves = [frame(0x01, &[b'x'; MOST / 2 + 1]), frame(0x80, &[b'x'; MOST / 2])].concat();
    assert_eq!(broken(&halves), Some(Broken::TooLarge));
}

#[test]
fn endless_fragments_are_a_flood() {
    let mut bytes = frame(0x01, b"");
    (0..MOST).for_each(|_| bytes.extend(frame(0x00, b"")));
    assert_eq!(broken(&bytes), Some(Broken::Flood));
}

#[test]
fn a_close_is_answered_with_its_code_unless_nobody_may_send_that() {
    let answer = |payload: &[u8]| received(&frame(0x88, payload), 100).0;
    assert_eq!(answer(b""), [inbox::Message::Close(vec![])]);
    assert_eq!(answer(&[0x03, 0xe8, b'x']), [inbox::Message::Close(vec![0x03, 0xe8])]);
    assert_eq!(answer(&[0x03, 0xed]), [inbox::Message::Close(vec![0x03, 0xea])], "1005 is never sent");
}

#[tokio::test]
async fn frames_of_every_length_arrive_through_a_narrow_stream() {
    let (ours, theirs) = duplex(1_000);
    let lengths = (0..40).chain([125, 126, 127, 999, 1_000, 65_535, 65_536, 70_000, 0, 1]);
    let frames: Vec<Utf8Bytes> = lengths.map(|length| "é".repeat(length).into()).collect();
    let sent = frames.clone();
    let mut socket = Socket::new(ours, MOST);
    let sending = tokio::spawn(async move { socket.send(&sent).await.map(|()| socket) });
    let mut client = client(theirs).await;
    for frame in &frames {
        let tungstenite::Message::Text(text) = client.next().await.unwrap().unwrap() else {
            panic!("no text")
        };
        assert_eq!(text.as_str(), frame.as_str());
    }
    assert_eq!(sending.await.unwrap().map(drop), Ok(()));
}

#[tokio::test]
async fn pings_are_answered_and_the_closing_is_clean() {
    let (ours, theirs) = duplex(1_000);
    let mut socket = Socket::new(ours, MOST);
    let mut client = client(theirs).await;
    client.send(tungstenite::Message::Ping("are you there".into())).await.unwrap();
    client.send(tungstenite::Message::Text("x".repeat(20).into())).await.unwrap();
    assert_eq!(socket.receive().await, Ok(Message::Ping));
    assert_eq!(socket.receive().await, Ok(Message::Text("x".repeat(20).into())));
    client.close(None).await.unwrap();
    assert_eq!(socket.receive().await, Ok(Message::Close));
    socket.answer_close().await.unwrap();
    assert_eq!(client.next().await.unwrap().unwrap(), tungstenite::Message::Pong("are you there".into()));
    assert!(matches!(client.next().await, Some(Ok(tungstenite::Message::Close(None)))));
}

#[tokio::test]
async fn whoever_pings_and_reads_nothing_is_still_read_and_takes_no_room() {
    let (ours, mut theirs) = duplex(256);
    let mut socket = Socket::new(ours, MOST);
    let pinging = tokio::spawn(async move {
        for _ in 0..1_000 {
            theirs.write_all(&frame(0x89, &[7; 100])).await.unwrap();
        }
        theirs
    });
    for _ in 0..1_000 {
        assert_eq!(socket.receive().await, Ok(Message::Ping));
    }
    let _theirs = pinging.await.unwrap();
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(10), socket.receive()).await;
    assert!(waiting.is_err());
    assert!(socket.shared.lock().rest.len() <= 102 && socket.inbox.is_empty());
}

/// What the loop of a connection does with a queue and a socket, until it is asked to close.
async fn serve(out: &Outbound, socket: &mut Socket<DuplexStream>) {
    out.open(socket.pipe());
    loop {
        loop {
            let taken = out.take();
            socket.send(&taken.frames).await.unwrap();
            if taken.close.is_some() {
                return;
            }
            if out.written() {
                break;
            }
        }
        loop {
            tokio::select! {
                () = out.ready() => break,
                received = socket.receive() => assert_eq!(received, Ok(Message::Ping)),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn whoever_writes_and_however_narrow_the_stream_is_frames_stay_whole_and_in_order() {
    const WRITERS: usize = 4;
    const FRAMES: usize = 400;
    let (ours, theirs) = duplex(700);
    let out = Arc::new(Outbound::new(usize::MAX, usize::MAX));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let out = out.clone();
            tokio::spawn(async move {
                for number in 0..FRAMES {
                    let text = format!("{writer} {number} {}", "x".repeat((number * 37) % 300));
                    match number % 3 {
                        0 => out.queue(text.into(), Kind::Vital),
                        1 => out.push(text.into(), Kind::Vital),
                        _ => {
                            out.add(text.into(), Kind::Vital);
                            out.flush();
                        }
                    }
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let serving = tokio::spawn({
        let out = out.clone();
        async move { serve(&out, &mut Socket::new(ours, MOST)).await }
    });
    let mut client = client(theirs).await;
    let (mut next, mut pongs) = ([0; WRITERS], 0);
    // Some pings are answered in between, the newest in the end.
    while next.iter().sum::<usize>() < WRITERS * FRAMES || pongs == 0 {
        match client.next().await.unwrap().unwrap() {
            tungstenite::Message::Text(text) => {
                let mut words = text.split(' ').map(|word| word.parse::<usize>());
                let (writer, number) = (words.next().unwrap().unwrap(), words.next().unwrap().unwrap());
                assert_eq!(number, next[writer], "a frame of {writer} came out of order");
                next[writer] += 1;
                if number % 50 == 0 {
                    client.send(tungstenite::Message::Ping("are you there".into())).await.unwrap();
                }
            }
            tungstenite::Message::Pong(_) => pongs += 1,
            other => panic!("{other:?}"),
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    out.close(Close::Restart);
    serving.await.unwrap();
}

#[tokio::test]
async fn who_has_room_is_written_to_without_the_loop_and_not_after_the_end() {
    let (ours, theirs) = duplex(1_000);
    let (out, socket) = (Outbound::new(10, 10_000), Socket::new(ours, MOST));
    out.push("before it is welcome".into(), Kind::Vital);
    out.open(socket.pipe());
    out.push("still before".into(), Kind::Vital);
    assert_eq!(out.take().frames.len(), 2);
    assert!(out.written());
    out.push("at once".into(), Kind::Vital);
    let mut client = client(theirs).await;
    assert_eq!(client.next().await.unwrap().unwrap(), tungstenite::Message::Text("at once".into()));
    assert_eq!(out.take().frames.len(), 0);
    assert!(out.written());
    out.shut();
    out.push("after the end".into(), Kind::Vital);
    drop(socket);
    assert!(!matches!(client.next().await, Some(Ok(_))));
}

#[tokio::test]
async fn a_socket_at_rest_keeps_no_buffer() {
    let (ours, theirs) = duplex(1 << 20);
    let mut socket = Socket::new(ours, MOST);
    let mut client = client(theirs).await;
    client.send(tungstenite::Message::Text("x".repeat(60_000).into())).await.unwrap();
    assert!(matches!(socket.receive().await, Ok(Message::Text(_))));
    socket.send(&["y".repeat(100_000).into()]).await.unwrap();
    client.send(tungstenite::Message::Ping("z".into())).await.unwrap();
    assert_eq!(socket.receive().await, Ok(Message::Ping));
    let waiting = tokio::time::timeout(std::time::Duration::from_millis(10), socket.receive()).await;
    assert!(waiting.is_err());
    assert!(socket.inbox.is_empty() && socket.shared.lock().rest.capacity() == 0);
}

proptest! {
    /// However bytes are cut into pieces, the same comes of them.
    #[test]
    fn pieces_do_not_matter(
        bytes in proptest::collection::vec(
            prop_oneof![
                (proptest::sample::select(vec![0x01, 0x81, 0x00, 0x80, 0x82, 0x89, 0x8a]), ".{0,9}")
                    .prop_map(|(first, text)| frame(first, text.as_bytes())),
                proptest::collection::vec(any::<u8>(), 0..6),
            ],
            0..12,
        ),
        piece in 1_usize..40,
    ) {
        let bytes = bytes.concat();
        prop_assert_eq!(received(&bytes, piece), received(&bytes, bytes.len().max(1)));
    }
}
