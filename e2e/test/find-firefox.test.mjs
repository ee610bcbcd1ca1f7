// Everybody and every conversation is found: finding.mjs in Debian's Firefox.
import { finding, waiting } from "../finding.mjs";

finding("firefox");
waiting("firefox");
