import type { Location } from "../backend/device.ts";
import type { Plan } from "./plan.ts";

function formatLocation(location: Location): string {
  switch (location.space) {
    case "arena":
      return `arena+${location.offsetBytes}`;
    case "io":
      return location.offsetBytes > 0 ? `io${location.index}+${location.offsetBytes}` : `io${location.index}`;
    case "constant":
      return `constant(${location.data.byteLength})`;
    default:
      return location satisfies never;
  }
}

/** One line for each step: device, node, kernel of the device, and where its arguments lie. */
export function printPlan({ segments, inputs, outputs, arenaBytes }: Plan): string {
  const io = [...inputs, ...outputs].map(({ name }, i) => `io${i} "${name}"`);
  const steps = segments.flatMap(({ device, steps, locate }) =>
    steps.map(({ node, kernel, args }) => {
      const places = args.map((arg) => formatLocation(locate(arg))).join(" ");
      return `${device.target} "${node.name}" ${kernel}: ${places}`;
    }),
  );
  return [`arena ${arenaBytes} bytes, ${io.join(", ")}`, ...steps].join("\n");
}
