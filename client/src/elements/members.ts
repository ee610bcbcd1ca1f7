/** The dialogs about a group: who is in it, who has seen a message, another name, and leaving. */
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ConversationId, MemberView, Seq, UserId, WindowView } from "../view.js";
import { isBlank } from "./blank.js";
import { Dialog, nameField } from "./dialog.js";
import { closeIcon } from "./icons.js";
import type { Scene } from "./scene.js";

/** After this long it is said that nothing has come. */
const LATE_MS = 8000;

/** A dialog about the group of one window. */
abstract class OfGroup extends Dialog {
  static override properties = { ...Dialog.properties, asked: { attribute: false } };
  declare asked: { conversation: ConversationId; seq?: Seq };

  protected get window(): WindowView | undefined {
    return this.scene?.windows.find(({ conversation }) => conversation === this.asked.conversation);
  }

  protected override stands(): boolean {
    return this.window !== undefined;
  }

  protected canceller({ strings }: Scene): TemplateResult {
    return html`<button type="button" class="action" @click=${() => { this.leave(); }}>${strings.get("cancel")}</button>`;
  }
}

/** One that shows members, as they are now. */
abstract class WithMembers extends OfGroup {
  static override properties = { ...OfGroup.properties, late: { state: true } };
  declare late: boolean;
  #unwatch: (() => void) | null = null;
  #waits: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.late = false;
  }

  override willUpdate(): void {
    if (this.#unwatch === null) this.#ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#waits);
    this.#unwatch?.();
  }

  protected abstract label(scene: Scene): string;
  protected abstract shown(members: readonly MemberView[]): readonly MemberView[];
  protected row(scene: Scene, { id, name, picture, status, role, maker }: MemberView): TemplateResult {
    const { strings } = scene;
    const labels = [role === "teacher" ? strings.get("teacher") : "", maker ? strings.get("maker") : ""].filter((label) => label !== "");
    return html`<gchat-avatar .name=${called(name, scene)} .picture=${picture} .status=${scene.connected ? status : null}></gchat-avatar>
      <span class="texts"
        ><span class="name clip" dir="auto">${id === scene.user ? strings.get("you") : called(name, scene)}</span>
        <span class="about clip"
          >${labels.map((label) => html`<span class="label">${label}</span> `)}${scene.connected ? strings.get(status) : nothing}</span
        ></span
      >`;
  }

  protected override content(scene: Scene): TemplateResult {
    const { strings } = scene;
    const members = scene.membersOf(this.asked.conversation);
    if (members === undefined && this.late) {
      return html`<div class="calm" role="status">
        <p>${strings.get("members_late")}</p>
        <p><button type="button" class="action" @click=${() => { this.#ask(); }}>${strings.get("try_again")}</button></p>
      </div>`;
    }
    if (members === undefined) return html`<p class="calm">${strings.get("members_loading")}</p>`;
    const shown = this.shown(members);
    if (shown.length === 0) return html`<p class="calm">${strings.get("seen_by_nobody")}</p>`;
    return html`<ul class="people" role="list" aria-label=${this.label(scene)}>
      ${repeat(shown, ({ id }) => id, (member) => html`<li class="member">${this.row(scene, member)}</li>`)}
    </ul>`;
  }

  #ask(): void {
    this.#unwatch?.();
    this.late = false;
    this.#unwatch = this.scene?.watchMembers(this.asked.conversation) ?? null;
    clearTimeout(this.#waits);
    this.#waits = setTimeout(() => (this.late = true), LATE_MS);
  }
}

export class GchatMembers extends WithMembers {
  #removing: UserId = 0;

  protected override heading(scene: Scene): string {
    return this.label(scene);
  }

  protected override label({ strings }: Scene): string {
    return strings.get("members");
  }

  protected override shown(members: readonly MemberView[]): readonly MemberView[] {
    return members;
  }

  protected override buttons(scene: Scene): TemplateResult | typeof nothing {
    const { conversation } = this.asked;
    if (this.window?.writing !== "yes") return nothing;
    const add = (): void => {
      this.close();
      scene.tell({ kind: "dialog", dialog: { kind: "add", conversation } });
    };
    return html`<button type="button" class="action" @click=${add}>${scene.strings.get("add_people")}</button>`;
  }

