/** What a person does with a message in the log, as commands to the core and words to the other elements. */
import type { TemplateResult } from "lit";
import type { ConversationId, MessageView } from "../view.js";
import { copyText } from "./clipboard.js";
import { loadPicker, pickerTemplate } from "./emoji-button.js";
import type { OpenMenu, Surroundings } from "./message.js";
import { ownReactions, reactedWith } from "./reactions.js";
import type { Scene } from "./scene.js";
import { verbsOf, type Means, type Verb } from "./verbs.js";

export type Acts = Omit<Surroundings, "strings" | "kind" | "me" | "name" | "menu">;

export interface ActsParts {
  /** As they are when the person asks. */
  means: () => Means;
  /** Shows what stands beside a message's button, or what is there no more. */
  show: (menu: OpenMenu) => void;
  /** An element beside which a box may be for an instant, see `copyText`. */
  near: () => Element;
  /** The text of this failed message has been copied. */
  copied: (key: string) => void;
  /** What this blocked person wrote is to be shown. */
  unfold: (key: string) => void;
  /** Of this long text more is to be shown, or less. */
  fold: (key: string) => void;
}

/** What was asked for of a message as it was shown then: the next press comes before the core's answer. */
const asked = new WeakMap<MessageView, string[]>();

export function actsOf(scene: Scene, conversation: ConversationId, parts: ActsParts): Acts {
  const say = (text: string): void => { scene.tell({ kind: "said", conversation, text }); };
  const copy = (text: string, done: () => void): void => {
    const failed = (): void => { scene.tell({ kind: "refused", conversation, code: "copy_failed", message: "" }); };
    void copyText(text, parts.near()).then((copied) => { (copied ? done : failed)(); });
  };
  const emoji = ({ key }: MessageView): void => { parts.show({ key, verbs: null }); };
  const choose = (verb: Verb, message: MessageView): void => {
    const { key, seq, text } = message;
    const before = text ?? "";
    if (verb === "react") emoji(message);
    else if (verb === "seen_by") scene.tell({ kind: "dialog", dialog: { kind: "seen", conversation, seq } });
    else if (verb === "reply") scene.purpose(conversation, { reply: seq, edit: null }, true);
    else if (verb === "edit") scene.purpose(conversation, { edit: { key, before, text: before } }, true);
    else if (verb === "delete") {
      // What is being deleted is not being edited any more.
      if (scene.purposeOf(conversation).edit?.key === key) scene.purpose(conversation, { edit: null });
      scene.post({ kind: "delete", conversation, key });
      say(scene.strings.get("deleted_undo"));
    } else {
      copy(before, () => { say(scene.strings.get("copied")); });
    }
  };
  const react = (message: MessageView, chosen: string): void => {
    const wanted = reactedWith(asked.get(message) ?? ownReactions(message), chosen);
    if (wanted === null) {
      scene.tell({ kind: "refused", conversation, code: "too_many_reactions", message: "" });
      return;
    }
    asked.set(message, wanted);
    scene.post({ kind: "react", conversation, key: message.key, emoji: wanted });
    scene.tell({ kind: "mended", conversation });
  };
  return {
    choose,
    actions: (message) => { parts.show({ key: message.key, verbs: verbsOf(message, parts.means(), Date.now()) }); },
    emoji,
    react,
    others: (message) => {
      const picker = (close: () => void): TemplateResult =>
        pickerTemplate(scene, (chosen, keep) => {
          if (!keep) close();
          react(message, chosen);
        });
      void loadPicker(scene, conversation).then((there) => { if (there) parts.show({ key: message.key, verbs: null, picker }); });
    },
    unfold: ({ key }) => { parts.unfold(key); },
    fold: ({ key }) => { parts.fold(key); },
    copyCode: (code) => {
      copy(code, () => { say(scene.strings.get("code_copied")); });
    },
    copy: ({ key, text }) => {
      copy(text ?? "", () => {
        parts.copied(key);
        // Another word on the button is seen, and not heard.
        say(scene.strings.get("copied"));
      });
    },
    goTo: (seq) => { scene.goTo(conversation, seq); },
    retry: ({ key }) => { scene.post({ kind: "retry", conversation, key }); },
    discard: ({ key, text, replyTo = null, mentions = [], failure }) => {
      scene.post({ kind: "discard", conversation, key });
      // What it answers is not there any more: as an answer it would be refused again.
      const reply = failure === "no_such_message" ? null : replyTo;
      scene.tell({ kind: "handback", conversation, text: text ?? "", reply, mentions });
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
