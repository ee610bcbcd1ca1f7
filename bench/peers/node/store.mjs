// Messages in SQLite, committed in batches.
//
// better-sqlite3 works in the calling thread. A worker thread would keep the event loop free while the disk flushes,
// but costs two structured clones a message: more CPU, which is what is compared here. What comes while a commit is
// under way waits in the sockets, and makes the next batch by itself.
import Database from "better-sqlite3";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    conversation TEXT NOT NULL,
    seq INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    client_message_id TEXT NOT NULL,
    text TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    UNIQUE (conversation, seq),
    UNIQUE (sender, client_message_id)
  ) STRICT`;

/** Seqs that are kept in memory; beyond, they are read again. */
const MOST_HEADS = 100_000;

export class Store {
  #heads = new Map();
  #waiting = [];
  #commit;

  /** `durable`: every commit is flushed to the disk before it is answered. */
  constructor(path, durable) {
    const db = new Database(path);
    db.pragma("journal_mode = WAL");
    db.pragma(`synchronous = ${durable ? "FULL" : "OFF"}`);
    db.exec(SCHEMA);
    const head = db.prepare("SELECT max(seq) FROM messages WHERE conversation = ?").pluck();
    const insert = db.prepare("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    const again = db.prepare("SELECT conversation, seq, sent_at FROM messages WHERE sender = ? AND client_message_id = ?");
    this.#commit = db.transaction((batch) => {
      for (const one of batch) {
        const last = this.#heads.get(one.conversation) ?? head.get(one.conversation) ?? 0;
        const added = insert.run(one.conversation, last + 1, one.sender, one.id, one.text, one.sent_at).changes === 1;
        if (added) {
          one.seq = last + 1;
          this.#heads.set(one.conversation, one.seq);
        } else {
          const first = again.get(one.sender, one.id);
          one.repeated = true;
          one.seq = first.seq;
          one.sent_at = first.sent_at;
          one.conflict = first.conversation !== one.conversation;
        }
      }
    });
  }

  /**
   * Stores `{ conversation, sender, id, text, sent_at }` with all that come in the same turn of the event loop, and then
   * calls `done(error)`; `seq` is set by then, and `repeated` if the id was seen before.
   */
  append(message, done) {
    if (this.#waiting.push({ message, done }) === 1) setImmediate(() => this.#flush());
  }

  #flush() {
    const waiting = this.#waiting;
    this.#waiting = [];
    let failed = null;
    try {
      this.#commit(waiting.map((one) => one.message));
    } catch (error) {
      failed = error;
      this.#heads.clear();
    }
    if (this.#heads.size > MOST_HEADS) this.#heads.clear();
    for (const one of waiting) one.done(failed);
  }
}
