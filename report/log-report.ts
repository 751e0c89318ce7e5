/**
 * What a log of a real run came to, as programs read it: log.schema.json describes it.
 */
export interface LogReport {
  readonly format: "sysram-verify/trace";
  readonly version: 1;
  readonly log: {
    readonly name: string;
    readonly format: string;
    readonly lines: number;
    /** What of it the driver did, or was called for. */
    readonly events: number;
  };
  readonly heldAgainst: { readonly policy: string; readonly machines: readonly string[] };
  readonly verdict: "accepted" | "refused" | "inconclusive";
  /** One sentence. */
  readonly because: string;
  /** The longest beginning of the log that is accepted: its lines, and the last of them that shows the driver. */
  readonly prefix: { readonly lines: number; readonly lastEvent: number };
  readonly refusal: LogRefusal | null;
  readonly doubt: LogDoubt | null;
  readonly holes: {
    readonly number: number;
    readonly events: number | null;
    readonly first: readonly { readonly line: number; readonly events: number | null; readonly why: string }[];
    readonly shapeless: number;
  };
  readonly untraced: readonly string[];
  readonly devices: readonly LogDevice[];
  readonly unfollowed: { readonly overlaps: number; readonly tooMany: number };
}

/** The event that no machine accepts. */
export interface LogRefusal {
  readonly line: number;
  readonly text: string;
  readonly task: string | null;
  /** What it may have been, as the machines name it; empty where the driver is done too early. */
  readonly events: readonly string[];
  readonly because: string | null;
  readonly device: LogDevice | null;
  readonly machines: readonly {
    readonly machine: string;
    readonly states: readonly string[];
    readonly edges: readonly {
      readonly from: string;
      readonly event: string;
      readonly to: string;
      readonly guard: string | null;
      readonly why: string;
    }[];
  }[];
  readonly accepted: readonly string[];
}

/** What would make the refusal none. */
export interface LogDoubt {
  readonly untraced: readonly string[];
  readonly before: boolean;
}

/** A device, and the states that it may be in. */
export interface LogDevice {
  readonly number: number;
  readonly line: number;
  readonly states: readonly string[];
  readonly isAtRest: boolean;
}
