import { beforeAll, describe, expect, it } from "vitest";
import type { DriverImage } from "../../../driver/compile/image.ts";
import { type Driver, loadDriver } from "../../../driver/run/driver.ts";
import { buildSubject } from "../../../harness/build-subject.ts";
import { format } from "../../../models/format.ts";
import { type Called, runDriver, runPointer } from "../../support/running.ts";
import { WIDGET_PATH, widget, widgetText } from "../../support/widget.ts";

const top = `#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/memory.h>

struct inner {
	u8 small;
	u64 large;
};

struct gadget {
	u8 first;
	struct device dev;
	struct inner in[2];
	int numbers[3];
	const char *name;
	union {
		u32 low;
		struct {
			u16 a, b;
		};
	};
	struct mutex lock;
	enum mmop type;
	bool flag;
	struct memory_dev_type *mtype;
};

static DEFINE_MUTEX(gadgets);

static int helper(struct device *dev)
{
	dev_warn(dev, "%s %d %lld %c %#x\\n", "text", -7, -1LL << 40, 'x', 0xabcu);
	return 3;
}

static void action(void *data)
{
	kfree(data);
}

int gadget_calls(struct cxl_region *cxlr, int number);
int gadget_calls(struct cxl_region *cxlr, int number)
{
	void *one = kzalloc(16, GFP_KERNEL);
	int rc = helper(&cxlr->dev) +
		 device_add(
			 &cxlr->dev);

	if (rc == number)
		return devm_add_action(&cxlr->dev, action, one);
	kfree(one);
	return rc;
}

u64 gadget_numbers(s8 small, u8 byte, s16 half, u32 word, s64 wide);
u64 gadget_numbers(s8 small, u8 byte, s16 half, u32 word, s64 wide)
{
	request_mem_region((u64)wide + word, 0xfedcba9876ul, "name");
	return small + byte + half;
}

int gadget_cleanup(int way);
int gadget_cleanup(int way)
{
	char *text __free(kfree) = kasprintf(GFP_KERNEL, "%d", way);

	if (!text)
		return -ENOMEM;
	guard(mutex)(&gadgets);
	if (way == 1)
		return -EBUSY;
	scoped_guard(mutex, &gadgets)
		dev_warn(NULL, "inside\\n");
	return 0;
}

int gadget_callback(struct cxl_region *cxlr);
int gadget_callback(struct cxl_region *cxlr)
{
	return devm_add_action(&cxlr->dev, (void (*)(void *))kfree, cxlr);
}

int gadget_endless(int *p);
int gadget_endless(int *p)
{
	kfree(p);
	while (*(volatile int *)p == 0)
		;
	return 0;
}

static int depth(int n)
{
	volatile char room[64];

	room[0] = n;
	return depth(n + 1) + room[0];
}

int gadget_recursion(int n);
int gadget_recursion(int n)
{
	return depth(n);
}
`;

const lines = widgetText({ top }).split("\n");

/** The line that a text stands in. */
const lineOf = (text: string, from = 0): number => {
  const at = lines.findIndex((line, index) => index >= from && line.includes(text));
  if (at === -1) throw new Error(`no line has ${text}`);
  return at + 1;
};

let image: DriverImage;
let driver: Driver;
beforeAll(async () => {
  const subject = widget({ top });
  const exported = ["calls", "numbers", "cleanup", "callback", "endless", "recursion"].map((name) => `gadget_${name}`);
  const text = `${top}${exported.map((name) => `EXPORT_SYMBOL_GPL(${name});\n`).join("")}`;
  expect(subject.files).toHaveLength(1);
  image = await buildSubject(widget({ top: text }));
  driver = loadDriver(image);
});

/** The place of a call as a person names it. */
const placesOf = ({ from }: Called): readonly string[] => from.map(({ file, line }) => `${file}:${line}`);
const at = (line: number): string => `${WIDGET_PATH}:${line}`;

