// What the chat shows on a page, by the names that everybody hears. A release keeps this file as it is then (see
// releases/), with the client that it speaks of: it must import nothing.

/** One page, as the accessibility tree tells it. */
export class Screen {
  constructor(page) {
    this.page = page;
  }

  get block() {
    // A host may have a region of the same name around it, as a block of Moodle's is.
    return this.page.getByRole("region", { name: "Global Chat", exact: true }).last();
  }

  get list() {
    return this.block.getByRole("list", { name: "People online" });
  }

  /** Somebody's button in the block. */
  person(name) {
    return this.list.getByRole("button", { name: `${name}, online` });
  }

  /** The dock's own button, which has the list where no block is. */
  get launcher() {
    return this.page.getByRole("button", { name: /^Global Chat/ });
  }

  /** Somebody's button in the launcher's list. */
  launched(name) {
    return this.page.getByRole("dialog", { name: "Global Chat" }).getByRole("button", { name: `${name}, online` });
  }

  /** What the launcher opens. */
  get panel() {
    return this.page.getByRole("dialog", { name: "Global Chat" });
  }

  /** The panel, opened where it is not. */
  async openPanel() {
    if (!(await this.panel.isVisible())) await this.launcher.click();
    await this.panel.waitFor();
    return this.panel;
  }

  /** The box of the panel. */
  get search() {
    return this.panel.getByRole("searchbox", { name: "Search people and messages" });
  }

  /** A conversation's button in the panel; its name goes on with what is unread, muted and pinned. */
  listed(name) {
    return this.panel.getByRole("list", { name: "Conversations" }).getByRole("button", { name: beginning(name) });
  }

  /** Somebody's button in the panel, found by the search. */
  found(name) {
    return this.panel.getByRole("list", { name: "People", exact: true }).getByRole("button", { name: beginning(name) });
  }

  chat(name) {
    return new Chat(this.page, name);
  }

  /** Opens the chat with somebody by the block. */
  async open(name) {
    await this.person(name).click();
    const chat = this.chat(name);
    await chat.box.waitFor();
    return chat;
  }

  /** Opens the chat with somebody by the block and closes it again, so many times. */
  async openAndClose(name, times) {
    for (let time = 0; time < times; time += 1) {
      const chat = await this.open(name);
      await chat.button("Close").click();
      await chat.box.waitFor({ state: "detached" });
    }
  }
}

export class Chat {
  constructor(page, name) {
    this.page = page;
    this.name = name;
    this.window = page.getByRole("region", { name: `Chat with ${name}`, exact: true });
    this.log = this.window.getByRole("log", { name: `Messages with ${name}` });
    this.box = this.window.getByRole("textbox", { name: `Message to ${name}` });
    this.editBox = this.window.getByRole("textbox", { name: "Edit message" });
    this.sendButton = this.window.getByRole("button", { name: "Send", exact: true });
  }

  button(deed) {
    return this.window.getByRole("button", { name: `${deed} chat with ${this.name}` });
  }

  /** The messages with exactly this text. */
  message(text) {
    // Not the quotes of it.
    return this.log.getByText(text, { exact: true }).and(this.page.locator(".bubble, .bubble *"));
  }

  async say(text) {
    await this.box.fill(text);
    // On a touch keyboard Enter breaks the line.
    const touch = await this.page.evaluate(() => matchMedia("(pointer: coarse)").matches);
    await (touch ? this.sendButton.click() : this.box.press("Enter"));
    await this.message(text).waitFor();
  }

  /** The message with exactly this text, as a whole. */
  article(text) {
    return this.log.getByRole("article").filter({ has: this.page.locator(".bubble", { hasText: exactly(text) }) });
  }

  /** What the menu of a message offers. */
  async offers(text) {
    await this.menu(text);
    const items = await this.window.getByRole("menuitem").allInnerTexts();
    await this.page.keyboard.press("Escape");
    return items;
  }

  /** Chooses something from the menu of a message. */
  async choose(text, verb) {
    await this.menu(text);
    await this.window.getByRole("menuitem", { name: verb, exact: true }).click();
  }

  async menu(text) {
    await this.article(text).getByRole("button", { name: "Message actions" }).click();
    await this.window.getByRole("menu").waitFor();
  }

  /** Gives a message of one's own another text. */
  async edit(text, next) {
    await this.choose(text, "Edit");
    await this.editBox.fill(next);
    await this.window.getByRole("button", { name: "Save", exact: true }).click();
    await this.box.waitFor();
  }

  /** Answers a message. */
  async answer(text, answer) {
    await this.choose(text, "Reply");
    await this.window.getByRole("button", { name: "Cancel reply" }).waitFor();
    await this.say(answer);
  }

  /** The quote above an answer: its author and its text. */
  quote(answer) {
    return this.article(answer).getByRole("button", { name: /^In reply to/ });
  }

  /** What stands in place of a message that `author` ("you", or a name) has deleted. */
  stub(author) {
    return `Message deleted by ${author}`;
  }

  /** All messages' texts, in order. */
  texts() {
    return this.log.locator(".bubble").allInnerTexts();
  }
}

function exactly(text) {
  return new RegExp(`^${escaped(text)}$`);
}

function beginning(name) {
  return new RegExp(`^${escaped(name)}(,|$)`);
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
