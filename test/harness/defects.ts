/** A small function of C with one defect, and the same without it. */
export type Defect = Defective & (Rewritten | Mended);

/** The function with the defect, and what is said of it. */
interface Defective {
  /** The function's name; its twin is called the same with `_twin` behind. */
  readonly name: string;
  /** Statements; the line that is to blame ends in HERE. */
  readonly bad: string;
  readonly rule: string;
  readonly object: string;
  /** What is said of it, behind the name of the function; LINE(text) stands for the line that has this text. */
  readonly detail: string;
  /** The task ends there. */
  readonly isEnd?: true;
}

/** The twin, in other statements. */
interface Rewritten {
  readonly good: string;
}

/** The twin, as the same statements with one text, which stands there once, in the place of another. */
interface Mended {
  readonly mend: readonly [wrong: string, right: string];
}

/** Ends the line that is to blame. */
export const HERE = "/* here */";

/** The statements of a defect's twin. */
export const twinOf = (defect: Defect): string => {
  if ("good" in defect) return defect.good;
  const [before, after, ...more] = defect.bad.replaceAll(/ \/\*.*?\*\//g, "").split(defect.mend[0]);
  if (after === undefined || more.length > 0)
    throw new Error(`${defect.name}: what is to be mended does not stand there once`);
  return `${before}${defect.mend[1]}${after}`;
};

/** What the functions share. */
export const DECLARATIONS = `
struct part { u32 first; u32 second; u64 third; };
struct flags { u8 a : 3, b : 5; u32 value; };
struct holder { enum mmop type; bool flag; int list[4]; struct part part; const char *name; };

static const struct part constant_part = { .first = 1 };
static int numbers[4];
static int *hidden(int *p)
{
	return p;
}
static noinline int *left_behind(void)
{
	int local = 3;

	return hidden(&local);
}
static noinline int *kept_in_place(void)
{
	static int variable = 3;

	return hidden(&variable);
}
static u64 sum(const struct part *part)
{
	return part->first + part->third;
}
`;

export const defects: readonly Defect[] = [
  {
    name: "read_after_free",
    bad: `struct part *p = kzalloc(sizeof(*p), GFP_KERNEL); /* made */
	kfree(p); /* freed */
	return p->second; ${HERE}`,
    good: `struct part *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int second = p->second;

	kfree(p);
	return second;`,
    rule: "use-after-free",
    object: "the memory from kzalloc()",
    detail: "reads 4 bytes of the 16 that kzalloc() at LINE(made) allocated and kfree() freed at LINE(freed)",
  },
  {
    name: "write_after_free_through_a_call",
    bad: `struct part *p = kmalloc(sizeof(*p), GFP_KERNEL); /* made 2 */
	kfree(p); /* freed 2 */
	WRITE_ONCE(p->first, 1); ${HERE}
	return 0;`,
    good: `struct part *p = kmalloc(sizeof(*p), GFP_KERNEL);

	WRITE_ONCE(p->first, 1);
	kfree(p);
	return 0;`,
    rule: "use-after-free",
    object: "the memory from kmalloc()",
    detail: "writes 4 bytes of the 16 that kmalloc() at LINE(made 2) allocated and kfree() freed at LINE(freed 2)",
  },
  {
    name: "read_behind_an_object",
    bad: `char *text = kzalloc(10, GFP_KERNEL); /* ten */
	int last = text[10]; ${HERE}

	kfree(text);
	return last;`,
    mend: ["text[10]", "text[9]"],
    rule: "out-of-bounds",
    object: "the memory from kzalloc()",
    detail: "reads 1 byte at offset 10 of the 10 that kzalloc() at LINE(ten) allocated",
  },
  {
    name: "write_partly_behind_an_object",
    bad: `char *bytes = kzalloc(12, GFP_KERNEL); /* twelve */
	*(u64 *)(bytes + 8) = 1; ${HERE}
	kfree(bytes);
	return 0;`,
    mend: ["*(u64 *)", "*(u32 *)"],
    rule: "out-of-bounds",
    object: "the memory from kzalloc()",
    detail: "writes 8 bytes at offset 8 of the 12 that kzalloc() at LINE(twelve) allocated",
  },
  {
    name: "read_before_an_object",
    bad: `u32 *p = kzalloc(100, GFP_KERNEL); /* hundred */
	int before = p[-2]; ${HERE}

	kfree(p);
	return before;`,
    mend: ["p[-2]", "p[2]"],
    rule: "out-of-bounds",
    object: "the memory from kzalloc()",
    detail: "reads 4 bytes 8 bytes before the 100 that kzalloc() at LINE(hundred) allocated",
  },
  {
    name: "copy_behind_an_object",
    bad: `struct part *p = kzalloc(8, GFP_KERNEL); /* eight */
	*p = constant_part; ${HERE}
	kfree(p);
	return 0;`,
    mend: ["kzalloc(8,", "kzalloc(16,"],
    rule: "out-of-bounds",
    object: "the memory from kzalloc()",
    detail: "writes 16 bytes at offset 0 of the 8 that kzalloc() at LINE(eight) allocated",
  },
  {
    name: "read_between_two_objects",
    bad: `struct part *p = kzalloc(sizeof(*p), GFP_KERNEL); /* first */
	struct part *q = kzalloc(sizeof(*q), GFP_KERNEL);
	int value = p[1].first; ${HERE}

	kfree(q);
	kfree(p);
	return value;`,
    mend: ["p[1]", "p[0]"],
    rule: "out-of-bounds",
    object: "the memory from kzalloc()",
    detail: "reads 4 bytes at offset 16 of the 16 that kzalloc() at LINE(first) allocated",
  },
  {
    name: "kernel_writes_behind_an_object",
    bad: `char *text = kzalloc(4, GFP_KERNEL);

	sprintf(text, "%d", 12345); ${HERE}
	kfree(text);
	return 0;`,
    mend: ["12345", "123"],
    rule: "out-of-bounds",
    object: "the buffer for the text",
    detail: "",
  },
  {
    name: "local_after_return",
    bad: `int *p = left_behind();

	return *p; ${HERE}`,
    mend: ["left_behind", "kept_in_place"],
    rule: "use-after-free",
    object: "a local variable",
    detail: "reads 4 bytes of a local variable of a function that has returned",
  },
  {
    name: "local_before_written",
    bad: `struct part *p;

	if (numbers[0])
		p = (struct part *)&constant_part;
	return p->first; ${HERE}`,
    mend: ["if (numbers[0])", "if (!numbers[0])"],
    rule: "wild-pointer",
    object: "a stray pointer",
    detail: "reads 4 bytes through a pointer to nothing",
    isEnd: true,
  },
  {
    name: "beside_a_variable",
    bad: `int *p = hidden(numbers);

	return p[4]; ${HERE}`,
    mend: ["p[4]", "p[3]"],
    rule: "out-of-bounds",
    object: "numbers",
    detail: "reads 4 bytes at offset 16 of numbers, which has 16 bytes",
  },
  {
    name: "read_before_written",
    bad: `struct part *p = kmalloc(sizeof(*p), GFP_KERNEL); /* raw */
	int second;

	p->first = 1;
	second = p->second; ${HERE}
	kfree(p);
	return second;`,
    mend: ["kmalloc", "kzalloc"],
    rule: "uninitialised-read",
    object: "the memory from kmalloc()",
    detail: "reads 4 bytes at offset 4 of the 16 that kmalloc() at LINE(raw) allocated, which nobody has written",
  },
  {
    name: "read_of_a_copy_before_written",
    bad: `struct part *p = kmalloc(sizeof(*p), GFP_KERNEL);
	struct part *q = kzalloc(sizeof(*q), GFP_KERNEL); /* copy */
	int second;

	p->first = 1;
	*q = *p;
	second = q->first + q->second; ${HERE}
	kfree(p);
	kfree(q);
	return second;`,
    mend: ["q->first + q->second", "q->first"],
    rule: "uninitialised-read",
    object: "the memory from kzalloc()",
    detail: "reads 4 bytes at offset 4 of the 16 that kzalloc() at LINE(copy) allocated, which nobody has written",
  },
  {
    name: "bit_fields",
    bad: `struct flags *p = kmalloc(sizeof(*p), GFP_KERNEL); /* bits */
	int value;

	p->a = 1;
	value = p->b + p->value; ${HERE}
	kfree(p);
	return value;`,
    good: `struct flags *p = kmalloc(sizeof(*p), GFP_KERNEL);
	int value;

	p->a = 1;
	p->value = 2;
	value = p->a + p->value;
	kfree(p);
	return value;`,
    rule: "uninitialised-read",
    object: "the memory from kmalloc()",
    detail: "reads 4 bytes at offset 4 of the 8 that kmalloc() at LINE(bits) allocated, which nobody has written",
  },
  {
    name: "grown_and_not_written",
    bad: `char *p = kzalloc(4, GFP_KERNEL);
	char *q = krealloc(p, 8, GFP_KERNEL); /* grown */
	int last = q[7]; ${HERE}

	kfree(q);
	return last;`,
    mend: ["8, GFP_KERNEL", "8, GFP_KERNEL | __GFP_ZERO"],
    rule: "uninitialised-read",
    object: "the memory from kzalloc()",
    detail:
      "reads 1 byte at offset 7 of the 8 that kzalloc() at LINE(char *p = kzalloc(4, GFP_KERNEL);) allocated, which nobody has written",
  },
  {
    name: "write_to_a_constant",
    bad: `((struct part *)&constant_part)->first = 2; ${HERE}
	return 0;`,
    good: `return constant_part.first;`,
    rule: "write-to-constant",
    object: "constant_part",
    detail: "writes 4 bytes of constant_part, which is constant",
    isEnd: true,
  },
  {
    name: "write_to_a_literal",
    bad: `char *text = (char *)"text";

	text[0] = 'T'; ${HERE}
	return 0;`,
    good: `char text[] = "text";

	text[0] = 'T';
	return text[1];`,
    rule: "write-to-constant",
    object: "a constant text",
    detail: "writes 1 byte of a constant text, which is constant",
    isEnd: true,
  },
  {
    name: "null_pointer",
    bad: `struct part *p = NULL;

	barrier_data(&p);
	return p->third; ${HERE}`,
    mend: ["return p->third", "return p ? p->third : 0"],
    rule: "wild-pointer",
    object: "a NULL pointer",
    detail: "reads 8 bytes through a NULL pointer",
    isEnd: true,
  },
  {
    name: "error_pointer",
    bad: `struct part *p = ERR_PTR(-ENOMEM);

	p->first = 1; ${HERE}
	return 0;`,
    good: `struct part *p = ERR_PTR(-ENOMEM);

	if (IS_ERR(p))
		return PTR_ERR(p);
	p->first = 1;
	return 0;`,
    rule: "wild-pointer",
    object: "an error pointer",
    detail: "writes 4 bytes through an error pointer",
    isEnd: true,
  },
  {
    name: "stray_pointer",
    bad: `u32 *p = (u32 *)0x12345678;

	return *p; ${HERE}`,
    mend: ["0x12345678", "numbers"],
    rule: "wild-pointer",
    object: "a stray pointer",
    detail: "reads 4 bytes through a pointer to nothing",
    isEnd: true,
  },
  {
    name: "wild_pointer",
    bad: `u32 *p = (u32 *)0x5a5a5a5afffffff4;

	return *p; ${HERE}`,
    mend: ["0x5a5a5a5afffffff4", "numbers"],
    rule: "wild-pointer",
    object: "a stray pointer",
    detail: "reads 4 bytes through a pointer to nothing",
    isEnd: true,
  },
  {
    name: "inside_a_header",
    bad: `char *text = kzalloc(3, GFP_KERNEL); /* three */

	memset(text, 'x', 3);
	return strlen(text); ${HERE}`,
    good: `char *text = kzalloc(4, GFP_KERNEL);
	size_t length;

	memset(text, 'x', 3);
	length = strlen(text);
	kfree(text);
	return length;`,
    rule: "out-of-bounds",
    object: "the memory from kzalloc()",
    detail: "reads 1 byte at offset 3 of the 3 that kzalloc() at LINE(three) allocated",
    isEnd: true,
  },
  {
    name: "released_resource",
    bad: `struct resource *res = request_mem_region(0x1000, 0x1000, "name"); /* region */

	release_mem_region(0x1000, 0x1000); /* released */
	return res->start; ${HERE}`,
    good: `struct resource *res = request_mem_region(0x1000, 0x1000, "name");
	int start = res->start;

	release_mem_region(0x1000, 0x1000);
	return start;`,
    rule: "use-after-free",
    object: "the memory from __request_region()",
    detail:
      "reads 8 bytes of the 64 that __request_region() at LINE(region) allocated and __release_region() freed at LINE(released)",
  },
  {
    name: "device_after_its_last_put",
    bad: `struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL); /* device */

	device_initialize(dev);
	dev->release = forget_device;
	put_device(dev);
	return dev->numa_node; ${HERE}`,
    good: `struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	int node;

	device_initialize(dev);
	dev->release = forget_device;
	node = dev->numa_node;
	put_device(dev);
	return node;`,
    rule: "use-after-free",
    object: "the memory from kzalloc()",
    detail:
      "reads 4 bytes of the SIZE(device) that kzalloc() at LINE(device) allocated and kfree() freed at LINE(forgets)",
  },
  {
    name: "kernel_reads_freed_text",
    bad: `char *name = kasprintf(GFP_KERNEL, "%d", 7);
	char text[16];

	kfree(name);
	return snprintf(text, sizeof(text), "%s", name); ${HERE}`,
    good: `char *name = kasprintf(GFP_KERNEL, "%d", 7);
	char text[16];
	int length = snprintf(text, sizeof(text), "%s", name);

	kfree(name);
	return length;`,
    rule: "use-after-free",
    object: "the memory from kasprintf()",
    detail: "",
  },
  {
    name: "kernel_reads_unwritten_text",
    bad: `char *name = kmalloc(8, GFP_KERNEL);
	char *copy;

	name[7] = 0;
	copy = kstrdup(name, GFP_KERNEL); ${HERE}
	kfree(name);
	kfree(copy);
	return 0;`,
    mend: ["name[7]", "name[0]"],
    rule: "uninitialised-read",
    object: "the memory from kmalloc()",
    detail: "",
  },
  {
    name: "name_of_a_resource_after_free",
    bad: `char *name = kasprintf(GFP_KERNEL, "%d", 7);
	struct resource *res = request_mem_region(0x1000, 0x1000, name);
	char text[16];

	kfree(name);
	snprintf(text, sizeof(text), "%s", res->name); ${HERE}
	release_mem_region(0x1000, 0x1000);
	return 0;`,
    good: `char *name = kasprintf(GFP_KERNEL, "%d", 7);
	struct resource *res = request_mem_region(0x1000, 0x1000, name);
	char text[16];

	snprintf(text, sizeof(text), "%s", res->name);
	release_mem_region(0x1000, 0x1000);
	kfree(name);
	return 0;`,
    rule: "use-after-free",
    object: "the memory from kasprintf()",
    detail: "",
  },
  {
    name: "freed_twice",
    bad: `char *p = kzalloc(8, GFP_KERNEL);

	kfree(p);
	kfree(p); ${HERE}
	return 0;`,
    good: `char *p = kzalloc(8, GFP_KERNEL);

	kfree(p);
	p = NULL;
	kfree(p);
	return 0;`,
    rule: "double-free",
    object: "the freed memory",
    detail: "",
  },
  {
    name: "free_inside_an_allocation",
    bad: `char *p = kzalloc(8, GFP_KERNEL);

	kfree(p + 1); ${HERE}
	return 0;`,
    mend: ["p + 1", "p"],
    rule: "stray-free",
    object: "the freed memory",
    detail: "",
  },
  {
    name: "index_out_of_range",
    bad: `int index = 4;

	barrier_data(&index);
	return numbers[index]; ${HERE}`,
    mend: ["4", "3"],
    rule: "array-index-out-of-bounds",
    object: "an array",
    detail: "index 4 is out of range for type 'int[4]'",
  },
  {
    name: "negative_index",
    bad: `struct holder h = { .flag = true };
	int index = -1;

	barrier_data(&index);
	return h.list[index]; ${HERE}`,
    mend: ["-1", "0"],
    rule: "array-index-out-of-bounds",
    object: "an array",
    detail: "index -1 is out of range for type 'int[4]'",
  },
  {
    name: "shift_too_far",
    bad: `int distance = 32;

	barrier_data(&distance);
	return 1 << distance; ${HERE}`,
    mend: ["32", "31"],
    rule: "shift-out-of-bounds",
    object: "a shift",
    detail: "shift exponent 32 is too large for 32-bit type 'int'",
  },
  {
    name: "negative_shift",
    bad: `int distance = -1;

	barrier_data(&distance);
	return 1ul << distance; ${HERE}`,
    mend: ["-1", "63"],
    rule: "shift-out-of-bounds",
    object: "a shift",
    detail: "shift exponent -1 is negative",
  },
  {
    name: "signed_overflow",
    bad: `int n = 0x7fffffff;

	barrier_data(&n);
	return n + 1; ${HERE}`,
    mend: ["int n = 0x7fffffff", "unsigned int n = 0xffffffff"],
    rule: "signed-integer-overflow",
    object: "a sum",
    detail: "2147483647 + 1 cannot be represented in type 'int'",
  },
  {
    name: "signed_overflow_of_a_product",
    bad: `long n = -0x7fffffffffffffffl;

	barrier_data(&n);
	return (n * 3) != 0; ${HERE}`,
    mend: ["-0x7fffffffffffffffl", "-0x7fffffffl"],
    rule: "signed-integer-overflow",
    object: "a product",
    detail: "-9223372036854775807 * 3 cannot be represented in type 'long'",
  },
  {
    name: "signed_overflow_of_a_difference",
    bad: `int n = (int)0x80000000;

	barrier_data(&n);
	return (n - 1) != 0; ${HERE}`,
    mend: ["(int)0x80000000", "5"],
    rule: "signed-integer-overflow",
    object: "a difference",
    detail: "-2147483648 - 1 cannot be represented in type 'int'",
  },
  {
    name: "signed_overflow_of_a_negation",
    bad: `int n = (int)0x80000000;

	barrier_data(&n);
	return (-n) != 0; ${HERE}`,
    mend: ["(int)0x80000000", "5"],
    rule: "signed-integer-overflow",
    object: "a negation",
    detail: "negation of -2147483648 cannot be represented in type 'int'",
  },
  {
    name: "signed_overflow_of_a_division",
    bad: `int n = (int)0x80000000;

	barrier_data(&n);
	return (n / -1) != 0; ${HERE}`,
    mend: ["(int)0x80000000", "5"],
    rule: "signed-integer-overflow",
    object: "a division",
    detail: "division of -2147483648 by -1 cannot be represented in type 'int'",
  },
  {
    name: "no_truth_value",
    bad: `struct holder *h = kzalloc(sizeof(*h), GFP_KERNEL);
	int flag;

	*(u8 *)&h->flag = 2;
	flag = h->flag; ${HERE}
	kfree(h);
	return flag;`,
    mend: ["*(u8 *)&h->flag", "h->flag"],
    rule: "invalid-load",
    object: "a truth value",
    detail: "load of value 2 is not a valid value for type 'bool' (aka '_Bool')",
  },
  {
    name: "no_enumerator",
    bad: `struct holder *h = kzalloc(sizeof(*h), GFP_KERNEL);
	int type;

	h->type = -1;
	type = h->type; ${HERE}
	kfree(h);
	return type;`,
    mend: ["-1", "MMOP_ONLINE_MOVABLE"],
    rule: "invalid-load",
    object: "a value of enum mmop",
    detail: "load of value 4294967295 is not a valid value for type 'enum mmop'",
  },
  {
    name: "misaligned",
    bad: `char *p = kzalloc(16, GFP_KERNEL);
	u32 value = *(u32 *)(p + 2); ${HERE}

	kfree(p);
	return value;`,
    mend: ["p + 2", "p + 4"],
    rule: "misaligned-access",
    object: "a misaligned pointer",
    detail: "uses an address that is 2 bytes off the alignment of 4 bytes that its type has",
  },
  {
    name: "unreachable_code",
    bad: `int n = 1;

	barrier_data(&n);
	if (n)
		unreachable(); ${HERE}
	return 0;`,
    mend: ["n = 1", "n = 0"],
    rule: "unreachable-code",
    object: "unreachable code",
    detail: "code runs that the driver says cannot be reached",
    isEnd: true,
  },
];