describe("what is known of a driver's structures", () => {
  it("is what the compiler lays out", async () => {
    const { size, fields } = image.structures["gadget"]!;
    const claims = Object.entries(fields).map(
      ([name, { offset, size: bytes }]) =>
        `_Static_assert(offsetof(struct gadget, ${name}) == ${offset} && sizeof(((struct gadget *)0)->${name}) == ${bytes}, "${name}");`,
    );
    expect(Object.keys(fields)).toEqual([
      ...["first", "dev", "in", "numbers", "name", "low", "a", "b", "lock", "type", "flag", "mtype"],
    ]);
    const checked = `${top}\n_Static_assert(sizeof(struct gadget) == ${size}, "size");\n${claims.join("\n")}`;
    await expect(buildSubject(widget({ top: checked }))).resolves.toBeDefined();
    await expect(
      buildSubject(widget({ top: `${top}\n_Static_assert(sizeof(struct gadget) == ${size + 1}, "size");` })),
    ).rejects.toThrow(/static assertion failed/);
  });

  it("has the types in C's words, and those that only the kernel uses too", () => {
    const { gadget, inner, resource } = image.structures;
    const types = Object.fromEntries(Object.entries(gadget!.fields).map(([name, { type }]) => [name, type]));
    expect(types).toMatchObject({
      first: "u8",
      dev: "struct device",
      in: "struct inner []",
      name: "char *",
      type: "enum mmop",
      mtype: "struct memory_dev_type *",
    });
    expect(inner).toEqual({
      size: 16,
      fields: { small: { offset: 0, size: 1, type: "u8" }, large: { offset: 8, size: 8, type: "u64" } },
    });
    expect(Object.keys(resource!.fields)).toEqual(expect.arrayContaining(["start", "end", "name", "flags"]));
  });

  it("names the functions that others may call, with their types and lines", () => {
    const names = image.functions.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["devm_cxl_add_widget", "gadget_calls", "gadget_numbers"]));
    expect(names).not.toContain("helper");
    expect(image.functions.find(({ name }) => name === "gadget_numbers")).toEqual({
      name: "gadget_numbers",
      file: WIDGET_PATH,
      line: lineOf("u64 gadget_numbers", lineOf("u64 gadget_numbers")),
      result: "u64",
      parameters: ["s8", "u8", "s16", "u32", "s64"],
    });
  });
});

describe("a call of the kernel", () => {
  it("is told with its line: in a macro, over several lines, and from the function that called", () => {
    const seen: (readonly [string, readonly string[]])[] = [];
    const exit = runDriver(driver, "gadget_calls", [0x50000, 99], (call) => {
      seen.push([call.name, placesOf(call)]);
      return call.name === "kzalloc" ? 0x60000 : -12;
    });

    expect(exit).toEqual({ kind: "returned", result: -9 });
    const sum = lineOf("int rc = helper(");
    expect(seen).toEqual([
      ["kzalloc", [at(lineOf("void *one = kzalloc"))]],
      ["_dev_warn", [at(lineOf("dev_warn(dev, ")), at(sum)]],
      ["device_add", [at(sum + 1)]],
      ["kfree", [at(lineOf("kfree(one);"))]],
    ]);
  });

  it("has its arguments as C passes them, variable ones too", () => {
    const { memory } = driver;
    let printed = "";
    runDriver(driver, "gadget_calls", [0x50000, 99], ({ name, at: argument }) => {
      if (name === "kzalloc") expect([memory.u64(argument(0)), memory.u32(argument(1))]).toEqual([16, 0xcc0]);
      if (name === "kfree") expect(memory.pointer(argument(0))).toBe(0x61230);
      if (name === "_dev_warn") {
        printed = format(memory, memory.string(memory.pointer(argument(1))), memory.pointer(argument(2)));
      }
      return name === "kzalloc" ? 0x61230 : 0;
    });
    expect(printed).toBe(`text -7 ${-(2 ** 40)} x 0xabc\n`);
  });

  it("gets and gives numbers of every width and sign", () => {
    const { memory } = driver;
    const seen: (number | string)[] = [];
    const exit = runDriver(driver, "gadget_numbers", [-5, 250, -300, 2 ** 32 - 1, 2 ** 40], ({ at: argument }) => {
      seen.push(memory.u64(argument(1)), memory.u64(argument(2)), memory.string(memory.pointer(argument(3))));
      return 0;
    });
    expect(seen).toEqual([2 ** 40 + 2 ** 32 - 1, 0xfedcba9876, "name"]);
    expect(exit).toEqual({ kind: "returned", result: -5 + 250 - 300 });
  });

  it("happens at the end of a scope where the C says so, last first", () => {
    const calls = (way: number, memory = 0x60000): readonly string[] => {
      const seen: string[] = [];
      const exit = runDriver(driver, "gadget_cleanup", [way], (call) => {
        seen.push(`${call.name} at ${call.from.find(({ file }) => file === WIDGET_PATH)!.line}`);
        return call.name === "kasprintf" ? memory : 0;
      });
      return [...seen, exit.kind === "returned" ? `returns ${exit.result}` : exit.kind];
    };
    const begin = lineOf("int gadget_cleanup(int way)", lineOf("int gadget_cleanup(int way)"));
    const end = lineOf("}", begin);
    const taken = `kasprintf at ${begin + 2}`;

    expect(calls(1)).toEqual([
      taken,
      `mutex_lock at ${begin + 6}`,
      `mutex_unlock at ${end}`,
      `kfree at ${end}`,
      "returns -16",
    ]);
    expect(calls(2)).toEqual([
      taken,
      `mutex_lock at ${begin + 6}`,
      `mutex_lock at ${begin + 9}`,
      `_dev_warn at ${begin + 10}`,
      `mutex_unlock at ${begin + 9}`,
      `mutex_unlock at ${end}`,
      `kfree at ${end}`,
      "returns 0",
    ]);
    expect(calls(1, 0).at(-1)).toBe("returns -12");
  });
});

