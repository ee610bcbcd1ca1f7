// Whether a page has the chat.

/** Whether a page in a browser has been given the chat, or anything of it. */
export async function offered(page) {
  return (await page.locator("script[data-gchat], gchat-roster, gchat-dock").count()) > 0;
}

/** The same of a page's text. */
export function offeredIn(html) {
  return /<script[^>]*\sdata-gchat\b|<gchat-roster/.test(html);
}
