import { defineConfig } from "vitest/config";

// Tests run in plain Node; those that need a document begin with `// @vitest-environment jsdom`.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    // For busy computers: no test waits for a time to pass.
    testTimeout: 30_000,
    restoreMocks: true,
    unstubGlobals: true,
  },
});
