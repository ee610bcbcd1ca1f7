//! What is written can be read again, for every value and not only for the examples: ids, frames, tokens, the
//! connection code, the configuration. And a token that was changed anywhere is no token.
//!
//! It is past 500 lines because it makes every frame that there is.

use std::{path::PathBuf, sync::Arc};

use gchat::{
    auth,
    clock::now_ms,
    config::{self, Config, LogFormat},
    connection_code::ConnectionCode,
    conversation::{Changes, DeletedBy, Message, Reaction, System},
    id::{
        CircleId, ClientMessageId, ConversationId, Epoch, Rev, RightsVersion, Seq, SessionId, UserId, VerbId,
    },
    protocol::{
        ChangesFrame, ClientFrame, Contact, Cursor, CursorEntry, Dock, Entry, Flags, HeldRosters, Hello,
        Last, LimitsFrame, Member, Myself, Room, RosterVersion, ServerFrame, Status, Welcome, Window,
    },
    rights::{Membership, Role, Snapshot, Writing},
    sites::Sites,
    store::{WindowState, sqlite::SqliteStore},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use uuid::Uuid;

use crate::util::{Host, TestServer};

fn user() -> impl Strategy<Value = UserId> + Clone {
    let near = select(vec![1, 2, 9, 10, UserId::MAX - 1, UserId::MAX]);
    prop_oneof![near, 1..=UserId::MAX].prop_map(|id| UserId::new(id).unwrap())
}

fn conversation() -> impl Strategy<Value = ConversationId> + Clone {
    let two = (user(), user()).prop_filter_map("two people", |(a, b)| ConversationId::between(a, b));
    let room = circle().prop_filter_map("a circle with a room", ConversationId::room_of);
    prop_oneof![two, uuid().prop_map(ConversationId::Group), room]
}

fn circle() -> impl Strategy<Value = CircleId> + Clone {
    // Not `.` and `..`, which are none.
    let any = "[A-Za-z0-9._:-]{1,64}(/[A-Za-z0-9._:-]{1,64})?";
    any.prop_filter_map("a step of a path", |text| text.parse().ok())
}

fn count() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![0..3_i64, 0..=UserId::MAX]
}

fn seq() -> impl Strategy<Value = Seq> + Clone {
    count().prop_map(Seq)
}

fn rev() -> impl Strategy<Value = Rev> + Clone {
    count().prop_map(Rev)
}

