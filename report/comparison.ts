/**
 * Two versions of a driver, compared: what became of each finding, of each proof, and of what users see.
 *
 * `comparison.schema.json` says the same in JSON Schema, and a test holds the two together.
 */

import type { NotJudged } from "../checker/claims/claim.ts";
import type { Needs } from "../checker/finding.ts";
import type { Ending, Verdict } from "../checker/verdict.ts";
import type { Configuration, Finding, Place, Report, ReportStep, Search } from "./report.ts";

/** What changed between two versions; report/comparison.schema.json describes it. */
export interface Comparison {
  readonly format: "sysram-verify/comparison";
  readonly version: 1;
  readonly old: Version;
  readonly new: Version;
  /** Everything needed to run it again; the same for both. */
  readonly configuration: Configuration;
  readonly findings: readonly FindingChange[];
  readonly properties: readonly PropertyChange[];
  /** What is claimed and could not be judged in either version. */
  readonly notJudged: readonly NotJudged[];
  readonly behaviours: Behaviours;
}

/** One of the two, and how its search went. */
export interface Version
  extends Pick<Report, "subject" | "verdict">,
    Pick<Search, "states" | "transitions" | "ending" | "cut"> {}

/**
 * What became of a finding.
 *
 * `fixed`: nothing like it is in the new version, and that one was searched to the end. `not seen`: the same, where the
 * search was cut short. `remaining`: it is there, perhaps in another place. `new`: nothing like it was found in the old.
 */
export interface FindingChange extends Pick<Finding, "property" | "object" | "title" | "severity"> {
  readonly status: "new" | "remaining" | "not seen" | "fixed";
  /** Where it stands in the old version; null where it is new. */
  readonly old: FindingRef | null;
  /** Where it stands in the new version; null where it is not seen there. */
  readonly new: FindingRef | null;
  /** How a remaining one was recognised: by its statement, by the call that it makes, or by what is wrong alone. */
  readonly match: "statement" | "call" | "moved" | null;
  /** What the old run does in the new version; null where there was none. */
  readonly rerun: Rerun | null;
}

/** A finding in one of the two reports. */
export interface FindingRef extends Pick<Finding, "id" | "place" | "needs" | "replay"> {
  /** Its place among the findings of that report, counted from 1. */
  readonly number: number;
}

/** The run of an old finding, taken with the new version. */
export interface Rerun {
  readonly kind: "still shows it" | "no longer shows it" | "is not possible";
  /** Why it is not possible, or in what it differs. */
  readonly because: string | null;
  /** Where the new version is to blame in it, where it still shows it. */
  readonly place: Place | null;
}

/** What became of the verdict on a property. */
export interface PropertyChange {
  readonly id: string;
  readonly claim: string;
  readonly old: Verdict;
  readonly new: Verdict;
  readonly change: "still holds" | "holds now" | "no longer holds" | "changed" | "unchanged";
}

/** What users see change, as far as one command at a time shows it. */
export interface Behaviours {
  readonly states: number;
  readonly transitions: number;
  readonly ending: Ending;
  /** The most believable one first. */
  readonly differences: readonly BehaviourChange[];
}

/** A command that does something else now, with the shortest run of each version to it. */
export interface BehaviourChange {
  readonly command: string;
  readonly what: "offers" | "returns" | "leaves";
  readonly old: string;
  readonly new: string;
  readonly needs: Needs;
  readonly oldRun: RunOf;
  readonly newRun: RunOf;
}

/** One of two runs. */
export interface RunOf {
  readonly steps: readonly ReportStep[];
  readonly replay: string;
}

const spaceless = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

const statementOf = ({ place }: Finding): string =>
  place === null ? "" : `${place.function ?? ""}: ${spaceless(place.text ?? "")}`;

const KEYWORDS: ReadonlySet<string> = new Set(["if", "while", "for", "switch", "return", "sizeof"]);

