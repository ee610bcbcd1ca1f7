/** The words of what comes later: windows, dialogs and the list of rooms bring them along. */
import en from "../../strings/later/en.json";
import { addEnglish } from "./strings.js";

addEnglish(en);
