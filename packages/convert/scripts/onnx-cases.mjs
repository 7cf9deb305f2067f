import { runTypeScript } from "./run.mjs";

await runTypeScript("src/onnx-cases/main.ts");
