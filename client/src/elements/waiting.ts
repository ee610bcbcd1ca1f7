/** What waits to be read in a window, or in several: as badges, and in words for those who do not see them. */
import { html, nothing, type TemplateResult } from "lit";
import type { Kind, WindowView } from "../view.js";
import type { Strings } from "./strings.js";

/** Rooms are quiet: of them it is only shown that something waits. */
export type Waiting = Pick<WindowView, "kind" | "unread" | "mentions" | "muted">;

export function badgesTemplate({ kind, unread, mentions, muted }: Waiting, strings: Strings): TemplateResult | typeof nothing {
  if (unread === 0 && mentions === 0) return nothing;
  const count = isCounted(kind) && unread > 0;
  // The numbers are in the button's name or beside it, in words; here they are only for the eye.
  return html`<span class="badges" aria-hidden="true"
    >${mentions > 0 ? html`<span class="unread at" data-count="@"></span>` : nothing}${count
      ? html`<span class=${muted === true ? "unread pale" : "unread"} data-count=${strings.badge(unread)}></span>`
      : mentions > 0
        ? nothing
        : html`<span class=${muted === true ? "unread dot pale" : "unread dot"}></span>`}</span
  >`;
}

/** "2 mentions, 3 unread messages" */
export function waitingText({ kind, unread, mentions }: Waiting, strings: Strings): string {
  const parts = [
    mentions > 0 ? strings.count("mentions_one", "mentions_other", mentions) : "",
    unread === 0 ? "" : isCounted(kind) ? strings.count("unread_one", "unread_other", unread) : mentions > 0 ? "" : strings.get("new_messages"),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Whether it is to be said before all others. What is muted, and rooms, are quiet: of those only mentions count. */
export function waits({ kind, unread, mentions, muted }: Waiting): boolean {
  return mentions > 0 || (unread > 0 && isCounted(kind) && muted !== true);
}

/** Of windows together. What is muted counts nowhere, mentions aside. */
export function sumOf(windows: readonly WindowView[]): Waiting {
  const counted = windows.filter(({ kind, muted }) => isCounted(kind) && muted !== true);
  return {
    kind: "direct",
    unread: counted.reduce((sum, { unread }) => sum + unread, 0),
    mentions: windows.reduce((sum, { mentions }) => sum + mentions, 0),
  };
}

function isCounted(kind: Kind): boolean {
  return kind !== "room";
}