  /** Its maker and teachers may take people out. */
  protected override row(scene: Scene, member: MemberView): TemplateResult {
    const { conversation } = this.asked;
    const me = scene.membersOf(conversation)?.find(({ id }) => id === scene.user);
    const may = me !== undefined && (me.maker || me.role === "teacher") && member.id !== scene.user;
    if (!may) return super.row(scene, member);
    const label = scene.strings.get("remove_person", called(member.name, scene));
    const does = (): void => {
      this.#removing = member.id;
      this.act({ kind: "remove", conversation, user: member.id });
    };
    const text = scene.strings.get("remove_ask", called(member.name, scene));
    const remove = (): void => {
      if (this.acting === 0) this.ask({ text, no: "cancel", yes: "remove", does });
    };
    return html`${super.row(scene, member)}
      <button type="button" class="quiet" aria-label=${label} title=${label} @click=${remove}>${closeIcon}</button>`;
  }

  protected override done(conversation: ConversationId): void {
    const { scene } = this;
    const name = scene?.membersOf(conversation)?.find(({ id }) => id === this.#removing)?.name;
    if (scene === null || name === undefined) return;
    scene.tell({ kind: "said", conversation, text: scene.strings.get("person_removed", called(name, scene)) });
  }
}

export class GchatSeenBy extends WithMembers {
  protected override heading(scene: Scene): string {
    return this.label(scene);
  }

  protected override buttons(): typeof nothing {
    return nothing;
  }

  protected override label({ strings }: Scene): string {
    return strings.get("seen_by_people");
  }

  protected override shown(members: readonly MemberView[]): readonly MemberView[] {
    return members.filter(({ id, readSeq }) => id !== this.scene?.user && readSeq >= (this.asked.seq ?? 0));
  }
}

export class GchatRename extends OfGroup {
  static override properties = { ...OfGroup.properties, called: { state: true } };
  /** null: as it was. */
  declare called: string | null;

  constructor() {
    super();
    this.called = null;
  }

  protected override heading({ strings }: Scene): string {
    return strings.get("rename");
  }

  protected override isDirty(): boolean {
    return this.called !== null && this.called.trim() !== this.window?.title;
  }

  protected override content({ strings }: Scene): TemplateResult {
    return html`<form id="form" class="fields" @submit=${this.#submitted}>
      ${nameField(strings.get("group_name"), this.called ?? this.window?.title ?? "", (name) => (this.called = name))}
    </form>`;
  }

  protected override buttons(scene: Scene): TemplateResult {
    const useless = !this.isDirty() || isBlank(this.called ?? "") || this.acting !== 0;
    return html`${this.canceller(scene)}
      <button type="submit" form="form" class="action main" ?disabled=${useless}>${scene.strings.get("save")}</button>`;
  }

  protected override said(): string {
    return this.scene?.strings.get("system_renamed_you", (this.called ?? "").trim()) ?? "";
  }

  #submitted(event: Event): void {
    event.preventDefault();
    if (!this.isDirty() || isBlank(this.called ?? "")) return;
    this.act({ kind: "rename", conversation: this.asked.conversation, title: (this.called ?? "").trim() });
  }
}

export class GchatLeave extends OfGroup {
  protected override said(): string {
    return this.scene?.strings.get("system_left_you") ?? "";
  }

  protected override heading({ strings }: Scene): string {
    return strings.get("leave_group");
  }

  protected override content({ strings }: Scene): TemplateResult {
    return html`<p class="ask">${strings.get("leave_ask", this.window?.title ?? "")}</p>`;
  }

  protected override buttons(scene: Scene): TemplateResult {
    const { conversation } = this.asked;
    const leaves = (): void => { this.act({ kind: "remove", conversation, user: scene.user }); };
    return html`${this.canceller(scene)}
      <button type="button" class="action main bad" ?disabled=${this.acting !== 0} @click=${leaves}>${scene.strings.get("leave")}</button>`;
  }
}

/** An empty name says that they were removed from the site. */
function called(name: string, { strings }: Scene): string {
  return name === "" ? strings.get("deleted_user") : name;
}
