import { defineConfig, type ViteUserConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Tests that take minutes: standard cases, real models, fuzzing. Their files end in `.long.ts`. */
const config: ViteUserConfig = defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["packages/*/src/**/*.long.ts", "apps/*/src/**/*.long.ts", "examples/*/src/**/*.long.ts"],
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});

export default config;
