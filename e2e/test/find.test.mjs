// Everybody and every conversation is found: finding.mjs in Chromium.
import { finding, waiting } from "../finding.mjs";

finding("chromium");
waiting("chromium");
