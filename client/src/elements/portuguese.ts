/** Portuguese, all of it: another language than English is fetched once, and whole. */
import first from "../../strings/pt.json";
import later from "../../strings/later/pt.json";

export const texts = { ...first, ...later };
