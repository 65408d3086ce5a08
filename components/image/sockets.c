/*
 * What OpenSMTPD does with sockets and has no setting for, put right by LD_PRELOAD.
 *
 * It lets five connections wait to be accepted (SMTPD_BACKLOG in its smtpd.h): of ten clients that come at once, some wait
 * a second, until the kernel tries again. And it sends the dot that ends a message by itself: without TCP_NODELAY that
 * waits until the server has acknowledged the message, which servers put off for 40 milliseconds.
 *
 * The third is told by relay/circuit_breaker.py, which says why: an address that is not to be connected to for now. Of all
 * errors EADDRNOTAVAIL alone has OpenSMTPD give back to its queue what waits for that (mta_connect in its mta_session.c).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* These are written down in relay/circuits.py too. */
#define CIRCUITS_FILE "/run/relay/circuits"
#define CIRCUITS 64
struct circuit {
	int64_t open_until; /* by the monotonic clock, in milliseconds */
	char address[56];   /* `192.0.2.1 587` */
};

static const volatile struct circuit *circuits;

/* Now, as the process that connects is about to lock itself out of this directory. */
__attribute__((constructor)) static void
map_circuits(void)
{
	int fd = open(CIRCUITS_FILE, O_RDONLY | O_CLOEXEC);
	void *mapped;

	if (fd == -1)
		return;
	mapped = mmap(NULL, CIRCUITS * sizeof *circuits, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (mapped != MAP_FAILED)
		circuits = mapped;
}

static int
is_open(const struct sockaddr *address)
{
	char host[INET6_ADDRSTRLEN], text[sizeof circuits->address];
	struct timespec time;
	int64_t now;
	const void *number;
	int port;

	if (circuits == NULL)
		return 0;
	if (address->sa_family == AF_INET) {
		number = &((const struct sockaddr_in *)address)->sin_addr;
		port = ntohs(((const struct sockaddr_in *)address)->sin_port);
	} else if (address->sa_family == AF_INET6) {
		number = &((const struct sockaddr_in6 *)address)->sin6_addr;
		port = ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	} else
		return 0;
	if (inet_ntop(address->sa_family, number, host, sizeof host) == NULL)
		return 0;
	snprintf(text, sizeof text, "%s %d", host, port);
	clock_gettime(CLOCK_MONOTONIC, &time);
	now = (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
	for (int i = 0; i < CIRCUITS; i++)
		if (circuits[i].open_until > now && strcmp((const char *)circuits[i].address, text) == 0)
			return 1;
	return 0;
}

int
listen(int fd, int backlog)
{
	int (*next)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "listen");

	(void)backlog;
	return next(fd, SOMAXCONN);
}

int
connect(int fd, const struct sockaddr *address, socklen_t length)
{
	int (*next)(int, const struct sockaddr *, socklen_t) =
	    (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
	int on = 1;

	if (is_open(address)) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	/* Fails where it means nothing, as on a local socket. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return next(fd, address, length);
}
