import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claims } from "../../properties/index.ts";
import { renderReport } from "../../report/terminal.ts";
import { certify } from "../../verify/certify.ts";
import { check } from "../../verify/check.ts";
import { compare } from "../../verify/compare.ts";
import { replay } from "../../verify/replay.ts";
import { review } from "../../verify/review.ts";
import "../support/review.ts";

/** What each way of judging says of claims: those that it judged, and those that it names with a reason. */
interface Told {
  readonly judged: readonly string[];
  readonly named: readonly string[];
}

const REFERENCE = { kind: "reference" } as const;

/** Only the shortest runs: what is judged does not depend on how far a search goes. */
const SHORT = { boundDepth: 1, regions: 1, blocks: 1, workers: 1 } as const;

type Ways = Readonly<Record<"exhaustive" | "random" | "corpus" | "replay" | "certificate" | "check" | "compare", Told>>;

const ids = (list: readonly { readonly id: string }[]): readonly string[] => list.map(({ id }) => id);
const named = (list: readonly { readonly claim: string }[]): readonly string[] => list.map(({ claim }) => claim);

/** All ways of judging, short, with so many tasks; of our own driver. */
const allWays = async (tasks: number, corpus: string): Promise<Ways> => {
  const told = async (options: Parameters<typeof review>[1]): Promise<Told & { readonly text: string }> => {
    const { report } = await review(REFERENCE, { regions: 1, blocks: 1, tasks, ...options });
    const text = renderReport(report, {
      ...{ isColour: false, width: 200, isUnicode: false, isVerbose: false },
      command: { program: "sysram-verify", command: "review", given: new Map(), inputs: [] },
    } as Parameters<typeof renderReport>[1]);
    return { judged: ids(report.properties), named: named(report.notJudged), text };
  };
  const drawn = { engine: "random", seed: 1, runs: 2, maxCommands: 3 } as const;
  const exhaustive = await told(SHORT);
  for (const id of exhaustive.named) expect(exhaustive.text).toContain(id);
  const certified = await certify(REFERENCE, { ...SHORT, tasks });
  if (certified.kind === "uncertified") throw new Error("nothing was certified");
  const { certificate } = certified;
  const { statements } = await check(JSON.stringify(certificate), REFERENCE);
  const compared = await compare(REFERENCE, REFERENCE, { ...SHORT, tasks });
  const witness = certificate.properties.find((each) => each.witness !== null)!.witness!;
  const replayed = await replay(witness, REFERENCE);
  return {
    exhaustive,
    random: await told(drawn),
    corpus: await told({ ...drawn, runs: 0, corpus }),
    replay: {
      judged: ids(claims).filter((id) => !named(replayed.notJudged).includes(id)),
      named: named(replayed.notJudged),
    },
    certificate: { judged: ids(certificate.properties), named: named(certificate.notJudged) },
    check: {
      judged: statements.flatMap(({ what, found }) =>
        found === "nothing" ? [] : (/^the property (.*)/.exec(what)?.[1] ?? []),
      ),
      named: statements.flatMap(({ what, found }) =>
        found === "nothing" ? [] : (/^why (.*) is not judged/.exec(what)?.[1] ?? []),
      ),
    },
    compare: { judged: ids(compared.properties), named: named(compared.notJudged) },
  };
};

/** Claims that only several tasks can break. */
const OF_SEVERAL = ["accesses-are-ordered", "commands-are-linearizable"];

describe.each([1, 2])("each claim, with %i task(s)", (tasks) => {
  let folder: string;
  let ways: Ways;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "claims-"));
    ways = await allWays(tasks, folder);
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true }));

  it("is judged, or named as not judged, by every way of judging: no cell is silent", () => {
    for (const [way, { judged, named: others }] of Object.entries(ways)) {
      expect({ way, all: [...judged, ...others].toSorted() }).toEqual({ way, all: ids(claims).toSorted() });
    }
  });

  it("is left out only where there are too few tasks, or the search would be another one", () => {
    const missing = Object.fromEntries(Object.entries(ways).map(([way, told]) => [way, told.named]));
    const few = tasks === 1 ? OF_SEVERAL : [];
    const searchedElsewhere = tasks === 1 ? OF_SEVERAL : ["commands-are-linearizable"];
    expect(missing).toEqual({
      ...{ exhaustive: few, random: few, corpus: few, replay: few, compare: few },
      ...{ certificate: searchedElsewhere, check: searchedElsewhere },
    });
  });
});
