import type { Branch, CallSite, Decision, DriverFacts } from "../driver/compile/image.ts";
import type { NeverRun } from "../report/report.ts";
import type { Outcome } from "./failure-points.ts";
import { neverRunIn } from "./never-run.ts";
import { isInSubject } from "./subject-sites.ts";
import type { SysramSystem } from "./sysram-system.ts";

/** What of a driver's C a search has run, and why not the rest. */
export interface DriverCoverage {
  /** Lines that hold code, by file and line. */
  readonly lines: readonly CoveredLine[];
  /** The ways that branches may go, by file and line. */
  readonly ways: readonly CoveredWay[];
  /** Calls of the kernel that were never made. */
  readonly neverCalled: readonly (CallSite & { readonly because: string })[];
  /** What was answered where the kernel had a choice. */
  readonly outcomes: readonly Outcome[];
  /** Code that no verdict covers. */
  readonly neverRun: readonly NeverRun[];
}

/** One line, and how often it was run. */
export interface CoveredLine {
  readonly file: string;
  readonly line: number;
  readonly hits: number;
  /** Why no run reached it; empty where one did. */
  readonly because: string;
}

/** One way of one branch, and how often it was taken; the branch itself may say why no run took it. */
export interface CoveredWay extends CoveredLine {
  /** `true`, `false`, or a value of a `switch`. */
  readonly way: string;
}

/** How many of the ways into what was not run are told. */
const REASONS = 2;

const inOrder = <T extends { readonly file: string; readonly line: number }>(list: readonly T[]): readonly T[] =>
  list.toSorted((one, other) => (one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1));

/** What a search on this system has run so far. */
export const coverageOfDriver = ({ driver, failurePoints }: SysramSystem): DriverCoverage => {
  const { facts, blockHits } = driver;
  const explain = explainer(facts, blockHits);
  const lines = new Map<string, { file: string; line: number; hits: number; blocks: number[] }>();
  for (const [index, { file, lines: covered }] of facts.blocks.entries()) {
    if (!isInSubject({ file })) continue;
    for (const line of covered) {
      const known = lines.get(`${file}:${line}`) ?? { file, line, hits: 0, blocks: [] };
      known.blocks.push(index);
      // A line may hold several blocks: it was run as often as the one of them that was run most.
      known.hits = Math.max(known.hits, blockHits[index]!);
      lines.set(`${file}:${line}`, known);
    }
  }
  const because = (file: string, line: number): string => {
    const known = lines.get(`${file}:${line}`);
    return known === undefined || known.hits > 0 ? "" : explain(known.blocks[0]!);
  };
  return {
    lines: inOrder(
      [...lines.values()].map(({ file, line, hits }) => ({ file, line, hits, because: because(file, line) })),
    ),
    ways: inOrder(
      facts.branches.filter(isInSubject).flatMap(({ file, line, ways }) =>
        ways.map(({ label, block }): CoveredWay => {
          const hits = blockHits[block]!;
          const why = hits > 0 ? "" : explain(block);
          return { file, line, way: label, hits, because: why === never(line, label) ? "" : why };
        }),
      ),
    ),
    neverCalled: failurePoints.neverCalled().map((site) => {
      const number = facts.sites.indexOf(site);
      const block = facts.blocks.findIndex(({ calls }) => calls.includes(number));
      return { ...site, because: block === -1 || blockHits[block]! > 0 ? "" : explain(block) };
    }),
    outcomes: inOrder(failurePoints.outcomes()),
    neverRun: inOrder(neverRunIn(facts, blockHits, explain)),
  };
};

/** Says why a block was never run. */
const explainer = (facts: DriverFacts, hits: Float64Array): ((block: number) => string) => {
  const before = facts.blocks.map((): number[] => []);
  for (const [index, { next }] of facts.blocks.entries()) for (const to of next) before[to]!.push(index);
  const ways = new Map<
    number,
    { readonly branch: Branch; readonly label: string; readonly decision?: Decision | undefined }
  >();
  for (const branch of facts.branches) {
    for (const { label, block, decision } of branch.ways) ways.set(block, { branch, label, decision });
  }

  const neverCalled = (name: string): string => {
    const calls = facts.sites.filter((site) => site.callee === name && isInSubject(site));
    const [call] = calls;
    if (call === undefined) return `nothing that the environment does calls ${name}()`;
    const where = calls.map(({ line }) => line).join(", ");
    return `${name}() is called only at line ${where}, which no run reached`;
  };

  const explain = (wanted: number): string => {
    const seen = new Set([wanted]);
    const queue = [wanted];
    const reasons = new Set<string>();
    for (let block = queue.shift(); block !== undefined; block = queue.shift()) {
      const { isEntry, function: name } = facts.blocks[block]!;
      const way = ways.get(block);
      if (isEntry) {
        reasons.add(neverCalled(name));
        continue;
      }
      // The way leads out of what was run.
      if (way !== undefined && before[block]!.some((each) => hits[each]! > 0)) {
        reasons.add(wordsOf(way.branch, way.label, way.decision));
        continue;
      }
      for (const each of before[block]!) {
        if (hits[each]! > 0 || seen.has(each)) continue;
        seen.add(each);
        queue.push(each);
      }
    }
    const [first, ...others] = [...reasons].slice(0, REASONS);
    const more = reasons.size > REASONS ? [`and ${reasons.size - REASONS} more`] : [];
    return first === undefined ? "no run came past what stands before it" : [first, ...others, ...more].join("; ");
  };
  return explain;
};

const never = (line: number, label: string): string =>
  `the ${label === "true" || label === "false" ? "condition" : "value"} at line ${line} was never ${label}`;

const wordsOf = ({ line }: Branch, label: string, decision: Decision | undefined): string => {
  if (decision === undefined) return never(line, label);
  const { callee, line: at, result } = decision;
  const only = /^anything but (.*)$/.exec(result)?.[1];
  const said = only === undefined ? `never returned ${result}` : `returned nothing but ${only}`;
  return `${callee}() at line ${at} ${said}`;
};
