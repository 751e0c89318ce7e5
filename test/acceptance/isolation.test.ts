import { describe, expect, it } from "vitest";
import { buildSubject } from "../../harness/build-subject.ts";
import { widget } from "../support/widget.ts";

describe("the C of a patch", () => {
  it("runs inside WebAssembly, with the modelled kernel as its only imports", async () => {
    const { wasm } = await buildSubject(widget({ body: "\tkfree(kmalloc(8, GFP_KERNEL));" }));
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm as BufferSource));

    expect(imports.map(({ module, name, kind }) => `${kind} ${module}.${name}`).sort()).toEqual([
      "function env.block_enter",
      "function env.frame_enter",
      "function env.kernel_call",
    ]);
  });

  it.each(["/etc/passwd", "../../../../../../etc/hostname", "/proc/self/environ"])(
    "cannot include %s",
    async (path) => {
      await expect(buildSubject(widget({ includes: `#include "${path}"` }))).rejects.toThrow(/no stand-in header/);
    },
  );

  it("cannot embed a file of the machine", async () => {
    const top = 'static const unsigned char stolen[] = {\n#embed "/etc/passwd"\n};\n';
    await expect(buildSubject(widget({ top }))).rejects.toThrow(/region_widget\.c:\d+/);
  });
});
