/**
 * Builds the client into the plugin's js/: the same bytes on every run and from every checkout, because the result is
 * committed and compared. Everything that could vary (paths, order, time) stays out of it.
 */
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { shrink } from "./shrink.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
export const outdir = fileURLToPath(new URL("../moodle/block_gchat/js", import.meta.url));

/** esbuild's result; with `write: false` nothing on disk changes and the bytes are in `outputFiles`. */
export async function build({ write }) {
  if (write) {
    await rm(outdir, { recursive: true, force: true });
    await mkdir(outdir, { recursive: true });
  }
  return esbuild({
    absWorkingDir: here,
    entryPoints: { gchat: "src/main.ts" },
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
    plugins: [shrink],
    metafile: true,
    logLevel: "warning",
    write,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build({ write: true });
}
