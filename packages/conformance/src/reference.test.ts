import { reference } from "@coracle/core";
import { describeBackend } from "./index.ts";

describeBackend(reference);
