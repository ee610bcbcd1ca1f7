// The plugin's files, as the checks read them.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..", "..");
export const PLUGIN = join(ROOT, "moodle", "block_gchat");

/** The files below a folder of the repository that git has, or would have if they were added now; sorted. */
export function filesOf(folder) {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", folder], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return [...new Set(listed.split("\0"))].filter((path) => path !== "" && existsSync(join(ROOT, path))).sort();
}

export const read = (path) => readFileSync(resolve(ROOT, path), "utf8");

/** Runs a program in the repository's root. Gives `{code, out}`; `out` is all that it said. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 64 << 20, ...options });
  if (done.error) throw new Error(`${command} cannot be run: ${done.error.message}; run 'scripts/install php'`);
  return { code: done.status, out: `${done.stdout}${done.stderr}` };
}

/** The strings of a language, in the order of the file: `[[id, text], …]`. PHP itself reads them. */
export function strings(language) {
  const path = join(PLUGIN, "lang", language, "block_gchat.php");
  const code = "define('MOODLE_INTERNAL', true); $string = []; include $argv[1]; echo json_encode($string);";
  const { code: status, out } = run("php", ["-d", "xdebug.mode=off", "-r", code, path]);
  if (status !== 0) throw new Error(out);
  return Object.entries(JSON.parse(out));
}
