// SPDX-License-Identifier: GPL-2.0
/*
 * What the test vectors of sysram devices cannot do in a shell: tell the errno
 * of a write, have the n-th allocation of a write fail, send a signal into one,
 * and make the kernel hold a page of a node.
 *
 * The first line of output says that the write is under way, the second what it
 * gave: ok, the name of an errno, or "wrote N" where the length is wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MPOL_BIND 2
#define NODES 1024
#define NODE_BITS (8 * sizeof(unsigned long))

struct node_mask {
	unsigned long bits[NODES / NODE_BITS];
};

static const struct {
	int number;
	const char *name;
} errors[] = {
	{ EPERM, "EPERM" },	{ ENOENT, "ENOENT" },	{ EINTR, "EINTR" },
	{ EIO, "EIO" },		{ ENXIO, "ENXIO" },	{ E2BIG, "E2BIG" },
	{ EAGAIN, "EAGAIN" },	{ ENOMEM, "ENOMEM" },	{ EACCES, "EACCES" },
	{ EFAULT, "EFAULT" },	{ EBUSY, "EBUSY" },	{ EEXIST, "EEXIST" },
	{ ENODEV, "ENODEV" },	{ EINVAL, "EINVAL" },	{ ENOSPC, "ENOSPC" },
	{ ERANGE, "ERANGE" },	{ ENOSYS, "ENOSYS" },
};

static void print_error(int number, const char *end)
{
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].number == number) {
			printf("%s%s\n", errors[i].name, end);
			return;
		}
	}
	printf("errno-%d%s\n", number, end);
}

/* All of one write(), as the shell's echo would do it. */
static int write_text(const char *file, const char *text, int nth)
{
	char line[256], count[16];
	const char *end = "";
	int fd, control, length, number;
	ssize_t wrote;

	length = snprintf(line, sizeof(line), "%s\n", text);
	puts("started");
	fflush(stdout);
	fd = open(file, O_WRONLY);
	if (fd < 0) {
		print_error(errno, nth ? " unused" : "");
		return 0;
	}
	if (nth) {
		control = open("/proc/self/fail-nth", O_RDWR);
		number = snprintf(count, sizeof(count), "%d", nth);
		if (control < 0 || write(control, count, number) != number) {
			puts("no-fail-nth unused");
			return 1;
		}
	}
	wrote = write(fd, line, length);
	number = errno;
	if (nth) {
		/* What is left of the count: nothing once the allocation failed. */
		memset(count, 0, sizeof(count));
		if (pread(control, count, sizeof(count) - 1, 0) < 0 || atoi(count) > 0)
			end = " unused";
		else
			end = " used";
		if (pwrite(control, "0", 1, 0) < 0)
			end = " unused";
	}
	if (wrote < 0)
		print_error(number, end);
	else if (wrote != length)
		printf("wrote %zd of %d%s\n", wrote, length, end);
	else
		printf("ok%s\n", end);
	return 0;
}

static struct node_mask mask_of(int node)
{
	struct node_mask mask = { { 0 } };

	if (node >= 0 && node < NODES)
		mask.bits[node / NODE_BITS] |= 1UL << (node % NODE_BITS);
	return mask;
}

static void nothing(int number)
{
	(void)number;
}

/*
 * Keeps a page of the node busy by putting it into a pipe: it could be moved,
 * but not now, so that offlining goes on trying until a signal ends it.
 */
static int write_interrupted(int node, const char *file, const char *text)
{
	struct sigaction action = { .sa_handler = nothing };
	struct node_mask mask = mask_of(node);
	long size = sysconf(_SC_PAGESIZE);
	struct iovec page;
	int ends[2];
	pid_t child;

	page.iov_len = size;
	page.iov_base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page.iov_base == MAP_FAILED || pipe(ends) ||
	    syscall(SYS_mbind, page.iov_base, size, MPOL_BIND, mask.bits, NODES, 0)) {
		puts("started\nno-page-on-the-node");
		return 1;
	}
	memset(page.iov_base, 1, size);
	if (vmsplice(ends[1], &page, 1, 0) != size) {
		puts("started\nno-busy-page");
		return 1;
	}
	fflush(stdout);
	child = fork();
	if (child < 0)
		return 1;
	if (child == 0) {
		/* Without SA_RESTART the write ends with what the driver gives. */
		sigaction(SIGUSR1, &action, NULL);
		exit(write_text(file, text, 0));
	}
	/* Long enough for the write to have begun; one more for one that had not. */
	while (waitpid(child, NULL, WNOHANG) == 0) {
		sleep(1);
		kill(child, SIGUSR1);
	}
	return 0;
}

/* Fills a pipe with pages that the kernel allocates on the node and cannot move. */
static int pin(int node)
{
	struct node_mask mask = mask_of(node);
	char page[4096] = { 1 };
	int ends[2];

	if (syscall(SYS_set_mempolicy, MPOL_BIND, mask.bits, NODES) ||
	    pipe(ends) || write(ends[1], page, sizeof(page)) < 0) {
		print_error(errno, "");
		return 1;
	}
	puts("pinned");
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "write"))
		return write_text(argv[2], argv[3], 0);
	if (argc == 5 && !strcmp(argv[1], "fail"))
		return write_text(argv[3], argv[4], atoi(argv[2]));
	if (argc == 5 && !strcmp(argv[1], "interrupt"))
		return write_interrupted(atoi(argv[2]), argv[3], argv[4]);
	if (argc == 3 && !strcmp(argv[1], "pin"))
		return pin(atoi(argv[2]));
	fprintf(stderr, "usage: sysram_io write|fail|interrupt|pin ...\n");
	return 2;
}
