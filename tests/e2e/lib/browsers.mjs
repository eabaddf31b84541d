// The browsers that a scenario runs in, where it asks nothing that only one of them can do.

import { Chromium } from "./chromium.mjs";
import { wants } from "./env.mjs";
import { Firefox } from "./firefox.mjs";

export const browsers = [["chromium", Chromium], ["firefox", Firefox]].filter(([name]) => wants(name));
