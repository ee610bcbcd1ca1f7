/** Which windows fit into the dock. Pure: widths in pixels in, conversations out. */
import type { ConversationId } from "../view.js";

export interface Measures {
  /** What the row of windows may take. */
  room: number;
  open: number;
  bar: number;
  /** The button for those that do not fit. */
  more: number;
  gap: number;
}

export interface Place {
  conversation: ConversationId;
  open: boolean;
  /** The higher, the later the person turned to it; the dock's own order breaks ties. */
  rank: number;
}

/** Those that stay in the row; the others go behind the button. At least one always stays. */
export function fitting(places: readonly Place[], measures: Measures): Set<ConversationId> {
  const width = (place: Place): number => (place.open ? measures.open : measures.bar) + measures.gap;
  const all = places.reduce((sum, place) => sum + width(place), 0);
  const room = all <= measures.room ? measures.room : measures.room - measures.more - measures.gap;
  const stay = new Set<ConversationId>();
  let used = 0;
  const byRank = places.map((place, index) => ({ place, index }));
  byRank.sort((a, b) => b.place.rank - a.place.rank || b.index - a.index);
  for (const { place } of byRank) {
    if (stay.size > 0 && used + width(place) > room) break;
    used += width(place);
    stay.add(place.conversation);
  }
  return stay;
}
