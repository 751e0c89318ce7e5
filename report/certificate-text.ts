/** What was certified, and what became of a certificate, for a person at a terminal. */
import { type Certificate, isEstablished, type Statement } from "../checker/certificate.ts";
import { count, formatDuration, joined, type Look, labelled, paragraph } from "./layout.ts";
import { neverRunLine } from "./never-run-text.ts";
import { commandWith, type Invocation, type Next, nextLines } from "./next.ts";
import { notJudgedLines } from "./not-judged-text.ts";
import { verdictInScope } from "./scope-text.ts";
import { VERDICT_PAINT } from "./verdict-text.ts";

/** How many claims that fail are printed; one that is wrong about the space is wrong about much. */
const SHOWN = 12;

const tally = ({ properties }: Certificate): string => {
  const number = (wanted: string): number => properties.filter(({ verdict }) => verdict === wanted).length;
  return ["holds", "violated", "unreached", "inconclusive"]
    .filter((verdict) => number(verdict) > 0)
    .map((verdict) => `${verdict} ${number(verdict)}`)
    .join(", ");
};

const spaceText = ({ space }: Certificate): string =>
  `${count(space.states, "state")} and ${count(space.transitions, "transition")}, digest ${space.digest}`;

const configured = ({ configuration }: Certificate): string => {
  const { regions, blocks, tasks, faults, preemptions, maxSteps, policy, interruptAt } = configuration;
  const runs = maxSteps === null ? "runs of any length" : `runs of at most ${count(maxSteps, "step")}`;
  const races = tasks === 1 ? "" : `, preemptions ${preemptions}, interrupted at ${interruptAt ?? "calls"}`;
  return `regions ${regions}, blocks ${blocks}, tasks ${tasks}, faults ${faults}${races}, policy ${policy}, ${runs}`;
};

const unrunLines = ({ neverRun }: Certificate, look: Look): readonly string[] => {
  const text = neverRunLine(neverRun);
  return text === undefined ? [] : paragraph(look, 2, { text, paint: "warning" }, 2);
};

const facts = (certificate: Certificate, look: Look): readonly string[] => [
  ...unrunLines(certificate, look),
  ...notJudgedLines(certificate.notJudged, look),
  ...labelled(look, "claims", tally(certificate)),
  ...labelled(look, "space", spaceText(certificate)),
  ...labelled(look, "configured", configured(certificate)),
  ...labelled(
    look,
    "rests on",
    `subject ${certificate.subject.sha256.slice(0, 8)}, its build ${certificate.subject.image.slice(0, 8)}, kernel model ${certificate.model.kernel.slice(0, 8)}, machines ${certificate.model.machines.slice(0, 8)}, properties ${certificate.model.properties.slice(0, 8)}`,
  ),
];

/** How the user called us, and what else is to be said. */
export interface CertificateTextOptions extends Look {
  readonly command: Invocation;
  readonly file: string;
  readonly elapsedMs: number;
}

/** What to do after a search that was certified. */
export const nextOfCertified = ({ command, file }: CertificateTextOptions): readonly Next[] =>
  file === "-"
    ? [
        {
          why: "write it where it can be checked:",
          words: commandWith("certify", command.given, { "--output": "certificate.json" }, command.inputs),
        },
      ]
    : [
        {
          why: "establish it again, with the second search:",
          words: ["check", file.startsWith("-") ? `./${file}` : file, ...command.inputs],
        },
      ];

/** What bounds a search without making its space another one. */
const BOUNDS = { "--bound-states": false, "--bound-time": false, "--bound-memory": false } as const;

/** What to do after a search of which nothing can be certified. */
export const nextOfUncertified = ({ command, file }: CertificateTextOptions): readonly Next[] => {
  const { given, inputs } = command;
  const depth = given.get("--bound-depth");
  const steps = depth === undefined ? 4 : Math.max(1, Math.floor(Number(depth) / 2));
  const changes = { ...BOUNDS, "--bound-depth": steps, "--output": file };
  return [
    {
      why: `certify the runs of up to ${count(steps, "step")}, all of them:`,
      words: commandWith("certify", given, changes, inputs),
    },
  ];
};

