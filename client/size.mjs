/**
 * Tells what a browser fetches at start, gzipped, and fails above the budget: the page's script, the shared worker's
 * and the chunks that either imports, each counted once, as the browser fetches it once. What is imported with
 * `import()` comes later and is listed apart.
 */
import { basename, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, outdir } from "./build.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
// 45 KiB until conversations were bounded and the copy bound to a mark of the login (5); 51 until changes, edits, deletions
// and answers came: the feed and their place in the outbox are 4 in the core, the rest is on the page, with a host's button
// and an end that waits for the last writes; 58 until what nobody has tried to send could be taken back (1.7); 60 until
// reactions, mentions, groups and rooms came: 6 in the core, which knows their windows, people and acts, the rest on the
// page; dialogs, lists of rooms and members come later; 68 until the list of conversations and people who are away came (7): the core
// keeps the list in step with all that is told, as it does the dock, and asks server and host; what shows them comes later; 75 until
// the block told who has written, and those who left a roster were asked for again (0.2); 76 until messages were found (0.2: the question, its answer and whose it is).
const budget = 76.5 * 1024;

const { metafile, outputFiles } = await build({ write: false });
const gzipped = new Map(
  outputFiles.map((file) => [relative(here, file.path), gzipSync(file.contents, { level: 9 }).length]),
);

const entries = Object.keys(metafile.outputs).filter((name) => /^gchat(-worker-\w+)?\.js$/.test(basename(name)));
const start = new Set(entries);
for (const name of start) {
  for (const imported of metafile.outputs[name].imports) {
    if (imported.kind === "import-statement") start.add(imported.path);
  }
}
const later = Object.keys(metafile.outputs).filter((name) => name.endsWith(".js") && !start.has(name));

const show = (bytes) => `${(bytes / 1024).toFixed(1).padStart(7)} KiB`;
const sum = (names) => names.reduce((total, name) => total + gzipped.get(name), 0);
for (const name of start) console.log(`${show(gzipped.get(name))}  ${relative("../moodle/block_gchat", name)}`);
console.log(`${show(sum([...start]))}  at start, worker included, gzipped (budget ${budget / 1024} KiB)`);
for (const name of later) console.log(`${show(gzipped.get(name))}  ${relative("../moodle/block_gchat", name)} (later)`);

if (sum([...start]) > budget) {
  console.error("error: the client is above its budget: load something later, or drop it");
  process.exitCode = 1;
}
