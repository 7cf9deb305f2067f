import { BackendUnavailableError, NativeError } from "@coracle/core";
import koffi, { type KoffiFunc, type LibraryHandle } from "koffi";
import { type Level, levels } from "./context.ts";
import { libraryFolder, libraryPath } from "./locate.ts";
import { selectLevel } from "./select-isa.ts";

/** CORACLE_ABI of cpu-native/include/coracle/abi.h. */
export const abi = 1;

declare const addressBrand: unique symbol;
/** Where bytes of JavaScript lie; good while somebody keeps the buffer. */
export type Address = bigint & { readonly [addressBrand]: "address" };

/** What a run is given, as addresses; 0n where a pointer may be null. */
export interface RunPointers {
  readonly plan: Address;
  readonly arena: Address;
  readonly scratch: Address;
  readonly io: Address;
  readonly cancel: Address;
  readonly stepNs: Address;
  readonly threads: number;
}

/** One loaded library. Statuses are those of `coracle_status`. */
export interface Native {
  readonly level: Level;
  readonly path: string;
  readonly cpuBits: number;
  /** Rows of kernels.def, by name. */
  readonly kernels: ReadonlyMap<string, number>;
  run(pointers: RunPointers): number;
  runAsync(pointers: RunPointers): Promise<number>;
  callKernel(kernel: number, args: BigUint64Array, params: Int32Array, tasks: number): number;
  adviseHuge(bytes: Uint8Array): void;
  affinity(): number;
  sizeOf(name: string): number;
  enumValue(name: string): number;
}

export function addressOf(view: ArrayBufferView): Address {
  return BigInt(koffi.address(view)) as Address;
}

export const nullAddress: Address = 0n as Address;

type Run = (...args: [bigint, bigint, bigint, bigint, bigint, bigint, number]) => number;

const signatures = {
  coracle_cpu: ["uint64_t", []],
  coracle_num_kernels: ["uint32_t", []],
  coracle_kernels: ["void *", []],
  coracle_run: ["int32_t", ["void *", "void *", "void *", "void *", "void *", "void *", "int32_t"]],
  coracle_call_kernel: ["int32_t", ["uint32_t", "void *", "void *", "int32_t", "void *"]],
  coracle_advise_huge: ["int32_t", ["void *", "uint64_t"]],
  coracle_affinity: ["int32_t", []],
  coracle_sizeof: ["int32_t", ["str"]],
  coracle_enum: ["int32_t", ["str"]],
} as const;

// biome-ignore lint/suspicious/noExplicitAny: the signature is checked by koffi, not by TypeScript
function bind(library: LibraryHandle, name: keyof typeof signatures): KoffiFunc<(...args: any[]) => any> {
  const [result, parameters] = signatures[name];
  return library.func(name, result, [...parameters]);
}

function open(path: string): LibraryHandle {
  let library: LibraryHandle;
  try {
    library = koffi.load(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BackendUnavailableError(
      `x86: cannot load ${path} (${reason}); expected a library for this system.`,
      { cause },
    );
  }
  const found = Number(library.func("coracle_abi", "int32_t", [])());
  if (found !== abi) {
    throw new BackendUnavailableError(
      `x86: ${path} has interface ${found}; expected ${abi}. Install the same version of @coracle/backend-x86 and its platform package.`,
    );
  }
  return library;
}

function readKernels(library: LibraryHandle): ReadonlyMap<string, number> {
  const row = koffi.struct({ name: "const char *", family: "const char *", fn: "void *" });
  const count = Number(bind(library, "coracle_num_kernels")());
  const rows: { name: string }[] = koffi.decode(bind(library, "coracle_kernels")(), koffi.array(row, count));
  return new Map(rows.map(({ name }, index) => [name, index]));
}

function runFunctions(library: LibraryHandle): Pick<Native, "run" | "runAsync"> {
  const run = bind(library, "coracle_run") as KoffiFunc<Run>;
  const listed = (p: RunPointers): Parameters<Run> => [
    p.plan,
    p.arena,
    p.scratch,
    p.io,
    p.cancel,
    p.stepNs,
    p.threads,
  ];
  return {
    run: (pointers) => run(...listed(pointers)),
    runAsync: (pointers) =>
      new Promise((resolve, reject) => {
        run.async(...listed(pointers), (error: unknown, status: number) => {
          if (error)
            reject(new NativeError(`x86: the run did not start: ${String(error)}.`, { cause: error }));
          else resolve(status);
        });
      }),
  };
}

function nativeOf(path: string, level: Level, cpuBits: number): Native {
  const library = open(path);
  const call = bind(library, "coracle_call_kernel");
  const advise = bind(library, "coracle_advise_huge");
  const affinity = bind(library, "coracle_affinity");
  const sizeOf = bind(library, "coracle_sizeof");
  const enumValue = bind(library, "coracle_enum");
  return {
    level,
    path,
    cpuBits,
    kernels: readKernels(library),
    ...runFunctions(library),
    callKernel: (kernel, args, params, tasks) => call(kernel, args, params, tasks, null),
    adviseHuge: (bytes) => {
      advise(bytes, bytes.byteLength);
    },
    affinity: () => affinity(),
    sizeOf: (name) => sizeOf(name),
    enumValue: (name) => enumValue(name),
  };
}

interface Host {
  readonly folder: string;
  readonly cpuBits: number;
}

let host: Host | undefined;
const loaded = new Map<Level, Native>();

/** Only the baseline library may run before the processor is known. */
function findHost(): Host {
  if (process.arch !== "x64" || process.platform !== "linux") {
    throw new BackendUnavailableError(
      `x86: this system is ${process.platform}-${process.arch}; expected linux-x64. Use another backend here.`,
    );
  }
  const folder = libraryFolder();
  const cpu = bind(open(libraryPath(folder, levels[0])), "coracle_cpu");
  return { folder, cpuBits: Number(cpu()) };
}

/**
 * The library for this processor, or for the level that CORACLE_ISA names; loaded once a level.
 * Throws BackendUnavailableError.
 */
export function loadNative(): Native {
  host ??= findHost();
  const { folder, cpuBits } = host;
  const level = selectLevel(cpuBits, process.env["CORACLE_ISA"]);
  const native = loaded.get(level) ?? nativeOf(libraryPath(folder, level), level, cpuBits);
  loaded.set(level, native);
  return native;
}
