/** Saves 20 times to a tuning file, one by one: `save-times.ts <path> <name>`. */
import { TuningFile } from "../tuning-file.ts";

const [path, name] = process.argv.slice(2);
const file = new TuningFile(path!);
for (let i = 0; i < 20; i++) {
  file.set(`${name} ${i}`, i);
  file.save();
}
