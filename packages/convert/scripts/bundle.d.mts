/** A program in TypeScript as one JavaScript file that plain Node runs, against the packages' sources; its path. */
export declare function bundle(entry: string): Promise<string>;