describe("a function pointer of a driver", () => {
  it("leads back into the driver, and is known by its name", () => {
    let callback = 0;
    const exit = runDriver(driver, "gadget_calls", [0x50000, -4], ({ name, at: argument }) => {
      if (name === "devm_add_action") callback = driver.memory.pointer(argument(1));
      return name === "device_add" ? -7 : 0;
    });
    expect(exit).toEqual({ kind: "returned", result: 0 });
    expect(driver.functionAt(callback as never)).toMatchObject({
      function: "action",
      line: lineOf("static void action"),
    });

    const freed: number[] = [];
    runPointer(driver, "v_p", callback as never, [0x61000], ({ name, at: argument }) => {
      if (name === "kfree") freed.push(driver.memory.pointer(argument(0)));
      return 0;
    });
    expect(freed).toEqual([0x61000]);
  });

  it("may be one of the kernel's own functions", () => {
    let callback = 0;
    runDriver(driver, "gadget_callback", [0x50000], ({ at: argument }) => {
      callback = driver.memory.pointer(argument(1));
      return 0;
    });
    const calls: string[] = [];
    runPointer(driver, "v_p", callback as never, [0x61000], ({ name }) => {
      calls.push(name);
      return 0;
    });
    expect(calls).toEqual(["kfree"]);
  });
});

describe("a driver that does not come back", () => {
  it("is ended in the block that loops", () => {
    const exit = runDriver(driver, "gadget_endless", [0x50000], () => 0);
    expect(exit).toMatchObject({ kind: "crashed", crash: { kind: "endless loop" } });
    if (exit.kind !== "crashed") return;
    const { file, lines: covered } = image.blocks[exit.crash.block]!;
    expect([file, covered]).toEqual([WIDGET_PATH, expect.arrayContaining([lineOf("while (*(volatile int *)p")])]);
  });

  it("is ended when it calls itself until the stack is used up, and works again afterwards", () => {
    const exit = runDriver(driver, "gadget_recursion", [0], () => 0);
    expect(exit).toMatchObject({ kind: "crashed", crash: { kind: "stack overflow" } });
    if (exit.kind !== "crashed") return;
    expect(image.sites[driver.backtrace(exit.crash.frame)[1]!]!.function).toBe("depth");
    expect(runDriver(driver, "gadget_cleanup", [1], () => 0)).toEqual({ kind: "returned", result: -12 });
  });

  it("is known by the blocks that have run", () => {
    const hitsOf = (line: number): number =>
      image.blocks.reduce(
        (hits, { lines: covered, file }, index) =>
          file === WIDGET_PATH && covered.includes(line) ? hits + driver.blockHits[index]! : hits,
        0,
      );
    expect(hitsOf(lineOf("kfree(one);"))).toBeGreaterThan(0);
    expect(hitsOf(lineOf("return 0;", lineOf("while (*(volatile int *)p"))), "behind the endless loop").toBe(0);
  });
});
