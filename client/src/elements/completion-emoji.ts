/** Emoji behind a colon: what the list offers, and a shortcode that is typed whole, which becomes its emoji at once. */
import { html, type ReactiveControllerHost } from "lit";
import type { Asked, Offer, Replace, Source } from "./completion.js";
import { emojiMatches, emojisAtOnce, loadEmojis, toned } from "./emojis.js";
import { toneOf, used } from "./habit.js";
import type { Scene } from "./scene.js";
import { shortcodeAsked, shortcodeEnded } from "./shortcodes.js";

const OFFERED = 5;

interface Host extends ReactiveControllerHost {
  scene: Scene | null;
}

export class Shortcodes implements Source {
  readonly label = "emoji";
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  asked(text: string, cursor: number): Asked | null {
    const asked = shortcodeAsked(text, cursor);
    const { scene } = this.#host;
    if (asked === null || scene === null) return asked;
    const { locale } = scene.strings;
    // Without them the text is a text like any other.
    if (emojisAtOnce(locale) === null) loadEmojis(locale).then(() => { this.#host.requestUpdate(); }, () => undefined);
    return asked;
  }

  offers(query: string): Offer[] {
    const { scene } = this.#host;
    const emojis = scene === null ? null : emojisAtOnce(scene.strings.locale);
    if (scene === null || emojis === null) return [];
    return emojiMatches(query, emojis.all, OFFERED).map((one) => {
      const [code = ""] = one.shortcodes;
      const emoji = toned(one, toneOf(scene));
      return {
        id: code,
        shown: html`<span class="sign" aria-hidden="true">${emoji}</span><span class="clip"><b>:${code}:</b> ${one.name}</span>`,
        text: emoji,
        chosen: () => { void used(scene, one.emoji); },
      };
    });
  }

  /** True: what the person has typed ends a shortcode that there is, and its emoji has taken its place. */
  typed({ data, inputType, target }: InputEvent, replace: Replace): boolean {
    const { scene } = this.#host;
    // Nothing comes back from an undo only to go again.
    if (scene === null || data?.endsWith(":") !== true || !/^insert(?:Text|CompositionText)$/.test(inputType)) return false;
    const { value, selectionStart: cursor } = target as HTMLTextAreaElement;
    const ended = shortcodeEnded(value, cursor);
    if (ended === null) return false;
    const emojis = emojisAtOnce(scene.strings.locale);
    if (emojis === null) {
      void this.#later(scene, target as HTMLTextAreaElement, replace);
      return false;
    }
    const one = emojis.byCode.get(ended.code);
    if (one === undefined) return false;
    void used(scene, one.emoji);
    replace(ended.from, cursor, toned(one, toneOf(scene)));
    return true;
  }

  /** The first one was typed faster than the list came. Whoever has gone on by then keeps what they wrote. */
  async #later(scene: Scene, area: HTMLTextAreaElement, replace: Replace): Promise<void> {
    const { value, selectionStart: cursor } = area;
    const emojis = await loadEmojis(scene.strings.locale).catch(() => null);
    const ended = shortcodeEnded(value, cursor);
    const one = ended === null ? undefined : emojis?.byCode.get(ended.code);
    const root = area.getRootNode() as ShadowRoot;
    if (ended === null || one === undefined || area.value !== value || area.selectionStart !== cursor || root.activeElement !== area) return;
    replace(ended.from, cursor, toned(one, toneOf(scene)));
  }
}
