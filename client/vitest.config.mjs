import { defineConfig } from "vitest/config";

// Tests run in plain Node; those that need a document begin with `// @vitest-environment jsdom`.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    restoreMocks: true,
    unstubGlobals: true,
  },
});
