import type { Answer, Chooser } from "../checker/chooser.ts";

/**
 * Keeps what steps came to, by what they have looked at.
 *
 * A step looks at few parts of a state: some slices of the kernel, some objects in memory. Where another state has the same in
 * these parts, the same step does the same there, whatever the rest is; so it need not run again. With several tasks
 * most states differ in where somebody else stands, and about one step in ten, or in a hundred, has to run.
 *
 * What was looked at is a tree: from what is known when a step begins, through each part that it looked at, in the order in
 * which it did, and each question that it asked, to what it came to. A step does the same as another one until the two see
 * something different, so each place in the tree has one thing that is looked at next.
 *
 * Source: S. Blom, J. van de Pol, M. Weber, "LTSmin: distributed and symbolic reachability", CAV 2010 (transitions that are kept
 * by the parts that they depend on; there the parts are known beforehand).
 *
 * @typeParam Effect - what a step comes to
 */
export interface StepCache<Effect> {
  /**
   * What a step comes to that begins so in a state; undefined where it has to run.
   *
   * @param start - what is known when it begins, among it the parts in `begun`
   * @param asked - is given each answer that `chooser` gave, so that a step that has to run asks nothing twice
   * @param fits - whether an effect may be taken for that of this step, all in all
   */
  find(
    start: string,
    begun: readonly Part[],
    sight: Sight,
    chooser: Chooser,
    asked: Asked[],
    fits: (effect: Effect) => boolean,
  ): Effect | undefined;
  /** Notes the step that runs now. */
  record(start: string, begun: readonly Part[], sight: Sight): StepRecord<Effect>;
  /** What stretches took for granted may have changed: each is looked at again when it is met. */
  recheck(): void;
  /** Forgets everything. */
  clear(): void;
}

/** A part of a state, by a number. */
export type Part = number;

/** The state that a step begins in. */
export interface Sight {
  /** The same number where two states have the same in a part, and only there. */
  valueOf(part: Part): number;
  /** Whether a part that is not `known` holds an address in these bytes. */
  refersTo(from: number, length: number, known: readonly Part[]): boolean;
}

/** A question that was asked, and the place of its answer. */
export interface Asked {
  readonly question: string;
  readonly place: number;
}

/** Told of what a step does while it runs, in the order in which it does. */
export interface StepRecord<Effect> {
  /** It looks at a part, or changes it. */
  looksAt(part: Part): void;
  /** It looks whether anything in the state holds an address in these bytes. */
  looksFor(from: number, length: number): void;
  asks(question: string, answers: readonly Answer[]): void;
  isAnswered(place: number): void;
  ends(effect: Effect): void;
}

/** What is known of stretches. */
export interface Stretches<Stretch> {
  /** The stretch that has ended, with the question that is asked next, or the end of the step. */
  cut(): Stretch;
  /** Whether it would go the same way now. */
  holds(stretch: Stretch): boolean;
  /** It is passed through without being run; `place` is that of the answer behind it, undefined at the end of the step. */
  passes(stretch: Stretch, place: number | undefined): void;
}

/** What a step does next. */
type Node<Stretch, Effect> =
  | { readonly kind: "part"; readonly part: Part; readonly next: Next<Stretch, Effect> }
  | { readonly kind: "search"; readonly from: number; readonly length: number; readonly next: Next<Stretch, Effect> }
  | {
      readonly kind: "question";
      readonly question: string;
      readonly answers: readonly Answer[];
      readonly next: Next<Stretch, Effect>;
      stretch: Stretch;
      /** When it was last seen that the stretch still holds. */
      seen: number;
    }
  | { readonly kind: "end"; stretch: Stretch; seen: number; effect: Effect };

type Next<Stretch, Effect> = Ways<Node<Stretch, Effect>>;

/** More ways than this are looked up by hash. */
const FEW = 8;

/** Where it goes on from a place in the tree. Most places have one way, or two, and there are many places. */
class Ways<To> {
  readonly #numbers: number[] = [];
  readonly #to: To[] = [];
  #many: Map<number, To> | undefined;

