//! What is kept of one user, for the host to hand to them (data protection): the record, then the messages by pages.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ApiError, bad_request, not_found, path::InPath, shapes::Refusals, signed::Signed, user_of};
use crate::{
    app::App,
    conversation::{DeletedBy, Message, System},
    id::{ConversationId, Kind, Seq, UserId},
    rights::Snapshot,
    store::{self, Page, WindowState},
    talk::{Reach, Reader, Speaker},
};

/// Messages in one answer.
const PAGE_MOST: i64 = 500;

/// Everything kept of a user but the messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Kept {
    /// Who.
    pub user: UserId,
    /// What the host last said of them.
    #[serde(flatten)]
    pub snapshot: Snapshot,
    /// Their dock, with windows that were closed lately.
    pub windows: Vec<KeptWindow>,
    /// All that have begun.
    pub conversations: Vec<KeptConversation>,
}

/// A window of the dock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptWindow {
    /// Whose.
    pub conversation: ConversationId,
    /// `open`, `minimised` or `closed`.
    #[schema(value_type = String, pattern = "^(open|minimised|closed)$")]
    pub state: WindowState,
}

/// A conversation without its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptConversation {
    /// Which.
    pub conversation: ConversationId,
    /// Its kind.
    pub kind: Kind,
    /// Of a direct one: the other person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<KeptContact>,
    /// Of a group: what it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The lowest kept.
    pub first_seq: Seq,
    /// The highest.
    pub seq: Seq,
    /// This user's read mark.
    pub read_seq: Seq,
    /// This user has pinned it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pinned: bool,
    /// This user has archived it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub archived: bool,
    /// ms; this user has muted it until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<i64>,
}

fn is_false(yes: &bool) -> bool {
    !yes
}

/// The other person of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptContact {
    /// Who.
    pub id: UserId,
    /// Empty if they were removed.
    pub name: String,
}

/// Some messages of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptMessages {
    /// By seq: of all who take part; of a room the user's own.
    pub messages: Vec<KeptMessage>,
    /// There are more after these.
    pub more: bool,
}

/// A message as it is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptMessage {
    /// Its number.
    pub seq: Seq,
    /// Who wrote it.
    pub sender: UserId,
    /// Null of a stub.
    #[schema(value_type = Option<String>)]
    pub text: Option<Arc<str>>,
    /// ms.
    pub sent_at: i64,
    /// What has happened, told by a system message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
    /// Whom it mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// The user's own reactions to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub mine: Vec<Arc<str>>,
    /// The message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// When it was edited last, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<i64>,
    /// Who deleted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<DeletedBy>,
}

/// Which messages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Those above this seq; 0 if absent.
    #[serde(default)]
    after: i64,
    /// 1 to 500; 500 if absent.
    #[serde(default = "page_most")]
    limit: i64,
}

fn page_most() -> i64 {
    PAGE_MOST
}

/// Gives everything kept of a user but the messages.
#[utoipa::path(get, path = "/api/v1/users/{user}", params(("user" = UserId, Path, description = "the user's id")),
    security(("call" = [])),
    responses((status = 200, description = "what is kept", body = Kept), Refusals))]
pub async fn user(
    State(app): State<Arc<App>>,
    InPath(user): InPath<String>,
    signed: Signed,
) -> Result<Json<Kept>, ApiError> {
    signed.nothing_asked()?;
    let user = user_of(&user)?;
    let kept = app.store.kept(signed.site.site, user).await?;
    let store::Kept { snapshot, windows, conversations } = kept.ok_or_else(nothing_kept)?;
    let window = |(conversation, state)| KeptWindow { conversation, state };
    let conversation = |kept: store::KeptConversation| {
        let kind = kept.conversation.kind();
        let other = kept.conversation.direct().and_then(|two| two.other(user));
        let title = (kind == Kind::Group).then(|| kept.name.clone());
        KeptConversation {
            kind,
            conversation: kept.conversation,
            contact: other.map(|id| KeptContact { id, name: kept.name }),
            title,
            first_seq: kept.head.first_seq,
            seq: kept.head.seq,
            read_seq: kept.read_seq,
            pinned: kept.flags.pinned,
            archived: kept.flags.archived,
            muted_until: Some(kept.flags.muted_until).filter(|until| *until > 0),
        }
    };
    Ok(Json(Kept {
        user,
        snapshot: Arc::unwrap_or_clone(snapshot),
        windows: windows.into_iter().map(window).collect(),
        conversations: conversations.into_iter().map(conversation).collect(),
    }))
}

/// Gives messages of one of a user's conversations.
#[utoipa::path(get, path = "/api/v1/users/{user}/conversations/{conversation}",
    params(("user" = UserId, Path, description = "the user's id"),
        ("conversation" = ConversationId, Path, description = "one of theirs"),
        ("after" = Option<Seq>, Query, description = "only messages above this seq"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 500, description = "1 to 500, and 500 if absent")),
    security(("call" = [])),
    responses((status = 200, description = "the next of them", body = KeptMessages), Refusals))]
pub async fn conversation(
    State(app): State<Arc<App>>,
    InPath((user, conversation)): InPath<(String, String)>,
    which: Result<Query<Which>, QueryRejection>,
    signed: Signed,
) -> Result<Json<KeptMessages>, ApiError> {
    let (site, user) = (signed.site.site, user_of(&user)?);
    let conversation: ConversationId = conversation
        .parse()
        .map_err(|_| bad_request("the conversation in the path must be the id of one, such as 2-3"))?;
    let Query(Which { after, limit }) = which
        .map_err(|error| bad_request(&format!("the query is not as described: {}", error.body_text())))?;
    if !(0..=UserId::MAX).contains(&after) || !(1..=PAGE_MOST).contains(&limit) {
        return Err(bad_request("after must be a seq or 0, and limit 1 to 500"));
    }
    let known = app.store.user(site, user).await?.is_some_and(|stored| !stored.removed);
    if known && conversation.kind() == Kind::Room {
        // Also of a room that they are not in any more.
        let reader = Reader::new(&*app.store, Speaker { site, user }, &conversation, Reach::ALL);
        let own = reader.written(Seq(after), limit + 1).await?;
        let more = own.len() as i64 > limit;
        let messages = own.into_iter().take(usize::try_from(limit).unwrap_or(0)).map(kept).collect();
        return Ok(Json(KeptMessages { messages, more }));
    }
    let reader = app.access.reader(Speaker { site, user }, &conversation).await;
    let Some(reader) = reader.ok().filter(|_| known) else { return Err(nothing_kept()) };
    let (head, messages) = reader.history(Page::After(Seq(after)), limit).await?;
    if head.seq == Seq(0) {
        return Err(nothing_kept());
    }
    let messages: Vec<_> = messages.into_iter().map(kept).collect();
    let more = messages.last().is_some_and(|last| last.seq < head.seq);
    Ok(Json(KeptMessages { messages, more }))
}

/// A message as it is handed out.
fn kept(message: Message) -> KeptMessage {
    let Message { seq, sender, text, sent_at, system, mentions, mine, reply_to, edited_at, deleted, .. } =
        message;
    KeptMessage { seq, sender, text, sent_at, system, mentions, mine, reply_to, edited_at, deleted }
}

fn nothing_kept() -> ApiError {
    not_found("nothing is kept of this user, or not this conversation")
}
