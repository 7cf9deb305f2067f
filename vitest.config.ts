import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (name: string): string =>
  fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url));

const config: ViteUserConfig = defineConfig({
  resolve: {
    alias: Object.fromEntries(
      ["core", "conformance", "backend-x86", "convert", "vision", "models"].map((name) => [
        `@coracle/${name}`,
        source(name),
      ]),
    ),
  },
  test: {
    include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "examples/*/src/**/*.test.ts"],
    pool: "forks",
    testTimeout: 60_000,
  },
});

export default config;
