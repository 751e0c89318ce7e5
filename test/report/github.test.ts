import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { githubAnnotations, githubSummary } from "../../report/github.ts";
import type { Report } from "../../report/report.ts";
import { hostile, isHarmless } from "./hostile.ts";
import { holding, violated } from "./samples.ts";

const named = (text: string): Report => ({
  ...violated,
  subject: { ...violated.subject, name: text, title: text },
  findings: violated.findings.map((finding) => ({
    ...finding,
    title: text,
    why: text,
    ...(finding.place === null ? {} : { place: { ...finding.place, file: text } }),
  })),
});

describe("annotations of GitHub Actions", () => {
  it("are a line for each finding, at its place, with the token that replays it", () => {
    const lines = githubAnnotations(violated).trimEnd().split("\n");
    expect(lines).toHaveLength(violated.findings.length);
    for (const [at, { place, property, title, replay }] of violated.findings.entries()) {
      const where = place === null ? "" : `file=${place.file},line=${place.line},`;
      expect(lines[at]).toContain(` ${where}title=${property}::${title}`);
      expect(lines[at]).toContain(`%0Areplay ${replay}`);
    }
    expect(githubAnnotations(holding)).toBe("");
  });

  it("show a text that would be another command, or another property of this one", () => {
    const text = "a,line=9::b\n::error::c 100%";
    const [first] = githubAnnotations(named(text)).split("\n");
    expect(first).toMatch(/^::(error|warning) file=a%2Cline=9%3A%3Ab\\n%3A%3Aerror%3A%3Ac 100%25,line=\d+,title=/);
  });

  it("stay one line each, whatever is in a patch", () => {
    fc.assert(
      fc.property(hostile, (texts) => {
        const lines = githubAnnotations(named(texts.join("")))
          .trimEnd()
          .split("\n");
        expect(lines).toHaveLength(violated.findings.length);
        expect(lines.every((line) => line.startsWith("::") && isHarmless(line))).toBe(true);
      }),
      { seed: 1 },
    );
  });
});

describe("the summary of a step", () => {
  it("says the verdict, and has a row for each finding", () => {
    const lines = githubSummary(violated).trimEnd().split("\n");
    expect(lines[0]).toBe("### sysram-verify: violated");
    expect(lines.slice(6)).toHaveLength(violated.findings.length);
    for (const [at, { replay }] of violated.findings.entries()) expect(lines[at + 6]).toContain(`| \`${replay}\` |`);
    expect(githubSummary(holding)).toContain("Nothing was found that breaks a property.");
  });

  it("shows what would be markup", () => {
    const text = githubSummary(named("<img> | [a](b)\n# c"));
    expect(text).toContain("\\<img\\> \\| \\[a\\](b)\\\\n\\# c");
    expect(text.split("\n")).toHaveLength(githubSummary(violated).split("\n").length);
  });
});
