// The connection code, pasted into the plugin's settings by the administrator, in a browser.
import { Members } from "./members.mjs";

export const SETTINGS = "/admin/settings.php?section=blocksettinggchat";

/** Pastes `code` and saves. Gives what the page says then. */
export async function paste(page, code) {
  await page.getByRole("textbox", { name: "Connection code" }).fill(code);
  await Promise.all([page.waitForEvent("domcontentloaded"), page.getByRole("button", { name: "Save changes" }).click()]);
  return page.locator("#region-main").innerText();
}

/** Connects the site to its chat server. */
export async function connect(site) {
  const members = await Members.open(site);
  try {
    const admin = await members.signIn();
    await admin.go(SETTINGS);
    const said = await paste(admin.page, site.code);
    if (!said.includes(`${site.url}/gchat/`)) throw new Error(`the connection code was not taken:\n${said}`);
  } finally {
    await members.close();
  }
}
