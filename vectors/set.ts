import { coveringSet, type Intended, stressVector, vectorAlong } from "./build.ts";
import { fewestLives } from "./cover.ts";
import { allEdges } from "./edges-taken.ts";
import { userRuns } from "./findings.ts";
import { findingKey, UNSEEN_PROPERTIES } from "./judge.ts";
import { pathsToEdges } from "./machine-paths.ts";
import { whyNot, whyNotFinding } from "./unprovocable.ts";
import { failureWords, type UserSpace } from "./user-space.ts";
import type { Vector } from "./vector.ts";

/** All vectors, with the account of what they cover and what they cannot. */
export interface VectorSet {
  readonly format: "sysram-verify/vectors";
  readonly version: 1;
  readonly subject: { readonly name: string; readonly sha256: string } | null;
  readonly vectors: readonly Vector[];
  readonly coverage: {
    /** Edges of the life cycle as intended. */
    readonly transitions: Covered;
    /** Calls that can fail, each way to fail by itself. */
    readonly failures: Covered;
    /** How many lives the covering set has, and the number that no set can go below. */
    readonly lives: number;
    readonly fewestLives: number;
  };
  /** In the order of the report on the subject. */
  readonly findings: readonly FindingCovered[];
}

/** How much of something the vectors take. */
export interface Covered {
  readonly total: number;
  /** What user space can bring about on a real kernel. */
  readonly provocable: number;
  readonly covered: number;
  /** Everything provocable, with the vectors that take it. */
  readonly takenBy: readonly { readonly what: string; readonly vectors: readonly string[] }[];
  /** Everything else. */
  readonly notProvocable: readonly {
    readonly what: string;
    readonly reason: string;
    /** What would have to happen, as the machine's events; empty for what is no transition. */
    readonly path: readonly string[];
  }[];
}

/** A finding, and the vector that was made for it, or why there is none. */
export interface FindingCovered {
  readonly id: string;
  readonly property: string;
  readonly title: string;
  readonly vector: string | null;
  readonly reason: string | null;
}

/** A finding of a review, as far as vectors care. */
export interface ReviewedFinding {
  readonly id: string;
  readonly property: string;
  readonly object: string;
  readonly site: string;
  readonly title: string;
  /** The commands of the run that shows it, as the harness names them. */
  readonly commands: readonly string[];
}

/** A driver that was reviewed. */
export interface ReviewedSubject {
  readonly name: string;
  readonly sha256: string;
  readonly space: UserSpace;
  readonly findings: readonly ReviewedFinding[];
}

const covered = (
  all: readonly string[],
  isProvocable: (what: string) => boolean,
  vectors: readonly Vector[],
  prefix: string,
  paths: ReadonlyMap<string, readonly string[]>,
): Covered => {
  const provocable = all.filter(isProvocable);
  const takenBy = provocable.map((what) => ({
    what,
    vectors: vectors.filter(({ covers }) => covers.includes(`${prefix} ${what}`)).map(({ id }) => id),
  }));
  return {
    total: all.length,
    provocable: provocable.length,
    covered: takenBy.filter((row) => row.vectors.length > 0).length,
    takenBy,
    notProvocable: all
      .filter((what) => !isProvocable(what))
      .map((what) => ({ what, reason: whyNot(what), path: paths.get(what) ?? [] })),
  };
};

/** The vector of each finding that user space can show; findings that one run shows share it. */
const findingVectors = (
  from: Intended,
  { space, findings }: ReviewedSubject,
): { readonly vectors: readonly Vector[]; readonly rows: readonly FindingCovered[] } => {
  const runs = userRuns(space);
  const vectors: Vector[] = [];
  const rows = findings.map((finding, at): FindingCovered => {
    const { id, property, title, commands } = finding;
    const unseen = UNSEEN_PROPERTIES.get(property);
    const run = unseen !== undefined ? undefined : runs.get(findingKey(finding));
    const graph =
      run === undefined ? undefined : from.graphs.find((other) => other.defaultOnlineType === run.defaultOnlineType);
    const made =
      run === undefined || graph === undefined
        ? undefined
        : vectorAlong(from, graph, run.steps, {
            // The number that the finding has in a report.
            id: `finding-${at + 1}`,
            kind: "finding",
            title,
            findings: [id],
          });
    if (made === undefined) {
      return { id, property, title, vector: null, reason: whyNotFinding(commands, unseen) };
    }
    const steps = JSON.stringify([made.autoOnlineBlocks, made.steps]);
    const same = vectors.findIndex((other) => JSON.stringify([other.autoOnlineBlocks, other.steps]) === steps);
    if (same === -1) vectors.push(made);
    else vectors[same] = { ...vectors[same]!, findings: [...vectors[same]!.findings, id] };
    return { id, property, title, vector: vectors[same === -1 ? vectors.length - 1 : same]!.id, reason: null };
  });
  return { vectors, rows };
};

/** Makes all vectors: those of the machines, and with a driver that was reviewed one for each of its findings. */
export const vectorSet = (from: Intended, subject?: ReviewedSubject): VectorSet => {
  const own = coveringSet(from);
  const found = subject === undefined ? { vectors: [], rows: [] } : findingVectors(from, subject);
  const goals = new Set(
    from.graphs.flatMap(({ nodes }) => nodes.flatMap(({ edges }) => edges.flatMap((edge) => edge.goals))),
  );
  const points = from.space.system.failurePoints
    .report()
    .map(({ site, question, label }) => failureWords(site.function, question, label));
  return {
    format: "sysram-verify/vectors",
    version: 1,
    subject: subject === undefined ? null : { name: subject.name, sha256: subject.sha256 },
    vectors: [...own, ...found.vectors, stressVector(from)],
    coverage: {
      transitions: covered(
        allEdges("intended"),
        (what) => goals.has(`edge ${what}`),
        own,
        "edge",
        pathsToEdges("intended"),
      ),
      failures: covered([...new Set(points)], (what) => goals.has(`failure ${what}`), own, "failure", new Map()),
      lives: own.filter(({ kind }) => kind === "life").length,
      fewestLives: fewestLives(from.graphs),
    },
    findings: found.rows,
  };
};
