/**
 * The messages that the launcher's panel finds for what is typed into its box: what is asked for, what has come, and the
 * next page of it. Whose answer is late, or lost with a connection, is asked for again when the line is there.
 */
import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { HitView, Update } from "../view.js";
import { readableName, readableTitle } from "./names.js";
import type { Scene } from "./scene.js";
import { hitRow, type Section } from "./sections.js";

type Host = ReactiveControllerHost & { scene: Scene | null };

export class Hits implements ReactiveController {
  readonly #host: Host;
  #text = "";
  /** What was asked last, as long as it is not answered: its number, and after which page. */
  #asked: { act: number; next: string | null } | null = null;
  /** Of an earlier text, until there is an answer. */
  #found: { text: string; hits: readonly HitView[]; next: string | null } = { text: "", hits: [], next: null };

  constructor(host: Host) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.look("");
  }

  /** Looks for another text; "": for none, and nothing that was found is held. */
  look(text: string): void {
    this.#text = text;
    this.#asked = null;
    if (text === "") this.#found = { text: "", hits: [], next: null };
    else this.#ask(null);
  }

  /** Of this text; none of another one. */
  #of(text: string): readonly HitView[] {
    return this.#found.text === text ? this.#found.hits : [];
  }

  section(text: string): Section {
    return { id: "messages", parts: [{ title: null, rows: this.#of(text).map(hitRow) }], more: this.more ? "further" : null };
  }

  /** More may come for the text. */
  get isPending(): boolean {
    return this.#asked !== null;
  }

  get more(): boolean {
    return this.#found.text === this.#text && this.#found.next !== null;
  }

  further(): void {
    if (this.more && this.#asked === null) this.#ask(this.#found.next);
  }

  /** The line is there: nothing that was asked before is answered any more. */
  again(): void {
    if (this.#text !== "" && (this.#asked !== null || this.#found.text !== this.#text)) this.look(this.#text);
  }

  came({ act, hits, next }: Extract<Update, { kind: "hits" }>): void {
    const { scene } = this.#host;
    const asked = this.#asked;
    if (act !== asked?.act || scene === null) return;
    this.#asked = null;
    this.#host.requestUpdate();
    if (hits === null) return;
    const { strings } = scene;
    const read = hits.map((hit): HitView => ({
      ...hit,
      name: hit.name === "" ? strings.get("deleted_user") : readableName(hit.name, hit.sender, strings),
      title: hit.title === "" && hit.kind === "direct" ? strings.get("deleted_user") : readableTitle(hit.title, strings),
    }));
    const before = asked.next === null ? [] : this.#of(this.#text);
    this.#found = { text: this.#text, hits: [...before, ...read], next };
  }

  #ask(next: string | null): void {
    const act = this.#host.scene?.act({ kind: "find", text: this.#text.slice(0, 100), next });
    this.#asked = act === undefined ? null : { act, next };
  }
}
