import { defineConfig } from "tsup";
import { application } from "../../tsup.shared.ts";

export default defineConfig({ ...application, entry: ["src/main.ts", "src/serve.ts"] });
