import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer, Chooser } from "../../checker/chooser.ts";
import { type Asked, type Sight, stepCache } from "../../harness/step-cache.ts";

/** What a step does: it looks at a part, or asks, and goes on as that says; or it ends. */
type Program =
  | { readonly kind: "look"; readonly part: number; readonly ways: readonly Program[] }
  | { readonly kind: "search"; readonly ways: readonly Program[] }
  | { readonly kind: "ask"; readonly ways: readonly Program[] }
  | { readonly kind: "end"; readonly effect: string };

type State = readonly number[];

const VALUES = 3;
const answers = (count: number): readonly [Answer, ...Answer[]] =>
  Array.from({ length: count }, (_, place) => ({ label: `answer ${place}` })) as unknown as readonly [Answer];
const OFFERED = [answers(1), answers(2), answers(3)];

/** The state holds the address 100 where its last part is 2. */
const sightOf = (state: State): Sight => ({
  valueOf: (part) => state[part]!,
  refersTo: (from, length, known) =>
    !known.includes(state.length - 1) && from <= 100 && from + length > 100 && state.at(-1) === 2,
});

/** A cache whose stretches are told as numbers, and what they went through. */
const kept = (room = 1000) => {
  const log: string[] = [];
  let holds = true;
  let stretches = 0;
  const cache = stepCache<number, string>(
    {
      cut: () => {
        stretches += 1;
        return stretches;
      },
      holds: () => holds,
      passes: (stretch, place) => log.push(`${stretch}: ${place}`),
    },
    room,
  );
  let runs = 0;
  const take = (program: Program, state: State, chooser: Chooser, start = "begin"): string => {
    const asked: Asked[] = [];
    const sight = sightOf(state);
    const found = cache.find(start, [], sight, chooser, asked, () => true);
    if (found !== undefined) return found;
    runs += 1;
    const record = cache.record(start, [], sight);
    let questions = 0;
    const known: number[] = [];
    let at = program;
    while (at.kind !== "end") {
      if (at.kind === "look") {
        record.looksAt(at.part);
        known.push(at.part);
        at = at.ways[state[at.part]!]!;
      } else if (at.kind === "search") {
        record.looksFor(96, 8);
        at = at.ways[sight.refersTo(96, 8, known) ? 1 : 0]!;
      } else {
        const offered = OFFERED[at.ways.length - 1]!;
        const question = `question ${questions}`;
        record.asks(question, offered);
        const place = asked[questions]?.place ?? offered.indexOf(chooser.choose(question, offered));
        record.isAnswered(place);
        questions += 1;
        at = at.ways[place]!;
      }
    }
    record.ends(at.effect);
    return at.effect;
  };
  const setHolds = (value: boolean): void => {
    holds = value;
  };
  return { cache, take, log, runs: () => runs, setHolds };
};

const always = (place: number): Chooser => ({ choose: (_, offered) => offered[place]! });

const PARTS = 4;
const end = fc.nat({ max: 50 }).map((number): Program => ({ kind: "end", effect: `effect ${number}` }));
const { program } = fc.letrec<{ program: Program }>((tie) => ({
  program: fc.oneof(
    { maxDepth: 5, depthIdentifier: "program" },
    end,
    fc.record({
      kind: fc.constant("look" as const),
      part: fc.nat({ max: PARTS - 1 }),
      ways: fc.array(tie("program"), { minLength: VALUES, maxLength: VALUES }),
    }),
    fc.record({ kind: fc.constant("search" as const), ways: fc.array(tie("program"), { minLength: 2, maxLength: 2 }) }),
    fc.record({ kind: fc.constant("ask" as const), ways: fc.array(tie("program"), { minLength: 1, maxLength: 3 }) }),
  ),
}));
const state = fc.array(fc.nat({ max: VALUES - 1 }), { minLength: PARTS, maxLength: PARTS });
const SEED = 20261130;