  get(way: number): To | undefined {
    if (this.#many !== undefined) return this.#many.get(way);
    const at = this.#numbers.indexOf(way);
    return at === -1 ? undefined : this.#to[at];
  }

  set(way: number, to: To): void {
    const at = this.#numbers.indexOf(way);
    if (this.#many !== undefined) this.#many.set(way, to);
    else if (at !== -1) this.#to[at] = to;
    else if (this.#numbers.length < FEW) {
      this.#numbers.push(way);
      this.#to.push(to);
    } else {
      this.#many = new Map(this.#numbers.map((number, index) => [number, this.#to[index]!]));
      this.#many.set(way, to);
      this.#numbers.length = 0;
      this.#to.length = 0;
    }
  }
}

/** All that is known of steps that begin alike. */
interface Beginning<Stretch, Effect> {
  readonly ways: Next<Stretch, Effect>;
  /** How many steps have been noted behind it. */
  size: number;
}

/** The only way from a beginning. */
const ONLY = 0;

/** @param room - how many steps are kept; of those behind that, the beginnings that were not met for longest are forgotten */
export const stepCache = <Stretch, Effect>(
  { cut, holds, passes }: Stretches<Stretch>,
  room: number,
): StepCache<Effect> => {
  type AnyNode = Node<Stretch, Effect>;
  type Beginnings = Map<string, Beginning<Stretch, Effect>>;
  /** Those that were met lately, and those before them; how many steps lie behind those that were met lately. */
  let lately: Beginnings = new Map();
  let before: Beginnings = new Map();
  let size = 0;
  let now = 0;
  const passed: (AnyNode & { readonly kind: "question" | "end" })[] = [];
  const known: Part[] = [];

  const clear = (): void => {
    lately = new Map();
    before = new Map();
    size = 0;
  };

  const makeRoom = (more: number): void => {
    if (size + more > room / 2 && size > 0) {
      before = lately;
      lately = new Map();
      size = 0;
    }
    size += more;
  };

  const beginningAt = (start: string): Beginning<Stretch, Effect> | undefined => {
    const known = lately.get(start);
    if (known !== undefined) return known;
    const earlier = before.get(start);
    if (earlier === undefined) return undefined;
    before.delete(start);
    makeRoom(earlier.size);
    lately.set(start, earlier);
    return earlier;
  };

  return {
    find: (start, begun, sight, chooser, asked, fits) => {
      passed.length = 0;
      known.length = 0;
      known.push(...begun);
      for (let node = beginningAt(start)?.ways.get(ONLY); node !== undefined; ) {
        if (node.kind === "part") {
          known.push(node.part);
          node = node.next.get(sight.valueOf(node.part));
          continue;
        }
        if (node.kind === "search") {
          node = node.next.get(sight.refersTo(node.from, node.length, known) ? 1 : 0);
          continue;
        }
        if (node.seen !== now) {
          if (!holds(node.stretch)) return undefined;
          node.seen = now;
        }
        passed.push(node);
        if (node.kind === "end") {
          if (!fits(node.effect)) return undefined;
          for (let at = 0; at < passed.length; at += 1) passes(passed[at]!.stretch, asked[at]?.place);
          return node.effect;
        }
        const { question, answers } = node;
        const answer = chooser.choose(question, answers as readonly [Answer, ...Answer[]]);
        const place = answers.indexOf(answer);
        asked.push({ question, place });
        node = node.next.get(place);
      }
      return undefined;
    },

    record: (start, begun, sight) => {
      const since = now;
      const seen: Part[] = [...begun];
      let beginning = beginningAt(start);
      if (beginning === undefined) {
        beginning = { ways: new Ways(), size: 0 };
        lately.set(start, beginning);
      }
      // Also one that comes to no end takes room.
      beginning.size += 1;
      makeRoom(1);
      const { ways: first } = beginning;
      let next = first;
      let place = ONLY;
      const put = <N extends AnyNode>(node: N): N => {
        next.set(place, node);
        return node;
      };
      const goOn = (ways: Next<Stretch, Effect>, way: number): void => {
        next = ways;
        place = way;
      };
      return {
        looksAt: (part) => {
          if (seen.includes(part)) return;
          seen.push(part);
          const there = next.get(place);
          const isThere = there?.kind === "part" && there.part === part;
          const { next: ways } = isThere ? there : put({ kind: "part", part, next: new Ways() });
          goOn(ways, sight.valueOf(part));
        },
        looksFor: (from, length) => {
          const there = next.get(place);
          const isThere = there?.kind === "search" && there.from === from && there.length === length;
          const { next: ways } = isThere ? there : put({ kind: "search", from, length, next: new Ways() });
          goOn(ways, sight.refersTo(from, length, seen) ? 1 : 0);
        },
        asks: (question, answers) => {
          const stretch = cut();
          const there = next.get(place);
          // What lies behind a stretch that does not hold any more was found out on the way that it went.
          const isThere = there?.kind === "question" && there.question === question && there.seen === since;
          const { next: ways } = isThere
            ? there
            : put({ kind: "question", question, answers, next: new Ways(), stretch, seen: since });
          goOn(ways, -1);
        },
        isAnswered: (way) => {
          place = way;
        },
        ends: (effect) => {
          put({ kind: "end", stretch: cut(), seen: since, effect });
        },
      };
    },

    recheck: () => {
      now += 1;
    },
    clear,
  };
};