fn uuid() -> impl Strategy<Value = Uuid> + Clone {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn message_id() -> impl Strategy<Value = ClientMessageId> + Clone {
    uuid().prop_map(ClientMessageId)
}

fn request() -> impl Strategy<Value = u32> + Clone {
    1..=i32::MAX.unsigned_abs()
}

fn text() -> impl Strategy<Value = Arc<str>> + Clone {
    any::<String>().prop_map(Arc::from)
}

fn role() -> impl Strategy<Value = Role> + Clone {
    select(vec![Role::Teacher, Role::Student])
}

fn state() -> impl Strategy<Value = WindowState> + Clone {
    select(vec![WindowState::Open, WindowState::Minimised, WindowState::Closed])
}

fn status() -> impl Strategy<Value = Status> + Clone {
    select(vec![Status::Online, Status::Offline])
}

fn writing() -> impl Strategy<Value = Writing> + Clone {
    select(vec![Writing::Yes, Writing::No, Writing::Blocked, Writing::Gone])
}

fn membership() -> impl Strategy<Value = Membership> + Clone {
    (circle(), role(), any::<String>()).prop_map(|(id, role, title)| Membership {
        id,
        role,
        title: title.into(),
    })
}

fn held() -> impl Strategy<Value = Vec<RosterVersion>> + Clone {
    vec((circle(), any::<u64>()).prop_map(|(circle, version)| RosterVersion { circle, version }), 0..4)
}

fn contact() -> impl Strategy<Value = Contact> + Clone {
    let fields =
        (user(), text(), option::of(text()), option::of(text()), option::of(role()), option::of(status()));
    fields.prop_map(|(id, name, picture, profile_url, role, status)| Contact {
        id,
        name,
        picture,
        profile_url,
        role,
        status,
    })
}

fn verb_id() -> impl Strategy<Value = VerbId> + Clone {
    uuid().prop_map(VerbId)
}

fn system() -> impl Strategy<Value = System> + Clone {
    let users = || vec(user(), 0..3);
    prop_oneof![
        (text(), users()).prop_map(|(title, users)| System::Made { title, users }),
        users().prop_map(|users| System::Added { users }),
        users().prop_map(|users| System::Removed { users }),
        Just(System::Left),
        text().prop_map(|title| System::Renamed { title }),
        any::<bool>().prop_map(|on| System::Announcements { on }),
    ]
}

fn more() -> impl Strategy<Value = (Option<System>, Vec<UserId>, Vec<Reaction>, Vec<Arc<str>>)> + Clone {
    let reaction = (text(), count(), vec(user(), 0..3));
    let reaction = reaction.prop_map(|(emoji, count, users)| Reaction { emoji, count, users });
    (option::of(system()), vec(user(), 0..3), vec(reaction, 0..3), vec(text(), 0..3))
}

fn message() -> impl Strategy<Value = Message> + Clone {
    let said = (seq(), rev(), user(), option::of(message_id()), option::of(text()), any::<i64>());
    let deleted = option::of(select(vec![DeletedBy::Author, DeletedBy::Moderator]));
    let done = (option::of(seq()), option::of(any::<i64>()), deleted, option::of(verb_id()));
    (said, more(), done).prop_map(
        |(
            (seq, rev, sender, client_message_id, text, sent_at),
            (system, mentions, reactions, mine),
            (reply_to, edited_at, deleted, verb_id),
        )| {
            Message {
                system,
                mentions,
                reactions,
                mine,
                seq,
                rev,
                sender,
                client_message_id,
                text,
                sent_at,
                reply_to,
                edited_at,
                deleted,
                verb_id,
            }
        },
    )
}

fn changes() -> impl Strategy<Value = Changes> + Clone {
    let flags = (any::<bool>(), any::<bool>());
    (conversation(), rev(), rev(), seq(), vec(message(), 0..3), flags).prop_map(
        |(conversation, from, rev, first_seq, messages, (more, reset))| Changes {
            conversation,
            from,
            rev,
            first_seq,
            messages,
            more,
            reset,
        },
    )
}

fn dock() -> impl Strategy<Value = Dock> + Clone {
    (any::<i64>(), vec(window(), 0..3)).prop_map(|(version, windows)| Dock { version, windows })
}

fn window() -> impl Strategy<Value = Window> + Clone {
    let place = (option::of(text()), option::of(circle()), option::of(count()), any::<bool>(), count());
    let fields = (
        conversation(),
        state(),
        (option::of(contact()), writing()),
        vec(seq(), 4),
        rev(),
        count(),
        place,
        flags(),
    );
    fields.prop_map(|(conversation, state, (contact, writing), seqs, rev, unread, place, flags)| Window {
        kind: conversation.kind(),
        conversation,
        state,
        contact,
        title: place.0,
        circle: place.1,
        members: place.2,
        announcements: place.3,
        mentions: place.4,
        writing,
        first_seq: seqs[0],
        seq: seqs[1],
        rev,
        read_seq: seqs[2],
        other_read_seq: Some(seqs[3]),
        unread,
        pinned: flags.pinned,
        muted_until: flags.muted_until,
    })
}

fn flags() -> impl Strategy<Value = Flags> + Clone {
    (any::<(bool, bool)>(), option::of(any::<i64>())).prop_map(|((pinned, archived), muted_until)| Flags {
        pinned,
        archived,
        muted_until,
    })
}

fn entry() -> impl Strategy<Value = Entry> + Clone {
    let last = (seq(), user(), option::of(text()), any::<i64>(), text())
        .prop_map(|(seq, sender, name, sent_at, text)| Last { seq, sender, name, sent_at, text });
    (window(), option::of(last), any::<bool>()).prop_map(|(window, last, archived)| Entry {
        window,
        last,
        archived,
    })
}

fn member() -> impl Strategy<Value = Member> + Clone {
    (contact(), any::<bool>(), any::<bool>(), option::of(seq()))
        .prop_map(|(contact, maker, gone, read_seq)| Member { contact, maker, gone, read_seq })
}

fn room() -> impl Strategy<Value = Room> + Clone {
    let fields = (conversation(), circle(), text(), writing(), any::<(bool, bool)>(), count());
    fields.prop_map(|(conversation, circle, title, writing, (announcements, unread), mentions)| Room {
        conversation,
        circle,
        title,
        writing,
        announcements,
        unread,
        mentions,
    })
}

fn hello() -> impl Strategy<Value = ClientFrame> {
    let entry = (conversation(), rev(), seq()).prop_map(|(conversation, rev, seq)| CursorEntry {
        conversation,
        rev,
        seq,
    });
    let cursor = (uuid(), vec(entry, 0..4))
        .prop_map(|(epoch, conversations)| Cursor { epoch: Epoch(epoch), conversations });
    let rosters = (uuid(), held()).prop_map(|(boot, versions)| HeldRosters { boot, versions });
    let features = option::of(vec(any::<String>(), 0..3));
    let held = (features, option::of(cursor), option::of(rosters));
    let fields = (any::<u32>(), any::<String>(), uuid(), any::<bool>(), held);
    fields.prop_map(|(protocol, token, session, visible, (features, cursor, rosters))| {
        let session = SessionId(session);
        ClientFrame::Hello(Hello { protocol, token, session, visible, features, cursor, rosters })
    })
}

fn client_frame() -> impl Strategy<Value = ClientFrame> {
    use ClientFrame as F;
    prop_oneof![
        hello(),
        any::<String>().prop_map(|token| F::Renew { token }),
        (message_id(), conversation(), any::<String>(), option::of(seq()), option::of(vec(user(), 0..3)))
            .prop_map(|(client_message_id, conversation, text, reply_to, mentions)| F::Send {
                client_message_id,
                conversation,
                text,
                reply_to,
                mentions
            }),
        (verb_id(), conversation(), seq(), message_id(), vec(text(), 0..3)).prop_map(
            |(id, conversation, seq, client_message_id, emoji)| F::React {
                id,
                conversation,
                seq,
                client_message_id,
                emoji
            }
        ),
        (verb_id(), conversation(), circle(), any::<String>(), vec(user(), 0..3)).prop_map(
            |(id, conversation, circle, title, users)| F::Make { id, conversation, circle, title, users }
        ),
        (verb_id(), conversation(), vec(user(), 0..3)).prop_map(|(id, conversation, users)| F::Add {
            id,
            conversation,
            users
        }),
        (verb_id(), conversation(), user()).prop_map(|(id, conversation, user)| F::Remove {
            id,
            conversation,
            user
        }),
        (verb_id(), conversation(), any::<String>()).prop_map(|(id, conversation, title)| F::Rename {
            id,
            conversation,
            title
        }),
        (verb_id(), conversation(), any::<bool>()).prop_map(|(id, conversation, on)| F::Announce {
            id,
            conversation,
            on
        }),
        (request(), conversation(), option::of(vec(user(), 0..3)))
            .prop_map(|(request, conversation, users)| F::Members { request, conversation, users }),
        (request(), option::of(any::<String>()), any::<usize>())
            .prop_map(|(request, next, limit)| F::Rooms { request, next, limit }),
        (
            request(),
            any::<usize>(),
            vec(option::of(any::<String>()), 2),
            any::<[Option<bool>; 2]>(),
            option::of(vec(conversation(), 0..3))
        )
            .prop_map(|(request, limit, mut texts, [unread, archived], conversations)| F::List {
                request,
                limit,
                next: texts.pop().flatten(),
                unread,
                archived,
                text: texts.pop().flatten(),
                conversations
            }),
        (request(), conversation(), any::<[Option<bool>; 2]>(), option::of(any::<i64>()), option::of(seq()))
            .prop_map(|(request, conversation, [pinned, archived], muted_until, seq)| F::Flag {
                request,
                conversation,
                pinned,
                archived,
                muted_until,
                seq
            }),
        (verb_id(), conversation(), seq(), message_id(), any::<String>()).prop_map(
            |(id, conversation, seq, client_message_id, text)| F::Edit {
                id,
                conversation,
                seq,
                client_message_id,
                text
            }
        ),
        (verb_id(), conversation(), seq(), message_id()).prop_map(
            |(id, conversation, seq, client_message_id)| F::Delete {
                id,
                conversation,
                seq,
                client_message_id
            }
        ),
        (request(), conversation(), rev(), seq(), any::<i64>()).prop_map(
            |(request, conversation, rev, seq, limit)| F::Changes { request, conversation, rev, seq, limit }
        ),
        (request(), conversation(), option::of(seq()), option::of(seq()), any::<i64>()).prop_map(
            |(request, conversation, before, after, limit)| F::History {
                request,
                conversation,
                before,
                after,
                limit
            }
        ),
        (conversation(), seq()).prop_map(|(conversation, seq)| F::Read { conversation, seq }),
        conversation().prop_map(|conversation| F::Typing { conversation }),
        (conversation(), state(), any::<i64>(), option::of(seq()))
            .prop_map(|(conversation, state, base, seen)| F::Dock { conversation, state, base, seen }),
        (any::<bool>(), option::of(held())).prop_map(|(visible, rosters)| F::Visibility { visible, rosters }),
        circle().prop_map(|circle| F::Roster { circle }),
        (request(), any::<String>(), option::of(circle()), option::of(any::<String>()), any::<usize>())
            .prop_map(|(request, text, circle, next, limit)| F::Search {
                request,
                text,
                circle,
                next,
                limit
            }),
        Just(F::Ping {}),
        Just(F::Pong {}),
    ]
}

fn limits() -> impl Strategy<Value = LimitsFrame> {
    any::<(usize, usize, u32, u32, i64, usize, usize, i64)>().prop_map(|n| LimitsFrame {
        frame_bytes: n.0,
        message_chars: n.1,
        messages_per_second: n.2,
        message_burst: n.3,
        history_page: n.4,
        dock_windows: n.5,
        roster_slice: n.6,
        edit_seconds: n.7,
    })
}

fn welcome() -> impl Strategy<Value = ServerFrame> {
    let user = (contact(), any::<bool>()).prop_map(|(contact, hidden)| Myself { contact, hidden });
    let facts = (any::<u32>(), uuid(), uuid(), any::<i64>(), any::<i64>());
    let features = vec(any::<String>(), 0..3);
    let talk = (features, dock(), vec(changes(), 0..3));
    (facts, (user, vec(self::user(), 0..3)), vec(membership(), 0..3), talk, limits()).prop_map(
        |((protocol, epoch, boot, server_time, lease_ends), (user, blocked), circles, talk, limits)| {
            let (features, dock, changes) = talk;
            let epoch = Epoch(epoch);
            ServerFrame::Welcome(Box::new(Welcome {
                protocol,
                epoch,
                boot,
                server_time,
                lease_ends,
                user,
                blocked,
                circles: circles.into(),
                features,
                dock,
                changes,
                limits,
            }))
        },
    )
}

fn server_frame() -> impl Strategy<Value = ServerFrame> {
    use ServerFrame as F;
    let contacts = || vec(contact(), 0..3);
    prop_oneof![
        welcome(),
        any::<i64>().prop_map(|until| F::Paused { until }),
        any::<i64>().prop_map(|lease_ends| F::Renewed { lease_ends }),
        vec(membership(), 0..3).prop_map(|circles| F::Circles { circles: circles.into() }),
        limits().prop_map(|limits| F::Limits { limits }),
        (circle(), any::<u64>(), any::<usize>(), contacts())
            .prop_map(|(circle, version, total, contacts)| F::Roster { circle, version, total, contacts }),
        (circle(), any::<u64>(), any::<u64>(), any::<usize>(), contacts(), vec(user(), 0..3)).prop_map(
            |(circle, from, version, total, joined, left)| F::RosterDiff {
                circle,
                from,
                version,
                total,
                joined,
                left
            }
        ),
        (user(), status()).prop_map(|(user, status)| F::Presence { user, status }),
        (request(), contacts(), option::of(any::<String>()))
            .prop_map(|(request, contacts, next)| F::Contacts { request, contacts, next }),
        (uuid(), conversation(), seq(), rev(), any::<i64>(), option::of(vec(text(), 0..3))).prop_map(
            |(id, conversation, seq, rev, sent_at, mine)| F::Ack {
                id,
                conversation,
                seq,
                rev,
                sent_at,
                mine
            }
        ),
        vec(user(), 0..3).prop_map(|users| F::Blocked { users }),
        (conversation(), seq()).prop_map(|(conversation, seq)| F::Dot { conversation, seq }),
        (request(), conversation(), any::<usize>(), vec(member(), 0..3)).prop_map(
            |(request, conversation, total, members)| F::Members { request, conversation, total, members }
        ),
        (request(), vec(room(), 0..3), option::of(any::<String>()))
            .prop_map(|(request, rooms, next)| F::Rooms { request, rooms, next }),
        (request(), vec(entry(), 0..3), option::of(any::<String>()))
            .prop_map(|(request, conversations, next)| F::List { request, conversations, next }),
        (option::of(request()), conversation(), flags())
            .prop_map(|(request, conversation, flags)| F::Flags { request, conversation, flags }),
        (option::of(request()), changes())
            .prop_map(|(request, changes)| F::Changes(ChangesFrame { request, changes: Arc::new(changes) })),
        (request(), conversation(), seq(), seq(), rev(), vec(message(), 0..3), any::<bool>()).prop_map(
            |(request, conversation, first_seq, seq, rev, messages, more)| F::History {
                request,
                conversation,
                first_seq,
                seq,
                rev,
                messages,
                more
            }
        ),
        (conversation(), user(), seq()).prop_map(|(conversation, user, seq)| F::Read {
            conversation,
            user,
            seq
        }),
        (conversation(), user()).prop_map(|(conversation, user)| F::Typing { conversation, user }),
        dock().prop_map(F::Dock),
        (conversation(), writing()).prop_map(|(conversation, writing)| F::Writing { conversation, writing }),
        any::<u64>().prop_map(|retry_after_ms| F::Drain { retry_after_ms }),
        Just(F::Ping {}),
        Just(F::Pong {}),
    ]
}

/// Written and read as the wire does it: by its bytes.
fn again<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let written = serde_json::to_string(value).unwrap();
    serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ids_are_read_as_they_are_written((user, conversation, circle) in (user(), conversation(), circle())) {
        prop_assert_eq!(user.to_string().parse(), Ok(user));
        prop_assert_eq!(again(&user), user);
        prop_assert_eq!(conversation.to_string().parse(), Ok(conversation.clone()));
        prop_assert_eq!(again(&conversation), conversation.clone());
        if let Some(two) = conversation.direct() {
            prop_assert_eq!(two.other(two.lower()), Some(two.higher()));
        }
        prop_assert_eq!(again(&circle), circle.clone());
        prop_assert_eq!(circle.group().is_some(), circle.as_str().contains('/'));
    }

    #[test]
    fn an_id_has_one_form(text in "[0-9+-]{0,20}|[a-c/.]{0,5}|[gr]-[a-c0-9~/.-]{0,40}|.{0,70}") {
        if let Ok(user) = text.parse::<UserId>() {
            prop_assert_eq!(user.to_string(), text.clone());
        }
        if let Ok(conversation) = text.parse::<ConversationId>() {
            prop_assert_eq!(conversation.to_string(), text.clone());
        }
        if let Ok(circle) = text.parse::<CircleId>() {
            prop_assert_eq!(circle.to_string(), text);
        }
    }

    #[test]
    fn frames_of_the_client_are_read_as_they_are_written(frame in client_frame()) {
        prop_assert_eq!(again(&frame), frame);
    }

    #[test]
    fn frames_of_the_server_are_read_as_they_are_written(frame in server_frame()) {
        let read: ServerFrame = serde_json::from_str(&frame.encode()).unwrap();
        prop_assert_eq!(read, frame);
    }

    #[test]
    fn a_connection_code_is_read_as_it_is_written(
        (url, site, kid) in (".{0,40}/", ".{0,20}", ".{0,20}"), key in vec(any::<u8>(), 32..80),
    ) {
        let code = ConnectionCode { url, site, kid, key };
        let text = code.to_string();
        prop_assert_eq!(text.parse(), Ok(code));
        prop_assert!(text.is_ascii() && !text.contains(char::is_whitespace), "it can be pasted");
    }

    #[test]
    fn a_configuration_is_read_as_it_is_written(
        (port, path, json) in (any::<u16>(), "(/[a-z0-9._~-]{0,5}[a-z]){0,3}/", any::<bool>()),
        database in "[a-zA-Z0-9 \"\\\\'äß/._-]{1,20}",
        (users, burst, page) in (1..100_usize, 1..u32::MAX, 1..=100_i64),
        (heartbeat, beyond) in (1..1_000_000_u64, 1..1_000_000_u64),
    ) {
        let mut wanted = Config { listen: ([127, 0, 0, 1], port).into(), base_path: path, ..Config::default() };
        wanted.database = PathBuf::from(&database);
        wanted.log_format = if json { LogFormat::Json } else { LogFormat::Text };
        (wanted.limits.connections_per_user, wanted.limits.message_burst) = (users, burst);
        (wanted.limits.history_page, wanted.limits.heartbeat_ms) = (page, heartbeat);
        wanted.limits.silence_ms = heartbeat + beyond;
        let limits = format!(
            "[limits]\nconnections_per_user = {users}\nmessage_burst = {burst}\nhistory_page = {page}\n\
             heartbeat_ms = {heartbeat}\nsilence_ms = {}\n", heartbeat + beyond);
        let text = format!(
            "listen = \"{}\"\nbase_path = {:?}\ndatabase = {}\nlog_format = {:?}\n{limits}",
            wanted.listen, wanted.base_path, json!(database), if json { "json" } else { "text" });
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let read = Config::load(Some(file.path()), config::Flags::default());
        prop_assert_eq!(read.map_err(|error| format!("{error}: {text}")), Ok(wanted));
    }
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let words = (".{1,200}", "[ -~]{0,32}", option::of("https?://[a-z]{1,9}\\.example/[a-z0-9?&=]{0,20}"));
    let circles = proptest::collection::btree_map(circle(), (role(), ".{0,255}"), 0..5);
    let others = (vec(user(), 0..5), option::of(vec(user(), 0..5)), option::of(0..=UserId::MAX));
    (words, circles, others, count(), any::<bool>(), vec("[a-z]{0,64}", 0..3)).prop_map(
        |((name, lang, url), circles, (blocked, accepts, paused_until), version, hidden, rights)| Snapshot {
            rights_version: RightsVersion(version),
            name: name.into(),
            picture: url.as_deref().map(Into::into),
            profile_url: url.map(Into::into),
            lang: lang.into(),
            hidden,
            rights: rights.into_iter().map(Into::into).collect(),
            circles: circles
                .into_iter()
                .map(|(id, (role, title))| Membership { id, role, title: title.into() })
                .collect(),
            blocked: blocked.into(),
            accepts: accepts.map(Into::into),
            paused_until,
        },
    )
}