/** What to do after a check that did not establish everything. */
export const nextOfChecked = (
  { configuration }: Pick<Certificate, "configuration">,
  { command }: CertificateTextOptions,
): readonly Next[] => {
  const { regions, blocks, tasks, faults, preemptions, maxSteps, policy, interruptAt } = configuration;
  const several = {
    "--preemptions": preemptions,
    ...(interruptAt === undefined ? {} : { "--interrupt-at": interruptAt }),
  };
  const changes = {
    ...{ "--regions": regions, "--blocks": blocks, "--tasks": tasks, "--faults": faults, "--policy": policy },
    ...(tasks === 1 ? {} : several),
    ...(maxSteps === null ? {} : { "--bound-depth": maxSteps }),
  };
  return [{ why: "see what is so:", words: commandWith("review", new Map(), changes, command.inputs) }];
};

/** What was written into a certificate. */
export const certifiedText = (certificate: Certificate, options: CertificateTextOptions): string => {
  const { verdict, subject, configuration } = certificate;
  const bound =
    configuration.maxSteps === null
      ? ""
      : ` No run of at most ${count(configuration.maxSteps, "step")} was left out; of longer ones it says nothing.`;
  return joined([
    ...paragraph(
      options,
      0,
      [
        { text: verdictInScope(verdict, configuration), paint: VERDICT_PAINT[verdict] },
        { text: `  ${subject.name}: certified in ${options.file}` },
      ],
      2,
    ),
    ...facts(certificate, options),
    ...labelled(options, "took", formatDuration(options.elapsedMs)),
    "",
    ...paragraph(
      options,
      2,
      `It says what is so in the modelled kernel in this configuration, and rests on the hashes above.${bound}`,
    ),
    ...nextLines(nextOfCertified(options), options.command.program, options),
  ]);
};

/** Why nothing was certified. */
export const uncertifiedText = (subject: string, reason: string, options: CertificateTextOptions): string =>
  joined([
    ...paragraph(
      options,
      0,
      [{ text: "inconclusive", paint: "warning" }, { text: `  ${subject}: nothing was certified` }],
      2,
    ),
    ...labelled(options, "because", reason),
    ...paragraph(
      options,
      2,
      "What a search has met when it is cut short depends on its own order, and no other search can establish it again. No file was written.",
    ),
    ...nextLines(nextOfUncertified(options), options.command.program, options),
  ]);

/** What became of the claims of a certificate. */
export const checkedText = (
  certificate: Certificate,
  claims: readonly Statement[],
  options: CertificateTextOptions,
): string => {
  const failed = claims.filter((claim) => !isEstablished(claim));
  const { verdict, subject } = certificate;
  const all = count(claims.length, "claim");
  if (failed.length === 0) {
    return joined([
      ...paragraph(
        options,
        0,
        [
          { text: "established", paint: "good" },
          { text: `  all that ${options.file} says of ${subject.name}: ` },
          { text: verdictInScope(verdict, certificate.configuration), paint: VERDICT_PAINT[verdict] },
        ],
        2,
      ),
      ...facts(certificate, options),
      ...labelled(options, "checked", `${all}, by a second search, in ${formatDuration(options.elapsedMs)}`),
    ]);
  }
  return joined([
    ...paragraph(
      options,
      0,
      [
        { text: "not established", paint: "bad" },
        { text: `  ${failed.length} of ${all} of ${options.file} are not so` },
      ],
      2,
    ),
    ...failed
      .slice(0, SHOWN)
      .flatMap(({ what, claimed, found }) => [
        ...paragraph(options, 2, { text: what, paint: "heading" }, 2),
        ...labelled(options, "  claimed", claimed),
        ...labelled(options, "  found", found),
      ]),
    ...(failed.length > SHOWN ? paragraph(options, 2, `... and ${failed.length - SHOWN} more`) : []),
    ...labelled(options, "checked", `${all}, by a second search, in ${formatDuration(options.elapsedMs)}`),
    ...nextLines(nextOfChecked(certificate, options), options.command.program, options),
  ]);
};
