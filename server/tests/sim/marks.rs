//! A read mark that takes long to be written, and who waits for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::poll;
use gchat::{
    app::App,
    clock::now_ms,
    config::Config,
    hub::{Outbound, Registration},
    id::{ConnectionId, ConversationId, Seq, SessionId, UserId},
    protocol::ServerFrame,
    store::{CourseRooms, Origin, Result, UserRecord},
    talk::{Speaker, Try},
};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};
use uuid::Uuid;

use crate::{
    memory::{Disk, MemoryStore, Weather},
    world::{SITE, person, site},
};

/// The next write waits until it may go on.
#[derive(Clone, Default)]
struct NextWaits {
    write: Arc<AtomicBool>,
    may_go_on: Arc<Notify>,
}

#[async_trait]
impl Weather for NextWaits {
    async fn before(&self) -> Result<()> {
        if self.write.swap(false, Ordering::SeqCst) {
            self.may_go_on.notified().await;
        }
        Ok(())
    }

    async fn after(&self) -> Result<()> {
        Ok(())
    }

    async fn read(&self) -> Result<()> {
        Ok(())
    }
}

fn connect(app: &App, user: UserId) -> Registration {
    let (id, out) = (ConnectionId(user.get() as u64), Outbound::new(100, 1_000_000));
    let session = SessionId(Uuid::new_v4());
    let connection = app.hub.register(id, (SITE, user), "login".into(), session, false, out);
    let snapshot = Arc::new(person(user));
    app.rosters.arrive(&connection, &UserRecord { snapshot, origin: Origin::Call, removed: false });
    connection
}

/// Hundreds read a message of a room in the same moment: those who write there would wait for all of them.
#[tokio::test]
async fn in_a_room_no_message_waits_until_somebody_s_mark_is_written() {
    let disk = Arc::new(Mutex::new(Disk::default()));
    disk.lock().add_site(site()).unwrap();
    let rooms = CourseRooms { closed: false, title: "Algebra".into(), groups: Vec::new() };
    disk.lock().put_rooms(SITE, "c7", rooms);
    let users = [1, 2].map(|id| UserId::new(id).unwrap());
    users.iter().for_each(|user| disk.lock().put_user(SITE, *user, &person(*user)));
    let next = NextWaits::default();
    let app = App::build(Config::default(), Arc::new(MemoryStore::open(disk, next.clone()))).await.unwrap();
    let [ana, bruno] = users.map(|user| connect(&app, user));
    let room: ConversationId = "r-c7".parse().unwrap();
    let says = async || {
        let speaker = Speaker { site: SITE, user: bruno.user };
        let of = Try { speaker, connection: &bruno, id: Uuid::now_v7() };
        let sent = app.talk.send(of, room.clone(), "Hello", (None, Vec::new()), now_ms());
        matches!(timeout(Duration::from_secs(5), sent).await, Ok(Ok(ServerFrame::Ack { .. })))
    };
    assert!(says().await);

    next.write.store(true, Ordering::SeqCst);
    let reading = app.talk.read(Speaker { site: SITE, user: ana.user }, room.clone(), Seq(1), now_ms());
    tokio::pin!(reading);
    assert!(poll!(&mut reading).is_pending(), "it is being written");
    assert!(says().await);
    next.may_go_on.notify_one();
    assert!(reading.await.is_ok());
}
