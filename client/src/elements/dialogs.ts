/** The dialogs: fetched when the first is asked for. */
import "./later.js";
import { GchatLeave, GchatMembers, GchatRename, GchatSeenBy } from "./members.js";
import { GchatAddPeople, GchatNewGroup } from "./picker.js";
import { define } from "./pieces.js";
import type { Scene } from "./scene.js";
import type { DialogAsked } from "./signals.js";

const NAMES: Readonly<Record<DialogAsked["kind"], string>> = {
  add: "gchat-add-people",
  group: "gchat-new-group",
  leave: "gchat-leave",
  members: "gchat-members",
  rename: "gchat-rename",
  seen: "gchat-seen-by",
};

define({
  "gchat-add-people": GchatAddPeople,
  "gchat-leave": GchatLeave,
  "gchat-members": GchatMembers,
  "gchat-new-group": GchatNewGroup,
  "gchat-rename": GchatRename,
  "gchat-seen-by": GchatSeenBy,
});

/** Opens when it comes into the page, and says `gchat-closed` when it is to go. */
export function dialogFor(asked: DialogAsked, scene: Scene): HTMLElement {
  return Object.assign(document.createElement(NAMES[asked.kind]), { asked, scene });
}
