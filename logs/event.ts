/**
 * What a line of a log says, whatever tool wrote it: a function begins, a function ends, or something was lost.
 *
 * Values are kept as the log writes them: a kernel address has more digits than a number holds.
 */
export type LogEvent =
  | {
      readonly kind: "enter";
      readonly task: string;
      /** A kernel symbol, without offset and module. */
      readonly function: string;
      /** Undefined where the log does not say; a nested log says it by the nesting. */
      readonly caller?: string | undefined;
      /** In the order of the prototype; undefined where the log has none. */
      readonly arguments?: readonly string[] | undefined;
      /** How deep it is nested, where the log says so. */
      readonly depth?: number | undefined;
    }
  | {
      readonly kind: "leave";
      readonly task: string;
      /** Undefined where the log closes a function without naming it. */
      readonly function?: string | undefined;
      readonly caller?: string | undefined;
      readonly result?: string | undefined;
      readonly depth?: number | undefined;
    }
  /** Events that are not in the log; undefined where nobody counted them. */
  | { readonly kind: "lost"; readonly events: number | undefined; readonly why: string }
  /** A task that had no name yet gets one. */
  | { readonly kind: "named"; readonly from: string; readonly to: string }
  /** What the log says about itself; see `Knowledge`. */
  | { readonly kind: "knows"; readonly knowledge: Knowledge };

/** What a log cannot show by its events, and who recorded it may have written into its head. */
export interface Knowledge {
  /** Functions that the tracer was set to, `*` for any letters; what none of these means was not traced. */
  readonly traced?: readonly string[];
  /** How many devices of the driver there were when the log began. */
  readonly devicesBefore?: number;
}

/** One format of log. */
export interface LogFormat {
  readonly name: FormatName;
  /** For a person. */
  readonly title: string;
  /** Whether the end of each function is in the log, nested; else only the beginnings are, or single messages. */
  readonly isNested: boolean;
  /** Whether what never occurs could not be seen: messages are not written for every call. */
  readonly isPartial: boolean;
  /** A reader of lines; it may remember the lines before. */
  reader(isSpokenOf: (name: string) => boolean): LineReader;
}

/**
 * Reads a line without its end, and tells what it says.
 *
 * @returns false where the line does not have the shape of the format
 */
export type LineReader = (line: string, tell: (event: LogEvent) => void) => boolean;

export const FORMAT_NAMES = ["function", "function_graph", "trace-cmd", "dmesg", "json"] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

/** A symbol without what a tracer or a compiler adds: `kfree+0x1/0x2 [mod]`, `f.isra.0`. */
export const symbolOf = (text: string): string => {
  const bare = /^[^\s+.([]+/.exec(text)?.[0];
  return bare ?? text.trim();
};

/** The values of `name=value, name=value`, in their order. */
export const valuesOf = (text: string): readonly string[] =>
  text === "" ? [] : text.split(", ").map((value) => value.slice(value.indexOf("=") + 1).trim());
