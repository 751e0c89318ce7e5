import type { ClaimWords } from "../checker/claims/claim.ts";
import { joined, type Look, labelled, labelledList, row, unbroken } from "./layout.ts";
import { printable } from "./printable.ts";
import { shellLine } from "./shell.ts";

/** What there is to say of a property; those in `properties/` have all of it. */
export interface Explained extends ClaimWords {
  /** How the claim is checked, and what puts it to the test. */
  readonly check: string;
  readonly severity: string;
}

export interface ExplainOptions extends Look {
  /** The words before the command, as the user called us. */
  readonly program: string;
}

/** What a name turned out to mean. */
export type Explanation =
  | { readonly kind: "property"; readonly text: string }
  /** The text names what is nearest, and lists all there is. */
  | { readonly kind: "unknown"; readonly text: string };

/** The number of letters to insert, drop or replace to make one word of another. */
const distance = (one: string, other: string): number => {
  let above = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const here = [at + 1];
    for (let to = 1; to <= other.length; to += 1) {
      const replaced = above[to - 1]! + (other[to - 1] === letter ? 0 : 1);
      here.push(Math.min(replaced, above[to]! + 1, here[to - 1]! + 1));
    }
    above = here;
  }
  return above.at(-1)!;
};

const NEAREST = 3;

/** How far an id is from what was typed: its letters, unless all that was typed stands in it. */
const remoteness = (typed: string, id: string): number => (id.includes(typed) ? 0 : distance(typed, id));

const nearestTo = (typed: string, properties: readonly Explained[]): readonly Explained[] => {
  const word = typed.toLowerCase().slice(0, 80);
  if (word === "") return [];
  return properties
    .map((property) => ({ property, far: remoteness(word, property.id) }))
    .filter(({ far, property }) => far <= Math.max(2, property.id.length / 2))
    .sort((one, other) => one.far - other.far)
    .slice(0, NEAREST)
    .map(({ property }) => property);
};

/** The property of this id, or the one that a finding of this id breaks. */
export const claimOf = (id: string, properties: readonly Explained[]): Explained | undefined =>
  properties.find((property) => property.id === id) ??
  properties.find(
    (property) => id.startsWith(`${property.id}-`) && /^-[0-9a-f]{6}(-\d+)?$/.test(id.slice(property.id.length)),
  );

const listLine = (look: Look, width: number, { id, claim }: Explained): readonly string[] =>
  row(look, [
    { text: "", width: 4 },
    { text: id, width },
    { text: "", width: 2 },
    { text: claim, hang: 2 },
  ]);

/** The rule behind one property. */
const renderExplanation = (property: Explained, look: Look): string =>
  joined([
    ...row(look, [{ text: [{ text: property.id, paint: "heading" }, `  ${property.claim}`], hang: 2 }]),
    "",
    ...labelled(look, "group", property.group),
    ...labelled(look, "matters", property.why),
    ...labelled(look, "source", property.source),
    ...labelled(look, "checked", property.check),
    ...labelled(look, "severity", property.severity),
    ...labelledList(look, "assumes", property.assumptions),
  ]);

/** All properties by their groups. */
const renderPropertyList = (properties: readonly Explained[], look: Look): string => {
  const width = Math.min(Math.max(0, ...properties.map(({ id }) => printable(id).length)), 40);
  const groups = [...new Set(properties.map(({ group }) => group))];
  return joined(
    groups.flatMap((group) => [
      ...row(look, [{ text: "", width: 2 }, { text: { text: group, paint: "heading" } }]),
      ...properties
        .filter((property) => property.group === group)
        .flatMap((property) => listLine(look, width, property)),
    ]),
  );
};

/** Explains the property of an id, or the one that a finding breaks; for any other word, says what there is. */
export const explain = (
  id: string,
  properties: readonly Explained[],
  { program, ...look }: ExplainOptions,
): Explanation => {
  const property = claimOf(id, properties);
  if (property !== undefined) return { kind: "property", text: renderExplanation(property, look) };

  const nearest = nearestTo(id, properties);
  const width = Math.min(Math.max(0, ...nearest.map((near) => printable(near.id).length)), 40);
  const text = [
    joined(row(look, [{ text: `There is no property or finding called "${id}".`, hang: 2 }])),
    nearest.length === 0
      ? ""
      : joined([
          "",
          ...row(look, [{ text: "the nearest" }]),
          ...nearest.flatMap((near) => listLine(look, width, near)),
        ]),
    joined(["", ...row(look, [{ text: "all of them" }])]),
    renderPropertyList(properties, look),
    joined([
      "",
      ...row(look, [{ text: "read one of them" }]),
      unbroken(look, 2, { text: shellLine(program, ["explain", nearest[0]?.id ?? properties[0]?.id ?? "PROPERTY"]) }),
    ]),
  ];
  return { kind: "unknown", text: text.join("") };
};
