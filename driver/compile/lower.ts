import binaryen from "binaryen";

/**
 * Turns what the linker gives (64-bit addresses) into a module that Node 20 runs, whose calls of some imports can be
 * suspended: binaryen's `asyncify` puts the frames aside in linear memory and brings them back.
 *
 * Features are named one by one, because `Features.All` emits encodings that Node 20 refuses.
 *
 * @param suspending - the imports at which a task can be suspended
 */
export const lower = (linked: Uint8Array, suspending: readonly string[]): Uint8Array => {
  const { Features } = binaryen;
  const common =
    Features.MutableGlobals |
    Features.SignExt |
    Features.BulkMemory |
    Features.BulkMemoryOpt |
    Features.NontrappingFPToInt |
    Features.ReferenceTypes |
    Features.Multivalue;
  const module = binaryen.readBinary(linked);
  try {
    module.setFeatures(common | Features.Memory64);
    module.runPasses(["table64-lowering", "memory64-lowering"]);
    module.setFeatures(common);
    binaryen.setPassArgument("asyncify-imports", suspending.map((name) => `env.${name}`).join());
    module.runPasses(["asyncify"]);
    binaryen.setPassArgument("asyncify-imports", null);
    binaryen.setOptimizeLevel(2);
    binaryen.setShrinkLevel(0);
    module.optimize();
    const { i32, i64, none } = binaryen;
    // The driver may have functions of these names; none in C has a dot in it.
    module.addFunction(
      "sv.stack_set",
      i32,
      none,
      [],
      module.global.set("__stack_pointer", module.i64.extend_u(module.local.get(0, i32))),
    );
    module.addFunctionExport("sv.stack_set", "stack_set");
    module.addFunction("sv.stack_get", none, i32, [], module.i32.wrap(module.global.get("__stack_pointer", i64)));
    module.addFunctionExport("sv.stack_get", "stack_get");
    return module.emitBinary();
  } finally {
    module.dispose();
  }
};
