import { defineConfig } from "tsup";
import { library } from "../../tsup.shared.ts";

/** protobufjs is bundled: installed as it is published it would weigh more than all the rest together. */
export default defineConfig({ ...library, noExternal: ["protobufjs"], minify: true });
