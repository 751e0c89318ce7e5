/** The table of claims, by what they speak of. */
import { type Cell, formatNumber, type Look, listed, paragraph, row, type Span, type Text } from "./layout.ts";
import type { Finding, PropertyReport, Report } from "./report.ts";
import { VERDICT_PAINT } from "./verdict-text.ts";

/** The order in a group: what needs attention first. */
const VERDICT_ORDER: readonly PropertyReport["verdict"][] = ["violated", "inconclusive", "unreached", "holds"];

const groupsOf = (properties: readonly PropertyReport[]): ReadonlyMap<string, readonly PropertyReport[]> => {
  const groups = new Map<string, PropertyReport[]>();
  for (const property of properties) {
    const group = groups.get(property.group);
    if (group === undefined) groups.set(property.group, [property]);
    else group.push(property);
  }
  return groups;
};

/** The place of a property among others, what needs attention first. */
export const rank = ({ verdict }: PropertyReport): number => VERDICT_ORDER.indexOf(verdict);

/** The numbers of the findings that break a property. */
const numbersOf = (property: PropertyReport, findings: readonly Finding[]): readonly number[] =>
  findings.flatMap((finding, at) => (finding.property === property.id ? [at + 1] : []));

const detailOf = ({ because, witness }: PropertyReport): string =>
  `${because}${witness === null ? "" : `; replay ${witness} shows it`}`;

/** All claims with their verdicts. */
export const claimLines = (
  { properties }: Report,
  findings: readonly Finding[],
  look: Look,
  isVerbose: boolean,
): readonly string[] => {
  if (properties.length === 0) return [];
  const tested = Math.max(6, ...properties.map((property) => formatNumber(property.tested).length));
  const verdict = Math.max(...properties.map((property) => property.verdict.length));
  const cells = (name: Text, claim: Text, number: Text): readonly Cell[] => [
    { text: "", width: 2 },
    { text: name, width: verdict },
    { text: "", width: 2 },
    { text: claim, hang: 2 },
    { text: "", width: 2 },
    { text: number, width: tested, isRight: true },
  ];
  const faint = (text: string): Span => ({ text, paint: "faint" });

  const propertyRows = (property: PropertyReport): readonly string[] => {
    const numbers = numbersOf(property, findings);
    const pointer =
      numbers.length === 0 ? [] : [`(${numbers.length === 1 ? "finding" : "findings"} ${listed(numbers)})`];
    const ends = [property.id, ...pointer].flatMap((text) => ["  ", { ...faint(text), isWhole: true }]);
    const name: Span = { text: property.verdict, paint: VERDICT_PAINT[property.verdict] };
    const main = row(look, cells(name, [property.claim, ...ends], formatNumber(property.tested)));
    if (!isVerbose) return main;
    return [...main, ...row(look, cells("", faint(detailOf(property)), ""))];
  };

  const groups = [...groupsOf(properties)].flatMap(([group, members]) => [
    ...paragraph(look, 0, { text: group, paint: "heading" }),
    ...members.toSorted((one, other) => rank(one) - rank(other)).flatMap(propertyRows),
  ]);
  return ["", ...row(look, cells("", "", faint("tested"))), ...groups];
};