/** The functions that a statement calls. */
const callsIn = ({ place }: Finding): readonly string[] =>
  [...(place?.text ?? "").matchAll(/\b([A-Za-z_]\w*)\s*\(/g)]
    .map(([, name]) => name!)
    .filter((name) => !KEYWORDS.has(name));

const isAlike = (one: Finding, other: Finding): boolean =>
  one.property === other.property && one.object === other.object;

/** How a finding is found again, the surest way first. */
const MATCHES: readonly {
  readonly match: "statement" | "call" | "moved";
  readonly is: (old: Finding, newer: Finding, rerun: Rerun | undefined) => boolean;
}[] = [
  { match: "statement", is: (old, newer) => statementOf(old) === statementOf(newer) },
  { match: "call", is: (old, newer) => callsIn(old).some((name) => callsIn(newer).includes(name)) },
  { match: "moved", is: (_, newer, rerun) => isPlace(newer, rerun) },
  { match: "moved", is: () => true },
];

const isPlace = ({ place }: Finding, rerun: Rerun | undefined): boolean =>
  rerun?.kind === "still shows it" && rerun.place?.file === place?.file && rerun.place?.line === place?.line;

const refOf = ({ findings }: Report, finding: Finding): FindingRef => {
  const { id, place, needs, replay } = finding;
  return { number: findings.indexOf(finding) + 1, id, place, needs, replay };
};

interface Match {
  readonly newer: Finding;
  readonly match: FindingChange["match"];
}

/** The findings of the new version that each one of the old is, the surest matches first. */
const matched = (
  olds: readonly Finding[],
  news: readonly Finding[],
  reruns: ReadonlyMap<string, Rerun>,
): ReadonlyMap<Finding, Match> => {
  const matches = new Map<Finding, Match>();
  const taken = new Set<Finding>();
  for (const { match, is } of MATCHES) {
    for (const old of olds) {
      if (matches.has(old)) continue;
      const newer = news.find(
        (candidate) => !taken.has(candidate) && isAlike(old, candidate) && is(old, candidate, reruns.get(old.id)),
      );
      if (newer === undefined) continue;
      matches.set(old, { newer, match });
      taken.add(newer);
    }
  }
  // Several may have become one.
  for (const old of olds) {
    const rerun = reruns.get(old.id);
    if (matches.has(old) || rerun?.kind !== "still shows it") continue;
    const newer = news.find((candidate) => isAlike(old, candidate) && isPlace(candidate, rerun));
    if (newer !== undefined) matches.set(old, { newer, match: "moved" });
  }
  return matches;
};

const ORDER: readonly FindingChange["status"][] = ["new", "remaining", "not seen", "fixed"];

/**
 * What became of each finding.
 *
 * A finding of the old version is only `fixed` where nothing of its kind is left over in the new one: the same thing that
 * is wrong in another place is the defect that has moved.
 *
 * @param reruns - what the run of each old finding does in the new version, by the ids of the findings
 */
export const compareFindings = (
  old: Report,
  newer: Report,
  reruns: ReadonlyMap<string, Rerun>,
): readonly FindingChange[] => {
  const matches = matched(old.findings, newer.findings, reruns);
  const known = new Set([...matches.values()].map((match) => match.newer));
  const isComplete = newer.search.ending === "exhausted" && newer.search.cut === 0;
  const olds = old.findings.map((finding): FindingChange => {
    const { property, object, title, severity } = finding;
    const match = matches.get(finding);
    const rerun = reruns.get(finding.id) ?? null;
    const common = { property, object, severity, old: refOf(old, finding), rerun };
    if (match === undefined) {
      const isThere = rerun?.kind === "still shows it";
      const status = isThere ? "remaining" : isComplete ? "fixed" : "not seen";
      return { status, title, ...common, new: null, match: isThere ? "moved" : null };
    }
    const { title: now, severity: grave } = match.newer;
    const found = { new: refOf(newer, match.newer), match: match.match };
    return { ...common, status: "remaining", title: now, severity: grave, ...found };
  });
  const news = newer.findings
    .filter((finding) => !known.has(finding))
    .map((finding): FindingChange => {
      const { property, object, title, severity } = finding;
      const common = { property, object, title, severity, old: null, match: null, rerun: null };
      return { status: "new", ...common, new: refOf(newer, finding) };
    });
  return [...news, ...olds].toSorted((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status));
};

/** What became of the verdict on each property. */
export const compareProperties = (old: Report, newer: Report): readonly PropertyChange[] =>
  newer.properties.map(({ id, claim, verdict }): PropertyChange => {
    const before = old.properties.find((property) => property.id === id)!.verdict;
    const holds = [before === "holds", verdict === "holds"];
    const change =
      holds[0] && holds[1]
        ? "still holds"
        : holds[0]
          ? "no longer holds"
          : holds[1]
            ? "holds now"
            : before === verdict
              ? "unchanged"
              : "changed";
    return { id, claim, old: before, new: verdict, change };
  });

/** One of the two versions, without what is compared. */
export const versionOf = ({ subject, verdict, search }: Report): Version => {
  const { states, transitions, ending, cut } = search;
  return { subject, verdict, states, transitions, ending, cut };
};
