import { MACHINES } from "../../machines/index.ts";
import { drawnOf, mermaidOverview } from "../../machines/picture.ts";
import { POLICIES } from "../../machines/policy.ts";

/** The machines that have stages to be drawn. */
const LIFE_CYCLES = MACHINES.filter(({ policies }) => policies.length > 0);

/** The block that the README shows between the markers of a machine. */
export const readmeBlock = (name: string): string => {
  const machine = MACHINES.find((candidate) => candidate.name === name)!;
  return `<!-- machine:${name} -->\n\n\`\`\`mermaid\n${mermaidOverview(drawnOf(machine, POLICIES))}\`\`\`\n\n<!-- /machine:${name} -->`;
};

/** The machines whose block in a text is not the generated one: those to be written anew. */
export const staleBlocks = (text: string): readonly string[] =>
  LIFE_CYCLES.map(({ name }) => name).filter(
    (name) => text.includes(`<!-- machine:${name} -->`) && !text.includes(readmeBlock(name)),
  );

/** A text with each machine's block written anew. */
export const withFreshBlocks = (text: string): string =>
  LIFE_CYCLES.reduce(
    (fresh, { name }) =>
      fresh.replace(new RegExp(`<!-- machine:${name} -->[^]*?<!-- /machine:${name} -->`), () => readmeBlock(name)),
    text,
  );
