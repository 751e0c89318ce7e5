import { MACHINES } from "../../machines/index.ts";
import { drawnOf, mermaid } from "../../machines/picture.ts";
import { POLICIES } from "../../machines/policy.ts";

/** The block that the README shows between the markers of a machine. */
export const readmeBlock = (name: string): string => {
  const machine = MACHINES.find((candidate) => candidate.name === name)!;
  return `<!-- machine:${name} -->\n\n\`\`\`mermaid\n${mermaid(drawnOf(machine, POLICIES))}\`\`\`\n\n<!-- /machine:${name} -->`;
};

/** The machines whose block in a text is not the generated one: those to be written anew. */
export const staleBlocks = (text: string): readonly string[] =>
  MACHINES.map(({ name }) => name).filter(
    (name) => text.includes(`<!-- machine:${name} -->`) && !text.includes(readmeBlock(name)),
  );

/** A text with each machine's block written anew. */
export const withFreshBlocks = (text: string): string =>
  MACHINES.reduce(
    (fresh, { name }) =>
      fresh.replace(new RegExp(`<!-- machine:${name} -->[^]*?<!-- /machine:${name} -->`), () => readmeBlock(name)),
    text,
  );
