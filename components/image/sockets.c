/*
 * Two socket options that OpenSMTPD has no setting for, put in by LD_PRELOAD.
 *
 * It lets five connections wait to be accepted (SMTPD_BACKLOG in its smtpd.h): of ten clients that come at once, some wait
 * a second, until the kernel tries again. And it sends the dot that ends a message by itself: without TCP_NODELAY that
 * waits until the server has acknowledged the message, which servers put off for 40 milliseconds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>

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

	/* Fails where it means nothing, as on a local socket. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return next(fd, address, length);
}
