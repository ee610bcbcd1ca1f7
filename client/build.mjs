/**
 * Builds the client into the plugin's js/: the same bytes on every run and from every checkout, because the result is
 * committed and compared. Everything that could vary (paths, order, time) stays out of it.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { shrink } from "./shrink.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
export const outdir = fileURLToPath(new URL("../moodle/block_gchat/js", import.meta.url));

/** Stands for the worker's name until its content is known; of the same length, for the source maps' sake. */
const UNNAMED = "gchat-worker-00000000";

/** A bundle is made of what the lock file names, and not of what happens to lie here. */
async function asLocked() {
  const packages = async (file) => JSON.parse(await readFile(join(here, file), "utf8")).packages;
  const [locked, installed] = await Promise.all([packages("package-lock.json"), packages("node_modules/.package-lock.json")]);
  for (const [path, { version, dev }] of Object.entries(locked)) {
    if (path === "" || dev === true || installed[path]?.version === version) continue;
    throw new Error(`${path} is ${installed[path]?.version ?? "missing"}, the lock file has ${version}: run 'npm ci' in client/`);
  }
}

/** esbuild's result; with `write: false` nothing on disk changes and the bytes are in `outputFiles`. */
export async function build({ write }) {
  await asLocked();
  const built = named(await bundled());
  if (write) {
    await rm(outdir, { recursive: true, force: true });
    await mkdir(outdir, { recursive: true });
    for (const { path, contents } of built.outputFiles) await writeFile(path, contents);
  }
  return built;
}

function bundled() {
  return esbuild({
    absWorkingDir: here,
    entryPoints: { gchat: "src/main.ts", [UNNAMED]: "src/worker.ts" },
    define: { WORKER_FILE: JSON.stringify(`${UNNAMED}.js`) },
    outdir,
    bundle: true,
    format: "esm",
    splitting: true,
    // The hash lets the pieces be cached for ever; gchat.js itself is asked for with the version in its URL.
    chunkNames: "gchat-[name]-[hash]",
    minify: true,
    target: "es2022",
    charset: "utf8",
    sourcemap: "linked",
    sourcesContent: true,
    // The licences of bundled parts, in a .LEGAL.txt beside each file.
    legalComments: "linked",
    plugins: [shrink, lenient],
    metafile: true,
    logLevel: "warning",
    write: false,
  });
}

/**
 * Lit makes a policy of Trusted Types when it is loaded, and would not load where the page's CSP has `trusted-types`
 * without it: then it does without, which is enough unless the page requires trusted types, too.
 */
const lenient = {
  name: "lit without a policy",
  setup(build) {
    build.onLoad({ filter: /\/lit-html\/lit-html\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const making = /(\w)\?(\1\.createPolicy\("lit-html",\{createHTML:t=>t\}\)):void 0/g;
      if ((source.match(making) ?? []).length !== 1) throw new Error("lit-html.js makes its policy in another way than build.mjs knows");
      return { contents: source.replace(making, "(()=>{try{return $1?$2:void 0}catch{}})()"), loader: "js" };
    });
  },
};

/** Gives the worker's file the name of its content, as chunks have it: pages of another build have another worker. */
function named({ outputFiles, metafile }) {
  const worker = outputFiles.find(({ path }) => basename(path) === `${UNNAMED}.js`);
  const hash = createHash("sha256").update(worker.contents).digest("hex").slice(0, 8).toUpperCase();
  const rename = (text) => text.replaceAll(UNNAMED, UNNAMED.replace("00000000", hash));
  const files = outputFiles.map(({ path, contents }) => ({
    path: join(outdir, rename(basename(path))),
    contents: Buffer.from(rename(Buffer.from(contents).toString())),
  }));
  return { outputFiles: files, metafile: JSON.parse(rename(JSON.stringify(metafile))) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build({ write: true });
}
