// A conversation as after years of use, written into the store while its server is away: through the server, whose
// limits hold for everybody, five thousand messages would take ten minutes.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/**
 * Writes so many messages of two users, in turns, a minute apart; all are read. Both must have been here, and must not
 * have talked yet. The server must be down: `campus.kill()`, this, `campus.start()`.
 */
export function fill(campus, lower, higher, messages) {
  const script = `import sqlite3, sys, time
path, lower, higher, count = sys.argv[1], *map(int, sys.argv[2:])
store = sqlite3.connect(path)
site, = store.execute("SELECT site FROM sites").fetchone()
began = int(time.time() * 1000) - (count + 10) * 60_000
last = lower if count % 2 else higher
of = store.execute("INSERT INTO conversations (site, kind, name, seq, rev, last_seq, last_sender, other_seq) VALUES (?, 1, ?, ?, ?, ?, ?, ?)",
                   (site, "%d-%d" % (lower, higher), count, count, count, last, count - 1)).lastrowid
for user, other in ((lower, higher), (higher, lower)):
    store.execute("INSERT INTO participants (site, user, kind, conversation, other, read_seq, published_read_seq, day) VALUES (?, ?, 1, ?, ?, ?, ?, ?)",
                  (site, user, of, other, count, count, (began + count * 60_000) // 86_400_000 + 1))
words = "perseverance is not a long race it is many short races one after the other".split()
def text(seq):
    if seq % 17 == 0: return "%d: have a look at https://example.org/exercises/%d?page=2 before Thursday" % (seq, seq)
    if seq % 23 == 0: return "\\U0001F44D"
    return "%d: %s" % (seq, " ".join(words[at % len(words)] for at in range(seq % 7, seq % 7 + 3 + seq * 7 % 25)))
rows = ((site, of, seq, seq, lower if seq % 2 else higher,
         bytes.fromhex("%012x7%03x8%015x" % (began + seq * 60_000, seq % 4096, seq)), text(seq), began + seq * 60_000)
        for seq in range(1, count + 1))
store.executemany("INSERT INTO messages (site, conversation, seq, rev, sender, client_message_id, text, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
store.commit()
store.close()`;
  execFileSync("python3", ["-c", script, join(campus.folder, "gchat.db"), String(lower), String(higher), String(messages)]);
}
