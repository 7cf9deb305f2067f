import type { Options } from "tsup";

/** One build for every published package: ESM, which CommonJS requires as well in every supported Node. */
export const library: Options = {
  entry: ["src/index.ts"],
  format: ["esm"],
  dts: { compilerOptions: { rewriteRelativeImportExtensions: false, paths: {} } },
  clean: true,
  target: "node20",
  splitting: false,
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
