// SPDX-License-Identifier: MIT
#include "measure/base/task_status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "measure/base/libcurl.h"

static const char *describe_curl(int code, char *buf, size_t size)
{
#ifdef CCBENCH_HAVE_CURL
    if (code == CURLE_OPERATION_TIMEDOUT)
        return "timed out"; // the same words whether curl or a system call ran out of time
    if (libcurl_load(NULL) == 0)
        return libcurl.easy_strerror((CURLcode)code);
#endif
    snprintf(buf, size, "curl error %d", code);
    return buf;
}

static const char *describe_errno(int error)
{
    return error == ETIMEDOUT ? "timed out" : strerror(error);
}

char *task_status_describe(uint16_t status, char *buf, unsigned size)
{
    char scratch[128];

    if (status == TASK_STATUS_OK)
        snprintf(buf, size, "ok");
    else if (status < TASK_STATUS_ERRNO)
        snprintf(buf, size, "HTTP %d", status);
    else if (status < TASK_STATUS_CURL)
        snprintf(buf, size, "%s", describe_errno(status - TASK_STATUS_ERRNO));
    else if (status < TASK_STATUS_BODY)
        snprintf(buf, size, "%s", describe_curl(status - TASK_STATUS_CURL, scratch, sizeof scratch));
    else if (status == TASK_STATUS_BODY)
        snprintf(buf, size, "unexpected body");
    else
        snprintf(buf, size, "status %d", status);
    return buf;
}
