/** What a person does with a message in the log, as commands to the core and words to the other elements. */
import type { ConversationId, MessageView } from "../view.js";
import type { Surroundings } from "./message.js";
import type { Scene } from "./scene.js";
import { verbsOf, type Means, type Verb } from "./verbs.js";

type Acts = Omit<Surroundings, "strings" | "name" | "picture" | "menu">;

/** `toggle`: opens or closes the menu of a message; `means`: as they are when the person asks. */
export function actsOf(
  scene: Scene,
  conversation: ConversationId,
  means: () => Means,
  toggle: (key: string, verbs: readonly Verb[]) => void,
): Acts {
  const say = (text: string): void => { scene.tell({ kind: "said", conversation, text }); };
  const choose = (verb: Verb, { key, seq, text }: MessageView): void => {
    const before = text ?? "";
    if (verb === "reply") scene.purpose(conversation, { reply: seq, edit: null }, true);
    else if (verb === "edit") scene.purpose(conversation, { edit: { key, before, text: before } }, true);
    else if (verb === "delete") {
      // What is being deleted is not being edited any more.
      if (scene.purposeOf(conversation).edit?.key === key) scene.purpose(conversation, { edit: null });
      scene.post({ kind: "delete", conversation, key });
      say(scene.strings.get("deleted_undo"));
    } else {
      const refused = (): void => { scene.tell({ kind: "refused", conversation, code: "copy_failed", message: "" }); };
      navigator.clipboard.writeText(before).then(() => { say(scene.strings.get("copied")); }, refused);
    }
  };
  return {
    choose,
    actions: (message) => { toggle(message.key, verbsOf(message, means(), Date.now())); },
    goTo: (seq) => { scene.goTo(conversation, seq); },
    retry: ({ key }) => { scene.post({ kind: "retry", conversation, key }); },
    discard: ({ key, text }) => {
      scene.post({ kind: "discard", conversation, key });
      scene.tell({ kind: "handback", conversation, text: text ?? "" });
    },
    undelete: ({ key }) => {
      scene.post({ kind: "undelete", conversation, key });
      say(scene.strings.get("message_restored"));
    },
    again: ({ key, text, edit }) => {
      if (edit?.state !== "failed") return;
      scene.purpose(conversation, { edit: { key, before: text ?? "", text: edit.text } }, true);
    },
    dismiss: ({ key }) => { scene.post({ kind: "dismiss", conversation, key }); },
  };
}