#[test]
fn a_token_says_what_was_signed_and_changed_anywhere_it_says_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (host, sites, _folder) = runtime.block_on(async {
        let folder = tempfile::TempDir::new().unwrap();
        let store = SqliteStore::make(&folder.path().join("gchat.db")).await.unwrap();
        let host = Host::new("https://moodle.example");
        gchat::store::SiteStore::add_site(&store, TestServer::record(&host)).await.unwrap();
        (host, Sites::load(Arc::new(store)).await.unwrap(), folder)
    });
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let given = (user(), snapshot(), any::<prop::sample::Index>(), any::<char>());
    proptest!(config, |((user, snapshot, at, other) in given)| {
        let mut claims = host.claims(user.get(), "", &[]);
        crate::util::host::merge(&mut claims, serde_json::to_value(&snapshot).unwrap());
        let token = host.sign(&claims);
        let verify = |token: &str| runtime.block_on(auth::user_token(&sites, token, now_ms()));
        let identity = verify(&token).unwrap();
        prop_assert_eq!((identity.user, &*identity.snapshot), (user, &snapshot));
        let mut changed: Vec<char> = token.chars().collect();
        let at = at.index(changed.len());
        changed[at] = other;
        let changed: String = changed.into_iter().collect();
        prop_assert_eq!(verify(&changed).is_ok(), changed == token, "{}", changed);
    });
}
