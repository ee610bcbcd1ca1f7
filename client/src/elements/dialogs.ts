/** The dialogs: fetched when the first is asked for. */
export const DIALOGS: Readonly<Record<string, CustomElementConstructor>> = {};
