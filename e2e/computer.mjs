// A computer that several people use one after another: one Chromium with a profile on the disk, its back-forward cache
// as everybody has it, and a record of all that its pages ever showed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { PATIENCE_MS } from "./expect.mjs";
import { browserOptions, Person } from "./people.mjs";

/**
 * In every page: `held()` is all that it holds of the chat now (texts, boxes, names of regions, the title), `ever` what
 * any drawn frame of it had, `frozen` what it held when the browser put it away.
 */
export function record() {
  const collect = (root, said) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot !== null) {
        for (const node of element.shadowRoot.querySelectorAll("*")) {
          if (node.tagName !== "STYLE") for (const child of node.childNodes) if (child.nodeType === 3) said.push(child.data);
          said.push(node.getAttribute("aria-label") ?? "", node.tagName === "TEXTAREA" || node.tagName === "INPUT" ? node.value : "");
        }
        collect(element.shadowRoot, said);
      }
    }
    return said;
  };
  window.held = () => [...new Set([document.title, ...collect(document, [])])].join("\n");
  window.ever = "";
  window.frozen = null;
  const look = () => {
    const now = window.held();
    if (!window.ever.includes(now)) window.ever += `${now}\n`;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  document.addEventListener("freeze", () => (window.frozen = window.held()));
  // Until now it counts what was drawn before the page was left.
  addEventListener("pageshow", (event) => {
    window.persisted = event.persisted;
    if (event.persisted) window.ever = window.frozen ?? "";
  });
}

export class Computer {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "gchat-profile-"));
  }

  /** Opens the browser with its profile; `restore`: with the tabs that it had, as "Continue where you left off" does it. */
  async open(campus, { restore = false } = {}) {
    const { args, ...options } = browserOptions();
    this.person = new Person(campus, "somebody at the shared computer");
    this.person.context = await chromium.launchPersistentContext(this.folder, {
      ...options,
      args: restore ? [...args, "--restore-last-session"] : args,
      ignoreDefaultArgs: ["--disable-back-forward-cache"],
      locale: "en-GB",
      viewport: { width: 1280, height: 800 },
    });
    const { context } = this.person;
    // That is how a host says that nobody is signed in.
    this.person.concerns = (place) => !place.endsWith("/demo/token");
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(record);
    this.person.page = restore ? context.pages()[0] : await this.person.tab();
    return this.person;
  }

  async close() {
    await this.person?.context.close();
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** The values of cookies by names (as SQL's LIKE has them), as they lie on the disk. The browser is closed. */
  cookiesNamed(pattern) {
    const script = `import sqlite3, sys
for value, in sqlite3.connect(sys.argv[1]).execute("SELECT encrypted_value FROM cookies WHERE name LIKE ?", sys.argv[2:]): print(value.hex())`;
    const said = execFileSync("python3", ["-c", script, join(this.folder, "Default", "Cookies"), pattern], { encoding: "utf8" });
    return said.split("\n").filter((line) => line !== "").map((line) => Buffer.from(line, "hex"));
  }

  /** The files of the profile that hold these bytes, or this text in one of the ways in which Chromium writes text. */
  filesWith(what) {
    const forms = Buffer.isBuffer(what) ? [what] : [Buffer.from(what), Buffer.from(what, "utf16le"), Buffer.from(what, "utf16le").swap16()];
    const files = readdirSync(this.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return files
      .map((file) => join(file.parentPath, file.name))
      .filter((path) => {
        const content = readFileSync(path);
        return forms.some((form) => content.includes(form));
      });
  }
}
