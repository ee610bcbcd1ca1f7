/** The reactions under a message, and the six emoji that are at hand. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { MessageView, ReactionView } from "../view.js";
import { listed } from "./happened.js";
import { smileIcon } from "./signs.js";
import type { StringId, Strings } from "./strings.js";
import { undrawnTemplate } from "./undrawn.js";

/** The contract's number of reactions of one person to a message. */
export const MOST_REACTIONS = 3;
/** So many of those who have reacted are named. */
const NAMED = 10;

export const AT_HAND: readonly { emoji: string; name: StringId }[] = [
  { emoji: "👍", name: "emoji_thumbs_up" },
  { emoji: "❤️", name: "emoji_heart" },
  { emoji: "😂", name: "emoji_joy" },
  { emoji: "😮", name: "emoji_surprised" },
  { emoji: "😢", name: "emoji_sad" },
  { emoji: "🎉", name: "emoji_party" },
];

/** What the reactions of a message need to know. */
export interface ReactionParts {
  strings: Strings;
  /** The keyboard comes here. */
  current: boolean;
  /** Others may be added; one's own may be taken back. */
  adds: boolean;
  takes: boolean;
  names: (reaction: ReactionView) => string;
  react: (emoji: string) => void;
  /** Shows the emoji at hand. */
  more: () => void;
}

export function reactionsTemplate({ reactions = [], text }: MessageView, parts: ReactionParts): TemplateResult | typeof nothing {
  if (reactions.length === 0 || text === null) return nothing;
  const { strings, current, adds } = parts;
  const stop = current ? "0" : "-1";
  const label = strings.get("react");
  return html`<div class="reactions" role="group" aria-label=${strings.get("reactions")}>
    ${repeat(reactions, ({ emoji }) => emoji, (reaction) => {
      const { emoji, count, mine } = reaction;
      const able = mine ? parts.takes : adds;
      return html`<button
        class="reaction"
        aria-pressed=${mine ? "true" : "false"}
        aria-disabled=${able ? "false" : "true"}
        title=${parts.names(reaction)}
        tabindex=${stop}
        @click=${() => { if (able) parts.react(emoji); }}
      >
        <span class="emoji">${emoji}</span>${undrawnTemplate(emoji, strings.locale)} ${strings.number(count)}
      </button>`;
    })}
    ${adds
      ? html`<button class="reaction another" aria-label=${label} title=${label} aria-haspopup="true" tabindex=${stop} @click=${parts.more}>
          ${smileIcon}
        </button>`
      : nothing}
  </div>`;
}

/** Who has reacted: "You, Ana and 3 more". */
export function reactedNames({ count, users, mine }: ReactionView, name: (user: number) => string, me: number, strings: Strings): string {
  const others = users.filter((user) => user !== me).map(name);
  const shown = [...(mine ? [strings.get("you")] : []), ...others].slice(0, NAMED);
  return listed(shown, Math.max(0, count - shown.length), strings);
}

/** All of one's own reactions after a press of one of them. null: there would be too many. */
export function reactedWith(mine: readonly string[], emoji: string): string[] | null {
  if (mine.includes(emoji)) return mine.filter((other) => other !== emoji);
  return mine.length < MOST_REACTIONS ? [...mine, emoji] : null;
}

export function ownReactions({ reactions = [] }: MessageView): string[] {
  return reactions.filter(({ mine }) => mine).map(({ emoji }) => emoji);
}
