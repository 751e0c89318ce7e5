/**
 * Compiles the KUnit suite as a module of a real kernel, with warnings as errors: `npm run test:kernel`.
 *
 * It needs the kernel's headers (Debian: linux-headers-amd64), gcc and make, and exits 4 where they are missing. The
 * private header of the CXL core is in no package, so a few lines stand in for it; the driver itself is not compiled,
 * and what the linker would redirect stays undefined.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../abi/package-root.ts";
import { kunitFiles } from "../../vectors/kunit/write.ts";

const MISSING = 4;

/** The folders in which a kernel that is not running has its build files, newest name last. */
const headerFolders = (): readonly string[] => {
  const { stdout } = spawnSync("uname", ["-r"], { encoding: "utf8" });
  const running = `/lib/modules/${stdout.trim()}/build`;
  const installed = existsSync("/usr/src")
    ? readdirSync("/usr/src")
        .filter((name) => /^linux-headers-.*(amd64|arm64|generic)$/.test(name))
        .sort()
        .map((name) => join("/usr/src", name))
    : [];
  return [running, ...installed].filter((folder) => existsSync(join(folder, "Makefile")));
};

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

const build = async (headers: string): Promise<number> => {
  const folder = mkdtempSync(join(tmpdir(), "sysram-kunit-"));
  try {
    for (const [name, text] of await kunitFiles()) writeFileSync(join(folder, name), text);
    copyFileSync(join(packageRoot, "test/vectors/kunit/cxl-private.h"), join(folder, "cxl.h"));
    const kbuild = [
      "ccflags-y += -Werror -I$(src)",
      "obj-m += cxl_sysram_kunit.o",
      "cxl_sysram_kunit-y := sysram_kunit.o sysram_fake.o",
      "",
    ];
    writeFileSync(join(folder, "Kbuild"), kbuild.join("\n"));
    const { status } = spawnSync("make", ["-C", headers, `M=${folder}`, "KBUILD_MODPOST_WARN=1", "modules"], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (status !== 0 || !existsSync(join(folder, "cxl_sysram_kunit.ko"))) return 1;
    process.stdout.write(`the suite compiles as a module with ${headers}\n`);
    return 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const [headers] = headerFolders();
if (headers === undefined || !has("make") || !has("gcc")) {
  process.stderr.write("skipped: needs the kernel's headers, gcc and make (Debian: linux-headers-amd64, gcc, make)\n");
  process.exitCode = MISSING;
} else {
  process.exitCode = await build(headers);
}
