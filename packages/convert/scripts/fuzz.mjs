import { runTypeScript } from "./run.mjs";

await runTypeScript("src/fuzz/main.ts");