describe("steps that are kept", () => {
  const looks: Program = {
    kind: "look",
    part: 1,
    ways: [0, 1, 2].map((value) => ({ kind: "end", effect: `saw ${value}` })),
  };

  it("are taken again for each state that has the same in what they looked at, whatever the rest is", () => {
    const { take, runs } = kept();
    expect(take(looks, [0, 1, 0, 0], always(0))).toBe("saw 1");
    expect(take(looks, [2, 1, 1, 2], always(0))).toBe("saw 1");
    expect(runs()).toBe(1);
    expect(take(looks, [0, 2, 0, 0], always(0))).toBe("saw 2");
    expect(runs()).toBe(2);
  });

  it("are those of steps that begin alike alone", () => {
    const { take, runs } = kept();
    take(looks, [0, 1, 0, 0], always(0), "one");
    take(looks, [0, 1, 0, 0], always(0), "other");
    expect(runs()).toBe(2);
  });

  it("ask nothing twice where a step has to run behind a question", () => {
    const asks: Program = { kind: "ask", ways: [looks, looks] };
    const { take, runs } = kept();
    const questions: string[] = [];
    const chooser: Chooser = {
      choose: (question, offered) => {
        questions.push(question);
        return offered[1]!;
      },
    };
    take(asks, [0, 0, 0, 0], chooser);
    take(asks, [0, 1, 0, 0], chooser);
    expect([runs(), questions]).toEqual([2, ["question 0", "question 0"]]);
  });

  it("tell what they went through, with the answers, in place of being run", () => {
    const asks: Program = { kind: "ask", ways: [looks, looks] };
    const { take, log } = kept();
    take(asks, [0, 0, 0, 0], always(1));
    expect(log).toEqual([]);
    take(asks, [0, 0, 0, 1], always(1));
    expect(log).toEqual(["1: 1", "2: undefined"]);
  });

  it("are not those behind a stretch that does not hold any more, whatever was answered there", () => {
    const asks: Program = { kind: "ask", ways: [looks, looks] };
    const { cache, take, runs, setHolds } = kept();
    take(asks, [0, 0, 0, 0], always(0));
    take(asks, [0, 0, 0, 0], always(1));
    cache.recheck();
    setHolds(false);
    take(asks, [0, 0, 0, 0], always(0));
    setHolds(true);
    take(asks, [0, 0, 0, 0], always(1));
    expect(runs()).toBe(4);
  });

  it("run again where what they rest on does not hold any more, and are looked at only after a doubt", () => {
    const { cache, take, runs, setHolds } = kept();
    take(looks, [0, 1, 0, 0], always(0));
    setHolds(false);
    take(looks, [0, 1, 0, 0], always(0));
    expect(runs()).toBe(1);
    cache.recheck();
    take(looks, [0, 1, 0, 0], always(0));
    expect(runs()).toBe(2);
    setHolds(true);
    cache.recheck();
    take(looks, [0, 1, 0, 0], always(0));
    expect(runs()).toBe(2);
  });

  it.each([
    { room: 2, expected: 5 },
    { room: 6, expected: 3 },
  ])("are forgotten where there is room for $room, those first that were not met for longest", ({ room, expected }) => {
    const { take, runs } = kept(room);
    for (const start of ["one", "two", "three", "three", "one", "two"]) take(looks, [0, 0, 0, 0], always(0), start);
    expect(runs()).toBe(expected);
  });

  it(`come to what they come to where each runs, and each way through a program runs once (seed ${SEED})`, {
    tags: ["random"],
  }, () => {
    fc.assert(
      fc.property(
        program,
        fc.array(fc.tuple(state, fc.array(fc.nat({ max: 2 }), { minLength: 8, maxLength: 8 })), { maxLength: 30 }),
        (code, takes) => {
          const { take, runs } = kept();
          const ways = new Set<string>();
          for (const [where, places] of takes) {
            let next = 0;
            const chooser: Chooser = {
              choose: (_, offered) => {
                next += 1;
                return offered[places[next - 1]! % offered.length]!;
              },
            };
            const way = wayThrough(code, where, places);
            ways.add(way.name);
            expect(take(code, where, chooser)).toBe(way.effect);
          }
          expect(runs()).toBe(ways.size);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

/** Which way through a program a state and its answers lead, written down, and what that comes to. */
const wayThrough = (code: Program, where: State, places: readonly number[]) => {
  let name = "";
  let asked = 0;
  const known: number[] = [];
  let at = code;
  while (at.kind !== "end") {
    let way: number;
    if (at.kind === "look") {
      way = where[at.part]!;
      known.push(at.part);
    } else if (at.kind === "search") way = sightOf(where).refersTo(96, 8, known) ? 1 : 0;
    else {
      way = places[asked]! % at.ways.length;
      asked += 1;
    }
    name += ` ${way}`;
    at = at.ways[way]!;
  }
  return { name, effect: at.effect };
};
