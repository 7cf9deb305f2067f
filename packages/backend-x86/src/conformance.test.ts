import { describeBackend } from "@coracle/conformance";
import { x86 } from "./index.ts";

describeBackend(x86);
