/** Small drivers for the random engine: our own, and some with one bug each. */

import type { SysramSystem } from "../../../harness/sysram-system.ts";
import type { Edit, Scope } from "../../support/review.ts";
import { referenceSubject, SMALL, systemOf } from "../../support/review.ts";

export const MUTANTS = {
  "never frees the name": [{ replace: "\tkfree(sysram->res_name);\n\tkfree(sysram);", with: "\tkfree(sysram);" }],
  "forgets memory that it could not take back": [
    {
      replace:
        "\tif (err)\n\t\treturn err;\n\n\tsysram_free_resource(sysram->res);\n\tsysram->res = NULL;\n\n\treturn 0;",
      with: "\tsysram_free_resource(sysram->res);\n\tsysram->res = NULL;\n\n\treturn err;",
    },
  ],
  "leaves memory plugged in when it could not be onlined": [
    {
      replace: "\tif (!sysram_unplug(sysram))\n\t\treturn err;\n",
      with: "\treturn err;\n",
    },
  ],
  "keeps the resource of memory that could not be added": [
    {
      replace: "\tif (err) {\n\t\tsysram_free_resource(res);\n\t\treturn err;\n\t}",
      with: "\tif (err)\n\t\treturn err;",
    },
  ],
} as const satisfies Readonly<Record<string, readonly Edit[]>>;

export type Mutant = keyof typeof MUTANTS;

export const mutantSystem = (mutant: Mutant, scope: Scope = SMALL): Promise<SysramSystem> =>
  systemOf(referenceSubject(...MUTANTS[mutant]), scope);

export const referenceSystem = (scope: Scope = SMALL): Promise<SysramSystem> => systemOf(referenceSubject(), scope);
