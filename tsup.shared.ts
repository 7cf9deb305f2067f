import type { Options } from "tsup";

/** One build for every published package: ESM and CommonJS with types for both. */
export const library: Options = {
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  dts: { compilerOptions: { rewriteRelativeImportExtensions: false, paths: {} } },
  clean: true,
  target: "node20",
  splitting: false,
  shims: true,
  /** Half the installed size is JavaScript: blanks go, names stay for readable stacks. */
  esbuildOptions(options) {
    options.minifyWhitespace = true;
    options.minifySyntax = true;
  },
};

/** Programs that are run, never imported: ESM only, no types. */
export const application: Options = {
  entry: ["src/main.ts"],
  format: ["esm"],
  clean: true,
  target: "node20",
  splitting: true,
};
